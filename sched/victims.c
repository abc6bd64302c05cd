/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/victims.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/relations.h"
#include "sched/turns.h"
#include "sched/volume.h"

void sched_victims_done(struct sched_victims *v)
{
	free(v->items);
	*v = (struct sched_victims){ 0 };
}

int sched_importance_cmp(const struct sched_pod *a, const struct sched_pod *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->started != b->started)
		return a->started < b->started ? -1 : 1;
	return strcmp(str_or_empty(a->name), str_or_empty(b->name));
}

int sched_harm_cmp(const struct sched_harm *a, const struct sched_harm *b)
{
	if (a->broken != b->broken)
		return a->broken < b->broken ? -1 : 1;
	if (a->highest != b->highest)
		return a->highest < b->highest ? -1 : 1;
	if (a->sum != b->sum)
		return a->sum < b->sum ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return a->started > b->started ? -1 : a->started < b->started;
}

/* --- does it fit? --------------------------------------------------------------------------------------- */

static struct sched_look look(
	const struct sched_cluster *c, const struct sched_node *n, const struct sched_request *r)
{
	return (struct sched_look){ .c = c, .r = r, .node = n->index, .n = n };
}

static bool fits_as_is(
	const struct sched_cluster *c, const struct sched_node *n, const struct sched_request *r, bool pinned)
{
	const struct sched_look l = look(c, n, r);

	if (!sched_fit_possible(&l))
		return false;
	return pinned ? sched_fit_pinned(&l) : sched_fit(&l);
}

/* May it fit because of a pod that is there? */
static bool wants_pods(const struct sched_request *r)
{
	const struct affinity *a = r->spec->affinity;

	return (a && a->pod_affinity && a->pod_affinity->required.count > 0) ||
	       r->spec->topology_spread_constraints.count > 0;
}

bool sched_fits_now(struct sched_cluster *c, const struct sched_node *n, struct sched_request *r, bool pinned)
{
	bool fits = fits_as_is(c, n, r, pinned);

	if (!fits || MUTANT(36) || c->turns->nominations.count == 0 || !wants_pods(r))
		return fits;
	sched_nominations_without(c, true);
	fits = fits_as_is(c, n, r, pinned);
	sched_nominations_without(c, false);
	return fits;
}

/* --- pods that are tried without ---------------------------------------------------------------------------- */

struct trial {
	struct sched_cluster *c;
	struct sched_node *n;
	const struct sched_preemptor *p;
	struct sched_pod *pods; /* [count] of lower priority; those that are leaving stand last */
	bool *out;              /* [count] */
	size_t count, staying;  /* staying: those that aren't leaving */
	bool numbers;           /* the books are left alone */
	int64_t room[SCHED_AMOUNTS_MAX + 1]; /* numbers: for each of the request's needs, what is left */
};

/* What Q takes of what the preemptor needs. */
static void count_room(struct trial *t, const struct sched_request *q, int64_t sign)
{
	const struct sched_request *r = t->p->request;

	for (size_t i = 0; i < r->need_count; i++)
		for (size_t k = 0; k < q->need_count; k++)
			if (q->needs[k].resource == r->needs[i].resource)
				t->room[i] += sign * q->needs[k].amount;
}

static void take_out(struct trial *t, size_t i)
{
	t->out[i] = true;
	if (t->numbers) {
		count_room(t, t->pods[i].request, 1);
		return;
	}
	sched_request_ref(t->pods[i].request);
	sched_cluster_remove_pod(t->c, t->n->name, t->pods[i].id);
}

static void put_back(struct trial *t, size_t i)
{
	t->out[i] = false;
	if (t->numbers) {
		count_room(t, t->pods[i].request, -1);
		return;
	}
	sched_cluster_add_pod(t->c, t->n->name, &t->pods[i]);
	sched_request_unref(t->pods[i].request);
}

static bool fits(struct trial *t)
{
	const struct sched_request *r = t->p->request;

	if (!t->numbers)
		return sched_fits_now(t->c, t->n, t->p->request, t->p->pinned);
	for (size_t i = 0; i < r->need_count; i++)
		if (r->needs[i].amount > t->room[i])
			return false;
	return true;
}

/* All but room, to which no pod matters that may be taken away. */
static bool is_for(const struct trial *t)
{
	const struct sched_look l = look(t->c, t->n, t->p->request);
	uint32_t bits = l.r->filters;

	if (t->n->drained && !t->p->pinned)
		return false;
	for (const struct sched_filter *f = sched_filters; bits != 0; f++, bits >>= 1) {
		if (!(bits & 1) || f->fits == sched_fit_resources ||
			(f->when == SCHED_ELSEWHERE && t->p->elsewhere_later))
			continue;
		if (!f->fits(&l))
			return false;
	}
	return true;
}

