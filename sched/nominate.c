/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/nominate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/turns.h"
#include "sched/victims.h"

static struct sched_nominations *of(const struct sched_cluster *c)
{
	return &c->turns->nominations;
}

/* --- on and off the books ------------------------------------------------------------------------------ */

/* Rather than fallen with its node. */
static bool is_on_books(const struct sched_cluster *c, const struct sched_nomination *n)
{
	const struct sched_node *node = sched_node_find(c, n->node);

	return n->booked && node && sched_node_pod(node, n);
}

void sched_nominations_lift(struct sched_cluster *c, struct sched_nomination *n)
{
	if (!n->booked)
		return;
	c->turns->quiet++;
	sched_cluster_remove_pod(c, n->node, n);
	c->turns->quiet--;
	n->booked = false;
}

void sched_nominations_book(struct sched_cluster *c, struct sched_nomination *n)
{
	struct sched_pod p = n->pod;

	if (n->booked)
		return;
	p.id = n;
	p.kept = true;
	c->turns->quiet++;
	sched_cluster_add_pod(c, n->node, &p);
	c->turns->quiet--;
	n->booked = true;
}

void sched_nominations_without(struct sched_cluster *c, bool off)
{
	struct sched_nominations *list = of(c);

	c->turns->trial++;
	for (size_t i = 0; i < list->count; i++) {
		struct sched_nomination *n = list->items[i];

		if (off && is_on_books(c, n)) {
			sched_cluster_remove_pod(c, n->node, n);
			n->out = true;
		} else if (n->out) {
			struct sched_pod p = n->pod;

			n->out = false;
			p.id = n;
			p.kept = true;
			sched_cluster_add_pod(c, n->node, &p);
		}
	}
	c->turns->trial--;
}

/* --- the list ------------------------------------------------------------------------------------------ */

static void insert(struct sched_nominations *list, struct sched_nomination *n)
{
	size_t i = list->count;

	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	while (i > 0 && list->items[i - 1]->pod.priority < n->pod.priority)
		i--;
	memmove(&list->items[i + 1], &list->items[i], (list->count - i) * sizeof(list->items[0]));
	list->items[i] = n;
	list->count++;
	sched_ids_put(&list->by_pod, n->pod.id, n);
}

static void forget(struct sched_nominations *list, struct sched_nomination *n)
{
	size_t i = 0;

	while (list->items[i] != n)
		i++;
	list->count--;
	memmove(&list->items[i], &list->items[i + 1], (list->count - i) * sizeof(list->items[0]));
	sched_ids_remove(&list->by_pod, n->pod.id);
	sched_request_unref(n->pod.request);
	free(n->node);
	free(n);
}

struct sched_nomination *sched_nominations_keep(
	struct sched_cluster *c, const char *node, const struct sched_pod *p)
{
	struct sched_nomination *n = sched_ids_get(&of(c)->by_pod, p->id);

	if (n)
		sched_nominations_drop(c, n);
	n = xcalloc(1, sizeof(*n));
	n->pod = *p;
	n->pod.name = NULL;
	n->pod.leaving = false;
	sched_request_ref(p->request);
	n->node = xstrdup(node);
	insert(of(c), n);
	sched_nominations_book(c, n);
	return n;
}

struct sched_nomination *sched_nominations_find(struct sched_cluster *c, const void *id)
{
	struct sched_nomination *n = sched_ids_get(&of(c)->by_pod, id);

	if (!n || !n->booked || is_on_books(c, n))
		return n;
	sched_nominations_drop(c, n);
	return NULL;
}

void sched_nominations_drop(struct sched_cluster *c, struct sched_nomination *n)
{
	sched_nominations_lift(c, n);
	sched_events_add(&c->turns->events, SCHED_EVENT_ROOM);
	forget(of(c), n);
}

void sched_nominations_placed(struct sched_cluster *c, struct sched_nomination *n, const char *node)
{
	sched_nominations_lift(c, n);
	if (!str_eq(n->node, node))
		sched_events_add(&c->turns->events, SCHED_EVENT_ROOM);
	forget(of(c), n);
}

bool sched_nominations_is(const struct sched_cluster *c, const void *id)
{
	for (size_t i = 0; i < of(c)->count; i++)
		if (of(c)->items[i] == id)
			return true;
	return false;
}

void sched_nominations_done(struct sched_cluster *c)
{
	struct sched_nominations *list = of(c);

	while (list->count > 0)
		forget(list, list->items[list->count - 1]);
	free(list->items);
	sched_ids_done(&list->by_pod);
}

/* --- whose turn it is ------------------------------------------------------------------------------------ */

/* N's pod would have its place once those that are leaving are gone; if not, it has none. */
static void come_back(struct sched_cluster *c, struct sched_nomination *n)
{
	struct sched_node *node = sched_node_find(c, n->node);

	if (node && sched_victims_none(c, node, n->pod.request, n->pod.priority, false))
		sched_nominations_book(c, n);
	else
		sched_nominations_drop(c, n);
}

static void lift_below(struct sched_cluster *c, int32_t priority)
{
	struct sched_nominations *list = of(c);

	for (size_t i = list->count; i > 0 && list->items[i - 1]->pod.priority < priority; i--) {
		struct sched_nomination *n = list->items[i - 1];

		/* It would come back where another node has the name of its own. */
		if (n->booked && !is_on_books(c, n))
			sched_nominations_drop(c, n);
		else
			sched_nominations_lift(c, n);
	}
}

static void bring_back(struct sched_cluster *c, int32_t priority)
{
	struct sched_nominations *list = of(c);

	for (size_t i = 0; i < list->count && list->items[i]->pod.priority >= priority;) {
		struct sched_nomination *n = list->items[i];

		if (!n->booked)
			come_back(c, n);
		/* Unless it has fallen. */
		if (i < list->count && list->items[i] == n)
			i++;
	}
}

void sched_nominations_level(struct sched_cluster *c, int32_t priority)
{
	struct sched_nominations *list = of(c);

	if (list->level == priority)
		return;
	if (priority > list->level)
		lift_below(c, priority);
	else
		bring_back(c, priority);
	list->level = priority;
}

/* --- the face -------------------------------------------------------------------------------------------- */

void sched_cluster_nominate(struct sched_cluster *c, const char *node, const struct sched_pod *p)
{
	if (sched_node_find(c, node))
		sched_nominations_keep(c, node, p);
}

void sched_cluster_unnominate(struct sched_cluster *c, const void *id)
{
	struct sched_nomination *n = sched_ids_get(&of(c)->by_pod, id);

	if (n)
		sched_nominations_drop(c, n);
}

const char *sched_cluster_nominated(const struct sched_cluster *c, const void *id)
{
	const struct sched_nomination *n = sched_ids_get(&of(c)->by_pod, id);

	return n && is_on_books(c, n) ? sched_node_find(c, n->node)->name : NULL;
}
