/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Nothing here calls itself: open lists and maps are a stack of frames, and what they hold so
 * far lies on one common stack of entries, so that a finished one is copied once, at its
 * right size. An anchor remembers how many values it stands for and how deep they
 * nest; an alias counts and nests as much, which bounds what any walk over the
 * tree may meet, although the tree itself shares the values.
 */
#include "lib/object/yaml_build.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"

struct anchor {
	struct value *value;
	size_t nodes; /* values it stands for; while it is open: b->nodes at its start */
	unsigned height;
	bool open;
};

/* An open list or map. */
struct frame {
	struct value *value;
	struct anchor *anchor; /* or NULL */
	size_t start;          /* of its entries on the stack */
	unsigned height;       /* of what is in it */
	bool has_key;          /* a map's key was read, its value is next (it is the last entry) */
	bool merge;            /* a "<<" was among the keys */
};

struct yaml_builder {
	struct yaml_report *report;
	struct arena *arena;
	const struct yaml_limits *limits;
	const struct yaml_text *text;

	struct frame *frames;
	size_t frame_count, frame_cap;
	struct value_entry *entries; /* in lists only the values are used */
	size_t entry_count, entry_cap;
	struct map anchors; /* of the present document: struct anchor */
	struct value *root;
	size_t nodes; /* so far, all documents */
	struct value **documents;
	size_t document_count, document_cap, documents_seen;
	bool stop;
};

/* Reports AT a piece; returns -1, which gives the present document up. */
static int _printf_(3, 4) fail(struct yaml_builder *b, const struct yaml_piece *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	yaml_verror(b->report, at->line, at->col, fmt, args);
	va_end(args);
	return -1;
}

/* --- nodes ---------------------------------------------------------------------------------- */

static struct frame *top(struct yaml_builder *b)
{
	return b->frame_count > 0 ? &b->frames[b->frame_count - 1] : NULL;
}

static bool wants_key(struct yaml_builder *b)
{
	const struct frame *f = top(b);

	return f && f->value->type == VALUE_MAP && !f->has_key;
}

static int count_nodes(struct yaml_builder *b, size_t more, const struct yaml_piece *at)
{
	b->nodes += more;
	if (b->nodes <= b->limits->nodes)
		return 0;
	b->stop = true;
	return fail(b, at, "more than %zu values, aliases counted with all that they stand for: not read",
		b->limits->nodes);
}

static struct value *node_new(struct yaml_builder *b, enum value_type type, const struct yaml_piece *at)
{
	struct value *v = arena_alloc(b->arena, sizeof(*v));

	v->type = type;
	v->line = at->line;
	v->col = at->col;
	return v;
}

static struct value_entry *entry_push(struct yaml_builder *b)
{
	b->entries = grow(b->entries, &b->entry_cap, b->entry_count + 1, sizeof(b->entries[0]));
	b->entries[b->entry_count] = (struct value_entry){ 0 };
	return &b->entries[b->entry_count++];
}

/* A finished value goes where the document is: into the open list, behind the key that waits, or to the root. */
static void attach(struct yaml_builder *b, struct value *v, unsigned height)
{
	struct frame *f = top(b);

	if (!f) {
		b->root = v;
		return;
	}
	if (f->height < height + 1)
		f->height = height + 1;
	if (f->value->type == VALUE_LIST) {
		entry_push(b)->value = v;
	} else {
		b->entries[b->entry_count - 1].value = v;
		f->has_key = false;
	}
}

static struct anchor *anchor_new(struct yaml_builder *b, const char *name, struct value *v)
{
	struct anchor *a = arena_alloc(b->arena, sizeof(*a));

	a->value = v;
	a->nodes = 1;
	map_put(&b->anchors, arena_strdup(b->arena, name), a);
	return a;
}

/* --- scalars -------------------------------------------------------------------------------- */

static const char tag_prefix[] = "tag:yaml.org,2002:";

/* Makes what V was resolved to fit its TAG ("str", "int" …); false where it does not. */
static bool apply_tag(const char *tag, struct value *v)
{
	if (str_eq(tag, "float") && v->type == VALUE_INT) {
		v->type = VALUE_FLOAT;
		v->number = (double)v->integer;
	}
	return (str_eq(tag, "int") && v->type == VALUE_INT) ||
	       (str_eq(tag, "float") && v->type == VALUE_FLOAT) ||
	       (str_eq(tag, "bool") && v->type == VALUE_BOOL) ||
	       (str_eq(tag, "null") && v->type == VALUE_NULL) || str_eq(tag, "timestamp");
}

