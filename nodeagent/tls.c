/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "lib/base/mem.h"

struct tls {
	SSL_CTX *context;
	SSL *ssl; /* owns both of these: */
	BIO *in, *out;
	struct buf waiting; /* plain, until the handshake is over */
};

static int tls_fail(struct err *err, const char *what)
{
	char text[256];
	unsigned long code = ERR_get_error();

	ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	return err_set(err, -EPROTO, "%s: %s", what, code ? text : "the peer speaks no TLS");
}

static bool is_address(const char *host)
{
	unsigned char space[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, space) == 1 || inet_pton(AF_INET6, host, space) == 1;
}

int tls_new(const char *host, struct tls **ret, struct err *err)
{
	struct tls *t = xcalloc(1, sizeof(*t));
	int r = 0;

	*t = (struct tls){ .waiting = BUF_INIT, .context = SSL_CTX_new(TLS_client_method()) };
	t->ssl = t->context ? SSL_new(t->context) : NULL;
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out ||
		(!is_address(host) && SSL_set_tlsext_host_name(t->ssl, host) != 1))
		r = tls_fail(err, "preparing TLS");
	if (r < 0) {
		if (t->ssl)
			SSL_free(t->ssl);
		BIO_free(t->in);
		BIO_free(t->out);
		t->ssl = NULL;
		tls_free(t);
		return r;
	}
	SSL_set_verify(t->ssl, SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(t->ssl);
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_do_handshake(t->ssl); /* the greeting */
	*ret = t;
	return 0;
}

struct tls *tls_free(struct tls *t)
{
	if (!t)
		return NULL;
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	buf_done(&t->waiting);
	free(t);
	return NULL;
}

/* What was waiting goes out once that can be. */
static void flush(struct tls *t)
{
	if (t->waiting.len > 0 && SSL_is_init_finished(t->ssl) &&
		SSL_write(t->ssl, t->waiting.data, (int)t->waiting.len) > 0)
		buf_clear(&t->waiting);
}

void tls_write(struct tls *t, const void *data, size_t len)
{
	buf_add(&t->waiting, data, len);
	flush(t);
}

int tls_incoming(struct tls *t, const void *data, size_t len, struct buf *plain, struct err *err)
{
	char space[4096];
	int n, code;

	BIO_write(t->in, data, (int)len);
	while ((n = SSL_read(t->ssl, space, sizeof(space))) > 0)
		buf_add(plain, space, (size_t)n);
	code = SSL_get_error(t->ssl, n);
	flush(t);
	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
		return 1;
	return code == SSL_ERROR_ZERO_RETURN ? 0 : tls_fail(err, "TLS");
}

void tls_outgoing(struct tls *t, struct buf *out)
{
	char space[4096];
	int n;

	while ((n = BIO_read(t->out, space, sizeof(space))) > 0)
		buf_add(out, space, (size_t)n);
}
