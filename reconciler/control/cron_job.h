/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * CronJobs: Jobs that are started at certain times. The semantics are those of Kubernetes' cronjob controller and of
 * robfig/cron, whose schedules it reads.
 *
 * A Job is named CRONJOB-MINUTES after the minute it is for, so that there is one for each minute at most. The Job and
 * lastScheduleTime, which says that its time has been dealt with, are records of one batch: no time is dealt with twice,
 * nor forgotten, whenever pintled is killed. Clocks of zones are an input (world_take_time_zone).
 *
 * What happens (each case is the golden directory cron-job-NN-…):
 *
 *   times
 *    1  the schedule's time comes: a Job from the template, with its owner, labels, and the time that it is for
 *    2  timeZone: by the clocks there
 *    3  … an hour that is left out: what falls into it does not happen that day
 *    4  … an hour that comes twice: what falls into it happens twice
 *    5  @every: counted from the last time
 *    6  a zone that the host does not know: nothing is started; event UnknownTimeZone
 *    7  a time that never comes: nothing
 *   what was missed (pintled was away, or the CronJob suspended)
 *    8  several times: the last of them only, at once
 *    9  more than 100: likewise; event TooManyMissedTimes
 *   10  startingDeadlineSeconds: what is later than that is left out; event MissSchedule
 *   11  … but within it, it is started late
 *   12  suspend: nothing is started; Jobs that run go on; resumed, what was missed counts
 *   13  the schedule changes: times before the change do not count by the new one
 *   the Job before it still runs
 *   14  Allow: both run
 *   15  Forbid: none is started, event JobAlreadyActive; when the other ends, the last missed time counts
 *   16  Replace: the other goes, with its pods
 *   Jobs that ended
 *   17  successfulJobsHistoryLimit, failedJobsHistoryLimit: the oldest beyond them go; lastSuccessfulTime
 *   18  a limit of 0: it goes as soon as it has ended
 *   the rest
 *   19  the template changes: the next Job has it; those that are there stay as they are
 *   20  git has it no more: its Jobs and their pods go
 *   21  its Job's name is taken by another: event FailedCreate; the next time counts again
 *   22  uses what is not supported yet: held
 */
#pragma once

#include "reconciler/control/control.h"
#include "reconciler/world_job.h"

enum { CRON_MISSED_MANY = 100 };

void control_cron_job_sync(struct control *c, struct world_cron_job *cron);
/* Git has it no more. */
void control_cron_job_drop(struct control *c, struct world_cron_job *cron);
