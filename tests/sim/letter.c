/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Letters: the wire's messages, owning what they say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/net.h"

struct letter *letter_new(enum letter_type type)
{
	struct letter *l = xcalloc(1, sizeof(*l));

	l->type = type;
	return l;
}

static void pods_free(struct letter_pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pods[i].key);
		free(pods[i].image);
		for (size_t k = 0; k < pods[i].refs.count; k++)
			free((void *)(uintptr_t)pods[i].refs.items[k]);
		free(pods[i].refs.items);
	}
	free(pods);
}

struct letter *letter_free(struct letter *l)
{
	if (!l)
		return NULL;
	pods_free(l->pods, l->pod_count);
	pods_free(l->removals, l->removal_count);
	for (size_t i = 0; i < l->object_count; i++)
		free(l->objects[i].text);
	free(l->objects);
	free(l->forget);
	free(l->line);
	free(l);
	return NULL;
}

/* --- words ----------------------------------------------------------------------------------------------- */

static const char *const type_names[LETTER_TYPES] = {
	[LETTER_HELLO] = "hello",
	[LETTER_WELCOME] = "welcome",
	[LETTER_APPLY] = "apply",
	[LETTER_APPLIED] = "applied",
	[LETTER_REPORT] = "report",
	[LETTER_REPORTED] = "reported",
	[LETTER_NETWORK] = "network",
	[LETTER_FENCED] = "fenced",
	[LETTER_CLOSED] = "closed",
};

static void format_pod(const struct letter *l, const struct letter_pod *p, struct buf *out)
{
	buf_addf(out, " %s", p->key ? p->key : "?");
	buf_addf(out, "(%.8s)", p->uid);
	if (l->type != LETTER_REPORT)
		return;
	if (p->gone)
		buf_adds(out, "=gone");
	else
		buf_addf(out, "=%s%s%s%s", p->phase, p->ready ? ",ready" : "", p->reason ? "," : "",
			str_or_empty(p->reason));
}

void letter_format(const struct letter *l, struct buf *out)
{
	buf_addf(out, "%s term %lld number %lld", type_names[l->type], (long long)l->term,
		(long long)l->number);
	for (size_t i = 0; i < l->pod_count; i++)
		format_pod(l, &l->pods[i], out);
	for (size_t i = 0; i < l->removal_count; i++)
		buf_addf(out, " -%.8s", l->removals[i].uid);
	for (size_t i = 0; i < l->object_count; i++)
		buf_addf(out, " +object %.8s", l->objects[i].hash);
	for (size_t i = 0; i < l->forget_count; i++)
		buf_addf(out, " -object %.8s", l->forget[i]);
	if (l->network[0] != '\0')
		buf_addf(out, " network %s", l->network);
	if (l->line)
		buf_addf(out, " %s", l->line);
}

/* --- from the reconciler ------------------------------------------------------------------------------------ */

static struct letter *welcome_letter(const struct wire_welcome *w)
{
	struct letter *l = letter_new(LETTER_WELCOME);

	l->term = w->term;
	l->version = w->version;
	snprintf(l->holder, sizeof(l->holder), "%s", w->holder);
	return l;
}

struct letter *letter_of_welcome(const struct wire_welcome *w, bool by_wire)
{
	struct wire_message m = { 0 };
	struct buf line = BUF_INIT;
	struct letter *l;

	if (!by_wire)
		return welcome_letter(w);
	wire_write_welcome(&line, w);
	if (wire_parse(line.data, line.len - 1, &m, NULL) < 0)
		abort();
	l = welcome_letter(m.welcome);
	wire_message_done(&m);
	buf_done(&line);
	return l;
}

static void take_refs(struct letter_pod *p, const struct string_map *refs)
{
	if (refs->count == 0)
		return;
	p->refs.items = xcalloc(refs->count, sizeof(p->refs.items[0]));
	for (size_t i = 0; i < refs->count; i++)
		p->refs.items[p->refs.count++] = xstrdup(refs->items[i].value);
}

static int index_of(const struct pod *pod)
{
	const char *text = string_map_get(&pod->meta.labels, "batch.kubernetes.io/job-completion-index");

	return text ? atoi(text) : -1;
}

