/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Pods that have ended for good stay for their logs, but not without end: beyond a number the oldest go (pkg/controller/podgc). */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/control/control.h"

/* One that git names is git's to take away. */
static bool may_go(const struct world_pod *p)
{
	return world_pod_finished(p) && !p->o.deleting && !p->o.origin;
}

static int oldest_first(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.key, y->o.key);
}

void control_finished(struct control *c)
{
	const struct world_list *all = &c->world->of_kind[KIND_POD];
	_cleanup_(freep) struct world_pod **list = NULL;
	size_t count = 0;

	if (c->world->finished <= c->world->finished_max)
		return;
	list = xcalloc(all->count, sizeof(list[0]));
	for (size_t i = 0; i < all->count; i++)
		if (may_go(world_pod(all->items[i])))
			list[count++] = world_pod(all->items[i]);
	if (count <= c->world->finished_max)
		return;
	qsort(list, count, sizeof(list[0]), oldest_first);
	for (size_t i = 0; i < count - c->world->finished_max; i++)
		pod_delete(c, list[i], "too many pods are kept that have ended");
}
