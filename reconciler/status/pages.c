/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/status/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/columns.h"
#include "reconciler/health.h"
#include "reconciler/status/html.h"
#include "reconciler/tree_path.h"

/* --- reading ------------------------------------------------------------------------------------- */

/* The objects of a kind, and those that could not be read. */
struct listing {
	struct objects objects;
	struct {
		char **items; /* "path: why" */
		size_t count, cap;
	} bad;
};

static int add_object(const char *path, const char *text, size_t len, void *arg)
{
	struct listing *l = arg;
	struct object *o;
	struct err err = { 0 };
	if (object_load_json(text, len, &o, &err) == 0) {
		objects_add(&l->objects, o);
		return 0;
	}
	l->bad.items = grow(l->bad.items, &l->bad.cap, l->bad.count + 1, sizeof(*l->bad.items));
	l->bad.items[l->bad.count++] = xasprintf("%s: %s", path, err_text(&err));
	return 0;
}

static int list(struct actual_reader *tree, const struct kind *kind, struct listing *ret, struct err *err)
{
	*ret = (struct listing){ 0 };
	return actual_reader_list(tree, kind->plural, kind->namespaced ? NULL : "", add_object, ret, err);
}

static void listing_done(struct listing *l)
{
	objects_done(&l->objects);
	for (size_t i = 0; i < l->bad.count; i++)
		free(l->bad.items[i]);
	free(l->bad.items);
}

static void add_bad(struct buf *out, const struct listing *l)
{
	for (size_t i = 0; i < l->bad.count; i++) {
		buf_adds(out, "<p class=\"bad\">");
		html_text(out, l->bad.items[i]);
		buf_adds(out, "</p>\n");
	}
}

/* sync.json, in ARENA; NULL where there is none or it can't be read. */
static const struct value *read_sync(struct actual_reader *tree, struct arena *arena)
{
	struct buf text = BUF_INIT;
	struct value *v = NULL;
	if (actual_reader_get(tree, "sync.json", &text, NULL) < 0 ||
		json_parse(arena, text.data, text.len, &v, NULL) < 0)
		v = NULL;
	buf_done(&text);
	return v;
}

/* --- pieces ----------------------------------------------------------------------------------------- */

/* A table cell of column C for O. */
static void add_cell(struct buf *out, const struct column *c, const struct object *o, nsec_t now)
{
	struct buf text = BUF_INIT;
	c->print(&text, o, now);
	html_text(out, text.data);
	buf_done(&text);
}

/* The address of O's page: the tree's path without its ending. */
static void add_link(struct buf *out, const struct object *o)
{
	struct buf path = BUF_INIT;
	tree_path_add(&path, o->kind->plural, o->meta->namespace, str_or_empty(o->meta->name));
	buf_truncate(&path, path.len - strlen(".json"));
	buf_adds(out, "<a href=\"/");
	/* A "%" in a file name stands for itself, not for an escape of the address. */
	for (const char *p = path.data; *p; p++)
		if (*p == '%')
			buf_adds(out, "%25");
		else
			html_text(out, (const char[]){ *p, '\0' });
	buf_adds(out, "\">");
	buf_done(&path);
}

static void add_row(struct buf *out, const struct object *o, nsec_t now)
{
	size_t count;
	const struct column *columns = columns_of(o->kind, &count);
	struct buf why = BUF_INIT;
	enum health health = health_of(o, &why);
	buf_adds(out, "<tr>");
	if (o->kind->namespaced) {
		buf_adds(out, "<td>");
		html_text(out, o->meta->namespace);
		buf_adds(out, "</td>");
	}
	for (size_t i = 0; i < count; i++) {
		bool name = str_eq(columns[i].title, "NAME");
		buf_addf(out, "<td%s%s%s>", i == 0 && health != HEALTH_NONE ? " class=\"" : "",
			i == 0 && health != HEALTH_NONE ? health_name(health) : "",
			i == 0 && health != HEALTH_NONE ? "\"" : "");
		if (name)
			add_link(out, o);
		add_cell(out, &columns[i], o, now);
		buf_addf(out, "%s</td>", name ? "</a>" : "");
	}
	buf_adds(out, "</tr>\n");
	buf_done(&why);
}

