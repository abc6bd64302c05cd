/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The steps are gone over backwards, and each pod is taken off its node as its step is met: so the books are as they were when it had its turn.
 * Looking at all nodes for a pod that waits is done for so many kinds of pods only; what equal pods wait for is said of all.
 */
#include "reconciler/ctl/planned_why.h"

#include <string.h>

#include "lib/base/str.h"

enum { LOOKS_MAX = 200 };

struct going {
	struct plan *plan;
	struct world *world;
	const struct sched_request *last; /* that waited, and */
	const char *advice;               /* what would help it */
	unsigned looks;
};

/* The pod of "Pod/namespace/name"; NULL: it is none, or gone. */
static struct world_pod *pod_of(struct world *w, const char *key)
{
	const char *at = str_after(key, "Pod/"), *slash = at ? strchr(at, '/') : NULL;
	char namespace[64];
	struct world_object *o;

	if (!slash || (size_t)(slash - at) >= sizeof(namespace))
		return NULL;
	memcpy(namespace, at, (size_t)(slash - at));
	namespace[slash - at] = '\0';
	o = world_find(w, KIND_POD, namespace, slash + 1);
	return o ? world_pod(o) : NULL;
}

static void say_score(struct going *g, struct plan_step *s, struct world_pod *p)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct sched_explanation e;

	sched_explain(g->world->sched, world_pod_request(g->world, p), p->node->o.name, &e);
	for (size_t t = 0; e.best_count == 1 && t < SCHED_TERM_COUNT; t++)
		if (e.best[0].terms[t] < 100)
			buf_addf(&text, "%s%s %u", text.len ? ", " : " (", sched_term_names[t],
				e.best[0].terms[t]);
	if (text.len > 0)
		s->detail = arena_printf(g->plan->arena, "%s%s)", s->detail, text.data);
}

static const char *advice_for(struct going *g, struct world_pod *p)
{
	struct sched_request *r = world_pod_request(g->world, p);
	struct sched_explanation e;

	if (r == g->last && !p->pinned)
		return g->advice;
	if (g->looks++ >= LOOKS_MAX)
		return "";
	sched_explain(g->world->sched, r, p->pinned, &e);
	g->advice = arena_strdup(g->plan->arena, e.advice);
	g->last = p->pinned ? NULL : r;
	return g->advice;
}

static void go_back(struct going *g, struct plan_step *s)
{
	struct world_pod *p = pod_of(g->world, s->key);

	if (!p || !s->detail)
		return;
	if (s->verb == PLAN_PLACE && p->node) {
		sched_cluster_remove_pod(g->world->sched, p->node->o.name, p);
		g->last = NULL;
		say_score(g, s, p);
	} else if (s->verb == PLAN_WAIT && !p->node && strstr(s->detail, " nodes are available: ")) {
		const char *advice = advice_for(g, p);

		if (!str_empty(advice))
			s->detail = arena_printf(g->plan->arena, "%s It would fit: %s", s->detail, advice);
	}
}

void planned_why(struct plan *p, struct world *w)
{
	struct going g = { .plan = p, .world = w, .advice = "" };

	for (size_t i = p->step_count; i > 0; i--)
		if (p->steps[i - 1].verb == PLAN_PLACE || p->steps[i - 1].verb == PLAN_WAIT)
			go_back(&g, &p->steps[i - 1]);
}
