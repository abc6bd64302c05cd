/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Ingress and the rules between its fields (networking validation ValidateIngressCreate). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/ip.h"
#include "lib/object/network.h"
#include "lib/object/tables.h"

static const char *const path_types[] = { "Exact", "Prefix", "ImplementationSpecific", NULL };

static const char class_annotation[] = "kubernetes.io/ingress.class";

/* --- backends ------------------------------------------------------------------------------------- */

static const struct field port_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct service_backend_port, name),
		.rule = rule_port_name,
		.doc = "The name of the Service's port." },
	{ .name = "number",
		.kind = FIELD_INT,
		.offset = offsetof(struct service_backend_port, number),
		.min = 0,
		.max = 65535,
		.doc = "The number of the Service's port." },
};

static void port_check(struct decode *d, const void *object, const struct value *v)
{
	const struct service_backend_port *p = object;
	if (str_empty(p->name) && p->number == 0)
		check_error(d, v, NULL, "needs the name or the number of the Service's port");
	if (!str_empty(p->name) && p->number != 0)
		check_error(d, v, "number", "can't stand beside name");
}

static const struct schema schema_service_backend_port = {
	.name = "ServiceBackendPort",
	FIELDS(port_fields),
	.size = sizeof(struct service_backend_port),
	.check = port_check,
	.doc = "A port of a Service, by name or by number.",
};

static const struct field service_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct ingress_service, name),
		.rule = rule_dns_label_1035,
		.refers = "Service",
		.doc = "The Service, in the Ingress's namespace." },
	{ .name = "port",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct ingress_service, port),
		.of = &schema_service_backend_port,
		.refers = REFERS_SERVICE_PORT,
		.doc = "The Service's port." },
};
static const struct schema schema_ingress_service = {
	.name = "IngressServiceBackend",
	FIELDS(service_fields),
	.size = sizeof(struct ingress_service),
	.doc = "A port of a Service.",
};

static const struct field resource_fields[] = {
	{ .name = "apiGroup",
		.kind = FIELD_STRING,
		.offset = offsetof(struct typed_reference, api_group),
		.rule = rule_dns_subdomain,
		.doc = "The group of its kind." },
	{ .name = "kind",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct typed_reference, kind),
		.rule = rule_path_segment,
		.doc = "Its kind." },
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct typed_reference, name),
		.rule = rule_path_segment,
		.doc = "Its name." },
};
static const struct schema schema_ingress_resource = {
	.name = "TypedLocalObjectReference",
	FIELDS(resource_fields),
	.size = sizeof(struct typed_reference),
	.doc = "An object of the Ingress's namespace.",
};

static const char v1beta1_backend[] = "write service: {name: …, port: {number: …}}";

static const struct field backend_fields[] = {
	{ .name = "service",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct ingress_backend, service),
		.of = &schema_ingress_service,
		.doc = "A port of a Service." },
	{ .name = "resource",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct ingress_backend, resource),
		.of = &schema_ingress_resource,
		.hint = "only Services serve an Ingress",
		.doc = "Another object, such as a storage bucket." },
	{ .name = "serviceName",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = v1beta1_backend,
		.doc = "What v1beta1 said in the place of service.name." },
	{ .name = "servicePort",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = v1beta1_backend,
		.doc = "What v1beta1 said in the place of service.port." },
};

static void backend_check(struct decode *d, const void *object, const struct value *v)
{
	const struct ingress_backend *b = object;
	if (!b->service && !b->resource)
		check_error(d, v, NULL, "needs a service: {name: …, port: {number: …}}");
	if (b->service && b->resource)
		check_error(d, v, "resource", "can't stand beside service");
}

static const struct schema schema_ingress_backend = {
	.name = "IngressBackend",
	FIELDS(backend_fields),
	.size = sizeof(struct ingress_backend),
	.check = backend_check,
	.doc = "Where requests go.",
};

/* --- paths ---------------------------------------------------------------------------------------- */

static const struct field path_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.offset = offsetof(struct ingress_path, path),
		.doc = "The path of the URL, or what it begins with." },
	{ .name = "pathType",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress_path, path_type),
		.values = path_types,
		.doc = "Whether the path is the whole path, or its first parts." },
	{ .name = "backend",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress_path, backend),
		.of = &schema_ingress_backend,
		.doc = "Where the requests go." },
};

/* A part of PATH that is never matched as it stands, since clients and proxies rewrite it; NULL: none. */
static const char *unmatchable(const char *path)
{
	static const char *const within[] = { "//", "/./", "/../", "%2f", "%2F" }, *const ends[] = { "/..",
		"/." };
	for (size_t i = 0; i < ARRAY_LEN(within); i++)
		if (strstr(path, within[i]))
			return within[i];
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(path, ends[i]))
			return ends[i];
	return NULL;
}

static void path_check(struct decode *d, const void *object, const struct value *v)
{
	const struct ingress_path *p = object;
	const char *path = str_or_empty(p->path), *part;
	bool free_form = str_eq(p->path_type, "ImplementationSpecific");
	if (!free_form && path[0] == '\0')
		check_error(d, v, "path", "is required with pathType: %s", p->path_type);
	else if (path[0] != '/' && path[0] != '\0')
		check_error(d, v, "path", "`%s` must be an absolute path", path);
	part = free_form ? NULL : unmatchable(path);
	if (part)
		check_error(d, v, "path", "`%s` must not contain `%s`", path, part);
}

