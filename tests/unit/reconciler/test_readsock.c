/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Readers at a socket of the test's, and two agents that say what the test has them say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/readsock.h"

#define PATIENCE (60 * NSEC_PER_SEC)
#define HELLO "{\"type\":\"hello\",\"version\":2,\"minVersion\":1}\n"
enum { REQUESTS = 1024 };

/* The other end of a link, or of a reader's connection. */
struct end {
	int fd;
	struct wire_reader lines;
	struct wire_message last; /* that it was told */
};
struct fixture {
	char dir[64];
	struct loop *loop;
	struct socket_watches *watches;
	struct readsock *sock;
	struct {
		int listen;
		struct agentlink *link;
		struct end end;
	} nodes[2];
	struct end readers[2];
};

static void address_of(const struct fixture *f, const char *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s", f->dir, name);
}

/* --- ends ------------------------------------------------------------------------------------------------------------ */

static void end_open(struct end *e, int fd)
{
	assert_true(fd >= 0);
	*e = (struct end){ .fd = fd };
	wire_reader_init(&e->lines, 0);
}

static void end_close(struct end *e)
{
	e->fd = fd_close(e->fd);
	wire_reader_done(&e->lines);
	wire_message_done(&e->last);
}

static void turn_until(struct fixture *f, int fd)
{
	nsec_t end = time_monotonic() + PATIENCE;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 0) == 0) {
		if (time_monotonic() > end)
			fail_msg("nothing comes");
		assert_true(loop_turn(f->loop, 10 * NSEC_PER_MSEC, NULL) >= 0);
	}
}

static const struct wire_message *hear_any(struct fixture *f, struct end *e)
{
	char bytes[65536];
	const char *line;
	size_t len;

	while (wire_reader_line(&e->lines, &line, &len) == 0) {
		ssize_t n;

		turn_until(f, e->fd);
		n = recv(e->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n <= 0)
			fail_msg("the other end has gone");
		wire_reader_feed(&e->lines, bytes, (size_t)n);
	}
	wire_message_done(&e->last);
	assert_int_equal(wire_parse(line, len, &e->last, NULL), 0);
	return &e->last;
}

/* The next message to E, pings aside. */
static const struct wire_message *hear(struct fixture *f, struct end *e)
{
	const struct wire_message *m;

	do
		m = hear_any(f, e);
	while (m->type == WIRE_PING);
	return m;
}

static void say(struct fixture *f, struct end *e, struct buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = send(e->fd, text->data + done, text->len - done, MSG_NOSIGNAL | MSG_DONTWAIT);

		done += n > 0 ? (size_t)n : 0;
		if (n < 0)
			assert_true(loop_turn(f->loop, NSEC_PER_MSEC, NULL) >= 0);
	}
	buf_clear(text);
}

static void say_line(struct fixture *f, struct end *e, const char *line)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	buf_adds(&text, line);
	say(f, e, &text);
}

/* --- the socket --------------------------------------------------------------------------------------------------------- */

static int on_message(struct agentlink *l, const struct wire_message *m, struct trouble *why, void *arg)
{
	struct fixture *f = arg;

	(void)why;
	if (m->type != WIRE_HELLO)
		readsock_answer(f->sock, l, m);
	return 0;
}

static void on_down(struct agentlink *l, const char *why, void *arg)
{
	struct fixture *f = arg;

	(void)why;
	readsock_link_down(f->sock, l);
}

static void on_drained(struct agentlink *l, void *arg)
{
	struct fixture *f = arg;

	(void)l;
	readsock_link_drained(f->sock);
}

static void on_trouble(struct agentlink *l, const struct trouble *why, void *arg)
{
	(void)l, (void)why, (void)arg;
}

/* Pods "0" and "1" are on the node of that number. */
static struct agentlink *route(const struct wire_params *p, const char **ret_why, void *arg)
{
	const struct fixture *f = arg;

	if (str_eq(p->pod, "0") || str_eq(p->pod, "1"))
		return f->nodes[p->pod[0] - '0'].link;
	*ret_why = "no such pod";
	return NULL;
}

static void on_sync(void *arg)
{
	(void)arg;
}

static void on_status(struct buf *out, void *arg)
{
	(void)arg;
	buf_adds(out, "{}");
}

