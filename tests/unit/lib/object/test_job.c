/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Jobs: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  parallelism: 2\n"
		"  completions: 4\n"
		"  backoffLimit: 0\n"
		"  ttlSecondsAfterFinished: 100\n"
		"  activeDeadlineSeconds: 600\n"
		"  suspend: true\n"
		"  template: {metadata: {labels: {job-name: pi}}, spec: {restartPolicy: OnFailure, "
		"containers: [{name: c, image: \"i:1\"}]}}\n",
		"" },
	{ "indexed",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  completionMode: Indexed\n"
		"  completions: 10\n"
		"  backoffLimitPerIndex: 1\n"
		"  maxFailedIndexes: 5\n"
		"  podFailurePolicy:\n"
		"    rules:\n"
		"      - {action: FailIndex, onExitCodes: {containerName: c, operator: In, values: [42, "
		"43]}}\n"
		"      - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}\n"
		"      - {action: FailJob, onExitCodes: {operator: NotIn, values: [0, 1]}}\n"
		"  successPolicy: {rules: [{succeededIndexes: \"0,2-4\", succeededCount: 2}, "
		"{succeededCount: 9}]}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"" },
	{ "no restart policy",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  template: {spec: {containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:20: error: Job/default/pi: spec.template.spec.restartPolicy: must be OnFailure "
		"or Never: a Job's pods run to completion\n" },
	{ "restart policy",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  template: {spec: {restartPolicy: Always, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:36: error: Job/default/pi: spec.template.spec.restartPolicy: must be OnFailure "
		"or Never: a Job's pods run to completion\n" },
	{ "numbers",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  parallelism: -1\n"
		"  completions: 1.5\n"
		"  backoffLimit: -1\n"
		"  activeDeadlineSeconds: -1\n"
		"  ttlSecondsAfterFinished: 1h\n"
		"  completionMode: indexed\n"
		"  podReplacementPolicy: Always\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:16: error: Job/default/pi: spec.parallelism: must be at least 0, but is -1\n"
		"a.yaml:6:16: error: Job/default/pi: spec.completions: wants an integer, but `1.5` is a "
		"number\n"
		"a.yaml:7:17: error: Job/default/pi: spec.backoffLimit: must be at least 0, but is -1\n"
		"a.yaml:8:26: error: Job/default/pi: spec.activeDeadlineSeconds: must be at least 0, but "
		"is -1\n"
		"a.yaml:9:28: error: Job/default/pi: spec.ttlSecondsAfterFinished: wants an integer, but "
		"\"1h\" is a string\n"
		"a.yaml:10:19: error: Job/default/pi: spec.completionMode: `indexed` is not allowed, did "
		"you mean `Indexed`? (allowed: NonIndexed, Indexed)\n"
		"a.yaml:11:25: error: Job/default/pi: spec.podReplacementPolicy: `Always` is not allowed "
		"(allowed: TerminatingOrFailed, Failed)\n" },
	{ "what needs indexes",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  backoffLimitPerIndex: 1\n"
		"  maxFailedIndexes: 1\n"
		"  successPolicy: {rules: [{succeededCount: 1}]}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:25: error: Job/default/pi: spec.backoffLimitPerIndex: needs completionMode: "
		"Indexed\n"
		"a.yaml:6:21: error: Job/default/pi: spec.maxFailedIndexes: needs completionMode: "
		"Indexed\n"
		"a.yaml:7:18: error: Job/default/pi: spec.successPolicy: needs completionMode: Indexed\n" },
	{ "indexed, with mistakes",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  completionMode: Indexed\n"
		"  parallelism: 200000\n"
		"  maxFailedIndexes: 200000\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:3: error: Job/default/pi: spec.completions: is required for completionMode: "
		"Indexed\n"
		"a.yaml:6:16: error: Job/default/pi: spec.parallelism: must be at most 100000 for "
		"completionMode: Indexed, but is 200000\n"
		"a.yaml:7:21: error: Job/default/pi: spec.maxFailedIndexes: must be at most 100000 for "
		"completionMode: Indexed, but is 200000\n"
		"a.yaml:7:21: error: Job/default/pi: spec.maxFailedIndexes: needs backoffLimitPerIndex\n" },
	{ "more failed indexes than indexes",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {completionMode: Indexed, completions: 3, maxFailedIndexes: 4, backoffLimitPerIndex: "
		"0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}\n",
		"a.yaml:4:67: error: Job/default/pi: spec.maxFailedIndexes: must be at most 3 "
		"(completions), but is 4\n" },
	{ "many",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {completionMode: Indexed, completions: 100001, parallelism: 10001, "
		"backoffLimitPerIndex: 0, template: {spec: {restartPolicy: Never, containers: [{name: c, "
		"image: \"i:1\"}]}}}\n",
		"a.yaml:4:7: error: Job/default/pi: spec.maxFailedIndexes: is required with more than "
		"100000 completions and backoffLimitPerIndex\n"
		"a.yaml:4:67: error: Job/default/pi: spec.parallelism: must be at most 10000 with more "
		"than 100000 completions and backoffLimitPerIndex, but is 10001\n" },
	{ "a selector of one's own",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: pi}}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:13: error: Job/default/pi: spec.selector: can't be given without "
		"manualSelector: true; leave it out, and it is made\n" },
	{ "a selector by hand",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  manualSelector: true\n"
		"  selector: {matchLabels: {app: pi}}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:7:13: error: Job/default/pi: spec.template.metadata.labels: must match the selector, "
		"which wants `app=pi`\n" },
	{ "no selector by hand",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {manualSelector: true, template: {spec: {restartPolicy: Never, containers: [{name: c, "
		"image: \"i:1\"}]}}}\n",
		"a.yaml:4:7: error: Job/default/pi: spec.selector: is required with manualSelector: true\n" },
	{ "labels of the system",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  template: {metadata: {labels: {job-name: po, controller-uid: \"5\"}}, spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:44: error: Job/default/pi: spec.template.metadata.labels.job-name: is set by "
		"Pintle to the Job's name; leave it out\n"
		"a.yaml:5:64: error: Job/default/pi: spec.template.metadata.labels.controller-uid: is "
		"set by Pintle to the Job's UID; leave it out\n" },
	{ "failure policy",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  podReplacementPolicy: TerminatingOrFailed\n"
		"  podFailurePolicy:\n"
		"    rules:\n"
		"      - {action: FailIndex, onExitCodes: {containerName: d, operator: In, values: [0, 3, 3, "
		"2]}}\n"
		"      - {action: Ignore}\n"
		"      - {action: Count, onExitCodes: {operator: NotIn, values: [1]}, onPodConditions: "
		"[{type: Ready, status: \"False\"}]}\n"
		"  template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:25: error: Job/default/pi: spec.podReplacementPolicy: must be Failed with "
		"podFailurePolicy\n"
		"a.yaml:8:18: error: Job/default/pi: spec.podFailurePolicy.rules[0].action: FailIndex "
		"needs backoffLimitPerIndex\n"
		"a.yaml:8:58: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[0].onExitCodes.containerName: no container of the pod is "
		"called `d`\n"
		"a.yaml:8:84: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[0].onExitCodes.values[0]: must not be 0 for In: that is "
		"success\n"
		"a.yaml:8:90: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[0].onExitCodes.values[2]: 3 is there twice\n"
		"a.yaml:8:93: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[0].onExitCodes.values[3]: must be more than the one before "
		"it: values are ascending\n"
		"a.yaml:9:9: error: Job/default/pi: spec.podFailurePolicy.rules[1]: needs onExitCodes or "
		"onPodConditions\n"
		"a.yaml:10:9: error: Job/default/pi: spec.podFailurePolicy.rules[2]: can't have both "
		"onExitCodes and onPodConditions: write two rules\n"
		"a.yaml:11:36: error: Job/default/pi: spec.template.spec.restartPolicy: must be Never "
		"with podFailurePolicy: it judges pods that have failed for good\n" },
	{ "failure policy's words",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  podFailurePolicy:\n"
		"    rules:\n"
		"      - {action: Fail, onExitCodes: {operator: Exists, values: []}}\n"
		"      - {onPodConditions: [{status: yes}]}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:7:18: error: Job/default/pi: spec.podFailurePolicy.rules[0].action: `Fail` is "
		"not allowed (allowed: FailJob, FailIndex, Ignore, Count)\n"
		"a.yaml:7:48: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[0].onExitCodes.operator: `Exists` is not allowed (allowed: "
		"In, NotIn)\n"
		"a.yaml:7:64: error: Job/default/pi: spec.podFailurePolicy.rules[0].onExitCodes.values: "
		"must not be empty\n"
		"a.yaml:8:9: error: Job/default/pi: spec.podFailurePolicy.rules[1].action: is required\n"
		"a.yaml:8:28: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[1].onPodConditions[0].type: is required\n"
		"a.yaml:8:37: error: Job/default/pi: "
		"spec.podFailurePolicy.rules[1].onPodConditions[0].status: wants a string, but `yes` is "
		"a boolean in YAML 1.1; write \"yes\" in quotes\n" },
	{ "success policy",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  completionMode: Indexed\n"
		"  completions: 5\n"
		"  successPolicy:\n"
		"    rules:\n"
		"      - {}\n"
		"      - {succeededIndexes: \"1,3-5\"}\n"
		"      - {succeededIndexes: \"3,1\"}\n"
		"      - {succeededIndexes: \"2-1\"}\n"
		"      - {succeededIndexes: \"1-2-3\"}\n"
		"      - {succeededIndexes: \"1,,2\"}\n"
		"      - {succeededIndexes: \"1-2\", succeededCount: 3}\n"
		"      - {succeededCount: 6}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:9:9: error: Job/default/pi: spec.successPolicy.rules[0]: needs succeededIndexes "
		"or succeededCount\n"
		"a.yaml:10:28: error: Job/default/pi: spec.successPolicy.rules[1].succeededIndexes: "
		"`3-5` is not below completions (5)\n"
		"a.yaml:11:28: error: Job/default/pi: spec.successPolicy.rules[2].succeededIndexes: `1` "
		"comes after 3: indexes are ascending\n"
		"a.yaml:12:28: error: Job/default/pi: spec.successPolicy.rules[3].succeededIndexes: "
		"`2-1` ends before it begins\n"
		"a.yaml:13:28: error: Job/default/pi: spec.successPolicy.rules[4].succeededIndexes: "
		"`2-3` is no index\n"
		"a.yaml:14:28: error: Job/default/pi: spec.successPolicy.rules[5].succeededIndexes: `` "
		"is no index\n"
		"a.yaml:15:51: error: Job/default/pi: spec.successPolicy.rules[6].succeededCount: must "
		"be at most 2, which is how many succeededIndexes names\n"
		"a.yaml:16:26: error: Job/default/pi: spec.successPolicy.rules[7].succeededCount: must "
		"be at most completions (5)\n" },
	{ "no rules",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {completionMode: Indexed, completions: 5, successPolicy: {rules: []}, "
		"podFailurePolicy: {}, template: {spec: {restartPolicy: Never, containers: [{name: c, image: "
		"\"i:1\"}]}}}\n",
		"a.yaml:4:72: error: Job/default/pi: spec.successPolicy.rules: must not be empty\n"
		"a.yaml:4:95: error: Job/default/pi: spec.podFailurePolicy.rules: is required\n" },
	{ "somebody else's",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {managedBy: example.com/queue, template: {spec: {restartPolicy: Never, containers: "
		"[{name: c, image: \"i:1\"}]}}}\n",
		"a.yaml:4:19: warning: Job/default/pi: spec.managedBy: leaves the Job to "
		"`example.com/queue`: Pintle does not run it\n" },
	{ "nobody's",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {managedBy: queue, template: {spec: {restartPolicy: Never, containers: [{name: c, "
		"image: \"i:1\"}]}}}\n",
		"a.yaml:4:19: error: Job/default/pi: spec.managedBy: must be a domain, \"/\" and a name\n" },
	{ "long name",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: a123456789b123456789c123456789d123456789e123456789f123456789g1234}\n"
		"spec:\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:3:18: error: "
		"Job/default/a123456789b123456789c123456789d123456789e123456789f123456789g1234: "
		"metadata.name: has 65 characters; at most 63 are allowed, as it becomes a label of the "
		"pods\n" },
	{ "no host name",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi.of.me}\n"
		"spec: {completionMode: Indexed, completions: 5, template: {spec: {restartPolicy: Never, "
		"containers: [{name: c, image: \"i:1\"}]}}}\n",
		"a.yaml:3:18: error: Job/default/pi.of.me: metadata.name: can't be the pods' host name "
		"with an index: `pi.of.me-4` must be lower-case letters, digits and \"-\", and start and "
		"end with a letter or digit (RFC 1123 label)\n" },
	{ "mounts",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\", "
		"volumeMounts: [{name: v, mountPath: /v}]}]}}\n",
		"a.yaml:5:102: error: Job/default/pi: "
		"spec.template.spec.containers[0].volumeMounts[0].name: no volume of the pod is called "
		"`v`; the pod has no volumes\n" },
	{ "no template",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec: {replicas: 3}\n",
		"a.yaml:4:7: error: Job/default/pi: spec.template: is required\n"
		"a.yaml:4:8: error: Job/default/pi: spec: unknown field `replicas`\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: pi}}, spec: {restartPolicy: Never, containers: "
		"[{name: c, image: \"i:1\"}]}}\n",
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"pi\","
		"\"namespace\":\"default\",\"labels\":{\"app\":\"pi\"}},\"spec\":{\"parallelism\":1,"
		"\"completions\":1,\"backoffLimit\":6,\"template\":{\"metadata\":{\"labels\":{\"app\":\"pi\"}"
		"},"
		"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\","
		"\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Never\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"completionMode\":\"NonIndexed\",\"suspend\":false,"
		"\"podReplacementPolicy\":\"TerminatingOrFailed\"}}" },
	{ "a work queue",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi, labels: {a: b}}\n"
		"spec: {parallelism: 3, template: {spec: {restartPolicy: Never, containers: [{name: c, "
		"image: \"i:1\"}]}}}\n",
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"pi\","
		"\"namespace\":\"default\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"parallelism\":3,"
		"\"backoffLimit\":6,\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:"
		"1\","
		"\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Never\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"completionMode\":\"NonIndexed\",\"suspend\":false,"
		"\"podReplacementPolicy\":\"TerminatingOrFailed\"}}" },
	{ "indexed",
		"apiVersion: batch/v1\n"
		"kind: Job\n"
		"metadata: {name: pi}\n"
		"spec:\n"
		"  completionMode: Indexed\n"
		"  completions: 10\n"
		"  backoffLimitPerIndex: 1\n"
		"  podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: "
		"DisruptionTarget}]}]}\n"
		"  successPolicy: {rules: [{succeededIndexes: \"0,2-4\"}]}\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"pi\","
		"\"namespace\":\"default\"},\"spec\":{\"parallelism\":1,\"completions\":10,"
		"\"podFailurePolicy\":{\"rules\":[{\"action\":\"Ignore\","
		"\"onPodConditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\"}]}]},"
		"\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0,2-4\"}]},"
		"\"backoffLimit\":2147483647,\"backoffLimitPerIndex\":1,"
		"\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\","
		"\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Never\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"completionMode\":\"Indexed\",\"suspend\":false,\"podReplacementPolicy\":\"Failed\"}}" },
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
