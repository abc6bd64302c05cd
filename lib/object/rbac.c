/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of RBAC's four kinds and their rules (rbac validation.go). */
#include "lib/object/rbac.h"

#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char group[] = "rbac.authorization.k8s.io";
static const char *const groups[] = { group, NULL };
static const char *const subject_kinds[] = { "User", "Group", "ServiceAccount", NULL };
static const char *const role_kinds[] = { "Role", "ClusterRole", NULL };
static const char *const cluster_role_kinds[] = { "ClusterRole", NULL };

/* --- rules ---------------------------------------------------------------------------------------- */

static const struct field rule_fields[] = {
	{ .name = "verbs",
		.kind = FIELD_STRINGS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct policy_rule, verbs),
		.doc = "What may be done: get, list, watch and others; * for everything." },
	{ .name = "apiGroups",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct policy_rule, api_groups),
		.doc = "The groups of the resources: \"\" for the core group, * for all." },
	{ .name = "resources",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct policy_rule, resources),
		.doc = "Kinds in the plural, pods, and parts of them, pods/log; * for all." },
	{ .name = "resourceNames",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct policy_rule, resource_names),
		.doc = "Names of the objects; all where none is given." },
	{ .name = "nonResourceURLs",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct policy_rule, non_resource_urls),
		.doc = "URLs of the API beside its resources, such as /metrics; in a ClusterRole only." },
};

static void rule_check(struct decode *d, const void *object, const struct value *v)
{
	const struct policy_rule *r = object;
	if (r->non_resource_urls.count > 0) {
		if (r->api_groups.count + r->resources.count + r->resource_names.count > 0)
			check_error(d, v, "nonResourceURLs", "can't stand beside resources: make two rules");
		return;
	}
	if (r->api_groups.count == 0)
		check_error(d, v, "apiGroups", "is required: [\"\"] for the core group");
	if (r->resources.count == 0)
		check_error(d, v, "resources", "is required");
	if (r->resource_names.count > 0 && r->resources.count > 1)
		check_error(d, v, "resourceNames", "needs a rule with one resource only");
}

static const struct schema schema_policy_rule = {
	.name = "PolicyRule",
	FIELDS(rule_fields),
	.size = sizeof(struct policy_rule),
	.check = rule_check,
	.doc = "What may be done with what.",
};

/* --- roles ---------------------------------------------------------------------------------------- */

static const struct field role_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "rbac.authorization.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Role." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "rules",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct role, rules),
		.of = &schema_policy_rule,
		.doc = "What may be done." },
};

static void role_check(struct decode *d, const void *object, const struct value *v)
{
	const struct role *r = object;
	for (size_t i = 0; i < r->rules.count; i++)
		if (r->rules.items[i].non_resource_urls.count > 0)
			check_error(d, v, check_path(d, "rules[%zu].nonResourceURLs", i),
				"needs a ClusterRole: URLs are in no namespace");
}

const struct schema schema_role = {
	.name = "Role",
	FIELDS(role_fields),
	.size = sizeof(struct role),
	.check = role_check,
	.doc = "What may be done in one namespace.",
};

static const struct field aggregation_fields[] = {
	{ .name = "clusterRoleSelectors",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct aggregation_rule, cluster_role_selectors),
		.of = &schema_label_selector,
		.doc = "The ClusterRoles whose rules it has." },
};
static const struct schema schema_aggregation_rule = {
	.name = "AggregationRule",
	FIELDS(aggregation_fields),
	.size = sizeof(struct aggregation_rule),
	.doc = "Rules that are taken from other ClusterRoles.",
};

static const struct field cluster_role_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "rbac.authorization.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ClusterRole." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct cluster_role, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "rules",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct cluster_role, rules),
		.of = &schema_policy_rule,
		.doc = "What may be done." },
	{ .name = "aggregationRule",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct cluster_role, aggregation_rule),
		.of = &schema_aggregation_rule,
		.doc = "The ClusterRoles whose rules it has; its own are overwritten." },
};

const struct schema schema_cluster_role = {
	.name = "ClusterRole",
	FIELDS(cluster_role_fields),
	.size = sizeof(struct cluster_role),
	.doc = "What may be done, in all namespaces or where a RoleBinding says.",
};

/* --- bindings ------------------------------------------------------------------------------------- */

static const struct field subject_fields[] = {
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct subject, kind),
		.values = subject_kinds,
		.doc = "User, Group or ServiceAccount." },
	{ .name = "apiGroup",
		.kind = FIELD_STRING,
		.offset = offsetof(struct subject, api_group),
		.doc = "rbac.authorization.k8s.io for users and groups, empty for ServiceAccounts." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct subject, name),
		.doc = "The name." },
	{ .name = "namespace",
		.kind = FIELD_STRING,
		.offset = offsetof(struct subject, namespace),
		.doc = "The ServiceAccount's namespace; the binding's own where not given." },
};

