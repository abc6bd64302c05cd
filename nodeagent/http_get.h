/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One HTTP GET on the loop, as kubelet asks containers (pkg/probe/http): over TCP, or TLS without a look at the certificate; redirections
 * are followed at most HTTP_REDIRECTS_MAX times, and only to the same host; of a body at most HTTP_BODY_MAX bytes are read, and none kept.
 *
 * There is no time-out here: whoever has waited long enough cancels.
 */
#pragma once

#include "lib/base/loop.h"
#include "lib/object/pod.h"

enum { HTTP_REDIRECTS_MAX = 9 };

struct http_get_spec {
	const char *host; /* address or name */
	int port;
	bool tls;
	const char *path;
	const struct http_headers *headers;
	const char *agent; /* "kube-probe/1.32" */
};

struct http_get_result {
	int status; /* of the answer; 0: none came */
	/* what went wrong: instead of an answer, or (status not 0) with its body; NULL: nothing */
	const char *error;
};
struct http_get;
/* RESULT is lent for the call; the http_get frees itself after it. */
typedef void (*http_get_fn)(const struct http_get_result *result, void *arg);

/* SPEC need not outlive the call. FN is called once, from the loop; where this fails, not at all. */
int http_get_start(struct loop *l, const struct http_get_spec *spec, http_get_fn fn, void *arg,
	struct http_get **ret, struct err *err);
/* Has the head of the answer come, so that only its body is waited for? */
bool http_get_has_head(const struct http_get *g);
/* Never calls back. NULL is fine; returns NULL. */
struct http_get *http_get_cancel(struct http_get *g);
