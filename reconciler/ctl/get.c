/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* get: objects of the actual tree, as kubectl prints them. Needs no daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/field_path.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/select.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/home.h"
#include "reconciler/world.h"

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "all-namespaces", 'A', CTL_FLAG, NULL, "look in all namespaces", NULL },
	{ "selector", 'l', CTL_STRING, "SELECTOR", "only objects with these labels: a=b,c!=d,e in (f,g),!h",
		NULL },
	{ "field-selector", 0, CTL_STRING, "SELECTOR",
		"only objects with these fields: status.phase=Running,a.b!=c", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "wide, json, yaml or name; default a table", print_words },
	{ "watch", 'w', CTL_FLAG, NULL, "go on with every change", NULL },
	{ "no-headers", 0, CTL_FLAG, NULL, "leave the line of titles out", NULL },
};

/* One run of the verb. */
struct get {
	struct ctl *c;
	char *dir;                      /* HOME/actual */
	const char *ns;                 /* NULL: all */
	struct label_selector selector; /* matches everything where none was given */
	const char *fields;             /* a field selector, or NULL */
	struct arena *arena;            /* of the selectors */
	struct selection what;
	struct print print;
	struct items items;
	bool missing; /* a name is not there */
};

static int get_fail(struct get *g, const struct err *err)
{
	return ctl_fail_err(g->c, err);
}

/* --- what is there ------------------------------------------------------------------------------- */

static int load_one(
	struct get *g, struct actual_reader *r, const struct kind *kind, const char *name, struct err *err)
{
	int code = items_get(r, kind, g->ns, name, &g->items, err);
	if (code != -ENOENT)
		return code;
	ctl_fail(g->c, "%s \"%s\" not found", kind->plural, name);
	g->missing = true;
	return 0;
}

/* The field selector as KIND has it. */
static int fields_of(
	const struct get *g, const struct kind *kind, struct field_selector *ret, struct err *err)
{
	const char *why = NULL;
	*ret = (struct field_selector){ 0 };
	if (!g->fields || field_selector_parse(g->arena, g->fields, kind->schema, ret, &why) == 0)
		return 0;
	return err_set(err, -EINVAL, "--field-selector %s: %s", g->fields, why);
}

static int load(struct get *g, struct actual_reader *r, struct err *err)
{
	for (size_t i = 0; i < g->what.count; i++) {
		const struct kind *kind = g->what.items[i].kind;
		size_t from = g->items.count;
		int code = g->what.items[i].name ? load_one(g, r, kind, g->what.items[i].name, err)
						 : items_list(r, kind, g->ns, &g->items, err);
		if (code < 0)
			return code;
		struct field_selector fields = { 0 };
		code = fields_of(g, kind, &fields, err);
		if (code < 0)
			return code;
		items_filter(&g->items, from, &g->selector, &fields);
	}
	return 0;
}

static void say_none(const struct get *g)
{
	if (g->what.named || g->print.format == PRINT_JSON || g->print.format == PRINT_YAML)
		return;
	if (g->ns && g->what.items[0].kind->namespaced)
		fprintf(stderr, "No resources found in %s namespace.\n", g->ns);
	else
		fputs("No resources found\n", stderr);
}

/* On standard error, beside a table: what is in it and yet not in git. */
static void say_kept(const struct get *g)
{
	if (g->print.format == PRINT_JSON || g->print.format == PRINT_YAML || g->print.format == PRINT_NAME)
		return;
	for (size_t i = 0; i < g->items.count; i++) {
		const struct object *o = g->items.items[i].object;
		const char *left = string_map_get(&o->meta->annotations, WORLD_NOTE_LEFT);
		if (left)
			fprintf(stderr,
				"%s/%s: kept, though git has it no more since commit %.10s (%s: Never)\n",
				o->kind->singular, o->meta->name, left, ANNOTATION_PRUNE);
	}
}