static void subject_defaults(struct arena *arena, void *object)
{
	struct subject *s = object;
	(void)arena;
	if (str_empty(s->api_group))
		s->api_group = str_eq(s->kind, "ServiceAccount") ? NULL : group;
}

static void subject_check(struct decode *d, const void *object, const struct value *v)
{
	const struct subject *s = object;
	bool account = str_eq(s->kind, "ServiceAccount");
	const char *wrong = account ? rule_dns_subdomain(d->arena, s->name) : NULL;
	if (wrong)
		check_error(d, v, "name", "%s", wrong);
	if (account && s->api_group)
		check_error(d, v, "apiGroup", "`%s` must be empty for a ServiceAccount", s->api_group);
	if (!account && !str_eq(s->api_group, group))
		check_error(d, v, "apiGroup", "`%s` must be %s for a %s", s->api_group, group, s->kind);
	if (!account && !str_empty(s->namespace))
		check_warning(d, v, "namespace", "has no effect: a %s is in no namespace", s->kind);
}

static const struct schema schema_subject = {
	.name = "Subject",
	FIELDS(subject_fields),
	.size = sizeof(struct subject),
	.defaults = subject_defaults,
	.check = subject_check,
	.doc = "Somebody who may do something.",
};

static const struct field role_ref_fields[] = {
	{ .name = "apiGroup",
		.kind = FIELD_STRING,
		.offset = offsetof(struct role_ref, api_group),
		.values = groups,
		.value_default = "rbac.authorization.k8s.io",
		.doc = "rbac.authorization.k8s.io." },
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_ref, kind),
		.values = role_kinds,
		.doc = "Role or ClusterRole." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct role_ref, name),
		.rule = rule_path_segment,
		.doc = "The role's name." },
};
static const struct schema schema_role_ref = {
	.name = "RoleRef",
	FIELDS(role_ref_fields),
	.size = sizeof(struct role_ref),
	.doc = "A role.",
};

static const struct field cluster_role_ref_fields[] = {
	{ .name = "apiGroup",
		.kind = FIELD_STRING,
		.offset = offsetof(struct role_ref, api_group),
		.values = groups,
		.value_default = "rbac.authorization.k8s.io",
		.doc = "rbac.authorization.k8s.io." },
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_ref, kind),
		.values = cluster_role_kinds,
		.doc = "ClusterRole." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct role_ref, name),
		.rule = rule_path_segment,
		.doc = "The role's name." },
};
static const struct schema schema_cluster_role_ref = {
	.name = "ClusterRoleRef",
	FIELDS(cluster_role_ref_fields),
	.size = sizeof(struct role_ref),
	.doc = "A role.",
};

static const struct field role_binding_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "rbac.authorization.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "RoleBinding." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_binding, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "subjects",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct role_binding, subjects),
		.of = &schema_subject,
		.refers = REFERS_KIND,
		.doc = "Who may do what the role says, in the binding's namespace." },
	{ .name = "roleRef",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_binding, role_ref),
		.of = &schema_role_ref,
		.refers = REFERS_KIND,
		.doc = "The role." },
};

const struct schema schema_role_binding = {
	.name = "RoleBinding",
	FIELDS(role_binding_fields),
	.size = sizeof(struct role_binding),
	.doc = "Who may do, in one namespace, what a role says.",
};

static const struct field cluster_role_binding_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "rbac.authorization.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ClusterRoleBinding." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_binding, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "subjects",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct role_binding, subjects),
		.of = &schema_subject,
		.refers = REFERS_KIND,
		.doc = "Who may do what the role says, in all namespaces." },
	{ .name = "roleRef",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct role_binding, role_ref),
		.of = &schema_cluster_role_ref,
		.refers = REFERS_KIND,
		.doc = "The role." },
};

static void cluster_role_binding_check(struct decode *d, const void *object, const struct value *v)
{
	const struct role_binding *b = object;
	for (size_t i = 0; i < b->subjects.count; i++) {
		const struct subject *s = &b->subjects.items[i];
		if (str_eq(s->kind, "ServiceAccount") && str_empty(s->namespace))
			check_error(d, v, check_path(d, "subjects[%zu].namespace", i),
				"is required: the binding is in none");
	}
}

const struct schema schema_cluster_role_binding = {
	.name = "ClusterRoleBinding",
	FIELDS(cluster_role_binding_fields),
	.size = sizeof(struct role_binding),
	.check = cluster_role_binding_check,
	.doc = "Who may do, in all namespaces, what a role says.",
};
