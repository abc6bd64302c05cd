/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What a pod may say: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  restartPolicy: Never\n"
		"  tolerations: [{operator: Exists}]\n"
		"  nodeSelector: {disk: ssd}\n"
		"  dnsPolicy: Default\n"
		"  hostNetwork: false\n"
		"  affinity: {}\n"
		"  subdomain: \"\"\n"
		"  enableServiceLinks: false\n",
		"" },
	{ "no containers",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  restartPolicy: Always\n",
		"a.yaml:5:3: error: Pod/default/p: spec.containers: is required\n" },
	{ "empty containers",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: []\n",
		"a.yaml:5:15: error: Pod/default/p: spec.containers: must not be empty\n" },
	{ "held",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		"{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}\n"
		"  schedulingGates: [{name: g}]\n"
		"  activeDeadlineSeconds: 5\n"
		"  subdomain: s\n"
		"  setHostnameAsFQDN: true\n"
		"  shareProcessNamespace: true\n"
		"  runtimeClassName: kata\n"
		"  hostUsers: false\n",
		"a.yaml:9:14: warning: Pod/default/p: spec.subdomain: is not supported yet; the workload is "
		"held (NotYetSupported)\n"
		"a.yaml:10:22: warning: Pod/default/p: spec.setHostnameAsFQDN: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:11:26: warning: Pod/default/p: spec.shareProcessNamespace: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:12:21: warning: Pod/default/p: spec.runtimeClassName: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:13:14: warning: Pod/default/p: spec.hostUsers: user namespaces are not supported "
		"yet; the workload is held (NotYetSupported)\n" },
	{ "accepted",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  serviceAccountName: s\n"
		"  serviceAccount: s\n"
		"  automountServiceAccountToken: true\n"
		"  enableServiceLinks: true\n"
		"  overhead: {cpu: 1}\n",
		"a.yaml:6:23: warning: Pod/default/p: spec.serviceAccountName: has no effect here; there is "
		"no API server to talk to, so no token is mounted\n"
		"a.yaml:7:19: warning: Pod/default/p: spec.serviceAccount: has no effect here; there is no "
		"API server to talk to, so no token is mounted\n"
		"a.yaml:8:33: warning: Pod/default/p: spec.automountServiceAccountToken: has no effect here; "
		"there is no API server to talk to, so no token is mounted\n"
		"a.yaml:9:23: warning: Pod/default/p: spec.enableServiceLinks: has no effect here; services "
		"are not routed yet, so no variables are made for them\n"
		"a.yaml:10:13: warning: Pod/default/p: spec.overhead: has no effect here; Kubernetes takes "
		"it from the RuntimeClass\n" },
	{ "refused",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  resourceClaims: [{name: a}]\n"
		"  ephemeralContainers: [{name: a}]\n",
		"a.yaml:6:19: error: Pod/default/p: spec.resourceClaims: is refused; dynamic resource "
		"allocation is not part of Pintle; use an extended resource in limits\n"
		"a.yaml:7:24: error: Pod/default/p: spec.ephemeralContainers: is refused; Kubernetes allows "
		"them in running pods only; use containers\n" },
	{ "words",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  restartPolicy: always\n"
		"  dnsPolicy: ClusterLast\n"
		"  terminationGracePeriodSeconds: -1\n",
		"a.yaml:6:18: error: Pod/default/p: spec.restartPolicy: `always` is not allowed, did you "
		"mean `Always`? (allowed: Always, OnFailure, Never)\n"
		"a.yaml:7:14: error: Pod/default/p: spec.dnsPolicy: `ClusterLast` is not allowed, did you "
		"mean `ClusterFirst`? (allowed: ClusterFirst, ClusterFirstWithHostNet, Default, None)\n"
		"a.yaml:8:34: error: Pod/default/p: spec.terminationGracePeriodSeconds: must be at least 0, "
		"but is -1\n" },
	{ "names",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: a, image: i}, {name: a, image: i}]\n"
		"  initContainers: [{name: a, image: i}]\n",
		"a.yaml:5:23: error: Pod/default/p: spec.containers[0].name: `a` is the name of "
		"initContainers[0] already\n"
		"a.yaml:5:37: error: Pod/default/p: spec.containers[1]: name `a` is already used in line 5\n"
		"a.yaml:5:44: error: Pod/default/p: spec.containers[1].name: `a` is the name of "
		"initContainers[0] already\n" },
	{ "init names",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: a, image: i}]\n"
		"  initContainers: [{name: a, image: i}]\n",
		"a.yaml:5:23: error: Pod/default/p: spec.containers[0].name: `a` is the name of "
		"initContainers[0] already\n" },
	{ "init containers",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: a, image: i}]\n"
		"  initContainers:\n"
		"  - {name: b, image: i, restartPolicy: Always, livenessProbe: {httpGet: {port: 1}}}\n"
		"  - {name: c, image: i, readinessProbe: {httpGet: {port: 1}}}\n"
		"  - {name: d, image: i, restartPolicy: Never}\n",
		"a.yaml:8:41: error: Pod/default/p: spec.initContainers[1].readinessProbe: an init container "
		"can't have it, unless restartPolicy is Always\n"
		"a.yaml:9:40: error: Pod/default/p: spec.initContainers[2].restartPolicy: must be Always (a "
		"sidecar) or not be there\n" },
	{ "dns",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  dnsPolicy: None\n",
		"a.yaml:5:3: error: Pod/default/p: spec.dnsConfig.nameservers: needs at least one address "
		"with dnsPolicy: None\n" },
	{ "dns config",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  dnsConfig: {nameservers: [1.2.3.4, 1.1.1.1, 8.8.8.8, 9.9.9.9, dns]}\n",
		"a.yaml:6:28: error: Pod/default/p: spec.dnsConfig.nameservers: has 5 addresses; at most 3 "
		"are allowed\n"
		"a.yaml:6:65: error: Pod/default/p: spec.dnsConfig.nameservers[4]: `dns` is no IP "
		"address\n" },
	{ "host network",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  hostNetwork: true\n"
		"  containers: [{name: a, image: i, ports: [{containerPort: 80, hostPort: 81}, "
		"{containerPort: 82}]}]\n",
		"a.yaml:6:74: error: Pod/default/p: spec.containers[0].ports[0].hostPort: must be equal to "
		"containerPort (80) with hostNetwork\n" },
	{ "host ports twice",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  hostNetwork: true\n"
		"  containers: [{name: a, image: i, ports: [{containerPort: 80}]}, {name: b, image: i, "
		"ports: [{containerPort: 80}]}]\n",
		"a.yaml:6:95: error: Pod/default/p: spec.containers[1].ports[0].hostPort: port 80/TCP of the "
		"host is taken by another port of this pod\n" },
	{ "tolerations",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  tolerations:\n"
		"  - {key: a, operator: Exists, value: b}\n"
		"  - {operator: Equal, value: b}\n"
		"  - {key: a, tolerationSeconds: 5}\n"
		"  - {key: \"a b\"}\n",
		"a.yaml:7:39: error: Pod/default/p: spec.tolerations[0].value: must be empty with operator "
		"Exists\n"
		"a.yaml:8:16: error: Pod/default/p: spec.tolerations[1].operator: must be Exists where no "
		"key is given\n"
		"a.yaml:9:5: error: Pod/default/p: spec.tolerations[2].effect: must be NoExecute where "
		"tolerationSeconds is given\n"
		"a.yaml:10:11: error: Pod/default/p: spec.tolerations[3].key: `a b` must be letters, digits, "
		"\"-\", \"_\" and \".\", start and end with a letter or digit, and may have a DNS name and "
		"\"/\" before it\n" },
	{ "affinity",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  affinity:\n"
		"    nodeAffinity:\n"
		"      preferredDuringSchedulingIgnoredDuringExecution:\n"
		"      - {weight: 0, preference: {}}\n"
		"      - {weight: 1, preference: {matchExpressions: [{key: a, operator: Gt, values: [x]}, "
		"{key: b, operator: In}]}}\n"
		"    podAntiAffinity:\n"
		"      requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]\n",
		"a.yaml:9:18: error: Pod/default/p: "
		"spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: must "
		"be between 1 and 100, but is 0\n"
		"a.yaml:10:85: error: Pod/default/p: "
		"spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[1].preference."
		"matchExpressions[0].values[0]: Gt needs one whole number\n"
		"a.yaml:10:90: error: Pod/default/p: "
		"spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[1].preference."
		"matchExpressions[1].values: In needs at least one value\n"
		"a.yaml:12:56: error: Pod/default/p: "
		"spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey:"
		" is required\n" },
	{ "spread",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
		"ScheduleAnyway, minDomains: 2}]\n",
		"a.yaml:6:110: error: Pod/default/p: spec.topologySpreadConstraints[0].minDomains: needs "
		"whenUnsatisfiable: DoNotSchedule\n" },
	{ "labels",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata:\n"
		"  name: p\n"
		"  labels: {'a b': c, long: "
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg, app: -x, ok/ok: "
		"fine}\n"
		"  annotations: {'/x': z, Big.Prefix/x: z}\n"
		"spec: {containers: [{name: c, image: i}]}\n",
		"a.yaml:5:12: error: Pod/default/p: metadata.labels[\"a b\"]: key `a b` must be letters, "
		"digits, \"-\", \"_\" and \".\", start and end with a letter or digit, and may have a DNS "
		"name and \"/\" before it\n"
		"a.yaml:5:28: error: Pod/default/p: metadata.labels.long: "
		"`aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd…` has 70 characters; at most 63 are allowed\n"
		"a.yaml:5:105: error: Pod/default/p: metadata.labels.app: `-x` is no label value: it must be "
		"letters, digits, \"-\", \"_\" and \".\", and start and end with a letter or digit\n"
		"a.yaml:6:17: error: Pod/default/p: metadata.annotations[\"/x\"]: key `/x`: the part before "
		"\"/\" must be a DNS name in lower case, at most 253 characters\n" },
	{ "selector labels",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  nodeSelector: {disk: \"a b\"}\n",
		"a.yaml:6:24: error: Pod/default/p: spec.nodeSelector.disk: `a b` is no label value: it must "
		"be letters, digits, \"-\", \"_\" and \".\", and start and end with a letter or digit\n" },
	{ "aliases",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  hostAliases: [{ip: 1.2.3, hostnames: [a_b]}]\n",
		"a.yaml:6:22: error: Pod/default/p: spec.hostAliases[0].ip: `1.2.3` is no IP address\n"
		"a.yaml:6:41: error: Pod/default/p: spec.hostAliases[0].hostnames[0]: `a_b` must be "
		"lower-case letters, digits, \"-\" and \".\", each part between dots starting and ending "
		"with a letter or digit (RFC 1123 subdomain)\n" },
	{ "os",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  os: {name: windows}\n",
		"a.yaml:6:14: error: Pod/default/p: spec.os.name: must be linux: pods run on Linux only\n" },
	{ "server-set fields",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p, creationTimestamp: null, uid: abc, managedFields: [x]}\n"
		"spec: {containers: [{name: c, image: i}]}\n"
		"status: {phase: Nonsense, what: ever}\n",
		"" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	struct object *o = load_one(
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  volumes: [{name: v, configMap: {name: x}}, {name: w}]\n"
		"  containers:\n"
		"  - name: a\n"
		"    image: registry:5000/a\n"
		"    ports: [{containerPort: 80}]\n"
		"    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {memory: 1Mi}}\n"
		"    volumeMounts: [{name: v, mountPath: rel}]\n");
	char *json = json_of(o);

	(void)state;
	assert_string_equal(json,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":"
		"\"default\"},"
		"\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"registry:5000/a\","
		"\"imagePullPolicy\":\"Always\",\"ports\":[{\"containerPort\":80,\"protocol\":\"TCP\"}],"
		"\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"1Mi\"},"
		"\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}},"
		"\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/rel\"}],"
		"\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],"
		"\"volumes\":[{\"name\":\"v\",\"configMap\":{\"name\":\"x\",\"defaultMode\":420}},"
		"{\"name\":\"w\",\"emptyDir\":{}}],"
		"\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":"
		"\"ClusterFirst\","
		"\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true}}");
	free(json);
	object_unref(o);
}

