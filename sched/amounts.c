/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What a pod takes, added up over its containers. */
#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/internal.h"

/* What scoring assumes of a container that asks for nothing (kube-scheduler util/pod_resources.go). */
enum { SCORE_MILLI_CPU = 100, SCORE_MEMORY = 200 * 1024 * 1024 };

struct amounts {
	struct sched_amount items[SCHED_AMOUNTS_MAX];
	size_t count;
};

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
			at->amount = sched_resource_amount(at->resource, &requests->items[i].value);
	}
	for (size_t i = 0; i < limits->count; i++) {
		const char *key = limits->items[i].key;
		struct sched_amount *at = quantity_map_get(requests, key) ? NULL : amounts_at(ret, key);

		if (at)
			at->amount = sched_resource_amount(key, &limits->items[i].value);
	}
}

/* As scoring has it: what asks for nothing isn't for nothing. */
static void score_amounts_of_container(const struct container *c, struct amounts *ret)
{
	size_t count;

	amounts_of_container(c, ret);
	count = ret->count;
	amounts_at(ret, "cpu");
	if (ret->count > count)
		ret->items[count].amount = SCORE_MILLI_CPU;
	count = ret->count;
	amounts_at(ret, "memory");
	if (ret->count > count)
		ret->items[count].amount = SCORE_MEMORY;
}

/* Init containers run one by one, beside the sidecars that stand before them. */
static void amounts_of_init(const struct pod_spec *spec,
	void (*of)(const struct container *, struct amounts *), struct amounts *sidecars,
	struct amounts *peak)
{
	for (size_t i = 0; i < spec->init_containers.count; i++) {
		const struct container *c = &spec->init_containers.items[i];
		struct amounts one = { 0 }, moment = *sidecars;

		of(c, &one);
		amounts_add(&moment, &one);
		amounts_max(peak, &moment);
		if (str_eq(c->restart_policy, "Always") && !MUTANT(27))
			amounts_add(sidecars, &one);
	}
}

static void amounts_of_pod(const struct pod_spec *spec,
	void (*of)(const struct container *, struct amounts *), struct amounts *total)
{
	struct amounts peak = { 0 };

	amounts_of_init(spec, of, total, &peak);
	for (size_t i = 0; i < spec->containers.count; i++) {
		struct amounts one = { 0 };

		of(&spec->containers.items[i], &one);
		amounts_add(total, &one);
	}
	amounts_max(total, &peak);
	for (size_t i = 0; i < spec->overhead.count; i++) {
		const char *key = spec->overhead.items[i].key;
		struct sched_amount *at = amounts_at(total, key);

		if (at)
			at->amount += sched_resource_amount(key, &spec->overhead.items[i].value);
	}
}

size_t sched_pod_amounts(const struct pod_spec *spec, struct sched_amount *ret, size_t max)
{
	struct amounts total = { 0 };

	amounts_of_pod(spec, amounts_of_container, &total);
	if (total.count < max)
		max = total.count;
	if (max > 0)
		memcpy(ret, total.items, max * sizeof(ret[0]));
	return max;
}

void sched_score_amounts(const struct pod_spec *spec, int64_t *ret_cpu, int64_t *ret_memory)
{
	struct amounts total = { 0 };

	*ret_cpu = *ret_memory = 0;
	amounts_of_pod(spec, score_amounts_of_container, &total);
	for (size_t i = 0; i < total.count; i++) {
		if (str_eq(total.items[i].resource, "cpu"))
			*ret_cpu = total.items[i].amount;
		else if (str_eq(total.items[i].resource, "memory"))
			*ret_memory = total.items[i].amount;
	}
}
