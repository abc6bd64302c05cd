/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/daemon_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "reconciler/control/history.h"

/* Between failures of a node's pods: 1 s, 2 s, 4 s … (pkg/controller/daemon, failedPodsBackoff). */
enum { BACKOFF_MAX_SECONDS = 15 * 60, BACKOFF_STEPS = 11 };

/* --- a look at it -------------------------------------------------------------------------------------- */

/* As Kubernetes ranks a node's daemon pods: placed ones first, then the oldest. */
static int pod_order(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	if (!x->node != !y->node)
		return x->node ? -1 : 1;
	if (x->o.created != y->o.created)
		return x->o.created < y->o.created ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

/* The place of P's node among the COUNT that there are; COUNT: its node is gone. */
static size_t place_of(const struct world *w, const struct world_pod *p, size_t count)
{
	const struct world_object *o = p->node ? &p->node->o
					       : world_find(w, KIND_NODE, NULL, str_or_empty(p->pinned));

	return o ? ((const struct world_node *)o)->order : count;
}

/* v->pods, by their nodes; v->nodes know how many each has (one more: those whose node is gone). */
static void sort_pods(struct daemon *v, size_t count)
{
	const struct world_pods *pods = &v->s->r.set.pods;
	_cleanup_(freep) size_t *places = xcalloc(pods->count, sizeof(places[0]));
	size_t at = 0;

	v->pods = xcalloc(pods->count, sizeof(v->pods[0]));
	for (size_t i = 0; i < pods->count; i++) {
		places[i] = place_of(v->c->world, pods->items[i], count);
		v->nodes[places[i]].count++;
	}
	for (size_t i = 0; i <= count; i++) {
		v->nodes[i].pods = v->pods + at;
		at += v->nodes[i].count;
		v->nodes[i].count = 0;
	}
	for (size_t i = 0; i < pods->count; i++) {
		struct daemon_node *n = &v->nodes[places[i]];

		n->pods[n->count++] = pods->items[i];
	}
	for (size_t i = 0; i <= count; i++)
		if (v->nodes[i].count > 1)
			qsort(v->nodes[i].pods, v->nodes[i].count, sizeof(v->nodes[i].pods[0]), pod_order);
}

/* Where pods of the newest template may be: looked up again only when nodes or the template have changed. */
static const uint8_t *fits(struct daemon *v, const struct world_list *nodes)
{
	struct world_daemon_set *s = v->s;
	struct world_revision *template = world_history_admitted(v->c->world, s->r.update);

	if (s->fits_for == template && s->fits_version == v->c->world->daemon_version) {
		world_revision_unref(template);
		return s->fits;
	}
	free(s->fits);
	s->fits = xcalloc(nodes->count, sizeof(s->fits[0]));
	for (size_t i = 0; i < nodes->count; i++)
		s->fits[i] = world_node(nodes->items[i])->leaving
				     ? SCHED_DAEMON_NO
				     : (uint8_t)sched_daemon_on(v->c->world->sched, nodes->items[i]->name,
					       world_revision_request(template));
	world_revision_unref(s->fits_for);
	s->fits_for = template;
	s->fits_version = v->c->world->daemon_version;
	return s->fits;
}

static void look(struct daemon *v)
{
	const struct world_list *nodes = world_nodes_by_name(v->c->world);
	const uint8_t *fitting = fits(v, nodes);

	v->node_count = nodes->count + 1;
	v->nodes = xcalloc(v->node_count, sizeof(v->nodes[0]));
	sort_pods(v, nodes->count);
	for (size_t i = 0; i < nodes->count; i++) {
		struct daemon_node *n = &v->nodes[i];

		n->node = world_node(nodes->items[i]);
		n->name = n->node->o.name;
		n->fits = (enum sched_daemon)fitting[i];
		v->desired += n->fits == SCHED_DAEMON_RUNS;
	}
}

bool daemon_available(struct daemon *v, const struct world_pod *p)
{
	nsec_t when;

	if (set_pod_available(p, v->s->r.set.min_ready_seconds, v->c->now, &when))
		return true;
	if (when != NSEC_NEVER)
		world_wake(v->c->world, &v->s->r.set.o, when);
	return false;
}

bool daemon_serves_nobody(const struct world_pod *p)
{
	return !p->ready && !p->unseen;
}

void daemon_create(struct daemon *v, const struct daemon_node *n, int32_t failures)
{
	const struct pod_own own = { .pinned = n->name,
		.ordinal = failures,
		.revision = world_history_admitted(v->c->world, v->s->r.update) };
	const struct world_pod *p = pod_create(v->c, &v->s->r.set, &own);

	control_event(v->c, &v->s->r.set.o, "Normal", "SuccessfulCreate", "Created pod: %s", p->o.name);
	v->acted = true;
}

void daemon_delete(struct daemon *v, struct world_pod *p, const char *why)
{
	control_event(v->c, &v->s->r.set.o, "Normal", "SuccessfulDelete", "Deleted pod: %s", p->o.name);
	pod_delete(v->c, p, why);
	v->acted = true;
}

/* --- manage -------------------------------------------------------------------------------------------- */

/* The failures after which a pod that stood for this long counts as the first again. */
static bool is_long_ago(const struct daemon *v, const struct world_pod *p)
{
	return v->c->now - p->o.created > 2 * (nsec_t)BACKOFF_MAX_SECONDS * NSEC_PER_SEC;
}

/* When pod P, which failed, may be replaced: the sooner the fewer failed before it. */
static nsec_t replace_at(const struct world_pod *p)
{
	int64_t seconds = p->ordinal == 0 ? 0
					  : (int64_t)1 << (p->ordinal < BACKOFF_STEPS ? p->ordinal - 1
										      : BACKOFF_STEPS);

	if (seconds > BACKOFF_MAX_SECONDS)
		seconds = BACKOFF_MAX_SECONDS;
	return p->o.created + seconds * NSEC_PER_SEC;
}

/* Its successor knows how many failed, so that no restart of ours forgets it. */
static void replace_finished(struct daemon *v, const struct daemon_node *n, struct world_pod *p)
{
	bool failed = p->phase == PHASE_FAILED;
	int32_t failures = is_long_ago(v, p) ? 1 : p->ordinal + 1;

	if (failed && v->c->now < replace_at(p)) {
		world_wake(v->c->world, &v->s->r.set.o, replace_at(p));
		return;
	}
	if (failed)
		control_event(v->c, &v->s->r.set.o, "Warning", "FailedDaemonPod",
			"Found failed daemon pod %s/%s on node %s, will try to kill it", p->o.namespace,
			p->o.name, n->name);
	else
		control_event(v->c, &v->s->r.set.o, "Normal", "SucceededDaemonPod",
			"Found succeeded daemon pod %s/%s on node %s, will try to delete it", p->o.namespace,
			p->o.name, n->name);
	daemon_delete(v, p, failed ? "it has failed" : "it has ended");
	if (n->fits == SCHED_DAEMON_RUNS)
		daemon_create(v, n, failed ? failures : 0);
}

static bool is_old(const struct daemon *v, const struct world_pod *p)
{
	return !history_made(v->s->r.update, p);
}

/* Of the pods that run: the oldest stays; with maxSurge the oldest of the new template and the oldest of the others. */
static void drop_surplus(struct daemon *v, const struct daemon_node *n)
{
	struct world_pod *fresh = NULL, *old = NULL;

	for (size_t i = 0; i < n->count; i++) {
		struct world_pod *p = n->pods[i];
		struct world_pod **kept = v->surges && is_old(v, p) ? &old : &fresh;

		if (p->o.dropped || !set_pod_active(p))
			continue;
		if (*kept)
			daemon_delete(v, p, "another pod of the DaemonSet is on its node");
		else
			*kept = p;
	}
	if (fresh && old && (daemon_serves_nobody(old) || daemon_available(v, fresh)))
		daemon_delete(v, old, "the new pod has taken its place");
}

static void manage_pods(struct daemon *v, const struct daemon_node *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->pods[i]->o.deleting && !set_pod_active(n->pods[i]))
			replace_finished(v, n, n->pods[i]);
	drop_surplus(v, n);
}

