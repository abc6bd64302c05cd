/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Documents: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "no kind",
		"apiVersion: v1\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: kind: is required: what kind of object is this?\n" },
	{ "no version",
		"kind: Pod\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: Pod/x: apiVersion: is required: write apiVersion: v1\n" },
	{ "a list instead of a map", "- apiVersion: v1\n",
		"a.yaml:1:1: error: wants a Kubernetes object: a map with apiVersion, kind and metadata\n" },
	{ "a word", "hello\n",
		"a.yaml:1:1: error: wants a Kubernetes object: a map with apiVersion, kind and metadata\n" },
	{ "no metadata",
		"apiVersion: v1\n"
		"kind: ConfigMap\n",
		"a.yaml:1:1: error: ConfigMap/default/?: metadata: is required\n" },
	{ "no name",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {namespace: a}\n",
		"a.yaml:3:11: error: ConfigMap/a/?: metadata.name: is required\n" },
	{ "generated name",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {generateName: a-}\n",
		"a.yaml:3:26: error: ConfigMap/default/?: metadata.generateName: a manifest needs a name of "
		"its own (metadata.name): what has a new name with every read cannot be kept in agreement "
		"with git\n" },
	{ "bad name",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: Bad_Name}\n",
		"a.yaml:3:18: error: ConfigMap/default/Bad_Name: metadata.name: `Bad_Name` must be "
		"lower-case letters, digits, \"-\" and \".\", each part between dots starting and ending "
		"with a letter or digit (RFC 1123 subdomain)\n" },
	{ "name as number",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: 12}\n",
		"a.yaml:3:18: error: ConfigMap/default/?: metadata.name: wants a string, but `12` is a "
		"number; write \"12\" in quotes\n" },
	{ "bad namespace",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: a, namespace: b.c}\n",
		"a.yaml:3:32: error: ConfigMap/b.c/a: metadata.namespace: `b.c` must be lower-case letters, "
		"digits and \"-\", and start and end with a letter or digit (RFC 1123 label)\n" },
	{ "finalizers",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: a, finalizers: [x]}\n",
		"a.yaml:3:33: warning: ConfigMap/default/a: metadata.finalizers: has no effect here; an "
		"object goes when its manifest goes\n" },
	{ "list",
		"apiVersion: v1\n"
		"kind: List\n"
		"items:\n"
		"- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
		"- {apiVersion: v1, kind: ConfigMap, metadata: {name: B}}\n"
		"- {kind: PodTemplate, apiVersion: v1, metadata: {name: j}}\n",
		"a.yaml:5:54: error: ConfigMap/default/B: metadata.name: `B` must be lower-case letters, "
		"digits, \"-\" and \".\", each part between dots starting and ending with a letter or digit "
		"(RFC 1123 subdomain)\n"
		"a.yaml:6:10: error: PodTemplate/j: PodTemplate has no effect, and had none in Kubernetes; "
		"write the template in a Deployment\n" },
	{ "empty list",
		"apiVersion: v1\n"
		"kind: List\n"
		"items: []\n",
		"" },
	{ "list of one kind",
		"apiVersion: v1\n"
		"kind: ConfigMapList\n"
		"items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n",
		"" },
	{ "list that is none",
		"apiVersion: v1\n"
		"kind: List\n"
		"items: {a: b}\n",
		"a.yaml:3:8: error: List/?: items: wants a list of objects\n" },
	{ "several documents",
		"apiVersion: v1\n"
		"kind: Namespace\n"
		"metadata: {name: A}\n"
		"---\n"
		"---\n"
		"apiVersion: v1\n"
		"kind: Namespace\n"
		"metadata: {name: B}\n",
		"a.yaml:3:18: error: Namespace/A: metadata.name: `A` must be lower-case letters, digits and "
		"\"-\", and start and end with a letter or digit (RFC 1123 label)\n"
		"a.yaml:8:18: error: Namespace/B: metadata.name: `B` must be lower-case letters, digits and "
		"\"-\", and start and end with a letter or digit (RFC 1123 label)\n" },
	{ "many at once",
		"apiVersion: v1\n"
		"kind: Pod\n"
		"metadata: {name: p}\n"
		"spec:\n"
		"  containers:\n"
		"  - name: c\n"
		"    image: i\n"
		"    port: [{containerPort: 80}]\n"
		"    volumeMounts: [{name: v, mountPath: /v}]\n"
		"    resources: {limits: {memory: 1GiB}}\n"
		"  restartPolicy: Sometimes\n",
		"a.yaml:8:5: error: Pod/default/p: spec.containers[0]: unknown field `port`, did you mean "
		"`ports`?\n"
		"a.yaml:9:27: error: Pod/default/p: spec.containers[0].volumeMounts[0].name: no volume of "
		"the pod is called `v`; the pod has no volumes\n"
		"a.yaml:10:34: error: Pod/default/p: spec.containers[0].resources.limits.memory: `1GiB` is "
		"not a quantity, did you mean `1Gi`?\n"
		"a.yaml:11:18: error: Pod/default/p: spec.restartPolicy: `Sometimes` is not allowed "
		"(allowed: Always, OnFailure, Never)\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static const char config_map_yaml[] = "apiVersion: v1\n"
				      "kind: ConfigMap\n"
				      "metadata: {name: x, labels: {b: '1', a: '2'}}\n"
				      "data: {k: v}\n";

static void test_ignore_unknown_kinds(void **state)
{
	static const char yaml[] = "apiVersion: example.com/v1\nkind: Database\nmetadata: {name: x}\n---\n"
				   "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: x}\n";
	const char *word = "Ignore";
	const struct strings ignore = { .items = &word, .count = 1 };
	const struct object_load_options options = { .path = "a.yaml", .unknown_kinds = &ignore };
	struct objects objects = { 0 };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct diags diags;

	(void)state;
	diags_init(&diags);
	assert_int_equal(object_load_yaml(yaml, strlen(yaml), &options, &objects, &diags), -EBADMSG);
	diags_format(&diags, &text);
	assert_string_equal(text.data, "a.yaml:2:7: warning: Database/x: example.com/v1 Database is skipped: "
				       "unknownKinds is Ignore\n"
				       "a.yaml:6:7: error: Deployment/x: extensions/v1beta1 Deployment was "
				       "removed from Kubernetes; write "
				       "apiVersion: apps/v1 (spec.selector is required there and must match "
				       "spec.template.metadata.labels)\n");
	assert_int_equal(objects.count, 0);
	diags_done(&diags);
}

static void test_members(void **state)
{
	struct object *o = load_one(config_map_yaml);

	(void)state;
	assert_ptr_equal(o->kind, &kinds[KIND_CONFIG_MAP]);
	assert_ptr_equal(o->meta, o->body);
	assert_string_equal(o->meta->name, "x");
	assert_string_equal(o->meta->namespace, "default");
	assert_string_equal(o->path, "a.yaml");
	assert_int_equal(o->line, 1);
	assert_int_equal(o->held_count, 0);
	assert_string_equal(string_map_get(&object_config_map(o)->data, "k"), "v");
	object_unref(o);
}

static void test_default_namespace(void **state)
{
	const struct object_load_options options = { .path = "a.yaml", .default_namespace = "team" };
	struct objects objects = { 0 };
	struct diags diags;

	(void)state;
	diags_init(&diags);
	assert_int_equal(
		object_load_yaml(config_map_yaml, strlen(config_map_yaml), &options, &objects, &diags), 0);
	assert_string_equal(objects.items[0]->meta->namespace, "team");
	objects_done(&objects);
	diags_done(&diags);
}

static void test_json(void **state)
{
	struct object *o = load_one(config_map_yaml);
	char *json = json_of(o);
	struct object *again = NULL;
	struct err err = { 0 };

	(void)state;
	assert_string_equal(json,
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\","
		"\"namespace\":\"default\",\"labels\":{\"a\":\"2\",\"b\":\"1\"}},"
		"\"data\":{\"k\":\"v\"}}");
	assert_int_equal(object_load_json(json, strlen(json), &again, &err), 0);
	assert_memory_equal(o->hash, again->hash, sizeof(o->hash));
	assert_int_equal(object_cmp(o, again), 0);
	free(json);
	object_unref(o);
	object_unref(again);
}

static void test_stored_errors(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{ "{", "" },
		{ "[]", "error: wants a Kubernetes object: a map with apiVersion, kind and metadata" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}", "wants one object, but found 0" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{}}",
			"error: ConfigMap/default/?: metadata.name: is required" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct object *o = NULL;
		struct err err = { 0 };

		assert_int_equal(object_load_json(cases[i].json, strlen(cases[i].json), &o, &err), -EBADMSG);
		assert_null(o);
		if (cases[i].says[0])
			assert_string_equal(err.text, cases[i].says);
	}
}

