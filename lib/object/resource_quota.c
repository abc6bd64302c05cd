/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of ResourceQuota: names of resources, and which scopes count which (core/v1 validation ValidateResourceQuotaSpec). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const char *const scopes[] = { "Terminating", "NotTerminating", "BestEffort", "NotBestEffort",
	"PriorityClass", "CrossNamespacePodAffinity", NULL };
static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist", NULL };

/* What pods use: the scopes say which pods. */
static const char *const compute[] = { "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu",
	"limits.memory", NULL };
static const char *const other[] = { "ephemeral-storage", "requests.storage", "requests.ephemeral-storage",
	"limits.ephemeral-storage", NULL };
/* Numbers of objects. */
static const char *const counts[] = { "pods", "resourcequotas", "services", "replicationcontrollers",
	"secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
	NULL };

static bool listed(const char *const *words, const char *s)
{
	for (; *words; words++)
		if (str_eq(*words, s))
			return true;
	return false;
}

static const char *nearest(const char *s)
{
	const char *const *const lists[] = { compute, other, counts };
	const char *names[ARRAY_LEN(compute) + ARRAY_LEN(other) + ARRAY_LEN(counts)] = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (const char *const *p = lists[i]; *p; p++)
			names[count++] = *p;
	return str_nearest(s, names);
}

static const char *rule_quota_name(struct arena *arena, const char *s)
{
	if (strchr(s, '/'))
		return rule_label_key(arena, s);
	if (listed(compute, s) || listed(other, s) || listed(counts, s) || str_starts(s, "hugepages-") ||
		str_starts(s, "requests.hugepages-"))
		return NULL;
	const char *near = nearest(s);
	return arena_printf(arena,
		"`%s` is nothing that a quota counts: cpu, memory, requests.cpu, limits.memory, pods, "
		"services, "
		"count/deployments.apps and such%s%s%s",
		s, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* --- scopes ------------------------------------------------------------------------------------------ */

static bool is_standard(const char *resource)
{
	return listed(compute, resource) || listed(other, resource) || listed(counts, resource);
}

/* BestEffort pods ask for nothing that could be added up. */
static bool scope_counts(const char *scope, const char *resource)
{
	bool pods = str_eq(resource, "pods");
	return str_eq(scope, "BestEffort") ? pods : pods || listed(compute, resource);
}

static void check_scope(struct decode *d, const struct value *v, const char *path, const char *scope,
	const struct quantity_map *hard)
{
	for (size_t i = 0; i < hard->count; i++) {
		const char *resource = hard->items[i].key;
		if (is_standard(resource) && !scope_counts(scope, resource))
			check_error(d, v, path, "%s can't be counted with %s: it counts %s", resource, scope,
				str_eq(scope, "BestEffort") ? "pods only" : "pods, cpu and memory only");
	}
}

static void check_pair(struct decode *d, const struct value *v, const char *path, const struct strings *names,
	const char *a, const char *b)
{
	if (strings_contain(names, a) && strings_contain(names, b))
		check_error(d, v, path, "%s and %s leave no pod to count", a, b);
}

static void check_pairs(
	struct decode *d, const struct value *v, const char *path, const struct strings *names)
{
	check_pair(d, v, path, names, "BestEffort", "NotBestEffort");
	check_pair(d, v, path, names, "Terminating", "NotTerminating");
}

static const struct field requirement_fields[] = {
	{ .name = "scopeName",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct scope_requirement, scope_name),
		.values = scopes,
		.doc = "The scope." },
	{ .name = "operator",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct scope_requirement, op),
		.values = operators,
		.doc = "How the scope relates to values; Exists for all scopes but PriorityClass." },
	{ .name = "values",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct scope_requirement, values),
		.doc = "Names of priority classes: for In and NotIn at least one, for the others none." },
};

static void requirement_check(struct decode *d, const void *object, const struct value *v)
{
	const struct scope_requirement *r = object;
	bool wants = str_eq(r->op, "In") || str_eq(r->op, "NotIn");
	if (!str_eq(r->scope_name, "PriorityClass") && !str_eq(r->op, "Exists"))
		check_error(d, v, "operator", "must be Exists for the scope %s", r->scope_name);
	else if (wants && r->values.count == 0)
		check_error(d, v, "values", "%s needs at least one value", r->op);
	if (!wants && r->values.count > 0)
		check_error(d, v, "values", "%s takes no values", r->op);
}

