/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The filters: may this pod run on this node? All reasons of a node are collected the way
 * kube-scheduler does it: its filters run in order and the first that says no ends the node, but the
 * resource filter lists every resource that is short.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/internal.h"

struct fit {
	const struct sched_node *node;
	const struct sched_request *request;
	sched_reason_fn add;
	void *arg;
};

static bool refuse(const struct fit *f, const char *text)
{
	if (f->add)
		f->add(text, f->arg);
	return false;
}

static const struct node *node_of(const struct sched_node *n)
{
	return object_node(n->object);
}

/* --- taints -------------------------------------------------------------------------------------- */

bool sched_tolerates(const struct pod_spec *spec, const char *key, const char *value, const char *effect)
{
	for (size_t i = 0; i < spec->tolerations.count; i++) {
		const struct toleration *t = &spec->tolerations.items[i];
		bool exists = str_eq(t->op, "Exists");

		if (!str_empty(t->effect) && !str_eq(t->effect, effect))
			continue;
		/* For no time at all: it would have to leave as it comes, again and again. */
		if (t->toleration_seconds.set && t->toleration_seconds.value <= 0)
			continue;
		if (!str_empty(t->key) && !str_eq(t->key, key))
			continue;
		if (str_empty(t->key) && !exists)
			continue;
		if (exists || str_eq(str_or_empty(t->value), str_or_empty(value)))
			return true;
	}
	return false;
}

static bool keeps_away(const char *effect)
{
	return str_eq(effect, "NoSchedule") || str_eq(effect, "NoExecute");
}

static bool fit_unschedulable(const struct fit *f)
{
	if (!node_of(f->node)->spec.unschedulable ||
		sched_tolerates(f->request->spec, "node.kubernetes.io/unschedulable", "", "NoSchedule"))
		return true;
	return refuse(f, "node(s) were unschedulable");
}

static bool refuse_taint(const struct fit *f, const char *key, const char *value)
{
	char text[SCHED_REASON_TEXT];

	if (!f->add)
		return false;
	snprintf(text, sizeof(text), "node(s) had untolerated taint {%s: %s}", key, str_or_empty(value));
	return refuse(f, text);
}

static bool fit_taints(const struct fit *f)
{
	const struct node *n = node_of(f->node);

	for (size_t i = 0; i < n->spec.taints.count; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		if (keeps_away(t->effect) && !sched_tolerates(f->request->spec, t->key, t->value, t->effect))
			return refuse_taint(f, t->key, t->value);
	}
	return true;
}

/* --- affinity ------------------------------------------------------------------------------------ */

static bool strings_has(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i], s))
			return true;
	return false;
}

static bool compares(const struct node_selector_requirement *r, const char *value, bool greater)
{
	int64_t have, bound;

	if (!value || r->values.count != 1 || str_to_i64(value, &have) < 0 ||
		str_to_i64(r->values.items[0], &bound) < 0)
		return false;
	return greater ? have > bound : have < bound;
}

/* core/v1 NodeSelectorRequirement. */
static bool requirement_matches(const struct node_selector_requirement *r, const char *value)
{
	if (str_eq(r->op, "In"))
		return value && strings_has(&r->values, value);
	if (str_eq(r->op, "NotIn"))
		return !value || !strings_has(&r->values, value);
	if (str_eq(r->op, "Exists"))
		return value != NULL;
	if (str_eq(r->op, "DoesNotExist"))
		return value == NULL;
	if (str_eq(r->op, "Gt"))
		return compares(r, value, true);
	return str_eq(r->op, "Lt") && compares(r, value, false);
}

bool sched_term_matches(const struct node_selector_term *t, const struct sched_node *n)
{
	const struct object_meta *meta = n->object->meta;

	if (t->match_expressions.count == 0 && t->match_fields.count == 0)
		return false;
	for (size_t i = 0; i < t->match_expressions.count; i++) {
		const struct node_selector_requirement *r = &t->match_expressions.items[i];

		if (!requirement_matches(r, string_map_get(&meta->labels, r->key)))
			return false;
	}
	for (size_t i = 0; i < t->match_fields.count; i++) {
		const struct node_selector_requirement *r = &t->match_fields.items[i];

		if (!requirement_matches(r, str_eq(r->key, "metadata.name") ? meta->name : NULL))
			return false;
	}
	return true;
}

