/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* While there are autoscalers, the agents that have pods of theirs are asked what these use. */
#include "lib/base/log.h"
#include "reconciler/control/autoscaler.h"
#include "reconciler/measures.h"
#include "reconciler/pintled_internal.h"

/* Below what readsock.c gives its requests. */
enum { REQUEST_ID = -1, ANSWER_MAX = 16 << 20 };

static void ask(struct pintled_node *n)
{
	const struct wire_request q = { .id = REQUEST_ID, .method = "stats" };

	if (n->measuring)
		return;
	n->measuring = true;
	buf_clear(&n->measured);
	wire_write_request(agentlink_out(n->link), &q);
	agentlink_send(n->link);
}

static int on_timer(void *arg)
{
	struct pintled *p = arg;

	for (size_t i = 0; i < p->node_count; i++) {
		struct pintled_node *n = p->nodes[i];
		struct world_object *o = world_find(&p->world, KIND_NODE, NULL, n->name);

		if (o && n->session.welcomed && agentlink_is_up(n->link) &&
			autoscaler_wants_node(&p->world, world_node(o)))
			ask(n);
	}
	p->measure_due = false;
	pintled_measure(p);
	return 0;
}

void pintled_measure(struct pintled *p)
{
	struct err err = { 0 };
	nsec_t when = time_monotonic() + AUTOSCALER_PERIOD * NSEC_PER_SEC;
	int r = 0;

	if (p->measure_due || p->world.counts[KIND_AUTOSCALER] == 0)
		return;
	if (!p->measure_timer)
		r = loop_timer(p->loop, when, on_timer, p, &p->measure_timer, &err);
	else
		loop_timer_set(p->measure_timer, when);
	if (r < 0)
		log_error("what pods use is not measured: %s", err_text(&err));
	p->measure_due = r == 0;
}

static void take(struct pintled_node *n)
{
	struct control c = { .world = &n->pintled->world, .plan = &n->pintled->plan, .now = time_now() };
	struct world_object *o = world_find(&n->pintled->world, KIND_NODE, NULL, n->name);
	struct err err = { 0 };

	if (o && measures_take(&c, world_node(o), n->measured.data, n->measured.len, &err) < 0)
		log_warning("node %s: what its pods use can't be read: %s", n->name, err_text(&err));
}

bool pintled_measured(struct pintled_node *n, const struct wire_message *m)
{
	if (m->type == WIRE_DATA && m->data->id == REQUEST_ID) {
		if (n->measured.len + m->data->data.len <= ANSWER_MAX)
			buf_add(&n->measured, m->data->data.data, m->data->data.len);
		return true;
	}
	if (m->type != WIRE_END || m->end->id != REQUEST_ID)
		return false;
	n->measuring = false;
	if (m->end->exit_code == 0 && n->measured.len > 0)
		take(n);
	buf_clear(&n->measured);
	return true;
}
