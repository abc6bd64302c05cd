/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * HorizontalPodAutoscalers (kube-controller-manager's podautoscaler; autoscaling/v2). Metrics are an input: what pods used comes by
 * autoscaler_take_usage. What an autoscaler decides stands in the tree only: the target's replicas are its, and those of the
 * manifest count again once it is gone.
 *
 *    1  every 15 s, and when its manifest changed           it looks; between that it does nothing
 *    2  no such target, or of a kind without replicas       AbleToScale=False FailedGetScale
 *    3  the target's manifest wants 0 replicas              ScalingActive=False ScalingDisabled, unless minReplicas is 0
 *    4  more than maxReplicas, fewer than minReplicas       at once to the bound, whatever the metrics say
 *    5  Utilization                                         ceil(ready pods × (used / requested) / target)
 *    6  AverageValue                                        ceil(pods' sum / target)
 *    7  several metrics                                     the largest counts; one that can't be read forbids to scale down
 *    8  within 10 % of the target (or tolerance)            it stays
 *    9  pods that aren't ready, or were not lately          count as using nothing when scaling up, else not at all
 *   10  pods without metrics                                count as using nothing when scaling up, all of the target when down
 *   11  a container without a request                       FailedGetResourceMetric: nothing is known
 *   12  no behavior                                         up to twice as many, or 4; down: the most of the last 300 s
 *   13  behavior                                            stabilizationWindowSeconds, policies and selectPolicy of each direction
 *   14  restart                                             the target keeps its replicas; the windows begin anew
 *   15  two of the same target                              ScalingActive=False AmbiguousSelector: neither goes by its metrics
 *   16  another of the same target goes, or it is renamed   the target keeps its replicas
 */
#pragma once

#include "reconciler/control/control.h"

enum { AUTOSCALER_PERIOD = 15 /* seconds */ };

void control_autoscaler_sync(struct control *c, struct world_autoscaler *a);
/* Git has it no more: the target goes back to its manifest's replicas. */
void control_autoscaler_drop(struct control *c, struct world_autoscaler *a);
/* What P's containers used, measured at AT over the WINDOW before; copied. */
void autoscaler_take_usage(struct world_pod *p, const struct world_usage *usage);
/* Are N's pods to be measured: does an autoscaler look at any of them? */
bool autoscaler_wants_node(const struct world *w, const struct world_node *n);

/* --- autoscaler_metrics.c: what a metric asks for ----------------------------------------------------- */

/* The pods of a target as far as metrics go. */
struct autoscaler_view {
	const struct world *w;
	struct world_pod **pods;
	size_t count;
	int64_t current; /* replicas that the target wants now */
	nsec_t now;
};
struct autoscaler_advice {
	int64_t replicas;
	int64_t utilization; /* per cent of the requests; -1: not that kind of target */
	int64_t average;     /* per pod: thousandths */
	char *problem;       /* owned; NULL: REPLICAS is the answer */
};
/* TOLERANCE: a share, such as 0.1, for each direction. */
struct autoscaler_tolerance {
	double up, down;
};
void autoscaler_advise(const struct autoscaler_view *v, const struct metric_spec *m,
	const struct autoscaler_tolerance *tolerance, struct autoscaler_advice *ret);

/* --- autoscaler_limits.c: how fast it may go there ------------------------------------------------------ */

/* What bounded the answer: reasons of the condition ScalingLimited, and whether AbleToScale says it was held back. */
struct autoscaler_bounds {
	const char *reason, *message; /* constants; DesiredWithinRange: nothing */
	bool limited, stabilized_up, stabilized_down;
};
/* From CURRENT to what may be now, given that the metrics ask for WANTED. Notes WANTED for the windows. */
int64_t autoscaler_limit(struct world_autoscaler *a, int64_t current, int64_t wanted, nsec_t now,
	struct autoscaler_bounds *ret);
/* The target went from BEFORE to AFTER. */
void autoscaler_note_scale(struct world_autoscaler *a, int64_t before, int64_t after, nsec_t now);
