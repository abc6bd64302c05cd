/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The books: nodes, and the pods that are on them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/part.h"
#include "sched/view.h"
#include "sched/volume.h"

struct sched_cluster *sched_cluster_new(void)
{
	struct sched_cluster *c = xcalloc(1, sizeof(*c));

	sched_columns_init(c);
	sched_parts_init(c);
	return c;
}

/* Requests that others hold outlive the cluster. */
static void forget_requests(struct sched_cluster *c)
{
	for (uint32_t i = 0; i < c->request_span; i++) {
		struct sched_request *r = c->requests[i];

		if (!r)
			continue;
		sched_parts_request_out(c, r);
		sched_request_forget(r);
	}
}

static void node_free(struct sched_cluster *c, struct sched_node *n)
{
	if (!n)
		return;
	for (uint32_t i = 0; i < n->pod_count; i++)
		sched_request_unref(c->requests[n->pods[i].request]);
	free(n->pods);
	object_unref(n->object);
	free(n);
}

struct sched_cluster *sched_cluster_free(struct sched_cluster *c)
{
	if (!c)
		return NULL;
	sched_views_done(c);
	forget_requests(c);
	sched_parts_done(c);
	for (uint32_t i = 0; i < c->span; i++)
		node_free(c, c->nodes[i]);
	map_done(&c->by_name);
	free(c->nodes);
	free(c->free_indices);
	free(c->requests);
	free(c->free_numbers);
	sched_columns_done(c);
	sched_changes_done(c);
	sched_objects_done(c);
	free(c);
	return NULL;
}

void sched_cluster_freep(struct sched_cluster **c)
{
	*c = sched_cluster_free(*c);
}

size_t sched_cluster_count(const struct sched_cluster *c)
{
	return c->by_name.count;
}

void sched_cluster_set_strategy(struct sched_cluster *c, enum sched_strategy strategy)
{
	if (c->strategy == strategy)
		return;
	c->strategy = strategy;
	sched_all_changed(c);
}

/* --- pods --------------------------------------------------------------------------------------- */

struct sched_node *sched_node_find(const struct sched_cluster *c, const char *name)
{
	return map_get(&c->by_name, name);
}

struct sched_bound *sched_node_pod(const struct sched_node *n, const void *id)
{
	for (uint32_t i = n->pod_count; i > 0; i--)
		if (n->pods[i - 1].id == id)
			return &n->pods[i - 1];
	return NULL;
}

struct sched_pod sched_bound_pod(const struct sched_cluster *c, const struct sched_bound *p)
{
	return (struct sched_pod){
		.id = p->id,
		.name = p->name,
		.request = c->requests[p->request],
		.priority = p->priority,
		.started = p->started,
		.leaving = p->leaving,
		.kept = p->kept,
	};
}

/* As part.h has it of pods. */
static void count(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	struct sched_request *r = c->requests[p->request];

	if (live != 0)
		sched_tally_add(&r->live, node + 1, live);
	if (leaving != 0)
		sched_tally_add(&r->leaving, node + 1, leaving);
	if (live + leaving != 0)
		sched_columns_count(c, node, r, live + leaving);
	sched_parts_pods(c, node, p, live, leaving);
	sched_node_changed(c, node);
}

static void count_bound(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int sign)
{
	count(c, node, p, p->leaving ? 0 : sign, p->leaving ? sign : 0);
}

static void *grow_pods(struct sched_node *n)
{
	size_t cap = n->pod_cap;
	void *pods = grow(n->pods, &cap, n->pod_count + 1, sizeof(n->pods[0]));

	n->pod_cap = (uint32_t)cap;
	return pods;
}

void sched_cluster_add_pod(struct sched_cluster *c, const char *node, const struct sched_pod *p)
{
	struct sched_node *n = sched_node_find(c, node);

	if (!n)
		return;
	sched_request_register(c, p->request);
	sched_request_ref(p->request);
	n->pods = grow_pods(n);
	n->pods[n->pod_count] = (struct sched_bound){
		.id = p->id,
		.name = p->name,
		.request = p->request->number,
		.priority = p->priority,
		.started = p->started,
		.leaving = p->leaving,
		.kept = p->kept,
	};
	count_bound(c, n->index, &n->pods[n->pod_count++], 1);
}

void sched_cluster_pod_leaves(struct sched_cluster *c, const char *node, const void *id)
{
	struct sched_node *n = sched_node_find(c, node);
	struct sched_bound *p = n ? sched_node_pod(n, id) : NULL;

	if (!p || p->leaving)
		return;
	p->leaving = true;
	count(c, n->index, p, -1, 1);
}

