/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tables of Endpoints and EndpointSlice, and their rules (core/v1 validation validateEndpointSubsets, discovery
 * validation ValidateEndpointSlice).
 */
#include <stddef.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/ip.h"
#include "lib/object/network.h"
#include "lib/object/tables.h"

enum { ENDPOINTS_MAX = 1000, ADDRESSES_MAX = 100, PORTS_MAX = 100, HINTS_MAX = 8 };

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const address_types[] = { "IPv4", "IPv6", "FQDN", NULL };

const char endpoint_slice_service_label[] = "kubernetes.io/service-name";

/* --- Endpoints ------------------------------------------------------------------------------------- */

static const struct field address_fields[] = {
	{ .name = "ip",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct endpoint_address, ip),
		.rule = rule_ip_of_host,
		.doc = "The address." },
	{ .name = "hostname",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_address, hostname),
		.rule = rule_dns_label,
		.doc = "Its name below that of a headless Service." },
	{ .name = "nodeName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_address, node_name),
		.rule = rule_dns_subdomain,
		.doc = "The node that it is on." },
	{ .name = "targetRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct endpoint_address, target_ref),
		.of = &schema_object_reference,
		.doc = "What has the address: a pod, mostly." },
};
static const struct schema schema_endpoint_address = {
	.name = "EndpointAddress",
	FIELDS(address_fields),
	.size = sizeof(struct endpoint_address),
	.doc = "An address that serves.",
};

static const struct field port_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, name),
		.rule = rule_dns_label,
		.doc = "The name of the Service's port; needed where there are several." },
	{ .name = "port",
		.kind = FIELD_OPT_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct endpoint_port, port),
		.min = 1,
		.max = 65535,
		.doc = "The port." },
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, protocol),
		.values = protocols,
		.value_default = "TCP",
		.doc = "The port's protocol." },
	{ .name = "appProtocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, app_protocol),
		.rule = rule_label_key,
		.doc = "What is spoken on it; a hint for programs." },
};
static const struct schema schema_endpoint_port = {
	.name = "EndpointPort",
	FIELDS(port_fields),
	.size = sizeof(struct endpoint_port),
	.doc = "A port that is served.",
};

static const struct field subset_fields[] = {
	{ .name = "addresses",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_subset, addresses),
		.of = &schema_endpoint_address,
		.doc = "Addresses that serve." },
	{ .name = "notReadyAddresses",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_subset, not_ready_addresses),
		.of = &schema_endpoint_address,
		.doc = "Addresses that are not ready." },
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_subset, ports),
		.of = &schema_endpoint_port,
		.doc = "The ports that each of them serves." },
};

static void subset_check(struct decode *d, const void *object, const struct value *v)
{
	const struct endpoint_subset *s = object;
	if (s->addresses.count == 0 && s->not_ready_addresses.count == 0)
		check_error(d, v, NULL, "needs addresses or notReadyAddresses");
	for (size_t i = 0; i < s->ports.count && s->ports.count > 1; i++)
		if (str_empty(s->ports.items[i].name))
			check_error(d, v, check_path(d, "ports[%zu].name", i),
				"is required where there are several ports");
}

static const struct schema schema_endpoint_subset = {
	.name = "EndpointSubset",
	FIELDS(subset_fields),
	.size = sizeof(struct endpoint_subset),
	.check = subset_check,
	.doc = "Addresses that serve the same ports.",
};

static const struct field endpoints_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Endpoints." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct endpoints, meta),
		.of = &schema_object_meta,
		.doc = "The Service's name and namespace; labels and annotations." },
	{ .name = "subsets",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoints, subsets),
		.of = &schema_endpoint_subset,
		.doc = "Addresses and ports." },
};

const struct schema schema_endpoints = {
	.name = "Endpoints",
	FIELDS(endpoints_fields),
	.size = sizeof(struct endpoints),
	.doc = "Who serves a Service without selector, written by hand; EndpointSlice is its successor.",
};

/* --- EndpointSlice ---------------------------------------------------------------------------------- */

