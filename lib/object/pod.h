/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* v1/Pod: spec, template and status. Field meaning is Kubernetes' (core/v1 types.go); members keep the fields' names in snake case. */
#pragma once

#include "lib/object/claim.h"

struct key_selector { /* configMapKeyRef, secretKeyRef */
	const char *name, *key;
	bool optional;
};
struct field_ref {
	const char *api_version, *field_path;
};
struct resource_field_ref {
	const char *container_name, *resource;
	struct quantity divisor;
};
struct env_source {
	struct field_ref *field_ref;
	struct resource_field_ref *resource_field_ref;
	struct key_selector *config_map_key_ref, *secret_key_ref;
};
struct env_var {
	const char *name, *value;
	struct env_source *value_from;
};
struct env_from_ref {
	const char *name;
	bool optional;
};
struct env_from {
	const char *prefix;
	struct env_from_ref *config_map_ref, *secret_ref;
};

struct container_port {
	const char *name, *protocol, *host_ip; /* protocol: TCP, UDP, SCTP */
	int64_t container_port, host_port;     /* host_port 0 = none */
};
struct volume_mount {
	const char *name, *mount_path, *sub_path, *sub_path_expr, *mount_propagation, *recursive_read_only;
	bool read_only;
};
struct volume_device {
	const char *name, *device_path;
};

struct resources {
	struct quantity_map requests, limits;
};

struct http_header {
	const char *name, *value;
};
struct http_headers {
	struct http_header *items;
	size_t count;
};
struct http_get_action {
	const char *path, *host, *scheme;
	struct int_or_string port;
	struct http_headers http_headers;
};
struct exec_action {
	struct strings command;
};
struct tcp_socket_action {
	struct int_or_string port;
	const char *host;
};
struct grpc_action {
	int64_t port;
	const char *service;
};
struct sleep_action {
	int64_t seconds;
};
struct probe {
	struct exec_action *exec;
	struct http_get_action *http_get;
	struct tcp_socket_action *tcp_socket;
	struct grpc_action *grpc;
	int64_t initial_delay_seconds, timeout_seconds, period_seconds, success_threshold, failure_threshold;
	struct opt_int termination_grace_period_seconds;
};
struct lifecycle_handler {
	struct exec_action *exec;
	struct http_get_action *http_get;
	struct tcp_socket_action *tcp_socket;
	struct sleep_action *sleep;
};
struct lifecycle {
	struct lifecycle_handler *post_start, *pre_stop;
	const char *stop_signal;
};

struct capabilities {
	struct strings add, drop;
};
struct seccomp_profile {
	const char *type, *localhost_profile;
};
struct app_armor_profile {
	const char *type, *localhost_profile;
};
struct se_linux_options {
	const char *user, *role, *type, *level;
};
struct security_context { /* of a container */
	struct opt_int run_as_user, run_as_group;
	struct opt_bool run_as_non_root, read_only_root_filesystem, allow_privilege_escalation, privileged;
	struct capabilities *capabilities;
	struct seccomp_profile *seccomp_profile;
	struct app_armor_profile *app_armor_profile;
	struct se_linux_options *se_linux_options;
	const char *proc_mount;
};
struct sysctl {
	const char *name, *value;
};
struct pod_security_context {
	struct opt_int run_as_user, run_as_group, fs_group;
	struct opt_bool run_as_non_root;
	struct ints supplemental_groups;
	const char *supplemental_groups_policy, *fs_group_change_policy;
	struct {
		struct sysctl *items;
		size_t count;
	} sysctls;
	struct seccomp_profile *seccomp_profile;
	struct app_armor_profile *app_armor_profile;
	struct se_linux_options *se_linux_options;
};

