/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * An edit is made in three steps: what it should come to, as values (intend); the text with a few ranges cut out and a few
 * texts put in (yaml_cut.c), which need only get the usual layouts right; and the proof: the new text is parsed, and all
 * of its documents must be what was intended. What a layout has that was not thought of fails the proof and harms nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml_edit_parts.h"

static void editor_done(struct editor *e)
{
	for (size_t i = 0; i < e->cut_count; i++)
		free(e->cuts[i].text);
	arena_free(e->arena);
}

int yaml_refuse(struct editor *e, const struct yaml_node *at, const char *fmt, ...)
{
	_cleanup_(freep) char *why = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&why, fmt, args) < 0)
		abort();
	va_end(args);
	return err_set(e->err, -EOPNOTSUPP, "%s:%u: %s; edit it by hand", e->path, at->place.line, why);
}

/* --- what it should come to ------------------------------------------------------------------------------- */

static struct value *intend_map(
	struct editor *e, const struct value *v, const struct yaml_step *step, size_t left);

/* V (NULL: missing) with the rest of the path done; NULL: it goes. */
static struct value *intend(
	struct editor *e, const struct value *v, const struct yaml_step *step, size_t left)
{
	if (left == 0)
		return e->edit->value ? value_copy(e->arena, e->edit->value) : NULL;
	if (step->key)
		return intend_map(e, v, step, left);
	struct value *list = value_list_new(e->arena);
	for (size_t i = 0; v && v->type == VALUE_LIST && i < v->list.count; i++) {
		struct value *item = v->list.items[i];

		if (i == step->index)
			item = intend(e, item, step + 1, left - 1);
		value_append(e->arena, list, item ? item : value_map_new(e->arena));
	}
	return list;
}

static struct value *intend_map(
	struct editor *e, const struct value *v, const struct yaml_step *step, size_t left)
{
	struct value *map = value_map_new(e->arena), *child;

	for (size_t i = 0; v && v->type == VALUE_MAP && i < v->map.count; i++)
		if (!str_eq(v->map.entries[i].key, step->key))
			value_set(e->arena, map, v->map.entries[i].key, v->map.entries[i].value);
	child = intend(e, value_get(v, step->key), step + 1, left - 1);
	if (child)
		value_set(e->arena, map, step->key, child);
	return child || map->map.count > 0 || left == e->edit->step_count ? map : NULL;
}

/* Puts what is intended in the place of the object in V, a tree; *RET_OBJECT is what stood there. Returns the new tree, or V. */
static struct value *put_intended(struct editor *e, struct value *v, const struct value **ret_object)
{
	if (v->type == VALUE_MAP && v->line == e->edit->line && v->col == e->edit->col) {
		*ret_object = v;
		return intend(e, v, e->edit->steps, e->edit->step_count);
	}
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.count && !*ret_object; i++)
		v->map.entries[i].value = put_intended(e, v->map.entries[i].value, ret_object);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.count && !*ret_object; i++)
		v->list.items[i] = put_intended(e, v->list.items[i], ret_object);
	return v;
}

/* The field as it is, or NULL. */
static const struct value *field_of(const struct value *v, const struct yaml_edit *edit)
{
	for (size_t i = 0; v && i < edit->step_count; i++) {
		const struct yaml_step *s = &edit->steps[i];

		if (s->key)
			v = value_get(v, s->key);
		else
			v = v->type == VALUE_LIST && s->index < v->list.count ? v->list.items[s->index]
									      : NULL;
	}
	return v;
}

/* --- the way to the field -------------------------------------------------------------------------------------------- */

/* What other places share can't be changed for one of them. */
static int check_shared(struct editor *e, const struct yaml_node *n)
{
	if (n->place.type == YAML_PIECE_ALIAS)
		return yaml_refuse(e, n, "*%s stands for what is written elsewhere", n->place.anchor);
	if (n->place.anchor)
		return yaml_refuse(e, n, "other places may refer to it by its anchor &%s", n->place.anchor);
	if (n->place.type == YAML_PIECE_MAP && yaml_node_merges(n))
		return yaml_refuse(e, n, "a part of it comes from elsewhere by a merge key (<<)");
	return 0;
}

/* A list's items are not made. */
static int check_keys(struct editor *e, const struct yaml_node *at, const struct yaml_step *step, size_t left)
{
	for (size_t i = 0; i < left; i++)
		if (!step[i].key)
			return yaml_refuse(e, at, "the list has no item %zu", step[i].index);
	return 0;
}

