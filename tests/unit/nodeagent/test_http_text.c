/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/str.h"
#include "nodeagent/http_text.h"

static void urls(void **state)
{
	static const struct {
		bool tls;
		const char *host;
		int port;
		const char *path, *want;
	} cases[] = {
		{ false, "10.0.0.1", 80, "/", "http://10.0.0.1:80/" },
		{ true, "10.0.0.1", 8443, "/healthz?full=1&a=b", "https://10.0.0.1:8443/healthz?full=1&a=b" },
		{ false, "a.example", 1, "healthz", "http://a.example:1/healthz" },
		{ false, "fd00::1", 80, "/", "http://[fd00::1]:80/" },
		{ false, "h", 80, "", "http://h:80/" },
		{ false, "h", 80, NULL, "http://h:80/" },
		{ false, "h", 80, "/a b\"\xc3\xa4\r\n%20", "http://h:80/a%20b%22%C3%A4%0D%0A%20" },
		{ false, "h", 80, "/a#b", "http://h:80/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(http_url_done) struct http_url u;
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		http_url_init(&u, cases[i].tls, cases[i].host, cases[i].port, cases[i].path);
		http_url_write(&text, &u);
		assert_string_equal(text.data, cases[i].want);
		assert_string_equal(u.host, cases[i].host);
	}
}

/* Of http://10.0.0.1:8080/a/b?c */
static void redirects(void **state)
{
	static const struct {
		const char *location, *want;
		int r, port;
	} cases[] = {
		{ "/x", "http://10.0.0.1:8080/x", 0, 8080 },
		{ "x?y", "http://10.0.0.1:8080/a/x?y", 0, 8080 },
		{ "../x", "http://10.0.0.1:8080/x", 0, 8080 },
		{ "../../../x", "http://10.0.0.1:8080/x", 0, 8080 },
		{ "./x/./y/../z/", "http://10.0.0.1:8080/a/x/z/", 0, 8080 },
		{ "..", "http://10.0.0.1:8080/", 0, 8080 },
		{ ".", "http://10.0.0.1:8080/a/", 0, 8080 },
		{ "?z", "http://10.0.0.1:8080/a/b?z", 0, 8080 },
		{ "#z", "http://10.0.0.1:8080/a/b?c", 0, 8080 },
		{ "/a/../b?../x", "http://10.0.0.1:8080/b?../x", 0, 8080 },
		{ "http://10.0.0.1/x", "http://10.0.0.1/x", 0, 80 },
		{ "https://10.0.0.1/x", "https://10.0.0.1/x", 0, 443 },
		{ "HTTPS://10.0.0.1:8443", "https://10.0.0.1:8443/", 0, 8443 },
		{ "https://10.0.0.1?q", "https://10.0.0.1/?q", 0, 443 },
		{ "//10.0.0.1:81/x", "http://10.0.0.1:81/x", 0, 81 },
		{ "http://u:p@10.0.0.1:81/x", "http://10.0.0.1:81/x", 0, 81 },
		{ "http://10.0.0.1:/x", "http://10.0.0.1:/x", 0, 80 },
		{ "http://10.0.0.2/x", NULL, -EXDEV, 0 },
		{ "//a.example/", NULL, -EXDEV, 0 },
		{ "http:///x", NULL, -EXDEV, 0 },
		{ "ftp://10.0.0.2/", NULL, -EXDEV, 0 },
		{ "http://[::1/", NULL, -EINVAL, 0 },
		{ "http://[::1]/", NULL, -EXDEV, 0 },
		{ "ftp://10.0.0.1/", NULL, -EINVAL, 0 },
		{ "mailto:a@b", NULL, -EINVAL, 0 },
		{ "http://10.0.0.1:99999/", NULL, -EINVAL, 0 },
		{ "http://10.0.0.1:0/", NULL, -EINVAL, 0 },
		{ "http://10.0.0.1:+1/", NULL, -EINVAL, 0 },
		{ "http://10.0.0.1:x/", NULL, -EINVAL, 0 },
	};
	struct http_url base;

	(void)state;
	http_url_init(&base, false, "10.0.0.1", 8080, "/a/b?c");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;
		struct http_url u;
		int r = http_url_follow(&base, cases[i].location, &u, NULL);

		if (r != cases[i].r)
			fail_msg("%s: %d instead of %d", cases[i].location, r, cases[i].r);
		if (r < 0)
			continue;
		http_url_write(&text, &u);
		assert_string_equal(text.data, cases[i].want);
		assert_int_equal(u.port, cases[i].port);
		http_url_done(&u);
	}
	http_url_done(&base);
}

