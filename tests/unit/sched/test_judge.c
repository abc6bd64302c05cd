/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Whatever happened before, the choice is that of a look at every node, one by one: random clusters, random pods that have to do with each
 * other, random histories of pods that come, leave and go, nodes that come, change and go, and namespaces that change.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "sched/fit.h"
#include "sched/part.h"
#include "sched/score.h"
#include "tests/unit/sched/books.h"

enum { NODES = 10, KINDS = 8, PODS = 60, STEPS = 150, CLUSTERS = 60 };

#define WEB "labelSelector: {matchLabels: {app: web}}"
#define DB "labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}"
#define VERSION "matchLabelKeys: [version]"
#define CONSTRAINTS "  topologySpreadConstraints: "
#define HARD "whenUnsatisfiable: DoNotSchedule"
#define SOFT "whenUnsatisfiable: ScheduleAnyway"
#define AFFINITY "  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
#define ANTI "  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
#define LIKES "  affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
#define DISLIKES "  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "

static const char *const specs[] = {
	"",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: zone, " HARD ", " WEB "}]\n",
	CONSTRAINTS "[{maxSkew: 2, topologyKey: zone, " HARD ", " WEB ", minDomains: 3}]\n",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: host, " HARD ", " WEB ", " VERSION "}]\n",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: rack, " HARD ", " DB ", nodeTaintsPolicy: Honor}]\n",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: zone, " HARD ", " WEB
		    "}, {maxSkew: 1, topologyKey: host, " HARD ", " WEB "}]\n",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: zone, " SOFT ", " WEB
		    "}, {maxSkew: 2, topologyKey: host, " SOFT ", " WEB "}]\n",
	CONSTRAINTS "[{maxSkew: 1, topologyKey: host, " SOFT ", " DB
		    ", nodeAffinityPolicy: Ignore}, {maxSkew: 1, topologyKey: rack, " HARD ", " WEB "}]\n"
		    "  nodeSelector: {disk: ssd}\n",
	AFFINITY "[{topologyKey: zone, " WEB "}]}}\n",
	AFFINITY "[{topologyKey: host, " WEB "}]}}\n",
	AFFINITY "[{topologyKey: zone, " WEB
		 "}, {topologyKey: rack, labelSelector: {}, namespaceSelector: {}}]}}\n",
	AFFINITY "[{topologyKey: host, " WEB ", namespaceSelector: {matchLabels: {team: a}}}]}}\n",
	ANTI "[{topologyKey: host, " WEB "}]}}\n",
	ANTI "[{topologyKey: zone, " DB ", " VERSION "}]}}\n",
	ANTI "[{topologyKey: host, " WEB ", namespaceSelector: {matchLabels: {team: a}}}]}}\n",
	ANTI "[{topologyKey: rack, " WEB ", mismatchLabelKeys: [version], namespaces: [one, two]}]}}\n",
	LIKES "[{weight: 7, podAffinityTerm: {topologyKey: host, " WEB "}}]}}\n",
	LIKES "[{weight: 30, podAffinityTerm: {topologyKey: zone, " DB ", namespaceSelector: {}}}]}}\n",
	DISLIKES "[{weight: 9, podAffinityTerm: {topologyKey: host, " WEB "}}]}}\n",
	DISLIKES "[{weight: 9, podAffinityTerm: {topologyKey: rack, " WEB
		 "}}, {weight: 50, podAffinityTerm: {topologyKey: zone, " DB ", namespaces: [one]}}]}}\n",
};

struct world {
	struct sched_cluster *c;
	struct books_pod kinds[KINDS];
	struct {
		char node[4];
		bool there, leaving;
	} pods[PODS + 1]; /* by id */
	uint32_t seed;
	unsigned cluster, step;
};

static uint32_t roll(struct world *w, uint32_t sides)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return (w->seed >> 8) % sides;
}

