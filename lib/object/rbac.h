/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* rbac.authorization.k8s.io/v1: who may do what. */
#pragma once

#include "lib/object/meta.h"

/* Verbs on resources, or (in a ClusterRole only) on URLs of the API. */
struct policy_rule {
	struct strings verbs, api_groups, resources, resource_names, non_resource_urls;
};
struct policy_rules {
	struct policy_rule *items;
	size_t count;
};
struct role {
	struct object_meta meta;
	struct policy_rules rules;
};
/* Takes the rules of all ClusterRoles that one of the selectors chooses. */
struct aggregation_rule {
	struct {
		struct label_selector *items;
		size_t count;
	} cluster_role_selectors;
};
struct cluster_role {
	struct object_meta meta;
	struct policy_rules rules;
	struct aggregation_rule *aggregation_rule;
};

struct subject {
	const char *kind;      /* User, Group, ServiceAccount */
	const char *api_group; /* by default rbac.authorization.k8s.io, and none for a ServiceAccount */
	const char *name;
	const char *namespace; /* of a ServiceAccount; the binding's where not given */
};
struct role_ref {
	const char *api_group, *kind, *name;
};
/* A RoleBinding or ClusterRoleBinding. */
struct role_binding {
	struct object_meta meta;
	struct {
		struct subject *items;
		size_t count;
	} subjects;
	struct role_ref role_ref;
};

extern const struct schema schema_role, schema_cluster_role, schema_role_binding, schema_cluster_role_binding;
