/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the tests of the loop share: a loop, handlers that note that they were called, and turns with a bound. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/loop.h"
#include "lib/base/proc.h"

/* No test waits longer for something that should come. */
#define BOUND (10 * NSEC_PER_SEC)

/* A handler's side of a test: what it is to do and what came. */
struct probe {
	struct loop *loop;
	struct loop_source *source, *other;
	int fd, calls, result;
	uint32_t events;
	siginfo_t info;
	struct buf *trace;
	char letter;
};

static inline struct loop *make_loop(void)
{
	struct loop *l;

	assert_int_equal(loop_new(&l, NULL), 0);
	return l;
}

static inline void make_pipe(int *ret_in, int *ret_out)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	*ret_in = fds[0];
	*ret_out = fds[1];
}

/* Turns until *CALLS is at least COUNT. */
static inline void turn_until(struct loop *l, const int *calls, int count)
{
	nsec_t deadline = time_monotonic() + BOUND;

	while (*calls < count) {
		assert_true(loop_turn(l, deadline - time_monotonic(), NULL) >= 0);
		assert_true(time_monotonic() < deadline);
	}
}

static inline int on_plain(void *arg)
{
	struct probe *p = arg;

	p->calls++;
	if (p->trace)
		buf_addc(p->trace, p->letter);
	return p->result;
}

static inline int on_readable(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;
	char bytes[64];

	p->calls++;
	p->events |= events;
	if (p->trace)
		buf_addc(p->trace, p->letter);
	assert_true(read(fd, bytes, sizeof(bytes)) >= 0);
	return p->result;
}

/* It stays ready. */
static inline int on_always(int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)events;
	p->calls++;
	loop_defer_arm(p->other);
	return 0;
}
