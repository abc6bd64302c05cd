/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ControllerRevisions in the world and in the tree: the templates of StatefulSets and DaemonSets. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

#define LABEL_HASH "controller.kubernetes.io/hash"

static void free_history(struct world_object *o)
{
	struct world_controller_revision *h = world_controller_revision(o);

	world_revision_unref(h->template);
	world_revision_unref(h->admitted);
}

/* Which label has the hash depends on the owner; its pods have the DaemonSet's hash, the StatefulSet's whole name. */
static void load_history(struct world *w, struct object *from, struct world_object *o)
{
	struct world_controller_revision *h = world_controller_revision(o);
	const struct controller_revision *c = object_controller_revision(from);
	const char *hash = string_map_get(&from->meta->labels, LABEL_HASH);
	const char *label = hash ? from->meta->name
				 : string_map_get(&from->meta->labels, WORLD_LABEL_REVISION);

	(void)w;
	h->number = c->revision;
	snprintf(h->hash, sizeof(h->hash), "%s", str_or_empty(hash ? hash : label));
	h->template = world_revision_new(from, o->namespace, &c->data.spec.template.template);
	h->template->label = stored_copy(label);
}

static void link_history(struct world *w, struct world_object *o)
{
	struct world_controller_revision *h = world_controller_revision(o);
	const struct object_meta *meta = h->template->holder->meta;
	struct world_object *owner = stored_owner(w, meta, KIND_STATEFUL_SET, o->namespace);

	if (!owner)
		owner = stored_owner(w, meta, KIND_DAEMON_SET, o->namespace);
	if (owner)
		world_history_join(w, h, world_roller(owner));
}

static void *body_history(struct world_scratch *s, const struct world_object *o)
{
	const struct world_controller_revision *h = (const struct world_controller_revision *)o;
	struct controller_revision *b = arena_alloc(s->arena, sizeof(*b));
	bool numbered = h->owner && h->owner->set.o.kind->id == KIND_STATEFUL_SET;
	const struct string_pair hash = { numbered ? LABEL_HASH : WORLD_LABEL_REVISION, h->hash };

	b->meta = stored_meta(o, NULL);
	b->meta.labels = stored_merge(s->arena, &h->template->template.meta.labels, NULL, &hash, 1);
	if (h->owner)
		stored_own_by(&b->meta, s->arena, &h->owner->set.o);
	b->data.spec.template.template = h->template->template;
	b->data.spec.template.patch = "replace";
	b->revision = h->number;
	return b;
}

/* --- a workload's templates ---------------------------------------------------------------------------- */

/* The one that was current when the StatefulSet was stored. */
static bool was_current(const struct world_roller *r, const struct world_controller_revision *h)
{
	return r->set.o.kind->id == KIND_STATEFUL_SET && r->set.o.origin &&
	       str_eq(object_stateful_set(r->set.o.origin->object)->status.current_revision, h->o.name);
}

void world_history_join(struct world *w, struct world_controller_revision *h, struct world_roller *r)
{
	h->owner = r;
	r->history = grow(r->history, &r->history_cap, r->history_count + 1, sizeof(r->history[0]));
	r->history[r->history_count++] = h;
	if (!r->update || r->update->number < h->number)
		r->update = h;
	if (was_current(r, h))
		((struct world_stateful_set *)r)->current = h;
	world_users_join(w, h->template, &r->set.o);
}

void world_history_leave(struct world *w, struct world_controller_revision *h)
{
	struct world_roller *r = h->owner;

	for (size_t i = 0; r && i < r->history_count; i++) {
		if (r->history[i] != h)
			continue;
		r->history[i] = r->history[--r->history_count];
		world_users_leave(w, h->template, &r->set.o);
		break;
	}
	if (r && r->update == h)
		r->update = NULL;
	h->owner = NULL;
}

static struct world_revision *admit(const struct world *w, const struct world_controller_revision *h)
{
	struct pod_template template = h->template->template;
	struct arena *arena = h->template->holder->arena;
	const struct pod_spec *plain = &h->template->template.spec, *spec = plain;
	struct world_revision *r;

	if (h->owner->set.o.kind->id == KIND_DAEMON_SET)
		spec = world_daemon_spec(arena, spec);
	spec = world_limit(w, h->o.namespace, arena, spec);
	if (spec == plain)
		return world_revision_ref(h->template);
	template.spec = *spec;
	r = world_revision_new(h->template->holder, h->o.namespace, &template);
	r->label = stored_copy(h->template->label);
	return r;
}

struct world_revision *world_history_admitted(struct world *w, struct world_controller_revision *h)
{
	if (!h->admitted || h->admitted_version != w->limits_version) {
		world_revision_unref(h->admitted);
		h->admitted = admit(w, h);
		h->admitted_version = w->limits_version;
	}
	return world_revision_ref(h->admitted);
}

void world_roller_done(struct world_roller *r)
{
	world_set_done(&r->set);
	free(r->history);
}

struct world_revision *world_roller_revision(struct world *w, struct world_set *s, size_t i)
{
	struct world_roller *r = world_roller(&s->o);

	/* The newest first; again in its turn, which nobody will have to wait for. */
	if (i == 0 && r->update)
		return world_history_admitted(w, r->update);
	i -= r->update != NULL;
	return i < r->history_count ? world_history_admitted(w, r->history[i]) : NULL;
}

const struct world_kind world_kind_controller_revision = {
	.size = sizeof(struct world_controller_revision),
	.free = free_history,
	.load = load_history,
	.link = link_history,
	.body = body_history,
};
