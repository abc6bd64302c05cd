/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Columns of what directs and filters traffic. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/columns_parts.h"

enum { SHOWN_MAX = 3 };

/* --- services -------------------------------------------------------------------------------------- */

static void print_service_type(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_service(o)->spec.type));
}

static void print_service_cluster_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_or_none(out, object_service(o)->spec.cluster_ip);
}

/* Addresses or names of a load balancer, one behind the other; returns how many. */
static size_t add_balancer(struct buf *out, const struct load_balancer_status *s)
{
	for (size_t i = 0; i < s->ingress.count; i++) {
		const struct load_balancer_ingress *in = &s->ingress.items[i];
		buf_addf(out, "%s%s", i ? "," : "", str_empty(in->ip) ? str_or_empty(in->hostname) : in->ip);
	}
	return s->ingress.count;
}

static void print_service_external_ip(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct service_spec *s = &object_service(o)->spec;
	bool balancer = str_eq(s->type, "LoadBalancer");
	if (str_eq(s->type, "ExternalName")) {
		buf_adds(out, str_or_empty(s->external_name));
		return;
	}
	size_t shown = balancer ? add_balancer(out, &object_service(o)->status.load_balancer) : 0;
	if (shown > 0 && s->external_ips.count > 0)
		buf_addc(out, ',');
	columns_add_strings(out, &s->external_ips);
	if (shown == 0 && s->external_ips.count == 0)
		buf_adds(out, balancer ? "<pending>" : "<none>");
}

static void print_service_ports(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct service_spec *s = &object_service(o)->spec;
	for (size_t i = 0; i < s->ports.count; i++) {
		const struct service_port *p = &s->ports.items[i];
		buf_addf(out, "%s%" PRId64, i ? "," : "", p->port);
		if (p->node_port)
			buf_addf(out, ":%" PRId64, p->node_port);
		buf_addf(out, "/%s", str_or_empty(p->protocol));
	}
	if (s->ports.count == 0)
		buf_adds(out, "<none>");
}

static void print_service_selector(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_labels(out, &object_service(o)->spec.selector);
}

static const struct column service_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "TYPE", false, print_service_type },
	{ "CLUSTER-IP", false, print_service_cluster_ip },
	{ "EXTERNAL-IP", false, print_service_external_ip },
	{ "PORT(S)", false, print_service_ports },
	{ "AGE", false, columns_print_age },
	{ "SELECTOR", true, print_service_selector },
};

/* --- endpoints ------------------------------------------------------------------------------------- */

/* A list that is cut behind the third: "a,b,c + 2 more...". COUNT: how many were before. */
static void add_some(struct buf *out, size_t count, const char *text)
{
	if (count < SHOWN_MAX)
		buf_addf(out, "%s%s", count > 0 ? "," : "", text);
}

static void add_more(struct buf *out, size_t count, const char *empty)
{
	if (count == 0)
		buf_adds(out, empty);
	else if (count > SHOWN_MAX)
		buf_addf(out, " + %zu more...", count - SHOWN_MAX);
}

/* "10.0.0.1:80"; IPv6 in brackets; without ports the address alone. */
static size_t add_subset(struct buf *out, const struct endpoint_subset *s, size_t count)
{
	for (size_t i = 0; i < s->ports.count || (i == 0 && s->ports.count == 0); i++)
		for (size_t j = 0; j < s->addresses.count; j++) {
			const char *ip = s->addresses.items[j].ip;
			bool v6 = strchr(ip, ':') && s->ports.count > 0;
			_cleanup_(buf_done) struct buf text = BUF_INIT;
			buf_addf(&text, "%s%s%s", v6 ? "[" : "", ip, v6 ? "]" : "");
			if (s->ports.count > 0)
				buf_addf(&text, ":%" PRId64, s->ports.items[i].port.value);
			add_some(out, count++, text.data);
		}
	return count;
}

static void print_endpoints(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct endpoints *e = object_endpoints(o);
	size_t count = 0;
	for (size_t i = 0; i < e->subsets.count; i++)
		count = add_subset(out, &e->subsets.items[i], count);
	add_more(out, count, "<none>");
}

static const struct column endpoints_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "ENDPOINTS", false, print_endpoints },
	{ "AGE", false, columns_print_age },
};

