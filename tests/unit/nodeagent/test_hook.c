/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The end of a container step by step, and what a postStart hook holds up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "nodeagent/hook.h"

#define S NSEC_PER_SEC
#define T (1000 * S) /* when stopping began */

static struct lifecycle_handler handler;
static struct lifecycle both = { .post_start = &handler, .pre_stop = &handler };
static const struct container plain = { .name = "c" }, hooked = { .name = "c", .lifecycle = &both };

struct stop_case {
	const char *what;
	const struct container *spec;
	struct container_record record;
	struct stop_order order;
	nsec_t now;
	enum stop_step want;
	nsec_t wake; /* NSEC_NEVER: none */
};

static const struct stop_case stop_cases[] = {
	/* 1: without a hook, the signal, and after the grace period the kill. */
	{ "signal first", &plain, { .phase = CONTAINER_RUNNING }, { T, 30, true }, T, STOP_SIGNAL,
		T + 30 * S },
	{ "then wait", &plain, { .phase = CONTAINER_RUNNING, .term_at = T }, { T, 30, true }, T + 29 * S,
		STOP_NOTHING, T + 30 * S },
	{ "then kill", &plain, { .phase = CONTAINER_RUNNING, .term_at = T }, { T, 30, true }, T + 30 * S,
		STOP_KILL, NSEC_NEVER },
	/* 2: two seconds at least. */
	{ "a second is two", &plain, { .phase = CONTAINER_RUNNING }, { T, 1, true }, T, STOP_SIGNAL,
		T + 2 * S },
	{ "a second is two, waiting", &plain, { .phase = CONTAINER_RUNNING, .term_at = T }, { T, 1, true },
		T + 1 * S, STOP_NOTHING, T + 2 * S },
	{ "a second is two, over", &plain, { .phase = CONTAINER_RUNNING, .term_at = T }, { T, 1, true },
		T + 2 * S, STOP_KILL, NSEC_NEVER },
	{ "none is none", &plain, { .phase = CONTAINER_RUNNING }, { T, 0, true }, T, STOP_KILL, NSEC_NEVER },
	{ "none is none, hook or not", &hooked, { .phase = CONTAINER_RUNNING }, { T, 0, true }, T, STOP_KILL,
		NSEC_NEVER },
	/* 3: preStop takes its time from the grace period. */
	{ "the hook first", &hooked, { .phase = CONTAINER_RUNNING }, { T, 30, true }, T, STOP_PRE_STOP,
		T + 30 * S },
	{ "the hook runs", &hooked, { .phase = CONTAINER_RUNNING, .pre_stopping = true }, { T, 30, true },
		T + 10 * S, STOP_NOTHING, T + 30 * S },
	{ "the hook is over", &hooked, { .phase = CONTAINER_RUNNING, .pre_stopped = true }, { T, 30, true },
		T + 10 * S, STOP_SIGNAL, T + 30 * S },
	{ "what is left of it", &hooked,
		{ .phase = CONTAINER_RUNNING, .pre_stopped = true, .term_at = T + 10 * S }, { T, 30, true },
		T + 30 * S, STOP_KILL, NSEC_NEVER },
	{ "the hook was late", &hooked, { .phase = CONTAINER_RUNNING, .pre_stopped = true }, { T, 30, true },
		T + 29 * S, STOP_SIGNAL, T + 31 * S },
	{ "the hook overruns", &hooked, { .phase = CONTAINER_RUNNING, .pre_stopping = true }, { T, 30, true },
		T + 30 * S, STOP_SIGNAL, T + 32 * S },
	{ "and then two seconds more", &hooked,
		{ .phase = CONTAINER_RUNNING, .pre_stopping = true, .term_at = T + 30 * S }, { T, 30, true },
		T + 31 * S, STOP_NOTHING, T + 32 * S },
	{ "and then the kill", &hooked,
		{ .phase = CONTAINER_RUNNING, .pre_stopping = true, .term_at = T + 30 * S }, { T, 30, true },
		T + 32 * S, STOP_KILL, NSEC_NEVER },
	/* 4: a sidecar waits for its turn, not with its hook. */
	{ "not its turn", &plain, { .phase = CONTAINER_RUNNING }, { T, 30, false }, T, STOP_NOTHING,
		T + 30 * S },
	{ "its hook does not wait", &hooked, { .phase = CONTAINER_RUNNING }, { T, 30, false }, T,
		STOP_PRE_STOP, T + 30 * S },
	{ "its signal does", &hooked, { .phase = CONTAINER_RUNNING, .pre_stopped = true }, { T, 30, false },
		T + 5 * S, STOP_NOTHING, T + 30 * S },
	{ "its turn never came", &plain, { .phase = CONTAINER_RUNNING }, { T, 30, false }, T + 30 * S,
		STOP_SIGNAL, T + 32 * S },
	{ "no grace, no turn", &plain, { .phase = CONTAINER_RUNNING }, { T, 0, false }, T, STOP_KILL,
		NSEC_NEVER },
	/* 5: what does not run yet. */
	{ "nothing of it", &hooked, { .phase = CONTAINER_WAITING }, { T, 30, true }, T, STOP_NOTHING,
		NSEC_NEVER },
	{ "being prepared", &hooked, { .phase = CONTAINER_WAITING, .starting = true }, { T, 30, true }, T,
		STOP_KILL, NSEC_NEVER },
	{ "being created", &hooked, { .phase = CONTAINER_CREATING, .starting = true }, { T, 30, true }, T,
		STOP_SIGNAL, T + 30 * S },
	{ "ended", &hooked, { .phase = CONTAINER_EXITED }, { T, 30, true }, T, STOP_NOTHING, NSEC_NEVER },
};

