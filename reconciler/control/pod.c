/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods: made, placed, told to agents, deleted. A pod's UID is recorded before any agent hears of it, and an agent that
 * hears of it twice does nothing the second time; so nothing starts twice. A pod that an agent may hold is deleted in
 * two steps: marked and told, then dropped when the agent says that nothing of it is left.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/control/budget.h"
#include "reconciler/control/claims.h"
#include "reconciler/control/node_lifecycle.h"
#include "reconciler/limits.h"

/* --- making --------------------------------------------------------------------------------------------------- */

static void pod_is_new(struct control *c, struct world_pod *p)
{
	p->o.generation = 1;
	world_touch(c->world, &p->o);
	budget_pod_joins(c, p);
	plan_step(c->plan, PLAN_CREATE, &p->o, NULL);
}

/* A name that nobody has, from PREFIX and the UID. */
static void generate_name(
	const struct control *c, const char *namespace, const char *prefix, const char *uid, char *ret)
{
	char suffix[NAMES_SUFFIX];
	unsigned attempt = 0;

	do {
		names_pod_suffix(uid, attempt++, suffix);
		names_join(prefix, suffix, ret);
	} while (world_find(c->world, KIND_POD, namespace, ret));
}

struct world_pod *pod_create(struct control *c, struct world_set *s, const struct pod_own *own)
{
	char uid[NAMES_UID], name[NAMES_OBJECT_MAX];
	struct world_object *o;
	struct world_pod *p;

	if (own->name && world_find(c->world, KIND_POD, s->o.namespace, own->name)) {
		world_revision_unref(own->revision);
		return NULL;
	}
	names_uid(&c->world->names, "Pod", s->o.namespace, s->o.name, uid);
	if (own->name)
		snprintf(name, sizeof(name), "%s", own->name);
	else
		generate_name(c, s->o.namespace, own->prefix ? own->prefix : s->o.name, uid, name);
	o = world_add(c->world, KIND_POD, s->o.namespace, name, uid, c->now);
	p = world_pod(o);
	p->pinned = own->pinned ? xstrdup(own->pinned) : NULL;
	p->ordinal = own->ordinal;
	world_pod_join(p, s);
	p->revision = own->revision ? own->revision : world_set_admitted(c->world, s);
	pod_is_new(c, p);
	world_pod_wait(c->world, p);
	return p;
}

/* SPEC: the manifest's, with what was added when the pod was admitted. */
static struct world_revision *revision_of_manifest(
	const struct world_origin *origin, const char *namespace, const struct pod_spec *spec)
{
	const struct pod *pod = object_pod(origin->object);
	struct pod_template template = { .spec = *spec };

	template.meta.labels = pod->meta.labels;
	template.meta.annotations = pod->meta.annotations;
	/* These the pod has itself (priority.c), and so they are read from the tree. */
	template.spec.priority = (struct opt_int){ 0 };
	template.spec.preemption_policy = NULL;
	return world_revision_new(origin->object, namespace, &template);
}

/* A pod that is held gets a record that says so, and nothing else. */
struct world_pod *pod_create_bare(
	struct control *c, const char *namespace, const char *name, struct world_origin *origin)
{
	struct world_pod *p = world_pod(world_add(c->world, KIND_POD, namespace, name, NULL, c->now));

	p->o.origin = origin;
	const struct pod_spec spec = world_admit(
		c->world, namespace, origin->object->arena, &object_pod(origin->object)->spec);
	world_pod_revision(c->world, p, revision_of_manifest(origin, namespace, &spec));
	pod_is_new(c, p);
	if (origin->held || origin->waits)
		world_dirty(c->world, &p->o);
	else
		world_pod_wait(c->world, p);
	return p;
}

/* --- the digest ------------------------------------------------------------------------------------------------- */

static struct world_held *held_at(struct world_node *n, const char *hash, const char *key)
{
	struct world_held *h = map_get(&n->held, hash);

	if (!h) {
		h = xcalloc(1, sizeof(*h));
		snprintf(h->hash, sizeof(h->hash), "%s", hash);
		map_put(&n->held, h->hash, h);
	}
	if (!str_eq(h->key, key)) {
		free(h->key);
		h->key = xstrdup(key);
	}
	return h;
}

/* Points ref I at what the object is now. */
static void refresh_ref(struct control *c, struct world_pod *p, size_t i)
{
	const struct world_ref *r = &p->revision->refs[i];
	struct world_object *o = world_find(c->world, r->kind, p->o.namespace, r->name);
	struct world_held *before = p->refs[i] ? map_get(&p->node->held, p->refs[i]) : NULL, *after = NULL;

	if (o && o->origin)
		after = held_at(p->node, o->origin->digest, o->key);
	if (after && !after->sent && !o->origin->hollow)
		world_pod_queue(p);
	if (before == after)
		return;
	if (before && --before->users == 0)
		world_node_held_changed(p->node);
	if (after)
		after->users++;
	p->refs[i] = after ? after->hash : NULL;
}

