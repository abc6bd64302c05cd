/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/status/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { IDLE_SECONDS = 60 };

/* One client of the stream. */
struct stream {
	struct http *http;
	struct MHD_Connection *connection;
	struct buf pending; /* not yet handed to MHD */
	bool suspended;
	struct stream *next;
};

struct http {
	struct MHD_Daemon *daemon;
	struct loop_source *io, *timer;
	http_fn fn;
	void *arg;
	char *address;
	struct stream *streams;
	struct http_counts counts;
};

/* --- the stream ------------------------------------------------------------------------------------ */

static void stream_forget(void *arg)
{
	struct stream *s = arg;
	for (struct stream **p = &s->http->streams; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
	s->http->counts.streams--;
	buf_done(&s->pending);
	free(s);
}

static ssize_t stream_read(void *arg, uint64_t pos, char *data, size_t max)
{
	struct stream *s = arg;
	(void)pos;
	if (s->pending.len == 0) {
		s->suspended = true;
		MHD_suspend_connection(s->connection);
		return 0;
	}
	size_t n = s->pending.len < max ? s->pending.len : max;
	memcpy(data, s->pending.data, n);
	buf_consume(&s->pending, n);
	return (ssize_t)n;
}

static struct MHD_Response *stream_response(
	struct http *h, struct MHD_Connection *connection, const struct http_response *r)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	*s = (struct stream){ .http = h, .connection = connection, .pending = BUF_INIT, .next = h->streams };
	buf_add(&s->pending, r->body.data, r->body.len);
	h->streams = s;
	h->counts.streams++;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, s, stream_forget);
}

/* --- requests ---------------------------------------------------------------------------------------- */

static enum MHD_Result answer(
	struct http *h, struct MHD_Connection *connection, const struct http_response *r, bool get)
{
	struct MHD_Response *response = r->stream && get ? stream_response(h, connection, r)
							 : MHD_create_response_from_buffer(r->body.len,
								   r->body.data, MHD_RESPMEM_MUST_COPY);
	static const struct {
		const char *name, *value;
	} headers[] = {
		{ "Content-Security-Policy",
			"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cache-Control", "no-store" },
	};
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		MHD_add_response_header(response, headers[i].name, headers[i].value);
	if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	h->counts.requests++;
	h->counts.errors += r->status >= 400;
	enum MHD_Result queued = MHD_queue_response(connection, r->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct http *h = arg;
	struct http_response r = { .status = 200, .type = "text/html; charset=utf-8", .body = BUF_INIT };
	bool get = str_eq(method, MHD_HTTP_METHOD_GET);
	(void)version;
	(void)upload;
	(void)state;
	if (!get && !str_eq(method, MHD_HTTP_METHOD_HEAD)) {
		r.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		r.type = "text/plain";
		buf_adds(&r.body, "Read-only: GET and HEAD. What should run is written with git push.\n");
		*upload_size = 0;
	} else {
		h->fn(url, &r, h->arg);
	}
	enum MHD_Result result = answer(h, connection, &r, get);
	buf_done(&r.body);
	return result;
}

/* --- on the loop ---------------------------------------------------------------------------------------- */

static void arm_timer(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	nsec_t when = NSEC_NEVER;
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		when = time_monotonic() + (nsec_t)ms * NSEC_PER_MSEC;
	loop_timer_set(h->timer, when);
}

static void turn(struct http *h)
{
	MHD_run(h->daemon);
	arm_timer(h);
}

static int on_io(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	turn(arg);
	return 0;
}

static int on_timer(void *arg)
{
	turn(arg);
	return 0;
}

void http_announce(struct http *h, const char *text)
{
	for (struct stream *s = h->streams; s; s = s->next) {
		if (s->pending.len > 65536)
			continue; /* it does not read: one line is as good as many */
		buf_addf(&s->pending, "data: %s\n\n", text);
		if (s->suspended) {
			s->suspended = false;
			MHD_resume_connection(s->connection);
		}
	}
	turn(h);
}

/* --- listening -------------------------------------------------------------------------------------------- */

/* "127.0.0.1:8480" or "[::1]:8480" into RET; its length, or -EINVAL. */
static int parse_address(const char *text, struct sockaddr_storage *ret, struct err *err)
{
	char host[64];
	int64_t port;
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracket = len > 2 && text[0] == '[' && text[len - 1] == ']';
	struct sockaddr_in *in4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	if (!colon || len - 2 * bracket >= sizeof(host) || str_to_i64(colon + 1, &port) < 0 || port < 0 ||
		port > 65535)
		return err_set(err, -EINVAL, "\"%s\" is no ADDRESS:PORT such as 127.0.0.1:8480", text);
	memcpy(host, text + bracket, len - 2 * bracket);
	host[len - 2 * bracket] = '\0';
	*ret = (struct sockaddr_storage){ 0 };
	if (!bracket && inet_pton(AF_INET, len ? host : "0.0.0.0", &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t)port);
		return sizeof(*in4);
	}
	if (bracket && inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return sizeof(*in6);
	}
	return err_set(err, -EINVAL, "\"%s\" is no IP address", host);
}

