/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The pods of the objects: those that a cluster printed, and those that workloads would make beside them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/ctl/simulated.h"

/* What a workload has already. */
struct owned {
	int64_t pods;
	struct map nodes; /* that they are on */
};

/* --- one pod ----------------------------------------------------------------------------------------------- */

static struct simulated_pod *add(
	struct making *m, const struct object *origin, const char *namespace, const char *name)
{
	struct simulation *s = m->s;
	struct simulated_pod *p;

	s->pods = grow(s->pods, &m->cap, s->count + 1, sizeof(s->pods[0]));
	p = &s->pods[s->count++];
	*p = (struct simulated_pod){ .origin = origin,
		.namespace = arena_strdup(s->arena, namespace),
		.name = arena_strdup(s->arena, name),
		.key = arena_printf(s->arena, "%s/%s", namespace, name),
		.deadline = NSEC_NEVER,
		.created = NSEC_NEVER };
	map_put(&m->keys, p->key, (void *)&m->keys);
	return p;
}

/* A time, or how long after the pod came. */
static nsec_t deadline_of(const char *text, nsec_t created)
{
	nsec_t when;

	if (!text)
		return NSEC_NEVER;
	if (time_parse(text, &when) == 0)
		return when;
	if (duration_parse(text, &when) == 0)
		return created == NSEC_NEVER ? when : created + when;
	return NSEC_NEVER;
}

/* What P is by the META (of the pod, or of its template) and SPEC that people wrote. */
static void describe(struct making *m, struct simulated_pod *p, const struct object_meta *meta,
	const struct pod_spec *spec)
{
	p->gang = string_map_get(&meta->annotations, ANNOTATION_GANG);
	p->deadline = deadline_of(string_map_get(&meta->annotations, ANNOTATION_DEADLINE), p->created);
	simulated_rank(m, spec, p);
	if (spec->scheduling_gates.count > 0)
		p->blocked = "Scheduling is blocked due to non-empty scheduling gates";
	else if (!str_empty(spec->scheduler_name) && !str_eq(spec->scheduler_name, "default-scheduler"))
		p->blocked = arena_printf(
			m->s->arena, "it is left to the scheduler %s", spec->scheduler_name);
}

/* --- pods that are given ------------------------------------------------------------------------------------- */

static struct owned *owned_at(struct making *m, const char *key)
{
	struct owned *o = map_get(&m->owned, key);

	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	map_put(&m->owned, arena_strdup(m->s->arena, key), o);
	return o;
}

static void own(struct making *m, const char *kind, const char *namespace, const char *name, const char *node)
{
	_cleanup_(freep) char *key = xasprintf("%s/%s/%s", kind, namespace, name);
	struct owned *o = owned_at(m, key);

	o->pods++;
	if (node)
		map_put(&o->nodes, node, o);
}

/* Notes whose P is. A Deployment's pods say so by way of their ReplicaSet, whose name is the Deployment's and their hash. */
static void note_owner(struct making *m, const struct pod *p)
{
	const struct owner_reference *by = meta_controller(&p->meta);
	const char *hash = string_map_get(&p->meta.labels, "pod-template-hash");
	size_t len;

	if (!by || p->meta.deletion_timestamp.set)
		return;
	own(m, by->kind, p->meta.namespace, by->name, p->spec.node_name);
	len = strlen(by->name);
	if (!str_eq(by->kind, "ReplicaSet") || !hash || len < strlen(hash) + 2 || !str_ends(by->name, hash))
		return;
	_cleanup_(freep) char *deployment = xstrndup(by->name, len - strlen(hash) - 1);
	own(m, "Deployment", p->meta.namespace, deployment, p->spec.node_name);
}

static bool is_finished(const struct pod *p)
{
	return str_eq(p->status.phase, "Succeeded") || str_eq(p->status.phase, "Failed");
}

/* Has a cluster put it on its node, or does the manifest only say which one it wants? */
static bool is_placed(const struct pod *p)
{
	return !str_empty(p->spec.node_name) && (p->meta.uid || p->status.phase || p->status.start_time.set);
}