static void take_pod(struct letter_pod *to, const struct wire_pod *from)
{
	const struct pod *pod = object_pod(from->pod);

	snprintf(to->uid, sizeof(to->uid), "%s", pod->meta.uid);
	snprintf(to->digest, sizeof(to->digest), "%s", from->digest);
	to->key = xasprintf("%s/%s", pod->meta.namespace, pod->meta.name);
	if (pod->spec.containers.count > 0)
		to->image = xstrdup(pod->spec.containers.items[0].image);
	snprintf(to->restart, sizeof(to->restart), "%s", str_or_empty(pod->spec.restart_policy));
	to->grace = pod->spec.termination_grace_period_seconds;
	to->index = index_of(pod);
	take_refs(to, &from->refs);
}

static void take_object(struct letter_object *to, const struct wire_object *from)
{
	snprintf(to->hash, sizeof(to->hash), "%s", from->hash);
	if (from->object->kind->id == KIND_CONFIG_MAP)
		to->text = xstrdup(
			str_or_empty(string_map_get(&object_config_map(from->object)->data, "version")));
}

static struct letter *apply_letter(const struct wire_apply *a)
{
	struct letter *l = letter_new(LETTER_APPLY);

	l->term = a->term;
	l->number = a->revision;
	l->tree_version = a->tree_version;
	l->pods = xcalloc(a->pods.count, sizeof(l->pods[0]));
	for (size_t i = 0; i < a->pods.count; i++)
		take_pod(&l->pods[l->pod_count++], &a->pods.items[i]);
	l->removals = xcalloc(a->remove.count, sizeof(l->removals[0]));
	for (size_t i = 0; i < a->remove.count; i++) {
		struct letter_pod *p = &l->removals[l->removal_count++];
		const struct opt_int *grace = &a->remove.items[i].grace_period_seconds;

		snprintf(p->uid, sizeof(p->uid), "%s", a->remove.items[i].uid);
		p->grace = grace->set ? grace->value : -1;
	}
	l->objects = xcalloc(a->objects.count, sizeof(l->objects[0]));
	for (size_t i = 0; i < a->objects.count; i++)
		take_object(&l->objects[l->object_count++], &a->objects.items[i]);
	l->forget = xcalloc(a->forget_objects.count, sizeof(l->forget[0]));
	for (size_t i = 0; i < a->forget_objects.count; i++)
		snprintf(l->forget[l->forget_count++], SIM_DIGEST, "%s", a->forget_objects.items[i]);
	return l;
}

struct letter *letter_of_apply(const struct wire_apply *a, bool by_wire)
{
	struct wire_message m = { 0 };
	struct buf line = BUF_INIT;
	struct letter *l;

	if (!by_wire)
		return apply_letter(a);
	wire_write_apply(&line, a);
	if (wire_parse(line.data, line.len - 1, &m, NULL) < 0)
		abort();
	l = apply_letter(m.apply);
	wire_message_done(&m);
	buf_done(&line);
	return l;
}

struct letter *letter_of_network(const struct network_news *n)
{
	struct letter *l = letter_new(LETTER_NETWORK);

	l->line = xstrndup(n->line->text.data, n->line->text.len - 1);
	return l;
}

/* --- to the reconciler ------------------------------------------------------------------------------------------ */

/* What every node has room for, at ADDRESS. */
static struct node_status *node_status_of(const char *address, struct arena *a)
{
	static const char *const amounts[][2] = { { "cpu", "64" }, { "memory", "64Gi" }, { "pods", "500" } };
	struct node_status *s = arena_alloc(a, sizeof(*s));

	s->capacity.items = arena_array(a, ARRAY_LEN(amounts), sizeof(s->capacity.items[0]));
	for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
		struct quantity_pair *q = &s->capacity.items[s->capacity.count++];

		q->key = amounts[i][0];
		quantity_parse(amounts[i][1], &q->value);
		q->value.set = true;
	}
	s->allocatable = s->capacity;
	s->addresses.items = arena_alloc(a, sizeof(s->addresses.items[0]));
	s->addresses.items[s->addresses.count++] = (struct node_address){ "InternalIP", address };
	return s;
}

