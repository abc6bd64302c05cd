/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Deployments in the world and in the tree. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_deployment(struct world_object *o)
{
	struct world_deployment *d = world_deployment(o);

	world_revision_unref(d->revision);
	free(d->sets);
	free(d->distrusted);
	stored_conditions_done(&d->conditions);
}

static void load_deployment(struct world *w, struct object *from, struct world_object *o)
{
	struct world_deployment *d = world_deployment(o);
	const struct deployment_status *s = &object_deployment(from)->status;

	(void)w;
	d->collisions = s->collision_count.value;
	d->revision_number = stored_note_int(from->meta, WORLD_NOTE_REVISION, 0);
	d->distrusted = stored_copy(string_map_get(&from->meta->annotations, WORLD_NOTE_DISTRUSTED));
	snprintf(d->distrusted_key, sizeof(d->distrusted_key), "%s",
		str_or_empty(string_map_get(&from->meta->annotations, WORLD_NOTE_DISTRUSTED_KEY)));
	d->observed = s->observed_generation;
	d->replicas = s->replicas;
	d->updated = s->updated_replicas;
	d->ready = s->ready_replicas;
	d->available = s->available_replicas;
	d->unavailable = s->unavailable_replicas;
	stored_load_conditions(&d->conditions, &s->conditions);
}

static void *body_deployment(struct world_scratch *s, const struct world_object *o)
{
	const struct world_deployment *d = (const struct world_deployment *)o;
	struct deployment *b = stored_plain(s, o);
	const struct string_pair notes[] = {
		{ WORLD_NOTE_REVISION,
			d->revision_number > 0 ? stored_number(s->arena, d->revision_number) : NULL },
		{ WORLD_NOTE_DISTRUSTED, d->distrusted },
		{ WORLD_NOTE_DISTRUSTED_KEY, d->distrusted_key[0] != '\0' ? d->distrusted_key : NULL },
	};

	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, notes, ARRAY_LEN(notes));
	b->status = (struct deployment_status){
		.observed_generation = d->observed,
		.replicas = d->replicas,
		.updated_replicas = d->updated,
		.ready_replicas = d->ready,
		.available_replicas = d->available,
		.unavailable_replicas = d->unavailable,
		.collision_count = stored_some(d->collisions),
		.conditions = stored_conditions(s, &d->conditions),
	};
	return b;
}

const struct world_kind world_kind_deployment = {
	.size = sizeof(struct world_deployment),
	.free = free_deployment,
	.load = load_deployment,
	.body = body_deployment,
};
