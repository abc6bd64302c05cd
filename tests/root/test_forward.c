/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Connections that the real agent makes to ports of real pods. What listens there is this test, with sockets in the pod's network
 * namespace (nodeagent/netns.h): so each end can be slow, half closed or reset at will. Input of a command waits in the same way.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>

#include "nodeagent/env.h"
#include "nodeagent/netns.h"
#include "nodeagent/sandbox.h"
#include "tests/root/agent.h"

#define FOREVER                                                                                       \
	"'containers':[{'name':'c',@IMAGE@,'command':['sleep','1000000'],'lifecycle':{'stopSignal':'" \
	"SIGKILL'}}]"

enum { MEBI = 1 << 20, BULK = 64 * MEBI, PIECE = 32 << 10 };

/* --- the asker's end ---------------------------------------------------------------------------------------------- */

struct conn {
	struct agent *a;
	int64_t id;
	struct buf out; /* what has come, where it is kept */
	size_t came;
	bool bulk; /* it is not kept, but is to be what bulk_fill says */
	bool finished, ended, paused;
	char *error; /* of the end; owned */
};

/* What is sent in bulk, from its byte AT on: no period that a buffer might have. */
static void bulk_fill(uint8_t *data, size_t len, size_t at)
{
	for (size_t i = 0; i < len; i++, at++)
		data[i] = (uint8_t)(at ^ (at >> 8) ^ (at >> 17));
}

static void bulk_check(const uint8_t *data, size_t len, size_t at)
{
	uint8_t want[64 << 10];

	assert_true(len <= sizeof(want));
	bulk_fill(want, len, at);
	assert_memory_equal(data, want, len);
}

static void conn_done(struct conn *c)
{
	buf_done(&c->out);
	free(c->error);
}

static void ask(struct conn *c, struct agent *a, const char *method, const struct wire_params *params)
{
	const struct wire_request q = { .id = ++a->request, .method = method, .params = *params };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	*c = (struct conn){ .a = a, .id = q.id, .out = BUF_INIT };
	wire_write_request(&text, &q);
	agent_say(a, &text);
}

static void conn_ask(struct conn *c, struct agent *a, const char *pod, int64_t port)
{
	const struct wire_params p = { .namespace = "ns", .pod = pod, .port = port };

	ask(c, a, "forward", &p);
}

static void conn_send(struct conn *c, const void *data, size_t len)
{
	const struct wire_data m = { .id = c->id, .stream = "stdin", .data = { data, len } };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	wire_write_data(&text, &m);
	agent_say(c->a, &text);
}

static void conn_end(struct conn *c)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	wire_write_end(&text, &(struct wire_end){ .id = c->id });
	agent_say(c->a, &text);
}

static void conn_cancel(struct conn *c)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	wire_write_cancel(&text, &(struct wire_cancel){ .id = c->id });
	agent_say(c->a, &text);
}

static void conn_pause(struct conn *c, bool paused)
{
	const struct wire_pause m = { .id = c->id };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (paused)
		wire_write_pause(&text, &m);
	else
		wire_write_resume(&text, &m);
	agent_say(c->a, &text);
}

static void take_data(struct conn *c, const struct wire_data *m)
{
	assert_string_equal(m->stream, "stdout");
	assert_false(c->finished);
	if (m->data.len == 0)
		c->finished = true;
	else if (c->bulk)
		bulk_check(m->data.data, m->data.len, c->came);
	else
		buf_add(&c->out, m->data.data, m->data.len);
	c->came += m->data.len;
}

static bool take_message(struct conn *c, const struct wire_message *m)
{
	if (m->type == WIRE_DATA && m->data->id == c->id)
		take_data(c, m->data);
	else if ((m->type == WIRE_PAUSE || m->type == WIRE_RESUME) && m->pause->id == c->id) {
		assert_int_not_equal(c->paused, m->type == WIRE_PAUSE);
		c->paused = m->type == WIRE_PAUSE;
	} else if (m->type == WIRE_END && m->end->id == c->id) {
		assert_false(c->ended);
		assert_int_equal(m->end->exit_code, !str_empty(m->end->error));
		c->ended = true;
		c->error = xstrdup(str_or_empty(m->end->error));
	} else
		return false;
	return true;
}

