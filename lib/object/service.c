/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Service, its defaults and the rules between its fields (core/v1 validation ValidateService). */
#include <stddef.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/ip.h"
#include "lib/object/tables.h"

enum {
	NODE_PORT_MIN = 30000,
	NODE_PORT_MAX = 32767,
	AFFINITY_SECONDS_MAX = 86400,
	AFFINITY_SECONDS = 10800, /* three hours */
};

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const types[] = { "ClusterIP", "NodePort", "LoadBalancer", "ExternalName", NULL };
static const char *const affinities[] = { "None", "ClientIP", NULL };
static const char *const traffic_policies[] = { "Cluster", "Local", NULL };
static const char *const families[] = { "IPv4", "IPv6", NULL };
static const char *const family_policies[] = { "SingleStack", "PreferDualStack", "RequireDualStack", NULL };
static const char *const distributions[] = { "PreferClose", "PreferSameZone", "PreferSameNode", NULL };

/* --- ports ------------------------------------------------------------------------------------------ */

static const struct field port_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_port, name),
		.rule = rule_dns_label,
		.doc = "The port's name; needed where there are several." },
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_port, protocol),
		.values = protocols,
		.value_default = "TCP",
		.doc = "The port's protocol." },
	{ .name = "appProtocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_port, app_protocol),
		.rule = rule_label_key,
		.doc = "What is spoken on it; a hint for programs." },
	{ .name = "port",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct service_port, port),
		.min = 1,
		.max = 65535,
		.doc = "The port of the Service's own address." },
	{ .name = "targetPort",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct service_port, target_port),
		.refers = REFERS_CONTAINER_PORT,
		.doc = "The pods' port, by number or by its name in the containers; port where not given." },
	{ .name = "nodePort",
		.kind = FIELD_INT,
		.offset = offsetof(struct service_port, node_port),
		.min = 0,
		.max = 65535,
		.doc = "The port of every node, from 30000 to 32767; chosen where not given." },
};

static void port_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct service_port *p = object;
	bool given = p->target_port.set && (p->target_port.string || p->target_port.integer != 0);
	if (!given)
		p->target_port = (struct int_or_string){ .set = true, .integer = p->port };
}

static void port_check(struct decode *d, const void *object, const struct value *v)
{
	const struct service_port *p = object;
	const struct int_or_string *target = &p->target_port;
	const char *wrong = target->string ? rule_port_name(d->arena, target->string) : NULL;
	if (wrong)
		check_error(d, v, "targetPort", "%s", wrong);
	if (!target->string && (target->integer < 1 || target->integer > 65535))
		check_error(d, v, "targetPort", "must be between 1 and 65535, or a port's name");
	if (p->node_port != 0 && (p->node_port < NODE_PORT_MIN || p->node_port > NODE_PORT_MAX))
		check_error(d, v, "nodePort", "must be between %d and %d, but is %lld", NODE_PORT_MIN,
			NODE_PORT_MAX, (long long)p->node_port);
}

static const struct schema schema_service_port = {
	.name = "ServicePort",
	FIELDS(port_fields),
	.size = sizeof(struct service_port),
	.defaults = port_defaults,
	.check = port_check,
	.doc = "A port of a Service and where it leads.",
};

/* An address, or None. */
static const char *rule_cluster_ip(struct arena *arena, const char *s)
{
	return str_eq(s, "None") ? NULL : rule_ip(arena, s);
}

/* --- session affinity ------------------------------------------------------------------------------- */

static const struct field client_ip_fields[] = {
	{ .name = "timeoutSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct client_ip_config, timeout_seconds),
		.value_default = "10800",
		.min = 1,
		.max = AFFINITY_SECONDS_MAX,
		.doc = "How long a client keeps to one pod after its last connection." },
};
static const struct schema schema_client_ip_config = {
	.name = "ClientIPConfig",
	FIELDS(client_ip_fields),
	.size = sizeof(struct client_ip_config),
	.doc = "How long clients, told apart by their addresses, keep to one pod.",
};

static const struct field affinity_fields[] = {
	{ .name = "clientIP",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct session_affinity_config, client_ip),
		.of = &schema_client_ip_config,
		.doc = "How long, for sessionAffinity: ClientIP." },
};
static const struct schema schema_affinity_config = {
	.name = "SessionAffinityConfig",
	FIELDS(affinity_fields),
	.size = sizeof(struct session_affinity_config),
	.doc = "How long a client keeps to one pod.",
};

/* --- spec ------------------------------------------------------------------------------------------- */