/* Some nodes lack labels; hosts are different names, or (rarely) the same. */
static void set_node(struct world *w, unsigned i)
{
	static const char *const taints[] = { "", "", "", "spec: {taints: [{key: t, effect: NoSchedule}]}\n",
		"spec: {taints: [{key: p, effect: PreferNoSchedule}]}\n", "spec: {unschedulable: true}\n" };
	struct buf labels = BUF_INIT;
	char name[4];

	snprintf(name, sizeof(name), "n%u", i);
	buf_addf(&labels, "x: v");
	if (roll(w, 8) > 0)
		buf_addf(&labels, ", zone: z%u, topology.kubernetes.io/zone: z%u", i % 3, i % 3);
	if (roll(w, 10) > 0)
		buf_addf(&labels, ", host: h%u", roll(w, 20) > 0 ? i : 0);
	if (roll(w, 10) > 0)
		buf_addf(&labels, ", kubernetes.io/hostname: h%u", i);
	if (roll(w, 8) > 0)
		buf_addf(&labels, ", rack: r%u", i / 2);
	if (roll(w, 2) > 0)
		buf_adds(&labels, ", disk: ssd");
	books_node(w->c, name, labels.data, taints[roll(w, ARRAY_LEN(taints))]);
	buf_done(&labels);
}

static void new_kind(struct world *w, struct books_pod *k)
{
	static const char *const apps[] = { "app: web", "app: web", "app: db", "app: web, version: one",
		"app: web, version: two" };

	*k = books_pod(roll(w, 3) > 0 ? "one" : "two", apps[roll(w, ARRAY_LEN(apps))],
		specs[roll(w, ARRAY_LEN(specs))]);
}

/* --- the choice ------------------------------------------------------------------------------------ */

struct best {
	const struct sched_node *node;
	int64_t score;
	unsigned feasible;
};

static bool better(const struct best *b, const struct sched_node *n, int64_t score)
{
	if (!b->node || score != b->score)
		return !b->node || score > b->score;
	if (n->pod_count != b->node->pod_count)
		return n->pod_count < b->node->pod_count;
	return strcmp(n->name, b->node->name) < 0;
}

static struct best look_at_all(struct world *w, struct sched_request *r)
{
	struct best b = { 0 };

	sched_request_prepare(w->c, r);
	for (uint32_t i = 0; i < w->c->span; i++) {
		const struct sched_look l = { .c = w->c, .r = r, .node = i, .n = w->c->nodes[i] };

		if (!l.n || !sched_fit(&l))
			continue;
		b.feasible++;
		if (better(&b, l.n, sched_score_sum(&l))) {
			b.node = l.n;
			b.score = sched_score_sum(&l);
		}
	}
	return b;
}

static const char *choose(struct world *w, struct sched_request *r)
{
	struct sched_verdict v;
	struct best b;

	sched_pick(w->c, r, &v);
	b = look_at_all(w, r);
	if (!str_eq(v.node, b.node ? b.node->name : NULL) || v.feasible != b.feasible)
		fail_msg("cluster %u, step %u: %s of %u, expected %s of %u", w->cluster, w->step,
			str_or_empty(v.node), v.feasible, b.node ? b.node->name : "none", b.feasible);
	if (v.node && v.score != sched_score_percent(w->c->strategy, b.score))
		fail_msg("cluster %u, step %u: score %lld, expected %lld", w->cluster, w->step,
			(long long)v.score, (long long)sched_score_percent(w->c->strategy, b.score));
	return v.node;
}

/* --- a history ------------------------------------------------------------------------------------- */

static void place_one(struct world *w)
{
	struct books_pod *k = &w->kinds[roll(w, KINDS)];
	const char *node = choose(w, k->request);
	uintptr_t id = 1 + roll(w, PODS);

	if (!node || w->pods[id].there)
		return;
	snprintf(w->pods[id].node, sizeof(w->pods[id].node), "%s", node);
	w->pods[id].there = true;
	w->pods[id].leaving = false;
	books_add(w->c, node, k, id);
}

