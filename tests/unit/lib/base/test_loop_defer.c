/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* loop.c: deferred work. */
#include "tests/unit/lib/base/loop_probe.h"

/* --- deferred work --------------------------------------------------------------------------- */

static int on_readable_arm(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	on_readable(fd, events, arg);
	loop_defer_arm(p->other);
	loop_defer_arm(p->other);
	return 0;
}

/* All that is ready is handled before the drain runs, once. */
static void test_defer_runs_last(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(buf_done) struct buf trace = BUF_INIT;
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { .trace = &trace, .letter = 'D' }, p[3];
	int in[3], out[3];

	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	for (int i = 0; i < 3; i++) {
		make_pipe(&in[i], &out[i]);
		p[i] = (struct probe){ .trace = &trace, .letter = 'r', .other = drain };
		assert_int_equal(loop_io(l, in[i], EPOLLIN, on_readable_arm, &p[i], &p[i].source, NULL), 0);
		assert_int_equal(write(out[i], "x", 1), 1);
	}
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_string_equal(trace.data, "rrrD");
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(write(out[1], "x", 1), 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_string_equal(trace.data, "rrrDrD");
	for (int i = 0; i < 3; i++) {
		loop_source_free(p[i].source);
		close(in[i]);
		close(out[i]);
	}
}

/* Armed between turns, it does not wait for an event. */
static void test_defer_without_events(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	assert_int_equal(loop_defer(l, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	loop_defer_arm(s);
	assert_int_equal(loop_turn(l, NSEC_NEVER, NULL), 1);
	assert_int_equal(p.calls, 1);
}

static int on_defer_rearm(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	loop_defer_arm(p->source);
	return 0;
}

/* Work that arms itself has its turn again in the next one: events get between. */
static void test_defer_rearms(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct probe p = { 0 };

	assert_int_equal(loop_defer(l, on_defer_rearm, &p, &p.source, NULL), 0);
	loop_defer_arm(p.source);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(loop_turn(l, BOUND, NULL), 1);
		assert_int_equal(p.calls, i);
	}
	p.source = loop_source_free(p.source);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
}

static int on_defer_free_all(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->source = loop_source_free(p->source);
	p->other = loop_source_free(p->other);
	return 0;
}

static void test_defer_frees(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *third = NULL;
	struct probe p = { 0 }, q = { 0 };

	assert_int_equal(loop_defer(l, on_defer_free_all, &p, &p.source, NULL), 0);
	assert_int_equal(loop_defer(l, on_defer_free_all, &p, &p.other, NULL), 0);
	assert_int_equal(loop_defer(l, on_plain, &q, &third, NULL), 0);
	loop_defer_arm(p.source);
	loop_defer_arm(p.other);
	loop_defer_arm(third);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 1);
	assert_int_equal(q.calls, 1);
	/* The list is whole: it can be armed again. */
	loop_defer_arm(third);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(q.calls, 2);
}

/* A descriptor that is always ready does not keep the drain from running. */
static void test_defer_is_not_starved(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { 0 }, p = { 0 };

	make_pipe(&in, &out);
	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	p.other = drain;
	assert_int_equal(loop_io(l, out, EPOLLOUT, on_always, &p, &p.source, NULL), 0);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 1);
	loop_source_free(p.source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defer_runs_last),
		cmocka_unit_test(test_defer_without_events),
		cmocka_unit_test(test_defer_rearms),
		cmocka_unit_test(test_defer_frees),
		cmocka_unit_test(test_defer_is_not_starved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
