/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reconciler/ctl/port_forward_ports.h"
#include "reconciler/ctl/print.h"

static const char pod_json[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"d\"},"
	"\"spec\":{"
	"\"containers\":[{\"name\":\"a\",\"image\":\"i\",\"ports\":[{\"name\":\"dns\",\"protocol\":\"UDP\","
	"\"containerPort\":53},{\"name\":\"http\",\"containerPort\":8080},{\"containerPort\":9090},"
	"{\"containerPort\":54,\"protocol\":\"UDP\"}]},"
	"{\"name\":\"b\",\"image\":\"i\",\"ports\":[{\"name\":\"dns-tcp\",\"containerPort\":53}]}],"
	"\"initContainers\":[{\"name\":\"first\",\"image\":\"i\",\"ports\":[{\"name\":\"never\","
	"\"containerPort\":1}]},"
	"{\"name\":\"side\",\"image\":\"i\",\"restartPolicy\":\"Always\",\"ports\":[{\"name\":\"proxy\","
	"\"containerPort\":15001}]}]}}";

#define SERVICE(address, ports)                                                                            \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"d\"}," \
	"\"spec\":{\"clusterIP\":\"" address "\",\"selector\":{\"a\":\"b\"},\"ports\":[" ports "]}}"

#define PORTS                                                         \
	"{\"name\":\"http\",\"port\":80,\"targetPort\":\"http\"},"    \
	"{\"name\":\"admin\",\"port\":81,\"targetPort\":9090},"       \
	"{\"name\":\"plain\",\"port\":82},"                           \
	"{\"name\":\"lost\",\"port\":83,\"targetPort\":\"nothing\"}," \
	"{\"name\":\"udp\",\"port\":53,\"protocol\":\"UDP\"},"        \
	"{\"name\":\"tcp\",\"port\":53,\"targetPort\":\"dns-tcp\"},"  \
	"{\"name\":\"only-udp\",\"port\":54,\"protocol\":\"UDP\"},"   \
	"{\"name\":\"to-udp\",\"port\":84,\"targetPort\":\"dns\"},"   \
	"{\"name\":\"side\",\"port\":85,\"targetPort\":\"proxy\"}"

static void add(struct items *list, const char *json)
{
	struct err err = { 0 };
	if (items_add(list, "x.json", json, strlen(json), &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* What WORD means, as "LOCAL -> REMOTE", or the error. */
static const char *find(const char *service, const char *word, char ret[ERR_TEXT_MAX])
{
	struct items list = ITEMS_INIT;
	struct err err = { 0 };
	struct forward_word w;
	struct forward_port p;
	add(&list, pod_json);
	if (service)
		add(&list, service);
	assert_int_equal(forward_word_parse(word, &w, &err), 0);
	int r = forward_port_find(&w, object_pod(list.items[0].object),
		service ? object_service(list.items[1].object) : NULL, &p, &err);
	if (r < 0)
		snprintf(ret, ERR_TEXT_MAX, "%s", err_text(&err));
	else
		snprintf(ret, ERR_TEXT_MAX, "%d -> %d", p.local, p.remote);
	items_done(&list);
	return ret;
}

static void of_pods(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "80", "80 -> 80" }, /* not declared: it may be listened at */
		{ "8080:80", "8080 -> 80" },
		{ ":80", "0 -> 80" },
		{ "http", "8080 -> 8080" },
		{ "1:http", "1 -> 8080" },
		{ "53", "53 -> 53" }, /* TCP's among the two */
		{ "proxy", "15001 -> 15001" },
		{ "54", "port 54 of pod web-1 is UDP's: only TCP can be forwarded" },
		{ "dns", "port dns of pod web-1 is UDP's: only TCP can be forwarded" },
		{ "never",
			"pod web-1 has no port never; it has dns (53), http (8080), 9090, 54, dns-tcp (53), "
			"proxy (15001)" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[ERR_TEXT_MAX];
		assert_string_equal(find(NULL, cases[i][0], text), cases[i][1]);
	}
}

static void of_services(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "80", "80 -> 8080" },
		{ "http", "80 -> 8080" },
		{ "8000:http", "8000 -> 8080" },
		{ ":admin", "0 -> 9090" },
		{ "82", "82 -> 82" },
		{ "53", "53 -> 53" },
		{ "85", "85 -> 15001" },
		{ "only-udp", "port only-udp of service web is UDP's: only TCP can be forwarded" },
		{ "84", "port 84 of service web: port dns of pod web-1 is UDP's: only TCP can be forwarded" },
		{ "lost", "port 83 of service web: pod web-1 has no port nothing; it has dns (53), http "
			  "(8080), "
			  "9090, 54, dns-tcp (53), proxy (15001)" },
		{ "8080",
			"service web has no port 8080; it has http (80), admin (81), plain (82), lost (83), "
			"udp (53), tcp (53), only-udp (54), to-udp (84), side (85)" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[ERR_TEXT_MAX];
		assert_string_equal(find(SERVICE("10.96.0.1", PORTS), cases[i][0], text), cases[i][1]);
	}
}

static void headless_services_have_no_target_ports(void **state)
{
	(void)state;
	char text[ERR_TEXT_MAX];
	assert_string_equal(find(SERVICE("None", PORTS), "8000:80", text), "8000 -> 80");
	assert_string_equal(
		find(SERVICE("None", "{\"port\":1}"), "2", text), "service web has no port 2; it has 1");
}

static void local_ports_are_not_taken_twice(void **state)
{
	(void)state;
	const struct forward_port ports[] = { { 0, 1 }, { 80, 2 }, { 0, 3 }, { 81, 2 }, { 80, 4 } };
	struct err err = { 0 };
	assert_int_equal(forward_ports_check(ports, 4, &err), 0);
	assert_int_equal(forward_ports_check(ports, 5, &err), -EEXIST);
	assert_string_equal(err_text(&err), "local port 80 is asked for twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_pods),
		cmocka_unit_test(of_services),
		cmocka_unit_test(headless_services_have_no_target_ports),
		cmocka_unit_test(local_ports_are_not_taken_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
