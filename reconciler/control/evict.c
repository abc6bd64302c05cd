/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Pods that have to leave their node: taint_eviction.go, but that time counts from when the taint came, so that a restart changes nothing. */
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

nsec_t node_eviction_time(const struct pod_spec *spec, const struct world_taint *t)
{
	for (size_t i = 0; i < spec->tolerations.count; i++) {
		const struct toleration *one = &spec->tolerations.items[i];

		if (!tolerates(one, t))
			continue;
		if (!one->toleration_seconds.set)
			return NSEC_NEVER;
		return one->toleration_seconds.value <= 0
			       ? 0
			       : t->added + one->toleration_seconds.value * NSEC_PER_SEC;
	}
	return has_default(t) ? t->added + DEFAULT_SECONDS * NSEC_PER_SEC : 0;
}

/* *RET_WHY: the taint that is the first to drive it out. */
static nsec_t due(const struct world_node *n, const struct world_pod *p, const struct world_taint **ret_why)
{
	nsec_t first = NSEC_NEVER;

	for (size_t i = 0; i < n->taint_count; i++) {
		const struct world_taint *t = &n->taints[i];
		nsec_t when = str_eq(t->effect, "NoExecute")
				      ? node_eviction_time(&p->revision->template.spec, t)
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

static void look_at(struct control *c, struct world_node *n, struct world_pod *p)
{
	const struct world_taint *why = NULL;
	nsec_t when;

	if (p->o.deleting)
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

static bool is_out_of_service(const struct world_node *n)
{
	return n->o.origin && !n->connected && !n->ready &&
	       str_eq(string_map_get(&n->o.origin->object->meta->annotations, NODE_NOTE_OUT_OF_SERVICE),
		       "true");
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
	bool off = is_out_of_service(n);
	bool drives = off;

	for (size_t i = 0; i < n->taint_count && !drives; i++)
		drives = str_eq(n->taints[i].effect, "NoExecute");
	if (!drives || count == 0)
		return;
	memcpy(pods, n->pods.items, count * sizeof(pods[0]));
	qsort(pods, count, sizeof(pods[0]), pod_cmp);
	for (size_t i = 0; i < count; i++) {
		if (!off) {
			look_at(c, n, pods[i]);
			continue;
		}
		plan_step(c->plan, PLAN_DELETE, &pods[i]->o, "its node %s is out of service", n->o.name);
		pod_gone(c, pods[i]);
	}
}
