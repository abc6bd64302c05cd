/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Node. People write spec, labels and our annotations; status is what the agent reports. */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/object/check.h"
#include "lib/object/ssh_address.h"
#include "lib/object/tables.h"

static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };

/* --- spec ---------------------------------------------------------------------------------------- */

static const struct field taint_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct taint, key),
		.rule = rule_label_key,
		.doc = "The taint's key." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.offset = offsetof(struct taint, value),
		.rule = rule_label_value,
		.doc = "Its value." },
	{ .name = "effect",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct taint, effect),
		.values = effects,
		.doc = "Whether pods that don't tolerate it stay away, rather stay away, or have to leave." },
	{ .name = "timeAdded",
		.kind = FIELD_TIME,
		.offset = offsetof(struct taint, time_added),
		.doc = "Since when, for NoExecute." },
};
static const struct schema schema_taint = {
	.name = "Taint",
	FIELDS(taint_fields),
	.size = sizeof(struct taint),
	.doc = "Keeps pods away that don't tolerate it.",
};

static const struct field spec_fields[] = {
	{ .name = "unschedulable",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct node_spec, unschedulable),
		.doc = "Whether no more pods are placed on it (cordon)." },
	{ .name = "taints",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_spec, taints),
		.of = &schema_taint,
		.list_key = "key,effect",
		.doc = "What keeps pods away that don't tolerate it." },
	{ .name = "podCIDR",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_spec, pod_cidr),
		.rule = rule_cidr,
		.doc = "The subnet of its pods; chosen and kept where not given." },
	{ .name = "podCIDRs",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct node_spec, pod_cidrs),
		.rule = rule_cidr,
		.doc = "The subnets of its pods; the first is podCIDR." },
	{ .name = "providerID",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_spec, provider_id),
		.doc = "Its identity in a cloud; a note for people." },
	{ .name = "configSource",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "it went with Kubernetes 1.22",
		.doc = "A kubelet's configuration; removed from Kubernetes." },
	{ .name = "externalID",
		.kind = FIELD_NONE,
		.support = ACCEPTED,
		.doc = "An old name of providerID; has no effect." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct node_spec *s = object;
	if (s->pod_cidrs.count > 0 && s->pod_cidr && !str_eq(s->pod_cidr, s->pod_cidrs.items[0]))
		check_error(d, v, "podCIDRs", "must begin with podCIDR");
}

static const struct schema schema_node_spec = {
	.name = "NodeSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct node_spec),
	.check = spec_check,
	.doc = "What people decide about a node.",
};

/* --- status --------------------------------------------------------------------------------------- */

static const struct field address_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct node_address, type),
		.doc = "InternalIP, Hostname and others." },
	{ .name = "address",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct node_address, address),
		.doc = "The address or name." },
};
static const struct schema schema_node_address = {
	.name = "NodeAddress",
	FIELDS(address_fields),
	.size = sizeof(struct node_address),
	.doc = "Where a node can be reached.",
};

static const struct field info_fields[] = {
	{ .name = "machineID",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, machine_id),
		.doc = "The host's identity (machine-id)." },
	{ .name = "systemUUID",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, system_uuid),
		.doc = "The hardware's identity." },
	{ .name = "bootID",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, boot_id),
		.doc = "Changes with every boot." },
	{ .name = "kernelVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, kernel_version),
		.doc = "The kernel's release." },
	{ .name = "osImage",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, os_image),
		.doc = "The distribution." },
	{ .name = "containerRuntimeVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, container_runtime_version),
		.doc = "The OCI runtime and its version." },
	{ .name = "kubeletVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, kubelet_version),
		.doc = "The agent's version." },
	{ .name = "kubeProxyVersion",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, kube_proxy_version),
		.doc = "Empty: there is no kube-proxy." },
	{ .name = "operatingSystem",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, operating_system),
		.doc = "linux." },
	{ .name = "architecture",
		.kind = FIELD_STRING,
		.offset = offsetof(struct node_info, architecture),
		.doc = "amd64, arm64 and others." },
	{ .name = "swap", .kind = FIELD_NONE, .doc = "Not kept." },
};
static const struct schema schema_node_info = {
	.name = "NodeSystemInfo",
	FIELDS(info_fields),
	.size = sizeof(struct node_info),
	.doc = "What a node is made of.",
};

static const struct field image_fields[] = {
	{ .name = "names",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct node_image, names),
		.doc = "What the image is called, registry and tag or digest written out." },
	{ .name = "sizeBytes",
		.kind = FIELD_INT,
		.offset = offsetof(struct node_image, size_bytes),
		.doc = "How large it is." },
};
static const struct schema schema_node_image = {
	.name = "ContainerImage",
	FIELDS(image_fields),
	.size = sizeof(struct node_image),
	.doc = "An image that a node has.",
};

