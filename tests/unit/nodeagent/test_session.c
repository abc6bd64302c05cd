/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The agent's end of the protocol, spoken to over its socket; without pods, which need root (tests/e2e has them). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/wire/wire.h"
#include "nodeagent/session.h"
#include "tests/unit/nodeagent/agent_fixture.h"

#define BOUND FIXTURE_BOUND
#define CLUSTER FIXTURE_CLUSTER

struct fixture {
	struct ground g;
	struct sessions *sessions;
};

static int on_changed(void *arg)
{
	struct fixture *f = arg;

	return f->sessions ? sessions_changed(f->sessions) : 0;
}

/* A listening socket in the scratch directory. */
static int listener(struct fixture *f, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/sock", f->g.dir->path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void open_agent_with(struct fixture *f, int64_t protocol, nsec_t silence)
{
	struct sockaddr_un address;
	struct err err = { 0 };

	ground_open(&f->g, on_changed, f);
	struct session_options options = {
		.node = &f->g.node,
		.identity = &f->g.identity,
		.cluster_id = CLUSTER,
		.pods = f->g.pods,
		.listen_fd = listener(f, &address),
		.owner = geteuid(),
		.protocol = protocol,
		.silence = silence,
	};
	if (sessions_new(&options, &f->sessions, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void open_agent(struct fixture *f)
{
	open_agent_with(f, 0, 0);
}

static void close_agent(struct fixture *f)
{
	f->sessions = sessions_free(f->sessions);
	ground_close(&f->g);
	unlinkat(f->g.dir->fd, "sock", 0);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *dir = NULL;
	int r = scratch_setup(&dir);

	f->g.dir = dir;
	*state = f;
	open_agent(f);
	return r;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *dir = f->g.dir;

	close_agent(f);
	free(f);
	return scratch_teardown(&dir);
}

/* --- a reconciler ----------------------------------------------------------------------------------------- */

struct client {
	struct fixture *f;
	int fd;
	struct wire_reader in;
	struct wire_message message; /* the last one */
	bool ended;
};

static void feed(struct client *c)
{
	char data[65536];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		c->ended = true;
	if (n > 0)
		wire_reader_feed(&c->in, data, (size_t)n);
}

/* Turns the loop until a whole line is there, the session ends (false), or it takes too long (fails). */
static bool next(struct client *c)
{
	nsec_t deadline = time_monotonic() + BOUND;
	struct err err = { 0 };
	const char *line;
	size_t len;
	int r;

	wire_message_done(&c->message);
	c->message = (struct wire_message){ 0 };
	while ((r = wire_reader_line(&c->in, &line, &len)) == 0 && !c->ended) {
		assert_true(time_monotonic() < deadline);
		assert_true(loop_turn(c->f->g.node.loop, NSEC_PER_MSEC, NULL) >= 0);
		feed(c);
	}
	if (r <= 0)
		return false;
	if (wire_parse(line, len, &c->message, &err) < 0)
		fail_msg("%s: %s", err_text(&err), line);
	return true;
}

static struct client client_connect(struct fixture *f)
{
	struct client c = { .f = f, .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", f->g.dir->path);
	wire_reader_init(&c.in, 0);
	assert_int_equal(connect(c.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_HELLO);
	return c;
}

static void client_done(struct client *c)
{
	wire_message_done(&c->message);
	wire_reader_done(&c->in);
	fd_close(c->fd);
}

static void say(struct client *c, const struct buf *text)
{
	assert_int_equal(send(c->fd, text->data, text->len, MSG_NOSIGNAL), (ssize_t)text->len);
}

static void say_text(struct client *c, const char *text)
{
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void welcome(struct client *c, int64_t term, const char *holder)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct wire_welcome m = { .version = WIRE_VERSION,
		.cluster_id = CLUSTER,
		.node = "n",
		.term = term,
		.holder = holder,
		.dns_domain = "cluster.local" };

	wire_write_welcome(&text, &m);
	say(c, &text);
}

static void welcomed(struct client *c, int64_t term, const char *holder)
{
	welcome(c, term, holder);
	assert_true(next(c));
	assert_int_equal(c->message.type, WIRE_REPORT);
	assert_non_null(c->message.report->node);
}

static void expect_error(struct client *c, const char *code, const char *text)
{
	assert_true(next(c));
	assert_int_equal(c->message.type, WIRE_ERROR);
	assert_string_equal(c->message.error->code, code);
	if (text)
		assert_string_equal(c->message.error->message, text);
}

/* --- who is obeyed ------------------------------------------------------------------------------------------ */

static void the_first_reconciler(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	assert_int_equal(c.message.hello->version, WIRE_VERSION);
	assert_int_equal(c.message.hello->term, 0);
	assert_non_null(c.message.hello->status);
	assert_non_null(c.message.hello->pressure);
	assert_in_range(c.message.hello->pressure->cpu, 0, 100);
	assert_int_equal(strlen(c.message.hello->boot_id), 36);
	welcomed(&c, 5, "a");
	assert_int_equal(c.message.report->seq, 1);
	assert_int_equal(c.message.report->pods.count, 0);
	say_text(&c, "{\"type\":\"ping\"}\n\n");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_PONG);
	client_done(&c);
	/* What it said is told to the next one, also by an agent that has started anew. */
	close_agent(f);
	open_agent(f);
	c = client_connect(f);
	assert_int_equal(c.message.hello->term, 5);
	assert_string_equal(c.message.hello->holder, "a");
	assert_string_equal(c.message.hello->node, "n");
	assert_string_equal(c.message.hello->cluster_id, CLUSTER);
	client_done(&c);
}

static void the_highest_term_is_obeyed(void **state)
{
	struct fixture *f = *state;
	struct client a = client_connect(f), b = client_connect(f), c = client_connect(f);

	welcomed(&a, 5, "a");
	/* An older one, and another one of the same term. */
	welcome(&b, 4, "b");
	expect_error(&b, "Fenced", "term 5 of a is in force here");
	assert_true(b.message.error->term.set);
	assert_int_equal(b.message.error->term.value, 5);
	assert_false(next(&b));
	welcome(&c, 5, "c");
	expect_error(&c, "Fenced", "term 5 of a is in force here");
	assert_false(next(&c));
	client_done(&b);
	client_done(&c);
	/* The same again: its session before has broken without our knowing. */
	b = client_connect(f);
	welcomed(&b, 5, "a");
	assert_false(next(&a));
	c = client_connect(f);
	welcomed(&c, 6, "c");
	assert_false(next(&b));
	client_done(&a);
	client_done(&b);
	client_done(&c);
}

/* Says what it has to say, with version VERSION, and then nothing. */
static void welcome_by(struct client *c, int64_t version)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct wire_welcome m = {
		.version = version, .cluster_id = CLUSTER, .node = "n", .term = 1, .holder = "a"
	};

	wire_write_welcome(&text, &m);
	say(c, &text);
	assert_true(next(c));
	assert_int_equal(c->message.type, WIRE_REPORT);
}

static void silence_ends_a_session(void **state)
{
	struct fixture *f = *state;
	nsec_t limit = 200 * NSEC_PER_MSEC, begin = time_monotonic();
	struct client c, one, mute;

	close_agent(f);
	open_agent_with(f, 0, limit);
	one = client_connect(f);
	welcome_by(&one, 1);
	client_done(&one);
	one = client_connect(f);
	welcome_by(&one, 1);
	/* Not welcomed, and silent. */
	mute = client_connect(f);
	assert_false(next(&mute));
	assert_true(time_monotonic() - begin >= limit);
	client_done(&mute);
	/* One of version 1 says nothing where there is nothing to say. */
	for (begin = time_monotonic(); time_monotonic() - begin < 2 * limit;)
		assert_true(loop_turn(f->g.node.loop, NSEC_PER_MSEC, NULL) >= 0);
	say_text(&one, "{\"type\":\"ping\"}\n");
	assert_true(next(&one));
	assert_int_equal(one.message.type, WIRE_PONG);
	client_done(&one);
	/* Of version 2, as long as it pings. */
	c = client_connect(f);
	welcome_by(&c, 2);
	for (begin = time_monotonic(); time_monotonic() - begin < 3 * limit;) {
		say_text(&c, "{\"type\":\"ping\"}\n");
		assert_true(next(&c));
	}
	begin = time_monotonic();
	while (next(&c))
		assert_int_equal(c.message.type, WIRE_PONG);
	assert_true(time_monotonic() - begin >= limit / 2);
	client_done(&c);
}

/* Ends that say nothing do not keep others out, nor pile up. */
static void many_sessions(void **state)
{
	struct fixture *f = *state;
	struct client good = client_connect(f), mute[3 * SESSIONS_MAX];
	size_t ended = 0;

	welcomed(&good, 1, "a");
	for (size_t i = 0; i < ARRAY_LEN(mute); i++)
		mute[i] = client_connect(f);
	for (size_t i = 0; i < ARRAY_LEN(mute); i++) {
		feed(&mute[i]);
		ended += mute[i].ended;
		assert_int_equal(mute[i].ended, i + SESSIONS_MAX - 1 < ARRAY_LEN(mute));
	}
	assert_int_equal(ended, ARRAY_LEN(mute) - SESSIONS_MAX + 1);
	say_text(&good, "{\"type\":\"ping\"}\n");
	assert_true(next(&good));
	assert_int_equal(good.message.type, WIRE_PONG);
	for (size_t i = 0; i < ARRAY_LEN(mute); i++)
		client_done(&mute[i]);
	client_done(&good);
}

/* Every version of the agent with every one that a reconciler may choose. */
static void versions(void **state)
{
	struct fixture *f = *state;

	for (int64_t own = 1; own <= 3; own++) {
		close_agent(f);
		open_agent_with(f, own, 0);
		for (int64_t chosen = 0; chosen <= 4; chosen++) {
			_cleanup_(buf_done) struct buf text = BUF_INIT;
			struct client c = client_connect(f);
			struct wire_welcome m = { .version = chosen,
				.cluster_id = CLUSTER,
				.node = "n",
				.term = 1,
				.holder = "a" };

			print_message("own %d, chosen %d\n", (int)own, (int)chosen);
			assert_int_equal(c.message.hello->version, own);
			assert_int_equal(c.message.hello->min_version, 1);
			assert_int_equal(c.message.hello->time > 0, own >= 2);
			wire_write_welcome(&text, &m);
			say(&c, &text);
			if (chosen >= 1 && chosen <= own) {
				assert_true(next(&c));
				assert_int_equal(c.message.type, WIRE_REPORT);
			} else {
				expect_error(&c, "Version", NULL);
				assert_false(next(&c));
			}
			client_done(&c);
		}
	}
}

static void a_term_counts_when_it_is_on_disk(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	welcomed(&c, 5, "a");
	client_done(&c);
	/* A directory with something in it can't be replaced by a file. */
	assert_int_equal(unlinkat(f->g.dir->fd, "agent/identity.json", 0), 0);
	assert_int_equal(fs_mkdir_p(f->g.dir->fd, "agent/identity.json/x", 0700, NULL), 0);
	c = client_connect(f);
	welcome(&c, 9, "b");
	expect_error(&c, "BadMessage", NULL);
	assert_non_null(strstr(c.message.error->message, "identity.json"));
	assert_false(next(&c));
	client_done(&c);
	c = client_connect(f);
	assert_int_equal(c.message.hello->term, 5);
	assert_string_equal(c.message.hello->holder, "a");
	client_done(&c);
	assert_int_equal(fs_remove_tree(f->g.dir->fd, "agent/identity.json", NULL), 0);
}

static void who_is_refused(void **state)
{
	static const struct {
		const char *line, *code, *text;
	} cases[] = {
		{ "{\"type\":\"welcome\",\"version\":3,\"clusterId\":\"" CLUSTER "\",\"term\":1}\n",
			"Version",
			"this agent (" PINTLE_VERSION ") speaks versions 1 to 2 of the protocol, pintled 3" },
		{ "{\"type\":\"welcome\",\"clusterId\":\"" CLUSTER "\",\"term\":1}\n", "Version", NULL },
		{ "{\"type\":\"welcome\",\"version\":1,\"clusterId\":\"other\",\"term\":1}\n", "WrongCluster",
			"this node belongs to cluster " CLUSTER },
		{ "{\"type\":\"apply\",\"term\":1,\"revision\":1}\n", "NotWelcomed",
			"a welcome comes first" },
		{ "{\"type\":\"request\",\"id\":1,\"method\":\"stats\"}\n", "NotWelcomed",
			"a welcome comes first" },
		{ "{\"type\":\"nonsense\"}\n", "NotWelcomed", "a welcome comes first" },
		{ "{\n", "BadMessage", NULL },
		{ "{}\n", "BadMessage", NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct client c = client_connect(f);

		print_message("%s", cases[i].line);
		say_text(&c, cases[i].line);
		expect_error(&c, cases[i].code, cases[i].text);
		assert_false(next(&c));
		client_done(&c);
	}
	/* Nothing of it was taken. */
	struct client c = client_connect(f);
	assert_int_equal(c.message.hello->term, 0);
	client_done(&c);
}

static void what_is_too_long(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	welcomed(&c, 1, "a");
	/* The socket holds less than that: written piece by piece as the agent reads. */
	for (size_t left = WIRE_LINE_MAX + 2; left > 0 && !c.ended;) {
		char piece[4096];
		ssize_t n;

		memset(piece, 'x', sizeof(piece));
		n = send(c.fd, piece, left < sizeof(piece) ? left : sizeof(piece),
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			left -= (size_t)n;
		else if (errno != EAGAIN)
			break;
		assert_true(loop_turn(f->g.node.loop, 0, NULL) >= 0);
	}
	expect_error(&c, "TooLong", NULL);
	assert_false(next(&c));
	client_done(&c);
}

/* --- what it says --------------------------------------------------------------------------------------------- */

static void an_unknown_type_is_no_reason_to_part(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	welcomed(&c, 1, "a");
	say_text(&c, "{\"type\":\"of-a-later-version\",\"x\":[1]}\n{\"type\":\"applied\",\"revision\":1}\n"
		     "{\"type\":\"ping\"}\n");
	expect_error(&c, "UnknownType", "unknown type \"of-a-later-version\"");
	expect_error(&c, "UnknownType", "unknown type \"applied\"");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_PONG);
	client_done(&c);
}

static void objects_are_held_and_forgotten(void **state)
{
	static const char config[] = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
				     "\"a\",\"namespace\":\"n\"}}";
	struct fixture *f = *state;
	struct client c = client_connect(f);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	welcomed(&c, 1, "a");
	buf_addf(&text,
		"{\"type\":\"apply\",\"term\":1,\"revision\":7,\"objects\":[{\"hash\":\"aa\",\"object\":%s},"
		"{\"hash\":\"../"
		"bad\",\"object\":%s},{\"hash\":\"cc\",\"object\":{\"kind\":\"Nonsense\"}}]}\n",
		config, config);
	say(&c, &text);
	/* What can't be taken is logged and holds up nothing. */
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_APPLIED);
	assert_int_equal(c.message.applied->revision, 7);
	assert_non_null(held_find(f->g.node.held, "aa"));
	assert_null(held_find(f->g.node.held, "cc"));
	client_done(&c);
	c = client_connect(f);
	assert_int_equal(c.message.hello->objects.count, 1);
	assert_string_equal(c.message.hello->objects.items[0], "aa");
	welcomed(&c, 1, "a");
	say_text(&c, "{\"type\":\"apply\",\"term\":1,\"revision\":8,\"forgetObjects\":[\"aa\",\"never\"]}\n");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_APPLIED);
	assert_null(held_find(f->g.node.held, "aa"));
	client_done(&c);
}

/* The next reconciler sees whether its tree is an old copy. */
static void the_version_of_the_tree(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	assert_int_equal(c.message.hello->tree_version, 0);
	welcomed(&c, 1, "a");
	say_text(&c, "{\"type\":\"reported\",\"seq\":1,\"treeVersion\":41}\n"
		     "{\"type\":\"apply\",\"term\":1,\"revision\":1,\"treeVersion\":42}\n");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_APPLIED);
	client_done(&c);
	c = client_connect(f);
	assert_int_equal(c.message.hello->tree_version, 42);
	client_done(&c);
	close_agent(f);
	open_agent(f);
	c = client_connect(f);
	assert_int_equal(c.message.hello->tree_version, 42);
	/* One that was lost begins anew. An older reconciler says nothing of it. */
	welcomed(&c, 2, "b");
	say_text(&c, "{\"type\":\"apply\",\"term\":2,\"revision\":1,\"treeVersion\":7}\n"
		     "{\"type\":\"apply\",\"term\":2,\"revision\":2}\n");
	do
		assert_true(next(&c));
	while (c.message.type != WIRE_APPLIED || c.message.applied->revision != 2);
	client_done(&c);
	c = client_connect(f);
	assert_int_equal(c.message.hello->tree_version, 7);
	client_done(&c);
}

static void an_apply_of_another_term(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	welcomed(&c, 5, "a");
	say_text(&c, "{\"type\":\"apply\",\"term\":4,\"revision\":1,\"remove\":[{\"uid\":\"u\"}]}\n");
	expect_error(&c, "Fenced", "another term is in force here");
	assert_int_equal(c.message.error->term.value, 5);
	assert_false(next(&c));
	assert_int_equal(pods_count(f->g.pods), 0);
	client_done(&c);
}

/* What was never held is reported gone, again and again until that is acknowledged. */
static void an_unknown_pod_is_gone(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);
	int64_t seq;

	welcomed(&c, 1, "a");
	say_text(&c, "{\"type\":\"apply\",\"term\":1,\"revision\":2,\"remove\":[{\"uid\":\"u-1\"}]}\n");
	do {
		assert_true(next(&c));
	} while (c.message.type != WIRE_REPORT);
	assert_int_equal(c.message.report->pods.count, 1);
	assert_string_equal(c.message.report->pods.items[0].uid, "u-1");
	assert_true(c.message.report->pods.items[0].gone);
	assert_null(c.message.report->pods.items[0].status);
	client_done(&c);
	c = client_connect(f);
	welcomed(&c, 1, "a");
	assert_int_equal(c.message.report->pods.count, 1);
	seq = c.message.report->seq;
	/* An older report than the one that said it. */
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	buf_addf(&text, "{\"type\":\"reported\",\"seq\":%lld}\n{\"type\":\"ping\"}\n", (long long)seq - 1);
	say(&c, &text);
	assert_true(next(&c));
	assert_int_equal(pods_count(f->g.pods), 1);
	buf_clear(&text);
	buf_addf(&text, "{\"type\":\"reported\",\"seq\":%lld}\n{\"type\":\"ping\"}\n", (long long)seq);
	say(&c, &text);
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_PONG);
	assert_int_equal(pods_count(f->g.pods), 0);
	client_done(&c);
}