/* The node that a DaemonSet's pod is for: its controller says so by affinity to the node's name. */
static const char *pinned_to(const struct pod *p)
{
	const struct owner_reference *by = meta_controller(&p->meta);
	const struct affinity *a = p->spec.affinity;
	const struct node_selector *required = a && a->node_affinity ? a->node_affinity->required : NULL;
	const struct node_selector_requirement *field;

	if (!by || !str_eq(by->kind, "DaemonSet") || !required || required->node_selector_terms.count != 1 ||
		required->node_selector_terms.items[0].match_fields.count != 1)
		return NULL;
	field = &required->node_selector_terms.items[0].match_fields.items[0];
	return str_eq(field->key, "metadata.name") && field->values.count == 1 ? field->values.items[0]
									       : NULL;
}

static void take_pod(struct making *m, const struct object *o)
{
	const struct pod *pod = object_pod(o);
	struct simulated_pod *p;
	struct pod_spec *spec;

	if (is_finished(pod))
		return;
	p = add(m, o, o->meta->namespace, o->meta->name);
	if (o->meta->creation_timestamp.set)
		p->created = o->meta->creation_timestamp.value;
	p->leaving = o->meta->deletion_timestamp.set;
	p->given = is_placed(pod);
	p->pinned = pinned_to(pod);
	describe(m, p, o->meta, &pod->spec);
	spec = simulated_spec(m, &pod->spec, p->namespace, false);
	if (p->given) {
		p->node = pod->spec.node_name;
		p->blocked = NULL;
		spec->node_name = NULL;
		p->started = (uint32_t)((pod->status.start_time.set        ? pod->status.start_time.value
						: p->created != NSEC_NEVER ? p->created
									   : 0) /
					NSEC_PER_SEC);
	}
	p->spec = simulated_own_spec(m, spec, p->namespace, p->name, NULL);
	p->request = simulated_request(m, p->spec, p->namespace, &o->meta->labels);
	note_owner(m, pod);
}

/* --- workloads ------------------------------------------------------------------------------------------------- */

/* A workload on its way. */
struct set {
	struct object *object;
	const struct pod_template *template;
	const struct pod_spec *spec; /* as the scheduler sees it */
	const struct stateful_set *stateful;
	const struct owned *owned;
};

static struct simulated_pod *make(struct making *m, const struct set *t, const char *name)
{
	const struct object_meta *meta = t->object->meta;
	struct simulated_pod *p = add(m, t->object, meta->namespace, name);

	describe(m, p, &t->template->meta, &t->template->spec);
	p->spec = simulated_own_spec(m, t->spec, p->namespace, p->name, t->stateful);
	p->request = simulated_request(m, p->spec, p->namespace, &t->template->meta.labels);
	return p;
}

static bool is_taken(const struct making *m, const char *namespace, const char *name)
{
	_cleanup_(freep) char *key = xasprintf("%s/%s", namespace, name);

	return map_has(&m->keys, key);
}

/* NAME-0, NAME-1 …, past those that there are. */
static void make_numbered(struct making *m, const struct set *t, int64_t count)
{
	const struct object_meta *meta = t->object->meta;

	for (int64_t i = 0; count > 0; i++) {
		_cleanup_(freep) char *name = xasprintf("%s-%" PRId64, meta->name, i);

		if (is_taken(m, meta->namespace, name))
			continue;
		make(m, t, name);
		count--;
	}
}

static void make_stateful(struct making *m, struct set *t)
{
	const struct stateful_set *set = object_stateful_set(t->object);
	int64_t start = set->spec.ordinals ? set->spec.ordinals->start : 0;

	t->stateful = set;
	for (int64_t i = start; i < start + set->spec.replicas; i++) {
		_cleanup_(freep) char *name = xasprintf("%s-%" PRId64, t->object->meta->name, i);

		if (!is_taken(m, t->object->meta->namespace, name))
			make(m, t, name);
	}
}

static void make_daemon(struct making *m, struct set *t)
{
	const char *namespace = t->object->meta->namespace;
	struct sched_request *r = simulated_request(m, t->spec, namespace, &t->template->meta.labels);

	for (size_t i = 0; i < m->s->node_count; i++) {
		const char *node = m->s->nodes[i]->meta->name;
		_cleanup_(freep) char *name = xasprintf("%s-%s", t->object->meta->name, node);

		if ((t->owned && map_has(&t->owned->nodes, node)) || is_taken(m, namespace, name) ||
			sched_daemon_on(m->s->cluster, node, r) != SCHED_DAEMON_RUNS)
			continue;
		make(m, t, name)->pinned = node;
	}
}