static void take_one(struct world *w)
{
	uintptr_t id = 1 + roll(w, PODS);

	if (!w->pods[id].there)
		return;
	if (!w->pods[id].leaving && roll(w, 2) > 0) {
		w->pods[id].leaving = true;
		sched_cluster_pod_leaves(w->c, w->pods[id].node, (void *)id);
		return;
	}
	w->pods[id].there = false;
	sched_cluster_remove_pod(w->c, w->pods[id].node, (void *)id);
}

static void remove_node(struct world *w)
{
	char name[4];

	snprintf(name, sizeof(name), "n%u", roll(w, NODES));
	sched_cluster_remove_node(w->c, name);
	for (size_t i = 1; i <= PODS; i++)
		if (w->pods[i].there && str_eq(w->pods[i].node, name))
			w->pods[i].there = false;
}

static void change(struct world *w)
{
	struct books_pod *k = &w->kinds[roll(w, KINDS)];

	switch (roll(w, 6)) {
	case 0:
		set_node(w, roll(w, NODES));
		break;
	case 1:
		remove_node(w);
		break;
	case 2:
		books_namespace(w->c, roll(w, 2) > 0 ? "one" : "two", roll(w, 2) > 0 ? "team: a" : "");
		break;
	case 3:
		sched_cluster_set_strategy(w->c, roll(w, 3) > 0 ? SCHED_SPREAD : SCHED_PACK);
		break;
	case 4:
		sched_cluster_remove_object(w->c, KIND_NAMESPACE, NULL, roll(w, 2) > 0 ? "one" : "two");
		break;
	default: /* its pods stay, and its object goes */
		books_pod_done(k);
		new_kind(w, k);
	}
}

static void step(struct world *w)
{
	uint32_t what = roll(w, 20);

	if (what < 12)
		place_one(w);
	else if (what < 18)
		take_one(w);
	else
		change(w);
}

static void history(unsigned cluster)
{
	struct world w = { .c = sched_cluster_new(), .seed = cluster * 977u + 1, .cluster = cluster };

	for (unsigned i = 0; i < NODES; i++)
		set_node(&w, i);
	for (size_t i = 0; i < KINDS; i++)
		new_kind(&w, &w.kinds[i]);
	for (w.step = 0; w.step < STEPS; w.step++)
		step(&w);
	sched_cluster_free(w.c);
	for (size_t i = 0; i < KINDS; i++)
		books_pod_done(&w.kinds[i]);
}

static void test_like_a_look_at_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CLUSTERS; i++)
		history(i);
}

/* Each node is counted for what keeps it out itself, though all are kept out. */
static void test_reasons_apart(void **state)
{
	static const char both[] =
		"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
		"kubernetes.io/hostname, labelSelector: {matchLabels: {app: near}}}]}, podAntiAffinity: "
		"{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
		"labelSelector: {matchLabels: {app: far}}}]}}\n";
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	struct books_pod p = books_pod("d", "app: p", both), near = books_pod("d", "app: near", ""),
			 far = books_pod("d", "app: far", "");
	struct sched_verdict v;
	unsigned apart = 0, together = 0;

	(void)state;
	books_node(c, "a", "kubernetes.io/hostname: a", "");
	books_node(c, "b", "disk: ssd", "");
	books_add(c, "a", &near, 1);
	books_add(c, "a", &far, 2);
	sched_pick(c, p.request, &v);
	assert_null(v.node);
	for (size_t i = 0; i < v.reason_count; i++) {
		if (str_eq(v.reasons[i].text, "node(s) didn't match pod anti-affinity rules"))
			apart = v.reasons[i].nodes;
		if (str_eq(v.reasons[i].text, "node(s) didn't match pod affinity rules"))
			together = v.reasons[i].nodes;
	}
	assert_int_equal(apart, 1);
	assert_int_equal(together, 1);
	books_pod_done(&p);
	books_pod_done(&near);
	books_pod_done(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_look_at_all),
		cmocka_unit_test(test_reasons_apart),
	};

	return cmocka_run_group_tests_name("sched/judge", tests, NULL, NULL);
}
