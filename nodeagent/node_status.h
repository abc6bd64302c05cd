/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What this node is: capacity, addresses, kernel and programs, as a Kubernetes NodeStatus. Read once at start and
 * looked at again from time to time.
 */
#pragma once

#include <net/if.h>

#include "lib/base/time.h"
#include "lib/object/core.h"
#include "nodeagent/image_store.h"

/* Reads the node's status into a struct in ARENA. STATE_DIR's file system counts as ephemeral storage. NOW: realtime. */
struct node_status *node_status_read(struct arena *arena, const char *state_dir, nsec_t now);
/*
 * The images of STORE (NULL: none) become S's: the largest first, then by name, and as the kubelet has it (nodestatus.Images) 50 at most,
 * 5 names of each. Texts go into ARENA.
 */
void node_status_images(struct node_status *s, struct image_store *store, struct arena *arena);
/* S says that the node's disk takes nothing, and why (copied into ARENA), since SINCE: condition DiskPressure. */
void node_status_disk(struct node_status *s, const char *why, nsec_t since, struct arena *arena);
/* The InternalIP of S, or "127.0.0.1". Borrowed from S. */
const char *node_status_address(const struct node_status *s);
/* The kernel's boot id, in ARENA; "" where there is none. */
const char *node_boot_id(struct arena *arena);

/* PRETTY_NAME in the text of os-release(5), or "Linux". */
const char *node_os_name(struct arena *arena, const char *os_release);
/* The interface of the default route in the text of /proc/net/route, into RET; "" where there is none. Returns RET. */
const char *node_default_interface(const char *routes, char ret[IF_NAMESIZE]);
