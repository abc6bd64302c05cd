/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* PodDisruptionBudgets: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "at least so many",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: 2, selector: {matchLabels: {app: x}}}\n",
		"" },
	{ "at most so many",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {maxUnavailable: 50%, selector: {}, unhealthyPodEvictionPolicy: AlwaysAllow}\n",
		"" },
	{ "both",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: 2, maxUnavailable: 1, selector: {matchLabels: {app: x}}}\n",
		"a.yaml:4:41: error: PodDisruptionBudget/default/b: spec.maxUnavailable: can't be given "
		"with minAvailable: choose one\n" },
	{ "neither",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {selector: {matchLabels: {app: x}}}\n",
		"a.yaml:4:7: warning: PodDisruptionBudget/default/b: spec: limits nothing: neither "
		"minAvailable nor maxUnavailable is given\n" },
	{ "no selector",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: 2}\n",
		"a.yaml:4:7: warning: PodDisruptionBudget/default/b: spec: is about no pod: it has no "
		"selector\n" },
	{ "shares",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: 110%, selector: {matchLabels: {app: \"x y\"}}}\n",
		"a.yaml:4:22: error: PodDisruptionBudget/default/b: spec.minAvailable: can't be more "
		"than 100%\n"
		"a.yaml:4:58: error: PodDisruptionBudget/default/b: spec.selector.matchLabels.app: `x y` "
		"is no label value: it must be letters, digits, \"-\", \"_\" and \".\", and start and end "
		"with "
		"a letter or digit\n" },
	{ "negative",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {maxUnavailable: -1, selector: {}, unhealthyPodEvictionPolicy: Never}\n",
		"a.yaml:4:70: error: PodDisruptionBudget/default/b: spec.unhealthyPodEvictionPolicy: "
		"`Never` is not allowed (allowed: IfHealthyBudget, AlwaysAllow)\n" },
	{ "words",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: some, selector: {matchLables: {app: x}}}\n",
		"a.yaml:4:22: error: PodDisruptionBudget/default/b: spec.minAvailable: must be a number "
		"from 0 on or a percentage such as \"25%\"\n"
		"a.yaml:4:39: error: PodDisruptionBudget/default/b: spec.selector: unknown field "
		"`matchLables`, did you mean `matchLabels`?\n" },
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
