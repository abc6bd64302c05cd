/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/status/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/time.h"
#include "reconciler/status/html.h"
#include "reconciler/status/http.h"
#include "reconciler/status/live.h"
#include "reconciler/status/pages.h"
#include "reconciler/tree_path.h"

struct status_server {
	struct loop *loop;
	struct http *http;
	struct live *live;
	struct actual_reader *tree;
	char *dir;
	struct actual_follow *follow;
	struct loop_source *follow_io;
	nsec_t started; /* realtime */
};

/* --- routes ---------------------------------------------------------------------------------------- */

static void fail(struct http_response *r, unsigned status, const char *what)
{
	buf_clear(&r->body);
	r->status = status;
	r->stream = false;
	r->type = "text/html; charset=utf-8";
	html_begin(&r->body, status == 404 ? "Not found" : "Error");
	buf_adds(&r->body, "<p class=\"bad\">");
	html_text(&r->body, what);
	buf_adds(&r->body, "</p>\n<p><a href=\"/\">Overview</a></p>\n");
	html_end(&r->body);
}

static void route_overview(struct status_server *s, struct http_response *r)
{
	struct err err = { 0 };
	if (page_overview(s->tree, live_trouble(s->live), time_now(), &r->body, &err) < 0)
		fail(r, 500, err_text(&err));
}

static void route_style(struct status_server *s, struct http_response *r)
{
	(void)s;
	r->type = "text/css";
	buf_adds(&r->body, html_style);
}

static void route_script(struct status_server *s, struct http_response *r)
{
	(void)s;
	r->type = "text/javascript";
	buf_adds(&r->body, html_script);
}

static void route_events(struct status_server *s, struct http_response *r)
{
	(void)s;
	r->type = "text/event-stream";
	r->stream = true;
	buf_adds(&r->body, ": each line says that the tree has changed\n\n");
}

static void route_live(struct status_server *s, struct http_response *r)
{
	(void)s;
	r->type = "text/plain";
	buf_adds(&r->body, "ok\n");
}

static void route_ready(struct status_server *s, struct http_response *r)
{
	r->type = "text/plain";
	if (!page_ready(s->tree, &r->body))
		r->status = 503;
}

/* Resident memory in bytes; 0 where /proc does not say. */
static int64_t resident(void)
{
	struct buf text = BUF_INIT;
	long long pages = 0;
	if (fs_read(-1, "/proc/self/statm", 256, &text, NULL) == 0)
		sscanf(text.data, "%*s %lld", &pages);
	buf_done(&text);
	return pages * 4096;
}

static void route_metrics(struct status_server *s, struct http_response *r)
{
	struct err err = { 0 };
	struct rusage usage;
	struct http_counts c = http_counts(s->http);
	r->type = "text/plain; version=0.0.4";
	if (page_metrics(s->tree, live_trouble(s->live), &r->body, &err) < 0) {
		fail(r, 500, err_text(&err));
		return;
	}
	getrusage(RUSAGE_SELF, &usage);
	double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	buf_addf(&r->body,
		"# HELP pintle_status_http_requests_total Requests answered.\n"
		"# TYPE pintle_status_http_requests_total counter\npintle_status_http_requests_total %" PRIu64
		"\n"
		"# HELP pintle_status_http_errors_total Answers of 400 and above.\n"
		"# TYPE pintle_status_http_errors_total counter\npintle_status_http_errors_total %" PRIu64
		"\n"
		"# HELP pintle_status_streams Browsers that follow the tree now.\n"
		"# TYPE pintle_status_streams gauge\npintle_status_streams %" PRIu64 "\n"
		"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.3f\n"
		"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %" PRId64 "\n"
		"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %" PRId64 "\n",
		c.requests, c.errors, c.streams, cpu, resident(), s->started / NSEC_PER_SEC);
}

static const struct {
	const char *path;
	void (*route)(struct status_server *s, struct http_response *r);
} routes[] = {
	{ "/", route_overview },
	{ "/style.css", route_style },
	{ "/live.js", route_script },
	{ "/events", route_events },
	{ "/livez", route_live },
	{ "/readyz", route_ready },
	{ "/metrics", route_metrics },
};

