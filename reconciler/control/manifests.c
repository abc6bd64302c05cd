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
 *   none  of git, this host,  the implicit node from now on, with its pods
 *         and no Node at all
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

static struct world_object *create(struct control *c, struct object *obj, struct world_origin *g)
{
	struct world_object *o;

	if (obj->kind->id == KIND_POD)
		return &pod_create_bare(c, obj->meta->namespace, obj->meta->name, g)->o;
	o = world_add(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name, NULL, c->now);
	o->origin = g;
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	say_held(c, o);
	changed(c, o);
	return o;
}

static void update(struct control *c, struct world_object *o, struct world_origin *g)
{
	const bool secret = o->kind->id == KIND_SECRET;
	struct plan_step *s = plan_step(
		c->plan, PLAN_UPDATE, o, secret ? "other values, or other metadata" : NULL);

	if (s && g->source)
		s->source = arena_strdup(c->plan->arena, g->source);
	world_origin_follow(g, o->origin); /* what an autoscaler has decided does not change */
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
	g->waits = TAKE_PTR(o->origin->waits);
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
			"%s: %s; it stays as it is: to be rid of it, commit it as it was "
			"without " ANNOTATION_PRUNE ", and remove it in the commit after",
			g->source, str_or_empty(diags.items[0].field), diags.items[0].message);
		return false;
	}
	world_touch(c->world, o);
	return true;
}

/* What waited for others begins as it is. */
static void begin(struct control *c, struct world_object *o)
{
	if (!o->origin->waits)
		return;
	free(o->origin->waits);
	o->origin->waits = NULL;
	plan_step(c->plan, PLAN_UPDATE, o, "begins: what it depends on is healthy");
	changed(c, o);
}

static bool is_same(const struct world_origin *a, const struct world_origin *b)
{
	return str_eq(a->digest, b->digest) && str_eq(a->held, b->held);
}

static void set_waits(struct control *c, struct world_object *o, const char *waits)
{
	if (str_eq(o->origin->waits, waits))
		return;
	free(o->origin->waits);
	o->origin->waits = xstrdup(waits);
	world_touch(c->world, o);
}

struct world_object *control_begin(
	struct control *c, struct object *obj, const char *commit, const char *waits)
{
	struct world_object *o = world_find(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name);
	struct world_origin *g = origin_new(c->world, obj, commit);

	if (o && !o->origin) {
		world_origin_free(g);
		meet_other(c, o, obj);
		return o;
	}
	if (!o) {
		g->waits = waits ? xstrdup(waits) : NULL;
		return create(c, obj, g);
	}
	if (!is_same(o->origin, g))
		update(c, o, g);
	else
		world_origin_free(g);
	if (waits)
		set_waits(c, o, waits);
	else
		begin(c, o);
	return o;
}

/* Git has again what is in force (OBJ): no change of it waits. What has not begun goes on waiting. */
static void stop_waiting(struct control *c, struct world_object *o, struct object *obj)
{
	if (o->origin->waits && control_wait(c, obj))
		return;
	control_unwait(c, o->key);
	if (!o->origin->change_waits)
		return;
	free(o->origin->change_waits);
	o->origin->change_waits = NULL;
	world_touch(c->world, o);
}

static void take(struct control *c, struct object *obj)
{
	struct world_object *o = world_find(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name);
	struct world_origin *g;

	if (!o) {
		if (!control_wait(c, obj))
			create(c, obj, origin_new(c->world, obj, c->world->commit));
		return;
	}
	if (!o->origin) {
		meet_other(c, o, obj);
		return;
	}
	if (o->kind->id == KIND_NODE)
		control_node_stays(c, world_node(o));
	if (o->origin->object == obj && !o->origin->left)
		return;
	g = origin_new(c->world, obj, c->world->commit);
	if (o->origin->left && !come_back(c, o, g)) {
		world_origin_free(g);
		return;
	}
	if (is_same(o->origin, g)) {
		stop_waiting(c, o, obj);
		take_over(c, o, g);
	} else if (control_wait(c, obj)) {
		world_origin_free(g);
	} else {
		update(c, o, g);
	}
}

/* --- one object that git has no more ------------------------------------------------------------------------------ */

/* It stays as it is, whatever becomes of its neighbours. */
static void leave(struct control *c, struct world_object *o)
{
	if (o->origin->left)
		return;
	plan_step(c->plan, PLAN_KEEP, o, "git has it no more; " ANNOTATION_PRUNE " says Never");
	free(o->origin->change_waits);
	o->origin->change_waits = NULL;
	o->origin->left = xstrdup(c->world->commit[0] != '\0' ? c->world->commit : "-");
	c->world->has_left = true;
	control_event(c, o, "Normal", "LeftGit",
		"git has no manifest of it since commit %.10s: kept, as " ANNOTATION_PRUNE " says Never",
		o->origin->left);
	world_touch(c->world, o);
}

/* Was that said already, before a restart? */
static bool is_leaving(struct world_object *o)
{
	return o->kind->id == KIND_NODE && world_node(o)->leaving;
}

static void gone(struct control *c, struct world_object *o)
{
	if (!o->origin->waits || !prune_never(o->origin->object))
		control_unwait(c, o->key);
	if (prune_never(o->origin->object)) {
		leave(c, o);
		return;
	}
	/* Pods say why they go, namespaces when the last of what is in them is gone. */
	if (o->kind->id != KIND_POD && o->kind->id != KIND_NAMESPACE && !is_leaving(o))
		plan_step(c->plan, PLAN_DELETE, o, NULL);
	control_drop(c, o);
}

/* --- a whole snapshot --------------------------------------------------------------------------------------------------- */

