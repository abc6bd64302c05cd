/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* HorizontalPodAutoscalers: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
		"  minReplicas: 2\n"
		"  maxReplicas: 10\n"
		"  metrics:\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 60}}}\n"
		"    - {type: ContainerResource, containerResource: {name: memory, container: c, target: "
		"{type: AverageValue, averageValue: 100Mi}}}\n"
		"  behavior:\n"
		"    scaleDown: {stabilizationWindowSeconds: 300, selectPolicy: Min, policies: [{type: Pods, "
		"value: 4, periodSeconds: 60}]}\n"
		"    scaleUp: {tolerance: \"0.05\"}\n",
		"" },
	{ "metrics that are not measured",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 10\n"
		"  metrics:\n"
		"    - {type: Pods, pods: {metric: {name: packets}, target: {type: AverageValue, "
		"averageValue: 1k}}}\n"
		"    - {type: Object, object: {metric: {name: requests}, describedObject: {kind: Ingress, "
		"name: main}, target: {type: Value, value: 10k}}}\n"
		"    - {type: External, external: {metric: {name: queue, selector: {matchLabels: {q: a}}}, "
		"target: {type: AverageValue, averageValue: 30}}}\n",
		"a.yaml:8:26: warning: HorizontalPodAutoscaler/default/web: spec.metrics[0].pods: has no "
		"effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:9:30: warning: HorizontalPodAutoscaler/default/web: spec.metrics[1].object: has "
		"no effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:10:34: warning: HorizontalPodAutoscaler/default/web: spec.metrics[2].external: "
		"has no effect here; only cpu and memory are measured (Resource, ContainerResource)\n" },
	{ "bounds",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  minReplicas: 5\n"
		"  maxReplicas: 4\n",
		"a.yaml:7:16: error: HorizontalPodAutoscaler/default/web: spec.maxReplicas: must be at "
		"least minReplicas (5)\n" },
	{ "numbers",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web/b}\n"
		"  minReplicas: 0\n"
		"  maxReplicas: many\n",
		"a.yaml:5:44: error: HorizontalPodAutoscaler/default/web: spec.scaleTargetRef.name: "
		"`web/b` must not contain \"/\", \"%\" or white space\n"
		"a.yaml:6:16: error: HorizontalPodAutoscaler/default/web: spec.minReplicas: must be at "
		"least 1, but is 0\n"
		"a.yaml:7:16: error: HorizontalPodAutoscaler/default/web: spec.maxReplicas: wants an "
		"integer, but \"many\" is a string\n" },
	{ "no target",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: \"\"}\n",
		"a.yaml:5:3: error: HorizontalPodAutoscaler/default/web: spec.maxReplicas: is required\n"
		"a.yaml:5:19: error: HorizontalPodAutoscaler/default/web: spec.scaleTargetRef.name: is "
		"required\n"
		"a.yaml:5:47: error: HorizontalPodAutoscaler/default/web: spec.scaleTargetRef.kind: must "
		"not be empty\n" },
	{ "sources",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  metrics:\n"
		"    - {type: Resource}\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 50}}, pods: {metric: {name: a}, target: {type: AverageValue, "
		"averageValue: 1}}}\n"
		"    - {resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}\n"
		"    - {type: CPU}\n",
		"a.yaml:8:7: error: HorizontalPodAutoscaler/default/web: spec.metrics[0].resource: is "
		"required with type: Resource\n"
		"a.yaml:9:106: error: HorizontalPodAutoscaler/default/web: spec.metrics[1].pods: can't "
		"be given with type: Resource\n"
		"a.yaml:9:106: warning: HorizontalPodAutoscaler/default/web: spec.metrics[1].pods: has "
		"no effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:10:7: error: HorizontalPodAutoscaler/default/web: spec.metrics[2].type: is "
		"required\n"
		"a.yaml:11:14: error: HorizontalPodAutoscaler/default/web: spec.metrics[3].type: `CPU` "
		"is not allowed (allowed: Resource, ContainerResource, Pods, Object, External)\n" },
	{ "targets",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  metrics:\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization}}}\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 50, averageValue: 1}}}\n"
		"    - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: "
		"-1}}}\n"
		"    - {type: Pods, pods: {metric: {name: a}, target: {type: Value, value: 3}}}\n"
		"    - {type: Object, object: {metric: {name: a}, describedObject: {kind: Ingress, name: "
		"main}, target: {type: Value}}}\n"
		"    - {type: External, external: {metric: {name: a}, target: {type: Value, value: 0, "
		"averageValue: 3}}}\n",
		"a.yaml:8:54: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[0].resource.target: needs averageUtilization or averageValue\n"
		"a.yaml:8:61: warning: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[0].resource.target.type: is Utilization, but averageUtilization is not "
		"given\n"
		"a.yaml:9:112: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[1].resource.target.averageValue: can't be given with averageUtilization: "
		"choose one\n"
		"a.yaml:10:92: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[2].resource.target.averageValue: must be more than 0\n"
		"a.yaml:11:26: warning: HorizontalPodAutoscaler/default/web: spec.metrics[3].pods: has "
		"no effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:11:54: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[3].pods.target.averageValue: is required\n"
		"a.yaml:12:30: warning: HorizontalPodAutoscaler/default/web: spec.metrics[4].object: has "
		"no effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:12:104: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[4].object.target: needs value or averageValue\n"
		"a.yaml:12:111: warning: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[4].object.target.type: is Value, but value is not given\n"
		"a.yaml:13:34: warning: HorizontalPodAutoscaler/default/web: spec.metrics[5].external: "
		"has no effect here; only cpu and memory are measured (Resource, ContainerResource)\n"
		"a.yaml:13:83: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[5].external.target.value: can't be given with averageValue: choose one\n"
		"a.yaml:13:83: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[5].external.target.value: must be more than 0\n" },
	{ "targets' words",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  metrics:\n"
		"    - {type: Resource, resource: {name: cpus, target: {type: Percent, averageUtilization: "
		"0}}}\n"
		"    - {type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}\n",
		"a.yaml:8:41: error: HorizontalPodAutoscaler/default/web: spec.metrics[0].resource.name: "
		"`cpus` is no resource: cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a "
		"domain (example.com/gpu); did you mean `cpu`?\n"
		"a.yaml:8:62: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[0].resource.target.type: `Percent` is not allowed (allowed: Utilization, "
		"Value, AverageValue)\n"
		"a.yaml:8:91: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[0].resource.target.averageUtilization: must be at least 1, but is 0\n"
		"a.yaml:9:34: error: HorizontalPodAutoscaler/default/web: "
		"spec.metrics[1].resource.target: is required\n"
		"a.yaml:9:46: error: HorizontalPodAutoscaler/default/web: spec.metrics[1].resource: "
		"unknown field `targetAverageUtilization` (known: name, target)\n" },
	{ "behaviour",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  behavior:\n"
		"    scaleUp: {stabilizationWindowSeconds: 4000, policies: [], tolerance: -1}\n"
		"    scaleDown: {selectPolicy: Mean, policies: [{type: Percent, value: 0, periodSeconds: "
		"2000}, {type: Pod}]}\n",
		"a.yaml:8:43: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleUp.stabilizationWindowSeconds: must be between 0 and 3600, but is "
		"4000\n"
		"a.yaml:8:59: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleUp.policies: must not be empty\n"
		"a.yaml:9:31: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.selectPolicy: `Mean` is not allowed (allowed: Max, Min, "
		"Disabled)\n"
		"a.yaml:9:71: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.policies[0].value: must be at least 1, but is 0\n"
		"a.yaml:9:89: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.policies[0].periodSeconds: must be between 1 and 1800, but is "
		"2000\n"
		"a.yaml:9:96: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.policies[1].periodSeconds: is required\n"
		"a.yaml:9:96: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.policies[1].value: is required\n"
		"a.yaml:9:103: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleDown.policies[1].type: `Pod` is not allowed, did you mean `Pods`? "
		"(allowed: Pods, Percent)\n" },
	{ "negative tolerance",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4, behavior: {scaleUp: "
		"{tolerance: -0.1}}}\n",
		"a.yaml:4:103: error: HorizontalPodAutoscaler/default/web: "
		"spec.behavior.scaleUp.tolerance: must not be negative\n" },
	{ "older version",
		"apiVersion: autoscaling/v1\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4, "
		"targetCPUUtilizationPercentage: 50}\n",
		"" },
	{ "older version, newer fields",
		"apiVersion: autoscaling/v1\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata:\n"
		"  name: web\n"
		"  annotations: {autoscaling.alpha.kubernetes.io/metrics: '[]', "
		"autoscaling.alpha.kubernetes.io/conditions: '[]'}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4}\n",
		"a.yaml:5:16: error: HorizontalPodAutoscaler/default/web: "
		"metadata.annotations[\"autoscaling.alpha.kubernetes.io/metrics\"]: is not read; write "
		"apiVersion: autoscaling/v2, and what it says into spec\n" },
	{ "older version, mistakes",
		"apiVersion: autoscaling/v1\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 5, maxReplicas: 4, "
		"targetCPUUtilizationPercentage: 0, metrics: []}\n",
		"a.yaml:4:84: error: HorizontalPodAutoscaler/default/web: spec.maxReplicas: must be at "
		"least minReplicas (5)\n"
		"a.yaml:4:119: error: HorizontalPodAutoscaler/default/web: "
		"spec.targetCPUUtilizationPercentage: must be at least 1, but is 0\n"
		"a.yaml:4:122: error: HorizontalPodAutoscaler/default/web: spec: unknown field `metrics` "
		"(known: scaleTargetRef, minReplicas, maxReplicas, targetCPUUtilizationPercentage)\n" },
	{ "removed version",
		"apiVersion: autoscaling/v2beta2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n",
		"a.yaml:2:7: error: HorizontalPodAutoscaler/web: autoscaling/v2beta2 "
		"HorizontalPodAutoscaler was removed from Kubernetes; write apiVersion: autoscaling/v2 "
		"(the fields are the same)\n" },
	{ "another version",
		"apiVersion: autoscaling/v3\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n",
		"a.yaml:2:7: error: HorizontalPodAutoscaler/web: apiVersion autoscaling/v3 has no kind "
		"HorizontalPodAutoscaler; write apiVersion: autoscaling/v2\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4}\n",
		"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
		"\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
		"\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\"},\"minReplicas\":1,"
		"\"maxReplicas\":4,\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\","
		"\"target\":{\"type\":\"Utilization\",\"averageUtilization\":80}}}]},"
		"\"status\":{\"desiredReplicas\":0}}" },
	{ "behaviour",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, "
		"averageValue: 100Mi}}}]\n"
		"  behavior: {scaleDown: {selectPolicy: Min}}\n",
		"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
		"\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
		"\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\","
		"\"apiVersion\":\"apps/v1\"},\"minReplicas\":1,\"maxReplicas\":4,"
		"\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\","
		"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"100Mi\"}}}],"
		"\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":0,\"selectPolicy\":\"Max\","
		"\"policies\":[{\"type\":\"Pods\",\"value\":4,\"periodSeconds\":15},{\"type\":\"Percent\","
		"\"value\":100,\"periodSeconds\":15}]},\"scaleDown\":{\"selectPolicy\":\"Min\","
		"\"policies\":[{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]}}},"
		"\"status\":{\"desiredReplicas\":0}}" },
	{ "older version",
		"apiVersion: autoscaling/v1\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4, "
		"targetCPUUtilizationPercentage: 50}\n",
		"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
		"\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
		"\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\"},\"minReplicas\":1,"
		"\"maxReplicas\":4,\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\","
		"\"target\":{\"type\":\"Utilization\",\"averageUtilization\":50}}}]},"
		"\"status\":{\"desiredReplicas\":0}}" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_objects(void **state)
{
	(void)state;
	check_stored(objects, ARRAY_LEN(objects));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
