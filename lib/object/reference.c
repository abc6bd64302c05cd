/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables are a graph: kinds point at types, types at types. It is walked twice, each type listed at the first
 * arrival: once without the fields that Pintle sets itself, then through those alone.
 */
#include "lib/object/reference.h"

#include <errno.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/explain.h"

/* --- mdoc ------------------------------------------------------------------------------------------- */

/* One character of text: a backslash would be taken for an escape. */
static void add_char(struct buf *out, char c)
{
	if (c == '\\')
		buf_adds(out, "\\e");
	else
		buf_addc(out, c);
}

/* TEXT as lines of text, a sentence each. */
static void add_text(struct buf *out, const char *text)
{
	for (const char *p = text; *p;) {
		const char *end = strstr(p, ". ");

		if (*p == '.' || *p == '\'')
			buf_adds(out, "\\&");
		for (; *p && p != end; p++)
			add_char(out, *p);
		if (end) {
			buf_addc(out, '.');
			p = end + 1 + strspn(end + 1, " ");
		}
		buf_addc(out, '\n');
	}
}

/* TEXT as one argument of a macro. */
static void add_argument(struct buf *out, const char *text)
{
	buf_adds(out, " \"");
	for (; *text; text++)
		if (*text == '"')
			buf_adds(out, "\\(dq");
		else
			add_char(out, *text);
	buf_addc(out, '"');
}

/* --- fields ------------------------------------------------------------------------------------------ */

static void add_head(struct buf *out, const struct field *f)
{
	_cleanup_(buf_done) struct buf type = BUF_INIT;

	explain_type(&type, f);
	buf_addf(&type, ", %s%s", f->flags & FIELD_REQUIRED ? "required, " : "", explain_support(f));
	buf_adds(out, ".It Cm");
	add_argument(out, f->name);
	buf_adds(out, " Pq");
	add_argument(out, type.data);
	buf_addc(out, '\n');
}

static void add_field(struct buf *out, const struct field *f)
{
	_cleanup_(buf_done) struct buf allowed = BUF_INIT;
	_cleanup_(buf_done) struct buf more = BUF_INIT;

	add_head(out, f);
	add_text(out, str_or_empty(f->doc));
	explain_allowed(&allowed, f);
	if (f->value_default)
		buf_addf(&more, "Default: %s. ", *f->value_default ? f->value_default : "\"\"");
	if (allowed.len > 0)
		buf_addf(&more, "Allowed: %s. ", allowed.data);
	if (f->hint)
		buf_addf(&more, "Here: %s. ", f->hint);
	add_text(out, more.data);
}

/* Of a kind, apiVersion and kind go without saying: its heading names both. */
static bool is_heading(const struct field *f)
{
	return str_eq(f->name, "apiVersion") || str_eq(f->name, "kind");
}

static void add_fields(struct buf *out, const struct schema *schema, bool of_kind)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (f->kind == FIELD_INLINE)
			add_fields(out, f->of, of_kind);
		else if (!of_kind || !is_heading(f))
			add_field(out, f);
	}
}

static void add_list(struct buf *out, const struct schema *schema, bool of_kind)
{
	buf_adds(out, ".Bl -tag -width Ds\n");
	add_fields(out, schema, of_kind);
	buf_adds(out, ".El\n");
}

/* --- kinds -------------------------------------------------------------------------------------------- */

static void add_kind(struct buf *out, const struct kind *k)
{
	buf_addf(out, ".Ss %s\n.Li %s ,\nin %s namespace, ", k->name, k->api_version,
		k->namespaced ? "a" : "no");
	if (!k->in_manifests)
		buf_adds(out, "written by Pintle itself, not in manifests.\n");
	else if (k->not_yet)
		buf_addf(out, "%s: it is recorded%s, but %s.\n", explain_kind_support(k),
			k->workload ? " and held" : "", k->not_yet);
	else
		buf_addf(out, "%s.\n", explain_kind_support(k));
	buf_adds(out, ".Pp\n");
	add_text(out, k->schema->doc);
	add_list(out, k->schema, true);
}

void reference_kinds(struct buf *out)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		add_kind(out, &kinds[i]);
}

/* --- types -------------------------------------------------------------------------------------------- */

/* Every type below SCHEMA that is not in SEEN yet; with FOLLOW_STATUS also through fields that Pintle sets. */
static void collect(struct map *seen, const struct schema *schema, bool follow_status)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct field *f = &schema->fields[i];

		if (!f->of || ((f->flags & FIELD_SERVER_SET) && !follow_status))
			continue;
		/* Fields that stand in the enclosing map are listed with it. */
		if (f->kind != FIELD_INLINE) {
			if (map_has(seen, f->of->name))
				continue;
			/* Maps hold no const pointers; nothing writes through this one. */
			map_put(seen, f->of->name, (void *)(uintptr_t)f->of);
		}
		collect(seen, f->of, follow_status);
	}
}

static void collect_all(struct map *seen, bool follow_status)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		collect(seen, kinds[i].schema, follow_status);
}

static void add_types(struct buf *out, const struct map *types, size_t from)
{
	for (size_t i = from; i < types->count; i++) {
		const struct schema *s = types->entries[i].value;

		buf_addf(out, ".Ss %s\n", s->name);
		add_text(out, str_or_empty(s->doc));
		add_list(out, s, false);
	}
}

void reference_types(struct buf *out)
{
	_cleanup_(map_done) struct map seen = { 0 };

	collect_all(&seen, false);
	add_types(out, &seen, 0);
}

void reference_status_types(struct buf *out)
{
	_cleanup_(map_done) struct map seen = { 0 };
	_cleanup_(map_done) struct map all = { 0 };

	collect_all(&seen, false);
	collect_all(&all, true);
	size_t written_by_people = seen.count;
	for (size_t i = 0; i < all.count; i++)
		if (!map_has(&seen, all.entries[i].key))
			map_put(&seen, all.entries[i].key, all.entries[i].value);
	add_types(out, &seen, written_by_people);
}

/* --- the page ------------------------------------------------------------------------------------------ */

int reference_page(const char *template, struct buf *out, struct err *err)
{
	static const struct {
		const char *line;
		void (*write)(struct buf *out);
	} parts[] = {
		{ "@KINDS@", reference_kinds },
		{ "@TYPES@", reference_types },
		{ "@STATUS@", reference_status_types },
	};

	for (const char *p = template; *p;) {
		size_t len = strcspn(p, "\n"), i = 0;

		while (i < ARRAY_LEN(parts) &&
			!(strlen(parts[i].line) == len && memcmp(p, parts[i].line, len) == 0))
			i++;
		if (i < ARRAY_LEN(parts))
			parts[i].write(out);
		else if (*p == '@')
			return err_set(err, -EINVAL, "the template has an unknown line %.*s", (int)len, p);
		else
			buf_addf(out, "%.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
	return 0;
}
