/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of CronJob (batch/v1 validation ValidateCronJobCreate). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/batch.h"
#include "lib/object/check.h"
#include "lib/object/cron.h"
#include "lib/object/tables.h"

/* The names of its Jobs have a "-" and ten digits more, and are labels. */
enum { NAME_MAX_LEN = 52 };

static const char *const policies[] = { "Allow", "Forbid", "Replace", NULL };

static const struct field spec_fields[] = {
	{ .name = "schedule",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct cron_job_spec, schedule),
		.rule = rule_cron,
		.doc = "When: minute, hour, day, month and weekday, or @daily and such." },
	{ .name = "timeZone",
		.kind = FIELD_STRING,
		.flags = FIELD_NOT_EMPTY,
		.offset = offsetof(struct cron_job_spec, time_zone),
		.rule = rule_time_zone,
		.doc = "The time zone of schedule, such as Europe/Berlin; the control host's where not "
		       "given." },
	{ .name = "startingDeadlineSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct cron_job_spec, starting_deadline_seconds),
		.min = 0,
		.max = INT64_MAX,
		.doc = "How late a Job may still be started." },
	{ .name = "concurrencyPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct cron_job_spec, concurrency_policy),
		.values = policies,
		.value_default = "Allow",
		.doc = "Whether a Job may start while the one before it runs, must wait for the next time, "
		       "or takes its place." },
	{ .name = "suspend",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct cron_job_spec, suspend),
		.value_default = "false",
		.doc = "Whether no Jobs are started for now." },
	{ .name = "jobTemplate",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct cron_job_spec, job_template),
		.of = &schema_job_template,
		.doc = "What each Job looks like." },
	{ .name = "successfulJobsHistoryLimit",
		.kind = FIELD_INT,
		.offset = offsetof(struct cron_job_spec, successful_jobs_history_limit),
		.value_default = "3",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many Jobs that succeeded are kept." },
	{ .name = "failedJobsHistoryLimit",
		.kind = FIELD_INT,
		.offset = offsetof(struct cron_job_spec, failed_jobs_history_limit),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many Jobs that failed are kept." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct cron_job_spec *s = object;
	const char *why = NULL;
	struct cron c;
	if (cron_parse(d->arena, s->schedule, &c, &why) == 0 && cron_next(&c, 0) == NSEC_NEVER)
		check_warning(d, v, "schedule", "names a day that there is not: no Job will ever start");
}

static const struct schema schema_spec = {
	.name = "CronJobSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct cron_job_spec),
	.check = spec_check,
	.doc = "When Jobs are started, and what they look like.",
};

static const struct field status_fields[] = {
	{ .name = "active",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct cron_job_status, active),
		.of = &schema_object_reference,
		.doc = "Its Jobs that run." },
	{ .name = "lastScheduleTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct cron_job_status, last_schedule_time),
		.doc = "The last time that a Job was started for." },
	{ .name = "lastSuccessfulTime",
		.kind = FIELD_TIME,
		.offset = offsetof(struct cron_job_status, last_successful_time),
		.doc = "When a Job last succeeded." },
};

static const struct schema schema_status = {
	.name = "CronJobStatus",
	FIELDS(status_fields),
	.size = sizeof(struct cron_job_status),
	.doc = "How a CronJob is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "batch/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "CronJob." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct cron_job, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct cron_job, spec),
		.of = &schema_spec,
		.doc = "When Jobs are started, and what they look like." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct cron_job, status),
		.of = &schema_status,
		.doc = "How the CronJob is." },
};

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct cron_job *c = object;
	size_t len = strlen(str_or_empty(c->meta.name));
	if (len > NAME_MAX_LEN)
		check_error(d, v, "metadata.name",
			"has %zu characters; at most %d are allowed, as its Jobs have longer names", len,
			NAME_MAX_LEN);
}

const struct schema schema_cron_job = {
	.name = "CronJob",
	FIELDS(fields),
	.size = sizeof(struct cron_job),
	.check = check,
	.doc = "Jobs that are started at certain times.",
};
