/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "nodeagent/volume_files.h"

/* One ConfigMap "cm", one Secret "sec", one pod with the volumes under test. */
static const char manifest[] =
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"
	"data: {a: one, b.conf: 'two', k: ''}\nbinaryData: {bin: AAEC}\n"
	"---\napiVersion: v1\nkind: Secret\nmetadata: {name: sec}\nstringData: {user: me, a: hidden}\n"
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns, labels: {zone: q, app: web}, "
	"annotations: {note: 'x\"', multi: \"x\\ny\"}}\n"
	"spec:\n"
	"  containers:\n"
	"  - {name: c, image: i, resources: {limits: {cpu: 1500m, memory: 64Mi}, requests: {cpu: 250m}}}\n"
	"  - {name: bare, image: i}\n"
	"  volumes:\n";

struct fixture {
	struct objects objects;
	struct diags diags;
	struct arena *arena;
	struct volume_sources sources;
	struct err err;
};

static const struct object *by_kind(const struct fixture *f, enum kind_id kind)
{
	for (size_t i = 0; i < f->objects.count; i++)
		if (f->objects.items[i]->kind->id == kind)
			return f->objects.items[i];
	return NULL;
}

static const struct config_map *get_config_map(void *arg, const char *name)
{
	return str_eq(name, "cm") ? object_config_map(by_kind(arg, KIND_CONFIG_MAP)) : NULL;
}

static const struct secret *get_secret(void *arg, const char *name)
{
	return str_eq(name, "sec") ? object_secret(by_kind(arg, KIND_SECRET)) : NULL;
}

/* Decodes the manifest with VOLUMES (YAML list items) at its end. */
static void load(struct fixture *f, const char *volumes)
{
	struct buf text = BUF_INIT;
	struct object_load_options options = {
		.path = "m.yaml", .default_namespace = "ns", .mode = DECODE_MANIFEST
	};

	*f = (struct fixture){ .arena = arena_new(0) };
	diags_init(&f->diags);
	buf_addf(&text, "%s%s", manifest, volumes);
	if (object_load_yaml(text.data, text.len, &options, &f->objects, &f->diags) < 0) {
		buf_clear(&text);
		diags_format(&f->diags, &text);
		fail_msg("%s", text.data);
	}
	buf_done(&text);
	f->sources = (struct volume_sources){
		.pod = object_pod(by_kind(f, KIND_POD)),
		.config_map = get_config_map,
		.secret = get_secret,
		.arg = f,
	};
}

static void unload(struct fixture *f)
{
	objects_done(&f->objects);
	diags_done(&f->diags);
	arena_free(f->arena);
}

static const struct volume *volume_of(const struct fixture *f)
{
	return &f->sources.pod->spec.volumes.items[0];
}

/* "path mode bytes" lines joined by "|", or the error's text. */
static void expect(const char *volumes, const char *expected)
{
	struct volume_files files = { 0 };
	struct buf text = BUF_INIT;
	struct fixture f;

	load(&f, volumes);
	if (volume_files_build(f.arena, volume_of(&f), &f.sources, &files, &f.err) < 0)
		buf_adds(&text, err_text(&f.err));
	for (size_t i = 0; i < files.count; i++) {
		buf_addf(&text, "%s%s %o ", i > 0 ? "|" : "", files.items[i].path, files.items[i].mode);
		buf_add(&text, files.items[i].data.data, files.items[i].data.len);
	}
	if (!str_eq(text.data, expected) && strlen(text.data) == text.len)
		fail_msg("%s:\nexpected %s\ngot      %s", volumes, expected, text.data);
	buf_done(&text);
	unload(&f);
}

static void test_config_map(void **state)
{
	(void)state;
	expect("  - {name: v, configMap: {name: cm, items: [{key: a, path: x/y}, {key: b.conf, path: b, "
	       "mode: 0600}]}}\n",
		"b 600 two|x/y 644 one");
	expect("  - {name: v, configMap: {name: cm, defaultMode: 0400, items: [{key: a, path: a}]}}\n",
		"a 400 one");
	expect("  - {name: v, configMap: {name: none, optional: true}}\n", "");
	expect("  - {name: v, configMap: {name: none}}\n", "volume \"v\": configmap \"none\" not found");
	expect("  - {name: v, configMap: {name: cm, items: [{key: none, path: a}]}}\n",
		"volume \"v\": configmap \"cm\" has no key \"none\"");
	expect("  - {name: v, configMap: {name: cm, optional: true, items: [{key: none, path: a}, {key: a, "
	       "path: b}]}}\n",
		"b 644 one");
}

