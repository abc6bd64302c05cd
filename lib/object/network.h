/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What directs and filters traffic beside Service: Endpoints (core/v1), EndpointSlice (discovery.k8s.io/v1), Ingress,
 * IngressClass and NetworkPolicy (networking.k8s.io/v1).
 */
#pragma once

#include "lib/object/core.h"

/* --- endpoints ------------------------------------------------------------------------------------ */

struct endpoint_address {
	const char *ip, *hostname, *node_name;
	struct object_reference *target_ref;
};
struct endpoint_addresses {
	struct endpoint_address *items;
	size_t count;
};
/* Of Endpoints, where port is always set, and of EndpointSlices, where no port means all. */
struct endpoint_port {
	const char *name, *protocol, *app_protocol;
	struct opt_int port;
};
struct endpoint_ports {
	struct endpoint_port *items;
	size_t count;
};
/* Each address with each port. */
struct endpoint_subset {
	struct endpoint_addresses addresses, not_ready_addresses;
	struct endpoint_ports ports;
};
struct endpoints {
	struct object_meta meta;
	struct {
		struct endpoint_subset *items;
		size_t count;
	} subsets;
};

struct endpoint_conditions {
	struct opt_bool ready, serving, terminating; /* ready: absent counts as true */
};
struct endpoint_hint {
	const char *name; /* of a zone or node */
};
struct endpoint_hint_list {
	struct endpoint_hint *items;
	size_t count;
};
struct endpoint_hints {
	struct endpoint_hint_list for_zones, for_nodes;
};
struct slice_endpoint {
	struct strings addresses; /* by the slice's address_type; one of them is as good as another */
	struct endpoint_conditions conditions;
	const char *hostname, *node_name, *zone;
	struct object_reference *target_ref;
	struct endpoint_hints *hints;
};
/* Its Service is named by the label kubernetes.io/service-name. */
struct endpoint_slice {
	struct object_meta meta;
	const char *address_type; /* IPv4, IPv6, FQDN */
	struct {
		struct slice_endpoint *items;
		size_t count;
	} endpoints;
	struct endpoint_ports ports;
};

/* --- ingress -------------------------------------------------------------------------------------- */

/* An object of the same namespace, or (IngressClass parameters) of any. */
struct typed_reference {
	const char *api_group, *kind, *name, *namespace, *scope; /* scope: Cluster, Namespace */
};
/* One of name and number. */
struct service_backend_port {
	const char *name;
	int64_t number; /* 0: none */
};
struct ingress_service {
	const char *name;
	struct service_backend_port port;
};
/* One of service and resource. */
struct ingress_backend {
	struct ingress_service *service;
	struct typed_reference *resource;
};
struct ingress_path {
	const char *path, *path_type; /* Exact, Prefix, ImplementationSpecific */
	struct ingress_backend backend;
};
struct ingress_http {
	struct {
		struct ingress_path *items;
		size_t count;
	} paths;
};
struct ingress_rule {
	const char *host; /* NULL: any; "*.x": one label more than x */
	struct ingress_http *http;
};
struct ingress_tls {
	struct strings hosts;
	const char *secret_name;
};
struct ingress_spec {
	const char *ingress_class_name;
	struct ingress_backend *default_backend;
	struct {
		struct ingress_tls *items;
		size_t count;
	} tls;
	struct {
		struct ingress_rule *items;
		size_t count;
	} rules;
};
struct ingress_status {
	struct load_balancer_status load_balancer;
};
struct ingress {
	struct object_meta meta;
	struct ingress_spec spec;
	struct ingress_status status;
};

struct ingress_class_spec {
	const char *controller;
	struct typed_reference *parameters;
};
struct ingress_class {
	struct object_meta meta;
	struct ingress_class_spec spec;
};

/* --- network policy ------------------------------------------------------------------------------- */

struct policy_port {
	const char *protocol;      /* TCP (default), UDP, SCTP */
	struct int_or_string port; /* not set: all */
	struct opt_int end_port;   /* the last of a range that begins with port */
};
struct policy_ports {
	struct policy_port *items;
	size_t count;
};
struct ip_block {
	const char *cidr;
	struct strings except;
};
/* IP_BLOCK alone, or pods: of the policy's namespace, or of the namespaces that namespace_selector chooses. */
struct policy_peer {
	struct label_selector *pod_selector, *namespace_selector;
	struct ip_block *ip_block;
};
struct policy_peers {
	struct policy_peer *items;
	size_t count;
};
/* No ports: all; no peers: everybody. */
struct policy_ingress_rule {
	struct policy_ports ports;
	struct policy_peers from;
};
struct policy_egress_rule {
	struct policy_ports ports;
	struct policy_peers to;
};
struct network_policy_spec {
	struct label_selector *pod_selector; /* never NULL */
	struct {
		struct policy_ingress_rule *items;
		size_t count;
	} ingress;
	struct {
		struct policy_egress_rule *items;
		size_t count;
	} egress;
	struct strings policy_types; /* Ingress, Egress; never empty */
};
struct network_policy {
	struct object_meta meta;
	struct network_policy_spec spec;
};

extern const struct schema schema_endpoints, schema_endpoint_slice, schema_ingress, schema_ingress_class,
	schema_network_policy;

/* The label that names an EndpointSlice's Service. */
extern const char endpoint_slice_service_label[];
