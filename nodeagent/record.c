/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Records as JSON: written member by member, read back through the value tree. */
#include "nodeagent/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

static const char *const container_phases[CONTAINER_PHASE_COUNT] = {
	[CONTAINER_WAITING] = "Waiting",
	[CONTAINER_CREATING] = "Creating",
	[CONTAINER_RUNNING] = "Running",
	[CONTAINER_EXITED] = "Exited",
};
static const char *const pod_phases[POD_PHASE_COUNT] = {
	[POD_NEW] = "New",
	[POD_UP] = "Up",
	[POD_OVER] = "Over",
	[POD_DOWN] = "Down",
};

void record_clear_end(struct container_end *end)
{
	free(end->reason);
	free(end->message);
	free(end->id);
	*end = (struct container_end){ 0 };
}

void record_move_end(struct container_end *end, struct container_end *from)
{
	record_clear_end(end);
	*end = *from;
	*from = (struct container_end){ 0 };
}

const struct container *record_spec(const struct pod *pod, size_t i)
{
	size_t init = pod->spec.init_containers.count;

	return i < init ? &pod->spec.init_containers.items[i] : &pod->spec.containers.items[i - init];
}

void record_init(struct pod_record *r, const struct pod *pod, nsec_t now)
{
	*r = (struct pod_record){
		.uid = xstrdup(str_or_empty(pod->meta.uid)),
		.namespace = xstrdup(str_or_empty(pod->meta.namespace)),
		.name = xstrdup(str_or_empty(pod->meta.name)),
		.start_time = now,
		.ready_since = now,
		.init_count = pod->spec.init_containers.count,
		.count = pod->spec.init_containers.count + pod->spec.containers.count,
	};
	r->containers = xcalloc(r->count, sizeof(r->containers[0]));
	for (size_t i = 0; i < r->count; i++)
		r->containers[i].name = xstrdup(record_spec(pod, i)->name);
}

void record_done(struct pod_record *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct container_record *c = &r->containers[i];

		record_clear_end(&c->end);
		record_clear_end(&c->last);
		free(c->name);
		free(c->image_id);
		free(c->waiting_reason);
		free(c->waiting_message);
		free(c->unhealthy);
		free(c->stop_message);
	}
	free(r->containers);
	free(r->uid);
	free(r->namespace);
	free(r->name);
	free(r->ip);
	free(r->failed_reason);
	free(r->failed_message);
	free(r->setup_error);
	*r = (struct pod_record){ 0 };
}

struct container_record *record_container(struct pod_record *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(r->containers[i].name, name))
			return &r->containers[i];
	return NULL;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static void backoff_write(struct json_writer *w, const char *key, const struct backoff *b)
{
	if (b->delay == 0)
		return;
	json_key(w, key);
	json_begin_map(w);
	json_member_int(w, "delay", b->delay);
	json_member_int(w, "since", b->since);
	json_end_map(w);
}

static void end_write(struct json_writer *w, const char *key, const struct container_end *e)
{
	if (!e->set)
		return;
	json_key(w, key);
	json_begin_map(w);
	json_member_int(w, "exitCode", e->exit_code);
	json_member_int(w, "signal", e->signal);
	json_member_string(w, "reason", e->reason);
	json_member_string(w, "message", e->message);
	json_member_string(w, "id", e->id);
	json_member_int(w, "startedAt", e->started_at);
	json_member_int(w, "finishedAt", e->finished_at);
	json_end_map(w);
}

static void hooks_write(struct json_writer *w, const struct container_record *c)
{
	if (c->post_start)
		json_member_bool(w, "postStart", true);
	if (c->post_started_at > 0)
		json_member_int(w, "postStartedAt", c->post_started_at);
	if (c->pre_stopped)
		json_member_bool(w, "preStopped", true);
	if (c->post_failed)
		json_member_bool(w, "postFailed", true);
}