static void node_begin(struct fixture *f, unsigned i)
{
	struct agentlink_spec spec = { .node = i ? "one" : "zero",
		.watches = f->watches,
		.message = on_message,
		.down = on_down,
		.trouble = on_trouble,
		.drained = on_drained,
		.arg = f };
	struct sockaddr_un a;

	address_of(f, spec.node, &a);
	f->nodes[i].listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->nodes[i].listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(f->nodes[i].listen, 4), 0);
	spec.target = (struct transport_target){
		.kind = TRANSPORT_UNIX, .path = a.sun_path, .owner = geteuid()
	};
	assert_int_equal(agentlink_new(f->loop, &spec, &f->nodes[i].link, NULL), 0);
	turn_until(f, f->nodes[i].listen);
	end_open(&f->nodes[i].end, accept4(f->nodes[i].listen, NULL, NULL, SOCK_CLOEXEC));
	say_line(f, &f->nodes[i].end, HELLO);
	while (!agentlink_is_up(f->nodes[i].link))
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
}

static int reader_connect(const struct fixture *f)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address_of(f, "read.sock", &a);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	_cleanup_(freep) char *path = NULL;
	struct readsock_spec spec = { .owner = geteuid(),
		.group = getegid(),
		.route = route,
		.sync = on_sync,
		.status = on_status,
		.arg = f };

	strcpy(f->dir, "/tmp/pintle-readsock-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	spec.path = path = xasprintf("%s/read.sock", f->dir);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	assert_int_equal(socket_watches_new(f->loop, &f->watches, NULL), 0);
	assert_int_equal(readsock_new(f->loop, &spec, &f->sock, NULL), 0);
	for (unsigned i = 0; i < ARRAY_LEN(f->nodes); i++)
		node_begin(f, i);
	for (unsigned i = 0; i < ARRAY_LEN(f->readers); i++)
		end_open(&f->readers[i], reader_connect(f));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_LEN(f->readers); i++)
		end_close(&f->readers[i]);
	readsock_free(f->sock);
	for (unsigned i = 0; i < ARRAY_LEN(f->nodes); i++) {
		agentlink_free(f->nodes[i].link);
		end_close(&f->nodes[i].end);
		fd_close(f->nodes[i].listen);
	}
	socket_watches_free(f->watches);
	loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

/* READER asks for a connection to POD under ID. Returns the number by which the agent knows it. */
static int64_t forward(struct fixture *f, unsigned reader, int64_t id, const char *pod)
{
	const struct wire_request q = { .id = id,
		.method = "forward",
		.params = { .namespace = "ns", .pod = pod, .uid = "u", .port = 80 } };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const struct wire_message *m;

	wire_write_request(&text, &q);
	say(f, &f->readers[reader], &text);
	m = hear(f, &f->nodes[pod[0] - '0'].end);
	assert_int_equal(m->type, WIRE_REQUEST);
	assert_string_equal(m->request->method, "forward");
	assert_string_equal(m->request->params.namespace, "ns");
	assert_string_equal(m->request->params.pod, pod);
	assert_string_equal(m->request->params.uid, "u");
	assert_int_equal(m->request->params.port, 80);
	return m->request->id;
}

/* What the agent of NODE says of ID, which is TYPE with TEXT. */
static void answer(struct fixture *f, unsigned node, int64_t id, enum wire_type type, const char *text)
{
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	const struct wire_data data = {
		.id = id, .stream = "stdout", .data = { (const uint8_t *)text, strlen(str_or_empty(text)) }
	};

	if (type == WIRE_DATA)
		wire_write_data(&line, &data);
	else if (type == WIRE_END)
		wire_write_end(
			&line, &(struct wire_end){ .id = id, .exit_code = text != NULL, .error = text });
	else if (type == WIRE_PAUSE)
		wire_write_pause(&line, &(struct wire_pause){ .id = id });
	else
		wire_write_resume(&line, &(struct wire_pause){ .id = id });
	say(f, &f->nodes[node].end, &line);
}

static const struct wire_message *expect(struct fixture *f, struct end *e, enum wire_type type, int64_t id)
{
	const struct wire_message *m = hear(f, e);

	assert_int_equal(m->type, type);
	/* All these begin with it. */
	assert_int_equal(*(const int64_t *)m->body, id);
	return m;
}

static void expect_data(struct fixture *f, struct end *e, int64_t id, const char *text)
{
	const struct wire_message *m = expect(f, e, WIRE_DATA, id);

	assert_int_equal(m->data->data.len, strlen(text));
	assert_memory_equal(m->data->data.data, text, strlen(text));
}

/* --- tests ----------------------------------------------------------------------------------------------------------------- */

