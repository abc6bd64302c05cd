/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Label selectors: the table, matching, and kubectl's -l syntax.
 *
 * The text form is a comma-separated list of requirements, all of which must hold:
 *
 *     key            exists            !key           does not exist
 *     key=v key==v   In (v)            key!=v         NotIn (v)
 *     key in (a,b)   In                key notin (a)  NotIn
 *     key>1          Gt                key<1          Lt       (integers; in the text form only)
 *
 * NotIn also matches where the key is absent (apimachinery pkg/labels).
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/meta.h"
#include "lib/object/tables.h"

/* --- the tables ---------------------------------------------------------------------------- */

static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist", NULL };

static const struct field requirement_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct label_requirement, key),
		.rule = rule_label_key,
		.doc = "The label's key." },
	{ .name = "operator",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct label_requirement, op),
		.values = operators,
		.doc = "How the label's value relates to values." },
	{ .name = "values",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct label_requirement, values),
		.rule = rule_label_value,
		.doc = "The values to compare with: for In and NotIn at least one, for the others none." },
};

/* In and NotIn need values, the others refuse them. */
static void requirement_check(struct decode *d, const void *object, const struct value *v)
{
	const struct label_requirement *r = object;
	if (!r->op)
		return;
	bool wants = str_eq(r->op, "In") || str_eq(r->op, "NotIn");
	if (wants && r->values.count == 0)
		check_error(d, v, "values", "%s needs at least one value", r->op);
	if (!wants && r->values.count > 0)
		check_error(d, v, "values", "%s takes no values", r->op);
}

static const struct schema schema_label_requirement = {
	.name = "LabelSelectorRequirement",
	FIELDS(requirement_fields),
	.size = sizeof(struct label_requirement),
	.check = requirement_check,
	.doc = "One requirement on one label.",
};

static const struct field selector_fields[] = {
	{ .name = "matchLabels",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct label_selector, match_labels),
		.rule = rule_label_key,
		.doc = "Labels that an object must have, with exactly these values." },
	{ .name = "matchExpressions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct label_selector, match_expressions),
		.of = &schema_label_requirement,
		.doc = "Further requirements; all of them must hold." },
};

static void selector_check(struct decode *d, const void *object, const struct value *v)
{
	const struct label_selector *s = object;
	check_map_values(d, v, "matchLabels", &s->match_labels, rule_label_value);
}

const struct schema schema_label_selector = {
	.name = "LabelSelector",
	FIELDS(selector_fields),
	.size = sizeof(struct label_selector),
	.check = selector_check,
	.doc = "Chooses objects by their labels; an empty selector chooses all.",
};

/* --- matching -------------------------------------------------------------------------------- */

/* Gt and Lt: labels that are no integers never match. */
static bool number_matches(const struct label_requirement *r, const char *have)
{
	int64_t a, b;
	if (r->values.count != 1 || str_to_i64(have, &a) < 0 || str_to_i64(r->values.items[0], &b) < 0)
		return false;
	return str_eq(r->op, "Gt") ? a > b : a < b;
}

static bool requirement_matches(const struct label_requirement *r, const struct string_map *labels)
{
	const char *have = string_map_get(labels, r->key);
	if (str_eq(r->op, "Exists"))
		return have != NULL;
	if (str_eq(r->op, "DoesNotExist"))
		return have == NULL;
	if (str_eq(r->op, "Gt") || str_eq(r->op, "Lt"))
		return have && number_matches(r, have);
	bool in = have && strings_contain(&r->values, have);
	return str_eq(r->op, "In") ? in : !in;
}

bool label_selector_matches(const struct label_selector *s, const struct string_map *labels)
{
	if (!s)
		return false;
	for (size_t i = 0; i < s->match_labels.count; i++)
		if (!str_eq(string_map_get(labels, s->match_labels.items[i].key),
			    s->match_labels.items[i].value))
			return false;
	for (size_t i = 0; i < s->match_expressions.count; i++)
		if (!requirement_matches(&s->match_expressions.items[i], labels))
			return false;
	return true;
}

/* --- the text form --------------------------------------------------------------------------- */

/* A selector being read: what is left of the text, and why it is no selector. */
struct reader {
	struct arena *arena;
	const char *p;
	const char *why;
};

static void skip_space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n')
		r->p++;
}

/* A word up to white space or one of "=!(),<>" in the arena; "" where none stands. */
static const char *word(struct reader *r)
{
	skip_space(r);
	size_t len = strcspn(r->p, " \t\r\n=!(),<>");
	const char *w = arena_strndup(r->arena, r->p, len);
	r->p += len;
	skip_space(r);
	return w;
}