static void container_write(struct json_writer *w, const struct container_record *c)
{
	json_begin_map(w);
	json_member_string(w, "name", c->name);
	json_member_string(w, "phase", container_phases[c->phase]);
	json_member_int(w, "attempt", c->attempt);
	json_member_int(w, "pid", c->pid);
	json_member_int(w, "pidStart", c->pid_start);
	json_member_int(w, "conmon", c->conmon);
	json_member_int(w, "conmonStart", c->conmon_start);
	json_member_string(w, "imageID", c->image_id);
	json_member_int(w, "startedAt", c->started_at);
	end_write(w, "end", &c->end);
	end_write(w, "last", &c->last);
	backoff_write(w, "restart", &c->restart);
	backoff_write(w, "retry", &c->retry);
	json_member_int(w, "retryAt", c->retry_at);
	json_member_string(w, "waitingReason", c->waiting_reason);
	json_member_string(w, "waitingMessage", c->waiting_message);
	json_member_bool(w, "started", c->started);
	json_member_bool(w, "ready", c->ready);
	json_member_bool(w, "passed", c->passed);
	json_member_string(w, "unhealthy", c->unhealthy);
	json_member_int(w, "stopSince", c->stop_since);
	json_member_int(w, "stopGrace", c->stop_grace);
	json_member_string(w, "stopMessage", c->stop_message);
	hooks_write(w, c);
	json_end_map(w);
}

void record_write(struct buf *out, const struct pod_record *r)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_begin_map(&w);
	json_member_string(&w, "uid", r->uid);
	json_member_string(&w, "namespace", r->namespace);
	json_member_string(&w, "name", r->name);
	json_member_string(&w, "phase", pod_phases[r->phase]);
	json_member_string(&w, "ip", r->ip);
	json_member_int(&w, "startTime", r->start_time);
	json_member_bool(&w, "removing", r->removing);
	json_member_int(&w, "grace", r->grace);
	json_member_int(&w, "stopSince", r->stop_since);
	json_member_string(&w, "failedReason", r->failed_reason);
	json_member_string(&w, "failedMessage", r->failed_message);
	json_member_bool(&w, "ready", r->ready);
	json_member_int(&w, "readySince", r->ready_since);
	backoff_write(&w, "retry", &r->retry);
	json_member_int(&w, "retryAt", r->retry_at);
	json_member_string(&w, "setupError", r->setup_error);
	json_member_int(&w, "initCount", (int64_t)r->init_count);
	json_key(&w, "containers");
	json_begin_list(&w);
	for (size_t i = 0; i < r->count; i++)
		container_write(&w, &r->containers[i]);
	json_end_list(&w);
	json_end_map(&w);
	buf_addc(out, '\n');
}

/* --- reading ------------------------------------------------------------------------------------------ */

static void text_read(char **where, const struct value *v, const char *key)
{
	str_set(where, value_get_string(v, key));
}

static int phase_read(const struct value *v, const char *const *words, int count)
{
	const char *word = value_get_string(v, "phase");

	for (int i = 0; i < count; i++)
		if (str_eq(words[i], word))
			return i;
	return -EBADMSG;
}

static void backoff_read(struct backoff *b, const struct value *v)
{
	b->delay = value_get_int(v, "delay", 0);
	b->since = value_get_int(v, "since", 0);
}

static void end_read(struct container_end *e, const struct value *v)
{
	if (!v)
		return;
	e->set = true;
	e->exit_code = value_get_int(v, "exitCode", 0);
	e->signal = value_get_int(v, "signal", 0);
	text_read(&e->reason, v, "reason");
	text_read(&e->message, v, "message");
	text_read(&e->id, v, "id");
	e->started_at = value_get_int(v, "startedAt", 0);
	e->finished_at = value_get_int(v, "finishedAt", 0);
}

static void hooks_read(struct container_record *c, const struct value *v)
{
	c->post_start = value_get_bool(v, "postStart", false);
	c->post_started_at = value_get_int(v, "postStartedAt", 0);
	c->pre_stopped = value_get_bool(v, "preStopped", false);
	c->post_failed = value_get_bool(v, "postFailed", false);
}