static const struct field conditions_fields[] = {
	{ .name = "ready",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct endpoint_conditions, ready),
		.doc = "Whether it gets traffic; true where not given." },
	{ .name = "serving",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct endpoint_conditions, serving),
		.doc = "As ready, but true also while it ends; ready where not given." },
	{ .name = "terminating",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct endpoint_conditions, terminating),
		.doc = "Whether it is about to end." },
};
static const struct schema schema_endpoint_conditions = {
	.name = "EndpointConditions",
	FIELDS(conditions_fields),
	.size = sizeof(struct endpoint_conditions),
	.doc = "How an endpoint is.",
};

static const struct field zone_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct endpoint_hint, name),
		.rule = rule_label_value,
		.doc = "The zone's name." },
};
static const struct schema schema_for_zone = {
	.name = "ForZone",
	FIELDS(zone_fields),
	.size = sizeof(struct endpoint_hint),
	.doc = "A zone.",
};

static const struct field node_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct endpoint_hint, name),
		.rule = rule_dns_subdomain,
		.doc = "The node's name." },
};
static const struct schema schema_for_node = {
	.name = "ForNode",
	FIELDS(node_fields),
	.size = sizeof(struct endpoint_hint),
	.doc = "A node.",
};

static const struct field hints_fields[] = {
	{ .name = "forZones",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_hints, for_zones),
		.of = &schema_for_zone,
		.list_key = "name",
		.doc = "The zones whose traffic it should get." },
	{ .name = "forNodes",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_hints, for_nodes),
		.of = &schema_for_node,
		.list_key = "name",
		.doc = "The nodes whose traffic it should get." },
};

static void hints_check(struct decode *d, const void *object, const struct value *v)
{
	const struct endpoint_hints *h = object;
	if (h->for_zones.count > HINTS_MAX)
		check_error(d, v, "forZones", "has %zu zones; at most %d are allowed", h->for_zones.count,
			HINTS_MAX);
	if (h->for_nodes.count > HINTS_MAX)
		check_error(d, v, "forNodes", "has %zu nodes; at most %d are allowed", h->for_nodes.count,
			HINTS_MAX);
}

static const struct schema schema_endpoint_hints = {
	.name = "EndpointHints",
	FIELDS(hints_fields),
	.size = sizeof(struct endpoint_hints),
	.check = hints_check,
	.doc = "Whose traffic an endpoint should get.",
};

static const struct field endpoint_fields[] = {
	{ .name = "addresses",
		.kind = FIELD_STRINGS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct slice_endpoint, addresses),
		.doc = "Its addresses, of which one is as good as another." },
	{ .name = "conditions",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct slice_endpoint, conditions),
		.of = &schema_endpoint_conditions,
		.doc = "How it is." },
	{ .name = "hostname",
		.kind = FIELD_STRING,
		.offset = offsetof(struct slice_endpoint, hostname),
		.rule = rule_dns_label,
		.doc = "Its name below that of a headless Service." },
	{ .name = "targetRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct slice_endpoint, target_ref),
		.of = &schema_object_reference,
		.doc = "What has the address: a pod, mostly." },
	{ .name = "nodeName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct slice_endpoint, node_name),
		.rule = rule_dns_subdomain,
		.doc = "The node that it is on." },
	{ .name = "zone",
		.kind = FIELD_STRING,
		.offset = offsetof(struct slice_endpoint, zone),
		.rule = rule_label_value,
		.doc = "The zone that it is in." },
	{ .name = "hints",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct slice_endpoint, hints),
		.of = &schema_endpoint_hints,
		.doc = "Whose traffic it should get." },
	{ .name = "deprecatedTopology",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "write nodeName and zone",
		.doc = "What v1beta1 said in the place of nodeName and zone." },
};

static void endpoint_check(struct decode *d, const void *object, const struct value *v)
{
	const struct slice_endpoint *e = object;
	if (e->addresses.count > ADDRESSES_MAX)
		check_error(d, v, "addresses", "has %zu addresses; at most %d are allowed",
			e->addresses.count, ADDRESSES_MAX);
}

