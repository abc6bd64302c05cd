/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "tests/share/sshd.h"

static void must(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err_text(err));
}

static int set_up(void **state)
{
	struct sshd *s = xcalloc(1, sizeof(*s));
	struct err err = { 0 };

	*state = s;
	must(sshd_init(s, &err), &err);
	must(sshd_start(s, NULL, &err), &err);
	return 0;
}

static int tear_down(void **state)
{
	sshd_done(*state);
	free(*state);
	return 0;
}

/* ssh(1) with the key at PATH, to its end. */
static void run_ssh(const struct sshd *s, const char *path, struct proc_result *ret)
{
	_cleanup_(freep) char *known = xasprintf("UserKnownHostsFile=%s/known_hosts", s->dir);
	_cleanup_(freep) char *port = xasprintf("%d", s->port);
	const char *const argv[] = { "ssh", "-F", "none", "-o", known, "-o", "StrictHostKeyChecking=no", "-o",
		"BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", path, "-p", port, "-l", s->user,
		"127.0.0.1", "whatever", NULL };

	struct err err = { 0 };

	must(proc_run(&(struct proc_spec){ .argv = argv, .timeout = 20 * NSEC_PER_SEC }, ret, &err), &err);
}

static void test_a_key_runs_its_command(void **state)
{
	struct sshd *s = *state;
	struct err err = { 0 };
	static const char *const types[] = { "ed25519", "ecdsa" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		_cleanup_(proc_result_done) struct proc_result r = { 0 };
		_cleanup_(freep) char *key = sshd_key(s, types[i], types[i], &err);

		assert_non_null(key);
		must(sshd_allow(s, key, "echo it is me", &err), &err);
		run_ssh(s, key, &r);
		assert_int_equal(r.status, 0);
		assert_string_equal(r.out.data, "it is me\n");
	}
}

static void test_another_key_does_not(void **state)
{
	struct sshd *s = *state;
	struct err err = { 0 };
	_cleanup_(proc_result_done) struct proc_result r = { 0 };
	_cleanup_(freep) char *key = sshd_key(s, "ed25519", "stranger", &err);

	run_ssh(s, key, &r);
	assert_int_equal(r.status, 255);
	assert_non_null(strstr(r.errs.data, "Permission denied"));
}

static void test_a_session_joins_the_socket(void **state)
{
	struct sshd *s = *state;
	struct err err = { 0 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_(proc_result_done) struct proc_result r = { 0 };
	_cleanup_(freep) char *key = sshd_key(s, "ed25519", "client", &err);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(s->agent) < sizeof(a.sun_path));
	strcpy(a.sun_path, s->agent);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	must(sshd_allow(s, key, NULL, &err), &err);
	run_ssh(s, key, &r); /* stdin is at its end, and so is the session */
	assert_int_equal(r.status, 0);
	_cleanup_(closep) int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(peer >= 0);
}

static void test_it_comes_again_on_its_port(void **state)
{
	struct sshd *s = *state;
	struct err err = { 0 };
	_cleanup_(freep) char *key = sshd_key(s, "ed25519", "client", &err);
	int port = s->port;

	must(sshd_allow(s, key, "true", &err), &err);
	sshd_stop(s);
	_cleanup_(proc_result_done) struct proc_result stopped = { 0 };
	run_ssh(s, key, &stopped);
	assert_int_equal(stopped.status, 255);
	must(sshd_start(s, NULL, &err), &err);
	assert_int_equal(s->port, port);
	_cleanup_(proc_result_done) struct proc_result started = { 0 };
	run_ssh(s, key, &started);
	assert_int_equal(started.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_key_runs_its_command, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_key_does_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_session_joins_the_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_it_comes_again_on_its_port, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
