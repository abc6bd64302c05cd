/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Questions to a listening socket of the test's own, which answers what the test sends; commands are test_exec.c's and tests/root's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/probe_ask.h"

#define BOUND (20 * NSEC_PER_SEC)

struct bench {
	struct node_services node;
	int listener, port;
	struct container spec;
	struct container_port named;
	bool done;
	enum probe_result result;
	char *text;
};

static int bench_setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	assert_int_equal(loop_new(&b->node.loop, NULL), 0);
	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(b->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(b->listener, 8), 0);
	assert_int_equal(getsockname(b->listener, (struct sockaddr *)&address, &size), 0);
	b->port = ntohs(address.sin_port);
	b->named = (struct container_port){ .name = "web", .container_port = b->port };
	b->spec.ports.items = &b->named;
	b->spec.ports.count = 1;
	*state = b;
	return 0;
}

static int bench_teardown(void **state)
{
	struct bench *b = *state;

	loop_free(b->node.loop);
	close(b->listener);
	free(b->text);
	free(b);
	return 0;
}

static void on_answer(enum probe_result result, const char *text, void *arg)
{
	struct bench *b = arg;

	assert_false(b->done);
	b->done = true;
	b->result = result;
	free(b->text);
	b->text = xstrdup(str_or_empty(text));
}

static struct probe_try *ask(struct bench *b, struct probe *p, const char *address)
{
	struct probe_question q = {
		.node = &b->node, .spec = &b->spec, .probe = p, .container_id = "none", .address = address
	};

	p->timeout_seconds = 1;
	b->done = false;
	return probe_ask(&q, on_answer, b);
}

static void expect(struct bench *b, enum probe_result result, const char *text)
{
	while (!b->done)
		assert_int_equal(loop_turn(b->node.loop, BOUND, NULL), 1);
	assert_string_equal(b->text, text);
	assert_int_equal(b->result, result);
}

static void to_what_is_not_there(void **state)
{
	struct bench *b = *state;
	struct http_get_action get = { .path = "/", .port = { .set = true, .string = "metrics" } };
	struct tcp_socket_action tcp = { .port = { .set = true, .integer = 80 } };
	struct grpc_action grpc = { .port = 80 };

	ask(b, &(struct probe){ .http_get = &get }, "127.0.0.1");
	assert_false(b->done); /* from the loop only */
	expect(b, PROBE_UNKNOWN, "no port of the container is called \"metrics\"");
	ask(b, &(struct probe){ .tcp_socket = &tcp }, NULL);
	expect(b, PROBE_UNKNOWN, "the pod has no address");
	ask(b, &(struct probe){ .grpc = &grpc }, "127.0.0.1");
	expect(b, PROBE_UNKNOWN, "it can't be asked");
}

static void of_a_port(void **state)
{
	struct bench *b = *state;
	struct tcp_socket_action tcp = { .port = { .set = true, .string = "web" } };
	_cleanup_(freep) char *refused = xasprintf(
		"connecting to 127.0.0.1, port %d: Connection refused", b->port);

	ask(b, &(struct probe){ .tcp_socket = &tcp }, "127.0.0.1");
	expect(b, PROBE_SUCCESS, "");
	/* The action's own host stands before the pod's address. */
	tcp.host = "127.0.0.1";
	ask(b, &(struct probe){ .tcp_socket = &tcp }, "192.0.2.77");
	expect(b, PROBE_SUCCESS, "");
	close(b->listener);
	ask(b, &(struct probe){ .tcp_socket = &tcp }, NULL);
	expect(b, PROBE_FAILURE, refused);
	b->listener = -1;
}

/* Answers what is asked next with TEXT; returns the connection. */
static int answer(struct bench *b, const char *text)
{
	char request[4096];
	int fd;

	assert_int_equal(loop_turn(b->node.loop, BOUND, NULL), 1); /* connected, and sent */
	fd = accept(b->listener, NULL, NULL);
	assert_true(fd >= 0 && read(fd, request, sizeof(request)) > 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void of_a_web_server(void **state)
{
	static const struct {
		const char *answer;
		enum probe_result result;
		const char *text;
	} cases[] = {
		{ "HTTP/1.1 199 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", PROBE_SUCCESS, "" },
		{ "HTTP/1.1 399 x\r\nContent-Length: 0\r\n\r\n", PROBE_SUCCESS, "" },
		{ "HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", PROBE_FAILURE,
			"HTTP probe failed with statuscode: 400" },
		{ "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", PROBE_FAILURE,
			"HTTP probe failed with statuscode: 503" },
		/* These have no end: the first by way of its head, the second has none. */
		{ "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n", PROBE_UNKNOWN, "timed out after 1s" },
		{ "HTTP/1.1 200 x\r\n", PROBE_FAILURE, "timed out after 1s" },
	};
	struct bench *b = *state;
	struct http_get_action get = { .path = "/", .port = { .set = true, .integer = b->port } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fd;

		ask(b, &(struct probe){ .http_get = &get }, "127.0.0.1");
		fd = answer(b, cases[i].answer);
		expect(b, cases[i].result, cases[i].text);
		close(fd);
	}
}

static void that_nobody_waits_for(void **state)
{
	struct bench *b = *state;
	struct http_get_action get = { .path = "/", .port = { .set = true, .integer = b->port } };
	struct tcp_socket_action none = { .port = { .set = true, .string = "none" } };

	assert_null(probe_ask_cancel(NULL));
	assert_null(probe_ask_cancel(ask(b, &(struct probe){ .http_get = &get }, "127.0.0.1")));
	assert_null(probe_ask_cancel(ask(b, &(struct probe){ .tcp_socket = &none }, "127.0.0.1")));
	assert_int_equal(loop_turn(b->node.loop, 0, NULL), 0);
	assert_false(b->done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(to_what_is_not_there, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(of_a_port, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(of_a_web_server, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(that_nobody_waits_for, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
