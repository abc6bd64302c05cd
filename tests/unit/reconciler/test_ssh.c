/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Sessions over SSH by libssh2. */
#include "reconciler/transport.h"

static const enum transport_kind kind = TRANSPORT_SSH;
static const unsigned haste = 4;

#include "tests/unit/reconciler/ssh_cases.h"

/* Of a handshake that is broken off libssh2 1.10 forgets a number of OpenSSL's: 56 bytes that nobody else can free. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:CRYPTO_zalloc\n";
}

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

	f->haste = 20;
	f->sshd.banner = "SSH-2.0-Sleepy\r\n";
	dial(f);
	await_trouble(f, "NoAnswer", "%s began to answer, and then did not go on within 20 seconds");
}

static void test_black_hole(void **state)
{
	struct fixture *f = *state;

	f->haste = 20;
	f->sshd.deaf = true;
	dial(f);
	await_trouble(
		f, "NoAnswer", "%s takes the connection, but says nothing within 20 seconds: is it sshd?");
}

/* --- by an SSH agent ---------------------------------------------------------------------------------------------- */

static pid_t agent_pid; /* it doesn't die with us: its group is not ours */

static int tear_down_agent(void **state)
{
	if (agent_pid > 0)
		kill(agent_pid, SIGTERM);
	agent_pid = 0;
	return tear_down(state);
}

/* It says a line once it listens. */
static void agent_start(struct fixture *f, const char *path)
{
	const char *argv[] = { "ssh-agent", "-D", "-a", path, NULL };
	int pipes[2], pidfd;
	char byte;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	const struct proc_fd fds[] = { { pipes[1], 1 } };
	pidfd = proc_spawn(&(struct proc_spec){ .argv = argv, .fds = fds, .fd_count = 1 }, &agent_pid, NULL);
	assert_true(pidfd >= 0);
	loop_reap(f->loop, pidfd);
	fd_close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	fd_close(pipes[0]);
}

static void agent_add(struct fixture *f, const char *agent, const char *name)
{
	_cleanup_(freep) char *key = sshd_path(&f->sshd, name), *env = xasprintf("SSH_AUTH_SOCK=%s", agent);
	const char *argv[] = { "ssh-add", "-q", key, NULL };
	const char *envs[] = { env, NULL };

	assert_int_equal(proc_check(&(struct proc_spec){ .argv = argv, .env = envs }, NULL, NULL), 0);
}

/* The second of its keys is the one; no file is looked at. */
static void test_agent(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "agent.sock");

	agent_start(f, path);
	agent_add(f, path, "other_ed25519");
	agent_add(f, path, "id");
	f->target.agent = path;
	f->target.key = "/nowhere";
	converse(f);
}

static void test_agent_without_the_key(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "agent.sock");

	agent_start(f, path);
	agent_add(f, path, "other_ed25519");
	f->target.agent = path;
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "KeyRefused");
	assert_non_null(strstr(f->trouble.message, " refuses the keys of the SSH agent at "));
}

static void test_agent_without_keys(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "agent.sock");
	_cleanup_(freep) char *text = xasprintf(
		"the SSH agent at %s has no ed25519 or ECDSA key: ssh-add", path);

	agent_start(f, path);
	f->target.agent = path;
	dial(f);
	await_trouble(f, "KeyUnusable", text);
}

static void test_no_key_agent(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "agent.sock");
	_cleanup_(freep) char *text = xasprintf(
		"no SSH agent listens at %s: No such file or directory", path);

	f->target.agent = path;
	dial(f);
	await_trouble(f, "KeyUnusable", text);
}

/* --- peers --------------------------------------------------------------------------------------------------------- */

/* It goes on talking; the window is full, and stays so. */
static void test_peer_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = { .id = 7, .stream = "stdin", .data = { bytes, sizeof(bytes) } };

	f->haste = 10;
	sshd_authorize(&f->sshd, f->key,
		"echo '" HELLO "'; while sleep 0.2 && echo '{\\\"type\\\":\\\"pong\\\"}'; do :; done");
	dial(f);
	await(f, &f->hellos, 1, "hellos");
	for (unsigned i = 0; i < 200; i++)
		wire_write_data(agentlink_out(f->link), &data);
	agentlink_send(f->link);
	await_trouble(f, "TooSlow", "the agent has taken nothing of what it is sent for 20 seconds");
}

/* More than the window in all, which it opens a little at a time. */
static void test_peer_that_reads_slowly(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = { .id = 7, .stream = "stdin", .data = { bytes, sizeof(bytes) } };

	sshd_authorize(&f->sshd, f->key,
		"echo '" HELLO "'; while head -c 300000 | tail -c 1 >/dev/null; do echo; sleep 0.02; echo "
		"'{\\\"type\\\":\\\"pong\\\"}'; done");
	dial(f);
	await(f, &f->hellos, 1, "hellos");
	for (unsigned i = 0; i < 100; i++)
		wire_write_data(agentlink_out(f->link), &data);
	agentlink_send(f->link);
	await(f, &f->messages, 28, "messages");
	assert_int_equal(f->troubles, 0);
	assert_int_equal(f->downs, 0);
}

/* The program is there, and the key may run whatever it likes: that is not how a node should be set up. */
static void test_key_without_a_command(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *config = sshd_path(&f->sshd, "sshd_config");
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	/* BUILD/tests/reconciler/test_ssh */
	assert_true(n > 0);
	self[n] = '\0';
	for (unsigned i = 0; i < 3; i++)
		*strrchr(self, '/') = '\0';
	assert_int_equal(fs_read(AT_FDCWD, config, 1 << 16, &text, NULL), 0);
	/* The first line SetEnv counts. */
	_cleanup_(freep) char *with = xasprintf(
		"SetEnv HOME=%s PATH=%s:/usr/bin:/bin\n%s", f->sshd.dir, self, text.data);
	sshd_write(&f->sshd, "sshd_config", with);
	sshd_authorize(&f->sshd, f->key, NULL);
	dial(f);
	await_trouble(f, "AgentMissing",
		"%s: pintle-agent: this SSH key may run any command: put restrict,command=\"…/pintle-agent "
		"session\" before it in authorized_keys");
}

/* Those that wait for others to be done with their handshakes are not late for it, however long that is. */
static void test_long_wait_at_the_gate(void **state)
{
	struct fixture *f = *state;
	struct gate_ticket others[GATE_MAX];
	nsec_t end;

	for (size_t i = 0; i < GATE_MAX; i++)
		assert_true(gate_enter(f->gate, &others[i], NULL, NULL));
	f->haste = 100;
	dial(f);
	await(f, &f->sshd.served, 1, "connections");
	for (end = time_monotonic() + 3 * LINK_CONNECT_TIME / 100; time_monotonic() < end;)
		assert_true(loop_turn(f->loop, 10 * NSEC_PER_MSEC, NULL) >= 0);
	assert_int_equal(f->troubles, 0);
	assert_int_equal(f->sshd.served, 1);
	for (size_t i = 0; i < GATE_MAX; i++)
		gate_leave(&others[i]);
	/* From now on it has its time, which is little here. */
	while (f->hellos + f->troubles == 0)
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
}

int main(void)
{
#define A(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_agent)
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_session),
		T(test_ecdsa),
		T(test_several_host_keys),
		T(test_much),
		T(test_wrong_host_key),
		T(test_wrong_key),
		A(test_agent),
		A(test_agent_without_the_key),
		A(test_agent_without_keys),
		T(test_no_key_agent),
		T(test_peer_that_does_not_read),
		T(test_key_without_a_command),
		T(test_long_wait_at_the_gate),
		T(test_peer_that_reads_slowly),
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
