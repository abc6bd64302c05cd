/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/topology.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- keys -------------------------------------------------------------------------------------------- */

static void key_node_in(struct sched_key *k, const struct sched_node *n)
{
	const char *value = string_map_get(&n->object->meta->labels, k->name);

	if (value)
		sched_space_set(&k->space, n->index, intern_ref(k->values, value) + 1);
}

static void key_node_out(struct sched_key *k, const struct sched_node *n)
{
	uint32_t domain = sched_space_domain(&k->space, n->index);

	if (domain == 0)
		return;
	sched_space_set(&k->space, n->index, 0);
	intern_unref(k->values, domain - 1);
}

static void key_free(struct sched_key *k)
{
	intern_free(k->values);
	sched_space_done(&k->space);
	free(k->name);
	free(k);
}

struct sched_key *sched_key_ref(struct sched_cluster *c, struct sched_topology *t, const char *name)
{
	struct sched_key *k = map_get(&t->keys, name);

	if (k) {
		k->refs++;
		return k;
	}
	k = xcalloc(1, sizeof(*k));
	k->name = xstrdup(name);
	k->values = intern_new();
	k->refs = 1;
	map_put(&t->keys, k->name, k);
	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			key_node_in(k, c->nodes[i]);
	return k;
}

void sched_key_unref(struct sched_topology *t, struct sched_key *k)
{
	if (--k->refs > 0)
		return;
	map_remove(&t->keys, k->name);
	key_free(k);
}

/* --- regions ------------------------------------------------------------------------------------------ */

static bool has_all(const struct sched_region *r, uint32_t node)
{
	for (size_t i = 0; i < r->with_count; i++)
		if (sched_space_domain(&r->with[i]->space, node) == 0)
			return false;
	return true;
}

static void region_node_in(struct sched_region *r, const struct sched_node *n)
{
	uint32_t domain = sched_space_domain(&r->key->space, n->index);

	if (r->space != &r->own || domain == 0 || !has_all(r, n->index))
		return;
	if (!r->eligible || sched_eligible_has(r->eligible, n))
		sched_space_set(&r->own, n->index, domain);
}

static void region_free(struct sched_topology *t, struct sched_region *r)
{
	sched_space_done(&r->own);
	sched_eligible_free(r->eligible);
	for (size_t i = 0; i < r->with_count; i++)
		sched_key_unref(t, r->with[i]);
	sched_key_unref(t, r->key);
	free(r->with);
	free(r->text);
	free(r);
}

/* The key first; then those besides it, each once and in order. */
static char *region_text(
	const char *name, const char **with, size_t with_count, const struct sched_eligible *eligible)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, name);
	for (size_t i = 0; i < with_count; i++)
		buf_addf(&text, "+%s", with[i]);
	if (eligible)
		buf_addf(&text, "?%s", eligible->text);
	return buf_take(&text);
}

/* Into RET: WITH in order, without doubles and without NAME. */
static size_t others(const char *name, const char *const *with, size_t count, const char **ret)
{
	size_t n = 0;

	memcpy(ret, with, count * sizeof(ret[0]));
	if (count > 1)
		qsort(ret, count, sizeof(ret[0]), str_cmp_qsort);
	for (size_t i = 0; i < count; i++)
		if (!str_eq(ret[i], name) && (n == 0 || !str_eq(ret[i], ret[n - 1])))
			ret[n++] = ret[i];
	return n;
}

static struct sched_region *region_new(struct sched_cluster *c, struct sched_topology *t, const char *name,
	const char **with, size_t with_count)
{
	struct sched_region *r = xcalloc(1, sizeof(*r));

	r->refs = 1;
	r->key = sched_key_ref(c, t, name);
	r->with = xcalloc(with_count, sizeof(r->with[0]));
	r->with_count = with_count;
	for (size_t i = 0; i < with_count; i++)
		r->with[i] = sched_key_ref(c, t, with[i]);
	return r;
}

struct sched_region *sched_region_ref(struct sched_cluster *c, struct sched_topology *t, const char *name,
	const char *const *with, size_t with_count, struct sched_eligible *eligible)
{
	_cleanup_(freep) const char **more = xcalloc(with_count, sizeof(more[0]));
	size_t count = with_count > 0 ? others(name, with, with_count, more) : 0;
	_cleanup_(freep) char *text = region_text(name, more, count, eligible);
	struct sched_region *r = map_get(&t->regions, text);

	if (r) {
		sched_eligible_free(eligible);
		r->refs++;
		return r;
	}
	r = region_new(c, t, name, more, count);
	r->text = TAKE_PTR(text);
	r->eligible = eligible;
	r->space = count > 0 || eligible ? &r->own : &r->key->space;
	map_put(&t->regions, r->text, r);
	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			region_node_in(r, c->nodes[i]);
	return r;
}

void sched_region_unref(struct sched_topology *t, struct sched_region *r)
{
	if (--r->refs > 0)
		return;
	map_remove(&t->regions, r->text);
	region_free(t, r);
}

/* --- all of them --------------------------------------------------------------------------------------- */

bool sched_topology_node_in(struct sched_topology *t, const struct sched_node *n)
{
	bool turned = false;

	for (size_t i = 0; i < t->keys.count; i++) {
		struct sched_key *k = t->keys.entries[i].value;
		bool small = sched_key_small(k);

		key_node_in(k, n);
		turned |= sched_key_small(k) != small;
	}
	for (size_t i = 0; i < t->regions.count; i++)
		region_node_in(t->regions.entries[i].value, n);
	return turned;
}

bool sched_topology_node_out(struct sched_topology *t, const struct sched_node *n)
{
	bool turned = false;

	for (size_t i = 0; i < t->regions.count; i++) {
		struct sched_region *r = t->regions.entries[i].value;

		sched_space_set(&r->own, n->index, 0);
	}
	for (size_t i = 0; i < t->keys.count; i++) {
		struct sched_key *k = t->keys.entries[i].value;
		bool small = sched_key_small(k);

		key_node_out(k, n);
		turned |= sched_key_small(k) != small;
	}
	return turned;
}

/* Whoever still counts on them is gone, too. */
void sched_topology_done(struct sched_topology *t)
{
	while (t->regions.count > 0) {
		struct sched_region *r = t->regions.entries[t->regions.count - 1].value;

		map_remove(&t->regions, r->text);
		region_free(t, r);
	}
	while (t->keys.count > 0) {
		struct sched_key *k = t->keys.entries[t->keys.count - 1].value;

		map_remove(&t->keys, k->name);
		key_free(k);
	}
	map_done(&t->regions);
	map_done(&t->keys);
}
