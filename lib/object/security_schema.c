/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of SecurityContext and PodSecurityContext. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

enum { ID_MAX = INT32_MAX };

static const char *const profile_types[] = { "RuntimeDefault", "Localhost", "Unconfined", NULL };
static const char *const profile_types_pending[] = { "Localhost", NULL };
static const char *const proc_mounts[] = { "Default", "Unmasked", NULL };
static const char *const proc_mounts_pending[] = { "Unmasked", NULL };
static const char *const group_change_policies[] = { "Always", "OnRootMismatch", NULL };
static const char *const group_policies[] = { "Merge", "Strict", NULL };
static const char *const group_policies_pending[] = { "Strict", NULL };

static const struct field capabilities_fields[] = {
	{ .name = "add",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct capabilities, add),
		.doc = "Capabilities to give, such as NET_ADMIN, or ALL." },
	{ .name = "drop",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct capabilities, drop),
		.doc = "Capabilities to take away, or ALL." },
};
static const struct schema schema_capabilities = {
	.name = "Capabilities",
	FIELDS(capabilities_fields),
	.size = sizeof(struct capabilities),
	.doc = "Changes to the runtime's usual set of capabilities.",
};

static const struct field seccomp_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct seccomp_profile, type),
		.values = profile_types,
		.values_pending = profile_types_pending,
		.doc = "The runtime's own profile, a file on the node, or none." },
	{ .name = "localhostProfile",
		.kind = FIELD_STRING,
		.offset = offsetof(struct seccomp_profile, localhost_profile),
		.rule = rule_relative_path,
		.doc = "The file, for type Localhost." },
};
static void seccomp_check(struct decode *d, const void *object, const struct value *v)
{
	const struct seccomp_profile *p = object;
	if (str_eq(p->type, "Localhost") && str_empty(p->localhost_profile))
		check_error(d, v, "localhostProfile", "type Localhost needs it");
	if (p->type && !str_eq(p->type, "Localhost") && p->localhost_profile)
		check_error(d, v, "localhostProfile", "belongs to type Localhost only");
}
static const struct schema schema_seccomp_profile = {
	.name = "SeccompProfile",
	FIELDS(seccomp_fields),
	.size = sizeof(struct seccomp_profile),
	.check = seccomp_check,
	.doc = "Which system calls may be made.",
};

static const struct field app_armor_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct app_armor_profile, type),
		.values = profile_types,
		.doc = "The runtime's own profile, one loaded on the node, or none." },
	{ .name = "localhostProfile",
		.kind = FIELD_STRING,
		.offset = offsetof(struct app_armor_profile, localhost_profile),
		.doc = "The loaded profile's name, for type Localhost." },
};
static void app_armor_check(struct decode *d, const void *object, const struct value *v)
{
	const struct app_armor_profile *p = object;
	if (str_eq(p->type, "Localhost") && str_empty(p->localhost_profile))
		check_error(d, v, "localhostProfile", "type Localhost needs it");
	if (p->type && !str_eq(p->type, "Localhost") && p->localhost_profile)
		check_error(d, v, "localhostProfile", "belongs to type Localhost only");
}
static const struct schema schema_app_armor_profile = {
	.name = "AppArmorProfile",
	FIELDS(app_armor_fields),
	.size = sizeof(struct app_armor_profile),
	.check = app_armor_check,
	.doc = "The AppArmor profile to run under.",
};

static const struct field se_linux_fields[] = {
	{ .name = "user",
		.kind = FIELD_STRING,
		.offset = offsetof(struct se_linux_options, user),
		.doc = "The label's user." },
	{ .name = "role",
		.kind = FIELD_STRING,
		.offset = offsetof(struct se_linux_options, role),
		.doc = "The label's role." },
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct se_linux_options, type),
		.doc = "The label's type." },
	{ .name = "level",
		.kind = FIELD_STRING,
		.offset = offsetof(struct se_linux_options, level),
		.doc = "The label's level." },
};
static const struct schema schema_se_linux_options = {
	.name = "SELinuxOptions",
	FIELDS(se_linux_fields),
	.size = sizeof(struct se_linux_options),
	.doc = "The SELinux label to run under.",
};

/* --- of a container ----------------------------------------------------------------------------- */

static const struct field container_fields[] = {
	{ .name = "runAsUser",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct security_context, run_as_user),
		.min = 0,
		.max = ID_MAX,
		.doc = "User id of the container's first process; the image's where none is given." },
	{ .name = "runAsGroup",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct security_context, run_as_group),
		.min = 0,
		.max = ID_MAX,
		.doc = "Its group id." },
	{ .name = "runAsNonRoot",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct security_context, run_as_non_root),
		.doc = "Refuse to start the container as user 0." },
	{ .name = "readOnlyRootFilesystem",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct security_context, read_only_root_filesystem),
		.doc = "Make the image's file system read-only; volumes are not concerned." },
	{ .name = "allowPrivilegeEscalation",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct security_context, allow_privilege_escalation),
		.doc = "Whether set-user-id programs and file capabilities work; false sets no_new_privs." },
	{ .name = "privileged",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct security_context, privileged),
		.doc = "Run with all capabilities and all of the host's devices: as root on the host." },
	{ .name = "capabilities",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct security_context, capabilities),
		.of = &schema_capabilities,
		.doc = "Capabilities to give and to take away." },
	{ .name = "seccompProfile",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct security_context, seccomp_profile),
		.of = &schema_seccomp_profile,
		.doc = "Which system calls may be made." },
	{ .name = "appArmorProfile",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct security_context, app_armor_profile),
		.of = &schema_app_armor_profile,
		.hint = "AppArmor profiles are not set",
		.doc = "The AppArmor profile to run under." },
	{ .name = "seLinuxOptions",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct security_context, se_linux_options),
		.of = &schema_se_linux_options,
		.hint = "SELinux labels are not set",
		.doc = "The SELinux label to run under." },
	{ .name = "procMount",
		.kind = FIELD_STRING,
		.offset = offsetof(struct security_context, proc_mount),
		.values = proc_mounts,
		.values_pending = proc_mounts_pending,
		.doc = "Whether parts of /proc are hidden." },
	{ .name = "windowsOptions",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "pods run on Linux only",
		.doc = "Settings for Windows." },
};

