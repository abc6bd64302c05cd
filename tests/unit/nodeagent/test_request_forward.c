/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Connections to a pod in the node's own network, which needs no sandbox: what listens there is this test. What is sent to the asker
 * is collected, request by request, and may be said to be too much.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nodeagent/pod_run.h"
#include "nodeagent/requests.h"
#include "tests/unit/nodeagent/agent_fixture.h"

enum { CONNS = 4 };

struct answer {
	struct buf out;
	size_t messages;
	bool finished, ended, paused;
	char *error; /* of the end; owned */
};

struct fixture {
	struct ground *g;
	struct pod_run *pod;
	struct requests *r;
	struct answer answers[CONNS + 1]; /* by id, from 1 */
	size_t room;                      /* so many data messages until it is full; SIZE_MAX: it never is */
	int listen, port;
};

static bool collect(const struct buf *line, void *arg)
{
	struct fixture *f = arg;
	struct wire_message m = { 0 };

	assert_int_equal(wire_parse(line->data, line->len - 1, &m, NULL), 0);
	if (m.type == WIRE_DATA) {
		struct answer *a = &f->answers[m.data->id];

		assert_string_equal(m.data->stream, "stdout");
		assert_false(a->finished);
		a->finished = m.data->data.len == 0;
		buf_add(&a->out, m.data->data.data, m.data->data.len);
		a->messages++;
		if (f->room != SIZE_MAX && f->room > 0)
			f->room--;
	} else if (m.type == WIRE_END) {
		struct answer *a = &f->answers[m.end->id];

		assert_false(a->ended);
		a->ended = true;
		free(a->error);
		a->error = xstrdup(str_or_empty(m.end->error));
		assert_int_equal(m.end->exit_code, *a->error != 0);
	} else {
		assert_true(m.type == WIRE_PAUSE || m.type == WIRE_RESUME);
		f->answers[m.pause->id].paused = m.type == WIRE_PAUSE;
	}
	wire_message_done(&m);
	return f->room > 0;
}

/* The pod is up, and nothing drives it. */
static void pod_begin(struct fixture *f)
{
	static const char text[] = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\","
				   "\"namespace\":\"ns\",\"uid\":\"uid-1\"},\"spec\":{\"hostNetwork\":true,"
				   "\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}";
	_cleanup_(object_unrefp) struct object *o = NULL;

	assert_int_equal(object_load_json(text, strlen(text), &o, NULL), 0);
	f->pod = xcalloc(1, sizeof(*f->pod));
	f->pod->pods = f->g->pods;
	assignment_init(&f->pod->assignment, o, "d", &(struct string_map){ 0 });
	record_init(&f->pod->record, object_pod(o), time_now());
	f->pod->record.phase = POD_UP;
	pod_run_ready(f->pod);
}

/* False: the host has no such address. */
static bool listen_at(struct fixture *f, int family)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);

	fd_close(f->listen);
	f->listen = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listen < 0 || bind(f->listen, at, len) < 0)
		return false;
	assert_int_equal(listen(f->listen, 16), 0);
	assert_int_equal(getsockname(f->listen, at, &len), 0);
	f->port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return true;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *g = NULL;

	if (ground_setup(&g) < 0)
		return -1;
	*f = (struct fixture){ .g = g, .room = SIZE_MAX, .listen = -1 };
	for (size_t i = 0; i <= CONNS; i++)
		f->answers[i].out = BUF_INIT;
	pod_begin(f);
	f->r = requests_new(&f->g->node, f->g->pods, collect, f);
	assert_true(listen_at(f, AF_INET));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *g = f->g;

	requests_free(f->r);
	fd_close(f->listen);
	for (size_t i = 0; i <= CONNS; i++) {
		buf_done(&f->answers[i].out);
		free(f->answers[i].error);
	}
	free(f);
	return ground_teardown(&g);
}

/* --- either end ------------------------------------------------------------------------------------------------- */

static void ask_port(struct fixture *f, int64_t id, int64_t port)
{
	const struct wire_request q = {
		.id = id, .method = "forward", .params = { .namespace = "ns", .pod = "p", .port = port }
	};

	requests_start(f->r, &q);
}

static void put(struct fixture *f, int64_t id, const void *data, size_t len)
{
	const struct wire_data m = { .id = id, .stream = "stdin", .data = { data, len } };

	requests_data(f->r, &m);
}

static void turn(struct fixture *f, nsec_t *deadline)
{
	if (*deadline == 0)
		*deadline = time_monotonic() + FIXTURE_BOUND;
	assert_true(time_monotonic() < *deadline);
	assert_true(loop_turn(f->g->node.loop, NSEC_PER_SEC, NULL) >= 0);
}

/* What there is to do, and no waiting. */
static void turn_all(struct fixture *f)
{
	for (int i = 0; i < 50; i++)
		assert_true(loop_turn(f->g->node.loop, 0, NULL) >= 0);
}

static void await_end(struct fixture *f, int64_t id, const char *error)
{
	nsec_t deadline = 0;

	while (!f->answers[id].ended)
		turn(f, &deadline);
	assert_string_equal(f->answers[id].error, error);
}