static const struct field spec_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, type),
		.values = types,
		.value_default = "ClusterIP",
		.doc = "Where it can be reached: within the cluster, at every node, from outside, or as a "
		       "DNS alias." },
	{ .name = "selector",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct service_spec, selector),
		.rule = rule_label_key,
		.refers = REFERS_PODS,
		.doc = "Labels of the pods that serve; without it the endpoints are written by hand." },
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct service_spec, ports),
		.of = &schema_service_port,
		.list_key = "port,protocol",
		.doc = "The ports, and where they lead." },
	{ .name = "clusterIP",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, cluster_ip),
		.rule = rule_cluster_ip,
		.doc = "Its address; chosen and kept where not given, None for a headless Service." },
	{ .name = "clusterIPs",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct service_spec, cluster_ips),
		.rule = rule_cluster_ip,
		.doc = "Its addresses; the first is clusterIP." },
	{ .name = "externalIPs",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct service_spec, external_ips),
		.rule = rule_ip_of_host,
		.doc = "Further addresses that lead to it on every node." },
	{ .name = "externalName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, external_name),
		.doc = "The DNS name that it stands for, for type ExternalName." },
	{ .name = "sessionAffinity",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, session_affinity),
		.values = affinities,
		.value_default = "None",
		.doc = "Whether a client keeps to one pod." },
	{ .name = "sessionAffinityConfig",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct service_spec, session_affinity_config),
		.of = &schema_affinity_config,
		.doc = "How long a client keeps to one pod." },
	{ .name = "externalTrafficPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, external_traffic_policy),
		.values = traffic_policies,
		.doc = "Whether traffic from outside may go to pods of other nodes; Cluster where not "
		       "given." },
	{ .name = "internalTrafficPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, internal_traffic_policy),
		.values = traffic_policies,
		.doc = "Whether traffic of the cluster may go to pods of other nodes; Cluster where not "
		       "given." },
	{ .name = "ipFamilies",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct service_spec, ip_families),
		.values = families,
		.doc = "IPv4 and IPv6, in order of preference." },
	{ .name = "ipFamilyPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, ip_family_policy),
		.values = family_policies,
		.doc = "Whether it has addresses of both families." },
	{ .name = "publishNotReadyAddresses",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct service_spec, publish_not_ready_addresses),
		.doc = "Whether pods that are not ready are among the endpoints." },
	{ .name = "loadBalancerClass",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, load_balancer_class),
		.rule = rule_label_key,
		.doc = "Which load balancer it is for." },
	{ .name = "loadBalancerIP",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, load_balancer_ip),
		.rule = rule_ip,
		.doc = "The address asked of the load balancer; deprecated by Kubernetes." },
	{ .name = "loadBalancerSourceRanges",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct service_spec, load_balancer_source_ranges),
		.rule = rule_cidr,
		.doc = "Networks that may reach the load balancer." },
	{ .name = "allocateLoadBalancerNodePorts",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct service_spec, allocate_load_balancer_node_ports),
		.doc = "Whether a LoadBalancer has ports on the nodes too; true where not given." },
	{ .name = "healthCheckNodePort",
		.kind = FIELD_INT,
		.offset = offsetof(struct service_spec, health_check_node_port),
		.min = 0,
		.max = 65535,
		.doc = "The nodes' port for health checks, with externalTrafficPolicy: Local." },
	{ .name = "trafficDistribution",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_spec, traffic_distribution),
		.values = distributions,
		.doc = "Which pods are preferred." },
};

static bool is_type(const struct service_spec *s, const char *type)
{
	return str_eq(s->type, type);
}

static bool is_headless(const struct service_spec *s)
{
	return str_eq(s->cluster_ip, "None");
}

/* Has ports on the nodes. */
static bool is_external(const struct service_spec *s)
{
	return is_type(s, "NodePort") || is_type(s, "LoadBalancer");
}

/* Gets traffic that does not come from the cluster. */
static bool is_reachable(const struct service_spec *s)
{
	return is_external(s) || (is_type(s, "ClusterIP") && s->external_ips.count > 0);
}

static void affinity_defaults(struct arena *arena, struct service_spec *s)
{
	struct session_affinity_config *c = s->session_affinity_config;
	if (!str_eq(s->session_affinity, "ClientIP")) {
		s->session_affinity_config = NULL;
		return;
	}
	if (!c)
		c = s->session_affinity_config = arena_alloc(arena, sizeof(*c));
	if (!c->client_ip)
		c->client_ip = arena_alloc(arena, sizeof(*c->client_ip));
	if (!c->client_ip->timeout_seconds.set)
		c->client_ip->timeout_seconds = (struct opt_int){ true, AFFINITY_SECONDS };
}

