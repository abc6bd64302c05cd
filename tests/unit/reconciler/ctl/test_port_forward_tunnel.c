/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A tunnel between a local TCP connection and a pintled that the test plays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "reconciler/ctl/port_forward_tunnel.h"

enum { PATIENCE = 10, MUCH = 8 << 20 };

struct fixture {
	struct loop *loop;
	struct tunnel *tunnel;
	int peer;                 /* who has connected; -1: gone */
	int agent;                /* pintled's end; -1: gone */
	struct wire_reader lines; /* of what the tunnel says */
	struct buf up;            /* bytes that have come for the pod */
	bool up_ended;            /* and that was all */
	bool agent_gone;          /* the tunnel has closed */
	struct buf down;          /* bytes that the peer has read */
	bool down_ended, down_reset;
	bool done;
	char error[256];
};

/* --- both ends ------------------------------------------------------------------------------------------------ */

static void on_done(struct tunnel *t, const char *error, void *arg)
{
	struct fixture *f = arg;
	assert_ptr_equal(t, f->tunnel);
	assert_false(f->done);
	f->tunnel = NULL;
	f->done = true;
	snprintf(f->error, sizeof(f->error), "%s", error ? error : "");
}

/* Two ends of a TCP connection. */
static void connect_pair(int ret[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	_cleanup_(closep) int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ret[0], (struct sockaddr *)&address, sizeof(address)), 0);
	ret[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(ret[1] >= 0);
}

static void take_line(struct fixture *f, const char *line, size_t len)
{
	struct wire_message m;
	struct err err = { 0 };
	if (wire_parse(line, len, &m, &err) < 0)
		fail_msg("%s", err_text(&err));
	if (m.type == WIRE_REQUEST) {
		assert_string_equal(m.request->method, "forward");
		assert_string_equal(m.request->params.namespace, "ns");
		assert_string_equal(m.request->params.pod, "web-1");
		assert_string_equal(m.request->params.uid, "u1");
		assert_int_equal(m.request->params.port, 8080);
		assert_int_equal(m.request->id, 1);
		assert_int_equal(f->up.len, 0);
	} else if (m.type == WIRE_DATA) {
		assert_string_equal(m.data->stream, "stdin");
		assert_int_equal(m.data->id, 1);
		assert_false(f->up_ended);
		buf_add(&f->up, m.data->data.data, m.data->data.len);
	} else {
		assert_int_equal(m.type, WIRE_END);
		assert_false(f->up_ended);
		f->up_ended = true;
	}
	wire_message_done(&m);
}