static bool has_count(const struct sched_interpod_rules *rules, const struct sched_count *n)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->items[i].count == n)
			return true;
	return false;
}

/* Do R's affinity, anti-affinity or spread go by what is counted in N? */
static bool goes_by(const struct sched_request *r, const struct sched_count *n)
{
	const struct sched_interpod *p = &r->ties->interpod;
	const struct sched_spread *s = &r->ties->spread;

	for (size_t i = 0; i < s->hard_count; i++)
		if (s->hard[i].count == n)
			return true;
	return has_count(&p->affinity, n) || has_count(&p->anti, n) || has_count(&p->refused_by, n);
}

/* Does a pod of Q that is there matter to R, but for its room? */
static bool minds(const struct sched_request *r, const struct sched_request *q)
{
	uint32_t bits = r->filters;

	for (size_t i = 0; i < q->ties->tie_count; i++)
		if (goes_by(r, q->ties->ties[i].count))
			return true;
	for (const struct sched_filter *f = sched_filters; bits != 0; f++, bits >>= 1)
		if ((bits & 1) && f->when == SCHED_LOCAL && f->fits != sched_fit_resources &&
			(!f->asked || f->asked(q)))
			return true;
	return false;
}

static bool is_minded(const struct sched_preemptor *p, const struct sched_request *q)
{
	uint8_t *known;

	if (p->plain || !p->minds)
		return !p->plain;
	known = &p->minds[q->number];
	if (*known == 0)
		*known = minds(p->request, q) ? 2 : 1;
	return *known == 2;
}

/* Is R kept away from no pod, and drawn to none? */
static bool minds_nobody(const struct sched_request *r)
{
	const struct sched_interpod *p = &r->ties->interpod;

	sched_interpod_gather(r->ties);
	return p->affinity.count == 0 && p->anti.count == 0 && p->refused_by.count == 0;
}

static bool is_plain(const struct sched_request *r)
{
	uint32_t bits = r->filters;

	if (!str_empty(r->spec->node_name))
		return false;
	for (const struct sched_filter *f = sched_filters; bits != 0; f++, bits >>= 1)
		if ((bits & 1) && f->when != SCHED_FIXED && f->fits != sched_fit_resources &&
			f->fits != sched_interpod_fits)
			return false;
	return minds_nobody(r);
}

struct sched_preemptor sched_victims_preemptor(struct sched_request *r, int32_t priority, bool pinned)
{
	return (struct sched_preemptor){
		.request = r, .priority = priority, .pinned = pinned, .plain = is_plain(r)
	};
}

/* --- the trial ------------------------------------------------------------------------------------------------ */

static int by_importance(const void *x, const void *y)
{
	const struct sched_pod *a = x, *b = y;

	if (a->leaving != b->leaving)
		return a->leaving ? 1 : -1;
	return sched_importance_cmp(a, b);
}

static void gather(struct trial *t, bool leaving_only)
{
	struct sched_trials *scratch = &t->c->turns->trials;

	scratch->pods = grow(scratch->pods, &scratch->cap, t->n->pod_count, sizeof(scratch->pods[0]));
	scratch->out = grow(
		scratch->out, &scratch->out_cap, 2 * (size_t)t->n->pod_count, sizeof(scratch->out[0]));
	t->pods = scratch->pods;
	t->out = scratch->out;
	t->numbers = true;
	for (uint32_t i = 0; i < t->n->pod_count; i++) {
		const struct sched_bound *b = &t->n->pods[i];

		if (b->priority >= t->p->priority || (leaving_only && !b->leaving))
			continue;
		t->staying += !b->leaving;
		t->numbers = t->numbers && !is_minded(t->p, t->c->requests[b->request]);
		t->pods[t->count++] = sched_bound_pod(t->c, b);
	}
	if (t->count > 1)
		qsort(t->pods, t->count, sizeof(t->pods[0]), by_importance);
	if (t->count > 0)
		memset(t->out, 0, t->count * sizeof(t->out[0]));
}

static void begin(struct trial *t, bool leaving_only)
{
	const struct sched_request *r = t->p->request;

	gather(t, leaving_only);
	for (size_t i = 0; i < r->need_count && t->numbers; i++)
		t->room[i] = sched_allocatable(t->c, t->n->index, r->needs[i].resource) -
			     sched_used(t->c, t->n->index, r->needs[i].resource);
	t->c->turns->trial++;
	sched_volumes_freeze(t->c);
	for (size_t i = t->count; i > 0; i--)
		take_out(t, i - 1);
}