static void add_heads(struct buf *out, const struct kind *kind)
{
	size_t count;
	const struct column *columns = columns_of(kind, &count);
	buf_adds(out, "<table>\n<tr>");
	if (kind->namespaced)
		buf_adds(out, "<th>NAMESPACE</th>");
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "<th>%s</th>", columns[i].title);
	buf_adds(out, "</tr>\n");
}

int page_list(
	struct actual_reader *tree, const struct kind *kind, nsec_t now, struct buf *out, struct err *err)
{
	struct listing l;
	int r = list(tree, kind, &l, err);
	if (r == 0) {
		html_begin(out, kind->plural);
		add_bad(out, &l);
		add_heads(out, kind);
		for (size_t i = 0; i < l.objects.count; i++)
			add_row(out, l.objects.items[i], now);
		buf_addf(out, "</table>\n<p>%zu %s</p>\n", l.objects.count,
			l.objects.count == 1 ? kind->singular : kind->plural);
		html_end(out);
	}
	listing_done(&l);
	return r;
}

/* --- overview ----------------------------------------------------------------------------------------- */

static void add_term(struct buf *out, const char *term, const char *text, const char *class)
{
	buf_addf(out, "<dt>%s</dt><dd class=\"%s\">", term, class);
	html_text(out, str_empty(text) ? "none" : text);
	buf_adds(out, "</dd>\n");
}

/* One problem: a line as `pintle check` prints it, or the parts of one. */
static void add_problem(struct buf *out, const struct value *p)
{
	struct buf line = BUF_INIT;
	if (p->type == VALUE_STRING) {
		buf_adds(&line, p->string);
	} else {
		struct diag d = {
			.severity = str_eq(value_get_string(p, "severity"), "warning") ? DIAG_WARNING
										       : DIAG_ERROR,
			.path = str_or_empty(value_get_string(p, "path")),
			.line = (uint32_t)value_get_int(p, "line", 0),
			.col = (uint32_t)value_get_int(p, "col", 0),
			.object = value_get_string(p, "object"),
			.field = value_get_string(p, "field"),
			.message = str_or_empty(value_get_string(p, "message")),
		};
		diag_format(&d, &line);
	}
	html_text(out, line.data);
	if (line.len && line.data[line.len - 1] != '\n')
		buf_addc(out, '\n');
	buf_done(&line);
}

/* The state, and what there is to say about it. */
static void add_state(struct buf *out, const struct value *sync, const char *trouble, bool good)
{
	struct buf text = BUF_INIT;
	const char *message = value_get_string(sync, "message");
	buf_adds(&text, str_or_empty(value_get_string(sync, "state")));
	if (!str_empty(message))
		buf_addf(&text, ": %s", message);
	if (trouble) {
		buf_clear(&text);
		buf_addf(&text, "Stuck: %s", trouble);
	}
	add_term(out, "state", text.data, good ? "good" : "bad");
	buf_done(&text);
}

/* Objects that git has no more and that stay. */
static void add_kept(struct buf *out, const struct value *kept)
{
	struct buf text = BUF_INIT;
	if (!kept || kept->type != VALUE_LIST || kept->list.count == 0)
		return;
	for (size_t i = 0; i < kept->list.count; i++)
		if (kept->list.items[i]->type == VALUE_STRING)
			buf_addf(&text, "%s%s", text.len ? ", " : "", kept->list.items[i]->string);
	add_term(out, "kept, though not in git", text.data, "");
	buf_done(&text);
}