void pod_refresh_digest(struct control *c, struct world_pod *p)
{
	if (!p->node || p->o.deleting)
		return;
	for (size_t i = 0; i < p->revision->ref_count; i++)
		refresh_ref(c, p, i);
	if (!world_pod_is_sent(p))
		world_pod_queue(p);
}

/* --- placing ------------------------------------------------------------------------------------------------------- */

void pod_place(struct control *c, struct world_pod *p, struct world_node *n, const char *why)
{
	world_pod_place(c->world, p, n);
	p->placed = c->now;
	if (n->taint_count > 0)
		world_dirty(c->world, &n->o); /* it may be tolerated for a time only */
	free(p->waiting);
	p->waiting = NULL;
	plan_step(c->plan, PLAN_PLACE, &p->o, "on %s: %s", n->o.name, why);
	pod_refresh_digest(c, p);
	world_touch(c->world, &p->o);
}

void pod_dirty_owner(struct control *c, struct world_pod *p)
{
	budget_pod_changed(c, p);
	if (p->set && p->set->deployment)
		world_dirty(c->world, &p->set->deployment->o);
	else
		world_dirty(c->world, p->set ? &p->set->o : &p->o);
}

/* --- deleting -------------------------------------------------------------------------------------------------------- */

/* A StatefulSet may have waited for the name of a pod that was not its own, or no longer. */
static void name_is_free(struct control *c, const struct world_pod *p)
{
	const char *dash = strrchr(p->o.name, '-');
	_cleanup_(freep) char *set = dash ? xstrndup(p->o.name, (size_t)(dash - p->o.name)) : NULL;
	struct world_object *o = set ? world_find(c->world, KIND_STATEFUL_SET, p->o.namespace, set) : NULL;

	if (o)
		world_dirty(c->world, o);
}

void pod_gone(struct control *c, struct world_pod *p)
{
	struct world_origin *wanted = TAKE_PTR(p->o.origin);
	bool bare = !p->set;

	if (!bare) {
		control_pod_leaves(c, p);
		pod_dirty_owner(c, p);
	} else {
		name_is_free(c, p);
	}
	if (p->owns_claims)
		claims_go_with(c, &p->o);
	budget_pod_leaves(c, p);
	if (p->node && p->node->leaving)
		world_dirty(c->world, &p->node->o);
	world_pod_unwait(c->world, p);
	world_pod_unplace(c->world, p);
	if (bare)
		world_pod_revision(c->world, p, NULL);
	world_pod_leave(p);
	world_drop(c->world, &p->o);
	/* Made of the tree's copy, which says where it was, it is looked at again once git was: see follow_manifest. */
	if (wanted)
		world_dirty(c->world, &pod_create_bare(c, p->o.namespace, p->o.name, wanted)->o);
}

void pod_delete(struct control *c, struct world_pod *p, const char *reason)
{
	if (p->o.deleting)
		return;
	plan_step(c->plan, PLAN_DELETE, &p->o, reason ? "%s" : NULL, reason);
	if (!p->node || !p->held || MUTANT(16)) {
		pod_gone(c, p);
		return;
	}
	p->grace = (int32_t)p->revision->template.spec.termination_grace_period_seconds;
	world_pod_leaves(c->world, p);
	p->o.deleting = c->now + p->grace * NSEC_PER_SEC;
	/* It may be off, so that nobody will say that it has ended. */
	if (p->node->taint_count > 0)
		world_dirty(c->world, &p->node->o);
	world_pod_queue(p);
	world_touch(c->world, &p->o);
	pod_dirty_owner(c, p);
}

/* --- reports ------------------------------------------------------------------------------------------------------------- */

/* Condition TYPE of S, which is made where it isn't there; S's array is in ARENA. */
static struct condition *condition_at(struct pod_status *s, const char *type, struct arena *arena)
{
	struct condition *items;

	for (size_t i = 0; i < s->conditions.count; i++)
		if (str_eq(s->conditions.items[i].type, type))
			return &s->conditions.items[i];
	items = arena_array(arena, s->conditions.count + 1, sizeof(items[0]));
	if (s->conditions.count > 0)
		memcpy(items, s->conditions.items, s->conditions.count * sizeof(items[0]));
	items[s->conditions.count] = (struct condition){ .type = type };
	s->conditions.items = items;
	return &s->conditions.items[s->conditions.count++];
}

/* P is on a node, which its agent does not say, and the tree is read by. */
static void add_scheduled(struct pod_status *s, const struct world_pod *p, struct arena *arena)
{
	struct condition *scheduled = condition_at(s, "PodScheduled", arena);

	*scheduled = (struct condition){ .type = "PodScheduled", .status = "True" };
	scheduled->last_transition_time = (struct opt_int){ .set = true, .value = p->placed };
}

/* One condition of P's becomes another. */
static void set_condition(struct control *c, struct world_pod *p, const struct condition *now)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *said = world_pod_status(c->world, p, arena);
	struct pod_status s = said ? *said : (struct pod_status){ .phase = "Pending" };
	struct condition *at;
	struct opt_int since;
	bool same;

	if (!said && p->node)
		add_scheduled(&s, p, arena);
	at = condition_at(&s, now->type, arena);
	same = str_eq(at->status, now->status);
	since = at->last_transition_time;
	*at = *now;
	at->last_transition_time = same ? since : (struct opt_int){ .set = true, .value = c->now };
	world_pod_take_status(c->world, p, &s);
	world_touch(c->world, &p->o);
	pod_dirty_owner(c, p);
}

