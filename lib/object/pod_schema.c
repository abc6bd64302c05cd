/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of Pod, PodSpec and PodTemplateSpec. The rules between their fields are in pod_check.c. */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const restart_policies[] = { "Always", "OnFailure", "Never", NULL };
static const char *const dns_policies[] = { "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None",
	NULL };
static const char *const preemption_policies[] = { "PreemptLowerPriority", "Never", NULL };

/* --- small types ---------------------------------------------------------------------------------- */

static const struct field name_ref_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct name_ref, name),
		.rule = rule_dns_subdomain,
		.doc = "Its name, in the pod's namespace." },
};
const struct schema schema_local_reference = {
	.name = "LocalObjectReference",
	FIELDS(name_ref_fields),
	.size = sizeof(struct name_ref),
	.doc = "An object in the same namespace.",
};

static const struct field gate_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct name_ref, name),
		.rule = rule_label_key,
		.doc = "The gate's name." },
};
static const struct schema schema_scheduling_gate = {
	.name = "PodSchedulingGate",
	FIELDS(gate_fields),
	.size = sizeof(struct name_ref),
	.doc = "Keeps the pod from being placed as long as it is there.",
};

static const struct field readiness_gate_fields[] = {
	{ .name = "conditionType",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct readiness_gate, condition_type),
		.rule = rule_label_key,
		.doc = "The condition that must be True." },
};
static const struct schema schema_readiness_gate = {
	.name = "PodReadinessGate",
	FIELDS(readiness_gate_fields),
	.size = sizeof(struct readiness_gate),
	.doc = "A condition that must hold for the pod to be ready.",
};

static const char *rule_linux(struct arena *arena, const char *s)
{
	(void)arena;
	return str_eq(s, "linux") ? NULL : "must be linux: pods run on Linux only";
}

static const struct field os_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct pod_os, name),
		.rule = rule_linux,
		.doc = "linux." },
};
static const struct schema schema_pod_os = {
	.name = "PodOS",
	FIELDS(os_fields),
	.size = sizeof(struct pod_os),
	.doc = "The operating system that a pod is for.",
};

static const struct field alias_fields[] = {
	{ .name = "ip",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct host_alias, ip),
		.rule = rule_ip,
		.doc = "The address." },
	{ .name = "hostnames",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct host_alias, hostnames),
		.rule = rule_dns_subdomain,
		.doc = "The names that stand for it." },
};
static const struct schema schema_host_alias = {
	.name = "HostAlias",
	FIELDS(alias_fields),
	.size = sizeof(struct host_alias),
	.doc = "A line of the pod's /etc/hosts.",
};

static const struct field dns_option_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct dns_option, name),
		.doc = "The option, such as ndots." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.offset = offsetof(struct dns_option, value),
		.doc = "Its value." },
};
static const struct schema schema_dns_option = {
	.name = "PodDNSConfigOption",
	FIELDS(dns_option_fields),
	.size = sizeof(struct dns_option),
	.doc = "An option of the resolver.",
};

static const struct field dns_config_fields[] = {
	{ .name = "nameservers",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct dns_config, nameservers),
		.rule = rule_ip,
		.doc = "Addresses of name servers, at most 3." },
	{ .name = "searches",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct dns_config, searches),
		.doc = "Domains that short names are looked up in." },
	{ .name = "options",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct dns_config, options),
		.of = &schema_dns_option,
		.doc = "Options of the resolver." },
};

/* resolv.conf(5) of the C library: 3 servers; core validation: 32 domains, 2048 characters together. */
static void dns_config_check(struct decode *d, const void *object, const struct value *v)
{
	const struct dns_config *c = object;
	if (c->nameservers.count > 3)
		check_error(d, v, "nameservers", "has %zu addresses; at most 3 are allowed",
			c->nameservers.count);
	if (c->searches.count > 32)
		check_error(d, v, "searches", "has %zu domains; at most 32 are allowed", c->searches.count);
}

static const struct schema schema_dns_config = {
	.name = "PodDNSConfig",
	FIELDS(dns_config_fields),
	.size = sizeof(struct dns_config),
	.check = dns_config_check,
	.doc = "What the pod's /etc/resolv.conf says beside what dnsPolicy puts there.",
};

/* --- PodSpec --------------------------------------------------------------------------------------- */