static void requests(void **state)
{
	static const struct {
		struct http_header headers[3];
		const char *want; /* NULL: refused */
	} cases[] = {
		{ { { 0 } }, "GET /x HTTP/1.1\r\nHost: h:80\r\nUser-Agent: a/1\r\nAccept: */*\r\nConnection: "
			     "close\r\n\r\n" },
		{ { { "X-A", "1" }, { "host", "b.example" }, { "X-A", "2" } },
			"GET /x HTTP/1.1\r\nHost: b.example\r\nUser-Agent: a/1\r\nAccept: */*\r\nX-A: 1\r\n"
			"X-A: 2\r\nConnection: close\r\n\r\n" },
		{ { { "user-agent", "me" }, { "Accept", "" }, { "Connection", "keep-alive" } },
			"GET /x HTTP/1.1\r\nHost: h:80\r\nUser-Agent: me\r\nConnection: close\r\n\r\n" },
		{ { { "User-Agent", NULL }, { "Content-Length", "3" }, { "Host", "" } },
			"GET /x HTTP/1.1\r\nHost: h:80\r\nAccept: */*\r\nConnection: close\r\n\r\n" },
		{ { { "A", "b\r\nC: d" } }, NULL },
		{ { { "A b", "c" } }, NULL },
		{ { { "", "c" } }, NULL },
	};
	struct http_url u;

	(void)state;
	http_url_init(&u, false, "h", 80, "/x");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_header items[3];
		struct http_headers headers = { .items = items };
		_cleanup_(buf_done) struct buf out = BUF_INIT;
		int r;

		memcpy(items, cases[i].headers, sizeof(items));
		while (headers.count < 3 && items[headers.count].name)
			headers.count++;
		r = http_request_write(&out, &u, &headers, "a/1", NULL);
		assert_int_equal(r, cases[i].want ? 0 : -EINVAL);
		if (cases[i].want)
			assert_string_equal(out.data, cases[i].want);
	}
	/* Where a redirection names the host itself, that counts. */
	struct http_header host = { "Host", "b.example" };
	struct http_headers headers = { &host, 1 };
	struct http_url there;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	assert_int_equal(http_url_follow(&u, "http://h:81/y", &there, NULL), 0);
	assert_int_equal(http_request_write(&out, &there, &headers, "a", NULL), 0);
	assert_non_null(strstr(out.data, "GET /y HTTP/1.1\r\nHost: h:81\r\n"));
	http_url_done(&there);
	http_url_done(&u);
}

/* What has come of TEXT, in pieces of SIZE bytes, and then the connection's end where END. */
static enum http_reply_state feed(struct http_reply *r, const char *text, size_t size, bool end)
{
	enum http_reply_state s = HTTP_REPLY_MORE;

	http_reply_init(r);
	for (size_t at = 0, len = strlen(text); at < len; at += size)
		s = http_reply_feed(r, text + at, len - at < size ? len - at : size);
	return end ? http_reply_end(r) : s;
}