static int print_once(struct get *g)
{
	struct err err = { 0 };
	struct buf out = BUF_INIT;
	bool single = g->what.named && g->what.count == 1;
	if (g->items.count == 0)
		say_none(g);
	if (g->items.count == 0 && g->what.named)
		return CTL_NO;
	int r = print_items(&g->print, &g->items, single, &out, &err);
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	buf_done(&out);
	if (r < 0)
		return get_fail(g, &err);
	say_kept(g);
	return g->missing ? CTL_NO : CTL_DONE;
}

/* --- watching ---------------------------------------------------------------------------------------- */

struct watch {
	struct get *g;
	struct field_selector fields;
	struct table table;
	struct map known; /* path → struct item, owned: a deleted object is shown as it last was */
	struct err *err;
};

static void known_drop(struct item *i)
{
	if (!i)
		return;
	struct items one = { .items = i, .count = 1, .cap = 1 };
	items_done(&one);
}

static struct item *known_put(struct watch *w, struct item item)
{
	struct item *kept = xmemdup(&item, sizeof(item));
	struct item *before = map_put(&w->known, kept->path, kept);
	known_drop(before);
	return kept;
}

static int watch_print(struct watch *w, const struct item *item, bool titles)
{
	struct buf out = BUF_INIT;
	int r = 0;
	w->g->print.now = time_now();
	if (w->g->print.format == PRINT_TABLE || w->g->print.format == PRINT_WIDE)
		print_rows(&w->g->print, item, 1, titles, &w->table, &out);
	else
		r = print_item(&w->g->print, item, &out, w->err);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	return r;
}

static bool is_wanted(const struct get *g, const struct field_selector *fields, const struct object *o)
{
	if (o->kind != g->what.items[0].kind)
		return false;
	if (g->ns && o->kind->namespaced && !str_eq(o->meta->namespace, g->ns))
		return false;
	if (!label_selector_matches(&g->selector, &o->meta->labels) ||
		!field_selector_matches(fields, o->kind->schema, o->body))
		return false;
	for (size_t i = 0; i < g->what.count; i++)
		if (!g->what.items[i].name || str_eq(g->what.items[i].name, o->meta->name))
			return true;
	return false;
}

static int watch_deleted(struct watch *w, const char *path)
{
	struct item *item = map_remove(&w->known, path);
	int r = item ? watch_print(w, item, false) : 0;
	known_drop(item);
	return r;
}

/* Is PATH one of the wanted kind's? Spares parsing what is not. */
static bool is_path_of(const struct kind *kind, const char *path)
{
	_cleanup_(freep) char *part = xasprintf("/%s/", kind->plural);
	return strstr(path, part) != NULL;
}

static int watch_record(const struct actual_record *record, void *arg)
{
	struct watch *w = arg;
	if (!record)
		return fflush(stdout) == 0 ? 0 : -EPIPE;
	if (!is_path_of(w->g->what.items[0].kind, record->path))
		return 0;
	if (!record->json)
		return watch_deleted(w, record->path);
	struct items one = ITEMS_INIT;
	int r = items_add(&one, record->path, record->json, record->len, w->err);
	if (r == 0 && is_wanted(w->g, &w->fields, one.items[0].object)) {
		r = watch_print(w, known_put(w, one.items[0]), false);
		one.count = 0;
	} else if (r == 0) {
		r = watch_deleted(w, record->path);
	}
	items_done(&one);
	return r;
}

/* The list as it is, all at once so that the columns fit, then kept as what is known. */
static int watch_begin(struct watch *w, bool titles)
{
	struct get *g = w->g;
	struct buf out = BUF_INIT;
	int r = 0;
	g->print.now = time_now();
	if (g->print.format == PRINT_TABLE || g->print.format == PRINT_WIDE)
		print_rows(&g->print, g->items.items, g->items.count, titles, &w->table, &out);
	else
		for (size_t i = 0; i < g->items.count && r == 0; i++)
			r = print_item(&g->print, &g->items.items[i], &out, w->err);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	for (size_t i = 0; i < g->items.count; i++)
		known_put(w, g->items.items[i]);
	g->items.count = 0;
	return r;
}

