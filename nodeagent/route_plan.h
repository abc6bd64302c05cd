/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What to do about this host's routes so that pods reach those of other nodes: `SUBNET via ADDRESS` for each. Only routes that we
 * made, as a record says, are ever changed; what else the host routes is its own.
 *
 *    1  the node is this one                                    nothing
 *    2  subnet or address can't be read, or is not IPv4         a problem
 *    3  its subnet overlaps this node's, or that of a node
 *       before it (by subnet)                                   a problem
 *    4  we made that route, and it is there                     nothing
 *    5  we made one to the same subnet by another address       it is replaced
 *    6  the host has the very same route                        nothing: it is the host's
 *    7  the host has a route to all of the subnet, by way of a
 *       gateway, to no more than the pod network                nothing: somebody sees to it that the gateway knows the way
 *    8  a route (but for the default route) or an address of
 *       the host overlaps the subnet, or the node's address is
 *       this host's too                                         a problem
 *    9  else                                                    it is made
 *   10  we made a route that is not wanted                      it is deleted
 *
 * What is in the record and not in the kernel (a link went down, the host booted) is as if it had never been made.
 */
#pragma once

#include "nodeagent/cidr.h"
#include "nodeagent/peers.h"

/* `TO via VIA`. */
struct route {
	struct cidr to, via;
	const struct wire_network_node *node; /* NULL: not known */
};
struct route_list {
	struct route *items; /* [count] */
	size_t count;
};

/* A route or an address of the host, as the kernel has it: IPv4, of the main table. */
struct route_seen {
	struct cidr prefix, via;
	bool is_address; /* else a route */
	bool has_via;    /* by way of a gateway: VIA, or several (zeros) */
	const char *ifname;
};

enum route_trouble {
	ROUTE_UNREADABLE, /* 2 */
	ROUTE_OVERLAPS,   /* 3 */
	ROUTE_TAKEN,      /* 8 */
	ROUTE_NO_GATEWAY, /* the kernel: the address is not on a network of this host */
	ROUTE_REFUSED,    /* the kernel, for another reason */
	ROUTE_TROUBLES
};
struct route_problem {
	enum route_trouble trouble;
	const char *name;    /* of the node */
	const char *address; /* as it was told */
	const char *text;    /* what is in the way; NULL with ROUTE_NO_GATEWAY */
};

struct route_input {
	const struct peers *peers;
	const char *self;       /* this node's name; NULL: not known */
	const struct cidr *own; /* its pods' subnet; NULL: none yet */
	const struct route_seen *kernel;
	size_t kernel_count;
	struct route_list made; /* the record; any order */
};
struct route_plan {
	struct route_list remove, put;  /* by subnet; PUT replaces what is there to the same subnet */
	struct route_list stay;         /* ours that are there and wanted */
	struct route_problem *problems; /* [problem_count], by name */
	size_t problem_count;
	size_t peer_count; /* others than this node */
};
/* All of RET is in ARENA, and borrows texts from IN. */
void route_plan(struct arena *arena, const struct route_input *in, struct route_plan *ret);

/*
 * "no route to the pods of 2 of 5 nodes: …": for people, in the Node's condition, with what to do. CLUSTER_CIDR stands in
 * the advice. In ARENA.
 */
const char *route_problems_text(struct arena *arena, const struct route_problem *problems, size_t count,
	size_t peer_count, const char *cluster_cidr);
