/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Sessions over SSH: with a real sshd, and with what goes wrong on the way. These are the cases that are the same whichever way SSH is spoken,
 * down to the sentences. Include behind
 *
 *     kind     of transport
 *     haste    of the link (agentlink.h), which a case may change
 */
#pragma once

#include "tests/unit/reconciler/sshd_fixture.h"

#include "reconciler/agentlink.h"

#define PATIENCE (60 * NSEC_PER_SEC)
/* What a node runs: an agent that says hello, and then says back whatever it is told. */
#define HELLO "{\\\"type\\\":\\\"hello\\\",\\\"version\\\":1,\\\"minVersion\\\":1,\\\"agent\\\":\\\"test\\\"}"
#define ECHO "echo '" HELLO "'; exec cat"

enum { GATE_MAX = 4 };

struct fixture {
	struct loop *loop;
	struct sshd sshd;
	struct gate *gate;
	struct socket_watches *watches;
	char key[2048]; /* public */
	char *key_path, *config;
	struct transport_target target;
	struct agentlink *link;
	unsigned haste;
	unsigned hellos, downs, messages, troubles;
	struct trouble trouble;
	char why[TROUBLE_TEXT_MAX]; /* of the last end */
};

static inline int on_message(
	struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg)
{
	struct fixture *f = arg;

	(void)l;
	(void)why;
	f->hellos += m->type == WIRE_HELLO;
	f->messages += m->type != WIRE_HELLO;
	return 0;
}

static inline void on_down(struct agentlink *l, const char *why, void *arg)
{
	struct fixture *f = arg;

	(void)l;
	snprintf(f->why, sizeof(f->why), "%s", why);
	f->downs++;
}

static inline void on_trouble(struct agentlink *l, const struct trouble *why, void *arg)
{
	struct fixture *f = arg;

	(void)l;
	f->troubles++;
	f->trouble = *why;
}

static inline int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	assert_int_equal(loop_new(&f->loop, NULL), 0);
	sshd_init(&f->sshd, f->loop);
	sshd_keygen(&f->sshd, "id", "ed25519", f->key, sizeof(f->key));
	f->key_path = sshd_path(&f->sshd, "id");
	f->config = sshd_path(&f->sshd, "ssh_config");
	sshd_write(&f->sshd, "ssh_config", "");
	f->haste = haste;
	sshd_authorize(&f->sshd, f->key, ECHO);
	assert_int_equal(gate_new(f->loop, GATE_MAX, &f->gate, NULL), 0);
	assert_int_equal(socket_watches_new(f->loop, &f->watches, NULL), 0);
	f->target = (struct transport_target){
		.kind = kind,
		.user = f->sshd.user,
		.host = "127.0.0.1",
		.port = f->sshd.port,
		.host_keys = f->sshd.host_key,
		.key = f->key_path,
		.gate = f->gate,
		.node = "n1",
		.home = f->sshd.dir,
		.config = f->config,
	};
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	agentlink_free(f->link);
	gate_free(f->gate);
	socket_watches_free(f->watches);
	sshd_done(&f->sshd);
	loop_free(f->loop);
	free(f->key_path);
	free(f->config);
	free(f);
	return 0;
}

static inline void dial(struct fixture *f)
{
	const struct agentlink_spec spec = {
		.node = "n1",
		.target = f->target,
		.watches = f->watches,
		.message = on_message,
		.down = on_down,
		.trouble = on_trouble,
		.arg = f,
		.haste = f->haste,
	};

	assert_int_equal(agentlink_new(f->loop, &spec, &f->link, NULL), 0);
}

/* Turns the loop until *COUNT is at least WANT. */
static inline void await(struct fixture *f, const unsigned *count, unsigned want, const char *what)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (*count < want) {
		if (time_monotonic() > end)
			fail_msg("%u %s, not %u; trouble: %s", *count, what, want, f->trouble.message);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

/* What the node's trouble comes to be; %s in TEXT is the host, as messages name it. */
static inline void await_trouble(struct fixture *f, const char *reason, const char *text)
{
	_cleanup_(freep) char *host = xasprintf("%s@127.0.0.1:%d", f->sshd.user, f->sshd.port);
	const char *at = strstr(text, "%s");
	_cleanup_(freep) char *want = at ? xasprintf("%.*s%s%s", (int)(at - text), text, host, at + 2)
					 : xstrdup(text);

	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.message, want);
	assert_string_equal(f->trouble.reason, reason);
}

/* --- what works ------------------------------------------------------------------------------------------------ */

/* A message goes there and back. */
static inline void converse(struct fixture *f)
{
	dial(f);
	await(f, &f->hellos, 1, "hellos");
	wire_write_ping(agentlink_out(f->link));
	agentlink_send(f->link);
	await(f, &f->messages, 1, "messages");
	assert_int_equal(f->troubles, 0);
	assert_int_equal(f->downs, 0);
}

static inline void test_session(void **state)
{
	converse(*state);
}

