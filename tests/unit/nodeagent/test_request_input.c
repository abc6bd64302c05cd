/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What an asker sends, into a pipe that is read at will: when it is told to pause, and when to go on. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "nodeagent/request_input.h"

static uint8_t zeros[INPUT_HIGH + 1];

/* A request whose words to the asker are kept. */
struct fixture {
	struct requests all;
	struct request q;
	struct request_input in;
	struct buf said; /* "pause " and "resume ", in their order */
	int read, write;
};

void request_hold(struct request *q, bool held)
{
	struct fixture *f = q->state;

	buf_adds(&f->said, held ? "pause " : "resume ");
}

static int setup(void **state)
{
	static struct fixture f;
	int ends[2];

	f = (struct fixture){ .in = REQUEST_INPUT_INIT, .said = BUF_INIT };
	f.q = (struct request){ .all = &f.all, .id = 7, .state = &f };
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	f.read = ends[0];
	f.write = ends[1];
	*state = &f;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	request_input_done(&f->in);
	buf_done(&f->said);
	fd_close(f->read);
	fd_close(f->write);
	return 0;
}

static void drain(struct fixture *f, size_t until)
{
	while (f->in.data.len > until) {
		assert_true(read(f->read, zeros, 4096) > 0);
		assert_true(request_input_write(&f->q, &f->in, f->write) >= 0);
	}
}

static void small_amounts_pass(void **state)
{
	struct fixture *f = *state;
	char got[8];

	assert_int_equal(request_input_write(&f->q, &f->in, f->write), 1);
	assert_int_equal(request_input_add(&f->q, &f->in, "hello", 5), 0);
	assert_int_equal(request_input_add(&f->q, &f->in, "", 0), 0);
	assert_int_equal(request_input_write(&f->q, &f->in, f->write), 1);
	assert_int_equal(read(f->read, got, sizeof(got)), 5);
	assert_memory_equal(got, "hello", 5);
	assert_string_equal(f->said.data, "");
}

/* Once each way, with room between the two. */
static void pauses_and_goes_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(request_input_add(&f->q, &f->in, zeros, INPUT_HIGH), 0);
	assert_string_equal(f->said.data, "");
	assert_int_equal(request_input_add(&f->q, &f->in, zeros, 1), 0);
	assert_string_equal(f->said.data, "pause ");
	assert_int_equal(request_input_add(&f->q, &f->in, zeros, 1000), 0);
	assert_int_equal(request_input_write(&f->q, &f->in, f->write), 0);
	drain(f, INPUT_LOW + 8192);
	assert_true(f->in.data.len >= INPUT_LOW);
	assert_string_equal(f->said.data, "pause ");
	drain(f, INPUT_LOW - 1);
	assert_string_equal(f->said.data, "pause resume ");
	drain(f, 0);
	assert_string_equal(f->said.data, "pause resume ");
	assert_int_equal(f->in.data.cap, 0);
	assert_int_equal(request_input_add(&f->q, &f->in, zeros, INPUT_HIGH + 1), 0);
	assert_string_equal(f->said.data, "pause resume pause ");
}

static void there_is_a_bound(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < INPUT_MAX / INPUT_HIGH; i++)
		assert_int_equal(request_input_add(&f->q, &f->in, zeros, INPUT_HIGH), 0);
	assert_int_equal(request_input_add(&f->q, &f->in, zeros, 1), -ENOBUFS);
	assert_int_equal(f->in.data.len, INPUT_MAX);
	assert_string_equal(f->said.data, "pause ");
}

/* Who waits for leave to go on gets it, though nothing of what it sends matters any more. */
static void nobody_reads(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(request_input_add(&f->q, &f->in, zeros, INPUT_HIGH + 1), 0);
	f->read = fd_close(f->read);
	assert_int_equal(request_input_write(&f->q, &f->in, f->write), -EPIPE);
	request_input_drop(&f->q, &f->in);
	assert_string_equal(f->said.data, "pause resume ");
	for (size_t i = 0; i < INPUT_MAX / INPUT_HIGH + 1; i++)
		assert_int_equal(request_input_add(&f->q, &f->in, zeros, INPUT_HIGH), 0);
	assert_int_equal(f->in.data.len, 0);
	assert_string_equal(f->said.data, "pause resume ");
}

static void nothing_behind_the_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(request_input_add(&f->q, &f->in, "all", 3), 0);
	f->in.ended = true;
	assert_int_equal(request_input_add(&f->q, &f->in, "more", 4), 0);
	assert_int_equal(f->in.data.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_amounts_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(pauses_and_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_a_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_behind_the_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
