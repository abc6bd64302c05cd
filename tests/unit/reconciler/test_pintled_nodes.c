/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The daemon and a host that it reaches over SSH, either way: a real sshd, whose forced command joins the fixture's agent. */
#include "tests/unit/reconciler/pintled_fixture.h"

#include "tests/unit/reconciler/sshd_fixture.h"

struct host {
	struct fixture *f;
	struct sshd sshd;
	char key[1024]; /* public */
};

/* `pintle-agent session` of the programs that this test was built with. */
static char *session_command(const struct fixture *f)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *tests;

	assert_true(n > 0);
	self[n] = '\0';
	tests = strstr(self, "/tests/reconciler/");
	assert_non_null(tests);
	*tests = '\0';
	return xasprintf("%s/pintle-agent --home %s session", self, f->dir);
}

static void configure(struct host *h, const char *more)
{
	_cleanup_(freep) char *path = xasprintf("%s/pintle.conf", h->f->dir);
	_cleanup_(freep) char *text = xasprintf("sshKey: %s/id\n%s", h->sshd.dir, more);

	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0644, 0, NULL), 0);
}

/* HOST: as pintle.dev/ssh has it. TRANSPORT: NULL where the manifest says nothing. */
static void commit_host(struct host *h, const char *host, const char *key, const char *transport)
{
	_cleanup_(freep) char *line = transport ? xasprintf("    pintle.dev/transport: %s\n", transport)
						: xstrdup("");
	_cleanup_(freep) char *text = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  annotations:\n"
		"    pintle.dev/ssh: %s\n    pintle.dev/ssh-host-key: %s\n%s",
		host, key, line);

	commit(h->f->dir, text);
}

static char *address_of_sshd(const struct host *h)
{
	return xasprintf("%s@127.0.0.1:%d", h->sshd.user, h->sshd.port);
}

static int set_up_host(void **state)
{
	struct host *h = xcalloc(1, sizeof(*h));
	_cleanup_(freep) char *command = NULL;

	set_up((void **)&h->f);
	sshd_init(&h->sshd, h->f->loop);
	sshd_keygen(&h->sshd, "id", "ed25519", h->key, sizeof(h->key));
	command = session_command(h->f);
	sshd_authorize(&h->sshd, h->key, command);
	configure(h, "");
	agent_start(h->f);
	*state = h;
	return 0;
}

static int tear_down_host(void **state)
{
	struct host *h = *state;

	stop(h->f);
	sshd_done(&h->sshd);
	tear_down((void **)&h->f);
	free(h);
	return 0;
}

#define NODE "cluster/nodes/n1.json"
#define READY "\"type\":\"Ready\",\"status\":\"True\""

static void check_transport(struct host *h, const char *transport)
{
	_cleanup_(freep) char *host = address_of_sshd(h);

	start(h->f);
	commit_host(h, host, h->sshd.host_key, transport);
	await_file(h->f, NODE, READY);
	assert_int_equal(h->f->welcomes, 1);
	assert_int_equal(h->sshd.served, 1);
}

static void test_by_library(void **state)
{
	check_transport(*state, NULL);
}

static void test_by_program(void **state)
{
	check_transport(*state, "openssh");
}