/* The name; both NULL where it has never heard of the pod. */
static const char *split_key(const struct letter_pod *p, struct arena *a, const char **ret_namespace)
{
	const char *slash = p->key ? strchr(p->key, '/') : NULL;

	*ret_namespace = slash ? arena_strndup(a, p->key, (size_t)(slash - p->key)) : NULL;
	return slash ? slash + 1 : NULL;
}

/* An agent of version 1 does not tell names; nor does one that has never heard of the pod. */
static struct wire_held_pod held_pod(const struct letter *l, const struct letter_pod *p, struct arena *a)
{
	struct wire_held_pod h = { .uid = p->uid, .digest = p->digest };

	if (l->version >= 2)
		h.name = split_key(p, a, &h.namespace);
	return h;
}

struct wire_hello *letter_hello(const struct letter *l, struct arena *a)
{
	struct wire_hello *h = arena_alloc(a, sizeof(*h));

	*h = (struct wire_hello){ .version = l->version,
		.min_version = l->min_version,
		.tree_version = l->version >= 2 ? l->tree_version : 0,
		.term = l->term,
		.holder = l->holder,
		.status = node_status_of(l->address, a) };
	h->pods.items = arena_array(a, l->pod_count + 1, sizeof(h->pods.items[0]));
	for (size_t i = 0; i < l->pod_count; i++)
		h->pods.items[h->pods.count++] = held_pod(l, &l->pods[i], a);
	h->objects.items = arena_array(a, l->object_count + 1, sizeof(h->objects.items[0]));
	for (size_t i = 0; i < l->object_count; i++)
		h->objects.items[h->objects.count++] = l->objects[i].hash;
	return h;
}

static struct opt_int instant(nsec_t t)
{
	/* As it comes over the wire: in whole seconds. */
	return (struct opt_int){ .set = true, .value = t - t % NSEC_PER_SEC };
}

static void add_state(const struct letter_pod *p, struct container_state *s, struct arena *a)
{
	if (p->reason) {
		s->waiting = arena_alloc(a, sizeof(*s->waiting));
		s->waiting->reason = p->reason;
	} else if (p->exited && !str_eq(p->phase, "Running")) {
		s->terminated = arena_alloc(a, sizeof(*s->terminated));
		s->terminated->exit_code = p->exit_code;
		s->terminated->finished_at = instant(p->ended_at);
		s->terminated->reason = p->exit_code == 0 ? "Completed" : "Error";
	} else {
		s->running = arena_alloc(a, sizeof(*s->running));
	}
}

static struct pod_status *status_of(const struct letter_pod *p, struct arena *a)
{
	struct pod_status *s = arena_alloc(a, sizeof(*s));
	struct condition *ready = arena_alloc(a, sizeof(*ready));
	struct container_status *c = arena_alloc(a, sizeof(*c));

	*ready = (struct condition){ .type = "Ready", .status = p->ready ? "True" : "False" };
	ready->last_transition_time = instant(p->ready_since);
	*c = (struct container_status){ .name = "c", .ready = p->ready, .restart_count = p->restarts };
	add_state(p, &c->state, a);
	s->phase = p->phase;
	s->start_time = instant(p->taken_at);
	s->conditions.items = ready;
	s->conditions.count = 1;
	s->container_statuses.items = c;
	s->container_statuses.count = 1;
	return s;
}

struct wire_report *letter_report(const struct letter *l, struct arena *a)
{
	struct wire_report *r = arena_alloc(a, sizeof(*r));

	r->seq = l->number;
	r->network = l->network;
	r->pods.items = arena_array(a, l->pod_count + 1, sizeof(r->pods.items[0]));
	for (size_t i = 0; i < l->pod_count; i++) {
		const struct letter_pod *p = &l->pods[i];

		struct wire_report_pod *to = &r->pods.items[r->pods.count++];

		*to = (struct wire_report_pod){
			.uid = p->uid, .status = p->key ? status_of(p, a) : NULL, .gone = p->gone
		};
		to->name = split_key(p, a, &to->namespace);
	}
	return r;
}
