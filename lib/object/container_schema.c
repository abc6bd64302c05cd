/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Container, with its ports, mounts and resources. */
#include <stddef.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const propagations[] = { "None", "HostToContainer", "Bidirectional", NULL };
static const char *const recursive_words[] = { "Disabled", "IfPossible", "Enabled", NULL };
static const char *const recursive_pending[] = { "IfPossible", "Enabled", NULL };
static const char *const message_policies[] = { "File", "FallbackToLogsOnError", NULL };
static const char *const container_restart_policies[] = { "Always", "OnFailure", "Never", NULL };

static const struct field port_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container_port, name),
		.rule = rule_port_name,
		.doc = "The port's name, for Services and probes to refer to." },
	{ .name = "containerPort",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct container_port, container_port),
		.min = 1,
		.max = 65535,
		.doc = "The port that the container listens on." },
	{ .name = "protocol",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container_port, protocol),
		.values = protocols,
		.value_default = "TCP",
		.doc = "The port's protocol." },
	{ .name = "hostPort",
		.kind = FIELD_INT,
		.offset = offsetof(struct container_port, host_port),
		.min = 0,
		.max = 65535,
		.doc = "The node's port that leads to this one; 0 for none." },
	{ .name = "hostIP",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container_port, host_ip),
		.doc = "The node's address that hostPort is bound to; all where none is given." },
};
static const struct schema schema_container_port = {
	.name = "ContainerPort",
	FIELDS(port_fields),
	.size = sizeof(struct container_port),
	.doc = "A port that a container listens on.",
};

/* --- mounts ------------------------------------------------------------------------------------- */

static const struct field mount_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct volume_mount, name),
		.doc = "The volume of the pod." },
	{ .name = "mountPath",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct volume_mount, mount_path),
		.doc = "Where it appears in the container." },
	{ .name = "readOnly",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct volume_mount, read_only),
		.doc = "Whether the container may only read it." },
	{ .name = "subPath",
		.kind = FIELD_STRING,
		.offset = offsetof(struct volume_mount, sub_path),
		.rule = rule_relative_path,
		.doc = "The directory or file within the volume to mount; its root where none is given." },
	{ .name = "subPathExpr",
		.kind = FIELD_STRING,
		.offset = offsetof(struct volume_mount, sub_path_expr),
		.rule = rule_relative_path,
		.doc = "As subPath, with $(NAME) for the container's environment variables." },
	{ .name = "mountPropagation",
		.kind = FIELD_STRING,
		.offset = offsetof(struct volume_mount, mount_propagation),
		.values = propagations,
		.doc = "Whether later mounts appear on the other side: None where it is not given." },
	{ .name = "recursiveReadOnly",
		.kind = FIELD_STRING,
		.offset = offsetof(struct volume_mount, recursive_read_only),
		.values = recursive_words,
		.values_pending = recursive_pending,
		.doc = "Whether mounts below a read-only one are read-only too." },
};

/* A relative mountPath counts from the root, as the kubelet takes it. */
static void mount_defaults(struct arena *arena, void *object)
{
	struct volume_mount *m = object;
	if (!str_empty(m->mount_path) && m->mount_path[0] != '/')
		m->mount_path = arena_printf(arena, "/%s", m->mount_path);
}

static void mount_check(struct decode *d, const void *object, const struct value *v)
{
	const struct volume_mount *m = object;
	const char *wrong = str_empty(m->mount_path) ? NULL : rule_absolute_path(d->arena, m->mount_path);
	if (wrong)
		check_error(d, v, "mountPath", "%s", wrong);
	else if (m->mount_path && strchr(m->mount_path, ':'))
		check_error(d, v, "mountPath", "`%s` must not contain \":\"", m->mount_path);
	if (!str_empty(m->sub_path) && !str_empty(m->sub_path_expr))
		check_error(d, v, "subPathExpr", "subPath is given too; a mount takes one of the two");
	if (m->recursive_read_only && !str_eq(m->recursive_read_only, "Disabled") && !m->read_only)
		check_error(d, v, "recursiveReadOnly", "needs readOnly: true");
}

static const struct schema schema_volume_mount = {
	.name = "VolumeMount",
	FIELDS(mount_fields),
	.size = sizeof(struct volume_mount),
	.defaults = mount_defaults,
	.check = mount_check,
	.doc = "A volume of the pod as the container sees it.",
};