/* One message, which is one of C's or OTHER's (may be NULL), or a report. */
static void turn(struct conn *c, struct conn *other, const char *wanted)
{
	struct agent *a = c->a;
	const struct wire_message *m = agent_next(a, time_monotonic() + AGENT_BOUND);

	if (!m)
		agent_fail(a, wanted);
	if (take_message(c, m) || (other && take_message(other, m)))
		wire_message_done(&a->said[--a->said_count]);
}

/* Takes what has come by now, without waiting for more. */
static void take_what_came(struct conn *c)
{
	struct agent *a = c->a;
	const struct wire_message *m;

	while ((m = agent_next(a, 0)) || poll(&(struct pollfd){ .fd = a->fd, .events = POLLIN }, 1, 0) > 0) {
		if (!m)
			turn(c, NULL, "what has come");
		else if (take_message(c, m))
			wire_message_done(&a->said[--a->said_count]);
	}
}

/* The agent has heard all that was said to it, and said what it had to say. */
static void expect_pong(struct conn *c)
{
	struct agent *a = c->a;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	bool came = false;

	wire_write_ping(&text);
	agent_say(a, &text);
	while (!came) {
		turn(c, NULL, "a pong");
		came = a->said_count > 0 && a->said[a->said_count - 1].type == WIRE_PONG;
	}
	wire_message_done(&a->said[--a->said_count]);
}

/* What has come is TEXT, perhaps after a while. */
static void expect_text(struct conn *c, struct conn *other, const char *text)
{
	while (c->out.len < strlen(text))
		turn(c, other, text);
	assert_string_equal(c->out.data, text);
	buf_clear(&c->out);
}

static void expect_finished(struct conn *c)
{
	while (!c->finished)
		turn(c, NULL, "the pod's FIN");
	assert_false(c->ended);
}

static void expect_end(struct conn *c, const char *error)
{
	while (!c->ended)
		turn(c, NULL, "the end of a connection");
	assert_string_equal(c->error, error);
	conn_done(c);
}

/* --- the pod's end -------------------------------------------------------------------------------------------------- */

struct port {
	int fd, number;
};

/* Listens on one of the loopback's addresses in UID's network; NULL: in the host's. */
static struct port port_open(const struct agent *a, const char *uid, int family)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	_cleanup_(freep) char *inside = NULL;
	_cleanup_(freep) char *path = NULL;
	struct agent_home home;
	struct node_env env;
	struct err err = { 0 };
	struct port p;

	assert_int_equal(agent_home_open(a->home, &home, NULL), 0);
	assert_int_equal(node_env_init(&env, a->home, home.cluster_id, NULL), 0);
	inside = sandbox_namespace(&env, str_or_empty(uid), "net");
	/* The agent may have mounts of its own. */
	path = uid ? xasprintf("/proc/%d/root%s", (int)a->pid, inside) : NULL;
	p.fd = netns_socket(path, family, SOCK_STREAM, &err);
	if (p.fd < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(bind(p.fd, at, len), 0);
	assert_int_equal(listen(p.fd, 16), 0);
	assert_int_equal(getsockname(p.fd, at, &len), 0);
	p.number = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	node_env_done(&env);
	agent_home_done(&home);
	return p;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	assert_int_equal(poll(&p, 1, (int)(AGENT_BOUND / NSEC_PER_MSEC)), 1);
}

