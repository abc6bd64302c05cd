/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* core/v1 PersistentVolume and storage.k8s.io/v1 StorageClass; claims are in claim.h. */
#pragma once

#include "lib/object/core.h"
#include "lib/object/pod.h"

/* A disk or directory of one node, which nodeAffinity names. */
struct local_source {
	const char *path, *fs_type;
};
struct volume_node_affinity {
	struct node_selector *required;
};
/* Exactly one of host_path, local and nfs is not NULL. */
struct persistent_volume_spec {
	struct quantity_map capacity; /* storage */
	struct strings access_modes, mount_options;
	struct host_path_source *host_path;
	struct local_source *local;
	struct nfs_source *nfs;
	struct object_reference *claim_ref;
	const char *reclaim_policy; /* Retain (default), Delete, Recycle */
	const char *storage_class_name, *volume_attributes_class_name;
	const char *volume_mode; /* Filesystem (default), Block */
	struct volume_node_affinity *node_affinity;
};
struct persistent_volume_status {
	const char *phase; /* Pending, Available, Bound, Released, Failed */
	const char *message, *reason;
	struct opt_int last_phase_transition_time;
};
struct persistent_volume {
	struct object_meta meta;
	struct persistent_volume_spec spec;
	struct persistent_volume_status status;
};

struct topology_requirement {
	const char *key;
	struct strings values;
};
struct topology_term {
	struct {
		struct topology_requirement *items;
		size_t count;
	} match_label_expressions;
};
struct storage_class {
	struct object_meta meta;
	const char *provisioner;
	struct string_map parameters;
	const char *reclaim_policy; /* Delete (default), Retain, Recycle */
	struct strings mount_options;
	struct opt_bool allow_volume_expansion;
	const char *volume_binding_mode; /* Immediate (default), WaitForFirstConsumer */
	struct {
		struct topology_term *items;
		size_t count;
	} allowed_topologies;
};

extern const struct schema schema_persistent_volume, schema_storage_class;

/* The annotation that makes a class the one of claims that name none. */
bool storage_class_is_default(const struct storage_class *c);