static void container_check(struct decode *d, const void *object, const struct value *v)
{
	const struct security_context *s = object;
	bool no_escalation = s->allow_privilege_escalation.set && !s->allow_privilege_escalation.value;
	if (no_escalation && s->privileged.value)
		check_error(d, v, "allowPrivilegeEscalation", "can't be false in a privileged container");
	if (no_escalation && s->capabilities &&
		(strings_contain(&s->capabilities->add, "SYS_ADMIN") ||
			strings_contain(&s->capabilities->add, "CAP_SYS_ADMIN")))
		check_error(d, v, "allowPrivilegeEscalation", "can't be false with the capability SYS_ADMIN");
	if (s->run_as_non_root.value && s->run_as_user.set && s->run_as_user.value == 0)
		check_error(d, v, "runAsUser", "is 0, and runAsNonRoot is true");
}

const struct schema schema_security_context = {
	.name = "SecurityContext",
	FIELDS(container_fields),
	.size = sizeof(struct security_context),
	.check = container_check,
	.doc = "What a container's processes may do; stands before the pod's.",
};

/* --- of a pod ------------------------------------------------------------------------------------ */

static const char *rule_sysctl(struct arena *arena, const char *s)
{
	for (const char *p = s; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || strchr("-_./", *p)))
			return arena_printf(arena,
				"`%s` must be lower-case letters, digits, \"-\" and \"_\" between dots", s);
	return NULL;
}

static const struct field sysctl_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct sysctl, name),
		.rule = rule_sysctl,
		.doc = "The setting, such as net.core.somaxconn." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct sysctl, value),
		.doc = "Its value." },
};
static const struct schema schema_sysctl = {
	.name = "Sysctl",
	FIELDS(sysctl_fields),
	.size = sizeof(struct sysctl),
	.doc = "A kernel setting of the pod's own namespaces.",
};

static const struct field pod_fields[] = {
	{ .name = "runAsUser",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct pod_security_context, run_as_user),
		.min = 0,
		.max = ID_MAX,
		.doc = "User id of all containers that don't say otherwise." },
	{ .name = "runAsGroup",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct pod_security_context, run_as_group),
		.min = 0,
		.max = ID_MAX,
		.doc = "Group id of all containers that don't say otherwise." },
	{ .name = "runAsNonRoot",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct pod_security_context, run_as_non_root),
		.doc = "Refuse to start containers as user 0." },
	{ .name = "fsGroup",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct pod_security_context, fs_group),
		.min = 0,
		.max = ID_MAX,
		.doc = "Group that owns the pod's volumes and that its processes belong to." },
	{ .name = "fsGroupChangePolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_security_context, fs_group_change_policy),
		.values = group_change_policies,
		.doc = "Whether ownership is set at each start or only where the top directory differs." },
	{ .name = "supplementalGroups",
		.kind = FIELD_INTS,
		.offset = offsetof(struct pod_security_context, supplemental_groups),
		.min = 0,
		.max = ID_MAX,
		.doc = "Further groups of all processes." },
	{ .name = "supplementalGroupsPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_security_context, supplemental_groups_policy),
		.values = group_policies,
		.values_pending = group_policies_pending,
		.doc = "Whether the image's own groups of the user are added." },
	{ .name = "sysctls",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_security_context, sysctls),
		.of = &schema_sysctl,
		.list_key = "name",
		.doc = "Kernel settings of the pod's own namespaces." },
	{ .name = "seccompProfile",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_security_context, seccomp_profile),
		.of = &schema_seccomp_profile,
		.doc = "Which system calls may be made." },
	{ .name = "appArmorProfile",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_security_context, app_armor_profile),
		.of = &schema_app_armor_profile,
		.hint = "AppArmor profiles are not set",
		.doc = "The AppArmor profile to run under." },
	{ .name = "seLinuxOptions",
		.kind = FIELD_STRUCT,
		.support = ACCEPTED,
		.offset = offsetof(struct pod_security_context, se_linux_options),
		.of = &schema_se_linux_options,
		.hint = "SELinux labels are not set",
		.doc = "The SELinux label to run under." },
	{ .name = "seLinuxChangePolicy",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "SELinux labels are not set",
		.doc = "How volumes get their SELinux label." },
	{ .name = "windowsOptions",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "pods run on Linux only",
		.doc = "Settings for Windows." },
};

static void pod_check(struct decode *d, const void *object, const struct value *v)
{
	const struct pod_security_context *s = object;
	if (s->run_as_non_root.value && s->run_as_user.set && s->run_as_user.value == 0)
		check_error(d, v, "runAsUser", "is 0, and runAsNonRoot is true");
}

const struct schema schema_pod_security_context = {
	.name = "PodSecurityContext",
	FIELDS(pod_fields),
	.size = sizeof(struct pod_security_context),
	.check = pod_check,
	.doc = "What the processes of a pod may do.",
};
