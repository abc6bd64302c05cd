/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of environment variables: EnvVar, EnvFromSource, and the references that downward API files share. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/field_path.h"
#include "lib/object/tables.h"

/* --- references ------------------------------------------------------------------------------- */

/* In an environment variable and in a file; in a file metadata.labels and metadata.annotations too. */
static const char *const field_paths[] = { "metadata.name", "metadata.namespace", "metadata.uid",
	"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
	"status.podIPs", "metadata.labels", "metadata.annotations", NULL };

static const char *rule_field_path(struct arena *arena, const char *s)
{
	for (size_t i = 0; field_paths[i]; i++)
		if (str_eq(s, field_paths[i]))
			return NULL;
	const char *label = field_path_key(arena, s, "metadata.labels");
	const char *annotation = field_path_key(arena, s, "metadata.annotations");
	if (label)
		return rule_label_key(arena, label);
	if (annotation)
		return rule_annotation_key(arena, annotation);
	const char *near = str_nearest(s, field_paths);
	return near ? arena_printf(
			      arena, "a pod's field `%s` can't be referred to; did you mean `%s`?", s, near)
		    : arena_printf(arena, "a pod's field `%s` can't be referred to", s);
}

static const struct field field_ref_fields[] = {
	{ .name = "apiVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct field_ref, api_version),
		.value_default = "v1",
		.doc = "The version that fieldPath is written for." },
	{ .name = "fieldPath",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct field_ref, field_path),
		.rule = rule_field_path,
		.doc = "The pod's field, such as metadata.name, status.podIP or metadata.labels['app']." },
};
const struct schema schema_field_ref = {
	.name = "ObjectFieldSelector",
	FIELDS(field_ref_fields),
	.size = sizeof(struct field_ref),
	.doc = "A field of the pod itself.",
};

static const char *const resource_fields_known[] = { "limits.cpu", "limits.memory",
	"limits.ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", NULL };

static const char *rule_resource_field(struct arena *arena, const char *s)
{
	for (size_t i = 0; resource_fields_known[i]; i++)
		if (str_eq(s, resource_fields_known[i]))
			return NULL;
	if (str_starts(s, "limits.hugepages-") || str_starts(s, "requests.hugepages-"))
		return NULL;
	return arena_printf(arena,
		"`%s` must be limits. or requests. and one of cpu, memory, ephemeral-storage, hugepages-…",
		s);
}

static const struct field resource_ref_fields[] = {
	{ .name = "containerName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct resource_field_ref, container_name),
		.doc = "The container meant; needed in volumes, the own one in variables." },
	{ .name = "resource",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct resource_field_ref, resource),
		.rule = rule_resource_field,
		.doc = "Which resource, such as limits.cpu or requests.memory." },
	{ .name = "divisor",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct resource_field_ref, divisor),
		.doc = "The unit: the result is the resource divided by it, rounded up; 1 where none is "
		       "given." },
};

/* core validation validateContainerResourceDivisor: cpu in 1 or 1m, sizes in powers of 1000 or 1024. */
static void resource_ref_check(struct decode *d, const void *object, const struct value *v)
{
	static const char *const sizes[] = { "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi",
		"1Ti", "1Pi", "1Ei", NULL };
	static const char *const cpus[] = { "1", "1m", NULL };
	const struct resource_field_ref *r = object;
	if (!r->divisor.set || !r->resource || r->divisor.nano == 0)
		return;
	const char *const *allowed = str_ends(r->resource, ".cpu") ? cpus : sizes;
	for (size_t i = 0; allowed[i]; i++) {
		struct quantity q;
		if (quantity_parse(allowed[i], &q) == 0 && quantity_cmp(&q, &r->divisor) == 0)
			return;
	}
	check_error(d, v, "divisor", "must be %s for %s",
		allowed == cpus ? "1 or 1m" : "1, or 1 with one of k M G T P E Ki Mi Gi Ti Pi Ei",
		r->resource);
}

const struct schema schema_resource_field_ref = {
	.name = "ResourceFieldSelector",
	FIELDS(resource_ref_fields),
	.size = sizeof(struct resource_field_ref),
	.check = resource_ref_check,
	.doc = "A container's own limit or request.",
};

static const struct field config_key_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_selector, name),
		.rule = rule_dns_subdomain,
		.doc = "The ConfigMap's name, in the pod's namespace." },
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_selector, key),
		.rule = rule_config_key,
		.refers = REFERS_CONFIG_MAP_KEY,
		.doc = "The key within it." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct key_selector, optional),
		.doc = "Whether the pod may start without it." },
};
static const struct schema schema_config_map_key = {
	.name = "ConfigMapKeySelector",
	FIELDS(config_key_fields),
	.size = sizeof(struct key_selector),
	.doc = "One key of a ConfigMap.",
};