static const struct field device_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct volume_device, name),
		.doc = "The volume of the pod, of a claim in block mode." },
	{ .name = "devicePath",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct volume_device, device_path),
		.rule = rule_absolute_path,
		.doc = "Where the device appears in the container." },
};
static const struct schema schema_volume_device = {
	.name = "VolumeDevice",
	FIELDS(device_fields),
	.size = sizeof(struct volume_device),
	.doc = "A block device of the pod as the container sees it.",
};

/* --- resources ---------------------------------------------------------------------------------- */

static bool is_standard_resource(const char *name)
{
	return str_eq(name, "cpu") || str_eq(name, "memory") || str_eq(name, "ephemeral-storage") ||
	       str_starts(name, "hugepages-");
}

const char *rule_resource_name(struct arena *arena, const char *s)
{
	static const char *const names[] = { "cpu", "memory", "ephemeral-storage", NULL };
	if (is_standard_resource(s))
		return NULL;
	if (strchr(s, '/') && !str_starts(s, "requests."))
		return rule_label_key(arena, s);
	const char *near = str_nearest(s, names);
	return arena_printf(arena,
		"`%s` is no resource: cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a "
		"domain (example.com/gpu)%s%s%s",
		s, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static const struct field resources_fields[] = {
	{ .name = "requests",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct resources, requests),
		.rule = rule_resource_name,
		.doc = "What the scheduler sets aside: cpu, memory and others; the limit where none is "
		       "given." },
	{ .name = "limits",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct resources, limits),
		.rule = rule_resource_name,
		.doc = "What the container may use at most: cpu is throttled, memory ends it." },
	{ .name = "claims",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "dynamic resource allocation is not part of Pintle; use an extended resource in "
			"limits",
		.doc = "Claims of dynamic resource allocation." },
};

/* A limit without a request is the request too (SetDefaults_Pod). */
static void resources_defaults(struct arena *arena, void *object)
{
	struct resources *r = object;
	const struct quantity_map *limits = &r->limits, old = r->requests;
	struct quantity_map *requests = &r->requests;
	if (limits->count == 0)
		return;
	requests->items = arena_array(arena, limits->count + old.count, sizeof(requests->items[0]));
	requests->count = 0;
	for (size_t i = 0, j = 0; i < old.count || j < limits->count;) {
		int c = i == old.count       ? 1
			: j == limits->count ? -1
					     : strcmp(old.items[i].key, limits->items[j].key);
		requests->items[requests->count++] = c <= 0 ? old.items[i] : limits->items[j];
		i += c <= 0;
		j += c >= 0;
	}
}

/* What is wrong with so much of a resource, or NULL; *RET_DOUBT: what is odd about it, or NULL. */
static const char *amount_wrong(const struct quantity_pair *q, const char **ret_doubt)
{
	__int128 nano = q->value.nano;
	bool whole = nano % 1000000000 == 0;
	if (nano < 0)
		return "must not be negative";
	if (!whole && !is_standard_resource(q->key))
		return "must be a whole number";
	if (!whole && str_eq(q->key, "memory"))
		*ret_doubt =
			"is a fraction of a byte: \"m\" means thousandths, \"M\" and \"Mi\" are megabytes";
	if (str_eq(q->key, "cpu") && nano % 1000000 != 0)
		*ret_doubt = "is finer than 1m and rounded up to that";
	return NULL;
}

static void check_amount(
	struct decode *d, const struct value *v, const char *name, const struct quantity_pair *q)
{
	const char *doubt = NULL, *wrong = amount_wrong(q, &doubt);
	if (!wrong && !doubt)
		return;
	const struct value *at = value_get(value_get(v, name), q->key);
	const char *path = check_key(d, name, q->key);
	if (wrong)
		decode_error(d, at, path, "%s", wrong);
	else
		decode_warning(d, at, path, "%s", doubt);
}

void check_resources(
	struct decode *d, const struct value *v, const char *name, const struct quantity_map *amounts)
{
	for (size_t i = 0; i < amounts->count; i++)
		check_amount(d, v, name, &amounts->items[i]);
}

