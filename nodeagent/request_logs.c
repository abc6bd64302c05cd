/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A container's log, piece by piece: at most a bounded amount a turn of the loop. Following ends when the container
 * has ended and everything is sent; as nothing tells us that at the file, we look once a second too.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/logs.h"
#include "nodeagent/requests_private.h"

enum { TURN_MAX = 256 << 10 };

struct logs_state {
	struct logs *logs;
	bool follow;
	char *uid, *container;
	unsigned instance;
	struct loop_source *timer, *io;
};

static void logs_free(struct request *q)
{
	struct logs_state *s = q->state;

	loop_source_free(s->timer);
	loop_source_free(s->io);
	logs_close(s->logs);
	free(s->uid);
	free(s->container);
	free(s);
}

/* Does the instance that is followed still run? */
static bool running(const struct request *q)
{
	const struct logs_state *s = q->state;

	for (size_t i = 0; i < pods_count(q->all->pods); i++) {
		struct pod_view v = pods_view(q->all->pods, i);

		for (size_t k = 0; str_eq(v.uid, s->uid) && k < v.record->count; k++) {
			const struct container_record *c = &v.record->containers[k];

			if (str_eq(c->name, s->container))
				return c->attempt == s->instance && c->phase == CONTAINER_RUNNING;
		}
	}
	return false;
}

/* Sends what there is; Q may be gone afterwards. */
static void pump(struct request *q)
{
	struct logs_state *s = q->state;
	bool runs = s->follow && running(q);
	struct logs_chunk chunk;
	struct err err = { 0 };
	size_t sent = 0;
	int r = 0;

	while (sent < TURN_MAX && request_may_send(q) && (r = logs_next(s->logs, &chunk, &err)) > 0) {
		request_send(q, chunk.is_stderr ? "stderr" : "stdout", chunk.data, chunk.len);
		sent += chunk.len;
	}
	if (s->io)
		loop_io_set_events(s->io, request_may_send(q) ? EPOLLIN : 0);
	if (r < 0)
		request_finish(q, 1, err_text(&err));
	else if (!request_may_send(q))
		loop_timer_set(s->timer, NSEC_NEVER); /* until it is resumed */
	else if (r == 0 && (!runs || logs_finished(s->logs)))
		request_finish(q, 0, NULL);
	else
		loop_timer_set(s->timer, time_monotonic() + (r > 0 ? 0 : NSEC_PER_SEC));
}

static int on_timer(void *arg)
{
	pump(arg);
	return 0;
}

static int on_io(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	pump(arg);
	return 0;
}

static const struct request_ops ops = { .resume = pump, .free = logs_free };

/* The instance that is asked for: the newest that has a file, or the one before it. */
static int instance_choose(const char *dir, const struct wire_params *p, unsigned *ret, struct err *err)
{
	int r = logs_newest(dir, ret, err);

	if (r < 0)
		return r;
	if (!p->previous)
		return 0;
	if (*ret == 0)
		return err_set(err, -ENOENT, "previous terminated container \"%s\" in pod \"%s\" not found",
			str_or_empty(p->container), p->pod);
	(*ret)--;
	return 0;
}

static void options_fill(const struct wire_params *p, struct logs_options *ret)
{
	*ret = (struct logs_options){
		.tail = p->tail_lines.set ? p->tail_lines.value : -1,
		.limit_bytes = p->limit_bytes.set ? p->limit_bytes.value : 0,
		.timestamps = p->timestamps,
		.follow = p->follow && !p->previous,
	};
	if (p->since_time.set)
		ret->since = p->since_time.value;
	else if (p->since_seconds.set)
		ret->since = time_now() - p->since_seconds.value * NSEC_PER_SEC;
}

void request_logs_start(struct request *q, const struct wire_params *p)
{
	struct logs_state *s = xcalloc(1, sizeof(*s));
	struct loop *loop = q->all->node->loop;
	_cleanup_(freep) char *dir = NULL;
	struct request_target target;
	struct logs_options options;
	struct err err = { 0 };
	int r;

	q->ops = &ops;
	q->state = s;
	options_fill(p, &options);
	s->follow = options.follow;
	r = request_target(q->all, p, &target, &err);
	if (r >= 0) {
		s->uid = xstrdup(target.pod.uid);
		s->container = xstrdup(target.container->name);
		dir = logs_container_dir(q->all->node->log_root, target.pod.namespace, target.pod.name,
			target.pod.uid, target.container->name);
		r = instance_choose(dir, p, &s->instance, &err);
		if (r == -ENOENT && !p->previous)
			r = err_set(&err, -ENOENT, "container \"%s\" in pod \"%s\" is waiting to start: %s",
				target.container->name, target.pod.name,
				target.container->waiting_reason ? target.container->waiting_reason
								 : "ContainerCreating");
	}
	if (r >= 0)
		r = logs_open(dir, s->instance, &options, &s->logs, &err);
	if (r >= 0)
		r = loop_timer(loop, NSEC_NEVER, on_timer, q, &s->timer, &err);
	if (r >= 0 && s->follow && logs_fd(s->logs) >= 0)
		r = loop_io(loop, logs_fd(s->logs), EPOLLIN, on_io, q, &s->io, &err);
	if (r < 0)
		request_finish(q, 1, err_text(&err));
	else
		pump(q);
}
