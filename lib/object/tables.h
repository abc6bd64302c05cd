/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Schema tables that several files of lib/object refer to, and the checks that they share.
 * What other components may use is in meta.h, pod.h, workload.h and core.h.
 */
#pragma once

#include "lib/object/core.h"
#include "lib/object/workload.h"

/* meta.c */
extern const struct schema schema_template_meta;
/* env_schema.c */
extern const struct schema schema_env_var, schema_env_from, schema_field_ref, schema_resource_field_ref;
/* probe_schema.c */
extern const struct schema schema_lifecycle;
/* security_schema.c */
extern const struct schema schema_security_context, schema_pod_security_context;
/* volume_files_schema.c */
extern const struct schema schema_config_map_source, schema_secret_source, schema_downward_source,
	schema_projected_source;
/* affinity_schema.c */
extern const struct schema schema_affinity, schema_topology_spread_constraint;

/* Annotation keys: as rule_label_key, but upper case is fine in the prefix (core validation lowers it first). */
const char *rule_annotation_key(struct arena *arena, const char *s);

/* The most that the values of a ConfigMap or Secret may have together (core validation MaxSecretSize). */
enum { DATA_SIZE_MAX = 1024 * 1024 };

/*
 * pod_check.c: rules between a pod's fields (names, volumes and mounts, ports, restart policy), reported
 * below V, the map of the pod spec.
 */
void pod_spec_check(struct decode *d, const void *object, const struct value *v);
/* pod_check.c: defaults that depend on other fields (host ports of the host's network, service account). */
void pod_spec_defaults(struct arena *arena, void *object);