static void add_value(struct reader *r, struct strings *values, const char *value)
{
	const char *wrong = rule_label_value(r->arena, value);
	if (wrong)
		r->why = wrong;
	const char **items = arena_array(r->arena, values->count + 1, sizeof(*items));
	if (values->count)
		memcpy(items, values->items, values->count * sizeof(*items));
	items[values->count++] = value;
	values->items = items;
}

/* "(a, b)" behind in or notin. */
static void read_set(struct reader *r, struct strings *values)
{
	if (*r->p != '(') {
		r->why = "\"in\" and \"notin\" are followed by (a,b)";
		return;
	}
	do {
		r->p++;
		add_value(r, values, word(r));
	} while (*r->p == ',');
	if (*r->p != ')') {
		r->why = "a \")\" is missing";
		return;
	}
	r->p++;
	skip_space(r);
}

/* What stands behind a key: an operator and its values, or nothing. */
static void read_operator(struct reader *r, struct label_requirement *req)
{
	if (*r->p == '\0' || *r->p == ',') {
		req->op = "Exists";
	} else if (*r->p == '=') {
		r->p += r->p[1] == '=' ? 2 : 1;
		req->op = "In";
		add_value(r, &req->values, word(r));
	} else if (r->p[0] == '!' && r->p[1] == '=') {
		r->p += 2;
		req->op = "NotIn";
		add_value(r, &req->values, word(r));
	} else if (*r->p == '>' || *r->p == '<') {
		req->op = *r->p++ == '>' ? "Gt" : "Lt";
		add_value(r, &req->values, word(r));
		int64_t n;
		if (!r->why && str_to_i64(req->values.items[0], &n) < 0)
			r->why = arena_printf(r->arena,
				"`%s` is no integer, which \"<\" and \">\" compare with",
				req->values.items[0]);
	} else {
		const char *op = word(r);
		req->op = str_eq(op, "in") ? "In" : "NotIn";
		if (!str_eq(op, "in") && !str_eq(op, "notin"))
			r->why = arena_printf(r->arena, "`%s` is no operator: =, !=, in, notin, < and > are",
				*op ? op : r->p);
		else
			read_set(r, &req->values);
	}
}

static void read_requirement(struct reader *r, struct label_requirement *req)
{
	skip_space(r);
	bool not = *r->p == '!';
	if (not )
		r->p++;
	req->key = word(r);
	const char *wrong = *req->key ? rule_label_key(r->arena, req->key) : "a label's key is missing";
	if (wrong)
		r->why = wrong;
	else if (not )
		req->op = "DoesNotExist";
	else
		read_operator(r, req);
}

int label_selector_parse(
	struct arena *arena, const char *text, struct label_selector *ret, const char **ret_why)
{
	struct reader r = { .arena = arena, .p = text };
	size_t commas = 0;
	for (const char *p = text; *p; p++)
		commas += *p == ',';
	struct label_requirement *list = arena_array(arena, commas + 1, sizeof(*list));
	size_t count = 0;

	*ret = (struct label_selector){ 0 };
	skip_space(&r);
	if (!*r.p)
		return 0;
	for (;;) {
		read_requirement(&r, &list[count++]);
		if (r.why || !*r.p)
			break;
		if (*r.p != ',') {
			r.why = arena_printf(arena, "`%s` is not expected here", r.p);
			break;
		}
		r.p++;
	}
	if (r.why) {
		*ret_why = r.why;
		return -EINVAL;
	}
	ret->match_expressions.items = list;
	ret->match_expressions.count = count;
	return 0;
}

static void format_requirement(const struct label_requirement *r, struct buf *out)
{
	static const struct {
		const char *op, *sign;
	} signs[] = { { "Gt", ">" }, { "Lt", "<" }, { "In", " in (" }, { "NotIn", " notin (" } };
	buf_addf(out, "%s%s", str_eq(r->op, "DoesNotExist") ? "!" : "", r->key);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!str_eq(r->op, signs[i].op))
			continue;
		buf_adds(out, signs[i].sign);
		for (size_t j = 0; j < r->values.count; j++)
			buf_addf(out, "%s%s", j ? "," : "", r->values.items[j]);
		if (str_ends(signs[i].sign, "("))
			buf_addc(out, ')');
	}
}

void label_selector_format(const struct label_selector *s, struct buf *out)
{
	for (size_t i = 0; i < s->match_labels.count; i++)
		buf_addf(out, "%s%s=%s", i ? "," : "", s->match_labels.items[i].key,
			s->match_labels.items[i].value);
	for (size_t i = 0; i < s->match_expressions.count; i++) {
		if (i || s->match_labels.count)
			buf_addc(out, ',');
		format_requirement(&s->match_expressions.items[i], out);
	}
}
