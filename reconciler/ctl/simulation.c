/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Rounds: in each, all pods without a node have their turn. Where one of them drives others out, these are gone at once, and the next
 * round gives it its place and looks for places for the others. The last round drives nobody out. It ends: whoever is driven out
 * matters less than who came for it.
 */
#include "reconciler/ctl/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/ordered.h"
#include "reconciler/ctl/simulated.h"
#include "reconciler/pressure.h"

enum { ROUNDS_MAX = 1000 };

/* --- objects ------------------------------------------------------------------------------------------------ */

/*
 * Which of two counts that are the same object: what has a place is as the cluster printed it, all else as people want it; else by
 * content, so that it is the same one each time. The lesser counts.
 */
static int preference(const struct object *o)
{
	bool has_place = o->kind->id == KIND_NODE || o->kind->id == KIND_POD ||
			 o->kind->id == KIND_PERSISTENT_VOLUME || o->kind->id == KIND_CLAIM;

	return has_place != (o->meta->uid != NULL);
}

static int by_object(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	int order = object_cmp(x, y);

	if (order == 0)
		order = preference(x) - preference(y);
	if (order == 0)
		order = memcmp(x->hash, y->hash, sizeof(x->hash));
	return order;
}

/* The objects in order, each once. The caller frees the array. */
static struct object **in_order(struct object *const *objects, size_t count, size_t *ret_count)
{
	struct object **list = xcalloc(count, sizeof(list[0]));
	size_t n = 0;

	if (count > 0)
		memcpy(list, objects, count * sizeof(list[0]));
	if (count > 1)
		qsort(list, count, sizeof(list[0]), by_object);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || object_cmp(list[n - 1], list[i]) != 0)
			list[n++] = list[i];
	*ret_count = n;
	return list;
}

struct object *const *making_kind(const struct making *m, enum kind_id kind, size_t *ret_count)
{
	return m->objects + ordered_kind(m->objects, m->count, kind, ret_count);
}

struct object *making_find(const struct making *m, enum kind_id kind, const char *namespace, const char *name)
{
	return ordered_find(m->objects, m->count, kind, namespace, name);
}

/* --- the books ---------------------------------------------------------------------------------------------- */

static void add_nodes(struct making *m)
{
	m->s->nodes = making_kind(m, KIND_NODE, &m->s->node_count);
	for (size_t i = 0; i < m->s->node_count; i++) {
		const struct object_meta *meta = m->s->nodes[i]->meta;

		sched_cluster_set_node(m->s->cluster, m->s->nodes[i]);
		sched_cluster_set_pressure(m->s->cluster, meta->name,
			pressure_from_text(string_map_get(&meta->annotations, PRESSURE_ANNOTATION)));
	}
}

static void add_kind(struct making *m, enum kind_id kind)
{
	size_t count;
	struct object *const *list = making_kind(m, kind, &count);

	for (size_t i = 0; i < count; i++) {
		sched_cluster_set_object(m->s->cluster, list[i]);
		if (kind == KIND_CLAIM)
			map_put(&m->claims,
				arena_printf(
					m->s->arena, "%s/%s", list[i]->meta->namespace, list[i]->meta->name),
				list[i]);
	}
}

/* A namespace has its name as a label, whether there is a manifest for it or not. */
static void add_namespace(struct making *m, const char *name)
{
	static const char label[] = "kubernetes.io/metadata.name";
	const struct object *given = making_find(m, KIND_NAMESPACE, NULL, name);
	struct arena *own = arena_new(0);
	struct namespace *body = given ? arena_memdup(own, given->body, sizeof(*body))
				       : arena_alloc(own, sizeof(*body));
	struct string_map *labels = &body->meta.labels;
	struct string_pair *all = arena_array(own, labels->count + 1, sizeof(all[0]));
	struct object *o;
	size_t n = 0;

	body->meta.name = arena_strdup(own, name);
	for (size_t i = 0; i < labels->count && strcmp(labels->items[i].key, label) < 0; i++)
		all[n++] = labels->items[i];
	all[n++] = (struct string_pair){ label, body->meta.name };
	for (size_t i = n - 1; i < labels->count; i++)
		if (!str_eq(labels->items[i].key, label))
			all[n++] = labels->items[i];
	labels->items = all;
	labels->count = n;
	o = object_new(&kinds[KIND_NAMESPACE], own, body);
	sched_cluster_set_object(m->s->cluster, o);
	object_unref(o);
}

