/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/home.h"

struct fixture {
	char top[64];
	char dir[80];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->top, "/tmp/pintle-home-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/home", f->top);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fs_remove_tree(AT_FDCWD, f->top, NULL);
	free(f);
	return 0;
}

static struct home *create_and_open(struct fixture *f, const struct home_options *options)
{
	struct home *h = NULL;
	struct err err = { 0 };

	if (home_create(f->dir, options, &err) < 0 || home_open(f->dir, &h, &err) < 0)
		fail_msg("%s", err.text);
	return h;
}

static void write_config(struct fixture *f, const char *text)
{
	_cleanup_(freep) char *path = xasprintf("%s/pintle.conf", f->dir);

	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0644, 0, NULL), 0);
}

static void test_create(void **state)
{
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL), *again;

	assert_int_equal(strlen(h->cluster_id), 32);
	assert_int_equal(strlen(h->short_id), 8);
	assert_memory_equal(h->short_id, h->cluster_id, 8);
	assert_null(h->config.repository);
	assert_string_equal(h->config.branch, "main");
	assert_string_equal(h->config.path, "");
	assert_int_equal(h->config.interval, 60 * NSEC_PER_SEC);
	_cleanup_(freep) char *key = xasprintf("%s/ssh/id_ed25519", f->dir);
	assert_string_equal(h->config.ssh_key, key);
	assert_null(h->config.ssh_agent);
	assert_true(fs_exists(h->fd, "desired.git/HEAD"));
	assert_true(fs_exists(h->fd, "actual"));
	_cleanup_(freep) char *repository = home_repository(h);
	_cleanup_(freep) char *want = xasprintf("%s/desired.git", f->dir);
	assert_string_equal(repository, want);
	/* Idempotent: the same cluster. */
	again = create_and_open(f, NULL);
	assert_string_equal(again->cluster_id, h->cluster_id);
	home_free(again);
	home_free(h);
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	struct home_options o = {
		.repository = "https://example.org/a.git", .branch = "prod", .path = "/k8s/"
	};
	struct home *h = create_and_open(f, &o);
	struct err err = { 0 };

	assert_string_equal(h->config.repository, o.repository);
	assert_string_equal(h->config.branch, "prod");
	assert_string_equal(h->config.path, "k8s");
	assert_false(fs_exists(h->fd, "desired.git"));
	o.path = NULL;
	assert_int_equal(home_create(f->dir, &o, &err), 0);
	o.branch = "main";
	assert_int_equal(home_create(f->dir, &o, &err), -EEXIST);
	assert_non_null(strstr(err.text, "branch prod"));
	home_free(h);
}

/* What is kept of a path does not depend on who reads it from where. */
static void test_relative_repository(void **state)
{
	static const struct {
		const char *asked, *below; /* kept: this below the fixture's top */
	} cases[] = { { "work", "/a/b/work" }, { "./work", "/a/b/work" },
		{ "../work/x.git", "/a/work/x.git" }, { "../../work", "/work" }, { ".././/../c", "/c" },
		{ ".", "/a/b" }, { "..", "/a" }, { "..work", "/a/b/..work" },
		{ "../../../../../../../../../../etc", NULL } };
	struct fixture *f = *state;
	_cleanup_(freep) char *before = getcwd(NULL, 0), *below = xasprintf("%s/a/b", f->top);

	assert_int_equal(fs_mkdir_p(AT_FDCWD, below, 0755, NULL), 0);
	assert_int_equal(chdir(below), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct home_options o = { .repository = cases[i].asked };
		_cleanup_(freep) char *want = cases[i].below ? xasprintf("%s%s", f->top, cases[i].below)
							     : xstrdup("/etc");
		struct home *h = create_and_open(f, &o), *again;

		assert_string_equal(h->config.repository, want);
		/* The same words from the same place ask for the same thing. */
		again = create_and_open(f, &o);
		home_free(again);
		assert_int_equal(unlinkat(h->fd, "pintle.conf", 0), 0);
		home_free(h);
	}
	assert_int_equal(chdir(before), 0);
}

static void test_no_home(void **state)
{
	struct fixture *f = *state;
	struct home *h = NULL;
	struct err err = { 0 };

	assert_int_equal(home_open(f->dir, &h, &err), -ENOENT);
	assert_non_null(strstr(err.text, "pintle init"));
	assert_int_equal(home_open(f->top, &h, &err), -ENOENT);
	assert_int_equal(home_open("/proc/self/status", &h, &err), -ENOTDIR);
	assert_null(h);
}

static void test_config_problems(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "branch: 1\nlisten: nonsense\n", "pintle.conf:2" },
		{ "brunch: x\n", "brunch" },
		{ "interval: 5ms\n", "interval" },
		{ "path: a/../../b\n", "path" },
		{ "branch: \"a..b\"\n", "branch" },
		{ "- a\n", "pintle.conf" },
		{ "a: [\n", "pintle.conf" },
	};
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL);

	home_free(h);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };

		write_config(f, cases[i].text);
		if (home_open(f->dir, &h, &err) != -EBADMSG || !strstr(err.text, cases[i].want))
			fail_msg("%s: expected -EBADMSG naming \"%s\", got: %s", cases[i].text, cases[i].want,
				err.text);
	}
}

