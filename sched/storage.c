/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/storage.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- volumes --------------------------------------------------------------------------------------- */

static struct sched_volume *volume_at(struct sched_storage *s, const char *name)
{
	struct sched_volume *v = map_get(&s->volumes, name);

	if (v)
		return v;
	v = xcalloc(1, sizeof(*v));
	v->name = xstrdup(name);
	map_put(&s->volumes, v->name, v);
	return v;
}

static void volume_free(struct sched_volume *v)
{
	free(v->name);
	free(v);
}

static void volume_drop(struct sched_storage *s, struct sched_volume *v)
{
	if (v->body || v->named > 0)
		return;
	map_remove(&s->volumes, v->name);
	volume_free(v);
}

bool sched_volume_is_of(const struct persistent_volume *v, const struct claim *c)
{
	const struct object_reference *ref = v->spec.claim_ref;

	return ref && c->meta.name && str_eq(ref->name, c->meta.name) &&
	       str_eq(str_or_empty(ref->namespace), str_or_empty(c->meta.namespace)) &&
	       (str_empty(ref->uid) || str_eq(ref->uid, c->meta.uid));
}

/* May it still be the claim's that it is assumed to be? Whose name the claim of an ephemeral volume has isn't known. */
static bool still_of(const struct sched_volume *v)
{
	if (!v->body)
		return false;
	return !v->body->spec.claim_ref || !v->claim->key ||
	       (v->claim->body && sched_volume_is_of(v->body, v->claim->body));
}

static void set_volume(struct sched_storage *s, const char *name, const struct object *new)
{
	struct sched_volume *v = volume_at(s, name);
	struct sched_claim *c = v->claim;

	v->body = new ? object_persistent_volume(new) : NULL;
	if (c && !still_of(v)) {
		sched_storage_release(s, c);
		sched_storage_unsettle(s, c, true);
	}
	volume_drop(s, v);
}

/* --- claims ---------------------------------------------------------------------------------------- */

struct sched_claim *sched_storage_claim(struct sched_storage *s, const char *namespace, const char *name)
{
	_cleanup_(freep) char *key = xasprintf("%s/%s", str_or_empty(namespace), name);
	struct sched_claim *c = map_get(&s->claims, key);

	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->key = TAKE_PTR(key);
		map_put(&s->claims, c->key, c);
	}
	c->refs++;
	return c;
}

struct sched_claim *sched_storage_claim_new(struct sched_storage *s, struct object *template)
{
	struct sched_claim *c = xcalloc(1, sizeof(*c));

	c->number = s->made++;
	c->template = object_ref(template);
	c->body = object_claim(template);
	c->refs = 1;
	return c;
}

static void claim_free(struct sched_claim *c)
{
	object_unref(c->template);
	free(c->key);
	free(c->node);
	free(c);
}

void sched_storage_claim_unref(struct sched_storage *s, struct sched_claim *c)
{
	if (--c->refs > 0)
		return;
	sched_storage_release(s, c);
	sched_storage_unsettle(s, c, false);
	if (c->key)
		map_remove(&s->claims, c->key);
	claim_free(c);
}

static void name_volume(struct sched_storage *s, struct sched_claim *c, const char *name)
{
	struct sched_volume *old = c->names;

	c->names = str_empty(name) ? NULL : volume_at(s, name);
	if (c->names)
		c->names->named++;
	if (!old)
		return;
	old->named--;
	volume_drop(s, old);
}

static void set_claim(struct sched_storage *s, const struct object_meta *meta, const struct object *old,
	const struct object *new)
{
	struct sched_claim *c = sched_storage_claim(s, meta->namespace, meta->name);

	c->body = new ? object_claim(new) : NULL;
	name_volume(s, c, c->body ? c->body->spec.volume_name : NULL);
	if (c->names) {
		sched_storage_release(s, c);
		sched_storage_unsettle(s, c, false);
	} else {
		if (c->volume && !still_of(c->volume))
			sched_storage_release(s, c);
		if (old && !c->volume && !c->node)
			sched_storage_unsettle(s, c, true);
	}
	c->refs += new && !old;
	if (old && !new)
		c->refs--;
	sched_storage_claim_unref(s, c);
}

