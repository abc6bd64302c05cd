/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Volumes: manifests, and every line that is said about them. */
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
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - {name: a, emptyDir: {}}\n"
		"  - {name: b, configMap: {name: x, defaultMode: 0444, items: [{key: k, path: a/b}]}}\n"
		"  - {name: c, secret: {secretName: x, optional: true}}\n"
		"  - {name: d, hostPath: {path: /x, type: DirectoryOrCreate}}\n"
		"  - {name: e, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: "
		"metadata.labels}}]}}\n"
		"  - {name: f, projected: {sources: [{configMap: {name: x}}, {secret: {name: z}}]}}\n"
		"  - {name: g, emptyDir: {medium: Memory, sizeLimit: 1Mi}}\n"
		"  - name: h\n"
		"    emptyDir:\n"
		"  - {name: i}\n",
		"" },
	{ "two sources",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a, emptyDir: {}, hostPath: {path: /x}}]\n",
		"a.yaml:6:47: error: Pod/default/p: spec.volumes[0].hostPath: the volume has the source "
		"emptyDir already; it takes one\n" },
	{ "held",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - {name: a, persistentVolumeClaim: {claimName: x}}\n"
		"  - {name: b, nfs: {server: s, path: /x}}\n"
		"  - {name: c, image: {reference: i}}\n"
		"  - {name: d, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], "
		"resources: {requests: {storage: 1Gi}}}}}}\n"
		"  - {name: e, emptyDir: {sizeLimit: 1Gi}}\n"
		"  - {name: f, projected: {sources: [{serviceAccountToken: {path: t}}]}}\n",
		"a.yaml:7:38: warning: Pod/default/p: spec.volumes[0].persistentVolumeClaim: is not "
		"supported yet; the workload is held (NotYetSupported)\n"
		"a.yaml:8:20: warning: Pod/default/p: spec.volumes[1].nfs: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:9:22: warning: Pod/default/p: spec.volumes[2].image: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:10:26: warning: Pod/default/p: spec.volumes[3].ephemeral: is not supported yet; the "
		"workload is held (NotYetSupported)\n"
		"a.yaml:11:37: warning: Pod/default/p: spec.volumes[4].emptyDir.sizeLimit: the size on disk "
		"is not supported yet; the workload is held (NotYetSupported)\n"
		"a.yaml:12:59: warning: Pod/default/p: "
		"spec.volumes[5].projected.sources[0].serviceAccountToken: is not supported yet; the "
		"workload is held (NotYetSupported)\n" },
	{ "refused",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - {name: a, awsElasticBlockStore: {volumeID: x}}\n"
		"  - {name: b, gitRepo: {repository: x}}\n"
		"  - {name: c, csi: {driver: x}}\n",
		"a.yaml:7:37: error: Pod/default/p: spec.volumes[0].awsElasticBlockStore: is refused; use a "
		"hostPath, nfs or persistentVolumeClaim\n"
		"a.yaml:8:24: error: Pod/default/p: spec.volumes[1].gitRepo: is refused; use an emptyDir and "
		"an init container that clones\n"
		"a.yaml:9:20: error: Pod/default/p: spec.volumes[2].csi: is refused; CSI drivers need an API "
		"server; use a hostPath, nfs or persistentVolumeClaim\n" },
	{ "duplicate name",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a}, {name: a}]\n",
		"a.yaml:6:24: error: Pod/default/p: spec.volumes[1]: name `a` is already used in line 6\n" },
	{ "unknown source",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a, emptydir: {}}]\n",
		"a.yaml:6:23: error: Pod/default/p: spec.volumes[0]: unknown field `emptydir`, did you mean "
		"`emptyDir`?\n" },
	{ "modes",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a, configMap: {name: x, defaultMode: 644, items: [{key: k, path: k, "
		"mode: 01000}, {key: l, path: l, mode: 420}]}}]\n",
		"a.yaml:6:57: error: Pod/default/p: spec.volumes[0].configMap.defaultMode: must be from 0 to "
		"0777, but is 644; modes are octal: write 0644\n"
		"a.yaml:6:94: error: Pod/default/p: spec.volumes[0].configMap.items[0].mode: must be from 0 "
		"to 0777, but is 512\n" },
	{ "paths",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - {name: a, hostPath: {path: x}}\n"
		"  - {name: b, hostPath: {path: /x/../y, type: Dir}}\n"
		"  - {name: c, configMap: {name: x, items: [{key: k, path: ../k}, {key: k, path: /k}]}}\n",
		"a.yaml:7:32: error: Pod/default/p: spec.volumes[0].hostPath.path: `x` must be an absolute "
		"path\n"
		"a.yaml:8:32: error: Pod/default/p: spec.volumes[1].hostPath.path: `/x/../y` must not "
		"contain \"..\"\n"
		"a.yaml:8:47: error: Pod/default/p: spec.volumes[1].hostPath.type: `Dir` is not allowed "
		"(allowed: \"\", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, "
		"BlockDevice)\n"
		"a.yaml:9:59: error: Pod/default/p: spec.volumes[2].configMap.items[0].path: `../k` must not "
		"start with \"..\"\n"
		"a.yaml:9:81: error: Pod/default/p: spec.volumes[2].configMap.items[1].path: `/k` must be a "
		"relative path\n" },
	{ "medium",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - {name: a, emptyDir: {medium: memory}}\n"
		"  - {name: b, emptyDir: {medium: HugePages}}\n",
		"a.yaml:7:34: error: Pod/default/p: spec.volumes[0].emptyDir.medium: `memory` is none of "
		"\"\", Memory, HugePages and HugePages-SIZE\n"
		"a.yaml:8:34: warning: Pod/default/p: spec.volumes[1].emptyDir.medium: huge pages are not "
		"supported yet; the workload is held (NotYetSupported)\n" },
	{ "downward files",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - name: a\n"
		"    downwardAPI:\n"
		"      items:\n"
		"      - {path: x, fieldRef: {fieldPath: status.podIP}}\n"
		"      - {path: w}\n"
		"      - {path: z, resourceFieldRef: {resource: limits.cpu}}\n",
		"a.yaml:10:41: error: Pod/default/p: "
		"spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: a file shows fields of metadata "
		"only; `status.podIP` can be an environment variable\n"
		"a.yaml:11:9: error: Pod/default/p: spec.volumes[0].downwardAPI.items[1]: needs exactly one "
		"of fieldRef and resourceFieldRef\n"
		"a.yaml:12:37: error: Pod/default/p: "
		"spec.volumes[0].downwardAPI.items[2].resourceFieldRef.containerName: is required in a "
		"volume\n" },
	{ "downward container",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a, downwardAPI: {items: [{path: z, resourceFieldRef: {containerName: d, "
		"resource: limits.cpu}}]}}]\n",
		"a.yaml:6:89: error: Pod/default/p: "
		"spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: no container of the "
		"pod is called `d`\n" },
	{ "projection",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes: [{name: a, projected: {sources: [{}, {configMap: {name: x}, secret: {name: "
		"z}}]}}]\n",
		"a.yaml:6:45: error: Pod/default/p: spec.volumes[0].projected.sources[0]: needs exactly one "
		"of configMap, secret, downwardAPI and serviceAccountToken\n"
		"a.yaml:6:49: error: Pod/default/p: spec.volumes[0].projected.sources[1]: needs exactly one "
		"of configMap, secret, downwardAPI and serviceAccountToken\n" },
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
