/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Selectors are brought into one form: a list of requirements in order, matchLabels as In with one value. The text of that is the
 * selection's identity. It is posted under the first label that its pods must have with one of some values; where there is
 * none, under its namespaces alone.
 */
#include "sched/selection.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"

struct sched_selection_part {
	bool nothing; /* no selector: matches no pod */
	bool exact;   /* no other labels than those selected */
	struct label_selector selector;
	struct strings namespaces;
	bool by_labels; /* namespaces by their labels, too */
	struct label_selector namespace_selector;
};

/* --- requirements ----------------------------------------------------------------------------------- */

static int compare(const void *x, const void *y)
{
	const struct label_requirement *a = x, *b = y;
	int n = strcmp(a->key, b->key);

	if (n == 0)
		n = strcmp(a->op, b->op);
	for (size_t i = 0; n == 0 && i < a->values.count && i < b->values.count; i++)
		n = strcmp(a->values.items[i], b->values.items[i]);
	return n != 0 ? n : (a->values.count > b->values.count) - (a->values.count < b->values.count);
}

static void copy_strings(struct arena *a, const struct strings *from, struct strings *ret)
{
	ret->items = arena_array(a, from->count, sizeof(ret->items[0]));
	ret->count = from->count;
	for (size_t i = 0; i < from->count; i++)
		ret->items[i] = arena_strdup(a, from->items[i]);
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), str_cmp_qsort);
}

static void add(struct arena *a, struct label_selector *s, const char *key, const char *op,
	const struct strings *values)
{
	struct label_requirement *r = &s->match_expressions.items[s->match_expressions.count++];

	r->key = arena_strdup(a, key);
	r->op = arena_strdup(a, op);
	copy_strings(a, values, &r->values);
}

static void add_one(
	struct arena *a, struct label_selector *s, const char *key, const char *op, const char *value)
{
	const char *values[] = { value };

	add(a, s, key, op, &(struct strings){ .items = values, .count = 1 });
}

/* OP (In or NotIn) with the pod's own value, for each of KEYS that the pod has. */
static void add_own(struct arena *a, struct label_selector *s, const struct strings *keys, const char *op,
	const struct string_map *labels)
{
	for (size_t i = 0; keys && i < keys->count; i++) {
		const char *value = string_map_get(labels, keys->items[i]);

		if (value)
			add_one(a, s, keys->items[i], op, value);
	}
}

/* Twice the same says no more than once. */
static void drop_doubles(struct label_selector *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->match_expressions.count; i++)
		if (n == 0 ||
			compare(&s->match_expressions.items[n - 1], &s->match_expressions.items[i]) != 0)
			s->match_expressions.items[n++] = s->match_expressions.items[i];
	s->match_expressions.count = n;
}

static void normal(struct arena *a, const struct label_selector *from, const struct strings *same,
	const struct strings *other, const struct string_map *labels, struct label_selector *ret)
{
	size_t max = from->match_labels.count + from->match_expressions.count + (same ? same->count : 0) +
		     (other ? other->count : 0);

	ret->match_expressions.items = arena_array(a, max, sizeof(ret->match_expressions.items[0]));
	for (size_t i = 0; i < from->match_labels.count; i++)
		add_one(a, ret, from->match_labels.items[i].key, "In", from->match_labels.items[i].value);
	for (size_t i = 0; i < from->match_expressions.count; i++) {
		const struct label_requirement *r = &from->match_expressions.items[i];

		add(a, ret, r->key, r->op, &r->values);
	}
	add_own(a, ret, MUTANT(30) ? NULL : same, "In", labels);
	add_own(a, ret, other, "NotIn", labels);
	if (ret->match_expressions.count > 1)
		qsort(ret->match_expressions.items, ret->match_expressions.count,
			sizeof(ret->match_expressions.items[0]), compare);
	drop_doubles(ret);
}

/* --- parts ------------------------------------------------------------------------------------------ */

static void part_of_term(struct arena *a, const struct pod_affinity_term *t, const struct sched_pod_view *p,
	struct sched_selection_part *ret)
{
	ret->nothing = !t->label_selector;
	if (t->label_selector)
		normal(a, t->label_selector, &t->match_label_keys, &t->mismatch_label_keys, p->labels,
			&ret->selector);
	copy_strings(a, &t->namespaces, &ret->namespaces);
	ret->by_labels = t->namespace_selector != NULL && !MUTANT(29);
	if (t->namespace_selector)
		normal(a, t->namespace_selector, NULL, NULL, NULL, &ret->namespace_selector);
	else if (t->namespaces.count == 0)
		copy_strings(a, &(struct strings){ .items = (const char *[]){ p->namespace }, .count = 1 },
			&ret->namespaces);
}

static void part_of_constraint(struct arena *a, const struct topology_spread_constraint *c,
	const struct sched_pod_view *p, struct sched_selection_part *ret)
{
	ret->nothing = !c->label_selector;
	if (c->label_selector)
		normal(a, c->label_selector, &c->match_label_keys, NULL, p->labels, &ret->selector);
	copy_strings(a, &(struct strings){ .items = (const char *[]){ p->namespace }, .count = 1 },
		&ret->namespaces);
}

/* The same labels are those that all match, and as many. */
static void part_of_like(struct arena *a, const struct sched_pod_view *p, struct sched_selection_part *ret)
{
	const struct label_selector labels = { .match_labels = *p->labels };

	ret->exact = true;
	normal(a, &labels, NULL, NULL, NULL, &ret->selector);
	copy_strings(a, &(struct strings){ .items = (const char *[]){ p->namespace }, .count = 1 },
		&ret->namespaces);
}

