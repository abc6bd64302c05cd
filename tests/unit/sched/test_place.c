/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Turns, where what is decided depends on room that is only kept. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sched/books.h"

struct heard {
	struct sched_cluster *c;
	struct {
		enum sched_outcome outcome;
		char node[16];
	} of[4]; /* by id, from 1 */
};

static void hear(const struct sched_decision *d, void *arg)
{
	struct heard *h = arg;
	size_t i = (uintptr_t)d->pod->id;

	h->of[i].outcome = d->outcome;
	snprintf(h->of[i].node, sizeof(h->of[i].node), "%s", d->node ? d->node : "");
	if (d->outcome == SCHED_PLACED)
		sched_cluster_add_pod(h->c, d->node,
			&(struct sched_pod){
				.id = d->pod->id, .request = d->pod->request, .priority = d->pod->priority });
	for (size_t k = 0; k < d->victim_count; k++)
		sched_cluster_pod_leaves(h->c, d->node, d->victims[k].id);
}

static struct sched_pending waiting(uintptr_t id, const struct books_pod *p, const char *key)
{
	return (struct sched_pending){
		.id = (void *)id, .request = p->request, .key = key, .priority = 10, .deadline = NSEC_NEVER
	};
}

static const char spread[] =
	"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
	"DoNotSchedule, labelSelector: {matchLabels: {app: s}}}]\n";

/*
 * The first takes another's place in zone b. With it the second could be in zone a, but it isn't there yet: nowhere. Once it is, that has
 * happened which helps.
 */
static void test_kept_room_becomes_a_pod(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	struct books_pod s = books_pod("d", "app: s", spread), low = books_pod("other", "app: l", "");
	struct sched_pending pods[] = { waiting(1, &s, "d/s1"), waiting(2, &s, "d/s2") };
	struct heard h = { .c = c };

	(void)state;
	books_node(c, "a", "zone: a", "");
	_cleanup_(object_unrefp) struct object *b = load(
		"apiVersion: v1\nkind: Node\nmetadata: {name: b, labels: {zone: b}}\n"
		"status: {allocatable: {cpu: '1', memory: 8Gi, pods: '1'}}\n");
	sched_cluster_set_node(c, b);
	sched_cluster_add_pod(c, "a", &(struct sched_pod){ .id = &s, .request = s.request, .priority = 10 });
	sched_cluster_add_pod(c, "b", &(struct sched_pod){ .id = &low, .request = low.request });
	sched_place(c, pods, 2, hear, &h);
	assert_int_equal(h.of[1].outcome, SCHED_NOMINATED);
	assert_string_equal(h.of[1].node, "b");
	assert_int_equal(h.of[2].outcome, SCHED_NOWHERE);

	sched_cluster_remove_pod(c, "b", &low);
	sched_place(c, pods, 2, hear, &h);
	assert_int_equal(h.of[1].outcome, SCHED_PLACED);
	assert_string_equal(h.of[1].node, "b");
	assert_int_equal(h.of[2].outcome, SCHED_PLACED);
	assert_string_equal(h.of[2].node, "a");
	books_pod_done(&s);
	books_pod_done(&low);
}

static struct sched_cluster *three_full_nodes(void)
{
	static const char *const nodes[][2] = { { "a", "a" }, { "a2", "a" }, { "b", "b" } };
	struct sched_cluster *c = sched_cluster_new();

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		_cleanup_(freep) char *yaml = xasprintf(
			"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {zone: %s}}\n"
			"status: {allocatable: {cpu: 100m, memory: 8Gi, pods: '9'}}\n",
			nodes[i][0], nodes[i][1]);
		_cleanup_(object_unrefp) struct object *o = load(yaml);

		sched_cluster_set_node(c, o);
	}
	return c;
}

/* What would keep it from node a without the pod that is there is said by no reason, and no longer does once another has come to zone b. */
static void test_helped_at_others_expense(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = three_full_nodes();
	struct books_pod s = books_pod("d", "app: s", spread), low = books_pod("d", "app: l", ""),
			 like = books_pod("d", "app: s", "");
	struct sched_pending pods[] = { waiting(1, &s, "d/s1") };
	struct heard h = { .c = c };

	(void)state;
	sched_cluster_add_pod(c, "a", &(struct sched_pod){ .id = &low, .request = low.request });
	sched_cluster_add_pod(c, "a2", &(struct sched_pod){ .id = &s, .request = s.request, .priority = 10 });
	sched_cluster_add_pod(
		c, "b", &(struct sched_pod){ .id = &h, .request = low.request, .priority = 10 });
	sched_place(c, pods, 1, hear, &h);
	assert_int_equal(h.of[1].outcome, SCHED_NOWHERE);
	sched_cluster_add_pod(
		c, "b", &(struct sched_pod){ .id = &like, .request = like.request, .priority = 10 });
	sched_place(c, pods, 1, hear, &h);
	assert_int_equal(h.of[1].outcome, SCHED_NOMINATED);
	assert_string_equal(h.of[1].node, "a");
	books_pod_done(&s);
	books_pod_done(&low);
	books_pod_done(&like);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kept_room_becomes_a_pod),
		cmocka_unit_test(test_helped_at_others_expense) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
