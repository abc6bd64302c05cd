/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What stands in a configMap, secret, downwardAPI or projected volume: a list of files.
 *
 * Rules: kubernetes.io/docs/concepts/storage/volumes and projected-volumes; kubelet's
 * pkg/volume/{configmap,secret,downwardapi,projected}. Modes: the item's, else the volume's defaultMode.
 * In a projected volume a later source wins over an earlier one at the same path.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/core.h"
#include "lib/object/pod.h"

struct volume_file {
	const char *path; /* relative, no "..", no empty component */
	unsigned mode;    /* 0..0777 */
	struct bytes data;
};
struct volume_files {
	struct volume_file *items; /* sorted by path, unique */
	size_t count;
};

/* Where the objects and values come from. All functions may be called with names that don't exist. */
struct volume_sources {
	const struct pod *pod;
	const struct config_map *(*config_map)(void *arg, const char *name); /* NULL: there is none */
	const struct secret *(*secret)(void *arg, const char *name);
	void *arg;
	/* of the node: limits that a container doesn't set; or NULL */
	const struct quantity_map *allocatable;
};

/* Does the volume come from files that volume_files_build makes? */
bool volume_is_files(const struct volume *v);
/* Does it hold values of Secrets (so that it must be on tmpfs)? */
bool volume_is_secret(const struct volume *v);
/* The names of the ConfigMaps (KIND "ConfigMap") or Secrets it reads, in ARENA: for knowing what to refresh. */
struct strings volume_references(struct arena *arena, const struct volume *v, const char *kind);

/*
 * The files, in ARENA (data may point into the sources' objects). -ENOENT: ConfigMap, Secret or key is missing and not
 * optional ("configmap \"x\" not found", as kubelet's message); -EINVAL: a path leaves the volume, or two files conflict; -EOPNOTSUPP:
 * a source that isn't supported (serviceAccountToken), by name.
 */
int volume_files_build(struct arena *arena, const struct volume *v, const struct volume_sources *sources,
	struct volume_files *ret, struct err *err);

/* The text of a downward API field ("metadata.labels['app']") in ARENA. -EOPNOTSUPP: not a field for volumes. */
int volume_field_text(struct arena *arena, const struct pod *pod, const char *field_path, const char **ret,
	struct err *err);
/* The text of a resourceFieldRef, divided by its divisor, rounded up. SELF is used where container_name is empty; may be NULL. */
int volume_resource_text(struct arena *arena, const struct volume_sources *sources,
	const struct resource_field_ref *ref, const struct container *self, const char **ret,
	struct err *err);
