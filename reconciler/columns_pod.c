/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The columns of pods: what became of their containers, in a word. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

static bool is_sidecar(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->spec.init_containers.count; i++)
		if (str_eq(pod->spec.init_containers.items[i].name, name))
			return str_eq(pod->spec.init_containers.items[i].restart_policy, "Always");
	return false;
}

static void add_exit(struct buf *out, const struct container_state_terminated *t)
{
	if (!str_empty(t->reason))
		buf_adds(out, t->reason);
	else if (t->signal)
		buf_addf(out, "Signal:%" PRId64, t->signal);
	else
		buf_addf(out, "ExitCode:%" PRId64, t->exit_code);
}

/* "Init:…" while an init container has not done its part. Returns whether one is in the way. */
static bool add_init_status(struct buf *out, const struct pod *pod)
{
	for (size_t i = 0; i < pod->status.init_container_statuses.count; i++) {
		const struct container_status *s = &pod->status.init_container_statuses.items[i];
		const struct container_state *state = &s->state;
		if (state->terminated && state->terminated->exit_code == 0)
			continue;
		if (is_sidecar(pod, s->name) && s->started.set && s->started.value)
			continue;
		buf_clear(out);
		buf_adds(out, "Init:");
		if (state->terminated)
			add_exit(out, state->terminated);
		else if (state->waiting && !str_empty(state->waiting->reason) &&
			 !str_eq(state->waiting->reason, "PodInitializing"))
			buf_adds(out, state->waiting->reason);
		else
			buf_addf(out, "%zu/%zu", i, pod->spec.init_containers.count);
		return true;
	}
	return false;
}

static void add_container_status(struct buf *out, const struct pod *pod)
{
	bool running = false;
	for (size_t i = pod->status.container_statuses.count; i-- > 0;) {
		const struct container_status *s = &pod->status.container_statuses.items[i];
		if (s->state.waiting && !str_empty(s->state.waiting->reason)) {
			buf_clear(out);
			buf_adds(out, s->state.waiting->reason);
		} else if (s->state.terminated) {
			buf_clear(out);
			add_exit(out, s->state.terminated);
		} else if (s->ready && s->state.running) {
			running = true;
		}
	}
	if (running && strcmp(out->data, "Completed") == 0) {
		const struct condition *ready = columns_find_condition(&pod->status.conditions, "Ready");
		buf_clear(out);
		buf_adds(out, ready && str_eq(ready->status, "True") ? "Running" : "NotReady");
	}
}

void columns_pod_status(struct buf *out, const struct pod *pod)
{
	struct buf text = BUF_INIT;
	const struct condition *scheduled = columns_find_condition(&pod->status.conditions, "PodScheduled");
	buf_adds(&text, str_empty(pod->status.phase) ? "Pending" : pod->status.phase);
	if (!str_empty(pod->status.reason)) {
		buf_clear(&text);
		buf_adds(&text, pod->status.reason);
	} else if (scheduled && str_eq(scheduled->reason, "SchedulingGated")) {
		buf_clear(&text);
		buf_adds(&text, "SchedulingGated");
	}
	if (!add_init_status(&text, pod))
		add_container_status(&text, pod);
	bool ended = str_eq(pod->status.phase, "Succeeded") || str_eq(pod->status.phase, "Failed"),
	     lost = str_eq(pod->status.reason, "NodeLost");
	if (pod->meta.deletion_timestamp.set && (lost || !ended)) {
		buf_clear(&text);
		buf_adds(&text, lost ? "Unknown" : "Terminating");
	}
	buf_add(out, text.data, text.len);
	buf_done(&text);
}

static void print_pod_ready(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct pod *pod = object_pod(o);
	size_t ready = 0, total = pod->spec.containers.count;
	for (size_t i = 0; i < pod->status.container_statuses.count; i++)
		ready += pod->status.container_statuses.items[i].ready;
	for (size_t i = 0; i < pod->status.init_container_statuses.count; i++)
		if (is_sidecar(pod, pod->status.init_container_statuses.items[i].name)) {
			total++;
			ready += pod->status.init_container_statuses.items[i].ready;
		}
	buf_addf(out, "%zu/%zu", ready, total);
}

static void print_pod_status(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_pod_status(out, object_pod(o));
}

static void add_restarts(const struct container_status *s, int64_t *count, struct opt_int *last)
{
	const struct container_state_terminated *t = s->last_state.terminated;
	*count += s->restart_count;
	if (t && t->finished_at.set && (!last->set || t->finished_at.value > last->value))
		*last = t->finished_at;
}

/* "3 (5m ago)": how often, and when last; of the init containers while they are at it, then of the others. */
static void print_pod_restarts(struct buf *out, const struct object *o, nsec_t now)
{
	const struct pod *pod = object_pod(o);
	const struct container_statuses *inits = &pod->status.init_container_statuses,
					*list = &pod->status.container_statuses;
	struct buf unused = BUF_INIT;
	bool initializing = add_init_status(&unused, pod);
	int64_t count = 0;
	struct opt_int last = { 0 };
	buf_done(&unused);
	for (size_t i = 0; i < inits->count; i++)
		if (initializing || is_sidecar(pod, inits->items[i].name))
			add_restarts(&inits->items[i], &count, &last);
	for (size_t i = 0; !initializing && i < list->count; i++)
		add_restarts(&list->items[i], &count, &last);
	buf_addf(out, "%" PRId64, count);
	if (count == 0 || !last.set)
		return;
	buf_adds(out, " (");
	columns_add_age(out, &last, now);
	buf_adds(out, " ago)");
}

static void print_pod_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->status.pod_ip);
}

static void print_pod_node(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->spec.node_name);
}

static void print_pod_nominated(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_pod(o)->status.nominated_node_name);
}

static void print_pod_gates(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct pod *pod = object_pod(o);
	size_t open = 0;
	for (size_t i = 0; i < pod->spec.readiness_gates.count; i++) {
		const struct condition *c = columns_find_condition(
			&pod->status.conditions, pod->spec.readiness_gates.items[i].condition_type);
		open += c && str_eq(c->status, "True");
	}
	if (pod->spec.readiness_gates.count == 0)
		buf_adds(out, "<none>");
	else
		buf_addf(out, "%zu/%zu", open, pod->spec.readiness_gates.count);
}

static const struct column pod_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "READY", false, print_pod_ready },
	{ "STATUS", false, print_pod_status },
	{ "RESTARTS", false, print_pod_restarts },
	{ "AGE", false, columns_print_age },
	{ "IP", true, print_pod_ip },
	{ "NODE", true, print_pod_node },
	{ "NOMINATED NODE", true, print_pod_nominated },
	{ "READINESS GATES", true, print_pod_gates },
};

const struct column_table columns_pod[] = {
	{ KIND_POD, pod_columns, ARRAY_LEN(pod_columns) },
	{ .columns = NULL },
};