static void add_namespaces(struct making *m)
{
	const char *last = NULL;
	size_t count;
	struct object *const *given = making_kind(m, KIND_NAMESPACE, &count);

	for (size_t i = 0; i < count; i++)
		add_namespace(m, given[i]->meta->name);
	for (size_t i = 0; i < m->s->count; i++) {
		const char *name = m->s->pods[i].namespace;

		if (!str_eq(last, name) && !making_find(m, KIND_NAMESPACE, NULL, name))
			add_namespace(m, name);
		last = name;
	}
}

void simulation_book(struct simulation *s, struct simulated_pod *p)
{
	const struct sched_pod booked = { .id = p,
		.request = p->request,
		.name = p->name,
		.priority = p->priority,
		.started = p->started,
		.leaving = p->leaving };

	sched_cluster_add_pod(s->cluster, p->node, &booked);
}

/* --- rounds ------------------------------------------------------------------------------------------------- */

struct round {
	struct simulation *s;
	size_t turns;   /* so far, in all rounds */
	bool nominated; /* somebody was driven out in this one */
};

static void drive_out(struct simulation *s, const struct sched_decision *d)
{
	size_t count = d->victim_count;
	struct simulated_pod **victims = xcalloc(count, sizeof(victims[0]));

	for (size_t i = 0; i < count; i++)
		victims[i] = d->victims[i].id;
	for (size_t i = 0; i < count; i++) {
		sched_cluster_remove_pod(s->cluster, victims[i]->node, victims[i]);
		victims[i]->node = NULL;
		victims[i]->given = false;
		victims[i]->evicted_by = d->pod->id;
	}
	free(victims);
}

static void decide(const struct sched_decision *d, void *arg)
{
	struct round *r = arg;
	struct simulated_pod *p = d->pod->id;

	p->turn = ++r->turns;
	p->by_gang = d->by_gang;
	switch (d->outcome) {
	case SCHED_PLACED:
		p->node = d->node;
		p->score = d->score;
		simulation_book(r->s, p);
		break;
	case SCHED_NOMINATED:
		r->nominated = true;
		drive_out(r->s, d);
		break;
	case SCHED_NOWHERE:
	case SCHED_WAITS:
		break;
	}
}

static void run_round(struct round *r)
{
	struct simulation *s = r->s;
	_cleanup_(freep) struct sched_pending *pending = xcalloc(s->count, sizeof(pending[0]));
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct simulated_pod *p = &s->pods[i];

		/* One that was being deleted, and is driven out, is gone. */
		if (p->node || p->blocked || p->leaving)
			continue;
		pending[count++] = (struct sched_pending){ .id = p,
			.request = p->request,
			.key = p->key,
			.pinned = p->pinned,
			.gang = p->gang,
			.priority = p->priority,
			.no_preemption = p->no_preemption,
			.deadline = p->deadline,
			.created = p->created };
	}
	r->nominated = false;
	sched_place(s->cluster, pending, count, decide, r);
}

static void run_rounds(struct simulation *s)
{
	const struct making m = { .objects = s->objects, .count = s->object_count };
	struct round r = { .s = s };
	size_t count;
	struct object *const *budgets = making_kind(&m, KIND_DISRUPTION_BUDGET, &count);

	for (unsigned i = 0; i == 0 || (r.nominated && i < ROUNDS_MAX); i++) {
		simulated_budgets(s, budgets, count);
		run_round(&r);
	}
}

/* --- the answer --------------------------------------------------------------------------------------------- */

static int by_turn(const void *a, const void *b)
{
	const struct simulated_pod *x = *(struct simulated_pod *const *)a,
				   *y = *(struct simulated_pod *const *)b;

	if (!x->turn != !y->turn)
		return x->turn ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return strcmp(x->key, y->key);
}

static void list_pods(struct simulation *s)
{
	s->placed = xcalloc(s->count, sizeof(s->placed[0]));
	s->unschedulable = xcalloc(s->count, sizeof(s->unschedulable[0]));
	for (size_t i = 0; i < s->count; i++) {
		struct simulated_pod *p = &s->pods[i];

		if (p->node && !p->given)
			s->placed[s->placed_count++] = p;
		else if (!p->node && !p->leaving)
			s->unschedulable[s->unschedulable_count++] = p;
	}
	if (s->placed_count > 1)
		qsort(s->placed, s->placed_count, sizeof(s->placed[0]), by_turn);
	if (s->unschedulable_count > 1)
		qsort(s->unschedulable, s->unschedulable_count, sizeof(s->unschedulable[0]), by_turn);
}

