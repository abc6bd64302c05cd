/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Volume: every source that Kubernetes has ever had, one of which each volume takes. */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const host_path_types[] = { "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File",
	"Socket", "CharDevice", "BlockDevice", NULL };
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };

/* --- the other sources ------------------------------------------------------------------------------ */

static const struct field empty_dir_fields[] = {
	{ .name = "medium",
		.kind = FIELD_STRING,
		.offset = offsetof(struct empty_dir_source, medium),
		.doc = "Empty for the node's disk, Memory for a tmpfs, HugePages or HugePages-SIZE." },
	{ .name = "sizeLimit",
		.kind = FIELD_QUANTITY,
		.offset = offsetof(struct empty_dir_source, size_limit),
		.doc = "How large it may grow." },
};

static void empty_dir_check(struct decode *d, const void *object, const struct value *v)
{
	const struct empty_dir_source *e = object;
	bool memory = str_eq(e->medium, "Memory");
	bool huge = e->medium && str_starts(e->medium, "HugePages");
	if (!str_empty(e->medium) && !memory && !huge)
		check_error(d, v, "medium", "`%s` is none of \"\", Memory, HugePages and HugePages-SIZE",
			e->medium);
	if (huge)
		check_hold(d, v, "medium", "huge pages are not supported yet");
	if (e->size_limit.set && e->size_limit.nano < 0)
		check_error(d, v, "sizeLimit", "must not be negative");
	if (e->size_limit.set && !memory && !huge)
		check_hold(d, v, "sizeLimit", "the size on disk is not supported yet");
}

static const struct schema schema_empty_dir_source = {
	.name = "EmptyDirVolumeSource",
	FIELDS(empty_dir_fields),
	.size = sizeof(struct empty_dir_source),
	.check = empty_dir_check,
	.doc = "A directory that lives as long as the pod.",
};

static const struct field host_path_fields[] = {
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct host_path_source, path),
		.rule = rule_absolute_path,
		.doc = "The path on the node." },
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct host_path_source, type),
		.values = host_path_types,
		.doc = "What must be there, or is made; empty for no check." },
};
const struct schema schema_host_path_source = {
	.name = "HostPathVolumeSource",
	FIELDS(host_path_fields),
	.size = sizeof(struct host_path_source),
	.doc = "A file or directory of the node.",
};

static const struct field claim_fields[] = {
	{ .name = "claimName",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct claim_source, claim_name),
		.rule = rule_dns_subdomain,
		.refers = "PersistentVolumeClaim",
		.doc = "The PersistentVolumeClaim, in the pod's namespace." },
	{ .name = "readOnly",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct claim_source, read_only),
		.doc = "Whether all mounts of it are read-only." },
};
static const struct schema schema_claim_source = {
	.name = "PersistentVolumeClaimVolumeSource",
	FIELDS(claim_fields),
	.size = sizeof(struct claim_source),
	.doc = "Storage that outlives the pod.",
};

static const struct field ephemeral_fields[] = {
	{ .name = "volumeClaimTemplate",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct ephemeral_source, template),
		.of = &schema_claim_template,
		.doc = "The claim that is made with the pod." },
};
static const struct schema schema_ephemeral_source = {
	.name = "EphemeralVolumeSource",
	FIELDS(ephemeral_fields),
	.size = sizeof(struct ephemeral_source),
	.doc = "A claim that is made and deleted with the pod.",
};

static const struct field nfs_fields[] = {
	{ .name = "server",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct nfs_source, server),
		.doc = "The server's name or address." },
	{ .name = "path",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct nfs_source, path),
		.rule = rule_absolute_path,
		.doc = "The path that it exports." },
	{ .name = "readOnly",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct nfs_source, read_only),
		.doc = "Whether it is mounted read-only." },
};
const struct schema schema_nfs_source = {
	.name = "NFSVolumeSource",
	FIELDS(nfs_fields),
	.size = sizeof(struct nfs_source),
	.doc = "A directory of an NFS server.",
};

static const struct field image_fields[] = {
	{ .name = "reference",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct image_source, reference),
		.doc = "The image's reference." },
	{ .name = "pullPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct image_source, pull_policy),
		.values = pull_policies,
		.doc = "When to ask the registry, as imagePullPolicy." },
};
static const struct schema schema_image_source = {
	.name = "ImageVolumeSource",
	FIELDS(image_fields),
	.size = sizeof(struct image_source),
	.doc = "The files of an image, read-only.",
};

/* --- the volume -------------------------------------------------------------------------------------- */

static const char use_claim[] = "use a hostPath, nfs or persistentVolumeClaim";

