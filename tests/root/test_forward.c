/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Connections that the real agent makes to ports of real pods. What listens there is this test, with sockets in the pod's network
 * namespace (nodeagent/netns.h): so each end can be slow, half closed or reset at will.
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

/* --- the asker's end ---------------------------------------------------------------------------------------------- */

struct conn {
	struct agent *a;
	int64_t id;
	struct buf out; /* what has come */
	bool finished, ended, paused;
	unsigned pauses;
	char *error; /* of the end; owned */
};

static void conn_done(struct conn *c)
{
	buf_done(&c->out);
	free(c->error);
}

static void conn_ask(struct conn *c, struct agent *a, const char *pod, int64_t port)
{
	const struct wire_request q = {
		.id = ++a->request,
		.method = "forward",
		.params = { .namespace = "ns", .pod = pod, .port = port },
	};
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	*c = (struct conn){ .a = a, .id = q.id, .out = BUF_INIT };
	wire_write_request(&text, &q);
	agent_say(a, &text);
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

static void take_data(struct conn *c, const struct wire_data *m)
{
	assert_string_equal(m->stream, "stdout");
	assert_false(c->finished);
	if (m->data.len == 0)
		c->finished = true;
	else
		buf_add(&c->out, m->data.data, m->data.len);
}

static bool take_message(struct conn *c, const struct wire_message *m)
{
	if (m->type == WIRE_DATA && m->data->id == c->id)
		take_data(c, m->data);
	else if ((m->type == WIRE_PAUSE || m->type == WIRE_RESUME) && m->pause->id == c->id) {
		assert_int_not_equal(c->paused, m->type == WIRE_PAUSE);
		c->paused = m->type == WIRE_PAUSE;
		c->pauses += c->paused;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_loopback_of_a_pod),
		cmocka_unit_test(the_nodes_own_network),
		cmocka_unit_test(what_can_not_be_connected_to),
		cmocka_unit_test(a_pod_that_is_over),
		cmocka_unit_test(half_closed_by_either),
		cmocka_unit_test(reset_by_either),
	};

	return cmocka_run_group_tests(tests, agent_begin, agent_end);
}
