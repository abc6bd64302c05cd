/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/eligible.h"

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/str.h"

/* Copies into ARENA, and says into TEXT what was copied. */
struct copy {
	struct arena *arena;
	struct buf text;
};

static const char *copy_string(struct copy *c, const char *s)
{
	buf_addf(&c->text, "%s,", str_or_empty(s));
	return s ? arena_strdup(c->arena, s) : NULL;
}

static void copy_selector(struct copy *c, const struct string_map *from, struct string_map *ret)
{
	ret->items = arena_array(c->arena, from->count, sizeof(ret->items[0]));
	ret->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		ret->items[i].key = copy_string(c, from->items[i].key);
		ret->items[i].value = copy_string(c, from->items[i].value);
	}
	buf_addc(&c->text, ';');
}

static void copy_requirement(
	struct copy *c, const struct node_selector_requirement *from, struct node_selector_requirement *ret)
{
	ret->key = copy_string(c, from->key);
	ret->op = copy_string(c, from->op);
	ret->values.items = arena_array(c->arena, from->values.count, sizeof(ret->values.items[0]));
	ret->values.count = from->values.count;
	for (size_t i = 0; i < from->values.count; i++)
		ret->values.items[i] = copy_string(c, from->values.items[i]);
	buf_addc(&c->text, ';');
}

static struct node_selector_requirement *copy_requirements(
	struct copy *c, const struct node_selector_requirement *from, size_t count)
{
	struct node_selector_requirement *ret = arena_array(c->arena, count, sizeof(ret[0]));

	for (size_t i = 0; i < count; i++)
		copy_requirement(c, &from[i], &ret[i]);
	buf_addc(&c->text, '|');
	return ret;
}

static struct affinity *copy_affinity(struct copy *c, const struct node_selector *from)
{
	struct affinity *a = arena_alloc(c->arena, sizeof(*a));
	struct node_selector *s = arena_alloc(c->arena, sizeof(*s));
	size_t count = from->node_selector_terms.count;

	a->node_affinity = arena_alloc(c->arena, sizeof(*a->node_affinity));
	a->node_affinity->required = s;
	s->node_selector_terms.items = arena_array(c->arena, count, sizeof(s->node_selector_terms.items[0]));
	s->node_selector_terms.count = count;
	for (size_t i = 0; i < count; i++) {
		const struct node_selector_term *t = &from->node_selector_terms.items[i];
		struct node_selector_term *to = &s->node_selector_terms.items[i];

		to->match_expressions.count = t->match_expressions.count;
		to->match_expressions.items = copy_requirements(
			c, t->match_expressions.items, t->match_expressions.count);
		to->match_fields.count = t->match_fields.count;
		to->match_fields.items = copy_requirements(c, t->match_fields.items, t->match_fields.count);
	}
	return a;
}

static void copy_tolerations(struct copy *c, const struct pod_spec *from, struct pod_spec *ret)
{
	size_t count = from->tolerations.count;

	ret->tolerations.items = arena_array(c->arena, count, sizeof(ret->tolerations.items[0]));
	ret->tolerations.count = count;
	for (size_t i = 0; i < count; i++) {
		const struct toleration *t = &from->tolerations.items[i];

		ret->tolerations.items[i] = (struct toleration){
			.key = copy_string(c, t->key),
			.op = copy_string(c, t->op),
			.value = copy_string(c, t->value),
			.effect = copy_string(c, t->effect),
			.toleration_seconds = t->toleration_seconds,
		};
		buf_addf(&c->text, "%d %lld;", t->toleration_seconds.set,
			(long long)t->toleration_seconds.value);
	}
}

static const struct node_selector *required(const struct pod_spec *spec)
{
	const struct affinity *a = spec->affinity;

	return a && a->node_affinity ? a->node_affinity->required : NULL;
}

struct sched_eligible *sched_eligible_new(const struct pod_spec *spec, bool affinity, bool taints)
{
	struct copy c = { .text = BUF_INIT };
	struct sched_eligible *e;
	struct pod_spec *kept;

	affinity = affinity && (spec->node_selector.count > 0 || required(spec));
	if (!affinity && !taints)
		return NULL;
	c.arena = arena_new(0);
	e = arena_alloc(c.arena, sizeof(*e));
	kept = arena_alloc(c.arena, sizeof(*kept));
	if (affinity)
		copy_selector(&c, &spec->node_selector, &kept->node_selector);
	if (affinity && required(spec))
		kept->affinity = copy_affinity(&c, required(spec));
	buf_addc(&c.text, taints ? '!' : '.');
	if (taints)
		copy_tolerations(&c, spec, kept);
	*e = (struct sched_eligible){
		.arena = c.arena, .text = arena_strdup(c.arena, c.text.data), .spec = kept, .taints = taints
	};
	buf_done(&c.text);
	return e;
}

struct sched_eligible *sched_eligible_free(struct sched_eligible *e)
{
	if (e)
		arena_free(e->arena);
	return NULL;
}

static bool selected(const struct pod_spec *spec, const struct sched_node *n)
{
	const struct node_selector *s = required(spec);

	for (size_t i = 0; i < spec->node_selector.count; i++)
		if (!str_eq(string_map_get(&n->object->meta->labels, spec->node_selector.items[i].key),
			    spec->node_selector.items[i].value))
			return false;
	if (!s)
		return true;
	for (size_t i = 0; i < s->node_selector_terms.count; i++)
		if (sched_term_matches(&s->node_selector_terms.items[i], n))
			return true;
	return false;
}

static bool tolerated(const struct pod_spec *spec, const struct sched_node *n)
{
	const struct node *node = object_node(n->object);

	for (size_t i = 0; i < node->spec.taints.count; i++) {
		const struct taint *t = &node->spec.taints.items[i];

		if (!str_eq(t->effect, "PreferNoSchedule") &&
			!sched_tolerates(spec, t->key, t->value, t->effect))
			return false;
	}
	return true;
}

bool sched_eligible_has(const struct sched_eligible *e, const struct sched_node *n)
{
	return selected(e->spec, n) && (!e->taints || tolerated(e->spec, n));
}
