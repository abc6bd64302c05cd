/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods that have to leave their node: taint_eviction.go, but that time counts from when the taint came (or the pod, where that
 * was later), so that a restart changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/node_lifecycle.h"

enum { DEFAULT_SECONDS = 300 };

/* --- when ---------------------------------------------------------------------------------------- */

/* core/v1 Toleration.ToleratesTaint. */
static bool tolerates(const struct toleration *t, const struct world_taint *taint)
{
	bool exists = str_eq(t->op, "Exists");

	if (!str_empty(t->effect) && !str_eq(t->effect, taint->effect))
		return false;
	if (str_empty(t->key) ? !exists : !str_eq(t->key, taint->key))
		return false;
	return exists || str_eq(str_or_empty(t->value), taint->value);
}

static bool has_default(const struct world_taint *t)
{
	return str_eq(t->key, NODE_TAINT_NOT_READY) || str_eq(t->key, NODE_TAINT_UNREACHABLE);
}

nsec_t node_eviction_time(const struct pod_spec *spec, const struct world_taint *t, nsec_t placed)
{
	nsec_t since = t->added > placed ? t->added : placed;

	for (size_t i = 0; i < spec->tolerations.count; i++) {
		const struct toleration *one = &spec->tolerations.items[i];

		if (!tolerates(one, t))
			continue;
		if (!one->toleration_seconds.set)
			return NSEC_NEVER;
		return one->toleration_seconds.value <= 0
			       ? 0
			       : since + one->toleration_seconds.value * NSEC_PER_SEC;
	}
	return has_default(t) ? since + DEFAULT_SECONDS * NSEC_PER_SEC : 0;
}

/* *RET_WHY: the taint that is the first to drive it out. */
static nsec_t due(const struct world_node *n, const struct world_pod *p, const struct world_taint **ret_why)
{
	nsec_t first = NSEC_NEVER;

	for (size_t i = 0; i < n->taint_count; i++) {
		const struct world_taint *t = &n->taints[i];
		nsec_t when = str_eq(t->effect, "NoExecute")
				      ? node_eviction_time(&p->revision->template.spec, t, p->placed)
				      : NSEC_NEVER;

		if (when < first) {
			first = when;
			*ret_why = t;
		}
	}
	return first;
}

/* --- who ------------------------------------------------------------------------------------------- */

static void drive_out(struct control *c, struct world_pod *p, const struct world_taint *why)
{
	_cleanup_(freep) char *reason = xasprintf(
		"its node %s has the taint %s, which it does not tolerate any longer", p->node->o.name,
		why->key);

	control_event(c, &p->o, "Normal", "TaintManagerEviction", "Marking for deletion Pod %s/%s",
		p->o.namespace, p->o.name);
	pod_disrupt(c, p, "DeletionByTaintManager", reason);
	pod_delete(c, p, reason);
}

bool pod_is_done(const struct world_pod *p)
{
	return !p->set && !set_pod_active(p) && !p->o.deleting;
}

static void look_at(struct control *c, struct world_node *n, struct world_pod *p)
{
	const struct world_taint *why = NULL;
	nsec_t when;

	if (p->o.deleting || pod_is_done(p))
		return;
	when = due(n, p, &why);
	if (!why)
		return;
	/* What is over while nobody was there to see the node come back is not over yet. */
	if (has_default(why) && !n->connected && when < node_grace_end(c, n))
		when = node_grace_end(c, n);
	if (when <= c->now)
		drive_out(c, p, why);
	else
		world_wake(c->world, &n->o, when);
}

/* The taint that says that N is off, which nobody hears of; or NULL. */
static const struct world_taint *out_of_service(const struct world_node *n)
{
	for (size_t i = 0; i < n->taint_count && !n->connected && !n->ready; i++)
		if (str_eq(n->taints[i].key, NODE_TAINT_OUT_OF_SERVICE) &&
			str_eq(n->taints[i].effect, "NoExecute"))
			return &n->taints[i];
	return NULL;
}

/* Its node is off (podgc gcTerminating): nobody will ever say that it has ended. */
static bool is_gone(const struct world_pod *p, const struct world_taint *off)
{
	if (p->o.deleting || pod_is_done(p))
		return p->o.deleting;
	return node_eviction_time(&p->revision->template.spec, off, p->placed) == 0;
}

static int pod_cmp(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	return strcmp(x->o.key, y->o.key);
}

void node_evict(struct control *c, struct world_node *n)
{
	size_t count = n->pods.count;
	_cleanup_(freep) struct world_pod **pods = xcalloc(count, sizeof(pods[0]));
	const struct world_taint *off = out_of_service(n);
	bool drives = false;

	for (size_t i = 0; i < n->taint_count && !drives; i++)
		drives = str_eq(n->taints[i].effect, "NoExecute");
	if (!drives || count == 0)
		return;
	memcpy(pods, n->pods.items, count * sizeof(pods[0]));
	qsort(pods, count, sizeof(pods[0]), pod_cmp);
	for (size_t i = 0; i < count; i++) {
		if (!off || !is_gone(pods[i], off)) {
			look_at(c, n, pods[i]);
			continue;
		}
		plan_step(c->plan, PLAN_DELETE, &pods[i]->o, "its node %s is out of service", n->o.name);
		pod_gone(c, pods[i]);
	}
}
