/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of PersistentVolume and the rules between its fields (core/v1 validation ValidatePersistentVolumeSpec). Of
 * the sources that Kubernetes has had, those that need nothing but the host are supported.
 */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/storage.h"
#include "lib/object/tables.h"

static const char *const volume_modes[] = { "Filesystem", "Block", NULL };
static const char *const volume_modes_pending[] = { "Block", NULL };
static const char *const policies[] = { "Retain", "Delete", "Recycle", NULL };
static const char *const phases[] = { "Pending", "Available", "Bound", "Released", "Failed", NULL };

static const char class_annotation[] = "volume.beta.kubernetes.io/storage-class";

/* --- sources ------------------------------------------------------------------------------------ */

static const char *rule_no_backstep(struct arena *arena, const char *s)
{
	return rule_relative_path(arena, s[0] == '/' ? s + 1 : s);
}

static const struct field local_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct local_source, path),
		.rule = rule_no_backstep,
		.doc = "The directory, or the disk, of the node." },
	{ .name = "fsType",
		.kind = FIELD_STRING,
		.support = ACCEPTED,
		.offset = offsetof(struct local_source, fs_type),
		.hint = "directories are mounted as they are",
		.doc = "The file system to make on a disk." },
};
static const struct schema schema_local_source = {
	.name = "LocalVolumeSource",
	FIELDS(local_fields),
	.size = sizeof(struct local_source),
	.doc = "A directory of one node, which nodeAffinity names.",
};

static const struct field affinity_fields[] = {
	{ .name = "required",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct volume_node_affinity, required),
		.of = &schema_node_selector,
		.doc = "The nodes that have it." },
};
static const struct schema schema_volume_node_affinity = {
	.name = "VolumeNodeAffinity",
	FIELDS(affinity_fields),
	.size = sizeof(struct volume_node_affinity),
	.doc = "The nodes from which the volume can be used.",
};

/* --- spec ---------------------------------------------------------------------------------------- */

static const char no_driver[] = "there is no driver for it; use local, hostPath or nfs";
static const char removed[] = "its driver was removed from Kubernetes; use local, hostPath or nfs";