static void check_request(struct decode *d, const struct value *v, const struct quantity_pair *request,
	const struct quantity *limit)
{
	bool overcommits = str_eq(request->key, "cpu") || str_eq(request->key, "memory") ||
			   str_eq(request->key, "ephemeral-storage");
	const struct value *at = value_get(value_get(v, "requests"), request->key);
	char want[QUANTITY_TEXT_MAX], max[QUANTITY_TEXT_MAX];
	if (!limit) {
		if (!overcommits)
			decode_error(d, at, check_key(d, "requests", request->key),
				"needs a limit too: it can't be shared");
		return;
	}
	int c = quantity_cmp(&request->value, limit);
	if (overcommits ? c > 0 : c != 0)
		decode_error(d, at, check_key(d, "requests", request->key), "%s must be %s the limit of %s",
			quantity_format(&request->value, want), overcommits ? "at most" : "equal to",
			quantity_format(limit, max));
}

static void resources_check(struct decode *d, const void *object, const struct value *v)
{
	const struct resources *r = object;
	bool huge = false, base = false;
	check_resources(d, v, "limits", &r->limits);
	for (size_t i = 0; i < r->requests.count; i++) {
		const struct quantity_pair *q = &r->requests.items[i];
		huge |= str_starts(q->key, "hugepages-");
		base |= str_eq(q->key, "cpu") || str_eq(q->key, "memory");
		if (value_get(value_get(v, "requests"), q->key))
			check_amount(d, v, "requests", q);
		check_request(d, v, q, quantity_map_get(&r->limits, q->key));
	}
	if (huge && !base)
		check_error(d, v, NULL, "hugepages need cpu or memory beside them");
	const struct value *storage = value_get(value_get(v, "limits"), "ephemeral-storage");
	if (storage && d->mode == DECODE_MANIFEST)
		decode_warning(d, storage, "limits.ephemeral-storage",
			"has no effect here: the use of disk is not limited yet");
}

const struct schema schema_resources = {
	.name = "ResourceRequirements",
	FIELDS(resources_fields),
	.size = sizeof(struct resources),
	.defaults = resources_defaults,
	.check = resources_check,
	.doc = "How much of the node's resources a container gets.",
};

/* --- the container -------------------------------------------------------------------------------- */

static const struct field container_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct container, name),
		.rule = rule_dns_label,
		.doc = "The container's name, unique within the pod." },
	{ .name = "image",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct container, image),
		.doc = "The image's reference: [registry/]name[:tag][@digest]." },
	{ .name = "imagePullPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container, image_pull_policy),
		.values = pull_policies,
		.doc = "When to ask the registry: Always for the tag latest or none, else IfNotPresent." },
	{ .name = "command",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct container, command),
		.doc = "The program, in the place of the image's entrypoint; $(NAME) stands for a "
		       "variable." },
	{ .name = "args",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct container, args),
		.doc = "Its arguments, in the place of the image's command; $(NAME) stands for a variable." },
	{ .name = "workingDir",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container, working_dir),
		.doc = "The directory to start in; the image's where none is given." },
	{ .name = "env",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct container, env),
		.of = &schema_env_var,
		.doc = "Environment variables; of two with the same name the later counts." },
	{ .name = "envFrom",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct container, env_from),
		.of = &schema_env_from,
		.doc = "ConfigMaps and Secrets whose keys become variables; env stands before them." },
	{ .name = "ports",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct container, ports),
		.of = &schema_container_port,
		.doc = "The ports that the container listens on." },
	{ .name = "resources",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct container, resources),
		.of = &schema_resources,
		.doc = "How much of the node's resources it gets." },
	{ .name = "volumeMounts",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct container, volume_mounts),
		.of = &schema_volume_mount,
		.list_key = "mountPath",
		.doc = "The pod's volumes that the container sees, and where." },
	{ .name = "volumeDevices",
		.kind = FIELD_STRUCTS,
		.support = PENDING,
		.offset = offsetof(struct container, volume_devices),
		.of = &schema_volume_device,
		.list_key = "devicePath",
		.doc = "Block devices that the container sees, and where." },
	{ .name = "livenessProbe",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct container, liveness_probe),
		.of = &schema_probe,
		.doc = "Is the container alive? It is restarted when not." },
	{ .name = "readinessProbe",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct container, readiness_probe),
		.of = &schema_probe,
		.doc = "Can the container serve? Services leave it out when not." },
	{ .name = "startupProbe",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct container, startup_probe),
		.of = &schema_probe,
		.doc = "Has the container started? The other probes wait until it has." },
	{ .name = "lifecycle",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct container, lifecycle),
		.of = &schema_lifecycle,
		.doc = "What to do after its start and before its stop." },
	{ .name = "securityContext",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct container, security_context),
		.of = &schema_security_context,
		.doc = "What its processes may do; stands before the pod's." },
	{ .name = "restartPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container, restart_policy),
		.values = container_restart_policies,
		.doc = "For init containers: Always makes it a sidecar, which runs beside the others." },
	{ .name = "restartPolicyRules",
		.kind = FIELD_NONE,
		.support = PENDING,
		.doc = "Rules by exit status that stand before restartPolicy." },
	{ .name = "resizePolicy",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.hint = "a change of resources makes a new pod",
		.doc = "Whether a change of resources needs a restart." },
	{ .name = "terminationMessagePath",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container, termination_message_path),
		.value_default = "/dev/termination-log",
		.doc = "The file that the container may leave its last words in." },
	{ .name = "terminationMessagePolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct container, termination_message_policy),
		.values = message_policies,
		.value_default = "File",
		.doc = "Whether the log's end stands in where that file is empty and the container failed." },
	{ .name = "stdin",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct container, stdin_open),
		.doc = "Keep the standard input open, for attaching to it." },
	{ .name = "stdinOnce",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct container, stdin_once),
		.doc = "Close the standard input when the first who attached leaves." },
	{ .name = "tty",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct container, tty),
		.doc = "Give the container a terminal." },
};

