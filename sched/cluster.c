/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes and what is in use on each; requests and what they add up to. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/internal.h"

/* What scoring assumes of a container that asks for nothing (kube-scheduler util/pod_resources.go). */
enum { SCORE_MILLI_CPU = 100, SCORE_MEMORY = 200 * 1024 * 1024 };

/* --- requests --------------------------------------------------------------------------------- */

struct amounts {
	struct sched_amount items[SCHED_AMOUNTS_MAX];
	size_t count;
};

static int64_t amount_of(const char *resource, const struct quantity *q)
{
	return str_eq(resource, "cpu") ? quantity_milli(q) : quantity_units(q);
}

static struct sched_amount *amounts_at(struct amounts *a, const char *resource)
{
	for (size_t i = 0; i < a->count; i++)
		if (str_eq(a->items[i].resource, resource))
			return &a->items[i];
	if (a->count == SCHED_AMOUNTS_MAX)
		return NULL;
	a->items[a->count] = (struct sched_amount){ .resource = resource };
	return &a->items[a->count++];
}

static void amounts_add(struct amounts *a, const struct amounts *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct sched_amount *at = amounts_at(a, b->items[i].resource);

		if (at)
			at->amount += b->items[i].amount;
	}
}

static void amounts_max(struct amounts *a, const struct amounts *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct sched_amount *at = amounts_at(a, b->items[i].resource);

		if (at && at->amount < b->items[i].amount)
			at->amount = b->items[i].amount;
	}
}

static void amounts_of_container(const struct container *c, struct amounts *ret)
{
	const struct quantity_map *requests = &c->resources.requests, *limits = &c->resources.limits;

	for (size_t i = 0; i < requests->count; i++) {
		struct sched_amount *at = amounts_at(ret, requests->items[i].key);

		if (at)
			at->amount = amount_of(at->resource, &requests->items[i].value);
	}
	for (size_t i = 0; i < limits->count; i++) {
		const char *key = limits->items[i].key;
		struct sched_amount *at = quantity_map_get(requests, key) ? NULL : amounts_at(ret, key);

		if (at)
			at->amount = amount_of(key, &limits->items[i].value);
	}
}

/* Init containers run one by one, beside the sidecars that stand before them. */
static void amounts_of_pod(const struct pod_spec *spec, struct amounts *total)
{
	struct amounts sidecars = { 0 }, peak = { 0 };

	for (size_t i = 0; i < spec->init_containers.count; i++) {
		const struct container *c = &spec->init_containers.items[i];
		struct amounts one = { 0 }, moment = sidecars;

		amounts_of_container(c, &one);
		amounts_add(&moment, &one);
		amounts_max(&peak, &moment);
		if (str_eq(c->restart_policy, "Always"))
			amounts_add(&sidecars, &one);
	}
	*total = sidecars;
	for (size_t i = 0; i < spec->containers.count; i++) {
		struct amounts one = { 0 };

		amounts_of_container(&spec->containers.items[i], &one);
		amounts_add(total, &one);
	}
	amounts_max(total, &peak);
	for (size_t i = 0; i < spec->overhead.count; i++) {
		const char *key = spec->overhead.items[i].key;
		struct sched_amount *at = amounts_at(total, key);

		if (at)
			at->amount += amount_of(key, &spec->overhead.items[i].value);
	}
}

size_t sched_pod_amounts(const struct pod_spec *spec, struct sched_amount *ret, size_t max)
{
	struct amounts total = { 0 };

	amounts_of_pod(spec, &total);
	if (total.count < max)
		max = total.count;
	if (max > 0)
		memcpy(ret, total.items, max * sizeof(ret[0]));
	return max;
}

static int64_t score_amount(const struct container *c, const char *resource, int64_t missing)
{
	const struct quantity *q = quantity_map_get(&c->resources.requests, resource);

	if (!q)
		q = quantity_map_get(&c->resources.limits, resource);
	return q ? amount_of(resource, q) : missing;
}

struct sched_request *sched_request_new(
	const struct pod_spec *spec, const char *namespace, const struct string_map *labels)
{
	struct sched_request *r = xcalloc(1, sizeof(*r));

	r->spec = spec;
	r->namespace = namespace;
	r->labels = labels;
	r->refs = 1;
	r->amount_count = sched_pod_amounts(spec, r->amounts, SCHED_AMOUNTS_MAX);
	for (size_t i = 0; i < spec->containers.count; i++) {
		r->score_cpu += score_amount(&spec->containers.items[i], "cpu", SCORE_MILLI_CPU);
		r->score_memory += score_amount(&spec->containers.items[i], "memory", SCORE_MEMORY);
	}
	return r;
}

struct sched_request *sched_request_ref(struct sched_request *r)
{
	r->refs++;
	return r;
}

struct sched_request *sched_request_unref(struct sched_request *r)
{
	if (r && --r->refs == 0)
		free(r);
	return NULL;
}

/* --- nodes ------------------------------------------------------------------------------------- */

struct sched_cluster *sched_cluster_new(void)
{
	return xcalloc(1, sizeof(struct sched_cluster));
}

