/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The world from the tree: each stored object becomes what it was written from; then owners, pods and nodes
 * find each other by name. What the tree says is taken as it is: allocations, names and UIDs are never computed again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_waits.h"

/* --- what all kinds share ---------------------------------------------------------------------------------- */

static struct world_origin *load_origin(struct object *o)
{
	const char *digest = string_map_get(&o->meta->annotations, WORLD_NOTE_DIGEST);
	struct world_origin *origin;

	if (!digest)
		return NULL;
	origin = xcalloc(1, sizeof(*origin));
	origin->object = object_ref(o);
	origin->hollow = o->kind->id == KIND_SECRET;
	origin->source = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_SOURCE));
	origin->commit = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_COMMIT));
	origin->held = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_HELD));
	origin->left = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_LEFT));
	origin->change_waits = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_CHANGE_WAITS));
	origin->waits = stored_copy(string_map_get(&o->meta->annotations, WORLD_NOTE_WAITS));
	snprintf(origin->digest, sizeof(origin->digest), "%s", digest);
	return origin;
}

int world_load(struct world *w, const char *json, size_t len, struct err *err)
{
	_cleanup_(object_unrefp) struct object *from = NULL;
	struct world_object *o;
	int r;

	r = object_load_json(json, len, &from, err);
	if (r < 0)
		return r;
	o = world_add(w, from->kind->id, from->meta->namespace, from->meta->name,
		str_or_empty(from->meta->uid), from->meta->creation_timestamp.value);
	if (!o)
		return err_set(
			err, -EEXIST, "%s %s is in the tree twice", from->kind->name, from->meta->name);
	o->deleting = from->meta->deletion_timestamp.value;
	o->generation = from->meta->generation;
	if (str_to_i64(str_or_empty(from->meta->resource_version), &o->version) < 0)
		o->version = 1;
	o->origin = load_origin(from);
	w->has_left |= o->origin && o->origin->left;
	if (world_kind(from->kind->id)->load)
		world_kind(from->kind->id)->load(w, from, o);
	return 0;
}

/* --- the links ---------------------------------------------------------------------------------------------------- */

/* ALL is sorted. */
static void load_limits(struct world *w, const struct world_entry_list *all)
{
	struct objects ranges = { 0 };

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i]->kind->id == KIND_LIMIT_RANGE && all->items[i]->origin)
			objects_add(&ranges, object_ref(all->items[i]->origin->object));
	world_take_limits(w, ranges.items, ranges.count);
	objects_done(&ranges);
}

static void link_all(struct world *w, const struct world_entry_list *all, bool pods)
{
	for (size_t i = 0; i < all->count; i++) {
		struct world_object *o = all->items[i];
		const struct world_kind *kind = world_kind(o->kind->id);

		if (kind->link && (o->kind->id == KIND_POD) == pods)
			kind->link(w, o);
	}
}

/* What has not begun begins as soon as it may, also before git is looked at. (Newer versions come with that.) */
static void load_waits(struct world *w, const struct world_entry_list *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct world_origin *g = all->items[i]->origin;

		if (g && g->waits)
			world_waits_put(w, g->object, str_or_empty(g->commit));
	}
}

void world_load_finish(struct world *w)
{
	struct world_entry_list all = world_entries(w);

	w->has_snapshot = w->commit[0] != '\0';
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_CLUSTER && all.items[i]->origin)
			world_take_cluster(w, object_cluster(all.items[i]->origin->object));
	load_limits(w, &all);
	link_all(w, &all, false);
	world_sched_begin(w);
	link_all(w, &all, true);
	world_pods_loaded(w);
	load_waits(w, &all);
	free(all.items);
	world_dirty_all(w);
}
