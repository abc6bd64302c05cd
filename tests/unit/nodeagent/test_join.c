/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Two streams joined to a socket, by a child process. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "nodeagent/join.h"

#define BOUND_MS 20000

struct joined {
	int in, out, socket; /* our ends */
	pid_t child;
};

/* PIPES: in and out are pipes, else one socket. */
static struct joined join(bool pipes)
{
	struct joined j;
	int in[2], out[2], sock[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
	if (pipes) {
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
		assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	} else {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), 0);
		out[0] = dup(in[1]);
		out[1] = dup(in[0]);
	}
	j.child = fork();
	assert_true(j.child >= 0);
	if (j.child == 0) {
		close(in[1]);
		close(out[0]);
		close(sock[1]);
		_exit(join_streams(in[0], out[1], sock[0], NULL) < 0);
	}
	close(in[0]);
	close(out[1]);
	close(sock[0]);
	j.in = in[1];
	j.out = out[0];
	j.socket = sock[1];
	return j;
}

/* The child ends by itself, well. */
static void ends(struct joined *j)
{
	siginfo_t info = { 0 };
	nsec_t deadline = time_monotonic() + BOUND_MS * NSEC_PER_MSEC;

	while (waitid(P_PID, (id_t)j->child, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) {
		assert_true(time_monotonic() < deadline);
		poll(NULL, 0, 1);
	}
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, 0);
}

static void expect(int fd, const char *text)
{
	char got[64] = "";
	size_t len = 0;

	while (len < strlen(text)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, BOUND_MS), 1);
		n = read(fd, got + len, strlen(text) - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_string_equal(got, text);
}

static void expect_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&p, 1, BOUND_MS), 1);
	assert_true(read(fd, &byte, 1) <= 0);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void done(struct joined *j)
{
	fd_close(j->in);
	fd_close(j->out);
	fd_close(j->socket);
}

static void both_ways(void **state)
{
	(void)state;
	for (int pipes = 0; pipes < 2; pipes++) {
		struct joined j = join(pipes);

		say(j.in, "a line\n");
		expect(j.socket, "a line\n");
		say(j.socket, "another\n");
		expect(j.out, "another\n");
		/* Who asked goes: what it said last arrives where somebody still listens to answers. */
		if (pipes)
			say(j.in, "the end\n");
		else
			j.out = fd_close(j.out);
		j.in = fd_close(j.in);
		if (pipes)
			expect(j.socket, "the end\n");
		expect_end(j.socket);
		ends(&j);
		done(&j);
	}
}

static void the_agent_goes(void **state)
{
	(void)state;
	for (int pipes = 0; pipes < 2; pipes++) {
		struct joined j = join(pipes);

		/* With something that it has not read. */
		say(j.in, "nobody reads this\n");
		say(j.socket, "why it ends\n");
		j.socket = fd_close(j.socket);
		expect(j.out, "why it ends\n");
		expect_end(j.out);
		ends(&j);
		done(&j);
	}
}

static void the_reader_goes(void **state)
{
	struct joined j = join(true);

	(void)state;
	j.out = fd_close(j.out);
	ends(&j);
	done(&j);
}

/* Fills what FD takes; how much that was. */
static size_t fill(int fd)
{
	static const char data[4096];
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	size_t sum = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	/* Until it takes nothing for a while. */
	while (poll(&p, 1, 200) == 1) {
		ssize_t n = write(fd, data, sizeof(data));

		assert_true(n > 0 || errno == EAGAIN);
		sum += n > 0 ? (size_t)n : 0;
		assert_true(sum < 16 << 20);
	}
	return sum;
}

static void drain(int fd, size_t left)
{
	static char data[65536];

	while (left > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, BOUND_MS), 1);
		n = read(fd, data, left < sizeof(data) ? left : sizeof(data));
		assert_true(n > 0);
		left -= (size_t)n;
	}
}

/* Whoever does not read is felt at the other end, and there only. */
static void who_is_slow(void **state)
{
	(void)state;
	for (int pipes = 0; pipes < 2; pipes++) {
		struct joined j = join(pipes);
		size_t sum = fill(j.socket);

		say(j.in, "meanwhile\n");
		expect(j.socket, "meanwhile\n");
		drain(j.out, sum);
		sum = fill(j.in);
		say(j.socket, "meanwhile\n");
		expect(j.out, "meanwhile\n");
		drain(j.socket, sum);
		j.socket = fd_close(j.socket);
		ends(&j);
		done(&j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(the_agent_goes),
		cmocka_unit_test(the_reader_goes),
		cmocka_unit_test(who_is_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
