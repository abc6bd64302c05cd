/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Pods that wait for a slot, on a node on which no set-up succeeds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "nodeagent/pod_run.h"
#include "tests/unit/nodeagent/agent_fixture.h"

static void assign(struct ground *g, int i)
{
	char name[16], uid[16];
	_cleanup_(object_unrefp) struct object *pod = NULL;
	struct err err = { 0 };

	snprintf(name, sizeof(name), "p%d", i);
	snprintf(uid, sizeof(uid), "u-%d", i);
	pod = ground_pod(name, uid);
	if (pods_assign(g->pods, pod, "digest", &(struct string_map){ 0 }, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static size_t waiting(const struct ground *g)
{
	size_t n = 0;

	for (size_t i = 0; i < pods_count(g->pods); i++)
		n += pods_view(g->pods, i).record->setup_error == NULL;
	return n;
}

/* As many are set up as there are pods, not as there were starts: one that fails leaves its slot to the next. */
static void a_failed_set_up_holds_up_nobody(void **state)
{
	enum { WAIT = PODS_STARTS_MAX + 3 };
	struct ground *g = *state;
	nsec_t deadline = time_monotonic() + FIXTURE_BOUND;

	for (int i = 0; i < PODS_STARTS_MAX; i++)
		assert_true(pods_slot_take(g->pods));
	assert_false(pods_slot_take(g->pods));
	for (int i = 0; i < WAIT; i++)
		assign(g, i);
	assert_true(loop_turn(g->node.loop, 0, NULL) >= 0);
	assert_int_equal(waiting(g), WAIT);
	for (int i = 0; i < PODS_STARTS_MAX; i++)
		pods_slot_give(g->pods);
	while (!pods_idle(g->pods)) {
		if (time_monotonic() > deadline)
			fail_msg("%zu of %d pods still wait for a slot, and all are free", waiting(g), WAIT);
		assert_true(loop_turn(g->node.loop, NSEC_PER_MSEC, NULL) >= 0);
	}
	assert_int_equal(waiting(g), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_failed_set_up_holds_up_nobody, ground_setup, ground_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
