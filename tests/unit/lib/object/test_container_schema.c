/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What a container may say: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    command: [a]\n"
		"    args: [\"$(A)\"]\n"
		"    workingDir: /w\n"
		"    env: [{name: A, value: b}]\n"
		"    ports: [{containerPort: 80, name: http}]\n"
		"    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1, example.com/gpu: "
		"2}}\n",
		"" },
	{ "name, image",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: Web_1\n"
		"  - image: i\n"
		"  - {name: \"\", image: \"\"}\n",
		"a.yaml:6:5: error: Pod/default/p: spec.containers[0].image: is required\n"
		"a.yaml:6:11: error: Pod/default/p: spec.containers[0].name: `Web_1` must be lower-case "
		"letters, digits and \"-\", and start and end with a letter or digit (RFC 1123 label)\n"
		"a.yaml:7:5: error: Pod/default/p: spec.containers[1].name: is required\n"
		"a.yaml:8:12: error: Pod/default/p: spec.containers[2].name: must not be empty\n"
		"a.yaml:8:23: error: Pod/default/p: spec.containers[2].image: must not be empty\n" },
	{ "port",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    ports:\n"
		"    - containerPort: 0\n"
		"    - {containerPort: 80, protocol: tcp}\n"
		"    - {containerPort: 81, name: much-too-long-name}\n"
		"    - {containerPort: 82, name: \"80\"}\n"
		"    - {containerPort: 83, name: a}\n"
		"    - {containerPort: 84, name: a}\n",
		"a.yaml:9:22: error: Pod/default/p: spec.containers[0].ports[0].containerPort: must be "
		"between 1 and 65535, but is 0\n"
		"a.yaml:10:37: error: Pod/default/p: spec.containers[0].ports[1].protocol: `tcp` is not "
		"allowed, did you mean `TCP`? (allowed: TCP, UDP, SCTP)\n"
		"a.yaml:11:33: error: Pod/default/p: spec.containers[0].ports[2].name: `much-too-long-name` "
		"has 18 characters; a port's name has at most 15\n"
		"a.yaml:12:33: error: Pod/default/p: spec.containers[0].ports[3].name: `80` is no port name: "
		"it must be lower-case letters, digits and single \"-\" between them, with at least one "
		"letter\n" },
	{ "two equal port names",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    ports: [{containerPort: 83, name: a}, {containerPort: 84, name: a}]\n",
		"a.yaml:8:69: error: Pod/default/p: spec.containers[0].ports[1].name: `a` is the name of "
		"ports[0] already\n" },
	{ "host port",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    ports: [{containerPort: 80, hostPort: 8080}]\n",
		"a.yaml:8:43: warning: Pod/default/p: spec.containers[0].ports[0].hostPort: ports of the "
		"host are not supported yet; the workload is held (NotYetSupported)\n" },
	{ "pull policy",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    imagePullPolicy: Allways\n",
		"a.yaml:8:22: error: Pod/default/p: spec.containers[0].imagePullPolicy: `Allways` is not "
		"allowed, did you mean `Always`? (allowed: Always, IfNotPresent, Never)\n" },
	{ "mounts",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  volumes: [{name: data, emptyDir: {}}]\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i\n"
		"    volumeMounts:\n"
		"    - {name: dta, mountPath: /a}\n"
		"    - {name: data, mountPath: \"/b:c\"}\n"
		"    - {name: data, mountPath: /d/../e}\n"
		"    - {name: data, mountPath: /f, subPath: ../g}\n"
		"    - {name: data, mountPath: /h, subPath: a, subPathExpr: b}\n"
		"    - {name: data, mountPath: /i, mountPropagation: Bidirectional}\n",
		"a.yaml:10:14: error: Pod/default/p: spec.containers[0].volumeMounts[0].name: no volume of "
		"the pod is called `dta`; did you mean `data`?\n"
		"a.yaml:11:31: error: Pod/default/p: spec.containers[0].volumeMounts[1].mountPath: `/b:c` "
		"must not contain \":\"\n"
		"a.yaml:12:31: error: Pod/default/p: spec.containers[0].volumeMounts[2].mountPath: `/d/../e` "
		"must not contain \"..\"\n"
		"a.yaml:13:44: error: Pod/default/p: spec.containers[0].volumeMounts[3].subPath: `../g` must "
		"not contain \"..\"\n"
		"a.yaml:14:60: error: Pod/default/p: spec.containers[0].volumeMounts[4].subPathExpr: subPath "
		"is given too; a mount takes one of the two\n"
		"a.yaml:15:53: error: Pod/default/p: spec.containers[0].volumeMounts[5].mountPropagation: "
		"Bidirectional needs a privileged container\n" },
	{ "same mount path",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  volumes: [{name: data, emptyDir: {}}]\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i\n"
		"    volumeMounts:\n"
		"    - {name: data, mountPath: /a}\n"
		"    - {name: data, mountPath: /a, subPath: x}\n",
		"a.yaml:11:7: error: Pod/default/p: spec.containers[0].volumeMounts[1]: mountPath `/a` is "
		"already used in line 10\n" },
	{ "amounts",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources:\n"
		"      requests: {cpu: 2, memory: 1GB, disk: 1}\n"
		"      limits: {cpu: -1, memory: 100m, example.com/gpu: 500m}\n",
		"a.yaml:9:34: error: Pod/default/p: spec.containers[0].resources.requests.memory: `1GB` is "
		"not a quantity, did you mean `1G`?\n"
		"a.yaml:9:39: error: Pod/default/p: spec.containers[0].resources.requests.disk: key `disk` "
		"is no resource: cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain "
		"(example.com/gpu)\n" },
	{ "negative and fractional amounts",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources:\n"
		"      requests: {cpu: 1e-6}\n"
		"      limits: {cpu: -1, memory: 100m, example.com/gpu: 500m, ephemeral-storage: 1Gi}\n",
		"a.yaml:9:23: error: Pod/default/p: spec.containers[0].resources.requests.cpu: 1u must be "
		"at most the limit of -1\n"
		"a.yaml:9:23: warning: Pod/default/p: spec.containers[0].resources.requests.cpu: is finer "
		"than 1m and rounded up to that\n"
		"a.yaml:10:21: error: Pod/default/p: spec.containers[0].resources.limits.cpu: must not be "
		"negative\n"
		"a.yaml:10:33: warning: Pod/default/p: spec.containers[0].resources.limits.memory: is a "
		"fraction of a byte: \"m\" means thousandths, \"M\" and \"Mi\" are megabytes\n"
		"a.yaml:10:56: error: Pod/default/p: "
		"spec.containers[0].resources.limits[\"example.com/gpu\"]: must be a whole number\n"
		"a.yaml:10:81: warning: Pod/default/p: "
		"spec.containers[0].resources.limits.ephemeral-storage: has no effect here: the use of disk "
		"is not limited yet\n" },
	{ "hugepages alone",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources: {limits: {hugepages-2Mi: 4Mi}}\n",
		"a.yaml:8:16: error: Pod/default/p: spec.containers[0].resources: hugepages need cpu or "
		"memory beside them\n" },
	{ "resource names",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources: {limits: {mem: 1, example.com/: 1}}\n",
		"a.yaml:8:26: error: Pod/default/p: spec.containers[0].resources.limits.mem: key `mem` is no "
		"resource: cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain "
		"(example.com/gpu)\n"
		"a.yaml:8:34: error: Pod/default/p: spec.containers[0].resources.limits[\"example.com/\"]: "
		"key `example.com/` must be letters, digits, \"-\", \"_\" and \".\", start and end with a "
		"letter or digit, and may have a DNS name and \"/\" before it\n" },
	{ "requests above limits",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources:\n"
		"      requests: {cpu: 2, memory: 2Gi, example.com/gpu: 1}\n"
		"      limits: {cpu: 1500m, memory: 1Gi, example.com/gpu: 2}\n",
		"a.yaml:9:23: error: Pod/default/p: spec.containers[0].resources.requests.cpu: 2 must be at "
		"most the limit of 1500m\n"
		"a.yaml:9:34: error: Pod/default/p: spec.containers[0].resources.requests.memory: 2Gi must "
		"be at most the limit of 1Gi\n"
		"a.yaml:9:56: error: Pod/default/p: "
		"spec.containers[0].resources.requests[\"example.com/gpu\"]: 1 must be equal to the limit of "
		"2\n" },
	{ "extended without limit",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    resources: {requests: {example.com/gpu: 1}}\n",
		"a.yaml:8:45: error: Pod/default/p: "
		"spec.containers[0].resources.requests[\"example.com/gpu\"]: needs a limit too: it can't be "
		"shared\n" },
	{ "env",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    env:\n"
		"    - {name: \"A=B\", value: x}\n"
		"    - {name: B, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n"
		"    - {name: C, valueFrom: {}}\n"
		"    - {name: D, valueFrom: {fieldRef: {fieldPath: metadata.nam}}}\n"
		"    - {name: E, valueFrom: {resourceFieldRef: {resource: limits.cpus}}}\n"
		"    - {name: F, value: 1}\n"
		"    - {name: G, valueFrom: {secretKeyRef: {name: s, key: a/b}}}\n",
		"a.yaml:9:14: error: Pod/default/p: spec.containers[0].env[0].name: `A=B` must be printable "
		"ASCII characters without \"=\"\n"
		"a.yaml:10:38: error: Pod/default/p: spec.containers[0].env[1].valueFrom: value is given "
		"too; a variable takes one of the two\n"
		"a.yaml:11:28: error: Pod/default/p: spec.containers[0].env[2].valueFrom: needs one of "
		"fieldRef, resourceFieldRef, configMapKeyRef and secretKeyRef\n"
		"a.yaml:12:51: error: Pod/default/p: spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: "
		"a pod's field `metadata.nam` can't be referred to; did you mean `metadata.name`?\n"
		"a.yaml:13:58: error: Pod/default/p: "
		"spec.containers[0].env[4].valueFrom.resourceFieldRef.resource: `limits.cpus` must be "
		"limits. or requests. and one of cpu, memory, ephemeral-storage, hugepages-…\n"
		"a.yaml:14:24: error: Pod/default/p: spec.containers[0].env[5].value: wants a string, but "
		"`1` is a number; write \"1\" in quotes\n"
		"a.yaml:15:58: error: Pod/default/p: spec.containers[0].env[6].valueFrom.secretKeyRef.key: "
		"`a/b` must be letters, digits, \"-\", \"_\" and \".\" only\n" },
	{ "env with wrong divisor",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    env:\n"
		"    - {name: E, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1Mi}}}\n"
		"    - {name: L, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}\n",
		"a.yaml:9:79: error: Pod/default/p: "
		"spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: must be 1 or 1m for "
		"limits.cpu\n"
		"a.yaml:10:51: error: Pod/default/p: spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: "
		"a variable takes one of them: metadata.labels['key']\n" },
	{ "envFrom",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    envFrom:\n"
		"    - prefix: P_\n"
		"    - {configMapRef: {name: a}, secretRef: {name: b}}\n",
		"a.yaml:9:7: error: Pod/default/p: spec.containers[0].envFrom[0]: needs exactly one of "
		"configMapRef and secretRef\n"
		"a.yaml:10:7: error: Pod/default/p: spec.containers[0].envFrom[1]: needs exactly one of "
		"configMapRef and secretRef\n" },
	{ "probes of gRPC are held",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    livenessProbe: {httpGet: {port: 80}}\n"
		"    startupProbe: {tcpSocket: {port: 80}}\n"
		"    readinessProbe: {exec: {command: [a]}, periodSeconds: 0}\n"
		"  - name: d\n"
		"    image: i:1\n"
		"    livenessProbe: {grpc: {port: 80}}\n",
		"a.yaml:13:27: warning: Pod/default/p: spec.containers[1].livenessProbe.grpc: is not "
		"supported yet; the workload is held (NotYetSupported)\n" },
	{ "hooks",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    lifecycle: {stopSignal: SIGRTMIN+3, postStart: {exec: {command: [a]}}, preStop: {sleep: "
		"{seconds: 1}}}\n"
		"  - {name: d, image: i, lifecycle: {stopSignal: SIGQIUT}}\n"
		"  - {name: e, image: i, lifecycle: {stopSignal: TERM}}\n"
		"  - {name: f, image: i, lifecycle: {stopSignal: SIGRTMIN+16}}\n"
		"  - {name: g, image: i, lifecycle: {preStop: {sleep: {seconds: 30}}}}\n"
		"  - {name: h, image: i, lifecycle: {preStop: {sleep: {seconds: 31}}}}\n",
		"a.yaml:9:49: error: Pod/default/p: spec.containers[1].lifecycle.stopSignal: `SIGQIUT` is no "
		"signal; did you mean `SIGQUIT`?\n"
		"a.yaml:10:49: error: Pod/default/p: spec.containers[2].lifecycle.stopSignal: `TERM` is no "
		"signal; did you mean `SIGTERM`?\n"
		"a.yaml:11:49: error: Pod/default/p: spec.containers[3].lifecycle.stopSignal: `SIGRTMIN+16` "
		"is "
		"no signal; did you mean `SIGRTMIN`?\n"
		"a.yaml:13:64: error: Pod/default/p: spec.containers[5].lifecycle.preStop.sleep.seconds: "
		"must "
		"be at most terminationGracePeriodSeconds (30), but is 31\n" },
	{ "bad probes",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    livenessProbe: {initialDelaySeconds: 3}\n"
		"    readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}\n"
		"    startupProbe: {httpGet: {port: 70000}}\n",
		"a.yaml:8:20: error: Pod/default/p: spec.containers[0].livenessProbe: needs one of exec, "
		"httpGet, tcpSocket and grpc\n"
		"a.yaml:9:21: error: Pod/default/p: spec.containers[0].readinessProbe: takes only one of "
		"exec, httpGet, tcpSocket and grpc\n"
		"a.yaml:10:36: error: Pod/default/p: spec.containers[0].startupProbe.httpGet.port: must be "
		"between 1 and 65535, or the name of one of the container's ports\n" },
	{ "thresholds",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    livenessProbe: {httpGet: {port: 8080}, successThreshold: 2}\n"
		"    readinessProbe: {httpGet: {port: 80}, terminationGracePeriodSeconds: 5}\n",
		"a.yaml:8:62: error: Pod/default/p: spec.containers[0].livenessProbe.successThreshold: must "
		"be 1\n"
		"a.yaml:9:74: error: Pod/default/p: "
		"spec.containers[0].readinessProbe.terminationGracePeriodSeconds: has no meaning here: a "
		"readiness probe ends nothing\n" },
	{ "security",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    securityContext: {privileged: true, allowPrivilegeEscalation: false, runAsNonRoot: "
		"true, runAsUser: 0}\n",
		"a.yaml:8:67: error: Pod/default/p: "
		"spec.containers[0].securityContext.allowPrivilegeEscalation: can't be false in a privileged "
		"container\n"
		"a.yaml:8:105: error: Pod/default/p: spec.containers[0].securityContext.runAsUser: is 0, and "
		"runAsNonRoot is true\n" },
	{ "profiles",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}, "
		"procMount: Unmasked, appArmorProfile: {type: Unconfined}}\n",
		"a.yaml:8:46: warning: Pod/default/p: "
		"spec.containers[0].securityContext.seccompProfile.type: `Localhost` is not supported yet; "
		"the workload is held (NotYetSupported)\n"
		"a.yaml:8:95: warning: Pod/default/p: spec.containers[0].securityContext.procMount: "
		"`Unmasked` is not supported yet; the workload is held (NotYetSupported)\n"
		"a.yaml:8:122: warning: Pod/default/p: spec.containers[0].securityContext.appArmorProfile: "
		"has no effect here; AppArmor profiles are not set\n" },
	{ "windows",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    securityContext: {windowsOptions: {hostProcess: true}}\n",
		"a.yaml:8:39: error: Pod/default/p: spec.containers[0].securityContext.windowsOptions: is "
		"refused; pods run on Linux only\n" },
	{ "terminal",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    stdin: true\n"
		"    tty: true\n",
		"a.yaml:8:12: warning: Pod/default/p: spec.containers[0].stdin: attaching to a container is "
		"not supported yet; the workload is held (NotYetSupported)\n"
		"a.yaml:9:10: warning: Pod/default/p: spec.containers[0].tty: terminals are not supported "
		"yet; the workload is held (NotYetSupported)\n" },
	{ "no terminal",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    stdin: false\n"
		"    tty: false\n"
		"    livenessProbe: {}\n",
		"a.yaml:10:20: error: Pod/default/p: spec.containers[0].livenessProbe: needs one of exec, "
		"httpGet, tcpSocket and grpc\n" },
	{ "unknown fields",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    imagePullPolcy: Always\n"
		"    portz: []\n"
		"    httpGet: {port: 80}\n",
		"a.yaml:8:5: error: Pod/default/p: spec.containers[0]: unknown field `imagePullPolcy`, did "
		"you mean `imagePullPolicy`?\n"
		"a.yaml:9:5: error: Pod/default/p: spec.containers[0]: unknown field `portz`, did you mean "
		"`ports`?\n"
		"a.yaml:10:5: error: Pod/default/p: spec.containers[0]: unknown field `httpGet`, does it "
		"belong into `livenessProbe`? (indentation)\n" },
	{ "restart policy",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i:1\n"
		"    restartPolicy: Always\n",
		"a.yaml:8:20: error: Pod/default/p: spec.containers[0].restartPolicy: is for init "
		"containers; the pod's restartPolicy is for the others\n" },
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
