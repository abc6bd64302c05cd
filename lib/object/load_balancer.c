/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of LoadBalancerStatus, which Service and Ingress have (as IngressLoadBalancerStatus, without ipMode). */
#include <stddef.h>

#include "lib/object/tables.h"

static const char *const modes[] = { "VIP", "Proxy", NULL };

static const struct field port_fields[] = {
	{ .name = "port",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct load_balancer_port, port),
		.doc = "The port." },
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct load_balancer_port, protocol),
		.doc = "Its protocol." },
	{ .name = "error",
		.kind = FIELD_STRING,
		.offset = offsetof(struct load_balancer_port, error),
		.doc = "What is wrong with it." },
};
static const struct schema schema_load_balancer_port = {
	.name = "PortStatus",
	FIELDS(port_fields),
	.size = sizeof(struct load_balancer_port),
	.doc = "A port of an address, and how it is.",
};

static const struct field ingress_fields[] = {
	{ .name = "ip",
		.kind = FIELD_STRING,
		.offset = offsetof(struct load_balancer_ingress, ip),
		.doc = "The address." },
	{ .name = "hostname",
		.kind = FIELD_STRING,
		.offset = offsetof(struct load_balancer_ingress, hostname),
		.doc = "The name, where there is no address." },
	{ .name = "ipMode",
		.kind = FIELD_STRING,
		.offset = offsetof(struct load_balancer_ingress, ip_mode),
		.values = modes,
		.doc = "Whether traffic arrives with that address or with a node's." },
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct load_balancer_ingress, ports),
		.of = &schema_load_balancer_port,
		.doc = "The ports, and how they are." },
};
static const struct schema schema_load_balancer_ingress = {
	.name = "LoadBalancerIngress",
	FIELDS(ingress_fields),
	.size = sizeof(struct load_balancer_ingress),
	.doc = "An address from outside.",
};

static const struct field fields[] = {
	{ .name = "ingress",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct load_balancer_status, ingress),
		.of = &schema_load_balancer_ingress,
		.doc = "The addresses from outside." },
};
const struct schema schema_load_balancer_status = {
	.name = "LoadBalancerStatus",
	FIELDS(fields),
	.size = sizeof(struct load_balancer_status),
	.doc = "Where it can be reached from outside.",
};