static void spec_defaults(struct arena *arena, void *object)
{
	struct service_spec *s = object;
	if (!s->cluster_ip && s->cluster_ips.count > 0)
		s->cluster_ip = s->cluster_ips.items[0];
	if (s->cluster_ip && s->cluster_ips.count == 0) {
		s->cluster_ips.items = arena_alloc(arena, sizeof(s->cluster_ips.items[0]));
		s->cluster_ips.items[s->cluster_ips.count++] = s->cluster_ip;
	}
	affinity_defaults(arena, s);
	if (is_reachable(s) && !s->external_traffic_policy)
		s->external_traffic_policy = "Cluster";
	if (!is_type(s, "ExternalName") && !s->internal_traffic_policy)
		s->internal_traffic_policy = "Cluster";
	if (is_type(s, "LoadBalancer") && !s->allocate_load_balancer_node_ports.set)
		s->allocate_load_balancer_node_ports = (struct opt_bool){ true, true };
}

/* Several ports have names, each its own, and node ports that differ. */
static void check_ports(struct decode *d, const struct service_spec *s, const struct value *v)
{
	_cleanup_(map_done) struct map names = { 0 }, node_ports = { 0 };
	for (size_t i = 0; i < s->ports.count; i++) {
		struct service_port *p = &s->ports.items[i];
		if (str_empty(p->name) && s->ports.count > 1)
			check_error(d, v, check_path(d, "ports[%zu].name", i),
				"is required where there are several ports");
		if (!str_empty(p->name) && map_put(&names, p->name, p))
			check_error(d, v, check_path(d, "ports[%zu].name", i), "`%s` is used twice", p->name);
		if (p->node_port == 0)
			continue;
		const char *path = check_path(d, "ports[%zu].nodePort", i);
		if (!is_external(s))
			check_error(d, v, path, "needs type NodePort or LoadBalancer, not %s", s->type);
		const char *key = arena_printf(d->arena, "%lld/%s", (long long)p->node_port, p->protocol);
		if (map_put(&node_ports, key, p))
			check_error(d, v, path, "%s is used twice", key);
	}
}

static void check_address(struct decode *d, const struct service_spec *s, const struct value *v)
{
	if (s->cluster_ips.count > 0 && !str_eq(s->cluster_ip, s->cluster_ips.items[0]))
		check_error(d, v, "clusterIPs", "must begin with clusterIP");
	if (s->cluster_ips.count > 1 && strings_contain(&s->cluster_ips, "None"))
		check_error(d, v, "clusterIPs", "None must stand alone");
	if (is_headless(s) && is_external(s))
		check_error(d, v, "clusterIP", "can't be None with type %s", s->type);
	if (is_type(s, "ExternalName") && s->cluster_ip)
		check_error(d, v, "clusterIP", "can't be given with type ExternalName");
	if (s->ports.count == 0 && !is_headless(s) && !is_type(s, "ExternalName"))
		check_error(d, v, "ports", "must not be empty");
}

static void check_external_name(struct decode *d, const struct service_spec *s, const struct value *v)
{
	if (!is_type(s, "ExternalName"))
		return;
	size_t len = s->external_name ? strlen(s->external_name) : 0;
	if (len == 0) {
		check_error(d, v, "externalName", "is required with type ExternalName");
		return;
	}
	if (s->external_name[len - 1] == '.')
		len--;
	const char *wrong = rule_dns_subdomain(d->arena, arena_strndup(d->arena, s->external_name, len));
	if (wrong)
		check_error(d, v, "externalName", "%s", wrong);
}

/* Kubernetes drops a configuration that sessionAffinity leaves unused. */
static void check_affinity(struct decode *d, const struct service_spec *s, const struct value *v)
{
	const struct value *config = value_get(v, "sessionAffinityConfig");
	if (config && config->type != VALUE_NULL && str_eq(s->session_affinity, "None"))
		check_warning(
			d, v, "sessionAffinityConfig", "has no effect without sessionAffinity: ClientIP");
}

/* "IPv4", "IPv6", or NULL for what is no address. */
static const char *family_of(const char *address)
{
	struct ip_network n;
	if (ip_parse(address, &n) < 0)
		return NULL;
	return n.bits == 32 ? "IPv4" : "IPv6";
}

