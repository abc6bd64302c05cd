/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Addresses of the node's pod subnet (IPv4).
 *
 * Never given: the subnet's own address, its first host (.1, kept for the node) and the broadcast
 * address. Free addresses stand in a queue: what is released goes to its end, so that an
 * address is used again as late as possible (connection tracking, ARP caches and clients may still know it).
 *
 * After a restart: ipam_new, then ipam_take for each sandbox that exists and, where the caller
 * remembers it, ipam_start_after the last address given.
 */
#pragma once

#include "lib/base/err.h"

struct ipam;

enum { IPAM_ADDRESS_MAX = 46 };

/* SUBNET: "10.244.0.0/24"; /16 to /29 (-EINVAL, -ERANGE). */
int ipam_new(const char *subnet, struct ipam **ret, struct err *err);
struct ipam *ipam_free(struct ipam *i);
void ipam_freep(struct ipam **i);

/* An address into RET (IPAM_ADDRESS_MAX bytes). -ENOSPC: all are in use (ERR says how many there are). */
int ipam_alloc(struct ipam *i, char *ret, struct err *err);
/* ADDRESS is in use from now on. -EADDRINUSE: it is already; -ERANGE: not in the subnet, or reserved; -EINVAL: no address. */
int ipam_take(struct ipam *i, const char *address, struct err *err);
/* Back to the end of the queue. What isn't in use, or isn't ours, is ignored. */
void ipam_release(struct ipam *i, const char *address);
/* The queue goes on behind ADDRESS, as if everything up to it had been given and released in order. Ignored when not ours. */
void ipam_start_after(struct ipam *i, const char *address);
size_t ipam_free_count(const struct ipam *i);
size_t ipam_size(const struct ipam *i);
