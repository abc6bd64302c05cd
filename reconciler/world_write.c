/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tree from the world: each object as `kubectl get -o json` would print it. Objects are put together from the parts
 * the world keeps (a manifest, a template, an identity, a status) as shallow structs in a scratch arena.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/world.h"
#include "reconciler/world_internal.h"

struct scratch {
	const struct world *w;
	struct arena *arena;
};

/* --- metadata -------------------------------------------------------------------------------------------------- */

static struct opt_int some(int64_t value)
{
	return (struct opt_int){ .set = value != 0, .value = value };
}

/* An instant as Kubernetes prints it: whole seconds. */
static struct opt_int instant(nsec_t t)
{
	return some(t - t % NSEC_PER_SEC);
}

static int pair_cmp(const void *a, const void *b)
{
	const struct string_pair *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* FROM with PAIRS in the place of what had the same keys or began with STRIP (may be NULL); pairs without a value are only taken out. */
static struct string_map merge(struct arena *a, const struct string_map *from, const char *strip,
	const struct string_pair *pairs, size_t count)
{
	struct string_map m = { .items = arena_array(a, from->count + count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < from->count; i++) {
		bool replaced = strip && str_starts(from->items[i].key, strip);

		for (size_t k = 0; k < count && !replaced; k++)
			replaced = str_eq(from->items[i].key, pairs[k].key);
		if (!replaced)
			m.items[m.count++] = from->items[i];
	}
	for (size_t k = 0; k < count; k++)
		if (pairs[k].value)
			m.items[m.count++] = pairs[k];
	if (m.count > 1)
		qsort(m.items, m.count, sizeof(m.items[0]), pair_cmp);
	if (m.count == 0)
		m.items = NULL;
	return m;
}

static const char *number_text(struct arena *a, int64_t n)
{
	return arena_printf(a, "%" PRId64, n);
}

static void own_by(struct object_meta *m, struct arena *a, const struct world_object *owner)
{
	m->owner_references.items = arena_alloc(a, sizeof(m->owner_references.items[0]));
	m->owner_references.count = 1;
	m->owner_references.items[0] = (struct owner_reference){
		.api_version = owner->kind->api_version,
		.kind = owner->kind->name,
		.name = owner->name,
		.uid = owner->uid,
		.controller = { .set = true, .value = true },
		.block_owner_deletion = { .set = true, .value = true },
	};
}

/* Identity over BASE (labels, annotations, finalizers of a manifest or template). */
static struct object_meta meta_of(const struct world_object *o, const struct object_meta *base)
{
	struct object_meta m = base ? *base : (struct object_meta){ 0 };

	m.name = o->name;
	m.namespace = o->namespace;
	m.generate_name = NULL;
	m.uid = o->uid;
	m.generation = o->generation;
	m.creation_timestamp = instant(o->created);
	m.deletion_timestamp = instant(o->deleting);
	m.deletion_grace_period_seconds = (struct opt_int){ 0 };
	m.owner_references.items = NULL;
	m.owner_references.count = 0;
	return m;
}

/* What every object of git says about where it comes from. */
static void add_origin(struct scratch *s, const struct world_object *o, struct object_meta *m)
{
	const struct world_origin *g = o->origin;
	const struct string_pair notes[] = {
		{ WORLD_NOTE_SOURCE, g->source },
		{ WORLD_NOTE_COMMIT, g->commit },
		{ WORLD_NOTE_DIGEST, g->digest },
		{ WORLD_NOTE_HELD, g->held },
	};

	m->annotations = merge(s->arena, &m->annotations, NULL, notes, ARRAY_LEN(notes));
}

static struct object_meta meta_of_origin(struct scratch *s, const struct world_object *o)
{
	struct object_meta m = meta_of(o, o->origin ? o->origin->object->meta : NULL);

	if (o->origin)
		add_origin(s, o, &m);
	return m;
}

static struct object *shell(struct scratch *s, const struct kind *kind, void *body)
{
	struct object *o = arena_alloc(s->arena, sizeof(*o));

	o->kind = kind;
	o->body = body;
	o->meta = body;
	o->refs = 1;
	return o;
}

/* --- conditions ---------------------------------------------------------------------------------------------------- */

static struct conditions conditions_of(struct scratch *s, const struct world_conditions *from)
{
	struct conditions c = { .items = arena_array(s->arena, from->count + 1, sizeof(c.items[0])) };

	for (size_t i = 0; i < from->count; i++) {
		const struct world_condition *w = &from->items[i];

		c.items[c.count++] = (struct condition){
			.type = w->type,
			.status = w->status,
			.reason = w->reason,
			.message = w->message,
			.last_update_time = instant(w->updated),
			.last_transition_time = instant(w->transitioned),
		};
	}
	return c;
}

/* --- the kinds --------------------------------------------------------------------------------------------------------- */

static void *body_plain(struct scratch *s, const struct world_object *o)
{
	struct object_meta *body = arena_alloc(s->arena, o->kind->schema->size);

	if (o->origin)
		memcpy(body, o->origin->object->body, o->kind->schema->size);
	*body = meta_of_origin(s, o);
	return body;
}

static void *body_namespace(struct scratch *s, const struct world_object *o)
{
	struct namespace *n = body_plain(s, o);
	const struct string_pair name = { "kubernetes.io/metadata.name", o->name };

	n->meta.labels = merge(s->arena, &n->meta.labels, NULL, &name, 1);
	n->status.phase = "Active";
	return n;
}

static struct conditions node_conditions(struct scratch *s, const struct world_node *n)
{
	const struct conditions *said = n->status ? &object_node(n->status)->status.conditions : NULL;
	size_t count = said ? said->count : 0;
	struct conditions c = { .items = arena_array(s->arena, count + 1, sizeof(c.items[0])) };
	struct condition ready = { .type = "Ready",
		.status = n->ready    ? "True"
			  : n->status ? "Unknown"
				      : "False",
		.reason = n->ready    ? "AgentReady"
			  : n->status ? "NodeStatusUnknown"
				      : "NodeStatusNeverUpdated",
		.message = n->ready ? "the agent is connected" : "no session with the node's agent",
		.last_transition_time = instant(n->ready_since) };

	for (size_t i = 0; i < count; i++)
		if (!str_eq(said->items[i].type, "Ready"))
			c.items[c.count++] = said->items[i];
	c.items[c.count++] = ready;
	return c;
}

static void *body_node(struct scratch *s, const struct world_object *o)
{
	const struct world_node *n = (const struct world_node *)o;
	struct node *b = body_plain(s, o);
	const struct node_info *info = n->status ? &object_node(n->status)->status.node_info : NULL;
	const struct string_pair labels[] = {
		{ "kubernetes.io/hostname", o->name },
		{ "kubernetes.io/os", "linux" },
		{ "kubernetes.io/arch", info ? info->architecture : NULL },
	};

	b->meta.labels = merge(s->arena, &b->meta.labels, NULL, labels, info && info->architecture ? 3 : 2);
	if (n->pod_cidr[0] != '\0') {
		b->spec.pod_cidr = arena_strdup(s->arena, n->pod_cidr);
		b->spec.pod_cidrs.items = arena_alloc(s->arena, sizeof(char *));
		b->spec.pod_cidrs.items[0] = b->spec.pod_cidr;
		b->spec.pod_cidrs.count = 1;
	}
	if (n->status)
		b->status = object_node(n->status)->status;
	b->status.conditions = node_conditions(s, n);
	return b;
}

static void *body_service(struct scratch *s, const struct world_object *o)
{
	const struct world_service *v = (const struct world_service *)o;
	struct service *b = body_plain(s, o);
	size_t count = b->spec.ports.count;
	struct service_port *ports = arena_array(s->arena, count + 1, sizeof(ports[0]));

	if (count > 0)
		memcpy(ports, b->spec.ports.items, count * sizeof(ports[0]));
	for (size_t i = 0; i < count && i < v->node_port_count; i++)
		ports[i].node_port = v->node_ports[i];
	b->spec.ports.items = ports;
	if (v->cluster_ip[0] != '\0') {
		b->spec.cluster_ip = v->cluster_ip;
		b->spec.cluster_ips.items = arena_alloc(s->arena, sizeof(char *));
		b->spec.cluster_ips.items[0] = v->cluster_ip;
		b->spec.cluster_ips.count = 1;
	}
	return b;
}

static void *body_deployment(struct scratch *s, const struct world_object *o)
{
	const struct world_deployment *d = (const struct world_deployment *)o;
	struct deployment *b = body_plain(s, o);
	const struct string_pair revision = { WORLD_NOTE_REVISION,
		d->revision_number > 0 ? number_text(s->arena, d->revision_number) : NULL };

	b->meta.annotations = merge(s->arena, &b->meta.annotations, NULL, &revision, 1);
	b->status = (struct deployment_status){
		.observed_generation = d->observed,
		.replicas = d->replicas,
		.updated_replicas = d->updated,
		.ready_replicas = d->ready,
		.available_replicas = d->available,
		.unavailable_replicas = d->unavailable,
		.collision_count = some(d->collisions),
		.conditions = conditions_of(s, &d->conditions),
	};
	return b;
}

static struct label_selector *hashed_selector(
	struct scratch *s, const struct label_selector *from, const char *hash)
{
	struct label_selector *sel = arena_alloc(s->arena, sizeof(*sel));
	const struct string_pair pair = { WORLD_LABEL_HASH, hash };

	if (from)
		*sel = *from;
	sel->match_labels = merge(s->arena, &sel->match_labels, NULL, &pair, 1);
	return sel;
}

/* A set that a Deployment made: template and selector are the Deployment's, each with the hash. */
static void deployed_set(struct scratch *s, const struct world_set *t, struct replica_set *b)
{
	const struct string_pair hash = { WORLD_LABEL_HASH, t->hash };
	const struct string_pair notes[] = {
		{ WORLD_NOTE_DESIRED, number_text(s->arena, t->desired) },
		{ WORLD_NOTE_MAX, number_text(s->arena, t->max) },
		{ WORLD_NOTE_REVISION, number_text(s->arena, t->number) },
	};
	const struct label_selector *selector =
		t->deployment ? object_deployment(t->deployment->o.origin->object)->spec.selector : NULL;

	b->meta = meta_of(&t->o, NULL);
	b->spec.template = t->revision->template;
	b->spec.template.meta.labels = merge(s->arena, &t->revision->template.meta.labels, NULL, &hash, 1);
	b->meta.labels = b->spec.template.meta.labels;
	b->meta.annotations = merge(s->arena, &b->meta.annotations, NULL, notes, ARRAY_LEN(notes));
	b->spec.selector = hashed_selector(s, selector, t->hash);
	if (t->deployment)
		own_by(&b->meta, s->arena, &t->deployment->o);
}

static void *body_set(struct scratch *s, const struct world_object *o)
{
	const struct world_set *t = (const struct world_set *)o;
	struct replica_set *b = body_plain(s, o);

	if (!o->origin)
		deployed_set(s, t, b);
	b->spec.replicas = t->wanted;
	b->spec.min_ready_seconds = t->min_ready_seconds;
	b->status = (struct replica_set_status){
		.replicas = t->replicas,
		.fully_labeled_replicas = t->labeled,
		.ready_replicas = t->ready,
		.available_replicas = t->available,
		.observed_generation = t->observed,
		.conditions = conditions_of(s, &t->conditions),
	};
	return b;
}

static void *body_event(struct scratch *s, const struct world_object *o)
{
	const struct world_event *e = (const struct world_event *)o;
	struct event *b = body_plain(s, o);
	const struct string_pair source = { WORLD_NOTE_SOURCE, e->source };

	if (e->source)
		b->meta.annotations = merge(s->arena, &b->meta.annotations, NULL, &source, 1);
	b->involved_object = (struct object_reference){
		.api_version = kinds[e->about_kind].api_version,
		.kind = kinds[e->about_kind].name,
		.namespace = kinds[e->about_kind].namespaced ? o->namespace : NULL,
		.name = e->about_name,
		.uid = e->about_uid[0] != '\0' ? e->about_uid : NULL,
	};
	b->reason = e->reason;
	b->message = e->message;
	b->type = e->type;
	b->source.component = "pintled";
	b->first_timestamp = instant(e->first);
	b->last_timestamp = instant(e->last);
	b->count = e->count;
	return b;
}

/* --- pods ------------------------------------------------------------------------------------------------------------------ */

static void pod_body(struct scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct string_pair hash = { WORLD_LABEL_HASH,
		p->set && p->set->hash[0] != '\0' ? p->set->hash : NULL };

	b->meta = meta_of(&p->o, &p->revision->template.meta);
	b->meta.annotations = merge(s->arena, &b->meta.annotations, "pintle.dev/", NULL, 0);
	if (p->set) {
		b->meta.labels = merge(s->arena, &b->meta.labels, NULL, &hash, 1);
		own_by(&b->meta, s->arena, &p->set->o);
	}
	b->spec = p->revision->template.spec;
	if (p->node)
		b->spec.node_name = p->node->o.name;
}

struct object *world_pod_object(const struct world *w, const struct world_pod *p, struct arena *arena)
{
	struct scratch s = { .w = w, .arena = arena };
	struct pod *b = arena_alloc(arena, sizeof(*b));

	pod_body(&s, p, b);
	b->meta.deletion_timestamp = (struct opt_int){ 0 };
	return shell(&s, &kinds[KIND_POD], b);
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

static void write_pod(struct scratch *s, const struct world_object *o, const char *version, struct buf *out)
{
	const struct world_pod *p = (const struct world_pod *)o;
	struct json_writer json = JSON_WRITER(out, 0);
	struct pod body = { 0 };

	pod_body(s, p, &body);
	if (o->origin)
		add_origin(s, o, &body.meta);
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
	if (p->status)
		json_raw(&json, p->status, strlen(p->status));
	else
		write_first_status(&json, p);
	json_end_map(&json);
}

/* --- the public face ---------------------------------------------------------------------------------------------------------- */

static void *(*const bodies[KIND_COUNT])(struct scratch *, const struct world_object *) = {
	[KIND_NAMESPACE] = body_namespace,
	[KIND_NODE] = body_node,
	[KIND_SERVICE] = body_service,
	[KIND_REPLICA_SET] = body_set,
	[KIND_DEPLOYMENT] = body_deployment,
	[KIND_EVENT] = body_event,
};

void world_write(const struct world *w, const struct world_object *o, int64_t version, struct buf *out)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	struct scratch s = { .w = w, .arena = arena };
	const char *text = number_text(arena, version);
	struct json_writer json = JSON_WRITER(out, 0);
	struct object *made;

	if (o->kind->id == KIND_POD) {
		write_pod(&s, o, text, out);
		return;
	}
	made = shell(&s, o->kind, bodies[o->kind->id] ? bodies[o->kind->id](&s, o) : body_plain(&s, o));
	made->meta->resource_version = text;
	object_write_json(&json, made, ENCODE_HIDE_SECRETS, w->key);
}

void world_node_refresh(struct world *w, struct world_node *n)
{
	struct arena *arena = arena_new(2048);
	struct scratch s = { .w = w, .arena = arena };
	struct object *view = shell(&s, &kinds[KIND_NODE], body_node(&s, &n->o));
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct object *whole = NULL;

	/* By way of its text, so that the view owns all that it points to. */
	object_write_json(&json, view, 0, NULL);
	arena_free(arena);
	if (object_load_json(text.data, text.len, &whole, NULL) < 0)
		return;
	object_unref(n->view);
	n->view = whole;
	sched_cluster_set_node(w->sched, whole, n->ready);
	w->nodes_changed = true;
}