/* --- why -------------------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_reason(struct simulation *s, struct simulated_pod *p, const char *text)
{
	p->reasons[p->reason_count++] = arena_strdup(s->arena, text);
}

static void explain_verdict(struct simulation *s, struct simulated_pod *p, const struct sched_verdict *v)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	size_t first = p->reason_count;

	for (size_t i = 0; i < v->reason_count; i++)
		add_reason(s, p, v->reasons[i].text);
	if (v->reason_count > 1)
		qsort(p->reasons + first, v->reason_count, sizeof(p->reasons[0]), by_text);
	if (!v->node) {
		sched_verdict_explain(v, &text);
		p->message = arena_strdup(s->arena, text.data);
	}
}

static void explain_one(struct simulation *s, struct simulated_pod *p, const struct sched_verdict *v)
{
	p->reasons = arena_array(s->arena, SCHED_REASONS_MAX + 3, sizeof(p->reasons[0]));
	p->message = p->advice = "";
	if (p->evicted_by)
		add_reason(s, p,
			arena_printf(s->arena, "preempted by %s, which has a higher priority",
				p->evicted_by->key));
	if (p->blocked)
		add_reason(s, p, p->blocked);
	else if (p->by_gang)
		add_reason(s, p, arena_printf(s->arena, "another pod of its gang %s fits nowhere", p->gang));
	else
		explain_verdict(s, p, v);
	if (p->reason_count == 0 && p->gang)
		add_reason(s, p, arena_printf(s->arena, "there is not room for all of its gang %s", p->gang));
	else if (p->reason_count == 0)
		add_reason(s, p,
			v->total == 0 ? "no nodes available to schedule pods"
				      : "the room that there is is kept for others");
	if (str_empty(p->message))
		p->message = p->reasons[p->reason_count - 1];
}

static const char *advise(struct simulation *s, const struct simulated_pod *p)
{
	struct sched_explanation e;

	sched_explain(s->cluster, p->request, p->pinned, &e);
	return arena_strdup(s->arena, e.advice);
}

/* Equal pods stand one after the other: nodes are looked at once for them. */
void simulation_explain(struct simulation *s)
{
	const struct simulated_pod *last = NULL;
	struct sched_verdict v = { 0 };

	for (size_t i = 0; i < s->unschedulable_count; i++) {
		struct simulated_pod *p = s->unschedulable[i];
		bool same = last && last->request == p->request && last->pinned == p->pinned;

		if (!same && !p->blocked && p->pinned)
			sched_pick_on(s->cluster, p->pinned, p->request, &v);
		else if (!same && !p->blocked)
			sched_pick(s->cluster, p->request, &v);
		explain_one(s, p, &v);
		if (p->blocked)
			continue;
		if (!v.node)
			p->advice = same ? last->advice : advise(s, p);
		last = p;
	}
}

/* --- life --------------------------------------------------------------------------------------------------- */

static void requests_done(struct map *requests)
{
	for (size_t i = 0; i < requests->count; i++)
		sched_request_unref(requests->entries[i].value);
	map_done(requests);
}

static void set_strategy(struct making *m)
{
	size_t count;
	struct object *const *list = making_kind(m, KIND_CLUSTER, &count);

	if (count > 0 && str_eq(object_cluster(list[0])->spec.scheduling.strategy, "Pack"))
		sched_cluster_set_strategy(m->s->cluster, SCHED_PACK);
}

struct simulation *simulation_new(struct object *const *objects, size_t count)
{
	struct simulation *s = xcalloc(1, sizeof(*s));
	struct making m = { .s = s };

	s->arena = arena_new(0);
	s->cluster = sched_cluster_new();
	s->objects = in_order(objects, count, &s->object_count);
	for (size_t i = 0; i < s->object_count; i++)
		object_ref(s->objects[i]);
	m.objects = s->objects;
	m.count = s->object_count;
	set_strategy(&m);
	add_nodes(&m);
	add_kind(&m, KIND_PERSISTENT_VOLUME);
	add_kind(&m, KIND_STORAGE_CLASS);
	add_kind(&m, KIND_CLAIM);
	simulated_pods_make(&m);
	add_namespaces(&m);
	for (size_t i = 0; i < s->count; i++)
		if (s->pods[i].given)
			simulation_book(s, &s->pods[i]);
	s->requests = m.requests;
	map_done(&m.keys);
	map_done(&m.claims);
	return s;
}

struct simulation *simulation_run(struct object *const *objects, size_t count)
{
	struct simulation *s = simulation_new(objects, count);

	run_rounds(s);
	list_pods(s);
	return s;
}

struct simulation *simulation_free(struct simulation *s)
{
	if (!s)
		return NULL;
	requests_done(&s->requests);
	sched_cluster_free(s->cluster);
	for (size_t i = 0; i < s->object_count; i++)
		object_unref(s->objects[i]);
	free(s->objects);
	free(s->pods);
	free(s->placed);
	free(s->unschedulable);
	arena_free(s->arena);
	free(s);
	return NULL;
}

void simulation_freep(struct simulation **s)
{
	*s = simulation_free(*s);
}
