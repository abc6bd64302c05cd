/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A small read-only HTTP server on a loop: GET and HEAD, whole answers, and one kind of stream (server-sent events) on
 * which every listener gets the same lines. The only file that knows libmicrohttpd is http.c.
 *
 * The handler is called once a request and fills the response; it must not block. Other methods are answered here with
 * 405. At most HTTP_CONNECTIONS clients at once; one that says nothing for 60 s is cut off.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/loop.h"

enum { HTTP_CONNECTIONS = 256 };

struct http_response {
	unsigned status;  /* 200, 404 …; preset to 200 */
	const char *type; /* a constant; preset to "text/html; charset=utf-8" */
	bool stream;      /* not an answer but the stream of http_announce's lines; body is sent first */
	struct buf body;
};

/* PATH is decoded, without the query, begins with "/"; RESPONSE is empty and preset. */
typedef void (*http_fn)(const char *path, struct http_response *response, void *arg);

struct http;

/*
 * Listens on ADDRESS ("127.0.0.1:8480", "[::1]:0"; an IP address, no name). Where the port is taken, a free one of the same
 * address is used instead (http_address tells). -EINVAL: no such address.
 */
int http_new(struct loop *l, const char *address, http_fn fn, void *arg, struct http **ret, struct err *err);
struct http *http_free(struct http *h);
void http_freep(struct http **h);
/* "127.0.0.1:8480", as it is really listening. */
const char *http_address(const struct http *h);
/* Sends "data: TEXT" to every stream. */
void http_announce(struct http *h, const char *text);

struct http_counts {
	uint64_t requests, errors; /* errors: answers of 400 and above */
	uint64_t streams;          /* open now */
};
struct http_counts http_counts(const struct http *h);
