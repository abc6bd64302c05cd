/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the node's pod subnet needs on the host, once at start: forwarding, masquerading of what
 * leaves the pods for the world (nftables table pintle_SHORT), and an `unreachable` route for the
 * subnet, which keeps packets for pods that are gone from leaving the host and shows other homes that it is taken.
 */
#pragma once

#include "nodeagent/env.h"

/*
 * SUBNET ("10.244.0.0/24") must not overlap a route or an address of the host that isn't this home's own: -EADDRINUSE, ERR names
 * both. Idempotent; another SUBNET than before replaces it.
 */
int podnet_up(const struct node_env *env, const char *subnet, struct err *err);
/*
 * Takes away table, route, and what interfaces the kernel still holds of pods that are gone (a namespace's teardown
 * lags behind its last user). Forwarding stays on. Idempotent.
 */
int podnet_down(const struct node_env *env, struct err *err);