static void test_pull_policy(void **state)
{
	static const struct {
		const char *image, *policy;
	} cases[] = {
		{ "nginx", "Always" },
		{ "nginx:latest", "Always" },
		{ "nginx:1", "IfNotPresent" },
		{ "host:5000/nginx", "Always" },
		{ "host:5000/nginx:1", "IfNotPresent" },
		{ "nginx@sha256:0123", "IfNotPresent" },
		{ "nginx:latest@sha256:0123", "IfNotPresent" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char yaml[256];
		struct object *o;

		snprintf(yaml, sizeof(yaml),
			"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: "
			"[{name: c, image: \"%s\"}]}}",
			cases[i].image);
		o = load_one(yaml);
		assert_string_equal(
			object_pod(o)->spec.containers.items[0].image_pull_policy, cases[i].policy);
		object_unref(o);
	}
}

static void test_held(void **state)
{
	struct object *o = load_one("apiVersion: v1\n"
				    "kind: Pod\n"
				    "metadata: {name: p}\n"
				    "spec:\n"
				    "  runtimeClassName: high\n"
				    "  containers: [{name: c, image: i, tty: true}]\n");

	(void)state;
	assert_int_equal(o->held_count, 2);
	assert_string_equal(o->held[0], "spec.containers[0].tty");
	assert_string_equal(o->held[1], "spec.runtimeClassName");
	object_unref(o);
}

static void test_service_account(void **state)
{
	struct object *o = load_one("{apiVersion: v1, kind: Pod, metadata: {name: p}, "
				    "spec: {serviceAccount: old, containers: [{name: c, image: i}]}}");

	(void)state;
	assert_string_equal(object_pod(o)->spec.service_account_name, "old");
	assert_null(object_pod(o)->spec.service_account);
	object_unref(o);
}

static void test_host_network_ports(void **state)
{
	struct object *o = load_one(
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostNetwork: true, "
		"containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}");

	(void)state;
	assert_int_equal(object_pod(o)->spec.containers.items[0].ports.items[0].host_port, 80);
	assert_int_equal(o->held_count, 0);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_pull_policy),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_service_account),
		cmocka_unit_test(test_host_network_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
