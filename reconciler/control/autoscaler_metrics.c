/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a metric asks for (podautoscaler/replica_calculator.go). Amounts are in thousandths, as there: of CPUs, and of bytes. Pods fall
 * into four groups: ready, unready (they don't count, or as using nothing), missing (no metrics), and ignored (going or failed).
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/autoscaler.h"

#define CPU_INITIALIZATION (300 * NSEC_PER_SEC) /* --horizontal-pod-autoscaler-cpu-initialization-period */
#define INITIAL_READINESS (30 * NSEC_PER_SEC)   /* --horizontal-pod-autoscaler-initial-readiness-delay */

struct sample {
	int64_t used, requested; /* thousandths */
};
struct groups {
	struct sample *items; /* [count]: of ready pods; those of the others are appended */
	size_t count, cap;
	struct sample *unready, *missing; /* only `requested` is known */
	size_t unready_count, missing_count;
	size_t ready;
};

static void groups_done(struct groups *g)
{
	free(g->items);
	free(g->unready);
	free(g->missing);
}

/* --- one pod ---------------------------------------------------------------------------------------- */

static int64_t amount(const struct quantity_map *m, const char *resource)
{
	const struct quantity *q = quantity_map_get(m, resource);

	return q ? quantity_milli(q) : -1;
}

/* Of one container (CONTAINER not NULL) or all of them, sidecars too. -1: *RET_WHO has no request. */
static int64_t requested(
	const struct pod_spec *spec, const char *resource, const char *container, const char **ret_who)
{
	const struct containers *lists[] = { &spec->init_containers, &spec->containers };
	int64_t sum = 0;

	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			const struct container *c = &lists[l]->items[i];
			int64_t n = amount(&c->resources.requests, resource);

			if (container ? !str_eq(container, c->name)
				      : l == 0 && !str_eq(c->restart_policy, "Always"))
				continue;
			*ret_who = c->name;
			if (n < 0)
				n = amount(&c->resources.limits, resource);
			if (n < 0)
				return -1;
			sum += n;
		}
	return sum;
}

/* Thousandths; -1: not measured. */
static int64_t used(const struct world_pod *p, const char *resource, const char *container)
{
	bool cpu = str_eq(resource, "cpu"), found = false;
	int64_t sum = 0;

	if (!p->usage || (!cpu && !str_eq(resource, "memory")))
		return -1;
	for (size_t i = 0; i < p->usage->count; i++) {
		const struct world_container_usage *u = &p->usage->containers[i];

		if (container && !str_eq(u->container, container))
			continue;
		if (cpu && u->cpu_milli < 0)
			return -1;
		found = true;
		sum += cpu ? u->cpu_milli : u->memory * 1000;
	}
	return found ? sum : -1;
}

static nsec_t start_of(const struct autoscaler_view *v, const struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *s = world_pod_status(v->w, p, arena);

	return s ? s->start_time.value : 0;
}

/* CPU of a pod that starts says nothing of what it will need. */
static bool is_unready(const struct autoscaler_view *v, const struct world_pod *p)
{
	nsec_t start = start_of(v, p);

	if (start == 0)
		return true;
	if (start + CPU_INITIALIZATION > v->now)
		return !p->ready || p->usage->at < p->ready_since + p->usage->window;
	return !p->ready && start + INITIAL_READINESS > p->ready_since;
}

/* --- groups ----------------------------------------------------------------------------------------- */

static char *group_pods(const struct autoscaler_view *v, const char *resource, const char *container,
	bool requests, struct groups *g)
{
	g->unready = xcalloc(v->count, sizeof(g->unready[0]));
	g->missing = xcalloc(v->count, sizeof(g->missing[0]));
	for (size_t i = 0; i < v->count; i++) {
		const struct world_pod *p = v->pods[i];
		const char *who = "";
		struct sample s = { .used = used(p, resource, container) };

		if (p->o.deleting || p->phase == PHASE_FAILED || p->phase == PHASE_SUCCEEDED)
			continue;
		s.requested = requests ? requested(&p->revision->template.spec, resource, container, &who)
				       : 0;
		if (s.requested < 0)
			return xasprintf(
				"missing request for %s in container %s of Pod %s", resource, who, p->o.name);
		if (p->phase == PHASE_PENDING) {
			g->unready[g->unready_count++] = s;
		} else if (s.used < 0) {
			g->missing[g->missing_count++] = s;
		} else if (str_eq(resource, "cpu") && is_unready(v, p)) {
			g->unready[g->unready_count++] = s;
		} else {
			g->items = grow(g->items, &g->cap, g->count + 1, sizeof(g->items[0]));
			g->items[g->count++] = s;
			g->ready++;
		}
	}
	return g->count > 0 ? NULL : xasprintf("no metrics of its pods for %s", resource);
}

