/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/relations.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"

/* --- a request in a count -------------------------------------------------------------------------------- */

static bool counts_leaving(const struct sched_count *n)
{
	return n->kind != SCHED_COUNT_SPREAD;
}

/* SPOTS are by node index + 1. */
static void fill(struct sched_count *n, const struct sched_tally *spots, int32_t amount)
{
	for (uint32_t i = 0; i < spots->cap; i++)
		if (spots->slots[i].key > 0)
			sched_counter_add(
				&n->numbers, spots->slots[i].key - 1, spots->slots[i].value * amount);
}

static void fill_all(const struct sched_ties *t, struct sched_count *n, int32_t amount)
{
	fill(n, &t->request->live, amount);
	if (counts_leaving(n))
		fill(n, &t->request->leaving, amount);
}

void sched_ties_join(struct sched_ties *t, struct sched_count *n, int32_t amount)
{
	t->ties = grow(t->ties, &t->tie_cap, t->tie_count + 1, sizeof(t->ties[0]));
	t->ties[t->tie_count++] = (struct sched_tie){ .count = n, .amount = amount };
	fill_all(t, n, amount);
}

void sched_ties_leave(struct sched_ties *t, struct sched_count *n, int32_t amount)
{
	for (size_t i = t->tie_count; i > 0; i--) {
		if (t->ties[i - 1].count != n || t->ties[i - 1].amount != amount)
			continue;
		t->ties[i - 1] = t->ties[--t->tie_count];
		fill_all(t, n, -amount);
		return;
	}
}

/* --- selections and the requests that they match ---------------------------------------------------------- */

/* Who carries terms is known by himself; what a selection matches counts in these. */
static bool counts_matches(const struct sched_count *n)
{
	return n->kind == SCHED_COUNT_SPREAD || n->kind == SCHED_COUNT_PODS;
}

/* There is one more term about T, or one fewer. */
static void about_changed(struct sched_cluster *c, struct sched_ties *t)
{
	t->interpod.stale = true;
	sched_request_changed(c, t->request);
}

static void link_count(struct sched_cluster *c, struct sched_ties *t, struct sched_count *n)
{
	if (counts_matches(n))
		sched_ties_join(t, n, 1);
	else
		about_changed(c, t);
}

static void unlink_count(struct sched_cluster *c, struct sched_ties *t, struct sched_count *n)
{
	if (counts_matches(n))
		sched_ties_leave(t, n, 1);
	else
		about_changed(c, t);
}

static bool is_linked(const struct sched_ties *t, const struct sched_selected *s)
{
	for (size_t i = 0; i < t->selected_count; i++)
		if (t->selected[i] == s)
			return true;
	return false;
}

static void link_selected(struct sched_cluster *c, struct sched_ties *t, struct sched_selected *s)
{
	if (is_linked(t, s) || !sched_selection_matches(s->what, &t->view))
		return;
	s->ties = grow(s->ties, &s->tie_cap, s->tie_count + 1, sizeof(s->ties[0]));
	s->ties[s->tie_count++] = t;
	t->selected = grow(t->selected, &t->selected_cap, t->selected_count + 1, sizeof(t->selected[0]));
	t->selected[t->selected_count++] = s;
	for (size_t i = 0; i < s->count_count; i++)
		link_count(c, t, s->counts[i]);
}

static void forget_ties(struct sched_selected *s, const struct sched_ties *t)
{
	size_t i = 0;

	while (s->ties[i] != t)
		i++;
	s->ties[i] = s->ties[--s->tie_count];
}

static void forget_selected(struct sched_ties *t, const struct sched_selected *s)
{
	size_t i = 0;

	while (t->selected[i] != s)
		i++;
	t->selected[i] = t->selected[--t->selected_count];
}

static void unlink_selected(struct sched_cluster *c, struct sched_ties *t, struct sched_selected *s)
{
	for (size_t i = 0; i < s->count_count; i++)
		unlink_count(c, t, s->counts[i]);
	forget_selected(t, s);
	forget_ties(s, t);
}

/* --- the two finding each other --------------------------------------------------------------------------- */

struct finding {
	struct sched_cluster *c;
	struct sched_selected *selected;
	struct sched_ties *ties;
};

static void find_selections(uint64_t hash, void *arg)
{
	const struct finding *f = arg;
	const struct sched_posting *p = sched_postings_find(&f->c->relations->by_selection, hash);

	for (uint32_t i = 0; p && i < p->count; i++)
		link_selected(f->c, f->ties, p->items[i]);
}

static void find_requests(uint64_t hash, void *arg)
{
	const struct finding *f = arg;
	const struct sched_posting *p = sched_postings_find(&f->c->relations->by_pod, hash);

	for (uint32_t i = 0; p && i < p->count; i++)
		link_selected(f->c, p->items[i], f->selected);
}

static void post_selected(uint64_t hash, void *arg)
{
	const struct finding *f = arg;

	sched_postings_add(&f->c->relations->by_selection, hash, f->selected);
}

static void unpost_selected(uint64_t hash, void *arg)
{
	const struct finding *f = arg;

	sched_postings_remove(&f->c->relations->by_selection, hash, f->selected);
}

