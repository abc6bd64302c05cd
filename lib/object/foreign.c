/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables follow Kubernetes' deprecation guide (Deprecated API Migration Guide). They are asked in this order: a
 * removed version of a kind, a kind under a wrong version, a kind to come, a kind that needs an API
 * server, a misspelt kind; what is left is somebody's custom kind.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/str.h"
#include "lib/object/foreign.h"
#include "lib/object/object.h"

static const char needs_selector[] =
	"spec.selector is required there and must match spec.template.metadata.labels";
static const char ingress_change[] =
	"each path needs a pathType, and a backend is service: {name: …, port: {number: …}}";
static const char same_fields[] = "the fields are the same";

/* Versions that Kubernetes has removed. USE NULL: the kind is gone altogether. */
static const struct {
	const char *api_version, *kind, *use, *change;
} removed[] = {
	{ "extensions/v1beta1", "Deployment", "apps/v1", needs_selector },
	{ "extensions/v1beta1", "DaemonSet", "apps/v1", needs_selector },
	{ "extensions/v1beta1", "ReplicaSet", "apps/v1", needs_selector },
	{ "extensions/v1beta1", "Ingress", "networking.k8s.io/v1", ingress_change },
	{ "extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1", same_fields },
	{ "extensions/v1beta1", "PodSecurityPolicy", NULL, "Pod Security Standards took its place" },
	{ "policy/v1beta1", "PodSecurityPolicy", NULL, "Pod Security Standards took its place" },
	{ "apps/v1beta1", "Deployment", "apps/v1", needs_selector },
	{ "apps/v1beta1", "StatefulSet", "apps/v1", needs_selector },
	{ "apps/v1beta1", "ControllerRevision", "apps/v1", same_fields },
	{ "apps/v1beta2", "Deployment", "apps/v1", needs_selector },
	{ "apps/v1beta2", "ReplicaSet", "apps/v1", needs_selector },
	{ "apps/v1beta2", "DaemonSet", "apps/v1", needs_selector },
	{ "apps/v1beta2", "StatefulSet", "apps/v1", needs_selector },
	{ "apps/v1beta2", "ControllerRevision", "apps/v1", same_fields },
	{ "batch/v2alpha1", "CronJob", "batch/v1", same_fields },
	{ "batch/v1beta1", "CronJob", "batch/v1", same_fields },
	{ "policy/v1beta1", "PodDisruptionBudget", "policy/v1", "an empty selector chooses all pods there" },
	{ "networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1", ingress_change },
	{ "networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1", same_fields },
	{ "autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2",
		"targets stand in target: {…}" },
	{ "autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2", same_fields },
	{ "discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1",
		"topology became nodeName and zone" },
	{ "storage.k8s.io/v1beta1", "StorageClass", "storage.k8s.io/v1", same_fields },
	{ "scheduling.k8s.io/v1alpha1", "PriorityClass", "scheduling.k8s.io/v1", same_fields },
	{ "scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1", same_fields },
	{ "node.k8s.io/v1alpha1", "RuntimeClass", "node.k8s.io/v1", "handler stands at the top there" },
	{ "node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1", same_fields },
	{ "coordination.k8s.io/v1beta1", "Lease", "coordination.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1alpha1", "Role", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1alpha1", "RoleBinding", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1alpha1", "ClusterRole", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding", "rbac.authorization.k8s.io/v1",
		same_fields },
	{ "rbac.authorization.k8s.io/v1beta1", "Role", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1beta1", "RoleBinding", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1beta1", "ClusterRole", "rbac.authorization.k8s.io/v1", same_fields },
	{ "rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", "rbac.authorization.k8s.io/v1",
		same_fields },
};

/* Kubernetes' own kinds that Pintle is to act on, and does not yet. */
static const struct {
	const char *api_version, *kind;
} to_come[] = {
	{ "v1", "PodTemplate" },
	{ "apps/v1", "ControllerRevision" },
	{ "autoscaling/v1", "HorizontalPodAutoscaler" },
	{ "autoscaling/v2", "HorizontalPodAutoscaler" },
	{ "kustomize.config.k8s.io/v1beta1", "Kustomization" },
	{ "kustomize.config.k8s.io/v1", "Kustomization" },
	{ "kustomize.config.k8s.io/v1alpha1", "Component" },
};

