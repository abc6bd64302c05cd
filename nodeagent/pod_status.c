/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* First the containers, one by one; then the conditions from them; then the phase. */
#include "nodeagent/pod_status.h"

#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/qos.h"

struct build {
	struct arena *arena;
	const struct pod_status_input *in;
	const struct pod *pod;
	const struct pod_record *r;
	const char *final; /* phase, or NULL */
};

static const char *id_text(const struct build *b, const char *id)
{
	return arena_printf(b->arena, "pintle://%s", id);
}

/* --- containers --------------------------------------------------------------------------------------------- */

static struct container_state_terminated *terminated(const struct build *b, const struct container_end *e)
{
	struct container_state_terminated *t = arena_alloc(b->arena, sizeof(*t));

	t->exit_code = e->exit_code;
	t->signal = e->signal;
	t->reason = e->reason;
	t->message = e->message;
	t->container_id = e->id ? id_text(b, e->id) : NULL;
	t->started_at = (struct opt_int){ e->started_at > 0, e->started_at };
	t->finished_at = (struct opt_int){ e->finished_at > 0, e->finished_at };
	return t;
}

static void set_waiting(
	const struct build *b, struct container_status *s, const char *reason, const char *message)
{
	s->state.waiting = arena_alloc(b->arena, sizeof(*s->state.waiting));
	s->state.waiting->reason = reason;
	s->state.waiting->message = message;
}

static void state_waiting(const struct build *b, size_t i, struct container_status *s)
{
	const struct container_record *c = &b->r->containers[i];
	bool init_first = i >= b->r->init_count && !pod_initialized(b->pod, b->r);

	if (c->last.set)
		s->last_state.terminated = terminated(b, &c->last);
	if (c->waiting_reason)
		set_waiting(b, s, c->waiting_reason, c->waiting_message);
	else if (b->r->setup_error)
		set_waiting(b, s, "ContainerCreating", b->r->setup_error);
	else
		set_waiting(b, s, init_first ? "PodInitializing" : "ContainerCreating", NULL);
}

static void state_exited(const struct build *b, size_t i, struct container_status *s)
{
	const struct container_record *c = &b->r->containers[i];
	nsec_t again = container_start_time(c, container_policy(b->pod, i));
	bool stopping = b->r->removing || b->r->failed_reason || b->final;
	char delay[TIME_TEXT_MAX];

	bool due = again <= b->in->now;

	if (stopping || again == NSEC_NEVER || (due && !c->post_failed)) {
		s->state.terminated = terminated(b, &c->end);
		if (c->last.set)
			s->last_state.terminated = terminated(b, &c->last);
		return;
	}
	s->last_state.terminated = terminated(b, &c->end);
	if (due) {
		set_waiting(b, s, "PostStartHookError", c->end.message);
		return;
	}
	set_waiting(b, s, "CrashLoopBackOff",
		arena_printf(b->arena, "back-off %s restarting failed container=%s pod=%s_%s(%s)",
			duration_format(c->restart.delay, delay), c->name, b->r->name, b->r->namespace,
			b->r->uid));
}

static void container_status(const struct build *b, size_t i, struct container_status *s)
{
	const struct container_record *c = &b->r->containers[i];
	bool init = i < b->r->init_count, sidecar = container_is_sidecar(b->pod, i);
	char id[CONTAINER_ID_SIZE];

	s->name = c->name;
	s->image = record_spec(b->pod, i)->image;
	s->image_id = str_or_empty(c->image_id);
	s->restart_count = c->attempt;
	s->started = (struct opt_bool){ true, false };
	switch (c->phase) {
	case CONTAINER_WAITING:
	case CONTAINER_CREATING:
		state_waiting(b, i, s);
		return;
	case CONTAINER_RUNNING:
		if (c->post_start) {
			state_waiting(b, i, s);
			return;
		}
		s->state.running = arena_alloc(b->arena, sizeof(*s->state.running));
		s->state.running->started_at = (struct opt_int){ true, c->started_at };
		if (c->last.set)
			s->last_state.terminated = terminated(b, &c->last);
		s->started.value = container_started(record_spec(b->pod, i), c);
		s->ready = (!init || sidecar) && container_ready(record_spec(b->pod, i), c);
		break;
	case CONTAINER_EXITED:
		state_exited(b, i, s);
		s->ready = init && !sidecar && c->end.exit_code == 0;
		break;
	case CONTAINER_PHASE_COUNT:
		break;
	}
	s->container_id = id_text(b, container_id(b->in->cluster, b->r->uid, c->name, c->attempt, id));
}

