/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Any bytes as JSON: what was read is written so that it reads back the same; then as a stored object. */
#include <stdlib.h>
#include <string.h>

#include "lib/object/json.h"
#include "lib/object/object.h"
#include "tests/fuzz/fuzz.h"

static void round_trip(struct arena *a, const struct value *v, int indent)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, indent);
	struct value *again;

	json_value(&w, v);
	if (json_parse(a, text.data, text.len, &again, NULL) < 0 || !value_equal(v, again))
		abort();
}

static void load(const char *text, size_t len)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT, twice = BUF_INIT;
	struct object *o = NULL, *again = NULL;
	struct err err = { 0 };

	if (object_load_json(text, len, &o, &err) < 0) {
		if (err.code == 0)
			abort();
		return;
	}
	struct json_writer w = JSON_WRITER(&out, 0);

	object_write_json(&w, o, 0, NULL);
	if (object_load_json(out.data, out.len, &again, NULL) < 0)
		abort();
	struct json_writer v = JSON_WRITER(&twice, 0);

	object_write_json(&v, again, 0, NULL);
	if (out.len != twice.len || memcmp(out.data, twice.data, out.len) != 0)
		abort();
	object_unref(o);
	object_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct err err = { 0 };
	struct value *v;
	int r = json_parse(a, (const char *)data, size, &v, &err);

	if ((r < 0) != (err.code < 0))
		abort();
	if (r == 0) {
		round_trip(a, v, 0);
		round_trip(a, v, 2);
	}
	load((const char *)data, size);
	return 0;
}
