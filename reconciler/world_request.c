/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods in the scheduler's books: what they ask for, and when they count. What a pod asks for is its revision's, with the labels that its
 * set adds, and is shared by all pods of the revision. The pods of a set that numbers them have a request of their own
 * where their number matters: where each has claims of its own, or where the template's rules about other pods name the label that
 * tells the pods apart.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "reconciler/stored.h"
#include "reconciler/world_job.h"

struct world_request {
	struct sched_request *request;
	struct pod_spec spec;
	struct string_map labels;
	struct arena *arena; /* of what is in spec and labels, and of this */
	char uid[NAMES_UID];
};

/* --- labels ---------------------------------------------------------------------------------------------------- */

/* Labels that no two pods of a set have in common. */
static bool is_own_label(const char *key)
{
	return str_eq(key, WORLD_LABEL_POD_NAME) || str_eq(key, WORLD_LABEL_POD_INDEX) ||
	       str_eq(key, WORLD_LABEL_JOB_INDEX);
}

static bool names_own_label(const struct strings *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (is_own_label(keys->items[i]))
			return true;
	return false;
}

static bool selects_own_label(const struct label_selector *s)
{
	for (size_t i = 0; s && i < s->match_labels.count; i++)
		if (is_own_label(s->match_labels.items[i].key))
			return true;
	for (size_t i = 0; s && i < s->match_expressions.count; i++)
		if (is_own_label(s->match_expressions.items[i].key))
			return true;
	return false;
}

static bool is_about_numbers(const struct pod_affinity_term *t)
{
	return selects_own_label(t->label_selector) || names_own_label(&t->match_label_keys) ||
	       names_own_label(&t->mismatch_label_keys);
}

static bool any_about_numbers(const struct pod_affinity *a)
{
	for (size_t i = 0; a && i < a->required.count; i++)
		if (is_about_numbers(&a->required.items[i]))
			return true;
	for (size_t i = 0; a && i < a->preferred.count; i++)
		if (is_about_numbers(&a->preferred.items[i].pod_affinity_term))
			return true;
	return false;
}

static bool rules_are_about_numbers(const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->topology_spread_constraints.count; i++) {
		const struct topology_spread_constraint *t = &spec->topology_spread_constraints.items[i];

		if (selects_own_label(t->label_selector) || names_own_label(&t->match_label_keys))
			return true;
	}
	return spec->affinity && (any_about_numbers(spec->affinity->pod_affinity) ||
					 any_about_numbers(spec->affinity->pod_anti_affinity));
}

static bool needs_own(const struct world_pod *p)
{
	const enum kind_id keeper = p->set ? p->set->o.kind->id : KIND_COUNT;

	if (keeper == KIND_STATEFUL_SET && p->set->o.origin &&
		object_stateful_set(p->set->o.origin->object)->spec.volume_claim_templates.count > 0)
		return true;
	return (keeper == KIND_STATEFUL_SET || keeper == KIND_JOB) &&
	       rules_are_about_numbers(&p->revision->template.spec);
}

/* --- a pod's own ----------------------------------------------------------------------------------------------- */

static struct sched_request *own_request(struct world *w, struct world_pod *p)
{
	struct arena *arena;
	struct world_scratch s = { .w = w };
	struct world_request *own;
	struct pod body = { 0 };

	if (p->own_request)
		return ((struct world_request *)map_get(&w->requests, p->o.uid))->request;
	s.arena = arena = arena_new(1024);
	own = arena_alloc(arena, sizeof(*own));
	world_pod_body(&s, p, &body);
	*own = (struct world_request){ .arena = arena, .spec = body.spec, .labels = body.meta.labels };
	own->spec.node_name = p->revision->template.spec.node_name;
	memcpy(own->uid, p->o.uid, sizeof(own->uid));
	own->request = sched_request_new(&own->spec, p->revision->namespace, &own->labels);
	map_put(&w->requests, own->uid, own);
	p->own_request = true;
	return own->request;
}

void world_request_drop(struct world *w, struct world_pod *p)
{
	struct world_request *own = p->own_request ? map_remove(&w->requests, p->o.uid) : NULL;

	p->own_request = false;
	if (!own)
		return;
	sched_request_unref(own->request);
	arena_free(own->arena);
}

/* --- a revision's ---------------------------------------------------------------------------------------------- */

/* LABELS without those that are a pod's own: one block. */
static struct string_map *labels_copy(const struct string_map *labels)
{
	size_t size = sizeof(struct string_map) + labels->count * sizeof(labels->items[0]);
	struct string_map *copy;
	char *text;

