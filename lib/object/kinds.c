/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of kinds, and finding one by what a manifest or a person calls it. */
#include <string.h>
#include <strings.h>

#include "lib/base/str.h"
#include "lib/object/object.h"

static const char *const no_short[] = { NULL };
static const char *const short_ns[] = { "ns", NULL };
static const char *const short_no[] = { "no", NULL };
static const char *const short_cm[] = { "cm", NULL };
static const char *const short_svc[] = { "svc", NULL };
static const char *const short_pv[] = { "pv", NULL };
static const char *const short_sc[] = { "sc", NULL };
static const char *const short_pvc[] = { "pvc", NULL };
static const char *const short_po[] = { "po", NULL };
static const char *const short_rs[] = { "rs", NULL };
static const char *const short_deploy[] = { "deploy", NULL };
static const char *const short_sa[] = { "sa", NULL };
static const char *const short_quota[] = { "quota", NULL };
static const char *const short_limits[] = { "limits", NULL };
static const char *const short_pdb[] = { "pdb", NULL };
static const char *const short_pc[] = { "pc", NULL };
static const char *const short_ds[] = { "ds", NULL };
static const char *const short_sts[] = { "sts", NULL };
static const char *const short_rc[] = { "rc", NULL };
static const char *const short_ev[] = { "ev", NULL };

static const char *rule_cluster_name(struct arena *arena, const char *s)
{
	return str_eq(s, "cluster") ? NULL
				    : arena_printf(arena, "`%s` must be `cluster`: there is only one", s);
}

