/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/quota.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/limits.h"

static const char class_suffix[] = ".storageclass.storage.k8s.io/";

/* --- how many, how much ------------------------------------------------------------------------------- */

static void add_times(struct quantity *sum, const struct quantity *q, int64_t times)
{
	struct quantity product = *q;

	if (!q->set || times <= 0)
		return;
	if (__builtin_mul_overflow(q->nano, (__int128)times, &product.nano))
		product.nano = (__int128)1 << 126;
	quantity_add(sum, &product);
	sum->set = true;
}

static void add_count(struct quantity *sum, int64_t count)
{
	const struct quantity one = quantity_from_units(count, QUANTITY_DECIMAL_SI);

	quantity_add(sum, &one);
	sum->set = true;
}

/* Nodes that a DaemonSet's pods may be on, by their labels; without any in the repository there is the local one. */
static int64_t nodes_for(const struct snapshot *s, const struct pod_spec *spec)
{
	size_t count;
	struct object **nodes = snapshot_kind(s, KIND_NODE, &count);
	const struct label_selector wanted = { .match_labels = spec->node_selector };
	int64_t fit = 0;

	for (size_t i = 0; i < count; i++)
		fit += label_selector_matches(&wanted, &nodes[i]->meta->labels);
	return count > 0 ? fit : 1;
}

/* At once: no more than are still to be completed. */
static int64_t pods_of_job(const struct job_spec *spec)
{
	int64_t parallel = spec->parallelism.set ? spec->parallelism.value : 1;

	if (spec->suspend)
		return 0;
	return spec->completions.set && spec->completions.value < parallel ? spec->completions.value
									   : parallel;
}

/* How many pods O keeps running; its spec says so, but for a Pod and a DaemonSet. */
static int64_t pods_of(const struct snapshot *s, const struct object *o, const struct pod_spec *spec)
{
	static const size_t replicas[KIND_COUNT] = {
		[KIND_DEPLOYMENT] = offsetof(struct deployment, spec.replicas),
		[KIND_REPLICA_SET] = offsetof(struct replica_set, spec.replicas),
		[KIND_REPLICATION_CONTROLLER] = offsetof(struct replication_controller, spec.replicas),
		[KIND_STATEFUL_SET] = offsetof(struct stateful_set, spec.replicas),
	};
	size_t offset = replicas[o->kind->id];

	if (o->kind->id == KIND_POD)
		return 1;
	if (o->kind->id == KIND_DAEMON_SET)
		return nodes_for(s, spec);
	if (o->kind->id == KIND_JOB)
		return pods_of_job(&object_job(o)->spec);
	return offset > 0 ? *(const int64_t *)(const void *)((const char *)o->body + offset) : 0;
}

/* --- scopes --------------------------------------------------------------------------------------------- */

static bool asks_for_nothing(const struct containers *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].resources.requests.count > 0 || list->items[i].resources.limits.count > 0)
			return false;
	return true;
}

static bool is_best_effort(const struct pod_spec *spec)
{
	return asks_for_nothing(&spec->containers) && asks_for_nothing(&spec->init_containers);
}

static bool names_other_namespaces(const struct pod_affinity_term *t)
{
	return t->namespaces.count > 0 || t->namespace_selector;
}

static bool affinity_crosses(const struct pod_affinity *a)
{
	for (size_t i = 0; a && i < a->required.count; i++)
		if (names_other_namespaces(&a->required.items[i]))
			return true;
	for (size_t i = 0; a && i < a->preferred.count; i++)
		if (names_other_namespaces(&a->preferred.items[i].pod_affinity_term))
			return true;
	return false;
}

static bool is_terminating(const struct pod_spec *spec)
{
	return spec->active_deadline_seconds.set;
}

static bool is_not_terminating(const struct pod_spec *spec)
{
	return !spec->active_deadline_seconds.set;
}

