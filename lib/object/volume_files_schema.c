/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of volumes whose files come from objects: configMap, secret, downwardAPI, projected. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

/* A file's place within a volume: relative, and no first part such as "..data", which volumes use themselves. */
static const char *rule_file_path(struct arena *arena, const char *s)
{
	if (str_starts(s, ".."))
		return arena_printf(arena, "`%s` must not start with \"..\"", s);
	return rule_relative_path(arena, s);
}

/* What is written without a leading 0, and would be a mode with one, was meant to be octal. */
static void check_mode_at(struct decode *d, const struct value *v, const char *name)
{
	const struct value *mode = value_get(v, name);
	if (!mode || mode->type != VALUE_INT || (mode->integer >= 0 && mode->integer <= 0777))
		return;
	const char *text = mode->text ? mode->text : "";
	bool decimal = text[0] != '0' && strlen(text) == 3 && strspn(text, "01234567") == 3;
	check_error(d, v, name, "must be from 0 to 0777, but is %lld%s%s", (long long)mode->integer,
		decimal ? "; modes are octal: write 0" : "", decimal ? text : "");
}

static void mode_check(struct decode *d, const void *object, const struct value *v)
{
	(void)object;
	check_mode_at(d, v, "mode");
	check_mode_at(d, v, "defaultMode");
}

/* --- configMap, secret ------------------------------------------------------------------------------ */

static const struct field key_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_to_path, key),
		.doc = "The key whose value becomes the file's content." },
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct key_to_path, path),
		.rule = rule_file_path,
		.doc = "The file's path within the volume." },
	{ .name = "mode",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct key_to_path, mode),
		.doc = "The file's permission bits, 0 to 0777; defaultMode where none are given." },
};
static const struct schema schema_key_to_path = {
	.name = "KeyToPath",
	FIELDS(key_fields),
	.size = sizeof(struct key_to_path),
	.check = mode_check,
	.doc = "A key and the file that it becomes.",
};

static const struct field config_map_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct config_map_source, name),
		.rule = rule_dns_subdomain,
		.refers = "ConfigMap",
		.doc = "The ConfigMap, in the pod's namespace." },
	{ .name = "items",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct config_map_source, items),
		.of = &schema_key_to_path,
		.doc = "The keys to show, and as which files; all, under their own names, where none are "
		       "given." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct config_map_source, optional),
		.doc = "Whether the pod may start without the ConfigMap or its keys." },
	{ .name = "defaultMode",
		.kind = FIELD_INT,
		.offset = offsetof(struct config_map_source, default_mode),
		.value_default = "420",
		.doc = "The files' permission bits, 0 to 0777." },
};
const struct schema schema_config_map_source = {
	.name = "ConfigMapVolumeSource",
	FIELDS(config_map_fields),
	.size = sizeof(struct config_map_source),
	.check = mode_check,
	.doc = "The keys of a ConfigMap as files.",
};
/* The same rows but the last: a projection has no mode of its own. */
static const struct schema schema_config_map_projection = {
	.name = "ConfigMapProjection",
	.fields = config_map_fields,
	.field_count = ARRAY_LEN(config_map_fields) - 1,
	.size = sizeof(struct config_map_source),
	.check = mode_check,
	.doc = "The keys of a ConfigMap as files.",
};

static const struct field secret_fields[] = {
	{ .name = "secretName",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct secret_source, secret_name),
		.rule = rule_dns_subdomain,
		.refers = "Secret",
		.doc = "The Secret, in the pod's namespace." },
	{ .name = "items",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct secret_source, items),
		.of = &schema_key_to_path,
		.doc = "The keys to show, and as which files; all, under their own names, where none are "
		       "given." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct secret_source, optional),
		.doc = "Whether the pod may start without the Secret or its keys." },
	{ .name = "defaultMode",
		.kind = FIELD_INT,
		.offset = offsetof(struct secret_source, default_mode),
		.value_default = "420",
		.doc = "The files' permission bits, 0 to 0777." },
};
const struct schema schema_secret_source = {
	.name = "SecretVolumeSource",
	FIELDS(secret_fields),
	.size = sizeof(struct secret_source),
	.check = mode_check,
	.doc = "The keys of a Secret as files, kept in memory.",
};

static const struct field secret_projection_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct secret_source, secret_name),
		.rule = rule_dns_subdomain,
		.refers = "Secret",
		.doc = "The Secret, in the pod's namespace." },
	{ .name = "items",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct secret_source, items),
		.of = &schema_key_to_path,
		.doc = "The keys to show, and as which files; all, under their own names, where none are "
		       "given." },
	{ .name = "optional",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct secret_source, optional),
		.doc = "Whether the pod may start without the Secret or its keys." },
};
static const struct schema schema_secret_projection = {
	.name = "SecretProjection",
	FIELDS(secret_projection_fields),
	.size = sizeof(struct secret_source),
	.check = mode_check,
	.doc = "The keys of a Secret as files.",
};

/* --- downwardAPI ------------------------------------------------------------------------------------ */