/* What a newer version wrote is read as far as it is known; the system's own fields are taken. */
static void test_stored_is_lenient(void **state)
{
	static const char json[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"n\","
		"\"uid\":\"u1\",\"news\":1},\"spec\":{\"priorityClassName\":\"high\",\"containers\":"
		"[{\"name\":\"c\",\"image\":\"i\",\"tty\":true}]},\"status\":{\"phase\":\"Running\"}}";
	struct object *o = NULL;
	struct err err = { 0 };

	(void)state;
	if (object_load_json(json, strlen(json), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_string_equal(o->meta->uid, "u1");
	assert_string_equal(object_pod(o)->status.phase, "Running");
	assert_int_equal(o->held_count, 0);
	object_unref(o);
}

/* What is said of TEXT where what clusters say counts too; its objects in RET. */
static void load_observed(const char *text, struct objects *ret, struct buf *said)
{
	const struct object_load_options options = { .path = "a.yaml", .observed = true };
	struct diags diags;

	diags_init(&diags);
	object_load_yaml(text, strlen(text), &options, ret, &diags);
	diags_sort(&diags);
	diags_format(&diags, said);
	diags_done(&diags);
}

static void test_observed(void **state)
{
	(void)state;
	_cleanup_(objects_done) struct objects list = { 0 };
	_cleanup_(buf_done) struct buf said = BUF_INIT;

	load_observed(
		"apiVersion: v1\nkind: Node\nmetadata: {name: written}\n"
		"status: {capacity: {cpu: 3}, comesLater: 1}\n"
		"---\napiVersion: v1\nkind: Node\nmetadata: {name: printed, uid: u, selfLink: x, later: 1}\n"
		"spec: {later: 1}\nstatus: {capacity: {cpu: 4}}\n"
		"---\napiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: {name: n, uid: u}\n"
		"---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, uid: u, generateName: p-}\n"
		"spec: {containers: [{name: c, image: i}], volumes: [{name: v, csi: {driver: d}}]}\n",
		&list, &said);
	assert_string_equal(said.data, "");
	assert_int_equal(list.count, 3);
	assert_int_equal(
		quantity_units(quantity_map_get(&object_node(list.items[0])->status.capacity, "cpu")), 3);
	assert_int_equal(
		quantity_units(quantity_map_get(&object_node(list.items[1])->status.capacity, "cpu")), 4);
}

/* What people wrote keeps the rules, whatever stands in its status. */
static void test_observed_is_strict(void **state)
{
	(void)state;
	_cleanup_(objects_done) struct objects list = { 0 };
	_cleanup_(buf_done) struct buf said = BUF_INIT;

	load_observed("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {unschedulabl: true}\n"
		      "status: {capacity: {cpu: 3}}\n"
		      "---\napiVersion: v1\nkind: Nod\nmetadata: {name: b}\n",
		&list, &said);
	assert_string_equal(said.data,
		"a.yaml:4:8: error: Node/a: spec: unknown field `unschedulabl`, did you mean "
		"`unschedulable`?\n"
		"a.yaml:8:7: error: Nod/b: there is no kind Nod; did you mean `Node`?\n");
	assert_int_equal(list.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_ignore_unknown_kinds),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_default_namespace),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_stored_errors),
		cmocka_unit_test(test_stored_is_lenient),
		cmocka_unit_test(test_observed),
		cmocka_unit_test(test_observed_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