/* Two readers with the same number: each hears of its own, under its own number. */
static void answers_find_their_reader(void **state)
{
	struct fixture *f = *state;
	int64_t a = forward(f, 0, 7, "0"), b = forward(f, 1, 7, "0"), c = forward(f, 1, 8, "0");

	answer(f, 0, b, WIRE_PAUSE, NULL);
	answer(f, 0, a, WIRE_DATA, "for a");
	answer(f, 0, c, WIRE_PAUSE, NULL);
	answer(f, 0, b, WIRE_RESUME, NULL);
	answer(f, 0, a, WIRE_DATA, "");
	answer(f, 0, b, WIRE_END, "lost");
	answer(f, 0, a, WIRE_END, NULL);
	expect_data(f, &f->readers[0], 7, "for a");
	expect_data(f, &f->readers[0], 7, "");
	assert_int_equal(expect(f, &f->readers[0], WIRE_END, 7)->end->exit_code, 0);
	expect(f, &f->readers[1], WIRE_PAUSE, 7);
	expect(f, &f->readers[1], WIRE_PAUSE, 8);
	expect(f, &f->readers[1], WIRE_RESUME, 7);
	assert_string_equal(expect(f, &f->readers[1], WIRE_END, 7)->end->error, "lost");
}

/* Of what is over, never was, or is another node's nothing is heard. */
static void others_answers_are_nobodys(void **state)
{
	struct fixture *f = *state;
	int64_t a = forward(f, 0, 1, "0"), b = forward(f, 0, 2, "1");

	answer(f, 0, b, WIRE_PAUSE, NULL);
	answer(f, 1, a, WIRE_DATA, "no");
	answer(f, 1, a, WIRE_END, "no");
	answer(f, 0, 0, WIRE_PAUSE, NULL);
	answer(f, 0, -1, WIRE_RESUME, NULL);
	answer(f, 0, 4711, WIRE_PAUSE, NULL);
	answer(f, 0, a, WIRE_END, NULL);
	answer(f, 0, a, WIRE_PAUSE, NULL);
	answer(f, 1, b, WIRE_RESUME, NULL);
	/* Nodes are heard in no particular order. */
	for (int i = 0; i < 2; i++) {
		const struct wire_message *m = hear(f, &f->readers[0]);

		assert_true((m->type == WIRE_END && m->end->id == 1) ||
			    (m->type == WIRE_RESUME && m->pause->id == 2));
	}
}

static void what_readers_say(void **state)
{
	struct fixture *f = *state;
	struct end *agent = &f->nodes[1].end;
	int64_t id = forward(f, 0, 5, "1"), other = forward(f, 1, 5, "1");

	say_line(f, &f->readers[0], "{\"type\":\"data\",\"id\":5,\"stream\":\"stdin\",\"data\":\"aGk=\"}\n");
	expect_data(f, agent, id, "hi");
	say_line(f, &f->readers[0], "{\"type\":\"end\",\"id\":5}\n");
	expect(f, agent, WIRE_END, id);
	say_line(f, &f->readers[0], "{\"type\":\"cancel\",\"id\":5}\n");
	expect(f, agent, WIRE_CANCEL, id);
	/* It is over with that: the number is free. */
	id = forward(f, 0, 5, "1");
	/* A reader that goes takes its requests along, and no others. */
	end_close(&f->readers[0]);
	expect(f, agent, WIRE_CANCEL, id);
	say_line(f, &f->readers[1], "{\"type\":\"end\",\"id\":5}\n");
	expect(f, agent, WIRE_END, other);
	end_open(&f->readers[0], reader_connect(f));
}

static void the_session_ends(void **state)
{
	struct fixture *f = *state;

	forward(f, 0, 1, "0");
	forward(f, 1, 2, "1");
	end_close(&f->nodes[0].end);
	assert_string_equal(expect(f, &f->readers[0], WIRE_END, 1)->end->error,
		"the session with the node's agent has ended");
	say_line(f, &f->readers[1], "{\"type\":\"end\",\"id\":2}\n");
	expect(f, &f->nodes[1].end, WIRE_END, 2);
	f->nodes[0].end = (struct end){ .fd = -1 };
}

/*
 * A reader that does not read: the agent is told to pause with that one, and to go on when it does. A pause of the agent's passes it
 * meanwhile as it came.
 */
