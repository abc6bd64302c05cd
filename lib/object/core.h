/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The small core/v1 kinds, Event, and our own Cluster (pintle.dev/v1). */
#pragma once

#include "lib/object/meta.h"

struct config_map {
	struct object_meta meta;
	struct string_map data;
	struct bytes_map binary_data;
	struct opt_bool immutable;
};

/* stringData is merged into data when a manifest is decoded (it wins, as in Kubernetes). */
struct secret {
	struct object_meta meta;
	const char *type; /* default Opaque */
	struct bytes_map data;
	struct string_map string_data;
	struct opt_bool immutable;
};

/* The addresses at which a Service or an Ingress can be reached from outside. */
struct load_balancer_port {
	int64_t port;
	const char *protocol, *error;
};
struct load_balancer_ingress {
	const char *ip, *hostname, *ip_mode; /* ip_mode: VIP (default), Proxy */
	struct {
		struct load_balancer_port *items;
		size_t count;
	} ports;
};
struct load_balancer_status {
	struct {
		struct load_balancer_ingress *items;
		size_t count;
	} ingress;
};

struct service_port {
	const char *name, *protocol, *app_protocol;
	int64_t port, node_port;          /* node_port 0 = none */
	struct int_or_string target_port; /* default: port */
};
struct client_ip_config {
	struct opt_int timeout_seconds; /* default 10800 */
};
struct session_affinity_config {
	struct client_ip_config *client_ip;
};
struct service_spec {
	const char *type; /* ClusterIP, NodePort, LoadBalancer, ExternalName */
	struct string_map selector;
	struct {
		struct service_port *items;
		size_t count;
	} ports;
	const char *cluster_ip; /* "None" = headless; NULL = to be allocated */
	struct strings cluster_ips, external_ips, load_balancer_source_ranges, ip_families;
	const char *external_name, *session_affinity, *external_traffic_policy, *internal_traffic_policy;
	const char *ip_family_policy, *load_balancer_class, *load_balancer_ip, *traffic_distribution;
	/* set by default for ClientIP, NULL for None */
	struct session_affinity_config *session_affinity_config;
	struct opt_bool allocate_load_balancer_node_ports;
	bool publish_not_ready_addresses;
	int64_t health_check_node_port;
};
struct service_status {
	struct load_balancer_status load_balancer;
	struct conditions conditions;
};
struct service {
	struct object_meta meta;
	struct service_spec spec;
	struct service_status status;
};

struct namespace_status {
	const char *phase; /* Active, Terminating */
};
struct namespace
{
	struct object_meta meta;
	struct strings finalizers; /* spec.finalizers */
	struct namespace_status status;
};

struct taint {
	const char *key, *value, *effect; /* NoSchedule, PreferNoSchedule, NoExecute */
	struct opt_int time_added;
};
struct node_address {
	const char *type, *address; /* InternalIP, Hostname … */
};
struct node_info {
	const char *machine_id, *system_uuid, *boot_id, *kernel_version, *os_image,
		*container_runtime_version, *kubelet_version, *kube_proxy_version, *operating_system,
		*architecture;
};
struct node_image {
	struct strings names;
	int64_t size_bytes;
};
struct node_spec {
	bool unschedulable;
	struct {
		struct taint *items;
		size_t count;
	} taints;
	const char *pod_cidr, *provider_id;
	struct strings pod_cidrs;
};
struct node_status {
	struct quantity_map capacity, allocatable;
	struct conditions conditions; /* Ready … */
	struct {
		struct node_address *items;
		size_t count;
	} addresses;
	struct node_info node_info;
	struct {
		struct node_image *items;
		size_t count;
	} images;
};
/*
 * Annotations of ours (annotations.h): pintle.dev/local: "true" (reached over the home's Unix socket), or pintle.dev/ssh
 * and what goes with it.
 */
struct node {
	struct object_meta meta;
	struct node_spec spec;
	struct node_status status;
};

/* core/v1 Event. */
struct object_reference {
	const char *api_version, *kind, *namespace, *name, *uid, *field_path, *resource_version;
};
struct event_source {
	const char *component, *host;
};
struct event {
	struct object_meta meta;
	struct object_reference involved_object;
	const char *reason, *message, *type; /* type: Normal, Warning */
	struct event_source source;
	struct opt_int first_timestamp, last_timestamp;
	int64_t count;
};

/* pintle.dev/v1 Cluster: at most one in a repository, named "cluster". */
struct cluster_prune {
	int64_t max_percent; /* default 25; what it means is said in reconciler/prune.h */
};
struct cluster_sync {
	const char *unit; /* Repository (default), Directory */
	/* between fetches of a remote repository; not set: as pintle.conf says */
	struct opt_int interval_seconds;
};
struct cluster_rebalance {
	int64_t interval_seconds; /* between two rounds; default 60 */
	int64_t max_evictions;    /* of a round; default 1 */
};
struct cluster_scheduling {
	const char *strategy;                /* Spread (default), Pack */
	struct cluster_rebalance *rebalance; /* NULL: pods stay where they are */
};
struct cluster_spec {
	const char *pod_cidr;         /* default 10.244.0.0/16 */
	int64_t node_prefix;          /* of each node's pod subnet; default 23 */
	const char *service_cidr;     /* default 10.96.0.0/16 */
	const char *dns_domain;       /* default cluster.local */
	const char *network;          /* Routed (default), CNI */
	struct strings unknown_kinds; /* none or Refuse; Ignore; or the API groups to skip */
	struct cluster_prune prune;
	struct cluster_sync sync;
	const char *on_config_change; /* Keep (default), Restart */
	struct cluster_scheduling scheduling;
};
struct cluster {
	struct object_meta meta;
	struct cluster_spec spec;
};

extern const struct schema schema_config_map, schema_secret, schema_service, schema_namespace, schema_node,
	schema_node_status, schema_event, schema_cluster;
