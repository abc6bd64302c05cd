/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The answer of a simulation as JSON and for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"
#include "reconciler/ctl/simulation.h"
#include "reconciler/ctl/table.h"

enum { AMOUNTS_MAX = 32 };

/* --- JSON ----------------------------------------------------------------------------------------------- */

void simulation_write_json(const struct simulation *s, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out, 4);

	json_begin_map(&w);
	json_key(&w, "placements");
	json_begin_list(&w);
	for (size_t i = 0; i < s->placed_count; i++) {
		json_begin_map(&w);
		json_member_string(&w, "pod", s->placed[i]->key);
		json_member_string(&w, "node", s->placed[i]->node);
		json_end_map(&w);
	}
	json_end_list(&w);
	json_key(&w, "unschedulable");
	json_begin_list(&w);
	for (size_t i = 0; i < s->unschedulable_count; i++) {
		const struct simulated_pod *p = s->unschedulable[i];

		json_begin_map(&w);
		json_member_string(&w, "pod", p->key);
		json_key(&w, "reasons");
		json_begin_list(&w);
		for (size_t k = 0; k < p->reason_count; k++)
			json_cstring(&w, p->reasons[k]);
		json_end_list(&w);
		json_end_map(&w);
	}
	json_end_list(&w);
	json_end_map(&w);
	buf_addc(out, '\n');
}

/* --- placements ------------------------------------------------------------------------------------------- */

static void write_placed(const struct simulation *s, struct buf *out)
{
	struct table t;

	if (s->placed_count == 0)
		return;
	table_begin(&t, 3);
	table_text(&t, "POD");
	table_text(&t, "NODE");
	table_text(&t, "SCORE");
	for (size_t i = 0; i < s->placed_count; i++) {
		const struct simulated_pod *p = s->placed[i];
		struct buf *cell;

		table_text(&t, p->key);
		table_text(&t, p->node);
		cell = table_cell(&t);
		buf_addf(cell, "%" PRId64, p->score);
		if (p->evicted_by)
			buf_addf(cell, "   (makes way for %s)", p->evicted_by->key);
	}
	table_write(&t, out);
	table_done(&t);
}

static void write_unschedulable(const struct simulation *s, struct buf *out)
{
	struct table t;

	if (s->unschedulable_count == 0)
		return;
	if (out->len > 0)
		buf_addc(out, '\n');
	table_begin(&t, 2);
	table_text(&t, "UNSCHEDULABLE");
	table_text(&t, "WHY");
	for (size_t i = 0; i < s->unschedulable_count; i++) {
		const struct simulated_pod *p = s->unschedulable[i];

		table_text(&t, p->key);
		buf_addf(table_cell(&t), "%s%s%s", p->evicted_by ? p->reasons[0] : "",
			p->evicted_by ? ": " : "", p->message);
		if (str_empty(p->advice))
			continue;
		table_text(&t, "");
		buf_addf(table_cell(&t), "it would fit: %s", p->advice);
	}
	table_write(&t, out);
	table_done(&t);
}

/* --- nodes -------------------------------------------------------------------------------------------------- */

struct use {
	int64_t pods, cpu, memory;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, (*(struct object *const *)b)->meta->name);
}

static void count_pod(const struct simulation *s, const struct simulated_pod *p, struct use *uses)
{
	struct sched_amount amounts[AMOUNTS_MAX];
	struct object *const *at = bsearch(p->node, s->nodes, s->node_count, sizeof(s->nodes[0]), by_name);
	struct use *u = at ? &uses[at - s->nodes] : NULL;
	size_t count;

	if (!u)
		return;
	u->pods++;
	count = sched_pod_amounts(p->spec, amounts, AMOUNTS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (str_eq(amounts[i].resource, "cpu"))
			u->cpu += amounts[i].amount;
		else if (str_eq(amounts[i].resource, "memory"))
			u->memory += amounts[i].amount;
	}
}

static void add_share(struct buf *out, const struct quantity *used, int64_t amount, const struct quantity *of,
	int64_t total)
{
	char text[QUANTITY_TEXT_MAX];

	buf_adds(out, quantity_format(used, text));
	if (of)
		buf_addf(out, "/%s", quantity_format(of, text));
	if (of && total > 0)
		buf_addf(out, " (%" PRId64 "%%)", amount * 100 / total);
}

static void write_node(const struct object *o, const struct use *u, struct table *t)
{
	const struct node_status *status = &object_node(o)->status;
	const struct quantity_map *have = status->allocatable.count > 0 ? &status->allocatable
									: &status->capacity;
	const struct quantity *pods = quantity_map_get(have, "pods"), *cpu = quantity_map_get(have, "cpu"),
			      *memory = quantity_map_get(have, "memory");
	const struct quantity used_cpu = quantity_from_milli(u->cpu, QUANTITY_DECIMAL_SI),
			      used_memory = quantity_from_units(u->memory, QUANTITY_BINARY_SI);

	table_text(t, o->meta->name);
	buf_addf(table_cell(t), "%" PRId64 "/%" PRId64, u->pods, pods ? quantity_units(pods) : 110);
	add_share(table_cell(t), &used_cpu, u->cpu, cpu, cpu ? quantity_milli(cpu) : 0);
	add_share(table_cell(t), &used_memory, u->memory, memory, memory ? quantity_units(memory) : 0);
}

static void write_nodes(const struct simulation *s, struct buf *out)
{
	_cleanup_(freep) struct use *uses = xcalloc(s->node_count, sizeof(uses[0]));
	struct table t;

	for (size_t i = 0; i < s->count; i++)
		if (s->pods[i].node)
			count_pod(s, &s->pods[i], uses);
	if (out->len > 0)
		buf_addc(out, '\n');
	table_begin(&t, 4);
	table_text(&t, "NODE");
	table_text(&t, "PODS");
	table_text(&t, "CPU");
	table_text(&t, "MEMORY");
	for (size_t i = 0; i < s->node_count; i++)
		write_node(s->nodes[i], &uses[i], &t);
	table_write(&t, out);
	table_done(&t);
}

void simulation_write_text(const struct simulation *s, struct buf *out)
{
	write_placed(s, out);
	write_unschedulable(s, out);
	if (s->node_count > 0)
		write_nodes(s, out);
}