/* Lists, then follows; again from the start where the journal was compacted away below us. */
static int watch(struct get *g, struct actual_reader *r, struct err *err)
{
	struct watch w = { .g = g, .err = err };
	bool titles = true;
	int code;
	code = fields_of(g, g->what.items[0].kind, &w.fields, err);
	if (code < 0)
		return code;
	print_table_begin(&g->print, g->what.items[0].kind, &w.table);
	do {
		uint64_t since = actual_reader_version(r);
		err_clear(err);
		code = load(g, r, err);
		if (code == 0)
			code = watch_begin(&w, titles);
		titles = false;
		if (code == 0)
			code = follow(g->dir, since, NSEC_NEVER, NULL, watch_record, &w, err);
	} while (code == -ESTALE);
	for (size_t i = 0; i < w.known.count; i++)
		known_drop(w.known.entries[i].value);
	map_done(&w.known);
	table_done(&w.table);
	return code;
}

/* --- the verb ------------------------------------------------------------------------------------------- */

static int parse(struct get *g, const struct ctl_args *args)
{
	struct err err = { 0 };
	const char *why = NULL, *selector = ctl_string(args, "selector");
	bool all = ctl_flag(args, "all-namespaces");
	if (selection_parse(args->words, args->word_count, &g->what, &err) < 0)
		return ctl_usage(g->c, "%s", err_text(&err));
	if (selector && label_selector_parse(g->arena, selector, &g->selector, &why) < 0)
		return ctl_usage(g->c, "--selector %s: %s", selector, why);
	g->fields = ctl_string(args, "field-selector");
	for (size_t i = 0; i < g->what.count; i++) {
		struct field_selector fields;
		if (fields_of(g, g->what.items[i].kind, &fields, &err) < 0)
			return ctl_usage(g->c, "%s", err_text(&err));
	}
	if (all && g->what.named)
		return ctl_usage(g->c, "a name and all namespaces don't go together: say -n NAMESPACE");
	if ((selector || g->fields) && g->what.named)
		return ctl_usage(g->c, "a name and a selector don't go together");
	if (ctl_flag(args, "watch") && g->what.several_kinds)
		return ctl_usage(g->c, "--watch takes one kind");
	const char *ns = ctl_string(args, "namespace");
	g->ns = all ? NULL : ns ? ns : "default";
	g->print = (struct print){
		.format = print_format_of(ctl_string(args, "output")),
		.namespaces = all,
		.kinds = g->what.several_kinds,
		.headers = !ctl_flag(args, "no-headers"),
		.now = time_now(),
	};
	return CTL_DONE;
}

static int get_run(struct get *g, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	int code = parse(g, args);
	if (code != CTL_DONE)
		return code;
	if (home_open(g->c->home, &h, &err) < 0)
		return get_fail(g, &err);
	g->dir = home_path(h, "actual");
	if (actual_reader_open(g->dir, &r, &err) < 0)
		return get_fail(g, &err);
	if (ctl_flag(args, "watch"))
		return watch(g, r, &err) < 0 ? get_fail(g, &err) : CTL_DONE;
	return load(g, r, &err) < 0 ? get_fail(g, &err) : print_once(g);
}

static int run_get(struct ctl *c, const struct ctl_args *args)
{
	struct get g = { .c = c, .arena = arena_new(0) };
	int r = get_run(&g, args);
	items_done(&g.items);
	arena_free(g.arena);
	free(g.dir);
	return r;
}

const struct ctl_verb ctl_verb_get = {
	"get",
	"KIND[,KIND…] [NAME…] | KIND/NAME… | all",
	"Shows objects of the actual tree as kubectl does.",
	CTL_OPTIONS(options),
	run_get,
	CTL_WORDS_KINDS,
};
