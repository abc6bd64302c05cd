/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "nodeagent/node_status.h"

static void the_name_of_the_system(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "Linux" },
		{ "NAME=x\n", "Linux" },
		{ "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian\"\n",
			"Debian GNU/Linux 12 (bookworm)" },
		{ "NAME=x\nPRETTY_NAME='Alpine Linux v3.20'\n", "Alpine Linux v3.20" },
		{ "PRETTY_NAME=Bare\nNAME=x", "Bare" },
		{ "PRETTY_NAME=Bare", "Bare" },
		{ "PRETTY_NAME=\"no end", "no end" },
		{ "PRETTY_NAME=\"\"\n", "Linux" },
		{ "PRETTY_NAME=\n", "Linux" },
		{ "# PRETTY_NAME=\"a remark\"\nPRETTY_NAME=\"real\"\n", "real" },
		{ "X_PRETTY_NAME=\"other\"\n", "Linux" },
		{ "PRETTY_NAMES=\"other\"\n", "Linux" },
		{ "PRETTY_NAME=\"first\"\nPRETTY_NAME=\"second\"\n", "second" },
		{ "PRETTY_NAME=\"it's\"\n", "it's" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(node_os_name(a, cases[i].text), cases[i].want);
	arena_free(a);
}

#define ROUTE_HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

static void the_default_route(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ ROUTE_HEAD, "" },
		{ ROUTE_HEAD "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", "eth0" },
		{ ROUTE_HEAD "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", "" },
		{ ROUTE_HEAD "veth1\t0200F40A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
			     "eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
			"eth1" },
		{ ROUTE_HEAD "eth1\t00000000\t0101A8C0\t0003\t0\t0\t50\t00000000\t0\t0\t0\n"
			     "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
			"eth1" },
		/* An "unreachable default" leads nowhere; half of everything (as VPNs set it) is no default. */
		{ ROUTE_HEAD "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n", "" },
		{ ROUTE_HEAD "tun0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
			     "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
			"eth0" },
		{ "garbage\n\n\t\n", "" },
	};
	char name[IF_NAMESIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(node_default_interface(cases[i].text, name), cases[i].want);
}

static void this_node(void **state)
{
	struct arena *a = arena_new(0);
	struct node_status *s = node_status_read(a, "/tmp", 1700000000123456789);
	struct utsname name;
	struct in_addr address;
	static const char *const capacity[] = { "cpu", "ephemeral-storage", "memory", "pods" };

	(void)state;
	uname(&name);
	assert_string_equal(s->node_info.kernel_version, name.release);
	assert_string_equal(s->node_info.operating_system, "linux");
	assert_int_equal(strlen(s->node_info.boot_id), 36);
	assert_string_equal(node_boot_id(a), s->node_info.boot_id);
	assert_string_equal(s->addresses.items[1].address, name.nodename);
	assert_int_equal(inet_pton(AF_INET, node_status_address(s), &address), 1);
	/* The map is looked up by bisection: sorted. */
	assert_int_equal(s->capacity.count, ARRAY_LEN(capacity));
	for (size_t i = 0; i < ARRAY_LEN(capacity); i++) {
		assert_string_equal(s->capacity.items[i].key, capacity[i]);
		assert_true(quantity_units(quantity_map_get(&s->capacity, capacity[i])) > 0);
	}
	assert_int_equal(
		quantity_units(quantity_map_get(&s->capacity, "cpu")), sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(s->conditions.count, 1);
	assert_string_equal(s->conditions.items[0].type, "Ready");
	assert_string_equal(s->conditions.items[0].status, "True");
	/* Whole seconds, as Kubernetes has them. */
	assert_int_equal(s->conditions.items[0].last_transition_time.value, 1700000000000000000);
	arena_free(a);
}

static void a_status_without_an_address(void **state)
{
	struct node_address name = { "Hostname", "n" }, both[] = { name, { "InternalIP", "10.1.1.1" } };
	struct node_status none = { .addresses = { &name, 1 } }, some = { .addresses = { both, 2 } };

	(void)state;
	assert_string_equal(node_status_address(&(struct node_status){ 0 }), "127.0.0.1");
	assert_string_equal(node_status_address(&none), "127.0.0.1");
	assert_string_equal(node_status_address(&some), "10.1.1.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_of_the_system),
		cmocka_unit_test(the_default_route),
		cmocka_unit_test(this_node),
		cmocka_unit_test(a_status_without_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
