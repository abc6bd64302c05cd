/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The filters: may this pod run on this node? All reasons of a node are collected the way
 * kube-scheduler does it: its filters run in order and the first that says no ends the node, but the
 * resource filter lists every resource that is short.
 */
#include "sched/fit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/mask.h"

bool sched_refuse(const struct sched_look *l, const char *format, ...)
{
	char text[SCHED_REASON_TEXT];
	va_list ap;

	if (!l->add)
		return false;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	l->add(text, l->arg);
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
		if (exists || MUTANT(22) || str_eq(str_or_empty(t->value), str_or_empty(value)))
			return true;
	}
	return false;
}

static bool keeps_away(const char *effect)
{
	return str_eq(effect, "NoSchedule") || str_eq(effect, "NoExecute");
}

bool sched_fit_unschedulable(const struct sched_look *l)
{
	return sched_mask_cordon(l->c, l->r, l->node) || sched_refuse(l, "node(s) were unschedulable");
}

static bool refuse_taint(const struct sched_look *l, const char *key, const char *value)
{
	return sched_refuse(l, "node(s) had untolerated taint {%s: %s}", key, str_or_empty(value));
}

bool sched_fit_taints(const struct sched_look *l)
{
	const struct node *n = node_of(l->n);

	if (sched_mask_taints(l->c, l->r, l->node))
		return true;
	for (size_t i = 0; i < n->spec.taints.count && l->add; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		if (keeps_away(t->effect) && !sched_tolerates(l->r->spec, t->key, t->value, t->effect))
			return refuse_taint(l, t->key, t->value);
	}
	return false;
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
bool sched_requirement_matches(const struct node_selector_requirement *r, const char *value)
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
		return compares(r, value, !MUTANT(21));
	return str_eq(r->op, "Lt") && compares(r, value, false);
}

bool sched_term_matches(const struct node_selector_term *t, const struct sched_node *n)
{
	const struct object_meta *meta = n->object->meta;

	if (t->match_expressions.count == 0 && t->match_fields.count == 0)
		return false;
	for (size_t i = 0; i < t->match_expressions.count; i++) {
		const struct node_selector_requirement *r = &t->match_expressions.items[i];

		if (!sched_requirement_matches(r, string_map_get(&meta->labels, r->key)))
			return false;
	}
	for (size_t i = 0; i < t->match_fields.count; i++) {
		const struct node_selector_requirement *r = &t->match_fields.items[i];

		if (!sched_requirement_matches(r, str_eq(r->key, "metadata.name") ? meta->name : NULL))
			return false;
	}
	return true;
}

bool sched_fit_affinity_asked(const struct sched_request *r)
{
	const struct affinity *a = r->spec->affinity;

	return r->spec->node_selector.count > 0 || (a && a->node_affinity && a->node_affinity->required);
}

bool sched_fit_affinity(const struct sched_look *l)
{
	return sched_mask_affinity(l->r, l->node) ||
	       sched_refuse(l, "node(s) didn't match Pod's node affinity/selector");
}

/* --- resources ----------------------------------------------------------------------------------- */

bool sched_fit_resources(const struct sched_look *l)
{
	const struct sched_cluster *c = l->c;
	bool fits = true;

	for (size_t i = 0; i < l->r->need_count; i++) {
		const struct sched_need *need = &l->r->needs[i];
		const struct sched_column *col = &c->columns[need->resource];

		if (need->amount <= col->allocatable[l->node] - col->used[l->node])
			continue;
		if (!l->add)
			return false;
		fits = need->resource == RESOURCE_PODS ? sched_refuse(l, "Too many pods")
						       : sched_refuse(l, "Insufficient %s", col->name);
	}
	return fits;
}

/* --- names --------------------------------------------------------------------------------------- */

bool sched_fit_name_asked(const struct sched_request *r)
{
	return !str_empty(r->spec->node_name);
}

