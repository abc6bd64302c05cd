/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "nodeagent/hostfiles.h"
#include "tests/unit/lib/object/load.h"

/* A pod in namespace ns with SPEC's lines (each indented by two). */
static struct object *pod_of(const char *spec)
{
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;

	buf_addf(&yaml,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns}\nspec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n%s",
		spec);
	return load_one(yaml.data);
}

/* --- /etc/hosts ---------------------------------------------------------------------------------------- */

#define HEAD                                                                                    \
	"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost " \
	"ip6-loopback\n"                                                                        \
	"fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"

static void hosts(void **state)
{
	static const char aliases[] =
		"  hostAliases:\n  - {ip: 10.1.2.3, hostnames: [one, two.example]}\n  - {ip: \"fd00::1\"}\n";
	static const struct {
		const char *spec, *ip, *domain, *host, *want;
	} cases[] = {
		{ "", "10.0.0.9", NULL, "never seen\n", HEAD "10.0.0.9\tweb\n" },
		{ "", "10.0.0.9", "", NULL, HEAD "10.0.0.9\tweb\n" },
		{ "", "10.0.0.9", "sub.ns.svc.cluster.local", NULL,
			HEAD "10.0.0.9\tweb.sub.ns.svc.cluster.local\tweb\n" },
		{ aliases, "10.0.0.9", NULL, NULL,
			HEAD "10.0.0.9\tweb\n\n# Entries added by HostAliases.\n"
			     "10.1.2.3\tone\ttwo.example\nfd00::1\n" },
		{ "", NULL, NULL, "127.0.0.1 localhost\n10.9.9.9 node\n",
			"# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n10.9.9.9 "
			"node\n" },
		{ "", NULL, NULL, NULL, "# Kubernetes-managed hosts file (host network).\n" },
		/* The host's last line need not have an end; it must not run into ours. */
		{ aliases, NULL, NULL, "127.0.0.1 localhost",
			"# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n"
			"# Entries added by HostAliases.\n10.1.2.3\tone\ttwo.example\nfd00::1\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(object_unrefp) struct object *o = pod_of(cases[i].spec);
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		struct hosts_input in = {
			.pod = object_pod(o),
			.hostname = "web",
			.domain = cases[i].domain,
			.pod_ip = cases[i].ip,
			.host_text = cases[i].host,
		};

		hostfiles_hosts(&in, &out);
		assert_string_equal(out.data, cases[i].want);
	}
}

/* --- the host name --------------------------------------------------------------------------------------- */

#define A62 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void hostname(void **state)
{
	static const struct {
		const char *name, *hostname, *want;
	} cases[] = {
		{ "web-0", NULL, "web-0" },
		{ "web-0", "other", "other" },
		{ "web.example", NULL, "web.example" },
		{ A62 "b", NULL, A62 "b" },
		{ A62 "bc", NULL, A62 "b" },
		{ A62 "-c", NULL, A62 },
		{ "x" A62 ".-c", NULL, "x" A62 },
		{ A62 "", NULL, A62 },
		{ NULL, NULL, "" },
		{ "--..", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pod pod = { .meta.name = cases[i].name, .spec.hostname = cases[i].hostname };
		char ret[HOSTNAME_SIZE];

		assert_string_equal(hostfiles_hostname(&pod, ret), cases[i].want);
	}
}

/* --- /etc/resolv.conf -------------------------------------------------------------------------------------- */

struct resolv_case {
	const char *spec, *host, *dns, *want;
};

static void expect_resolv(const struct resolv_case *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(object_unrefp) struct object *o = pod_of(cases[i].spec);
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		struct resolv_input in = {
			.pod = object_pod(o),
			.host_text = cases[i].host,
			.cluster_dns = cases[i].dns,
			.dns_domain = "cluster.local",
		};

		hostfiles_resolv(&in, &out);
		if (str_eq(out.data, cases[i].want))
			continue;
		print_message("--- %s with the host's\n%s--- expected\n%s--- found\n%s", cases[i].spec,
			str_or_empty(cases[i].host), cases[i].want, out.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void the_hosts_own_resolv_conf(void **state)
{
	static const struct resolv_case cases[] = {
		{ "", NULL, NULL, "" },
		{ "", "", NULL, "" },
		{ "", "nameserver 1.1.1.1\n", NULL, "nameserver 1.1.1.1\n" },
		{ "", "nameserver 1.1.1.1", NULL, "nameserver 1.1.1.1\n" },
		{ "", "# nameserver 1.1.1.1\n;nameserver 2.2.2.2\nnameserver\t3.3.3.3  \n", NULL,
			"nameserver 3.3.3.3\n" },
		/* One address a line: what follows it is a remark to glibc and to kubelet. */
		{ "", "nameserver 1.1.1.1 # the old one\nnameserver 2.2.2.2 9.9.9.9\n", NULL,
			"nameserver 1.1.1.1\nnameserver 2.2.2.2\n" },
		{ "", "nameserver\nnameserver \n", NULL, "" },
		{ "", "nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n", NULL,
			"nameserver 1.1.1.1\nnameserver 2.2.2.2\n" },
		{ "", "nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n",
			NULL, "nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n" },
		{ "", "search a.example b.example\nsearch c.example\nnameserver 1.1.1.1\n", NULL,
			"search c.example\nnameserver 1.1.1.1\n" },
		{ "", "search a.example a.example\n", NULL, "search a.example\n" },
		{ "", "options ndots:2 edns0\noptions ndots:3\n", NULL, "options ndots:3 edns0\n" },
		{ "", "sortlist 1.2.3.4\ndomain example\nnameservers 1.1.1.1\n", NULL, "" },
		{ "  dnsPolicy: Default\n", "search h.example\nnameserver 1.1.1.1\n", "10.96.0.10",
			"search h.example\nnameserver 1.1.1.1\n" },
	};

	(void)state;
	expect_resolv(cases, ARRAY_LEN(cases));
}

#define CLUSTER "search ns.svc.cluster.local svc.cluster.local cluster.local"

static void the_clusters_name_server(void **state)
{
	static const char host[] = "search h.example\nnameserver 1.1.1.1\noptions edns0\n";
	static const struct resolv_case cases[] = {
		{ "", NULL, "10.96.0.10", CLUSTER "\nnameserver 10.96.0.10\noptions ndots:5\n" },
		{ "", host, "10.96.0.10",
			CLUSTER " h.example\nnameserver 10.96.0.10\noptions edns0 ndots:5\n" },
		{ "", "options ndots:1\n", "10.96.0.10",
			CLUSTER "\nnameserver 10.96.0.10\noptions ndots:5\n" },
		{ "", "search svc.cluster.local z\n", "10.96.0.10",
			CLUSTER " z\nnameserver 10.96.0.10\noptions ndots:5\n" },
		{ "  dnsPolicy: ClusterFirst\n", NULL, "10.96.0.10",
			CLUSTER "\nnameserver 10.96.0.10\noptions ndots:5\n" },
		/* With the host's network ClusterFirst means Default, unless it is asked for. */
		{ "  hostNetwork: true\n", host, "10.96.0.10",
			"search h.example\nnameserver 1.1.1.1\noptions edns0\n" },
		{ "  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n", NULL, "10.96.0.10",
			CLUSTER "\nnameserver 10.96.0.10\noptions ndots:5\n" },
		/* A cluster without one: the host's. */
		{ "", host, NULL, "search h.example\nnameserver 1.1.1.1\noptions edns0\n" },
	};

	(void)state;
	expect_resolv(cases, ARRAY_LEN(cases));
}

static void dns_config_is_merged_behind(void **state)
{
	static const char none[] = "  dnsPolicy: None\n  dnsConfig:\n    nameservers: [9.9.9.9]\n"
				   "    searches: [my.example]\n"
				   "    options: [{name: ndots, value: \"2\"}, {name: edns0}]\n";
	static const char more[] = "  dnsConfig:\n    nameservers: [9.9.9.9]\n    searches: [my.example]\n"
				   "    options: [{name: ndots, value: \"2\"}]\n";
	static const struct resolv_case cases[] = {
		{ none, "nameserver 1.1.1.1\nsearch h\noptions rotate\n", "10.96.0.10",
			"search my.example\nnameserver 9.9.9.9\noptions ndots:2 edns0\n" },
		{ more, NULL, "10.96.0.10",
			CLUSTER " my.example\nnameserver 10.96.0.10\nnameserver 9.9.9.9\noptions ndots:2\n" },
		{ more, "nameserver 1.1.1.1\nnameserver 9.9.9.9\n", NULL,
			"search my.example\nnameserver 1.1.1.1\nnameserver 9.9.9.9\noptions ndots:2\n" },
	};

	(void)state;
	expect_resolv(cases, ARRAY_LEN(cases));
}

static void what_is_too_much_is_left_out(void **state)
{
	_cleanup_(buf_done) struct buf host = BUF_INIT, out = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = pod_of("");
	struct resolv_input in = { .pod = object_pod(o) };

	(void)state;
	buf_adds(&host, "search ");
	for (int i = 0; i < 300; i++)
		buf_addc(&host, 'x');
	for (int i = 0; i < 40; i++)
		buf_addf(&host, " d%d", i);
	buf_adds(&host, "\noptions");
	for (int i = 0; i < 40; i++)
		buf_addf(&host, " o%d", i);
	in.host_text = host.data;
	hostfiles_resolv(&in, &out);
	assert_true(str_starts(out.data, "search d0 d1 "));
	assert_non_null(strstr(out.data, " d31\noptions o0 "));
	assert_true(str_ends(out.data, " o31\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(hostname),
		cmocka_unit_test(the_hosts_own_resolv_conf),
		cmocka_unit_test(the_clusters_name_server),
		cmocka_unit_test(dns_config_is_merged_behind),
		cmocka_unit_test(what_is_too_much_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
