/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the node's pod subnet needs on the host, once at start: forwarding, masquerading of what
 * leaves the pods for the world (nftables table pintle_SHORT), and an `unreachable` route for the
 * subnet, which keeps packets for pods that are gone from leaving the host and shows other homes that it is taken.
 *
 * What goes to pods of other nodes keeps its source address: all that is in the cluster's pod network, or in the subnet of a node
 * that is elsewhere.
 */
#pragma once

#include "nodeagent/env.h"
#include "nodeagent/peers.h"

/*
 * SUBNET ("10.244.0.0/24") must not overlap a route or an address of the host that isn't this home's own: -EADDRINUSE, ERR names
 * both. (A route by way of a gateway, within the pod network and to more than SUBNET, is to other nodes' pods.) Idempotent;
 * another SUBNET than before replaces it.
 */
int podnet_up(const struct node_env *env, const char *subnet, const struct peers *peers, struct err *err);
/* Where all pods are, as the table has it: it is to be made anew when this is another text. */
void podnet_pods(const char *subnet, const struct peers *peers, struct buf *out);
/* The table alone, after podnet_up. */
int podnet_masquerade(
	const struct node_env *env, const char *subnet, const struct peers *peers, struct err *err);
/*
 * Takes away table, route, and what interfaces the kernel still holds of pods that are gone (a namespace's teardown
 * lags behind its last user). Forwarding stays on. Idempotent.
 */
int podnet_down(const struct node_env *env, struct err *err);