static void test_binary_and_empty(void **state)
{
	struct volume_files files;
	struct fixture f;

	(void)state;
	load(&f, "  - {name: v, configMap: {name: cm}}\n");
	assert_int_equal(volume_files_build(f.arena, volume_of(&f), &f.sources, &files, &f.err), 0);
	assert_int_equal(files.count, 4);
	assert_string_equal(files.items[2].path, "bin");
	assert_int_equal(files.items[2].data.len, 3);
	assert_memory_equal(files.items[2].data.data, "\0\1\2", 3);
	assert_string_equal(files.items[3].path, "k");
	assert_int_equal(files.items[3].data.len, 0);
	assert_false(volume_is_secret(volume_of(&f)));
	assert_true(volume_is_files(volume_of(&f)));
	unload(&f);
}

static void test_secret(void **state)
{
	(void)state;
	expect("  - {name: v, secret: {secretName: sec}}\n", "a 644 hidden|user 644 me");
	expect("  - {name: v, secret: {secretName: none}}\n", "volume \"v\": secret \"none\" not found");
}

static void test_projected(void **state)
{
	(void)state;
	/* The later source wins. */
	expect("  - {name: v, projected: {defaultMode: 0440, sources: [{configMap: {name: cm, items: [{key: "
	       "a, path: a}]}},"
	       " {secret: {name: sec}}]}}\n",
		"a 440 hidden|user 440 me");
	expect("  - {name: v, projected: {sources: [{configMap: {name: cm, items: [{key: a, path: d}, {key: "
	       "b.conf, path: d/e}]}}]}}\n",
		"volume \"v\": paths \"d\" and \"d/e\" conflict");
	expect("  - {name: v, projected: {sources: [{downwardAPI: {items: [{path: nn, fieldRef: {fieldPath: "
	       "metadata.name}}]}}]}}\n",
		"nn 644 p");
}

static void test_downward(void **state)
{
	(void)state;
	expect("  - {name: v, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}},"
	       " {path: a, fieldRef: {fieldPath: metadata.annotations}},"
	       " {path: one, fieldRef: {fieldPath: \"metadata.labels['app']\"}}]}}\n",
		"a 644 multi=\"x\\ny\"\nnote=\"x\\\"\"|l 644 app=\"web\"\nzone=\"q\"|one 644 web");
	expect("  - {name: v, downwardAPI: {items: [{path: c, resourceFieldRef: {containerName: c, resource: "
	       "limits.cpu}},"
	       " {path: m, resourceFieldRef: {containerName: c, resource: limits.memory, divisor: 1Mi}},"
	       " {path: nn, mode: 0400, resourceFieldRef: {containerName: c, resource: requests.cpu, "
	       "divisor: "
	       "1m}}]}}\n",
		"c 644 2|m 644 64|nn 400 250");
	expect("  - {name: v, downwardAPI: {items: [{path: c, resourceFieldRef: {containerName: bare, "
	       "resource: requests.memory}}]}}\n",
		"c 644 0");
}

/* What the schema would refuse as well: the agent does not rely on that. */
static void test_paths_that_leave(void **state)
{
	static const char *const paths[] = { "../x", "/x", "a/../../x", "..", ".", "", "a//b", "..data",
		"a/." };
	struct fixture f;

	(void)state;
	load(&f, "  - {name: v, configMap: {name: cm, items: [{key: a, path: fine}]}}\n");
	struct volume v = *volume_of(&f);
	struct config_map_source source = *v.config_map;
	struct key_to_path item = source.items.items[0];
	source.items.items = &item;
	v.config_map = &source;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct volume_files files;

		item.path = paths[i];
		if (volume_files_build(f.arena, &v, &f.sources, &files, &f.err) != -EINVAL)
			fail_msg("path \"%s\" should be refused", paths[i]);
		assert_non_null(strstr(err_text(&f.err), "leaves the volume"));
	}
	unload(&f);
}

static void test_references(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, "  - {name: v, projected: {sources: [{configMap: {name: xx}}, {secret: {name: yy}}, "
		 "{configMap: {name: zz}}]}}\n");
	struct strings maps = volume_references(f.arena, volume_of(&f), "ConfigMap");
	struct strings secrets = volume_references(f.arena, volume_of(&f), "Secret");
	assert_int_equal(maps.count, 2);
	assert_string_equal(maps.items[1], "zz");
	assert_int_equal(secrets.count, 1);
	assert_true(volume_is_secret(volume_of(&f)));
	unload(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_map),
		cmocka_unit_test(test_binary_and_empty),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_projected),
		cmocka_unit_test(test_downward),
		cmocka_unit_test(test_paths_that_leave),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
