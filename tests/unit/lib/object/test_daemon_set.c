/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* DaemonSets: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  minReadySeconds: 5\n"
		"  revisionHistoryLimit: 0\n"
		"  updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}\n",
		"" },
	{ "surge",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n",
		"" },
	{ "surge beside unavailable",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  updateStrategy: {rollingUpdate: {maxSurge: 1}}\n",
		"a.yaml:7:46: error: DaemonSet/default/d: spec.updateStrategy.rollingUpdate.maxSurge: "
		"needs maxUnavailable: 0 (it is 1 where not given)\n" },
	{ "both zero",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  updateStrategy: {rollingUpdate: {maxUnavailable: 0%}}\n",
		"a.yaml:7:52: error: DaemonSet/default/d: "
		"spec.updateStrategy.rollingUpdate.maxUnavailable: and maxSurge can't both be 0: no pod "
		"could ever be replaced\n" },
	{ "shares",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 200%}}\n",
		"a.yaml:7:65: error: DaemonSet/default/d: spec.updateStrategy.rollingUpdate.maxSurge: "
		"can't be more than 100%\n" },
	{ "strategy",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  updateStrategy: {type: Recreate}\n",
		"a.yaml:7:26: error: DaemonSet/default/d: spec.updateStrategy.type: `Recreate` is not "
		"allowed (allowed: RollingUpdate, OnDelete)\n" },
	{ "other label",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: z}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:6:39: error: DaemonSet/default/d: spec.template.metadata.labels.app: is `x`, but the "
		"selector wants `app=z`\n" },
	{ "empty selector",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:13: error: DaemonSet/default/d: spec.selector: must not be empty: it would "
		"take every pod of the namespace\n" },
	{ "other label beside a broken field",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  minReadySeconds: soon\n"
		"  selector: {matchLabels: {app: z}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:20: error: DaemonSet/default/d: spec.minReadySeconds: wants an integer, but "
		"\"soon\" is a string\n"
		"a.yaml:7:39: error: DaemonSet/default/d: spec.template.metadata.labels.app: is `x`, but the "
		"selector wants `app=z`\n" },
	{ "restart policy",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {restartPolicy: OnFailure, containers: "
		"[{name: c, image: i}]}}\n",
		"a.yaml:6:66: error: DaemonSet/default/d: spec.template.spec.restartPolicy: must be "
		"Always: the workload keeps its pods running (Jobs run to completion)\n" },
	{ "what others have",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  replicas: 3\n"
		"  strategy: {type: OnDelete}\n"
		"  templateGeneration: 5\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:3: error: DaemonSet/default/d: spec: unknown field `replicas` (known: "
		"selector, template, updateStrategy, minReadySeconds, revisionHistoryLimit)\n"
		"a.yaml:6:3: error: DaemonSet/default/d: spec: unknown field `strategy` (known: "
		"selector, template, updateStrategy, minReadySeconds, revisionHistoryLimit)\n"
		"a.yaml:7:23: error: DaemonSet/default/d: spec.templateGeneration: is refused; it went "
		"with extensions/v1beta1; leave it out\n" },
	{ "no selector",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:3: error: DaemonSet/default/d: spec.selector: is required\n" },
	{ "removed version",
		"apiVersion: extensions/v1beta1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:2:7: error: DaemonSet/d: extensions/v1beta1 DaemonSet was removed from "
		"Kubernetes; write apiVersion: apps/v1 (spec.selector is required there and must match "
		"spec.template.metadata.labels)\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"metadata\":{\"name\":\"d\","
		"\"namespace\":\"default\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"x\"}},"
		"\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"containers\":[{\"name\":"
		"\"c\","
		"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Always\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1,"
		"\"maxSurge\":0}},\"revisionHistoryLimit\":10},\"status\":{\"currentNumberScheduled\":0,"
		"\"numberMisscheduled\":0,\"desiredNumberScheduled\":0,\"numberReady\":0}}" },
	{ "on delete",
		"apiVersion: apps/v1\n"
		"kind: DaemonSet\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  updateStrategy: {type: OnDelete}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"metadata\":{\"name\":\"d\","
		"\"namespace\":\"default\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"x\"}},"
		"\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"containers\":[{\"name\":"
		"\"c\","
		"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Always\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"updateStrategy\":{\"type\":\"OnDelete\"},\"revisionHistoryLimit\":10},"
		"\"status\":{\"currentNumberScheduled\":0,\"numberMisscheduled\":0,"
		"\"desiredNumberScheduled\":0,\"numberReady\":0}}" },
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
