/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A path is walked down the tables, a name at a time; then the row it ends at is put into words. */
#include "lib/object/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { NAME_MAX_LEN = 128, DEPTH_MAX = 16 };

/* --- the walk ------------------------------------------------------------------------------------ */

static int no_kind(const char *word, struct err *err)
{
	const char *names[KIND_COUNT + 1] = { 0 };
	for (size_t i = 0; i < KIND_COUNT; i++)
		names[i] = kinds[i].singular;
	const char *near = str_nearest(word, names);
	if (near)
		return err_set(err, -ENOENT, "there is no kind `%s`; did you mean `%s`?", word, near);
	return err_set(err, -ENOENT, "there is no kind `%s` in this version of Pintle", word);
}

static int no_field(const struct schema *schema, const char *name, struct err *err)
{
	if (!schema)
		return err_set(err, -ENOENT, "nothing stands below it, so there is no `%s`", name);
	_cleanup_(freep) const char **names = xcalloc(schema->field_count + 1, sizeof(*names));
	for (size_t i = 0; i < schema->field_count; i++)
		names[i] = str_or_empty(schema->fields[i].name);
	const char *near = str_nearest(name, names);
	if (near)
		return err_set(
			err, -ENOENT, "%s has no field `%s`; did you mean `%s`?", schema->name, name, near);
	return err_set(err, -ENOENT, "%s has no field `%s`", schema->name, name);
}

/* The next name of *PATH, without the dot before and brackets behind it; false at the end. */
static bool next_name(const char **path, char name[NAME_MAX_LEN])
{
	const char *p = *path;
	if (*p == '.')
		p++;
	if (!*p)
		return false;
	size_t len = strcspn(p, ".");
	size_t plain = strcspn(p, ".[");
	*path = p + len;
	if (plain >= NAME_MAX_LEN)
		plain = NAME_MAX_LEN - 1;
	memcpy(name, p, plain);
	name[plain] = '\0';
	return true;
}

static bool is_acted_on(const struct field *f)
{
	return f->support == SUPPORTED && !(f->flags & FIELD_SERVER_SET);
}

int explain_find(const char *path, struct explained *ret, struct err *err)
{
	char name[NAME_MAX_LEN];
	struct explained e = { 0 };
	if (next_name(&path, name))
		e.kind = kind_by_word(name);
	else
		name[0] = '\0';
	if (!e.kind)
		return no_kind(name, err);
	e.schema = e.kind->schema;
	while (next_name(&path, name)) {
		if (e.field && !e.within && !is_acted_on(e.field))
			e.within = e.field;
		e.field = e.schema ? schema_find(e.schema, name) : NULL;
		if (!e.field)
			return no_field(e.schema, name, err);
		e.schema = e.field->of;
	}
	*ret = e;
	return 0;
}

/* --- words --------------------------------------------------------------------------------------- */

static const char *scalar_type(enum field_kind kind)
{
	static const char *const names[] = {
		[FIELD_STRING] = "string",
		[FIELD_BOOL] = "boolean",
		[FIELD_OPT_BOOL] = "boolean",
		[FIELD_INT] = "integer",
		[FIELD_OPT_INT] = "integer",
		[FIELD_QUANTITY] = "Quantity",
		[FIELD_INT_OR_STRING] = "IntOrString",
		[FIELD_TIME] = "Time",
		[FIELD_DURATION] = "Duration",
		[FIELD_BYTES] = "bytes",
		[FIELD_STRUCT] = "",
		[FIELD_EMBED] = "",
		[FIELD_INLINE] = "",
		[FIELD_STRUCTS] = "",
		[FIELD_STRINGS] = "[]string",
		[FIELD_INTS] = "[]integer",
		[FIELD_STRING_MAP] = "map[string]string",
		[FIELD_BYTES_MAP] = "map[string]bytes",
		[FIELD_QUANTITY_MAP] = "map[string]Quantity",
		[FIELD_ANY] = "Object",
		[FIELD_NONE] = "Object",
	};
	return names[kind];
}

void explain_type(struct buf *out, const struct field *f)
{
	if (f->of)
		buf_addf(out, "%s%s", f->kind == FIELD_STRUCTS ? "[]" : "", f->of->name);
	else if (str_eq(f->name, "apiVersion") || str_eq(f->name, "kind"))
		buf_adds(out, "string");
	else
		buf_addf(out, "%s%s", f->flags & FIELD_LONE ? "string or " : "", scalar_type(f->kind));
}

