/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What kubectl's columns say of the kinds that run pods: one row each, its cells between bars. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/reconciler/columns_rows.h"

#define TEMPLATE                                                                                        \
	"template: {metadata: {labels: {app: x}}, spec: {restartPolicy: Never, containers: [{name: c, " \
	"image: i}, {name: d, image: j}]}}"
#define RUNNING                                                                                              \
	"template: {metadata: {labels: {app: x}}, spec: {nodeSelector: {disk: ssd}, containers: [{name: c, " \
	"image: i}]}}"

static const struct row rows[] = {
	{ "a DaemonSet",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: log, creationTimestamp: \"2026-01-02T03:04:05Z\"}\n"
		"spec: {selector: {matchLabels: {app: x}}, " RUNNING "}\n"
		"status: {desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, "
		"numberMisscheduled: 0, "
		"updatedNumberScheduled: 2, numberAvailable: 1}\n",
		"log|5|4|3|2|1|disk=ssd|10s|c|i|app=x" },
	{ "a DaemonSet of which nothing is known",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: log}\n"
		"spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, "
		"spec: {containers: [{name: c, image: i}]}}}\n"
		"status: {desiredNumberScheduled: 0, currentNumberScheduled: 0, numberReady: 0, "
		"numberMisscheduled: 0}\n",
		"log|0|0|0|0|0|<none>|<unknown>|c|i|app=x" },
	{ "a StatefulSet",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec: {replicas: 3, selector: {matchLabels: {app: x}}, " RUNNING "}\n"
		"status: {replicas: 3, readyReplicas: 2}\n",
		"db|2/3|<unknown>|c|i" },
	{ "a ControllerRevision",
		"apiVersion: apps/v1\n"
		"kind: ControllerRevision\n"
		"metadata: {name: db-5h5jtj842q, creationTimestamp: \"2026-01-02T03:04:05Z\", "
		"ownerReferences: "
		"[{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true}]}\n"
		"data: {spec: {" RUNNING "}}\n"
		"revision: 7\n",
		"db-5h5jtj842q|statefulset.apps/db|7|10s" },
	{ "a ControllerRevision of nobody",
		"apiVersion: apps/v1\n"
		"kind: ControllerRevision\n"
		"metadata: {name: db}\n"
		"data: {spec: {" RUNNING "}}\n"
		"revision: 1\n",
		"db|<none>|1|<unknown>" },
	{ "a ReplicationController",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec: {replicas: 3, " RUNNING "}\n"
		"status: {replicas: 2, readyReplicas: 1}\n",
		"web|3|2|1|<unknown>|c|i|app=x" },
	{ "a Job that waits",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {" TEMPLATE "}\n",
		"pi|Pending|0/1||<unknown>|c,d|i,j|<none>" },
	{ "a Job that runs",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {parallelism: 3, " TEMPLATE "}\n"
		"status: {active: 3, startTime: \"2026-01-02T03:04:00Z\"}\n",
		"pi|Running|0/1 of 3|15s|<unknown>|c,d|i,j|<none>" },
	{ "a Job that has succeeded",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi, deletionTimestamp: \"2026-01-02T03:04:05Z\"}\n"
		"spec: {completions: 4, selector: {matchLabels: {controller-uid: u}}, " TEMPLATE "}\n"
		"status: {succeeded: 4, startTime: \"2026-01-02T03:04:00Z\", completionTime: "
		"\"2026-01-02T03:04:05Z\", conditions: [{type: Suspended, status: \"False\"}, {type: "
		"Complete, status: "
		"\"True\"}]}\n",
		"pi|Complete|4/4|5s|<unknown>|c,d|i,j|controller-uid=u" },
	{ "a Job that has failed",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {completions: 4, " TEMPLATE "}\n"
		"status: {succeeded: 1, conditions: [{type: Failed, status: \"True\"}, {type: FailureTarget, "
		"status: "
		"\"True\"}]}\n",
		"pi|Failed|1/4||<unknown>|c,d|i,j|<none>" },
	{ "a Job on its way out",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi, deletionTimestamp: \"2026-01-02T03:04:05Z\"}\n"
		"spec: {" TEMPLATE "}\n",
		"pi|Terminating|0/1||<unknown>|c,d|i,j|<none>" },
	{ "a suspended Job",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {suspend: true, " TEMPLATE "}\n"
		"status: {conditions: [{type: Suspended, status: \"True\"}]}\n",
		"pi|Suspended|0/1||<unknown>|c,d|i,j|<none>" },
	{ "a CronJob",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@daily\", timeZone: Europe/Berlin, suspend: true, jobTemplate: {spec: "
		"{" TEMPLATE "}}}\n"
		"status: {active: [{name: a}, {name: b}], lastScheduleTime: \"2026-01-02T03:04:05Z\"}\n",
		"nightly|@daily|Europe/Berlin|True|2|10s|<unknown>|c,d|i,j|<none>" },
	{ "a CronJob without status",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@daily\", jobTemplate: {spec: {" TEMPLATE "}}}\n",
		"nightly|@daily|<none>|False|0|<none>|<unknown>|c,d|i,j|<none>" },
	{ "an autoscaler of which nothing is known",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4}\n"
		"status: {desiredReplicas: 0}\n",
		"web|Deployment/web|cpu: <unknown>/80%|1|4|0|<unknown>" },
	{ "an autoscaler",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  minReplicas: 2\n"
		"  maxReplicas: 4\n"
		"  metrics:\n"
		"    - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 60}}}\n"
		"    - {type: ContainerResource, containerResource: {name: memory, container: c, target: "
		"{type: "
		"AverageValue, averageValue: 100Mi}}}\n"
		"    - {type: Resource, resource: {name: memory, target: {type: Utilization, "
		"averageUtilization: 60}}}\n"
		"status:\n"
		"  currentReplicas: 3\n"
		"  desiredReplicas: 3\n"
		"  currentMetrics:\n"
		"    - {type: Resource, resource: {name: cpu, current: {averageUtilization: 45, "
		"averageValue: 450m}}}\n"
		"    - {type: ContainerResource, containerResource: {name: memory, container: c, current: "
		"{averageValue: 50Mi}}}\n",
		"web|Deployment/web|cpu: 45%/60%, memory: 50Mi/100Mi + 1 more...|2|4|3|<unknown>" },
	{ "an autoscaler by other metrics",
		"apiVersion: autoscaling/v2\n"
		"kind: HorizontalPodAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {kind: Deployment, name: web}\n"
		"  maxReplicas: 4\n"
		"  metrics:\n"
		"    - {type: Object, object: {metric: {name: a}, describedObject: {kind: Ingress, name: i}, "
		"target: "
		"{type: Value, value: 10k}}}\n"
		"    - {type: External, external: {metric: {name: b}, target: {type: AverageValue, "
		"averageValue: 30}}}\n"
		"status: {desiredReplicas: 0}\n",
		"web|Deployment/web|<unknown>/10k, <unknown>/30 (avg)|1|4|0|<unknown>" },
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