void sched_cluster_remove_pod(struct sched_cluster *c, const char *node, const void *id)
{
	struct sched_node *n = sched_node_find(c, node);
	struct sched_bound *p = n ? sched_node_pod(n, id) : NULL;
	struct sched_bound gone;

	if (!p)
		return;
	gone = *p;
	*p = n->pods[--n->pod_count];
	count_bound(c, n->index, &gone, -1);
	sched_request_unref(c->requests[gone.request]);
}

/* --- nodes -------------------------------------------------------------------------------------- */

static void widen(struct sched_cluster *c)
{
	uint32_t old = c->cap, cap = old > 0 ? old * 2 : 64;

	c->nodes = xreallocarray(c->nodes, cap, sizeof(c->nodes[0]));
	memset(c->nodes + old, 0, (cap - old) * sizeof(c->nodes[0]));
	sched_columns_grow(c, cap);
	sched_changes_grow(c, cap);
	c->cap = cap;
	sched_parts_grown(c, old);
}

static uint32_t take_index(struct sched_cluster *c)
{
	if (c->free_count > 0)
		return c->free_indices[--c->free_count];
	if (c->span == c->cap)
		widen(c);
	return c->span++;
}

static bool is_drained(const struct object *node)
{
	return str_eq(string_map_get(&node->meta->annotations, "pintle.dev/drain"), "true");
}

static void take_object(struct sched_cluster *c, struct sched_node *n, struct object *node)
{
	struct object *old = n->object;

	n->object = object_ref(node);
	n->name = node->meta->name;
	n->drained = is_drained(node);
	map_put(&c->by_name, n->name, n);
	sched_columns_set(c, n->index);
	object_unref(old);
}

static void node_new(struct sched_cluster *c, struct object *node)
{
	struct sched_node *n = xcalloc(1, sizeof(*n));

	n->index = take_index(c);
	c->nodes[n->index] = n;
	take_object(c, n, node);
	c->order_stale = true;
	sched_parts_node_in(c, n->index);
	sched_node_changed(c, n->index);
}

/* All pods of N are heard of as gone, or as come (SIGN). */
static void count_all(struct sched_cluster *c, const struct sched_node *n, int sign)
{
	for (uint32_t i = 0; i < n->pod_count; i++)
		count_bound(c, n->index, &n->pods[i], sign);
}

static bool taints_equal(const struct node *a, const struct node *b)
{
	if (a->spec.taints.count != b->spec.taints.count)
		return false;
	for (size_t i = 0; i < a->spec.taints.count; i++) {
		const struct taint *x = &a->spec.taints.items[i], *y = &b->spec.taints.items[i];

		if (!str_eq(x->key, y->key) || !str_eq(x->value, y->value) || !str_eq(x->effect, y->effect))
			return false;
	}
	return true;
}

/* In all that filters of the sort "fixed" go by. */
static bool node_equal(const struct object *a, const struct object *b)
{
	return object_node(a)->spec.unschedulable == object_node(b)->spec.unschedulable &&
	       is_drained(a) == is_drained(b) && string_map_equal(&a->meta->labels, &b->meta->labels) &&
	       taints_equal(object_node(a), object_node(b));
}

static void node_change(struct sched_cluster *c, struct sched_node *n, struct object *node)
{
	if (node_equal(n->object, node)) {
		take_object(c, n, node);
		sched_parts_node_status(c, n->index);
	} else {
		sched_volumes_freeze(c);
		count_all(c, n, -1);
		sched_parts_node_out(c, n->index);
		take_object(c, n, node);
		sched_parts_node_in(c, n->index);
		count_all(c, n, 1);
		sched_volumes_thaw(c);
	}
	sched_node_changed(c, n->index);
}

void sched_cluster_set_node(struct sched_cluster *c, struct object *node)
{
	struct sched_node *n = sched_node_find(c, node->meta->name);

	if (n)
		node_change(c, n, node);
	else
		node_new(c, node);
}

void sched_cluster_remove_node(struct sched_cluster *c, const char *name)
{
	struct sched_node *n = sched_node_find(c, name);

	if (!n)
		return;
	count_all(c, n, -1);
	sched_parts_node_out(c, n->index);
	map_remove(&c->by_name, n->name);
	c->nodes[n->index] = NULL;
	sched_columns_clear(c, n->index);
	c->free_indices = grow(c->free_indices, &c->free_cap, c->free_count + 1, sizeof(c->free_indices[0]));
	c->free_indices[c->free_count++] = n->index;
	sched_node_changed(c, n->index);
	node_free(c, n);
}

void sched_cluster_set_pressure(struct sched_cluster *c, const char *node, struct sched_pressure p)
{
	struct sched_node *n = sched_node_find(c, node);

	uint8_t most = p.cpu > p.memory ? p.cpu : p.memory;

	most = p.io > most ? p.io : most;
	if (!n || c->pressure[n->index] == most)
		return;
	c->pressed += (most > 0) - (c->pressure[n->index] > 0);
	c->pressure[n->index] = most;
	sched_node_changed(c, n->index);
}
