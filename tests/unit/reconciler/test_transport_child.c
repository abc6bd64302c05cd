/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Sessions over SSH by the ssh program. */
#include "reconciler/transport.h"

static const enum transport_kind kind = TRANSPORT_CHILD;
/* Connecting takes a new process and its handshake. */
static const unsigned haste = 4;

#include "tests/unit/reconciler/ssh_cases.h"

/* --- the way there ---------------------------------------------------------------------------------------------- */

/* What ssh_config(5) has; %s in TEXT is the directory, %d sshd's port. */
static void settings(struct fixture *f, const char *text)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	for (const char *c = text; *c; c++) {
		if (str_starts(c, "%s"))
			buf_adds(&b, f->sshd.dir);
		else if (str_starts(c, "%d"))
			buf_addf(&b, "%d", f->sshd.port);
		else
			buf_addc(&b, *c);
		c += *c == '%';
	}
	sshd_write(&f->sshd, "ssh_config", b.data);
}

/* Who shows the key "id_jump" may be carried on; the jump host is the same sshd. */
static void make_jump(struct fixture *f)
{
	char jump[1024];

	sshd_keygen(&f->sshd, "id_jump", "ed25519", jump, sizeof(jump));
	_cleanup_(freep) char *known = xasprintf("[127.0.0.1]:%d %s\n", f->sshd.port, f->sshd.host_key);
	_cleanup_(freep) char *keys = xasprintf("restrict,command=\"" ECHO "\" %s\nrestrict,port-forwarding,"
						"command=\"exit 1\" %s\n",
		f->key, jump);

	sshd_write(&f->sshd, "known_jumps", known);
	sshd_write(&f->sshd, "authorized_keys", keys);
}

#define WAY                                                                                        \
	"Host jump\n HostName 127.0.0.1\n Port %d\n IdentityFile %s/id_jump\n UserKnownHostsFile " \
	"%s/known_jumps\n"                                                                         \
	"Host far\n HostName 127.0.0.1\n Port %d\n ProxyJump jump\n"

static void test_jump(void **state)
{
	struct fixture *f = *state;

	make_jump(f);
	settings(f, WAY);
	f->target.user = NULL;
	f->target.host = "far";
	f->target.port = 0;
	converse(f);
	assert_int_equal(f->sshd.served, 2);
}

/* The host key is that of the node also behind a jump host. */
static void test_jump_wrong_host_key(void **state)
{
	struct fixture *f = *state;

	make_jump(f);
	settings(f, WAY);
	f->target.host = "far";
	f->target.host_keys = f->sshd.other_key;
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "HostKeyChanged");
}

static void test_jump_unknown(void **state)
{
	struct fixture *f = *state;

	make_jump(f);
	sshd_write(&f->sshd, "known_jumps", "");
	settings(f, WAY);
	f->target.host = "far";
	f->target.port = 0;
	dial(f);
	_cleanup_(freep) char *text = xasprintf(
		"the way to %s@far that ssh_config(5) tells (ProxyJump, ProxyCommand) leads "
		"nowhere: Host key verification failed.",
		f->sshd.user);
	await_trouble(f, "ConnectFailed", text);
}

static void test_jump_refuses(void **state)
{
	struct fixture *f = *state;

	settings(f, "Host far\n ProxyCommand sh -c 'echo the jump is lame >&2'\n");
	f->target.host = "far";
	f->target.port = 0;
	dial(f);
	_cleanup_(freep) char *text = xasprintf(
		"the way to %s@far that ssh_config(5) tells (ProxyJump, ProxyCommand) leads "
		"nowhere: the jump is lame",
		f->sshd.user);
	await_trouble(f, "ConnectFailed", text);
}

/* --- settings ------------------------------------------------------------------------------------------------------ */

#define CARELESS                                                                                             \
	"StrictHostKeyChecking no\nUserKnownHostsFile %s/known_jumps\nGlobalKnownHostsFile %s/known_jumps\n" \
	"NoHostAuthenticationForLocalhost yes\nKnownHostsCommand /bin/cat %s/known_jumps\n"                  \
	"CheckHostIP no\nVerifyHostKeyDNS yes\nControlMaster auto\nControlPath %s/mux\n"                     \
	"ControlPersist yes\nRemoteCommand true\nRequestTTY force\nForkAfterAuthentication yes\n"            \
	"LocalForward 127.0.0.1:%d 127.0.0.1:1\nExitOnForwardFailure yes\nLogLevel QUIET\n"                  \
	"HostKeyAlias other\nStdinNull yes\nSessionType none\n"

/* What the manifest pins is not for ssh_config(5) to loosen. */
static void test_careless_settings(void **state)
{
	struct fixture *f = *state;

	make_jump(f);
	settings(f, CARELESS);
	f->target.host_keys = f->sshd.other_key;
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "HostKeyChanged");
	assert_int_equal(f->hellos, 0);
}

/* Nor do they come between us and the agent. */
static void test_strange_settings(void **state)
{
	struct fixture *f = *state;

	make_jump(f);
	settings(f, CARELESS);
	converse(f);
}

static void test_bad_settings(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"ssh(1) can't use its settings: %s: terminating, 1 bad configuration options", f->config);

	settings(f, "Frobnicate yes\n");
	dial(f);
	await_trouble(f, "SSHFailed", text);
}

