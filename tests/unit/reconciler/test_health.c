/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is said of a pod that has not come up yet. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "reconciler/health.h"

#define STATUS "\"ready\":false,\"restartCount\":0,\"image\":\"i\",\"imageID\":\"\","

static const struct {
	const char *status; /* JSON */
	enum health want;
	const char *why;
} cases[] = {
	{ "{\"phase\":\"Pending\"}", HEALTH_COMING, "starting" },
	{ "{\"phase\":\"Pending\",\"containerStatuses\":[{" STATUS
	  "\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":"
	  "\"ContainerCreating\"}}}]}",
		HEALTH_COMING, "starting" },
	/* A message says that something is in the way, whatever the reason is called. */
	{ "{\"phase\":\"Pending\",\"containerStatuses\":[{" STATUS
	  "\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":"
	  "\"ContainerCreating\",\"message\":\"making the sandbox: no\"}}}]}",
		HEALTH_BAD, "container c: ContainerCreating: making the sandbox: no" },
	{ "{\"phase\":\"Pending\",\"initContainerStatuses\":[{" STATUS
	  "\"name\":\"i\",\"state\":{\"waiting\":{"
	  "\"reason\":"
	  "\"PodInitializing\",\"message\":\"no\"}}}]}",
		HEALTH_BAD, "container i: PodInitializing: no" },
	{ "{\"phase\":\"Running\",\"containerStatuses\":[{" STATUS
	  "\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":"
	  "\"CrashLoopBackOff\"}}}]}",
		HEALTH_BAD, "container c: CrashLoopBackOff" },
};

static void test_pods(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *json = xasprintf(
			"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":"
			"\"n\"},"
			"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]},\"status\":%s}",
			cases[i].status);
		struct buf why = BUF_INIT;
		struct object *o = NULL;
		struct err err = { 0 };

		if (object_load_json(json, strlen(json), &o, &err) < 0)
			fail_msg("%s", err_text(&err));
		assert_int_equal(health_of(o, &why), cases[i].want);
		assert_string_equal(why.data, cases[i].why);
		buf_done(&why);
		object_unref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pods) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