/* What waited, and never was there. */
static void forget(struct control *c, const struct object *obj)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);

	control_unwait(c, object_key(a, obj->kind, obj->meta->namespace, obj->meta->name));
}

static void take_away(struct control *c, const struct object *obj)
{
	struct world_object *o = world_find(c->world, obj->kind->id, obj->meta->namespace, obj->meta->name);

	if (o && o->origin)
		gone(c, o);
	else
		forget(c, obj);
}

/* Where git has no Node any more this host is one, and goes on as what it was. */
static void take_node_away(struct control *c, struct object *obj, const struct snapshot *s)
{
	struct world_object *o = world_find(c->world, KIND_NODE, NULL, obj->meta->name);
	size_t declared;

	snapshot_kind(s, KIND_NODE, &declared);
	if (!o || !o->origin || declared > 0 || !str_eq(o->name, c->world->host_name) ||
		prune_never(o->origin->object)) {
		take_away(c, obj);
		return;
	}
	control_unwait(c, o->key);
	plan_step(c->plan, PLAN_UPDATE, o, "git has no Node any more: this host is the node");
	o->origin = world_origin_free(o->origin);
	o->generation++;
	changed(c, o);
}

/* --- in which order ------------------------------------------------------------------------------------------------ */

/*
 * What others need comes before what needs it: settings and Namespaces, then configuration and storage, then what is in
 * front of workloads, then these. What goes, goes the other way round, when all that comes is there.
 */
static unsigned wave_of(enum kind_id kind)
{
	static const unsigned char waves[KIND_COUNT] = {
		[KIND_NAMESPACE] = 1,
		[KIND_CLUSTER] = 1,
		[KIND_NODE] = 1,
		[KIND_SERVICE] = 3,
		[KIND_ENDPOINTS] = 3,
		[KIND_ENDPOINT_SLICE] = 3,
		[KIND_INGRESS] = 3,
		[KIND_NETWORK_POLICY] = 3,
		[KIND_DISRUPTION_BUDGET] = 3,
		[KIND_AUTOSCALER] = 5,
	};
	enum { CONFIGURATION = 2, WORKLOADS = 4 };

	return waves[kind] ? waves[kind] : kinds[kind].workload ? WORKLOADS : CONFIGURATION;
}

struct difference {
	struct object *object; /* borrowed: of git, or that git has no more */
	unsigned wave;
	size_t at; /* where it stood: the order within a wave */
};
struct differences {
	struct difference *come, *go;
	size_t come_count, come_cap, go_count, go_cap;
};

static int compare_coming(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	if (x->wave != y->wave)
		return x->wave < y->wave ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int compare_going(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	if (x->wave != y->wave)
		return x->wave > y->wave ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void add_coming(struct differences *d, struct object *o)
{
	d->come = grow(d->come, &d->come_cap, d->come_count + 1, sizeof(d->come[0]));
	d->come[d->come_count] = (struct difference){ o, wave_of(o->kind->id), d->come_count };
	d->come_count++;
}

static void add_going(struct differences *d, struct object *o)
{
	d->go = grow(d->go, &d->go_cap, d->go_count + 1, sizeof(d->go[0]));
	d->go[d->go_count] = (struct difference){ o, wave_of(o->kind->id), d->go_count };
	d->go_count++;
}

static void add_difference(struct object *before, struct object *after, void *arg)
{
	if (after)
		add_coming(arg, after);
	else
		add_going(arg, before);
}

/* What the world has of git, and all that git has. */
static void add_everything(struct differences *d, const struct world *w, const struct snapshot *s)
{
	struct world_entry_list all = world_entries(w);

	for (size_t i = 0; i < all.count; i++) {
		const struct world_object *o = all.items[i];

		if (!o->dropped && o->origin && !snapshot_find(s, o->kind->id, o->namespace, o->name))
			add_going(d, o->origin->object);
	}
	free(all.items);
	for (size_t i = 0; i < s->object_count; i++)
		add_coming(d, s->objects[i]);
}

/* A Node that goes while another one of the same host comes. */
static void take_renamed(struct control *c, const struct differences *d)
{
	for (size_t i = 0; i < d->go_count; i++)
		for (size_t k = 0; d->go[i].object->kind->id == KIND_NODE && k < d->come_count; k++)
			if (d->come[k].object->kind->id == KIND_NODE)
				control_node_renamed(c, d->go[i].object, d->come[k].object);
}

static void take_differences(struct control *c, struct differences *d, const struct snapshot *s)
{
	if (d->come_count > 1)
		qsort(d->come, d->come_count, sizeof(d->come[0]), compare_coming);
	if (d->go_count > 1)
		qsort(d->go, d->go_count, sizeof(d->go[0]), compare_going);
	for (size_t i = 0; i < d->come_count; i++)
		take(c, d->come[i].object);
	for (size_t i = 0; i < d->go_count; i++)
		if (d->go[i].object->kind->id == KIND_NODE)
			take_node_away(c, d->go[i].object, s);
		else
			take_away(c, d->go[i].object);
	take_renamed(c, d);
	free(d->come);
	free(d->go);
}

/* Nodes that an old tree did not have. */
static void doubt_nodes(struct control *c, const struct snapshot *before)
{
	if (!before && c->world->tree_old)
		control_tree_is_old(c);
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
	struct differences d = { 0 };

	if (!oid_is_zero(commit))
		oid_format(commit, c->world->commit);
	take_limits(c, snapshot);
	if (before)
		snapshot_diff(before, snapshot, add_difference, &d);
	else
		add_everything(&d, c->world, snapshot);
	take_differences(c, &d, snapshot);
	doubt_nodes(c, before);
	take_cluster(c, snapshot);
	control_implicit_node(c);
	control_namespaces(c, snapshot);
}
