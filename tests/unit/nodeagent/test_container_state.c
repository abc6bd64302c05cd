/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "nodeagent/container_state.h"

#define S NSEC_PER_SEC

static void step(struct container_record *r, enum container_event_type type, nsec_t now, int64_t code)
{
	struct container_event ev = { .type = type, .now = now, .exit_code = code };

	assert_int_equal(container_step(r, &ev), 0);
}

/* Runs one attempt from T for RAN; returns when the next may start. */
static nsec_t crash(struct container_record *r, nsec_t t, nsec_t ran)
{
	step(r, CONTAINER_INTEND, t, 0);
	step(r, CONTAINER_STARTED, t, 0);
	step(r, CONTAINER_ENDED, t + ran, 1);
	return container_start_time(r, RESTART_ALWAYS);
}

static void delays_double_up_to_five_minutes(void **state)
{
	static const nsec_t want[] = { 0, 10, 20, 40, 80, 160, 300, 300 };
	struct container_record r = { 0 };
	nsec_t t = 1000 * S;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		nsec_t due = crash(&r, t, 1 * S);

		assert_int_equal((due - (t + 1 * S)) / S, want[i]);
		assert_int_equal(r.attempt, i);
		step(&r, CONTAINER_AGAIN, due, 0);
		t = due;
	}
	record_clear_end(&r.last);
	record_clear_end(&r.end);
}

static void ten_minutes_of_running_begin_anew(void **state)
{
	struct container_record r = { 0 };
	nsec_t t = 1000 * S;

	(void)state;
	for (int i = 0; i < 4; i++) {
		t = crash(&r, t, 1 * S);
		step(&r, CONTAINER_AGAIN, t, 0);
	}
	assert_int_equal(r.restart.delay / S, 80);
	assert_int_equal(crash(&r, t, 600 * S), t + 600 * S + 80 * S);
	step(&r, CONTAINER_AGAIN, t + 680 * S, 0);
	/* More than ten minutes after the restart: at once, and the next delay is the first again. */
	t += 680 * S;
	assert_int_equal(crash(&r, t, 601 * S), t + 601 * S);
	step(&r, CONTAINER_AGAIN, t + 601 * S, 0);
	assert_int_equal(r.restart.delay / S, 10);
	record_clear_end(&r.last);
}