static bool is_not_best_effort(const struct pod_spec *spec)
{
	return !is_best_effort(spec);
}

static bool has_priority_class(const struct pod_spec *spec)
{
	return !str_empty(spec->priority_class_name);
}

static bool crosses_namespaces(const struct pod_spec *spec)
{
	return spec->affinity && (affinity_crosses(spec->affinity->pod_affinity) ||
					 affinity_crosses(spec->affinity->pod_anti_affinity));
}

static bool in_scope(const struct pod_spec *spec, const char *scope)
{
	static const struct {
		const char *name;
		bool (*holds)(const struct pod_spec *spec);
	} scopes[] = {
		{ "Terminating", is_terminating },
		{ "NotTerminating", is_not_terminating },
		{ "BestEffort", is_best_effort },
		{ "NotBestEffort", is_not_best_effort },
		{ "PriorityClass", has_priority_class },
		{ "CrossNamespacePodAffinity", crosses_namespaces },
	};

	for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
		if (str_eq(scopes[i].name, scope))
			return scopes[i].holds(spec);
	return false;
}

static bool meets(const struct pod_spec *spec, const struct scope_requirement *r)
{
	bool listed = false;

	if (!str_eq(r->scope_name, "PriorityClass") || str_eq(r->op, "Exists"))
		return in_scope(spec, r->scope_name);
	if (str_eq(r->op, "DoesNotExist"))
		return !has_priority_class(spec);
	for (size_t i = 0; i < r->values.count; i++)
		listed |= str_eq(r->values.items[i], str_or_empty(spec->priority_class_name));
	return str_eq(r->op, "In") ? listed : !listed;
}

/* Does Q count pods like this? */
static bool counts_pod(const struct resource_quota_spec *q, const struct pod_spec *spec)
{
	for (size_t i = 0; i < q->scopes.count; i++)
		if (!in_scope(spec, q->scopes.items[i]))
			return false;
	for (size_t i = 0; q->scope_selector && i < q->scope_selector->match_expressions.count; i++)
		if (!meets(spec, &q->scope_selector->match_expressions.items[i]))
			return false;
	return true;
}

static bool has_scopes(const struct resource_quota_spec *q)
{
	return q->scopes.count > 0 || (q->scope_selector && q->scope_selector->match_expressions.count > 0);
}

/* --- what one object uses --------------------------------------------------------------------------------- */

/* "count/deployments.apps", or the core group's old names. */
static bool counts_kind(const struct kind *k, const char *resource)
{
	const char *slash = strchr(k->api_version, '/'), *name = str_after(resource, "count/");
	size_t plural = strlen(k->plural);

	if (!slash && str_eq(k->plural, resource))
		return true;
	if (!name || strncmp(name, k->plural, plural) != 0)
		return false;
	if (!slash)
		return name[plural] == '\0';
	size_t group = (size_t)(slash - k->api_version);
	return name[plural] == '.' && strlen(name + plural + 1) == group &&
	       strncmp(name + plural + 1, k->api_version, group) == 0;
}

/* One quota's resource, and what is needed to add it up. */
struct tally {
	const struct snapshot *snapshot;
	const struct resource_quota_spec *quota;
	const char *resource;
	struct limit_ranges ranges;
	struct arena *scratch;
};

/* RESOURCE among requests, or (*RET_LIMITS) limits; NULL: it is nothing of the kind. */
static const char *compute_resource(const char *resource, bool *ret_limits)
{
	const char *rest = str_after(resource, "limits.");

	*ret_limits = rest != NULL;
	if (rest)
		return rest;
	rest = str_after(resource, "requests.");
	if (rest)
		return str_eq(rest, "storage") ? NULL : rest;
	if (str_eq(resource, "cpu") || str_eq(resource, "memory") || str_eq(resource, "ephemeral-storage") ||
		str_starts(resource, "hugepages-"))
		return resource;
	return NULL;
}

