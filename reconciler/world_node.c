/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Nodes in the world and in the tree. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_node(struct world_object *o)
{
	struct world_node *n = world_node(o);

	object_unref(n->status);
	object_unref(n->view);
	for (size_t i = 0; i < n->held.count; i++) {
		struct world_held *h = n->held.entries[i].value;

		free(h->key);
		free(h);
	}
	map_done(&n->held);
	for (size_t i = 0; i < n->stray_count; i++)
		free(n->strays[i]);
	free(n->strays);
	free(n->pods.items);
	free(n->queue.items);
}

static void load_node(struct world *w, struct object *from, struct world_object *o)
{
	struct world_node *n = world_node(o);
	const struct node *node = object_node(from);

	(void)w;
	snprintf(n->pod_cidr, sizeof(n->pod_cidr), "%s", str_or_empty(node->spec.pod_cidr));
	for (size_t i = 0; i < node->status.conditions.count; i++) {
		const struct condition *c = &node->status.conditions.items[i];

		if (!str_eq(c->type, "Ready"))
			continue;
		n->ready = str_eq(c->status, "True");
		n->ready_since = c->last_transition_time.value;
	}
	if (node->status.capacity.count > 0)
		n->status = object_ref(from);
}

static void link_node(struct world *w, struct world_object *o)
{
	struct world_node *n = world_node(o);

	world_node_refresh(w, n);
	n->view_generation = n->o.generation;
}

static struct conditions node_conditions(struct world_scratch *s, const struct world_node *n)
{
	const struct conditions *said = n->status ? &object_node(n->status)->status.conditions : NULL;
	size_t count = said ? said->count : 0;
	struct conditions c = { .items = arena_array(s->arena, count + 1, sizeof(c.items[0])) };
	struct condition ready = { .type = "Ready",
		.status = n->ready    ? "True"
			  : n->status ? "Unknown"
				      : "False",
		.reason = n->ready    ? "AgentReady"
			  : n->status ? "NodeStatusUnknown"
				      : "NodeStatusNeverUpdated",
		.message = n->ready ? "the agent is connected" : "no session with the node's agent",
		.last_transition_time = stored_instant(n->ready_since) };

	for (size_t i = 0; i < count; i++)
		if (!str_eq(said->items[i].type, "Ready"))
			c.items[c.count++] = said->items[i];
	c.items[c.count++] = ready;
	return c;
}

static void *body_node(struct world_scratch *s, const struct world_object *o)
{
	const struct world_node *n = (const struct world_node *)o;
	struct node *b = stored_plain(s, o);
	const struct node_info *info = n->status ? &object_node(n->status)->status.node_info : NULL;
	const struct string_pair labels[] = {
		{ "kubernetes.io/hostname", o->name },
		{ "kubernetes.io/os", "linux" },
		{ "kubernetes.io/arch", info ? info->architecture : NULL },
	};

	b->meta.labels = stored_merge(
		s->arena, &b->meta.labels, NULL, labels, info && info->architecture ? 3 : 2);
	if (n->pod_cidr[0] != '\0') {
		b->spec.pod_cidr = arena_strdup(s->arena, n->pod_cidr);
		b->spec.pod_cidrs.items = arena_alloc(s->arena, sizeof(char *));
		b->spec.pod_cidrs.items[0] = b->spec.pod_cidr;
		b->spec.pod_cidrs.count = 1;
	}
	if (n->status)
		b->status = object_node(n->status)->status;
	b->status.conditions = node_conditions(s, n);
	return b;
}

void world_node_refresh(struct world *w, struct world_node *n)
{
	struct arena *arena = arena_new(2048);
	struct world_scratch s = { .w = w, .arena = arena };
	struct object *view = stored_shell(&s, &kinds[KIND_NODE], body_node(&s, &n->o));
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct object *whole = NULL;

	/* By way of its text, so that the view owns all that it points to. */
	object_write_json(&json, view, 0, NULL);
	arena_free(arena);
	if (object_load_json(text.data, text.len, &whole, NULL) < 0)
		return;
	object_unref(n->view);
	n->view = whole;
	sched_cluster_set_node(w->sched, whole, n->ready);
	w->nodes_changed = true;
}

const struct world_kind world_kind_node = {
	.size = sizeof(struct world_node),
	.free = free_node,
	.load = load_node,
	.link = link_node,
	.body = body_node,
};
