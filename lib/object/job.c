/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of Job (batch/v1 validation ValidateJob, defaults SetDefaults_Job), and that of a CronJob's Jobs: the same
 * rows, but no defaults of a Job before it is made, and no selector.
 */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/batch.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

enum { LABEL_MAX = 63 };

static const char *const modes[] = { "NonIndexed", "Indexed", NULL };
static const char *const replacements[] = { "TerminatingOrFailed", "Failed", NULL };
/* Labels that the system puts on a Job's pods; with whose value: the Job's name, or its UID. */
static const struct {
	const char *key;
	bool name;
} own_labels[] = {
	{ "job-name", true },
	{ "batch.kubernetes.io/job-name", true },
	{ "controller-uid", false },
	{ "batch.kubernetes.io/controller-uid", false },
};

static const struct field spec_fields[] = {
	{ .name = "parallelism",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, parallelism),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods may run at once; 1 where not given." },
	{ .name = "completions",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, completions),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods must succeed; 1 where neither it nor parallelism is given." },
	{ .name = "activeDeadlineSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, active_deadline_seconds),
		.min = 0,
		.max = INT64_MAX,
		.doc = "How long the Job may take before it counts as failed." },
	{ .name = "podFailurePolicy",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct job_spec, pod_failure_policy),
		.of = &schema_pod_failure_policy,
		.doc = "What failures of pods mean; needs restartPolicy: Never." },
	{ .name = "successPolicy",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct job_spec, success_policy),
		.of = &schema_success_policy,
		.doc = "When an Indexed Job has succeeded before all of its indexes have." },
	{ .name = "backoffLimit",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, backoff_limit),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many failures are tried again; 6 where not given, without limit with "
		       "backoffLimitPerIndex." },
	{ .name = "backoffLimitPerIndex",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, backoff_limit_per_index),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many failures of an index are tried again; for completionMode: Indexed." },
	{ .name = "maxFailedIndexes",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, max_failed_indexes),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many indexes may fail before the Job does; needs backoffLimitPerIndex." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct job_spec, selector),
		.of = &schema_label_selector,
		.doc = "The pods that belong to it; made by the system unless manualSelector is true." },
	{ .name = "manualSelector",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct job_spec, manual_selector),
		.doc = "Whether selector and its labels are written by hand." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct job_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like; restartPolicy must be OnFailure or Never." },
	{ .name = "ttlSecondsAfterFinished",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_spec, ttl_seconds_after_finished),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long after its end the Job and its pods are kept; for ever where not given." },
	{ .name = "completionMode",
		.kind = FIELD_STRING,
		.offset = offsetof(struct job_spec, completion_mode),
		.values = modes,
		.doc = "Whether any pods must succeed, or one for each index from 0 on; NonIndexed where not "
		       "given." },
	{ .name = "suspend",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct job_spec, suspend),
		.value_default = "false",
		.doc = "Whether no pods run for now." },
	{ .name = "podReplacementPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct job_spec, pod_replacement_policy),
		.values = replacements,
		.doc = "Whether a pod is replaced when it begins to end, or when it has; TerminatingOrFailed "
		       "where "
		       "not given, Failed with podFailurePolicy." },
	{ .name = "managedBy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct job_spec, managed_by),
		.doc = "The controller that the Job is left to; Pintle where not given." },
};

static void spec_defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct job_spec *s = object;
	bool failure_policy = s->pod_failure_policy != NULL;
	if (!s->completions.set && !s->parallelism.set)
		s->completions = (struct opt_int){ .set = true, .value = 1 };
	if (!s->parallelism.set)
		s->parallelism = (struct opt_int){ .set = true, .value = 1 };
	if (!s->backoff_limit.set)
		s->backoff_limit = (struct opt_int){ .set = true,
			.value = s->backoff_limit_per_index.set ? INT32_MAX : 6 };
	if (!s->completion_mode)
		s->completion_mode = "NonIndexed";
	if (!s->pod_replacement_policy)
		s->pod_replacement_policy = failure_policy ? "Failed" : "TerminatingOrFailed";
}

/* --- selectors ------------------------------------------------------------------------------------------------ */

static void check_selector(struct decode *d, const struct job_spec *s, const struct value *v)
{
	const struct label_selector *given = s->selector;
	bool empty = !given || given->match_labels.count + given->match_expressions.count == 0;
	if (s->manual_selector.value && !given)
		check_error(d, v, "selector", "is required with manualSelector: true");
	else if (s->manual_selector.value)
		workload_check_selector(d, v, given, &s->template);
	else if (!empty && d->mode == DECODE_MANIFEST)
		check_error(d, v, "selector",
			"can't be given without manualSelector: true; leave it out, and it is made");
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct job_spec *s = object;
	check_selector(d, s, v);
	job_spec_check(d, s, v);
}

static const struct schema schema_job_spec = {
	.name = "JobSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct job_spec),
	.defaults = spec_defaults,
	.check = spec_check,
	.doc = "What the pods look like, how many of them must succeed, and what failures mean.",
};

static void template_spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct job_spec *s = object;
	if (s->selector)
		check_error(d, v, "selector", "can't be given: it is made for each Job");
	if (s->manual_selector.value)
		check_error(d, v, "manualSelector", "can't be true: the selector is made for each Job");
	job_spec_check(d, s, v);
}

