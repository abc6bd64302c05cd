/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Numbers of replicas that are not the manifest's: the object in force is a copy of the manifest's with another number, so that
 * whoever goes by it need not know. The tree has that copy, and so does a world that is read from it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/world_internal.h"

/* Where a kind has its number; 0: it has none. */
static size_t offset_of(const struct object *o)
{
	static const size_t offsets[KIND_COUNT] = {
		[KIND_DEPLOYMENT] = offsetof(struct deployment, spec.replicas),
		[KIND_REPLICA_SET] = offsetof(struct replica_set, spec.replicas),
		[KIND_REPLICATION_CONTROLLER] = offsetof(struct replication_controller, spec.replicas),
		[KIND_STATEFUL_SET] = offsetof(struct stateful_set, spec.replicas),
	};

	return offsets[o->kind->id];
}

static int64_t *replicas_at(const struct object *o)
{
	return (int64_t *)(void *)((char *)o->body + offset_of(o));
}

bool world_scales(const struct world_object *o)
{
	return o->origin && offset_of(o->origin->object) > 0;
}

int64_t world_replicas(const struct world_object *o)
{
	return *replicas_at(o->origin->object);
}

/* A copy that shares nothing with O, by way of its text. */
static struct object *copy_with(const struct object *o, int64_t replicas)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct object *copy;

	object_write_json(&json, o, 0, NULL);
	if (object_load_json(text.data, text.len, &copy, NULL) < 0)
		return NULL;
	copy->path = o->path ? arena_strdup(copy->arena, o->path) : NULL;
	copy->line = o->line;
	copy->col = o->col;
	*replicas_at(copy) = replicas;
	schema_hash(copy->kind->schema, copy->body, copy->hash);
	return copy;
}

static void scale(struct world_origin *g, struct opt_int replicas)
{
	struct object *manifest = g->manifest ? g->manifest : g->object;
	struct object *copy = NULL;

	g->scaled = replicas;
	if (replicas.set && *replicas_at(manifest) != replicas.value)
		copy = copy_with(manifest, replicas.value);
	if (copy) {
		if (g->manifest)
			object_unref(g->object);
		g->manifest = manifest;
		g->object = copy;
	} else if (g->manifest) {
		object_unref(g->object);
		g->object = TAKE_PTR(g->manifest);
	}
}

void world_scale(struct world *w, struct world_object *o, struct opt_int replicas)
{
	int64_t before = world_replicas(o);

	scale(o->origin, replicas);
	if (world_replicas(o) == before)
		return;
	o->generation++;
	world_touch(w, o);
	world_dirty(w, o);
}

void world_origin_follow(struct world_origin *g, const struct world_origin *before)
{
	if (before->scaled.set && offset_of(g->object) > 0)
		scale(g, before->scaled);
}