static void await_text(struct fixture *f, int64_t id, const char *text)
{
	nsec_t deadline = 0;

	while (f->answers[id].out.len < strlen(text))
		turn(f, &deadline);
	assert_string_equal(f->answers[id].out.data, text);
	buf_clear(&f->answers[id].out);
}

static int pod_accepts(struct fixture *f)
{
	nsec_t deadline = 0;
	struct pollfd p = { .fd = f->listen, .events = POLLIN };
	int fd;

	while (poll(&p, 1, 0) == 0)
		turn(f, &deadline);
	fd = accept4(f->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

/* LEN bytes have come to the pod; 0: its other end is closed, with errno CODE or in order. */
static void pod_gets(struct fixture *f, int fd, const char *text, int code)
{
	nsec_t deadline = 0;
	char got[64] = "";
	size_t have = 0;
	ssize_t n = 0;

	while (have < strlen(text) || (!*text && n == 0)) {
		n = recv(fd, got + have, sizeof(got) - 1 - have, 0);
		if (n > 0)
			have += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			break;
		else {
			n = 0;
			turn(f, &deadline);
		}
	}
	assert_string_equal(got, text);
	if (*text)
		return;
	assert_int_equal(n < 0 ? errno : 0, code);
}

static void pod_says(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void pod_resets(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	fd_close(fd);
}

/* A connection of number ID, over which something has gone. */
static int connect_one(struct fixture *f, int64_t id)
{
	int fd;

	ask_port(f, id, f->port);
	put(f, id, "hello", 5);
	fd = pod_accepts(f);
	pod_gets(f, fd, "hello", 0);
	return fd;
}

/* --- tests ---------------------------------------------------------------------------------------------------------- */

static void what_is_sent_before_it_is_connected(void **state)
{
	struct fixture *f = *state;
	int fd;

	ask_port(f, 1, f->port);
	put(f, 1, "one ", 4);
	put(f, 1, "two", 3);
	requests_end(f->r, &(struct wire_end){ .id = 1 });
	put(f, 1, "three", 5);
	fd = pod_accepts(f);
	pod_gets(f, fd, "one two", 0);
	pod_gets(f, fd, "", 0);
	pod_says(fd, "answer");
	await_text(f, 1, "answer");
	fd_close(fd);
	await_end(f, 1, "");
	assert_true(f->answers[1].finished);
	/* What comes too late is ignored. */
	put(f, 1, "four", 4);
	requests_end(f->r, &(struct wire_end){ .id = 1 });
	requests_cancel(f->r, 1);
}

static void the_other_loopback(void **state)
{
	struct fixture *f = *state;
	int fd;

	if (!listen_at(f, AF_INET6))
		skip();
	fd = connect_one(f, 1);
	fd_close(fd);
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *text = xasprintf(
		"connecting to port %d in pod ns/p: Connection refused", f->port);

	f->listen = fd_close(f->listen);
	ask_port(f, 1, f->port);
	await_end(f, 1, text);
}

static void what_is_no_connection(void **state)
{
	struct fixture *f = *state;
	struct wire_request q = { .id = 3, .method = "forward", .params = { .namespace = "ns", .pod = "q" } };

	ask_port(f, 1, 0);
	assert_string_equal(f->answers[1].error, "0 is no port: ports are 1 to 65535");
	ask_port(f, 2, 65536);
	assert_string_equal(f->answers[2].error, "65536 is no port: ports are 1 to 65535");
	requests_start(f->r, &q);
	assert_string_equal(f->answers[3].error, "pod ns/q is not on this node");
	f->pod->record.phase = POD_OVER;
	ask_port(f, 4, f->port);
	assert_string_equal(f->answers[4].error, "pod ns/p is not running");
}

static void ways_end_by_themselves(void **state)
{
	struct fixture *f = *state;
	int fd = connect_one(f, 1);

	pod_says(fd, "bye");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	await_text(f, 1, "bye");
	turn_all(f);
	assert_true(f->answers[1].finished);
	assert_false(f->answers[1].ended);
	put(f, 1, "still here", 10);
	pod_gets(f, fd, "still here", 0);
	requests_end(f->r, &(struct wire_end){ .id = 1 });
	assert_true(f->answers[1].ended);
	assert_string_equal(f->answers[1].error, "");
	pod_gets(f, fd, "", 0);
	fd_close(fd);
}

static void resets_go_both_ways(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *lost = xasprintf(
		"the connection to port %d in pod ns/p: Connection reset by peer", f->port);
	int fd = connect_one(f, 1);

	requests_cancel(f->r, 1);
	pod_gets(f, fd, "", ECONNRESET);
	fd_close(fd);
	assert_false(f->answers[1].ended);

	fd = connect_one(f, 2);
	pod_says(fd, "oh");
	pod_resets(fd);
	await_text(f, 2, "oh");
	await_end(f, 2, lost);

	/* What a write meets: the end that is read behind it is none. */
	fd = connect_one(f, 3);
	pod_says(fd, "oh");
	pod_resets(fd);
	put(f, 3, "hello?", 6);
	await_end(f, 3, lost);
	assert_string_equal(f->answers[3].out.data, "oh");
	assert_false(f->answers[3].finished);

	/* It had ended in order as far as it goes. */
	fd = connect_one(f, 4);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	turn_all(f);
	assert_true(f->answers[4].finished);
	pod_resets(fd);
	await_end(f, 4, lost);
}

/* Nothing turns in circles for what can't be sent now; then it comes, with its end. */
static void lost_while_the_asker_is_slow(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *lost = xasprintf(
		"the connection to port %d in pod ns/p: Connection reset by peer", f->port);
	int fd = connect_one(f, 1);

	requests_pause(f->r, 1, true);
	pod_says(fd, "last words");
	pod_resets(fd);
	turn_all(f);
	assert_int_equal(loop_turn(f->g->node.loop, NSEC_PER_MSEC, NULL), 0);
	assert_int_equal(f->answers[1].messages, 0);
	requests_pause(f->r, 1, false);
	await_text(f, 1, "last words");
	await_end(f, 1, lost);

	fd = connect_one(f, 2);
	requests_end(f->r, &(struct wire_end){ .id = 2 });
	requests_pause(f->r, 2, true);
	pod_says(fd, "last words");
	fd_close(fd);
	turn_all(f);
	assert_int_equal(loop_turn(f->g->node.loop, NSEC_PER_MSEC, NULL), 0);
	requests_pause(f->r, 2, false);
	await_text(f, 2, "last words");
	await_end(f, 2, "");
}

/* A pod that takes nothing: the asker is told, once, and again once it takes all. */
static void the_pod_is_slow(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[64 << 10];
	size_t sent = 5, came = 5;
	nsec_t deadline = 0;
	int fd = connect_one(f, 1);

	while (!f->answers[1].paused) {
		put(f, 1, bytes, sizeof(bytes));
		sent += sizeof(bytes);
	}
	while (came < sent) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n > 0)
			came += (size_t)n;
		else
			turn(f, &deadline);
	}
	turn_all(f);
	assert_false(f->answers[1].paused);
	fd_close(fd);
}

/* There is room for one message at a time: two that have more than that to say take turns. */
static void turns_are_taken(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bytes[256 << 10];
	nsec_t deadline = 0;
	int one = connect_one(f, 1), two = connect_one(f, 2);

	while (f->answers[1].messages + f->answers[2].messages < 20) {
		(void)send(one, bytes, sizeof(bytes), MSG_NOSIGNAL);
		(void)send(two, bytes, sizeof(bytes), MSG_NOSIGNAL);
		f->room = 1;
		requests_resume(f->r);
		turn(f, &deadline);
	}
	assert_in_range(f->answers[1].messages, 8, 12);
	assert_in_range(f->answers[2].messages, 8, 12);
	fd_close(one);
	fd_close(two);
}

/* What it had sent goes out, whether or not there is room. */
static void the_pod_is_gone(void **state)
{
	struct fixture *f = *state;
	int fd = connect_one(f, 1), idle = connect_one(f, 2);

	requests_look(f->r);
	assert_false(f->answers[1].ended);
	requests_pause(f->r, 1, true);
	pod_says(fd, "last words");
	ask_port(f, 3, f->port);
	f->pod->record.phase = POD_OVER;
	requests_look(f->r);
	for (int64_t id = 1; id <= 3; id++)
		assert_string_equal(f->answers[id].error, "pod ns/p is not running any more");
	assert_string_equal(f->answers[1].out.data, "last words");
	pod_gets(f, fd, "", ECONNRESET);
	pod_gets(f, idle, "", ECONNRESET);
	fd_close(fd);
	fd_close(idle);
}

/* … but where all that was sent waits: the session would end for it. */
static void the_pod_is_gone_and_there_is_no_room(void **state)
{
	struct fixture *f = *state;
	int fd = connect_one(f, 1);

	f->room = 0;
	requests_start(f->r, &(struct wire_request){ .id = 2, .method = "nonsense" });
	assert_true(requests_waiting(f->r));
	pod_says(fd, "last words");
	f->pod->record.phase = POD_OVER;
	requests_look(f->r);
	assert_string_equal(f->answers[1].error, "pod ns/p is not running any more");
	assert_int_equal(f->answers[1].messages, 0);
	fd_close(fd);
}

static void there_is_a_bound(void **state)
{
	struct fixture *f = *state;
	struct answer *last = &f->answers[0];
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	if (files.rlim_max < REQUESTS_MAX + 100 || setrlimit(RLIMIT_NOFILE, &files) < 0)
		skip();
	/* Each is being connected, as nothing turns. */
	for (int64_t id = 0; id < REQUESTS_MAX; id++)
		ask_port(f, -1 - id, f->port);
	ask_port(f, 0, f->port);
	assert_string_equal(last->error, "too many requests are under way");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sent_before_it_is_connected, setup, teardown),
		cmocka_unit_test_setup_teardown(the_other_loopback, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_listens, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(ways_end_by_themselves, setup, teardown),
		cmocka_unit_test_setup_teardown(resets_go_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_while_the_asker_is_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(the_pod_is_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(turns_are_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(the_pod_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(the_pod_is_gone_and_there_is_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_a_bound, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
