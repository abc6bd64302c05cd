/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* logs: what containers have written, asked of their node's agent through pintled. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/pick.h"
#include "reconciler/ctl/verbs.h"

static const struct ctl_option options[] = {
	{ "namespace", 'n', CTL_STRING, "NAMESPACE", "look here; default \"default\"", NULL },
	{ "container", 'c', CTL_STRING, "CONTAINER", "which one; default the first", NULL },
	{ "follow", 'f', CTL_FLAG, NULL, "go on with what is being written", NULL },
	{ "previous", 'p', CTL_FLAG, NULL, "of the container before its last restart", NULL },
	{ "since", 0, CTL_DURATION, "DURATION", "only lines not older than this: 30s, 10m", NULL },
	{ "tail", 0, CTL_INT, "N", "only the last N lines; -1 (default) is all", NULL },
	{ "timestamps", 0, CTL_FLAG, NULL, "each line's time before it", NULL },
	{ "all-pods", 0, CTL_FLAG, NULL, "of all pods of KIND/NAME, each line with its pod before it", NULL },
};

enum { STREAMS_MAX = 256 };

/* One container's log. */
struct stream {
	char *prefix; /* NULL: bytes are passed on as they come */
	struct buf line;
	bool ended;
};

struct logs {
	struct ctl *c;
	struct client client;
	struct stream *streams; /* [count]; a request's id is its index + 1 */
	size_t count;
	size_t open;
	int code;
};

static int ask(
	struct logs *l, const struct ctl_args *args, const struct pod *pod, bool prefix, struct err *err)
{
	const char *container = pick_container(l->c, pod, ctl_string(args, "container"), true);
	nsec_t since = ctl_duration(args, "since", 0);
	int64_t tail = ctl_int(args, "tail", -1);
	if (!container)
		return -EALREADY;
	struct wire_request q = {
		.id = (int64_t)l->count + 1,
		.method = "logs",
		.params = {
			.namespace = pod->meta.namespace,
			.pod = pod->meta.name,
			.uid = pod->meta.uid,
			.container = container,
			.follow = ctl_flag(args, "follow"),
			.previous = ctl_flag(args, "previous"),
			.timestamps = ctl_flag(args, "timestamps"),
			.tail_lines = { .set = tail >= 0, .value = tail },
			.since_seconds = { .set = since > 0, .value = (since + NSEC_PER_SEC - 1) / NSEC_PER_SEC },
		},
	};
	l->streams[l->count++] = (struct stream){
		.prefix = prefix ? xasprintf("[pod/%s/%s] ", pod->meta.name, container) : NULL,
		.line = BUF_INIT,
	};
	l->open++;
	return client_request(&l->client, &q, err);
}

/* Whole lines, so that those of several pods don't mix. */
static void write_lines(struct stream *s, bool all)
{
	char *end;
	while ((end = memchr(s->line.data, '\n', s->line.len))) {
		size_t len = (size_t)(end - s->line.data) + 1;
		fputs(s->prefix, stdout);
		fwrite(s->line.data, 1, len, stdout);
		buf_consume(&s->line, len);
	}
	if (all && s->line.len)
		printf("%s%s\n", s->prefix, s->line.data);
}

static void take_data(struct stream *s, const struct bytes *data)
{
	if (s->prefix) {
		buf_add(&s->line, data->data, data->len);
		write_lines(s, false);
	} else {
		fwrite(data->data, 1, data->len, stdout);
	}
}

static void take(struct logs *l, const struct wire_message *m)
{
	int64_t id = m->type == WIRE_DATA ? m->data->id : m->end->id;
	if (id < 1 || (size_t)id > l->count || l->streams[id - 1].ended)
		return;
	struct stream *s = &l->streams[id - 1];
	if (m->type == WIRE_DATA) {
		take_data(s, &m->data->data);
		return;
	}
	if (s->prefix)
		write_lines(s, true);
	s->ended = true;
	l->open--;
	if (!str_empty(m->end->error))
		l->code = ctl_fail(l->c, "%s%s", str_or_empty(s->prefix), m->end->error);
}

static int read_all(struct logs *l, struct err *err)
{
	while (l->open) {
		struct wire_message m;
		int r = client_next(&l->client, &m, err);
		if (r > 0) {
			take(l, &m);
			wire_message_done(&m);
			continue;
		}
		/* All that is there has been written: show it before waiting for more. */
		if (r == 0 && fflush(stdout) != 0)
			return err_errno(err, -errno, "standard output");
		if (r == 0)
			r = client_receive(&l->client, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int logs_of(struct logs *l, const struct ctl_args *args, const struct items *pods)
{
	struct err err = { 0 };
	bool all = ctl_flag(args, "all-pods");
	size_t count = all ? pods->count : 1;
	int r = 0;
	if (count > STREAMS_MAX)
		return ctl_fail(l->c, "%zu pods are too many at once: at most %d", count, STREAMS_MAX);
	if (!all && pods->count > 1)
		fprintf(stderr, "Found %zu pods, using pod/%s\n", pods->count,
			pods->items[0].object->meta->name);
	l->streams = xcalloc(count, sizeof(*l->streams));
	for (size_t i = 0; i < count && r == 0; i++)
		r = ask(l, args, object_pod(pods->items[i].object), all, &err);
	if (r == 0)
		r = read_all(l, &err);
	for (size_t i = 0; i < l->count; i++) {
		free(l->streams[i].prefix);
		buf_done(&l->streams[i].line);
	}
	free(l->streams);
	if (r == -EALREADY)
		return CTL_FAILED;
	return r < 0 ? ctl_fail_err(l->c, &err) : l->code;
}

static int run_logs(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	struct items pods = ITEMS_INIT;
	struct logs l = { .c = c };
	const char *ns = ctl_string(args, "namespace");
	if (args->word_count != 1)
		return ctl_usage(c, "one pod or KIND/NAME is wanted, and there are %zu", args->word_count);
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	int r = pick_pods(h, ns ? ns : "default", args->words[0], &pods, &err);
	if (r >= 0)
		r = client_open(h, &l.client, &err);
	if (r < 0) {
		r = ctl_fail_err(c, &err);
	} else {
		r = logs_of(&l, args, &pods);
		client_done(&l.client);
	}
	items_done(&pods);
	return r;
}

const struct ctl_verb ctl_verb_logs = {
	"logs",
	"[-f] [-p] [-c CONTAINER] [--since DURATION] [--tail N] [--timestamps] POD | KIND/NAME",
	"Prints what a container has written.",
	CTL_OPTIONS(options),
	run_logs,
	CTL_WORDS_PODS,
};