static void the_end_step_by_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stop_cases); i++) {
		const struct stop_case *c = &stop_cases[i];
		nsec_t wake = NSEC_NEVER;
		enum stop_step got = stop_next(c->spec, &c->record, &c->order, c->now, &wake);

		if (got != c->want || wake != c->wake)
			fail_msg("%s: step %d, expected %d; wake %+.1f s, expected %+.1f s", c->what,
				(int)got, (int)c->want, (double)(wake - T) / (double)S,
				(double)(c->wake - T) / (double)S);
	}
}

static void an_earlier_wake_stays(void **state)
{
	struct container_record r = { .phase = CONTAINER_RUNNING };
	struct stop_order order = { T, 30, true };
	nsec_t wake = T + 1;

	(void)state;
	stop_next(&plain, &r, &order, T, &wake);
	assert_int_equal(wake, T + 1);
}

static void what_a_post_start_hook_holds_up(void **state)
{
	static const struct {
		const struct container *spec;
		struct container_record record;
		bool to_start, holds;
	} cases[] = {
		{ &plain, { .phase = CONTAINER_WAITING }, true, false },
		{ &plain, { .phase = CONTAINER_CREATING, .starting = true }, false, false },
		{ &hooked, { .phase = CONTAINER_WAITING }, true, true },
		{ &hooked, { .phase = CONTAINER_WAITING, .starting = true }, false, true },
		{ &hooked, { .phase = CONTAINER_CREATING }, false, true },
		{ &hooked, { .phase = CONTAINER_RUNNING, .post_start = true }, false, true },
		{ &hooked, { .phase = CONTAINER_RUNNING }, false, false },
		/* It can't be started now, or is over: nobody waits for that. */
		{ &hooked, { .phase = CONTAINER_WAITING, .retry_at = T }, false, false },
		{ &hooked, { .phase = CONTAINER_EXITED }, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (hook_holds_next(cases[i].spec, &cases[i].record, cases[i].to_start) != cases[i].holds)
			fail_msg("case %zu: expected %d", i, cases[i].holds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_step_by_step),
		cmocka_unit_test(an_earlier_wake_stays),
		cmocka_unit_test(what_a_post_start_hook_holds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