static bool has_range(const struct field *f)
{
	return f->min != 0 || f->max != 0;
}

static bool is_pending_value(const struct field *f, const char *value)
{
	for (size_t i = 0; f->values_pending && f->values_pending[i]; i++)
		if (str_eq(f->values_pending[i], value))
			return true;
	return false;
}

void explain_allowed(struct buf *out, const struct field *f)
{
	for (size_t i = 0; f->values && f->values[i]; i++)
		buf_addf(out, "%s%s%s", i > 0 ? ", " : "", f->values[i][0] ? f->values[i] : "\"\"",
			is_pending_value(f, f->values[i]) ? " (pending)" : "");
	if (has_range(f) && f->max == INT64_MAX)
		buf_addf(out, "%lld and more", (long long)f->min);
	else if (has_range(f))
		buf_addf(out, "%lld to %lld", (long long)f->min, (long long)f->max);
}

const char *explain_support(const struct field *f)
{
	if (f->flags & FIELD_SERVER_SET)
		return "set by Pintle";
	switch (f->support) {
	case SUPPORTED:
		return "supported";
	case ACCEPTED:
		return "accepted";
	case PENDING:
		return "pending";
	case REFUSED:
		return "refused";
	}
	return NULL;
}

static const char *support_meaning(const struct field *f)
{
	if (f->flags & FIELD_SERVER_SET)
		return "set by Pintle: what a manifest says is ignored";
	switch (f->support) {
	case SUPPORTED:
		return "yes";
	case ACCEPTED:
		return "accepted, has no effect here";
	case PENDING:
		return "not yet: a workload that uses it is held (NotYetSupported)";
	case REFUSED:
		return "refused";
	}
	return NULL;
}

/* --- for people ----------------------------------------------------------------------------------- */

/* TEXT behind INDENT spaces, broken at 80 columns. */
static void add_wrapped(struct buf *out, const char *text, int indent)
{
	int column = indent;
	buf_addf(out, "%*s", indent, "");
	for (const char *p = text; *p;) {
		int len = (int)strcspn(p, " ");
		if (column > indent && column + 1 + len > 80) {
			buf_addf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, p, (size_t)len);
		column += len;
		p += len;
		while (*p == ' ')
			p++;
	}
	buf_addc(out, '\n');
}

static void add_row_head(struct buf *out, const struct field *f, int indent)
{
	buf_addf(out, "%*s%s\t<", indent, "", f->name);
	explain_type(out, f);
	buf_adds(out, ">");
	if (f->flags & FIELD_REQUIRED)
		buf_adds(out, " -required-");
	if (f->support != SUPPORTED && !(f->flags & FIELD_SERVER_SET))
		buf_addf(out, " -%s-", explain_support(f));
	buf_addc(out, '\n');
}

static void add_rows(struct buf *out, const struct schema *schema, int indent, int depth)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		if (f->kind == FIELD_INLINE) {
			add_rows(out, f->of, indent, depth);
			continue;
		}
		add_row_head(out, f, indent);
		if (depth > 0 && f->of)
			add_rows(out, f->of, indent + 2, depth - 1);
		if (depth > 0)
			continue;
		add_wrapped(out, str_or_empty(f->doc), indent + 4);
		if (f->value_default)
			buf_addf(out, "%*sDefault: %s\n", indent + 4, "", f->value_default);
		buf_addc(out, '\n');
	}
}

/* Of F and WITHIN (NULL: none), in which it stands, the one that says how far F is supported. */
static const struct field *less_supported(const struct field *f, const struct field *within)
{
	return within && f->support <= within->support ? within : f;
}

static void add_support(struct buf *out, const struct explained *e)
{
	const struct field *f = less_supported(e->field, e->within);
	buf_adds(out, "SUPPORTED:  ");
	if (f != e->field)
		buf_addf(out, "as %s: ", f->name);
	buf_addf(out, "%s%s%s\n", support_meaning(f), f->hint ? "; " : "", str_or_empty(f->hint));
}

