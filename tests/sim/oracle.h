/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The oracle: what must hold, seen from outside. It knows the commits that the reconciler in charge has taken, what it made
 * durable, what reached it, and what the agents really run; it shares no code with the controllers.
 *
 *  started-twice    no pod (UID) is started on two nodes, or again after it was gone
 *  undurable        no pod is started that no tree has, no report acknowledged that no tree has
 *  fenced           no agent obeys a lower term than it did; a reconciler that hears of a higher one stops
 *  version          no agent is welcomed with a version of the protocol that it does not speak
 *  dropped          no pod leaves the tree while its agent has it
 *  two-of-one       no two pods of one name run at the same time
 *  unavailable      where a pass takes away pods that serve, enough others serve: replicas - maxUnavailable. What a fault took and
 *                   the reconciler has not heard of counts as there; what it has heard of does not
 *  surge            a pass that makes pods never leaves more than replicas + maxSurge of them
 *  rank             of one ReplicaSet's pods none that serves goes while one stays that is not ready
 *  order, partition a StatefulSet's pods come and go one after the other, and those below its partition stay
 *  disruption       a drain leaves as many pods as their PodDisruptionBudget wants
 *  recreate         with strategy Recreate no pod is made while one of another version is left
 *  job-…            a Job's numbers are the ends of its pods, each once and as they really ended; no pod of an index that is done or has a
 *                   pod; no more at once than its parallelism and what is missing; none after its end or while it is suspended;
 *                   in the end it has come to the only end that it can come to
 *  cron-…           a CronJob starts one Job for each of its times, at most; never two at once where it forbids that; keeps no
 *                   more than its history
 *  rollback         in the end a Deployment that goes back when its rollout fails has pods of its last version, or of one
 *                   with which it was complete; not of one that never was, if there is another
 *  scaled           in the end a Deployment with an autoscaler has the pods that their usage asks for
 *  lost, leaked     in the end the agents hold what the tree holds, on the same nodes, and no word of what is gone; each agent that is
 *                   connected knows after two minutes what it is to have, what is to go, and has nothing else
 *  routes           each agent that is connected knows after two minutes, and in the end, the subnets and addresses of all nodes that
 *                   the tree has, and of no others
 *  wanted           in the end each app has the pods that git asks for, of its last version
 *  config           in the end each pod's files are those of its ConfigMap
 *  restart          in the end a reconciler that starts anew has nothing to do
 *  same-plan        from the same state a pass over everything plans what a pass over what is dirty plans (same.h)
 *  end-state        in the end the tree is that of a run of the same commits without faults (run.h)
 */
#pragma once

#include "tests/sim/fleet.h"
#include "tests/sim/host.h"

struct oracle *oracle_new(struct sim *s);
struct oracle *oracle_free(struct oracle *o);

/* --- what agents really do --------------------------------------------------------------------------- */

void oracle_pod_assigned(struct sim *s, const struct agent *a, const struct agent_pod *p);
void oracle_pod_runs(struct sim *s, const struct agent *a, const struct agent_pod *p);
void oracle_pod_ready(struct sim *s, const struct agent *a, const struct agent_pod *p);
void oracle_pod_exits(struct sim *s, const struct agent *a, const struct agent_pod *p, int64_t code);
/* … for good. */
void oracle_pod_ended(struct sim *s, const struct agent *a, const struct agent_pod *p);
/* Nothing of it is left. */
void oracle_pod_gone(struct sim *s, const struct agent *a, const struct agent_pod *p);
/* Its agent has forgotten that it ever had it (a machine that lost what was not synced). */
void oracle_pod_lost(struct sim *s, const struct agent *a, const struct agent_pod *p);

/* --- what the reconciler knows and decides ------------------------------------------------------------- */

void oracle_told(struct sim *s, const struct host *h, unsigned node, const struct letter *report);
/* A pass of H is durable; its plan is not swept yet. */
void oracle_pass(struct sim *s, const struct host *h);
/* H tells an agent what there is, or what is new, of the pod network. */
void oracle_network_told(struct sim *s, const struct host *h, const struct wire_network *m);
/* H tells an agent that its reports up to SEQ are durable. */
void oracle_acknowledged(struct sim *s, const struct host *h, unsigned node, int64_t seq);
/* An agent obeys TERM; it had KNOWN. */
void oracle_obeyed(struct sim *s, const struct agent *a, int64_t known, int64_t term);
/* H has read that an agent has seen TERM. */
void oracle_term_seen(struct sim *s, const struct host *h, int64_t term);
/* H has another tree, of before. */
void oracle_restored(struct sim *s, const struct host *h);
/* What H was told and has not recorded is lost. */
void oracle_host_stops(struct sim *s, const struct host *h);

/* --- now and then ----------------------------------------------------------------------------------------- */

/* oracle_reach.c; EVENT_LOOK. */
void oracle_on_look(struct sim *s);

/* --- the end -------------------------------------------------------------------------------------------- */

void oracle_end(struct sim *s);
/* The tree without what may differ between runs of the same commits: a line an object, sorted. */
void oracle_normal(const struct sim *s, struct buf *out);
