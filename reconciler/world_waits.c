/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/world_waits.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* Who waits for one object. */
struct waiters {
	char *key;
	struct world_wait **items;
	size_t count, cap;
};

struct world_waits {
	struct map waits;   /* key → struct world_wait */
	struct map waiters; /* key → struct waiters; none that is empty */
	size_t marked;
};

static struct world_waits *get(struct world *w)
{
	if (!w->waits)
		w->waits = xcalloc(1, sizeof(*w->waits));
	return w->waits;
}

size_t world_waits_count(const struct world *w)
{
	return w->waits ? w->waits->waits.count : 0;
}

struct world_wait *world_waits_find(const struct world *w, const char *key)
{
	return w->waits ? map_get(&w->waits->waits, key) : NULL;
}

/* --- the index ---------------------------------------------------------------------------------------- */

static void waiters_free(struct waiters *l)
{
	free(l->key);
	free(l->items);
	free(l);
}

static void enlist(struct world_waits *all, const char *key, struct world_wait *wait)
{
	struct waiters *l = map_get(&all->waiters, key);

	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->key = xstrdup(key);
		map_put(&all->waiters, l->key, l);
	}
	l->items = grow(l->items, &l->cap, l->count + 1, sizeof(l->items[0]));
	l->items[l->count++] = wait;
}

static void delist(struct world_waits *all, const char *key, const struct world_wait *wait)
{
	struct waiters *l = map_get(&all->waiters, key);
	size_t kept = 0;

	for (size_t i = 0; l && i < l->count; i++)
		if (l->items[i] != wait)
			l->items[kept++] = l->items[i];
	if (l)
		l->count = kept;
	if (!l || kept > 0)
		return;
	map_remove(&all->waiters, key);
	waiters_free(l);
}

static const char *key_of(struct arena *a, const struct depends_on *d)
{
	return object_key(a, d->kind, d->namespace, d->name);
}

static void wait_free(struct world_wait *wait)
{
	object_unref(wait->object);
	arena_free(wait->arena);
	free(wait->key);
	free(wait->commit);
	free(wait->said);
	free(wait);
}

/* --- the public face -------------------------------------------------------------------------------------- */

static void mark(struct world_waits *all, struct world_wait *wait)
{
	all->marked += !wait->look;
	wait->look = true;
}

struct world_wait *world_waits_put(struct world *w, struct object *o, const char *commit)
{
	struct world_waits *all = get(w);
	struct world_wait *wait = xcalloc(1, sizeof(*wait));
	const char *key;

	wait->arena = arena_new(0);
	depends_on_of(wait->arena, o, &wait->on);
	key = object_key(wait->arena, o->kind, o->meta->namespace, o->meta->name);
	world_waits_remove(w, key);
	wait->key = xstrdup(key);
	wait->object = object_ref(o);
	wait->commit = xstrdup(commit);
	map_put(&all->waits, wait->key, wait);
	for (size_t i = 0; i < wait->on.count; i++)
		enlist(all, key_of(wait->arena, &wait->on.items[i]), wait);
	mark(all, wait);
	return wait;
}

void world_waits_remove(struct world *w, const char *key)
{
	struct world_wait *wait = w->waits ? map_remove(&w->waits->waits, key) : NULL;

	if (!wait)
		return;
	w->waits->marked -= wait->look;
	for (size_t i = 0; i < wait->on.count; i++)
		delist(w->waits, key_of(wait->arena, &wait->on.items[i]), wait);
	wait_free(wait);
}

void world_waits_look(struct world *w, const char *key)
{
	struct waiters *l = w->waits ? map_get(&w->waits->waiters, key) : NULL;

	for (size_t i = 0; l && i < l->count; i++)
		mark(w->waits, l->items[i]);
}

void world_waits_look_all(struct world *w)
{
	for (size_t i = 0; i < world_waits_count(w); i++)
		mark(w->waits, w->waits->waits.entries[i].value);
}

static int compare(const void *a, const void *b)
{
	return str_cmp((*(struct world_wait *const *)a)->key, (*(struct world_wait *const *)b)->key);
}

struct world_wait **world_waits_marked(struct world *w, size_t *ret_count)
{
	size_t count = world_waits_count(w), n = 0;
	struct world_wait **list = NULL;

	*ret_count = 0;
	if (!w->waits || w->waits->marked == 0)
		return NULL;
	list = xcalloc(count + 1, sizeof(list[0]));
	for (size_t i = 0; i < count; i++) {
		struct world_wait *wait = w->waits->waits.entries[i].value;

		if (!wait->look)
			continue;
		wait->look = false;
		list[n++] = wait;
	}
	w->waits->marked = 0;
	if (n > 1)
		qsort(list, n, sizeof(list[0]), compare);
	*ret_count = n;
	return list;
}

struct world_waits *world_waits_free(struct world_waits *all)
{
	if (!all)
		return NULL;
	for (size_t i = 0; i < all->waits.count; i++)
		wait_free(all->waits.entries[i].value);
	for (size_t i = 0; i < all->waiters.count; i++)
		waiters_free(all->waiters.entries[i].value);
	map_done(&all->waits);
	map_done(&all->waiters);
	free(all);
	return NULL;
}