struct sched_volume *sched_claim_volume(const struct sched_claim *c)
{
	return c->names ? c->names : c->volume;
}

/* --- classes --------------------------------------------------------------------------------------- */

/* Of several the newest, then the first by name (pkg/volume/util GetDefaultClass). */
static bool is_better_default(const struct storage_class *a, const struct storage_class *b)
{
	if (!b || a->meta.creation_timestamp.value != b->meta.creation_timestamp.value)
		return !b || a->meta.creation_timestamp.value > b->meta.creation_timestamp.value;
	return strcmp(a->meta.name, b->meta.name) < 0;
}

static void set_class(struct sched_storage *s, const char *name, const struct object *new)
{
	map_remove(&s->classes, name);
	if (new) {
		const struct storage_class *class = object_storage_class(new);

		/* The map has no use for changing it. */
		map_put(&s->classes, class->meta.name, (void *)(uintptr_t) class);
	}
	s->default_class = NULL;
	for (size_t i = 0; i < s->classes.count; i++) {
		const struct storage_class *class = s->classes.entries[i].value;

		if (storage_class_is_default(class) && is_better_default(class, s->default_class))
			s->default_class = class;
	}
}

const struct storage_class *sched_storage_class(const struct sched_storage *s, const struct claim_spec *c)
{
	if (!c->storage_class_name)
		return s->default_class;
	return *c->storage_class_name != '\0' ? map_get(&s->classes, c->storage_class_name) : NULL;
}

/* --- assumptions ------------------------------------------------------------------------------------ */

void sched_storage_release(struct sched_storage *s, struct sched_claim *c)
{
	/* Where a claim that nobody else knows is provisioned changes nothing for others; likewise below. */
	s->generation += c->volume || (c->node && c->key);
	s->news |= c->volume != NULL;
	if (c->volume)
		c->volume->claim = NULL;
	c->volume = NULL;
	free(c->node);
	c->node = NULL;
	c->tried = NULL;
}

void sched_storage_assume(
	struct sched_storage *s, struct sched_claim *c, struct sched_volume *v, const char *node)
{
	sched_storage_release(s, c);
	sched_storage_unsettle(s, c, false);
	c->volume = v;
	if (v)
		v->claim = c;
	else
		c->node = xstrdup(node);
	s->generation += v || c->key;
}

void sched_storage_unsettle(struct sched_storage *s, struct sched_claim *c, bool unsettled)
{
	if (c->unsettled == unsettled || (unsettled && c->holders == 0))
		return;
	c->unsettled = unsettled;
	if (unsettled) {
		s->unsettled = grow(
			s->unsettled, &s->unsettled_cap, s->unsettled_count + 1, sizeof(s->unsettled[0]));
		s->unsettled[s->unsettled_count++] = c;
		return;
	}
	for (size_t i = 0; i < s->unsettled_count; i++) {
		if (s->unsettled[i] != c)
			continue;
		memmove(&s->unsettled[i], &s->unsettled[i + 1],
			(--s->unsettled_count - i) * sizeof(s->unsettled[0]));
		return;
	}
}

/* --- all of it --------------------------------------------------------------------------------------- */

void sched_storage_object(struct sched_storage *s, const struct object *old, const struct object *new)
{
	const struct object *o = new ? new : old;

	if (o->kind->id == KIND_PERSISTENT_VOLUME)
		set_volume(s, o->meta->name, new);
	else if (o->kind->id == KIND_CLAIM)
		set_claim(s, o->meta, old, new);
	else
		set_class(s, o->meta->name, new);
	s->generation++;
	s->news = true;
}

void sched_storage_done(struct sched_storage *s)
{
	for (size_t i = 0; i < s->volumes.count; i++)
		volume_free(s->volumes.entries[i].value);
	for (size_t i = 0; i < s->claims.count; i++)
		claim_free(s->claims.entries[i].value);
	map_done(&s->volumes);
	map_done(&s->claims);
	map_done(&s->classes);
	free(s->unsettled);
}
