/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The host's routes to the pods of other nodes (route_plan.h says which).
 *
 * What the reconciler told is in STATE_DIR/network, so that an agent that starts anew, or after a boot, has its routes before its
 * pods start, reconciler or not. Which routes are ours is recorded (routes_record.h): only these are ever changed or deleted.
 *
 * Routes that the kernel drops (a link that went down, an address that changed) are made again by the next routes_sync, and what could not
 * be made is tried again: it is to be called when routes_watch says so, and from time to time.
 */
#pragma once

#include "lib/base/loop.h"
#include "lib/object/core.h"
#include "nodeagent/env.h"
#include "nodeagent/peers.h"

struct routes;

/* Reads what was told before; where that can't be read the routes stay as they are until it is told again. */
struct routes *routes_open(const struct node_env *env);
/* The routes stay. */
struct routes *routes_close(struct routes *r);
const struct peers *routes_peers(const struct routes *r);
/* The reconciler tells. Written down and acted upon by the next routes_sync. */
void routes_take(struct routes *r, const struct wire_network *m);
/* CHANGED is called from the loop, with ARG, soon after an address or a route of the host (not of its pods) has come or gone. */
int routes_watch(struct routes *r, struct loop *loop, loop_fn changed, void *arg, struct err *err);
/* Was something told since the last routes_sync? */
bool routes_is_due(const struct routes *r);
/* podnet_up, with what is known of other nodes; this node's pods are in SUBNET from now on. */
int routes_subnet_up(struct routes *r, const char *subnet, struct err *err);
/*
 * Makes the host's routes, and what podnet masquerades, what they should be. SELF: this node's name, or NULL. Returns whether
 * routes_condition says another thing than before. What goes wrong is logged, once.
 */
bool routes_sync(struct routes *r, const char *self);
/*
 * Condition NetworkUnavailable of the Node into RET (texts until the next routes_sync): True where pods of some nodes can't be
 * reached from here. Reason NodesUnreachable, or NoNodeReachable where it is none of several. False: there is nothing to
 * say, as there are no other nodes.
 */
bool routes_condition(const struct routes *r, struct condition *ret);
/* Deletes our routes, and all that is on disk. Idempotent. */
int routes_down(const struct node_env *env, struct err *err);
