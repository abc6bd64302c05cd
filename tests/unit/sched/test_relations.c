/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Counts: shared by all who ask for the same, right whenever they are made, gone when nobody needs them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/relations.h"
#include "tests/unit/sched/books.h"

#define WEB "labelSelector: {matchLabels: {app: web}}"
#define APART                                                                                            \
	"  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " \
	"host, " WEB "}]}}\n"
#define SPREAD                                                                              \
	"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: " \
	"DoNotSchedule, " WEB "}]\n"

static struct sched_cluster *two_nodes(void)
{
	struct sched_cluster *c = sched_cluster_new();

	books_node(c, "a", "zone: one, host: a", "");
	books_node(c, "b", "zone: two, host: b", "");
	return c;
}

static int32_t at(const struct sched_cluster *c, const struct sched_count *n, const char *node)
{
	return sched_counter_at(&n->numbers, sched_node_find(c, node)->index);
}

/* A count that is made late counts what was there before, and what comes and goes afterwards. */
static void test_made_late(void **state)
{
	struct sched_cluster *c = two_nodes();
	struct books_pod web = books_pod("default", "app: web", ""),
			 spread = books_pod("default", "app: x", SPREAD),
			 apart = books_pod("default", "app: x", APART);
	const struct sched_count *even, *any;

	(void)state;
	books_add(c, "a", &web, 1);
	books_add(c, "a", &web, 2);
	books_add(c, "b", &web, 3);
	sched_cluster_pod_leaves(c, "a", (void *)2);
	sched_request_prepare(c, spread.request);
	sched_request_prepare(c, apart.request);
	even = spread.request->ties->spread.hard[0].count;
	any = apart.request->ties->interpod.anti.items[0].count;
	/* Those that leave are still in the way, but no longer spread from. */
	assert_int_equal(at(c, even, "a"), 1);
	assert_int_equal(at(c, any, "a"), 2);
	sched_cluster_pod_leaves(c, "b", (void *)3);
	assert_int_equal(at(c, even, "b"), 0);
	assert_int_equal(at(c, any, "b"), 1);
	sched_cluster_remove_pod(c, "a", (void *)2);
	assert_int_equal(at(c, even, "a"), 1);
	assert_int_equal(at(c, any, "a"), 1);
	/* The node's label changes: its pods move with it. */
	books_node(c, "a", "zone: two, host: a", "");
	assert_int_equal(at(c, even, "b"), 1);
	sched_cluster_remove_node(c, "a");
	assert_int_equal(at(c, even, "b"), 0);
	assert_int_equal(any->numbers.total, 1);
	sched_cluster_free(c);
	books_pod_done(&web);
	books_pod_done(&spread);
	books_pod_done(&apart);
}

static void test_shared(void **state)
{
	struct sched_cluster *c = two_nodes();
	struct books_pod x = books_pod("default", "app: x", APART),
			 other = books_pod("default", "app: v", APART),
			 elsewhere = books_pod("two", "app: x", APART);

	(void)state;
	sched_request_prepare(c, x.request);
	sched_request_prepare(c, other.request);
	sched_request_prepare(c, elsewhere.request);
	assert_ptr_equal(x.request->ties->interpod.anti.items[0].count,
		other.request->ties->interpod.anti.items[0].count);
	assert_ptr_not_equal(x.request->ties->interpod.anti.items[0].count,
		elsewhere.request->ties->interpod.anti.items[0].count);
	books_pod_done(&x);
	books_pod_done(&other);
	books_pod_done(&elsewhere);
	/* Nobody is left. */
	assert_int_equal(c->relations->selected.count, 0);
	assert_int_equal(c->relations->topology.regions.count, 0);
	assert_int_equal(c->relations->topology.keys.count, 0);
	assert_int_equal(c->relations->by_pod.used, 0);
	assert_int_equal(c->relations->by_selection.used, 0);
	sched_cluster_free(c);
}

/* A term of pods that are there lives as long as they do, though nobody else holds their request, or its object. */
static void test_carried(void **state)
{
	struct sched_cluster *c = two_nodes();
	struct books_pod web = books_pod("default", "app: web", ""),
			 apart = books_pod("default", "app: x", APART);
	struct sched_verdict v;

	(void)state;
	books_add(c, "a", &apart, 1);
	books_pod_done(&apart);
	sched_pick_on(c, "a", web.request, &v);
	assert_null(v.node);
	sched_pick_on(c, "b", web.request, &v);
	assert_non_null(v.node);
	sched_cluster_remove_pod(c, "a", (void *)1);
	sched_pick_on(c, "a", web.request, &v);
	assert_non_null(v.node);
	books_pod_done(&web);
	assert_int_equal(c->relations->selected.count, 0);
	sched_cluster_free(c);
}

/* A request goes from what it was made with to an equal one; but not once a pod of it was to be placed. */
static void test_moved(void **state)
{
	struct sched_cluster *c = two_nodes();
	struct books_pod old = books_pod("default", "app: web", APART),
			 new = books_pod("default", "app: web", APART);
	struct sched_request *r = old.request;
	const struct pod_spec *spec = &object_pod(new.object)->spec;
	struct sched_verdict v;

	(void)state;
	books_add(c, "a", &old, 1);
	assert_true(sched_request_move(r, spec, "default", &new.object->meta->labels));
	sched_request_ref(r);
	books_pod_done(&old);
	sched_pick(c, r, &v);
	assert_string_equal(v.node, "b");
	sched_cluster_remove_pod(c, "a", (void *)1);
	sched_pick_on(c, "a", r, &v);
	assert_non_null(v.node);
	assert_false(sched_request_move(r, spec, "default", &new.object->meta->labels));
	sched_request_unref(r);
	books_pod_done(&new);
	sched_cluster_free(c);
}

/* The cluster goes first; requests that others hold stay good. */
static void test_cluster_goes(void **state)
{
	struct sched_cluster *c = two_nodes();
	struct books_pod x = books_pod("default", "app: web", APART SPREAD);
	struct sched_verdict v;

	(void)state;
	books_add(c, "a", &x, 1);
	sched_pick(c, x.request, &v);
	assert_string_equal(v.node, "b");
	sched_cluster_free(c);
	assert_null(x.request->ties);
	books_pod_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_late),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_cluster_goes),
	};

	return cmocka_run_group_tests_name("sched/relations", tests, NULL, NULL);
}
