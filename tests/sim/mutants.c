/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/share/mutants.h"

const struct mutant mutants[] = {
	{ 1, "a rolling update takes one pod more than maxUnavailable" },
	{ 2, "a rolling update makes one pod more than maxSurge" },
	{ 3, "minReadySeconds is ignored" },
	{ 4, "of too many pods the ready ones go first" },
	{ 5, "of the pods of a report all but the first are overlooked" },
	{ 6, "that a pod is gone is overlooked" },
	{ 7, "an agent obeys a reconciler with a lower term" },
	{ 8, "a reconciler overlooks that an agent has seen a higher term" },
	{ 9, "agents are told before what they are told is durable" },
	{ 10, "reports are acknowledged before they are durable" },
	{ 11, "a StatefulSet does not wait for the pods before" },
	{ 12, "a Job's pod counts again with each look at it" },
	{ 13, "drains do not ask PodDisruptionBudgets" },
	{ 14, "an agent that connects again is taken to hold what it was sent once" },
	{ 15, "UIDs begin anew with each start" },
	{ 16, "a pod is dropped when its deletion begins" },
	{ 17, "Recreate does not wait for the pods that are there" },
	{ 18, "a ConfigMap that changes reaches no pod" },
	{ 19, "a report does not make the pod's owner dirty" },
	{ 20, "one that starts anew takes pods to be on no node until it has heard of them" },
	{ 21, "a name may be given again while an agent still holds a pod of it" },
	{ 22, "that a tree is an old copy is overlooked" },
	{ 23, "of the changes of the pod network agents are told the newest only" },
	{ 0, "" },
};