static void add_sync(struct buf *out, const struct value *sync, const char *trouble)
{
	const char *force = value_get_string(sync, "commitInForce"),
		   *seen = value_get_string(sync, "commitSeen");
	const struct value *problems = value_get(sync, "problems");
	bool same = str_eq(force, seen) && !str_empty(force);
	buf_adds(out, "<dl>\n");
	add_term(out, "commit in force", force, same ? "good" : "coming");
	add_term(out, "commit seen", seen, same ? "good" : "bad");
	add_state(out, sync, trouble, same && !trouble);
	add_term(out, "since", value_get_string(sync, "since"), "");
	add_kept(out, value_get(sync, "kept"));
	buf_adds(out, "</dl>\n");
	if (!problems || problems->type != VALUE_LIST || problems->list.count == 0)
		return;
	buf_adds(out, "<h2>Problems of the commit seen</h2>\n<pre class=\"bad\">");
	for (size_t i = 0; i < problems->list.count; i++)
		add_problem(out, problems->list.items[i]);
	buf_adds(out, "</pre>\n");
}

static void add_unhealthy(struct buf *out, const struct listing *l, size_t *count)
{
	for (size_t i = 0; i < l->objects.count; i++) {
		const struct object *o = l->objects.items[i];
		struct buf why = BUF_INIT;
		enum health h = health_of(o, &why);
		if (h == HEALTH_COMING || h == HEALTH_BAD) {
			buf_addf(out, "%s<tr><td class=\"%s\">%s</td><td>", (*count)++ ? "" : "<table>\n",
				health_name(h), o->kind->singular);
			add_link(out, o);
			if (o->meta->namespace) {
				html_text(out, o->meta->namespace);
				buf_addc(out, '/');
			}
			html_text(out, o->meta->name);
			buf_adds(out, "</a></td><td>");
			html_text(out, why.data);
			buf_adds(out, "</td></tr>\n");
		}
		buf_done(&why);
	}
}

int page_overview(
	struct actual_reader *tree, const char *trouble, nsec_t now, struct buf *out, struct err *err)
{
	struct arena *arena = arena_new(0);
	struct buf counts = BUF_INIT, health = BUF_INIT, bad = BUF_INIT;
	size_t unhealthy = 0;
	int r = 0;
	(void)now;
	for (size_t i = 0; i < KIND_COUNT && r == 0; i++) {
		struct listing l;
		r = list(tree, &kinds[i], &l, err);
		if (r == 0) {
			add_bad(&bad, &l);
			add_unhealthy(&health, &l, &unhealthy);
			if (l.objects.count)
				buf_addf(&counts, "<tr><td><a href=\"/%s\">%s</a></td><td>%zu</td></tr>\n",
					kinds[i].plural, kinds[i].plural, l.objects.count);
		}
		listing_done(&l);
	}
	if (r == 0) {
		html_begin(out, "Overview");
		add_sync(out, read_sync(tree, arena), trouble);
		buf_adds(out, "<h2>Not healthy</h2>\n");
		buf_add(out, bad.data, bad.len);
		buf_add(out, health.data, health.len);
		if (unhealthy)
			buf_adds(out, "</table>\n");
		else if (bad.len == 0)
			buf_adds(out, "<p class=\"good\">nothing</p>\n");
		buf_addf(out, "<h2>What there is</h2>\n<table>\n%s</table>\n", counts.data);
		html_end(out);
	}
	buf_done(&counts);
	buf_done(&health);
	buf_done(&bad);
	arena_free(arena);
	return r;
}

/* --- one object ------------------------------------------------------------------------------------------ */

static bool is_about(const struct event *e, const struct object *o)
{
	const struct object_reference *r = &e->involved_object;
	return str_eq(r->kind, o->kind->name) && str_eq(r->name, o->meta->name) &&
	       str_eq(str_or_empty(r->namespace), str_or_empty(o->meta->namespace));
}

