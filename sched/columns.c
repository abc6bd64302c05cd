/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What nodes have and what is used of it, a column for each resource. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/internal.h"

/* The kubelet's own default. */
enum { PODS_DEFAULT = 110 };

int64_t sched_resource_amount(const char *resource, const struct quantity *q)
{
	return str_eq(resource, "cpu") ? quantity_milli(q) : quantity_units(q);
}

uint32_t sched_resource(struct sched_cluster *c, const char *name)
{
	struct sched_column *col;

	for (uint32_t i = 0; i < c->column_count; i++)
		if (str_eq(c->columns[i].name, name))
			return i;
	c->columns = grow(c->columns, &c->column_cap, c->column_count + 1, sizeof(c->columns[0]));
	col = &c->columns[c->column_count];
	col->name = xstrdup(name);
	col->allocatable = xcalloc(c->cap, sizeof(col->allocatable[0]));
	col->used = xcalloc(c->cap, sizeof(col->used[0]));
	return (uint32_t)c->column_count++;
}

void sched_columns_init(struct sched_cluster *c)
{
	static const char *const always[] = {
		[RESOURCE_PODS] = "pods",
		[RESOURCE_CPU] = "cpu",
		[RESOURCE_MEMORY] = "memory",
	};

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		sched_resource(c, always[i]);
}

void sched_columns_done(struct sched_cluster *c)
{
	for (size_t i = 0; i < c->column_count; i++) {
		free(c->columns[i].name);
		free(c->columns[i].allocatable);
		free(c->columns[i].used);
	}
	free(c->columns);
	free(c->score_cpu_used);
	free(c->score_memory_used);
	free(c->pressure);
}

static int64_t *widen(int64_t *numbers, uint32_t old, uint32_t cap)
{
	numbers = xreallocarray(numbers, cap, sizeof(numbers[0]));
	memset(numbers + old, 0, (cap - old) * sizeof(numbers[0]));
	return numbers;
}

void sched_columns_grow(struct sched_cluster *c, uint32_t cap)
{
	for (size_t i = 0; i < c->column_count; i++) {
		struct sched_column *col = &c->columns[i];

		col->allocatable = widen(col->allocatable, c->cap, cap);
		col->used = widen(col->used, c->cap, cap);
	}
	c->score_cpu_used = widen(c->score_cpu_used, c->cap, cap);
	c->score_memory_used = widen(c->score_memory_used, c->cap, cap);
	c->pressure = xreallocarray(c->pressure, cap, sizeof(c->pressure[0]));
	memset(c->pressure + c->cap, 0, cap - c->cap);
}

void sched_columns_set(struct sched_cluster *c, uint32_t node)
{
	const struct node_status *status = &object_node(c->nodes[node]->object)->status;
	const struct quantity_map *have = status->allocatable.count > 0 ? &status->allocatable
									: &status->capacity;

	for (size_t i = 0; i < c->column_count; i++)
		c->columns[i].allocatable[node] = 0;
	c->columns[RESOURCE_PODS].allocatable[node] = PODS_DEFAULT;
	for (size_t i = 0; i < have->count; i++) {
		const char *name = have->items[i].key;
		uint32_t resource = sched_resource(c, name);

		c->columns[resource].allocatable[node] = sched_resource_amount(name, &have->items[i].value);
	}
}

void sched_columns_clear(struct sched_cluster *c, uint32_t node)
{
	for (size_t i = 0; i < c->column_count; i++)
		c->columns[i].allocatable[node] = c->columns[i].used[node] = 0;
	c->score_cpu_used[node] = c->score_memory_used[node] = 0;
	c->pressed -= c->pressure[node] > 0;
	c->pressure[node] = 0;
}

void sched_columns_count(struct sched_cluster *c, uint32_t node, const struct sched_request *r, int64_t count)
{
	for (size_t i = 0; i < r->need_count; i++)
		c->columns[r->needs[i].resource].used[node] += count * r->needs[i].amount;
	c->score_cpu_used[node] += count * r->score_cpu;
	c->score_memory_used[node] += count * r->score_memory;
}
