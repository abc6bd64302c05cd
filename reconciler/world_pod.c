/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Pods in the world and in the tree. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/schema_pack.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_pod(struct world_object *o)
{
	struct world_pod *p = world_pod(o);

	world_revision_unref(p->revision);
	free(p->waiting);
	world_usage_free(p->usage);
	free(p->pinned);
	free(p->refs);
}

enum world_phase world_phase_of(const char *phase)
{
	static const char *const phases[] = {
		[PHASE_PENDING] = "Pending",
		[PHASE_RUNNING] = "Running",
		[PHASE_SUCCEEDED] = "Succeeded",
		[PHASE_FAILED] = "Failed",
		[PHASE_UNKNOWN] = "Unknown",
	};

	for (size_t i = 0; i < ARRAY_LEN(phases); i++)
		if (str_eq(phases[i], phase))
			return (enum world_phase)i;
	return PHASE_PENDING;
}

void world_pod_drop_status(struct world *w, struct world_pod *p)
{
	if (p->status)
		schema_pack_drop(w->texts, &schema_pod_status, p->status, p->status_len);
	free(p->status);
	p->status = NULL;
	p->status_len = 0;
}

/* Equal statuses have equal bytes while one of them is kept (schema_pack.h). */
static bool keep_status(struct world *w, struct world_pod *p, const struct pod_status *s)
{
	_cleanup_(buf_done) struct buf packed = BUF_INIT;

	schema_pack(w->texts, &schema_pod_status, s, &packed);
	if (p->status && p->status_len == packed.len && memcmp(p->status, packed.data, packed.len) == 0) {
		schema_pack_drop(w->texts, &schema_pod_status, packed.data, packed.len);
		return false;
	}
	world_pod_drop_status(w, p);
	p->status = xmemdup(packed.data, packed.len);
	p->status_len = (uint32_t)packed.len;
	return true;
}

bool world_pod_finished(const struct world_pod *p)
{
	return p->phase == PHASE_SUCCEEDED || p->phase == PHASE_FAILED;
}

bool world_pod_take_status(struct world *w, struct world_pod *p, const struct pod_status *s)
{
	const bool was = world_pod_finished(p);

	if (!keep_status(w, p, s))
		return false;
	p->phase = world_phase_of(s->phase);
	w->finished = w->finished - was + world_pod_finished(p);
	p->ready = p->unseen = false;
	p->restarts = 0;
	p->init_restarts = 0;
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (str_eq(c->type, "DisruptionTarget"))
			p->disrupted = true;
		if (!str_eq(c->type, "Ready"))
			continue;
		p->ready = str_eq(c->status, "True");
		p->unseen = str_eq(c->reason, WORLD_REASON_UNSEEN);
		/* As the tree will have it. */
		p->ready_since = stored_instant(c->last_transition_time.value).value;
	}
	p->was_ready |= p->ready;
	for (size_t i = 0; i < s->container_statuses.count; i++)
		p->restarts += (int32_t)s->container_statuses.items[i].restart_count;
	for (size_t i = 0; i < s->init_container_statuses.count; i++)
		p->init_restarts += (int32_t)s->init_container_statuses.items[i].restart_count;
	return true;
}

const struct pod_status *world_pod_status(
	const struct world *w, const struct world_pod *p, struct arena *arena)
{
	struct pod_status *s = arena_alloc(arena, sizeof(*s));
	int r = p->status ? schema_unpack(w->texts, &schema_pod_status, p->status, p->status_len, arena, s)
			  : -ENOENT;

	assert(r == 0 || !p->status);
	return r < 0 ? NULL : s;
}

/* --- to the tree --------------------------------------------------------------------------------------- */

struct string_map world_pod_notes(struct arena *a, const struct string_map *annotations)
{
	const struct string_pair kept[] = {
		{ ANNOTATION_GANG, string_map_get(annotations, ANNOTATION_GANG) },
		{ ANNOTATION_DEADLINE, string_map_get(annotations, ANNOTATION_DEADLINE) },
	};

	return stored_merge(a, annotations, ANNOTATION_PREFIX, kept, ARRAY_LEN(kept));
}

void world_pod_body(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct world_kind *keeper = p->set ? world_kind(p->set->o.kind->id) : NULL;

	b->meta = stored_meta(&p->o, &p->revision->template.meta);
	b->meta.annotations = world_pod_notes(s->arena, &b->meta.annotations);
	b->spec = p->revision->template.spec;
	if (keeper)
		stored_own_by(&b->meta, s->arena, &p->set->o);
	if (keeper && keeper->dress)
		keeper->dress(s, p, b);
	if (p->node)
		b->spec.node_name = p->node->o.name;
	if (p->ranked && (p->priority != 0 || b->spec.priority_class_name))
		b->spec.priority = (struct opt_int){ .set = true, .value = p->priority };
	if (p->no_preemption)
		b->spec.preemption_policy = "Never";
}

