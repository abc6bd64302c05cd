/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The world from the tree: each stored object becomes what it was written from; then owners, pods and nodes
 * find each other by name. What the tree says is taken as it is: allocations, names and UIDs are never computed again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/world.h"
#include "reconciler/world_internal.h"

/* --- words that the world keeps as constants ------------------------------------------------------------ */

/* TEXT as a constant: one of WORDS, or the first of them where it is none. */
static const char *constant(const char *const *words, const char *text)
{
	for (size_t i = 0; words[i]; i++)
		if (str_eq(words[i], text))
			return words[i];
	return words[0];
}

static const char *const condition_types[] = { "Progressing", "Available", "ReplicaFailure", NULL };
static const char *const condition_statuses[] = { "Unknown", "True", "False", NULL };
static const char *const condition_reasons[] = { "Unknown", "NewReplicaSetCreated", "FoundNewReplicaSet",
	"ReplicaSetUpdated", "NewReplicaSetAvailable", "ProgressDeadlineExceeded", "DeploymentPaused",
	"DeploymentResumed", "MinimumReplicasAvailable", "MinimumReplicasUnavailable", "NotYetSupported",
	"FailedCreate", NULL };

static void load_conditions(struct world_conditions *ret, const struct conditions *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct condition *from = &c->items[i];
		const char *type = constant(condition_types, from->type);
		struct world_condition *to;

		if (!str_eq(type, from->type) || world_condition_get(ret, type))
			continue;
		to = &ret->items[ret->count++];
		to->type = type;
		to->status = constant(condition_statuses, from->status);
		to->reason = constant(condition_reasons, from->reason);
		to->message = xstrdup(str_or_empty(from->message));
		to->updated = from->last_update_time.value;
		to->transitioned = from->last_transition_time.value;
	}
}

/* --- what all kinds share ---------------------------------------------------------------------------------- */

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static int64_t note_int(const struct object_meta *m, const char *key, int64_t missing)
{
	const char *text = string_map_get(&m->annotations, key);
	int64_t n;

	return text && str_to_i64(text, &n) == 0 ? n : missing;
}

static struct world_origin *load_origin(struct object *o)
{
	const char *digest = string_map_get(&o->meta->annotations, WORLD_NOTE_DIGEST);
	struct world_origin *origin;

	if (!digest)
		return NULL;
	origin = xcalloc(1, sizeof(*origin));
	origin->object = object_ref(o);
	origin->hollow = o->kind->id == KIND_SECRET;
	origin->source = copy(string_map_get(&o->meta->annotations, WORLD_NOTE_SOURCE));
	origin->commit = copy(string_map_get(&o->meta->annotations, WORLD_NOTE_COMMIT));
	origin->held = copy(string_map_get(&o->meta->annotations, WORLD_NOTE_HELD));
	snprintf(origin->digest, sizeof(origin->digest), "%s", digest);
	return origin;
}

/* --- the kinds ------------------------------------------------------------------------------------------------ */

static void load_node(struct world *w, struct object *from, struct world_object *o)
{
	struct world_node *n = world_node(o);
	const struct node *node = object_node(from);

	(void)w;
	snprintf(n->pod_cidr, sizeof(n->pod_cidr), "%s", str_or_empty(node->spec.pod_cidr));
	for (size_t i = 0; i < node->status.conditions.count; i++) {
		const struct condition *c = &node->status.conditions.items[i];

		if (!str_eq(c->type, "Ready"))
			continue;
		n->ready = str_eq(c->status, "True");
		n->ready_since = c->last_transition_time.value;
	}
	if (node->status.capacity.count > 0)
		n->status = object_ref(from);
}

static void load_deployment(struct world *w, struct object *from, struct world_object *o)
{
	struct world_deployment *d = world_deployment(o);
	const struct deployment_status *s = &object_deployment(from)->status;

	(void)w;
	d->collisions = s->collision_count.value;
	d->revision_number = note_int(from->meta, WORLD_NOTE_REVISION, 0);
	d->observed = s->observed_generation;
	d->replicas = s->replicas;
	d->updated = s->updated_replicas;
	d->ready = s->ready_replicas;
	d->available = s->available_replicas;
	d->unavailable = s->unavailable_replicas;
	load_conditions(&d->conditions, &s->conditions);
}

