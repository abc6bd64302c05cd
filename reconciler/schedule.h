/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods and the scheduler: all that wait for a node have their turn together, and what it decides (sched.h) is done:
 *
 *    placed       the pod is put on its node
 *    nominated    room is made for it: the victims are deleted, each with the condition DisruptionTarget and an event Preempted. It goes
 *                 on waiting; status.nominatedNodeName says where the room is kept, over a restart too
 *    nowhere      its condition PodScheduled says why, in kube-scheduler's words
 *    waits        nothing has happened since that could help: nothing is said again
 *
 * A pod whose PriorityClass isn't there waits for that first. One with scheduling gates, or of another scheduler, has no turn.
 */
#pragma once

#include "reconciler/control/control.h"

/* Gives those a turn that wait, where one is new or something came that could help. Costs O(pods that wait). Returns whether anything was looked at. */
bool schedule_pods(struct control *c);