static void set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)a)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
}

/* The listening socket; its address as text into *RET_ADDRESS. */
static int listen_on(const char *address, char **ret_address, struct err *err)
{
	struct sockaddr_storage a;
	char host[INET6_ADDRSTRLEN];
	const int yes = 1;
	int len = parse_address(address, &a, err);
	if (len < 0)
		return len;
	_cleanup_(closep) int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, -errno, "listening on %s", address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	int r = bind(fd, (struct sockaddr *)&a, (socklen_t)len);
	if (r < 0 && errno == EADDRINUSE) {
		set_port(&a, 0);
		r = bind(fd, (struct sockaddr *)&a, (socklen_t)len);
	}
	if (r < 0 || listen(fd, 128) < 0)
		return err_errno(err, -errno, "listening on %s", address);
	socklen_t size = sizeof(a);
	getsockname(fd, (struct sockaddr *)&a, &size);
	bool four = a.ss_family == AF_INET;
	if (four)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, host, sizeof(host));
	uint16_t port = ntohs(
		four ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
	*ret_address = four ? xasprintf("%s:%u", host, port) : xasprintf("[%s]:%u", host, port);
	return TAKE_FD(fd);
}

int http_new(struct loop *l, const char *address, http_fn fn, void *arg, struct http **ret, struct err *err)
{
	_cleanup_(http_freep) struct http *h = xcalloc(1, sizeof(*h));
	h->fn = fn;
	h->arg = arg;
	int fd = listen_on(address, &h->address, err);
	if (fd < 0)
		return fd;
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, h,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
	if (!h->daemon) {
		fd_close(fd);
		return err_set(err, -EIO, "starting the HTTP server on %s failed", h->address);
	}
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r = loop_io(l, info->epoll_fd, EPOLLIN, on_io, h, &h->io, err);
	if (r == 0)
		r = loop_timer(l, NSEC_NEVER, on_timer, h, &h->timer, err);
	if (r < 0)
		return r;
	arm_timer(h);
	*ret = TAKE_PTR(h);
	return 0;
}

struct http *http_free(struct http *h)
{
	if (!h)
		return NULL;
	loop_source_free(h->io);
	loop_source_free(h->timer);
	for (struct stream *s = h->streams; s; s = s->next)
		if (s->suspended)
			MHD_resume_connection(s->connection); /* MHD refuses to stop with suspended ones */
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	free(h->address);
	free(h);
	return NULL;
}

void http_freep(struct http **h)
{
	http_free(*h);
}

const char *http_address(const struct http *h)
{
	return h->address;
}

struct http_counts http_counts(const struct http *h)
{
	return h->counts;
}
