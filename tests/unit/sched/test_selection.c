/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Which pods terms and constraints are about; equal ones are one; a pod and what is about it find each other by hash. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/selection.h"
#include "tests/unit/sched/load.h"

static struct object *pod(const char *namespace, const char *labels, const char *term)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: %s, labels: {%s}}\nspec:\n"
		"  containers: [{name: c, image: i}]\n"
		"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [%s]}}\n",
		namespace, labels, term);

	return load(yaml);
}

static const struct string_map *team_a(void)
{
	static struct string_pair pair = { "team", "a" };
	static const struct string_map map = { &pair, 1 };

	return &map;
}

static struct sched_pod_view view(const struct object *o)
{
	return (struct sched_pod_view){
		.namespace = o->meta->namespace, .namespace_labels = team_a(), .labels = &o->meta->labels
	};
}

/* Of all the terms of O. */
static struct sched_selection *selection(const struct object *o)
{
	const struct pod_affinity *a = object_pod(o)->spec.affinity->pod_affinity;
	const struct pod_affinity_term *terms[4];
	const struct sched_pod_view v = view(o);

	for (size_t i = 0; i < a->required.count; i++)
		terms[i] = &a->required.items[i];
	return sched_selection_of_terms(terms, a->required.count, &v);
}

static void collect(uint64_t hash, void *arg)
{
	uint64_t *list = arg;

	list[++list[0]] = hash;
}

static bool share_a_hash(const struct sched_selection *s, const struct sched_pod_view *v)
{
	uint64_t posted[64] = { 0 }, probed[64] = { 0 };

	sched_selection_hashes(s, collect, posted);
	sched_pod_hashes(v, collect, probed);
	for (size_t i = 1; i <= posted[0]; i++)
		for (size_t j = 1; j <= probed[0]; j++)
			if (posted[i] == probed[j])
				return true;
	return false;
}

#define WEB "labelSelector: {matchLabels: {app: web}}"

/* A pod in namespace "own" with labels app=web, tier=front has TERM; is it about a pod in NAMESPACE (of team a) with LABELS? */
static const struct {
	const char *term, *namespace, *labels;
	bool matches;
} cases[] = {
	{ "{topologyKey: z, " WEB "}", "own", "app: web", true },
	{ "{topologyKey: z, " WEB "}", "own", "app: db", false },
	{ "{topologyKey: z, " WEB "}", "other", "app: web", false },
	{ "{topologyKey: z}", "own", "app: web", false },
	{ "{topologyKey: z, labelSelector: {}}", "own", "", true },
	{ "{topologyKey: z, " WEB ", namespaces: [x, other]}", "other", "app: web", true },
	{ "{topologyKey: z, " WEB ", namespaces: [x, other]}", "own", "app: web", false },
	{ "{topologyKey: z, " WEB ", namespaceSelector: {}}", "any", "app: web", true },
	{ "{topologyKey: z, " WEB ", namespaceSelector: {matchLabels: {team: a}}}", "any", "app: web", true },
	{ "{topologyKey: z, " WEB ", namespaceSelector: {matchLabels: {team: b}}}", "own", "app: web",
		false },
	{ "{topologyKey: z, " WEB ", namespaces: [own], namespaceSelector: {matchLabels: {team: b}}}", "own",
		"app: web", true },
	{ "{topologyKey: z, labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}",
		"own", "app: db", true },
	{ "{topologyKey: z, labelSelector: {matchExpressions: [{key: app, operator: Exists}]}}", "own",
		"x: v", false },
	{ "{topologyKey: z, labelSelector: {matchExpressions: [{key: app, operator: In, values: [a, b, "
	  "db]}]}}",
		"own", "app: db", true },
	{ "{topologyKey: z, " WEB ", matchLabelKeys: [tier, absent]}", "own", "app: web, tier: front", true },
	{ "{topologyKey: z, " WEB ", matchLabelKeys: [tier, absent]}", "own", "app: web, tier: back", false },
	{ "{topologyKey: z, " WEB ", mismatchLabelKeys: [tier]}", "own", "app: web, tier: back", true },
	{ "{topologyKey: z, " WEB ", mismatchLabelKeys: [tier]}", "own", "app: web, tier: front", false },
	{ "{topologyKey: z, " WEB "}, {topologyKey: k, labelSelector: {matchLabels: {tier: front}}}", "own",
		"app: web, tier: front", true },
	{ "{topologyKey: z, " WEB "}, {topologyKey: k, labelSelector: {matchLabels: {tier: front}}}", "own",
		"app: web", false },
};

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(object_unrefp) struct object *o = pod(
			"own", "app: web, tier: front", cases[i].term);
		_cleanup_(object_unrefp) struct object *other = pod(
			cases[i].namespace, cases[i].labels, "{topologyKey: z}");
		const struct sched_pod_view v = view(other);
		struct sched_selection *s = selection(o);

		if (sched_selection_matches(s, &v) != cases[i].matches)
			fail_msg("%s about %s/{%s}: expected %d", cases[i].term, cases[i].namespace,
				cases[i].labels, cases[i].matches);
		if (cases[i].matches && !share_a_hash(s, &v))
			fail_msg("%s and %s/{%s} don't find each other", cases[i].term, cases[i].namespace,
				cases[i].labels);
		sched_selection_free(s);
	}
}

/* Of a pod in namespace own with app=web: two ways to write the same, or not. */
static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "{topologyKey: z, " WEB "}", "{topologyKey: k, " WEB ", namespaces: [own]}", true },
	{ "{topologyKey: z, " WEB "}",
		"{topologyKey: z, labelSelector: {matchExpressions: [{key: app, operator: In, values: "
		"[web]}]}}",
		true },
	{ "{topologyKey: z, " WEB "}", "{topologyKey: z, " WEB ", matchLabelKeys: [app]}", true },
	{ "{topologyKey: z, " WEB ", namespaces: [a, b]}", "{topologyKey: z, " WEB ", namespaces: [b, a]}",
		true },
	{ "{topologyKey: z, " WEB "}", "{topologyKey: z, " WEB ", namespaceSelector: {}}", false },
	{ "{topologyKey: z, " WEB "}", "{topologyKey: z, labelSelector: {}}", false },
	{ "{topologyKey: z, labelSelector: {}}", "{topologyKey: z}", false },
};

static void test_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		_cleanup_(object_unrefp) struct object *a = pod("own", "app: web", pairs[i].a);
		_cleanup_(object_unrefp) struct object *b = pod("own", "app: web", pairs[i].b);
		struct sched_selection *x = selection(a), *y = selection(b);

		if ((strcmp(x->text, y->text) == 0) != pairs[i].equal)
			fail_msg("%s is %s, %s is %s: expected %d", pairs[i].a, x->text, pairs[i].b, y->text,
				pairs[i].equal);
		sched_selection_free(x);
		sched_selection_free(y);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("sched/selection", tests, NULL, NULL);
}
