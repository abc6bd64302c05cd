/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Sessions over SSH by libssh2. */
#include "reconciler/transport.h"

static const enum transport_kind kind = TRANSPORT_SSH;
static const unsigned haste = 20;

#include "tests/unit/reconciler/ssh_cases.h"

static void test_no_key(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "missing");
	_cleanup_(freep) char *text = xasprintf("the key %s: No such file or directory", path);

	f->target.key = path;
	dial(f);
	await_trouble(f, "KeyUnusable", text);
}

static void test_no_ssh(void **state)
{
	struct fixture *f = *state;

	f->sshd.banner = "220 mail.example.org ESMTP\r\n\r\n";
	dial(f);
	await_trouble(f, "SSHFailed", "what answers at %s speaks no SSH");
}

static void test_silence_after_a_word(void **state)
{
	struct fixture *f = *state;

	f->sshd.banner = "SSH-2.0-Sleepy\r\n";
	dial(f);
	await_trouble(f, "NoAnswer", "%s began to answer, and then did not go on within 20 seconds");
}

static void test_black_hole(void **state)
{
	struct fixture *f = *state;

	f->sshd.deaf = true;
	dial(f);
	await_trouble(
		f, "NoAnswer", "%s takes the connection, but says nothing within 20 seconds: is it sshd?");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_session),
		T(test_ecdsa),
		T(test_several_host_keys),
		T(test_much),
		T(test_wrong_host_key),
		T(test_wrong_key),
		T(test_no_key),
		T(test_open_key),
		T(test_refused),
		T(test_unknown_host),
		T(test_lost),
		T(test_no_program),
		T(test_no_agent),
		T(test_half_a_line),
		T(test_nonsense),
		T(test_endless_line),
		T(test_no_ssh),
		T(test_silence_after_a_word),
		T(test_black_hole),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