static void load_set(struct world *w, struct object *from, struct world_object *o)
{
	struct world_set *s = world_set(o);
	const struct replica_set *rs = object_replica_set(from);

	s->wanted = rs->spec.replicas;
	s->min_ready_seconds = rs->spec.min_ready_seconds;
	s->desired = note_int(from->meta, WORLD_NOTE_DESIRED, s->wanted);
	s->max = note_int(from->meta, WORLD_NOTE_MAX, s->wanted);
	s->number = note_int(from->meta, WORLD_NOTE_REVISION, 0);
	snprintf(s->hash, sizeof(s->hash), "%s",
		str_or_empty(string_map_get(&from->meta->labels, WORLD_LABEL_HASH)));
	world_set_revision(w, s, world_revision_new(from, o->namespace, &rs->spec.template));
	s->observed = rs->status.observed_generation;
	s->replicas = rs->status.replicas;
	s->labeled = rs->status.fully_labeled_replicas;
	s->ready = rs->status.ready_replicas;
	s->available = rs->status.available_replicas;
	load_conditions(&s->conditions, &rs->status.conditions);
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

void world_pod_take_status(struct world_pod *p, const struct pod_status *s)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer out = JSON_WRITER(&text, 0);

	schema_encode(&out, &schema_pod_status, s, 0, NULL);
	free(p->status);
	p->status = buf_take(&text);
	p->phase = world_phase_of(s->phase);
	p->ready = false;
	p->restarts = 0;
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (!str_eq(c->type, "Ready"))
			continue;
		p->ready = str_eq(c->status, "True");
		p->ready_since = c->last_transition_time.value;
	}
	for (size_t i = 0; i < s->container_statuses.count; i++)
		p->restarts += s->container_statuses.items[i].restart_count;
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
			p->waiting = copy(c->message);
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
	p->revision = world_revision_new(from, o->namespace, &template);
	p->grace = from->meta->deletion_grace_period_seconds.value;
	load_scheduled(p, &pod->status);
	if (pod->status.container_statuses.count > 0 || !str_eq(pod->status.phase, "Pending"))
		world_pod_take_status(p, &pod->status);
	(void)w;
}

static void load_service(struct world *w, struct object *from, struct world_object *o)
{
	struct world_service *s = world_service(o);
	const struct service_spec *spec = &object_service(from)->spec;

	world_service_ip(w, s, str_or_empty(spec->cluster_ip));
	s->node_port_count = spec->ports.count;
	s->node_ports = xcalloc(spec->ports.count, sizeof(s->node_ports[0]));
	for (size_t i = 0; i < spec->ports.count; i++)
		s->node_ports[i] = spec->ports.items[i].node_port;
}

static void load_event(struct world *w, struct object *from, struct world_object *o)
{
	struct world_event *e = world_event(o);
	const struct event *v = object_event(from);
	const struct kind *about = v->involved_object.kind
					   ? kind_find(str_or_empty(v->involved_object.api_version),
						     v->involved_object.kind)
					   : NULL;

	(void)w;
	e->about_kind = about ? about->id : KIND_POD;
	e->about_name = xstrdup(str_or_empty(v->involved_object.name));
	snprintf(e->about_uid, sizeof(e->about_uid), "%s", str_or_empty(v->involved_object.uid));
	e->type = str_eq(v->type, "Warning") ? "Warning" : "Normal";
	e->reason = xstrdup(str_or_empty(v->reason));
	e->message = xstrdup(str_or_empty(v->message));
	e->source = copy(string_map_get(&from->meta->annotations, WORLD_NOTE_SOURCE));
	e->count = v->count;
	e->first = v->first_timestamp.value;
	e->last = v->last_timestamp.value;
}

static void (*const loaders[KIND_COUNT])(struct world *, struct object *, struct world_object *) = {
	[KIND_NODE] = load_node,
	[KIND_DEPLOYMENT] = load_deployment,
	[KIND_REPLICA_SET] = load_set,
	[KIND_POD] = load_pod,
	[KIND_SERVICE] = load_service,
	[KIND_EVENT] = load_event,
};

