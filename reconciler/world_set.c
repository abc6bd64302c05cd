/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ReplicaSets in the world and in the tree. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

void world_set_done(struct world_set *s)
{
	world_revision_unref(s->revision);
	world_revision_unref(s->admitted);
	free(s->pods.items);
	free(s->commit);
	free(s->history);
	stored_conditions_done(&s->conditions);
}

static void free_set(struct world_object *o)
{
	world_set_done(world_set(o));
}

void world_set_load_status(struct world_set *s, const struct replica_set_status *from)
{
	s->observed = from->observed_generation;
	s->replicas = from->replicas;
	s->labeled = from->fully_labeled_replicas;
	s->ready = from->ready_replicas;
	s->available = from->available_replicas;
	stored_load_conditions(&s->conditions, &from->conditions);
}

struct replica_set_status world_set_status(struct world_scratch *s, const struct world_set *t)
{
	return (struct replica_set_status){
		.replicas = t->replicas,
		.fully_labeled_replicas = t->labeled,
		.ready_replicas = t->ready,
		.available_replicas = t->available,
		.observed_generation = t->observed,
		.conditions = stored_conditions(s, &t->conditions),
	};
}

static void load_set(struct world *w, struct object *from, struct world_object *o)
{
	struct world_set *s = world_set(o);
	const struct replica_set *rs = object_replica_set(from);

	s->wanted = rs->spec.replicas;
	s->min_ready_seconds = rs->spec.min_ready_seconds;
	s->desired = stored_note_int(from->meta, WORLD_NOTE_DESIRED, s->wanted);
	s->max = stored_note_int(from->meta, WORLD_NOTE_MAX, s->wanted);
	s->number = stored_note_int(from->meta, WORLD_NOTE_REVISION, 0);
	s->history = stored_copy(string_map_get(&from->meta->annotations, WORLD_NOTE_HISTORY));
	s->was_complete = str_eq(string_map_get(&from->meta->annotations, WORLD_NOTE_COMPLETE), "true");
	if (!o->origin)
		s->commit = stored_copy(string_map_get(&from->meta->annotations, WORLD_NOTE_COMMIT));
	snprintf(s->hash, sizeof(s->hash), "%s",
		str_or_empty(string_map_get(&from->meta->labels, WORLD_LABEL_HASH)));
	world_set_revision(w, s, world_revision_new(from, o->namespace, &rs->spec.template));
	world_set_load_status(s, &rs->status);
}

static void link_set(struct world *w, struct world_object *o)
{
	struct world_set *s = world_set(o);
	struct world_object *owner = stored_owner(
		w, s->revision->holder->meta, KIND_DEPLOYMENT, o->namespace);

	if (owner)
		world_set_join(w, s, world_deployment(owner));
}

static struct label_selector *hashed_selector(
	struct world_scratch *s, const struct label_selector *from, const char *hash)
{
	struct label_selector *sel = arena_alloc(s->arena, sizeof(*sel));
	const struct string_pair pair = { WORLD_LABEL_HASH, hash };

	if (from)
		*sel = *from;
	sel->match_labels = stored_merge(s->arena, &sel->match_labels, NULL, &pair, 1);
	return sel;
}

/* Of a Deployment's annotations, those that its sets have too: kubernetes.io/change-cause and what people write. */
bool world_set_note_is_copied(const char *key)
{
	static const char *const others[] = { "deployment.kubernetes.io/", "pintle.dev/" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_starts(key, others[i]))
			return false;
	return !str_eq(key, "kubectl.kubernetes.io/last-applied-configuration");
}

/* Those of the manifest, or of the stored set, that the set has its template from. */
static struct string_map copied_notes(struct world_scratch *s, const struct world_set *t)
{
	const struct string_map *from = &t->revision->holder->meta->annotations;
	struct string_map m = { .items = arena_array(s->arena, from->count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < from->count; i++)
		if (world_set_note_is_copied(from->items[i].key))
			m.items[m.count++] = from->items[i];
	return m;
}

/* A set that a Deployment made: template and selector are the Deployment's, each with the hash. */
static void deployed_set(struct world_scratch *s, const struct world_set *t, struct replica_set *b)
{
	const struct string_pair hash = { WORLD_LABEL_HASH, t->hash };
	const struct string_pair notes[] = {
		{ WORLD_NOTE_DESIRED, stored_number(s->arena, t->desired) },
		{ WORLD_NOTE_MAX, stored_number(s->arena, t->max) },
		{ WORLD_NOTE_REVISION, stored_number(s->arena, t->number) },
		{ WORLD_NOTE_HISTORY, t->history },
		{ WORLD_NOTE_COMMIT, t->commit },
		{ WORLD_NOTE_COMPLETE, t->was_complete ? "true" : NULL },
	};
	const struct string_map copied = copied_notes(s, t);
	const struct label_selector *selector =
		t->deployment ? object_deployment(t->deployment->o.origin->object)->spec.selector : NULL;

	b->meta = stored_meta(&t->o, NULL);
	b->spec.template = t->revision->template;
	b->spec.template.meta.labels = stored_merge(
		s->arena, &t->revision->template.meta.labels, NULL, &hash, 1);
	b->meta.labels = b->spec.template.meta.labels;
	b->meta.annotations = stored_merge(s->arena, &copied, NULL, notes, ARRAY_LEN(notes));
	b->spec.selector = hashed_selector(s, selector, t->hash);
	if (t->deployment)
		stored_own_by(&b->meta, s->arena, &t->deployment->o);
}

static void *body_set(struct world_scratch *s, const struct world_object *o)
{
	const struct world_set *t = (const struct world_set *)o;
	struct replica_set *b = stored_plain(s, o);

	if (!o->origin)
		deployed_set(s, t, b);
	b->spec.replicas = t->wanted;
	b->spec.min_ready_seconds = t->min_ready_seconds;
	b->status = world_set_status(s, t);
	return b;
}

/* A pod of a Deployment's set carries the set's hash. */
static void dress_pod(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct string_pair hash = { WORLD_LABEL_HASH, p->set->hash };

	if (p->set->hash[0] != '\0')
		b->meta.labels = stored_merge(s->arena, &b->meta.labels, NULL, &hash, 1);
}

static struct world_revision *pod_revision(struct world *w, struct world_set *s, size_t i)
{
	return i == 0 ? world_set_admitted(w, s) : NULL;
}

const struct world_kind world_kind_replica_set = {
	.size = sizeof(struct world_set),
	.keeps_pods = true,
	.free = free_set,
	.load = load_set,
	.link = link_set,
	.body = body_set,
	.dress = dress_pod,
	.revision = pod_revision,
};
