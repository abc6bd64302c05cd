/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ResourceQuotas: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec:\n"
		"  hard:\n"
		"    cpu: 4\n"
		"    requests.memory: 1.5Gi\n"
		"    limits.cpu: 500m\n"
		"    pods: 10\n"
		"    services.loadbalancers: 0\n"
		"    count/deployments.apps: 3\n"
		"    requests.nvidia.com/gpu: 2\n"
		"    gold.storageclass.storage.k8s.io/requests.storage: 500Gi\n"
		"    requests.hugepages-2Mi: 4Mi\n",
		"" },
	{ "amounts",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec: {hard: {pods: 1.5, cpu: -1, requests.nvidia.com/gpu: 500m}}\n",
		"a.yaml:4:21: error: ResourceQuota/default/q: spec.hard.pods: must be a whole number\n"
		"a.yaml:4:31: error: ResourceQuota/default/q: spec.hard.cpu: must not be negative\n"
		"a.yaml:4:60: error: ResourceQuota/default/q: spec.hard[\"requests.nvidia.com/gpu\"]: must "
		"be a whole number\n" },
	{ "names",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec: {hard: {request.cpu: 1, deployments: 2, \"count/\": 3}}\n",
		"a.yaml:4:15: error: ResourceQuota/default/q: spec.hard[\"request.cpu\"]: key "
		"`request.cpu` is nothing that a quota counts: cpu, memory, requests.cpu, limits.memory, "
		"pods, services, count/deployments.apps and such; did you mean `requests.cpu`?\n"
		"a.yaml:4:31: error: ResourceQuota/default/q: spec.hard.deployments: key `deployments` "
		"is nothing that a quota counts: cpu, memory, requests.cpu, limits.memory, pods, "
		"services, count/deployments.apps and such\n"
		"a.yaml:4:47: error: ResourceQuota/default/q: spec.hard[\"count/\"]: key `count/` must be "
		"letters, digits, \"-\", \"_\" and \".\", start and end with a letter or digit, and may have "
		"a "
		"DNS name and \"/\" before it\n" },
	{ "scopes",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec:\n"
		"  hard: {pods: 3, services: 2, cpu: 1}\n"
		"  scopes: [Terminating, BestEffort, NotTerminating]\n",
		"a.yaml:6:11: error: ResourceQuota/default/q: spec.scopes: Terminating and "
		"NotTerminating leave no pod to count\n"
		"a.yaml:6:12: error: ResourceQuota/default/q: spec.scopes[0]: services can't be counted "
		"with Terminating: it counts pods, cpu and memory only\n"
		"a.yaml:6:25: error: ResourceQuota/default/q: spec.scopes[1]: cpu can't be counted with "
		"BestEffort: it counts pods only\n"
		"a.yaml:6:25: error: ResourceQuota/default/q: spec.scopes[1]: services can't be counted "
		"with BestEffort: it counts pods only\n"
		"a.yaml:6:37: error: ResourceQuota/default/q: spec.scopes[2]: services can't be counted "
		"with NotTerminating: it counts pods, cpu and memory only\n" },
	{ "an unknown scope",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec: {scopes: [Besteffort]}\n",
		"a.yaml:4:17: error: ResourceQuota/default/q: spec.scopes[0]: `Besteffort` is not "
		"allowed, did you mean `BestEffort`? (allowed: Terminating, NotTerminating, BestEffort, "
		"NotBestEffort, PriorityClass, CrossNamespacePodAffinity)\n" },
	{ "selectors",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec:\n"
		"  hard: {pods: 3, secrets: 1}\n"
		"  scopeSelector:\n"
		"    matchExpressions:\n"
		"      - {scopeName: PriorityClass, operator: In, values: [high]}\n"
		"      - {scopeName: PriorityClass, operator: NotIn}\n"
		"      - {scopeName: BestEffort, operator: In, values: [x]}\n"
		"      - {scopeName: NotBestEffort, operator: Exists, values: [x]}\n"
		"      - {operator: Exists}\n",
		"a.yaml:9:9: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[1].values: NotIn needs at least one value\n"
		"a.yaml:10:43: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[2].operator: must be Exists for the scope "
		"BestEffort\n"
		"a.yaml:11:62: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[3].values: Exists takes no values\n"
		"a.yaml:12:9: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[4].scopeName: is required\n" },
	{ "conflicting selectors",
		"apiVersion: v1\n"
		"kind: ResourceQuota\n"
		"metadata: {name: q}\n"
		"spec:\n"
		"  hard: {pods: 3, secrets: 1}\n"
		"  scopeSelector:\n"
		"    matchExpressions:\n"
		"      - {scopeName: BestEffort, operator: Exists}\n"
		"      - {scopeName: NotBestEffort, operator: Exists}\n",
		"a.yaml:8:7: error: ResourceQuota/default/q: spec.scopeSelector.matchExpressions: "
		"BestEffort and NotBestEffort leave no pod to count\n"
		"a.yaml:8:21: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[0].scopeName: secrets can't be counted with "
		"BestEffort: it counts pods only\n"
		"a.yaml:9:21: error: ResourceQuota/default/q: "
		"spec.scopeSelector.matchExpressions[1].scopeName: secrets can't be counted with "
		"NotBestEffort: it counts pods, cpu and memory only\n" },
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