/* Without a key of ours it is for the settings to name one. */
static void test_key_of_the_settings(void **state)
{
	struct fixture *f = *state;

	settings(f, "IdentityFile %s/id\nIdentitiesOnly yes\n");
	f->target.key = "/nonexistent";
	converse(f);
}

static void test_odd_key_path(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "%h a \"key\"");

	assert_int_equal(rename(f->key_path, path), 0);
	f->target.key = path;
	converse(f);
}

/* --- an SSH agent --------------------------------------------------------------------------------------------------- */

static void test_agent(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *socket = sshd_path(&f->sshd, "the agent");
	const char *argv[] = { "ssh-agent", "-D", "-a", socket, NULL };
	const char *add[] = { "ssh-add", "-q", f->key_path, NULL };
	_cleanup_(freep) char *env = xasprintf("SSH_AUTH_SOCK=%s", socket);
	const char *envs[] = { env, NULL };
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct proc_fd fds[] = { { null, 1 } };
	struct err err = { 0 };
	pid_t pid;
	int pidfd = proc_spawn(&(struct proc_spec){ .argv = argv,
				       .fds = fds,
				       .fd_count = 1,
				       .die_with_parent = true,
				       .new_session = true },
		&pid, &err);
	nsec_t end = time_monotonic() + PATIENCE;

	assert_true(pidfd >= 0);
	loop_reap(f->loop, pidfd);
	/* It tells nobody when it listens: asked until it answers. */
	while (proc_check(&(struct proc_spec){ .argv = add, .env = envs }, NULL, &err) < 0)
		if (time_monotonic() > end)
			fail_msg("%s", err_text(&err));
	assert_int_equal(unlink(f->key_path), 0);
	f->target.agent = socket;
	converse(f);
	kill(pid, SIGKILL);
}

/* --- what else goes wrong ------------------------------------------------------------------------------------------- */

static void test_no_ssh_program(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *path = xstrdup(getenv("PATH"));

	setenv("PATH", "/nonexistent", 1);
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	setenv("PATH", path, 1);
	assert_string_equal(f->trouble.reason, "SSHFailed");
	assert_string_equal(f->trouble.message,
		"pintle.dev/transport: openssh needs ssh(1) where pintled runs, and it is not there: install "
		"openssh-client (starting ssh: No such file or directory)");
}

static void test_black_hole(void **state)
{
	struct fixture *f = *state;

	f->haste = 20;
	f->sshd.deaf = true;
	dial(f);
	await_trouble(f, "NoAnswer",
		"ssh has no session with %s within 20 seconds: is the host up, and does its agent run?");
}

/* The agent says nothing; what ssh says meanwhile is told. */
static void test_waits(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, "echo waiting for Godot >&2; exec cat");
	dial(f);
	await_trouble(f, "NoAnswer",
		"ssh has no session with %s within 20 seconds: is the host up, and does its agent run? (ssh "
		"says: "
		"waiting for Godot)");
}

/* Who talks without end to stderr does so in vain. */
static void test_talkative(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, "echo '" HELLO "'; yes >&2 & exec cat");
	converse(f);
}

/* --- the end of a link ---------------------------------------------------------------------------------------------- */

/* The processes that are children of ours, "1 2 3 ". Those of other tests are among them, dead and not reaped. */
static void children(struct buf *ret)
{
	_cleanup_(freep) char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());

	buf_clear(ret);
	assert_int_equal(fs_read(AT_FDCWD, path, 4096, ret, NULL), 0);
}

static void await_children(struct fixture *f, const struct buf *want)
{
	_cleanup_(buf_done) struct buf pids = BUF_INIT;
	nsec_t end = time_monotonic() + PATIENCE;

	for (children(&pids); !str_eq(pids.data, want->data); children(&pids)) {
		if (time_monotonic() > end)
			fail_msg("there still are processes: %s, not %s", pids.data, want->data);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

static void test_no_child_is_left(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf before = BUF_INIT;
	_cleanup_(freep) char *known = sshd_path(&f->sshd, "run/ssh/n1");

	children(&before);
	converse(f);
	assert_true(fs_exists(AT_FDCWD, known));
	f->link = agentlink_free(f->link);
	assert_false(fs_exists(AT_FDCWD, known));
	await_children(f, &before);
}

/* Nor one that hears no SIGTERM. */
static void test_no_stopped_child_is_left(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf before = BUF_INIT, now = BUF_INIT;
	char *rest = NULL;

	children(&before);
	converse(f);
	children(&now);
	for (char *word = strtok_r(now.data, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (getpgid(pid) == pid) /* sshd is in our group */
			kill(pid, SIGSTOP);
	}
	f->link = agentlink_free(f->link);
	await_children(f, &before);
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
		T(test_open_key),
		T(test_refused),
		T(test_unknown_host),
		T(test_no_program),
		T(test_no_agent),
		T(test_half_a_line),
		T(test_nonsense),
		T(test_endless_line),
		T(test_lost),
		T(test_jump),
		T(test_jump_wrong_host_key),
		T(test_jump_unknown),
		T(test_jump_refuses),
		T(test_careless_settings),
		T(test_strange_settings),
		T(test_bad_settings),
		T(test_key_of_the_settings),
		T(test_odd_key_path),
		T(test_agent),
		T(test_no_ssh_program),
		T(test_black_hole),
		T(test_waits),
		T(test_talkative),
		T(test_no_child_is_left),
		T(test_no_stopped_child_is_left),
	};

	signal(SIGPIPE, SIG_IGN);
	unsetenv("SSH_AUTH_SOCK");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
