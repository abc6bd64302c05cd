/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What agents say, into the world: hello (what a node holds) and reports (what became of it). Nothing is acted on
 * here: owners are marked dirty, and the next pass does the rest.
 */
#pragma once

#include "reconciler/control/control.h"

/*
 * A session with NODE's agent begins. What the agent holds is compared with what it should hold: missing and
 * outdated pods are queued, unknown ones become strays to remove, pods that were being deleted and are not there any more are gone.
 */
void collect_hello(struct control *c, struct world_node *n, const struct wire_hello *hello);
/* The session has ended. */
void collect_goodbye(struct control *c, struct world_node *n);
/* Statuses. Pods that nobody knows become strays unless they are gone. */
void collect_report(struct control *c, struct world_node *n, const struct wire_report *report);
