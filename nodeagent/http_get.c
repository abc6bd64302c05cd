/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A connection for each request: opened by tcp.c, perhaps wrapped by tls.c, read by http_text.c. */
#include "nodeagent/http_get.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/http_text.h"
#include "nodeagent/tcp.h"
#include "nodeagent/tls.h"

struct http_get {
	struct loop *loop;
	struct http_url url; /* of the request under way */
	struct http_header *items;
	struct http_headers headers; /* copied */
	char *agent;
	http_get_fn fn;
	void *arg;
	int redirects;

	/* the connection */
	struct tcp *tcp;
	int fd;
	struct loop_source *source;
	struct tls *tls; /* NULL: plain */
	struct buf out, plain;
	struct http_reply reply;
};

static void connection_close(struct http_get *g)
{
	g->tcp = tcp_cancel(g->tcp);
	g->source = loop_source_free(g->source);
	g->fd = fd_close(g->fd);
	g->tls = tls_free(g->tls);
	buf_clear(&g->out);
	http_reply_done(&g->reply);
}

struct http_get *http_get_cancel(struct http_get *g)
{
	if (!g)
		return NULL;
	connection_close(g);
	buf_done(&g->out);
	buf_done(&g->plain);
	for (size_t i = 0; i < g->headers.count; i++) {
		free((char *)(uintptr_t)g->items[i].name);
		free((char *)(uintptr_t)g->items[i].value);
	}
	free(g->items);
	free(g->agent);
	http_url_done(&g->url);
	free(g);
	return NULL;
}

bool http_get_has_head(const struct http_get *g)
{
	return g->reply.head_done;
}

/* ERROR NULL: an answer came. G is gone afterwards. */
static void finish(struct http_get *g, const char *error)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct http_get_result result = { .status = g->reply.head_done ? g->reply.status : 0 };

	if (error) {
		buf_adds(&text, "Get \"");
		http_url_write(&text, &g->url);
		buf_addf(&text, "\": %s", error);
		result.error = text.data;
	}
	g->fn(&result, g->arg);
	http_get_cancel(g);
}

/* --- the answer ----------------------------------------------------------------------------------------------- */

static int connection_open(struct http_get *g, struct err *err);

static bool is_redirect(const struct http_reply *r)
{
	bool moved = r->status == 301 || r->status == 302 || r->status == 303 || r->status == 307 ||
		     r->status == 308;

	return r->head_done && moved && !str_empty(r->location);
}