static void policies_decide_what_is_over(void **state)
{
	static const struct {
		enum restart_policy policy;
		int64_t code;
		bool over;
	} cases[] = {
		{ RESTART_ALWAYS, 0, false },
		{ RESTART_ALWAYS, 1, false },
		{ RESTART_ON_FAILURE, 0, true },
		{ RESTART_ON_FAILURE, 1, false },
		{ RESTART_NEVER, 0, true },
		{ RESTART_NEVER, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct container_record r = { 0 };

		step(&r, CONTAINER_INTEND, S, 0);
		step(&r, CONTAINER_STARTED, S, 0);
		step(&r, CONTAINER_ENDED, 2 * S, cases[i].code);
		assert_int_equal(container_start_time(&r, cases[i].policy) == NSEC_NEVER, cases[i].over);
		record_clear_end(&r.end);
	}
}

/* Every pair of phase and event: what follows, or -1 where the event is refused. */
static void events_out_of_place_change_nothing(void **state)
{
	enum { W = CONTAINER_WAITING, C = CONTAINER_CREATING, R = CONTAINER_RUNNING, E = CONTAINER_EXITED };
	static const int next[CONTAINER_PHASE_COUNT][CONTAINER_EVENT_COUNT] = {
		{ C, W, -1, -1, -1, -1, -1, -1 },
		{ -1, -1, W, R, -1, -1, E, -1 },
		{ -1, -1, -1, -1, R, R, E, -1 },
		{ -1, -1, -1, -1, -1, -1, -1, W },
	};

	(void)state;
	for (int phase = 0; phase < CONTAINER_PHASE_COUNT; phase++)
		for (int type = 0; type < CONTAINER_EVENT_COUNT; type++) {
			struct container_record r = { .phase = (enum container_phase)phase };
			struct container_event ev = { .type = (enum container_event_type)type, .now = S };
			int code = container_step(&r, &ev);

			assert_int_equal(code, next[phase][type] < 0 ? -EPROTO : 0);
			assert_int_equal(r.phase, next[phase][type] < 0 ? phase : next[phase][type]);
			record_clear_end(&r.end);
			record_clear_end(&r.last);
		}
}

static void ends_say_signal_and_reason(void **state)
{
	static const struct {
		int64_t code, signal;
		const char *reason;
	} cases[] = { { 0, 0, "Completed" }, { 1, 0, "Error" }, { 137, 9, "Error" }, { 143, 15, "Error" },
		{ 255, 0, "Error" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct container_record r = { .phase = CONTAINER_RUNNING, .started_at = 5 * S };

		step(&r, CONTAINER_ENDED, 4 * S, cases[i].code);
		assert_int_equal(r.end.signal, cases[i].signal);
		assert_string_equal(r.end.reason, cases[i].reason);
		/* An end is never before its start. */
		assert_int_equal(r.end.finished_at, 5 * S);
		record_clear_end(&r.end);
	}
}

/* Only a shorter grace counts; the first reason stays. */
static void condemned(void **state)
{
	static const struct {
		nsec_t now;
		int64_t grace, want;
	} cases[] = { { 10, 30, 40 }, { 12, 30, 40 }, { 12, 28, 40 }, { 13, 5, 18 }, { 18, 0, 18 },
		{ 17, 0, 17 } };
	struct container_record r = { .phase = CONTAINER_RUNNING };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		container_condemn(&r, cases[i].now * S, cases[i].grace, i == 0 ? "first" : "later");
		assert_int_equal(r.stop_since / S + r.stop_grace, cases[i].want);
	}
	assert_string_equal(r.stop_message, "first");
	container_condemn(&(struct container_record){ .stop_since = S, .stop_grace = 1 }, S, INT64_MAX, "");
	step(&r, CONTAINER_ENDED, 20 * S, 137);
	assert_string_equal(r.end.message, "first");
	assert_int_equal(r.stop_since, 0);
	record_clear_end(&r.end);
}

/* Its hook stands between a start and being started; what is to end meanwhile never gets there. */
static void a_start_with_a_hook(void **state)
{
	static const struct container plain = { .name = "c" };
	struct container_record r = { .phase = CONTAINER_CREATING };
	struct container_event started = { .type = CONTAINER_STARTED, .now = 5 * S, .post_start = true };
	struct container_event failed = { .type = CONTAINER_POST_STARTED, .now = 6 * S, .reason = "no" };

	(void)state;
	assert_int_equal(container_step(&r, &started), 0);
	assert_false(container_started(&plain, &r));
	step(&r, CONTAINER_POST_STARTED, 6 * S, 0);
	assert_true(container_started(&plain, &r));
	assert_int_equal(r.post_started_at, 6 * S);

	r.phase = CONTAINER_CREATING;
	assert_int_equal(container_step(&r, &started), 0);
	assert_int_equal(container_step(&r, &failed), 0);
	container_condemn(&r, 6 * S, 9, "it failed");
	assert_true(r.post_failed);
	step(&r, CONTAINER_POST_STARTED, 8 * S, 0);
	assert_false(container_started(&plain, &r));
	step(&r, CONTAINER_PRE_STOPPED, 9 * S, 0);
	assert_true(r.pre_stopped);
	/* The end clears all of it but that it failed. */
	step(&r, CONTAINER_ENDED, 10 * S, 143);
	assert_false(r.post_start || r.pre_stopped);
	assert_true(r.post_failed);
	assert_string_equal(r.end.message, "it failed");
	step(&r, CONTAINER_AGAIN, 10 * S, 0);
	step(&r, CONTAINER_INTEND, 10 * S, 0);
	assert_false(r.post_failed);
	record_clear_end(&r.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(condemned),
		cmocka_unit_test(delays_double_up_to_five_minutes),
		cmocka_unit_test(ten_minutes_of_running_begin_anew),
		cmocka_unit_test(policies_decide_what_is_over),
		cmocka_unit_test(events_out_of_place_change_nothing),
		cmocka_unit_test(ends_say_signal_and_reason),
		cmocka_unit_test(a_start_with_a_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
