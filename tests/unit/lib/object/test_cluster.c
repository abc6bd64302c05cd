/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The Cluster: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {podCIDR: 10.1.0.0/16, serviceCIDR: 10.2.0.0/16}\n",
		"" },
	{ "no spec",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n",
		"" },
	{ "name",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: mine}\n",
		"a.yaml:3:18: error: Cluster/mine: metadata.name: `mine` must be `cluster`: there is only "
		"one\n" },
	{ "networks",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {podCIDR: 10.1.2.0/16, serviceCIDR: \"fd00::/64\", nodePrefix: 31}\n",
		"a.yaml:4:17: error: Cluster/cluster: spec.podCIDR: `10.1.2.0/16` is an address within a "
		"network; write 10.1.0.0/16\n"
		"a.yaml:4:43: error: Cluster/cluster: spec.serviceCIDR: `fd00::/64`: IPv6 is not supported "
		"yet by this version of Pintle\n"
		"a.yaml:4:68: error: Cluster/cluster: spec.nodePrefix: must be between 8 and 30, but is "
		"31\n" },
	{ "overlap",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {podCIDR: 10.0.0.0/8, serviceCIDR: 10.96.0.0/16, nodePrefix: 8}\n",
		"a.yaml:4:42: error: Cluster/cluster: spec.serviceCIDR: `10.96.0.0/16` overlaps podCIDR "
		"`10.0.0.0/8`\n" },
	{ "node prefix",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {nodePrefix: 12}\n",
		"a.yaml:4:20: error: Cluster/cluster: spec.nodePrefix: must be at least podCIDR's (16), but "
		"is 12\n" },
	{ "scheduling",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {scheduling: {strategy: Pack, rebalance: {maxEvictions: 2, intervalSeconds: 10}}}\n",
		"" },
	{ "wrong scheduling",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {scheduling: {strategy: Binpack, rebalance: {maxEvictions: 0}}}\n",
		"a.yaml:4:31: error: Cluster/cluster: spec.scheduling.strategy: `Binpack` is not allowed "
		"(allowed: "
		"Spread, Pack)\n"
		"a.yaml:4:66: error: Cluster/cluster: spec.scheduling.rebalance.maxEvictions: must be "
		"between 1 and 1000, but is 0\n" },
	{ "words",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {network: Flannel, unknownKinds: ignore, sync: {unit: Team, intervalSeconds: 0}, "
		"prune: {maxPercent: 101}}\n",
		"a.yaml:4:17: error: Cluster/cluster: spec.network: `Flannel` is not allowed (allowed: "
		"Routed, CNI)\n"
		"a.yaml:4:40: error: Cluster/cluster: spec.unknownKinds: `ignore` is neither Refuse, Ignore "
		"nor an API group; did you mean `Ignore`?\n"
		"a.yaml:4:61: error: Cluster/cluster: spec.sync.unit: `Team` is not allowed (allowed: "
		"Repository, Directory)\n"
		"a.yaml:4:84: error: Cluster/cluster: spec.sync.intervalSeconds: must be between 1 and "
		"86400, but is 0\n"
		"a.yaml:4:108: error: Cluster/cluster: spec.prune.maxPercent: must be between 0 and 100, but "
		"is 101\n" },
	{ "units",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {sync: {unit: Directory}}\n",
		"" },
	{ "the other unit",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {sync: {unit: Repository}}\n",
		"" },
	{ "settings of taking commits",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {sync: {intervalSeconds: 5}, prune: {maxPercent: 10}}\n",
		"" },
	{ "CNI",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {network: CNI}\n",
		"a.yaml:4:17: error: Cluster/cluster: spec.network: CNI is not supported yet by this version "
		"of Pintle; use Routed\n" },
	{ "unknown kinds",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: Ignore}\n",
		"" },
	{ "groups",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: [argoproj.io, batch, networking.istio.io]}\n",
		"" },
	{ "one group",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: argoproj.io}\n",
		"" },
	{ "no groups",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: [argoproj.io/v1, argo, Refuze, A.b]}\n",
		"a.yaml:4:23: error: Cluster/cluster: spec.unknownKinds[0]: `argoproj.io/v1` must be an API "
		"group, without a version\n"
		"a.yaml:4:39: error: Cluster/cluster: spec.unknownKinds[1]: `argo` is neither Refuse, Ignore "
		"nor an API group\n"
		"a.yaml:4:45: error: Cluster/cluster: spec.unknownKinds[2]: `Refuze` is neither Refuse, "
		"Ignore nor an API group; did you mean `Refuse`?\n"
		"a.yaml:4:53: error: Cluster/cluster: spec.unknownKinds[3]: `A.b` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n" },
	{ "words among groups",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: [Ignore, argoproj.io]}\n",
		"a.yaml:4:22: error: Cluster/cluster: spec.unknownKinds: Refuse and Ignore stand alone\n" },
	{ "no words",
		"apiVersion: pintle.dev/v1\n"
		"kind: Cluster\n"
		"metadata: {name: cluster}\n"
		"spec: {unknownKinds: true}\n",
		"a.yaml:4:22: error: Cluster/cluster: spec.unknownKinds: wants a string or a list, but "
		"`true` is a boolean\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	struct object *o = load_one("{apiVersion: pintle.dev/v1, kind: Cluster, metadata: {name: cluster}}");
	const struct cluster_spec *s = &object_cluster(o)->spec;

	(void)state;
	assert_string_equal(s->pod_cidr, "10.244.0.0/16");
	assert_int_equal(s->node_prefix, 23);
	assert_string_equal(s->service_cidr, "10.96.0.0/16");
	assert_string_equal(s->dns_domain, "cluster.local");
	assert_string_equal(s->network, "Routed");
	assert_int_equal(s->unknown_kinds.count, 0);
	assert_int_equal(s->prune.max_percent, 25);
	assert_string_equal(s->sync.unit, "Repository");
	assert_false(s->sync.interval_seconds.set);
	object_unref(o);
}

/* A tree that an earlier version wrote must still load. */
static void test_stored(void **state)
{
	const char *json = "{\"apiVersion\":\"pintle.dev/v1\",\"kind\":\"Cluster\",\"metadata\":{\"name\":"
			   "\"cluster\"},\"spec\":{\"sync\":{\"unit\":\"Directory\"}}}";
	struct object *o = NULL;

	(void)state;
	assert_int_equal(object_load_json(json, strlen(json), &o, NULL), 0);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