static int walk(struct editor *e)
{
	const struct yaml_edit *edit = e->edit;
	struct yaml_node *at = e->object;
	int r = 0;

	for (struct yaml_node *n = at; n && r == 0; n = n->parent)
		r = check_shared(e, n);
	for (size_t i = 0; i < edit->step_count && r == 0; i++) {
		const struct yaml_step *s = &edit->steps[i];
		size_t left = edit->step_count - i;
		enum yaml_piece_type want = s->key ? YAML_PIECE_MAP : YAML_PIECE_LIST;

		if (yaml_node_is_null(at) && edit->value)
			return check_keys(e, at, s, left) < 0 ? -EOPNOTSUPP : yaml_cut_fill(e, at, s, left);
		if (at->place.type != want)
			return yaml_refuse(e, at, "%s is no %s", at->key ? at->key->place.text : "the object",
				s->key ? "map" : "list");
		struct yaml_node *child = s->key ? yaml_node_get(at, s->key) : yaml_node_item(at, s->index);
		if (!child && s->key && edit->value)
			return check_keys(e, at, s, left) < 0 ? -EOPNOTSUPP : yaml_cut_insert(e, at, s, left);
		if (!child)
			return yaml_refuse(e, at, "the field is not where it was looked for");
		r = check_shared(e, child);
		at = child;
	}
	if (r < 0)
		return r;
	return edit->value ? yaml_cut_replace(e, at) : yaml_cut_out(e, at);
}

/* --- all of it --------------------------------------------------------------------------------------------------------- */

static void apply(const struct editor *e, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < e->cut_count; i++) {
		const struct cut *c = &e->cuts[i];

		if (c->from < at)
			continue; /* fails the proof */
		buf_add(out, e->text + at, c->from - at);
		buf_adds(out, c->text);
		at = c->to;
	}
	buf_add(out, e->text + at, e->len - at);
}

static int prove(struct editor *e, const struct yaml_documents *intended, const struct buf *text)
{
	struct yaml_documents now;
	struct diags diags;
	bool same;

	diags_init(&diags);
	same = yaml_parse(e->arena, e->path, text->data, text->len, &yaml_limits_default, &now, &diags) ==
		       0 &&
	       now.count == intended->count;
	for (size_t i = 0; same && i < now.count; i++)
		same = value_equal(now.items[i], intended->items[i]);
	diags_done(&diags);
	return same ? 0 : yaml_refuse(e, e->object, "it is laid out in a way that can't be changed safely");
}

static int parse(struct editor *e, struct yaml_documents *ret)
{
	struct diags diags;
	struct buf text = BUF_INIT;
	int r;

	diags_init(&diags);
	r = yaml_parse(e->arena, e->path, e->text, e->len, &yaml_limits_default, ret, &diags);
	if (r < 0) {
		diags_sort(&diags);
		diag_format(&diags.items[0], &text);
		buf_truncate(&text, text.len - 1);
		r = err_set(e->err, -EBADMSG, "%s", text.data);
		buf_done(&text);
	}
	diags_done(&diags);
	return r;
}

static bool wanted_already(const struct value *object, const struct yaml_edit *edit)
{
	const struct value *now = field_of(object, edit);

	return edit->value ? now && value_equal(now, edit->value) : !now;
}

/* DOCUMENTS become what is intended. */
static int look(struct editor *e, struct yaml_documents *documents)
{
	const struct value *object = NULL;
	struct yaml_node *root;
	const char *newline = memchr(e->text, '\n', e->len);

	for (size_t i = 0; i < documents->count && !object; i++)
		documents->items[i] = put_intended(e, documents->items[i], &object);
	if (object && wanted_already(object, e->edit))
		return -EALREADY;
	if (yaml_nodes(e->arena, e->text, e->len, &root) == 0)
		e->object = yaml_node_at(root, e->edit->line, e->edit->col);
	if (!object || !e->object)
		return err_set(e->err, -ENOENT, "%s:%u: no object begins there", e->path, e->edit->line);
	e->eol = newline && newline > e->text && newline[-1] == '\r' ? "\r\n" : "\n";
	e->json = e->object->place.flow && e->object->first &&
		  e->object->first->key->place.style == YAML_PLACE_DOUBLE;
	return 0;
}

int yaml_edit(const char *path, const char *text, size_t len, const struct yaml_edit *edit, struct buf *ret,
	struct err *err)
{
	_cleanup_(editor_done) struct editor e = {
		.path = path, .text = text, .len = len, .edit = edit, .arena = arena_new(0), .err = err
	};
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct yaml_documents documents;
	int r = parse(&e, &documents);

	if (r == 0)
		r = look(&e, &documents);
	if (r == 0)
		r = walk(&e);
	if (r < 0)
		return r;
	apply(&e, &out);
	r = prove(&e, &documents, &out);
	if (r == 0)
		buf_add(ret, out.data, out.len);
	return r;
}
