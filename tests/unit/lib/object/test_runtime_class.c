/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* RuntimeClasses: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: gvisor}\n"
		"handler: runsc\n"
		"overhead: {podFixed: {memory: 120Mi, cpu: 250m}}\n"
		"scheduling: {nodeSelector: {runtime: gvisor}, tolerations: [{key: runtime, operator: "
		"Exists}]}\n",
		"" },
	{ "no handler",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: RuntimeClass/x: handler: is required\n" },
	{ "handler's name",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: x}\n"
		"handler: Crun\n",
		"a.yaml:4:10: error: RuntimeClass/x: handler: `Crun` must be lower-case letters, digits "
		"and \"-\", and start and end with a letter or digit (RFC 1123 label)\n" },
	{ "overhead",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: x}\n"
		"handler: crun\n"
		"overhead: {podFixed: {cpu: -1, ram: 1Gi}}\n",
		"a.yaml:5:28: error: RuntimeClass/x: overhead.podFixed.cpu: must not be negative\n"
		"a.yaml:5:32: error: RuntimeClass/x: overhead.podFixed.ram: key `ram` is no resource: "
		"cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain "
		"(example.com/gpu)\n" },
	{ "scheduling",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: x}\n"
		"handler: crun\n"
		"scheduling: {nodeSelector: {a: \"!\", \"b c\": d}, tolerations: [{operator: Exist}]}\n",
		"a.yaml:5:37: error: RuntimeClass/x: scheduling.nodeSelector[\"b c\"]: key `b c` must be "
		"letters, digits, \"-\", \"_\" and \".\", start and end with a letter or digit, and may have "
		"a "
		"DNS name and \"/\" before it\n"
		"a.yaml:5:73: error: RuntimeClass/x: scheduling.tolerations[0].operator: `Exist` is not "
		"allowed, did you mean `Exists`? (allowed: Exists, Equal)\n" },
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