static int port_accept(const struct port *p)
{
	int fd;

	wait_for(p->fd, POLLIN);
	fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void expect_bytes(int fd, const char *text)
{
	char got[256] = "";
	size_t have = 0;

	while (have < strlen(text)) {
		ssize_t n;

		wait_for(fd, POLLIN);
		n = recv(fd, got + have, sizeof(got) - 1 - have, 0);
		if (n <= 0)
			fail_msg("\"%s\" is all that came of \"%s\"", got, text);
		have += (size_t)n;
	}
	assert_string_equal(got, text);
}

/* CODE 0: a FIN. */
static void expect_no_more(int fd, int code)
{
	char c;
	ssize_t n;

	wait_for(fd, POLLIN);
	n = recv(fd, &c, 1, 0);
	assert_int_equal(n, code ? -1 : 0);
	if (code)
		assert_int_equal(errno, code);
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	fd_close(fd);
}

/* --- tests ------------------------------------------------------------------------------------------------------------ */

static void run_pod(struct agent *a, const char *name)
{
	agent_assign(a, agent_pod(a, name, FOREVER), "1", NULL);
	agent_wait(a, name, agent_is_running, "Running");
}

static void talk(struct agent *a, const char *pod, const struct port *p)
{
	struct conn c;
	int fd;

	conn_ask(&c, a, pod, p->number);
	conn_send(&c, "hello", 5);
	fd = port_accept(p);
	expect_bytes(fd, "hello");
	assert_int_equal(send(fd, "welcome", 7, 0), 7);
	expect_text(&c, NULL, "welcome");
	conn_end(&c);
	expect_no_more(fd, 0);
	fd_close(fd);
	expect_finished(&c);
	expect_end(&c, "");
}

static void either_loopback_of_a_pod(void **state)
{
	struct agent *a = *state;
	static const int families[] = { AF_INET, AF_INET6 };

	run_pod(a, "a");
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct port p = port_open(a, "a", families[i]);

		talk(a, "a", &p);
		talk(a, "a", &p);
		fd_close(p.fd);
	}
	agent_gone(a, "a", 0);
}

static void the_nodes_own_network(void **state)
{
	struct agent *a = *state;
	struct port p = port_open(a, NULL, AF_INET);

	agent_assign(a, agent_pod(a, "b", "'hostNetwork':true," FOREVER), "1", NULL);
	agent_wait(a, "b", agent_is_running, "Running");
	talk(a, "b", &p);
	fd_close(p.fd);
	agent_gone(a, "b", 0);
}

static void what_can_not_be_connected_to(void **state)
{
	struct agent *a = *state;
	struct conn c;

	run_pod(a, "c");
	conn_ask(&c, a, "c", 81);
	expect_end(&c, "connecting to port 81 in pod ns/c: Connection refused");
	conn_ask(&c, a, "c", 0);
	expect_end(&c, "0 is no port: ports are 1 to 65535");
	conn_ask(&c, a, "c", 65536);
	expect_end(&c, "65536 is no port: ports are 1 to 65535");
	conn_ask(&c, a, "none", 81);
	expect_end(&c, "pod ns/none is not on this node");
	agent_gone(a, "c", 0);
}

static void a_pod_that_is_over(void **state)
{
	struct agent *a = *state;
	struct conn c;

	agent_assign(a,
		agent_pod(a, "d",
			"'restartPolicy':'Never','containers':[{'name':'c',@IMAGE@,'command':['true']}]"),
		"1", NULL);
	agent_wait(a, "d", agent_gave_back, "to be over");
	conn_ask(&c, a, "d", 80);
	expect_end(&c, "pod ns/d is not running");
	agent_gone(a, "d", 0);
}

/* Each way goes on when the other has ended. */
static void half_closed_by_either(void **state)
{
	struct agent *a = *state;
	struct port p;
	struct conn c;
	int fd;

	run_pod(a, "e");
	p = port_open(a, "e", AF_INET);
	conn_ask(&c, a, "e", p.number);
	fd = port_accept(&p);
	conn_send(&c, "all", 3);
	conn_end(&c);
	conn_send(&c, "ignored", 7);
	expect_bytes(fd, "all");
	expect_no_more(fd, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(send(fd, "more", 4, 0), 4);
		expect_text(&c, NULL, "more");
	}
	fd_close(fd);
	expect_finished(&c);
	expect_end(&c, "");

	conn_ask(&c, a, "e", p.number);
	fd = port_accept(&p);
	assert_int_equal(send(fd, "all", 3, 0), 3);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect_text(&c, NULL, "all");
	expect_finished(&c);
	for (int i = 0; i < 3; i++) {
		conn_send(&c, "more", 4);
		expect_bytes(fd, "more");
	}
	conn_end(&c);
	expect_no_more(fd, 0);
	expect_end(&c, "");
	fd_close(fd);
	fd_close(p.fd);
	agent_gone(a, "e", 0);
}

