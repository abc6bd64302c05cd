/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* PersistentVolumes: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "host path",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  hostPath: {path: /srv, type: DirectoryOrCreate}\n"
		"  claimRef: {namespace: default, name: c}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n" },
	{ "local",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  local: {path: /srv}\n"
		"  nodeAffinity:\n"
		"    required:\n"
		"      nodeSelectorTerms:\n"
		"      - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-a]}]\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n" },
	{ "nfs",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  nfs: {server: s, path: /x, readOnly: true}\n"
		"  mountOptions: [hard, nfsvers=4.1]\n"
		"  storageClassName: slow\n"
		"  persistentVolumeReclaimPolicy: Delete\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n" },
	{ "no spec",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: PersistentVolume/x: spec: is required\n"
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n" },
	{ "empty",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec: {}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:4:7: error: PersistentVolume/x: spec.capacity.storage: is required: how large is "
		"it?\n"
		"a.yaml:4:7: error: PersistentVolume/x: spec.accessModes: must have at least one mode, such "
		"as ReadWriteOnce\n"
		"a.yaml:4:7: error: PersistentVolume/x: spec: needs a source: local, hostPath or nfs\n" },
	{ "local of no node",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  local: {path: /a/../b, fsType: ext4}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:5:3: error: PersistentVolume/x: spec.nodeAffinity: is required with local: which "
		"node has the directory?\n"
		"a.yaml:7:17: error: PersistentVolume/x: spec.local.path: `a/../b` must not contain \"..\"\n"
		"a.yaml:7:34: warning: PersistentVolume/x: spec.local.fsType: has no effect here; "
		"directories are mounted as they are\n" },
	{ "affinity without terms",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  local: {path: /a}\n"
		"  nodeAffinity: {required: {nodeSelectorTerms: []}}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:8:48: error: PersistentVolume/x: spec.nodeAffinity.required.nodeSelectorTerms: must "
		"not be empty\n" },
	{ "two sources",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  hostPath: {path: /a}\n"
		"  nfs: {server: s, path: a}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:8:8: error: PersistentVolume/x: spec.nfs: the volume has the source hostPath "
		"already; it takes one\n"
		"a.yaml:8:26: error: PersistentVolume/x: spec.nfs.path: `a` must be an absolute path\n" },
	{ "CSI",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  csi: {driver: ebs.csi.aws.com, volumeHandle: v}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:7:8: error: PersistentVolume/x: spec.csi: is refused; CSI drivers need an API server "
		"that can be written to; use local, hostPath or nfs\n" },
	{ "clouds",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  gcePersistentDisk: {pdName: d}\n"
		"  iscsi: {}\n"
		"  rbd: {image: i}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:7:22: error: PersistentVolume/x: spec.gcePersistentDisk: is refused; its driver was "
		"removed from Kubernetes; use local, hostPath or nfs\n"
		"a.yaml:9:8: error: PersistentVolume/x: spec.rbd: is refused; its driver was removed from "
		"Kubernetes; use local, hostPath or nfs\n" },
	{ "capacity",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 0, cpu: 1}\n"
		"  accessModes: [ReadWriteOnce, ReadWriteOncePod]\n"
		"  hostPath: {path: /}\n"
		"  persistentVolumeReclaimPolicy: Recycle\n"
		"  storageClassName: A\n"
		"  volumeMode: Block\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:5:23: error: PersistentVolume/x: spec.capacity.storage: must be more than 0\n"
		"a.yaml:5:31: error: PersistentVolume/x: spec.capacity.cpu: a volume has nothing but "
		"storage\n"
		"a.yaml:6:16: error: PersistentVolume/x: spec.accessModes: ReadWriteOncePod can't stand "
		"beside other modes\n"
		"a.yaml:8:34: error: PersistentVolume/x: spec.persistentVolumeReclaimPolicy: can't be "
		"Recycle for the hostPath /\n"
		"a.yaml:8:34: warning: PersistentVolume/x: spec.persistentVolumeReclaimPolicy: Recycle is "
		"deprecated by Kubernetes, and nothing is deleted here: as with Retain\n"
		"a.yaml:9:21: error: PersistentVolume/x: spec.storageClassName: `A` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n"
		"a.yaml:10:15: warning: PersistentVolume/x: spec.volumeMode: `Block` is not supported yet; "
		"the workload is held (NotYetSupported)\n" },
	{ "misspelt",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  hostPath: {path: /a}\n"
		"  persistentVolumeReclaimPolicy: Retian\n"
		"  storageClass: a\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:8:34: error: PersistentVolume/x: spec.persistentVolumeReclaimPolicy: `Retian` is not "
		"allowed, did you mean `Retain`? (allowed: Retain, Delete, Recycle)\n"
		"a.yaml:9:3: error: PersistentVolume/x: spec: unknown field `storageClass`, did you mean "
		"`storageClassName`?\n" },
	{ "in a namespace",
		"apiVersion: v1\n"
		"kind: PersistentVolume\n"
		"metadata: {name: x, namespace: prod}\n"
		"spec:\n"
		"  capacity: {storage: 1Gi}\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  hostPath: {path: /a}\n",
		"a.yaml:2:7: warning: PersistentVolume/x: the PersistentVolume is recorded, but no claim is "
		"bound to it yet\n"
		"a.yaml:3:32: error: PersistentVolume/x: metadata.namespace: can't be given: a "
		"PersistentVolume is in no namespace\n" },
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
