/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Asking an SSH agent: the real one, and some that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/key_agent.h"

#define PATIENCE (30 * NSEC_PER_SEC)

struct fixture {
	struct loop *loop;
	char dir[64], path[80];
	pid_t agent;
	int pidfd, listen;
	struct loop_source *io;
	const char *answer; /* of the one that is none */
	size_t answer_len;
	struct key_agent *a;
	unsigned readies;
};

static void on_ready(void *arg)
{
	struct fixture *f = arg;

	f->readies++;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->listen = f->pidfd = -1;
	strcpy(f->dir, "/tmp/pintle-keys-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/agent.sock", f->dir);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	key_agent_free(f->a);
	loop_source_free(f->io);
	fd_close(f->listen);
	if (f->agent > 0) {
		kill(f->agent, SIGTERM);
		loop_reap(f->loop, f->pidfd);
	}
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* It says a line once it listens. */
static void agent_start(struct fixture *f)
{
	const char *argv[] = { "ssh-agent", "-D", "-a", f->path, NULL };
	int pipes[2];
	char byte;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	const struct proc_fd fds[] = { { pipes[1], 1 } };
	f->pidfd = proc_spawn(
		&(struct proc_spec){ .argv = argv, .fds = fds, .fd_count = 1, .die_with_parent = true },
		&f->agent, NULL);
	assert_true(f->pidfd >= 0);
	fd_close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	fd_close(pipes[0]);
}

static void add_key(struct fixture *f, const char *name, const char *type)
{
	_cleanup_(freep) char *key = xasprintf("%s/%s", f->dir, name),
			      *env = xasprintf("SSH_AUTH_SOCK=%s", f->path);
	const char *make[] = { "ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", key, NULL };
	const char *add[] = { "ssh-add", "-q", key, NULL };
	const char *envs[] = { env, NULL };

	assert_int_equal(proc_check(&(struct proc_spec){ .argv = make }, NULL, NULL), 0);
	assert_int_equal(proc_check(&(struct proc_spec){ .argv = add, .env = envs }, NULL, NULL), 0);
}

static void turn(struct fixture *f)
{
	nsec_t end = time_monotonic() + PATIENCE;

	for (unsigned before = f->readies; f->readies == before;) {
		if (time_monotonic() > end)
			fail_msg("no answer");
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

static int list(struct fixture *f, const struct key_agent_key **ret, size_t *ret_count, struct err *err)
{
	int r;

	while ((r = key_agent_list(f->a, ret, ret_count, err)) == -EAGAIN)
		turn(f);
	return r;
}

static int sign(struct fixture *f, const struct key_agent_key *key, struct buf *ret, struct err *err)
{
	int r;

	while ((r = key_agent_sign(f->a, key, "words", 5, ret, err)) == -EAGAIN)
		turn(f);
	return r;
}

/* RSA is left out: libssh2 signs with it as no sshd of today takes. */
static void test_keys(void **state)
{
	struct fixture *f = *state;
	const struct key_agent_key *keys;
	size_t count;
	struct err err = { 0 };

	agent_start(f);
	add_key(f, "one", "ed25519");
	add_key(f, "two", "rsa");
	add_key(f, "three", "ecdsa");
	assert_int_equal(key_agent_new(f->loop, f->path, on_ready, f, &f->a, &err), 0);
	assert_int_equal(list(f, &keys, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(keys[0].comment, "one");
	assert_string_equal(keys[1].comment, "three");
	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf signature = BUF_INIT;

		assert_int_equal(sign(f, &keys[i], &signature, &err), 0);
		assert_true(i == 0 ? signature.len == 64 : signature.len > 64);
	}
	/* A key that it does not have. */
	_cleanup_(buf_done) struct buf none = BUF_INIT;
	const struct key_agent_key other = { .blob = { (const uint8_t *)"\0\0\0\0", 4 } };
	assert_true(sign(f, &other, &none, &err) < 0);
	assert_string_equal(err_text(&err), "the SSH agent refuses: is it locked?");
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	const struct key_agent_key *keys;
	size_t count;
	struct err err = { 0 };

	agent_start(f);
	assert_int_equal(key_agent_new(f->loop, f->path, on_ready, f, &f->a, &err), 0);
	assert_int_equal(list(f, &keys, &count, &err), 0);
	assert_int_equal(count, 0);
}

static int on_listen(int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;
	_cleanup_(closep) int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	assert_true(send(peer, f->answer, f->answer_len, MSG_NOSIGNAL) == (ssize_t)f->answer_len);
	return 0;
}

/* What something says that is no agent, or a bad one. */
static const struct {
	const char *answer;
	size_t len;
	const char *says;
} bad[] = {
	{ "", 0, "the SSH agent has hung up" },
	{ "\0\0\0\5\f\0\0", 7, "the SSH agent has hung up" },
	{ "\0\0\0\0", 4, "the SSH agent refuses: is it locked?" },
	{ "\0\0\0\1\5", 5, "the SSH agent refuses: is it locked?" },
	{ "\0\0\0\3\f\0\0", 7, "the SSH agent's answer can't be read" },
	{ "\0\0\0\5\f\0\0\0\1", 9, "the SSH agent's answer can't be read" },
	{ "\0\0\0\t\f\0\0\0\1\xff\xff\xff\xff", 13, "the SSH agent's answer can't be read" },
};

static void test_bad_answers(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, f->path);
	f->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(f->listen, 4), 0);
	assert_int_equal(loop_io(f->loop, f->listen, EPOLLIN, on_listen, f, &f->io, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct key_agent_key *keys;
		struct err err = { 0 };
		size_t count;

		f->answer = bad[i].answer;
		f->answer_len = bad[i].len;
		assert_int_equal(key_agent_new(f->loop, f->path, on_ready, f, &f->a, &err), 0);
		assert_true(list(f, &keys, &count, &err) < 0);
		if (!strstr(err_text(&err), bad[i].says) && !strstr(err_text(&err), "asking the SSH agent"))
			fail_msg("answer %zu: expected: %s\nfound: %s", i, bad[i].says, err_text(&err));
		f->a = key_agent_free(f->a);
	}
}

static void test_not_there(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *want = xasprintf(
		"no SSH agent listens at %s: No such file or directory", f->path);
	struct err err = { 0 };

	assert_int_equal(key_agent_new(f->loop, f->path, on_ready, f, &f->a, &err), -ENOENT);
	assert_string_equal(err_text(&err), want);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_keys),
		T(test_none),
		T(test_bad_answers),
		T(test_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
