/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The table of methods, the list of requests under way, and the two methods that answer at once. */
#include "nodeagent/requests_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/json.h"

static struct request *request_find(const struct requests *r, int64_t id)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i]->id == id)
			return r->items[i];
	return NULL;
}

static struct request *request_new(struct requests *r, int64_t id)
{
	struct request *q = xcalloc(1, sizeof(*q));

	q->all = r;
	q->id = id;
	r->items = grow(r->items, &r->cap, r->count + 1, sizeof(r->items[0]));
	r->items[r->count++] = q;
	return q;
}

static void request_free(struct request *q)
{
	struct requests *r = q->all;

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i] == q) {
			r->items[i] = r->items[--r->count];
			break;
		}
	if (q->ops && q->ops->free)
		q->ops->free(q);
	free(q);
}

static void send_line(struct requests *r)
{
	if (!r->send(&r->line, r->arg))
		r->full = true;
	buf_clear(&r->line);
}

static void send_data(struct request *q, const char *stream, const uint8_t *data, size_t len)
{
	const struct wire_data m = { .id = q->id, .stream = stream, .data = { data, len } };

	q->sent = ++q->all->sent;
	wire_write_data(&q->all->line, &m);
	send_line(q->all);
}

void request_send(struct request *q, const char *stream, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	while (len > 0) {
		size_t n = len < WIRE_DATA_MAX ? len : WIRE_DATA_MAX;

		send_data(q, stream, bytes, n);
		bytes += n;
		len -= n;
	}
}

void request_send_end(struct request *q, const char *stream)
{
	send_data(q, stream, NULL, 0);
}

void request_hold(struct request *q, bool held)
{
	const struct wire_pause m = { .id = q->id };

	if (held)
		wire_write_pause(&q->all->line, &m);
	else
		wire_write_resume(&q->all->line, &m);
	send_line(q->all);
}

static void send_end(struct requests *r, int64_t id, int64_t exit_code, const char *error)
{
	const struct wire_end m = { .id = id, .exit_code = exit_code, .error = error };

	wire_write_end(&r->line, &m);
	send_line(r);
}

void request_finish(struct request *q, int64_t exit_code, const char *error)
{
	struct requests *r = q->all;
	int64_t id = q->id;
	_cleanup_(freep) char *text = error ? xstrdup(error) : NULL;

	request_free(q);
	send_end(r, id, exit_code, text);
}

/* --- which container ----------------------------------------------------------------------------------------------- */

int request_pod(const struct requests *r, const struct wire_params *p, struct pod_view *ret, struct err *err)
{
	if (pods_find(r->pods, p->namespace, p->pod, p->uid, ret))
		return 0;
	return err_set(err, -ENOENT, "pod %s/%s is not on this node", str_or_empty(p->namespace),
		str_or_empty(p->pod));
}

int request_target(
	const struct requests *r, const struct wire_params *p, struct request_target *ret, struct err *err)
{
	const struct pod_record *record;
	size_t i;
	int e = request_pod(r, p, &ret->pod, err);

	if (e < 0)
		return e;
	record = ret->pod.record;
	/* Without a name: the first of the containers proper. */
	i = str_empty(p->container) ? record->init_count : 0;
	while (i < record->count && !str_empty(p->container) &&
		!str_eq(record->containers[i].name, p->container))
		i++;
	if (i >= record->count)
		return err_set(err, -ENOENT, "container %s is not valid for pod %s",
			str_or_empty(p->container), p->pod);
	ret->container = &record->containers[i];
	ret->spec = record_spec(object_pod(ret->pod.object), i);
	return 0;
}

/* --- stats and images ---------------------------------------------------------------------------------------------- */

static void container_stats(
	struct requests *r, struct json_writer *w, const struct pod_view *v, const struct container_record *c)
{
	_cleanup_(freep) char *path = cgroup_container_path(
		r->node->cgroups, v->uid, c->name, (unsigned)c->attempt);
	struct cgroup_stats stats = { 0 };

	if (cgroup_read_stats(r->node->cgroups, path, &stats, NULL) < 0)
		return;
	json_begin_map(w);
	json_member_string(w, "name", c->name);
	json_member_int(w, "cpuNanoseconds", (int64_t)stats.cpu_nsec);
	json_member_int(w, "memoryBytes", (int64_t)stats.memory_bytes);
	json_member_int(w, "memoryWorkingSet", (int64_t)stats.memory_working_set);
	json_end_map(w);
}

static bool wanted(const struct wire_params *p, const struct pod_view *v)
{
	return v->object && (str_empty(p->namespace) || str_eq(p->namespace, v->namespace)) &&
	       (str_empty(p->pod) || str_eq(p->pod, v->name));
}