static void replies(void **state)
{
	static const struct {
		const char *text;
		bool end;
		enum http_reply_state want;
		int status;
		const char *location;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true, HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", false, HTTP_REPLY_MORE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", true, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.0 404 Not Found\r\n\r\nanything", true, HTTP_REPLY_DONE, 404, NULL },
		{ "HTTP/1.0 404 Not Found\r\n\r\nanything", false, HTTP_REPLY_MORE, 404, NULL },
		{ "HTTP/1.1 204\r\n\r\n", false, HTTP_REPLY_DONE, 204, NULL },
		{ "HTTP/1.1 304 x\n\n", false, HTTP_REPLY_DONE, 304, NULL },
		{ "HTTP/1.1 302 Found\r\nlocation:  /x \r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", false,
			HTTP_REPLY_DONE, 302, "/x" },
		{ "HTTP/1.1 100 Continue\r\nLocation: /no\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
		  "0\r\n\r\n",
			false, HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 101 Switching\r\n\r\n", false, HTTP_REPLY_DONE, 101, NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n2\r\nok\r\nA;x=y\r\n0123456789\r\n0\r\n"
		  "T: 1\r\n\r\n",
			false, HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true, HTTP_REPLY_BAD,
			200, NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokx\r\n", false, HTTP_REPLY_BAD,
			200, NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", false, HTTP_REPLY_BAD, 200,
			NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 2\r\na\r\n0\r\n\r\n", false,
			HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", false,
			HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nA: b\r\n c: folded\r\nContent-Length: 0\r\n\r\n", false,
			HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", false,
			HTTP_REPLY_DONE, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", false,
			HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", false, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", false, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\n: x\r\n\r\n", false, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 200 OK\r\n", true, HTTP_REPLY_BAD, 200, NULL },
		{ "HTTP/1.1 2000 OK\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "HTTP/1.1 020 OK\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "HTTP/1.1 20\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "HTTP/1.x 200 OK\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "HTTP/2 200 OK\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "SSH-2.0-OpenSSH_9.2\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "\r\n", false, HTTP_REPLY_BAD, 0, NULL },
		{ "HTTP/1.1", true, HTTP_REPLY_BAD, 0, NULL },
		{ "", true, HTTP_REPLY_BAD, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t size = 1; size < 40; size += 6) {
			struct http_reply r;
			enum http_reply_state s = feed(&r, cases[i].text, size, cases[i].end);

			if (s != cases[i].want || r.status != cases[i].status ||
				!str_eq(r.location, cases[i].location))
				fail_msg("case %zu: state %d, status %d, location %s", i, (int)s, r.status,
					str_or_empty(r.location));
			assert_int_equal(s == HTTP_REPLY_BAD, r.bad != NULL);
			assert_true(r.head_done || s != HTTP_REPLY_DONE);
			http_reply_done(&r);
		}
}

static void bounds(void **state)
{
	struct http_reply r;
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	(void)state;
	/* As much of the body as is read, and no more. */
	http_reply_init(&r);
	assert_int_equal(feed(&r, "HTTP/1.1 200 OK\r\n\r\n", 99, false), HTTP_REPLY_MORE);
	for (int i = 0; i < HTTP_BODY_MAX - 1; i++)
		assert_int_equal(http_reply_feed(&r, "\n", 1), HTTP_REPLY_MORE);
	assert_int_equal(http_reply_feed(&r, "\n", 1), HTTP_REPLY_DONE);
	http_reply_done(&r);
	/* A head without end. */
	http_reply_init(&r);
	buf_adds(&text, "HTTP/1.1 200 OK\r\n");
	while (text.len <= HTTP_HEAD_MAX)
		buf_adds(&text, "X: y\r\n");
	assert_int_equal(http_reply_feed(&r, text.data, text.len), HTTP_REPLY_BAD);
	http_reply_done(&r);
	/* And a line without one; and a NUL. */
	http_reply_init(&r);
	while (text.len-- > 0)
		assert_true(http_reply_feed(&r, "x", 1) != HTTP_REPLY_DONE);
	assert_int_equal(http_reply_end(&r), HTTP_REPLY_BAD);
	http_reply_done(&r);
	http_reply_init(&r);
	assert_int_equal(http_reply_feed(&r, "HTTP/1.1 200\0\r\n", 15), HTTP_REPLY_BAD);
	http_reply_done(&r);
	text.len = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(redirects),
		cmocka_unit_test(requests),
		cmocka_unit_test(replies),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
