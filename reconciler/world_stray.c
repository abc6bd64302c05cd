/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Strays: pods that an agent holds and the world does not have there. A node is known by them, and a name leads to all of them, so
 * that no other pod of that name is started meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/world_internal.h"

/* --- by name ----------------------------------------------------------------------------------------- */

static void name_put(struct world *w, struct world_stray *s)
{
	s->next = map_remove(&w->strays, s->key);
	map_put(&w->strays, s->key, s);
}

static void name_remove(struct world *w, struct world_stray *s)
{
	struct world_stray *first = map_remove(&w->strays, s->key), **at = &first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (first)
		map_put(&w->strays, first->key, first);
}

static void name_take(struct world *w, struct world_stray *s, const char *namespace, const char *name)
{
	if (s->key || str_empty(namespace) || str_empty(name))
		return;
	s->key = xasprintf("%s/%s", namespace, name);
	name_put(w, s);
}

const struct world_stray *world_strays_named(const struct world *w, const char *namespace, const char *name)
{
	_cleanup_(freep) char *key = NULL;

	if (w->strays.count == 0)
		return NULL;
	key = xasprintf("%s/%s", str_or_empty(namespace), name);
	return map_get(&w->strays, key);
}

/* --- by node ----------------------------------------------------------------------------------------- */

static size_t find(const struct world_node *n, const char *uid)
{
	size_t i = 0;

	while (i < n->stray_count && !str_eq(n->strays[i]->uid, uid))
		i++;
	return i;
}

static void stray_free(struct world *w, struct world_stray *s)
{
	if (s->key)
		name_remove(w, s);
	free(s->key);
	free(s);
}

void world_stray_put(struct world_node *n, const char *uid, const char *namespace, const char *name)
{
	size_t at = find(n, uid);
	struct world_stray *s;

	if (at == n->stray_count) {
		s = xcalloc(1, sizeof(*s));
		s->node = n;
		snprintf(s->uid, sizeof(s->uid), "%s", uid);
		n->strays = grow(n->strays, &n->stray_cap, n->stray_count + 1, sizeof(n->strays[0]));
		n->strays[n->stray_count++] = s;
		n->strays_unsent++;
		world_node_news(n);
	}
	name_take(n->world, n->strays[at], namespace, name);
}

bool world_stray_gone(struct world_node *n, const char *uid)
{
	size_t at = find(n, uid);

	if (at == n->stray_count)
		return false;
	n->strays_unsent -= !n->strays[at]->sent;
	stray_free(n->world, n->strays[at]);
	n->strays[at] = n->strays[--n->stray_count];
	return true;
}

void world_strays_clear(struct world_node *n)
{
	for (size_t i = 0; i < n->stray_count; i++)
		stray_free(n->world, n->strays[i]);
	n->stray_count = n->strays_unsent = 0;
}