static void post_ties(uint64_t hash, void *arg)
{
	const struct finding *f = arg;

	sched_postings_add(&f->c->relations->by_pod, hash, f->ties);
}

static void unpost_ties(uint64_t hash, void *arg)
{
	const struct finding *f = arg;

	sched_postings_remove(&f->c->relations->by_pod, hash, f->ties);
}

/* --- counts ----------------------------------------------------------------------------------------------- */

static struct sched_selected *selected_ref(struct sched_cluster *c, struct sched_selection *what)
{
	struct sched_selected *s = map_get(&c->relations->selected, what->text);
	struct finding f = { .c = c };

	if (s) {
		sched_selection_free(what);
		return s;
	}
	f.selected = s = xcalloc(1, sizeof(*s));
	s->what = what;
	map_put(&c->relations->selected, what->text, s);
	sched_selection_hashes(what, post_selected, &f);
	sched_selection_hashes(what, find_requests, &f);
	return s;
}

static void selected_free(struct sched_cluster *c, struct sched_selected *s)
{
	struct finding f = { .c = c, .selected = s };

	while (s->tie_count > 0)
		unlink_selected(c, s->ties[s->tie_count - 1], s);
	sched_selection_hashes(s->what, unpost_selected, &f);
	map_remove(&c->relations->selected, s->what->text);
	sched_selection_free(s->what);
	free(s->counts);
	free(s->ties);
	free(s);
}

static struct sched_count *count_new(struct sched_region *region, enum sched_count_kind kind)
{
	struct sched_count *n = xcalloc(1, sizeof(*n));

	n->region = region;
	n->kind = kind;
	n->refs = 1;
	sched_counter_init(&n->numbers, region->space, !counts_leaving(n));
	return n;
}

static struct sched_count *find_count(
	const struct sched_selected *s, const struct sched_region *region, enum sched_count_kind kind)
{
	for (size_t i = 0; i < s->count_count; i++)
		if (s->counts[i]->region == region && s->counts[i]->kind == kind)
			return s->counts[i];
	return NULL;
}

struct sched_count *sched_count_ref(struct sched_cluster *c, struct sched_selection *what,
	struct sched_region *region, enum sched_count_kind kind)
{
	struct sched_selected *s = selected_ref(c, what);
	struct sched_count *n = find_count(s, region, kind);

	if (n) {
		sched_region_unref(&c->relations->topology, region);
		n->refs++;
		return n;
	}
	n = count_new(region, kind);
	n->selected = s;
	s->counts = grow(s->counts, &s->count_cap, s->count_count + 1, sizeof(s->counts[0]));
	s->counts[s->count_count++] = n;
	for (size_t i = 0; i < s->tie_count; i++)
		link_count(c, s->ties[i], n);
	return n;
}

static void deselect(struct sched_cluster *c, struct sched_selected *s, struct sched_count *n)
{
	size_t at = 0;

	while (s->counts[at] != n)
		at++;
	s->counts[at] = s->counts[--s->count_count];
	for (size_t i = 0; i < s->tie_count; i++)
		unlink_count(c, s->ties[i], n);
	if (s->count_count == 0)
		selected_free(c, s);
}

void sched_count_unref(struct sched_cluster *c, struct sched_count *n)
{
	if (--n->refs > 0)
		return;
	deselect(c, n->selected, n);
	sched_counter_done(&n->numbers);
	sched_region_unref(&c->relations->topology, n->region);
	free(n);
}

/* --- requests --------------------------------------------------------------------------------------------- */

static const struct string_map no_labels;

/* The labels of T's namespace (an object, or NULL), and the one that every namespace has (core/v1 LabelMetadataName). */
static void view_namespace(struct sched_ties *t, const struct object *namespace)
{
	static const char name[] = "kubernetes.io/metadata.name";
	const struct string_map *labels = namespace ? &namespace->meta->labels : &no_labels;
	size_t n = 0, i = 0;

	free(t->namespace_labels.items);
	t->namespace_labels.items = xcalloc(labels->count + 1, sizeof(struct string_pair));
	for (; i < labels->count && strcmp(labels->items[i].key, name) < 0; i++)
		t->namespace_labels.items[n++] = labels->items[i];
	if (i == labels->count || !str_eq(labels->items[i].key, name))
		t->namespace_labels.items[n++] = (struct string_pair){ .key = name,
			.value = t->view.namespace };
	for (; i < labels->count; i++)
		t->namespace_labels.items[n++] = labels->items[i];
	t->namespace_labels.count = n;
	t->view.namespace_labels = &t->namespace_labels;
}

