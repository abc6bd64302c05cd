/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/match.h"

#include <stdlib.h>

#include "lib/base/str.h"

static bool among(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i], s))
			return true;
	return false;
}

static bool integer(const char *s, int64_t *ret)
{
	return s && str_to_i64(s, ret) == 0;
}

/* In, NotIn, Exists, DoesNotExist, and for nodes Gt and Lt; VALUE is NULL where there is no such key. */
static bool requirement(const char *op, const struct strings *values, const char *value)
{
	int64_t a, b;

	if (str_eq(op, "Exists"))
		return value;
	if (str_eq(op, "DoesNotExist"))
		return !value;
	if (str_eq(op, "In"))
		return value && among(values, value);
	if (str_eq(op, "NotIn"))
		return !value || !among(values, value);
	if (values->count != 1 || !integer(value, &a) || !integer(values->items[0], &b))
		return false;
	return str_eq(op, "Gt") ? a > b : a < b;
}

bool match_selector(const struct label_selector *s, const struct string_map *labels)
{
	if (!s)
		return false;
	for (size_t i = 0; i < s->match_labels.count; i++)
		if (!str_eq(string_map_get(labels, s->match_labels.items[i].key),
			    s->match_labels.items[i].value))
			return false;
	for (size_t i = 0; i < s->match_expressions.count; i++) {
		const struct label_requirement *r = &s->match_expressions.items[i];

		if (!requirement(r->op, &r->values, string_map_get(labels, r->key)))
			return false;
	}
	return true;
}

/* --- nodes ---------------------------------------------------------------------------------------------------- */

/* A term without any requirement matches nothing. */
bool match_node_term(const struct node_selector_term *t, const struct place *p)
{
	for (size_t i = 0; i < t->match_expressions.count; i++) {
		const struct node_selector_requirement *r = &t->match_expressions.items[i];

		if (!requirement(r->op, &r->values, match_domain(p, r->key)))
			return false;
	}
	for (size_t i = 0; i < t->match_fields.count; i++) {
		const struct node_selector_requirement *r = &t->match_fields.items[i];

		if (!requirement(r->op, &r->values, str_eq(r->key, "metadata.name") ? p->name : NULL))
			return false;
	}
	return t->match_expressions.count + t->match_fields.count > 0;
}

bool match_node_selector(const struct node_selector *s, const struct place *p)
{
	for (size_t i = 0; i < s->node_selector_terms.count; i++)
		if (match_node_term(&s->node_selector_terms.items[i], p))
			return true;
	return false;
}

bool match_node(const struct pod_spec *spec, const struct place *p)
{
	for (size_t i = 0; i < spec->node_selector.count; i++)
		if (!str_eq(match_domain(p, spec->node_selector.items[i].key),
			    spec->node_selector.items[i].value))
			return false;
	return !spec->affinity || !spec->affinity->node_affinity ||
	       !spec->affinity->node_affinity->required ||
	       match_node_selector(spec->affinity->node_affinity->required, p);
}

static bool tolerates(const struct toleration *t, const struct taint *taint)
{
	if (!str_empty(t->effect) && !str_eq(t->effect, taint->effect))
		return false;
	if (!str_empty(t->key) && !str_eq(t->key, taint->key))
		return false;
	if (str_eq(t->op, "Exists"))
		return true;
	return !str_empty(t->key) && str_eq(str_or_empty(t->value), str_or_empty(taint->value));
}

bool match_taint(const struct pod_spec *spec, const struct taint *t)
{
	for (size_t i = 0; i < spec->tolerations.count; i++)
		if (tolerates(&spec->tolerations.items[i], t))
			return true;
	return false;
}

bool match_taints(const struct pod_spec *spec, const struct place *p, bool execute)
{
	for (size_t i = 0; i < p->node->spec.taints.count; i++) {
		const struct taint *t = &p->node->spec.taints.items[i];

		if ((str_eq(t->effect, "NoExecute") || (!execute && str_eq(t->effect, "NoSchedule"))) &&
			!match_taint(spec, t))
			return false;
	}
	return true;
}

const char *match_domain(const struct place *p, const char *key)
{
	return string_map_get(&p->object->meta->labels, key);
}

/* --- pods ------------------------------------------------------------------------------------------------------- */

/* matchLabelKeys (SAME) and mismatchLabelKeys: keys that the pod doesn't have say nothing. */
static bool keys_agree(const struct strings *keys, const struct kin *of, const struct kin *about, bool same)
{
	for (size_t i = 0; i < keys->count; i++) {
		const char *own = string_map_get(of->labels, keys->items[i]);

		if (own && str_eq(own, string_map_get(about->labels, keys->items[i])) != same)
			return false;
	}
	return true;
}

static bool namespace_matches(const struct scene *w, const struct pod_affinity_term *t, const struct kin *of,
	const struct kin *about)
{
	static const struct string_map none = { 0 };
	const struct object *o;

	if (t->namespaces.count == 0 && !t->namespace_selector)
		return str_eq(of->namespace, about->namespace);
	if (among(&t->namespaces, about->namespace))
		return true;
	o = scene_object(w, KIND_NAMESPACE, NULL, about->namespace);
	return match_selector(t->namespace_selector, o ? &o->meta->labels : &none);
}

bool match_pod(const struct scene *w, const struct pod_affinity_term *t, const struct kin *of,
	const struct kin *about)
{
	return match_selector(t->label_selector, about->labels) &&
	       keys_agree(&t->match_label_keys, of, about, true) &&
	       keys_agree(&t->mismatch_label_keys, of, about, false) && namespace_matches(w, t, of, about);
}

bool match_spread(const struct topology_spread_constraint *c, const struct kin *of, const struct kin *about)
{
	return str_eq(of->namespace, about->namespace) && match_selector(c->label_selector, about->labels) &&
	       keys_agree(&c->match_label_keys, of, about, true);
}

bool match_inclusion(const struct topology_spread_constraint *c, const struct kin *of, const struct place *p)
{
	if (!str_eq(c->node_affinity_policy, "Ignore") && !match_node(of->spec, p))
		return false;
	return !str_eq(c->node_taints_policy, "Honor") || match_taints(of->spec, p, false);
}
