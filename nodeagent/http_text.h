/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * HTTP/1.1 as text: the URL of a GET, the request, the reply as it comes in pieces (RFC 3986, 9110, 9112), as far as asking a container how it is takes.
 *
 * Replies come from containers, so that they may be anything: what is kept of one is bounded by HTTP_HEAD_MAX, and what is read of its
 * body, which is not kept, by HTTP_BODY_MAX.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/object/pod.h"

enum { HTTP_HEAD_MAX = 64 << 10, HTTP_BODY_MAX = 10 << 10 };

struct http_url {
	bool tls;
	char *host; /* name or address, without brackets; owned */
	int port;
	char *authority; /* as the Host header has it; owned */
	bool named;      /* by a redirection: stands before a Host header of the caller's */
	char *path;      /* from "/" on, with the query; owned */
};
/* PATH as manifests have it: with or without "/" before it and "?…" behind it. End with http_url_done. */
void http_url_init(struct http_url *u, bool tls, const char *host, int port, const char *path);
void http_url_done(struct http_url *u);
/* "http://10.0.0.1:80/x?y" */
void http_url_write(struct buf *out, const struct http_url *u);
/*
 * Where LOCATION, of a reply to BASE, leads (RFC 3986, section 5.2). On success end with http_url_done. -EXDEV: to another host; -EINVAL: it is no URL
 * of HTTP.
 */
int http_url_follow(const struct http_url *base, const char *location, struct http_url *ret, struct err *err);

/*
 * GET of U with HEADERS; User-Agent: AGENT and Accept: anything, unless these are among them; Connection: close. An empty User-Agent
 * or Accept among them is not sent. -EINVAL: a header can't be sent.
 */
int http_request_write(struct buf *out, const struct http_url *u, const struct http_headers *headers,
	const char *agent, struct err *err);

enum http_reply_state {
	HTTP_REPLY_MORE, /* is to come */
	HTTP_REPLY_DONE, /* whole, or as much of it as is of interest */
	HTTP_REPLY_BAD,  /* no HTTP, or cut short: `bad` says why; with head_done only the body is */
};
struct http_reply {
	int status;     /* 0: not known yet */
	char *location; /* the header, or NULL; owned */
	bool head_done; /* status and location are what they are */
	const char *bad;
	/* private */
	struct buf line;   /* what has come of the current line */
	size_t head, body; /* bytes so far */
	int64_t left;      /* of the body or chunk; < 0: up to the end of the connection */
	int step;
	bool chunked;
};
void http_reply_init(struct http_reply *r);
void http_reply_done(struct http_reply *r);
enum http_reply_state http_reply_feed(struct http_reply *r, const void *data, size_t len);
/* The connection was closed. Never MORE. */
enum http_reply_state http_reply_end(struct http_reply *r);