static const struct field volume_fields[] = {
	{ .name = "name",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct volume, name),
		.rule = rule_dns_label,
		.doc = "The volume's name, unique within the pod." },
	{ .name = "configMap",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, config_map),
		.of = &schema_config_map_source,
		.doc = "The keys of a ConfigMap as files." },
	{ .name = "secret",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, secret),
		.of = &schema_secret_source,
		.doc = "The keys of a Secret as files, kept in memory." },
	{ .name = "emptyDir",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, empty_dir),
		.of = &schema_empty_dir_source,
		.doc = "A directory that lives as long as the pod." },
	{ .name = "hostPath",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, host_path),
		.of = &schema_host_path_source,
		.doc = "A file or directory of the node." },
	{ .name = "downwardAPI",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, downward_api),
		.of = &schema_downward_source,
		.doc = "Files that show something about the pod." },
	{ .name = "projected",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct volume, projected),
		.of = &schema_projected_source,
		.doc = "Several sources in one directory." },
	{ .name = "persistentVolumeClaim",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct volume, persistent_volume_claim),
		.of = &schema_claim_source,
		.doc = "Storage that outlives the pod." },
	{ .name = "nfs",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct volume, nfs),
		.of = &schema_nfs_source,
		.doc = "A directory of an NFS server." },
	{ .name = "image",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct volume, image),
		.of = &schema_image_source,
		.doc = "The files of an image, read-only." },
	{ .name = "ephemeral",
		.kind = FIELD_STRUCT,
		.support = PENDING,
		.offset = offsetof(struct volume, ephemeral),
		.of = &schema_ephemeral_source,
		.doc = "A claim that is made and deleted with the pod." },
	{ .name = "csi",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "CSI drivers need an API server; use a hostPath, nfs or persistentVolumeClaim",
		.doc = "Storage of a CSI driver." },
	{ .name = "iscsi",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "An iSCSI disk." },
	{ .name = "fc",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Fibre Channel disk." },
	{ .name = "flexVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "Storage of an exec driver; deprecated by Kubernetes." },
	{ .name = "gitRepo",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "use an emptyDir and an init container that clones",
		.doc = "A git repository; removed from Kubernetes." },
	{ .name = "awsElasticBlockStore",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "azureDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "azureFile",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud share; removed from Kubernetes." },
	{ .name = "cephfs",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Ceph file system; removed from Kubernetes." },
	{ .name = "cinder",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "flocker",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Flocker dataset; removed from Kubernetes." },
	{ .name = "gcePersistentDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "glusterfs",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Gluster file system; removed from Kubernetes." },
	{ .name = "photonPersistentDisk",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A cloud disk; removed from Kubernetes." },
	{ .name = "portworxVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Portworx volume; removed from Kubernetes." },
	{ .name = "quobyte",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Quobyte volume; removed from Kubernetes." },
	{ .name = "rbd",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A Ceph block device; removed from Kubernetes." },
	{ .name = "scaleIO",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A ScaleIO volume; removed from Kubernetes." },
	{ .name = "storageos",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A StorageOS volume; removed from Kubernetes." },
	{ .name = "vsphereVolume",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = use_claim,
		.doc = "A vSphere disk; removed from Kubernetes." },
};

static const struct field *source_row(const char *name)
{
	for (size_t i = 1; i < ARRAY_LEN(volume_fields); i++)
		if (str_eq(volume_fields[i].name, name))
			return &volume_fields[i];
	return NULL;
}

/* Exactly one source. None is an emptyDir, as Kubernetes still takes it. */
static void volume_check(struct decode *d, const void *object, const struct value *v)
{
	(void)object;
	if (!v || v->type != VALUE_MAP)
		return;
	const char *first = NULL;
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];
		if (e->value->type == VALUE_NULL || !source_row(e->key))
			continue;
		if (first)
			check_error(
				d, v, e->key, "the volume has the source %s already; it takes one", first);
		else
			first = e->key;
	}
}

static void volume_defaults(struct arena *arena, void *object)
{
	struct volume *vol = object;
	bool any = vol->config_map || vol->secret || vol->empty_dir || vol->host_path || vol->downward_api ||
		   vol->projected || vol->persistent_volume_claim || vol->nfs || vol->image || vol->ephemeral;
	if (!any)
		vol->empty_dir = arena_alloc(arena, sizeof(*vol->empty_dir));
}

const struct schema schema_volume = {
	.name = "Volume",
	FIELDS(volume_fields),
	.size = sizeof(struct volume),
	.defaults = volume_defaults,
	.check = volume_check,
	.doc = "A directory that the pod's containers may mount.",
};