static const struct schema schema_endpoint = {
	.name = "Endpoint",
	FIELDS(endpoint_fields),
	.size = sizeof(struct slice_endpoint),
	.check = endpoint_check,
	.doc = "Somebody who serves.",
};

static const struct field slice_port_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, name),
		.rule = rule_dns_label,
		.doc = "The name of the Service's port." },
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, protocol),
		.values = protocols,
		.value_default = "TCP",
		.doc = "The port's protocol." },
	{ .name = "port",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct endpoint_port, port),
		.min = 1,
		.max = 65535,
		.doc = "The port; all where not given." },
	{ .name = "appProtocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct endpoint_port, app_protocol),
		.rule = rule_label_key,
		.doc = "What is spoken on it; a hint for programs." },
};
static const struct schema schema_slice_port = {
	.name = "EndpointSlicePort",
	FIELDS(slice_port_fields),
	.size = sizeof(struct endpoint_port),
	.doc = "A port that is served.",
};

static const struct field slice_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "discovery.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "EndpointSlice." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct endpoint_slice, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations; the label kubernetes.io/service-name names "
		       "its "
		       "Service." },
	{ .name = "addressType",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct endpoint_slice, address_type),
		.values = address_types,
		.doc = "What the addresses are." },
	{ .name = "endpoints",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_slice, endpoints),
		.of = &schema_endpoint,
		.doc = "Who serves." },
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct endpoint_slice, ports),
		.of = &schema_slice_port,
		.doc = "The ports that each of them serves." },
};

/* What is wrong with ADDRESS where the slice's addresses are of TYPE, or NULL. */
static const char *wrong_address(struct decode *d, const char *type, const char *address)
{
	struct ip_network n;
	unsigned bits = str_eq(type, "IPv4") ? 32 : 128;
	if (str_eq(type, "FQDN"))
		return strchr(address, '.') ? rule_dns_subdomain(d->arena, address)
					    : arena_printf(d->arena, "`%s` must have a domain", address);
	if (ip_parse(address, &n) < 0 || n.bits != bits)
		return arena_printf(d->arena, "`%s` is no %s address", address, type);
	return rule_ip_of_host(d->arena, address);
}

static void check_addresses(struct decode *d, const struct endpoint_slice *s, const struct value *v)
{
	for (size_t i = 0; i < s->endpoints.count; i++) {
		const struct strings *addresses = &s->endpoints.items[i].addresses;
		for (size_t j = 0; j < addresses->count; j++) {
			const char *wrong = wrong_address(d, s->address_type, addresses->items[j]);
			if (wrong)
				check_error(d, v, check_path(d, "endpoints[%zu].addresses[%zu]", i, j), "%s",
					wrong);
		}
	}
}

static void check_port_names(struct decode *d, const struct endpoint_slice *s, const struct value *v)
{
	_cleanup_(map_done) struct map seen = { 0 };
	for (size_t i = 0; i < s->ports.count; i++) {
		const char *name = str_or_empty(s->ports.items[i].name);
		if (map_put(&seen, name, &s->ports.items[i]))
			check_error(d, v, check_path(d, "ports[%zu].name", i), "`%s` is used twice", name);
	}
}

static void slice_check(struct decode *d, const void *object, const struct value *v)
{
	const struct endpoint_slice *s = object;
	check_addresses(d, s, v);
	check_port_names(d, s, v);
	if (s->endpoints.count > ENDPOINTS_MAX)
		check_error(d, v, "endpoints", "has %zu endpoints; at most %d are allowed",
			s->endpoints.count, ENDPOINTS_MAX);
	if (s->ports.count > PORTS_MAX)
		check_error(
			d, v, "ports", "has %zu ports; at most %d are allowed", s->ports.count, PORTS_MAX);
	if (str_empty(string_map_get(&s->meta.labels, endpoint_slice_service_label)))
		check_warning(d, v, "metadata.labels", "without the label %s it belongs to no Service",
			endpoint_slice_service_label);
}

const struct schema schema_endpoint_slice = {
	.name = "EndpointSlice",
	FIELDS(slice_fields),
	.size = sizeof(struct endpoint_slice),
	.check = slice_check,
	.doc = "Who serves a Service.",
};
