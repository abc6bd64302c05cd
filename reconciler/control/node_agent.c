/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What is odd about a node's agent: it may hold pods that the tree does not have; it is another Node's; its clock is wrong; it has begun
 * anew.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/control/node_lifecycle.h"

/* --- what it holds ------------------------------------------------------------------------------------------------ */

void control_node_doubt(struct control *c, struct world_node *n)
{
	if (n->pods_unknown)
		return;
	n->pods_unknown = true;
	world_touch(c->world, &n->o);
}

void control_node_told(struct control *c, struct world_node *n)
{
	if (!n->pods_unknown || !n->told || n->stray_count > 0)
		return;
	n->pods_unknown = false;
	world_touch(c->world, &n->o);
}

void control_tree_is_old(struct control *c)
{
	const struct world_list *nodes = &c->world->of_kind[KIND_NODE];

	c->world->tree_old = true;
	for (size_t i = 0; i < nodes->count; i++)
		if (!world_node(nodes->items[i])->told)
			control_node_doubt(c, world_node(nodes->items[i]));
}

static const char *note(const struct object *node, const char *key)
{
	return string_map_get(&node->meta->annotations, key);
}

void control_node_renamed(struct control *c, const struct object *before, const struct object *after)
{
	struct world_object *o = world_find(c->world, KIND_NODE, NULL, after->meta->name);
	bool local = str_eq(note(after, ANNOTATION_LOCAL), "true") &&
		     (!before || str_eq(note(before, ANNOTATION_LOCAL), "true"));
	bool ssh = before && note(after, ANNOTATION_SSH) &&
		   str_eq(note(before, ANNOTATION_SSH), note(after, ANNOTATION_SSH));

	if (o && (local || ssh) && !world_node(o)->told)
		control_node_doubt(c, world_node(o));
}

void control_node_begins_anew(struct control *c, struct world_node *n)
{
	control_event(c, &n->o, "Normal", "AgentBeginsAnew",
		"its agent has never heard of a reconciler: it is told again what it is to run (%zu pods)",
		n->pods.count);
}

/* --- whose it is --------------------------------------------------------------------------------------------------- */

static void touch_named(struct control *c, const char *name)
{
	struct world_object *o = name ? world_find(c->world, KIND_NODE, NULL, name) : NULL;

	if (o)
		world_touch(c->world, o);
}

void control_node_duplicate(struct control *c, struct world_node *n, const struct world_node *other)
{
	const char *name = other ? other->o.name : NULL;

	if (str_eq(n->agent_of, name) || (!n->agent_of && !name))
		return;
	c->world->duplicates += (name != NULL) - (n->agent_of != NULL);
	touch_named(c, n->agent_of);
	touch_named(c, name);
	world_touch(c->world, &n->o);
	free(n->agent_of);
	n->agent_of = name ? xstrdup(name) : NULL;
	if (!other)
		return;
	control_event(c, &other->o, "Warning", "DuplicateNode", "node %s leads to its agent too", n->o.name);
}

void node_duplicates_end(struct control *c, struct world_node *n)
{
	const struct world_list *nodes = &c->world->of_kind[KIND_NODE];

	control_node_duplicate(c, n, NULL);
	for (size_t i = 0; c->world->duplicates > 0 && i < nodes->count; i++)
		if (str_eq(world_node(nodes->items[i])->agent_of, n->o.name))
			control_node_duplicate(c, world_node(nodes->items[i]), NULL);
}

/* --- its clock ----------------------------------------------------------------------------------------------------- */

#define STEP 5

/* DIFFERENCE in seconds, as it is told: what was told before stays where it still says as much. */
static int64_t rounded(int64_t difference, int64_t before)
{
	if (difference >= -STEP && difference <= STEP)
		return 0;
	if (before != 0 && difference - before < STEP && before - difference < STEP)
		return before;
	return (difference + (difference < 0 ? -STEP : STEP) / 2) / STEP * STEP;
}

void control_node_clock(struct control *c, struct world_node *n, nsec_t time)
{
	int64_t skew = rounded((time - c->now) / NSEC_PER_SEC, n->skew);

	if (skew == n->skew)
		return;
	n->skew = skew;
	world_touch(c->world, &n->o);
	if (skew == 0)
		control_event(c, &n->o, "Normal", "ClockRight", "its clock is right again");
	else
		control_event(c, &n->o, "Warning", "ClockSkewed", "its clock is %lld s %s pintled's",
			(long long)(skew < 0 ? -skew : skew), skew < 0 ? "behind" : "ahead of");
}

static void shift(struct opt_int *t, nsec_t by)
{
	if (t->set)
		t->value += by;
}

static void shift_state(struct container_state *s, nsec_t by)
{
	if (s->running)
		shift(&s->running->started_at, by);
	if (s->terminated) {
		shift(&s->terminated->started_at, by);
		shift(&s->terminated->finished_at, by);
	}
}

static void shift_containers(struct container_statuses *list, nsec_t by)
{
	for (size_t i = 0; i < list->count; i++) {
		shift_state(&list->items[i].state, by);
		shift_state(&list->items[i].last_state, by);
	}
}

void node_correct_times(const struct world_node *n, struct pod_status *s)
{
	nsec_t by = -n->skew * NSEC_PER_SEC;

	if (by == 0)
		return;
	shift(&s->start_time, by);
	for (size_t i = 0; i < s->conditions.count; i++) {
		shift(&s->conditions.items[i].last_transition_time, by);
		shift(&s->conditions.items[i].last_probe_time, by);
	}
	shift_containers(&s->init_container_statuses, by);
	shift_containers(&s->container_statuses, by);
}