/* Namespace and labels in one piece: the array, the strings behind it. */
static void copy_view(struct sched_ties *t, const struct sched_request *r)
{
	const size_t count = r->labels ? r->labels->count : 0, name = strlen(r->namespace) + 1;
	size_t size = sizeof(struct string_map) + count * sizeof(struct string_pair) + name;
	struct string_map *labels;
	char *at;

	for (size_t i = 0; i < count; i++)
		size += strlen(r->labels->items[i].key) + strlen(r->labels->items[i].value) + 2;
	t->copies = labels = xcalloc(1, size);
	labels->items = (struct string_pair *)(labels + 1);
	labels->count = count;
	at = (char *)(labels->items + count);
	t->view.namespace = memcpy(at, r->namespace, name);
	at += name;
	for (size_t i = 0; i < count; i++) {
		labels->items[i].key = at;
		at = stpcpy(at, r->labels->items[i].key) + 1;
		labels->items[i].value = at;
		at = stpcpy(at, r->labels->items[i].value) + 1;
	}
	t->view.labels = labels;
}

static void request_in(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_ties *t = xcalloc(1, sizeof(*t));
	struct finding f = { .c = c, .ties = t };

	t->request = r;
	r->ties = t;
	copy_view(t, r);
	view_namespace(t, sched_object_find(c, KIND_NAMESPACE, NULL, r->namespace));
	t->interpod.stale = true;
	sched_pod_hashes(&t->view, post_ties, &f);
	sched_pod_hashes(&t->view, find_selections, &f);
	sched_interpod_in(c, t);
}

static void request_ready(struct sched_cluster *c, struct sched_request *r)
{
	sched_spread_ready(c, r->ties);
	sched_interpod_ready(c, r->ties);
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_ties *t = TAKE_PTR(r->ties);
	struct finding f = { .c = c, .ties = t };

	if (!t)
		return;
	sched_spread_done(c, t);
	sched_interpod_done(c, t);
	while (t->selected_count > 0)
		unlink_selected(c, t, t->selected[t->selected_count - 1]);
	sched_pod_hashes(&t->view, unpost_ties, &f);
	free(t->selected);
	free(t->ties);
	free(t->plan);
	free(t->namespace_labels.items);
	free(t->copies);
	free(t);
}

/* A count of NODE's domain is another: where nodes go by counts, those beside it are so for other reasons than their own. */
static void changed_beside(struct sched_cluster *c, const struct sched_key *k, uint32_t node)
{
	uint32_t domain = sched_space_domain(&k->space, node);

	if (domain == 0 || k->space.members[domain] == 1 || !sched_key_small(k))
		return;
	for (uint32_t i = 0; i < k->space.node_cap; i++)
		if (k->space.domain[i] == domain && i != node)
			sched_node_changed(c, i);
}

static void pods(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	const struct sched_ties *t = c->requests[p->request]->ties;
	const struct sched_key *last = NULL;

	for (size_t i = 0; i < t->tie_count; i++) {
		struct sched_count *n = t->ties[i].count;
		int32_t more = counts_leaving(n) || MUTANT(25) ? live + leaving : live;

		if (more == 0)
			continue;
		sched_counter_add(&n->numbers, node, more * t->ties[i].amount);
		if (n->region->key != last)
			changed_beside(c, n->region->key, node);
		last = n->region->key;
	}
}

/* --- the cluster ------------------------------------------------------------------------------------------- */

static void init(struct sched_cluster *c)
{
	c->relations = xcalloc(1, sizeof(*c->relations));
}

static void done(struct sched_cluster *c)
{
	sched_topology_done(&c->relations->topology);
	map_done(&c->relations->selected);
	sched_postings_done(&c->relations->by_selection);
	sched_postings_done(&c->relations->by_pod);
	freep(&c->relations);
}

/* Where a key's domains are small no longer, groups are made by other words (judge.h). */
static void node_in(struct sched_cluster *c, uint32_t node)
{
	if (sched_topology_node_in(&c->relations->topology, c->nodes[node]))
		sched_all_changed(c);
}

static void node_out(struct sched_cluster *c, uint32_t node)
{
	if (sched_topology_node_out(&c->relations->topology, c->nodes[node]))
		sched_all_changed(c);
}

/* T's namespace has other labels. */
static void compare_anew(struct sched_cluster *c, struct sched_ties *t)
{
	struct finding f = { .c = c, .ties = t };

	for (size_t i = t->selected_count; i > 0; i--)
		if (!sched_selection_matches(t->selected[i - 1]->what, &t->view))
			unlink_selected(c, t, t->selected[i - 1]);
	sched_pod_hashes(&t->view, find_selections, &f);
	t->interpod.stale = true;
}

static void object(
	struct sched_cluster *c, enum kind_id kind, const struct object *old, const struct object *new)
{
	bool same;

	if (kind != KIND_NAMESPACE)
		return;
	same = string_map_equal(old ? &old->meta->labels : &no_labels, new ? &new->meta->labels : &no_labels);
	for (uint32_t i = 0; i < c->request_span; i++) {
		struct sched_ties *t = c->requests[i] ? c->requests[i]->ties : NULL;

		if (!t || !str_eq(t->view.namespace, (old ? old : new)->meta->name))
			continue;
		view_namespace(t, new);
		if (!same)
			compare_anew(c, t);
	}
	if (!same)
		sched_all_changed(c);
}

const struct sched_part sched_relations_part = {
	.init = init,
	.done = done,
	.request_in = request_in,
	.request_ready = request_ready,
	.request_out = request_out,
	.node_in = node_in,
	.node_out = node_out,
	.pods = pods,
	.object = object,
};