static inline void test_ecdsa(void **state)
{
	struct fixture *f = *state;

	sshd_keygen(&f->sshd, "id_ecdsa", "ecdsa", f->key, sizeof(f->key));
	sshd_authorize(&f->sshd, f->key, ECHO);
	_cleanup_(freep) char *path = sshd_path(&f->sshd, "id_ecdsa");
	f->target.key = path;
	f->target.host_keys = f->sshd.ecdsa_key;
	converse(f);
}

/* One of several pinned keys is enough; of those that it has, the host shows one that is pinned. */
static inline void test_several_host_keys(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *keys = xasprintf(
		"# being changed\n%s\n%s\n", f->sshd.other_key, f->sshd.host_key);

	f->target.host_keys = keys;
	converse(f);
}

/* Bytes in both directions at once, far more than any window. */
static inline void test_much(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = { .id = 7, .stream = "stdin", .data = { bytes, sizeof(bytes) } };

	dial(f);
	await(f, &f->hellos, 1, "hellos");
	for (unsigned i = 0; i < 100; i++)
		wire_write_data(agentlink_out(f->link), &data);
	agentlink_send(f->link);
	await(f, &f->messages, 100, "messages");
	assert_int_equal(f->downs, 0);
}

/* --- what doesn't ----------------------------------------------------------------------------------------------- */

static inline void test_wrong_host_key(void **state)
{
	struct fixture *f = *state;

	f->target.host_keys = f->sshd.other_key;
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "HostKeyChanged");
	assert_non_null(strstr(f->trouble.message, " shows the host key SHA256:"));
	assert_non_null(strstr(f->trouble.message, ", which is not that of its manifest (SHA256:"));
}

static inline void test_wrong_key(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->sshd.other_key, ECHO);
	dial(f);
	_cleanup_(freep) char *text = xasprintf("%%s refuses the key %s: its public half belongs into the "
						"user's authorized_keys there, behind "
						"restrict,command=\"…\" (pintle node add does it)",
		f->key_path);
	await_trouble(f, "KeyRefused", text);
}

static inline void test_open_key(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"the key %s may be read by others: chmod 600 %s", f->key_path, f->key_path);

	assert_int_equal(chmod(f->key_path, 0644), 0);
	dial(f);
	await_trouble(f, "KeyUnusable", text);
}

static inline void test_refused(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"127.0.0.1:%d refuses the connection: is sshd running there?", f->sshd.port);

	sshd_stop(&f->sshd);
	dial(f);
	await_trouble(f, "ConnectFailed", text);
}

static inline void test_no_program(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, NULL);
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "AgentMissing");
	assert_non_null(
		strstr(f->trouble.message, " can't run pintle-agent (pintle node add installs it): "));
	assert_non_null(strstr(f->trouble.message, "pintle-agent: command not found"));
}

static inline void test_no_agent(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key,
		"echo a line before >&2; echo 'pintle-agent: connecting to /x/run/agent.sock: Connection "
		"refused' >&2; exit 1");
	dial(f);
	await_trouble(
		f, "AgentMissing", "%s: pintle-agent: connecting to /x/run/agent.sock: Connection refused");
}

static inline void test_half_a_line(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, "printf '{'");
	dial(f);
	await_trouble(f, "SessionEnded", "the agent has closed the session in the middle of a message");
}

static inline void test_nonsense(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, "echo Welcome to Debian; exec cat");
	dial(f);
	await(f, &f->troubles, 1, "troubles");
	assert_string_equal(f->trouble.reason, "BadMessage");
	assert_non_null(strstr(f->trouble.message, "a message of the agent can't be read: "));
}

static inline void test_endless_line(void **state)
{
	struct fixture *f = *state;

	sshd_authorize(&f->sshd, f->key, "echo '" HELLO "'; exec cat /dev/zero");
	dial(f);
	await_trouble(f, "TooLong", "a message of the agent is longer than the protocol allows (16 MiB)");
	assert_int_equal(f->hellos, 1);
	assert_int_equal(f->downs, 1);
}

static inline void test_unknown_host(void **state)
{
	struct fixture *f = *state;

	/* Longer than a label may be: no server of names is asked. */
	f->target.host = "no-such-host-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid";
	dial(f);
	_cleanup_(freep) char *text = xasprintf("the name %s has no address", f->target.host);
	await_trouble(f, "HostUnknown", text);
}

/* sshd dies, as when its host does and says so. */
static inline void test_lost(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"the connection to %s@127.0.0.1:%d is lost", f->sshd.user, f->sshd.port);

	sshd_authorize(&f->sshd, f->key, "echo '" HELLO "'; read line; kill -9 $PPID");
	dial(f);
	await(f, &f->hellos, 1, "hellos");
	wire_write_ping(agentlink_out(f->link));
	agentlink_send(f->link);
	await(f, &f->downs, 1, "ends");
	assert_string_equal(f->why, text);
}
