/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The terms about more than one node, and about what is on it beside pods. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tests/sched/worth.h"

/* --- topology spread, preferred ------------------------------------------------------------------------------- */

/* One soft constraint, or one of those by default (C is NULL). */
struct soft {
	const struct topology_spread_constraint *c;
	const char *key;
	int64_t max_skew;
};

static bool is_soft(const struct topology_spread_constraint *c)
{
	return str_eq(c->when_unsatisfiable, "ScheduleAnyway");
}

static bool has_keys(const struct pod_spec *spec, const struct place *p)
{
	for (size_t i = 0; i < spec->topology_spread_constraints.count; i++) {
		const struct topology_spread_constraint *c = &spec->topology_spread_constraints.items[i];

		if (is_soft(c) && !match_domain(p, c->topology_key))
			return false;
	}
	return true;
}

static bool eligible(const struct soft *s, const struct kin *kin, const struct place *p)
{
	if (!s->c)
		return match_node(kin->spec, p);
	return has_keys(kin->spec, p) && match_inclusion(s->c, kin, p);
}

/* Those that spread by default is about. */
static bool alike(const struct kin *a, const struct kin *b)
{
	if (!str_eq(a->namespace, b->namespace) || a->labels->count != b->labels->count)
		return false;
	for (size_t i = 0; i < a->labels->count; i++)
		if (!str_eq(string_map_get(b->labels, a->labels->items[i].key), a->labels->items[i].value))
			return false;
	return true;
}

static int64_t count(const struct scene *w, const struct soft *s, const struct kin *kin, const char *value)
{
	int64_t n = 0;

	for (size_t i = 0; i < w->place_count; i++) {
		const struct place *p = w->places[i];

		if (!str_eq(match_domain(p, s->key), value) || !eligible(s, kin, p))
			continue;
		for (const struct being *o = p->beings; o; o = o->next_on)
			n += rule_is_there(o) && !o->leaving &&
			     (s->c ? match_spread(s->c, kin, o->kin) : alike(o->kin, kin));
	}
	return n;
}

/* 0 to 100, or -1: no eligible node has the label. */
static int64_t even(const struct scene *w, const struct soft *s, const struct kin *kin, const struct place *p)
{
	int64_t low = INT64_MAX, high = 0, range, excess;
	const char *value = match_domain(p, s->key);

	for (size_t i = 0; i < w->place_count; i++) {
		const char *other = match_domain(w->places[i], s->key);
		int64_t n;

		if (!other || !eligible(s, kin, w->places[i]))
			continue;
		n = count(w, s, kin, other);
		low = n < low ? n : low;
		high = n > high ? n : high;
	}
	if (low == INT64_MAX)
		return -1;
	if (!value)
		return 0;
	range = high - low - (s->max_skew - 1);
	excess = count(w, s, kin, value) - low - (s->max_skew - 1);
	if (range <= 0)
		return 100;
	return 100 * (range - (excess > 0 ? excess : 0)) / range;
}

int64_t worth_spread(const struct scene *w, const struct being *b, const struct place *p)
{
	static const struct soft by_default[] = { { NULL, "topology.kubernetes.io/zone", 1 },
		{ NULL, "kubernetes.io/hostname", 1 } };
	const struct pod_spec *spec = b->kin->spec;
	int64_t sum = 0, n = 0, one;

	for (size_t i = 0; i < spec->topology_spread_constraints.count; i++) {
		const struct topology_spread_constraint *c = &spec->topology_spread_constraints.items[i];

		if (!is_soft(c))
			continue;
		one = even(w, &(struct soft){ c, c->topology_key, c->max_skew }, b->kin, p);
		sum += one >= 0 ? one : match_domain(p, c->topology_key) ? 100 : 0;
		n++;
	}
	for (size_t i = 0;
		spec->topology_spread_constraints.count == 0 && !w->pack && i < ARRAY_LEN(by_default); i++)
		if ((one = even(w, &by_default[i], b->kin, p)) >= 0) {
			sum += one;
			n++;
		}
	return n == 0 ? 100 : sum / n;
}

/* --- inter-pod affinity, preferred ------------------------------------------------------------------------------- */

static bool same_domain(const struct place *a, const struct place *b, const char *key)
{
	const char *value = match_domain(a, key);

	return value && str_eq(value, match_domain(b, key));
}

