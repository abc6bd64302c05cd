/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* LimitRanges: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits:\n"
		"    - type: Container\n"
		"      max: {cpu: 2, memory: 1Gi}\n"
		"      min: {cpu: 100m, memory: 10Mi}\n"
		"      default: {cpu: 1}\n"
		"      defaultRequest: {cpu: 500m}\n"
		"      maxLimitRequestRatio: {cpu: 4}\n"
		"    - {type: Pod, max: {cpu: 4}}\n"
		"    - {type: PersistentVolumeClaim, max: {storage: 10Gi}}\n"
		"    - {type: example.com/thing, max: {example.com/part: 3}}\n",
		"" },
	{ "order",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits:\n"
		"    - type: Container\n"
		"      max: {cpu: 1, memory: 1Gi}\n"
		"      min: {cpu: 2, memory: 2Gi}\n"
		"      default: {cpu: 3}\n",
		"a.yaml:8:18: error: LimitRange/default/l: spec.limits[0].min.cpu: 2 is more than max "
		"(1)\n"
		"a.yaml:8:29: error: LimitRange/default/l: spec.limits[0].min.memory: 2Gi is more than "
		"max (1Gi)\n"
		"a.yaml:9:22: error: LimitRange/default/l: spec.limits[0].default.cpu: 3 is more than "
		"max (1)\n" },
	{ "requests",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits:\n"
		"    - type: Container\n"
		"      defaultRequest: {cpu: 1, memory: 5Gi}\n"
		"      default: {cpu: 1, memory: 3Gi}\n"
		"      max: {memory: 4Gi}\n"
		"      min: {cpu: 2}\n",
		"a.yaml:7:40: error: LimitRange/default/l: spec.limits[0].defaultRequest.memory: 5Gi is "
		"more than default (3Gi)\n"
		"a.yaml:7:40: error: LimitRange/default/l: spec.limits[0].defaultRequest.memory: 5Gi is "
		"more than max (4Gi)\n"
		"a.yaml:10:18: error: LimitRange/default/l: spec.limits[0].min.cpu: 2 is more than "
		"default (1)\n"
		"a.yaml:10:18: error: LimitRange/default/l: spec.limits[0].min.cpu: 2 is more than "
		"defaultRequest (1)\n" },
	{ "ratio",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits:\n"
		"    - type: Container\n"
		"      max: {cpu: 2, memory: 2Gi}\n"
		"      min: {cpu: 1, memory: 2Gi}\n"
		"      maxLimitRequestRatio: {cpu: 500m, memory: 2}\n",
		"a.yaml:9:35: error: LimitRange/default/l: spec.limits[0].maxLimitRequestRatio.cpu: must "
		"be at least 1\n"
		"a.yaml:9:49: error: LimitRange/default/l: spec.limits[0].maxLimitRequestRatio.memory: 2 "
		"is more than max/min (1)\n" },
	{ "what can't be shared",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits: [{type: Container, default: {example.com/gpu: 2}, defaultRequest: "
		"{example.com/gpu: 1}}]\n",
		"a.yaml:5:77: error: LimitRange/default/l: "
		"spec.limits[0].defaultRequest[\"example.com/gpu\"]: must be equal to default: it can't be "
		"shared\n" },
	{ "types",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits:\n"
		"    - {type: Pod, default: {cpu: 1}, defaultRequest: {cpu: 1}}\n"
		"    - {type: PersistentVolumeClaim, max: {cpu: 1}}\n"
		"    - {type: Pot}\n"
		"    - {type: Pod}\n"
		"    - {max: {cpu: 1}}\n",
		"a.yaml:6:28: error: LimitRange/default/l: spec.limits[0].default: can't be given for "
		"type Pod: its containers have the limits\n"
		"a.yaml:6:54: error: LimitRange/default/l: spec.limits[0].defaultRequest: can't be given "
		"for type Pod: its containers have the requests\n"
		"a.yaml:7:7: error: LimitRange/default/l: spec.limits[1]: needs storage in min or max "
		"for type PersistentVolumeClaim\n"
		"a.yaml:8:14: error: LimitRange/default/l: spec.limits[2].type: `Pot` is not allowed, "
		"did you mean `Pod`? (allowed: Container, Pod, PersistentVolumeClaim)\n"
		"a.yaml:9:7: error: LimitRange/default/l: spec.limits[3]: type `Pod` is already used in "
		"line 6\n"
		"a.yaml:10:7: error: LimitRange/default/l: spec.limits[4].type: is required\n" },
	{ "names",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec:\n"
		"  limits: [{type: Container, max: {cpus: 1, memory: lots}}]\n",
		"a.yaml:5:36: error: LimitRange/default/l: spec.limits[0].max.cpus: key `cpus` is no "
		"resource: cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain "
		"(example.com/gpu); did you mean `cpu`?\n"
		"a.yaml:5:53: error: LimitRange/default/l: spec.limits[0].max.memory: `lots` is not a "
		"quantity: a number, then nothing or one of n u m k M G T P E Ki Mi Gi Ti Pi Ei\n" },
	{ "no limits",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l}\n"
		"spec: {}\n",
		"a.yaml:4:7: error: LimitRange/default/l: spec.limits: is required\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	struct object *o = load_one("apiVersion: v1\n"
				    "kind: LimitRange\n"
				    "metadata: {name: l, namespace: prod}\n"
				    "spec:\n"
				    "  limits:\n"
				    "    - {type: Container, max: {cpu: 2, memory: 1Gi}, min: {cpu: 1, "
				    "example.com/a: 1}, default: {cpu: 1500m}}\n"
				    "    - {type: Pod, max: {cpu: 2}}\n");
	char *json = json_of(o);

	(void)state;
	assert_string_equal(json,
		"{\"apiVersion\":\"v1\",\"kind\":\"LimitRange\",\"metadata\":{\"name\":\"l\",\"namespace\":"
		"\"prod\"},"
		"\"spec\":{\"limits\":[{\"type\":\"Container\",\"max\":{\"cpu\":\"2\",\"memory\":\"1Gi\"},"
		"\"min\":{\"cpu\":\"1\",\"example.com/a\":\"1\"},"
		"\"default\":{\"cpu\":\"1500m\",\"memory\":\"1Gi\"},"
		"\"defaultRequest\":{\"cpu\":\"1500m\",\"example.com/a\":\"1\",\"memory\":\"1Gi\"}},"
		"{\"type\":\"Pod\",\"max\":{\"cpu\":\"2\"}}]}}");
	free(json);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
