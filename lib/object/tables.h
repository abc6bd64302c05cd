/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Schema tables that several files of lib/object refer to, and the checks that they share.
 * What other components may use is in meta.h, pod.h, workload.h and core.h.
 */
#pragma once

#include "lib/object/autoscaler.h"
#include "lib/object/batch.h"
#include "lib/object/core.h"
#include "lib/object/policy.h"
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
/* volume_schema.c */
extern const struct schema schema_host_path_source, schema_nfs_source;
/* workload.c */
extern const struct schema schema_replica_set_status;
/* load_balancer.c */
extern const struct schema schema_load_balancer_status;
/* job_policy.c */
extern const struct schema schema_pod_failure_policy, schema_success_policy;
/* job.c: what the Jobs of a CronJob look like. */
extern const struct schema schema_job_template;
/* autoscaler_metrics.c */
extern const struct schema schema_scale_target, schema_metric_spec, schema_metric_status;
/* event.c */
extern const struct schema schema_object_reference;
/* affinity_schema.c */
extern const struct schema schema_node_selector, schema_affinity, schema_topology_spread_constraint;
/* pod_schema.c */
extern const struct schema schema_local_reference;

/* container_schema.c: cpu, memory, ephemeral-storage, hugepages-SIZE, or an extended resource with a domain. */
const char *rule_resource_name(struct arena *arena, const char *s);
/* container_schema.c: AMOUNTS, which stand in member NAME of V, are not negative, and whole where the resource is. */
void check_resources(
	struct decode *d, const struct value *v, const char *name, const struct quantity_map *amounts);

/* Annotation keys: as rule_label_key, but upper case is fine in the prefix (core validation lowers it first). */
const char *rule_annotation_key(struct arena *arena, const char *s);

/* The most that the values of a ConfigMap or Secret may have together (core validation MaxSecretSize). */
enum { DATA_SIZE_MAX = 1024 * 1024 };

/*
 * pod_check.c: rules between a pod's fields (names, volumes and mounts, ports, restart policy), reported
 * below V, the map of the pod spec.
 */
void pod_spec_check(struct decode *d, const void *object, const struct value *v);
/* Of these rules those that can be told when members are broken: which volumes are mounted. */
void pod_spec_check_partial(struct decode *d, const void *object, const struct value *v);
/* pod_check.c: defaults that depend on other fields (host ports of the host's network, service account). */
void pod_spec_defaults(struct arena *arena, void *object);

/*
 * workload_check.c: what the kinds that run pods have in common. V is the map of the workload's spec, with the
 * members selector and template.
 */
/* The selector is not empty and matches the template's labels. */
void workload_check_selector(struct decode *d, const struct value *v, const struct label_selector *selector,
	const struct pod_template *template);
/* What can be told while something else of the workload is broken: the labels that matchLabels wants, the restart policy. */
void workload_check_partial(struct decode *d, const struct value *v, const struct label_selector *selector,
	const struct pod_template *template);
/* A template whose pods are to run for ever. */
void workload_check_restarts(struct decode *d, const struct value *v, const struct pod_spec *spec);
/* A number from 0 on or a percentage, in member NAME of V. Returns it, or -1 where it was wrong. */
int64_t check_share(
	struct decode *d, const struct value *v, const char *name, const struct int_or_string *share);
/* The same, and a percentage is at most 100%. */
int64_t check_share_whole(
	struct decode *d, const struct value *v, const char *name, const struct int_or_string *share);

/* job_check.c: rules between the fields of a Job, in a Job and in a CronJob's template. V is the map of the Job's spec. */
void job_spec_check(struct decode *d, const struct job_spec *s, const struct value *v);