int world_load(struct world *w, const char *json, size_t len, struct err *err)
{
	_cleanup_(object_unrefp) struct object *from = NULL;
	struct world_object *o;
	int r;

	r = object_load_json(json, len, &from, err);
	if (r < 0)
		return r;
	o = world_add(w, from->kind->id, from->meta->namespace, from->meta->name,
		str_or_empty(from->meta->uid), from->meta->creation_timestamp.value);
	if (!o)
		return err_set(
			err, -EEXIST, "%s %s is in the tree twice", from->kind->name, from->meta->name);
	o->deleting = from->meta->deletion_timestamp.value;
	o->generation = from->meta->generation;
	if (str_to_i64(str_or_empty(from->meta->resource_version), &o->version) < 0)
		o->version = 1;
	o->origin = load_origin(from);
	if (loaders[from->kind->id])
		loaders[from->kind->id](w, from, o);
	return 0;
}

/* --- the links ---------------------------------------------------------------------------------------------------- */

static void link_node(struct world *w, struct world_node *n)
{
	world_node_refresh(w, n);
	n->view_generation = n->o.generation;
}

static void link_set(struct world *w, struct world_set *s)
{
	const struct owner_reference *owner = meta_controller(s->revision->holder->meta);
	struct world_object *o;

	if (!owner || !str_eq(owner->kind, "Deployment"))
		return;
	o = world_find(w, KIND_DEPLOYMENT, s->o.namespace, owner->name);
	if (o && str_eq(o->uid, owner->uid))
		world_set_join(w, s, world_deployment(o));
}

static const struct object_meta *stored_meta(const struct world_pod *p)
{
	return p->revision->holder->meta;
}

/* A pod made from its set's template of today shares it; one that is older keeps the copy it was stored with. */
static void share_revision(struct world *w, struct world_pod *p, struct world_set *s)
{
	struct pod_template template = p->revision->template;
	struct world_revision *admitted = world_set_admitted(w, s);

	template.spec.node_name = admitted->template.spec.node_name;
	if (!schema_equal(&schema_pod_template, &template, &admitted->template)) {
		world_revision_unref(admitted);
		return;
	}
	world_revision_unref(p->revision);
	p->revision = admitted;
}

static void link_pod_owner(struct world *w, struct world_pod *p)
{
	const struct owner_reference *owner = meta_controller(stored_meta(p));
	struct world_object *o;

	if (!owner) {
		world_pod_revision(w, p, world_revision_ref(p->revision));
		return;
	}
	p->orphan = true;
	if (!str_eq(owner->kind, "ReplicaSet"))
		return;
	o = world_find(w, KIND_REPLICA_SET, p->o.namespace, owner->name);
	if (!o || !str_eq(o->uid, owner->uid))
		return;
	p->orphan = false;
	world_pod_join(p, world_set(o));
	share_revision(w, p, world_set(o));
}

/* A pod whose node is no longer there comes out unplaced but marked: its controller replaces it. */
static void link_pod(struct world *w, struct world_pod *p)
{
	_cleanup_(freep) char *node = copy(object_pod(p->revision->holder)->spec.node_name);
	struct world_object *o = node ? world_find(w, KIND_NODE, NULL, node) : NULL;

	link_pod_owner(w, p);
	if (p->placed == 0) {
		if (!p->o.deleting && !(p->o.origin && p->o.origin->held))
			world_pods_add(&w->unplaced, p);
		return;
	}
	p->held = true; /* until its agent says otherwise */
	if (o)
		world_pod_place(w, p, world_node(o));
}

/* ALL is sorted. */
static void load_limits(struct world *w, const struct world_entry_list *all)
{
	struct objects ranges = { 0 };

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i]->kind->id == KIND_LIMIT_RANGE && all->items[i]->origin)
			objects_add(&ranges, object_ref(all->items[i]->origin->object));
	world_take_limits(w, ranges.items, ranges.count);
	objects_done(&ranges);
}

void world_load_finish(struct world *w)
{
	struct world_entry_list all = world_entries(w);

	w->has_snapshot = w->commit[0] != '\0';
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_CLUSTER && all.items[i]->origin)
			world_take_cluster(w, object_cluster(all.items[i]->origin->object));
	load_limits(w, &all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE)
			link_node(w, world_node(all.items[i]));
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_REPLICA_SET)
			link_set(w, world_set(all.items[i]));
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_POD)
			link_pod(w, world_pod(all.items[i]));
	free(all.items);
	world_dirty_all(w);
}
