/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Deployments and ReplicaSets: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "deletion cost",
		"apiVersion: apps/v1\n"
		"kind: ReplicaSet\n"
		"metadata: {name: r}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata:\n"
		"      labels: {app: x}\n"
		"      annotations: {controller.kubernetes.io/pod-deletion-cost: '-2147483648'}\n"
		"    spec: {containers: [{name: c, image: i}]}\n",
		"" },
	{ "deletion cost too high",
		"apiVersion: apps/v1\n"
		"kind: ReplicaSet\n"
		"metadata: {name: r}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata:\n"
		"      labels: {app: x}\n"
		"      annotations: {controller.kubernetes.io/pod-deletion-cost: '2147483648'}\n"
		"    spec: {containers: [{name: c, image: i}]}\n",
		"a.yaml:9:65: error: ReplicaSet/default/r: "
		"spec.template.metadata.annotations[\"controller.kubernetes.io/pod-deletion-cost\"]: must be "
		"a "
		"number of 32 bits, but is `2147483648`\n" },
	{ "deletion cost with a sign",
		"apiVersion: apps/v1\n"
		"kind: ReplicaSet\n"
		"metadata: {name: r}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata:\n"
		"      labels: {app: x}\n"
		"      annotations: {controller.kubernetes.io/pod-deletion-cost: '+1'}\n"
		"    spec: {containers: [{name: c, image: i}]}\n",
		"a.yaml:9:65: error: ReplicaSet/default/r: "
		"spec.template.metadata.annotations[\"controller.kubernetes.io/pod-deletion-cost\"]: must be "
		"a "
		"number of 32 bits, but is `+1`\n" },
	{ "deletion cost with a zero in front",
		"apiVersion: apps/v1\n"
		"kind: ReplicaSet\n"
		"metadata: {name: r}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata:\n"
		"      labels: {app: x}\n"
		"      annotations: {controller.kubernetes.io/pod-deletion-cost: '010'}\n"
		"    spec: {containers: [{name: c, image: i}]}\n",
		"a.yaml:9:65: error: ReplicaSet/default/r: "
		"spec.template.metadata.annotations[\"controller.kubernetes.io/pod-deletion-cost\"]: must be "
		"a "
		"number of 32 bits, but is `010`\n" },
	{ "nothing wrong",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  replicas: 3\n"
		"  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: \"0%\"}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"" },
	{ "no selector",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:3: error: Deployment/default/d: spec.selector: is required\n" },
	{ "no template",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n",
		"a.yaml:5:3: error: Deployment/default/d: spec.template: is required\n" },
	{ "no spec",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n",
		"a.yaml:1:1: error: Deployment/default/d: spec: is required\n" },
	{ "empty selector",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:5:13: error: Deployment/default/d: spec.selector: must not be empty: it would take "
		"every pod of the namespace\n" },
	{ "other label",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: z}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:39: error: Deployment/default/d: spec.template.metadata.labels.app: is `z`, but "
		"the selector wants `app=x`\n" },
	{ "other label beside a broken field",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  replicas: three\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: z}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:5:13: error: Deployment/default/d: spec.replicas: wants an integer, but \"three\" is "
		"a "
		"string\n"
		"a.yaml:7:39: error: Deployment/default/d: spec.template.metadata.labels.app: is `z`, but "
		"the selector wants `app=x`\n" },
	{ "mistakes in a container beside mistakes between fields",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec:\n"
		"      restartPolicy: Never\n"
		"      volumes: [{name: data, emptyDir: {medium: Disk}}]\n"
		"      containers:\n"
		"      - {name: c, image: i, imagePullPolicy: always, volumeMounts: [{name: dat, mountPath: "
		"/x}]}\n",
		"a.yaml:9:22: error: Deployment/default/d: spec.template.spec.restartPolicy: must be Always: "
		"the "
		"workload keeps its pods running (Jobs run to completion)\n"
		"a.yaml:10:49: error: Deployment/default/d: spec.template.spec.volumes[0].emptyDir.medium: "
		"`Disk` is "
		"none of \"\", Memory, HugePages and HugePages-SIZE\n"
		"a.yaml:12:46: error: Deployment/default/d: "
		"spec.template.spec.containers[0].imagePullPolicy: "
		"`always` is not allowed, did you mean `Always`? (allowed: Always, IfNotPresent, Never)\n"
		"a.yaml:12:76: error: Deployment/default/d: "
		"spec.template.spec.containers[0].volumeMounts[0].name: no volume of the pod is called "
		"`dat`; did "
		"you mean `data`?\n" },
	{ "volumes whose names can't be read: no word about mounts",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec:\n"
		"      volumes: [{name: 7, emptyDir: {}}]\n"
		"      containers: [{name: c, image: i, volumeMounts: [{name: dat, mountPath: /x}]}]\n",
		"a.yaml:9:24: error: Deployment/default/d: spec.template.spec.volumes[0].name: wants a "
		"string, but "
		"`7` is a number; write \"7\" in quotes\n" },
	{ "label that can't be read",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: 5}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:39: error: Deployment/default/d: spec.template.metadata.labels.app: wants a "
		"string, "
		"but `5` is a number; write \"5\" in quotes\n" },
	{ "missing label",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:13: error: Deployment/default/d: spec.template.metadata.labels: must match the "
		"selector, which wants `app=x`\n" },
	{ "expression",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchExpressions: [{key: app, operator: In, values: [w, z]}]}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:39: error: Deployment/default/d: spec.template.metadata.labels.app: is `x`, but "
		"the selector wants `app in (w,z)`\n" },
	{ "bad expressions",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchExpressions: [{key: app, operator: In}, {key: app, operator: Exists, "
		"values: [x]}, {key: app, operator: Equals}]}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:5:33: error: Deployment/default/d: spec.selector.matchExpressions[0].values: In "
		"needs at least one value\n"
		"a.yaml:5:96: error: Deployment/default/d: spec.selector.matchExpressions[1].values: Exists "
		"takes no values\n"
		"a.yaml:5:123: error: Deployment/default/d: spec.selector.matchExpressions[2].operator: "
		"`Equals` is not allowed (allowed: In, NotIn, Exists, DoesNotExist)\n" },
	{ "restart policy",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {restartPolicy: Never, "
		"activeDeadlineSeconds: 3, containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:66: error: Deployment/default/d: spec.template.spec.restartPolicy: must be Always: "
		"the workload keeps its pods running (Jobs run to completion)\n"
		"a.yaml:6:96: error: Deployment/default/d: spec.template.spec.activeDeadlineSeconds: can't "
		"be given: the workload keeps its pods running\n" },
	{ "both zero",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:59: error: Deployment/default/d: spec.strategy.rollingUpdate.maxUnavailable: and "
		"maxSurge can't both be 0: no pod could ever be replaced\n" },
	{ "shares",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  strategy: {rollingUpdate: {maxSurge: -1, maxUnavailable: 25}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:40: error: Deployment/default/d: spec.strategy.rollingUpdate.maxSurge: must be a "
		"number from 0 on or a percentage such as \"25%\"\n" },
	{ "shares in words",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  strategy: {rollingUpdate: {maxSurge: a few, maxUnavailable: 110%}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:40: error: Deployment/default/d: spec.strategy.rollingUpdate.maxSurge: must be a "
		"number from 0 on or a percentage such as \"25%\"\n"
		"a.yaml:5:63: error: Deployment/default/d: spec.strategy.rollingUpdate.maxUnavailable: can't "
		"be more than 100%\n" },
	{ "recreate",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:45: error: Deployment/default/d: spec.strategy.rollingUpdate: can't be given with "
		"type: Recreate\n" },
	{ "strategy word",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  strategy: {type: Rolling}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:20: error: Deployment/default/d: spec.strategy.type: `Rolling` is not allowed "
		"(allowed: RollingUpdate, Recreate)\n" },
	{ "counts",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  replicas: -1\n"
		"  revisionHistoryLimit: -1\n"
		"  minReadySeconds: 600\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:3: error: Deployment/default/d: spec.progressDeadlineSeconds: must be more than "
		"minReadySeconds (600)\n"
		"a.yaml:5:13: error: Deployment/default/d: spec.replicas: must be at least 0, but is -1\n"
		"a.yaml:6:25: error: Deployment/default/d: spec.revisionHistoryLimit: must be at least 0, "
		"but is -1\n" },
	{ "replicas as text",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  replicas: \"3\"\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template:\n"
		"    metadata: {labels: {app: x}}\n"
		"    spec: {containers: [{name: c, image: \"i:1\"}]}\n",
		"a.yaml:5:13: error: Deployment/default/d: spec.replicas: wants an integer, but \"3\" is a "
		"string; write it without quotes\n" },
	{ "template name",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {name: web, labels: {app: x}, creationTimestamp: null}, spec: "
		"{containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:31: warning: Deployment/default/d: spec.template.metadata.name: has no effect "
		"here; pods are named after their owner\n" },
	{ "held inside a template",
		"apiVersion: apps/v1\n"
		"kind: Deployment\n"
		"metadata: {name: d}\n"
		"spec:\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: x}}, spec: {runtimeClassName: a, containers: [{name: "
		"c, image: i}]}}\n",
		"a.yaml:6:69: warning: Deployment/default/d: spec.template.spec.runtimeClassName: is not "
		"supported yet; the workload is held (NotYetSupported)\n" },
	{ "replica set",
		"apiVersion: apps/v1\n"
		"kind: ReplicaSet\n"
		"metadata: {name: r}\n"
		"spec:\n"
		"  replicas: 1\n"
		"  strategy: {}\n"
		"  selector: {matchLabels: {app: x}}\n"
		"  template: {metadata: {labels: {app: z}}, spec: {containers: [{name: c, image: i}]}}\n",
		"a.yaml:6:3: error: ReplicaSet/default/r: spec: unknown field `strategy` (known: replicas, "
		"selector, template, minReadySeconds)\n"
		"a.yaml:8:39: error: ReplicaSet/default/r: spec.template.metadata.labels.app: is `z`, but "
		"the selector wants `app=x`\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	struct object *o = load_one("apiVersion: apps/v1\n"
				    "kind: Deployment\n"
				    "metadata: {name: d}\n"
				    "spec:\n"
				    "  selector: {matchLabels: {app: x}}\n"
				    "  template:\n"
				    "    metadata: {name: ignored, labels: {app: x}}\n"
				    "    spec: {containers: [{name: c, image: 'i:1'}]}\n");
	const struct deployment_spec *s = &object_deployment(o)->spec;

	(void)state;
	assert_int_equal(s->replicas, 1);
	assert_string_equal(s->strategy.type, "RollingUpdate");
	assert_string_equal(s->strategy.rolling_update->max_surge.string, "25%");
	assert_string_equal(s->strategy.rolling_update->max_unavailable.string, "25%");
	assert_int_equal(s->revision_history_limit, 10);
	assert_int_equal(s->progress_deadline_seconds, 600);
	assert_int_equal(s->min_ready_seconds, 0);
	assert_false(s->paused);
	assert_null(s->template.meta.name);
	assert_string_equal(string_map_get(&s->template.meta.labels, "app"), "x");
	assert_string_equal(s->template.spec.restart_policy, "Always");
	object_unref(o);
}

static void test_recreate_has_no_rolling_update(void **state)
{
	struct object *o = load_one("apiVersion: apps/v1\n"
				    "kind: Deployment\n"
				    "metadata: {name: d}\n"
				    "spec:\n"
				    "  replicas: 0\n"
				    "  strategy: {type: Recreate}\n"
				    "  selector: {matchLabels: {app: x}}\n"
				    "  template: {metadata: {labels: {app: x}}, "
				    "spec: {containers: [{name: c, image: i}]}}\n");

	(void)state;
	assert_int_equal(object_deployment(o)->spec.replicas, 0);
	assert_null(object_deployment(o)->spec.strategy.rolling_update);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_recreate_has_no_rolling_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