static void test_config_values(void **state)
{
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL);

	home_free(h);
	write_config(f, "repository: ../work\nbranch: team/web\npath: apps/\ninterval: 2m30s\nlisten: "
			"\"[::1]:80\"\nsshKey: /etc/key\nsshAgent: run/keys\n");
	assert_int_equal(home_open(f->dir, &h, NULL), 0);
	_cleanup_(freep) char *want = xasprintf("%s/../work", f->dir);
	assert_string_equal(h->config.repository, want);
	assert_string_equal(h->config.branch, "team/web");
	assert_string_equal(h->config.path, "apps");
	assert_int_equal(h->config.interval, 150 * NSEC_PER_SEC);
	assert_string_equal(h->config.listen, "[::1]:80");
	assert_string_equal(h->config.ssh_key, "/etc/key");
	_cleanup_(freep) char *agent = xasprintf("%s/run/keys", f->dir);
	assert_string_equal(h->config.ssh_agent, agent);
	home_free(h);
}

static void test_claim(void **state)
{
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL);
	struct err err = { 0 };
	int status, fd;
	pid_t pid;

	assert_int_equal(home_running(h, "pintled"), 0);
	fd = home_claim(h, "pintled", &err);
	assert_true(fd >= 0);
	assert_int_equal(home_running(h, "pintled"), getpid());
	assert_int_equal(home_running(h, "pintle-agent"), 0);
	assert_int_equal(home_claim(h, "pintled", &err), -EWOULDBLOCK);
	assert_non_null(strstr(err.text, "runs already"));
	fd_close(fd);
	assert_int_equal(home_running(h, "pintled"), 0);

	/* Someone who took it and died: stale. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(home_claim(h, "pintled", NULL) >= 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(home_running(h, "pintled"), 0);
	fd = home_claim(h, "pintled", &err);
	assert_true(fd >= 0);
	fd_close(fd);
	home_free(h);
}

static void test_term(void **state)
{
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL);
	uint64_t term = 99;
	struct err err = { 0 };

	assert_int_equal(home_term_read(h, &term, NULL), 0);
	assert_int_equal(term, 0);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(term, 1);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(home_term_read(h, &term, NULL), 0);
	assert_int_equal(term, 2);
	assert_int_equal(fs_write(h->fd, "term", "x\n", 2, 0644, 0, NULL), 0);
	assert_int_equal(home_term_next(h, &term, &err), -EBADMSG);
	assert_int_equal(term, 2);
	home_free(h);
}

/* Whom another one has replaced takes no term until he is told to. */
static void test_fence(void **state)
{
	struct fixture *f = *state;
	struct home *h = create_and_open(f, NULL);
	uint64_t term = 99;
	struct err err = { 0 };

	/* Nothing to take over from. */
	assert_int_equal(home_take_over(h, NULL), 0);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(term, 1);
	assert_int_equal(home_fence(h, 4, "host:1:2", NULL), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(home_term_next(h, &term, &err), -ESTALE);
	assert_non_null(strstr(err_text(&err), "a reconciler with term 4, host:1:2 has taken over from "));
	assert_int_equal(home_term_read(h, &term, NULL), 0);
	assert_int_equal(term, 1);
	assert_int_equal(home_take_over(h, NULL), 0);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(term, 5);
	/* The same term of another holder; one that is long past. */
	assert_int_equal(home_fence(h, 6, NULL, NULL), 0);
	err = (struct err){ 0 };
	assert_int_equal(home_term_next(h, &term, &err), -ESTALE);
	assert_non_null(strstr(err_text(&err), "a reconciler with term 6 has taken over from "));
	assert_int_equal(home_fence(h, 5, NULL, NULL), 0);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(term, 6);
	assert_int_equal(home_take_over(h, NULL), 0);
	assert_int_equal(home_term_next(h, &term, NULL), 0);
	assert_int_equal(term, 7);
	assert_int_equal(fs_write(h->fd, "fenced", "x y\n", 4, 0644, 0, NULL), 0);
	assert_int_equal(home_term_next(h, &term, &err), -EBADMSG);
	home_free(h);
}

/* A home made by root in a user's directory stays that user's. */
static void test_owner(void **state)
{
	struct fixture *f = *state;
	struct home *h;
	struct stat st;

	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(f->dir, 0755), 0);
	assert_int_equal(chown(f->dir, 65534, 65534), 0);
	h = create_and_open(f, NULL);
	assert_int_equal(h->uid, 65534);
	static const char *const made[] = { "cluster-id", "pintle.conf", "actual", "run", "desired.git",
		"desired.git/HEAD", "desired.git/refs/heads" };
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		assert_int_equal(fstatat(h->fd, made[i], &st, 0), 0);
		if (st.st_uid != 65534)
			fail_msg("%s: expected user 65534, is %u", made[i], (unsigned)st.st_uid);
	}
	home_free(h);
}

/* Git would stumble over root's configuration. */
static void test_drop_privileges(void **state)
{
	struct fixture *f = *state;
	struct home *h;
	int status;

	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(f->dir, 0755), 0);
	assert_int_equal(chown(f->dir, 65534, 65534), 0);
	h = create_and_open(f, NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("HOME", "/root", 1);
		setenv("XDG_CONFIG_HOME", "/root/.config", 1);
		_exit(home_drop_privileges(h, NULL) < 0 ? 1
			: geteuid() != 65534            ? 2
			: !str_eq(getenv("HOME"), getpwuid(65534)->pw_dir) ||
					!str_eq(getenv("USER"), "nobody") || getenv("XDG_CONFIG_HOME")
				? 3
				: 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	home_free(h);
}

static void test_owner_behind_sudo(void **state)
{
	struct fixture *f = *state;
	struct home *h;

	if (geteuid() != 0)
		skip();
	setenv("SUDO_UID", "65533", 1);
	setenv("SUDO_GID", "65532", 1);
	h = create_and_open(f, NULL);
	assert_int_equal(h->uid, 65533);
	assert_int_equal(h->gid, 65532);
	home_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_relative_repository, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_home, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_config_problems, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_config_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_claim, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_term, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_drop_privileges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner_behind_sudo, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
