/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* StatefulSets in the world and in the tree, and what makes each of their pods somebody. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

#define NOTE_WAS_READY "pintle.dev/was-ready"

static void free_stateful(struct world_object *o)
{
	world_roller_done(world_roller(o));
}

static void load_stateful(struct world *w, struct object *from, struct world_object *o)
{
	struct world_stateful_set *t = world_stateful_set(o);
	struct world_set *s = &t->r.set;
	const struct stateful_set *b = object_stateful_set(from);

	(void)w;
	s->wanted = stored_note_int(from->meta, WORLD_NOTE_KEPT, b->spec.replicas);
	s->min_ready_seconds = b->spec.min_ready_seconds;
	s->observed = b->status.observed_generation;
	s->replicas = b->status.replicas;
	s->ready = b->status.ready_replicas;
	s->available = b->status.available_replicas;
	t->current_count = b->status.current_replicas;
	t->updated = b->status.updated_replicas;
	t->r.collisions = b->status.collision_count.value;
	stored_load_conditions(&s->conditions, &b->status.conditions);
}

static void *body_stateful(struct world_scratch *s, const struct world_object *o)
{
	const struct world_stateful_set *t = (const struct world_stateful_set *)o;
	struct stateful_set *b = stored_plain(s, o);
	const struct string_pair kept = { WORLD_NOTE_KEPT,
		o->origin && o->origin->held ? stored_number(s->arena, t->r.set.wanted) : NULL };

	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, &kept, 1);
	b->status = (struct stateful_set_status){
		.observed_generation = t->r.set.observed,
		.replicas = t->r.set.replicas,
		.ready_replicas = t->r.set.ready,
		.available_replicas = t->r.set.available,
		.current_replicas = t->current_count,
		.updated_replicas = t->updated,
		.current_revision = t->current ? t->current->o.name : NULL,
		.update_revision = t->r.update ? t->r.update->o.name : NULL,
		.collision_count = stored_some(t->r.collisions),
		.conditions = stored_conditions(s, &t->r.set.conditions),
	};
	return b;
}

/* --- pods ------------------------------------------------------------------------------------------------ */

static bool is_claim(const struct stateful_set_spec *spec, const char *volume)
{
	for (size_t i = 0; i < spec->volume_claim_templates.count; i++)
		if (str_eq(spec->volume_claim_templates.items[i].meta.name, volume))
			return true;
	return false;
}

/* The claims first, and in the place of volumes that have their names, as Kubernetes does. */
static void dress_volumes(struct world_scratch *s, const struct stateful_set_spec *spec,
	const struct world_pod *p, struct pod *b)
{
	size_t claims = spec->volume_claim_templates.count, count = b->spec.volumes.count;
	struct volume *items = arena_array(s->arena, claims + count, sizeof(items[0]));
	size_t n = 0;

	for (size_t i = 0; i < claims; i++) {
		const char *name = spec->volume_claim_templates.items[i].meta.name;
		struct claim_source *source = arena_alloc(s->arena, sizeof(*source));

		source->claim_name = arena_printf(s->arena, "%s-%s", name, p->o.name);
		items[n++] = (struct volume){ .name = name, .persistent_volume_claim = source };
	}
	for (size_t i = 0; i < count; i++)
		if (!is_claim(spec, b->spec.volumes.items[i].name))
			items[n++] = b->spec.volumes.items[i];
	b->spec.volumes.items = items;
	b->spec.volumes.count = n;
}

static void dress_pod(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct stateful_set_spec *spec = &object_stateful_set(p->set->o.origin->object)->spec;
	const struct string_pair note = { NOTE_WAS_READY, p->was_ready && !p->ready ? "true" : NULL };
	const struct string_pair labels[] = {
		{ WORLD_LABEL_REVISION, p->revision->label },
		{ WORLD_LABEL_POD_NAME, p->o.name },
		{ WORLD_LABEL_POD_INDEX, stored_number(s->arena, p->ordinal) },
	};

	b->meta.labels = stored_merge(s->arena, &b->meta.labels, NULL, labels, ARRAY_LEN(labels));
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, &note, 1);
	b->spec.hostname = p->o.name;
	b->spec.subdomain = spec->service_name;
	if (spec->volume_claim_templates.count > 0)
		dress_volumes(s, spec, p, b);
}

static void undress_pod(struct world_pod *p, const struct pod *stored)
{
	const char *ordinal = string_map_get(&stored->meta.labels, WORLD_LABEL_POD_INDEX);
	int64_t n = 0;

	if (ordinal && str_to_i64(ordinal, &n) == 0)
		p->ordinal = (int32_t)n;
	p->was_ready |= string_map_get(&stored->meta.annotations, NOTE_WAS_READY) != NULL;
}

const struct world_kind world_kind_stateful_set = {
	.size = sizeof(struct world_stateful_set),
	.keeps_pods = true,
	.free = free_stateful,
	.load = load_stateful,
	.body = body_stateful,
	.dress = dress_pod,
	.undress = undress_pod,
	.revision = world_roller_revision,
};
