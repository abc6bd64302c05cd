/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/mask.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/relations.h"

static size_t words(const struct sched_cluster *c)
{
	return c->cap / 64;
}

static void put(uint64_t *bits, uint32_t node, bool on)
{
	uint64_t bit = UINT64_C(1) << node % 64;

	if (on)
		bits[node / 64] |= bit;
	else
		bits[node / 64] &= ~bit;
}

/* --- one requirement ----------------------------------------------------------------------------- */

/* Which values of a label meet R, by the column's numbers: [k->space.domain_cap], at least one. */
static bool *values_that_meet(struct sched_key *k, const struct node_selector_requirement *r)
{
	bool listed = str_eq(r->op, "In"), not_listed = str_eq(r->op, "NotIn");
	bool *ret = xcalloc(k->space.domain_cap + 1, sizeof(ret[0]));

	ret[0] = sched_requirement_matches(r, NULL);
	for (uint32_t i = 1; i < k->space.domain_cap && !listed; i++) {
		const char *text = not_listed ? NULL : intern_text(k->values, i - 1);

		ret[i] = not_listed || (text && sched_requirement_matches(r, text));
	}
	for (size_t i = 0; i < r->values.count && (listed || not_listed); i++) {
		uint32_t number = intern_ref(k->values, r->values.items[i]);

		if (number + 1 < k->space.domain_cap)
			ret[number + 1] = listed;
		intern_unref(k->values, number);
	}
	return ret;
}

static struct sched_key *column(struct sched_cluster *c, struct sched_mask *m, const char *name)
{
	m->keys = grow(m->keys, &m->key_cap, m->key_count + 1, sizeof(struct sched_key *));
	return m->keys[m->key_count++] = sched_key_ref(c, &c->relations->topology, name);
}

/* Takes from BITS the nodes whose labels don't meet R. */
static void keep_labelled(struct sched_cluster *c, struct sched_mask *m,
	const struct node_selector_requirement *r, uint64_t *bits)
{
	struct sched_key *k = column(c, m, r->key);
	_cleanup_(freep) bool *meets = values_that_meet(k, r);

	for (uint32_t w = 0; w < words(c); w++) {
		for (uint64_t left = bits[w]; left != 0; left &= left - 1) {
			uint32_t node = w * 64 + (uint32_t)__builtin_ctzll(left);
			uint32_t value = node < k->space.node_cap ? k->space.domain[node] : 0;

			if (!meets[value])
				bits[w] &= ~(left & -left);
		}
	}
}

/* The same by R about a field: the name is the only one that there is. */
static void keep_named(
	const struct sched_cluster *c, const struct node_selector_requirement *r, uint64_t *bits)
{
	bool by_name = str_eq(r->key, "metadata.name");

	for (uint32_t w = 0; w < words(c); w++) {
		for (uint64_t left = bits[w]; left != 0; left &= left - 1) {
			uint32_t node = w * 64 + (uint32_t)__builtin_ctzll(left);

			if (!sched_requirement_matches(r, by_name ? c->nodes[node]->name : NULL))
				bits[w] &= ~(left & -left);
		}
	}
}

/* --- a mask -------------------------------------------------------------------------------------- */

/* The nodes that may meet T: all, or those that it names. */
static void begin_term(const struct sched_cluster *c, const struct node_selector_term *t, uint64_t *bits)
{
	const struct node_selector_requirement *r = t->match_fields.items;

	if (t->match_fields.count == 0 || !str_eq(r->op, "In") || !str_eq(r->key, "metadata.name")) {
		memcpy(bits, c->masks->there, words(c) * sizeof(bits[0]));
		return;
	}
	memset(bits, 0, words(c) * sizeof(bits[0]));
	for (size_t i = 0; i < r->values.count; i++) {
		const struct sched_node *n = sched_node_find(c, r->values.items[i]);

		if (n)
			put(bits, n->index, true);
	}
}

static void add_term(
	struct sched_cluster *c, struct sched_mask *m, const struct node_selector_term *t, uint64_t *scratch)
{
	if (words(c) == 0 || (t->match_expressions.count == 0 && t->match_fields.count == 0))
		return;
	begin_term(c, t, scratch);
	for (size_t i = 0; i < t->match_fields.count; i++)
		keep_named(c, &t->match_fields.items[i], scratch);
	for (size_t i = 0; i < t->match_expressions.count; i++)
		keep_labelled(c, m, &t->match_expressions.items[i], scratch);
	for (size_t w = 0; w < words(c); w++)
		m->bits[w] |= scratch[w];
}