struct container {
	/* pull policy: Always, Never, IfNotPresent */
	const char *name, *image, *image_pull_policy, *working_dir;
	struct strings command, args;
	struct {
		struct env_var *items;
		size_t count;
	} env;
	struct {
		struct env_from *items;
		size_t count;
	} env_from;
	struct {
		struct container_port *items;
		size_t count;
	} ports;
	struct {
		struct volume_mount *items;
		size_t count;
	} volume_mounts;
	struct {
		struct volume_device *items;
		size_t count;
	} volume_devices;
	struct resources resources;
	struct probe *liveness_probe, *readiness_probe, *startup_probe;
	struct lifecycle *lifecycle;
	struct security_context *security_context;
	const char *restart_policy; /* init containers: "Always" = sidecar */
	const char *termination_message_path, *termination_message_policy;
	bool stdin_open, stdin_once, tty;
};
struct containers {
	struct container *items;
	size_t count;
};

struct key_to_path {
	const char *key, *path;
	struct opt_int mode;
};
struct key_to_paths {
	struct key_to_path *items;
	size_t count;
};
struct config_map_source { /* configMap volume; in projections default_mode is unused */
	const char *name;
	struct key_to_paths items;
	int64_t default_mode;
	bool optional;
};
struct secret_source {
	const char *secret_name; /* "name" in projections */
	struct key_to_paths items;
	int64_t default_mode;
	bool optional;
};
struct downward_file {
	const char *path;
	struct field_ref *field_ref;
	struct resource_field_ref *resource_field_ref;
	struct opt_int mode;
};
struct downward_source {
	struct {
		struct downward_file *items;
		size_t count;
	} items;
	int64_t default_mode;
};
struct token_projection {
	const char *audience, *path;
	int64_t expiration_seconds;
};
struct projection {
	struct config_map_source *config_map;
	struct secret_source *secret;
	struct downward_source *downward_api;
	struct token_projection *service_account_token;
};
struct projected_source {
	struct {
		struct projection *items;
		size_t count;
	} sources;
	int64_t default_mode;
};
struct empty_dir_source {
	const char *medium; /* "", "Memory", "HugePages…" */
	struct quantity size_limit;
};
struct host_path_source {
	const char *path, *type;
};
struct claim_source {
	const char *claim_name;
	bool read_only;
};
struct ephemeral_source {
	struct claim_template template;
};
struct nfs_source {
	const char *server, *path;
	bool read_only;
};
struct image_source {
	const char *reference, *pull_policy;
};
struct volume {
	const char *name;
	struct config_map_source *config_map;
	struct secret_source *secret;
	struct empty_dir_source *empty_dir;
	struct host_path_source *host_path;
	struct downward_source *downward_api;
	struct projected_source *projected;
	struct claim_source *persistent_volume_claim;
	struct nfs_source *nfs;
	struct image_source *image;
	struct ephemeral_source *ephemeral;
};

struct toleration {
	const char *key, *op, *value, *effect; /* op: Exists, Equal; "" key with Exists: all */
	struct opt_int toleration_seconds;
};
struct node_selector_requirement {
	const char *key, *op; /* In NotIn Exists DoesNotExist Gt Lt */
	struct strings values;
};
struct node_selector_term {
	struct {
		struct node_selector_requirement *items;
		size_t count;
	} match_expressions, match_fields;
};
struct node_selector {
	struct {
		struct node_selector_term *items;
		size_t count;
	} node_selector_terms;
};
struct preferred_node_term {
	int64_t weight;
	struct node_selector_term preference;
};
struct node_affinity {
	struct node_selector *required;
	struct {
		struct preferred_node_term *items;
		size_t count;
	} preferred;
};
struct pod_affinity_term {
	struct label_selector *label_selector, *namespace_selector;
	struct strings namespaces, match_label_keys, mismatch_label_keys;
	const char *topology_key;
};
struct weighted_pod_affinity_term {
	int64_t weight;
	struct pod_affinity_term pod_affinity_term;
};
struct pod_affinity {
	struct {
		struct pod_affinity_term *items;
		size_t count;
	} required;
	struct {
		struct weighted_pod_affinity_term *items;
		size_t count;
	} preferred;
};
struct affinity {
	struct node_affinity *node_affinity;
	struct pod_affinity *pod_affinity, *pod_anti_affinity;
};
struct topology_spread_constraint {
	int64_t max_skew;
	const char *topology_key, *when_unsatisfiable, *node_affinity_policy, *node_taints_policy;
	struct label_selector *label_selector;
	struct opt_int min_domains;
	struct strings match_label_keys;
};