/* --- requests --------------------------------------------------------------------------------------------------- */

static void expect_end(struct client *c, int64_t id, int64_t exit_code, const char *error)
{
	assert_true(next(c));
	assert_int_equal(c->message.type, WIRE_END);
	assert_int_equal(c->message.end->id, id);
	assert_int_equal(c->message.end->exit_code, exit_code);
	assert_string_equal(str_or_empty(c->message.end->error), error);
}

static void requests(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f);

	welcomed(&c, 1, "a");
	say_text(&c, "{\"type\":\"request\",\"id\":1,\"method\":\"stats\"}\n");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_DATA);
	assert_string_equal(c.message.data->stream, "stdout");
	assert_int_equal(c.message.data->data.len, strlen("{\"pods\":[]}"));
	assert_memory_equal(c.message.data->data.data, "{\"pods\":[]}", c.message.data->data.len);
	expect_end(&c, 1, 0, "");
	say_text(&c,
		"{\"type\":\"request\",\"id\":2,\"method\":\"reboot\"}\n"
		"{\"type\":\"request\",\"id\":3,\"method\":\"logs\",\"params\":{\"namespace\":\"n\",\"pod\":"
		"\"p\"}}\n"
		"{\"type\":\"request\",\"id\":4,\"method\":\"exec\",\"params\":{\"namespace\":\"n\",\"pod\":"
		"\"p\",\"command\":[\"sh\"]}}\n"
		"{\"type\":\"request\",\"id\":5,\"method\":\"logs\"}\n");
	expect_end(&c, 2, 1, "there is no method \"reboot\"");
	expect_end(&c, 3, 1, "pod n/p is not on this node");
	expect_end(&c, 4, 1, "pod n/p is not on this node");
	expect_end(&c, 5, 1, "pod / is not on this node");
	/* For requests that have ended: nobody is told. */
	say_text(&c, "{\"type\":\"data\",\"id\":4,\"stream\":\"stdin\",\"data\":\"eA==\"}\n"
		     "{\"type\":\"end\",\"id\":4}\n{\"type\":\"cancel\",\"id\":4}\n{\"type\":\"ping\"}\n");
	assert_true(next(&c));
	assert_int_equal(c.message.type, WIRE_PONG);
	client_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_reconciler, setup, teardown),
		cmocka_unit_test_setup_teardown(the_highest_term_is_obeyed, setup, teardown),
		cmocka_unit_test_setup_teardown(versions, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_ends_a_session, setup, teardown),
		cmocka_unit_test_setup_teardown(many_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(a_term_counts_when_it_is_on_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_type_is_no_reason_to_part, setup, teardown),
		cmocka_unit_test_setup_teardown(objects_are_held_and_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(the_version_of_the_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(an_apply_of_another_term, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_pod_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(requests, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