static void fill_affinity(struct sched_cluster *c, struct sched_mask *m)
{
	const struct pod_spec *spec = m->what->spec;
	_cleanup_(freep) uint64_t *scratch = xcalloc(words(c) + 1, sizeof(scratch[0]));

	if (spec->affinity) {
		const struct node_selector *s = spec->affinity->node_affinity->required;

		for (size_t i = 0; i < s->node_selector_terms.count; i++)
			add_term(c, m, &s->node_selector_terms.items[i], scratch);
	} else if (words(c) > 0) {
		memcpy(m->bits, c->masks->there, words(c) * sizeof(m->bits[0]));
	}
	for (size_t i = 0; i < spec->node_selector.count; i++) {
		const char *value = spec->node_selector.items[i].value;
		const struct node_selector_requirement r = { .key = spec->node_selector.items[i].key,
			.op = "In",
			.values = { .items = &value, .count = 1 } };

		keep_labelled(c, m, &r, m->bits);
	}
}

static bool meets(const struct sched_cluster *c, const struct sched_mask *m, uint32_t node)
{
	return (!m->what->taints || sched_bit(c->masks->tainted, node)) &&
	       sched_eligible_has(m->what, c->nodes[node]);
}

static void fill_taints(const struct sched_cluster *c, struct sched_mask *m)
{
	for (uint32_t w = 0; w < words(c); w++) {
		for (uint64_t left = c->masks->tainted[w]; left != 0; left &= left - 1) {
			uint32_t node = w * 64 + (uint32_t)__builtin_ctzll(left);

			put(m->bits, node, meets(c, m, node));
		}
	}
}

/* One more user of the mask of E (taken over); NULL: of no conditions. */
static struct sched_mask *mask_ref(struct sched_cluster *c, struct sched_eligible *e)
{
	struct sched_mask *m = e ? map_get(&c->masks->by_text, e->text) : NULL;

	if (!e)
		return NULL;
	if (m) {
		sched_eligible_free(e);
		m->refs++;
		return m;
	}
	m = xcalloc(1, sizeof(*m));
	m->what = e;
	m->refs = 1;
	m->bits = xcalloc(words(c) + 1, sizeof(m->bits[0]));
	map_put(&c->masks->by_text, e->text, m);
	if (e->taints)
		fill_taints(c, m);
	else
		fill_affinity(c, m);
	return m;
}

static void mask_unref(struct sched_cluster *c, struct sched_mask *m)
{
	if (!m || --m->refs > 0)
		return;
	map_remove(&c->masks->by_text, m->what->text);
	for (size_t i = 0; i < m->key_count; i++)
		sched_key_unref(&c->relations->topology, m->keys[i]);
	free(m->keys);
	sched_eligible_free(m->what);
	free(m->bits);
	free(m);
}

/* --- what happens -------------------------------------------------------------------------------- */

static struct sched_mask *mask_of_term(struct sched_cluster *c, struct node_selector_term *t)
{
	struct node_selector required = { .node_selector_terms = { .items = t, .count = 1 } };
	struct node_affinity nodes = { .required = &required };
	struct affinity affinity = { .node_affinity = &nodes };
	const struct pod_spec spec = { .affinity = &affinity };

	return mask_ref(c, sched_eligible_new(&spec, true, false));
}

static void ready_preferred(struct sched_cluster *c, struct sched_request_masks *m, const struct affinity *a)
{
	size_t count = a && a->node_affinity ? a->node_affinity->preferred.count : 0;

	m->preferred = xcalloc(count, sizeof(m->preferred[0]));
	for (size_t i = 0; i < count; i++) {
		struct preferred_node_term *t = &a->node_affinity->preferred.items[i];

		m->preferred[m->preferred_count++] = (struct sched_preferred){
			mask_of_term(c, &t->preference), t->weight
		};
		m->preferred_weight += t->weight;
	}
}

static void request_ready(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_request_masks *m = r->masks = xcalloc(1, sizeof(*m));

	m->affinity = mask_ref(c, sched_eligible_new(r->spec, true, false));
	if (r->spec->tolerations.count > 0)
		m->taints = mask_ref(c, sched_eligible_new(r->spec, false, true));
	m->tolerates_cordon = sched_tolerates(r->spec, "node.kubernetes.io/unschedulable", "", "NoSchedule");
	ready_preferred(c, m, r->spec->affinity);
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_request_masks *m = r->masks;

	if (!m)
		return;
	mask_unref(c, m->affinity);
	mask_unref(c, m->taints);
	for (size_t i = 0; i < m->preferred_count; i++)
		mask_unref(c, m->preferred[i].mask);
	free(m->preferred);
	free(m);
	r->masks = NULL;
}

static bool has_taint(const struct node *n, bool mild)
{
	for (size_t i = 0; i < n->spec.taints.count; i++)
		if (str_eq(n->spec.taints.items[i].effect, "PreferNoSchedule") == mild)
			return true;
	return false;
}

