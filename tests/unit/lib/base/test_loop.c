/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/unit/lib/base/loop_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* --- descriptors ----------------------------------------------------------------------------- */

static void test_io(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	make_pipe(&in, &out);
	assert_int_equal(loop_io(l, in, EPOLLIN, on_readable, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 1);
	assert_int_equal(p.events, EPOLLIN);
	assert_int_equal(loop_turn(l, 0, NULL), 0);

	assert_int_equal(loop_io_set_events(s, 0), 0);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(loop_io_set_events(s, EPOLLIN), 0);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(p.calls, 2);

	s = loop_source_free(s);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 2);
}

static void test_io_error(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct loop_source *s = NULL;
	struct err err = { 0 };

	/* epoll does not take regular files. */
	_cleanup_(closep) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(loop_io(l, fd, EPOLLIN, on_readable, NULL, &s, &err), -EPERM);
	assert_string_equal(err_text(&err), "watching a descriptor: Operation not permitted");
	assert_null(s);
}

static int on_io_free_both(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	p->source = loop_source_free(p->source);
	p->other = loop_source_free(p->other);
	return 0;
}

/* Descriptors of one pipe. */
struct two {
	int in, in2, out;
};

/* Two sources, P's, are ready: the one that runs first sees to it that the other does not. */
static struct two two_ready(struct loop *l, loop_io_fn fn, struct probe *p)
{
	struct two two;

	make_pipe(&two.in, &two.out);
	two.in2 = fcntl(two.in, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(loop_io(l, two.in, EPOLLIN, fn, p, &p->source, NULL), 0);
	assert_int_equal(loop_io(l, two.in2, EPOLLIN, fn, p, &p->other, NULL), 0);
	assert_int_equal(write(two.out, "x", 1), 1);
	turn_until(l, &p->calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p->calls, 1);
	return two;
}

static void two_done(struct two *two)
{
	close(two->in);
	close(two->in2);
	close(two->out);
}

/* Whichever runs first frees both. */
static void test_free_within_handler(void **state)
{
	(void)state;
	struct probe p = { 0 };
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(two_done) struct two two = two_ready(l, on_io_free_both, &p);
}

static int on_io_asks_less(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	return loop_io_set_events(p->source, 0) + loop_io_set_events(p->other, 0);
}

/* Whichever runs first asks for nothing more of either. */
static void test_less_within_handler(void **state)
{
	(void)state;
	struct probe p = { 0 };
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(two_done) struct two two = two_ready(l, on_io_asks_less, &p);

	/* And it is told of again where that is asked for. */
	assert_int_equal(loop_io_set_events(p.source, EPOLLIN), 0);
	turn_until(l, &p.calls, 2);
	loop_source_free(p.source);
	loop_source_free(p.other);
}

/* A crowd that is always ready: a turn runs many of them, not all; each has its turn before any has its third. */
static void test_crowd(void **state)
{
	(void)state;
	enum { CROWD = 800 };
	struct probe *p = calloc(CROWD, sizeof(*p));
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *drain = NULL;
	struct probe d = { 0 };
	int called = 0;

	assert_int_equal(loop_defer(l, on_plain, &d, &drain, NULL), 0);
	for (size_t i = 0; i < CROWD; i++) {
		p[i].fd = eventfd(1, EFD_CLOEXEC);
		p[i].other = drain;
		assert_int_equal(loop_io(l, p[i].fd, EPOLLIN, on_always, &p[i], &p[i].source, NULL), 0);
	}
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 1);
	for (size_t i = 0; i < CROWD; i++)
		called += p[i].calls > 0;
	assert_in_range(called, 256, CROWD - 1);
	assert_int_equal(loop_turn(l, BOUND, NULL), 1);
	assert_int_equal(d.calls, 2);
	for (size_t i = 0; i < CROWD; i++) {
		assert_in_range(p[i].calls, 1, 2);
		loop_source_free(p[i].source);
		close(p[i].fd);
	}
	free(p);
}

/* --- timers ---------------------------------------------------------------------------------- */

static void test_timer(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };
	nsec_t when = time_monotonic() + 2 * NSEC_PER_MSEC;

	assert_int_equal(loop_timer(l, when, on_plain, &p, &s, NULL), 0);
	turn_until(l, &p.calls, 1);
	assert_true(time_monotonic() >= when);
	/* Once. */
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 1);

	assert_int_equal(loop_timer_set(s, time_monotonic()), 0);
	turn_until(l, &p.calls, 2);
	/* What is past comes at once. */
	assert_int_equal(loop_timer_set(s, 0), 0);
	turn_until(l, &p.calls, 3);
}

