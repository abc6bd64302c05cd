/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as a manifest file, and an edit of it: the first line says where the object begins, the path, and the value ("2:1 spec/a=true"; without
 * "=" the field goes; "[1]" is an item). It is refused with a reason, or what was edited reads as before but for the field, which then has
 * the value; and the edit that was made is made no second time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "lib/object/yaml_edit.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS = 8 };

static const struct yaml_limits limits = { .bytes = 1 << 20, .depth = 64, .nodes = 20000, .documents = 1000 };

/* The first line, in pieces. */
struct order {
	struct yaml_step steps[STEPS];
	struct yaml_edit edit;
};

static void take_steps(struct order *o, char *path)
{
	char *rest = path, *word;

	while (o->edit.step_count < STEPS && (word = strsep(&rest, "/"))) {
		struct yaml_step *s = &o->steps[o->edit.step_count++];

		*s = (struct yaml_step){ .key = word };
		if (word[0] == '[')
			*s = (struct yaml_step){ .index = (size_t)strtoul(word + 1, NULL, 10) % 100 };
	}
	o->edit.steps = o->steps;
}

static bool take_order(struct arena *a, const char *line, size_t len, struct order *o)
{
	char *rest, *value;

	if (memchr(line, '\0', len) || !str_is_utf8(line, len, NULL))
		return false;
	rest = arena_strndup(a, line, len);
	o->edit.line = (uint32_t)strtoul(rest, &rest, 10);
	if (*rest == ':')
		o->edit.col = (uint32_t)strtoul(rest + 1, &rest, 10);
	if (*rest++ != ' ')
		return false;
	value = strchr(rest, '=');
	if (value) {
		*value++ = '\0';
		o->edit.value = str_eq(value, "true") ? value_bool_new(a, true)
				: str_eq(value, "3")  ? value_int_new(a, 3)
						      : value_string_new(a, value);
	}
	take_steps(o, rest);
	return true;
}

static int parse(struct arena *a, const char *text, size_t len, struct yaml_documents *ret)
{
	struct diags diags;
	int r;

	diags_init(&diags);
	r = yaml_parse(a, "f.yaml", text, len, &limits, ret, &diags);
	diags_done(&diags);
	return r;
}

/* How many scalars there are: an edit adds or changes one, or takes one away. */
static size_t scalars(const struct value *v)
{
	size_t n = v->type != VALUE_MAP && v->type != VALUE_LIST;

	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.count; i++)
		n += scalars(v->map.entries[i].value);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.count; i++)
		n += scalars(v->list.items[i]);
	return n;
}

static size_t all_scalars(const struct yaml_documents *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += scalars(d->items[i]);
	return n;
}

static void check_edited(
	struct arena *a, const struct order *o, const struct yaml_documents *before, const struct buf *edited)
{
	_cleanup_(buf_done) struct buf again = BUF_INIT;
	struct yaml_documents after;
	size_t were = all_scalars(before), are;
	int r;

	if (parse(a, edited->data, edited->len, &after) < 0 || after.count > before->count)
		abort();
	are = all_scalars(&after);
	if (o->edit.value ? are < were || are > were + 1 : are > were)
		abort();
	r = yaml_edit("f.yaml", edited->data, edited->len, &o->edit, &again, NULL);
	if (r == 0 || (o->edit.value && r != -EALREADY))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(buf_done) struct buf edited = BUF_INIT;
	const char *text = memchr(data, '\n', size);
	struct yaml_documents before;
	struct order o = { 0 };
	struct err err = { 0 };
	size_t len;

	if (!text || size > 1 << 16 ||
		!take_order(a, (const char *)data, (size_t)(text - (const char *)data), &o))
		return 0;
	len = size - (size_t)(++text - (const char *)data);
	if (parse(a, text, len, &before) < 0)
		return 0;
	int r = yaml_edit("f.yaml", text, len, &o.edit, &edited, &err);
	if (r < 0 && (edited.len > 0 || (r != -EALREADY && err.code == 0)))
		abort();
	if (r == 0)
		check_edited(a, &o, &before, &edited);
	return 0;
}