static void add_pods(const struct tally *t, const struct object *o, struct quantity *sum)
{
	const struct template_view view = object_template(o);
	bool limits;
	const char *name = compute_resource(t->resource, &limits);
	bool pods = str_eq(t->resource, "pods") || str_eq(t->resource, "count/pods");

	if (!view.spec || (!name && !pods))
		return;
	const struct pod_spec *spec = limits_apply(t->scratch, &t->ranges, view.spec);
	if (!counts_pod(t->quota, spec))
		return;
	int64_t times = pods_of(t->snapshot, o, spec);
	if (pods) {
		add_count(sum, times);
		return;
	}
	struct quantity each = limits_pod_amount(spec, limits, name);
	add_times(sum, &each, times);
}

static void add_claim(
	const struct tally *t, const struct claim_spec *spec, int64_t times, struct quantity *sum)
{
	const char *what = t->resource, *class = strstr(t->resource, class_suffix);
	const struct quantity *storage = quantity_map_get(&spec->resources.requests, "storage");

	if (class) {
		size_t len = (size_t)(class - t->resource);
		const char *mine = str_or_empty(spec->storage_class_name);

		if (strlen(mine) != len || strncmp(mine, t->resource, len) != 0)
			return;
		what = class + sizeof(class_suffix) - 1;
	}
	if (str_eq(what, "requests.storage") && storage)
		add_times(sum, storage, times);
	if (str_eq(what, "persistentvolumeclaims") || str_eq(what, "count/persistentvolumeclaims"))
		add_count(sum, times);
}

static void add_claims(const struct tally *t, const struct object *o, struct quantity *sum)
{
	if (o->kind->id == KIND_CLAIM)
		add_claim(t, &object_claim(o)->spec, 1, sum);
	if (o->kind->id != KIND_STATEFUL_SET)
		return;
	const struct stateful_set_spec *spec = &object_stateful_set(o)->spec;
	for (size_t i = 0; i < spec->volume_claim_templates.count; i++)
		add_claim(t, &spec->volume_claim_templates.items[i].spec, spec->replicas, sum);
}

static void add_service(const struct tally *t, const struct object *o, struct quantity *sum)
{
	const struct service_spec *spec = &object_service(o)->spec;
	bool balanced = str_eq(spec->type, "LoadBalancer");
	bool ports = str_eq(spec->type, "NodePort") ||
		     (balanced && !(spec->allocate_load_balancer_node_ports.set &&
					  !spec->allocate_load_balancer_node_ports.value));

	if (str_eq(t->resource, "services.loadbalancers") && balanced)
		add_count(sum, 1);
	if (str_eq(t->resource, "services.nodeports") && ports)
		add_count(sum, (int64_t)spec->ports.count);
}

static struct quantity usage_of(const struct tally *t, const struct object *o)
{
	struct quantity sum = { 0 };

	add_pods(t, o, &sum);
	if (has_scopes(t->quota))
		return sum;
	add_claims(t, o, &sum);
	if (o->kind->id == KIND_SERVICE)
		add_service(t, o, &sum);
	/* Pods and claims have been counted with those that others make. */
	if (o->kind->id != KIND_POD && o->kind->id != KIND_CLAIM && counts_kind(o->kind, t->resource))
		add_count(&sum, 1);
	return sum;
}

/* Can objects of K use any of the resource? Most kinds can't, and are passed over. */
static bool may_use(const struct tally *t, const struct kind *k)
{
	bool limits, pods = str_eq(t->resource, "pods") || str_eq(t->resource, "count/pods");

	if (pods || compute_resource(t->resource, &limits))
		return k->workload;
	if (strstr(t->resource, "persistentvolumeclaims") || str_ends(t->resource, "requests.storage"))
		return k->id == KIND_CLAIM || k->id == KIND_STATEFUL_SET;
	return counts_kind(k, t->resource) || (k->id == KIND_SERVICE && str_starts(t->resource, "services."));
}

