/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Masks of nodes: that they follow nodes which come and go. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/sched.h"

static struct object *load(const char *json)
{
	struct object *o;
	struct err err = { 0 };

	if (object_load_json(json, strlen(json), &o, &err) < 0)
		fail_msg("%s: %s", json, err_text(&err));
	return o;
}

static struct object *node(const char *name, const char *spec)
{
	_cleanup_(freep) char *json = xasprintf(
		"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\"},\"spec\":%s,"
		"\"status\":{"
		"\"allocatable\":{\"cpu\":\"4\",\"memory\":\"4Gi\",\"pods\":\"9\"}}}",
		name, spec);

	return load(json);
}

/* A request that comes when a node with taints has gone asks nothing of it; nor does the next node inherit from it. */
static void test_tainted_node_goes(void **state)
{
	_cleanup_(object_unrefp) struct object *tainted = node("a",
		"{\"unschedulable\":true,\"taints\":[{\"key\":\"k\",\"value\":\"v\",\"effect\":"
		"\"NoSchedule\"}]}");
	_cleanup_(object_unrefp) struct object *plain = node("b", "{}"), *next = node("c", "{}");
	_cleanup_(object_unrefp) struct object *pod = load(
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"d\"},"
		"\"spec\":{"
		"\"containers\":[{\"name\":\"c\",\"image\":\"i\"}],\"tolerations\":[{\"key\":\"other\","
		"\"operator\":\"Exists\"}]}}");
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	struct sched_request *r = sched_request_new(
		&object_pod(pod)->spec, "d", &object_pod(pod)->meta.labels);
	struct sched_verdict v;

	(void)state;
	sched_cluster_set_node(c, tainted);
	sched_cluster_set_node(c, plain);
	sched_cluster_remove_node(c, "a");
	sched_pick(c, r, &v);
	assert_int_equal(v.feasible, 1);
	assert_string_equal(v.node, "b");
	sched_cluster_set_node(c, next);
	sched_pick(c, r, &v);
	assert_int_equal(v.feasible, 2);
	sched_request_unref(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tainted_node_goes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
