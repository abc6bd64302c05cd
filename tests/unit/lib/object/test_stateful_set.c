/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* StatefulSets: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  serviceName: db\n"
		"  replicas: 3\n"
		"  podManagementPolicy: Parallel\n"
		"  ordinals: {start: 1}\n"
		"  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}\n"
		"  updateStrategy: {rollingUpdate: {partition: 2, maxUnavailable: 50%}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec:\n"
		"      containers:\n"
		"        - {name: c, image: \"i:1\", volumeMounts: [{name: data, mountPath: /data}, {name: "
		"tmp, mountPath: /tmp}]}\n"
		"      volumes: [{name: tmp, emptyDir: {}}]\n"
		"  volumeClaimTemplates:\n"
		"    - metadata: {name: data}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
		"a.yaml:19:5: warning: StatefulSet/default/db: spec.volumeClaimTemplates: is not supported "
		"yet; the workload is held (NotYetSupported)\n" },
	{ "mounts",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec:\n"
		"      containers:\n"
		"        - {name: c, image: \"i:1\", volumeMounts: [{name: date, mountPath: /data}, {name: "
		"other, mountPath: /tmp}]}\n"
		"  volumeClaimTemplates:\n"
		"    - metadata: {name: data}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
		"a.yaml:10:57: error: StatefulSet/default/db: "
		"spec.template.spec.containers[0].volumeMounts[0].name: no volume of the pod is called "
		"`date`; did you mean `data`?\n"
		"a.yaml:10:89: error: StatefulSet/default/db: "
		"spec.template.spec.containers[0].volumeMounts[1].name: no volume of the pod is called "
		"`other`\n"
		"a.yaml:12:5: warning: StatefulSet/default/db: spec.volumeClaimTemplates: is not supported "
		"yet; the workload is held (NotYetSupported)\n" },
	{ "claims' names",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  volumeClaimTemplates:\n"
		"    - metadata: {name: data}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
		"    - metadata: {name: data}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
		"    - metadata: {name: Log_files}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
		"    - metadata: {}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
		"a.yaml:8:5: warning: StatefulSet/default/db: spec.volumeClaimTemplates: is not supported "
		"yet; the workload is held (NotYetSupported)\n"
		"a.yaml:10:24: error: StatefulSet/default/db: "
		"spec.volumeClaimTemplates[1].metadata.name: `data` is used twice\n"
		"a.yaml:12:24: error: StatefulSet/default/db: "
		"spec.volumeClaimTemplates[2].metadata.name: `Log_files` must be lower-case letters, "
		"digits and \"-\", and start and end with a letter or digit (RFC 1123 label)\n"
		"a.yaml:14:17: error: StatefulSet/default/db: "
		"spec.volumeClaimTemplates[3].metadata.name: is required\n" },
	{ "claims' specs",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  volumeClaimTemplates:\n"
		"    - metadata: {name: a}\n"
		"      spec: {resources: {requests: {storage: 1Gi}}}\n"
		"    - metadata: {name: b}\n"
		"      spec: {accessModes: [ReadWriteSometimes]}\n"
		"    - metadata: {name: c}\n",
		"a.yaml:8:5: warning: StatefulSet/default/db: spec.volumeClaimTemplates: is not supported "
		"yet; the workload is held (NotYetSupported)\n"
		"a.yaml:9:13: error: StatefulSet/default/db: "
		"spec.volumeClaimTemplates[0].spec.accessModes: must have at least one mode, such as "
		"ReadWriteOnce\n"
		"a.yaml:11:28: error: StatefulSet/default/db: "
		"spec.volumeClaimTemplates[1].spec.accessModes[0]: `ReadWriteSometimes` is not allowed "
		"(allowed: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod)\n"
		"a.yaml:12:7: error: StatefulSet/default/db: spec.volumeClaimTemplates[2].spec: is "
		"required\n" },
	{ "the claims are no list",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n"
		"  volumeClaimTemplates: {metadata: {name: data}}\n",
		"a.yaml:7:25: error: StatefulSet/default/db: spec.volumeClaimTemplates: wants a list, "
		"but found a map; begin each item with \"- \"\n"
		"a.yaml:7:25: warning: StatefulSet/default/db: spec.volumeClaimTemplates: is not supported "
		"yet; the workload is held (NotYetSupported)\n" },
	{ "the set's name",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: my.db}\n"
		"spec:\n"
		"  serviceName: My-db\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:3:18: error: StatefulSet/default/my.db: metadata.name: `my.db` must be "
		"lower-case letters, digits and \"-\", and start and end with a letter or digit (RFC 1123 "
		"label)\n"
		"a.yaml:5:16: error: StatefulSet/default/my.db: spec.serviceName: `My-db` must be "
		"lower-case letters, digits and \"-\", and start and end with a letter or digit (RFC 1123 "
		"label)\n" },
	{ "words",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  podManagementPolicy: ordered\n"
		"  persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}\n"
		"  updateStrategy: {type: Recreate}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:24: error: StatefulSet/default/db: spec.podManagementPolicy: `ordered` is not "
		"allowed (allowed: OrderedReady, Parallel)\n"
		"a.yaml:6:55: error: StatefulSet/default/db: "
		"spec.persistentVolumeClaimRetentionPolicy.whenDeleted: `Keep` is not allowed (allowed: "
		"Retain, Delete)\n"
		"a.yaml:7:26: error: StatefulSet/default/db: spec.updateStrategy.type: `Recreate` is not "
		"allowed (allowed: RollingUpdate, OnDelete)\n" },
	{ "numbers",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  replicas: -1\n"
		"  ordinals: {start: -1}\n"
		"  updateStrategy: {rollingUpdate: {partition: -1, maxUnavailable: 0}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:13: error: StatefulSet/default/db: spec.replicas: must be at least 0, but is -1\n"
		"a.yaml:6:21: error: StatefulSet/default/db: spec.ordinals.start: must be at least 0, but is "
		"-1\n"
		"a.yaml:7:47: error: StatefulSet/default/db: spec.updateStrategy.rollingUpdate.partition: "
		"must be at least 0, but is -1\n"
		"a.yaml:7:67: error: StatefulSet/default/db: "
		"spec.updateStrategy.rollingUpdate.maxUnavailable: can't be 0: no pod could ever be "
		"replaced\n" },
	{ "on delete",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"a.yaml:5:51: error: StatefulSet/default/db: spec.updateStrategy.rollingUpdate: can't be "
		"given with type: OnDelete\n" },
	{ "selector and template",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: z}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {restartPolicy: Never, containers: [{name: "
		"c, image: i}]}}\n",
		"a.yaml:6:39: error: StatefulSet/default/db: spec.template.metadata.labels.app: is `x`, but "
		"the selector wants `app=z`\n"
		"a.yaml:6:66: error: StatefulSet/default/db: spec.template.spec.restartPolicy: must be "
		"Always: the workload keeps its pods running (Jobs run to completion)\n" },
	{ "nothing",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec: {}\n",
		"a.yaml:4:7: error: StatefulSet/default/db: spec.selector: is required\n"
		"a.yaml:4:7: error: StatefulSet/default/db: spec.template: is required\n" },
	{ "removed version",
		"apiVersion: apps/v1beta1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n",
		"a.yaml:2:7: error: StatefulSet/db: apps/v1beta1 StatefulSet was removed from "
		"Kubernetes; write apiVersion: apps/v1 (spec.selector is required there and must match "
		"spec.template.metadata.labels)\n" },
};

static const struct stored objects[] = {
	{ "defaults",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "
		"\"i:1\"}]}}\n",
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"db\","
		"\"namespace\":\"default\"},\"spec\":{\"replicas\":1,"
		"\"selector\":{\"matchLabels\":{\"app\":\"x\"}},"
		"\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"containers\":[{\"name\":"
		"\"c\","
		"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\","
		"\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Always\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"podManagementPolicy\":\"OrderedReady\",\"updateStrategy\":{\"type\":\"RollingUpdate\","
		"\"rollingUpdate\":{\"partition\":0}},\"revisionHistoryLimit\":10,"
		"\"persistentVolumeClaimRetentionPolicy\":{\"whenDeleted\":\"Retain\","
		"\"whenScaled\":\"Retain\"}},\"status\":{\"replicas\":0}}" },
	{ "claims",
		"apiVersion: apps/v1\n"
		"kind: StatefulSet\n"
		"metadata: {name: db}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  serviceName: db\n"
		"  updateStrategy: {type: OnDelete}\n"
		"  ordinals: {start: 3}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\", volumeMounts: [{name: data, mountPath: "
		"/data}]}]}\n"
		"  volumeClaimTemplates:\n"
		"    - metadata: {name: data}\n"
		"      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"db\","
		"\"namespace\":\"default\"},\"spec\":{\"replicas\":1,"
		"\"selector\":{\"matchLabels\":{\"app\":\"x\"}},"
		"\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}},\"spec\":{\"containers\":[{\"name\":"
		"\"c\","
		"\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\",\"volumeMounts\":[{\"name\":\"data\","
		"\"mountPath\":\"/data\"}],\"terminationMessagePath\":\"/dev/termination-log\","
		"\"terminationMessagePolicy\":\"File\"}],\"restartPolicy\":\"Always\","
		"\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}},"
		"\"volumeClaimTemplates\":[{\"metadata\":{\"name\":\"data\"},"
		"\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
		"\"resources\":{\"requests\":{\"storage\":\"1Gi\"}},\"volumeMode\":\"Filesystem\"}}],"
		"\"serviceName\":\"db\",\"podManagementPolicy\":\"OrderedReady\","
		"\"updateStrategy\":{\"type\":\"OnDelete\"},\"revisionHistoryLimit\":10,"
		"\"persistentVolumeClaimRetentionPolicy\":{\"whenDeleted\":\"Retain\","
		"\"whenScaled\":\"Retain\"},\"ordinals\":{\"start\":3}},\"status\":{\"replicas\":0}}" },
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