/* --- one quota --------------------------------------------------------------------------------------------------- */

/* An object that uses some of it. */
struct user {
	const struct object *object;
	struct quantity usage, before; /* before: in force */
};
struct users {
	struct user *items;
	size_t count, cap;
};

static int compare_users(const void *a, const void *b)
{
	const struct object *x = ((const struct user *)a)->object, *y = ((const struct user *)b)->object;
	int order = str_cmp(x->path, y->path);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static struct quantity usage_before(
	const struct tally *t, const struct snapshot *in_force, const struct object *o)
{
	const struct object *then = in_force ? snapshot_find(in_force, o->kind->id, o->meta->namespace,
						       o->meta->name)
					     : NULL;

	return then ? usage_of(t, then) : (struct quantity){ 0 };
}

static void over(const struct object *quota, const struct tally *t, const struct user *u,
	const struct quantity *others, struct diags *diags)
{
	const struct object *o = u->object;
	struct quantity sum = *others;
	char hard[QUANTITY_TEXT_MAX], all[QUANTITY_TEXT_MAX], mine[QUANTITY_TEXT_MAX],
		rest[QUANTITY_TEXT_MAX];
	const struct diag at = {
		.severity = DIAG_ERROR,
		.path = str_or_empty(o->path),
		.line = o->line,
		.col = o->col,
		.object = object_key(diags->arena, o->kind, o->meta->namespace, o->meta->name),
	};

	quantity_add(&sum, &u->usage);
	diags_add(diags, &at,
		"exceeds ResourceQuota `%s`: %s would be %s of %s (%s for this one, %s for what was there "
		"before)",
		quota->meta->name, t->resource, quantity_format(&sum, all),
		quantity_format(quantity_map_get(&t->quota->hard, t->resource), hard),
		quantity_format(&u->usage, mine), quantity_format(others, rest));
}

/* Too much is used: who asks for more than before, and does not fit? */
static void find_offenders(const struct object *quota, const struct tally *t, const struct snapshot *in_force,
	struct users *users, struct diags *diags)
{
	const struct quantity *hard = quantity_map_get(&t->quota->hard, t->resource);
	struct quantity used = { 0 };

	for (size_t i = 0; i < users->count; i++) {
		struct user *u = &users->items[i];

		u->before = usage_before(t, in_force, u->object);
		quantity_add(&used, quantity_cmp(&u->usage, &u->before) > 0 ? &u->before : &u->usage);
	}
	qsort(users->items, users->count, sizeof(users->items[0]), compare_users);
	for (size_t i = 0; i < users->count; i++) {
		const struct user *u = &users->items[i];
		struct quantity others = used;

		if (quantity_cmp(&u->usage, &u->before) <= 0)
			continue;
		quantity_sub(&others, &u->before);
		used = others;
		quantity_add(&used, &u->usage);
		if (quantity_cmp(&used, hard) <= 0)
			continue;
		over(quota, t, u, &others, diags);
		return;
	}
}

/* What a container of LIST is called that does not say how much it needs, or NULL. */
static const char *silent_container(const struct containers *list, bool limits, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct resources *r = &list->items[i].resources;

		if (!quantity_map_get(limits ? &r->limits : &r->requests, name))
			return list->items[i].name;
	}
	return NULL;
}

static bool is_same(const struct snapshot *in_force, const struct object *o)
{
	const struct object *then = in_force ? snapshot_find(in_force, o->kind->id, o->meta->namespace,
						       o->meta->name)
					     : NULL;

	return then && memcmp(then->hash, o->hash, sizeof(o->hash)) == 0;
}