static void node_free(struct sched_node *n)
{
	object_unref(n->object);
	free(n->stock);
	for (size_t i = 0; i < n->used_count; i++)
		freep(&n->used[i].resource);
	free(n->used);
	for (size_t i = 0; i < n->pods; i++)
		sched_request_unref(n->bound[i].request);
	free(n->bound);
	free(n);
}

struct sched_cluster *sched_cluster_free(struct sched_cluster *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->nodes.count; i++)
		node_free(c->nodes.entries[i].value);
	sched_ranking_free(c->ranking);
	map_done(&c->nodes);
	free(c);
	return NULL;
}

void sched_cluster_freep(struct sched_cluster **c)
{
	*c = sched_cluster_free(*c);
}

size_t sched_cluster_count(const struct sched_cluster *c)
{
	return c->nodes.count;
}

static void node_take_stock(struct sched_node *n)
{
	const struct node_status *status = &object_node(n->object)->status;
	const struct quantity_map *have = status->allocatable.count > 0 ? &status->allocatable
									: &status->capacity;
	const struct quantity *pods = quantity_map_get(have, "pods");

	free(n->stock);
	n->stock = xcalloc(have->count, sizeof(n->stock[0]));
	n->stock_count = have->count;
	for (size_t i = 0; i < have->count; i++)
		n->stock[i] = (struct sched_stock){
			.resource = have->items[i].key,
			.allocatable = amount_of(have->items[i].key, &have->items[i].value),
		};
	n->pods_allocatable = pods ? quantity_units(pods) : 110; /* the kubelet's own default */
}

void sched_cluster_set_node(struct sched_cluster *c, struct object *node)
{
	struct sched_node *n = map_get(&c->nodes, node->meta->name);
	struct object *old = NULL;

	if (!n)
		n = xcalloc(1, sizeof(*n));
	else
		old = n->object;
	n->object = object_ref(node);
	n->name = node->meta->name;
	n->drained = str_eq(string_map_get(&node->meta->annotations, "pintle.dev/drain"), "true");
	map_put(&c->nodes, n->name, n);
	node_take_stock(n);
	object_unref(old);
	sched_ranking_node_changed(c, n);
}

void sched_cluster_remove_node(struct sched_cluster *c, const char *name)
{
	struct sched_node *n = map_remove(&c->nodes, name);

	if (!n)
		return;
	node_free(n);
	sched_ranking_node_gone(c);
}

int64_t sched_node_allocatable(const struct sched_node *n, const char *resource)
{
	for (size_t i = 0; i < n->stock_count; i++)
		if (str_eq(n->stock[i].resource, resource))
			return n->stock[i].allocatable;
	return 0;
}

int64_t sched_node_used(const struct sched_node *n, const char *resource)
{
	for (size_t i = 0; i < n->used_count; i++)
		if (str_eq(n->used[i].resource, resource))
			return n->used[i].amount;
	return 0;
}

static void node_use(struct sched_node *n, const char *resource, int64_t amount)
{
	for (size_t i = 0; i < n->used_count; i++) {
		if (str_eq(n->used[i].resource, resource)) {
			n->used[i].amount += amount;
			return;
		}
	}
	n->used = grow(n->used, &n->used_cap, n->used_count + 1, sizeof(n->used[0]));
	n->used[n->used_count++] = (struct sched_amount){ .resource = xstrdup(resource), .amount = amount };
}

static void node_count_pod(struct sched_node *n, const struct sched_request *r, int sign)
{
	for (size_t i = 0; i < r->amount_count; i++)
		node_use(n, r->amounts[i].resource, sign * r->amounts[i].amount);
	n->score_cpu_used += sign * r->score_cpu;
	n->score_memory_used += sign * r->score_memory;
	n->pods = sign > 0 ? n->pods + 1 : n->pods - 1;
}

void sched_cluster_add_pod(struct sched_cluster *c, const char *node, const struct sched_pod *p)
{
	struct sched_node *n = map_get(&c->nodes, node);

	if (!n)
		return;
	n->bound = grow(n->bound, &n->bound_cap, n->pods + 1, sizeof(n->bound[0]));
	n->bound[n->pods] = *p;
	sched_request_ref(p->request);
	node_count_pod(n, p->request, 1);
	sched_ranking_node_changed(c, n);
}

static struct sched_pod *bound_pod(const struct sched_node *n, const void *id)
{
	for (size_t i = n->pods; i > 0; i--)
		if (n->bound[i - 1].id == id)
			return &n->bound[i - 1];
	return NULL;
}

void sched_cluster_pod_leaves(struct sched_cluster *c, const char *node, const void *id)
{
	struct sched_node *n = map_get(&c->nodes, node);
	struct sched_pod *p = n ? bound_pod(n, id) : NULL;

	if (p)
		p->leaving = true;
}

void sched_cluster_remove_pod(struct sched_cluster *c, const char *node, const void *id)
{
	struct sched_node *n = map_get(&c->nodes, node);
	struct sched_pod *p = n ? bound_pod(n, id) : NULL;
	struct sched_request *r;

	if (!p)
		return;
	r = p->request;
	*p = n->bound[n->pods - 1];
	node_count_pod(n, r, -1);
	sched_request_unref(r);
	sched_ranking_node_changed(c, n);
}
