/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "lib/object/yaml.h"
#include "reconciler/columns.h"

const char *const print_words[] = { "wide", "json", "yaml", "name", NULL };

enum print_format print_format_of(const char *word)
{
	static const enum print_format formats[] = { PRINT_WIDE, PRINT_JSON, PRINT_YAML, PRINT_NAME };
	for (size_t i = 0; word && print_words[i]; i++)
		if (str_eq(print_words[i], word))
			return formats[i];
	return PRINT_TABLE;
}

/* --- lists -------------------------------------------------------------------------------------- */

int items_add(struct items *list, const char *path, const char *text, size_t len, struct err *err)
{
	struct object *object;
	int r = object_load_json(text, len, &object, err);
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct item){
		.path = xstrdup(path), .text = xstrndup(text, len), .len = len, .object = object
	};
	return 0;
}

static void item_done(struct item *i)
{
	free(i->path);
	free(i->text);
	object_unref(i->object);
}

void items_filter(struct items *list, size_t from, const struct label_selector *selector,
	const struct field_selector *fields)
{
	size_t left = from;
	for (size_t i = from; i < list->count; i++) {
		const struct object *o = list->items[i].object;
		if (label_selector_matches(selector, &o->meta->labels) &&
			(!fields || field_selector_matches(fields, o->kind->schema, o->body)))
			list->items[left++] = list->items[i];
		else
			item_done(&list->items[i]);
	}
	list->count = left;
}

void items_clear(struct items *list)
{
	for (size_t i = 0; i < list->count; i++)
		item_done(&list->items[i]);
	list->count = 0;
}

void items_done(struct items *list)
{
	items_clear(list);
	free(list->items);
	*list = ITEMS_INIT;
}

/* --- tables --------------------------------------------------------------------------------------- */

static bool is_shown(const struct print *p, const struct column *c)
{
	return !c->wide || p->format == PRINT_WIDE;
}

static bool has_namespaces(const struct print *p, const struct kind *kind)
{
	return p->namespaces && kind->namespaced;
}

void print_table_begin(const struct print *p, const struct kind *kind, struct table *t)
{
	size_t count, shown = has_namespaces(p, kind);
	const struct column *columns = columns_of(kind, &count);
	for (size_t i = 0; i < count; i++)
		shown += is_shown(p, &columns[i]);
	table_begin(t, shown);
}

static void add_titles(const struct print *p, const struct kind *kind, struct table *t)
{
	size_t count;
	const struct column *columns = columns_of(kind, &count);
	if (has_namespaces(p, kind))
		table_text(t, "NAMESPACE");
	for (size_t i = 0; i < count; i++)
		if (is_shown(p, &columns[i]))
			table_text(t, columns[i].title);
}

static void add_row(const struct print *p, const struct object *o, struct table *t)
{
	size_t count;
	const struct column *columns = columns_of(o->kind, &count);
	if (has_namespaces(p, o->kind))
		table_text(t, str_or_empty(o->meta->namespace));
	for (size_t i = 0; i < count; i++) {
		if (!is_shown(p, &columns[i]))
			continue;
		struct buf *cell = table_cell(t);
		if (p->kinds && str_eq(columns[i].title, "NAME"))
			buf_addf(cell, "%s/", o->kind->singular);
		columns[i].print(cell, o, p->now);
	}
}

void print_rows(const struct print *p, const struct item *items, size_t count, bool titles, struct table *t,
	struct buf *out)
{
	if (count == 0)
		return;
	if (titles && p->headers)
		add_titles(p, items[0].object->kind, t);
	for (size_t i = 0; i < count; i++)
		add_row(p, items[i].object, t);
	table_write(t, out);
}

static void print_tables(const struct print *p, const struct items *list, struct buf *out)
{
	for (size_t from = 0, to; from < list->count; from = to) {
		const struct kind *kind = list->items[from].object->kind;
		struct table t;
		for (to = from; to < list->count && list->items[to].object->kind == kind;)
			to++;
		if (from && p->headers)
			buf_addc(out, '\n');
		print_table_begin(p, kind, &t);
		print_rows(p, list->items + from, to - from, true, &t, out);
		table_done(&t);
	}
}

/* --- the other formats -------------------------------------------------------------------------------- */

static void write_value(enum print_format format, const struct value *v, struct buf *out)
{
	if (format == PRINT_YAML) {
		yaml_write(out, v);
		return;
	}
	struct json_writer w = JSON_WRITER(out, 4);
	json_value(&w, v);
	buf_addc(out, '\n');
}

int print_item(const struct print *p, const struct item *item, struct buf *out, struct err *err)
{
	if (p->format == PRINT_NAME) {
		buf_addf(out, "%s/%s\n", item->object->kind->singular, item->object->meta->name);
		return 0;
	}
	_cleanup_(arena_freep) struct arena *a = arena_new(item->len * 4);
	struct value *v;
	int r = json_parse(a, item->text, item->len, &v, err);
	if (r < 0)
		return err_wrap(err, r, "%s", item->path);
	write_value(p->format, v, out);
	return 0;
}

/* As kubectl: a v1 List, whatever is in it. */
static int print_list(const struct print *p, const struct items *list, struct buf *out, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(64 << 10);
	struct value *all = value_map_new(a), *items = value_list_new(a), *meta = value_map_new(a);
	for (size_t i = 0; i < list->count; i++) {
		struct value *v;
		int r = json_parse(a, list->items[i].text, list->items[i].len, &v, err);
		if (r < 0)
			return err_wrap(err, r, "%s", list->items[i].path);
		value_append(a, items, v);
	}
	value_set_string(a, meta, "resourceVersion", "");
	value_set_string(a, all, "apiVersion", "v1");
	value_set(a, all, "items", items);
	value_set_string(a, all, "kind", "List");
	value_set(a, all, "metadata", meta);
	write_value(p->format, all, out);
	return 0;
}

int print_items(
	const struct print *p, const struct items *list, bool single, struct buf *out, struct err *err)
{
	switch (p->format) {
	case PRINT_TABLE:
	case PRINT_WIDE:
		print_tables(p, list, out);
		return 0;
	case PRINT_NAME:
		for (size_t i = 0; i < list->count; i++)
			print_item(p, &list->items[i], out, err);
		return 0;
	case PRINT_JSON:
	case PRINT_YAML:
		break;
	}
	return single && list->count == 1 ? print_item(p, &list->items[0], out, err)
					  : print_list(p, list, out, err);
}