/* Addresses and families stand in the same order; there is at most one of each family. */
static void check_families(struct decode *d, const struct service_spec *s, const struct value *v)
{
	const struct strings *ips = &s->cluster_ips, *wanted = &s->ip_families;
	if (wanted->count > 2 || (wanted->count == 2 && str_eq(wanted->items[0], wanted->items[1])))
		check_error(d, v, "ipFamilies", "must have each family at most once");
	if (ips->count > 2)
		check_error(d, v, "clusterIPs", "must not have more than two addresses");
	if (ips->count == 2 && family_of(ips->items[0]) &&
		str_eq(family_of(ips->items[0]), family_of(ips->items[1])))
		check_error(d, v, "clusterIPs", "must have one address of each family");
	for (size_t i = 0; i < ips->count && i < wanted->count; i++) {
		const char *family = family_of(ips->items[i]);
		if (family && !str_eq(family, wanted->items[i]))
			check_error(d, v, check_path(d, "clusterIPs[%zu]", i),
				"`%s` is %s, and ipFamilies says %s", ips->items[i], family,
				wanted->items[i]);
	}
	if (str_eq(s->ip_family_policy, "SingleStack") && (wanted->count > 1 || ips->count > 1))
		check_error(d, v, "ipFamilyPolicy", "SingleStack has one family and one address");
}

/* The service network is IPv4. */
static void check_ipv6(struct decode *d, const struct service_spec *s, const struct value *v)
{
	const char *path = NULL;
	if (str_eq(s->ip_family_policy, "RequireDualStack"))
		path = "ipFamilyPolicy";
	else if (s->ip_families.count == 1 && str_eq(s->ip_families.items[0], "IPv6"))
		path = "ipFamilies";
	for (size_t i = 1; i < s->cluster_ips.count; i++)
		if (str_eq(family_of(s->cluster_ips.items[i]), "IPv6"))
			path = "clusterIPs";
	if (s->cluster_ip && str_eq(family_of(s->cluster_ip), "IPv6"))
		check_error(d, v, "clusterIP", "`%s`: IPv6 is not supported yet", s->cluster_ip);
	else if (path)
		check_warning(d, v, path, "IPv6 is not supported yet: the Service has an IPv4 address only");
}

static void check_no_addresses(struct decode *d, const struct service_spec *s, const struct value *v)
{
	if (!is_type(s, "ExternalName"))
		return;
	if (s->ip_families.count > 0)
		check_error(d, v, "ipFamilies", "can't be given with type ExternalName");
	if (s->ip_family_policy)
		check_error(d, v, "ipFamilyPolicy", "can't be given with type ExternalName");
	if (s->internal_traffic_policy)
		check_error(d, v, "internalTrafficPolicy", "can't be given with type ExternalName");
}

/* Fields that belong to some types only. */
static void check_type(struct decode *d, const struct service_spec *s, const struct value *v)
{
	bool balancer = is_type(s, "LoadBalancer");
	if (s->external_traffic_policy && !is_reachable(s))
		check_error(
			d, v, "externalTrafficPolicy", "needs type NodePort or LoadBalancer, or externalIPs");
	if (!balancer && s->load_balancer_class)
		check_error(d, v, "loadBalancerClass", "needs type LoadBalancer");
	if (!balancer && s->load_balancer_source_ranges.count > 0)
		check_error(d, v, "loadBalancerSourceRanges", "needs type LoadBalancer");
	if (!balancer && s->allocate_load_balancer_node_ports.set)
		check_error(d, v, "allocateLoadBalancerNodePorts", "needs type LoadBalancer");
	if (s->health_check_node_port != 0 && (!balancer || !str_eq(s->external_traffic_policy, "Local")))
		check_error(d, v, "healthCheckNodePort",
			"needs type LoadBalancer and externalTrafficPolicy: Local");
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct service_spec *s = object;
	check_map_values(d, v, "selector", &s->selector, rule_label_value);
	check_address(d, s, v);
	check_ports(d, s, v);
	check_external_name(d, s, v);
	check_affinity(d, s, v);
	check_families(d, s, v);
	check_ipv6(d, s, v);
	check_no_addresses(d, s, v);
	check_type(d, s, v);
}

static const struct schema schema_service_spec = {
	.name = "ServiceSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct service_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.doc = "The pods that serve, the ports, and where they can be reached.",
};

static const struct field status_fields[] = {
	{ .name = "loadBalancer",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct service_status, load_balancer),
		.of = &schema_load_balancer_status,
		.doc = "The load balancer's addresses." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct service_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "How the Service is." },
};
static const struct schema schema_service_status = {
	.name = "ServiceStatus",
	FIELDS(status_fields),
	.size = sizeof(struct service_status),
	.doc = "Where a Service can be reached from outside.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Service." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct service, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct service, spec),
		.of = &schema_service_spec,
		.doc = "The pods that serve, the ports, and where they can be reached." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct service, status),
		.of = &schema_service_status,
		.doc = "Where the Service can be reached from outside." },
};

const struct schema schema_service = {
	.name = "Service",
	FIELDS(fields),
	.size = sizeof(struct service),
	.doc = "One stable name and address for pods that serve the same.",
};
