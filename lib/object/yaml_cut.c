/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Where to cut a text, and what to put there. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml_edit_parts.h"

enum { INDENT = 2 };

static void add_cut(struct editor *e, size_t from, size_t to, char *text)
{
	if (e->cut_count < CUTS_MAX)
		e->cuts[e->cut_count++] = (struct cut){ from, to, text };
	else
		free(text);
}

/* --- scalars as text ------------------------------------------------------------------------------------------ */

static void add_quoted(struct buf *out, const char *s, size_t len)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_string_len(&w, s, len);
}

static void add_single(struct buf *out, const char *s)
{
	buf_addc(out, '\'');
	for (; *s; s++)
		buf_addf(out, *s == '\'' ? "''" : "%c", *s);
	buf_addc(out, '\'');
}

/* What can stand between single quotes on one line. */
static bool fits_single(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
			return false;
	return true;
}

/* V, a scalar, on one line, in quotes as STYLE has them where it is text. */
static void add_scalar(
	struct editor *e, const struct value *v, enum yaml_place_style style, bool flow, struct buf *out)
{
	size_t start = out->len;

	if (v->type == VALUE_STRING && style == YAML_PLACE_SINGLE && fits_single(v->string, v->len)) {
		add_single(out, v->string);
		return;
	}
	if (v->type == VALUE_STRING &&
		(e->json || style == YAML_PLACE_DOUBLE || memchr(v->string, '\n', v->len))) {
		add_quoted(out, v->string, v->len);
		return;
	}
	yaml_write(out, v);
	buf_truncate(out, out->len - 1);
	if (flow && v->type == VALUE_STRING && !strchr("'\"", out->data[start]) &&
		strpbrk(out->data + start, ",[]{}")) {
		buf_truncate(out, start);
		add_quoted(out, v->string, v->len);
	}
}

static void add_key(struct editor *e, const char *key, bool flow, struct buf *out)
{
	struct value v = { .type = VALUE_STRING, .string = key, .len = strlen(key) };

	add_scalar(e, &v, YAML_PLACE_PLAIN, flow, out);
	buf_addc(out, ':');
}

/* "a: {b: c}" of the COUNT steps from STEP on. */
static void add_flow(struct editor *e, const struct yaml_step *step, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_adds(out, i > 0 ? "{" : "");
		add_key(e, step[i].key, true, out);
		buf_addc(out, ' ');
	}
	add_scalar(e, e->edit->value, YAML_PLACE_PLAIN, true, out);
	for (size_t i = 1; i < count; i++)
		buf_addc(out, '}');
}

/* The same as lines, the first one COLUMN spaces in, each begun with a line's end where BEHIND, else ended with one. */
static void add_lines(struct editor *e, const struct yaml_step *step, size_t count, size_t column,
	size_t indent, bool behind, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s%*s", behind ? e->eol : "", (int)(column + i * indent), "");
		add_key(e, step[i].key, false, out);
		if (i + 1 == count) {
			buf_addc(out, ' ');
			add_scalar(e, e->edit->value, YAML_PLACE_PLAIN, false, out);
		}
		buf_adds(out, behind ? "" : e->eol);
	}
}

/* --- places in the text ----------------------------------------------------------------------------------------- */

