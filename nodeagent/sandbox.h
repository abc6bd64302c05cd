/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A pod's sandbox: its network, IPC and UTS namespaces, held by bind mounts (no pause process),
 * and its way to the network.
 *
 *     RUN_DIR/ns/ID/{net,ipc,uts}   the namespaces, for the OCI spec's namespaces[].path
 *     RUN_DIR/ns/ID/sandbox         written last: a sandbox without it is half-made
 *
 * The network is a routed veth pair: in the pod `eth0` with ADDRESS/32, default route by
 * 169.254.1.1; on the host an interface of its own name (pSHORT and six characters) with that address, a
 * /32 route to it, and proxy ARP. `lo` is up. No bridge, no daemon: everything is rtnetlink from this
 * process, about a millisecond, synchronous.
 *
 * ID is the pod's UID, or anything else of [A-Za-z0-9._-], at most SANDBOX_ID_MAX. Everything is
 * idempotent: creating over what a killed agent left cleans that first; destroying half-made or
 * missing ones succeeds. Single-threaded callers only: the namespaces are made by a vfork-like child.
 */
#pragma once

#include "nodeagent/env.h"

enum { SANDBOX_ID_MAX = 128, SANDBOX_IFNAME_MAX = 16, SANDBOX_ADDRESS_MAX = 46 };

struct sandbox_sysctl {
	const char *name; /* "net.core.somaxconn" or "net/core/somaxconn" */
	const char *value;
};

struct sandbox_spec {
	const char *id;
	const char *hostname;                 /* of the UTS namespace; at most 64 characters */
	const char *address;                  /* IPv4; ignored with host_network */
	bool host_network;                    /* no network and no UTS namespace, as containerd does */
	bool host_ipc;                        /* no IPC namespace */
	const struct sandbox_sysctl *sysctls; /* [sysctl_count]; namespaced ones only, see sysctl.h */
	size_t sysctl_count;
	uint32_t mtu; /* 0: the kernel's 1500 */
};

struct sandbox {
	char *id;
	char *net, *ipc, *uts; /* paths; NULL: the host's. All owned */
	char address[SANDBOX_ADDRESS_MAX];
	char ifname[SANDBOX_IFNAME_MAX]; /* the host's end; "" without a network namespace */
	bool complete; /* false (from sandbox_list only): half-made, or gone with a reboot: destroy it */
};
void sandbox_done(struct sandbox *s);

/*
 * Net sysctls as containerd's defaults (ip_unprivileged_port_start=0, ping_group_range="0 2147483647"), then those of the
 * spec. -EEXIST: a complete sandbox of that ID is there (sandbox_list says so); -EINVAL: bad id, address, hostname or sysctl.
 * On error nothing is left.
 */
int sandbox_create(
	const struct node_env *env, const struct sandbox_spec *spec, struct sandbox *ret, struct err *err);
/* The path of one of its namespaces: "net", "ipc" or "uts"; that which it shares with the host is not there. Owned by the caller. */
char *sandbox_namespace(const struct node_env *env, const char *id, const char *name);
/* Lets the namespaces go, and with them the interface. Containers should be gone: those alive keep their namespaces. */
int sandbox_destroy(const struct node_env *env, const char *id, struct err *err);
struct sandbox_list {
	struct sandbox *items; /* sorted by id */
	size_t count;
};
/* What there is, after a restart of the agent; half-made ones too. sandbox_list_done frees. */
int sandbox_list(const struct node_env *env, struct sandbox_list *ret, struct err *err);
void sandbox_list_done(struct sandbox_list *l);
