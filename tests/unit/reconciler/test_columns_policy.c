/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What kubectl's columns say of accounts, quotas, limits, budgets, classes and leases: one row each. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/reconciler/columns_rows.h"

static const struct row rows[] = {
	{ "an account",
		"apiVersion: v1\n"
		"kind: ServiceAccount\n"
		"metadata: {name: builder, creationTimestamp: \"2026-01-02T03:04:05Z\"}\n"
		"secrets: [{name: a}]\n",
		"builder|1|10s" },
	{ "a quota",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec: {hard: {pods: 10, requests.cpu: 4, limits.cpu: 8, limits.memory: 1Gi}}\n"
		"status: {hard: {pods: 10, requests.cpu: 4, limits.cpu: 8}, used: {pods: 3, requests.cpu: "
		"1500m, "
		"limits.cpu: 2}}\n",
		"q|pods: 3/10, requests.cpu: 1500m/4|limits.cpu: 2/8|<unknown>" },
	{ "a quota without status",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec: {hard: {pods: 10, limits.memory: 1Gi}}\n",
		"q|pods: 0/10|limits.memory: 0/1Gi|<unknown>" },
	{ "limits",
		"apiVersion: v1\n"
		"kind: LimitRange\n"
		"metadata: {name: l, creationTimestamp: \"2026-01-02T03:04:05Z\"}\n"
		"spec: {limits: []}\n",
		"l|2026-01-02T03:04:05Z" },
	{ "a budget by number",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {minAvailable: 2, selector: {}}\n"
		"status: {disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3}\n",
		"b|2|N/A|1|<unknown>" },
	{ "a budget by share",
		"apiVersion: policy/v1\n"
		"kind: PodDisruptionBudget\n"
		"metadata: {name: b}\n"
		"spec: {maxUnavailable: 30%, selector: {}}\n"
		"status: {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0}\n",
		"b|N/A|30%|0|<unknown>" },
	{ "a priority",
		"apiVersion: scheduling.k8s.io/v1\n"
		"kind: PriorityClass\n"
		"metadata: {name: high}\n"
		"value: -5\n"
		"globalDefault: true\n",
		"high|-5|true|<unknown>|PreemptLowerPriority" },
	{ "a runtime",
		"apiVersion: node.k8s.io/v1\n"
		"kind: RuntimeClass\n"
		"metadata: {name: gvisor}\n"
		"handler: runsc\n",
		"gvisor|runsc|<unknown>" },
	{ "a lease",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n"
		"spec: {holderIdentity: me}\n",
		"leader|me|<unknown>" },
	{ "a lease that nobody holds",
		"apiVersion: coordination.k8s.io/v1\n"
		"kind: Lease\n"
		"metadata: {name: leader}\n",
		"leader||<unknown>" },
};

static void test_rows(void **state)
{
	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