/* What has come at pintled's end. */
static void take_up(struct fixture *f)
{
	char bytes[64 << 10];
	const char *line;
	size_t len;
	ssize_t n = 0;
	while (f->agent >= 0 && (n = recv(f->agent, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		wire_reader_feed(&f->lines, bytes, (size_t)n);
		while (wire_reader_line(&f->lines, &line, &len) > 0)
			take_line(f, line, len);
	}
	f->agent_gone = f->agent_gone || (f->agent >= 0 && (n == 0 || errno == ECONNRESET));
}

/* What has come at the peer. */
static void take_down(struct fixture *f)
{
	char bytes[64 << 10];
	ssize_t n;
	while (f->peer >= 0 && !f->down_ended && !f->down_reset) {
		n = recv(f->peer, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&f->down, bytes, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		f->down_ended = n == 0;
		f->down_reset = n < 0;
	}
}

static void turn(struct fixture *f)
{
	struct err err = { 0 };
	if (loop_turn(f->loop, 0, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* Until nothing is left to be done: a loop that never comes to rest would be found here. Only what the tunnel itself does. */
static void rest(struct fixture *f)
{
	for (int i = 0; i < 100000; i++)
		if (loop_turn(f->loop, NSEC_PER_MSEC, NULL) == 0)
			return;
	fail_msg("the tunnel does not come to rest");
}

/* Turns until CONDITION, or for PATIENCE seconds, with both ends taking what comes as far as they are told to. */
#define UNTIL(f, reads_up, reads_down, condition)                                       \
	for (nsec_t end_ = time_monotonic() + PATIENCE * NSEC_PER_SEC; !(condition);) { \
		if (time_monotonic() > end_)                                            \
			fail_msg("not in time: %s", #condition);                        \
		turn(f);                                                                \
		if (reads_up)                                                           \
			take_up(f);                                                     \
		if (reads_down)                                                         \
			take_down(f);                                                   \
	}

static void agent_says(struct fixture *f, const struct buf *lines)
{
	size_t at = 0;
	while (at < lines->len) {
		ssize_t n = send(f->agent, lines->data + at, lines->len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			fail_msg("sending as pintled: %s", strerror(errno));
		at += n > 0 ? (size_t)n : 0;
		if (n < 0)
			turn(f);
	}
}

static void agent_data(struct fixture *f, const char *text)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const struct wire_data m = {
		.id = 1, .stream = "stdout", .data = { (const uint8_t *)text, strlen(text) }
	};
	wire_write_data(&out, &m);
	agent_says(f, &out);
}

static void agent_end(struct fixture *f, const char *error)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const struct wire_end m = { .id = 1, .exit_code = error ? 1 : 0, .error = error };
	wire_write_end(&out, &m);
	agent_says(f, &out);
}

static void agent_pause(struct fixture *f, bool paused)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	const struct wire_pause m = { .id = 1 };
	if (paused)
		wire_write_pause(&out, &m);
	else
		wire_write_resume(&out, &m);
	agent_says(f, &out);
}

static void peer_says(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	int local[2], pintled[2];
	*f = (struct fixture){ .up = BUF_INIT, .down = BUF_INIT };
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	connect_pair(local);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pintled), 0);
	struct client client = { .fd = pintled[0], .out = BUF_INIT };
	wire_reader_init(&client.lines, 0);
	wire_reader_init(&f->lines, 0);
	f->peer = local[0];
	f->agent = pintled[1];
	const struct tunnel_spec spec = { .loop = f->loop,
		.ns = "ns",
		.pod = "web-1",
		.uid = "u1",
		.port = 8080,
		.done = on_done,
		.arg = f };
	assert_int_equal(tunnel_new(&spec, local[1], &client, &f->tunnel, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	tunnel_free(f->tunnel);
	fd_close(f->peer);
	fd_close(f->agent);
	wire_reader_done(&f->lines);
	buf_done(&f->up);
	buf_done(&f->down);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

static void each_way_ends_by_itself(void **state)
{
	struct fixture *f = *state;
	peer_says(f, "what?");
	shutdown(f->peer, SHUT_WR);
	UNTIL(f, true, true, f->up_ended);
	assert_string_equal(f->up.data, "what?");
	assert_false(f->done || f->down_ended);
	agent_data(f, "that");
	UNTIL(f, true, true, f->down.len == 4);
	assert_false(f->down_ended);
	agent_data(f, "");
	UNTIL(f, true, true, f->down_ended);
	/* Both ways are at their end here; whether the pod takes it all is yet to be heard. */
	rest(f);
	take_up(f);
	assert_false(f->done || f->agent_gone);
	agent_end(f, NULL);
	UNTIL(f, true, true, f->done);
	assert_string_equal(f->error, "");
	assert_string_equal(f->down.data, "that");
}

static void the_pod_may_end_first(void **state)
{
	struct fixture *f = *state;
	agent_data(f, "bye");
	agent_data(f, "");
	UNTIL(f, true, true, f->down_ended);
	rest(f);
	assert_false(f->done);
	peer_says(f, "and one more");
	fd_close(f->peer);
	f->peer = -1;
	UNTIL(f, true, true, f->up_ended);
	assert_string_equal(f->up.data, "and one more");
	agent_end(f, NULL);
	UNTIL(f, true, true, f->done);
	assert_string_equal(f->error, "");
}

static void errors_are_told_and_reset(void **state)
{
	struct fixture *f = *state;
	agent_data(f, "half of");
	agent_end(f, "connecting to port 8080 in pod ns/web-1: Connection refused");
	UNTIL(f, true, false, f->done);
	assert_string_equal(f->error, "connecting to port 8080 in pod ns/web-1: Connection refused");
	UNTIL(f, true, true, f->down_reset || f->down_ended);
	assert_string_equal(f->down.data, "half of"); /* it came before */
	assert_true(f->down_reset);
}

static void a_reset_cancels(void **state)
{
	struct fixture *f = *state;
	const struct linger hard = { .l_onoff = 1 };
	UNTIL(f, true, true, f->lines.in.len > 0);
	setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	f->peer = fd_close(f->peer);
	UNTIL(f, true, true, f->done);
	assert_string_equal(f->error, "");
	take_up(f);
	assert_true(f->agent_gone);
	assert_false(f->up_ended);
}

static void a_reset_is_seen_while_paused(void **state)
{
	struct fixture *f = *state;
	const struct linger hard = { .l_onoff = 1 };
	agent_pause(f, true);
	rest(f);
	peer_says(f, "not read");
	setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	f->peer = fd_close(f->peer);
	UNTIL(f, true, true, f->done);
}

static void pintled_may_go(void **state)
{
	struct fixture *f = *state;
	turn(f);
	take_up(f);
	f->agent = fd_close(f->agent);
	UNTIL(f, true, true, f->done);
	assert_string_equal(f->error, "pintled has gone");
	UNTIL(f, true, true, f->down_reset);
}

/* Pseudo-random bytes, the same for the same place. */
static uint8_t byte_at(size_t i)
{
	return (uint8_t)((i * 2654435761u) >> 13);
}

static void compare(const struct buf *got, size_t want)
{
	assert_int_equal(got->len, want);
	for (size_t i = 0; i < want; i++)
		if ((uint8_t)got->data[i] != byte_at(i))
			fail_msg("byte %zu is %d, expected %d", i, (uint8_t)got->data[i], byte_at(i));
}

/* The peer sends bytes FROM on, up to LIMIT, as many as are taken at once. Returns where it has come to. */
static size_t peer_sends(struct fixture *f, size_t from, size_t limit)
{
	uint8_t bytes[32 << 10];
	while (from < limit) {
		size_t len = limit - from < sizeof(bytes) ? limit - from : sizeof(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = byte_at(from + i);
		ssize_t n = send(f->peer, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			break;
		from += (size_t)n;
	}
	return from;
}

static void nothing_is_read_that_the_pod_does_not_take(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;
	agent_pause(f, true);
	rest(f);
	/* A pause that has come late lets a chunk pass; what the kernel keeps of both connections it decides itself. */
	sent = peer_sends(f, sent, MUCH);
	rest(f);
	take_up(f);
	assert_int_equal(f->up.len, 0);
	agent_pause(f, false);
	UNTIL(f, true, true, (sent = peer_sends(f, sent, MUCH)) == MUCH);
	shutdown(f->peer, SHUT_WR);
	UNTIL(f, true, true, f->up_ended);
	compare(&f->up, MUCH);
}

static void a_pintled_that_is_slow_is_not_flooded(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0, before;
	do {
		before = sent;
		sent = peer_sends(f, sent, 4 * MUCH);
		rest(f);
	} while (sent > before);
	assert_true(sent < 4 * MUCH); /* it is the sender who waits */
	UNTIL(f, true, true, (sent = peer_sends(f, sent, 4 * MUCH)) == 4 * MUCH);
	shutdown(f->peer, SHUT_WR);
	UNTIL(f, true, true, f->up_ended);
	compare(&f->up, 4 * MUCH);
}

/* The next of what pintled says, until all is said. */
static size_t add_said(struct buf *out, size_t said)
{
	uint8_t bytes[WIRE_DATA_MAX / 2];
	const struct wire_data m = { .id = 1, .stream = "stdout", .data = { bytes, sizeof(bytes) } };
	const struct wire_end end = { .id = 1 };
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = byte_at(said + i);
	wire_write_data(out, &m);
	said += sizeof(bytes);
	if (said == 4 * MUCH)
		wire_write_end(out, &end);
	return said;
}

/* And gets all of it, also after the request is over and pintled is gone. */
static void a_peer_that_is_slow_is_not_flooded(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	bool stalled = false;
	for (size_t said = 0; said < 4 * MUCH || out.len > 0;) {
		if (out.len == 0)
			said = add_said(&out, said);
		ssize_t n = send(f->agent, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			buf_consume(&out, (size_t)n);
			stalled = false;
			turn(f);
			continue;
		}
		rest(f);
		/* Nothing more is taken: now the peer reads a little. */
		if (stalled)
			take_down(f);
		stalled = true;
	}
	assert_true(f->down.len > 0);
	f->agent = fd_close(f->agent);
	rest(f);
	UNTIL(f, false, true, f->down_ended || f->down_reset);
	assert_true(f->down_ended && f->done);
	assert_string_equal(f->error, "");
	compare(&f->down, 4 * MUCH);
}

/* Its end of what it has to say is not read before the pod has taken what is before it; until then nothing is to be done. */
static void a_peer_that_has_gone_keeps_nobody_busy(void **state)
{
	struct fixture *f = *state;
	agent_data(f, "");
	UNTIL(f, true, true, f->down_ended);
	agent_pause(f, true);
	rest(f);
	peer_says(f, "the last");
	f->peer = fd_close(f->peer);
	rest(f);
	take_up(f);
	assert_int_equal(f->up.len, 0);
	agent_pause(f, false);
	UNTIL(f, true, true, f->up_ended);
	assert_string_equal(f->up.data, "the last");
	agent_end(f, NULL);
	UNTIL(f, true, true, f->done);
}

static void it_can_be_freed_at_any_time(void **state)
{
	struct fixture *f = *state;
	peer_says(f, "x");
	agent_data(f, "y");
	turn(f);
	f->tunnel = tunnel_free(f->tunnel);
	UNTIL(f, true, true, f->down_reset && f->agent_gone);
	assert_false(f->done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_way_ends_by_itself),
		TEST(the_pod_may_end_first),
		TEST(errors_are_told_and_reset),
		TEST(a_reset_cancels),
		TEST(a_reset_is_seen_while_paused),
		TEST(pintled_may_go),
		TEST(nothing_is_read_that_the_pod_does_not_take),
		TEST(a_pintled_that_is_slow_is_not_flooded),
		TEST(a_peer_that_is_slow_is_not_flooded),
		TEST(a_peer_that_has_gone_keeps_nobody_busy),
		TEST(it_can_be_freed_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
