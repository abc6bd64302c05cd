/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* CronJobs: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec:\n"
		"  schedule: \"30 3 * * 1-5\"\n"
		"  timeZone: Europe/Berlin\n"
		"  startingDeadlineSeconds: 200\n"
		"  concurrencyPolicy: Forbid\n"
		"  suspend: false\n"
		"  successfulJobsHistoryLimit: 0\n"
		"  jobTemplate: {metadata: {labels: {a: b}}, spec: {backoffLimit: 1, template: {spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}}\n",
		"" },
	{ "shorthand",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@daily\", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
		"containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"" },
	{ "schedule",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"0 0 * * 7\", jobTemplate: {spec: {template: {spec: {restartPolicy: "
		"Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:18: error: CronJob/default/nightly: spec.schedule: day of the week: `7` is not "
		"between 0 and 6 (Sunday is 0)\n" },
	{ "schedule with a time zone",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"TZ=UTC 0 0 * * *\", jobTemplate: {spec: {template: {spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:18: error: CronJob/default/nightly: spec.schedule: can't have TZ or CRON_TZ in "
		"it: the time zone stands in timeZone\n" },
	{ "never",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"0 0 30 2 *\", jobTemplate: {spec: {template: {spec: {restartPolicy: "
		"Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:18: warning: CronJob/default/nightly: spec.schedule: names a day that there is "
		"not: no Job will ever start\n" },
	{ "no schedule",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"\", timeZone: \"\", jobTemplate: {spec: {template: {spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:18: error: CronJob/default/nightly: spec.schedule: must not be empty\n"
		"a.yaml:4:32: error: CronJob/default/nightly: spec.timeZone: must not be empty\n" },
	{ "time zones",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@hourly\", timeZone: Europe/Berln, jobTemplate: {spec: {template: {spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:39: error: CronJob/default/nightly: spec.timeZone: `Europe/Berln` is no time "
		"zone of the IANA database such as Europe/Berlin; did you mean `Europe/Berlin`?\n" },
	{ "local time",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@hourly\", timeZone: Local, jobTemplate: {spec: {template: {spec: "
		"{restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:4:39: error: CronJob/default/nightly: spec.timeZone: `Local` is no time zone of "
		"the IANA database such as Europe/Berlin\n" },
	{ "words and numbers",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec:\n"
		"  schedule: \"@hourly\"\n"
		"  startingDeadlineSeconds: -1\n"
		"  concurrencyPolicy: Never\n"
		"  failedJobsHistoryLimit: -1\n"
		"  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, "
		"image: \"i:1\"}]}}}}\n",
		"a.yaml:6:28: error: CronJob/default/nightly: spec.startingDeadlineSeconds: must be at "
		"least 0, but is -1\n"
		"a.yaml:7:22: error: CronJob/default/nightly: spec.concurrencyPolicy: `Never` is not "
		"allowed (allowed: Allow, Forbid, Replace)\n"
		"a.yaml:8:27: error: CronJob/default/nightly: spec.failedJobsHistoryLimit: must be at least "
		"0, but is -1\n" },
	{ "the Jobs",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec:\n"
		"  schedule: \"@hourly\"\n"
		"  jobTemplate:\n"
		"    spec:\n"
		"      selector: {matchLabels: {a: b}}\n"
		"      manualSelector: true\n"
		"      completionMode: Indexed\n"
		"      backoffLimitPerIndex: 1\n"
		"      template: {spec: {containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:8:7: error: CronJob/default/nightly: spec.jobTemplate.spec.completions: is "
		"required for completionMode: Indexed\n"
		"a.yaml:8:17: error: CronJob/default/nightly: spec.jobTemplate.spec.selector: can't be "
		"given: it is made for each Job\n"
		"a.yaml:9:23: error: CronJob/default/nightly: spec.jobTemplate.spec.manualSelector: "
		"can't be true: the selector is made for each Job\n"
		"a.yaml:12:24: error: CronJob/default/nightly: "
		"spec.jobTemplate.spec.template.spec.restartPolicy: must be OnFailure or Never: a Job's "
		"pods run to completion\n" },
	{ "template in the wrong place",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec:\n"
		"  schedule: \"@hourly\"\n"
		"  jobTemplate: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "
		"\"i:1\"}]}}}\n",
		"a.yaml:6:16: error: CronJob/default/nightly: spec.jobTemplate.spec: is required\n"
		"a.yaml:6:17: error: CronJob/default/nightly: spec.jobTemplate: unknown field "
		"`template`, does it belong into `spec`? (indentation)\n" },
	{ "no template",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec:\n"
		"  schedule: \"@hourly\"\n"
		"  template: {spec: {restartPolicy: Never, containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:3: error: CronJob/default/nightly: spec.jobTemplate: is required\n"
		"a.yaml:6:3: error: CronJob/default/nightly: spec: unknown field `template` (known: "
		"schedule, timeZone, startingDeadlineSeconds, concurrencyPolicy, suspend, jobTemplate, "
		"successfulJobsHistoryLimit, failedJobsHistoryLimit)\n" },
	{ "long name",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: a123456789b123456789c123456789d123456789e123456789f12}\n"
		"spec: {schedule: \"@daily\", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
		"containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:3:18: error: "
		"CronJob/default/a123456789b123456789c123456789d123456789e123456789f12: metadata.name: "
		"has 53 characters; at most 52 are allowed, as its Jobs have longer names\n" },
	{ "removed version",
		"apiVersion: batch/v1beta1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@daily\", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
		"containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"a.yaml:2:7: error: CronJob/nightly: batch/v1beta1 CronJob was removed from Kubernetes; "
		"write apiVersion: batch/v1 (the fields are the same)\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: batch/v1\n"
		"kind: CronJob\n"
		"metadata: {name: nightly}\n"
		"spec: {schedule: \"@daily\", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
		"containers: [{name: c, image: \"i:1\"}]}}}}}\n",
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":\"nightly\","
		"\"namespace\":\"default\"},\"spec\":{\"schedule\":\"@daily\",\"concurrencyPolicy\":"
		"\"Allow\","
		"\"suspend\":false,"
		"\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\","
		"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Never\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"suspend\":false}},\"successfulJobsHistoryLimit\":3,\"failedJobsHistoryLimit\":1}}" },
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