static const struct field downward_file_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct downward_file, path),
		.rule = rule_file_path,
		.doc = "The file's path within the volume." },
	{ .name = "fieldRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct downward_file, field_ref),
		.of = &schema_field_ref,
		.doc = "A field of the pod: its name, namespace, uid, labels or annotations." },
	{ .name = "resourceFieldRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct downward_file, resource_field_ref),
		.of = &schema_resource_field_ref,
		.doc = "A limit or request of a container." },
	{ .name = "mode",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct downward_file, mode),
		.doc = "The file's permission bits, 0 to 0777; defaultMode where none are given." },
};

static void downward_file_check(struct decode *d, const void *object, const struct value *v)
{
	const struct downward_file *f = object;
	check_mode_at(d, v, "mode");
	if (!f->field_ref == !f->resource_field_ref)
		check_error(d, v, NULL, "needs exactly one of fieldRef and resourceFieldRef");
	if (f->field_ref && f->field_ref->field_path && !str_starts(f->field_ref->field_path, "metadata."))
		check_error(d, v, "fieldRef.fieldPath",
			"a file shows fields of metadata only; `%s` can be an environment variable",
			f->field_ref->field_path);
	if (f->resource_field_ref && str_empty(f->resource_field_ref->container_name))
		check_error(d, v, "resourceFieldRef.containerName", "is required in a volume");
}

static const struct schema schema_downward_file = {
	.name = "DownwardAPIVolumeFile",
	FIELDS(downward_file_fields),
	.size = sizeof(struct downward_file),
	.check = downward_file_check,
	.doc = "A file that shows something about the pod.",
};

static const struct field downward_fields[] = {
	{ .name = "items",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct downward_source, items),
		.of = &schema_downward_file,
		.doc = "The files." },
	{ .name = "defaultMode",
		.kind = FIELD_INT,
		.offset = offsetof(struct downward_source, default_mode),
		.value_default = "420",
		.doc = "The files' permission bits, 0 to 0777." },
};
const struct schema schema_downward_source = {
	.name = "DownwardAPIVolumeSource",
	FIELDS(downward_fields),
	.size = sizeof(struct downward_source),
	.check = mode_check,
	.doc = "Files that show something about the pod.",
};
static const struct schema schema_downward_projection = {
	.name = "DownwardAPIProjection",
	.fields = downward_fields,
	.field_count = ARRAY_LEN(downward_fields) - 1,
	.size = sizeof(struct downward_source),
	.check = mode_check,
	.doc = "Files that show something about the pod.",
};

/* --- projected -------------------------------------------------------------------------------------- */

static const struct field token_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct token_projection, path),
		.rule = rule_file_path,
		.doc = "The file's path within the volume." },
	{ .name = "audience",
		.kind = FIELD_STRING,
		.offset = offsetof(struct token_projection, audience),
		.doc = "Whom the token is meant for." },
	{ .name = "expirationSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct token_projection, expiration_seconds),
		.value_default = "3600",
		.min = 600,
		.max = (int64_t)1 << 32,
		.doc = "How long a token is good for." },
};
static const struct schema schema_token_projection = {
	.name = "ServiceAccountTokenProjection",
	FIELDS(token_fields),
	.size = sizeof(struct token_projection),
	.doc = "A token of the pod's service account.",
};

static const struct field projection_fields[] = {
	{ .name = "configMap",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct projection, config_map),
		.of = &schema_config_map_projection,
		.doc = "The keys of a ConfigMap." },
	{ .name = "secret",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct projection, secret),
		.of = &schema_secret_projection,
		.doc = "The keys of a Secret." },
	{ .name = "downwardAPI",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct projection, downward_api),
		.of = &schema_downward_projection,
		.doc = "Something about the pod." },
	{ .name = "serviceAccountToken",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct projection, service_account_token),
		.of = &schema_token_projection,
		.doc = "A token of the pod's service account." },
	{ .name = "clusterTrustBundle",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "Certificates that the cluster trusts." },
	{ .name = "podCertificate",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "A certificate for the pod, and its key." },
};

static void projection_check(struct decode *d, const void *object, const struct value *v)
{
	(void)object;
	size_t sources = 0;
	for (size_t i = 0; i < ARRAY_LEN(projection_fields); i++) {
		const struct value *source = value_get(v, projection_fields[i].name);
		sources += source && source->type != VALUE_NULL;
	}
	if (sources != 1)
		check_error(d, v, NULL,
			"needs exactly one of configMap, secret, downwardAPI and serviceAccountToken");
}

static const struct schema schema_projection = {
	.name = "VolumeProjection",
	FIELDS(projection_fields),
	.size = sizeof(struct projection),
	.check = projection_check,
	.doc = "One source of a projected volume.",
};

static const struct field projected_fields[] = {
	{ .name = "sources",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct projected_source, sources),
		.of = &schema_projection,
		.doc = "What appears in the volume, side by side." },
	{ .name = "defaultMode",
		.kind = FIELD_INT,
		.offset = offsetof(struct projected_source, default_mode),
		.value_default = "420",
		.doc = "The files' permission bits, 0 to 0777." },
};
const struct schema schema_projected_source = {
	.name = "ProjectedVolumeSource",
	FIELDS(projected_fields),
	.size = sizeof(struct projected_source),
	.check = mode_check,
	.doc = "Several sources in one directory.",
};
