/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * libyaml: its events become pieces, of which yaml_build.c makes values, and yaml_places what whoever edits the text goes by; what it
 * refuses is said as people understand it.
 *
 * libyaml stops for good at the first thing it cannot read. The reading then goes on with a new parser
 * at the next line that begins with "---", which is a document's start in any context.
 */
#include "lib/object/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/mem.h"
#include "lib/object/yaml_build.h"

const struct yaml_limits yaml_limits_default = {
	.bytes = 16 << 20,
	.depth = 128,
	.nodes = 1000000,
	.documents = 100000,
};

enum { RECOVERIES_MAX = 1000 };

struct reader {
	struct yaml_report report;
	struct yaml_text text; /* what the present parser reads */
	yaml_parser_t parser;
	struct yaml_builder *builder;
	unsigned recoveries;
};

static uint32_t line_of(const struct reader *p, const yaml_mark_t *mark)
{
	return p->text.lines + (uint32_t)mark->line + 1;
}

static uint32_t col_of(const yaml_mark_t *mark)
{
	return (uint32_t)mark->column + 1;
}

/* --- libyaml's events as pieces ------------------------------------------------------------- */

static void piece_scalar(const yaml_event_t *e, struct yaml_piece *s)
{
	s->type = YAML_PIECE_SCALAR;
	s->anchor = (const char *)e->data.scalar.anchor;
	s->tag = (const char *)e->data.scalar.tag;
	s->text = (const char *)e->data.scalar.value;
	s->len = e->data.scalar.length;
	s->implicit = e->data.scalar.plain_implicit;
}

/* LINES stand in front of what the parser reads. False: E is none. */
static bool piece_of(const yaml_event_t *e, uint32_t lines, struct yaml_piece *s)
{
	*s = (struct yaml_piece){ .line = lines + (uint32_t)e->start_mark.line + 1,
		.col = col_of(&e->start_mark) };
	switch (e->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return false;
	case YAML_DOCUMENT_START_EVENT:
		s->type = YAML_PIECE_DOCUMENT;
		return true;
	case YAML_DOCUMENT_END_EVENT:
		s->type = YAML_PIECE_DOCUMENT_END;
		return true;
	case YAML_ALIAS_EVENT:
		s->type = YAML_PIECE_ALIAS;
		s->anchor = (const char *)e->data.alias.anchor;
		return true;
	case YAML_SCALAR_EVENT:
		piece_scalar(e, s);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		s->type = YAML_PIECE_LIST;
		s->anchor = (const char *)e->data.sequence_start.anchor;
		s->tag = (const char *)e->data.sequence_start.tag;
		return true;
	case YAML_MAPPING_START_EVENT:
		s->type = YAML_PIECE_MAP;
		s->anchor = (const char *)e->data.mapping_start.anchor;
		s->tag = (const char *)e->data.mapping_start.tag;
		return true;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->type = YAML_PIECE_END;
		return true;
	}
	return false;
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
	struct yaml_piece piece;
	yaml_event_t event;
	size_t bad_line = 0;
	bool done = false, again = false;
	int r = 0;

	if (!yaml_parser_initialize(&p->parser))
		abort();
	yaml_parser_set_encoding(&p->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&p->parser, (const unsigned char *)p->text.from, (size_t)(p->text.end - p->text.from));
	yaml_builder_clear(p->builder);
	while (!done && r == 0) {
		if (!yaml_parser_parse(&p->parser, &event)) {
			report_libyaml(p);
			bad_line = p->parser.problem_mark.line;
			r = -1;
			break;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		if (piece_of(&event, p->text.lines, &piece))
			r = yaml_builder_take(p->builder, &piece);
		bad_line = event.start_mark.line + 1;
		yaml_event_delete(&event);
	}
	if (r < 0 && !yaml_builder_stopped(p->builder) && p->recoveries++ < RECOVERIES_MAX)
		again = yaml_text_next_document(&p->text, bad_line);
	yaml_parser_delete(&p->parser);
	return again;
}

int yaml_parse(struct arena *a, const char *path, const char *text, size_t len,
	const struct yaml_limits *limits, struct yaml_documents *ret, struct diags *diags)
{
	struct reader p = {
		.report = { .diags = diags, .path = path },
		.text = { .from = text, .end = text + len },
	};
	_cleanup_(yaml_builder_freep) struct yaml_builder *builder = yaml_builder_new(
		a, limits, &p.text, &p.report);
	size_t errors = diags->errors;

	*ret = (struct yaml_documents){ 0 };
	if (!yaml_text_check(&p.report, &p.text, limits->bytes))
		return -EBADMSG;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.text.from += 3;
	p.builder = builder;
	while (read_from(&p))
		;
	*ret = yaml_builder_documents(builder);
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

static const char *copied(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static enum yaml_place_style style_of(const yaml_event_t *e)
{
	const yaml_scalar_style_t style = e->data.scalar.style;

	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
		return YAML_PLACE_SINGLE;
	if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		return YAML_PLACE_DOUBLE;
	return style == YAML_PLAIN_SCALAR_STYLE ? YAML_PLACE_PLAIN : YAML_PLACE_BLOCK;
}

static bool is_flow(const yaml_event_t *e)
{
	return (e->type == YAML_SEQUENCE_START_EVENT &&
		       e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE) ||
	       (e->type == YAML_MAPPING_START_EVENT &&
		       e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
}

static struct yaml_place place_of(
	struct arena *a, struct cursor *cursor, const yaml_event_t *e, const struct yaml_piece *s)
{
	size_t from = offset_of(cursor, &e->start_mark), to = offset_of(cursor, &e->end_mark);

	return (struct yaml_place){
		.type = s->type,
		.from = from,
		.to = to,
		.line = s->line,
		.col = s->col,
		.flow = is_flow(e),
		.tagged = s->tag,
		.style = e->type == YAML_SCALAR_EVENT ? style_of(e) : YAML_PLACE_PLAIN,
		.anchor = copied(a, s->anchor),
		.text = copied(a, s->text),
	};
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
		struct yaml_piece s;

		done = e.type == YAML_STREAM_END_EVENT;
		if (piece_of(&e, 0, &s) && s.type != YAML_PIECE_DOCUMENT_END) {
			places = grow(places, &cap, count + 1, sizeof(places[0]));
			places[count++] = place_of(a, &cursor, &e, &s);
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
