/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Applies, whole and in parts: every item is said once, in its order, in lines that are short enough. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/apply_lines.h"

enum { COUNT = 30 };

static struct object *object, *pod;
static const char *names[COUNT];
static char texts[COUNT][24];
static struct wire_remove removals[COUNT];
static struct wire_pod pods[COUNT];
static struct wire_object objects[COUNT];

static struct object *load(const char *json)
{
	struct object *o = NULL;
	struct err err = { 0 };

	if (object_load_json(json, strlen(json), &o, &err) < 0)
		fail_msg("%s", err_text(&err));
	return o;
}

static int make(void **state)
{
	object = load("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}");
	pod = load("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},"
		   "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "name-%zu", i);
		names[i] = texts[i];
		objects[i] = (struct wire_object){ .hash = names[i], .object = object };
		pods[i] = (struct wire_pod){ .digest = names[i], .pod = pod };
		removals[i] = (struct wire_remove){ .uid = names[i] };
	}
	return 0;
}

static int drop(void **state)
{
	(void)state;
	object_unref(object);
	object_unref(pod);
	return 0;
}

static struct wire_apply whole(size_t object_count, size_t pod_count, size_t remove, size_t forget)
{
	return (struct wire_apply){
		.term = 3,
		.revision = 7,
		.objects = { objects, object_count },
		.pods = { pods, pod_count },
		.remove = { removals, remove },
		.forget_objects = { names, forget },
	};
}

/* What was said of each list so far: names count up from 0. */
struct seen {
	size_t objects, pods, remove, forget;
};

static void look(const struct wire_apply *m, struct seen *seen)
{
	assert_int_equal(m->term, 3);
	assert_int_equal(m->revision, 7);
	for (size_t i = 0; i < m->objects.count; i++)
		assert_string_equal(m->objects.items[i].hash, names[seen->objects++]);
	for (size_t i = 0; i < m->pods.count; i++)
		assert_string_equal(m->pods.items[i].digest, names[seen->pods++]);
	for (size_t i = 0; i < m->remove.count; i++)
		assert_string_equal(m->remove.items[i].uid, names[seen->remove++]);
	for (size_t i = 0; i < m->forget_objects.count; i++)
		assert_string_equal(m->forget_objects.items[i], names[seen->forget++]);
}

/* Writes M in lines of MAX and reads them; returns how many there are. */
static size_t check(const struct wire_apply *m, size_t max)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct wire_reader reader;
	struct seen seen = { 0 };
	const char *line;
	size_t len, lines = 0;

	apply_lines_write(&out, m, max);
	wire_reader_init(&reader, 0);
	wire_reader_feed(&reader, out.data, out.len);
	for (; wire_reader_line(&reader, &line, &len) > 0; lines++) {
		struct wire_message message = { 0 };
		struct err err = { 0 };

		if (wire_parse(line, len, &message, &err) < 0)
			fail_msg("%s: %s", err_text(&err), line);
		assert_int_equal(message.type, WIRE_APPLY);
		look(message.apply, &seen);
		if (len > max)
			assert_true(message.apply->objects.count + message.apply->pods.count +
					    message.apply->remove.count +
					    message.apply->forget_objects.count ==
				    1);
		/* Pods wait for none of the objects, and nothing is forgotten before all else is said. */
		if (seen.pods > 0)
			assert_int_equal(seen.objects, m->objects.count);
		if (seen.forget > 0)
			assert_true(seen.pods == m->pods.count && seen.remove == m->remove.count);
		wire_message_done(&message);
	}
	wire_reader_done(&reader);
	assert_int_equal(seen.objects, m->objects.count);
	assert_int_equal(seen.pods, m->pods.count);
	assert_int_equal(seen.remove, m->remove.count);
	assert_int_equal(seen.forget, m->forget_objects.count);
	return lines;
}

static void test_one_line(void **state)
{
	const struct wire_apply m = whole(COUNT, COUNT, COUNT, COUNT), none = whole(0, 0, 0, 0);
	_cleanup_(buf_done) struct buf line = BUF_INIT;

	(void)state;
	assert_int_equal(check(&m, WIRE_LINE_MAX), 1);
	assert_int_equal(check(&none, WIRE_LINE_MAX), 1);
	/* Just long enough, and a byte too short. */
	wire_write_apply(&line, &m);
	assert_int_equal(check(&m, line.len - 1), 1);
	assert_int_equal(check(&m, line.len - 2), 2);
}

static void test_parts(void **state)
{
	(void)state;
	for (size_t max = 100; max < 20000; max += 337)
		for (size_t i = 0; i <= COUNT; i += 5) {
			const struct wire_apply m = whole(i, COUNT - i, i / 2, COUNT - i / 3);

			assert_true(check(&m, max) >= 1);
		}
}

/* What alone is too long is sent nevertheless, once. */
static void test_too_long_alone(void **state)
{
	const struct wire_apply m = whole(2, 2, 1, 1);

	(void)state;
	assert_int_equal(check(&m, 1), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_too_long_alone),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
