/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The conditions of a node: what its agent says, and what is ours to say of it. A restart reads ours back. (What is odd about its agent
 * stands in world_node_notes.c.)
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

#define REACHABLE "Reachable"

/* A condition that is ours to say: what the tree has of it was not told by the agent. */
static bool is_our_condition(const char *type)
{
	return str_eq(type, "Drained") || str_eq(type, REACHABLE) || world_node_is_note(type);
}

struct node_status world_node_as_kept(const struct node_status *s, struct arena *arena)
{
	struct node_status kept = *s;
	struct condition ready = { .type = "Ready" };

	kept.conditions.items = arena_array(arena, s->conditions.count + 1, sizeof(ready));
	kept.conditions.count = 0;
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (str_eq(c->type, ready.type))
			ready.status = c->status;
		else if (!is_our_condition(c->type))
			kept.conditions.items[kept.conditions.count++] = *c;
	}
	if (ready.status)
		kept.conditions.items[kept.conditions.count++] = ready;
	return kept;
}

/* --- to the tree --------------------------------------------------------------------------------------- */

static struct condition drained(struct world_scratch *s, const struct world_node *n)
{
	const char *waits = n->drain_waits
				    ? arena_printf(s->arena, "; %s allows no disruption now", n->drain_waits)
				    : "";

	return (struct condition){
		.type = "Drained",
		.status = n->drain_left == 0 ? "True" : "False",
		.reason = n->drain_left == 0 ? "NoPodsLeft"
			  : n->drain_waits   ? "WaitsForBudget"
					     : "PodsLeave",
		.message = arena_printf(s->arena, "%zu %s left%s", n->drain_left,
			n->drain_left == 1 ? "pod is" : "pods are", waits),
	};
}

static struct condition reachable(const struct world_node *n)
{
	return (struct condition){
		.type = REACHABLE,
		.status = n->reach == REACH_YES ? "True" : "False",
		.reason = n->reach == REACH_YES ? "SessionEstablished" : n->trouble_reason,
		.message = n->trouble,
		.last_transition_time = stored_instant(n->reach_since),
	};
}

static const char *ready_message(struct world_scratch *s, const struct world_node *n)
{
	if (n->ready)
		return "the agent is connected";
	if (n->told)
		return "the agent says that it can't run pods";
	if (n->trouble)
		return arena_printf(s->arena, "no session with the node's agent: %s", n->trouble);
	return "no session with the node's agent";
}

struct conditions world_node_conditions(
	struct world_scratch *s, const struct world_node *n, const struct conditions *said)
{
	size_t count = said ? said->count : 0;
	struct conditions c = { .items = arena_array(
					s->arena, count + 3 + WORLD_NODE_NOTES, sizeof(c.items[0])) };
	struct condition ready = { .type = "Ready",
		.status = n->ready  ? "True"
			  : n->told ? "False"
				    : "Unknown",
		.reason = n->ready    ? "AgentReady"
			  : n->told   ? "AgentNotReady"
			  : n->status ? "NodeStatusUnknown"
				      : "NodeStatusNeverUpdated",
		.message = ready_message(s, n),
		.last_transition_time = stored_instant(n->ready_since) };

	for (size_t i = 0; i < count; i++)
		if (!str_eq(said->items[i].type, "Ready") && !is_our_condition(said->items[i].type))
			c.items[c.count++] = said->items[i];
	c.items[c.count++] = ready;
	if (n->reach != REACH_UNKNOWN)
		c.items[c.count++] = reachable(n);
	if (n->draining)
		c.items[c.count++] = drained(s, n);
	world_node_notes(s, n, &c);
	return c;
}

/* --- from the tree -------------------------------------------------------------------------------------- */

/* As drained() writes it: "2 pods are left; PodDisruptionBudget/ns/name allows no disruption now". */
static void load_drain(struct world_node *n, const struct condition *c)
{
	const char *waits = strstr(str_or_empty(c->message), "; ");

	n->draining = true;
	n->drain_left = strtoul(str_or_empty(c->message), NULL, 10);
	if (waits)
		n->drain_waits = xstrndup(waits + 2, strcspn(waits + 2, " "));
}

static void load_reach(struct world_node *n, const struct condition *c)
{
	if (str_eq(c->status, "True"))
		world_node_reach(n, REACH_YES, NULL, NULL, c->last_transition_time.value);
	else
		world_node_reach(n, REACH_NO, str_or_empty(c->reason), str_or_empty(c->message),
			c->last_transition_time.value);
}

void world_node_load_conditions(struct world *w, struct world_node *n, const struct conditions *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct condition *c = &list->items[i];

		if (str_eq(c->type, "Drained"))
			load_drain(n, c);
		world_node_note_load(w, n, c);
		if (str_eq(c->type, REACHABLE))
			load_reach(n, c);
		if (!str_eq(c->type, "Ready"))
			continue;
		n->ready = str_eq(c->status, "True");
		n->ready_since = c->last_transition_time.value;
	}
}