static void reset_by_either(void **state)
{
	struct agent *a = *state;
	_cleanup_(freep) char *lost = NULL;
	struct port p;
	struct conn c;
	int fd;

	run_pod(a, "f");
	p = port_open(a, "f", AF_INET);
	lost = xasprintf("the connection to port %d in pod ns/f: Connection reset by peer", p.number);
	/* By the pod: what it had sent before that has come. */
	conn_ask(&c, a, "f", p.number);
	fd = port_accept(&p);
	conn_send(&c, "hello", 5);
	expect_bytes(fd, "hello");
	assert_int_equal(send(fd, "last words", 10, 0), 10);
	reset(fd);
	expect_text(&c, NULL, "last words");
	expect_end(&c, lost);
	/* By a pod that has closed before, which the first byte that comes shows. */
	conn_ask(&c, a, "f", p.number);
	fd = port_accept(&p);
	fd_close(fd);
	expect_finished(&c);
	conn_send(&c, "is anybody there?", 17);
	expect_end(&c, lost);
	/* By the asker. */
	conn_ask(&c, a, "f", p.number);
	conn_send(&c, "hello", 5);
	fd = port_accept(&p);
	expect_bytes(fd, "hello");
	conn_cancel(&c);
	expect_no_more(fd, ECONNRESET);
	fd_close(fd);
	conn_done(&c);
	/* By the end of the session. */
	conn_ask(&c, a, "f", p.number);
	fd = port_accept(&p);
	agent_disconnect(a);
	expect_no_more(fd, ECONNRESET);
	fd_close(fd);
	conn_done(&c);
	agent_connect(a);
	fd_close(p.fd);
	agent_gone(a, "f", 0);
}

/* --- much of it ---------------------------------------------------------------------------------------------------------- */

/* A line of /proc/PID/status, in bytes. */
static size_t memory_of(const struct agent *a, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("/proc/%d/status", (int)a->pid);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const char *line;

	assert_true(fs_read(AT_FDCWD, path, 1 << 20, &text, NULL) >= 0);
	line = strstr(text.data, name);
	assert_non_null(line);
	return strtoul(line + strlen(name), NULL, 10) << 10;
}

/* From now on the agent's largest size is counted anew. Returns its size. */
static size_t memory_watch(const struct agent *a)
{
	_cleanup_(freep) char *path = xasprintf("/proc/%d/clear_refs", (int)a->pid);

	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(write(fd, "5", 1), 1);
	return memory_of(a, "VmRSS:");
}

static void memory_check(const struct agent *a, size_t before)
{
	size_t most = memory_of(a, "VmHWM:");

	if (most > before + 8 * MEBI)
		fail_msg("the agent grew from %zu to %zu bytes", before, most);
}

/* Sends on FD (non-blocking) what it takes, from byte *AT of BULK on. */
static void pod_sends(int fd, size_t *at)
{
	uint8_t data[PIECE];

	while (*at < BULK) {
		ssize_t n;

		bulk_fill(data, sizeof(data), *at);
		n = send(fd, data, BULK - *at < PIECE ? BULK - *at : PIECE, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			break;
		*at += (size_t)n;
	}
}

static void pod_takes(int fd, size_t *at)
{
	uint8_t data[PIECE];
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		bulk_check(data, (size_t)n, *at);
		*at += (size_t)n;
	}
}

