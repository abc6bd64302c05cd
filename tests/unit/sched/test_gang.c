/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Gangs: all that wait or none, without a trace; at others' expense only where all find room so. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sched/crowd.h"

static const char with_db[] =
	"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
	"kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}";

static struct crowd *two_nodes(void)
{
	struct crowd *b = crowd_new();

	crowd_node(b, "n1", 2, "");
	crowd_node(b, "n2", 2, "");
	return b;
}

static struct crowd_pod *in_gang(
	struct crowd *b, const char *name, struct sched_request *r, int32_t priority, const char *gang)
{
	struct crowd_pod *p = crowd_pod(b, name, r, priority);

	p->pending.gang = gang;
	return p;
}

static void test_all(void **state)
{
	struct crowd *b = two_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");

	(void)state;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 0, "g");
	crowd_pod(b, "x", crowd_request(b, 2000, "", "  preemptionPolicy: Never"), 3);
	/* At the turn of the first, before what is between. */
	assert_said(b, "a placed n1\nb placed n2\nx nowhere\n");
	crowd_free(b);
}

static void test_none(void **state)
{
	struct crowd *b = two_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");
	struct sched_verdict v;

	(void)state;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 5, "g");
	in_gang(b, "c", r, 5, "g");
	/* Its room is others'. */
	crowd_pod(b, "x", r, 5);
	assert_said(b, "x placed n1\na nowhere by gang\nb nowhere by gang\nc nowhere\n");
	sched_pick_on(b->c, "n2", r, &v);
	assert_non_null(v.node);
	assert_said(b, "a waits\nb waits\nc waits\n");
	/* Another node is not enough, but something has happened; with one member fewer all have room. */
	crowd_node(b, "n3", 2, "");
	assert_said(b, "a nowhere by gang\nb nowhere by gang\nc nowhere\n");
	crowd_find(b, "c")->waits = false;
	assert_said(b, "a placed n2\nb placed n3\n");
	crowd_free(b);
}

/* Gangs of one name in two namespaces are two. */
static void test_namespaces(void **state)
{
	struct crowd *b = two_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");
	const struct pod *pod = object_pod(b->objects[b->object_count - 1]);
	struct sched_request *other = sched_request_new(&pod->spec, "e", &pod->meta.labels);

	(void)state;
	b->requests[b->request_count++] = other;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 5, "g");
	in_gang(b, "c", other, 5, "g");
	assert_said(b, "a placed n1\nb placed n2\nc nowhere\n");
	crowd_free(b);
}

/* The first fits only once the second has its place. */
static void test_each_other(void **state)
{
	struct crowd *b = two_nodes();

	(void)state;
	in_gang(b, "a", crowd_request(b, 1500, "", with_db), 5, "g");
	in_gang(b, "b", crowd_request(b, 500, "app: db", ""), 5, "g");
	assert_said(b, "b placed n1\na placed n1\n");
	crowd_free(b);
}

static struct crowd *full_nodes(void)
{
	struct crowd *b = two_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");

	crowd_running(b, "r1", "n1", r, 1, 1);
	crowd_running(b, "r2", "n2", r, 1, 1);
	return b;
}

static void test_at_cost(void **state)
{
	struct crowd *b = full_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");

	(void)state;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 5, "g");
	assert_said(b, "a nominated n1 for r1\nb nominated n2 for r2\n");
	crowd_gone(b, crowd_find(b, "r1"));
	/* Not one before the other. */
	assert_said(b, "a nominated n1\nb nominated n2\n");
	crowd_gone(b, crowd_find(b, "r2"));
	assert_said(b, "a placed n1\nb placed n2\n");
	assert_null(sched_cluster_nominated(b->c, crowd_find(b, "a")));
	crowd_free(b);
}

/* There is room for two at others' expense, not for three: nobody has to go. */
static void test_not_for_nothing(void **state)
{
	struct crowd *b = full_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");

	(void)state;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 5, "g");
	in_gang(b, "c", r, 5, "g");
	assert_said(b, "a nowhere\nb nowhere\nc nowhere\n");
	assert_said(b, "a waits\nb waits\nc waits\n");
	crowd_free(b);
}

/* One has a node as it is, and waits for the other all the same. */
static void test_one_has_room(void **state)
{
	struct crowd *b = full_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", "");

	(void)state;
	crowd_node(b, "n0", 2, "");
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 5, "g");
	assert_said(b, "a nominated n0\nb nominated n1 for r1\n");
	/* Its room is kept meanwhile. */
	crowd_pod(b, "x", r, 0);
	assert_said(b, "a nominated n0\nb nominated n1\nx nowhere\n");
	crowd_free(b);
}

/* Its least important member counts; and one that may not be at others' expense keeps all from it. */
static void test_whose_expense(void **state)
{
	struct crowd *b = full_nodes();
	struct sched_request *r = crowd_request(b, 2000, "", ""),
			     *never = crowd_request(b, 2000, "", "  preemptionPolicy: Never");

	(void)state;
	in_gang(b, "a", r, 5, "g");
	in_gang(b, "b", r, 1, "g");
	in_gang(b, "c", r, 5, "h");
	in_gang(b, "d", never, 5, "h");
	assert_said(b, "a nowhere\nc nowhere\nd nowhere\nb nowhere\n");
	crowd_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_each_other),
		cmocka_unit_test(test_at_cost),
		cmocka_unit_test(test_not_for_nothing),
		cmocka_unit_test(test_one_has_room),
		cmocka_unit_test(test_whose_expense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
