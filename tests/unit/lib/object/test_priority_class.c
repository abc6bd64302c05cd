/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* PriorityClasses: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: high}\n"
		"value: 1000000000\n"
		"globalDefault: true\n"
		"description: what matters\n"
		"preemptionPolicy: Never\n",
		"" },
	{ "the system's own",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: system-node-critical}\n"
		"value: 2000001000\n",
		"" },
	{ "the system's own, changed",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: system-cluster-critical}\n"
		"value: 5\n"
		"globalDefault: true\n",
		"a.yaml:4:8: error: PriorityClass/system-cluster-critical: value: must be 2000000000 for "
		"system-cluster-critical\n"
		"a.yaml:5:16: error: PriorityClass/system-cluster-critical: globalDefault: must be false "
		"for system-cluster-critical\n" },
	{ "pretends to be the system's",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: system-x}\n"
		"value: 5\n",
		"a.yaml:3:18: error: PriorityClass/system-x: metadata.name: `system-x` can't begin with "
		"\"system-\": only system-node-critical and system-cluster-critical do\n" },
	{ "too high",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: x}\n"
		"value: 1000000001\n",
		"a.yaml:4:8: error: PriorityClass/x: value: must be at most 1000000000, but is "
		"1000000001: what is above is the system's\n" },
	{ "no integer",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: x}\n"
		"value: 3000000000\n"
		"preemptionPolicy: Nevre\n",
		"a.yaml:4:8: error: PriorityClass/x: value: must be at most 2147483647, but is 3000000000\n"
		"a.yaml:5:19: error: PriorityClass/x: preemptionPolicy: `Nevre` is not allowed, did you "
		"mean `Never`? (allowed: PreemptLowerPriority, Never)\n" },
	{ "no value",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: x, namespace: z}\n",
		"a.yaml:1:1: error: PriorityClass/x: value: is required\n"
		"a.yaml:3:32: error: PriorityClass/x: metadata.namespace: can't be given: a "
		"PriorityClass is in no namespace\n" },
	{ "removed version",
		"apiVersion: scheduling.k8s.io/v1beta1\n"
		"kind: PriorityClass\n"
		"metadata: {name: x}\n"
		"value: 1\n",
		"a.yaml:2:7: error: PriorityClass/x: scheduling.k8s.io/v1beta1 PriorityClass was removed "
		"from Kubernetes; write apiVersion: scheduling.k8s.io/v1 (the fields are the same)\n" },
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