static void remove_pods(struct daemon *v, const struct daemon_node *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->pods[i]->o.deleting)
			daemon_delete(
				v, n->pods[i], n->node ? "its node no longer matches" : "its node is gone");
}

static void manage(struct daemon *v)
{

	for (size_t i = 0; i < v->node_count; i++) {
		const struct daemon_node *n = &v->nodes[i];

		if (n->fits == SCHED_DAEMON_NO)
			remove_pods(v, n);
		else if (n->count > 0)
			manage_pods(v, n);
		else if (n->fits == SCHED_DAEMON_RUNS)
			daemon_create(v, n, 0);
	}
}

/* --- status -------------------------------------------------------------------------------------------- */

struct counts {
	int64_t desired, scheduled, misscheduled, ready, available, updated;
};

/* Of several pods on a node the first counts. */
static struct counts count_pods(struct daemon *v)
{
	struct counts n = { .desired = v->desired };

	for (size_t i = 0; i < v->node_count; i++) {
		const struct daemon_node *at = &v->nodes[i];
		const struct world_pod *p = at->count > 0 ? at->pods[0] : NULL;

		if (!p || at->fits != SCHED_DAEMON_RUNS) {
			n.misscheduled += p && at->node;
			continue;
		}
		n.scheduled++;
		n.ready += p->ready;
		n.available += p->ready && daemon_available(v, p);
		n.updated += !is_old(v, p);
	}
	return n;
}

