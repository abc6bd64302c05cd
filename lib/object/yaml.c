/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * From libyaml's events to values.
 *
 * Nothing here calls itself: open lists and maps are a stack of frames, and what they hold so
 * far lies on one common stack of entries, so that a finished one is copied once, at its
 * right size. An anchor remembers how many values it stands for and how deep they
 * nest; an alias counts and nests as much, which bounds what any walk over the
 * tree may meet, although the tree itself shares the values.
 *
 * libyaml stops for good at the first thing it cannot read. The reading then goes on with a new parser
 * at the next line that begins with "---", which is a document's start in any context.
 */
#include "lib/object/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml_parts.h"

const struct yaml_limits yaml_limits_default = {
	.bytes = 16 << 20,
	.depth = 128,
	.nodes = 1000000,
	.documents = 100000,
};

enum { RECOVERIES_MAX = 1000 };

struct anchor {
	struct value *value;
	size_t nodes; /* values it stands for; while it is open: p->nodes at its start */
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

struct reader {
	struct yaml_report report;
	struct arena *arena;
	const struct yaml_limits *limits;
	struct yaml_text text; /* what the present parser reads */
	yaml_parser_t parser;

	struct frame *frames;
	size_t frame_count, frame_cap;
	struct value_entry *entries; /* in lists only the values are used */
	size_t entry_count, entry_cap;
	struct map anchors; /* of the present document: struct anchor */
	struct value *root;
	size_t nodes; /* so far, all documents */
	struct value **documents;
	size_t document_count, document_cap, documents_seen;
	unsigned recoveries;
	bool stop; /* a limit was met: nothing more is read */
};

static uint32_t line_of(const struct reader *p, const yaml_mark_t *mark)
{
	return p->text.lines + (uint32_t)mark->line + 1;
}

static uint32_t col_of(const yaml_mark_t *mark)
{
	return (uint32_t)mark->column + 1;
}

/* Reports at MARK; returns -1, which gives the present document up. */
static int _printf_(3, 4) fail(struct reader *p, const yaml_mark_t *mark, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	yaml_verror(&p->report, line_of(p, mark), col_of(mark), fmt, args);
	va_end(args);
	return -1;
}

/* --- nodes ---------------------------------------------------------------------------------- */

static struct frame *top(struct reader *p)
{
	return p->frame_count > 0 ? &p->frames[p->frame_count - 1] : NULL;
}

static bool wants_key(struct reader *p)
{
	const struct frame *f = top(p);

	return f && f->value->type == VALUE_MAP && !f->has_key;
}

static int count_nodes(struct reader *p, size_t more, const yaml_mark_t *mark)
{
	p->nodes += more;
	if (p->nodes <= p->limits->nodes)
		return 0;
	p->stop = true;
	return fail(p, mark, "more than %zu values, aliases counted with all that they stand for: not read",
		p->limits->nodes);
}

static struct value *node_new(struct reader *p, enum value_type type, const yaml_mark_t *mark)
{
	struct value *v = arena_alloc(p->arena, sizeof(*v));

	v->type = type;
	v->line = line_of(p, mark);
	v->col = col_of(mark);
	return v;
}

static struct value_entry *entry_push(struct reader *p)
{
	p->entries = grow(p->entries, &p->entry_cap, p->entry_count + 1, sizeof(p->entries[0]));
	p->entries[p->entry_count] = (struct value_entry){ 0 };
	return &p->entries[p->entry_count++];
}

/* A finished value goes where the document is: into the open list, behind the key that waits, or to the root. */
static void attach(struct reader *p, struct value *v, unsigned height)
{
	struct frame *f = top(p);

	if (!f) {
		p->root = v;
		return;
	}
	if (f->height < height + 1)
		f->height = height + 1;
	if (f->value->type == VALUE_LIST) {
		entry_push(p)->value = v;
	} else {
		p->entries[p->entry_count - 1].value = v;
		f->has_key = false;
	}
}

static struct anchor *anchor_new(struct reader *p, const yaml_char_t *name, struct value *v)
{
	struct anchor *a = arena_alloc(p->arena, sizeof(*a));

