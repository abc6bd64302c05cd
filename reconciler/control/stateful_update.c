/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* StatefulSets: how pods of an old template are replaced. */
#include "reconciler/control/history.h"
#include "reconciler/control/stateful_set.h"

static bool is_old(const struct stateful *v, const struct world_pod *p)
{
	return !history_made(v->s->r.update, p);
}

/* Is a pod missing because it is being replaced, or started? */
static bool one_is_coming(struct stateful *v)
{
	for (size_t i = 0; i < v->slot_count; i++) {
		const struct world_pod *p = v->slots[i];

		if (!p || p->o.deleting || (!is_old(v, p) && !stateful_available(v, p)))
			return true;
	}
	return false;
}

bool stateful_force(struct stateful *v)
{
	bool coming = one_is_coming(v);

	for (size_t i = v->slot_count; i > 0 && (int64_t)i > v->partition; i--) {
		struct world_pod *p = v->slots[i - 1];

		if (!p || p->o.deleting || !set_pod_active(p) || p->ready || p->unseen || !is_old(v, p))
			continue;
		if (coming && !stateful_broken(v, p))
			continue;
		stateful_delete(v, &v->slots[i - 1], "it is not ready, and its template is an old one");
		return true;
	}
	return false;
}

void stateful_roll(struct stateful *v)
{
	int64_t missing = 0;

	for (size_t i = 0; i < v->slot_count; i++)
		if ((int64_t)i >= v->partition && (!v->slots[i] || !stateful_available(v, v->slots[i])))
			missing++;
	for (size_t i = v->slot_count; i > 0 && (int64_t)i > v->partition && missing < v->budget; i--) {
		struct world_pod *p = v->slots[i - 1];

		if (!p || p->o.deleting || !is_old(v, p))
			continue;
		missing += stateful_available(v, p);
		stateful_delete(v, &v->slots[i - 1], "its template is an old one");
	}
}