static const struct field spec_fields[] = {
	{ .name = "capacity",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct persistent_volume_spec, capacity),
		.doc = "How large it is: storage, in bytes." },
	{ .name = "accessModes",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct persistent_volume_spec, access_modes),
		.values = volume_access_modes,
		.doc = "How many nodes may use it at once, and whether to write." },
	{ .name = "hostPath",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct persistent_volume_spec, host_path),
		.of = &schema_host_path_source,
		.doc = "A directory of whichever node the pod is on." },
	{ .name = "local",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct persistent_volume_spec, local),
		.of = &schema_local_source,
		.doc = "A directory of one node, which nodeAffinity names." },
	{ .name = "nfs",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct persistent_volume_spec, nfs),
		.of = &schema_nfs_source,
		.doc = "A directory of an NFS server." },
	{ .name = "claimRef",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct persistent_volume_spec, claim_ref),
		.of = &schema_object_reference,
		.doc = "The one claim that may have it." },
	{ .name = "persistentVolumeReclaimPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_spec, reclaim_policy),
		.values = policies,
		.value_default = "Retain",
		.doc = "What becomes of the data when the claim is gone." },
	{ .name = "storageClassName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_spec, storage_class_name),
		.doc = "The class whose claims may have it; none where empty." },
	{ .name = "mountOptions",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct persistent_volume_spec, mount_options),
		.doc = "Options for mounting it." },
	{ .name = "volumeMode",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_spec, volume_mode),
		.values = volume_modes,
		.values_pending = volume_modes_pending,
		.value_default = "Filesystem",
		.doc = "Whether pods see a directory or a block device." },
	{ .name = "nodeAffinity",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct persistent_volume_spec, node_affinity),
		.of = &schema_volume_node_affinity,
		.doc = "The nodes from which it can be used." },
	{ .name = "volumeAttributesClassName",
		.kind = FIELD_STRING,
		.support = ACCEPTED,
		.offset = offsetof(struct persistent_volume_spec, volume_attributes_class_name),
		.rule = rule_dns_subdomain,
		.hint = "only CSI drivers know such classes",
		.doc = "The VolumeAttributesClass." },
	{ .name = "csi",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "CSI drivers need an API server that can be written to; use local, hostPath or nfs",
		.doc = "Storage of a CSI driver." },
	{ .name = "iscsi",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = no_driver,
		.doc = "An iSCSI disk." },
	{ .name = "fc",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = no_driver,
		.doc = "A Fibre Channel disk." },
	{ .name = "flexVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = no_driver,
		.doc = "Storage of an exec driver; deprecated by Kubernetes." },
	{ .name = "awsElasticBlockStore",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "azureDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "azureFile",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud share; removed from Kubernetes." },
	{ .name = "cephfs",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Ceph file system; removed from Kubernetes." },
	{ .name = "cinder",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "flocker",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Flocker dataset; removed from Kubernetes." },
	{ .name = "gcePersistentDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "glusterfs",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Gluster file system; removed from Kubernetes." },
	{ .name = "photonPersistentDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "portworxVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Portworx volume; removed from Kubernetes." },
	{ .name = "quobyte",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Quobyte volume; removed from Kubernetes." },
	{ .name = "rbd",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A Ceph block device; removed from Kubernetes." },
	{ .name = "scaleIO",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A ScaleIO volume; removed from Kubernetes." },
	{ .name = "storageos",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A StorageOS volume; removed from Kubernetes." },
	{ .name = "vsphereVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = removed,
		.doc = "A vSphere disk; removed from Kubernetes." },
};

/* The supported source that is there, for messages; NULL: none. Two are reported. */
static const char *check_source(
	struct decode *d, const struct persistent_volume_spec *s, const struct value *v)
{
	const struct {
		const char *name;
		const void *source;
	} sources[] = { { "hostPath", s->host_path }, { "local", s->local }, { "nfs", s->nfs } };
	const char *first = NULL;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		if (!sources[i].source)
			continue;
		if (first)
			check_error(d, v, sources[i].name,
				"the volume has the source %s already; it takes one", first);
		else
			first = sources[i].name;
	}
	return first;
}

static void check_capacity(struct decode *d, const struct persistent_volume_spec *s, const struct value *v)
{
	bool storage = quantity_map_get(&s->capacity, "storage");
	if (!storage)
		check_error(d, v, "capacity.storage", "is required: how large is it?");
	for (size_t i = 0; i < s->capacity.count; i++) {
		const struct quantity_pair *q = &s->capacity.items[i];
		if (!str_eq(q->key, "storage"))
			check_error(
				d, v, check_key(d, "capacity", q->key), "a volume has nothing but storage");
		else if (q->value.nano <= 0)
			check_error(d, v, "capacity.storage", "must be more than 0");
	}
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct persistent_volume_spec *s = object;
	const char *source = check_source(d, s, v);
	check_capacity(d, s, v);
	access_modes_check(d, &s->access_modes, v);
	class_name_check(d, s->storage_class_name, "storageClassName", v);
	/* What a cluster printed may have a source that is refused here. */
	if (!source && d->mode == DECODE_MANIFEST)
		check_error(d, v, NULL, "needs a source: local, hostPath or nfs");
	if (s->local && !s->node_affinity)
		check_error(d, v, "nodeAffinity", "is required with local: which node has the directory?");
	if (!str_eq(s->reclaim_policy, "Recycle"))
		return;
	if (s->host_path && str_eq(s->host_path->path, "/"))
		check_error(d, v, "persistentVolumeReclaimPolicy", "can't be Recycle for the hostPath /");
	check_warning(d, v, "persistentVolumeReclaimPolicy",
		"Recycle is deprecated by Kubernetes, and nothing is deleted here: as with Retain");
}

static const struct schema schema_persistent_volume_spec = {
	.name = "PersistentVolumeSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct persistent_volume_spec),
	.check = spec_check,
	.doc = "Where the storage is, how large, and who may use it.",
};

/* --- status, and the whole -------------------------------------------------------------------------- */

static const struct field status_fields[] = {
	{ .name = "phase",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_status, phase),
		.values = phases,
		.doc = "Pending, Available, Bound, Released or Failed." },
	{ .name = "message",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_status, message),
		.doc = "Why, in a sentence for people." },
	{ .name = "reason",
		.kind = FIELD_STRING,
		.offset = offsetof(struct persistent_volume_status, reason),
		.doc = "Why, in one word for programs." },
	{ .name = "lastPhaseTransitionTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct persistent_volume_status, last_phase_transition_time),
		.doc = "When its phase last changed." },
};
static const struct schema schema_persistent_volume_status = {
	.name = "PersistentVolumeStatus",
	FIELDS(status_fields),
	.size = sizeof(struct persistent_volume_status),
	.doc = "How a volume is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "PersistentVolume." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct persistent_volume, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct persistent_volume, spec),
		.of = &schema_persistent_volume_spec,
		.doc = "Where the storage is, how large, and who may use it." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct persistent_volume, status),
		.of = &schema_persistent_volume_status,
		.doc = "How the volume is." },
};

static void volume_defaults(struct arena *arena, void *object)
{
	struct persistent_volume *p = object;
	const char *name = string_map_get(&p->meta.annotations, class_annotation);
	(void)arena;
	if (name && !p->spec.storage_class_name)
		p->spec.storage_class_name = name;
}

const struct schema schema_persistent_volume = {
	.name = "PersistentVolume",
	FIELDS(fields),
	.size = sizeof(struct persistent_volume),
	.defaults = volume_defaults,
	.doc = "Storage that is there for claims.",
};