void pod_lost_sight(struct control *c, struct world_pod *p)
{
	if (p->ready)
		set_condition(c, p,
			&(struct condition){ .type = "Ready",
				.status = "False",
				.reason = WORLD_REASON_UNSEEN,
				.message = "Node is not ready" });
}

void pod_disrupt(struct control *c, struct world_pod *p, const char *reason, const char *message)
{
	p->disrupted = true;
	set_condition(c, p,
		&(struct condition){
			.type = "DisruptionTarget", .status = "True", .reason = reason, .message = message });
}

/* The conditions that are ours, of the status that P had, before those of the agent's STATUS. */
static bool take_status(struct world *w, struct world_pod *p, const struct pod_status *status)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *before = p->disrupted ? world_pod_status(w, p, arena) : NULL;
	struct pod_status s = *status;
	struct condition *target;

	/* STATUS is the message's, and read once. */
	if (p->node)
		node_correct_times(p->node, &s);
	add_scheduled(&s, p, arena);
	for (size_t i = 0; before && i < before->conditions.count; i++) {
		if (!str_eq(before->conditions.items[i].type, "DisruptionTarget"))
			continue;
		target = condition_at(&s, "DisruptionTarget", arena);
		*target = before->conditions.items[i];
	}
	return world_pod_take_status(w, p, &s);
}

void control_pod_report(struct control *c, struct world_pod *p, const struct pod_status *status, bool gone)
{
	bool news = status && take_status(c->world, p, status);

	if (gone && !MUTANT(6)) {
		pod_gone(c, p);
		return;
	}
	if (!news)
		return;
	world_pod_book(c->world, p);
	world_touch(c->world, &p->o);
	if (p->node && p->node->draining)
		world_dirty(c->world, &p->node->o); /* it may be no loss now */
	if (!MUTANT(19))
		pod_dirty_owner(c, p);
}

/* --- bare pods --------------------------------------------------------------------------------------------------------------- */

/* With a deadline, its end is what was asked for. */
static bool finished_but_wanted(const struct world_pod *p)
{
	const struct pod_spec *spec = &p->revision->template.spec;

	return str_eq(spec->restart_policy, "Always") && !spec->active_deadline_seconds.set &&
	       !set_pod_active(p);
}

/* Labels, annotations and the deadline may change in place; another spec is another pod. */
static void follow_manifest(struct control *c, struct world_pod *p)
{
	struct world_revision *wanted;
	struct pod_spec have = p->revision->template.spec, spec;
	bool same, as_it_was;

	if (p->revision->holder == p->o.origin->object)
		return;
	/* LimitRanges that changed since change no pod that is there. */
	spec = limits_keep(p->o.origin->object->arena, &object_pod(p->o.origin->object)->spec, &have);
	wanted = revision_of_manifest(p->o.origin, p->o.namespace, &spec);
	have.node_name = wanted->template.spec.node_name;
	/* A nearer deadline is the pod's own (immutable.c lets no other one through). */
	have.active_deadline_seconds = wanted->template.spec.active_deadline_seconds;
	if (!p->node)
		have.scheduling_gates = wanted->template.spec.scheduling_gates;
	same = schema_equal(&schema_pod_spec, &have, &wanted->template.spec);
	if (!same) {
		world_revision_unref(wanted);
		pod_delete(c, p, "its spec changed; it is created anew when it is gone");
		return;
	}
	as_it_was = memcmp(wanted->hash, p->revision->hash, sizeof(wanted->hash)) == 0;
	/* The node's books and the refs go by the revision: equal specs have equal requests and refs. */
	world_pod_unbook(c->world, p);
	world_pod_revision(c->world, p, wanted);
	world_pod_book(c->world, p);
	pod_refresh_digest(c, p);
	if (as_it_was)
		return;
	if (!p->node)
		world_pod_wait(c->world, p); /* its gates may be open */
	budget_pod_leaves(c, p);
	budget_pod_joins(c, p);
	world_touch(c->world, &p->o);
}

/* A pod that was on a node which is no longer there is gone with it. */
static bool lost_node(const struct world_pod *p)
{
	return p->placed != 0 && !p->node;
}

void control_pod_sync(struct control *c, struct world_pod *p)
{
	if (lost_node(p)) {
		pod_gone(c, p);
		return;
	}
	pod_refresh_digest(c, p);
	if (p->o.deleting || p->set)
		return;
	if (!p->o.origin || p->orphan) {
		pod_delete(c, p, "what made it is gone");
		return;
	}
	if (p->o.origin->held) {
		control_held(c, &p->o);
		return;
	}
	if (!p->node && p->placed == 0 && !p->tried)
		world_pod_wait(c->world, p);
	follow_manifest(c, p);
	if (!p->o.dropped && !p->o.deleting && finished_but_wanted(p))
		pod_delete(c, p, "it is finished; its restartPolicy wants it running");
}