static void stats_start(struct request *q, const struct wire_params *p)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);
	struct requests *r = q->all;

	json_begin_map(&w);
	json_key(&w, "pods");
	json_begin_list(&w);
	for (size_t i = 0; i < pods_count(r->pods); i++) {
		struct pod_view v = pods_view(r->pods, i);

		if (!wanted(p, &v))
			continue;
		json_begin_map(&w);
		json_member_string(&w, "uid", v.uid);
		json_member_string(&w, "namespace", v.namespace);
		json_member_string(&w, "name", v.name);
		json_key(&w, "containers");
		json_begin_list(&w);
		for (size_t k = 0; k < v.record->count; k++)
			if (v.record->containers[k].phase == CONTAINER_RUNNING)
				container_stats(r, &w, &v, &v.record->containers[k]);
		json_end_list(&w);
		json_end_map(&w);
	}
	json_end_list(&w);
	json_end_map(&w);
	request_send(q, "stdout", out.data, out.len);
	request_finish(q, 0, NULL);
}

static void image_write(struct json_writer *w, const struct image *image)
{
	json_begin_map(w);
	json_key(w, "names");
	json_begin_list(w);
	for (size_t k = 0; k < image->names.count; k++)
		json_cstring(w, image->names.items[k]);
	json_end_list(w);
	json_member_string(w, "digest", image->digest);
	json_member_string(w, "id", image->id);
	json_member_int(w, "size", image->size);
	json_end_map(w);
}

static void images_start(struct request *q, const struct wire_params *p)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);
	struct image_list list = { 0 };
	struct err err = { 0 };

	(void)p;
	if (image_store_list(q->all->node->images, &list, NULL, &err) < 0) {
		request_finish(q, 1, err_text(&err));
		return;
	}
	json_begin_map(&w);
	json_key(&w, "images");
	json_begin_list(&w);
	for (size_t i = 0; i < list.count; i++)
		image_write(&w, list.items[i]);
	json_end_list(&w);
	json_end_map(&w);
	image_list_done(&list);
	request_send(q, "stdout", out.data, out.len);
	request_finish(q, 0, NULL);
}

/* --- the session's side ---------------------------------------------------------------------------------------------- */

static const struct method {
	const char *name;
	void (*start)(struct request *q, const struct wire_params *p);
} methods[] = {
	{ "logs", request_logs_start },
	{ "exec", request_exec_start },
	{ "forward", request_forward_start },
	{ "stats", stats_start },
	{ "images", images_start },
};

struct requests *requests_new(
	const struct node_services *node, struct pods *pods, requests_send_fn send, void *arg)
{
	struct requests *r = xcalloc(1, sizeof(*r));

	*r = (struct requests){ .node = node, .pods = pods, .send = send, .arg = arg, .line = BUF_INIT };
	return r;
}

struct requests *requests_free(struct requests *r)
{
	if (!r)
		return NULL;
	while (r->count > 0)
		request_free(r->items[0]);
	free(r->items);
	buf_done(&r->line);
	free(r);
	return NULL;
}

void requests_start(struct requests *r, const struct wire_request *m)
{
	_cleanup_(freep) char *text = NULL;

	if (request_find(r, m->id)) {
		text = xasprintf("request %" PRId64 " is under way already", m->id);
		send_end(r, m->id, 1, text);
		return;
	}
	if (r->count >= REQUESTS_MAX) {
		send_end(r, m->id, 1, "too many requests are under way");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_eq(methods[i].name, m->method)) {
			methods[i].start(request_new(r, m->id), &m->params);
			return;
		}
	text = xasprintf("there is no method \"%s\"", str_or_empty(m->method));
	send_end(r, m->id, 1, text);
}

void requests_data(struct requests *r, const struct wire_data *m)
{
	struct request *q = request_find(r, m->id);

	if (q && q->ops && q->ops->data)
		q->ops->data(q, m->data.data, m->data.len);
}

void requests_end(struct requests *r, const struct wire_end *m)
{
	struct request *q = request_find(r, m->id);

	if (q && q->ops && q->ops->end)
		q->ops->end(q);
}

bool request_may_send(const struct request *q)
{
	return !q->all->full && !q->paused;
}

static void request_resume(struct request *q)
{
	if (!q->paused && q->ops && q->ops->resume)
		q->ops->resume(q);
}

bool requests_waiting(const struct requests *r)
{
	return r->full;
}

void requests_pause(struct requests *r, int64_t id, bool paused)
{
	struct request *q = request_find(r, id);

	if (!q || q->paused == paused)
		return;
	q->paused = paused;
	if (!r->full)
		request_resume(q);
}

/* Who sent something last comes first. */
static int by_sent(const void *a, const void *b)
{
	const struct request *const *x = a, *const *y = b;

	return ((*y)->sent > (*x)->sent) - ((*y)->sent < (*x)->sent);
}

void requests_resume(struct requests *r)
{
	if (!r->full)
		return;
	r->full = false;
	/* There may be room for some of them only: those that have waited longest are the first. */
	qsort(r->items, r->count, sizeof(r->items[0]), by_sent);
	/* Backwards: where one frees itself, one that was seen already takes its place. */
	for (size_t i = r->count; i-- > 0 && !r->full;)
		if (i < r->count)
			request_resume(r->items[i]);
}

void requests_cancel(struct requests *r, int64_t id)
{
	struct request *q = request_find(r, id);

	if (q)
		request_free(q);
}

void requests_look(struct requests *r)
{
	/* Backwards, as above. */
	for (size_t i = r->count; i-- > 0;)
		if (r->items[i]->ops && r->items[i]->ops->look)
			r->items[i]->ops->look(r->items[i]);
}