static const struct field secret_key_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_selector, name),
		.rule = rule_dns_subdomain,
		.doc = "The Secret's name, in the pod's namespace." },
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_selector, key),
		.rule = rule_config_key,
		.refers = REFERS_SECRET_KEY,
		.doc = "The key within it." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct key_selector, optional),
		.doc = "Whether the pod may start without it." },
};
static const struct schema schema_secret_key = {
	.name = "SecretKeySelector",
	FIELDS(secret_key_fields),
	.size = sizeof(struct key_selector),
	.doc = "One key of a Secret.",
};

/* --- env -------------------------------------------------------------------------------------- */

static const struct field source_fields[] = {
	{ .name = "fieldRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_source, field_ref),
		.of = &schema_field_ref,
		.doc = "A field of the pod itself." },
	{ .name = "resourceFieldRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_source, resource_field_ref),
		.of = &schema_resource_field_ref,
		.doc = "A limit or request of a container." },
	{ .name = "configMapKeyRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_source, config_map_key_ref),
		.of = &schema_config_map_key,
		.refers = "ConfigMap",
		.doc = "One key of a ConfigMap." },
	{ .name = "secretKeyRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_source, secret_key_ref),
		.of = &schema_secret_key,
		.refers = "Secret",
		.doc = "One key of a Secret." },
	{ .name = "fileKeyRef",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "One key of a file in a volume." },
};

static void source_check(struct decode *d, const void *object, const struct value *v)
{
	const struct env_source *s = object;
	int sources = !!s->field_ref + !!s->resource_field_ref + !!s->config_map_key_ref +
		      !!s->secret_key_ref + !!value_get(v, "fileKeyRef");
	if (sources == 0)
		check_error(d, v, NULL,
			"needs one of fieldRef, resourceFieldRef, configMapKeyRef and secretKeyRef");
	if (sources > 1)
		check_error(d, v, NULL,
			"takes only one of fieldRef, resourceFieldRef, configMapKeyRef and secretKeyRef");
	if (s->field_ref && (str_eq(s->field_ref->field_path, "metadata.labels") ||
				    str_eq(s->field_ref->field_path, "metadata.annotations")))
		check_error(d, v, "fieldRef.fieldPath", "a variable takes one of them: %s['key']",
			s->field_ref->field_path);
}

static const struct schema schema_env_source = {
	.name = "EnvVarSource",
	FIELDS(source_fields),
	.size = sizeof(struct env_source),
	.check = source_check,
	.doc = "Where a variable's value comes from.",
};

static const struct field env_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct env_var, name),
		.rule = rule_env_name,
		.doc = "The variable's name." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.offset = offsetof(struct env_var, value),
		.doc = "Its value; $(NAME) stands for an earlier variable, $$(NAME) for itself." },
	{ .name = "valueFrom",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_var, value_from),
		.of = &schema_env_source,
		.doc = "Where the value comes from, in the place of value." },
};

static void env_check(struct decode *d, const void *object, const struct value *v)
{
	const struct env_var *e = object;
	if (e->value_from && !str_empty(e->value))
		check_error(d, v, "valueFrom", "value is given too; a variable takes one of the two");
}

const struct schema schema_env_var = {
	.name = "EnvVar",
	FIELDS(env_fields),
	.size = sizeof(struct env_var),
	.check = env_check,
	.doc = "An environment variable of a container.",
};

static const struct field config_env_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct env_from_ref, name),
		.rule = rule_dns_subdomain,
		.doc = "Its name, in the pod's namespace." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct env_from_ref, optional),
		.doc = "Whether the pod may start without it." },
};
static const struct schema schema_config_map_env = {
	.name = "ConfigMapEnvSource",
	FIELDS(config_env_fields),
	.size = sizeof(struct env_from_ref),
	.doc = "All keys of a ConfigMap.",
};
static const struct schema schema_secret_env = {
	.name = "SecretEnvSource",
	FIELDS(config_env_fields),
	.size = sizeof(struct env_from_ref),
	.doc = "All keys of a Secret.",
};

static const struct field env_from_fields[] = {
	{ .name = "prefix",
		.kind = FIELD_STRING,
		.offset = offsetof(struct env_from, prefix),
		.doc = "Put before each key to make the variable's name." },
	{ .name = "configMapRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_from, config_map_ref),
		.of = &schema_config_map_env,
		.refers = "ConfigMap",
		.doc = "The ConfigMap whose keys become variables." },
	{ .name = "secretRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct env_from, secret_ref),
		.of = &schema_secret_env,
		.refers = "Secret",
		.doc = "The Secret whose keys become variables." },
};

static void env_from_check(struct decode *d, const void *object, const struct value *v)
{
	const struct env_from *e = object;
	if (!e->config_map_ref == !e->secret_ref)
		check_error(d, v, NULL, "needs exactly one of configMapRef and secretRef");
	const char *wrong = str_empty(e->prefix) ? NULL : rule_env_name(d->arena, e->prefix);
	if (wrong)
		check_error(d, v, "prefix", "%s", wrong);
}

const struct schema schema_env_from = {
	.name = "EnvFromSource",
	FIELDS(env_from_fields),
	.size = sizeof(struct env_from),
	.check = env_from_check,
	.doc = "A ConfigMap or Secret, each key of which becomes a variable.",
};