static void a_reader_that_is_slow(void **state)
{
	struct fixture *f = *state;
	struct end *agent = &f->nodes[0].end;
	int64_t slow = forward(f, 0, 1, "0"), quick = forward(f, 1, 1, "0");
	char text[32 << 10];
	struct pollfd p = { .fd = agent->fd, .events = POLLIN };
	size_t sent = 0;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (; poll(&p, 1, 0) == 0; sent++) {
		assert_true(sent < 1000);
		answer(f, 0, slow, WIRE_DATA, text);
		answer(f, 0, quick, WIRE_DATA, "quick");
		expect_data(f, &f->readers[1], 1, "quick");
	}
	expect(f, agent, WIRE_PAUSE, slow);
	answer(f, 0, slow, WIRE_PAUSE, NULL);
	for (size_t i = 0; i < sent; i++)
		expect_data(f, &f->readers[0], 1, text);
	expect(f, &f->readers[0], WIRE_PAUSE, 1);
	expect(f, agent, WIRE_RESUME, slow);
}

/* An agent that takes nothing holds up who speaks to it, and nobody else. */
static void an_agent_that_is_slow(void **state)
{
	struct fixture *f = *state;
	char text[32 << 10];
	struct wire_data m = { .id = 1, .stream = "stdin" };
	_cleanup_(buf_done) struct buf line = BUF_INIT;
	size_t sent = 0, tries = 0;
	int64_t slow = forward(f, 0, 1, "0"), quick = forward(f, 1, 1, "1");

	memset(text, 'x', sizeof(text));
	m.data = (struct bytes){ (const uint8_t *)text, sizeof(text) };
	wire_write_data(&line, &m);
	/* Until nothing more of it is taken, for many turns. */
	while (tries < 50) {
		ssize_t n = send(f->readers[0].fd, line.data + sent % line.len, line.len - sent % line.len,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		tries = n > 0 ? 0 : tries + 1;
		sent += n > 0 ? (size_t)n : 0;
		assert_true(sent < 100 << 20);
		assert_true(loop_turn(f->loop, 0, NULL) >= 0);
	}
	say_line(f, &f->readers[1], "{\"type\":\"data\",\"id\":1,\"stream\":\"stdin\",\"data\":\"aGk=\"}\n");
	expect_data(f, &f->nodes[1].end, quick, "hi");
	/* It goes on: all that was sent comes. */
	for (size_t i = 0; i < sent / line.len; i++)
		assert_int_equal(expect(f, &f->nodes[0].end, WIRE_DATA, slow)->data->data.len, sizeof(text));
}

static void refusals(void **state)
{
	struct fixture *f = *state;

	say_line(f, &f->readers[0],
		"{\"type\":\"request\",\"id\":3,\"method\":\"forward\",\"params\":{\"pod\":\"9\"}}\n");
	assert_string_equal(expect(f, &f->readers[0], WIRE_END, 3)->end->error, "no such pod");
	say_line(f, &f->readers[0],
		"{\"type\":\"request\",\"id\":3,\"method\":\"backward\",\"params\":{\"pod\":\"0\"}}\n");
	assert_string_equal(expect(f, &f->readers[0], WIRE_END, 3)->end->error, "unknown method");
	forward(f, 0, 3, "0");
	say_line(f, &f->readers[0],
		"{\"type\":\"request\",\"id\":3,\"method\":\"forward\",\"params\":{\"pod\":\"0\"}}\n");
	assert_string_equal(expect(f, &f->readers[0], WIRE_END, 3)->end->error,
		"a request of that id is under way already");
}

/* As many connections as there may be requests, each a reader; one more is told so, and there is room again once one has gone. */
static void as_many_as_there_may_be(void **state)
{
	struct fixture *f = *state;
	struct end *many;
	struct rlimit files;
	const char *const line =
		"{\"type\":\"request\",\"id\":1,\"method\":\"forward\",\"params\":{\"namespace\":"
		"\"ns\",\"pod\":\"0\",\"uid\":\"u\",\"port\":80}}\n";

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	if (files.rlim_max < 2 * REQUESTS + 100 || setrlimit(RLIMIT_NOFILE, &files) < 0)
		skip();
	many = xcalloc(REQUESTS, sizeof(many[0]));
	for (size_t i = 0; i < REQUESTS; i++) {
		end_open(&many[i], reader_connect(f));
		say_line(f, &many[i], line);
		assert_int_equal(hear(f, &f->nodes[0].end)->type, WIRE_REQUEST);
	}
	say_line(f, &f->readers[0], line);
	assert_string_equal(
		expect(f, &f->readers[0], WIRE_END, 1)->end->error, "too many requests are under way");
	end_close(&many[0]);
	assert_int_equal(hear(f, &f->nodes[0].end)->type, WIRE_CANCEL);
	forward(f, 0, 1, "0");
	for (size_t i = 1; i < REQUESTS; i++)
		end_close(&many[i]);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_find_their_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_answers_are_nobodys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_readers_say, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_session_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reader_that_is_slow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_agent_that_is_slow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(as_many_as_there_may_be, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