const struct kind kinds[KIND_COUNT] = {
	[KIND_NAMESPACE] = { .id = KIND_NAMESPACE,
		.api_version = "v1",
		.name = "Namespace",
		.singular = "namespace",
		.plural = "namespaces",
		.short_names = short_ns,
		.in_manifests = true,
		.schema = &schema_namespace,
		.name_rule = rule_dns_label,
		.doc = "A part of the cluster with names of its own." },
	[KIND_NODE] = { .id = KIND_NODE,
		.api_version = "v1",
		.name = "Node",
		.singular = "node",
		.plural = "nodes",
		.short_names = short_no,
		.in_manifests = true,
		.schema = &schema_node,
		.name_rule = rule_dns_subdomain,
		.doc = "A host that runs pods." },
	[KIND_CLUSTER] = { .id = KIND_CLUSTER,
		.api_version = "pintle.dev/v1",
		.name = "Cluster",
		.singular = "cluster",
		.plural = "clusters",
		.short_names = no_short,
		.in_manifests = true,
		.schema = &schema_cluster,
		.name_rule = rule_cluster_name,
		.doc = "Settings of the whole cluster." },
	[KIND_CONFIG_MAP] = { .id = KIND_CONFIG_MAP,
		.api_version = "v1",
		.name = "ConfigMap",
		.singular = "configmap",
		.plural = "configmaps",
		.short_names = short_cm,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_config_map,
		.name_rule = rule_dns_subdomain,
		.doc = "Settings for pods, as variables or files." },
	[KIND_SECRET] = { .id = KIND_SECRET,
		.api_version = "v1",
		.name = "Secret",
		.singular = "secret",
		.plural = "secrets",
		.short_names = no_short,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_secret,
		.name_rule = rule_dns_subdomain,
		.doc = "Passwords, keys and certificates for pods." },
	[KIND_SERVICE] = { .id = KIND_SERVICE,
		.api_version = "v1",
		.name = "Service",
		.singular = "service",
		.plural = "services",
		.short_names = short_svc,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_service,
		.name_rule = rule_dns_label_1035,
		.doc = "One stable name and address for pods that serve the same." },
	[KIND_PERSISTENT_VOLUME] = { .id = KIND_PERSISTENT_VOLUME,
		.api_version = "v1",
		.name = "PersistentVolume",
		.singular = "persistentvolume",
		.plural = "persistentvolumes",
		.short_names = short_pv,
		.in_manifests = true,
		.schema = &schema_persistent_volume,
		.name_rule = rule_dns_subdomain,
		.not_yet = "no claim is bound to it yet",
		.doc = "Storage that is there for claims." },
	[KIND_STORAGE_CLASS] = { .id = KIND_STORAGE_CLASS,
		.api_version = "storage.k8s.io/v1",
		.name = "StorageClass",
		.singular = "storageclass",
		.plural = "storageclasses",
		.short_names = short_sc,
		.in_manifests = true,
		.schema = &schema_storage_class,
		.name_rule = rule_dns_subdomain,
		.not_yet = "no volumes are made for it yet",
		.doc = "A kind of storage that claims may ask for by name." },
	[KIND_CLAIM] = { .id = KIND_CLAIM,
		.api_version = "v1",
		.name = "PersistentVolumeClaim",
		.singular = "persistentvolumeclaim",
		.plural = "persistentvolumeclaims",
		.short_names = short_pvc,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_claim,
		.name_rule = rule_dns_subdomain,
		.not_yet = "no volume is bound to it yet",
		.doc = "Storage that is asked for and outlives the pods that use it." },
	[KIND_POD] = { .id = KIND_POD,
		.api_version = "v1",
		.name = "Pod",
		.singular = "pod",
		.plural = "pods",
		.short_names = short_po,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_pod,
		.name_rule = rule_dns_subdomain,
		.doc = "Containers that run together on one node." },
	[KIND_REPLICA_SET] = { .id = KIND_REPLICA_SET,
		.api_version = "apps/v1",
		.name = "ReplicaSet",
		.singular = "replicaset",
		.plural = "replicasets",
		.short_names = short_rs,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_replica_set,
		.name_rule = rule_dns_subdomain,
		.doc = "A number of equal pods that is kept up." },
	[KIND_DEPLOYMENT] = { .id = KIND_DEPLOYMENT,
		.api_version = "apps/v1",
		.name = "Deployment",
		.singular = "deployment",
		.plural = "deployments",
		.short_names = short_deploy,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_deployment,
		.name_rule = rule_dns_subdomain,
		.doc = "A number of equal pods, replaced step by step when the template changes." },
	[KIND_SERVICE_ACCOUNT] = { .id = KIND_SERVICE_ACCOUNT,
		.api_version = "v1",
		.name = "ServiceAccount",
		.singular = "serviceaccount",
		.plural = "serviceaccounts",
		.short_names = short_sa,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_service_account,
		.name_rule = rule_dns_subdomain,
		.doc = "Who the programs in pods are." },
	[KIND_RESOURCE_QUOTA] = { .id = KIND_RESOURCE_QUOTA,
		.api_version = "v1",
		.name = "ResourceQuota",
		.singular = "resourcequota",
		.plural = "resourcequotas",
		.short_names = short_quota,
		.namespaced = true,
		.in_manifests = true,
		.not_yet = "nothing is counted against it yet",
		.schema = &schema_resource_quota,
		.name_rule = rule_dns_subdomain,
		.doc = "How much a namespace may have." },
	[KIND_LIMIT_RANGE] = { .id = KIND_LIMIT_RANGE,
		.api_version = "v1",
		.name = "LimitRange",
		.singular = "limitrange",
		.plural = "limitranges",
		.short_names = short_limits,
		.namespaced = true,
		.in_manifests = true,
		.not_yet = "no pod is held to it yet",
		.schema = &schema_limit_range,
		.name_rule = rule_dns_subdomain,
		.doc = "Defaults and bounds of what containers, pods and claims of a namespace may use." },
	[KIND_DISRUPTION_BUDGET] = { .id = KIND_DISRUPTION_BUDGET,
		.api_version = "policy/v1",
		.name = "PodDisruptionBudget",
		.singular = "poddisruptionbudget",
		.plural = "poddisruptionbudgets",
		.short_names = short_pdb,
		.namespaced = true,
		.in_manifests = true,
		.not_yet = "no drain asks it yet",
		.schema = &schema_disruption_budget,
		.name_rule = rule_dns_subdomain,
		.doc = "How many pods may be missing when nodes are emptied." },
	[KIND_PRIORITY_CLASS] = { .id = KIND_PRIORITY_CLASS,
		.api_version = "scheduling.k8s.io/v1",
		.name = "PriorityClass",
		.singular = "priorityclass",
		.plural = "priorityclasses",
		.short_names = short_pc,
		.in_manifests = true,
		.schema = &schema_priority_class,
		.name_rule = rule_dns_subdomain,
		.doc = "A name for how much pods matter." },
	[KIND_RUNTIME_CLASS] = { .id = KIND_RUNTIME_CLASS,
		.api_version = "node.k8s.io/v1",
		.name = "RuntimeClass",
		.singular = "runtimeclass",
		.plural = "runtimeclasses",
		.short_names = no_short,
		.in_manifests = true,
		.schema = &schema_runtime_class,
		.name_rule = rule_dns_subdomain,
		.doc = "An OCI runtime that pods may ask for." },
	[KIND_LEASE] = { .id = KIND_LEASE,
		.api_version = "coordination.k8s.io/v1",
		.name = "Lease",
		.singular = "lease",
		.plural = "leases",
		.short_names = no_short,
		.namespaced = true,
		.in_manifests = true,
		.schema = &schema_lease,
		.name_rule = rule_dns_subdomain,
		.doc = "Who leads among several programs." },
	[KIND_DAEMON_SET] = { .id = KIND_DAEMON_SET,
		.api_version = "apps/v1",
		.name = "DaemonSet",
		.singular = "daemonset",
		.plural = "daemonsets",
		.short_names = short_ds,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_daemon_set,
		.name_rule = rule_dns_subdomain,
		.not_yet = "its pods are not run yet",
		.doc = "One pod on each node that fits." },
	[KIND_STATEFUL_SET] = { .id = KIND_STATEFUL_SET,
		.api_version = "apps/v1",
		.name = "StatefulSet",
		.singular = "statefulset",
		.plural = "statefulsets",
		.short_names = short_sts,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_stateful_set,
		.name_rule = rule_dns_label,
		.not_yet = "its pods are not run yet",
		.doc = "Pods with numbers, each with a name and volumes of its own that outlive it." },
	[KIND_REPLICATION_CONTROLLER] = { .id = KIND_REPLICATION_CONTROLLER,
		.api_version = "v1",
		.name = "ReplicationController",
		.singular = "replicationcontroller",
		.plural = "replicationcontrollers",
		.short_names = short_rc,
		.namespaced = true,
		.in_manifests = true,
		.workload = true,
		.schema = &schema_replication_controller,
		.name_rule = rule_dns_subdomain,
		.not_yet = "its pods are not run yet",
		.doc = "A number of equal pods that is kept up; ReplicaSets took its place." },
	[KIND_EVENT] = { .id = KIND_EVENT,
		.api_version = "v1",
		.name = "Event",
		.singular = "event",
		.plural = "events",
		.short_names = short_ev,
		.namespaced = true,
		.schema = &schema_event,
		.name_rule = rule_dns_subdomain,
		.doc = "Something that happened to an object." },
};

const struct kind *kind_find(const char *api_version, const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (str_eq(kinds[i].name, name) && str_eq(kinds[i].api_version, api_version))
			return &kinds[i];
	return NULL;
}

/* "apps" of "apps/v1"; "" for the core group. */
static bool group_is(const struct kind *k, const char *group)
{
	const char *slash = strchr(k->api_version, '/');
	size_t len = slash ? (size_t)(slash - k->api_version) : 0;
	return strlen(group) == len && strncasecmp(group, k->api_version, len) == 0;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(word, name, len) == 0;
}

static bool kind_is(const struct kind *k, const char *word, size_t len)
{
	for (size_t i = 0; k->short_names[i]; i++)
		if (word_is(word, len, k->short_names[i]))
			return true;
	return word_is(word, len, k->name) || word_is(word, len, k->singular) ||
	       word_is(word, len, k->plural);
}

const struct kind *kind_by_word(const char *word)
{
	size_t len = strcspn(word, ".");
	const char *group = word[len] ? word + len + 1 : NULL;
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kind_is(&kinds[i], word, len) && (!group || group_is(&kinds[i], group)))
			return &kinds[i];
	return NULL;
}
