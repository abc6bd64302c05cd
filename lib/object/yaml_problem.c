/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is wrong with YAML text, said so that the line can be put right: libyaml's terms are those of the specification. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/yaml_parts.h"

static void report(struct yaml_report *r, enum diag_severity severity, uint32_t line, uint32_t col,
	const char *fmt, va_list args)
{
	struct diag at = { .severity = severity, .path = r->path, .line = line, .col = col };
	_cleanup_(freep) char *message = NULL;

	if (vasprintf(&message, fmt, args) < 0)
		abort();
	diags_add(r->diags, &at, "%s", message);
}

void yaml_verror(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, va_list args)
{
	report(r, DIAG_ERROR, line, col, fmt, args);
	r->bad = true;
}

void yaml_error(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	yaml_verror(r, line, col, fmt, args);
	va_end(args);
}

void yaml_warning(struct yaml_report *r, uint32_t line, uint32_t col, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(r, DIAG_WARNING, line, col, fmt, args);
	va_end(args);
}

/* libyaml's problem, what is said instead, and whether the place to look at is where the construct began. */
static const struct saying {
	const char *problem, *context; /* context NULL: any */
	const char *text;
	bool at_context;
} sayings[] = {
	{ "found a tab character", NULL, "a tab cannot indent; use spaces", false },
	{ "mapping values are not allowed", NULL,
		"`key: value` cannot stand here: is the indentation right, and is a value with `: ` in it "
		"quoted?",
		false },
	{ "block sequence entries are not allowed", NULL,
		"a list item cannot stand here: is the indentation right?", false },
	{ "mapping keys are not allowed", NULL, "a key cannot stand here: is the indentation right?", false },
	{ "could not find expected ':'", NULL, "there is no `:` behind this key", true },
	{ "found unexpected end of stream", "quoted scalar", "the quote that opens here is never closed",
		true },
	{ "found unexpected document indicator", "quoted scalar", "the quote that opens here is never closed",
		true },
	{ "found unknown escape character", NULL,
		"unknown escape in double quotes: write \\\\ for a backslash, or use single quotes", false },
	{ "did not find expected hexdecimal number", NULL,
		"\\x, \\u and \\U want 2, 4 and 8 hexadecimal digits", false },
	{ "found invalid Unicode character escape code", NULL, "the escape is not a Unicode character",
		false },
	{ "did not find expected alphabetic or numeric character", "alias",
		"`*` begins an alias: put text that begins with `*` in quotes", true },
	{ "did not find expected alphabetic or numeric character", "anchor",
		"`&` begins an anchor: put text that begins with `&` in quotes", true },
	{ "did not find expected comment or line break", "block scalar",
		"only an indicator such as `-` or `2` may follow `|` or `>`: put text that begins so in "
		"quotes",
		true },
	{ "did not find expected comment or line break", "directive",
		"`%` begins a directive: put such text in quotes", true },
	{ "could not find expected directive name", NULL, "`%` begins a directive: put such text in quotes",
		true },
	{ "found unknown directive name", NULL, "`%` begins a directive: put such text in quotes", true },
	{ "did not find expected <document start>", NULL,
		"text behind the end of the document: documents are separated by a line `---`", false },
	{ "did not find expected key", "block mapping", "this line does not fit the map", false },
	{ "did not find expected '-' indicator", NULL, "this line does not fit the list", false },
	{ "did not find expected ',' or ']'", NULL, "`,` or `]` is missing before this, in the list", false },
	{ "did not find expected ',' or '}'", NULL, "`,` or `}` is missing before this, in the map", false },
	{ "did not find expected node content", NULL, "a value is missing here", false },
	{ "found undefined tag handle", NULL,
		"the tag's handle is not defined: put text that begins with `!` in quotes", false },
	{ "found incompatible YAML document", NULL, "YAML 1.1 and 1.2 are understood, not this version",
		false },
	{ "control characters are not allowed", NULL, "control characters are not allowed", false },
};

/* "\t", "@" and "`" begin nothing. */
static const char *bad_start(uint32_t character)
{
	switch (character) {
	case '\t':
		return "a tab cannot indent; use spaces";
	case '%':
		return "text that begins with `%` wants quotes";
	case '@':
		return "text that begins with `@` wants quotes";
	case '`':
		return "text that begins with a back-quote wants quotes";
	}
	return "nothing can begin with this character; put the text in quotes";
}

static const struct saying *saying_for(const struct yaml_problem *p)
{
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++) {
		const struct saying *s = &sayings[i];

		if (str_starts(p->problem, s->problem) &&
			(!s->context || (p->context && strstr(p->context, s->context))))
			return s;
	}
	return NULL;
}

/* Where the map or list began that the line does not fit. */
static bool wants_context(const struct yaml_problem *p, const struct saying *s)
{
	return p->context_line > 0 && !s->at_context && str_starts(p->problem, "did not find expected") &&
	       (str_ends(s->text, "the map") || str_ends(s->text, "the list"));
}

void yaml_problem_report(struct yaml_report *r, const struct yaml_problem *p)
{
	const char *template = p->template ? "; this looks like a template: render it first" : "";
	const struct saying *s = saying_for(p);
	bool tab = p->character == '\t';

	if (str_starts(p->problem, "found character that cannot start any token") || (tab && !s))
		yaml_error(r, p->line, p->col, "%s%s", bad_start(p->character), template);
	else if (!s)
		yaml_error(r, p->line, p->col, "%s%s%s%s", p->problem, p->context ? " " : "",
			p->context ? p->context : "", template);
	else if (s->at_context && p->context_line > 0)
		yaml_error(r, p->context_line, p->context_col, "%s%s", s->text, template);
	else if (wants_context(p, s))
		yaml_error(r, p->line, p->col, "%s that begins in line %u%s", s->text, p->context_line,
			template);
	else
		yaml_error(r, p->line, p->col, "%s%s", s->text, template);
}