static bool is_over(const struct job *j)
{
	for (size_t i = 0; i < j->status.conditions.count; i++) {
		const struct condition *c = &j->status.conditions.items[i];

		if ((str_eq(c->type, "Complete") || str_eq(c->type, "Failed")) && str_eq(c->status, "True"))
			return true;
	}
	return j->spec.suspend;
}

static int64_t job_pods(const struct job *j)
{
	int64_t wanted = j->spec.parallelism.set ? j->spec.parallelism.value : 1;
	int64_t left = j->spec.completions.set ? j->spec.completions.value - j->status.succeeded : wanted;

	return is_over(j) ? 0 : left < wanted ? left : wanted;
}

/* How many pods O wants, and from which template; -1: not by number. */
static int64_t wanted(const struct object *o, const struct pod_template **ret)
{
	switch ((int)o->kind->id) {
	case KIND_DEPLOYMENT:
		*ret = &object_deployment(o)->spec.template;
		return object_deployment(o)->spec.replicas;
	case KIND_REPLICA_SET:
		*ret = &object_replica_set(o)->spec.template;
		return object_replica_set(o)->spec.replicas;
	case KIND_REPLICATION_CONTROLLER:
		*ret = &object_replication_controller(o)->spec.template;
		return object_replication_controller(o)->spec.replicas;
	case KIND_JOB:
		*ret = &object_job(o)->spec.template;
		return job_pods(object_job(o));
	case KIND_STATEFUL_SET:
		*ret = &object_stateful_set(o)->spec.template;
		return -1;
	case KIND_DAEMON_SET:
		*ret = &object_daemon_set(o)->spec.template;
		return -1;
	default:
		return 0;
	}
}

/* Is it made by another that is given, which makes the pods too? */
static bool has_controller(struct making *m, const struct object *o)
{
	const struct owner_reference *by = meta_controller(o->meta);
	const struct kind *kind = by ? kind_find(by->api_version, by->kind) : NULL;

	return kind && making_find(m, kind->id, o->meta->namespace, by->name);
}

static void take_workload(struct making *m, struct object *o)
{
	struct set t = { .object = o };
	int64_t count = wanted(o, &t.template);
	_cleanup_(freep) char *key = xasprintf("%s/%s/%s", o->kind->name, o->meta->namespace, o->meta->name);

	if (count == 0 || has_controller(m, o))
		return;
	t.owned = map_get(&m->owned, key);
	t.spec = simulated_spec(m, &t.template->spec, o->meta->namespace, o->kind->id == KIND_DAEMON_SET);
	if (o->kind->id == KIND_STATEFUL_SET)
		make_stateful(m, &t);
	else if (o->kind->id == KIND_DAEMON_SET)
		make_daemon(m, &t);
	else
		make_numbered(m, &t, count - (t.owned ? t.owned->pods : 0));
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct simulated_pod *)a)->key, ((const struct simulated_pod *)b)->key);
}

/* Names that can't be otherwise are given first. */
void simulated_pods_make(struct making *m)
{
	static const enum kind_id order[] = { KIND_STATEFUL_SET, KIND_DAEMON_SET, KIND_JOB, KIND_DEPLOYMENT,
		KIND_REPLICA_SET, KIND_REPLICATION_CONTROLLER };
	size_t count;
	struct object *const *list = making_kind(m, KIND_POD, &count);

	for (size_t i = 0; i < count; i++)
		take_pod(m, list[i]);
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		list = making_kind(m, order[k], &count);
		for (size_t i = 0; i < count; i++)
			take_workload(m, list[i]);
	}
	if (m->s->count > 1)
		qsort(m->s->pods, m->s->count, sizeof(m->s->pods[0]), by_key);
	for (size_t i = 0; i < m->owned.count; i++) {
		struct owned *o = m->owned.entries[i].value;

		map_done(&o->nodes);
		free(o);
	}
	map_done(&m->owned);
}
