/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The parts of the YAML reader that need no libyaml: what a scalar means, what a finished map holds, how
 * libyaml's complaints are said to people; and the pieces in which yaml.c hands a text on. Only yaml*.c include this.
 */
#pragma once

#include <stdarg.h>

#include "lib/object/yaml.h"

/*
 * What plain text S (LEN bytes, NUL-terminated) means: sets type, and boolean, integer or number of RET. VALUE_STRING
 * leaves the rest of RET alone. Source: resolve.go of sigs.k8s.io/yaml/goyaml.v2. Integers beyond int64 are VALUE_FLOAT.
 */
void yaml_resolve(const char *s, size_t len, struct value *ret);

/* What a parser reports about the text it reads. */
struct yaml_report {
	struct diags *diags;
	const char *path;
	bool bad; /* an error was reported since this was last cleared */
};
void yaml_error(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, ...) _printf_(4, 5);
void yaml_verror(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, va_list args)
	_printf_(4, 0);
void yaml_warning(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, ...) _printf_(4, 5);

/* The key of merge entries while a map is being built: told from a quoted "<<" by its address. */
extern const char yaml_merge_key[];

/*
 * Makes MAP of the COUNT entries as they stood in the text: copies them into A, reports keys that occur twice (the first
 * stays), and, where MERGE, replaces merge entries by those of their maps that MAP has not itself (of a list of maps the earlier
 * win), behind its own.
 */
void yaml_map_finish(struct yaml_report *r, struct arena *a, struct value *map,
	const struct value_entry *entries, size_t count, bool merge);

/* What one parser reads: FROM to END; LINES stand in front of FROM, which begins a line. */
struct yaml_text {
	const char *from, *end;
	uint32_t lines;
};
/* Refuses, with a report, what no parser should see: more than MAX bytes, NUL, what is not UTF-8. */
bool yaml_text_check(struct yaml_report *r, const struct yaml_text *t, size_t max);
/* Line and column (in characters, from 1) of AT. */
void yaml_text_locate(const struct yaml_text *t, const char *at, uint32_t *ret_line, uint32_t *ret_col);
/* LINE counts from 0 at FROM, COLUMN (in characters) from 0. The character there where it is ASCII, else 0. */
uint32_t yaml_text_ascii_at(const struct yaml_text *t, size_t line, size_t column);
/* Does LINE have "{{", as templates of manifests do? */
bool yaml_text_has_template(const struct yaml_text *t, size_t line);
/* The first character that YAML excludes, or NULL. T is valid UTF-8. */
const char *yaml_text_control_character(const struct yaml_text *t);
/* Moves FROM to the first line that begins a document, LINE or later and not the one FROM is at; false where there is none. */
bool yaml_text_next_document(struct yaml_text *t, size_t line);

/* One complaint of libyaml, lines and columns from 1 (0: not told). */
struct yaml_problem {
	const char *problem, *context; /* context may be NULL */
	uint32_t line, col, context_line, context_col;
	uint32_t character; /* at line:col, 0 = none */
	bool template;      /* the line has "{{" */
};
void yaml_problem_report(struct yaml_report *r, const struct yaml_problem *p);

/* --- a text as libyaml goes through it ----------------------------------------------------------------- */

enum yaml_piece_type {
	YAML_PIECE_DOCUMENT,
	YAML_PIECE_DOCUMENT_END,
	YAML_PIECE_SCALAR,
	YAML_PIECE_ALIAS,
	YAML_PIECE_LIST,
	YAML_PIECE_MAP,
	YAML_PIECE_END
};

/* What opens a list or a map is followed by what is in it, and by its end. Texts are libyaml's, until the next piece. */
struct yaml_piece {
	enum yaml_piece_type type;
	uint32_t line, col; /* as in struct value */
	bool implicit;      /* a scalar that means what it looks like: neither quoted nor tagged */
	const char *anchor; /* its own, or the one that an alias names; else NULL */
	const char *tag;    /* NULL: none */
	const char *text;   /* a scalar's content, of LEN bytes, NUL-terminated */
	size_t len;
};

/* --- where things stand in the text: for whoever edits it ----------------------------------------------- */

enum yaml_place_style { YAML_PLACE_PLAIN, YAML_PLACE_SINGLE, YAML_PLACE_DOUBLE, YAML_PLACE_BLOCK };

/* A piece (no document's end): where it stands, and how it is written. */
struct yaml_place {
	enum yaml_piece_type type;
	size_t from, to;             /* bytes; of a list or map from what opens it, whose TO says nothing */
	uint32_t line, col;          /* of FROM */
	bool flow;                   /* a list or map in brackets */
	bool tagged;                 /* it has a tag */
	enum yaml_place_style style; /* of a scalar */
	const char *anchor, *text;   /* as the piece's */
};
/* Those of a text that yaml_parse takes, in arena A. -EBADMSG: libyaml doesn't read it. */
int yaml_places(struct arena *a, const char *text, size_t len, struct yaml_place **ret, size_t *ret_count);