/* What the preferred terms A of OF say of ABOUT, where THERE is in their domain with HERE. */
static int64_t say(const struct scene *w, const struct pod_affinity *a, const struct kin *of,
	const struct kin *about, const struct place *here, const struct place *there)
{
	int64_t sum = 0;

	for (size_t i = 0; a && i < a->preferred.count; i++) {
		const struct weighted_pod_affinity_term *t = &a->preferred.items[i];

		if (same_domain(here, there, t->pod_affinity_term.topology_key) &&
			match_pod(w, &t->pod_affinity_term, of, about))
			sum += t->weight;
	}
	return sum;
}

/* The required terms of OF that are about ABOUT count as 1 each. */
static int64_t want(const struct scene *w, const struct pod_affinity *a, const struct kin *of,
	const struct kin *about, const struct place *here, const struct place *there)
{
	int64_t sum = 0;

	for (size_t i = 0; a && i < a->required.count; i++)
		sum += same_domain(here, there, a->required.items[i].topology_key) &&
		       match_pod(w, &a->required.items[i], of, about);
	return sum;
}

static int64_t raw(const struct scene *w, const struct being *b, const struct place *p)
{
	const struct affinity *own = b->kin->spec->affinity;
	int64_t sum = 0;

	for (size_t i = 0; i < w->place_count; i++) {
		const struct place *q = w->places[i];

		for (const struct being *o = q->beings; o; o = o->next_on) {
			const struct affinity *a = o->kin->spec->affinity;

			if (!rule_is_there(o))
				continue;
			if (own)
				sum += say(w, own->pod_affinity, b->kin, o->kin, p, q) -
				       say(w, own->pod_anti_affinity, b->kin, o->kin, p, q);
			if (a)
				sum += say(w, a->pod_affinity, o->kin, b->kin, p, q) -
				       say(w, a->pod_anti_affinity, o->kin, b->kin, p, q) +
				       want(w, a->pod_affinity, o->kin, b->kin, p, q);
		}
	}
	return sum;
}

int64_t worth_pods(const struct scene *w, const struct being *b, const struct place *p)
{
	const struct being free = { .kin = b->kin }; /* which node it is pinned to doesn't matter */
	int64_t low = INT64_MAX, high = INT64_MIN;

	for (size_t i = 0; i < w->place_count; i++) {
		int64_t r;

		if (!rule_may_be(w, &free, w->places[i]))
			continue;
		r = raw(w, b, w->places[i]);
		low = r < low ? r : low;
		high = r > high ? r : high;
	}
	return high <= low ? 100 : 100 * (raw(w, b, p) - low) / (high - low);
}

/* --- images ------------------------------------------------------------------------------------------------------ */

/* With the registry, the repository and the tag that go without saying. */
static void whole_name(const char *name, struct buf *out)
{
	const char *slash = strchr(name, '/'), *last = strrchr(name, '/'), *rest = last ? last : name;
	bool registry = slash && (memchr(name, '.', (size_t)(slash - name)) ||
					 memchr(name, ':', (size_t)(slash - name)));

	if (!registry)
		buf_adds(out, slash ? "docker.io/" : "docker.io/library/");
	buf_adds(out, name);
	if (!strchr(rest, ':') && !strchr(rest, '@'))
		buf_adds(out, ":latest");
}

static bool same_image(const char *a, const char *b)
{
	_cleanup_(buf_done) struct buf whole_a = BUF_INIT, whole_b = BUF_INIT;

	whole_name(a, &whole_a);
	whole_name(b, &whole_b);
	return str_eq(whole_a.data, whole_b.data);
}

static bool wants_image(const struct pod_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->containers.count; i++)
		if (same_image(spec->containers.items[i].image, name))
			return true;
	for (size_t i = 0; i < spec->init_containers.count; i++)
		if (same_image(spec->init_containers.items[i].image, name))
			return true;
	return false;
}

int64_t worth_images(const struct being *b, const struct place *p)
{
	const struct pod_spec *spec = b->kin->spec;
	int64_t mb = 1024 * 1024, low = 23 * mb,
		high = 1000 * mb * (int64_t)(spec->containers.count + spec->init_containers.count), bytes = 0;

	for (size_t i = 0; i < p->node->status.images.count; i++) {
		const struct node_image *image = &p->node->status.images.items[i];
		bool wanted = false;

		for (size_t k = 0; k < image->names.count; k++)
			wanted = wanted || wants_image(spec, image->names.items[k]);
		if (wanted)
			bytes += image->size_bytes;
	}
	bytes = bytes < low ? low : bytes > high ? high : bytes;
	return 100 * (bytes - low) / (high - low);
}
