/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Claims and their templates: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  resources: {requests: {storage: 1Gi}}\n"
		"  storageClassName: \"\"\n"
		"  selector: {matchLabels: {a: b}}\n"
		"  volumeName: v.1\n",
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n" },
	{ "no spec",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: PersistentVolumeClaim/default/x: spec: is required\n"
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n" },
	{ "nothing asked for",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n"
		"spec: {}\n",
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n"
		"a.yaml:4:7: error: PersistentVolumeClaim/default/x: spec.resources.requests.storage: is "
		"required: how large is it to be?\n"
		"a.yaml:4:7: error: PersistentVolumeClaim/default/x: spec.accessModes: must have at "
		"least one mode, such as ReadWriteOnce\n" },
	{ "modes",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  accessModes: [ReadWriteOncePod, ReadWriteMany]\n"
		"  resources: {requests: {storage: 0}}\n"
		"  storageClassName: Fast_Disks\n",
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n"
		"a.yaml:5:16: error: PersistentVolumeClaim/default/x: spec.accessModes: ReadWriteOncePod "
		"can't stand beside other modes\n"
		"a.yaml:6:35: error: PersistentVolumeClaim/default/x: spec.resources.requests.storage: "
		"must be more than 0\n"
		"a.yaml:7:21: error: PersistentVolumeClaim/default/x: spec.storageClassName: "
		"`Fast_Disks` must be lower-case letters, digits, \"-\" and \".\", each part between "
		"dots starting and ending with a letter or digit (RFC 1123 subdomain)\n" },
	{ "misspelt",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  accessModes: [ReadWriteonce]\n"
		"  resources: {request: {storage: 1Gi}}\n",
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n"
		"a.yaml:5:17: error: PersistentVolumeClaim/default/x: spec.accessModes[0]: "
		"`ReadWriteonce` is not allowed, did you mean `ReadWriteOnce`? (allowed: ReadWriteOnce, "
		"ReadOnlyMany, ReadWriteMany, ReadWriteOncePod)\n"
		"a.yaml:6:15: error: PersistentVolumeClaim/default/x: spec.resources: unknown field "
		"`request`, did you mean `requests`?\n" },
	{ "from a snapshot, as a device",
		"apiVersion: v1\n"
		"kind: PersistentVolumeClaim\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  accessModes: [ReadWriteOnce]\n"
		"  resources: {requests: {storage: 1Gi}}\n"
		"  volumeAttributesClassName: gold\n"
		"  volumeMode: Block\n"
		"  dataSource: {kind: VolumeSnapshot, name: s}\n",
		"a.yaml:2:7: warning: PersistentVolumeClaim/default/x: the PersistentVolumeClaim is "
		"recorded, but no volume is bound to it yet\n"
		"a.yaml:7:30: warning: PersistentVolumeClaim/default/x: spec.volumeAttributesClassName: "
		"has no effect here; only CSI drivers know such classes\n"
		"a.yaml:8:15: warning: PersistentVolumeClaim/default/x: spec.volumeMode: `Block` is not "
		"supported yet; the workload is held (NotYetSupported)\n"
		"a.yaml:9:15: error: PersistentVolumeClaim/default/x: spec.dataSource: is refused; "
		"volumes are not filled from snapshots or other claims, which only CSI drivers do; fill "
		"it with an init container\n" },
	{ "a pod's template",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers: [{name: c, image: \"i:1\"}]\n"
		"  volumes:\n"
		"  - name: v\n"
		"    ephemeral:\n"
		"      volumeClaimTemplate:\n"
		"        metadata: {name: x, labels: {a: b c}}\n"
		"        spec: {accessModes: [ReadWriteOnce]}\n",
		"a.yaml:9:7: warning: Pod/default/p: spec.volumes[0].ephemeral: is not supported yet; "
		"the workload is held (NotYetSupported)\n"
		"a.yaml:10:26: error: Pod/default/p: "
		"spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: is refused; the claim is "
		"named after its pod and volume, and goes with the pod\n"
		"a.yaml:11:15: error: Pod/default/p: "
		"spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests.storage: is "
		"required: how large is it to be?\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

#define HEAD "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\n"

static void test_defaults(void **state)
{
	(void)state;
	struct object *o = load_one(HEAD "spec:\n"
					 "  accessModes: [ReadWriteOnce]\n"
					 "  resources: {requests: {storage: 1Gi}}\n");
	const struct claim *c = object_claim(o);
	assert_null(c->spec.storage_class_name);
	assert_string_equal(c->spec.volume_mode, "Filesystem");
	object_unref(o);
	o = load_one("apiVersion: v1\n"
		     "kind: PersistentVolumeClaim\n"
		     "metadata: {name: x, annotations: {volume.beta.kubernetes.io/storage-class: old}}\n"
		     "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n");
	assert_string_equal(object_claim(o)->spec.storage_class_name, "old");
	object_unref(o);
}

/* No class and the default class are two things, also behind the tree. */
static void test_no_class(void **state)
{
	(void)state;
	struct object *o = load_one(HEAD "spec:\n"
					 "  accessModes: [ReadWriteOnce]\n"
					 "  storageClassName: \"\"\n"
					 "  resources: {requests: {storage: 1Gi}}\n");
	char *text = json_of(o);
	struct object *again = NULL;
	assert_int_equal(object_load_json(text, strlen(text), &again, NULL), 0);
	assert_string_equal(object_claim(again)->spec.storage_class_name, "");
	assert_memory_equal(o->hash, again->hash, sizeof(o->hash));
	object_unref(again);
	object_unref(o);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_no_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
