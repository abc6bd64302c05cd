/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, value: b, effect: NoSchedule}], unschedulable: true}\n"
		"status: {capacity: {cpu: 4}}\n",
		"" },
	{ "no spec",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"\n",
		"" },
	{ "taints",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, effect: NoRun}, {effect: NoSchedule}, {key: \"a b\", effect: "
		"NoExecute}]}\n",
		"a.yaml:4:34: error: Node/x: spec.taints[0].effect: `NoRun` is not allowed (allowed: "
		"NoSchedule, PreferNoSchedule, NoExecute)\n"
		"a.yaml:4:42: error: Node/x: spec.taints[1].key: is required\n"
		"a.yaml:4:70: error: Node/x: spec.taints[2].key: `a b` must be letters, digits, \"-\", \"_\" "
		"and \".\", start and end with a letter or digit, and may have a DNS name and \"/\" before "
		"it\n" },
	{ "same taint",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {taints: [{key: a, effect: NoSchedule}, {key: a, value: b, effect: NoSchedule}]}\n",
		"a.yaml:4:47: error: Node/x: spec.taints[1]: key,effect `a,NoSchedule` is already used in "
		"line 4\n" },
	{ "subnet",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: x}\n"
		"spec: {podCIDR: 10.0.0.0, podCIDRs: [10.0.0.0/33]}\n",
		"a.yaml:4:17: error: Node/x: spec.podCIDR: `10.0.0.0` is no network such as 10.0.0.0/16\n"
		"a.yaml:4:37: error: Node/x: spec.podCIDRs: must begin with podCIDR\n"
		"a.yaml:4:38: error: Node/x: spec.podCIDRs[0]: `10.0.0.0/33` is no network such as "
		"10.0.0.0/16\n" },
	{ "annotations",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata:\n"
		"  name: host\n"
		"  annotations: {pintle.dev/local: \"true\", pintle.dev/ssh: root@n}\n",
		"a.yaml:5:59: error: Node/host: metadata.annotations[\"pintle.dev/ssh\"]: can't be given "
		"with pintle.dev/local: \"true\"\n" },
	{ "local",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata:\n"
		"  name: host\n"
		"  annotations: {pintle.dev/local: \"yes\"}\n",
		"a.yaml:5:35: error: Node/host: metadata.annotations[\"pintle.dev/local\"]: must be \"true\" "
		"or \"false\"\n" },
	{ "namespace",
		"apiVersion: v1\n"
		"kind: Node\n"
		"metadata: {name: host, namespace: x}\n",
		"a.yaml:3:35: error: Node/host: metadata.namespace: can't be given: a Node is in no "
		"namespace\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
