/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * pintle.dev/depends-on. A version of an object waits until all that it names are there and healthy; what is waited
 * for is neither waiting itself nor being deleted. Each case:
 *
 *   the world has      while it waits                                     then
 *   nothing            a workload: it is there, and its controller does   the controller begins
 *                      not look at it; others: it is not there            it is created
 *   one that waits     the newer version, in the same way                 the controller begins
 *   one that has begun it goes on as it is                                the newer version
 *
 * A version that has begun is never held again: what becomes of the others later is no matter of its.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"
#include "reconciler/health.h"
#include "reconciler/world_waits.h"

bool control_wait(struct control *c, struct object *obj)
{
	_cleanup_(arena_freep) struct arena *a = NULL;
	struct depends_on_list on;

	if (obj->meta->annotations.count == 0 && world_waits_count(c->world) == 0)
		return false;
	a = arena_new(0);
	world_waits_remove(c->world, object_key(a, obj->kind, obj->meta->namespace, obj->meta->name));
	depends_on_of(a, obj, &on);
	if (on.count == 0)
		return false;
	world_waits_put(c->world, obj, c->world->commit);
	return true;
}

void control_unwait(struct control *c, const char *key)
{
	world_waits_remove(c->world, key);
}

/* --- what it waits for --------------------------------------------------------------------------------------- */

static enum health health_now(struct control *c, const struct world_object *o)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *stored = NULL;

	world_write(c->world, o, 0, &text);
	if (object_load_json(text.data, text.len, &stored, NULL) < 0)
		return HEALTH_BAD;
	return health_of(stored, NULL);
}

/* NULL: it is there and well; else what is missing to that, "" where that need not be said. */
static const char *what_is_missing(struct control *c, const struct depends_on *d, const char *key)
{
	const struct world_object *o = world_find(c->world, d->kind->id, d->namespace, d->name);
	enum health h;

	if (world_waits_find(c->world, key))
		return "";
	if (!o)
		return " (which is not there)";
	h = o->deleting ? HEALTH_COMING : health_now(c, o);
	return h == HEALTH_GOOD || h == HEALTH_NONE ? NULL : "";
}

/* Appends all that WAIT still waits for, "Kind/ns/name, …". */
static void list_missing(struct control *c, const struct world_wait *wait, struct buf *out)
{
	for (size_t i = 0; i < wait->on.count; i++) {
		const struct depends_on *d = &wait->on.items[i];
		const char *key = object_key(wait->arena, d->kind, d->namespace, d->name);
		const char *what = what_is_missing(c, d, key);

		if (what)
			buf_addf(out, "%s%s%s", out->len > 0 ? ", " : "", key, what);
	}
}

/* --- holding -------------------------------------------------------------------------------------------------- */

/* An event is about something: here about what is not in the world yet. */
static void say_of_nothing(struct control *c, const struct world_wait *wait, const char *text)
{
	const struct world_object o = {
		.kind = wait->object->kind,
		.key = wait->key,
		.namespace = wait->object->meta->namespace,
		.name = wait->object->meta->name,
	};

	plan_step(c->plan, PLAN_HOLD, &o, "waits for %s", text);
	control_event_once(c, &o, "Normal", "DependencyNotReady", "waits for %s", text);
}

static void say(struct control *c, struct world_object *o, const char *text, bool begun)
{
	plan_step(
		c->plan, PLAN_HOLD, o, "%swaits for %s", begun ? "goes on as it is; the change " : "", text);
	control_event_once(c, o, "Normal", "DependencyNotReady", "%swaits for %s",
		begun ? "goes on as it is; the change " : "", text);
	world_touch(c->world, o);
}

static void hold(struct control *c, struct world_wait *wait, const char *text)
{
	const struct object_meta *m = wait->object->meta;
	struct world_object *o = world_find(c->world, wait->object->kind->id, m->namespace, m->name);
	const struct world_origin *g = o ? o->origin : NULL;
	const bool news = !str_eq(!g ? wait->said : g->waits ? g->waits : g->change_waits, text);

	if (!o && wait->object->kind->workload)
		o = control_begin(c, wait->object, wait->commit, text);
	else if (g && g->waits)
		control_begin(c, wait->object, wait->commit, text);
	else if (g)
		str_set(&o->origin->change_waits, text);
	if (!news)
		return;
	str_set(&wait->said, text);
	if (o && o->origin)
		say(c, o, text, !o->origin->waits);
	else
		say_of_nothing(c, wait, text);
}

static void release(struct control *c, struct world_wait *wait)
{
	_cleanup_(object_unrefp) struct object *object = object_ref(wait->object);
	_cleanup_(freep) char *commit = xstrdup(wait->commit);

	world_waits_remove(c->world, wait->key);
	control_begin(c, object, commit, NULL);
}

/* --- the pass ---------------------------------------------------------------------------------------------------- */

/* What has changed in this pass, from where the last look ended. */
static void mark_waiters(struct world *w)
{
	for (size_t i = 0; i < w->changed_count; i++)
		world_waits_look(w, w->changed[i]->key);
	for (size_t i = 0; i < w->dropped_count; i++)
		world_waits_look(w, w->dropped[i]->key);
}

bool control_release(struct control *c)
{
	struct world_wait **list;
	size_t count;
	bool any = false;

	if (world_waits_count(c->world) == 0)
		return false;
	mark_waiters(c->world);
	list = world_waits_marked(c->world, &count);
	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		_cleanup_(freep) char *key = xstrdup(list[i]->key);

		list_missing(c, list[i], &text);
		if (text.len > 0) {
			hold(c, list[i], text.data);
			continue;
		}
		release(c, list[i]);
		world_waits_look(c->world, key);
		any = true;
	}
	free(list);
	return any;
}
