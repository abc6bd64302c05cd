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

static const char *disruption_reason(const char *text)
{
	static const char *const reasons[] = { "DeletionByTaintManager", "EvictionByEvictionAPI",
		"PreemptionByScheduler", "DeletionByPodGC", "TerminationByKubelet" };

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (str_eq(reasons[i], text))
			return reasons[i];
	return reasons[0];
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

bool world_pod_take_status(struct world *w, struct world_pod *p, const struct pod_status *s)
{
	if (!keep_status(w, p, s))
		return false;
	p->phase = world_phase_of(s->phase);
	p->ready = false;
	p->restarts = 0;
	p->init_restarts = 0;
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (str_eq(c->type, "DisruptionTarget"))
			p->disrupted = disruption_reason(c->reason);
		if (!str_eq(c->type, "Ready"))
			continue;
		p->ready = str_eq(c->status, "True");
		p->ready_since = c->last_transition_time.value;
	}
	p->was_ready |= p->ready;
	for (size_t i = 0; i < s->container_statuses.count; i++)
		p->restarts += s->container_statuses.items[i].restart_count;
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

static void load_scheduled(struct world_pod *p, const struct pod_status *s)
{
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (!str_eq(c->type, "PodScheduled"))
			continue;
		if (str_eq(c->status, "True"))
			p->placed = c->last_transition_time.value;
		else
			p->waiting = stored_copy(c->message);
	}
}

/* The annotations of a stored object without those that the tree adds. */
static struct string_map without_notes(struct object *from)
{
	const struct string_map *all = &from->meta->annotations;
	struct string_map m = { .items = arena_array(from->arena, all->count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < all->count; i++)
		if (!str_starts(all->items[i].key, "pintle.dev/"))
			m.items[m.count++] = all->items[i];
	if (m.count == 0)
		m.items = NULL;
	return m;
}

/* Until its set is known, the pod's own copy is its revision. */
static void load_pod(struct world *w, struct object *from, struct world_object *o)
{
	struct world_pod *p = world_pod(o);
	const struct pod *pod = object_pod(from);
	struct pod_template template = { .spec = pod->spec };

	template.meta.labels = from->meta->labels;
	template.meta.annotations = without_notes(from);
	template.spec.node_name = NULL;
	p->priority = (int32_t)pod->spec.priority.value;
	p->ranked = pod->spec.priority.set || !pod->spec.priority_class_name;
	template.spec.priority = (struct opt_int){ 0 };
	p->revision = world_revision_new(from, o->namespace, &template);
	p->grace = from->meta->deletion_grace_period_seconds.value;
	load_scheduled(p, &pod->status);
	if (pod->status.container_statuses.count > 0 || !str_eq(pod->status.phase, "Pending"))
		world_pod_take_status(w, p, &pod->status);
}

/* --- to the tree --------------------------------------------------------------------------------------- */

static void pod_body(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct world_kind *keeper = p->set ? world_kind(p->set->o.kind->id) : NULL;

	b->meta = stored_meta(&p->o, &p->revision->template.meta);
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, "pintle.dev/", NULL, 0);
	b->spec = p->revision->template.spec;
	if (keeper)
		stored_own_by(&b->meta, s->arena, &p->set->o);
	if (keeper && keeper->dress)
		keeper->dress(s, p, b);
	if (p->node)
		b->spec.node_name = p->node->o.name;
	if (p->ranked && (p->priority != 0 || b->spec.priority_class_name))
		b->spec.priority = (struct opt_int){ .set = true, .value = p->priority };
}

struct object *world_pod_object(const struct world *w, const struct world_pod *p, struct arena *arena)
{
	struct world_scratch s = { .w = w, .arena = arena };
	struct pod *b = arena_alloc(arena, sizeof(*b));

	pod_body(&s, p, b);
	b->meta.deletion_timestamp = (struct opt_int){ 0 };
	return stored_shell(&s, &kinds[KIND_POD], b);
}

/* What is known of a pod before its agent has said anything. */
static void write_first_status(struct json_writer *out, const struct world_pod *p)
{
	char time[TIME_TEXT_MAX];

	json_begin_map(out);
	json_member_string(out, "phase", "Pending");
	json_key(out, "conditions");
	json_begin_list(out);
	json_begin_map(out);
	json_member_string(out, "type", "PodScheduled");
	json_member_string(out, "status", p->placed ? "True" : "False");
	if (!p->placed) {
		json_member_string(out, "reason",
			p->o.origin && p->o.origin->held ? "NotYetSupported" : "Unschedulable");
		json_member_string(out, "message", p->waiting);
	}
	json_member_string(
		out, "lastTransitionTime", time_format(p->placed ? p->placed : p->o.created, time));
	json_end_map(out);
	json_end_list(out);
	json_end_map(out);
}