/* Where cpu or memory is counted, each container must say how much it needs; those in force are left alone. */
static void check_given(const struct object *quota, const struct tally *t, const struct snapshot *in_force,
	const struct object *o, struct diags *diags)
{
	const struct template_view view = object_template(o);
	bool limits;
	const char *name = compute_resource(t->resource, &limits);

	if (!view.spec || !name || (!str_eq(name, "cpu") && !str_eq(name, "memory")))
		return;
	const struct pod_spec *spec = limits_apply(t->scratch, &t->ranges, view.spec);
	const char *silent = silent_container(&spec->containers, limits, name);
	if (!silent)
		silent = silent_container(&spec->init_containers, limits, name);
	if (!silent || !counts_pod(t->quota, spec) || is_same(in_force, o))
		return;
	const struct diag at = {
		.severity = DIAG_ERROR,
		.path = str_or_empty(o->path),
		.line = o->line,
		.col = o->col,
		.object = object_key(diags->arena, o->kind, o->meta->namespace, o->meta->name),
		.field = arena_printf(
			diags->arena, "%s.containers[%s].resources", limits_spec_path(o), silent),
	};
	diags_add(diags, &at, "must have a %s of %s: ResourceQuota `%s` counts it",
		limits ? "limit" : "request", name, quota->meta->name);
}

/* Those who use some of it. */
static struct users users_of(const struct tally *t, const char *ns)
{
	struct users users = { 0 };

	for (int id = 0; id < KIND_COUNT; id++) {
		size_t count = 0;
		struct object **objects = NULL;

		if (kinds[id].namespaced && may_use(t, &kinds[id]))
			objects = snapshot_kind_in(t->snapshot, (enum kind_id)id, ns, &count);
		users.items = grow(users.items, &users.cap, users.count + count, sizeof(users.items[0]));
		for (size_t i = 0; i < count; i++) {
			const struct user u = { .object = objects[i], .usage = usage_of(t, objects[i]) };

			if (u.usage.set)
				users.items[users.count++] = u;
		}
	}
	return users;
}

static void check_resource(const struct object *quota, const struct tally *t, const struct snapshot *in_force,
	struct diags *diags)
{
	const struct quantity *hard = quantity_map_get(&t->quota->hard, t->resource);
	struct users users = users_of(t, quota->meta->namespace);
	struct quantity used = { 0 };

	for (size_t i = 0; i < users.count; i++)
		quantity_add(&used, &users.items[i].usage);
	if (quantity_cmp(&used, hard) > 0)
		find_offenders(quota, t, in_force, &users, diags);
	free(users.items);
}

/* Each workload's containers, where they must say what they need. */
static void check_workloads(const struct object *quota, const struct tally *t,
	const struct snapshot *in_force, struct diags *diags)
{
	for (int id = 0; id < KIND_COUNT; id++) {
		size_t count = 0;
		struct object **objects = NULL;

		if (kinds[id].workload)
			objects = snapshot_kind_in(
				t->snapshot, (enum kind_id)id, quota->meta->namespace, &count);
		for (size_t i = 0; i < count; i++)
			check_given(quota, t, in_force, objects[i], diags);
	}
}

void quota_check(const struct snapshot *now, const struct snapshot *in_force, const char *namespace,
	struct diags *diags)
{
	size_t count, ranges;
	struct object **quotas = snapshot_kind_in(now, KIND_RESOURCE_QUOTA, namespace, &count);
	struct object **limits = snapshot_kind_in(now, KIND_LIMIT_RANGE, namespace, &ranges);

	for (size_t i = 0; i < count; i++) {
		const struct resource_quota_spec *spec = &object_resource_quota(quotas[i])->spec;

		for (size_t k = 0; k < spec->hard.count; k++) {
			_cleanup_(arena_freep) struct arena *scratch = arena_new(0);
			const struct tally t = {
				.snapshot = now,
				.quota = spec,
				.resource = spec->hard.items[k].key,
				.ranges = { limits, ranges },
				.scratch = scratch,
			};

			check_workloads(quotas[i], &t, in_force, diags);
			check_resource(quotas[i], &t, in_force, diags);
		}
	}
}
