/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * One entry for each label of each template, sorted by a hash of namespace, key and value. A selector's labels are
 * looked up, the one with the fewest entries is gone through, and each candidate is compared in full (so that
 * two labels with the same hash do no harm). For a few questions, going through all objects is faster than
 * making the entries.
 */
#include "reconciler/pod_index.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { QUESTIONS_MAX = 8 }; /* answered without an index */

struct entry {
	uint64_t hash;
	const struct object *object;
};

struct pod_index {
	unsigned questions;
	struct entry *entries; /* by hash; made when some questions have been asked */
	size_t count, cap;
	const struct object **objects; /* all that have pods */
	size_t object_count, object_cap;
};

static uint64_t label_hash(const char *ns, const char *key, const char *value)
{
	uint64_t h = hash_string(str_or_empty(ns));

	h = h * 31 + hash_string(key);
	return h * 31 + hash_string(str_or_empty(value));
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void add_entries(struct pod_index *p, const struct object *o)
{
	const struct string_map *labels = object_template(o).labels;

	for (size_t i = 0; i < labels->count; i++) {
		const struct string_pair *l = &labels->items[i];

		p->entries = grow(p->entries, &p->cap, p->count + 1, sizeof(p->entries[0]));
		p->entries[p->count++] = (struct entry){ label_hash(o->meta->namespace, l->key, l->value),
			o };
	}
}

static void make_entries(struct pod_index *p)
{
	for (size_t i = 0; i < p->object_count; i++)
		add_entries(p, p->objects[i]);
	if (p->count > 1)
		qsort(p->entries, p->count, sizeof(p->entries[0]), compare_entries);
}

static void add_kind(struct pod_index *p, struct object **objects, size_t count)
{
	/* Objects of one kind all have pods, or none has. */
	if (count == 0 || !object_template(objects[0]).labels)
		return;
	p->objects = grow(p->objects, &p->object_cap, p->object_count + count, sizeof(p->objects[0]));
	for (size_t i = 0; i < count; i++)
		p->objects[p->object_count++] = objects[i];
}

struct pod_index *pod_index_new(const struct snapshot *s)
{
	struct pod_index *p = xcalloc(1, sizeof(*p));

	for (int id = 0; id < KIND_COUNT; id++) {
		size_t count;
		struct object **objects = snapshot_kind(s, (enum kind_id)id, &count);

		add_kind(p, objects, count);
	}
	return p;
}

struct pod_index *pod_index_free(struct pod_index *p)
{
	if (!p)
		return NULL;
	free(p->entries);
	free(p->objects);
	free(p);
	return NULL;
}

static size_t lower_bound(const struct pod_index *p, uint64_t hash)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* One candidate. */
static bool matches(const struct object *o, const char *ns, const struct label_selector *selector,
	pod_index_fn fn, void *arg)
{
	const struct template_view t = object_template(o);

	if (!str_eq(o->meta->namespace, ns) || !label_selector_matches(selector, t.labels))
		return false;
	return fn ? fn(o, &t, arg) : true;
}

/* The entries of the rarest label of SELECTOR: they begin at *RET_START. */
static size_t rarest(
	const struct pod_index *p, const char *ns, const struct label_selector *selector, size_t *ret_start)
{
	size_t count = SIZE_MAX;

	for (size_t i = 0; i < selector->match_labels.count; i++) {
		const struct string_pair *l = &selector->match_labels.items[i];
		uint64_t hash = label_hash(ns, l->key, l->value);
		size_t start = lower_bound(p, hash), end = start;

		while (end < p->count && p->entries[end].hash == hash && end - start < count)
			end++;
		if (end - start < count) {
			*ret_start = start;
			count = end - start;
		}
	}
	return count;
}

bool pod_index_any(struct pod_index *p, const char *namespace, const struct label_selector *selector,
	pod_index_fn fn, void *arg)
{
	if (++p->questions == QUESTIONS_MAX)
		make_entries(p);
	if (p->questions < QUESTIONS_MAX || selector->match_labels.count == 0) {
		for (size_t i = 0; i < p->object_count; i++)
			if (matches(p->objects[i], namespace, selector, fn, arg))
				return true;
		return false;
	}
	size_t start = 0, count = rarest(p, namespace, selector, &start);
	for (size_t i = start; i < start + count; i++)
		if (matches(p->entries[i].object, namespace, selector, fn, arg))
			return true;
	return false;
}

const char **pod_index_values(
	const struct pod_index *p, const char *namespace, const char *key, size_t max, size_t *ret_seen)
{
	_cleanup_(map_done) struct map values = { 0 };
	size_t i;

	for (i = 0; i < p->object_count && i < max; i++) {
		const struct object *o = p->objects[i];
		const char *value = string_map_get(object_template(o).labels, key);

		if (value && str_eq(o->meta->namespace, namespace))
			map_put(&values, value, (void *)(uintptr_t)value);
	}
	*ret_seen = i;
	const char **list = xcalloc(values.count + 1, sizeof(list[0]));
	for (size_t k = 0; k < values.count; k++)
		list[k] = values.entries[k].key;
	return list;
}
