/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What pods refer to: by kind, and by "namespace/name". */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/part.h"

static bool is_kept(enum kind_id kind)
{
	return kind == KIND_NAMESPACE || kind == KIND_PERSISTENT_VOLUME || kind == KIND_CLAIM ||
	       kind == KIND_STORAGE_CLASS || kind == KIND_DISRUPTION_BUDGET;
}

/* An entry without an object, whose key it is to find by. */
static struct sched_object *entry_new(const char *namespace, const char *name)
{
	size_t first = strlen(str_or_empty(namespace)), second = strlen(name);
	struct sched_object *e = xcalloc(1, sizeof(*e) + first + 1 + second + 1);

	memcpy(e->key, str_or_empty(namespace), first);
	e->key[first] = '/';
	memcpy(e->key + first + 1, name, second);
	return e;
}

static struct sched_object *entry_free(struct sched_object *e)
{
	if (e)
		object_unref(e->object);
	free(e);
	return NULL;
}

static void tell(struct sched_cluster *c, enum kind_id kind, struct object *old, struct object *new)
{
	c->changes++;
	sched_parts_object(c, kind, old, new);
}

void sched_cluster_set_object(struct sched_cluster *c, struct object *o)
{
	struct sched_object *e, *before;
	struct object *old = NULL;

	if (!is_kept(o->kind->id))
		return;
	e = entry_new(o->kind->namespaced ? o->meta->namespace : NULL, o->meta->name);
	before = map_get(&c->objects[o->kind->id], e->key);
	if (before) {
		e = entry_free(e);
		old = before->object;
		before->object = object_ref(o);
	} else {
		e->object = object_ref(o);
		map_put(&c->objects[o->kind->id], e->key, e);
	}
	tell(c, o->kind->id, old, o);
	object_unref(old);
}

void sched_cluster_remove_object(
	struct sched_cluster *c, enum kind_id kind, const char *namespace, const char *name)
{
	struct sched_object *wanted = entry_new(namespace, name),
			    *e = map_remove(&c->objects[kind], wanted->key);

	entry_free(wanted);
	if (!e)
		return;
	tell(c, kind, e->object, NULL);
	entry_free(e);
}

struct object *sched_object_find(
	const struct sched_cluster *c, enum kind_id kind, const char *namespace, const char *name)
{
	struct sched_object *wanted = entry_new(namespace, name),
			    *e = map_get(&c->objects[kind], wanted->key);

	entry_free(wanted);
	return e ? e->object : NULL;
}

void sched_objects_done(struct sched_cluster *c)
{
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < c->objects[kind].count; i++)
			entry_free(c->objects[kind].entries[i].value);
		map_done(&c->objects[kind]);
	}
}
