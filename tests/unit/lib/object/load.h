/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Manifests in, diagnostics out: what the tests of kinds share. Include after cmocka.h; each test is a
 * program of its own, so that all is static.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"

/* A manifest and all that is said about it, line by line, errors and warnings; "" for nothing. */
struct said {
	const char *name, *yaml, *says;
};

static const struct object_load_options load_options = { .path = "a.yaml", .mode = DECODE_MANIFEST };

/* The objects of YAML; what is said about it is put into TEXT. */
static inline struct objects load_text(const char *yaml, struct buf *text)
{
	struct objects objects = { 0 };
	struct diags diags;

	diags_init(&diags);
	object_load_yaml(yaml, strlen(yaml), &load_options, &objects, &diags);
	diags_sort(&diags);
	diags_format(&diags, text);
	diags_done(&diags);
	return objects;
}

/* Fails the test where something else is said about one of the COUNT manifests, and shows all that are wrong. */
static inline void check_said(const struct said *table, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		struct objects objects = load_text(table[i].yaml, &text);

		objects_done(&objects);
		if (strcmp(text.data, table[i].says) == 0)
			continue;
		fprintf(stderr, "--- %s: expected\n%s--- found\n%s", table[i].name, table[i].says, text.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* The one object of YAML, about which no error may be said. */
static inline struct object *load_one(const char *yaml)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct objects objects = load_text(yaml, &text);
	struct object *o;

	if (objects.count != 1)
		fail_msg("expected one object, found %zu: %s", objects.count, text.data);
	o = object_ref(objects.items[0]);
	objects_done(&objects);
	return o;
}

/* O as JSON on one line; the caller frees it. */
static inline char *json_of(const struct object *o)
{
	struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);

	object_write_json(&w, o, 0, NULL);
	return buf_take(&text);
}

/* A manifest, and the object that it makes: JSON with all defaults. */
struct stored {
	const char *name, *yaml, *json;
};

/* Fails the test where a manifest makes another object, or that object is another one when it is read back. */
static inline void check_stored(const struct stored *table, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct object *o = load_one(table[i].yaml), *again = NULL;
		char *json = json_of(o);
		struct err err = { 0 };

		if (strcmp(json, table[i].json) != 0) {
			print_message(
				"--- %s: expected\n%s\n--- found\n%s\n", table[i].name, table[i].json, json);
			wrong++;
		}
		if (object_load_json(json, strlen(json), &again, &err) < 0) {
			print_message("--- %s: can't be read back: %s\n", table[i].name, err_text(&err));
			wrong++;
		} else if (memcmp(o->hash, again->hash, sizeof(o->hash)) != 0) {
			print_message("--- %s: is another object when it is read back\n", table[i].name);
			wrong++;
		}
		object_unref(again);
		object_unref(o);
		free(json);
	}
	assert_int_equal(wrong, 0);
}
