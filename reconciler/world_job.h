/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Jobs and CronJobs in the world; world.h says what every object of it is.
 *
 * A Job's numbers and sets of indexes are its record: a pod's end goes into them once, and with it, in the same batch of
 * records, the pod is marked as counted (its tracking finalizer goes). A Job that a CronJob made is described by an object of
 * its own (`made`); one of git by its manifest. Both are loaded from the tree as they were written to it.
 */
#pragma once

#include "lib/base/zone.h"
#include "reconciler/indexes.h"
#include "reconciler/world.h"

#define WORLD_LABEL_JOB_INDEX "batch.kubernetes.io/job-completion-index"        /* and annotation */
#define WORLD_NOTE_INDEX_FAILURES "batch.kubernetes.io/job-index-failure-count" /* of pods */
#define WORLD_NOTE_INDEX_IGNORED "batch.kubernetes.io/job-index-ignored-failure-count"
#define WORLD_NOTE_SCHEDULED "batch.kubernetes.io/cronjob-scheduled-timestamp" /* of a CronJob's Jobs */
#define WORLD_JOB_TRACKING "batch.kubernetes.io/job-tracking" /* finalizer of pods that are not counted yet */
#define WORLD_NOTE_BACKOFF "pintle.dev/backoff" /* failures since the last success, and when the last was */
#define WORLD_NOTE_RETRIES "pintle.dev/retries" /* indexes that wait to be tried again */
#define WORLD_NOTE_EXPIRED "pintle.dev/expired" /* when its TTL took its pods away, and its generation then */
#define WORLD_NOTE_SCHEDULE "pintle.dev/schedule" /* since when a CronJob has this schedule */

/* An index whose last pod failed, until it has another pod. */
struct job_retry {
	int64_t index;
	int32_t failures, ignored; /* of its pods so far: those that count, and those that a policy ignores */
	nsec_t at;                 /* the last of them */
};

struct world_job {
	struct world_set set;
	struct world_cron_job *cron; /* NULL: of git, or an orphan about to go */
	bool listed;                 /* the CronJob has not taken note of its end */
	struct object *made;         /* NULL: of git */
	struct indexes completed, failed_indexes;
	int64_t active, succeeded, failed, terminating;
	nsec_t started, ended;     /* startTime, completionTime; 0: not */
	int64_t failures;          /* of pods since the last success */
	nsec_t failed_at;          /* the last of them */
	struct job_retry *retries; /* sorted by index */
	size_t retry_count, retry_cap;
	nsec_t expired; /* 0: not */
	int64_t expired_generation;
};

struct world_cron_job {
	struct world_object o;
	struct world_job **jobs;
	size_t job_count, job_cap;
	nsec_t last_schedule, last_success; /* 0: never */
	char *schedule;                     /* with its time zone, as it was last looked at; NULL: never */
	nsec_t since;                       /* it has been that since */
};

struct world_job *world_job(struct world_object *o);
struct world_cron_job *world_cron_job(struct world_object *o);
/* The Job as its manifest or its CronJob's template says. */
const struct job *world_job_object(const struct world_job *j);
bool world_job_is_indexed(const struct world_job *j);
/* The condition type that has ended it ("Complete", "Failed"), or NULL. */
const struct world_condition *world_job_end(const struct world_job *j);

/* A Job without a CronJob joins C; CRON NULL: it leaves the one it is of. */
void world_job_join(struct world_job *j, struct world_cron_job *cron);
/* As a new Job: nothing has run. */
void world_job_reset(struct world_job *j);

/*
 * The clocks of time zone NAME (NULL: those of the control host): *RET, NULL being UTC. False: they are not known.
 * What is asked for must have been given before: see time_zone_files.h.
 */
bool world_time_zone(const struct world *w, const char *name, const struct zone **ret);
/* NAME (NULL: the control host's zone) is Z, which is taken over; NULL: looked for, and not there. */
void world_take_time_zone(struct world *w, const char *name, struct zone *z);
bool world_has_time_zone(const struct world *w, const char *name);
void world_time_zones_done(struct world *w);

/* The retry of INDEX, made where MAKE says so; or NULL. */
struct job_retry *world_job_retry(struct world_job *j, int64_t index, bool make);
void world_job_retry_remove(struct world_job *j, int64_t index);
