/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of IngressClass and its rules (networking validation ValidateIngressClass). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/network.h"
#include "lib/object/tables.h"

enum { CONTROLLER_MAX = 250 };

static const char *const scopes[] = { "Cluster", "Namespace", NULL };

static const struct field parameters_fields[] = {
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
	{ .name = "scope",
		.kind = FIELD_STRING,
		.offset = offsetof(struct typed_reference, scope),
		.values = scopes,
		.value_default = "Cluster",
		.doc = "Whether it is in a namespace." },
	{ .name = "namespace",
		.kind = FIELD_STRING,
		.offset = offsetof(struct typed_reference, namespace),
		.rule = rule_dns_label,
		.doc = "Its namespace, with scope: Namespace." },
};

static void parameters_check(struct decode *d, const void *object, const struct value *v)
{
	const struct typed_reference *r = object;
	bool in_namespace = str_eq(r->scope, "Namespace");
	if (in_namespace && str_empty(r->namespace))
		check_error(d, v, "namespace", "is required with scope: Namespace");
	if (!in_namespace && !str_empty(r->namespace))
		check_error(d, v, "namespace", "needs scope: Namespace");
}

static const struct schema schema_parameters = {
	.name = "IngressClassParametersReference",
	FIELDS(parameters_fields),
	.size = sizeof(struct typed_reference),
	.check = parameters_check,
	.doc = "An object with settings for the controller.",
};

/* A DNS name, "/", and a path. */
static const char *rule_controller(struct arena *arena, const char *s)
{
	const char *slash = strchr(s, '/');
	if (strlen(s) > CONTROLLER_MAX)
		return arena_printf(arena, "`%.40s…` has %zu characters; at most %d are allowed", s,
			strlen(s), CONTROLLER_MAX);
	if (!slash || !slash[1] || rule_dns_subdomain(arena, arena_strndup(arena, s, (size_t)(slash - s))))
		return arena_printf(
			arena, "`%s` must be a DNS name, \"/\" and a path: example.com/ingress", s);
	return NULL;
}

static const struct field spec_fields[] = {
	{ .name = "controller",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct ingress_class_spec, controller),
		.rule = rule_controller,
		.doc = "Which program serves Ingresses of this class." },
	{ .name = "parameters",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct ingress_class_spec, parameters),
		.of = &schema_parameters,
		.hint = "they are for other controllers",
		.doc = "An object with settings for the controller." },
};
static const struct schema schema_ingress_class_spec = {
	.name = "IngressClassSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct ingress_class_spec),
	.doc = "Who serves Ingresses of this class.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "networking.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "IngressClass." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress_class, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations; ingressclass.kubernetes.io/is-default-class makes it "
		       "the "
		       "default." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ingress_class, spec),
		.of = &schema_ingress_class_spec,
		.doc = "Who serves Ingresses of this class." },
};

const struct schema schema_ingress_class = {
	.name = "IngressClass",
	FIELDS(fields),
	.size = sizeof(struct ingress_class),
	.doc = "Who serves the Ingresses that name it.",
};
