/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is odd about a node's agent, as conditions. A restart reads them back, so that they go when it is over. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

#define PODS_KNOWN "PodsKnown"
#define DUPLICATE "DuplicateNode"
#define SKEWED "ClockSkewed"
#define AGENT_OF "its agent is that of node "
#define CLOCK "its clock is "
#define LEAVING "Leaving"

bool world_node_is_note(const char *type)
{
	static const char *const types[] = { PODS_KNOWN, DUPLICATE, SKEWED, LEAVING };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(types[i], type))
			return true;
	return false;
}

/* --- to the tree ----------------------------------------------------------------------------------------- */

static const struct condition pods_unknown = {
	.type = PODS_KNOWN,
	.status = "False",
	.reason = "MayHoldOthers",
	.message = "its agent may hold pods that are not in the actual tree: pods of StatefulSets wait until "
		   "it has told which, or pintle.dev/node-out-of-service says that it is off",
};

static const struct condition leaving = {
	.type = LEAVING,
	.status = "True",
	.reason = "LeftGit",
	.message = "git has it no more: it leaves when its agent has removed its pods",
};

static struct condition agent_of_another(struct world_scratch *s, const struct world_node *n)
{
	return (struct condition){ .type = DUPLICATE,
		.status = "True",
		.reason = "AgentOfAnother",
		.message = arena_printf(s->arena,
			AGENT_OF "%s, which is in git as well: take one of the two out of git, or give this "
				 "one an agent of its own (pintle-agent purge, where it was copied)",
			n->agent_of) };
}

/* Another Node that leads to N's agent, by name the first; NULL: none. */
static const struct world_node *double_of(const struct world *w, const struct world_node *n)
{
	const struct world_node *first = NULL;

	for (size_t i = 0; w->duplicates > 0 && i < w->of_kind[KIND_NODE].count; i++) {
		const struct world_node *o = world_node(w->of_kind[KIND_NODE].items[i]);

		if (str_eq(o->agent_of, n->o.name) && (!first || strcmp(o->o.name, first->o.name) < 0))
			first = o;
	}
	return first;
}

static struct condition has_double(struct world_scratch *s, const struct world_node *by)
{
	return (struct condition){ .type = DUPLICATE,
		.status = "True",
		.reason = "LedToByAnother",
		.message = arena_printf(
			s->arena, "node %s leads to its agent too, and is refused there", by->o.name) };
}

static struct condition clock_skewed(struct world_scratch *s, const struct world_node *n)
{
	return (struct condition){ .type = SKEWED,
		.status = "True",
		.reason = "ClockDiffers",
		.message = arena_printf(s->arena,
			CLOCK "%" PRId64
			      " s %s pintled's: the times that its agent tells are corrected by that; "
			      "set its clock (NTP)",
			n->skew < 0 ? -n->skew : n->skew, n->skew < 0 ? "behind" : "ahead of") };
}

void world_node_notes(struct world_scratch *s, const struct world_node *n, struct conditions *list)
{
	const struct world_node *other = double_of(n->world, n);

	if (n->pods_unknown)
		list->items[list->count++] = pods_unknown;
	if (n->leaving)
		list->items[list->count++] = leaving;
	if (n->agent_of)
		list->items[list->count++] = agent_of_another(s, n);
	else if (other)
		list->items[list->count++] = has_double(s, other);
	if (n->skew != 0)
		list->items[list->count++] = clock_skewed(s, n);
}

/* --- from the tree ---------------------------------------------------------------------------------------- */

static void load_agent_of(struct world *w, struct world_node *n, const char *text)
{
	if (!str_starts(text, AGENT_OF))
		return;
	text += strlen(AGENT_OF);
	n->agent_of = xstrndup(text, strcspn(text, ","));
	w->duplicates++;
}

static void load_skew(struct world_node *n, const char *text)
{
	char *end;

	if (!str_starts(text, CLOCK))
		return;
	n->skew = strtoll(text + strlen(CLOCK), &end, 10);
	if (str_starts(end, " s behind"))
		n->skew = -n->skew;
}

void world_node_note_load(struct world *w, struct world_node *n, const struct condition *c)
{
	const char *text = str_or_empty(c->message);

	if (str_eq(c->type, PODS_KNOWN))
		n->pods_unknown = true;
	else if (str_eq(c->type, LEAVING))
		n->leaving = true;
	else if (str_eq(c->type, DUPLICATE) && !n->agent_of)
		load_agent_of(w, n, text);
	else if (str_eq(c->type, SKEWED))
		load_skew(n, text);
}
