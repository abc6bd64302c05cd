/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What git says against what the world holds of it. An object is the same when its digest is the same; then only
 * its place may have moved. Each case of the three-way rule:
 *
 *   git   world               then
 *   has   nothing             created
 *   has   of git, same        taken over (place and pointer), nothing to do
 *   has   of git, other       its new generation; its controller looks at it
 *   has   that has left git   taken over again, as the two above
 *   has   implicit            adopted (Namespace, Node, a StatefulSet's claim)
 *   has   a controller's own  refused with an event: NameTaken
 *   none  of git, never prune left as it is, and says since when (pintle.dev/prune: Never)
 *   none  of git              removed, with all that its controller made of it
 *   none  anything else       left alone
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/control/control.h"
#include "reconciler/immutable.h"
#include "reconciler/prune.h"

/* --- origins -------------------------------------------------------------------------------------------- */

static char *held_text(const struct object *o)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (o->held_count == 0)
		return NULL;
	for (size_t i = 0; i < o->held_count; i++)
		buf_addf(&text, "%s%s", i > 0 ? ", " : "", o->held[i]);
	return buf_take(&text);
}

static struct world_origin *origin_new(const struct world *w, struct object *o, const char *commit)
{
	struct world_origin *g = xcalloc(1, sizeof(*g));

	g->object = object_ref(o);
	/* What a kustomization was built to has no lines of its own. */
	g->source = !o->path  ? xstrdup("-")
		    : o->line ? xasprintf("%s:%u", o->path, o->line)
			      : xstrdup(o->path);
	g->commit = xstrdup(commit);
	g->held = held_text(o);
	world_digest(w, o, g->digest);
	return g;
}

static void replace_origin(struct world_object *o, struct world_origin *g)
{
	world_origin_follow(g, o->origin);
	world_origin_free(o->origin);
	o->origin = g;
}

/* --- one object that git has --------------------------------------------------------------------------------- */

static void changed(struct control *c, struct world_object *o)
{
	world_touch(c->world, o);
	world_dirty(c->world, o);
}

/* What no controller looks at yet says so when it comes and when it changes. */
static void say_held(struct control *c, struct world_object *o)
{
	if (o->kind->not_yet && o->origin->held)
		control_held(c, o);
}

static void create(struct control *c, struct object *obj)
{
	struct world_origin *g = origin_new(c->world, obj, c->world->commit);
	struct world_object *o;

	if (obj->kind->id == KIND_POD) {
		pod_create_bare(c, obj->meta->namespace, obj->meta->name, g);
		return;
	}
	o = world_add(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name, NULL, c->now);
	o->origin = g;
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	say_held(c, o);
	changed(c, o);
}

static void update(struct control *c, struct world_object *o, struct world_origin *g)
{
	const bool secret = o->kind->id == KIND_SECRET;
	struct plan_step *s = plan_step(
		c->plan, PLAN_UPDATE, o, secret ? "other values, or other metadata" : NULL);

	if (s && g->source)
		s->source = arena_strdup(c->plan->arena, g->source);
	if (!secret)
		plan_step_diff(c->plan, s, o->origin->object, g->object);
	o->generation++;
	replace_origin(o, g);
	say_held(c, o);
	changed(c, o);
}

/* The same object in another place, or read anew. */
static void take_over(struct control *c, struct world_object *o, struct world_origin *g)
{
	bool moved = !str_eq(o->origin->source, g->source), filled = o->origin->hollow;

	if (o->origin->left)
		plan_step(c->plan, PLAN_UPDATE, o, "git has it again");
	free(g->commit);
	g->commit = TAKE_PTR(o->origin->commit);
	replace_origin(o, g);
	if (moved)
		world_touch(c->world, o);
	if (filled)
		world_dirty(c->world, o);
}

static bool may_adopt(const struct world_object *o)
{
	if (o->kind->id == KIND_POD)
		return o->deleting && !((const struct world_pod *)o)->set;
	return o->kind->id == KIND_NAMESPACE || o->kind->id == KIND_NODE || o->kind->id == KIND_CLAIM ||
	       o->kind->id == KIND_SERVICE_ACCOUNT;
}

static void meet_other(struct control *c, struct world_object *o, struct object *obj)
{
	if (!may_adopt(o)) {
		control_event_once(c, o, "Warning", "NameTaken",
			"the manifest at %s:%u names an object that a controller made",
			str_or_empty(obj->path), obj->line);
		return;
	}
	plan_step(c->plan, PLAN_CREATE, o, "adopted");
	o->origin = origin_new(c->world, obj, c->world->commit);
	o->generation++;
	changed(c, o);
}

/* It had left git, and stayed. What can't be changed of it stays as it is. */
static bool come_back(struct control *c, struct world_object *o, const struct world_origin *g)
{
	_cleanup_(diags_done) struct diags diags;

	diags_init(&diags);
	immutable_check(o->origin->object, g->object, &diags);
	if (diags.errors > 0) {
		control_event_once(c, o, "Warning", "CannotTakeOver",
			"the manifest at %s names an object that had left git and stayed, and differs from "
			"it: "
			"%s: %s",
			g->source, str_or_empty(diags.items[0].field), diags.items[0].message);
		return false;
	}
	world_touch(c->world, o);
	return true;
}

