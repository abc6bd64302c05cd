/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Links to agents that misbehave, each at a Unix socket of the test's; times are so many times shorter as HASTE says. */
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
#include "lib/base/str.h"
#include "reconciler/agentlink.h"

#define PATIENCE (60 * NSEC_PER_SEC)
#define HELLO "{\"type\":\"hello\",\"version\":1,\"minVersion\":1}\n"
enum { HASTE = 20 };

/* An agent, and what its link tells of it. */
struct peer {
	struct loop *loop;
	char name[16];
	int listen, peer;
	struct loop_source *listen_io, *peer_io;
	const char *greeting, *word; /* what it says first */
	const char *drivel;          /* what it says whenever it can, or NULL */
	bool deaf;                   /* it reads nothing */
	bool hasty;                  /* it says its greeting and hangs up */
	struct agentlink *link;
	size_t heard; /* bytes */
	unsigned peers, hellos, messages, downs, troubles;
	struct trouble trouble;
	int result;         /* of its messages that are no hello */
	const char *reason; /* with it */
	unsigned haste;
};
struct fixture {
	char dir[64];
	struct loop *loop;
	struct socket_watches *watches;
	struct peer one, other;
};

/* --- the agent ------------------------------------------------------------------------------------------------- */

static void hang_up(struct peer *n)
{
	n->peer_io = loop_source_free(n->peer_io);
	n->peer = fd_close(n->peer);
}