static size_t line_start(const struct editor *e, size_t at)
{
	while (at > 0 && e->text[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the end of the line that AT is in (at its begin: of the one before, which has just ended). */
static size_t line_after(const struct editor *e, size_t at)
{
	if (at > 0 && e->text[at - 1] == '\n')
		return at;
	while (at < e->len && e->text[at] != '\n')
		at++;
	return at < e->len ? at + 1 : at;
}

static size_t spaces_at(const struct editor *e, size_t at)
{
	size_t n = 0;

	while (at + n < e->len && e->text[at + n] == ' ')
		n++;
	return n;
}

/* Behind spaces, line ends and comments. */
static size_t skip_blank(const struct editor *e, size_t at)
{
	for (;;) {
		while (at < e->len && strchr(" \t\r\n", e->text[at]) && e->text[at])
			at++;
		if (at >= e->len || e->text[at] != '#' || at == 0 || !strchr(" \t\r\n", e->text[at - 1]))
			return at;
		while (at < e->len && e->text[at] != '\n')
			at++;
	}
}

/* Is there nothing but spaces and a comment from AT to its line's end? */
static bool ends_line(const struct editor *e, size_t at)
{
	size_t n = at;

	while (n < e->len && (e->text[n] == ' ' || e->text[n] == '\t'))
		n++;
	return n == e->len || e->text[n] == '\n' || e->text[n] == '\r' || (e->text[n] == '#' && n > at);
}

static bool begins_line(const struct editor *e, size_t at)
{
	size_t start = line_start(e, at);

	return start + spaces_at(e, start) == at;
}

/* How far the first block map within another is indented there; 0: there is none. */
static size_t indent_within(const struct yaml_node *n)
{
	const struct yaml_node *child = n->first;
	bool map = n->place.type == YAML_PIECE_MAP && !n->place.flow;
	size_t found = 0;

	for (; child && found == 0; child = child->next) {
		const struct yaml_node *inner = child->first;

		if (map && child->place.type == YAML_PIECE_MAP && !child->place.flow && inner &&
			inner->key->place.col > child->key->place.col)
			return inner->key->place.col - child->key->place.col;
		found = indent_within(child);
	}
	return found;
}

/* As the object is indented, or the file. */
static size_t indent_of(const struct editor *e)
{
	const struct yaml_node *root = e->object;
	size_t n = indent_within(root);

	while (n == 0 && root->parent) {
		root = root->parent;
		n = indent_within(root);
	}
	return n > 0 ? n : INDENT;
}

/* --- setting ------------------------------------------------------------------------------------------------------- */

static void insert_lines(
	struct editor *e, size_t at, const struct yaml_step *step, size_t left, size_t column)
{
	struct buf out = BUF_INIT;
	bool behind = at > 0 && e->text[at - 1] != '\n';

	add_lines(e, step, left, column, indent_of(e), behind, &out);
	add_cut(e, at, at, buf_take(&out));
}

/* Behind the last entry of a map in brackets, on a line of its own where that one is. */
static void insert_flow(struct editor *e, struct yaml_node *map, const struct yaml_step *step, size_t left)
{
	struct buf out = BUF_INIT;

	if (!map->last) {
		size_t at = map->place.from + strcspn(e->text + map->place.from, "{") + 1;

		add_flow(e, step, left, &out);
		add_cut(e, at, at, buf_take(&out));
		return;
	}
	size_t last = map->last->to, comma = skip_blank(e, last), key = map->last->key->place.from;
	bool has_comma = e->text[comma] == ',', own_line = begins_line(e, key);
	size_t behind = has_comma ? comma + 1 : last;

	if (own_line && ends_line(e, behind)) {
		size_t at = behind;

		while (at < e->len && e->text[at] != '\n' && e->text[at] != '\r')
			at++;
		if (!has_comma)
			add_cut(e, last, last, xstrdup(","));
		buf_addf(&out, "%s%*s", e->eol, (int)spaces_at(e, line_start(e, key)), "");
		add_flow(e, step, left, &out);
		buf_adds(&out, has_comma ? "," : "");
		add_cut(e, at, at, buf_take(&out));
		return;
	}
	buf_adds(&out, has_comma ? " " : ", ");
	add_flow(e, step, left, &out);
	add_cut(e, behind, behind, buf_take(&out));
}

int yaml_cut_insert(struct editor *e, struct yaml_node *map, const struct yaml_step *step, size_t left)
{
	if (map->place.flow)
		insert_flow(e, map, step, left);
	else if (!map->first)
		return yaml_refuse(e, map, "the map is empty in a way that is not known here");
	else
		insert_lines(e, line_after(e, map->to), step, left, map->first->key->place.col - 1);
	return 0;
}

/* A field whose value is null becomes a map. */
int yaml_cut_fill(struct editor *e, struct yaml_node *n, const struct yaml_step *step, size_t left)
{
	struct buf out = BUF_INIT;
	size_t from = n->place.from;

	if (!n->key)
		return yaml_refuse(e, n, "there is nothing yet");
	if (n->parent->place.flow) {
		buf_adds(&out, e->text[from - 1] == ':' ? " {" : "{");
		add_flow(e, step, left, &out);
		buf_addc(&out, '}');
		add_cut(e, from, n->to, buf_take(&out));
		return 0;
	}
	while (n->to > from && e->text[from - 1] == ' ')
		from--;
	if (n->to > from)
		add_cut(e, from, n->to, xstrdup(""));
	insert_lines(e, line_after(e, n->to), step, left, n->key->place.col - 1 + indent_of(e));
	return 0;
}

int yaml_cut_replace(struct editor *e, struct yaml_node *n)
{
	struct buf out = BUF_INIT;
	bool flow = n->parent->place.flow;

	if (n->place.type != YAML_PIECE_SCALAR)
		return yaml_refuse(e, n, "a %s stands there",
			n->place.type == YAML_PIECE_MAP    ? "map"
			: n->place.type == YAML_PIECE_LIST ? "list"
							   : "reference");
	if (n->to == n->place.from && strchr(":-", e->text[n->to - 1]))
		buf_addc(&out, ' ');
	add_scalar(e, e->edit->value, n->place.style, flow, &out);
	add_cut(e, n->place.from, n->to, buf_take(&out));
	return 0;
}

/* --- taking out ---------------------------------------------------------------------------------------------------- */

/* With one comma; comments beside it stay. */
static void cut_flow(struct editor *e, struct yaml_node *n)
{
	size_t from = n->key->place.from, to = n->to, comma = skip_blank(e, to);

	if (n->before) {
		size_t start = skip_blank(e, n->before->to);

		/* Without a comment between the two, the blanks go as well; else just the comma does. */
		if (e->text[start] == ',' && memchr(e->text + start, '#', from - start)) {
			add_cut(e, start, start + 1, xstrdup(""));
			add_cut(e, from, to, xstrdup(""));
			return;
		}
		add_cut(e, n->before->to, to, xstrdup(""));
		return;
	}
	if (e->text[comma] == ',') {
		to = comma + 1;
		if (n->next && !memchr(e->text + to, '#', n->next->key->place.from - to))
			to = n->next->key->place.from;
	}
	add_cut(e, from, to, xstrdup(""));
}

/* The line of its key, and those of its value; of a map that goes because all in it does, the former (comments within stay). */
static int cut_lines(struct editor *e, struct yaml_node *n, struct yaml_node *leaf)
{
	size_t from = line_start(e, n->key->place.from), to;

	if (!begins_line(e, n->key->place.from))
		return yaml_refuse(e, n->key, "%s is the first of a list's item", n->key->place.text);
	to = line_after(e, n == leaf || n->place.flow ? n->to : n->key->to);
	if (to == e->len && e->len > 0 && e->text[e->len - 1] != '\n' && from > 0) {
		from--;
		from -= from > 0 && e->text[from - 1] == '\r';
	}
	add_cut(e, from, to, xstrdup(""));
	return 0;
}

/* LEAF, and the maps above it (not the object itself) that have nothing else, the outermost first. */
int yaml_cut_out(struct editor *e, struct yaml_node *leaf)
{
	struct yaml_node *chain[CUTS_MAX / 2];
	size_t n = 0;

	for (struct yaml_node *at = leaf; n < ARRAY_LEN(chain); at = at->parent) {
		if (!at->key)
			return yaml_refuse(e, at, "the list's item would be empty");
		chain[n++] = at;
		if (at->parent == e->object || at->parent->first != at->parent->last)
			break;
	}
	for (size_t i = n; i-- > 0;) {
		if (chain[i]->parent->place.flow) {
			cut_flow(e, chain[i]);
			return 0;
		}
		int r = cut_lines(e, chain[i], leaf);
		if (r < 0 || chain[i]->place.flow)
			return r;
	}
	return 0;
}