static struct container_statuses container_statuses(const struct build *b, size_t from, size_t to)
{
	struct container_statuses list = { .count = to - from };

	list.items = arena_array(b->arena, list.count, sizeof(list.items[0]));
	for (size_t i = from; i < to; i++)
		container_status(b, i, &list.items[i - from]);
	return list;
}

/* --- conditions ---------------------------------------------------------------------------------------------- */

static nsec_t later(nsec_t a, nsec_t b)
{
	return a > b ? a : b;
}

/* The last time at which one of the containers FROM..TO changed between running and not. */
static nsec_t changed_at(const struct pod_record *r, size_t from, size_t to)
{
	nsec_t t = r->start_time;

	for (size_t i = from; i < to; i++) {
		t = later(t, r->containers[i].started_at);
		t = later(t, r->containers[i].post_started_at);
		if (r->containers[i].end.set)
			t = later(t, r->containers[i].end.finished_at);
		if (r->containers[i].last.set)
			t = later(t, r->containers[i].last.finished_at);
	}
	return t;
}

/* "containers with incomplete status: [a b]"; NULL where all are ready. */
static const char *not_initialized(const struct build *b, const struct container_statuses *list)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].ready)
			buf_addf(&text, "%s%s", text.len > 0 ? " " : "", list->items[i].name);
	if (text.len == 0)
		return NULL;
	return arena_printf(b->arena, "containers with incomplete status: [%s]", text.data);
}

/* Does container I count for the pod's readiness: is it no init container, or a sidecar? */
static bool counts(const struct pod *pod, size_t i)
{
	return i >= pod->spec.init_containers.count || container_is_sidecar(pod, i);
}

static bool pod_is_ready(const struct pod *pod, const struct pod_record *r, const char *final)
{
	for (size_t i = 0; i < r->count; i++)
		if (counts(pod, i) && !container_ready(record_spec(pod, i), &r->containers[i]))
			return false;
	return !final && pod_initialized(pod, r);
}

/* "containers with unready status: [a b]; a: Readiness probe failed: …"; NULL where all are ready. */
static const char *ready_message(const struct build *b)
{
	_cleanup_(buf_done) struct buf names = BUF_INIT;
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	for (size_t i = 0; i < b->r->count; i++) {
		const struct container_record *c = &b->r->containers[i];

		if (!counts(b->pod, i) || container_ready(record_spec(b->pod, i), c))
			continue;
		buf_addf(&names, "%s%s", names.len > 0 ? " " : "", c->name);
		if (c->phase == CONTAINER_RUNNING && c->unhealthy)
			buf_addf(&why, "; %s: %s", c->name, c->unhealthy);
	}
	if (names.len == 0)
		return NULL;
	return arena_printf(b->arena, "containers with unready status: [%s]%s", names.data, why.data);
}

static void condition(struct conditions *list, const char *type, bool value, nsec_t since, const char *reason,
	const char *message)
{
	list->items[list->count++] = (struct condition){
		.type = type,
		.status = value ? "True" : "False",
		.reason = reason,
		.message = message,
		.last_transition_time = { true, since },
	};
}

