/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The server on a loop, with clients in the same process: bytes in, bytes out. */
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

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/status/http.h"

#define BOUND (20 * NSEC_PER_SEC)

struct fixture {
	struct loop *loop;
	struct http *http;
	struct buf paths; /* that were asked for, a line each */
};

static void handler(const char *path, struct http_response *r, void *arg)
{
	struct fixture *f = arg;

	buf_addf(&f->paths, "%s\n", path);
	if (str_eq(path, "/missing")) {
		r->status = 404;
		r->type = "text/plain";
	} else if (str_eq(path, "/stream")) {
		r->stream = true;
		r->type = "text/event-stream";
		buf_adds(&r->body, ": hello\n\n");
		return;
	}
	buf_addf(&r->body, "you asked for %s", path);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err = { 0 };

	f->paths = BUF_INIT;
	assert_int_equal(loop_new(&f->loop, NULL), 0);
	if (http_new(f->loop, "127.0.0.1:0", handler, f, &f->http, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	http_free(f->http);
	loop_free(f->loop);
	buf_done(&f->paths);
	free(f);
	return 0;
}

static int client(const struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)atoi(strrchr(http_address(f->http), ':') + 1));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Turns the loop until what has come on FD holds TEXT, or (TEXT NULL) the other side has closed. */
static void until(struct fixture *f, int fd, struct buf *got, const char *text)
{
	nsec_t deadline = time_monotonic() + BOUND;

	while (!text || !strstr(got->data, text)) {
		ssize_t n;

		if (time_monotonic() > deadline)
			fail_msg("not in time: %s; there is: %s", text ? text : "the end", got->data);
		assert_true(loop_turn(f->loop, NSEC_PER_MSEC, NULL) >= 0);
		n = recv(fd, buf_reserve(got, 65536), 65536, MSG_DONTWAIT);
		if (n > 0)
			buf_extend(got, (size_t)n);
		if (n == 0 || (n < 0 && errno == ECONNRESET)) {
			assert_null(text);
			return;
		}
	}
}

/* The whole answer to REQUEST; the caller frees it. */
static char *answer(struct fixture *f, const char *request)
{
	struct buf got = BUF_INIT;
	int fd = client(f);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	until(f, fd, &got, NULL);
	fd_close(fd);
	return buf_take(&got);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected %s in\n%s", part, text);
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void get_and_head(void **state)
{
	struct fixture *f = *state;
	_cleanup_(freep) char *get = answer(f, "GET /a/b?c=d" END), *head = answer(f, "HEAD /a/b" END),
			      *missing = answer(f, "GET /missing" END),
			      *escaped = answer(f, "GET /%41%2fb" END);

	has(get, "HTTP/1.1 200 ");
	has(get, "\r\nContent-Type: text/html; charset=utf-8\r\n");
	has(get, "\r\nContent-Length: 18\r\n");
	has(get, "\r\n\r\nyou asked for /a/b");
	has(get, "\r\nContent-Security-Policy: default-src 'none'; ");
	has(get, "\r\nX-Content-Type-Options: nosniff\r\n");
	has(head, "HTTP/1.1 200 ");
	has(head, "\r\nContent-Length: 18\r\n");
	assert_true(str_ends(head, "\r\n\r\n"));
	has(missing, "HTTP/1.1 404 ");
	has(missing, "\r\nContent-Type: text/plain\r\n");
	has(escaped, "you asked for /A/b");
	assert_string_equal(f->paths.data, "/a/b\n/a/b\n/missing\n/A/b\n");
	assert_int_equal(http_counts(f->http).requests, 4);
	assert_int_equal(http_counts(f->http).errors, 1);
}

/* Nothing that could change anything gets as far as the handler. */
static void other_methods(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO",
		"get" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		_cleanup_(freep) char *request = xasprintf("%s /" END, methods[i]);
		_cleanup_(freep) char *got = answer(f, request);

		has(got, "HTTP/1.1 405 ");
		has(got, "\r\nAllow: GET, HEAD\r\n");
	}
	_cleanup_(freep) char *body = answer(
		f, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
	has(body, "HTTP/1.1 405 ");
	assert_string_equal(f->paths.data, "");
}

static void a_stream(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_done) struct buf one = BUF_INIT, two = BUF_INIT;
	int a = client(f), b = client(f);
	static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

	http_announce(f->http, "to nobody");
	send(a, request, strlen(request), MSG_NOSIGNAL);
	until(f, a, &one, ": hello\n\n");
	has(one.data, "\r\nContent-Type: text/event-stream\r\n");
	send(b, request, strlen(request), MSG_NOSIGNAL);
	until(f, b, &two, ": hello\n\n");
	assert_int_equal(http_counts(f->http).streams, 2);
	http_announce(f->http, "17");
	until(f, a, &one, "data: 17\n\n");
	until(f, b, &two, "data: 17\n\n");
	assert_null(strstr(one.data, "to nobody"));
	/* One goes; the other is told the next. */
	fd_close(a);
	nsec_t deadline = time_monotonic() + BOUND;
	while (http_counts(f->http).streams > 1) {
		assert_true(time_monotonic() < deadline);
		http_announce(f->http, "18");
		assert_true(loop_turn(f->loop, NSEC_PER_MSEC, NULL) >= 0);
	}
	until(f, b, &two, "data: 18\n\n");
	/* Other requests are answered beside it; HEAD of a stream is no stream. */
	_cleanup_(freep) char *head = answer(f, "HEAD /stream" END);
	has(head, "HTTP/1.1 200 ");
	assert_int_equal(http_counts(f->http).streams, 1);
	fd_close(b);
}

/* It does not read, and it is told ever more: what is kept for it is bounded, and others are not held up. */
static void a_reader_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
	_cleanup_(buf_done) struct buf got = BUF_INIT, text = BUF_INIT;
	int fd = client(f);

	for (int i = 0; i < 1000; i++)
		buf_addc(&text, 'x');
	send(fd, request, strlen(request), MSG_NOSIGNAL);
	until(f, fd, &got, ": hello\n\n");
	for (int i = 0; i < 20000; i++)
		http_announce(f->http, text.data);
	_cleanup_(freep) char *other = answer(f, "GET /" END);
	has(other, "HTTP/1.1 200 ");
	fd_close(fd);
}

static void addresses(void **state)
{
	static const char *const bad[] = { "", "8480", "localhost:80", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]",
		"[127.0.0.1]:80", "[]:80", "1.2.3.4.5:80",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:80" };
	struct fixture *f = *state;
	struct http *h = NULL;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		print_message("\"%s\"\n", bad[i]);
		assert_int_equal(http_new(f->loop, bad[i], handler, f, &h, &err), -EINVAL);
	}
	/* The port is taken: another one of the same address. */
	assert_int_equal(http_new(f->loop, http_address(f->http), handler, f, &h, &err), 0);
	assert_string_not_equal(http_address(h), http_address(f->http));
	assert_true(str_starts(http_address(h), "127.0.0.1:"));
	http_free(h);
	/* An address that is not this host's is no reason to listen elsewhere. */
	assert_true(http_new(f->loop, "192.0.2.1:0", handler, f, &h, &err) < 0);
	assert_non_null(strstr(err_text(&err), "listening on 192.0.2.1:0"));
	assert_null(http_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(get_and_head, setup, teardown),
		cmocka_unit_test_setup_teardown(other_methods, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_that_does_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