/* The session ends, and there is another one, by the other way. */
static void test_other_way(void **state)
{
	struct host *h = *state;
	_cleanup_(freep) char *host = address_of_sshd(h);
	nsec_t end = time_monotonic() + PATIENCE;

	check_transport(h, "ssh");
	commit_host(h, host, h->sshd.host_key, "openssh");
	while (h->f->welcomes < 2) {
		if (time_monotonic() > end)
			fail_msg("there is no second session");
		assert_true(loop_turn(h->f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
	assert_int_equal(h->sshd.served, 2);
}

/* What the manifest leaves out is said by ssh_config(5), in the file that pintle.conf names. */
static void test_settings(void **state)
{
	struct host *h = *state;
	_cleanup_(freep) char *conf = xasprintf("sshConfig: %s/ssh_config\n", h->sshd.dir);
	_cleanup_(freep) char *settings = xasprintf(
		"Host far\n HostName 127.0.0.1\n Port %d\n User %s\n", h->sshd.port, h->sshd.user);

	sshd_write(&h->sshd, "ssh_config", settings);
	configure(h, conf);
	start(h->f);
	commit_host(h, "far", h->sshd.host_key, "openssh");
	await_file(h->f, NODE, READY);
}

/* What is wrong is told of the Node, until it is put right. */
static void check_trouble(struct host *h, const char *transport)
{
	_cleanup_(freep) char *host = address_of_sshd(h);

	start(h->f);
	commit_host(h, host, h->sshd.other_key, transport);
	await_file(h->f, NODE, "\"type\":\"Reachable\",\"status\":\"False\"");
	assert_true(file_has(h->f, NODE, "\"reason\":\"HostKeyChanged\""));
	commit_host(h, host, h->sshd.host_key, transport);
	await_file(h->f, NODE, "\"type\":\"Reachable\",\"status\":\"True\"");
	assert_false(file_has(h->f, NODE, "HostKeyChanged"));
}

static void test_trouble_by_library(void **state)
{
	check_trouble(*state, "ssh");
}

static void test_trouble_by_program(void **state)
{
	check_trouble(*state, "openssh");
}

/* A host whose agent has gone mad, and runs SCRIPT: what is told of the Node. */
static void check_madness(struct host *h, const char *script, const char *reason, const char *message)
{
	_cleanup_(freep) char *command = xasprintf("sh %s/agent", h->sshd.dir);
	_cleanup_(freep) char *host = address_of_sshd(h);
	_cleanup_(freep) char *told = xasprintf("\"reason\":\"%s\"", reason);
	struct buf words = BUF_INIT;

	sshd_write(&h->sshd, "agent", script);
	sshd_authorize(&h->sshd, h->key, command);
	start(h->f);
	commit_host(h, host, h->sshd.host_key, NULL);
	await_file(h->f, NODE, told);
	buf_adds(&words, message);
	squeeze(&words);
	assert_true(file_has(h->f, NODE, words.data));
	buf_done(&words);
	assert_true(file_has(h->f, NODE, "\"type\":\"Reachable\",\"status\":\"False\""));
}

static void test_half_a_line(void **state)
{
	check_madness(*state, "printf '{\"type\":\"hel'", "SessionEnded",
		"the agent has closed the session in the middle of a message");
}

static void test_endless_line(void **state)
{
	check_madness(*state, "exec cat /dev/zero", "TooLong",
		"a message of the agent is longer than the protocol allows (16 MiB)");
}

static void test_nonsense(void **state)
{
	check_madness(*state, "echo hello", "BadMessage", "a message of the agent can't be read");
}

static void test_key_refused(void **state)
{
	struct host *h = *state;

	snprintf(h->key, sizeof(h->key), "%s", h->sshd.other_key);
	check_madness(h, "true", "KeyRefused", "authorized_keys");
}

static void test_flood(void **state)
{
	check_madness(*state,
		"echo '{\"type\":\"hello\",\"version\":2,\"minVersion\":1}'; "
		"exec yes '{\"type\":\"pong\"}'",
		"Flood", "the agent says more than 50000 messages in 10 seconds");
}

static void test_byte_a_second(void **state)
{
	check_madness(*state, "printf '{'; while sleep 1; do printf ' '; done", "TooSlow",
		"a message of the agent comes at less than 50 bytes a second");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up_host, tear_down_host)
	const struct CMUnitTest tests[] = {
		T(test_by_library),
		T(test_by_program),
		T(test_other_way),
		T(test_settings),
		T(test_trouble_by_library),
		T(test_trouble_by_program),
		T(test_half_a_line),
		T(test_endless_line),
		T(test_nonsense),
		T(test_key_refused),
		T(test_flood),
		T(test_byte_a_second),
	};

	signal(SIGPIPE, SIG_IGN);
	unsetenv("SSH_AUTH_SOCK");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
