/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * First all goes that can be ordered: whatever depends on nothing that is left. What remains hangs on a cycle: from any
 * of it, going from each to the first that it depends on leads into one.
 */
#include "reconciler/depends.h"

#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/depends_on.h"

struct member {
	const struct object *o;
	struct depends_on_list list;
	size_t *on; /* [on_count] indexes of those among the nodes */
	size_t on_count;
	size_t open; /* of these, how many are left */
	size_t *by;  /* [by_count] who depends on it */
	size_t by_count, by_cap;
	bool gone;
	size_t visit; /* the walk that came by, from 1 */
};

struct graph {
	const struct snapshot *s;
	struct arena *arena;
	struct member *nodes;
	size_t count, cap;
	struct map index; /* key → its number + 1 */
	struct diags *diags;
};

static struct diag place_of(const struct graph *g, const struct object *o)
{
	return (struct diag){
		.path = str_or_empty(o->path),
		.line = o->line,
		.col = o->col,
		.object = object_key(g->arena, o->kind, o->meta->namespace, o->meta->name),
		.field = "metadata.annotations[\"" ANNOTATION_DEPENDS_ON "\"]",
	};
}

static void add_node(struct graph *g, const struct object *o)
{
	struct member n = { .o = o };

	depends_on_of(g->arena, o, &n.list);
	if (n.list.count == 0)
		return;
	g->nodes = grow(g->nodes, &g->cap, g->count + 1, sizeof(g->nodes[0]));
	g->nodes[g->count++] = n;
	map_put(&g->index, object_key(g->arena, o->kind, o->meta->namespace, o->meta->name),
		(void *)(uintptr_t)g->count);
}

static void warn_missing(const struct graph *g, const struct member *n, const struct depends_on *d)
{
	struct diag at = place_of(g, n->o);

	at.severity = DIAG_WARNING;
	/* What has errors is not in the snapshot, and yet in the repository. */
	if (g->diags->errors == 0)
		diags_add(g->diags, &at, "no manifest defines %s: this one is held until it is there",
			object_key(g->arena, d->kind, d->namespace, d->name));
}

static void link_node(struct graph *g, size_t i)
{
	struct member *n = &g->nodes[i];

	n->on = arena_array(g->arena, n->list.count, sizeof(n->on[0]));
	for (size_t k = 0; k < n->list.count; k++) {
		const struct depends_on *d = &n->list.items[k];
		size_t to = (size_t)(uintptr_t)map_get(
			&g->index, object_key(g->arena, d->kind, d->namespace, d->name));

		if (!snapshot_find(g->s, d->kind->id, d->namespace, d->name))
			warn_missing(g, n, d);
		if (to == 0)
			continue;
		struct member *other = &g->nodes[to - 1];

		n->on[n->on_count++] = to - 1;
		other->by = grow(other->by, &other->by_cap, other->by_count + 1, sizeof(other->by[0]));
		other->by[other->by_count++] = i;
	}
	n->open = n->on_count;
}

/* Takes away FIRST and all that can be ordered behind it. */
static void take_away(struct graph *g, size_t first)
{
	_cleanup_(freep) size_t *todo = xcalloc(g->count + 1, sizeof(todo[0]));
	size_t count = 0;

	g->nodes[first].gone = true;
	todo[count++] = first;
	while (count > 0) {
		const struct member *n = &g->nodes[todo[--count]];

		for (size_t i = 0; i < n->by_count; i++) {
			struct member *waiter = &g->nodes[n->by[i]];

			if (!waiter->gone && --waiter->open == 0) {
				waiter->gone = true;
				todo[count++] = n->by[i];
			}
		}
	}
}

static size_t next_left(const struct graph *g, size_t i)
{
	const struct member *n = &g->nodes[i];

	for (size_t k = 0; k < n->on_count; k++)
		if (!g->nodes[n->on[k]].gone)
			return n->on[k];
	return i;
}

static void add_member(const struct graph *g, size_t i, struct buf *out)
{
	const struct object *o = g->nodes[i].o;

	buf_addf(out, "%s (%s", object_key(g->arena, o->kind, o->meta->namespace, o->meta->name),
		str_or_empty(o->path));
	if (o->line)
		buf_addf(out, ":%u:%u", o->line, o->col);
	buf_addc(out, ')');
}

/* FIRST is on a cycle: tells it from its least member on, and takes that away. */
static void report(struct graph *g, size_t first)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	size_t least = first;
	struct diag at;

	for (size_t i = next_left(g, first); i != first; i = next_left(g, i))
		if (i < least)
			least = i;
	add_member(g, least, &text);
	for (size_t i = next_left(g, least); i != least; i = next_left(g, i)) {
		buf_adds(&text, " -> ");
		add_member(g, i, &text);
	}
	at = place_of(g, g->nodes[least].o);
	at.severity = DIAG_ERROR;
	diags_add(g->diags, &at, "depends on itself: %s -> itself", text.data);
	take_away(g, least);
}

/* Goes on from I, which is left, until it comes by the same one again. */
static size_t find_on_cycle(struct graph *g, size_t i, size_t walk)
{
	while (g->nodes[i].visit != walk) {
		g->nodes[i].visit = walk;
		i = next_left(g, i);
	}
	return i;
}

static void report_cycles(struct graph *g)
{
	size_t walk = 0;

	for (size_t i = 0; i < g->count; i++)
		if (!g->nodes[i].gone && g->nodes[i].open == 0)
			take_away(g, i);
	/* There may be more than one behind each. */
	for (size_t i = 0; i < g->count; i++)
		while (!g->nodes[i].gone)
			report(g, find_on_cycle(g, i, ++walk));
}

void depends_check(const struct snapshot *s, struct diags *diags)
{
	struct graph g = { .s = s, .arena = arena_new(0), .diags = diags };

	for (size_t i = 0; i < s->object_count; i++)
		if (s->objects[i]->meta->annotations.count > 0)
			add_node(&g, s->objects[i]);
	for (size_t i = 0; i < g.count; i++)
		link_node(&g, i);
	if (g.count > 0)
		report_cycles(&g);
	for (size_t i = 0; i < g.count; i++)
		free(g.nodes[i].by);
	free(g.nodes);
	map_done(&g.index);
	arena_free(g.arena);
}