/* Always for the tag "latest" or none; a digest names one image for good. */
static const char *default_pull_policy(const char *image)
{
	if (strchr(image, '@'))
		return "IfNotPresent";
	const char *slash = strrchr(image, '/');
	const char *tag = strchr(slash ? slash : image, ':');
	return !tag || str_eq(tag, ":latest") ? "Always" : "IfNotPresent";
}

static void container_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct container *c = object;
	if (str_empty(c->image_pull_policy) && c->image)
		c->image_pull_policy = default_pull_policy(c->image);
	if (str_empty(c->working_dir))
		c->working_dir = NULL;
}

static void check_port_names(struct decode *d, const struct container *c, const struct value *v)
{
	_cleanup_(map_done) struct map names = { 0 };
	for (size_t i = 0; i < c->ports.count; i++) {
		struct container_port *p = &c->ports.items[i];
		const struct container_port *before = p->name ? map_put(&names, p->name, p) : NULL;
		if (before)
			check_error(d, v, check_path(d, "ports[%zu].name", i),
				"`%s` is the name of ports[%zu] already", p->name,
				(size_t)(before - c->ports.items));
	}
}

static void check_mounts(struct decode *d, const struct container *c, const struct value *v)
{
	bool privileged = c->security_context && c->security_context->privileged.value;
	for (size_t i = 0; i < c->volume_mounts.count; i++)
		if (str_eq(c->volume_mounts.items[i].mount_propagation, "Bidirectional") && !privileged)
			check_error(d, v, check_path(d, "volumeMounts[%zu].mountPropagation", i),
				"Bidirectional needs a privileged container");
}

/* A readiness probe may need several successes; the others may not, and it may not set a grace period. */
static void check_probes(struct decode *d, const struct container *c, const struct value *v)
{
	if (c->liveness_probe && c->liveness_probe->success_threshold != 1)
		check_error(d, v, "livenessProbe.successThreshold", "must be 1");
	if (c->startup_probe && c->startup_probe->success_threshold != 1)
		check_error(d, v, "startupProbe.successThreshold", "must be 1");
	if (c->readiness_probe && c->readiness_probe->termination_grace_period_seconds.set)
		check_error(d, v, "readinessProbe.terminationGracePeriodSeconds",
			"has no meaning here: a readiness probe ends nothing");
}

static void container_check(struct decode *d, const void *object, const struct value *v)
{
	const struct container *c = object;
	const char *wrong = c->working_dir && c->working_dir[0] != '/'
				    ? rule_absolute_path(d->arena, c->working_dir)
				    : NULL;
	if (wrong)
		check_error(d, v, "workingDir", "%s", wrong);
	if (c->image && strpbrk(c->image, " \t\r\n"))
		check_error(d, v, "image", "`%s` must not contain white space", c->image);
	check_port_names(d, c, v);
	check_mounts(d, c, v);
	check_probes(d, c, v);
	if (c->stdin_open)
		check_hold(d, v, "stdin", "attaching to a container is not supported yet");
	if (c->tty)
		check_hold(d, v, "tty", "terminals are not supported yet");
}

const struct schema schema_container = {
	.name = "Container",
	FIELDS(container_fields),
	.size = sizeof(struct container),
	.defaults = container_defaults,
	.check = container_check,
	.doc = "One program of a pod, run from an image.",
};