/* The type and content of a scalar event, without copying text: V->string borrows from E. */
static int scalar_resolve(struct yaml_builder *b, const struct yaml_piece *e, struct value *v)
{
	const char *text = e->text;
	const char *tag = e->tag;
	size_t len = e->len;

	v->type = VALUE_STRING;
	if (!tag && e->implicit)
		yaml_resolve(text, len, v);
	if (tag && !str_eq(tag, "!")) {
		const char *name = str_after(tag, tag_prefix);

		if (!name || str_eq(name, "binary") ||
			!(str_eq(name, "str") || str_eq(name, "int") || str_eq(name, "float") ||
				str_eq(name, "bool") || str_eq(name, "null") || str_eq(name, "timestamp")))
			return fail(b, e, "the tag `%.100s` is not supported", tag);
		if (!str_eq(name, "str")) {
			yaml_resolve(text, len, v);
			if (!apply_tag(name, v))
				return fail(b, e, "`%.100s` does not fit its tag !!%s", text, name);
			if (str_eq(name, "timestamp"))
				v->type = VALUE_STRING;
		}
	}
	if (v->type == VALUE_STRING) {
		v->string = text;
		v->len = len;
	}
	return 0;
}

/* LEN bytes of S, NULs of its own included, and a NUL. */
static char *text_copy(struct yaml_builder *b, const void *s, size_t len)
{
	char *copy = arena_alloc(b->arena, len + 1);

	memcpy(copy, s, len);
	return copy;
}

static struct value *scalar_new(struct yaml_builder *b, const struct yaml_piece *e)
{
	struct value *v = node_new(b, VALUE_STRING, e);

