/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Roles and bindings: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "role",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: Role\n"
		"metadata: {name: x}\n"
		"rules:\n"
		"- {apiGroups: [\"\"], resources: [pods, pods/log], verbs: [get, list]}\n"
		"- {apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [\"*\"]}\n",
		"a.yaml:2:7: warning: Role/default/x: the Role is recorded, but nobody's rights depend on it "
		"yet\n" },
	{ "names",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRole\n"
		"metadata: {name: \"system:node:a\"}\n",
		"a.yaml:2:7: warning: ClusterRole/system:node:a: the ClusterRole is recorded, but nobody's "
		"rights depend on it yet\n" },
	{ "bad names",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRole\n"
		"metadata: {name: a/b}\n",
		"a.yaml:2:7: warning: ClusterRole/a/b: the ClusterRole is recorded, but nobody's rights "
		"depend on it yet\n"
		"a.yaml:3:18: error: ClusterRole/a/b: metadata.name: `a/b` must not contain \"/\", \"%\" or "
		"white space\n" },
	{ "rules",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: Role\n"
		"metadata: {name: x}\n"
		"rules:\n"
		"- {apiGroups: [\"\"], resources: [pods]}\n"
		"- {verbs: [get]}\n"
		"- {apiGroups: [\"\"], resources: [pods, secrets], resourceNames: [a], verbs: [get]}\n"
		"- {nonResourceURLs: [/metrics], resources: [pods], verbs: [get]}\n"
		"- {verbs: []}\n",
		"a.yaml:2:7: warning: Role/default/x: the Role is recorded, but nobody's rights depend on it "
		"yet\n"
		"a.yaml:5:3: error: Role/default/x: rules[0].verbs: is required\n"
		"a.yaml:6:3: error: Role/default/x: rules[1].resources: is required\n"
		"a.yaml:6:3: error: Role/default/x: rules[1].apiGroups: is required: [\"\"] for the core "
		"group\n"
		"a.yaml:7:64: error: Role/default/x: rules[2].resourceNames: needs a rule with one resource "
		"only\n"
		"a.yaml:8:21: error: Role/default/x: rules[3].nonResourceURLs: can't stand beside resources: "
		"make two rules\n"
		"a.yaml:9:11: error: Role/default/x: rules[4].verbs: must not be empty\n" },
	{ "URLs of a role",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: Role\n"
		"metadata: {name: x}\n"
		"rules: [{nonResourceURLs: [/metrics], verbs: [get]}]\n",
		"a.yaml:2:7: warning: Role/default/x: the Role is recorded, but nobody's rights depend on it "
		"yet\n"
		"a.yaml:4:27: error: Role/default/x: rules[0].nonResourceURLs: needs a ClusterRole: URLs are "
		"in no namespace\n" },
	{ "cluster role",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRole\n"
		"metadata: {name: x}\n"
		"rules: [{nonResourceURLs: [/metrics], verbs: [get]}]\n"
		"aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n",
		"a.yaml:2:7: warning: ClusterRole/x: the ClusterRole is recorded, but nobody's rights depend "
		"on it yet\n" },
	{ "nothing to take",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRole\n"
		"metadata: {name: x}\n"
		"aggregationRule: {clusterRoleSelectors: []}\n",
		"a.yaml:2:7: warning: ClusterRole/x: the ClusterRole is recorded, but nobody's rights depend "
		"on it yet\n"
		"a.yaml:4:41: error: ClusterRole/x: aggregationRule.clusterRoleSelectors: must not be "
		"empty\n" },
	{ "binding",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: Role, name: r}\n"
		"subjects:\n"
		"- {kind: User, name: \"jane@example.com\"}\n"
		"- {kind: Group, name: \"system:masters\", apiGroup: rbac.authorization.k8s.io}\n"
		"- {kind: ServiceAccount, name: default}\n"
		"- {kind: ServiceAccount, name: default, namespace: other, apiGroup: \"\"}\n",
		"a.yaml:2:7: warning: RoleBinding/default/x: the RoleBinding is recorded, but nobody's "
		"rights depend on it yet\n" },
	{ "no role",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: x}\n"
		"subjects: []\n",
		"a.yaml:1:1: error: RoleBinding/default/x: roleRef: is required\n"
		"a.yaml:2:7: warning: RoleBinding/default/x: the RoleBinding is recorded, but nobody's "
		"rights depend on it yet\n" },
	{ "subjects",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: Role, name: r}\n"
		"subjects:\n"
		"- {kind: user, name: a}\n"
		"- {kind: User, name: \"\"}\n"
		"- {kind: User, name: a, apiGroup: v1, namespace: prod}\n"
		"- {kind: ServiceAccount, name: A}\n"
		"- {kind: ServiceAccount, name: a, apiGroup: rbac.authorization.k8s.io}\n",
		"a.yaml:2:7: warning: RoleBinding/default/x: the RoleBinding is recorded, but nobody's "
		"rights depend on it yet\n"
		"a.yaml:6:10: error: RoleBinding/default/x: subjects[0].kind: `user` is not allowed, did you "
		"mean `User`? (allowed: User, Group, ServiceAccount)\n"
		"a.yaml:7:22: error: RoleBinding/default/x: subjects[1].name: must not be empty\n"
		"a.yaml:8:35: error: RoleBinding/default/x: subjects[2].apiGroup: `v1` must be "
		"rbac.authorization.k8s.io for a User\n"
		"a.yaml:8:50: warning: RoleBinding/default/x: subjects[2].namespace: has no effect: a User "
		"is in no namespace\n"
		"a.yaml:9:32: error: RoleBinding/default/x: subjects[3].name: `A` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n"
		"a.yaml:10:45: error: RoleBinding/default/x: subjects[4].apiGroup: "
		"`rbac.authorization.k8s.io` must be empty for a ServiceAccount\n" },
	{ "references",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: role, name: a/b, apiGroup: v1}\n",
		"a.yaml:2:7: warning: RoleBinding/default/x: the RoleBinding is recorded, but nobody's "
		"rights depend on it yet\n"
		"a.yaml:4:17: error: RoleBinding/default/x: roleRef.kind: `role` is not allowed, did you "
		"mean `Role`? (allowed: Role, ClusterRole)\n"
		"a.yaml:4:29: error: RoleBinding/default/x: roleRef.name: `a/b` must not contain \"/\", "
		"\"%\" or white space\n"
		"a.yaml:4:44: error: RoleBinding/default/x: roleRef.apiGroup: `v1` is not allowed (allowed: "
		"rbac.authorization.k8s.io)\n" },
	{ "cluster binding",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: Role, name: r}\n"
		"subjects: [{kind: ServiceAccount, name: a}]\n",
		"a.yaml:2:7: warning: ClusterRoleBinding/x: the ClusterRoleBinding is recorded, but nobody's "
		"rights depend on it yet\n"
		"a.yaml:4:17: error: ClusterRoleBinding/x: roleRef.kind: `Role` is not allowed (allowed: "
		"ClusterRole)\n" },
	{ "cluster binding's subjects",
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: ClusterRoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: ClusterRole, name: r}\n"
		"subjects: [{kind: ServiceAccount, name: a}, {kind: ServiceAccount, name: a, namespace: "
		"b}]\n",
		"a.yaml:2:7: warning: ClusterRoleBinding/x: the ClusterRoleBinding is recorded, but nobody's "
		"rights depend on it yet\n"
		"a.yaml:5:12: error: ClusterRoleBinding/x: subjects[0].namespace: is required: the binding "
		"is in none\n" },
	{ "removed version",
		"apiVersion: rbac.authorization.k8s.io/v1beta1\n"
		"kind: Role\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Role/x: rbac.authorization.k8s.io/v1beta1 Role was removed from "
		"Kubernetes; write apiVersion: rbac.authorization.k8s.io/v1 (the fields are the same)\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static void test_defaults(void **state)
{
	(void)state;
	struct object *o = load_one(
		"apiVersion: rbac.authorization.k8s.io/v1\n"
		"kind: RoleBinding\n"
		"metadata: {name: x}\n"
		"roleRef: {kind: Role, name: r}\n"
		"subjects: [{kind: User, name: a}, {kind: ServiceAccount, name: b, apiGroup: \"\"}]\n");
	const struct role_binding *b = object_role_binding(o);
	assert_string_equal(b->role_ref.api_group, "rbac.authorization.k8s.io");
	assert_string_equal(b->subjects.items[0].api_group, "rbac.authorization.k8s.io");
	assert_null(b->subjects.items[1].api_group);
	object_unref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