static int container_read(struct container_record *c, const struct value *v)
{
	int phase = phase_read(v, container_phases, CONTAINER_PHASE_COUNT);

	c->name = xstrdup(str_or_empty(value_get_string(v, "name")));
	if (phase < 0 || !*c->name)
		return -EBADMSG;
	c->phase = (enum container_phase)phase;
	c->attempt = value_get_int(v, "attempt", 0);
	c->pid = value_get_int(v, "pid", 0);
	c->pid_start = value_get_int(v, "pidStart", 0);
	c->conmon = value_get_int(v, "conmon", 0);
	c->conmon_start = value_get_int(v, "conmonStart", 0);
	text_read(&c->image_id, v, "imageID");
	c->started_at = value_get_int(v, "startedAt", 0);
	end_read(&c->end, value_get(v, "end"));
	end_read(&c->last, value_get(v, "last"));
	backoff_read(&c->restart, value_get(v, "restart"));
	backoff_read(&c->retry, value_get(v, "retry"));
	c->retry_at = value_get_int(v, "retryAt", 0);
	text_read(&c->waiting_reason, v, "waitingReason");
	text_read(&c->waiting_message, v, "waitingMessage");
	c->started = value_get_bool(v, "started", false);
	c->ready = value_get_bool(v, "ready", false);
	c->passed = value_get_bool(v, "passed", false);
	text_read(&c->unhealthy, v, "unhealthy");
	c->stop_since = value_get_int(v, "stopSince", 0);
	c->stop_grace = value_get_int(v, "stopGrace", 0);
	text_read(&c->stop_message, v, "stopMessage");
	hooks_read(c, v);
	return 0;
}

static int record_from_value(struct pod_record *r, const struct value *v)
{
	const struct value *list = value_get(v, "containers");
	int phase = phase_read(v, pod_phases, POD_PHASE_COUNT), code = 0;

	text_read(&r->uid, v, "uid");
	text_read(&r->namespace, v, "namespace");
	text_read(&r->name, v, "name");
	if (phase < 0 || str_empty(r->uid) || !list || list->type != VALUE_LIST)
		return -EBADMSG;
	r->phase = (enum pod_phase)phase;
	text_read(&r->ip, v, "ip");
	r->start_time = value_get_int(v, "startTime", 0);
	r->removing = value_get_bool(v, "removing", false);
	r->grace = value_get_int(v, "grace", 0);
	r->stop_since = value_get_int(v, "stopSince", 0);
	text_read(&r->failed_reason, v, "failedReason");
	text_read(&r->failed_message, v, "failedMessage");
	r->ready = value_get_bool(v, "ready", false);
	r->ready_since = value_get_int(v, "readySince", r->start_time);
	backoff_read(&r->retry, value_get(v, "retry"));
	r->retry_at = value_get_int(v, "retryAt", 0);
	text_read(&r->setup_error, v, "setupError");
	r->count = list->list.count;
	r->init_count = (size_t)value_get_int(v, "initCount", 0);
	r->containers = xcalloc(r->count, sizeof(r->containers[0]));
	for (size_t i = 0; i < r->count && code == 0; i++)
		code = container_read(&r->containers[i], list->list.items[i]);
	return r->init_count > r->count ? -EBADMSG : code;
}

static int line_read(const char *text, size_t len, struct pod_record *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct pod_record r = { 0 };
	struct value *v;
	int code;

	code = json_parse(a, text, len, &v, err);
	if (code < 0)
		return err_wrap(err, code, "pod state");
	code = record_from_value(&r, v);
	if (code < 0) {
		record_done(&r);
		return err_set(err, code, "pod state: not what this program writes");
	}
	*ret = r;
	return 0;
}

int record_read(const char *text, size_t len, struct pod_record *ret, struct err *err)
{
	struct err last = { 0 };
	int r = err_set(&last, -EBADMSG, "pod state: no whole line");

	/* What stands behind the last line's end was cut short. */
	for (const char *end = memrchr(text, '\n', len); end && r < 0;) {
		const char *before = end > text ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
		const char *start = before ? before + 1 : text;

		last = (struct err){ 0 };
		r = line_read(start, (size_t)(end - start), ret, &last);
		end = before;
	}
	return r < 0 ? err_set(err, r, "%s", err_text(&last)) : 0;
}
