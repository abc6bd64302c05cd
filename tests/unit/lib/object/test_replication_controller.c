/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ReplicationControllers: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  replicas: 2\n"
		"  selector: {app: x}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"" },
	{ "no selector",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"" },
	{ "neither selector nor labels",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  template: {spec: {containers: [{name: c, image: \"i:1\"}]}}\n",
		"a.yaml:5:13: error: ReplicationController/default/web: spec.template.metadata.labels: "
		"must not be empty: without a selector, they are what the pods are known by\n" },
	{ "other label",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  selector: {app: z}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:6:39: error: ReplicationController/default/web: "
		"spec.template.metadata.labels.app: is `x`, but the selector wants `app=z`\n" },
	{ "a selector as others have it",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:27: error: ReplicationController/default/web: spec.selector.matchLabels: wants "
		"a string, but found a map\n" },
	{ "label's value",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  selector: {app: \"x y\"}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:19: error: ReplicationController/default/web: spec.selector.app: `x y` is no "
		"label value: it must be letters, digits, \"-\", \"_\" and \".\", and start and end with a "
		"letter or digit\n"
		"a.yaml:6:39: error: ReplicationController/default/web: "
		"spec.template.metadata.labels.app: is `x`, but the selector wants `app=x y`\n" },
	{ "restart policy",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: x}}, spec: {restartPolicy: OnFailure, "
		"activeDeadlineSeconds: 3, containers: [{name: c, image: i}]}}\n",
		"a.yaml:5:66: error: ReplicationController/default/web: "
		"spec.template.spec.restartPolicy: must be Always: the workload keeps its pods running "
		"(Jobs run to completion)\n"
		"a.yaml:5:100: error: ReplicationController/default/web: "
		"spec.template.spec.activeDeadlineSeconds: can't be given: the workload keeps its pods "
		"running\n" },
	{ "no template",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec: {replicas: -2}\n",
		"a.yaml:4:7: error: ReplicationController/default/web: spec.template: is required\n"
		"a.yaml:4:18: error: ReplicationController/default/web: spec.replicas: must be at least "
		"0, but is -2\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: v1\n"
		"kind: ReplicationController\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"{\"apiVersion\":\"v1\",\"kind\":\"ReplicationController\",\"metadata\":{\"name\":\"web\","
		"\"namespace\":\"default\",\"labels\":{\"app\":\"x\"}},\"spec\":{\"replicas\":1,"
		"\"selector\":{\"app\":\"x\"},\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}},"
		"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\","
		"\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Always\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}}},"
		"\"status\":{\"replicas\":0}}" },
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