	for (size_t i = 0; i < labels->count; i++)
		size += strlen(labels->items[i].key) + strlen(str_or_empty(labels->items[i].value)) + 2;
	copy = xcalloc(1, size);
	copy->items = (struct string_pair *)(copy + 1);
	text = (char *)(copy->items + labels->count);
	for (size_t i = 0; i < labels->count; i++) {
		struct string_pair *to = &copy->items[copy->count];

		if (is_own_label(labels->items[i].key))
			continue;
		to->key = text;
		text = stpcpy(text, labels->items[i].key) + 1;
		to->value = text;
		text = stpcpy(text, str_or_empty(labels->items[i].value)) + 1;
		copy->count++;
	}
	return copy;
}

static void request_with(struct world_revision *r, const struct string_map *labels)
{
	r->labels = labels_copy(labels);
	r->request = sched_request_new(&r->template.spec, r->namespace, r->labels);
}

/* Whose request is R's. */
static struct world_revision *first_of(struct world_revision *r)
{
	while (r->first)
		r = r->first;
	return r;
}

/* R has the request from now on, and FIRST (which may then go) that of R. */
static void take_request(struct world_revision *r, struct world_revision *first)
{
	r->request = TAKE_PTR(first->request);
	r->labels = TAKE_PTR(first->labels);
	first->first = world_revision_ref(r);
}

void world_revision_follow(struct world_revision *r, struct world_revision *before)
{
	struct world_revision *first = first_of(before);

	if (r->request || r->first || !first->request || first == r)
		return;
	if (sched_request_move(first->request, &r->template.spec, r->namespace, first->labels))
		take_request(r, first);
	else
		r->first = world_revision_ref(first);
}

static struct sched_request *known_request(struct world_revision *r)
{
	return first_of(r)->request;
}

struct sched_request *world_revision_request(struct world_revision *r)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct string_map labels;

	if (known_request(r))
		return known_request(r);
	arena = arena_new(1024);
	const struct string_pair revision = { WORLD_LABEL_REVISION, r->label };

	labels = stored_merge(arena, &r->template.meta.labels, NULL, &revision, 1);
	request_with(r, &labels);
	return r->request;
}

/* The set may have made its template anew: the oldest of its pods has the one before. */
static void follow_sibling(const struct world_pod *p)
{
	const struct world_pod *other = p->set ? p->set->pods.items[0] : NULL;

	if (other && other->revision && other->revision != p->revision &&
		memcmp(other->revision->hash, p->revision->hash, sizeof(p->revision->hash)) == 0)
		world_revision_follow(p->revision, other->revision);
}

struct sched_request *world_pod_request(struct world *w, struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct world_scratch s = { .w = w };
	struct pod body = { 0 };

	if (needs_own(p))
		return own_request(w, p);
	if (!known_request(p->revision))
		follow_sibling(p);
	if (known_request(p->revision))
		return known_request(p->revision);
	s.arena = arena = arena_new(2048);
	world_pod_body(&s, p, &body);
	request_with(p->revision, &body.meta.labels);
	return p->revision->request;
}

/* --- the books ------------------------------------------------------------------------------------------------- */

static struct sched_pod booking(struct world *w, struct world_pod *p)
{
	return (struct sched_pod){ .id = p,
		.request = world_pod_request(w, p),
		.name = p->o.name,
		.priority = p->priority,
		.started = (uint32_t)(p->placed / NSEC_PER_SEC),
		.leaving = p->o.deleting != 0 };
}

void world_pod_unbook(struct world *w, struct world_pod *p)
{
	if (!p->booked)
		return;
	sched_cluster_remove_pod(w->sched, p->node->o.name, p);
	p->booked = false;
	w->nodes_changed = true;
}

void world_pod_book(struct world *w, struct world_pod *p)
{
	/* What has ended for good takes no room any more (kube-scheduler leaves such pods out as well). */
	bool wanted = p->node && p->phase != PHASE_SUCCEEDED && p->phase != PHASE_FAILED;

	if (!wanted) {
		world_pod_unbook(w, p);
	} else if (!p->booked) {
		const struct sched_pod booked = booking(w, p);

		sched_cluster_add_pod(w->sched, p->node->o.name, &booked);
		p->booked = true;
	}
}

void world_pod_leaves(struct world *w, struct world_pod *p)
{
	if (!p->booked)
		return;
	sched_cluster_pod_leaves(w->sched, p->node->o.name, p);
	w->nodes_changed = true;
}

void world_pod_nominate(struct world *w, struct world_pod *p, const char *node)
{
	const struct sched_pod waiting = booking(w, p);

	assert(p->waits);
	sched_cluster_nominate(w->sched, node, &waiting);
	p->nominated = sched_cluster_nominated(w->sched, p) != NULL;
	if (!p->nominated)
		world_touch(w, &p->o);
}
