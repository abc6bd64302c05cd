/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Jobs: pods that run to completion. The semantics are those of Kubernetes' job and ttlafterfinished controllers.
 *
 * Each pod's end counts once: what the Job's status says of it and the mark on the pod (its tracking finalizer goes) are
 * records of one batch. A pod whose record leaves is counted in the pass in which it leaves. As a restart changes
 * nothing, back-offs are in the tree as well (annotations pintle.dev/backoff and pintle.dev/retries).
 *
 * What happens (each case is the golden directory job-NN-…):
 *
 *   how many pods run
 *    1  completions and parallelism absent: one pod, one success
 *    2  completions: never more pods than successes are missing, nor than parallelism
 *    3  completions absent (work queue): after the first success no new pods; complete when the last has ended
 *    4  parallelism 0: none, until it is raised
 *    5  parallelism lowered: the pods that cost least go, and count as nothing
 *    6  Indexed: the lowest index that is neither done, nor failed, nor has a pod; identity by name, host name, label,
 *       annotation and environment
 *    7  Indexed, completions and parallelism changed together: indexes beyond go, also from the status
 *    8  manualSelector: labels and selector are left as they are written
 *   ends of pods
 *    9  one failed: another takes its place 10 s later, then 20 s, … at most 10 min after the last; a success begins anew
 *   10  more failures than backoffLimit: Failed, BackoffLimitExceeded; the pods that still run count as failed
 *   11  restartPolicy OnFailure: restarts of containers that run count against backoffLimit
 *   12  backoffLimitPerIndex: each index has its own back-off and limit; all others go on, then Failed, FailedIndexes
 *   13  maxFailedIndexes exceeded: Failed, MaxFailedIndexesExceeded
 *   14  deleted by others, podReplacementPolicy TerminatingOrFailed: failed at once, replaced at once
 *   15  … Failed: neither before it has ended
 *   16  lost with its node: as deleted, with the condition DisruptionTarget
 *   17  its agent is away: nothing, until its node is given up
 *   podFailurePolicy: the first rule that matches
 *   18  FailJob on an exit code: FailureTarget at once, Failed (PodFailurePolicy) when the last pod has ended
 *   19  FailIndex: the index has failed, whatever its limit
 *   20  Ignore on DisruptionTarget: replaced, not counted
 *   21  Count, or no rule matches: as without a policy
 *   22  an exit code of one container only (containerName), NotIn
 *   the end of the Job
 *   23  enough successes: SuccessCriteriaMet (CompletionsReached), then Complete when nothing terminates any more
 *   24  successPolicy, indexes: Complete early; the pods that run end, and count as nothing
 *   25  successPolicy, a count of indexes
 *   26  activeDeadlineSeconds since startTime: Failed, DeadlineExceeded; its pods count as failed
 *   27  a pod that lingers delays Complete and Failed, not what they will say
 *   28  finished: nothing runs again, whatever happens to its pods, also after a restart or another commit
 *   suspend
 *   29  made suspended: no pods, no startTime; resumed: startTime, condition Suspended False, events
 *   30  suspended while it runs: its pods end and count as nothing; no startTime, and another one when it is resumed
 *   31  the template of a suspended Job changes: the next pods have the new one
 *   the end of its objects
 *   32  ttlSecondsAfterFinished, made by a CronJob: the Job and its pods go
 *   33  … of git: its pods go, the record stays (annotation pintle.dev/expired) and nothing runs
 *   34  … and its manifest changes then: a new Job under the same name
 *   35  git has it no more: the Job and its pods go
 *   left alone
 *   36  managedBy another controller: no pods; an event says so
 *   37  uses what is not supported yet: held
 *   the order of things
 *   38  back-offs and counts after restarts are those of before
 *   39  pods that end in the same moment: a success ends the back-off of what failed with it
 */
#pragma once

#include "reconciler/control/control.h"
#include "reconciler/world_job.h"

enum { JOB_BACKOFF_SECONDS = 10, JOB_BACKOFF_MAX_SECONDS = 600 };

void control_job_sync(struct control *c, struct world_job *j);
/* Git, or its CronJob, has it no more. */
void control_job_drop(struct control *c, struct world_job *j);
/* P, of a Job, is about to leave the world: it is counted before. */
void control_job_pod_gone(struct control *c, struct world_pod *p);

/* --- among the job's own files --------------------------------------------------------------------------- */

const struct job_spec *job_spec_of(const struct world_job *j);
/* Pods are replaced only when they have ended. */
bool job_replaces_only_failed(const struct world_job *j);
/* "SuccessCriteriaMet", "FailureTarget": that it is to end so, and its pods are to go; or NULL. */
const struct world_condition *job_target(const struct world_job *j);
bool job_set_target(
	struct control *c, struct world_job *j, const char *type, const char *reason, const char *message);

/* job_policy.c: what a failed pod means. */
struct job_verdict {
	bool counts;        /* against the limits */
	const char *action; /* of the rule that matched; NULL: none */
	char *message;      /* of FailJob; the caller frees it */
};
struct job_verdict job_judge(
	const struct pod_failure_policy *policy, const struct world_object *pod, const struct pod_status *s);
/* Does a rule of the Job's successPolicy hold? *RET_RULE: which. */
bool job_success_matches(const struct world_job *j, size_t *ret_rule);

/* job_count.c */
/* Puts the ends of pods into the Job's numbers, in the order in which they ended. */
void job_count_ended(struct control *c, struct world_job *j);
/* P counts as failed, though it has not ended; or (NOTHING) as nothing, for ever. */
void job_count_as_failed(struct control *c, struct world_job *j, struct world_pod *p);
void job_count_as_nothing(struct control *c, struct world_pod *p);
/* When the next pod may be made (of INDEX where limits are per index); 0: now. */
nsec_t job_backoff_end(struct world_job *j, int64_t index);

/* job_pods.c */
/* Makes or removes pods as many as it takes; nothing while a back-off lasts. */
void job_manage(struct control *c, struct world_job *j);
/* Removes all that are active; AS_FAILED: they count. */
void job_stop(struct control *c, struct world_job *j, bool as_failed);
/* It has no target and nothing is active any more. */
bool job_is_complete(const struct world_job *j);
int64_t job_active(const struct world_job *j);
/* Being deleted, and not ended yet. */
int64_t job_terminating(const struct world_job *j);
