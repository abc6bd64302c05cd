/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables follow Kubernetes' deprecation guide (Deprecated API Migration Guide). They are asked in this order: a
 * removed version of a kind, a kind that nobody writes, a kind that needs an API server, a kind under a
 * wrong version or misspelt; what is left is somebody's custom kind.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
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

/* Kinds that nobody needs to write. */
static const struct {
	const char *api_version, *kind, *why;
} needless[] = {
	{ "v1", "PodTemplate",
		"has no effect, and had none in Kubernetes; write the template in a Deployment" },
	{ "apps/v1", "ControllerRevision",
		"is written by DaemonSets and StatefulSets themselves; leave it out" },
	{ "events.k8s.io/v1", "Event", "is written by Pintle itself, not in manifests" },
	{ "v1", "Binding", "is a request to an API server, not an object to keep; leave it out" },
	{ "policy/v1", "Eviction", "is a request to an API server, not an object to keep; leave it out" },
	{ "autoscaling/v1", "Scale", "is a request to an API server, not an object to keep; leave it out" },
	{ "v1", "ComponentStatus", "is kept by an API server; leave it out" },
	{ "networking.k8s.io/v1", "IPAddress", "is kept by an API server; leave it out" },
	{ "networking.k8s.io/v1", "ServiceCIDR",
		"is kept by an API server; set serviceCIDR in the Cluster manifest" },
};

/* Groups whose kinds extend an API server, or are made by programs that write to one. */
static const char *const server_groups[] = { "apiextensions.k8s.io", "admissionregistration.k8s.io",
	"apiregistration.k8s.io", "storage.k8s.io", "certificates.k8s.io", "resource.k8s.io",
	"flowcontrol.apiserver.k8s.io", "authentication.k8s.io", "authorization.k8s.io", NULL };

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

static const char *find_needless(struct arena *a, const char *api_version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(needless); i++)
		if (str_eq(needless[i].kind, kind) && str_eq(needless[i].api_version, api_version))
			return arena_printf(a, "%s %s", kind, needless[i].why);
	return NULL;
}

/* The version that has KIND, spelt like this but for case; *RET_KIND is the right spelling. NULL = none. */
static const char *version_of(const char *kind, const char **ret_kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcasecmp(kinds[i].name, kind) == 0) {
			*ret_kind = kinds[i].name;
			return kinds[i].api_version;
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
	const char *names[KIND_COUNT + 1] = { 0 };
	if (version && str_eq(right, kind))
		return arena_printf(
			a, "apiVersion %s has no kind %s; write apiVersion: %s", api_version, kind, version);
	if (version)
		return arena_printf(
			a, "there is no kind %s; write kind: %s (apiVersion: %s)", kind, right, version);
	for (size_t i = 0; i < KIND_COUNT; i++)
		names[i] = kinds[i].name;
	right = str_nearest(kind, names);
	if (right)
		return arena_printf(a, "there is no kind %s; did you mean `%s`?", kind, right);
	return strchr(api_version, '.') ? NULL
					: arena_printf(a, "apiVersion %s has no kind %s", api_version, kind);
}

/* --- skipping ----------------------------------------------------------------------------------------- */

/* "example.com" of "example.com/v1"; "" for the core group. */
static const char *group_of(struct arena *a, const char *api_version)
{
	const char *slash = strchr(api_version, '/');
	return slash ? arena_strndup(a, api_version, (size_t)(slash - api_version)) : "";
}

const char *foreign_skipped_by(
	struct arena *arena, const char *api_version, const struct strings *unknown_kinds)
{
	const char *group = group_of(arena, api_version);
	for (size_t i = 0; unknown_kinds && i < unknown_kinds->count; i++) {
		const char *word = unknown_kinds->items[i];
		if (str_eq(word, "Ignore"))
			return "Ignore";
		if (*group && str_eq(word, group))
			return group;
	}
	return NULL;
}

/* The list that skips GROUP and what is skipped already: "[example.com, example.org]". */
static const char *list_with(struct arena *a, const char *group, const struct strings *unknown_kinds)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	buf_addc(&out, '[');
	for (size_t i = 0; unknown_kinds && i < unknown_kinds->count; i++)
		if (!str_eq(unknown_kinds->items[i], "Refuse"))
			buf_addf(&out, "%s, ", unknown_kinds->items[i]);
	buf_addf(&out, "%s]", group);
	return arena_strndup(a, out.data, out.len);
}

/* What to write so that kinds of API_VERSION are skipped. */
static const char *skip(struct arena *a, const char *api_version, const struct strings *unknown_kinds)
{
	const char *group = group_of(a, api_version);
	if (!*group)
		return "; to skip it, write `unknownKinds: Ignore` below spec of the Cluster manifest "
		       "(apiVersion: pintle.dev/v1, kind: Cluster, metadata: {name: cluster})";
	return arena_printf(a,
		"; to skip all kinds of its group, write `unknownKinds: %s` below spec of the Cluster "
		"manifest "
		"(apiVersion: pintle.dev/v1, kind: Cluster, metadata: {name: cluster}), or `unknownKinds: "
		"Ignore` "
		"for all groups",
		list_with(a, group, unknown_kinds));
}

bool foreign_is_needless(const char *api_version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(needless); i++)
		if (str_eq(needless[i].kind, kind) && str_eq(needless[i].api_version, api_version))
			return true;
	return false;
}

struct foreign foreign_explain(
	struct arena *arena, const char *api_version, const char *kind, const struct strings *unknown_kinds)
{
	const char *how = skip(arena, api_version, unknown_kinds);
	const char *message = find_removed(arena, api_version, kind);
	if (message)
		return (struct foreign){ message, false };
	message = find_needless(arena, api_version, kind);
	if (message)
		return (struct foreign){ message, true };
	if (str_starts(api_version, "kustomize.config.k8s.io/"))
		return (struct foreign){ arena_printf(arena,
						 "a %s says how a directory is built: its file must be named "
						 "kustomization.yaml, and the directory be loaded as a whole",
						 kind),
			false };
	if (in_server_group(api_version))
		return (struct foreign){
			arena_printf(arena,
				"%s needs an API server that can be written to, which Pintle has not%s", kind,
				how),
			true
		};
	message = is_built_in(api_version) ? find_slip(arena, api_version, kind) : NULL;
	if (message)
		return (struct foreign){ message, false };
	return (struct foreign){ arena_printf(arena, "%s (%s) is a custom kind, which Pintle does not know%s",
					 kind, api_version, how),
		true };
}