static void sync_status(struct daemon *v, bool changed)
{
	struct world_daemon_set *s = v->s;
	struct world_set *t = &s->r.set;
	struct counts n = count_pods(v);

	if (!changed && t->observed == t->o.generation && s->desired == n.desired &&
		s->scheduled == n.scheduled && s->misscheduled == n.misscheduled && t->ready == n.ready &&
		t->available == n.available && s->updated == n.updated &&
		s->unavailable == n.desired - n.available)
		return;
	t->observed = t->o.generation;
	t->ready = n.ready;
	t->available = n.available;
	s->desired = n.desired;
	s->scheduled = n.scheduled;
	s->misscheduled = n.misscheduled;
	s->updated = n.updated;
	s->unavailable = n.desired - n.available;
	world_touch(v->c->world, &t->o);
}

/* --- the controller ------------------------------------------------------------------------------------ */

static bool take_manifest(struct daemon *v)
{
	struct world_roller *r = &v->s->r;
	bool held_before = world_condition_get(&r->set.conditions, "ReplicaFailure") != NULL;

	if (held_before)
		world_condition_remove(&r->set.conditions, "ReplicaFailure");
	r->set.min_ready_seconds = v->spec->min_ready_seconds;
	history_take(v->c, r, &v->spec->template);
	return held_before;
}

static bool surges(const struct daemon_set_spec *spec)
{
	const struct rolling_update *r = spec->update_strategy.rolling_update;
	int64_t n = 0;

	if (r && str_eq(spec->update_strategy.type, "RollingUpdate"))
		int_or_string_scale(&r->max_surge, 100, true, &n);
	return n > 0;
}

/* What a step did is looked at again in the same pass: the status says how it is when nothing is left to do. */
static void step(struct daemon *v, bool rolls)
{
	manage(v);
	if (!v->acted && rolls)
		daemon_roll(v);
	if (v->acted)
		world_dirty(v->c->world, &v->s->r.set.o);
}

void control_daemon_set_sync(struct control *c, struct world_daemon_set *s)
{
	struct daemon v = { .c = c, .s = s };
	bool held = s->r.set.o.origin && s->r.set.o.origin->held, changed = false;

	if (!s->r.set.o.origin)
		return;
	v.spec = &object_daemon_set(s->r.set.o.origin->object)->spec;
	v.surges = surges(v.spec);
	if (held)
		control_held(c, &s->r.set.o);
	else
		changed = take_manifest(&v);
	if (!s->r.update)
		return; /* held from the beginning */
	look(&v);
	sync_status(&v, changed);
	step(&v, !held && str_eq(v.spec->update_strategy.type, "RollingUpdate"));
	history_trim(c, &s->r, v.spec->revision_history_limit, NULL);
	free(v.pods);
	free(v.nodes);
}

void control_daemon_set_drop(struct control *c, struct world_daemon_set *s)
{
	/* A drain waits for what daemon pods become when their DaemonSet goes. */
	for (size_t i = 0; i < s->r.set.pods.count; i++)
		if (s->r.set.pods.items[i]->node)
			world_dirty(c->world, &s->r.set.pods.items[i]->node->o);
	history_drop(c, &s->r);
}

void control_daemon_sets_dirty(struct control *c)
{
	const struct world_list *sets = &c->world->of_kind[KIND_DAEMON_SET];

	c->world->daemon_version++;
	for (size_t i = 0; i < sets->count; i++)
		world_dirty(c->world, sets->items[i]);
}