static uint32_t plight_of(struct sched_masks *m, const struct node *n)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < n->spec.taints.count; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		buf_addf(&text, "%s=%s:%s\n", t->key, str_or_empty(t->value), t->effect);
	}
	return intern_ref(m->plights, text.data);
}

/* Its number may come to mean other taints. */
static void plight_leave(struct sched_masks *m, uint32_t node)
{
	size_t before = intern_count(m->plights);

	intern_unref(m->plights, m->plight[node]);
	m->plights_gone += intern_count(m->plights) < before;
}

static void node_in(struct sched_cluster *c, uint32_t node)
{
	const struct sched_node *n = c->nodes[node];
	struct sched_masks *m = c->masks;

	put(m->there, node, true);
	put(m->drained, node, n->drained);
	put(m->cordoned, node, object_node(n->object)->spec.unschedulable);
	put(m->tainted, node, has_taint(object_node(n->object), false));
	put(m->mild, node, has_taint(object_node(n->object), true));
	m->mild_count += sched_bit(m->mild, node);
	if (sched_bit(m->tainted, node))
		m->plight[node] = plight_of(m, object_node(n->object));
	for (size_t i = 0; i < m->by_text.count; i++) {
		struct sched_mask *mask = m->by_text.entries[i].value;

		put(mask->bits, node, meets(c, mask, node));
	}
}

static void node_out(struct sched_cluster *c, uint32_t node)
{
	struct sched_masks *m = c->masks;
	uint64_t *const own[] = { m->there, m->drained, m->cordoned, m->tainted, m->mild };

	m->mild_count -= sched_bit(m->mild, node);
	if (sched_bit(m->tainted, node))
		plight_leave(m, node);
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		put(own[i], node, false);
	for (size_t i = 0; i < m->by_text.count; i++)
		put(((struct sched_mask *)m->by_text.entries[i].value)->bits, node, false);
}

static void widen(uint64_t **bits, uint32_t old, uint32_t cap)
{
	*bits = xreallocarray(*bits, cap / 64, sizeof(**bits));
	memset(*bits + old / 64, 0, (cap - old) / 64 * sizeof(**bits));
}

static void grown(struct sched_cluster *c, uint32_t old)
{
	struct sched_masks *m = c->masks;
	uint64_t **const own[] = { &m->there, &m->drained, &m->cordoned, &m->tainted, &m->mild };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		widen(own[i], old, c->cap);
	m->plight = xreallocarray(m->plight, c->cap, sizeof(m->plight[0]));
	for (size_t i = 0; i < m->by_text.count; i++)
		widen(&((struct sched_mask *)m->by_text.entries[i].value)->bits, old, c->cap);
}

static void init(struct sched_cluster *c)
{
	c->masks = xcalloc(1, sizeof(*c->masks));
	c->masks->plights = intern_new();
}

static void done(struct sched_cluster *c)
{
	struct sched_masks *m = c->masks;

	map_done(&m->by_text);
	free(m->there);
	free(m->drained);
	free(m->cordoned);
	free(m->tainted);
	free(m->mild);
	intern_free(m->plights);
	free(m->plight);
	free(m);
}

const struct sched_part sched_masks_part = {
	.init = init,
	.done = done,
	.grown = grown,
	.request_ready = request_ready,
	.request_out = request_out,
	.node_in = node_in,
	.node_out = node_out,
};

/* --- questions ----------------------------------------------------------------------------------- */

bool sched_mask_affinity(const struct sched_request *r, uint32_t node)
{
	return !r->masks->affinity || sched_bit(r->masks->affinity->bits, node);
}

bool sched_mask_taints(const struct sched_cluster *c, const struct sched_request *r, uint32_t node)
{
	return !sched_bit(c->masks->tainted, node) ||
	       (r->masks->taints && sched_bit(r->masks->taints->bits, node));
}

bool sched_mask_cordon(const struct sched_cluster *c, const struct sched_request *r, uint32_t node)
{
	return r->masks->tolerates_cordon || !sched_bit(c->masks->cordoned, node);
}

uint32_t sched_mask_plight(const struct sched_cluster *c, uint32_t node)
{
	return c->masks->plight[node];
}

uint64_t sched_mask_word(const struct sched_cluster *c, const struct sched_request *r, uint32_t word)
{
	const struct sched_masks *m = c->masks;
	const struct sched_request_masks *of = r->masks;
	uint64_t bits = m->there[word] & ~m->drained[word];

	bits &= ~m->tainted[word] | (of->taints ? of->taints->bits[word] : 0);
	if (!of->tolerates_cordon)
		bits &= ~m->cordoned[word];
	if (of->affinity)
		bits &= of->affinity->bits[word];
	return bits;
}