/* Another one is served meanwhile. */
static void serve_another(struct conn *slow, const char *pod, const struct port *p)
{
	struct conn c;
	int fd;

	conn_ask(&c, slow->a, pod, p->number);
	fd = port_accept(p);
	for (int i = 0; i < 10; i++) {
		conn_send(&c, "ping", 4);
		expect_bytes(fd, "ping");
		assert_int_equal(send(fd, "pong", 4, 0), 4);
		expect_text(&c, slow, "pong");
	}
	fd_close(fd);
	conn_end(&c);
	while (!c.ended)
		turn(&c, slow, "the end of another connection");
	conn_done(&c);
}

/* The asker is slow: for as long as it has not said that it goes on nothing more comes, and what the pod sends waits there. */
static void much_for_an_asker_that_is_slow(void **state)
{
	struct agent *a = *state;
	size_t sent = 0, before, came;
	struct port p;
	struct conn c;
	int fd;

	run_pod(a, "g");
	p = port_open(a, "g", AF_INET);
	conn_ask(&c, a, "g", p.number);
	c.bulk = true;
	fd = port_accept(&p);
	before = memory_watch(a);
	while (c.came < MEBI) {
		pod_sends(fd, &sent);
		turn(&c, NULL, "the first of much");
	}
	for (int i = 0; i < 3; i++) {
		conn_pause(&c, true);
		expect_pong(&c);
		came = c.came;
		pod_sends(fd, &sent);
		serve_another(&c, "g", &p);
		expect_pong(&c);
		assert_int_equal(c.came, came);
		conn_pause(&c, false);
		while (c.came < came + MEBI) {
			pod_sends(fd, &sent);
			turn(&c, NULL, "more once the asker goes on");
		}
	}
	assert_true(sent < BULK);
	while (c.came < BULK) {
		pod_sends(fd, &sent);
		turn(&c, NULL, "the rest of much");
	}
	memory_check(a, before);
	fd_close(fd);
	expect_finished(&c);
	conn_end(&c);
	expect_end(&c, "");
	fd_close(p.fd);
	agent_gone(a, "g", 0);
}

static void asker_sends(struct conn *c, size_t *at)
{
	uint8_t data[PIECE];

	take_what_came(c);
	for (int i = 0; i < 8 && !c->paused && *at < BULK; i++) {
		bulk_fill(data, sizeof(data), *at);
		conn_send(c, data, sizeof(data));
		*at += sizeof(data);
		take_what_came(c);
	}
}

/* The pod is slow: the asker is told to pause, and to go on once the pod has taken what waits. */
static void much_for_a_pod_that_is_slow(void **state)
{
	struct agent *a = *state;
	size_t sent = 0, taken = 0, before;
	struct port p;
	struct conn c;
	int fd;

	run_pod(a, "h");
	p = port_open(a, "h", AF_INET);
	conn_ask(&c, a, "h", p.number);
	fd = port_accept(&p);
	before = memory_watch(a);
	while (!c.paused && sent < BULK)
		asker_sends(&c, &sent);
	assert_true(sent < BULK);
	serve_another(&c, "h", &p);
	assert_true(c.paused);
	while (taken < BULK) {
		asker_sends(&c, &sent);
		pod_takes(fd, &taken);
		if (taken == BULK || (!c.paused && sent < BULK))
			continue;
		/* Whatever is next: bytes, or that more is wanted. */
		struct pollfd next[] = { { .fd = fd, .events = POLLIN }, { .fd = a->fd, .events = POLLIN } };
		assert_true(poll(next, 2, (int)(AGENT_BOUND / NSEC_PER_MSEC)) > 0);
	}
	memory_check(a, before);
	take_what_came(&c);
	conn_end(&c);
	expect_no_more(fd, 0);
	fd_close(fd);
	expect_end(&c, "");
	fd_close(p.fd);
	agent_gone(a, "h", 0);
}