static void take(struct control *c, struct object *obj)
{
	struct world_object *o = world_find(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name);
	struct world_origin *g;

	if (!o) {
		create(c, obj);
		return;
	}
	if (!o->origin) {
		meet_other(c, o, obj);
		return;
	}
	if (o->origin->object == obj && !o->origin->left)
		return;
	g = origin_new(c->world, obj, c->world->commit);
	if (o->origin->left && !come_back(c, o, g)) {
		world_origin_free(g);
		return;
	}
	if (str_eq(o->origin->digest, g->digest) && str_eq(o->origin->held, g->held))
		take_over(c, o, g);
	else
		update(c, o, g);
}

/* --- one object that git has no more ------------------------------------------------------------------------------ */

/* It stays as it is, whatever becomes of its neighbours. */
static void leave(struct control *c, struct world_object *o)
{
	if (o->origin->left)
		return;
	plan_step(c->plan, PLAN_KEEP, o, "git has it no more; " ANNOTATION_PRUNE " says Never");
	o->origin->left = xstrdup(c->world->commit[0] != '\0' ? c->world->commit : "-");
	c->world->has_left = true;
	control_event(c, o, "Normal", "LeftGit",
		"git has no manifest of it since commit %.10s: kept, as " ANNOTATION_PRUNE " says Never",
		o->origin->left);
	world_touch(c->world, o);
}

static void gone(struct control *c, struct world_object *o)
{
	if (prune_never(o->origin->object)) {
		leave(c, o);
		return;
	}
	if (o->kind->id != KIND_POD)
		plan_step(c->plan, PLAN_DELETE, o, NULL);
	control_drop(c, o);
}

/* --- a whole snapshot --------------------------------------------------------------------------------------------------- */

static void take_difference(struct object *before, struct object *after, void *arg)
{
	struct control *c = arg;
	struct world_object *o;

	if (after) {
		take(c, after);
		return;
	}
	o = world_find(c->world, before->kind->id, before->meta->namespace, before->meta->name);
	if (o && o->origin)
		gone(c, o);
}

static void take_everything(struct control *c, const struct snapshot *s)
{
	struct world_entry_list all = world_entries(c->world);

	for (size_t i = 0; i < all.count; i++) {
		struct world_object *o = all.items[i];

		if (!o->dropped && o->origin && !snapshot_find(s, o->kind->id, o->namespace, o->name))
			gone(c, o);
	}
	free(all.items);
	for (size_t i = 0; i < s->object_count; i++)
		take(c, s->objects[i]);
}

/* Before any controller runs: nodes and Services go by it. */
static void take_cluster(struct control *c, const struct snapshot *s)
{
	const struct object *o = snapshot_find(s, KIND_CLUSTER, NULL, "cluster");
	const struct world_object *left = o ? NULL : world_find(c->world, KIND_CLUSTER, NULL, "cluster");

	if (left && left->origin)
		o = left->origin->object;
	control_cluster(c, o ? object_cluster(o) : NULL);
}

static int compare_objects(const void *a, const void *b)
{
	return object_cmp(*(struct object *const *)a, *(struct object *const *)b);
}

/* Before pods are made by it. Those that leave git and stay go on limiting. */
static void take_limits(struct control *c, const struct snapshot *s)
{
	const struct objects *old = &c->world->limits;
	_cleanup_(freep) struct object **ranges = NULL;
	size_t count;
	struct object **of_git = snapshot_kind(s, KIND_LIMIT_RANGE, &count);

	ranges = xcalloc(count + old->count + 1, sizeof(ranges[0]));
	memcpy(ranges, of_git, count * sizeof(ranges[0]));
	for (size_t i = 0; i < old->count; i++) {
		const struct object_meta *m = old->items[i]->meta;

		if (prune_never(old->items[i]) && !snapshot_find(s, KIND_LIMIT_RANGE, m->namespace, m->name))
			ranges[count++] = old->items[i];
	}
	if (count > 1)
		qsort(ranges, count, sizeof(ranges[0]), compare_objects);
	world_take_limits(c->world, ranges, count);
}

void control_take_snapshot(struct control *c, const struct snapshot *before, const struct snapshot *snapshot)
{
	const struct oid *commit = oid_is_zero(&snapshot->named) ? &snapshot->commit : &snapshot->named;

	if (!oid_is_zero(commit))
		oid_format(commit, c->world->commit);
	take_limits(c, snapshot);
	if (before)
		snapshot_diff(before, snapshot, take_difference, c);
	else
		take_everything(c, snapshot);
	take_cluster(c, snapshot);
	control_implicit_node(c);
	control_namespaces(c, snapshot);
}