static bool required_affinity_matches(const struct pod_spec *spec, const struct sched_node *n)
{
	const struct node_selector *required;

	if (!spec->affinity || !spec->affinity->node_affinity || !spec->affinity->node_affinity->required)
		return true;
	required = spec->affinity->node_affinity->required;
	for (size_t i = 0; i < required->node_selector_terms.count; i++)
		if (sched_term_matches(&required->node_selector_terms.items[i], n))
			return true;
	return false;
}

static bool fit_affinity(const struct fit *f)
{
	const struct pod_spec *spec = f->request->spec;
	const struct string_map *labels = &f->node->object->meta->labels;

	for (size_t i = 0; i < spec->node_selector.count; i++) {
		const struct string_pair *p = &spec->node_selector.items[i];

		if (!str_eq(string_map_get(labels, p->key), p->value))
			return refuse(f, "node(s) didn't match Pod's node affinity/selector");
	}
	if (!required_affinity_matches(spec, f->node))
		return refuse(f, "node(s) didn't match Pod's node affinity/selector");
	return true;
}

/* --- resources ----------------------------------------------------------------------------------- */

static bool fit_resources(const struct fit *f)
{
	bool fits = true;

	if ((int64_t)f->node->pods + 1 > f->node->pods_allocatable)
		fits = refuse(f, "Too many pods");
	for (size_t i = 0; i < f->request->amount_count; i++) {
		const struct sched_amount *a = &f->request->amounts[i];
		char text[SCHED_REASON_TEXT];

		if (a->amount <= sched_node_allocatable(f->node, a->resource) -
					 sched_node_used(f->node, a->resource) ||
			a->amount == 0)
			continue;
		if (!f->add)
			return false;
		snprintf(text, sizeof(text), "Insufficient %s", a->resource);
		fits = refuse(f, text);
	}
	return fits;
}

/* --- all of them --------------------------------------------------------------------------------- */

/* The taint that would drive the pod out at once, or NULL. */
static const struct taint *drives_out(const struct fit *f)
{
	const struct node *n = node_of(f->node);

	for (size_t i = 0; i < n->spec.taints.count; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		if (str_eq(t->effect, "NoExecute") &&
			!sched_tolerates(f->request->spec, t->key, t->value, t->effect))
			return t;
	}
	return NULL;
}

/* A pod that names its node bypasses the scheduler in Kubernetes: only the kubelet's own admission is left. */
static bool fit_named(const struct fit *f)
{
	const struct taint *t;

	if (!str_eq(f->request->spec->node_name, f->node->name))
		return refuse(f, "node(s) didn't match the requested node name");
	t = drives_out(f);
	return t ? refuse_taint(f, t->key, t->value) : fit_resources(f);
}

static bool fit_all(const struct fit *f)
{
	static bool (*const filters[])(
		const struct fit *) = { fit_unschedulable, fit_taints, fit_affinity, fit_resources };

	if (!str_empty(f->request->spec->node_name))
		return fit_named(f);
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (!filters[i](f))
			return false;
	return true;
}

bool sched_fit(const struct sched_node *n, const struct sched_request *r, sched_reason_fn add, void *arg)
{
	const struct fit f = { .node = n, .request = r, .add = add, .arg = arg };

	/* What tolerates that, or names the node, would be evicted as it comes. */
	if (n->drained)
		return refuse(&f, "node(s) were unschedulable");
	return fit_all(&f);
}

bool sched_fit_pinned(
	const struct sched_node *n, const struct sched_request *r, sched_reason_fn add, void *arg)
{
	const struct fit f = { .node = n, .request = r, .add = add, .arg = arg };

	return fit_all(&f);
}

/* --- daemons ------------------------------------------------------------------------------------- */

enum sched_daemon sched_daemon_on(struct sched_cluster *c, const char *node, struct sched_request *r)
{
	const struct sched_node *n = map_get(&c->nodes, node);
	const struct fit f = { .node = n, .request = r };

	if (!n || !n->object || (!str_empty(r->spec->node_name) && !str_eq(r->spec->node_name, node)))
		return SCHED_DAEMON_NO;
	if (!fit_affinity(&f))
		return SCHED_DAEMON_NO;
	if (fit_unschedulable(&f) && fit_taints(&f))
		return SCHED_DAEMON_RUNS;
	return drives_out(&f) ? SCHED_DAEMON_NO : SCHED_DAEMON_STAYS;
}