static int add_events(
	struct actual_reader *tree, const struct object *o, nsec_t now, struct buf *out, struct err *err)
{
	struct listing l;
	size_t shown = 0;
	int r = list(tree, &kinds[KIND_EVENT], &l, err);
	for (size_t i = 0; i < l.objects.count; i++) {
		if (!is_about(object_event(l.objects.items[i]), o))
			continue;
		if (shown++ == 0) {
			buf_adds(out, "<h2>Events</h2>\n");
			add_heads(out, &kinds[KIND_EVENT]);
		}
		add_row(out, l.objects.items[i], now);
	}
	if (shown)
		buf_adds(out, "</table>\n");
	listing_done(&l);
	return r;
}

static int add_object_page(
	struct actual_reader *tree, const struct object *o, nsec_t now, struct buf *out, struct err *err)
{
	struct buf title = BUF_INIT, why = BUF_INIT, text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 2);
	enum health h = health_of(o, &why);
	buf_addf(&title, "%s %s%s%s", o->kind->singular, str_or_empty(o->meta->namespace),
		o->meta->namespace ? "/" : "", str_or_empty(o->meta->name));
	html_begin(out, title.data);
	if (h != HEALTH_NONE) {
		buf_addf(out, "<p class=\"%s\">%s%s", health_name(h), health_name(h), why.len ? ": " : "");
		html_text(out, why.data);
		buf_adds(out, "</p>\n");
	}
	int r = add_events(tree, o, now, out, err);
	object_write_json(&w, o, 0, NULL);
	buf_adds(out, "<h2>Object</h2>\n<pre>");
	html_text(out, text.data);
	buf_adds(out, "</pre>\n");
	html_end(out);
	buf_done(&title);
	buf_done(&why);
	buf_done(&text);
	return r;
}

int page_object(struct actual_reader *tree, const char *path, nsec_t now, struct buf *out, struct err *err)
{
	struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *o = NULL;
	int r = actual_reader_get(tree, path, &text, err);
	if (r == 0)
		r = object_load_json(text.data, text.len, &o, err);
	if (r == 0)
		r = add_object_page(tree, o, now, out, err);
	buf_done(&text);
	return r;
}

/* --- for machines --------------------------------------------------------------------------------------------- */

static int count_one(const char *path, const char *text, size_t len, void *arg)
{
	size_t *n = arg;
	(void)path;
	(void)text;
	(void)len;
	(*n)++;
	return 0;
}

int page_metrics(struct actual_reader *tree, const char *trouble, struct buf *out, struct err *err)
{
	struct arena *arena = arena_new(0);
	const struct value *sync = read_sync(tree, arena);
	const char *force = str_or_empty(value_get_string(sync, "commitInForce"));
	const char *seen = str_or_empty(value_get_string(sync, "commitSeen"));
	int r = 0;
	buf_adds(out, "# HELP pintle_objects Objects in the actual tree.\n# TYPE pintle_objects gauge\n");
	for (size_t i = 0; i < KIND_COUNT && r == 0; i++) {
		size_t n = 0;
		r = actual_reader_list(
			tree, kinds[i].plural, kinds[i].namespaced ? NULL : "", count_one, &n, err);
		buf_addf(out, "pintle_objects{kind=\"%s\"} %zu\n", kinds[i].name, n);
	}
	buf_addf(out,
		"# HELP pintle_tree_version The newest version in the actual tree.\n# TYPE "
		"pintle_tree_version counter\n"
		"pintle_tree_version %llu\n"
		"# HELP pintle_in_sync Whether the commit seen is in force.\n# TYPE pintle_in_sync gauge\n"
		"pintle_in_sync %d\n",
		(unsigned long long)actual_reader_version(tree), *force && str_eq(force, seen) && !trouble);
	arena_free(arena);
	return r;
}

bool page_ready(struct actual_reader *tree, struct buf *out)
{
	struct arena *arena = arena_new(0);
	const struct value *sync = read_sync(tree, arena);
	bool ready = sync && !str_empty(value_get_string(sync, "commitInForce"));
	if (!sync)
		buf_adds(out, "the actual tree can't be read, or pintled has not run yet\n");
	else
		buf_adds(out, ready ? "ok\n" : "no commit is in force yet\n");
	arena_free(arena);
	return ready;
}