static void conditions_build(const struct build *b, struct pod_status *s)
{
	const struct pod_record *r = b->r;
	const char *done = !b->final ? NULL : str_eq(b->final, "Succeeded") ? "PodCompleted" : "PodFailed";
	const char *init_message = not_initialized(b, &s->init_container_statuses);
	const char *message = ready_message(b);
	bool initialized = pod_initialized(b->pod, r);
	bool ready = pod_is_ready(b->pod, r, b->final);
	nsec_t init_since = initialized ? changed_at(r, 0, r->init_count) : r->start_time;
	nsec_t since = ready == r->ready ? r->ready_since : b->in->now;
	const char *reason = done ? done : ready ? NULL : "ContainersNotReady";

	s->conditions.items = arena_array(b->arena, 4, sizeof(s->conditions.items[0]));
	condition(&s->conditions, "PodReadyToStartContainers", r->phase == POD_UP, r->start_time, NULL, NULL);
	condition(&s->conditions, "Initialized", initialized, init_since,
		initialized ? (done && str_eq(b->final, "Succeeded") ? done : NULL)
			    : "ContainersNotInitialized",
		initialized ? NULL : init_message);
	condition(&s->conditions, "Ready", ready, since, reason, done ? NULL : message);
	condition(&s->conditions, "ContainersReady", ready, since, reason, done ? NULL : message);
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

/* Running: initialized, and at least one container has been started (kubelet getPhase). */
static const char *phase_of(const struct build *b)
{
	bool begun = false;

	if (b->final)
		return b->final;
	if (!pod_initialized(b->pod, b->r))
		return "Pending";
	for (size_t i = b->r->init_count; i < b->r->count; i++) {
		const struct container_record *c = &b->r->containers[i];

		if (c->phase == CONTAINER_WAITING || c->phase == CONTAINER_CREATING || c->post_start) {
			if (c->attempt == 0)
				return "Pending";
		} else
			begun = true;
		begun |= c->attempt > 0;
	}
	return begun ? "Running" : "Pending";
}

/* A pod that was told to go and has nothing running has ended, whatever its restart policy would say. */
static const char *final_of(const struct pod *pod, const struct pod_record *r)
{
	const char *final = pod_final_phase(pod, r);

	if (final || !r->removing)
		return final;
	for (size_t i = 0; i < r->count; i++)
		if (r->containers[i].phase == CONTAINER_RUNNING ||
			r->containers[i].phase == CONTAINER_CREATING)
			return NULL;
	for (size_t i = r->init_count; i < r->count; i++)
		if (r->containers[i].phase != CONTAINER_EXITED || r->containers[i].end.exit_code != 0)
			return "Failed";
	return "Succeeded";
}

bool pod_note_ready(const struct pod *pod, struct pod_record *r, nsec_t now)
{
	bool ready = pod_is_ready(pod, r, final_of(pod, r));

	if (ready == r->ready)
		return false;
	r->ready = ready;
	r->ready_since = now;
	return true;
}

static void addresses_build(const struct build *b, struct pod_status *s)
{
	const char *ip = b->pod->spec.host_network ? b->in->host_ip : b->r->ip;

	if (!str_empty(b->in->host_ip)) {
		s->host_ip = b->in->host_ip;
		s->host_ips.items = arena_alloc(b->arena, sizeof(s->host_ips.items[0]));
		s->host_ips.items[0].ip = b->in->host_ip;
		s->host_ips.count = 1;
	}
	if (!str_empty(ip) && b->r->phase != POD_NEW) {
		s->pod_ip = ip;
		s->pod_ips.items = arena_alloc(b->arena, sizeof(s->pod_ips.items[0]));
		s->pod_ips.items[0].ip = ip;
		s->pod_ips.count = 1;
	}
}

struct pod_status *pod_status_build(struct arena *arena, const struct pod_status_input *in)
{
	struct build b = { .arena = arena, .in = in, .pod = in->pod, .r = in->record };
	struct pod_status *s = arena_alloc(arena, sizeof(*s));

	b.final = final_of(in->pod, in->record);
	s->init_container_statuses = container_statuses(&b, 0, b.r->init_count);
	s->container_statuses = container_statuses(&b, b.r->init_count, b.r->count);
	conditions_build(&b, s);
	s->phase = phase_of(&b);
	if (b.final) {
		s->reason = b.r->failed_reason;
		s->message = b.r->failed_message;
	}
	s->qos_class = qos_class(&in->pod->spec);
	s->start_time = (struct opt_int){ true, b.r->start_time };
	s->observed_generation = in->pod->meta.generation;
	addresses_build(&b, s);
	return s;
}