static void print_slice_type(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_endpoint_slice(o)->address_type));
}

static void print_slice_ports(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct endpoint_ports *ports = &object_endpoint_slice(o)->ports;
	for (size_t i = 0; i < ports->count; i++) {
		const struct endpoint_port *p = &ports->items[i];
		char number[24] = "*";
		if (p->port.set)
			snprintf(number, sizeof(number), "%" PRId64, p->port.value);
		/* kubectl shows the number, or the name where there is none. */
		add_some(out, i, p->port.set || str_empty(p->name) ? number : p->name);
	}
	add_more(out, ports->count, "<unset>");
}

static void print_slice_endpoints(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct endpoint_slice *s = object_endpoint_slice(o);
	size_t count = 0;
	for (size_t i = 0; i < s->endpoints.count; i++)
		for (size_t j = 0; j < s->endpoints.items[i].addresses.count; j++)
			add_some(out, count++, s->endpoints.items[i].addresses.items[j]);
	add_more(out, count, "<unset>");
}

static const struct column slice_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "ADDRESSTYPE", false, print_slice_type },
	{ "PORTS", false, print_slice_ports },
	{ "ENDPOINTS", false, print_slice_endpoints },
	{ "AGE", false, columns_print_age },
};

/* --- ingress --------------------------------------------------------------------------------------- */

static void print_ingress_class_name(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct ingress *i = object_ingress(o);
	const char *old = string_map_get(&i->meta.annotations, "kubernetes.io/ingress.class");
	columns_add_or_none(out, i->spec.ingress_class_name ? i->spec.ingress_class_name : old);
}

static void print_ingress_hosts(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct ingress_spec *s = &object_ingress(o)->spec;
	size_t count = 0;
	for (size_t i = 0; i < s->rules.count; i++)
		if (!str_empty(s->rules.items[i].host))
			add_some(out, count++, s->rules.items[i].host);
	add_more(out, count, "*");
}

static void print_ingress_address(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	add_balancer(out, &object_ingress(o)->status.load_balancer);
}

static void print_ingress_ports(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, object_ingress(o)->spec.tls.count > 0 ? "80, 443" : "80");
}

static const struct column ingress_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CLASS", false, print_ingress_class_name },
	{ "HOSTS", false, print_ingress_hosts },
	{ "ADDRESS", false, print_ingress_address },
	{ "PORTS", false, print_ingress_ports },
	{ "AGE", false, columns_print_age },
};

static void print_class_controller(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	buf_adds(out, str_or_empty(object_ingress_class(o)->spec.controller));
}

static void print_class_parameters(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	const struct typed_reference *r = object_ingress_class(o)->spec.parameters;
	if (!r)
		buf_adds(out, "<none>");
	else
		buf_addf(out, "%s%s%s/%s", r->kind, str_empty(r->api_group) ? "" : ".",
			str_or_empty(r->api_group), r->name);
}

static const struct column ingress_class_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "CONTROLLER", false, print_class_controller },
	{ "PARAMETERS", false, print_class_parameters },
	{ "AGE", false, columns_print_age },
};

/* --- network policies ------------------------------------------------------------------------------ */

static void print_policy_selector(struct buf *out, const struct object *o, nsec_t now)
{
	(void)now;
	columns_add_selector(out, object_network_policy(o)->spec.pod_selector);
}

static const struct column policy_columns[] = {
	{ "NAME", false, columns_print_name },
	{ "POD-SELECTOR", false, print_policy_selector },
	{ "AGE", false, columns_print_age },
};

const struct column_table columns_network[] = {
	{ KIND_SERVICE, service_columns, ARRAY_LEN(service_columns) },
	{ KIND_ENDPOINTS, endpoints_columns, ARRAY_LEN(endpoints_columns) },
	{ KIND_ENDPOINT_SLICE, slice_columns, ARRAY_LEN(slice_columns) },
	{ KIND_INGRESS, ingress_columns, ARRAY_LEN(ingress_columns) },
	{ KIND_INGRESS_CLASS, ingress_class_columns, ARRAY_LEN(ingress_class_columns) },
	{ KIND_NETWORK_POLICY, policy_columns, ARRAY_LEN(policy_columns) },
	{ .columns = NULL },
};