	a->value = v;
	a->nodes = 1;
	map_put(&p->anchors, arena_strdup(p->arena, (const char *)name), a);
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
static int scalar_resolve(struct reader *p, const yaml_event_t *e, struct value *v)
{
	const char *text = (const char *)e->data.scalar.value;
	const char *tag = (const char *)e->data.scalar.tag;
	size_t len = e->data.scalar.length;

	v->type = VALUE_STRING;
	if (!tag && e->data.scalar.plain_implicit)
		yaml_resolve(text, len, v);
	if (tag && !str_eq(tag, "!")) {
		const char *name = str_after(tag, tag_prefix);

		if (!name || str_eq(name, "binary") ||
			!(str_eq(name, "str") || str_eq(name, "int") || str_eq(name, "float") ||
				str_eq(name, "bool") || str_eq(name, "null") || str_eq(name, "timestamp")))
			return fail(p, &e->start_mark, "the tag `%.100s` is not supported", tag);
		if (!str_eq(name, "str")) {
			yaml_resolve(text, len, v);
			if (!apply_tag(name, v))
				return fail(
					p, &e->start_mark, "`%.100s` does not fit its tag !!%s", text, name);
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
static char *text_copy(struct reader *p, const void *s, size_t len)
{
	char *copy = arena_alloc(p->arena, len + 1);

	memcpy(copy, s, len);
	return copy;
}

static struct value *scalar_new(struct reader *p, const yaml_event_t *e)
{
	struct value *v = node_new(p, VALUE_STRING, &e->start_mark);

	if (count_nodes(p, 1, &e->start_mark) < 0 || scalar_resolve(p, e, v) < 0)
		return NULL;
	if (v->type == VALUE_STRING)
		v->string = text_copy(p, v->string, v->len);
	else
		v->text = text_copy(p, e->data.scalar.value, e->data.scalar.length);
	return v;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* Booleans and numbers as keys are what sigs.k8s.io/yaml makes of them: `yes: 1` has the key "true". */
static const char *key_text(struct reader *p, const yaml_event_t *e, const struct value *v)
{
	const char *written = (const char *)e->data.scalar.value, *text;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	if (v->type == VALUE_STRING)
		return text_copy(p, v->string, v->len);
	json_value(&w, v);
	text = arena_strdup(p->arena, out.data);
	if (!str_eq(text, written))
		yaml_warning(&p->report, line_of(p, &e->start_mark), col_of(&e->start_mark),
			"the key `%.100s` is a %s in YAML 1.1 and so means `%s`; write \"%.100s\" in quotes",
			written, value_type_name(v->type), text, written);
	return text;
}

static int push_key(struct reader *p, const char *key, const yaml_mark_t *mark)
{
	struct value_entry *entry = entry_push(p);
	struct frame *f = &p->frames[p->frame_count - 1];

	entry->key = key;
	entry->line = line_of(p, mark);
	entry->col = col_of(mark);
	f->has_key = true;
	f->merge = f->merge || key == yaml_merge_key;
	return 0;
}

static bool is_merge(const yaml_event_t *e)
{
	const char *tag = (const char *)e->data.scalar.tag;

	return e->data.scalar.length == 2 && memcmp(e->data.scalar.value, "<<", 2) == 0 &&
	       (tag ? str_eq(tag, "tag:yaml.org,2002:merge") : e->data.scalar.plain_implicit);
}

static int on_key(struct reader *p, const yaml_event_t *e)
{
	struct value v = { 0 };

	if (is_merge(e))
		return push_key(p, yaml_merge_key, &e->start_mark);
	if (scalar_resolve(p, e, &v) < 0)
		return -1;
	if (v.type == VALUE_NULL && e->data.scalar.length == 0)
		return fail(p, &e->start_mark, "a key is missing before `:`");
	if (v.type == VALUE_NULL)
		return fail(p, &e->start_mark, "the key `%s` is null in YAML; write it in quotes",
			(const char *)e->data.scalar.value);
	if (memchr(e->data.scalar.value, '\0', e->data.scalar.length))
		return fail(p, &e->start_mark, "the key contains a NUL character");
	if (e->data.scalar.anchor) {
		struct value *copy = scalar_new(p, e);

		if (!copy)
			return -1;
		anchor_new(p, e->data.scalar.anchor, copy);
	}
	return push_key(p, key_text(p, e, &v), &e->start_mark);
}

/* --- events --------------------------------------------------------------------------------- */

static int on_scalar(struct reader *p, const yaml_event_t *e)
{
	struct value *v;

	if (wants_key(p))
		return on_key(p, e);
	v = scalar_new(p, e);
	if (!v)
		return -1;
	if (e->data.scalar.anchor)
		anchor_new(p, e->data.scalar.anchor, v);
	attach(p, v, 0);
	return 0;
}

static int on_alias(struct reader *p, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	const struct anchor *a = map_get(&p->anchors, name);

	if (!a)
		return fail(p, &e->start_mark,
			"nothing is anchored as `&%.100s` before this; put text that begins with `*` in "
			"quotes",
			name);
	if (a->open)
		return fail(p, &e->start_mark, "`*%.100s` stands within what it stands for", name);
	if (count_nodes(p, a->nodes, &e->start_mark) < 0)
		return -1;
	if (p->frame_count + a->height > p->limits->depth)
		return fail(p, &e->start_mark, "nested deeper than %u levels", p->limits->depth);
	if (!wants_key(p)) {
		attach(p, a->value, a->height);
		return 0;
	}
	if (a->value->type != VALUE_STRING || memchr(a->value->string, '\0', a->value->len))
		return fail(p, &e->start_mark, "a key must be text, and `*%.100s` is not", name);
	return push_key(p, a->value->string, &e->start_mark);
}

static int on_start(struct reader *p, const yaml_event_t *e, enum value_type type, const yaml_char_t *anchor,
	const yaml_char_t *tag)
{
	const char *name = tag ? str_after((const char *)tag, tag_prefix) : NULL;
	struct frame *f;

	if (wants_key(p))
		return fail(p, &e->start_mark, "a key must be text, not a %s%s", value_type_name(type),
			yaml_text_has_template(&p->text, e->start_mark.line)
				? "; this looks like a template: render it first"
				: "");
	if (tag && !str_eq((const char *)tag, "!") && !str_eq(name, type == VALUE_MAP ? "map" : "seq"))
		return fail(p, &e->start_mark, "the tag `%.100s` is not supported", (const char *)tag);
	if (p->frame_count >= p->limits->depth)
		return fail(p, &e->start_mark, "nested deeper than %u levels", p->limits->depth);
	if (count_nodes(p, 1, &e->start_mark) < 0)
		return -1;
	p->frames = grow(p->frames, &p->frame_cap, p->frame_count + 1, sizeof(p->frames[0]));
	f = &p->frames[p->frame_count++];
	*f = (struct frame){ .value = node_new(p, type, &e->start_mark), .start = p->entry_count };
	if (anchor) {
		f->anchor = anchor_new(p, anchor, f->value);
		f->anchor->open = true;
		f->anchor->nodes = p->nodes - 1;
	}
	return 0;
}

static void list_finish(struct reader *p, struct frame *f)
{
	size_t count = p->entry_count - f->start;

	f->value->list.items = arena_array(p->arena, value_room(count), sizeof(struct value *));
	f->value->list.count = count;
	for (size_t i = 0; i < count; i++)
		f->value->list.items[i] = p->entries[f->start + i].value;
}

static void on_end(struct reader *p)
{
	struct frame f = p->frames[p->frame_count - 1];

	if (f.value->type == VALUE_LIST)
		list_finish(p, &f);
	else
		yaml_map_finish(&p->report, p->arena, f.value, p->entries + f.start, p->entry_count - f.start,
			f.merge);
	p->entry_count = f.start;
	p->frame_count--;
	if (f.anchor) {
		f.anchor->open = false;
		f.anchor->nodes = p->nodes - f.anchor->nodes;
		f.anchor->height = f.height;
	}
	attach(p, f.value, f.height);
}

static int on_document_start(struct reader *p, const yaml_event_t *e)
{
	if (p->documents_seen++ < p->limits->documents)
		return 0;
	p->stop = true;
	return fail(p, &e->start_mark, "more than %zu documents: the rest is not read", p->limits->documents);
}

/* Forgets the document that is being read. */
static void document_clear(struct reader *p)
{
	p->frame_count = 0;
	p->entry_count = 0;
	p->root = NULL;
	p->report.bad = false;
	map_clear(&p->anchors);
}

static void on_document_end(struct reader *p)
{
	if (p->root && p->root->type != VALUE_NULL && !p->report.bad) {
		p->documents = grow(
			p->documents, &p->document_cap, p->document_count + 1, sizeof(p->documents[0]));
		p->documents[p->document_count++] = p->root;
	}
	document_clear(p);
}

static int on_event(struct reader *p, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		return on_document_start(p, e);
	case YAML_DOCUMENT_END_EVENT:
		on_document_end(p);
		return 0;
	case YAML_ALIAS_EVENT:
		return on_alias(p, e);
	case YAML_SCALAR_EVENT:
		return on_scalar(p, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(p, e, VALUE_LIST, e->data.sequence_start.anchor, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return on_start(p, e, VALUE_MAP, e->data.mapping_start.anchor, e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_end(p);
		return 0;
	}
	return 0;
}

/* --- what libyaml refuses ------------------------------------------------------------------- */

static void report_reader_error(struct reader *p)
{
	const char *at = yaml_text_control_character(&p->text);
	uint32_t line, col;

	yaml_text_locate(&p->text, at ? at : p->text.from, &line, &col);
	if (at)
		yaml_error(&p->report, line, col, "the control character 0x%02x is not allowed",
			(unsigned char)(*at == '\xc2' ? at[1] : *at));
	else
		yaml_error(&p->report, line, col, "%s", p->parser.problem);
	/* libyaml tells no line; the reading goes on behind this one. */
	p->parser.problem_mark.line = line - 1 - p->text.lines;
}

static void report_libyaml(struct reader *p)
{
	const yaml_mark_t *at = &p->parser.problem_mark;

	if (p->parser.error == YAML_READER_ERROR) {
		report_reader_error(p);
		return;
	}
	struct yaml_problem problem = {
		.problem = p->parser.problem ? p->parser.problem : "cannot be read",
		.context = p->parser.context,
		.line = line_of(p, at),
		.col = col_of(at),
		.character = yaml_text_ascii_at(&p->text, at->line, at->column),
		.template = yaml_text_has_template(&p->text, at->line),
	};
	if (p->parser.context) {
		problem.context_line = line_of(p, &p->parser.context_mark);
		problem.context_col = col_of(&p->parser.context_mark);
		problem.template = problem.template ||
				   yaml_text_has_template(&p->text, p->parser.context_mark.line);
	}
	yaml_problem_report(&p->report, &problem);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* One parser's run from FROM. Returns true where it ended before the text did and a next document was found. */
static bool read_from(struct reader *p)
{
	yaml_event_t event;
	size_t bad_line = 0;
	bool done = false, again = false;
	int r = 0;

	if (!yaml_parser_initialize(&p->parser))
		abort();
	yaml_parser_set_encoding(&p->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&p->parser, (const unsigned char *)p->text.from, (size_t)(p->text.end - p->text.from));
	document_clear(p);
	while (!done && r == 0) {
		if (!yaml_parser_parse(&p->parser, &event)) {
			report_libyaml(p);
			bad_line = p->parser.problem_mark.line;
			r = -1;
			break;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		r = on_event(p, &event);
		bad_line = event.start_mark.line + 1;
		yaml_event_delete(&event);
	}
	if (r < 0 && !p->stop && p->recoveries++ < RECOVERIES_MAX)
		again = yaml_text_next_document(&p->text, bad_line);
	yaml_parser_delete(&p->parser);
	return again;
}

static void reader_done(struct reader *p)
{
	free(p->frames);
	free(p->entries);
	free(p->documents);
	map_done(&p->anchors);
}

int yaml_parse(struct arena *a, const char *path, const char *text, size_t len,
	const struct yaml_limits *limits, struct yaml_documents *ret, struct diags *diags)
{
	_cleanup_(reader_done) struct reader p = {
		.report = { .diags = diags, .path = path },
		.arena = a,
		.limits = limits,
		.text = { .from = text, .end = text + len },
	};
	size_t errors = diags->errors;

	*ret = (struct yaml_documents){ 0 };
	if (!yaml_text_check(&p.report, &p.text, limits->bytes))
		return -EBADMSG;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.text.from += 3;
	p.entries = grow(p.entries, &p.entry_cap, 64, sizeof(p.entries[0]));
	while (read_from(&p))
		;
	if (p.document_count > 0)
		ret->items = arena_memdup(a, p.documents, p.document_count * sizeof(p.documents[0]));
	ret->count = p.document_count;
	return diags->errors > errors ? -EBADMSG : 0;
}

/* --- where things stand ----------------------------------------------------------------------------- */

/* libyaml counts characters: AT is byte AT.offset of the text and its character AT.index. */
struct cursor {
	const char *text;
	size_t len, offset, index;
};

static size_t offset_of(struct cursor *c, const yaml_mark_t *mark)
{
	size_t start = c->len >= 3 && memcmp(c->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (c->offset < start || mark->index < c->index) {
		c->offset = start;
		c->index = 0;
	}
	for (; c->index < mark->index && c->offset < c->len; c->index++)
		do
			c->offset++;
		while (c->offset < c->len && (c->text[c->offset] & 0xc0) == 0x80);
	return c->offset;
}

static enum yaml_place_style style_of(yaml_scalar_style_t style)
{
	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
		return YAML_PLACE_SINGLE;
	if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		return YAML_PLACE_DOUBLE;
	return style == YAML_PLAIN_SCALAR_STYLE ? YAML_PLACE_PLAIN : YAML_PLACE_BLOCK;
}

static const char *copied(struct arena *a, const yaml_char_t *text)
{
	return text ? arena_strdup(a, (const char *)text) : NULL;
}

static void place_scalar(struct arena *a, const yaml_event_t *e, struct yaml_place *p)
{
	p->type = YAML_PLACE_SCALAR;
	p->style = style_of(e->data.scalar.style);
	p->anchor = copied(a, e->data.scalar.anchor);
	p->tagged = e->data.scalar.tag;
	p->text = copied(a, e->data.scalar.value);
}

/* False: E is none. */
static bool place_of(struct arena *a, const yaml_event_t *e, struct yaml_place *p)
{
	switch (e->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return false;
	case YAML_DOCUMENT_START_EVENT:
		p->type = YAML_PLACE_DOCUMENT;
		return true;
	case YAML_ALIAS_EVENT:
		p->type = YAML_PLACE_ALIAS;
		p->anchor = copied(a, e->data.alias.anchor);
		return true;
	case YAML_SCALAR_EVENT:
		place_scalar(a, e, p);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		p->type = YAML_PLACE_LIST;
		p->anchor = copied(a, e->data.sequence_start.anchor);
		p->tagged = e->data.sequence_start.tag;
		p->flow = e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
		return true;
	case YAML_MAPPING_START_EVENT:
		p->type = YAML_PLACE_MAP;
		p->anchor = copied(a, e->data.mapping_start.anchor);
		p->tagged = e->data.mapping_start.tag;
		p->flow = e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		return true;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		p->type = YAML_PLACE_END;
		return true;
	}
	return false;
}

int yaml_places(struct arena *a, const char *text, size_t len, struct yaml_place **ret, size_t *ret_count)
{
	_cleanup_(freep) struct yaml_place *places = NULL;
	struct cursor cursor = { .text = text, .len = len };
	const size_t start = offset_of(&cursor, &(yaml_mark_t){ 0 });
	size_t count = 0, cap = 0;
	yaml_parser_t parser;
	yaml_event_t e;
	bool done = false, ok = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text + start, len - start);
	while (!done && (ok = yaml_parser_parse(&parser, &e))) {
		struct yaml_place p = { .from = offset_of(&cursor, &e.start_mark),
			.to = offset_of(&cursor, &e.end_mark),
			.line = (uint32_t)e.start_mark.line + 1,
			.col = (uint32_t)e.start_mark.column + 1 };

		done = e.type == YAML_STREAM_END_EVENT;
		if (place_of(a, &e, &p)) {
			places = grow(places, &cap, count + 1, sizeof(places[0]));
			places[count++] = p;
		}
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	if (!ok)
		return -EBADMSG;
	*ret = count > 0 ? arena_memdup(a, places, count * sizeof(places[0])) : NULL;
	*ret_count = count;
	return 0;
}