static const char no_tokens[] = "there is no API server to talk to, so no token is mounted";

static const struct field spec_fields[] = {
	{ .name = "initContainers",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, init_containers),
		.of = &schema_container,
		.list_key = "name",
		.doc = "Containers that run one after the other before the others start." },
	{ .name = "containers",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct pod_spec, containers),
		.of = &schema_container,
		.list_key = "name",
		.doc = "The pod's containers; they share its network and volumes." },
	{ .name = "ephemeralContainers",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "Kubernetes allows them in running pods only; use containers",
		.doc = "Containers put into a running pod for a look at it." },
	{ .name = "volumes",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, volumes),
		.of = &schema_volume,
		.list_key = "name",
		.doc = "Directories that the containers may mount." },
	{ .name = "restartPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, restart_policy),
		.values = restart_policies,
		.value_default = "Always",
		.doc = "Which containers are started again when they have ended." },
	{ .name = "terminationGracePeriodSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct pod_spec, termination_grace_period_seconds),
		.value_default = "30",
		.min = 0,
		.max = INT32_MAX,
		.doc = "Seconds from the signal to stop to the one that kills." },
	{ .name = "activeDeadlineSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct pod_spec, active_deadline_seconds),
		.min = 1,
		.max = INT32_MAX,
		.doc = "Seconds after which the pod has failed, whatever it does." },
	{ .name = "dnsPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, dns_policy),
		.values = dns_policies,
		.value_default = "ClusterFirst",
		.doc = "Where names are looked up: the cluster, the node's servers, or dnsConfig alone." },
	{ .name = "dnsConfig",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_spec, dns_config),
		.of = &schema_dns_config,
		.doc = "Additions to /etc/resolv.conf." },
	{ .name = "nodeSelector",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct pod_spec, node_selector),
		.rule = rule_label_key,
		.doc = "Labels that the node must have." },
	{ .name = "serviceAccountName",
		.kind = FIELD_STRING,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_spec, service_account_name),
		.rule = rule_dns_subdomain,
		.hint = no_tokens,
		.refers = "ServiceAccount",
		.doc = "The ServiceAccount that the pod runs as." },
	{ .name = "serviceAccount",
		.kind = FIELD_STRING,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_spec, service_account),
		.rule = rule_dns_subdomain,
		.hint = no_tokens,
		.refers = "ServiceAccount",
		.doc = "The old name of serviceAccountName." },
	{ .name = "automountServiceAccountToken",
		.kind = FIELD_OPT_BOOL,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_spec, automount_service_account_token),
		.hint = no_tokens,
		.doc = "Whether a token of the ServiceAccount is mounted." },
	{ .name = "nodeName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, node_name),
		.rule = rule_dns_subdomain,
		.doc = "The node; placed there without asking the scheduler." },
	{ .name = "hostNetwork",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct pod_spec, host_network),
		.doc = "Use the node's network." },
	{ .name = "hostPID",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct pod_spec, host_pid),
		.doc = "See the node's processes." },
	{ .name = "hostIPC",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct pod_spec, host_ipc),
		.doc = "Use the node's shared memory and semaphores." },
	{ .name = "hostUsers",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct pod_spec, host_users),
		.doc = "Whether user ids are the node's; false gives the pod a range of its own." },
	{ .name = "shareProcessNamespace",
		.kind = FIELD_OPT_BOOL,
		.support = PENDING,
		.offset = offsetof(struct pod_spec, share_process_namespace),
		.doc = "Whether the containers see each other's processes." },
	{ .name = "securityContext",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_spec, security_context),
		.of = &schema_pod_security_context,
		.doc = "What the pod's processes may do." },
	{ .name = "imagePullSecrets",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, image_pull_secrets),
		.of = &schema_local_reference,
		.refers = "Secret",
		.doc = "Secrets with credentials for registries." },
	{ .name = "hostname",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, hostname),
		.rule = rule_dns_label,
		.doc = "The pod's host name; its own name where none is given." },
	{ .name = "subdomain",
		.kind = FIELD_STRING,
		.support = PENDING,
		.offset = offsetof(struct pod_spec, subdomain),
		.rule = rule_dns_label,
		.doc = "The headless Service under whose name the pod's own name is found." },
	{ .name = "setHostnameAsFQDN",
		.kind = FIELD_OPT_BOOL,
		.support = PENDING,
		.offset = offsetof(struct pod_spec, set_hostname_as_fqdn),
		.doc = "Whether the host name is the full domain name." },
	{ .name = "hostnameOverride",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "A host name that stands before hostname and subdomain." },
	{ .name = "hostAliases",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, host_aliases),
		.of = &schema_host_alias,
		.doc = "Lines of the pod's /etc/hosts." },
	{ .name = "schedulerName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, scheduler_name),
		.value_default = "default-scheduler",
		.doc = "Who places the pod; Pintle leaves pods with another name than the default alone." },
	{ .name = "affinity",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_spec, affinity),
		.of = &schema_affinity,
		.doc = "Where the pod wants to be placed." },
	{ .name = "tolerations",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, tolerations),
		.of = &schema_toleration,
		.doc = "Taints of nodes that the pod puts up with." },
	{ .name = "topologySpreadConstraints",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, topology_spread_constraints),
		.of = &schema_topology_spread_constraint,
		.list_key = "topologyKey,whenUnsatisfiable",
		.doc = "How evenly pods are spread over places." },
	{ .name = "priorityClassName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, priority_class_name),
		.rule = rule_dns_subdomain,
		.refers = "PriorityClass",
		.doc = "The PriorityClass that the pod's priority comes from." },
	{ .name = "priority",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct pod_spec, priority),
		.doc = "The priority itself; comes from priorityClassName." },
	{ .name = "preemptionPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_spec, preemption_policy),
		.values = preemption_policies,
		.doc = "Whether the pod may push out pods of lower priority." },
	{ .name = "schedulingGates",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_spec, scheduling_gates),
		.of = &schema_scheduling_gate,
		.list_key = "name",
		.doc = "What keeps the pod from being placed." },
	{ .name = "readinessGates",
		.kind = FIELD_STRUCTS,
		.support = PENDING,
		.offset = offsetof(struct pod_spec, readiness_gates),
		.of = &schema_readiness_gate,
		.doc = "Further conditions for the pod to be ready." },
	{ .name = "runtimeClassName",
		.kind = FIELD_STRING,
		.support = PENDING,
		.offset = offsetof(struct pod_spec, runtime_class_name),
		.rule = rule_dns_subdomain,
		.refers = "RuntimeClass",
		.doc = "The RuntimeClass that says which OCI runtime runs the pod." },
	{ .name = "enableServiceLinks",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct pod_spec, enable_service_links),
		.value_default = "true",
		.doc = "Whether Services appear as environment variables." },
	{ .name = "overhead",
		.kind = FIELD_QUANTITY_MAP,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_spec, overhead),
		.hint = "Kubernetes takes it from the RuntimeClass",
		.doc = "What the runtime itself needs beside the containers." },
	{ .name = "os",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_spec, os),
		.of = &schema_pod_os,
		.doc = "The operating system that the pod is for." },
	{ .name = "resources",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "Requests and limits of the pod as a whole." },
	{ .name = "resourceClaims",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "dynamic resource allocation is not part of Pintle; use an extended resource in "
			"limits",
		.doc = "Claims of dynamic resource allocation." },
	{ .name = "workloadRef",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "The group of pods that is placed together." },
};

const struct schema schema_pod_spec = {
	.name = "PodSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct pod_spec),
	.defaults = pod_spec_defaults,
	.check = pod_spec_check,
	.check_partial = pod_spec_check_partial,
	.doc = "What a pod consists of.",
};

/* --- Pod and template ------------------------------------------------------------------------------ */

static const struct field pod_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Pod." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod, spec),
		.of = &schema_pod_spec,
		.doc = "What the pod consists of." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct pod, status),
		.of = &schema_pod_status,
		.doc = "How the pod is." },
};

const struct schema schema_pod = {
	.name = "Pod",
	FIELDS(pod_fields),
	.size = sizeof(struct pod),
	.doc = "Containers that run together on one node, with one network address.",
};

static const struct field template_fields[] = {
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct pod_template, meta),
		.of = &schema_template_meta,
		.doc = "Labels and annotations of the pods." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod_template, spec),
		.of = &schema_pod_spec,
		.doc = "What the pods consist of." },
};

const struct schema schema_pod_template = {
	.name = "PodTemplateSpec",
	FIELDS(template_fields),
	.size = sizeof(struct pod_template),
	.doc = "What each pod of a workload looks like.",
};
