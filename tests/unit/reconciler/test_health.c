/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/health.h"

struct case_ {
	const char *meta, *spec, *status; /* the inside of each, as JSON */
	enum health want;
	const char *why;
};

static void expect(const char *api, const char *kind, const struct case_ *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_(freep) char *text = xasprintf(
			"{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{"
			"\"name\":\"x\"%s},\"spec\":{%s},\"status\":{%s}}",
			api, kind, cases[i].meta, cases[i].spec, cases[i].status);
		_cleanup_(object_unrefp) struct object *o = NULL;
		_cleanup_(buf_done) struct buf why = BUF_INIT;
		struct err err = { 0 };

		if (object_load_json(text, strlen(text), &o, &err) < 0)
			fail_msg("%s: %s", text, err_text(&err));
		enum health got = health_of(o, &why);
		assert_int_equal(health_of(o, NULL), got);
		if (got == cases[i].want && str_eq(why.data, cases[i].why))
			continue;
		print_message("%s\nexpected %s: %s\nfound %s: %s\n", text, health_name(cases[i].want),
			cases[i].why, health_name(got), why.data);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define NS ",\"namespace\":\"ns\""
#define TEMPLATE                                                                                             \
	"\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}}" \
	","                                                                                                  \
	"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}"
#define COUNTS(replicas, updated, available)                                                \
	"\"observedGeneration\":1,\"replicas\":" #replicas ",\"updatedReplicas\":" #updated \
	",\"availableReplicas\":" #available

#define DRAINS(ready, drained, message)                                                              \
	"\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready                                    \
	"\",\"reason\":\"Why\",\"message\":\"because\"},{\"type\":\"Drained\",\"status\":\"" drained \
	"\",\"message\":\"" message "\"}]"
#define NETWORK(status, reason, message)                                                                  \
	"\"conditions\":[{\"type\":\"NetworkUnavailable\",\"status\":\"" status "\",\"reason\":\"" reason \
	"\",\"message\":\"" message "\"},{\"type\":\"Ready\",\"status\":\"True\"}]"
#define DESIRED "\"currentReplicas\":1,\"desiredReplicas\":1"
#define NUMBERS(healthy, desired, expected)                                                     \
	"\"disruptionsAllowed\":0,\"currentHealthy\":" #healthy ",\"desiredHealthy\":" #desired \
	",\"expectedPods\":" #expected

static void deployments(void **state)
{
	static const struct case_ cases[] = {
		{ NS ",\"generation\":2", "\"replicas\":2," TEMPLATE, COUNTS(2, 2, 2), HEALTH_COMING,
			"waiting for the change to be taken up" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(2, 2, 2), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(3, 1, 2), HEALTH_COMING,
			"1 of 2 new pods have been made" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(3, 2, 2), HEALTH_COMING,
			"1 old pods are still there" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(2, 2, 1), HEALTH_COMING,
			"1 of 2 pods are available" },
		{ NS, "\"replicas\":0," TEMPLATE, COUNTS(0, 0, 0), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":0," TEMPLATE, COUNTS(1, 0, 0), HEALTH_COMING,
			"1 old pods are still there" },
		{ NS, "\"replicas\":2," TEMPLATE,
			COUNTS(2, 2, 2) ",\"conditions\":[{\"type\":\"Progressing\",\"status\":\"False\","
					"\"reason\":\"ProgressDeadlineExceeded\",\"message\":\"too long\"}]",
			HEALTH_BAD, "ProgressDeadlineExceeded: too long" },
		{ NS, "\"replicas\":2," TEMPLATE,
			COUNTS(2, 1, 2) ",\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"True\","
					"\"reason\":\"FailedCreate\",\"message\":\"line one\\nline two\"}]",
			HEALTH_BAD, "FailedCreate: line one line two" },
		{ NS, "\"replicas\":1," TEMPLATE,
			COUNTS(1, 1, 1) ",\"conditions\":[{\"type\":\"ReplicaFailure\",\"status\":\"False\","
					"\"reason\":\"Once\"}]",
			HEALTH_GOOD, "" },
		{ NS ",\"annotations\":{\"pintle.dev/held\":\"hostPort\"}", "\"replicas\":2," TEMPLATE,
			COUNTS(2, 2, 2), HEALTH_BAD, "NotYetSupported: hostPort" },
	};

	(void)state;
	expect("apps/v1", "Deployment", cases, ARRAY_LEN(cases));
}

static void replica_sets(void **state)
{
	static const struct case_ cases[] = {
		{ NS ",\"generation\":2", "\"replicas\":1," TEMPLATE, COUNTS(1, 1, 1), HEALTH_COMING,
			"waiting for the change to be taken up" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(2, 0, 2), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":2," TEMPLATE, COUNTS(2, 0, 0), HEALTH_COMING,
			"0 of 2 pods are available" },
		{ NS, "\"replicas\":1," TEMPLATE, COUNTS(3, 0, 3), HEALTH_COMING,
			"2 pods too many are still there" },
	};

	(void)state;
	expect("apps/v1", "ReplicaSet", cases, ARRAY_LEN(cases));
}

#define SPEC "\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]"
#define WAITING(list, name, inside)                                                                     \
	"\"phase\":\"Pending\",\"" list "\":[{\"name\":\"" name                                         \
	"\",\"image\":\"\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0,\"state\":{\"waiting\":" \
	"{" inside "}}}]"
#define CONDITION(type, status, reason, message)                                                \
	"\"conditions\":[{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason \
	"\",\"message\":\"" message "\"}]"

#define SET_COUNTS(replicas, ready, available, updated)                                 \
	"\"observedGeneration\":1,\"replicas\":" #replicas ",\"readyReplicas\":" #ready \
	",\"availableReplicas\":" #available ",\"updatedReplicas\":" #updated
#define PARTITION(n) ",\"updateStrategy\":{\"rollingUpdate\":{\"partition\":" #n "}}"

static void stateful_sets(void **state)
{
	static const struct case_ cases[] = {
		{ NS ",\"generation\":2", "\"replicas\":2," TEMPLATE, SET_COUNTS(2, 2, 2, 2), HEALTH_COMING,
			"waiting for the change to be taken up" },
		{ NS, "\"replicas\":2," TEMPLATE, SET_COUNTS(2, 2, 2, 2), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":2," TEMPLATE, SET_COUNTS(2, 1, 1, 2), HEALTH_COMING,
			"1 of 2 pods are ready" },
		{ NS, "\"replicas\":2," TEMPLATE, SET_COUNTS(2, 2, 1, 2), HEALTH_COMING,
			"1 of 2 pods are available" },
		{ NS, "\"replicas\":2," TEMPLATE, SET_COUNTS(3, 3, 3, 2), HEALTH_COMING,
			"1 pods too many are still there" },
		{ NS, "\"replicas\":3," TEMPLATE, SET_COUNTS(3, 3, 3, 1), HEALTH_COMING,
			"1 of 3 new pods have been made" },
		{ NS, "\"replicas\":3," TEMPLATE PARTITION(2), SET_COUNTS(3, 3, 3, 1), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":3," TEMPLATE PARTITION(1), SET_COUNTS(3, 3, 3, 1), HEALTH_COMING,
			"1 of 2 new pods have been made" },
		{ NS, "\"replicas\":3," TEMPLATE PARTITION(9), SET_COUNTS(3, 3, 3, 0), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":3," TEMPLATE ",\"updateStrategy\":{\"type\":\"OnDelete\"}",
			SET_COUNTS(3, 3, 3, 0), HEALTH_GOOD, "" },
		{ NS, "\"replicas\":0," TEMPLATE, SET_COUNTS(0, 0, 0, 0), HEALTH_GOOD, "" },
	};

	(void)state;
	expect("apps/v1", "StatefulSet", cases, ARRAY_LEN(cases));
}

#define DAEMON_COUNTS(desired, updated, available)                                                      \
	"\"observedGeneration\":1,\"currentNumberScheduled\":" #desired                                 \
	",\"numberMisscheduled\":0,\"numberReady\":" #available ",\"desiredNumberScheduled\":" #desired \
	",\"updatedNumberScheduled\":" #updated ",\"numberAvailable\":" #available

static void daemon_sets(void **state)
{
	static const struct case_ cases[] = {
		{ NS ",\"generation\":2", TEMPLATE, DAEMON_COUNTS(2, 2, 2), HEALTH_COMING,
			"waiting for the change to be taken up" },
		{ NS, TEMPLATE, DAEMON_COUNTS(2, 2, 2), HEALTH_GOOD, "" },
		{ NS, TEMPLATE, DAEMON_COUNTS(0, 0, 0), HEALTH_GOOD, "" },
		{ NS, TEMPLATE, DAEMON_COUNTS(3, 1, 3), HEALTH_COMING, "1 of 3 new pods have been made" },
		{ NS, TEMPLATE, DAEMON_COUNTS(3, 3, 2), HEALTH_COMING, "2 of 3 pods are available" },
		{ NS, TEMPLATE ",\"updateStrategy\":{\"type\":\"OnDelete\"}", DAEMON_COUNTS(3, 1, 3),
			HEALTH_GOOD, "" },
	};

	(void)state;
	expect("apps/v1", "DaemonSet", cases, ARRAY_LEN(cases));
}

#define ENDED(name, code)                                                                             \
	"{\"name\":\"" name "\",\"image\":\"i\",\"imageID\":\"\",\"ready\":false,\"restartCount\":0," \
	"\"state\":{\"terminated\":{\"exitCode\":" code                                               \
	",\"reason\":\"Error\",\"message\":\"two\\nlines\"}}}"

static void pods(void **state)
{
	static const struct case_ cases[] = {
		{ NS, SPEC, "", HEALTH_COMING, "starting" },
		{ NS, SPEC, "\"phase\":\"Running\"", HEALTH_COMING, "not ready yet" },
		{ NS, SPEC, "\"phase\":\"Running\"," CONDITION("Ready", "True", "", ""), HEALTH_GOOD, "" },
		{ NS, SPEC, "\"phase\":\"Running\"," CONDITION("Ready", "False", "", ""), HEALTH_COMING,
			"not ready yet" },
		{ NS, SPEC,
			"\"phase\":\"Running\"," CONDITION(
				"Ready", "False", "ContainersNotReady", "[a]; a: no"),
			HEALTH_COMING, "not ready: [a]; a: no" },
		{ NS, SPEC, "\"phase\":\"Succeeded\"", HEALTH_GOOD, "" },
		{ NS, SPEC, "\"phase\":\"Failed\"", HEALTH_BAD, "failed" },
		{ NS, SPEC, "\"phase\":\"Failed\",\"reason\":\"Evicted\"", HEALTH_BAD, "failed: Evicted" },
		{ NS, SPEC, "\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"no room\"", HEALTH_BAD,
			"failed: Evicted: no room" },
		{ NS, SPEC,
			"\"phase\":\"Failed\",\"initContainerStatuses\":[" ENDED("i", "0") "," ENDED(
				"j", "3") "],"
					  "\"containerStatuses\":[" ENDED("c", "4") "]",
			HEALTH_BAD, "failed: container j: Error (exit code 3): two lines" },
		{ NS, SPEC,
			"\"phase\":\"Failed\",\"containerStatuses\":[" ENDED("b", "0") "," ENDED(
				"c", "137") "]",
			HEALTH_BAD, "failed: container c: Error (exit code 137): two lines" },
		{ NS ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", SPEC,
			"\"phase\":\"Running\"," CONDITION("Ready", "True", "", ""), HEALTH_COMING,
			"is being stopped" },
		{ NS, SPEC, CONDITION("PodScheduled", "False", "Unschedulable", "0/1 nodes are available"),
			HEALTH_BAD, "Unschedulable: 0/1 nodes are available" },
		{ NS, SPEC, CONDITION("PodScheduled", "False", "", ""), HEALTH_BAD, "PodScheduled is False" },
		{ NS, SPEC, WAITING("containerStatuses", "c", "\"reason\":\"ContainerCreating\""),
			HEALTH_COMING, "starting" },
		{ NS, SPEC, WAITING("containerStatuses", "c", "\"reason\":\"PodInitializing\""),
			HEALTH_COMING, "starting" },
		{ NS, SPEC, WAITING("containerStatuses", "c", ""), HEALTH_COMING, "starting" },
		{ NS, SPEC,
			WAITING("containerStatuses", "c",
				"\"reason\":\"ContainerCreating\",\"message\":\"no subnet\""),
			HEALTH_BAD, "container c: ContainerCreating: no subnet" },
		{ NS, SPEC, WAITING("containerStatuses", "c", "\"reason\":\"CrashLoopBackOff\""), HEALTH_BAD,
			"container c: CrashLoopBackOff" },
		{ NS, SPEC,
			WAITING("initContainerStatuses", "i",
				"\"reason\":\"ErrImagePull\",\"message\":\"a\\tb\\r\\nc\""),
			HEALTH_BAD, "container i: ErrImagePull: a b c" },
	};

	(void)state;
	expect("v1", "Pod", cases, ARRAY_LEN(cases));
}

static void nodes(void **state)
{
	static const struct case_ cases[] = {
		{ "", "", "", HEALTH_COMING, "its agent has not been heard of yet" },
		{ "", "", CONDITION("Ready", "True", "AgentReady", "runs pods"), HEALTH_GOOD, "" },
		{ "", "", CONDITION("Ready", "Unknown", "NodeStatusUnknown", "no word for 40 s"), HEALTH_BAD,
			"NodeStatusUnknown: no word for 40 s" },
		{ "", "", CONDITION("Ready", "False", "", "only words"), HEALTH_BAD, "only words" },
		{ "", "", CONDITION("Ready", "False", "", ""), HEALTH_BAD, "Ready is False" },
		{ "", "", CONDITION("DiskPressure", "True", "", ""), HEALTH_COMING,
			"its agent has not been heard of yet" },
		{ "", "", DRAINS("True", "False", "2 pods are left; B allows no disruption now"),
			HEALTH_COMING, "is being drained: 2 pods are left; B allows no disruption now" },
		{ "", "", DRAINS("True", "True", "0 pods are left"), HEALTH_GOOD, "" },
		{ "", "", DRAINS("Unknown", "False", "2 pods are left"), HEALTH_BAD, "Why: because" },
		{ "", "", NETWORK("True", "NodesUnreachable", "no route to b"), HEALTH_BAD,
			"NodesUnreachable: no route to b" },
		{ "", "", NETWORK("False", "RoutesMade", "all there"), HEALTH_GOOD, "" },
	};

	(void)state;
	expect("v1", "Node", cases, ARRAY_LEN(cases));
}

static void budgets(void **state)
{
	static const struct case_ cases[] = {
		{ NS ",\"generation\":2", "\"minAvailable\":2", NUMBERS(3, 2, 3) ",\"observedGeneration\":1",
			HEALTH_COMING, "waiting for the change to be taken up" },
		{ NS, "\"minAvailable\":2", NUMBERS(3, 2, 3), HEALTH_GOOD, "" },
		/* It allows nothing, as it is meant to. */
		{ NS, "\"maxUnavailable\":0", NUMBERS(3, 3, 3), HEALTH_GOOD, "" },
		{ NS, "\"minAvailable\":2", NUMBERS(1, 2, 3), HEALTH_COMING,
			"allows no disruption: 1 pods are healthy, and 2 must be" },
		{ NS, "\"minAvailable\":2", NUMBERS(0, 2, 0), HEALTH_GOOD, "" },
		{ NS, "\"maxUnavailable\":1",
			NUMBERS(0, 0, 0) "," CONDITION(
				"DisruptionAllowed", "False", "SyncFailed", "no number of replicas"),
			HEALTH_BAD, "SyncFailed: no number of replicas" },
		{ NS, "\"maxUnavailable\":1",
			NUMBERS(0, 0, 0) "," CONDITION("DisruptionAllowed", "False", "InsufficientPods", ""),
			HEALTH_GOOD, "" },
	};

	(void)state;
	expect("policy/v1", "PodDisruptionBudget", cases, ARRAY_LEN(cases));
}

static void autoscalers(void **state)
{
	static const char spec[] = "\"maxReplicas\":3,\"scaleTargetRef\":{\"kind\":\"Deployment\","
				   "\"name\":\"d\"}";
	static const struct case_ cases[] = {
		{ NS, spec, DESIRED, HEALTH_GOOD, "" },
		{ NS, spec, DESIRED "," CONDITION("ScalingActive", "True", "ValidMetricFound", ""),
			HEALTH_GOOD, "" },
		{ NS, spec,
			DESIRED
			"," CONDITION("ScalingActive", "False", "FailedGetResourceMetric", "no metrics"),
			HEALTH_BAD, "FailedGetResourceMetric: no metrics" },
		{ NS, spec, DESIRED "," CONDITION("ScalingActive", "False", "ScalingDisabled", "0 replicas"),
			HEALTH_GOOD, "" },
		{ NS, spec, DESIRED "," CONDITION("AbleToScale", "False", "FailedGetScale", "not there"),
			HEALTH_BAD, "FailedGetScale: not there" },
		{ NS, spec, DESIRED "," CONDITION("ScalingLimited", "True", "TooManyReplicas", ""),
			HEALTH_GOOD, "" },
	};

	(void)state;
	expect("autoscaling/v2", "HorizontalPodAutoscaler", cases, ARRAY_LEN(cases));
}

/* A message of any length is told whole: the reason often stands at its end. */
static void long_reasons(void **state)
{
	char message[3000];
	_cleanup_(freep) char *text = NULL;
	_cleanup_(object_unrefp) struct object *o = NULL;
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 1] = 0;
	text = xasprintf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\",\"namespace\":"
			 "\"ns\"},\"spec\":{" SPEC "},\"status\":{\"phase\":\"Failed\",\"message\":\"%s\"}}",
		message);
	assert_int_equal(object_load_json(text, strlen(text), &o, NULL), 0);
	assert_int_equal(health_of(o, &why), HEALTH_BAD);
	assert_int_equal(why.len, strlen("failed: ") + strlen(message));
}

static void kinds_without_health(void **state)
{
	static const struct case_ none[] = { { NS, "", "", HEALTH_NONE, "" } };

	(void)state;
	expect("v1", "ConfigMap", none, 1);
	expect("v1", "Secret", none, 1);
	assert_string_equal(health_name(HEALTH_NONE), "");
	assert_string_equal(health_name(HEALTH_BAD), "bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deployments),
		cmocka_unit_test(replica_sets),
		cmocka_unit_test(stateful_sets),
		cmocka_unit_test(daemon_sets),
		cmocka_unit_test(pods),
		cmocka_unit_test(nodes),
		cmocka_unit_test(budgets),
		cmocka_unit_test(autoscalers),
		cmocka_unit_test(long_reasons),
		cmocka_unit_test(kinds_without_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