/* Groups whose kinds extend an API server, or are made by programs that write to one. */
static const char *const server_groups[] = { "apiextensions.k8s.io", "admissionregistration.k8s.io",
	"apiregistration.k8s.io", "storage.k8s.io", "certificates.k8s.io", "resource.k8s.io",
	"flowcontrol.apiserver.k8s.io", NULL };

static const char skip[] = "; `unknownKinds: Ignore` in the Cluster manifest skips such manifests";

static const char *find_removed(struct arena *a, const char *api_version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(removed); i++) {
		if (!str_eq(removed[i].api_version, api_version) || !str_eq(removed[i].kind, kind))
			continue;
		if (!removed[i].use)
			return arena_printf(a, "%s was removed from Kubernetes; %s", kind, removed[i].change);
		return arena_printf(a, "%s %s was removed from Kubernetes; write apiVersion: %s (%s)",
			api_version, kind, removed[i].use, removed[i].change);
	}
	return NULL;
}

static bool is_to_come(const char *api_version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(to_come); i++)
		if (str_eq(to_come[i].kind, kind) && str_eq(to_come[i].api_version, api_version))
			return true;
	return false;
}

/* The version that has KIND, spelt like this but for case; *RET_KIND is the right spelling. NULL = none. */
static const char *version_of(const char *kind, const char **ret_kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcasecmp(kinds[i].name, kind) == 0) {
			*ret_kind = kinds[i].name;
			return kinds[i].api_version;
		}
	for (size_t i = 0; i < ARRAY_LEN(to_come); i++)
		if (strcasecmp(to_come[i].kind, kind) == 0) {
			*ret_kind = to_come[i].kind;
			return to_come[i].api_version;
		}
	return NULL;
}

/* No dot in the group: one of Kubernetes' own, or a slip. */
static bool is_built_in(const char *api_version)
{
	const char *slash = strchr(api_version, '/');
	size_t len = slash ? (size_t)(slash - api_version) : 0;
	return !memchr(api_version, '.', len) || strstr(api_version, ".k8s.io/") ||
	       str_starts(api_version, "pintle.dev/");
}

static bool in_server_group(const char *api_version)
{
	for (size_t i = 0; server_groups[i]; i++) {
		const char *rest = str_after(api_version, server_groups[i]);
		if (rest && *rest == '/')
			return true;
	}
	return false;
}

/* A slip of the pen: the kind is known, in another version or spelling. */
static const char *find_slip(struct arena *a, const char *api_version, const char *kind)
{
	const char *right = NULL, *version = version_of(kind, &right);
	const char *names[KIND_COUNT + ARRAY_LEN(to_come) + 1] = { 0 };
	if (version && str_eq(right, kind))
		return arena_printf(
			a, "apiVersion %s has no kind %s; write apiVersion: %s", api_version, kind, version);
	if (version)
		return arena_printf(
			a, "there is no kind %s; write kind: %s (apiVersion: %s)", kind, right, version);
	for (size_t i = 0; i < KIND_COUNT; i++)
		names[i] = kinds[i].name;
	for (size_t i = 0; i < ARRAY_LEN(to_come); i++)
		names[KIND_COUNT + i] = to_come[i].kind;
	right = str_nearest(kind, names);
	return right ? arena_printf(a, "there is no kind %s; did you mean `%s`?", kind, right) : NULL;
}

struct foreign foreign_explain(struct arena *arena, const char *api_version, const char *kind)
{
	const char *message = find_removed(arena, api_version, kind);
	if (message)
		return (struct foreign){ message, false };
	if (is_to_come(api_version, kind))
		return (struct foreign){ arena_printf(arena,
						 "%s is not supported yet by this version of Pintle%s", kind,
						 skip),
			true };
	if (in_server_group(api_version) || str_eq(kind, "Binding") || str_eq(kind, "ComponentStatus"))
		return (struct foreign){
			arena_printf(arena,
				"%s needs an API server that can be written to, which Pintle has not%s", kind,
				skip),
			true
		};
	message = is_built_in(api_version) ? find_slip(arena, api_version, kind) : NULL;
	if (message)
		return (struct foreign){ message, false };
	return (struct foreign){ arena_printf(arena, "%s (%s) is a custom kind, which Pintle does not know%s",
					 kind, api_version, skip),
		true };
}
