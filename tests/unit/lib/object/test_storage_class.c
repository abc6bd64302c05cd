/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* StorageClasses: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: storage.k8s.io/v1\n"
		"kind: StorageClass\n"
		"metadata: {name: x}\n"
		"provisioner: k8s.io/Minikube-hostpath\n"
		"parameters: {type: fast}\n"
		"reclaimPolicy: Retain\n"
		"volumeBindingMode: WaitForFirstConsumer\n"
		"allowVolumeExpansion: true\n"
		"mountOptions: [noatime]\n"
		"allowedTopologies:\n"
		"- matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [a, b]}]\n",
		"a.yaml:2:7: warning: StorageClass/x: the StorageClass is recorded, but no volumes are "
		"made for it yet\n" },
	{ "no provisioner",
		"apiVersion: storage.k8s.io/v1\n"
		"kind: StorageClass\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: StorageClass/x: provisioner: is required\n"
		"a.yaml:2:7: warning: StorageClass/x: the StorageClass is recorded, but no volumes are "
		"made for it yet\n" },
	{ "mistakes",
		"apiVersion: storage.k8s.io/v1\n"
		"kind: StorageClass\n"
		"metadata: {name: x}\n"
		"provisioner: a b\n"
		"parameters: {type: 1}\n"
		"reclaimPolicy: Keep\n"
		"volumeBindingMode: waitForFirstConsumer\n"
		"allowedTopologies:\n"
		"- matchLabelExpressions: [{key: zone, values: [a, a]}, {key: zone, values: []}]\n",
		"a.yaml:2:7: warning: StorageClass/x: the StorageClass is recorded, but no volumes are "
		"made for it yet\n"
		"a.yaml:4:14: error: StorageClass/x: provisioner: `a b` must be letters, digits, \"-\", "
		"\"_\" and \".\", start and end with a letter or digit, and may have a DNS name and "
		"\"/\" before it\n"
		"a.yaml:5:20: error: StorageClass/x: parameters.type: wants a string, but `1` is a "
		"number; write \"1\" in quotes\n"
		"a.yaml:6:16: error: StorageClass/x: reclaimPolicy: `Keep` is not allowed (allowed: "
		"Delete, Retain, Recycle)\n"
		"a.yaml:7:20: error: StorageClass/x: volumeBindingMode: `waitForFirstConsumer` is not "
		"allowed, did you mean `WaitForFirstConsumer`? (allowed: Immediate, "
		"WaitForFirstConsumer)\n"
		"a.yaml:9:51: error: StorageClass/x: "
		"allowedTopologies[0].matchLabelExpressions[0].values[1]: `a` is there twice\n"
		"a.yaml:9:56: error: StorageClass/x: allowedTopologies[0].matchLabelExpressions[1]: key "
		"`zone` is already used in line 9\n"
		"a.yaml:9:76: error: StorageClass/x: "
		"allowedTopologies[0].matchLabelExpressions[1].values: must not be empty\n" },
	{ "removed version",
		"apiVersion: storage.k8s.io/v1beta1\n"
		"kind: StorageClass\n"
		"metadata: {name: x}\n"
		"provisioner: a\n",
		"a.yaml:2:7: error: StorageClass/x: storage.k8s.io/v1beta1 StorageClass was removed from "
		"Kubernetes; write apiVersion: storage.k8s.io/v1 (the fields are the same)\n" },
	{ "twice",
		"apiVersion: storage.k8s.io/v1\n"
		"kind: StorageClass\n"
		"metadata: {name: x}\n"
		"provisioner: a.b/c\n"
		"allowedTopologies:\n"
		"- matchLabelExpressions: [{key: zone, values: [a, a]}, {key: zone, values: [b]}]\n",
		"a.yaml:2:7: warning: StorageClass/x: the StorageClass is recorded, but no volumes are "
		"made for it yet\n"
		"a.yaml:6:51: error: StorageClass/x: "
		"allowedTopologies[0].matchLabelExpressions[0].values[1]: `a` is there twice\n"
		"a.yaml:6:56: error: StorageClass/x: allowedTopologies[0].matchLabelExpressions[1]: key "
		"`zone` is already used in line 6\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_default(void **state)
{
	static const struct {
		const char *annotations;
		bool is_default;
	} cases[] = {
		{ "{}", false },
		{ "{storageclass.kubernetes.io/is-default-class: \"true\"}", true },
		{ "{storageclass.kubernetes.io/is-default-class: \"false\"}", false },
		{ "{storageclass.beta.kubernetes.io/is-default-class: \"true\"}", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char yaml[512];
		snprintf(yaml, sizeof(yaml),
			"apiVersion: storage.k8s.io/v1\nkind: StorageClass\n"
			"metadata: {name: x, annotations: %s}\nprovisioner: a.b/c\n",
			cases[i].annotations);
		struct object *o = load_one(yaml);
		const struct storage_class *c = object_storage_class(o);
		if (storage_class_is_default(c) != cases[i].is_default)
			fail_msg("%s: expected %d", cases[i].annotations, cases[i].is_default);
		assert_string_equal(c->reclaim_policy, "Delete");
		assert_string_equal(c->volume_binding_mode, "Immediate");
		object_unref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