	if (count_nodes(b, 1, e) < 0 || scalar_resolve(b, e, v) < 0)
		return NULL;
	if (v->type == VALUE_STRING)
		v->string = text_copy(b, v->string, v->len);
	else
		v->text = text_copy(b, e->text, e->len);
	return v;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* Booleans and numbers as keys are what sigs.k8s.io/yaml makes of them: `yes: 1` has the key "true". */
static const char *key_text(struct yaml_builder *b, const struct yaml_piece *e, const struct value *v)
{
	const char *written = e->text, *text;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	if (v->type == VALUE_STRING)
		return text_copy(b, v->string, v->len);
	json_value(&w, v);
	text = arena_strdup(b->arena, out.data);
	if (!str_eq(text, written))
		yaml_warning(b->report, e->line, e->col,
			"the key `%.100s` is a %s in YAML 1.1 and so means `%s`; write \"%.100s\" in quotes",
			written, value_type_name(v->type), text, written);
	return text;
}

static int push_key(struct yaml_builder *b, const char *key, const struct yaml_piece *at)
{
	struct value_entry *entry = entry_push(b);
	struct frame *f = &b->frames[b->frame_count - 1];

	entry->key = key;
	entry->line = at->line;
	entry->col = at->col;
	f->has_key = true;
	f->merge = f->merge || key == yaml_merge_key;
	return 0;
}

static bool is_merge(const struct yaml_piece *e)
{
	const char *tag = e->tag;

	return e->len == 2 && memcmp(e->text, "<<", 2) == 0 &&
	       (tag ? str_eq(tag, "tag:yaml.org,2002:merge") : e->implicit);
}

static int on_key(struct yaml_builder *b, const struct yaml_piece *e)
{
	struct value v = { 0 };

	if (is_merge(e))
		return push_key(b, yaml_merge_key, e);
	if (scalar_resolve(b, e, &v) < 0)
		return -1;
	if (v.type == VALUE_NULL && e->len == 0)
		return fail(b, e, "a key is missing before `:`");
	if (v.type == VALUE_NULL)
		return fail(b, e, "the key `%s` is null in YAML; write it in quotes", e->text);
	if (memchr(e->text, '\0', e->len))
		return fail(b, e, "the key contains a NUL character");
	if (e->anchor) {
		struct value *copy = scalar_new(b, e);

		if (!copy)
			return -1;
		anchor_new(b, e->anchor, copy);
	}
	return push_key(b, key_text(b, e, &v), e);
}

/* --- events --------------------------------------------------------------------------------- */

static int on_scalar(struct yaml_builder *b, const struct yaml_piece *e)
{
	struct value *v;

	if (wants_key(b))
		return on_key(b, e);
	v = scalar_new(b, e);
	if (!v)
		return -1;
	if (e->anchor)
		anchor_new(b, e->anchor, v);
	attach(b, v, 0);
	return 0;
}

static int on_alias(struct yaml_builder *b, const struct yaml_piece *e)
{
	const char *name = e->anchor;
	const struct anchor *a = map_get(&b->anchors, name);

	if (!a)
		return fail(b, e,
			"nothing is anchored as `&%.100s` before this; put text that begins with `*` in "
			"quotes",
			name);
	if (a->open)
		return fail(b, e, "`*%.100s` stands within what it stands for", name);
	if (count_nodes(b, a->nodes, e) < 0)
		return -1;
	if (b->frame_count + a->height > b->limits->depth)
		return fail(b, e, "nested deeper than %u levels", b->limits->depth);
	if (!wants_key(b)) {
		attach(b, a->value, a->height);
		return 0;
	}
	if (a->value->type != VALUE_STRING || memchr(a->value->string, '\0', a->value->len))
		return fail(b, e, "a key must be text, and `*%.100s` is not", name);
	return push_key(b, a->value->string, e);
}

static int on_start(struct yaml_builder *b, const struct yaml_piece *e, enum value_type type)
{
	const char *name = e->tag ? str_after(e->tag, tag_prefix) : NULL;
	struct frame *f;

	if (wants_key(b))
		return fail(b, e, "a key must be text, not a %s%s", value_type_name(type),
			yaml_text_has_template(b->text, e->line - 1 - b->text->lines)
				? "; this looks like a template: render it first"
				: "");
	if (e->tag && !str_eq(e->tag, "!") && !str_eq(name, type == VALUE_MAP ? "map" : "seq"))
		return fail(b, e, "the tag `%.100s` is not supported", e->tag);
	if (b->frame_count >= b->limits->depth)
		return fail(b, e, "nested deeper than %u levels", b->limits->depth);
	if (count_nodes(b, 1, e) < 0)
		return -1;
	b->frames = grow(b->frames, &b->frame_cap, b->frame_count + 1, sizeof(b->frames[0]));
	f = &b->frames[b->frame_count++];
	*f = (struct frame){ .value = node_new(b, type, e), .start = b->entry_count };
	if (e->anchor) {
		f->anchor = anchor_new(b, e->anchor, f->value);
		f->anchor->open = true;
		f->anchor->nodes = b->nodes - 1;
	}
	return 0;
}

static void list_finish(struct yaml_builder *b, struct frame *f)
{
	size_t count = b->entry_count - f->start;

	f->value->list.items = arena_array(b->arena, value_room(count), sizeof(struct value *));
	f->value->list.count = count;
	for (size_t i = 0; i < count; i++)
		f->value->list.items[i] = b->entries[f->start + i].value;
}

static void on_end(struct yaml_builder *b)
{
	struct frame f = b->frames[b->frame_count - 1];

	if (f.value->type == VALUE_LIST)
		list_finish(b, &f);
	else
		yaml_map_finish(b->report, b->arena, f.value, b->entries + f.start, b->entry_count - f.start,
			f.merge);
	b->entry_count = f.start;
	b->frame_count--;
	if (f.anchor) {
		f.anchor->open = false;
		f.anchor->nodes = b->nodes - f.anchor->nodes;
		f.anchor->height = f.height;
	}
	attach(b, f.value, f.height);
}

static int on_document_start(struct yaml_builder *b, const struct yaml_piece *e)
{
	if (b->documents_seen++ < b->limits->documents)
		return 0;
	b->stop = true;
	return fail(b, e, "more than %zu documents: the rest is not read", b->limits->documents);
}

void yaml_builder_clear(struct yaml_builder *b)
{
	b->frame_count = 0;
	b->entry_count = 0;
	b->root = NULL;
	b->report->bad = false;
	map_clear(&b->anchors);
}

static void on_document_end(struct yaml_builder *b)
{
	if (b->root && b->root->type != VALUE_NULL && !b->report->bad) {
		b->documents = grow(
			b->documents, &b->document_cap, b->document_count + 1, sizeof(b->documents[0]));
		b->documents[b->document_count++] = b->root;
	}
	yaml_builder_clear(b);
}

int yaml_builder_take(struct yaml_builder *b, const struct yaml_piece *e)
{
	switch (e->type) {
	case YAML_PIECE_DOCUMENT:
		return on_document_start(b, e);
	case YAML_PIECE_DOCUMENT_END:
		on_document_end(b);
		return 0;
	case YAML_PIECE_ALIAS:
		return on_alias(b, e);
	case YAML_PIECE_SCALAR:
		return on_scalar(b, e);
	case YAML_PIECE_LIST:
		return on_start(b, e, VALUE_LIST);
	case YAML_PIECE_MAP:
		return on_start(b, e, VALUE_MAP);
	case YAML_PIECE_END:
		on_end(b);
		return 0;
	}
	return 0;
}

/* --- the face ------------------------------------------------------------------------------- */

struct yaml_builder *yaml_builder_new(struct arena *a, const struct yaml_limits *limits,
	const struct yaml_text *text, struct yaml_report *report)
{
	struct yaml_builder *b = xcalloc(1, sizeof(*b));

	*b = (struct yaml_builder){ .arena = a, .limits = limits, .text = text, .report = report };
	b->entries = grow(b->entries, &b->entry_cap, 64, sizeof(b->entries[0]));
	return b;
}

void yaml_builder_freep(struct yaml_builder **b)
{
	free((*b)->frames);
	free((*b)->entries);
	free((*b)->documents);
	map_done(&(*b)->anchors);
	freep(b);
}

bool yaml_builder_stopped(const struct yaml_builder *b)
{
	return b->stop;
}

struct yaml_documents yaml_builder_documents(const struct yaml_builder *b)
{
	struct yaml_documents ret = { .count = b->document_count };

	if (ret.count > 0)
		ret.items = arena_memdup(b->arena, b->documents, ret.count * sizeof(ret.items[0]));
	return ret;
}
