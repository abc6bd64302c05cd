/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The node's pod subnet: the one in force, out of which pods have their addresses, and the one that the reconciler wants.
 *
 * The wanted one comes into force once no pod has an address of the old one; until then no further address is given, so that
 * every address lies within the subnet that the node is known by. One that can't be set up is tried again at each
 * subnet_sync; meanwhile pods that want an address say why they have none.
 */
#pragma once

#include "nodeagent/pods.h"

/* At start: the subnet that the last agent had in force, as its identity says. Pods are kept, and removed, without one too. */
void subnet_open(struct node_services *node);
/* What the reconciler wants from now on ("": nothing is known yet). Copied. */
void subnet_want(struct node_services *node, const char *cidr);
/* Brings the wanted one into force, if it can be now, and writes ID down. Returns whether pods can have addresses that could not before. */
bool subnet_sync(struct node_services *node, struct identity *id, const struct pods *pods);
/* Is another one wanted than the one in force? */
bool subnet_is_due(const struct node_services *node);
void subnet_close(struct node_services *node);