static const struct schema schema_ingress_path = {
	.name = "HTTPIngressPath",
	FIELDS(path_fields),
	.size = sizeof(struct ingress_path),
	.check = path_check,
	.doc = "A path and where its requests go.",
};

static const struct field http_fields[] = {
	{ .name = "paths",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct ingress_http, paths),
		.of = &schema_ingress_path,
		.doc = "Paths; of those that fit, the longest counts." },
};
static const struct schema schema_ingress_http = {
	.name = "HTTPIngressRuleValue",
	FIELDS(http_fields),
	.size = sizeof(struct ingress_http),
	.doc = "Paths and where their requests go.",
};

/* --- hosts ---------------------------------------------------------------------------------------- */

/* A DNS name, whose first label may be "*". */
static const char *rule_host(struct arena *arena, const char *s)
{
	struct ip_network n;
	const char *rest = str_after(s, "*.");
	if (ip_parse(s, &n) == 0)
		return arena_printf(arena, "`%s` must be a DNS name, not an IP address", s);
	if (strchr(rest ? rest : s, '*'))
		return arena_printf(arena, "`%s`: a \"*\" must be the whole of the first part", s);
	return rule_dns_subdomain(arena, rest ? rest : s);
}

static const struct field rule_fields[] = {
	{ .name = "host",
		.kind = FIELD_STRING,
		.offset = offsetof(struct ingress_rule, host),
		.rule = rule_host,
		.doc = "The host of the URL; *.x for one more part; any where not given." },
	{ .name = "http",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct ingress_rule, http),
		.of = &schema_ingress_http,
		.doc = "Paths and where their requests go; all to the default backend where not given." },
};
static const struct schema schema_ingress_rule = {
	.name = "IngressRule",
	FIELDS(rule_fields),
	.size = sizeof(struct ingress_rule),
	.doc = "A host, and where its requests go.",
};

static const struct field tls_fields[] = {
	{ .name = "hosts",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct ingress_tls, hosts),
		.rule = rule_host,
		.doc = "The hosts that the certificate is for." },
	{ .name = "secretName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct ingress_tls, secret_name),
		.rule = rule_dns_subdomain,
		.refers = "Secret",
		.doc = "The Secret of type kubernetes.io/tls, in the Ingress's namespace." },
};
static const struct schema schema_ingress_tls = {
	.name = "IngressTLS",
	FIELDS(tls_fields),
	.size = sizeof(struct ingress_tls),
	.doc = "A certificate, and its hosts.",
};

/* --- the whole ------------------------------------------------------------------------------------ */

static const struct field spec_fields[] = {
	{ .name = "ingressClassName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct ingress_spec, ingress_class_name),
		.rule = rule_dns_subdomain,
		.doc = "The IngressClass; the default one where not given." },
	{ .name = "defaultBackend",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct ingress_spec, default_backend),
		.of = &schema_ingress_backend,
		.doc = "Where requests go that no rule is for." },
	{ .name = "tls",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct ingress_spec, tls),
		.of = &schema_ingress_tls,
		.doc = "Certificates." },
	{ .name = "rules",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct ingress_spec, rules),
		.of = &schema_ingress_rule,
		.doc = "Hosts, and where their requests go." },
	{ .name = "backend",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "its name is defaultBackend since networking.k8s.io/v1",
		.doc = "What v1beta1 said in the place of defaultBackend." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct ingress_spec *s = object;
	if (s->rules.count == 0 && !s->default_backend)
		check_error(d, v, NULL, "needs rules or a defaultBackend");
}

static const struct schema schema_ingress_spec = {
	.name = "IngressSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct ingress_spec),
	.check = spec_check,
	.doc = "Hosts and paths, and the Services that they lead to.",
};

static const struct field status_fields[] = {
	{ .name = "loadBalancer",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct ingress_status, load_balancer),
		.of = &schema_load_balancer_status,
		.doc = "Where it can be reached." },
};
static const struct schema schema_ingress_status = {
	.name = "IngressStatus",
	FIELDS(status_fields),
	.size = sizeof(struct ingress_status),
	.doc = "Where an Ingress can be reached.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "networking.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Ingress." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress, spec),
		.of = &schema_ingress_spec,
		.doc = "Hosts and paths, and the Services that they lead to." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct ingress, status),
		.of = &schema_ingress_status,
		.doc = "Where the Ingress can be reached." },
};

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct ingress *i = object;
	const char *old = string_map_get(&i->meta.annotations, class_annotation);
	const struct value *at = value_get(
		value_get(value_get(v, "metadata"), "annotations"), class_annotation);
	if (old && i->spec.ingress_class_name && !str_eq(old, i->spec.ingress_class_name))
		decode_error(d, at, check_key(d, "metadata.annotations", class_annotation),
			"`%s` must be the same as spec.ingressClassName, `%s`", old,
			i->spec.ingress_class_name);
}

const struct schema schema_ingress = {
	.name = "Ingress",
	FIELDS(fields),
	.size = sizeof(struct ingress),
	.check = check,
	.doc = "Hosts and paths of the web, and the Services that they lead to.",
};