static const struct schema schema_requirement = {
	.name = "ScopedResourceSelectorRequirement",
	FIELDS(requirement_fields),
	.size = sizeof(struct scope_requirement),
	.check = requirement_check,
	.doc = "One requirement on the pods that are counted.",
};

static const struct field selector_fields[] = {
	{ .name = "matchExpressions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct scope_selector, match_expressions),
		.of = &schema_requirement,
		.doc = "Requirements; all of them must hold." },
};

static const struct schema schema_scope_selector = {
	.name = "ScopeSelector",
	FIELDS(selector_fields),
	.size = sizeof(struct scope_selector),
	.doc = "Chooses the pods that are counted.",
};

/* --- spec -------------------------------------------------------------------------------------------- */

static const struct field spec_fields[] = {
	{ .name = "hard",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct resource_quota_spec, hard),
		.rule = rule_quota_name,
		.doc = "How much of each there may be in the namespace: requests.cpu, limits.memory, pods, "
		       "count/deployments.apps …" },
	{ .name = "scopes",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct resource_quota_spec, scopes),
		.values = scopes,
		.doc = "Which pods are counted; all of the scopes must hold." },
	{ .name = "scopeSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct resource_quota_spec, scope_selector),
		.of = &schema_scope_selector,
		.doc = "The same with operators, such as priority classes by name." },
};

/* Objects, and resources that only whole units of can be used. */
static bool is_whole(const char *resource)
{
	return listed(counts, resource) || (strchr(resource, '/') && !strstr(resource, "kubernetes.io/"));
}

static void check_hard(struct decode *d, const struct resource_quota_spec *s, const struct value *v)
{
	for (size_t i = 0; i < s->hard.count; i++) {
		const struct quantity_pair *q = &s->hard.items[i];
		const struct value *at = value_get(value_get(v, "hard"), q->key);
		const char *path = check_key(d, "hard", q->key);
		if (q->value.nano < 0)
			decode_error(d, at, path, "must not be negative");
		else if (is_whole(q->key) && q->value.nano % 1000000000 != 0)
			decode_error(d, at, path, "must be a whole number");
	}
}

static void check_selector(struct decode *d, const struct resource_quota_spec *s, const struct value *v)
{
	size_t count = s->scope_selector ? s->scope_selector->match_expressions.count : 0;
	const struct strings names = { .items = arena_array(d->arena, count + 1, sizeof(const char *)),
		.count = count };
	for (size_t i = 0; i < count; i++) {
		names.items[i] = s->scope_selector->match_expressions.items[i].scope_name;
		check_scope(d, v, check_path(d, "scopeSelector.matchExpressions[%zu].scopeName", i),
			names.items[i], &s->hard);
	}
	check_pairs(d, v, "scopeSelector.matchExpressions", &names);
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct resource_quota_spec *s = object;
	check_hard(d, s, v);
	for (size_t i = 0; i < s->scopes.count; i++)
		check_scope(d, v, check_path(d, "scopes[%zu]", i), s->scopes.items[i], &s->hard);
	check_pairs(d, v, "scopes", &s->scopes);
	check_selector(d, s, v);
}

static const struct schema schema_spec = {
	.name = "ResourceQuotaSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct resource_quota_spec),
	.check = spec_check,
	.doc = "What is counted, and how much of it there may be.",
};

static const struct field status_fields[] = {
	{ .name = "hard",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct resource_quota_status, hard),
		.doc = "How much there may be." },
	{ .name = "used",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct resource_quota_status, used),
		.doc = "How much there is." },
};

static const struct schema schema_status = {
	.name = "ResourceQuotaStatus",
	FIELDS(status_fields),
	.size = sizeof(struct resource_quota_status),
	.doc = "How much of the quota is used.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ResourceQuota." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct resource_quota, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct resource_quota, spec),
		.of = &schema_spec,
		.doc = "What is counted, and how much of it there may be." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct resource_quota, status),
		.of = &schema_status,
		.doc = "How much of it is used." },
};

const struct schema schema_resource_quota = {
	.name = "ResourceQuota",
	FIELDS(fields),
	.size = sizeof(struct resource_quota),
	.doc = "How much a namespace may have.",
};
