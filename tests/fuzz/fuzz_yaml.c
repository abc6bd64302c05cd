/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as a manifest file: nothing crashes, what was read can be written and reads back the same, and what
 * is refused is refused with a reason.
 */
#include <stdlib.h>

#include "lib/object/object.h"
#include "lib/object/yaml.h"
#include "tests/fuzz/fuzz.h"

static const struct yaml_limits limits = { .bytes = 1 << 20, .depth = 64, .nodes = 20000, .documents = 1000 };

static void round_trip(struct arena *a, const struct value *v)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct yaml_documents again;
	struct diags diags;

	yaml_write(&text, v);
	if (text.len > limits.bytes)
		return;
	diags_init(&diags);
	if (yaml_parse(a, "again", text.data, text.len, &limits, &again, &diags) < 0)
		abort();
	if (v->type != VALUE_NULL && (again.count != 1 || !value_equal(v, again.items[0])))
		abort();
	diags_done(&diags);
}

static void load(const char *text, size_t len)
{
	const struct object_load_options options = { .path = "f.yaml", .default_namespace = "default" };
	_cleanup_(objects_done) struct objects objects = { 0 };
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct diags diags;

	diags_init(&diags);
	if (object_load_yaml(text, len, &options, &objects, &diags) < 0 && diags.errors == 0)
		abort();
	diags_sort(&diags);
	diags_format(&diags, &out);
	for (size_t i = 0; i < objects.count; i++) {
		struct json_writer w = JSON_WRITER(&out, 0);

		object_write_json(&w, objects.items[i], 0, NULL);
	}
	diags_done(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct yaml_documents documents;
	struct diags diags;
	int r;

	diags_init(&diags);
	r = yaml_parse(a, "f.yaml", (const char *)data, size, &limits, &documents, &diags);
	if ((r < 0) != (diags.errors > 0))
		abort();
	diags_sort(&diags);
	diags_format(&diags, &out);
	for (size_t i = 0; i < documents.count; i++)
		round_trip(a, documents.items[i]);
	diags_done(&diags);
	load((const char *)data, size);
	return 0;
}