/* A command that reads nothing for now: its input waits with the asker. */
static void much_for_a_command_that_is_slow(void **state)
{
	struct agent *a = *state;
	static const char *command[] = { "sh", "-c",
		"until [ -e /shared/k.go ]; do usleep 10000; done; wc -c" };
	const struct wire_params p = {
		.namespace = "ns", .pod = "k", .command = { command, 3 }, .stdin_open = true
	};
	_cleanup_(freep) char *text = NULL;
	size_t sent = 0, before;
	struct conn c;

	agent_assign(a,
		agent_pod(a, "k",
			"'containers':[{'name':'c',@SHARING@,'command':['sleep','1000000'],'lifecycle':{"
			"'stopSignal':'SIGKILL'}}]"),
		"1", NULL);
	agent_wait(a, "k", agent_is_running, "Running");
	ask(&c, a, "exec", &p);
	before = memory_watch(a);
	while (!c.paused && sent < 16 * MEBI)
		asker_sends(&c, &sent);
	assert_in_range(sent, MEBI, 8 * MEBI);
	memory_check(a, before);
	agent_make_file(a, "k.go");
	while (sent < BULK / 4) {
		asker_sends(&c, &sent);
		if (c.paused)
			turn(&c, NULL, "that more is wanted");
	}
	conn_end(&c);
	text = xasprintf("%zu\n", sent);
	expect_text(&c, NULL, text);
	expect_end(&c, "");
	memory_check(a, before);
	agent_gone(a, "k", 0);
}

/* One that heeds no pause may send so much, and no more. */
static void an_asker_that_does_not_pause(void **state)
{
	struct agent *a = *state;
	static const uint8_t data[PIECE];
	_cleanup_(freep) char *text = NULL;
	size_t sent = 0;
	struct port p;
	struct conn c;
	int fd;

	run_pod(a, "i");
	p = port_open(a, "i", AF_INET);
	text = xasprintf(
		"more was sent than is taken by port %d in pod ns/i: No buffer space available", p.number);
	conn_ask(&c, a, "i", p.number);
	fd = port_accept(&p);
	for (; !c.ended && sent < BULK; sent += sizeof(data)) {
		conn_send(&c, data, sizeof(data));
		take_what_came(&c);
	}
	expect_end(&c, text);
	while (recv(fd, (uint8_t[PIECE]){ 0 }, PIECE, 0) > 0)
		continue;
	assert_int_equal(errno, ECONNRESET);
	fd_close(fd);
	fd_close(p.fd);
	agent_gone(a, "i", 0);
}

static void the_pod_goes_meanwhile(void **state)
{
	struct agent *a = *state;
	struct port p;
	struct conn c, idle;
	size_t sent = 0;
	int fd, other;

	run_pod(a, "j");
	p = port_open(a, "j", AF_INET);
	conn_ask(&idle, a, "j", p.number);
	other = port_accept(&p);
	conn_ask(&c, a, "j", p.number);
	c.bulk = true;
	fd = port_accept(&p);
	while (c.came < MEBI) {
		pod_sends(fd, &sent);
		turn(&c, &idle, "the first of much");
	}
	agent_remove(a, "j", 0);
	while (!c.ended || !idle.ended) {
		pod_sends(fd, &sent);
		turn(&c, &idle, "the end of what was connected to a pod that has gone");
	}
	assert_string_equal(c.error, "pod ns/j is not running any more");
	assert_string_equal(idle.error, c.error);
	while (send(fd, "x", 1, MSG_NOSIGNAL) > 0)
		wait_for(fd, POLLIN | POLLOUT);
	expect_no_more(other, ECONNRESET);
	conn_done(&c);
	conn_done(&idle);
	fd_close(fd);
	fd_close(other);
	fd_close(p.fd);
	agent_wait(a, "j", agent_is_gone, "gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_loopback_of_a_pod),
		cmocka_unit_test(the_nodes_own_network),
		cmocka_unit_test(what_can_not_be_connected_to),
		cmocka_unit_test(a_pod_that_is_over),
		cmocka_unit_test(half_closed_by_either),
		cmocka_unit_test(reset_by_either),
		cmocka_unit_test(much_for_an_asker_that_is_slow),
		cmocka_unit_test(much_for_a_pod_that_is_slow),
		cmocka_unit_test(much_for_a_command_that_is_slow),
		cmocka_unit_test(an_asker_that_does_not_pause),
		cmocka_unit_test(the_pod_goes_meanwhile),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
