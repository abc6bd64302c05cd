/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reconciler/ctl/workloads.h"
#include "tests/unit/reconciler/ctl/objects.h"

static void add(struct items *list, const char *json)
{
	struct err err = { 0 };
	if (items_add(list, "x.json", json, strlen(json), &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void text_of(const struct items *list, struct workloads *w, struct buf *out)
{
	workloads_judge(list, w);
	workloads_write_text(w, "  ", out);
}

static void what_nothing_owns_is_judged(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	struct buf text = BUF_INIT;
	add(&list, DEPLOYMENT("hello", "3", "3"));
	add(&list, REPLICA_SET("hello-1", "hello"));
	add(&list, STUCK_POD("hello-1-a", "hello-1"));
	add(&list, POD("bare", "n", "Running", "True"));
	add(&list, NODE("n", "True"));
	text_of(&list, &w, &text);
	assert_int_equal(w.total, 2);
	assert_int_equal(w.good, 2);
	assert_int_equal(w.nodes, 1);
	assert_true(workloads_all_good(&w));
	assert_string_equal(text.data, "");
	workloads_done(&w);
	items_done(&list);
	buf_done(&text);
}

static void pods_say_why(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	struct buf text = BUF_INIT;
	add(&list, STUCK_POD("hello-1-a", "hello-1"));
	add(&list, STUCK_POD("hello-1-b", "hello-1"));
	add(&list, REPLICA_SET("hello-1", "hello"));
	add(&list, DEPLOYMENT("hello", "3", "1"));
	add(&list, NODE("n", "False"));
	text_of(&list, &w, &text);
	assert_false(workloads_all_good(&w));
	assert_string_equal(text.data,
		"  deployment/hello: 1 of 3 pods are available\n"
		"      pod/hello-1-a and 1 more: container c: ImagePullBackOff: no such image\n"
		"  node/n: Why: because\n");
	workloads_done(&w);
	items_done(&list);
	buf_done(&text);
}

/* What only comes is no reason, until that has taken too long. */
static void pods_that_come_say_why_in_the_end(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	struct buf text = BUF_INIT;
	add(&list, REPLICA_SET("late-1", "late"));
	add(&list, FAILED_DEPLOYMENT("late"));
	add(&list, UNREADY_POD("late-1-a", "late-1"));
	add(&list, REPLICA_SET("soon-1", "soon"));
	add(&list, DEPLOYMENT("soon", "3", "1"));
	add(&list, UNREADY_POD("soon-1-a", "soon-1"));
	text_of(&list, &w, &text);
	assert_string_equal(text.data, "  deployment/late: ProgressDeadlineExceeded: no progress\n"
				       "      pod/late-1-a: not ready: c: probe failed\n"
				       "  deployment/soon: 1 of 3 pods are available\n");
	workloads_done(&w);
	items_done(&list);
	buf_done(&text);
}

#define DRAINED_NODE(name, drained, message)                                                           \
	"{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"" name                      \
	"\"},\"spec\":{\"unschedulable\":true},\"status\":{\"conditions\":[{\"type\":\"Ready\","       \
	"\"status\":\"True\"},{\"type\":\"Drained\",\"status\":\"" drained "\",\"message\":\"" message \
	"\"}]}}"

/* Nodes that are drained are ready all the same; what watches is no workload, and is named where it can't. */
static void nodes_and_watchers(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	struct buf text = BUF_INIT;
	add(&list,
		"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{"
		"\"name\":\"h\",\"namespace\":\"shop\"},\"spec\":{\"maxReplicas\":3,\"scaleTargetRef\":{"
		"\"kind\":\"Deployment\",\"name\":\"d\"}},\"status\":{\"desiredReplicas\":0,\"conditions\":["
		"{\"type\":\"AbleToScale\",\"status\":\"False\",\"reason\":\"FailedGetScale\",\"message\":"
		"\"no Deployment d\"}]}}");
	add(&list, DRAINED_NODE("a", "True", "0 pods are left"));
	add(&list, DRAINED_NODE("b", "False", "1 pod is left"));
	add(&list, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"c\"},\"spec\":{"
		   "\"unschedulable\":true},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":"
		   "\"True\"}]}}");
	text_of(&list, &w, &text);
	assert_int_equal(w.nodes, 3);
	assert_int_equal(w.nodes_ready, 3);
	assert_int_equal(w.nodes_drained, 2);
	assert_int_equal(w.nodes_cordoned, 1);
	assert_int_equal(w.total, 0);
	assert_false(workloads_all_good(&w));
	assert_string_equal(text.data, "  node/b: is being drained: 1 pod is left\n"
				       "  shop/horizontalpodautoscaler/h: FailedGetScale: no Deployment d\n");
	workloads_done(&w);
	items_done(&list);
	buf_done(&text);
}

static void nothing_is_good(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	workloads_judge(&list, &w);
	assert_true(workloads_all_good(&w));
	workloads_done(&w);
}

static void json_names_the_reasons(void **state)
{
	(void)state;
	struct items list = ITEMS_INIT;
	struct workloads w;
	struct buf text = BUF_INIT;
	struct json_writer out = JSON_WRITER(&text, 0);
	add(&list, STUCK_POD("hello-1-a", "hello-1"));
	add(&list, REPLICA_SET("hello-1", "hello"));
	add(&list, DEPLOYMENT("hello", "3", "1"));
	workloads_judge(&list, &w);
	workloads_write_json(&w, &out);
	assert_string_equal(text.data,
		"[{\"kind\":\"Deployment\",\"namespace\":\"default\",\"name\":\"hello\",\"health\":"
		"\"coming\","
		"\"reason\":\"1 of 3 pods are available\",\"pods\":[{\"name\":\"hello-1-a\",\"count\":1,"
		"\"reason\":\"container c: ImagePullBackOff: no such image\"}]}]");
	workloads_done(&w);
	items_done(&list);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nothing_owns_is_judged),
		cmocka_unit_test(pods_say_why),
		cmocka_unit_test(pods_that_come_say_why_in_the_end),
		cmocka_unit_test(nodes_and_watchers),
		cmocka_unit_test(nothing_is_good),
		cmocka_unit_test(json_names_the_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