/* Those that said nothing count as using SHARE of PER (their request, or a fixed amount where PER is not 0). */
static void append(struct groups *g, const struct sample *list, size_t count, int64_t percent, int64_t per)
{
	for (size_t i = 0; i < count; i++) {
		struct sample s = list[i];

		s.used = (per > 0 ? per : s.requested) * percent / 100;
		g->items = grow(g->items, &g->cap, g->count + 1, sizeof(g->items[0]));
		g->items[g->count++] = s;
	}
}

/* --- the answer ------------------------------------------------------------------------------------- */

/* How one kind of target reads its samples. */
struct measure {
	int64_t target;   /* per cent, or thousandths a pod */
	bool utilization; /* per cent of the requests */
};

static int64_t sum_used(const struct groups *g)
{
	int64_t sum = 0;

	for (size_t i = 0; i < g->count; i++)
		sum += g->items[i].used;
	return sum;
}

static double ratio(const struct measure *m, const struct groups *g)
{
	int64_t requests = 0;

	for (size_t i = 0; i < g->count; i++)
		requests += g->items[i].requested;
	if (!m->utilization)
		return (double)(sum_used(g) / (int64_t)g->count) / (double)m->target;
	return requests > 0 ? (double)(sum_used(g) * 100 / requests) / (double)m->target : 0;
}

static int64_t ceil_of(double x)
{
	int64_t n = (int64_t)x;

	return x > (double)n ? n + 1 : n;
}

static bool is_within(const struct autoscaler_tolerance *t, double r)
{
	return r >= 1.0 - t->down && r <= 1.0 + t->up;
}

static int64_t answer(const struct autoscaler_view *v, const struct measure *m,
	const struct autoscaler_tolerance *tolerance, struct groups *g)
{
	double first = ratio(m, g), then;
	bool rest = g->unready_count > 0 && first > 1;
	int64_t replicas;

	if (!rest && g->missing_count == 0)
		return is_within(tolerance, first) ? v->current : ceil_of(first * (double)g->ready);
	if (first < 1)
		append(g, g->missing, g->missing_count, m->utilization && m->target > 100 ? m->target : 100,
			m->utilization ? 0 : m->target);
	else if (first > 1)
		append(g, g->missing, g->missing_count, 0, 0);
	if (rest)
		append(g, g->unready, g->unready_count, 0, 0);
	then = ratio(m, g);
	if (is_within(tolerance, then) || (first < 1 && then > 1) || (first > 1 && then < 1))
		return v->current;
	replicas = ceil_of(then * (double)g->count);
	if ((then < 1 && replicas > v->current) || (then > 1 && replicas < v->current))
		return v->current;
	return replicas;
}

/* What people see of it: of the ready pods. */
static void describe(const struct measure *m, const struct groups *g, struct autoscaler_advice *ret)
{
	int64_t requests = 0;

	for (size_t i = 0; i < g->count; i++)
		requests += g->items[i].requested;
	ret->average = sum_used(g) / (int64_t)g->count;
	ret->utilization = m->utilization && requests > 0 ? sum_used(g) * 100 / requests : -1;
}

void autoscaler_advise(const struct autoscaler_view *v, const struct metric_spec *spec,
	const struct autoscaler_tolerance *tolerance, struct autoscaler_advice *ret)
{
	const struct metric_source *s = spec->container_resource ? spec->container_resource : spec->resource;
	_cleanup_(groups_done) struct groups g = { 0 };
	struct measure m;

	*ret = (struct autoscaler_advice){ .utilization = -1 };
	if (!s) {
		ret->problem = xasprintf("metrics of type %s are not measured", spec->type);
		return;
	}
	m.utilization = s->target.average_utilization.set;
	m.target = m.utilization ? s->target.average_utilization.value
				 : quantity_milli(&s->target.average_value);
	ret->problem = group_pods(
		v, s->name, spec->container_resource ? s->container : NULL, m.utilization, &g);
	if (ret->problem)
		return;
	describe(&m, &g, ret);
	ret->replicas = m.target > 0 ? answer(v, &m, tolerance, &g) : v->current;
}
