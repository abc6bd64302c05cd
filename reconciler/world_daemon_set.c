/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* DaemonSets in the world and in the tree; what binds each of their pods to its node. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

#define NOTE_FAILURES "pintle.dev/failures"

static void free_daemon(struct world_object *o)
{
	world_roller_done(world_roller(o));
	world_revision_unref(world_daemon_set(o)->fits_for);
	free(world_daemon_set(o)->fits);
}

static void load_daemon(struct world *w, struct object *from, struct world_object *o)
{
	struct world_daemon_set *t = world_daemon_set(o);
	struct world_set *s = &t->r.set;
	const struct daemon_set *b = object_daemon_set(from);

	(void)w;
	s->min_ready_seconds = b->spec.min_ready_seconds;
	s->observed = b->status.observed_generation;
	s->ready = b->status.number_ready;
	s->available = b->status.number_available;
	t->desired = b->status.desired_number_scheduled;
	t->scheduled = b->status.current_number_scheduled;
	t->misscheduled = b->status.number_misscheduled;
	t->updated = b->status.updated_number_scheduled;
	t->unavailable = b->status.number_unavailable;
	t->r.collisions = b->status.collision_count.value;
	stored_load_conditions(&s->conditions, &b->status.conditions);
}

static void *body_daemon(struct world_scratch *s, const struct world_object *o)
{
	const struct world_daemon_set *t = (const struct world_daemon_set *)o;
	struct daemon_set *b = stored_plain(s, o);

	b->status = (struct daemon_set_status){
		.current_number_scheduled = t->scheduled,
		.number_misscheduled = t->misscheduled,
		.desired_number_scheduled = t->desired,
		.number_ready = t->r.set.ready,
		.observed_generation = t->r.set.observed,
		.updated_number_scheduled = t->updated,
		.number_available = t->r.set.available,
		.number_unavailable = t->unavailable,
		.collision_count = stored_some(t->r.collisions),
		.conditions = stored_conditions(s, &t->r.set.conditions),
	};
	return b;
}

/* --- pods ------------------------------------------------------------------------------------------------ */

/*
 * What a daemon pod puts up with (pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations): it stays on nodes that
 * are in trouble, and is made on nodes that take no other pods.
 */
static const struct {
	const char *key, *effect;
	bool host_network; /* only where the pod is in the host's network */
} tolerated[] = {
	{ "node.kubernetes.io/not-ready", "NoExecute", false },
	{ "node.kubernetes.io/unreachable", "NoExecute", false },
	{ "node.kubernetes.io/disk-pressure", "NoSchedule", false },
	{ "node.kubernetes.io/memory-pressure", "NoSchedule", false },
	{ "node.kubernetes.io/pid-pressure", "NoSchedule", false },
	{ "node.kubernetes.io/unschedulable", "NoSchedule", false },
	{ "node.kubernetes.io/network-unavailable", "NoSchedule", true },
};

static void tolerate(struct pod_spec *spec, const char *key, const char *effect)
{
	const struct toleration wanted = { .key = key, .op = "Exists", .effect = effect };
	struct toleration *at = NULL;

	for (size_t i = 0; i < spec->tolerations.count && !at; i++) {
		struct toleration *t = &spec->tolerations.items[i];

		if (str_eq(t->key, key) && str_eq(t->op, "Exists") && str_eq(t->effect, effect) &&
			str_empty(t->value))
			at = t;
	}
	if (!at)
		at = &spec->tolerations.items[spec->tolerations.count++];
	*at = wanted;
}

const struct pod_spec *world_daemon_spec(struct arena *arena, const struct pod_spec *spec)
{
	struct pod_spec *s = arena_alloc(arena, sizeof(*s));
	size_t count = spec->tolerations.count;

	*s = *spec;
	s->tolerations.items = arena_array(
		arena, count + ARRAY_LEN(tolerated), sizeof(s->tolerations.items[0]));
	if (count > 0)
		memcpy(s->tolerations.items, spec->tolerations.items,
			count * sizeof(s->tolerations.items[0]));
	for (size_t i = 0; i < ARRAY_LEN(tolerated); i++)
		if (!tolerated[i].host_network || spec->host_network)
			tolerate(s, tolerated[i].key, tolerated[i].effect);
	return s;
}

/* Required node affinity becomes the node's name: the DaemonSet has looked at what was required already. */
static void bind_to_node(struct arena *a, const char *node, struct pod_spec *spec)
{
	struct affinity *affinity = arena_alloc(a, sizeof(*affinity));
	struct node_affinity *nodes = arena_alloc(a, sizeof(*nodes));
	struct node_selector *required = arena_alloc(a, sizeof(*required));
	struct node_selector_term *term = arena_alloc(a, sizeof(*term));
	struct node_selector_requirement *name = arena_alloc(a, sizeof(*name));

	if (spec->affinity)
		*affinity = *spec->affinity;
	if (affinity->node_affinity)
		*nodes = *affinity->node_affinity;
	name->key = "metadata.name";
	name->op = "In";
	name->values.items = arena_alloc(a, sizeof(name->values.items[0]));
	name->values.items[0] = node;
	name->values.count = 1;
	term->match_fields.items = name;
	term->match_fields.count = 1;
	required->node_selector_terms.items = term;
	required->node_selector_terms.count = 1;
	nodes->required = required;
	affinity->node_affinity = nodes;
	spec->affinity = affinity;
}

static void dress_pod(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct string_pair label = { WORLD_LABEL_REVISION, p->revision->label };
	const struct string_pair note = { NOTE_FAILURES,
		p->ordinal > 0 ? stored_number(s->arena, p->ordinal) : NULL };

	b->meta.labels = stored_merge(s->arena, &b->meta.labels, NULL, &label, 1);
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, &note, 1);
	if (p->pinned)
		bind_to_node(s->arena, p->pinned, &b->spec);
}

static const char *bound_node(const struct pod *stored)
{
	const struct affinity *a = stored->spec.affinity;
	const struct node_selector *required = a && a->node_affinity ? a->node_affinity->required : NULL;
	const struct node_selector_term *term = required && required->node_selector_terms.count > 0
							? required->node_selector_terms.items
							: NULL;

	if (!term || term->match_fields.count == 0 || term->match_fields.items[0].values.count == 0)
		return stored->spec.node_name;
	return term->match_fields.items[0].values.items[0];
}

static void undress_pod(struct world_pod *p, const struct pod *stored)
{
	p->pinned = stored_copy(bound_node(stored));
	p->ordinal = (int32_t)stored_note_int(&stored->meta, NOTE_FAILURES, 0);
}

const struct world_kind world_kind_daemon_set = {
	.size = sizeof(struct world_daemon_set),
	.keeps_pods = true,
	.free = free_daemon,
	.load = load_daemon,
	.body = body_daemon,
	.dress = dress_pod,
	.undress = undress_pod,
	.revision = world_roller_revision,
};