static void end(struct trial *t)
{
	for (size_t i = 0; i < t->count && !t->numbers; i++)
		if (t->out[i])
			put_back(t, i);
	sched_volumes_thaw(t->c);
	t->c->turns->trial--;
}

/* All that can stay of those that would (BROKEN: would not) break a budget. */
static void reprieve(struct trial *t, const bool *broken, bool which)
{
	for (size_t i = 0; i < t->staying; i++) {
		if (!t->out[i] || broken[i] != which || MUTANT(31))
			continue;
		put_back(t, i);
		if (!fits(t))
			take_out(t, i);
	}
}

/* May it fit because of one of them? */
static bool wants_some(const struct trial *t)
{
	return !t->numbers &&
	       (wants_pods(t->p->request) || sched_volume_wants_pods(t->c, t->p->request, t->n->index));
}

/* Without all of them it doesn't fit, but without some? The least important first. */
static bool fits_without_some(struct trial *t)
{
	if (!wants_some(t))
		return false;
	for (size_t i = 0; i < t->staying; i++)
		put_back(t, i);
	/* Those that are leaving may be all that is in the way. */
	if (t->count > t->staying && fits(t))
		return true;
	for (size_t i = t->staying; i > 0; i--) {
		take_out(t, i - 1);
		if (fits(t))
			return true;
	}
	return false;
}

static size_t count_out(const struct trial *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->staying; i++)
		n += t->out[i];
	return n;
}

/* Where a pod may be there because of another, one more may be able to stay when the others do. */
static void choose(struct trial *t, const bool *broken)
{
	size_t before;

	do {
		before = count_out(t);
		reprieve(t, broken, true);
		reprieve(t, broken, false);
	} while (wants_some(t) && count_out(t) < before);
}

static void add_victim(struct sched_victims *v, const struct sched_pod *p, bool broken)
{
	struct sched_harm *h = &v->harm;

	v->items = grow(v->items, &v->cap, v->count + 1, sizeof(v->items[0]));
	v->items[v->count++] = *p;
	h->broken += broken;
	h->count++;
	h->sum += (int64_t)p->priority + (INT64_C(1) << 31);
	/* The last that is added has the highest priority, and of these the earliest start. */
	h->highest = p->priority;
	h->started = p->started;
}

static void report(const struct trial *t, const bool *broken, struct sched_victims *ret)
{
	ret->count = 0;
	ret->harm = (struct sched_harm){ .highest = INT64_MIN };
	for (size_t i = t->staying; i > 0; i--)
		if (t->out[i - 1])
			add_victim(ret, &t->pods[i - 1], broken[i - 1]);
}

bool sched_victims_on(struct sched_cluster *c, struct sched_node *n, const struct sched_preemptor *p,
	struct sched_victims *ret)
{
	struct trial t = { .c = c, .n = n, .p = p };
	bool *broken, found;

	begin(&t, false);
	broken = t.out + t.count;
	ret->minded = !t.numbers;
	found = t.count > 0 && (!t.numbers || is_for(&t)) && (fits(&t) || fits_without_some(&t));
	if (found) {
		sched_budgets_broken(c, t.pods, t.staying, broken);
		choose(&t, broken);
		report(&t, broken, ret);
	}
	end(&t);
	return found;
}

static bool is_among(const struct sched_victims *v, const struct sched_pod *p)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].id == p->id)
			return true;
	return false;
}

bool sched_victims_suffice(struct sched_cluster *c, struct sched_node *n, const struct sched_preemptor *p,
	const struct sched_victims *victims)
{
	/* All from the books. */
	const struct sched_preemptor whole = {
		.request = p->request, .priority = p->priority, .pinned = p->pinned
	};
	struct trial t = { .c = c, .n = n, .p = &whole };
	bool found;

	begin(&t, false);
	for (size_t i = 0; i < t.staying; i++)
		if (!is_among(victims, &t.pods[i]))
			put_back(&t, i);
	found = sched_fits_now(c, n, p->request, p->pinned);
	end(&t);
	return found;
}

bool sched_victims_none(
	struct sched_cluster *c, struct sched_node *n, struct sched_request *r, int32_t priority, bool pinned)
{
	struct sched_preemptor p;
	struct trial t = { .c = c, .n = n, .p = &p };
	bool found;

	sched_request_prepare(c, r);
	p = sched_victims_preemptor(r, priority, pinned);
	begin(&t, true);
	found = (!t.numbers || is_for(&t)) && fits(&t) && (p.plain || sched_fits_now(c, n, r, pinned));
	end(&t);
	return found;
}