static int on_peer(int fd, uint32_t events, void *arg)
{
	struct peer *n = arg;
	char bytes[65536];
	ssize_t r;

	if (events & EPOLLOUT)
		(void)send(fd, n->drivel, strlen(n->drivel), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return 0;
	r = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (r == 0 || (r < 0 && errno != EAGAIN))
		hang_up(n);
	else if (r > 0)
		n->heard += (size_t)r;
	return 0;
}

static int on_listen(int fd, uint32_t events, void *arg)
{
	struct peer *n = arg;

	(void)events;
	hang_up(n);
	n->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(n->peer >= 0);
	n->peers++;
	assert_int_equal(
		send(n->peer, n->greeting, strlen(n->greeting), MSG_NOSIGNAL), (ssize_t)strlen(n->greeting));
	if (n->hasty) {
		hang_up(n);
		return 0;
	}
	assert_int_equal(loop_io(n->loop, n->peer, (n->deaf ? 0u : EPOLLIN) | (n->drivel ? EPOLLOUT : 0u),
				 on_peer, n, &n->peer_io, NULL),
		0);
	return 0;
}

static void address_of(const struct fixture *f, const struct peer *n, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s.sock", f->dir, n->name);
}

static void agent_start(struct fixture *f, struct peer *n)
{
	struct sockaddr_un a;

	address_of(f, n, &a);
	n->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(n->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(n->listen, 4), 0);
	assert_int_equal(loop_io(f->loop, n->listen, EPOLLIN, on_listen, n, &n->listen_io, NULL), 0);
}

static void say(struct peer *n, const char *text)
{
	assert_int_equal(send(n->peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* --- the link --------------------------------------------------------------------------------------------------- */

static int on_message(struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg)
{
	struct peer *n = arg;

	(void)l;
	n->hellos += m->type == WIRE_HELLO;
	n->messages += m->type != WIRE_HELLO;
	return m->type != WIRE_HELLO && n->result < 0 ? trouble_set(why, n->result, n->reason, "no") : 0;
}

static void on_down(struct agentlink *l, const char *why, void *arg)
{
	struct peer *n = arg;

	(void)l;
	(void)why;
	n->downs++;
}

static void on_trouble(struct agentlink *l, const struct trouble *why, void *arg)
{
	struct peer *n = arg;

	(void)l;
	n->troubles++;
	n->trouble = *why;
}

static void dial(struct fixture *f, struct peer *n)
{
	struct sockaddr_un a;
	struct agentlink_spec spec = {
		.node = n->name,
		.watches = f->watches,
		.message = on_message,
		.down = on_down,
		.trouble = on_trouble,
		.arg = n,
		.haste = n->haste,
	};

	address_of(f, n, &a);
	spec.target = (struct transport_target){
		.kind = TRANSPORT_UNIX, .path = a.sun_path, .owner = geteuid()
	};
	assert_int_equal(agentlink_new(f->loop, &spec, &n->link, NULL), 0);
}

static void await(struct fixture *f, const unsigned *count, unsigned want, const char *what)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (*count < want) {
		if (time_monotonic() > end)
			fail_msg("%u %s, not %u", *count, what, want);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

static void await_trouble(struct fixture *f, struct peer *n, const char *reason, const char *text)
{
	await(f, &n->troubles, 1, "troubles");
	assert_string_equal(n->trouble.message, text);
	assert_string_equal(n->trouble.reason, reason);
}

static void peer_init(struct fixture *f, struct peer *n, const char *name)
{
	*n = (struct peer){ .loop = f->loop, .listen = -1, .peer = -1, .greeting = HELLO, .haste = HASTE };
	snprintf(n->name, sizeof(n->name), "%s", name);
}

static void peer_done(struct peer *n)
{
	agentlink_free(n->link);
	hang_up(n);
	loop_source_free(n->listen_io);
	fd_close(n->listen);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pintle-link-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	assert_int_equal(socket_watches_new(f->loop, &f->watches, NULL), 0);
	peer_init(f, &f->one, "one");
	peer_init(f, &f->other, "other");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	peer_done(&f->one);
	peer_done(&f->other);
	socket_watches_free(f->watches);
	loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static void meet(struct fixture *f, struct peer *n)
{
	agent_start(f, n);
	dial(f, n);
	await(f, &n->hellos, 1, "hellos");
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

static void test_no_agent(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"no agent listens at %s/one.sock: No such file or directory; is pintle-agent running?",
		f->dir);

	dial(f, &f->one);
	await_trouble(f, &f->one, "AgentMissing", text);
	/* It comes. */
	agent_start(f, &f->one);
	await(f, &f->one.hellos, 1, "hellos");
}

/* A session that ends and can be had again at once is no trouble of the node's. */
static void test_agent_starts_anew(void **state)
{
	struct fixture *f = *state;

	f->one.haste = 1;
	meet(f, &f->one);
	for (unsigned i = 1; i <= 3; i++) {
		hang_up(&f->one);
		await(f, &f->one.hellos, i + 1, "hellos");
	}
	assert_int_equal(f->one.downs, 3);
	assert_int_equal(f->one.troubles, 0);
}

/* One that ends each session at once is called less and less often. */
static void test_agent_that_hangs_up(void **state)
{
	struct fixture *f = *state;
	nsec_t begin = time_monotonic(), least = 0;

	f->one.hasty = true;
	meet(f, &f->one);
	await(f, &f->one.hellos, 8, "hellos");
	for (unsigned i = 0; i < 5; i++)
		least += (50 * NSEC_PER_MSEC << i) / 4 * 3 / HASTE;
	assert_true(time_monotonic() - begin > least);
	assert_string_equal(f->one.trouble.reason, "SessionEnded");
}

static void test_no_hello(void **state)
{
	struct fixture *f = *state;

	f->one.greeting = "{\"type\":\"report\",\"seq\":1}\n";
	agent_start(f, &f->one);
	dial(f, &f->one);
	await_trouble(f, &f->one, "BadMessage",
		"the agent begins with something else than a hello: is it pintle-agent?");
	assert_int_equal(f->one.messages, 0);
}

static void test_not_a_word(void **state)
{
	struct fixture *f = *state;

	f->one.greeting = "";
	agent_start(f, &f->one);
	dial(f, &f->one);
	await_trouble(f, &f->one, "NoAnswer", "the connection is there, but no agent says hello");
}

/* What the message's callback says is told of the node. */
static void test_refused_message(void **state)
{
	struct fixture *f = *state;

	f->one.result = -EPROTO;
	f->one.reason = TROUBLE_WRONG_CLUSTER;
	meet(f, &f->one);
	say(&f->one, "{\"type\":\"pong\"}\n");
	await_trouble(f, &f->one, "WrongCluster", "no");
	assert_int_equal(f->one.downs, 1);
}

/* … or not, where it has no reason. */
static void test_reason_of_ours(void **state)
{
	struct fixture *f = *state;

	f->one.result = -EBUSY;
	meet(f, &f->one);
	say(&f->one, "{\"type\":\"pong\"}\n");
	await(f, &f->one.downs, 1, "ends");
	await(f, &f->one.hellos, 2, "hellos");
	assert_int_equal(f->one.troubles, 0);
}

static void test_ping(void **state)
{
	struct fixture *f = *state;

	meet(f, &f->one);
	while (f->one.heard == 0)
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	assert_int_equal(f->one.heard, strlen("{\"type\":\"ping\"}\n"));
	say(&f->one, "{\"type\":\"pong\"}\n");
	while (f->one.heard < 2 * strlen("{\"type\":\"ping\"}\n"))
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	assert_int_equal(f->one.downs, 0);
}

static void test_silence(void **state)
{
	struct fixture *f = *state;

	meet(f, &f->one);
	await_trouble(
		f, &f->one, "NoAnswer", "the agent has said nothing for 20 seconds, not even to a ping");
	assert_int_equal(f->one.downs, 1);
	/* It is called again, and says hello: a session once more. */
	await(f, &f->one.hellos, 2, "hellos");
}

static void test_takes_nothing(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = { .id = 1, .stream = "stdin", .data = { bytes, sizeof(bytes) } };

	f->one.deaf = true;
	f->one.drivel = "{\"type\":\"data\",\"id\":1,\"stream\":\"stdout\",\"data\":\"\"}\n";
	meet(f, &f->one);
	for (unsigned i = 0; i < 50; i++)
		wire_write_data(agentlink_out(f->one.link), &data);
	agentlink_send(f->one.link);
	await_trouble(f, &f->one, "TooSlow", "the agent has taken nothing of what it is sent for 20 seconds");
}

static void test_backlog(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[WIRE_DATA_MAX];
	const struct wire_data data = { .id = 1, .stream = "stdin", .data = { bytes, sizeof(bytes) } };
	size_t given = 0;

	f->one.deaf = true;
	meet(f, &f->one);
	while (agentlink_is_up(f->one.link)) {
		given += agentlink_out(f->one.link)->len;
		wire_write_data(agentlink_out(f->one.link), &data);
		agentlink_send(f->one.link);
		assert_true(f->one.downs > 0 || agentlink_out(f->one.link)->len < 2 * LINK_BACKLOG_MAX);
	}
	assert_true(given > LINK_BACKLOG_MAX);
	assert_string_equal(f->one.trouble.reason, "TooSlow");
	assert_string_equal(f->one.trouble.message, "the agent takes too little of what it is sent");
}

static int on_tick(void *arg)
{
	struct peer *n = arg;

	say(n, n->word);
	return 0;
}

/* WORD five times in each silence that would be too much, until there is trouble. */
static void drip(struct fixture *f, const char *word)
{
	struct loop_source *tick = NULL;
	unsigned ticks = 0;

	f->one.greeting = "{";
	f->one.word = word;
	f->one.haste = 2 * HASTE;
	agent_start(f, &f->one);
	dial(f, &f->one);
	await(f, &f->one.peers, 1, "connections");
	assert_int_equal(loop_timer(f->loop, NSEC_NEVER, on_tick, &f->one, &tick, NULL), 0);
	for (nsec_t next = 0; f->one.troubles == 0;) {
		if (time_monotonic() >= next) {
			next = time_monotonic() + LINK_SILENCE / f->one.haste / 5;
			loop_timer_set(tick, next);
			ticks++;
		}
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	}
	loop_source_free(tick);
	assert_int_equal(f->one.peers, 1);
	assert_true(ticks >= 5);
}

/* A byte at a time, each long before the silence would be too much. */
static void test_byte_after_byte(void **state)
{
	struct fixture *f = *state;

	drip(f, " ");
	await_trouble(f, &f->one, "TooSlow", "a message of the agent comes at less than 50 bytes a second");
}

/* At a pace that is borne; but it does not end. */
static void test_slow_line(void **state)
{
	struct fixture *f = *state;
	char word[LINK_PACE_BYTES + 1];

	memset(word, ' ', LINK_PACE_BYTES);
	word[LINK_PACE_BYTES] = '\0';
	drip(f, word);
	await_trouble(f, &f->one, "TooSlow", "a message of the agent was not whole after 5 minutes");
}

static void test_half_a_line(void **state)
{
	struct fixture *f = *state;

	f->one.greeting = "{\"type\":";
	agent_start(f, &f->one);
	dial(f, &f->one);
	while (f->one.troubles == 0) {
		if (f->one.peer >= 0)
			hang_up(&f->one);
		assert_true(loop_turn(f->loop, PATIENCE, NULL) >= 0);
	}
	await_trouble(
		f, &f->one, "SessionEnded", "the agent has closed the session in the middle of a message");
}

static void test_nonsense(void **state)
{
	struct fixture *f = *state;

	meet(f, &f->one);
	say(&f->one, "what?\n");
	await(f, &f->one.troubles, 1, "troubles");
	assert_string_equal(f->one.trouble.reason, "BadMessage");
}

/* One that talks without end, and one that is answered meanwhile: each turn has room for both. */
static void test_flood(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *drivel = xcalloc(1, (1 << 20) + 1);
	const char *line = "{\"type\":\"pong\"}\n";
	nsec_t end = time_monotonic() + PATIENCE;
	unsigned turns = 0;

	for (size_t i = 0; i < 1 << 20; i++)
		drivel[i] = line[i % strlen(line)];
	f->one.drivel = drivel;
	meet(f, &f->one);
	meet(f, &f->other);
	for (unsigned i = 0; i < 100; i++) {
		unsigned want = f->other.messages + 1;

		say(&f->other, line);
		for (turns = 0; f->other.messages < want; turns++) {
			assert_true(turns < 5);
			assert_true(time_monotonic() < end);
			assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
		}
	}
	assert_true(f->one.messages > f->other.messages);
	assert_int_equal(f->other.troubles, 0);
	/* It is cut off before long. */
	await_trouble(f, &f->one, "Flood",
		"the agent says more than 50000 messages in 10 seconds, as none should: see its log, and "
		"start it anew");
	assert_int_equal(f->other.troubles, 0);
}

static void test_endless_line(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *drivel = xcalloc(1, (1 << 16) + 1);

	memset(drivel, ' ', 1 << 16);
	f->one.drivel = drivel;
	meet(f, &f->one);
	await_trouble(
		f, &f->one, "TooLong", "a message of the agent is longer than the protocol allows (16 MiB)");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_no_agent),
		T(test_agent_starts_anew),
		T(test_agent_that_hangs_up),
		T(test_no_hello),
		T(test_not_a_word),
		T(test_refused_message),
		T(test_reason_of_ours),
		T(test_ping),
		T(test_silence),
		T(test_takes_nothing),
		T(test_backlog),
		T(test_byte_after_byte),
		T(test_slow_line),
		T(test_half_a_line),
		T(test_nonsense),
		T(test_flood),
		T(test_endless_line),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
