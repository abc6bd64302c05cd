/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Golden loads: tests/load/NAME.yaml are manifests, NAME.json what their objects are with all defaults in place, as the
 * tree keeps them. What is written there must load as the same object again.
 *
 * build/tests/lib/object/test_load --update writes each NAME.json anew; look at what git diff says then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "tests/unit/lib/object/load.h"

#define LOAD "tests/load"
enum { FILE_MAX = 1 << 20 };

static void read_whole(const char *path, struct buf *ret)
{
	struct err err = { 0 };

	if (fs_read(AT_FDCWD, path, FILE_MAX, ret, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* The objects of manifest file PATH as a JSON list. */
static void load_file(const char *path, struct buf *json)
{
	_cleanup_(buf_done) struct buf yaml = BUF_INIT, said = BUF_INIT;
	struct json_writer w = JSON_WRITER(json, 2);

	read_whole(path, &yaml);
	struct objects objects = load_text(yaml.data, &said);
	if (strstr(said.data, " error: "))
		fail_msg("%s: %s", path, said.data);
	json_begin_list(&w);
	for (size_t i = 0; i < objects.count; i++)
		object_write_json(&w, objects.items[i], 0, NULL);
	json_end_list(&w);
	buf_addc(json, '\n');
	objects_done(&objects);
}

/* Each object of the list TEXT is what it was when it is read and written again. */
static void check_round_trip(const char *path, const char *text, size_t len)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf again = BUF_INIT;
	struct json_writer w = JSON_WRITER(&again, 2);
	struct err err = { 0 };
	struct value *list;

	assert_int_equal(json_parse(arena, text, len, &list, &err), 0);
	json_begin_list(&w);
	for (size_t i = 0; i < list->list.count; i++) {
		struct object *o;

		if (object_from_value(list->list.items[i], &o, &err) < 0)
			fail_msg("%s: object %zu: %s", path, i, err_text(&err));
		object_write_json(&w, o, 0, NULL);
		object_unref(o);
	}
	json_end_list(&w);
	buf_addc(&again, '\n');
	assert_string_equal(again.data, text);
}

static void write_whole(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text->data, 1, text->len, f) != text->len || fclose(f) != 0)
		fail_msg("%s: can't be written", path);
}

static void each_file(void (*fn)(const char *yaml, const char *json))
{
	char **names;
	size_t count, manifests = 0;
	struct err err = { 0 };

	if (fs_list(AT_FDCWD, LOAD, &names, &count, &err) < 0)
		fail_msg("%s", err_text(&err));
	for (size_t i = 0; i < count; i++) {
		if (!str_ends(names[i], ".yaml"))
			continue;
		_cleanup_(freep) char *yaml = xasprintf("%s/%s", LOAD, names[i]);
		_cleanup_(freep) char *json = xasprintf(
			"%s/%.*s.json", LOAD, (int)(strlen(names[i]) - strlen(".yaml")), names[i]);
		fn(yaml, json);
		manifests++;
	}
	fs_names_free(names, count);
	assert_true(manifests > 0);
}

static void compare(const char *yaml, const char *json)
{
	_cleanup_(buf_done) struct buf found = BUF_INIT, expected = BUF_INIT;

	load_file(yaml, &found);
	read_whole(json, &expected);
	assert_string_equal(found.data, expected.data);
	check_round_trip(json, found.data, found.len);
}

static void update(const char *yaml, const char *json)
{
	_cleanup_(buf_done) struct buf found = BUF_INIT;

	load_file(yaml, &found);
	write_whole(json, &found);
}

static void test_loads(void **state)
{
	(void)state;
	each_file(compare);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),
	};

	if (argc > 1 && str_eq(argv[1], "--update")) {
		each_file(update);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
