/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "nodeagent/agent_home.h"
#include "tests/unit/lib/base/scratch.h"

#define ID "0123456789abcdef0123456789abcdef"

static void put(struct scratch *s, const char *path, const char *text)
{
	assert_int_equal(fs_write(s->fd, path, text, strlen(text), 0600, 0, NULL), 0);
}

static struct agent_home open_home(struct scratch *s)
{
	struct agent_home h;
	struct err err = { 0 };

	put(s, "cluster-id", ID "\n");
	if (agent_home_open(s->path, &h, &err) < 0)
		fail_msg("%s", err_text(&err));
	return h;
}

static void what_is_a_home(void **state)
{
	static const struct {
		const char *id;
		int want;
	} cases[] = {
		{ ID "\n", 0 },
		{ ID, 0 },
		{ ID "\n\n", -EBADMSG },
		{ ID "0\n", -EBADMSG },
		{ ID "garbage", -EBADMSG },
		{ "0123456789ABCDEF0123456789abcdef\n", -EBADMSG },
		{ "0123\n", -EBADMSG },
		{ "", -EBADMSG },
	};
	struct scratch *s = *state;
	struct agent_home h;
	struct stat st;

	assert_int_equal(fstat(s->fd, &st), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(s, "cluster-id", cases[i].id);
		print_message("\"%s\"\n", cases[i].id);
		assert_int_equal(agent_home_open(s->path, &h, NULL), cases[i].want);
		if (cases[i].want < 0)
			continue;
		assert_string_equal(h.cluster_id, ID);
		assert_string_equal(h.dir, s->path);
		assert_int_equal(h.owner, st.st_uid);
		assert_int_equal(h.group, st.st_gid);
		agent_home_done(&h);
	}
}

static void what_is_none(void **state)
{
	struct scratch *s = *state;
	_cleanup_(freep) char *nowhere = xasprintf("%s/nowhere", s->path);
	_cleanup_(freep) char *want = xasprintf("%s is no home: run pintle --home %s init", s->path, s->path);
	_cleanup_(freep) char *want_nowhere = xasprintf(
		"%s is no home: run pintle --home %s init", nowhere, nowhere);
	struct agent_home h;
	struct err err = { 0 };

	assert_int_equal(agent_home_open(s->path, &h, &err), -ENOENT);
	assert_string_equal(err_text(&err), want);
	err = (struct err){ 0 };
	assert_int_equal(agent_home_open(nowhere, &h, &err), -ENOENT);
	assert_string_equal(err_text(&err), want_nowhere);
	/* What a failed open leaves can be done away with again. */
	agent_home_done(&h);
}

static void a_home_has_one_agent(void **state)
{
	struct scratch *s = *state;
	struct agent_home h = open_home(s);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *want = xasprintf("%d\n", (int)getpid());
	struct err err = { 0 };
	int fd = agent_home_claim(&h, &err);

	assert_true(fd >= 0);
	assert_int_equal(fs_read(s->fd, "run/pintle-agent.pid", 64, &text, NULL), 0);
	assert_string_equal(text.data, want);
	assert_int_equal(agent_home_claim(&h, &err), -EWOULDBLOCK);
	assert_non_null(strstr(err_text(&err), "a pintle-agent runs already in "));
	fd_close(fd);
	/* What the one before left in the file does not stay. */
	put(s, "run/pintle-agent.pid", "12345678901234567890\nand more\n");
	fd = agent_home_claim(&h, &err);
	assert_true(fd >= 0);
	buf_clear(&text);
	assert_int_equal(fs_read(s->fd, "run/pintle-agent.pid", 64, &text, NULL), 0);
	assert_string_equal(text.data, want);
	fd_close(fd);
	agent_home_done(&h);
}

/* Returns once somebody waits for the lock of FD's file (proc_locks(5): a line with "->"). */
static void until_waited_for(int fd)
{
	char inode[32];
	struct stat st;

	fstat(fd, &st);
	snprintf(inode, sizeof(inode), ":%llu ", (unsigned long long)st.st_ino);
	for (bool found = false; !found; sched_yield()) {
		_cleanup_(buf_done) struct buf locks = BUF_INIT;

		fs_read(AT_FDCWD, "/proc/locks", 1 << 20, &locks, NULL);
		for (char *line = strtok(locks.data, "\n"); line; line = strtok(NULL, "\n"))
			found |= strstr(line, "->") && strstr(line, inode);
	}
}

/* The claimant is dead, and a child of its own, which has not called exec yet, still holds the lock: waited for. */
static void a_dead_agents_lock_is_waited_for(void **state)
{
	struct scratch *s = *state;
	struct agent_home h = open_home(s);
	int status, fd;
	pid_t agent = fork();

	if (agent == 0) {
		fd = agent_home_claim(&h, NULL);
		/* The child with the copy of the lock outlives us, until its end is waited for. */
		if (fd >= 0 && fork() == 0) {
			alarm(20);
			until_waited_for(fd);
			_exit(0);
		}
		_exit(fd < 0);
	}
	assert_int_equal(waitpid(agent, &status, 0), agent);
	assert_int_equal(status, 0);
	fd = agent_home_claim(&h, NULL);
	assert_true(fd >= 0);
	fd_close(fd);
	agent_home_done(&h);
}

static void the_socket(void **state)
{
	struct scratch *s = *state;
	struct agent_home h = open_home(s);
	struct err err = { 0 };
	struct stat st;

	assert_int_equal(fs_mkdir_p(s->fd, "run", 0755, NULL), 0);
	assert_int_equal(agent_home_connect(&h, &err), -ENOENT);
	/* A file of one that was killed is in nobody's way. */
	put(s, "run/agent.sock", "");
	for (int i = 0; i < 2; i++) {
		int fd = agent_home_listen(&h, &err), client, server;

		assert_true(fd >= 0);
		assert_int_equal(fstatat(s->fd, "run/agent.sock", &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 07777, 0600);
		client = agent_home_connect(&h, &err);
		assert_true(client >= 0);
		server = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		assert_true(server >= 0);
		fd_close(server);
		fd_close(client);
		fd_close(fd);
		/* Nobody listens any more. */
		assert_int_equal(agent_home_connect(&h, &err), -ECONNREFUSED);
	}
	agent_home_done(&h);
}

/* sun_path has 108 bytes; a home may be anywhere. */
static void a_long_path(void **state)
{
	struct scratch *s = *state;
	char name[200];
	_cleanup_(freep) char *dir = NULL, *id = NULL, *run = NULL;
	struct agent_home h;
	struct err err = { 0 };

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	dir = xasprintf("%s/%s", s->path, name);
	id = xasprintf("%s/cluster-id", name);
	run = xasprintf("%s/run", name);
	assert_int_equal(fs_mkdir_p(s->fd, run, 0755, NULL), 0);
	put(s, id, ID "\n");
	assert_int_equal(agent_home_open(dir, &h, &err), 0);
	int fd = agent_home_listen(&h, &err), client = agent_home_connect(&h, &err);
	assert_true(fd >= 0);
	assert_true(client >= 0);
	fd_close(client);
	fd_close(fd);
	agent_home_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_a_home, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(what_is_none, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_home_has_one_agent, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			a_dead_agents_lock_is_waited_for, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(the_socket, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_long_path, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
