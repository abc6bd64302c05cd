/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What pods use, for autoscalers: an agent's answer to the method stats (pintle-protocol(7)) becomes the usage of the world's
 * pods. The agent counts CPU time from a container's start on: what a container used is the difference to the answer before, so
 * that a pod is known from its second answer on, and again from the second one after a restart of a container.
 */
#pragma once

#include "reconciler/control/control.h"

/* TEXT is N's agent's answer of NOW. Pods that are not N's are passed over. -EBADMSG: it can't be read. */
int measures_take(
	struct control *c, const struct world_node *n, const char *text, size_t len, struct err *err);
