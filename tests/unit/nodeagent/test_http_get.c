/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* GETs from a server, a child of the test, that answers by path: well, badly, or not at all; with TLS and without. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/http_get.h"
#include "nodeagent/http_text.h"

#define BOUND (20 * NSEC_PER_SEC)
#define BODY "\r\nContent-Length: 2\r\n\r\nok"

struct server {
	pid_t pid;
	int port;
};
struct bench {
	struct loop *loop;
	struct server plain, secure;
	bool done;
	int status;
	char *error; /* "" none */
};

/* --- the server ------------------------------------------------------------------------------------------- */

struct peer {
	int fd;
	SSL *ssl;
};

static ssize_t peer_read(struct peer *p, void *data, size_t len)
{
	return p->ssl ? SSL_read(p->ssl, data, (int)len) : read(p->fd, data, len);
}

static void peer_write(struct peer *p, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = p->ssl ? SSL_write(p->ssl, text, (int)len) : send(p->fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static const struct {
	const char *path, *answer;
} answers[] = {
	{ "/ok", "HTTP/1.1 200 OK" BODY },
	{ "/no", "HTTP/1.1 503 Service Unavailable" BODY },
	{ "/chunked", "HTTP/1.1 202 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
	{ "/close", "HTTP/1.0 201 x\r\n\r\nanything" },
	{ "/moved", "HTTP/1.1 302 Found\r\nLocation: ok\r\n\r\n" },
	{ "/seen", "HTTP/1.1 301 Moved\r\nLocation: /again/../no" BODY },
	{ "/around", "HTTP/1.1 307 x\r\nLocation: /around" BODY },
	{ "/away", "HTTP/1.1 308 x\r\nLocation: http://elsewhere.invalid/" BODY },
	{ "/nowhere", "HTTP/1.1 302 x" BODY },
	{ "/wrong", "HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:0/" BODY },
	{ "/not-modified", "HTTP/1.1 304 x\r\nLocation: /no\r\n\r\n" },
	{ "/garbage", "220 mail.example ESMTP\r\n" },
	{ "/nothing", "" },
	{ "/half", "HTTP/1.1 200 OK\r\nContent-Le" },
	{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok" },
};

static void answer(struct peer *p, const char *request)
{
	const char *path = request + 4;
	size_t len = strcspn(path, " ");
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (strlen(answers[i].path) == len && strncmp(answers[i].path, path, len) == 0)
			peer_write(p, answers[i].answer, strlen(answers[i].answer));
	if (strncmp(path, "/secure-", 8) == 0) {
		snprintf(text, sizeof(text), "HTTP/1.1 302 x\r\nLocation: https://127.0.0.1:%d/ok\r\n\r\n",
			atoi(path + 8));
		peer_write(p, text, strlen(text));
	}
	if (strncmp(path, "/headers ", 9) == 0) {
		bool right = strstr(request, "\r\nUser-Agent: kube-probe/1.32\r\n") &&
			     strstr(request, "\r\nX-A: b\r\n") &&
			     strstr(request, "\r\nConnection: close\r\n") &&
			     strstr(request, "\r\nHost: 127.0.0.1:");

		peer_write(p, right ? answers[0].answer : answers[1].answer,
			strlen(answers[right ? 0 : 1].answer));
	}
	if (strncmp(path, "/endless ", 9) == 0) {
		const char *head = "HTTP/1.1 200 OK\r\n\r\n";
		static const char body[HTTP_BODY_MAX * 100];

		peer_write(p, head, strlen(head));
		peer_write(p, body, sizeof(body));
	}
	/* Says nothing (more) until the other side closes. */
	if (strncmp(path, "/head ", 6) == 0)
		peer_write(p, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 38);
	if (strncmp(path, "/head ", 6) == 0 || strncmp(path, "/silent ", 8) == 0)
		while (peer_read(p, text, sizeof(text)) > 0)
			continue;
}

static void serve_one(int fd, SSL_CTX *context)
{
	struct peer p = { .fd = fd, .ssl = context ? SSL_new(context) : NULL };
	char request[4096];
	size_t len = 0;

	if (p.ssl && (SSL_set_fd(p.ssl, fd) != 1 || SSL_accept(p.ssl) != 1))
		len = sizeof(request); /* no TLS: over */
	while (len < sizeof(request) - 1) {
		ssize_t n = peer_read(&p, request + len, sizeof(request) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		request[len] = '\0';
		if (strncmp(request, "GET ", len < 4 ? len : 4) != 0) {
			peer_write(&p, "HTTP/1.1 400 x\r\n\r\n", 18);
			break;
		}
		if (!strstr(request, "\r\n\r\n"))
			continue;
		answer(&p, request);
		break;
	}
	if (p.ssl)
		SSL_shutdown(p.ssl);
	SSL_free(p.ssl);
	shutdown(fd, SHUT_WR);
	while (read(fd, request, sizeof(request)) > 0) /* what is unread would reset the connection */
		continue;
	close(fd);
}

/* A certificate that nobody has reason to trust. */
static SSL_CTX *server_context(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
	X509_gmtime_adj(X509_getm_notAfter(cert), -3600); /* it is over, even */
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	if (SSL_CTX_use_certificate(c, cert) != 1 || SSL_CTX_use_PrivateKey(c, key) != 1)
		_exit(1);
	X509_free(cert);
	EVP_PKEY_free(key);
	return c;
}

static struct server server_start(bool tls)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server s;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	s.port = ntohs(address.sin_port);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0) {
		SSL_CTX *context = tls ? server_context() : NULL;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			serve_one(accept(listener, NULL, NULL), context);
	}
	close(listener);
	return s;
}

static void server_stop(const struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static int bench_setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	signal(SIGPIPE, SIG_IGN);
	b->plain = server_start(false);
	b->secure = server_start(true);
	assert_int_equal(loop_new(&b->loop, NULL), 0);
	*state = b;
	return 0;
}

static int bench_teardown(void **state)
{
	struct bench *b = *state;

	server_stop(&b->plain);
	server_stop(&b->secure);
	loop_free(b->loop);
	free(b->error);
	free(b);
	return 0;
}

/* --- the client ------------------------------------------------------------------------------------------- */

static void on_done(const struct http_get_result *result, void *arg)
{
	struct bench *b = arg;

	assert_false(b->done);
	b->done = true;
	b->status = result->status;
	free(b->error);
	b->error = xstrdup(str_or_empty(result->error));
}

static struct http_get *begin(struct bench *b, const char *host, bool tls, const char *path)
{
	struct http_header header = { "X-A", "b" };
	struct http_headers headers = { &header, 1 };
	struct http_get_spec spec = { .host = host,
		.port = tls ? b->secure.port : b->plain.port,
		.tls = tls,
		.path = path,
		.headers = &headers,
		.agent = "kube-probe/1.32" };
	struct http_get *g = NULL;
	struct err err = { 0 };

	b->done = false;
	if (http_get_start(b->loop, &spec, on_done, b, &g, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_false(b->done);
	return g;
}

static void get(struct bench *b, const char *host, bool tls, const char *path)
{
	begin(b, host, tls, path);
	while (!b->done)
		assert_int_equal(loop_turn(b->loop, BOUND, NULL), 1);
}

/* ERROR: a part of it; NULL: none. */
static const struct {
	const char *path;
	int status;
	const char *error;
} cases[] = {
	{ "/ok", 200, NULL },
	{ "/no", 503, NULL },
	{ "/chunked", 202, NULL },
	{ "/close", 201, NULL },
	{ "/headers", 200, NULL },
	{ "/endless", 200, NULL },
	{ "/moved", 200, NULL },
	{ "/seen", 503, NULL },
	{ "/around", 0, "/around\": stopped after 9 redirects" },
	{ "/away", 308, NULL },
	{ "/nowhere", 302, NULL },
	{ "/wrong", 0, "is no URL of HTTP" },
	{ "/not-modified", 304, NULL },
	{ "/garbage", 0, "malformed HTTP response" },
	{ "/nothing", 0, "unexpected EOF" },
	{ "/half", 0, "unexpected EOF" },
	{ "/short", 200, "unexpected EOF" },
};

static void expect(struct bench *b, size_t i, bool tls)
{
	bool right = b->status == cases[i].status &&
		     (cases[i].error ? strstr(b->error, cases[i].error) != NULL : *b->error == '\0');

	if (!right)
		fail_msg("%s%s: status %d, error \"%s\"", cases[i].path, tls ? " with TLS" : "", b->status,
			b->error);
}

static void answers_of_all_kinds(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		get(b, "127.0.0.1", false, cases[i].path);
		expect(b, i, false);
	}
}

static void answers_with_tls(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		get(b, "127.0.0.1", true, cases[i].path);
		expect(b, i, true);
	}
}

static void from_plain_to_tls(void **state)
{
	struct bench *b = *state;
	_cleanup_(freep) char *path = xasprintf("/secure-%d", b->secure.port);

	get(b, "127.0.0.1", false, path);
	assert_int_equal(b->status, 200);
	assert_string_equal(b->error, "");
}

/* TLS where there is none, and the other way round. */
static void the_wrong_scheme(void **state)
{
	struct bench *b = *state;
	struct server plain = b->plain;

	b->plain.port = b->secure.port;
	get(b, "127.0.0.1", false, "/ok");
	assert_int_equal(b->status, 0);
	assert_true(*b->error);
	b->plain = plain;
	b->secure.port = plain.port;
	get(b, "127.0.0.1", true, "/ok");
	assert_int_equal(b->status, 0);
	assert_non_null(strstr(b->error, "/ok\": TLS: "));
}

static void by_name(void **state)
{
	struct bench *b = *state;

	get(b, "localhost", false, "/ok");
	assert_int_equal(b->status, 200);
	get(b, "no-such-host.invalid", false, "/ok");
	assert_int_equal(b->status, 0);
	assert_non_null(strstr(b->error, "no address of no-such-host.invalid is known"));
}

static void nobody_listens(void **state)
{
	struct bench *b = *state;
	_cleanup_(freep) char *want = xasprintf(
		"Get \"http://127.0.0.1:%d/ok\": connecting to 127.0.0.1, port %d: Connection refused",
		b->plain.port, b->plain.port);

	server_stop(&b->plain);
	get(b, "127.0.0.1", false, "/ok");
	assert_int_equal(b->status, 0);
	assert_string_equal(b->error, want);
}

/* Cancelled at each point: connecting, waiting for the head, waiting for the body. */
static void nobody_waits(void **state)
{
	static const char *const paths[] = { "/silent", "/head", "/head" };
	struct bench *b = *state;

	assert_null(http_get_cancel(NULL));
	assert_null(http_get_cancel(begin(b, "127.0.0.1", false, "/silent")));
	assert_null(http_get_cancel(begin(b, "localhost", false, "/silent")));
	for (int tls = 0; tls < 2; tls++)
		for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
			struct http_get *g = begin(b, "127.0.0.1", tls, paths[i]);

			/* Connected, and sent. */
			assert_int_equal(loop_turn(b->loop, BOUND, NULL), 1);
			while (str_eq(paths[i], "/head") && !http_get_has_head(g))
				assert_int_equal(loop_turn(b->loop, BOUND, NULL), 1);
			http_get_cancel(g);
			assert_false(b->done);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_of_all_kinds, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(answers_with_tls, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(from_plain_to_tls, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(the_wrong_scheme, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(by_name, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(nobody_listens, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(nobody_waits, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