static void write_pod(
	struct world_scratch *s, const struct world_object *o, const char *version, struct buf *out)
{
	const struct world_pod *p = (const struct world_pod *)o;
	struct json_writer json = JSON_WRITER(out, 0);
	const struct pod_status *status;
	struct pod body = { 0 };

	pod_body(s, p, &body);
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
		write_first_status(&json, p);
	json_end_map(&json);
}

/* --- links ------------------------------------------------------------------------------------------- */

static struct pod_template template_of(struct world_scratch *s, const struct pod *pod)
{
	struct pod_template t = { .spec = pod->spec };

	t.meta.labels = pod->meta.labels;
	t.meta.annotations = stored_merge(s->arena, &pod->meta.annotations, "pintle.dev/", NULL, 0);
	t.spec.node_name = NULL;
	return t;
}

/* Would P, made from R, be as it was stored? */
static bool is_made_from(struct world *w, const struct world_pod *p, struct world_revision *r)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	struct world_scratch s = { .w = w, .arena = arena };
	struct world_pod copy = *p;
	struct pod_template made, stored = template_of(&s, object_pod(p->revision->holder));
	struct pod body = { 0 };

	copy.revision = r;
	pod_body(&s, &copy, &body);
	made = template_of(&s, &body);
	return schema_equal(&schema_pod_template, &made, &stored);
}

/* A pod made from a template that its set still has shares it; one that is older keeps the copy it was stored with. */
static void share_revision(struct world *w, struct world_pod *p)
{
	const struct world_kind *keeper = world_kind(p->set->o.kind->id);
	struct world_revision *r;

	for (size_t i = 0; keeper->revision && (r = keeper->revision(w, p->set, i)); i++) {
		if (is_made_from(w, p, r)) {
			world_revision_unref(p->revision);
			p->revision = r;
			return;
		}
		world_revision_unref(r);
	}
}

static struct world_set *find_set(
	const struct world *w, const char *namespace, const struct owner_reference *owner)
{
	const struct kind *kind = kind_find(str_or_empty(owner->api_version), str_or_empty(owner->kind));
	struct world_object *o = kind && world_keeps_pods(kind->id)
					 ? world_find(w, kind->id, namespace, owner->name)
					 : NULL;

	return o && str_eq(o->uid, owner->uid) ? world_set(o) : NULL;
}

static void link_pod_owner(struct world *w, struct world_pod *p)
{
	const struct pod *stored = object_pod(p->revision->holder);
	const struct owner_reference *owner = meta_controller(&stored->meta);
	struct world_set *s = owner ? find_set(w, p->o.namespace, owner) : NULL;

	if (!owner) {
		world_pod_revision(w, p, world_revision_ref(p->revision));
		return;
	}
	p->orphan = !s;
	if (!s)
		return;
	world_pod_join(p, s);
	if (world_kind(s->o.kind->id)->undress)
		world_kind(s->o.kind->id)->undress(p, stored);
	share_revision(w, p);
}

/* A pod whose node is no longer there comes out unplaced but marked: its controller replaces it. */
static void link_pod(struct world *w, struct world_object *object)
{
	struct world_pod *p = world_pod(object);
	_cleanup_(freep) char *node = stored_copy(object_pod(p->revision->holder)->spec.node_name);
	struct world_object *o = node ? world_find(w, KIND_NODE, NULL, node) : NULL;

	link_pod_owner(w, p);
	if (p->placed == 0) {
		if (!p->o.deleting && !(p->o.origin && p->o.origin->held))
			world_pod_wait(w, p);
		return;
	}
	p->held = true; /* until its agent says otherwise */
	if (o)
		world_pod_place(w, p, world_node(o));
}

/* By way of its text, as when it is read from the tree. */
void world_pod_keep_looks(struct world *w, struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *holder = NULL;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct world_scratch s = { .w = w, .arena = arena };
	struct pod_template template;

	object_write_json(&json, world_pod_object(w, p, arena), 0, NULL);
	if (object_load_json(text.data, text.len, &holder, NULL) < 0)
		return;
	template = template_of(&s, object_pod(holder));
	template.meta.annotations = without_notes(holder);
	world_pod_unbook(w, p);
	world_pod_revision(w, p, world_revision_new(holder, p->o.namespace, &template));
	world_pod_book(w, p);
}

const struct world_kind world_kind_pod = {
	.size = sizeof(struct world_pod),
	.free = free_pod,
	.load = load_pod,
	.link = link_pod,
	.write = write_pod,
};
