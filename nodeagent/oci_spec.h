/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * One container's config.json for the OCI runtime (runtime-spec 1.0: config.md, config-linux.md).
 *
 * Everything that had to be looked up (image, user, environment, namespaces, mounts) comes in resolved; what stands
 * here is policy: default capabilities, mounts, masked and read-only paths as containerd's CRI plugin has them.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/object/pod.h"
#include "nodeagent/users.h"

struct oci_mount {
	const char *source, *destination;
	bool read_only;
	const char *propagation; /* Kubernetes' word: None, HostToContainer, Bidirectional; NULL = None */
};
struct oci_mounts {
	const struct oci_mount *items;
	size_t count;
};

struct oci_input {
	const struct pod *pod;
	const struct container *container;
	struct strings args, env;
	const char *cwd; /* working directory of the image, or NULL */
	struct user_ids user;
	const char *rootfs;
	struct oci_mounts mounts; /* in order; parents before children */
	const char *shm;          /* the pod's /dev/shm on the host; NULL: the container gets its own */
	const char *net_ns, *ipc_ns, *uts_ns; /* paths; NULL: the host's */
	const char *cgroups_path;
	const char *resources;     /* JSON of linux.resources, or NULL */
	const char *seccomp;       /* JSON of linux.seccomp, or NULL */
	bool cgroup_v2;            /* the container gets a cgroup namespace and sees its own */
	int64_t oom_score_adj;     /* of this container */
	int64_t oom_score_adj_min; /* the lowest that this process may give; INT64_MIN: any */
};

/* Appends the JSON. -EINVAL: a capability that doesn't exist. */
int oci_spec_write(struct buf *out, const struct oci_input *in, struct err *err);

/*
 * The capabilities of C as a set for oci_capability_has: those granted by default, less drop, plus add. Names with or
 * without CAP_, in either case, as containerd has them. -EINVAL: one that doesn't exist.
 */
int oci_capabilities(const struct container *c, uint64_t *ret, struct err *err);
/* Is NAME ("SYS_ADMIN") in the set? */
bool oci_capability_has(uint64_t set, const char *name);

/* kubelet's qos.GetContainerOOMScoreAdjust: Guaranteed -997, BestEffort 1000, Burstable by its memory request. MEMORY: the node's bytes. */
int64_t oci_oom_score_adj(const struct pod *pod, const struct container *c, int64_t memory);
