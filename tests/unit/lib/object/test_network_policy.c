/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* NetworkPolicies: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "everything",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {matchLabels: {app: db}}\n"
		"  policyTypes: [Ingress, Egress]\n"
		"  ingress:\n"
		"  - from:\n"
		"    - podSelector: {matchLabels: {app: web}}\n"
		"      namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [a]}]}\n"
		"    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.3.4/32]}\n"
		"    ports:\n"
		"    - {port: 5432}\n"
		"    - {port: dns, protocol: UDP}\n"
		"    - {port: 32000, endPort: 32768}\n"
		"  egress:\n"
		"  - {}\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n" },
	{ "deny all",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec: {podSelector: {}}\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n" },
	{ "no spec",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n" },
	{ "peers",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  ingress:\n"
		"  - from: [{}]\n"
		"  - from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]\n"
		"  - from: [{podSelector: {matchLabels: {\"a b\": c d}}}]\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:7:12: error: NetworkPolicy/default/x: spec.ingress[0].from[0]: needs a podSelector, "
		"a namespaceSelector or an ipBlock\n"
		"a.yaml:8:39: error: NetworkPolicy/default/x: spec.ingress[1].from[0].ipBlock: can't stand "
		"beside podSelector or namespaceSelector\n"
		"a.yaml:9:41: error: NetworkPolicy/default/x: "
		"spec.ingress[2].from[0].podSelector.matchLabels[\"a b\"]: key `a b` must be letters, "
		"digits, \"-\", \"_\" and \".\", start and end with a letter or digit, and may have a DNS "
		"name and \"/\" before it\n"
		"a.yaml:9:48: error: NetworkPolicy/default/x: "
		"spec.ingress[2].from[0].podSelector.matchLabels[\"a b\"]: `c d` is no label value: it must "
		"be letters, digits, \"-\", \"_\" and \".\", and start and end with a letter or digit\n" },
	{ "networks",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  ingress:\n"
		"  - from:\n"
		"    - ipBlock: {cidr: 10.1.2.3/8}\n"
		"    - ipBlock: {cidr: 10.0.0.0}\n"
		"    - ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8, 11.0.0.0/16, \"fd00::/16\", x]}\n"
		"    - ipBlock: {except: [10.0.0.0/8]}\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:8:23: warning: NetworkPolicy/default/x: spec.ingress[0].from[0].ipBlock.cidr: "
		"`10.1.2.3/8` is an address within a network; the whole network is meant\n"
		"a.yaml:9:23: error: NetworkPolicy/default/x: spec.ingress[0].from[1].ipBlock.cidr: "
		"`10.0.0.0` is no network such as 10.0.0.0/16\n"
		"a.yaml:10:44: error: NetworkPolicy/default/x: spec.ingress[0].from[2].ipBlock.except[0]: "
		"`10.0.0.0/8` must be a part of cidr `10.0.0.0/8`\n"
		"a.yaml:10:56: error: NetworkPolicy/default/x: spec.ingress[0].from[2].ipBlock.except[1]: "
		"`11.0.0.0/16` must be a part of cidr `10.0.0.0/8`\n"
		"a.yaml:10:69: error: NetworkPolicy/default/x: spec.ingress[0].from[2].ipBlock.except[2]: "
		"`fd00::/16` must be a part of cidr `10.0.0.0/8`\n"
		"a.yaml:10:82: error: NetworkPolicy/default/x: spec.ingress[0].from[2].ipBlock.except[3]: "
		"`x` is no network such as 10.0.0.0/16\n"
		"a.yaml:11:16: error: NetworkPolicy/default/x: spec.ingress[0].from[3].ipBlock.cidr: is "
		"required\n" },
	{ "ports",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  egress:\n"
		"  - ports:\n"
		"    - {port: 0}\n"
		"    - {port: 70000}\n"
		"    - {port: Http}\n"
		"    - {port: 80, endPort: 79}\n"
		"    - {port: http, endPort: 81}\n"
		"    - {endPort: 81}\n"
		"    - {port: 80, endPort: 70000}\n"
		"    - {port: 80, protocol: HTTP}\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:8:14: error: NetworkPolicy/default/x: spec.egress[0].ports[0].port: must be between "
		"1 and 65535, or a port's name\n"
		"a.yaml:9:14: error: NetworkPolicy/default/x: spec.egress[0].ports[1].port: must be between "
		"1 and 65535, or a port's name\n"
		"a.yaml:10:14: error: NetworkPolicy/default/x: spec.egress[0].ports[2].port: `Http` is no "
		"port name: it must be lower-case letters, digits and single \"-\" between them, with at "
		"least one letter\n"
		"a.yaml:11:27: error: NetworkPolicy/default/x: spec.egress[0].ports[3].endPort: must be at "
		"least port (80), but is 79\n"
		"a.yaml:12:29: error: NetworkPolicy/default/x: spec.egress[0].ports[4].endPort: needs a "
		"port, by number, that the range begins with\n"
		"a.yaml:13:17: error: NetworkPolicy/default/x: spec.egress[0].ports[5].endPort: needs a "
		"port, by number, that the range begins with\n"
		"a.yaml:14:27: error: NetworkPolicy/default/x: spec.egress[0].ports[6].endPort: must be "
		"between 1 and 65535, but is 70000\n"
		"a.yaml:15:28: error: NetworkPolicy/default/x: spec.egress[0].ports[7].protocol: `HTTP` is "
		"not allowed (allowed: TCP, UDP, SCTP)\n" },
	{ "directions",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  policyTypes: [Egress]\n"
		"  ingress: [{}]\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:7:12: warning: NetworkPolicy/default/x: spec.ingress: has no effect: policyTypes has "
		"no Ingress\n" },
	{ "more directions",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  policyTypes: [Egress, Ingress, Egress, In]\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:6:42: error: NetworkPolicy/default/x: spec.policyTypes[3]: `In` is not allowed "
		"(allowed: Ingress, Egress)\n" },
	{ "three directions",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  policyTypes: [Egress, Ingress, Egress]\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:6:16: error: NetworkPolicy/default/x: spec.policyTypes: must not have more than "
		"two\n" },
	{ "indentation",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  podSelector: {}\n"
		"  from: []\n"
		"  ingres: []\n",
		"a.yaml:2:7: warning: NetworkPolicy/default/x: the NetworkPolicy is recorded, but traffic is "
		"not filtered by it yet\n"
		"a.yaml:6:3: error: NetworkPolicy/default/x: spec: unknown field `from`, does it belong into "
		"`ingress`? (indentation)\n"
		"a.yaml:7:3: error: NetworkPolicy/default/x: spec: unknown field `ingres`, did you mean "
		"`ingress`?\n" },
	{ "removed version",
		"apiVersion: extensions/v1beta1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec: {podSelector: {}}\n",
		"a.yaml:2:7: error: NetworkPolicy/x: extensions/v1beta1 NetworkPolicy was removed from "
		"Kubernetes; write apiVersion: networking.k8s.io/v1 (the fields are the same)\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void check_types(const char *spec, const char *first, const char *second)
{
	char yaml[512];
	snprintf(yaml, sizeof(yaml),
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: %s\n",
		spec);
	struct object *o = load_one(yaml);
	const struct strings *types = &object_network_policy(o)->spec.policy_types;
	assert_int_equal(types->count, second ? 2 : 1);
	assert_string_equal(types->items[0], first);
	if (second)
		assert_string_equal(types->items[1], second);
	object_unref(o);
}

static void test_directions(void **state)
{
	(void)state;
	check_types("{podSelector: {}}", "Ingress", NULL);
	check_types("{podSelector: {}, ingress: []}", "Ingress", NULL);
	check_types("{podSelector: {}, egress: []}", "Ingress", NULL);
	check_types("{podSelector: {}, egress: [{}]}", "Ingress", "Egress");
	check_types("{podSelector: {}, policyTypes: [Egress]}", "Egress", NULL);
}

/* What stands for everything ({}) and for nothing (absent) are two things, also behind the tree. */
static void test_selectors(void **state)
{
	(void)state;
	struct object *o = load_one(
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n"
		"spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}, {}]}\n");
	char *text = json_of(o);
	struct object *again = NULL;
	assert_int_equal(object_load_json(text, strlen(text), &again, NULL), 0);
	const struct network_policy_spec *s = &object_network_policy(again)->spec;
	assert_int_equal(s->ingress.count, 2);
	assert_non_null(s->ingress.items[0].from.items[0].namespace_selector);
	assert_null(s->ingress.items[0].from.items[0].pod_selector);
	assert_int_equal(s->ingress.items[1].from.count, 0);
	assert_memory_equal(o->hash, again->hash, sizeof(o->hash));
	object_unref(again);
	object_unref(o);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_selectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
