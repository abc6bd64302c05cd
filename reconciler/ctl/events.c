/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* events: what has happened to whom, the latest last. Needs no daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/select.h"
#include "reconciler/ctl/verbs.h"
#include "reconciler/home.h"

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "all-namespaces", 'A', CTL_FLAG, NULL, "look in all namespaces", NULL },
	{ "for", 0, CTL_STRING, "KIND/NAME", "only what happened to this object", NULL },
	{ "watch", 'w', CTL_FLAG, NULL, "go on with every event", NULL },
	{ "output", 'o', CTL_STRING, "FORMAT", "wide, json, yaml or name; default a table", print_words },
	{ "no-headers", 0, CTL_FLAG, NULL, "leave the line of titles out", NULL },
};

struct events {
	struct ctl *c;
	char *dir;
	const char *ns;          /* NULL: all */
	const struct kind *kind; /* of --for; NULL: of all */
	const char *name;
	struct print print;
	struct table table;
	struct items items;
	struct err *err;
};

static int64_t last_seen(const struct object *o)
{
	const struct event *e = object_event(o);
	return e->last_timestamp.set    ? e->last_timestamp.value
	       : e->first_timestamp.set ? e->first_timestamp.value
					: o->meta->creation_timestamp.value;
}

static int compare(const void *x, const void *y)
{
	const struct object *a = ((const struct item *)x)->object, *b = ((const struct item *)y)->object;
	int64_t s = last_seen(a), t = last_seen(b);
	return s != t ? (s < t ? -1 : 1) : str_cmp(a->meta->name, b->meta->name);
}

static bool is_wanted(const struct events *e, const struct object *o)
{
	const struct object_reference *about;
	if (o->kind->id != KIND_EVENT || (e->ns && !str_eq(o->meta->namespace, e->ns)))
		return false;
	about = &object_event(o)->involved_object;
	return !e->kind || (str_eq(about->kind, e->kind->name) && str_eq(about->name, e->name));
}

/* Takes out what is not asked for. */
static void filter(struct events *e)
{
	struct items left = ITEMS_INIT, out = ITEMS_INIT;
	for (size_t i = 0; i < e->items.count; i++) {
		struct items *to = is_wanted(e, e->items.items[i].object) ? &left : &out;
		to->items = grow(to->items, &to->cap, to->count + 1, sizeof(*to->items));
		to->items[to->count++] = e->items.items[i];
	}
	free(e->items.items);
	items_done(&out);
	e->items = left;
	if (left.count > 1)
		qsort(left.items, left.count, sizeof(*left.items), compare);
}

static int print_batch(struct events *e, bool titles)
{
	struct buf out = BUF_INIT;
	int r = 0;
	e->print.now = time_now();
	if (e->print.format == PRINT_TABLE || e->print.format == PRINT_WIDE)
		print_rows(&e->print, e->items.items, e->items.count, titles, &e->table, &out);
	else
		for (size_t i = 0; i < e->items.count && r == 0; i++)
			r = print_item(&e->print, &e->items.items[i], &out, e->err);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	items_clear(&e->items);
	return r;
}

static int on_record(const struct actual_record *record, void *arg)
{
	struct events *e = arg;
	if (!record) {
		filter(e);
		int r = print_batch(e, false);
		return fflush(stdout) == 0 ? r : -EPIPE;
	}
	if (!record->json || !strstr(record->path, "/events/"))
		return 0;
	return items_add(&e->items, record->path, record->json, record->len, e->err);
}

static int print_all(struct events *e, struct err *err)
{
	struct buf out = BUF_INIT;
	int r;
	if (e->items.count == 0 && e->print.format != PRINT_JSON && e->print.format != PRINT_YAML) {
		if (e->ns)
			fprintf(stderr, "No events found in %s namespace.\n", e->ns);
		else
			fputs("No events found.\n", stderr);
		return 0;
	}
	r = print_items(&e->print, &e->items, false, &out, err);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	return r;
}

static int list(struct events *e, bool watch, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *r = NULL;
	int code = actual_reader_open(e->dir, &r, err);
	if (code < 0)
		return code;
	uint64_t since = actual_reader_version(r);
	code = items_list(r, &kinds[KIND_EVENT], e->ns, &e->items, err);
	if (code < 0)
		return code;
	filter(e);
	if (!watch)
		return print_all(e, err);
	code = print_batch(e, true);
	return code < 0 ? code : follow(e->dir, since, NSEC_NEVER, NULL, on_record, e, err);
}

static int parse(struct events *e, const struct ctl_args *args)
{
	struct err err = { 0 };
	const char *ns = ctl_string(args, "namespace"), *about = ctl_string(args, "for");
	if (args->word_count)
		return ctl_usage(e->c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (about && select_kind_name(about, &e->kind, &e->name, &err) < 0)
		return ctl_usage(e->c, "%s", err_text(&err));
	if (about && !e->name)
		return ctl_usage(e->c, "--for takes KIND/NAME, not \"%s\"", about);
	e->ns = ctl_flag(args, "all-namespaces") ? NULL : ns ? ns : "default";
	/* Events of what has no namespace are kept in "default". */
	if (e->kind && !e->kind->namespaced)
		e->ns = "default";
	e->print = (struct print){
		.format = print_format_of(ctl_string(args, "output")),
		.namespaces = !e->ns,
		.headers = !ctl_flag(args, "no-headers"),
		.now = time_now(),
	};
	return CTL_DONE;
}

static int run_events(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	struct events e = { .c = c, .err = &err };
	_cleanup_(home_freep) struct home *h = NULL;
	int code = parse(&e, args);
	if (code != CTL_DONE)
		return code;
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	e.dir = home_path(h, "actual");
	print_table_begin(&e.print, &kinds[KIND_EVENT], &e.table);
	code = list(&e, ctl_flag(args, "watch"), &err);
	items_done(&e.items);
	table_done(&e.table);
	free(e.dir);
	return code < 0 ? ctl_fail_err(c, &err) : CTL_DONE;
}

const struct ctl_verb ctl_verb_events = {
	"events",
	"[-n NAMESPACE | -A] [--for KIND/NAME] [-w]",
	"Lists what has happened, the latest last.",
	CTL_OPTIONS(options),
	run_events,
	CTL_WORDS_NONE,
};
