/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Who is let in, in which order, and what leaving does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "reconciler/gate.h"

enum { MAX = 2, COUNT = 6 };

struct fixture {
	struct loop *loop;
	struct gate *gate;
	struct gate_ticket tickets[COUNT];
	char entered[COUNT + 1]; /* "a" is the first ticket … */
};
static struct fixture *now; /* a test at a time */

static void on_enter(void *arg)
{
	const struct gate_ticket *t = arg;

	assert_true(t->in);
	now->entered[strlen(now->entered)] = (char)('a' + (t - now->tickets));
}

static void enter(struct fixture *f, size_t i, bool at_once)
{
	assert_int_equal(gate_enter(f->gate, &f->tickets[i], on_enter, &f->tickets[i]), at_once);
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	assert_int_equal(loop_new(&f.loop, NULL), 0);
	assert_int_equal(gate_new(f.loop, MAX, &f.gate, NULL), 0);
	*state = now = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT; i++)
		gate_leave(&f->tickets[i]);
	gate_free(f->gate);
	loop_free(f->loop);
	return 0;
}

static void expect(struct fixture *f, const char *entered)
{
	assert_true(loop_turn(f->loop, 0, NULL) >= 0);
	assert_string_equal(f->entered, entered);
}

static void test_first_come_first_served(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT; i++)
		enter(f, i, i < MAX);
	expect(f, "");
	gate_leave(&f->tickets[1]);
	expect(f, "c");
	gate_leave(&f->tickets[0]);
	gate_leave(&f->tickets[2]);
	expect(f, "cde");
}

static void test_who_waits_may_go(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT; i++)
		enter(f, i, i < MAX);
	gate_leave(&f->tickets[3]);
	gate_leave(&f->tickets[2]);
	gate_leave(&f->tickets[5]);
	expect(f, "");
	gate_leave(&f->tickets[0]);
	gate_leave(&f->tickets[0]); /* once is enough */
	expect(f, "e");
	gate_leave(&f->tickets[1]);
	enter(f, 1, true);
}

/* Nobody comes in before those who wait, though there is room just now. */
static void test_no_overtaking(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++)
		enter(f, i, i < MAX);
	gate_leave(&f->tickets[0]);
	enter(f, 3, false);
	expect(f, "c");
	gate_leave(&f->tickets[1]);
	expect(f, "cd");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_first_come_first_served),
		T(test_who_waits_may_go),
		T(test_no_overtaking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
