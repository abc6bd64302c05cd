/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Control groups of one home: /pintle-SHORT, in it one group a pod, in it one a container.
 *
 *     /pintle-SHORT/pod-UID/CONTAINER-N         N: the container's attempt
 *
 * The upper two are ours; the lowest is made by the OCI runtime, which gets its path as
 * linux.cgroupsPath. Version 2 (one tree) and version 1 (a tree per controller, each group made
 * in all of them) are both spoken. Call cgroup_open after mountns_enter: on a hybrid host what is
 * left then is version 1.
 *
 * Source: kernel Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/buf.h"
#include "nodeagent/cgroup_resources.h"
#include "nodeagent/env.h"

enum cgroup_mode {
	CGROUP_V2,
	CGROUP_V1,
	CGROUP_HYBRID, /* seen before mountns_enter only; treated as version 1 */
};

struct cgroups;

/* What is mounted at ROOT ("/sys/fs/cgroup"). -ENOENT: no control groups there. */
int cgroup_detect(const char *root, enum cgroup_mode *ret, struct err *err);
/* "v2", "v1", "hybrid". */
const char *cgroup_mode_name(enum cgroup_mode mode);

/*
 * Opens /sys/fs/cgroup and makes /pintle-SHORT (version 2: with cpu, memory, pids, io, cpuset, hugetlb handed down as far as
 * the host has them). -EOPNOTSUPP: memory, cpu or pids is missing (ERR names it).
 */
int cgroup_open(const struct node_env *env, struct cgroups **ret, struct err *err);
/* The same at another ROOT of MODE, for tests and nested hosts. */
int cgroup_open_at(const char *root, enum cgroup_mode mode, const struct node_env *env, struct cgroups **ret,
	struct err *err);
struct cgroups *cgroup_close(struct cgroups *cg);
void cgroup_closep(struct cgroups **cg);
enum cgroup_mode cgroup_mode(const struct cgroups *cg);

/* Paths below are as cgroup_pod_path and cgroup_container_path make them: absolute within the hierarchy; the caller frees. */
char *cgroup_pod_path(const struct cgroups *cg, const char *uid);
char *cgroup_container_path(
	const struct cgroups *cg, const char *uid, const char *container, unsigned attempt);

/* Makes (or updates) the pod's group with its limits (RESOURCES NULL: leaves them); existing is fine. */
int cgroup_pod_create(
	struct cgroups *cg, const char *uid, const struct cgroup_resources *resources, struct err *err);
/*
 * Removes the pod's group and all beneath it. Not there is fine. -EBUSY: a process is left: cgroup_kill, then again after it
 * has gone (the caller's timer: nothing here waits).
 */
int cgroup_pod_remove(struct cgroups *cg, const char *uid, struct err *err);
/* UIDs of the pods' groups that exist (fs_names_free). */
int cgroup_pod_list(struct cgroups *cg, char ***ret, size_t *ret_count, struct err *err);
/* Removes one group and all beneath it, likewise. */
int cgroup_remove(struct cgroups *cg, const char *path, struct err *err);
/* Removes /pintle-SHORT with all in it. -EBUSY as above. */
int cgroup_remove_all(struct cgroups *cg, struct err *err);

/*
 * SIGKILL to every process in the group and beneath it (version 2: cgroup.kill; version 1: frozen meanwhile, so that none can fork away).
 * Returns how many processes were there: 0 = empty or no such group.
 */
int cgroup_kill(struct cgroups *cg, const char *path, struct err *err);
/* Moves process PID into an existing group. */
int cgroup_attach(struct cgroups *cg, const char *path, pid_t pid, struct err *err);

struct cgroup_stats {
	uint64_t cpu_nsec;     /* used since the group was made */
	uint64_t memory_bytes; /* now, page cache included */
	/* without inactive file pages: what kubectl top shows and eviction goes by */
	uint64_t memory_working_set;
	uint64_t pids;
	/* processes killed for want of memory; version 2: here and beneath, version 1: here */
	uint64_t oom_kills;
};
/* -ENOENT: no such group. A counter that this kernel doesn't have is 0. */
int cgroup_read_stats(struct cgroups *cg, const char *path, struct cgroup_stats *ret, struct err *err);