struct name_ref {
	const char *name;
};
struct host_alias {
	const char *ip;
	struct strings hostnames;
};
struct dns_option {
	const char *name, *value;
};
struct dns_config {
	struct strings nameservers, searches;
	struct {
		struct dns_option *items;
		size_t count;
	} options;
};
struct readiness_gate {
	const char *condition_type;
};

struct pod_os {
	const char *name; /* linux */
};
struct pod_spec {
	struct containers init_containers, containers;
	struct {
		struct volume *items;
		size_t count;
	} volumes;
	const char *restart_policy; /* Always, OnFailure, Never */
	int64_t termination_grace_period_seconds;
	struct opt_int active_deadline_seconds;
	const char *dns_policy;
	struct dns_config *dns_config;
	struct string_map node_selector;
	struct pod_os *os;
	const char *service_account_name;
	/* the old name: moved to service_account_name by the defaults, then NULL */
	const char *service_account;
	struct opt_bool automount_service_account_token;
	const char *node_name;
	bool host_network, host_pid, host_ipc;
	struct opt_bool host_users, share_process_namespace, set_hostname_as_fqdn, enable_service_links;
	struct pod_security_context *security_context;
	struct {
		struct name_ref *items;
		size_t count;
	} image_pull_secrets, scheduling_gates;
	const char *hostname, *subdomain, *scheduler_name;
	struct affinity *affinity;
	struct {
		struct toleration *items;
		size_t count;
	} tolerations;
	struct {
		struct host_alias *items;
		size_t count;
	} host_aliases;
	const char *priority_class_name, *preemption_policy;
	struct opt_int priority;
	struct {
		struct readiness_gate *items;
		size_t count;
	} readiness_gates;
	const char *runtime_class_name;
	struct {
		struct topology_spread_constraint *items;
		size_t count;
	} topology_spread_constraints;
	struct quantity_map overhead;
};

/* --- status ------------------------------------------------------------------------------------ */

struct container_state_waiting {
	const char *reason, *message;
};
struct container_state_running {
	struct opt_int started_at;
};
struct container_state_terminated {
	int64_t exit_code, signal;
	const char *reason, *message, *container_id;
	struct opt_int started_at, finished_at;
};
struct container_state {
	struct container_state_waiting *waiting;
	struct container_state_running *running;
	struct container_state_terminated *terminated;
};
struct container_status {
	const char *name, *image, *image_id, *container_id;
	struct container_state state, last_state;
	bool ready;
	struct opt_bool started;
	int64_t restart_count;
};
struct container_statuses {
	struct container_status *items;
	size_t count;
};
struct pod_ip {
	const char *ip;
};
struct pod_status {
	const char *phase; /* Pending, Running, Succeeded, Failed, Unknown */
	const char *reason, *message, *host_ip, *pod_ip, *qos_class, *nominated_node_name;
	struct conditions conditions;
	struct opt_int start_time;
	struct {
		struct pod_ip *items;
		size_t count;
	} pod_ips, host_ips;
	struct container_statuses init_container_statuses, container_statuses;
	int64_t observed_generation;
};

struct pod {
	struct object_meta meta;
	struct pod_spec spec;
	struct pod_status status;
};
/* Its meta holds labels, annotations (and what else a template may set); name and namespace are NULL. */
struct pod_template {
	struct object_meta meta;
	struct pod_spec spec;
};

extern const struct schema schema_pod, schema_pod_spec, schema_pod_template, schema_pod_status,
	schema_container;
extern const struct schema schema_resources, schema_volume, schema_probe, schema_toleration,
	schema_node_selector_term;
