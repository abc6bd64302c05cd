/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/progress.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/tree_path.h"

void progress_init(struct progress *p)
{
	*p = (struct progress){ 0 };
	sync_view_init(&p->sync);
}

static void drop(struct item *i)
{
	if (!i)
		return;
	struct items one = { .items = i, .count = 1, .cap = 1 };
	items_done(&one);
}

void progress_done(struct progress *p)
{
	for (size_t i = 0; i < p->known.count; i++)
		drop(p->known.entries[i].value);
	map_done(&p->known);
	sync_view_done(&p->sync);
}

static bool is_judged(const char *path)
{
	const char *in = str_after(path, "namespaces/");
	const char *slash = in ? strchr(in, '/') : NULL;
	for (size_t i = 0; slash && i < KIND_COUNT; i++) {
		const char *name = kinds[i].workload ? str_after(slash + 1, kinds[i].plural) : NULL;
		if (name && *name == '/')
			return true;
	}
	return false;
}

int progress_take(struct progress *p, const char *path, const char *json, size_t len, struct err *err)
{
	struct items one = ITEMS_INIT;
	if (str_eq(path, "sync.json"))
		return json ? sync_view_parse(&p->sync, json, len, err) : 0;
	if (!p->wait || !is_judged(path))
		return 0;
	if (!json) {
		drop(map_remove(&p->known, path));
		return 0;
	}
	int r = items_add(&one, path, json, len, err);
	if (r < 0)
		return r;
	drop(map_put(&p->known, one.items[0].path, one.items));
	return 0;
}

bool progress_in_force(const struct progress *p)
{
	const char *force = p->sync.in_force;
	if (!*force)
		return false;
	return str_eq(force, p->target) || (p->contains && p->contains(force, p->arg));
}

static bool is_refused(const struct progress *p)
{
	return str_eq(p->sync.seen, p->target) &&
	       (str_eq(p->sync.state, "Refused") || str_eq(p->sync.state, "Guarded"));
}

/* --- workloads ------------------------------------------------------------------------------------------ */

/* The objects known, in the order of their paths: equal trees are told of equally. */
static void list_known(const struct progress *p, struct items *ret)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&p->known);
	*ret = ITEMS_INIT;
	ret->items = xcalloc(p->known.count, sizeof(*ret->items));
	for (size_t i = 0; i < p->known.count; i++)
		ret->items[ret->count++] = *(struct item *)sorted[i].value;
}

/* A workload of the commit that the tree does not have yet, from index *I on; NULL: none. */
static const struct object *next_missing(const struct progress *p, size_t *i)
{
	for (; p->wanted && *i < p->wanted->object_count; ++*i) {
		const struct object *o = p->wanted->objects[*i];
		if (!o->kind->workload || !o->kind->namespaced)
			continue;
		_cleanup_(freep) char *path = tree_path(o->kind, o->meta->namespace, o->meta->name);
		if (is_judged(path) && !map_has(&p->known, path)) {
			++*i;
			return o;
		}
	}
	return NULL;
}

static void write_line(const struct progress *p, const struct workloads *w, size_t missing, struct buf *line)
{
	if (!line)
		return;
	if (!progress_in_force(p)) {
		buf_addf(line, "commit %.10s is being read", p->target);
		return;
	}
	buf_addf(line, "%zu of %zu workloads healthy", w->good, w->total + missing);
	for (size_t i = 0; i < w->count; i++) {
		if (w->items[i].health == HEALTH_GOOD)
			continue;
		buf_adds(line, "; ");
		workload_name(w->items[i].object, line);
		buf_addf(line, ": %s", w->items[i].why);
		return;
	}
}

size_t progress_workloads(const struct progress *p)
{
	struct items all;
	struct workloads w;
	list_known(p, &all);
	workloads_judge(&all, &w);
	size_t n = w.total;
	workloads_done(&w);
	free(all.items);
	return n;
}

enum progress_state progress_judge(const struct progress *p, struct buf *line)
{
	struct items all;
	struct workloads w;
	size_t missing = 0, i = 0;
	if (is_refused(p))
		return PROGRESS_REFUSED;
	if (!p->wait)
		return progress_in_force(p) ? PROGRESS_DONE : PROGRESS_GOING;
	list_known(p, &all);
	workloads_judge(&all, &w);
	while (next_missing(p, &i))
		missing++;
	bool good = progress_in_force(p) && missing == 0 && w.good == w.total;
	write_line(p, &w, missing, line);
	workloads_done(&w);
	free(all.items);
	return good ? PROGRESS_DONE : PROGRESS_GOING;
}

void progress_obstacles(const struct progress *p, struct buf *out)
{
	struct items all;
	struct workloads w;
	const struct object *o;
	size_t i = 0;
	if (!progress_in_force(p)) {
		buf_addf(out, "  commit %.10s is not in force", p->target);
		if (*p->sync.state)
			buf_addf(out, ": %s", p->sync.state);
		if (*p->sync.message)
			buf_addf(out, ": %s", p->sync.message);
		buf_addc(out, '\n');
		return;
	}
	list_known(p, &all);
	workloads_judge(&all, &w);
	workloads_write_text(&w, "  ", out);
	while ((o = next_missing(p, &i))) {
		buf_adds(out, "  ");
		workload_name(o, out);
		buf_adds(out, ": not taken up yet\n");
	}
	workloads_done(&w);
	free(all.items);
}
