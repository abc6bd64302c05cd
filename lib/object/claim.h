/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * core/v1 PersistentVolumeClaim, and the claims that others make: `ephemeral` volumes of pods and a StatefulSet's
 * volumeClaimTemplates (whose items are whole claims: schema_claim).
 *
 * A claim without storageClassName takes the default class; one with "" takes none.
 */
#pragma once

#include "lib/object/meta.h"

struct volume_resources {
	struct quantity_map limits, requests;
};
struct claim_spec {
	struct strings access_modes; /* ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod */
	struct label_selector *selector;
	struct volume_resources resources; /* requests has storage */
	const char *volume_name;
	const char *storage_class_name; /* "" is not NULL */
	const char *volume_mode;        /* Filesystem (default), Block */
	const char *volume_attributes_class_name;
};
struct claim_status {
	const char *phase; /* Pending, Bound, Lost */
	struct strings access_modes;
	struct quantity_map capacity;
	struct conditions conditions;
};
struct claim {
	struct object_meta meta;
	struct claim_spec spec;
	struct claim_status status;
};

/* What a pod's `ephemeral` volume makes: only labels and annotations of META. */
struct claim_template {
	struct object_meta meta;
	struct claim_spec spec;
};

extern const struct schema schema_claim, schema_claim_spec, schema_claim_template;

/* The modes that claims and volumes have, NULL-terminated. */
extern const char *const volume_access_modes[];
/* For check functions: MODES, the member accessModes below V, must not be empty, and ReadWriteOncePod stands alone. */
void access_modes_check(struct decode *d, const struct strings *modes, const struct value *v);
/* For check functions: the member NAME below V, when not empty, must be a class's name. */
void class_name_check(struct decode *d, const char *class_name, const char *name, const struct value *v);