static const struct field status_fields[] = {
	{ .name = "capacity",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct node_status, capacity),
		.doc = "All that the node has: cpu, memory, pods and others." },
	{ .name = "allocatable",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct node_status, allocatable),
		.doc = "What of it pods may use." },
	{ .name = "phase", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "Ready and others." },
	{ .name = "addresses",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_status, addresses),
		.of = &schema_node_address,
		.doc = "Where it can be reached." },
	{ .name = "daemonEndpoints", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "nodeInfo",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct node_status, node_info),
		.of = &schema_node_info,
		.doc = "What it is made of." },
	{ .name = "images",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_status, images),
		.of = &schema_node_image,
		.doc = "The images that it has, the largest first; 50 at most." },
	{ .name = "volumesInUse", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "volumesAttached", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "config", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "runtimeHandlers", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "features", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "declaredFeatures", .kind = FIELD_NONE, .doc = "Not kept." },
};
const struct schema schema_node_status = {
	.name = "NodeStatus",
	FIELDS(status_fields),
	.size = sizeof(struct node_status),
	.doc = "How a node is.",
};

/* --- Node ------------------------------------------------------------------------------------------ */

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Node." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct node, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels, and the annotations that say how it is reached: pintle.dev/local, "
		       "pintle.dev/ssh, pintle.dev/ssh-host-key, pintle.dev/transport, pintle.dev/address." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct node, spec),
		.of = &schema_node_spec,
		.doc = "What people decide about the node." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct node, status),
		.of = &schema_node_status,
		.doc = "How the node is." },
};

static void check_annotation(struct decode *d, const struct value *v, const char *key, const char *wrong)
{
	const struct value *map = value_get(value_get(v, "metadata"), "annotations");
	decode_error(d, value_get(map, key), check_key(d, "metadata.annotations", key), "%s", wrong);
}

static const char *annotation(const struct node *n, const char *key)
{
	return string_map_get(&n->meta.annotations, key);
}

static void check_switches(struct decode *d, const struct node *n, const struct value *v)
{
	static const char *const switches[] = { ANNOTATION_LOCAL, ANNOTATION_DRAIN,
		ANNOTATION_OUT_OF_SERVICE };

	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		const char *word = annotation(n, switches[i]);
		if (word && !str_eq(word, "true") && !str_eq(word, "false"))
			check_annotation(d, v, switches[i], "must be \"true\" or \"false\"");
	}
}

static bool any_modern(const struct ssh_host_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (ssh_host_key_is_modern(&keys->items[i]))
			return true;
	return false;
}

static void check_host_keys(struct decode *d, const struct node *n, const struct value *v)
{
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(d->arena, annotation(n, ANNOTATION_SSH_HOST_KEY), &keys);

	if (!wrong && !str_eq(annotation(n, ANNOTATION_TRANSPORT), "openssh") && !any_modern(&keys))
		wrong = "needs a key of type ssh-ed25519 or ecdsa-sha2-nistp256 (RSA goes with "
			"pintle.dev/transport: openssh)";
	if (wrong)
		check_annotation(d, v, ANNOTATION_SSH_HOST_KEY, wrong);
}

/* How a host's key is got; whoever reads it has to compare it with the host's own. */
static const char *needs_host_key(struct decode *d, const struct ssh_address *a)
{
	const char *port = a->port == 22 ? "" : arena_printf(d->arena, "-p %d ", a->port);

	return arena_printf(d->arena,
		"needs %s beside it, the host's public key: `TYPE BASE64` of "
		"/etc/ssh/ssh_host_ed25519_key.pub there, or of what `ssh-keyscan -t ed25519 %s%s` prints",
		ANNOTATION_SSH_HOST_KEY, port, a->host);
}

static void check_ssh(struct decode *d, const struct node *n, const struct value *v)
{
	struct ssh_address address;
	const char *wrong = ssh_address_parse(d->arena, annotation(n, ANNOTATION_SSH), &address);

	if (wrong)
		check_annotation(d, v, ANNOTATION_SSH, wrong);
	else if (str_eq(annotation(n, ANNOTATION_LOCAL), "true"))
		check_annotation(d, v, ANNOTATION_SSH, "can't be given with pintle.dev/local: \"true\"");
	else if (!annotation(n, ANNOTATION_SSH_HOST_KEY))
		check_annotation(d, v, ANNOTATION_SSH, needs_host_key(d, &address));
}

static void check(struct decode *d, const void *object, const struct value *v)
{
	static const char *const of_ssh[] = { ANNOTATION_SSH_HOST_KEY, ANNOTATION_TRANSPORT };
	const struct value *map = value_get(value_get(v, "metadata"), "annotations");
	const struct node *n = object;

	check_switches(d, n, v);
	if (annotation(n, ANNOTATION_SSH))
		check_ssh(d, n, v);
	if (annotation(n, ANNOTATION_SSH_HOST_KEY))
		check_host_keys(d, n, v);
	for (size_t i = 0; i < ARRAY_LEN(of_ssh); i++)
		if (annotation(n, of_ssh[i]) && !annotation(n, ANNOTATION_SSH))
			decode_warning(d, value_get(map, of_ssh[i]),
				check_key(d, "metadata.annotations", of_ssh[i]), "means nothing without %s",
				ANNOTATION_SSH);
}

const struct schema schema_node = {
	.name = "Node",
	FIELDS(fields),
	.size = sizeof(struct node),
	.check = check,
	.doc = "A host that runs pods.",
};