bool sched_fit_name(const struct sched_look *l)
{
	return str_eq(l->r->spec->node_name, l->n->name) ||
	       sched_refuse(l, "node(s) didn't match the requested node name");
}

/* The taint that would drive the pod out at once, or NULL. */
static const struct taint *drives_out(const struct sched_look *l)
{
	const struct node *n = node_of(l->n);

	for (size_t i = 0; i < n->spec.taints.count; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		if (str_eq(t->effect, "NoExecute") &&
			!sched_tolerates(l->r->spec, t->key, t->value, t->effect))
			return t;
	}
	return NULL;
}

/* --- all of them --------------------------------------------------------------------------------- */

/* A pod that names its node bypasses the scheduler in Kubernetes: only the kubelet's own admission is left. */
static bool fit_named(const struct sched_look *l)
{
	const struct taint *t;

	if (!sched_fit_name(l))
		return false;
	t = drives_out(l);
	return !t || refuse_taint(l, t->key, t->value);
}

uint32_t sched_fit_asked(const struct sched_request *r)
{
	bool named = sched_fit_name_asked(r);
	uint32_t bits = 0;

	for (size_t i = 0; sched_filters[i].fits; i++)
		if ((!named || sched_filters[i].named) &&
			(!sched_filters[i].asked || sched_filters[i].asked(r)))
			bits |= UINT32_C(1) << i;
	return bits;
}

/* Those of the table that are asked at WHEN. */
static bool fit_when(const struct sched_look *l, enum sched_when when)
{
	uint32_t bits = l->r->filters;

	for (const struct sched_filter *f = sched_filters; bits != 0; f++, bits >>= 1)
		if ((bits & 1) && f->when == when && !f->fits(l))
			return false;
	return true;
}

static bool fit_here(const struct sched_look *l)
{
	if (sched_fit_name_asked(l->r) && !fit_named(l))
		return false;
	return fit_when(l, SCHED_FIXED);
}

bool sched_fit_fixed(const struct sched_look *l)
{
	/* What tolerates that, or names the node, would be evicted as it comes. */
	if (l->n->drained)
		return sched_refuse(l, "node(s) were unschedulable");
	return fit_here(l);
}

bool sched_fit_local(const struct sched_look *l)
{
	return fit_when(l, SCHED_LOCAL);
}

bool sched_fit_elsewhere(const struct sched_look *l)
{
	return fit_when(l, SCHED_ELSEWHERE);
}

bool sched_fit_pinned(const struct sched_look *l)
{
	return fit_here(l) && sched_fit_local(l) && sched_fit_elsewhere(l);
}

bool sched_fit(const struct sched_look *l)
{
	return sched_fit_fixed(l) && sched_fit_local(l) && sched_fit_elsewhere(l);
}

bool sched_fit_possible(const struct sched_look *l)
{
	uint32_t bits = l->r->filters;

	for (const struct sched_filter *f = sched_filters; bits != 0; f++, bits >>= 1)
		if ((bits & 1) && f->possible && !f->possible(l))
			return false;
	return true;
}

/* --- daemons ------------------------------------------------------------------------------------- */

enum sched_daemon sched_daemon_on(struct sched_cluster *c, const char *node, struct sched_request *r)
{
	const struct sched_node *n = sched_node_find(c, node);
	const struct sched_look l = { .c = c, .r = r, .n = n, .node = n ? n->index : 0 };

	sched_request_prepare(c, r);
	if (!n || (sched_fit_name_asked(r) && !sched_fit_name(&l)))
		return SCHED_DAEMON_NO;
	if (!sched_fit_affinity(&l))
		return SCHED_DAEMON_NO;
	if (sched_fit_unschedulable(&l) && sched_fit_taints(&l))
		return SCHED_DAEMON_RUNS;
	return drives_out(&l) ? SCHED_DAEMON_NO : SCHED_DAEMON_STAYS;
}