static void test_timer_never(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { 0 };

	assert_int_equal(loop_timer(l, NSEC_NEVER, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_turn(l, NSEC_PER_MSEC, NULL), 0);
	assert_int_equal(loop_timer_set(s, 1), 0);
	assert_int_equal(loop_timer_set(s, NSEC_NEVER), 0);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_int_equal(p.calls, 0);
}

/* Only what is due comes, in whatever order the timers were set: a busy machine makes nothing due that is an hour away. */
static void test_timers_only_when_due(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(buf_done) struct buf trace = BUF_INIT;
	_cleanup_(loop_source_freep) struct loop_source *a = NULL;
	_cleanup_(loop_source_freep) struct loop_source *b = NULL;
	_cleanup_(loop_source_freep) struct loop_source *c = NULL;
	struct probe p[3];
	nsec_t now = time_monotonic();

	for (int i = 0; i < 3; i++)
		p[i] = (struct probe){ .trace = &trace, .letter = (char)('a' + i) };
	assert_int_equal(loop_timer(l, now + 7200 * NSEC_PER_SEC, on_plain, &p[2], &c, NULL), 0);
	assert_int_equal(loop_timer(l, now + 1 * NSEC_PER_MSEC, on_plain, &p[0], &a, NULL), 0);
	assert_int_equal(loop_timer(l, now + 3600 * NSEC_PER_SEC, on_plain, &p[1], &b, NULL), 0);
	turn_until(l, &p[0].calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_string_equal(trace.data, "a");
	assert_int_equal(loop_timer_set(c, time_monotonic() + 1 * NSEC_PER_MSEC), 0);
	turn_until(l, &p[2].calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_string_equal(trace.data, "ac");
}

static int on_timer_free(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	p->source = loop_source_free(p->source);
	return 0;
}

static void test_timer_frees_itself(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	struct probe p = { 0 };

	assert_int_equal(loop_timer(l, 0, on_timer_free, &p, &p.source, NULL), 0);
	turn_until(l, &p.calls, 1);
	assert_int_equal(loop_turn(l, 0, NULL), 0);
	assert_null(p.source);
}

/* --- running --------------------------------------------------------------------------------- */

static int on_stop(void *arg)
{
	struct probe *p = arg;

	loop_stop(p->loop, p->result);
	return 0;
}

static void test_run_until_stop(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	struct probe p = { .loop = l, .result = 7 };
	struct err err = { 0 };

	assert_int_equal(loop_timer(l, 0, on_stop, &p, &s, NULL), 0);
	assert_int_equal(loop_run(l, &err), 7);
	assert_int_equal(err.code, 0);
	/* Stopped before it ran: returns at once; and it may run again. */
	loop_stop(l, 3);
	assert_int_equal(loop_run(l, NULL), 3);
	assert_int_equal(loop_timer_set(s, 0), 0);
	assert_int_equal(loop_run(l, NULL), 7);
}

static void test_handlers_error_ends_run(void **state)
{
	(void)state;
	_cleanup_(loop_freep) struct loop *l = make_loop();
	_cleanup_(loop_source_freep) struct loop_source *s = NULL;
	_cleanup_(loop_source_freep) struct loop_source *d = NULL;
	struct probe p = { .result = -EPROTO }, q = { .result = -EBADMSG };
	struct err err = { 0 };

	assert_int_equal(loop_timer(l, 0, on_plain, &p, &s, NULL), 0);
	assert_int_equal(loop_run(l, &err), -EPROTO);
	assert_string_equal(err_text(&err), "an event's handler failed: Protocol error");
	assert_int_equal(loop_defer(l, on_plain, &q, &d, NULL), 0);
	loop_defer_arm(d);
	assert_int_equal(loop_run(l, NULL), -EBADMSG);
}

/* Sources may outlive their loop. */
static void test_free_order(void **state)
{
	(void)state;
	struct loop *l = make_loop();
	struct loop_source *timer, *defer;

	assert_int_equal(loop_timer(l, 0, on_plain, NULL, &timer, NULL), 0);
	assert_int_equal(loop_defer(l, on_plain, NULL, &defer, NULL), 0);
	loop_defer_arm(defer);
	assert_null(loop_free(l));
	assert_null(loop_source_free(timer));
	assert_null(loop_source_free(defer));
	assert_null(loop_free(NULL));
	assert_null(loop_source_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_io_error),
		cmocka_unit_test(test_free_within_handler),
		cmocka_unit_test(test_less_within_handler),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_timer_never),
		cmocka_unit_test(test_timers_only_when_due),
		cmocka_unit_test(test_timer_frees_itself),
		cmocka_unit_test(test_run_until_stop),
		cmocka_unit_test(test_handlers_error_ends_run),
		cmocka_unit_test(test_free_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