/* Goes where the answer leads. 1: under way; 0: not followed, the answer is the last; < 0: can't be. */
static int follow(struct http_get *g, struct err *err)
{
	struct http_url next;
	int r = http_url_follow(&g->url, g->reply.location, &next, err);

	if (r == -EXDEV) {
		err_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	if (g->redirects++ >= HTTP_REDIRECTS_MAX) {
		http_url_done(&next);
		return err_set(err, -ELOOP, "stopped after %d redirects", HTTP_REDIRECTS_MAX);
	}
	connection_close(g);
	http_reply_init(&g->reply);
	http_url_done(&g->url);
	g->url = next;
	r = connection_open(g, err);
	return r < 0 ? r : 1;
}

/* What the answer, as far as it has come, means. G may be gone afterwards: false. */
static bool answer_take(struct http_get *g, enum http_reply_state state)
{
	struct err err = { 0 };
	int r = 0;

	if (is_redirect(&g->reply)) {
		r = follow(g, &err);
		if (r > 0)
			return false;
		if (r < 0) {
			/* It is no answer to what was asked. */
			g->reply.head_done = false;
			finish(g, err_text(&err));
			return false;
		}
		state = HTTP_REPLY_DONE;
	}
	switch (state) {
	case HTTP_REPLY_MORE:
		return true;
	case HTTP_REPLY_DONE:
		finish(g, NULL);
		return false;
	case HTTP_REPLY_BAD:
		finish(g, g->reply.bad);
		return false;
	}
	return true;
}

/* --- the connection ------------------------------------------------------------------------------------------- */

static void output_collect(struct http_get *g)
{
	if (g->tls)
		tls_outgoing(g->tls, &g->out);
}

/* Sends what can be sent. A peer that takes no more may have answered nevertheless: reading tells. */
static void output_send(struct http_get *g)
{
	while (g->out.len > 0) {
		ssize_t n = send(g->fd, g->out.data, g->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			buf_clear(&g->out);
		if (n < 0)
			break;
		buf_consume(&g->out, (size_t)n);
	}
	loop_io_set_events(g->source, EPOLLIN | (g->out.len > 0 ? EPOLLOUT : 0));
}

static enum http_reply_state decrypted(
	struct http_get *g, const void *data, size_t len, int *ret_code, struct err *err)
{
	enum http_reply_state state;

	buf_clear(&g->plain);
	*ret_code = tls_incoming(g->tls, data, len, &g->plain, err);
	state = http_reply_feed(&g->reply, g->plain.data, g->plain.len);
	return *ret_code == 0 && state == HTTP_REPLY_MORE ? http_reply_end(&g->reply) : state;
}

/* N bytes have come; 0: the peer has closed. */
static void input_take(struct http_get *g, const char *data, size_t n)
{
	enum http_reply_state state;
	struct err err = { 0 };
	int code = 1;

	if (n == 0)
		state = http_reply_end(&g->reply);
	else if (g->tls)
		state = decrypted(g, data, n, &code, &err);
	else
		state = http_reply_feed(&g->reply, data, n);
	if (code < 0 && state == HTTP_REPLY_MORE) {
		finish(g, err_text(&err));
		return;
	}
	if (answer_take(g, state)) {
		output_collect(g);
		output_send(g);
	}
}

static int on_io(int fd, uint32_t events, void *arg)
{
	struct http_get *g = arg;
	char data[16 << 10];
	ssize_t n;

	if (events & EPOLLOUT)
		output_send(g);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return 0;
	n = recv(fd, data, sizeof(data), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0) {
		struct err err = { 0 };

		err_errno(&err, -errno, "reading the answer");
		finish(g, err_text(&err));
		return 0;
	}
	input_take(g, data, (size_t)n);
	return 0;
}

static int request_send(struct http_get *g, struct err *err)
{
	_cleanup_(buf_done) struct buf request = BUF_INIT;
	int r = http_request_write(&request, &g->url, &g->headers, g->agent, err);

	if (r >= 0 && g->url.tls)
		r = tls_new(g->url.host, &g->tls, err);
	if (r < 0)
		return r;
	if (g->tls)
		tls_write(g->tls, request.data, request.len);
	else
		buf_add(&g->out, request.data, request.len);
	output_collect(g);
	r = loop_io(g->loop, g->fd, EPOLLIN, on_io, g, &g->source, err);
	if (r >= 0)
		output_send(g);
	return r;
}

static void on_connected(int fd, const struct err *failed, void *arg)
{
	struct http_get *g = arg;
	struct err err = { 0 };

	g->tcp = NULL;
	g->fd = fd;
	if (fd < 0)
		finish(g, err_text(failed));
	else if (request_send(g, &err) < 0)
		finish(g, err_text(&err));
}

static int connection_open(struct http_get *g, struct err *err)
{
	const struct tcp_target target = { .host = g->url.host, .port = g->url.port };

	return tcp_open(g->loop, &target, on_connected, g, &g->tcp, err);
}

int http_get_start(struct loop *l, const struct http_get_spec *spec, http_get_fn fn, void *arg,
	struct http_get **ret, struct err *err)
{
	struct http_get *g = xcalloc(1, sizeof(*g));
	int r;

	*g = (struct http_get){ .loop = l,
		.fn = fn,
		.arg = arg,
		.fd = -1,
		.out = BUF_INIT,
		.plain = BUF_INIT,
		.agent = xstrdup(spec->agent),
		.items = xcalloc(spec->headers->count, sizeof(g->items[0])) };
	g->headers = (struct http_headers){ g->items, spec->headers->count };
	for (size_t i = 0; i < g->headers.count; i++)
		g->items[i] = (struct http_header){ xstrdup(spec->headers->items[i].name),
			xstrdup(str_or_empty(spec->headers->items[i].value)) };
	http_reply_init(&g->reply);
	http_url_init(&g->url, spec->tls, spec->host, spec->port, spec->path);
	r = connection_open(g, err);
	if (r < 0) {
		err_wrap(err, r, "Get \"http%s://%s%s\"", g->url.tls ? "s" : "", g->url.authority,
			g->url.path);
		http_get_cancel(g);
		return r;
	}
	*ret = g;
	return 0;
}
