/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Claims in the world and in the tree: of git, or made by a StatefulSet for one of its pods. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_claim(struct world_object *o)
{
	struct world_claim *c = world_claim(o);

	object_unref(c->made);
	free(c->owner_name);
}

static void load_claim(struct world *w, struct object *from, struct world_object *o)
{
	struct world_claim *c = world_claim(o);
	const struct owner_reference *owner = from->meta->owner_references.count > 0
						      ? &from->meta->owner_references.items[0]
						      : NULL;

	(void)w;
	c->made = object_ref(from);
	if (!owner)
		return;
	c->owner_kind = str_eq(owner->kind, kinds[KIND_POD].name) ? KIND_POD : KIND_STATEFUL_SET;
	c->owner_name = stored_copy(owner->name);
	snprintf(c->owner_uid, sizeof(c->owner_uid), "%s", str_or_empty(owner->uid));
}

static void link_claim(struct world *w, struct world_object *o)
{
	const struct world_claim *c = world_claim(o);
	struct world_object *pod = c->owner_name && c->owner_kind == KIND_POD
					   ? world_find(w, KIND_POD, o->namespace, c->owner_name)
					   : NULL;

	if (pod && str_eq(pod->uid, c->owner_uid))
		world_pod(pod)->owns_claims = true;
}

/* Neither the owner's controller nor in the way of its deletion, as Kubernetes has it. */
static void own_by(struct object_meta *m, struct arena *a, const struct world_claim *c)
{
	m->owner_references.items = arena_alloc(a, sizeof(m->owner_references.items[0]));
	m->owner_references.count = 1;
	m->owner_references.items[0] = (struct owner_reference){
		.api_version = kinds[c->owner_kind].api_version,
		.kind = kinds[c->owner_kind].name,
		.name = c->owner_name,
		.uid = c->owner_uid,
	};
}

static void *body_claim(struct world_scratch *s, const struct world_object *o)
{
	const struct world_claim *c = (const struct world_claim *)o;
	struct claim *b = stored_plain(s, o);

	if (!o->origin && c->made) {
		*b = *object_claim(c->made);
		b->meta = stored_meta(o, c->made->meta);
	}
	if (c->made)
		b->status = object_claim(c->made)->status;
	if (!b->status.phase)
		b->status.phase = "Pending";
	if (c->owner_name)
		own_by(&b->meta, s->arena, c);
	return b;
}

void world_claim_own(struct world_claim *c, struct world_object *owner)
{
	free(c->owner_name);
	c->owner_name = owner ? xstrdup(owner->name) : NULL;
	c->owner_uid[0] = '\0';
	if (!owner)
		return;
	c->owner_kind = owner->kind->id;
	memcpy(c->owner_uid, owner->uid, sizeof(c->owner_uid));
	if (owner->kind->id == KIND_POD)
		world_pod(owner)->owns_claims = true;
}

const struct world_kind world_kind_claim = {
	.size = sizeof(struct world_claim),
	.free = free_claim,
	.load = load_claim,
	.link = link_claim,
	.body = body_claim,
};
