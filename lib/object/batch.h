/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The kinds that run pods to completion: Job and CronJob. Field meaning is Kubernetes' (batch/v1 types.go). */
#pragma once

#include "lib/object/core.h"
#include "lib/object/pod.h"

struct exit_code_requirement {
	const char *container_name, *op; /* container NULL: any; op: In, NotIn */
	struct ints values;              /* ascending */
};
struct pod_condition_pattern {
	const char *type, *status;
};
/* One of on_exit_codes and on_pod_conditions. */
struct pod_failure_rule {
	const char *action; /* FailJob, FailIndex, Ignore, Count */
	struct exit_code_requirement *on_exit_codes;
	struct {
		struct pod_condition_pattern *items;
		size_t count;
	} on_pod_conditions;
};
struct pod_failure_policy {
	struct {
		struct pod_failure_rule *items;
		size_t count;
	} rules;
};
/* At least one of them. */
struct success_rule {
	const char *succeeded_indexes; /* "1,3-5,7" */
	struct opt_int succeeded_count;
};
struct success_policy {
	struct {
		struct success_rule *items;
		size_t count;
	} rules;
};

struct job_spec {
	/* both 1 where neither is given; completions unset: any pod's success */
	struct opt_int parallelism, completions;
	/* backoff_limit: 6, or no limit with one per index */
	struct opt_int active_deadline_seconds, backoff_limit, backoff_limit_per_index, max_failed_indexes,
		ttl_seconds_after_finished;
	struct pod_failure_policy *pod_failure_policy;
	struct success_policy *success_policy;
	struct label_selector *selector; /* NULL: by the Job's own UID */
	struct opt_bool manual_selector;
	struct pod_template template;
	const char *completion_mode;        /* NonIndexed, Indexed */
	const char *pod_replacement_policy; /* TerminatingOrFailed, Failed */
	const char *managed_by;             /* NULL: Pintle */
	bool suspend;
};
struct uncounted_pods {
	struct strings failed, succeeded; /* UIDs */
};
struct job_status {
	struct conditions conditions; /* Complete, Failed, Suspended, FailureTarget, SuccessCriteriaMet */
	struct opt_int start_time, completion_time;
	int64_t active, succeeded, failed;
	struct opt_int terminating, ready;
	const char *completed_indexes, *failed_indexes;
	struct uncounted_pods *uncounted_terminated_pods;
};
struct job {
	struct object_meta meta;
	struct job_spec spec;
	struct job_status status;
};

/* What each Job of a CronJob looks like: only labels and annotations of META; SPEC without defaults of its own. */
struct job_template {
	struct object_meta meta;
	struct job_spec spec;
};
struct cron_job_spec {
	const char *schedule, *time_zone; /* cron.h; time zone NULL: that of the control host */
	struct opt_int starting_deadline_seconds;
	const char *concurrency_policy; /* Allow, Forbid, Replace */
	bool suspend;
	struct job_template job_template;
	int64_t successful_jobs_history_limit, failed_jobs_history_limit; /* 3, 1 */
};
struct cron_job_status {
	struct {
		struct object_reference *items;
		size_t count;
	} active;
	struct opt_int last_schedule_time, last_successful_time;
};
struct cron_job {
	struct object_meta meta;
	struct cron_job_spec spec;
	struct cron_job_status status;
};

extern const struct schema schema_job, schema_cron_job;

/*
 * How many indexes TEXT ("1,3-5,7", ascending, below COMPLETIONS) names, into *RET. -EINVAL: *RET_WHY says what is wrong,
 * in ARENA. "" names none.
 */
int job_indexes_parse(
	struct arena *arena, const char *text, int64_t completions, int64_t *ret, const char **ret_why);
