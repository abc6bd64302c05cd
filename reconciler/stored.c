/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What all kinds share on their way to the tree and back. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/depends_on.h"
#include "reconciler/stored.h"

/* --- to the tree ------------------------------------------------------------------------------------ */

struct opt_int stored_some(int64_t value)
{
	return (struct opt_int){ .set = value != 0, .value = value };
}

struct opt_int stored_instant(nsec_t t)
{
	return stored_some(t - t % NSEC_PER_SEC);
}

static int pair_cmp(const void *a, const void *b)
{
	const struct string_pair *x = a, *y = b;

	return strcmp(x->key, y->key);
}

struct string_map stored_merge(struct arena *a, const struct string_map *from, const char *strip,
	const struct string_pair *pairs, size_t count)
{
	struct string_map m = { .items = arena_array(a, from->count + count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < from->count; i++) {
		bool replaced = strip && str_starts(from->items[i].key, strip);

		for (size_t k = 0; k < count && !replaced; k++)
			replaced = str_eq(from->items[i].key, pairs[k].key);
		if (!replaced)
			m.items[m.count++] = from->items[i];
	}
	for (size_t k = 0; k < count; k++)
		if (pairs[k].value)
			m.items[m.count++] = pairs[k];
	if (m.count > 1)
		qsort(m.items, m.count, sizeof(m.items[0]), pair_cmp);
	if (m.count == 0)
		m.items = NULL;
	return m;
}

const char *stored_number(struct arena *a, int64_t n)
{
	return arena_printf(a, "%" PRId64, n);
}

void stored_own_by(struct object_meta *m, struct arena *a, const struct world_object *owner)
{
	m->owner_references.items = arena_alloc(a, sizeof(m->owner_references.items[0]));
	m->owner_references.count = 1;
	m->owner_references.items[0] = (struct owner_reference){
		.api_version = owner->kind->api_version,
		.kind = owner->kind->name,
		.name = owner->name,
		.uid = owner->uid,
		.controller = { .set = true, .value = true },
		.block_owner_deletion = { .set = true, .value = true },
	};
}

struct object_meta stored_meta(const struct world_object *o, const struct object_meta *base)
{
	struct object_meta m = base ? *base : (struct object_meta){ 0 };

	m.name = o->name;
	m.namespace = o->namespace;
	m.generate_name = NULL;
	m.uid = o->uid;
	m.generation = o->generation;
	m.creation_timestamp = stored_instant(o->created);
	m.deletion_timestamp = stored_instant(o->deleting);
	m.deletion_grace_period_seconds = (struct opt_int){ 0 };
	m.owner_references.items = NULL;
	m.owner_references.count = 0;
	return m;
}

void stored_add_origin(struct world_scratch *s, const struct world_object *o, struct object_meta *m)
{
	const struct world_origin *g = o->origin;
	const struct string_pair notes[] = {
		{ WORLD_NOTE_SOURCE, g->source },
		{ WORLD_NOTE_COMMIT, g->commit },
		{ WORLD_NOTE_DIGEST, g->digest },
		{ WORLD_NOTE_HELD, g->held },
		{ WORLD_NOTE_LEFT, g->left },
		{ WORLD_NOTE_WAITS, g->waits },
		{ WORLD_NOTE_CHANGE_WAITS, g->change_waits },
		/* A pod has no other annotations of ours, but for these, which say how it is dealt with. */
		{ ANNOTATION_DEPENDS_ON,
			string_map_get(&g->object->meta->annotations, ANNOTATION_DEPENDS_ON) },
		{ ANNOTATION_PRUNE, string_map_get(&g->object->meta->annotations, ANNOTATION_PRUNE) },
	};

	m->annotations = stored_merge(s->arena, &m->annotations, NULL, notes, ARRAY_LEN(notes));
}

struct object_meta stored_meta_of_origin(struct world_scratch *s, const struct world_object *o)
{
	struct object_meta m = stored_meta(o, o->origin ? o->origin->object->meta : NULL);

	if (o->origin)
		stored_add_origin(s, o, &m);
	return m;
}

struct object *stored_shell(struct world_scratch *s, const struct kind *kind, void *body)
{
	struct object *o = arena_alloc(s->arena, sizeof(*o));

	o->kind = kind;
	o->body = body;
	o->meta = body;
	o->refs = 1;
	return o;
}

struct conditions stored_conditions(struct world_scratch *s, const struct world_conditions *from)
{
	struct conditions c = { .items = arena_array(s->arena, from->count + 1, sizeof(c.items[0])) };

	for (size_t i = 0; i < from->count; i++) {
		const struct world_condition *w = &from->items[i];

		c.items[c.count++] = (struct condition){
			.type = w->type,
			.status = w->status,
			.reason = w->reason,
			.message = w->message,
			.last_update_time = stored_instant(w->updated),
			.last_transition_time = stored_instant(w->transitioned),
		};
	}
	return c;
}

void *stored_plain(struct world_scratch *s, const struct world_object *o)
{
	struct object_meta *body = arena_alloc(s->arena, o->kind->schema->size);

	if (o->origin)
		memcpy(body, o->origin->object->body, o->kind->schema->size);
	*body = stored_meta_of_origin(s, o);
	return body;
}

/* --- from the tree ---------------------------------------------------------------------------------- */

/* TEXT as a constant: one of WORDS, or the first of them where it is none. */
static const char *constant(const char *const *words, const char *text)
{
	for (size_t i = 0; words[i]; i++)
		if (str_eq(words[i], text))
			return words[i];
	return words[0];
}

static const char *const condition_types[] = { "Progressing", "Available", "ReplicaFailure", "RolledBack",
	"Suspended", "SuccessCriteriaMet", "FailureTarget", "Complete", "Failed", "DisruptionAllowed",
	"AbleToScale", "ScalingActive", "ScalingLimited", NULL };
static const char *const condition_statuses[] = { "Unknown", "True", "False", NULL };

struct world_object *stored_owner(
	const struct world *w, const struct object_meta *m, enum kind_id kind, const char *namespace)
{
	const struct owner_reference *owner = meta_controller(m);
	struct world_object *o = owner && str_eq(owner->kind, kinds[kind].name)
					 ? world_find(w, kind, namespace, owner->name)
					 : NULL;

	return o && str_eq(o->uid, owner->uid) ? o : NULL;
}

void stored_load_conditions(struct world_conditions *ret, const struct conditions *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct condition *from = &c->items[i];
		const char *type = constant(condition_types, from->type);
		struct world_condition *to;

		if (!str_eq(type, from->type) || world_condition_get(ret, type) ||
			ret->count == WORLD_CONDITIONS)
			continue;
		to = &ret->items[ret->count++];
		to->type = type;
		to->status = constant(condition_statuses, from->status);
		to->reason = xstrdup(str_or_empty(from->reason));
		to->message = xstrdup(str_or_empty(from->message));
		to->updated = from->last_update_time.value;
		to->transitioned = from->last_transition_time.value;
	}
}

char *stored_copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

int64_t stored_note_int(const struct object_meta *m, const char *key, int64_t missing)
{
	const char *text = string_map_get(&m->annotations, key);
	int64_t n;

	return text && str_to_i64(text, &n) == 0 ? n : missing;
}

void stored_conditions_done(struct world_conditions *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].reason);
		free(c->items[i].message);
	}
}