/* /cluster/… and /namespaces/…: the tree's own paths, as a page or (with .json) as the file. */
static void route_object(struct status_server *s, const char *path, struct http_response *r)
{
	struct err err = { 0 };
	bool raw = str_ends(path, ".json");
	_cleanup_(freep) char *file = xasprintf("%s%s", path + 1, raw ? "" : ".json");
	int result = -ENOENT;
	if (tree_path_valid(file))
		result = raw ? actual_reader_get(s->tree, file, &r->body, &err)
			     : page_object(s->tree, file, time_now(), &r->body, &err);
	if (raw)
		r->type = "application/json";
	if (result == -ENOENT)
		fail(r, 404, "There is no such object.");
	else if (result < 0)
		fail(r, 500, err_text(&err));
}

static void handle(const char *path, struct http_response *r, void *arg)
{
	struct status_server *s = arg;
	struct err err = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (str_eq(path, routes[i].path)) {
			routes[i].route(s, r);
			return;
		}
	if (str_starts(path, "/cluster/") || str_starts(path, "/namespaces/") || str_eq(path, "/sync.json")) {
		route_object(s, path, r);
		return;
	}
	const struct kind *kind = kind_by_word(path + 1);
	if (!kind)
		fail(r, 404, "There is no such page.");
	else if (page_list(s->tree, kind, time_now(), &r->body, &err) < 0)
		fail(r, 500, err_text(&err));
}

/* --- following the journal --------------------------------------------------------------------------- */

static int follow(struct status_server *s, struct err *err);

/* What changed does not matter: whoever looks fetches the page again. */
static int on_follow(int fd, uint32_t events, void *arg)
{
	struct status_server *s = arg;
	struct actual_record record;
	struct err err = { 0 };
	uint64_t version = 0;
	int r;
	(void)fd;
	(void)events;
	while ((r = actual_follow_next(s->follow, &record, &err)) > 0)
		version = record.version;
	if (r == -ESTALE)
		r = follow(s, &err);
	if (r < 0)
		return r;
	char text[32];
	snprintf(text, sizeof(text), "%" PRIu64, version);
	http_announce(s->http, text);
	return 0;
}

/* Follows from now on. */
static int follow(struct status_server *s, struct err *err)
{
	s->follow_io = loop_source_free(s->follow_io);
	s->follow = actual_follow_free(s->follow);
	int r = actual_follow_open(s->dir, actual_reader_version(s->tree), &s->follow, err);
	if (r < 0)
		return err_wrap(err, r, "following the journal in %s", s->dir);
	return loop_io(s->loop, actual_follow_fd(s->follow), EPOLLIN, on_follow, s, &s->follow_io, err);
}

/* Not the tree has changed, but what there is to say of it. */
static int on_live(void *arg)
{
	struct status_server *s = arg;
	http_announce(s->http, "0");
	return 0;
}

int status_server_new(struct loop *l, const struct home *home, const char *address,
	struct status_server **ret, struct err *err)
{
	_cleanup_(status_server_freep) struct status_server *s = xcalloc(1, sizeof(*s));
	s->loop = l;
	s->dir = home_path(home, "actual");
	s->started = time_now();
	int r = actual_reader_open(s->dir, &s->tree, err);
	if (r == 0)
		r = http_new(l, address, handle, s, &s->http, err);
	if (r == 0)
		r = live_new(l, home, on_live, s, &s->live, err);
	if (r == 0)
		r = follow(s, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct status_server *status_server_free(struct status_server *s)
{
	if (!s)
		return NULL;
	loop_source_free(s->follow_io);
	actual_follow_free(s->follow);
	live_free(s->live);
	http_free(s->http);
	actual_reader_free(s->tree);
	free(s->dir);
	free(s);
	return NULL;
}

void status_server_freep(struct status_server **s)
{
	status_server_free(*s);
}

const char *status_server_address(const struct status_server *s)
{
	return http_address(s->http);
}