static void add_field(struct buf *out, const struct explained *e)
{
	const struct field *f = e->field;
	_cleanup_(buf_done) struct buf allowed = BUF_INIT;
	buf_addf(out, "FIELD:      %s <", f->name);
	explain_type(out, f);
	buf_adds(out, ">\n");
	buf_addf(out, "REQUIRED:   %s\n", f->flags & FIELD_REQUIRED ? "yes" : "no");
	if (f->value_default)
		buf_addf(out, "DEFAULT:    %s\n", f->value_default);
	explain_allowed(&allowed, f);
	if (allowed.len > 0)
		buf_addf(out, "ALLOWED:    %s\n", allowed.data);
	add_support(out, e);
	buf_addc(out, '\n');
}

const char *explain_kind_support(const struct kind *k)
{
	return !k->in_manifests ? "set by Pintle" : k->not_yet ? "pending" : "supported";
}

void explain_write(struct buf *out, const struct explained *e, bool recursive)
{
	buf_addf(out, "KIND:       %s\nVERSION:    %s\n", e->kind->name, e->kind->api_version);
	if (e->kind->not_yet)
		buf_addf(out, "NOT YET:    is recorded, but %s\n", e->kind->not_yet);
	else if (!e->field)
		buf_addf(out, "SUPPORTED:  %s\n",
			e->kind->in_manifests ? "yes" : "written by Pintle itself, not in manifests");
	buf_addc(out, '\n');
	if (e->field)
		add_field(out, e);
	buf_adds(out, "DESCRIPTION:\n");
	add_wrapped(out, str_or_empty(e->field ? e->field->doc : e->schema->doc), 4);
	if (!e->schema)
		return;
	buf_adds(out, "\nFIELDS:\n");
	add_rows(out, e->schema, 2, recursive ? DEPTH_MAX : 0);
	while (out->len > 1 && out->data[out->len - 1] == '\n' && out->data[out->len - 2] == '\n')
		buf_truncate(out, out->len - 1);
}

/* --- for programs --------------------------------------------------------------------------------- */

static void write_words(struct json_writer *w, const char *key, const char *const *words)
{
	if (!words)
		return;
	json_key(w, key);
	json_begin_list(w);
	for (size_t i = 0; words[i]; i++)
		json_cstring(w, words[i]);
	json_end_list(w);
}

/* WITHIN: the field above that says how far F is supported, or NULL. */
static void write_row(struct json_writer *w, const struct field *f, const struct field *within)
{
	_cleanup_(buf_done) struct buf type = BUF_INIT;
	explain_type(&type, f);
	json_member_string(w, "name", f->name);
	json_member_string(w, "type", type.data);
	json_member_bool(w, "required", f->flags & FIELD_REQUIRED);
	json_member_string(w, "default", f->value_default);
	write_words(w, "allowed", f->values);
	write_words(w, "allowedPending", f->values_pending);
	if (has_range(f)) {
		json_member_int(w, "minimum", f->min);
		json_member_int(w, "maximum", f->max);
	}
	json_member_string(w, "support", explain_support(less_supported(f, within)));
	json_member_string(w, "hint", less_supported(f, within)->hint);
	json_member_string(w, "description", f->doc);
}

static void write_rows(struct json_writer *w, const struct schema *schema, const struct field *within)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];
		if (f->kind == FIELD_INLINE) {
			write_rows(w, f->of, within);
			continue;
		}
		json_begin_map(w);
		write_row(w, f, within);
		json_end_map(w);
	}
}

/* What says how far the fields below E are supported, where their own rows don't. */
static const struct field *below_support(const struct explained *e)
{
	if (e->within || !e->field)
		return e->within;
	return is_acted_on(e->field) ? NULL : e->field;
}

void explain_write_json(struct json_writer *w, const struct explained *e)
{
	json_begin_map(w);
	json_member_string(w, "kind", e->kind->name);
	json_member_string(w, "version", e->kind->api_version);
	json_member_string(w, "notYet", e->kind->not_yet);
	if (e->field) {
		write_row(w, e->field, e->within);
	} else {
		json_member_string(w, "support", explain_kind_support(e->kind));
		json_member_string(w, "description", e->schema->doc);
	}
	if (e->schema) {
		json_key(w, "fields");
		json_begin_list(w);
		write_rows(w, e->schema, below_support(e));
		json_end_list(w);
	}
	json_end_map(w);
}