struct object *world_pod_object(const struct world *w, const struct world_pod *p, struct arena *arena)
{
	struct world_scratch s = { .w = w, .arena = arena };
	struct pod *b = arena_alloc(arena, sizeof(*b));

	world_pod_body(&s, p, b);
	b->meta.deletion_timestamp = (struct opt_int){ 0 };
	return stored_shell(&s, &kinds[KIND_POD], b);
}

/* Why it has no node: a reason, and a message or NULL. */
static const char *reason_of(const struct world_pod *p, const char **ret_message)
{
	const struct world_origin *g = p->o.origin;

	*ret_message = p->waiting;
	if (g && g->waits) {
		*ret_message = g->waits;
		return "DependencyNotReady";
	}
	if (g && g->held)
		return "NotYetSupported";
	if (p->ranked && world_pod_is_gated(p)) {
		*ret_message = "Scheduling is blocked due to non-empty scheduling gates";
		return "SchedulingGated";
	}
	return "Unschedulable";
}

/* It is placed, and its agent must not hear of it yet. */
static void write_withheld(struct json_writer *out, const struct world_pod *p)
{
	char time[TIME_TEXT_MAX];

	json_begin_map(out);
	json_member_string(out, "type", "PodReadyToStartContainers");
	json_member_string(out, "status", "False");
	json_member_string(out, "reason", WORLD_REASON_WITHHELD);
	json_member_string(out, "message", p->waiting);
	json_member_string(out, "lastTransitionTime", time_format(p->placed, time));
	json_end_map(out);
}

/* What is known of a pod before its agent has said anything. */
static void write_scheduled(struct json_writer *out, const struct world_pod *p)
{
	const char *reason, *message;
	char time[TIME_TEXT_MAX];

	json_key(out, "conditions");
	json_begin_list(out);
	json_begin_map(out);
	json_member_string(out, "type", "PodScheduled");
	json_member_string(out, "status", p->placed ? "True" : "False");
	if (!p->placed) {
		reason = reason_of(p, &message);
		json_member_string(out, "reason", reason);
		json_member_string(out, "message", message);
	}
	json_member_string(
		out, "lastTransitionTime", time_format(p->placed ? p->placed : p->o.created, time));
	json_end_map(out);
	if (p->placed && p->waiting)
		write_withheld(out, p);
	json_end_list(out);
}

/* Of a pod that another scheduler should place nothing is known. */
static void write_first_status(const struct world *w, struct json_writer *out, const struct world_pod *p)
{
	json_begin_map(out);
	json_member_string(out, "phase", "Pending");
	if (p->placed || !p->ranked || !world_pod_is_foreign(p))
		write_scheduled(out, p);
	if (p->nominated)
		json_member_string(out, "nominatedNodeName", sched_cluster_nominated(w->sched, p));
	json_end_map(out);
}

static void write_pod(
	struct world_scratch *s, const struct world_object *o, const char *version, struct buf *out)
{
	const struct world_pod *p = (const struct world_pod *)o;
	struct json_writer json = JSON_WRITER(out, 0);
	const struct pod_status *status;
	struct pod body = { 0 };

	world_pod_body(s, p, &body);
	if (o->origin)
		stored_add_origin(s, o, &body.meta);
	body.meta.resource_version = version;
	if (o->deleting)
		body.meta.deletion_grace_period_seconds = (struct opt_int){ .set = true, .value = p->grace };
	json_begin_map(&json);
	json_member_string(&json, "apiVersion", o->kind->api_version);
	json_member_string(&json, "kind", o->kind->name);
	json_key(&json, "metadata");
	schema_encode(&json, &schema_object_meta, &body.meta, 0, NULL);
	json_key(&json, "spec");
	schema_encode(&json, &schema_pod_spec, &body.spec, 0, NULL);
	json_key(&json, "status");
	status = world_pod_status(s->w, p, s->arena);
	if (status)
		schema_encode(&json, &schema_pod_status, status, 0, NULL);
	else
		write_first_status(s->w, &json, p);
	json_end_map(&json);
}

const struct world_kind world_kind_pod = {
	.size = sizeof(struct world_pod),
	.free = free_pod,
	.load = world_pod_load,
	.link = world_pod_link,
	.write = write_pod,
};