static const struct schema schema_job_template_job_spec = {
	.name = "TemplateJobSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct job_spec),
	.check = template_spec_check,
	.doc = "What the pods look like, how many of them must succeed, and what failures mean.",
};

static const struct field template_fields[] = {
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct job_template, meta),
		.of = &schema_template_meta,
		.doc = "Labels and annotations of the Jobs." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct job_template, spec),
		.of = &schema_job_template_job_spec,
		.doc = "What the Jobs are." },
};

const struct schema schema_job_template = {
	.name = "JobTemplateSpec",
	FIELDS(template_fields),
	.size = sizeof(struct job_template),
	.doc = "What each Job looks like.",
};

/* --- status ----------------------------------------------------------------------------------------------------- */

static const struct field uncounted_fields[] = {
	{ .name = "succeeded",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct uncounted_pods, succeeded),
		.doc = "UIDs of pods that have succeeded." },
	{ .name = "failed",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct uncounted_pods, failed),
		.doc = "UIDs of pods that have failed." },
};

static const struct schema schema_uncounted = {
	.name = "UncountedTerminatedPods",
	FIELDS(uncounted_fields),
	.size = sizeof(struct uncounted_pods),
	.doc = "Pods that have ended and are not in the numbers yet.",
};

static const struct field status_fields[] = {
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct job_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "Complete, Failed, Suspended, FailureTarget, SuccessCriteriaMet." },
	{ .name = "startTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct job_status, start_time),
		.doc = "When its pods were first allowed to run." },
	{ .name = "completionTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct job_status, completion_time),
		.doc = "When it had succeeded." },
	{ .name = "active",
		.kind = FIELD_INT,
		.offset = offsetof(struct job_status, active),
		.doc = "How many pods are on their way or running." },
	{ .name = "succeeded",
		.kind = FIELD_INT,
		.offset = offsetof(struct job_status, succeeded),
		.doc = "How many pods have succeeded." },
	{ .name = "failed",
		.kind = FIELD_INT,
		.offset = offsetof(struct job_status, failed),
		.doc = "How many pods have failed." },
	{ .name = "terminating",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_status, terminating),
		.doc = "How many pods are ending." },
	{ .name = "completedIndexes",
		.kind = FIELD_STRING,
		.offset = offsetof(struct job_status, completed_indexes),
		.doc = "Indexes that have succeeded, such as 1,3-5." },
	{ .name = "failedIndexes",
		.kind = FIELD_STRING,
		.offset = offsetof(struct job_status, failed_indexes),
		.doc = "Indexes that have failed for good." },
	{ .name = "uncountedTerminatedPods",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct job_status, uncounted_terminated_pods),
		.of = &schema_uncounted,
		.doc = "Pods that have ended and are not in the numbers yet." },
	{ .name = "ready",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct job_status, ready),
		.doc = "How many active pods are ready." },
};

static const struct schema schema_job_status = {
	.name = "JobStatus",
	FIELDS(status_fields),
	.size = sizeof(struct job_status),
	.doc = "How a Job is.",
};

/* --- Job --------------------------------------------------------------------------------------------------------- */

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "batch/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Job." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct job, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations; the labels are the template's where not "
		       "given." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct job, spec),
		.of = &schema_job_spec,
		.doc = "What the pods look like, how many of them must succeed, and what failures mean." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct job, status),
		.of = &schema_job_status,
		.doc = "How the Job is." },
};

static void defaults(struct arena *arena, void *object)
{
	(void)arena;
	struct job *j = object;
	if (j->meta.labels.count == 0)
		j->meta.labels = j->spec.template.meta.labels;
}

/* Its name becomes a label of its pods, and with an index their host name. */
static void check_name(struct decode *d, const struct job *j, const struct value *v)
{
	const char *name = str_or_empty(j->meta.name);
	if (!j->spec.manual_selector.value && strlen(name) > LABEL_MAX)
		check_error(d, v, "metadata.name",
			"has %zu characters; at most %d are allowed, as it becomes a label of the pods",
			strlen(name), LABEL_MAX);
	if (!str_eq(j->spec.completion_mode, "Indexed") || j->spec.completions.value < 1)
		return;
	const char *host = arena_printf(d->arena, "%s-%lld", name, (long long)j->spec.completions.value - 1);
	const char *wrong = rule_dns_label(d->arena, host);
	if (wrong)
		check_error(d, v, "metadata.name", "can't be the pods' host name with an index: %s", wrong);
}

static void check_labels(struct decode *d, const struct job *j, const struct value *v)
{
	const struct string_map *labels = &j->spec.template.meta.labels;
	const char *path = "spec.template.metadata.labels";
	if (j->spec.manual_selector.value || d->mode != DECODE_MANIFEST)
		return;
	for (size_t i = 0; i < ARRAY_LEN(own_labels); i++) {
		const char *have = string_map_get(labels, own_labels[i].key);
		if (!have || (own_labels[i].name && str_eq(have, j->meta.name)))
			continue;
		check_error(d, v, check_key(d, path, own_labels[i].key),
			"is set by Pintle to the Job's %s; leave it out",
			own_labels[i].name ? "name" : "UID");
	}
}

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct job *j = object;
	check_name(d, j, v);
	check_labels(d, j, v);
}

const struct schema schema_job = {
	.name = "Job",
	FIELDS(fields),
	.size = sizeof(struct job),
	.defaults = defaults,
	.check = check,
	.doc = "Pods that run to completion, and are tried again until enough have succeeded.",
};