static void part_text(const struct sched_selection_part *p, struct buf *out)
{
	for (size_t i = 0; i < p->namespaces.count; i++)
		buf_addf(out, "%s%s", i > 0 ? "," : "", p->namespaces.items[i]);
	if (p->by_labels) {
		buf_addc(out, '{');
		label_selector_format(&p->namespace_selector, out);
		buf_addc(out, '}');
	}
	buf_adds(out, p->exact ? "=" : "/");
	if (p->nothing)
		buf_addc(out, '-');
	else
		label_selector_format(&p->selector, out);
	buf_addc(out, ';');
}

static bool has_namespace(const struct sched_selection_part *part, const struct sched_pod_view *p)
{
	for (size_t i = 0; i < part->namespaces.count; i++)
		if (str_eq(part->namespaces.items[i], p->namespace))
			return true;
	return part->by_labels && label_selector_matches(&part->namespace_selector, p->namespace_labels);
}

/* --- selections -------------------------------------------------------------------------------------- */

static struct sched_selection *begin(size_t parts)
{
	struct arena *a = arena_new(256);
	struct sched_selection *s = arena_alloc(a, sizeof(*s));

	s->arena = a;
	s->parts = arena_array(a, parts, sizeof(s->parts[0]));
	s->part_count = parts;
	return s;
}

static struct sched_selection *end(struct sched_selection *s)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < s->part_count; i++)
		part_text(&s->parts[i], &text);
	s->text = arena_strdup(s->arena, text.data);
	return s;
}

struct sched_selection *sched_selection_of_terms(
	const struct pod_affinity_term *const *terms, size_t count, const struct sched_pod_view *p)
{
	struct sched_selection *s = begin(count);

	for (size_t i = 0; i < count; i++)
		part_of_term(s->arena, terms[i], p, &s->parts[i]);
	return end(s);
}

struct sched_selection *sched_selection_of_like(const struct sched_pod_view *p)
{
	struct sched_selection *s = begin(1);

	part_of_like(s->arena, p, s->parts);
	return end(s);
}

struct sched_selection *sched_selection_of_constraint(
	const struct topology_spread_constraint *c, const struct sched_pod_view *p)
{
	struct sched_selection *s = begin(1);

	part_of_constraint(s->arena, c, p, s->parts);
	return end(s);
}

struct sched_selection *sched_selection_free(struct sched_selection *s)
{
	if (s)
		arena_free(s->arena);
	return NULL;
}

bool sched_selection_matches(const struct sched_selection *s, const struct sched_pod_view *p)
{
	for (size_t i = 0; i < s->part_count; i++) {
		const struct sched_selection_part *part = &s->parts[i];

		if (part->nothing || !label_selector_matches(&part->selector, p->labels) ||
			!has_namespace(part, p))
			return false;
		if (part->exact && p->labels->count != part->selector.match_expressions.count)
			return false;
	}
	return true;
}

bool sched_selection_asks_namespaces(const struct sched_selection *s)
{
	for (size_t i = 0; i < s->part_count; i++)
		if (s->parts[i].by_labels)
			return true;
	return false;
}

/* --- hashes ------------------------------------------------------------------------------------------ */

/* NAMESPACE "": of any. KEY "": no label. Mixed so that the order of the three matters. */
static uint64_t mix(const char *namespace, const char *key, const char *value)
{
	return (hash_string(namespace) * 31 + hash_string(key)) * 0x9e3779b97f4a7c15u + hash_string(value);
}

/* The requirement that PART is posted under; NULL: none. */
static const struct label_requirement *posted_under(const struct sched_selection_part *part)
{
	for (size_t i = 0; i < part->selector.match_expressions.count; i++)
		if (str_eq(part->selector.match_expressions.items[i].op, "In"))
			return &part->selector.match_expressions.items[i];
	return NULL;
}

static void post(const struct sched_selection_part *part, const char *namespace, sched_hash_fn fn, void *arg)
{
	const struct label_requirement *r = posted_under(part);

	if (!r)
		fn(mix(namespace, "", ""), arg);
	for (size_t i = 0; r && i < r->values.count; i++)
		if (i == 0 || !str_eq(r->values.items[i - 1], r->values.items[i]))
			fn(mix(namespace, r->key, r->values.items[i]), arg);
}

/* One part will do: a pod must match them all. */
void sched_selection_hashes(const struct sched_selection *s, sched_hash_fn fn, void *arg)
{
	const struct sched_selection_part *part = &s->parts[0];

	for (size_t i = 0; i < s->part_count; i++)
		if (s->parts[i].nothing)
			return;
	if (part->by_labels)
		post(part, "", fn, arg);
	for (size_t i = 0; !part->by_labels && i < part->namespaces.count; i++)
		if (i == 0 || !str_eq(part->namespaces.items[i - 1], part->namespaces.items[i]))
			post(part, part->namespaces.items[i], fn, arg);
}

void sched_pod_hashes(const struct sched_pod_view *p, sched_hash_fn fn, void *arg)
{
	const char *const namespaces[] = { p->namespace, "" };

	for (size_t n = 0; n < ARRAY_LEN(namespaces); n++) {
		fn(mix(namespaces[n], "", ""), arg);
		for (size_t i = 0; i < p->labels->count; i++)
			fn(mix(namespaces[n], p->labels->items[i].key, p->labels->items[i].value), arg);
	}
}
