/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Requests and limits of containers and pods → what control groups and OCI linux.resources hold.
 * Rules: kubelet's pkg/kubelet/cm/helpers_linux.go (MilliCPUToQuota, MilliCPUToShares,
 * ResourceConfigForPod) and kuberuntime_container_linux.go (calculateLinuxResources).
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/object/pod.h"

struct cgroup_resources {
	int64_t memory_limit; /* bytes; 0: none */
	int64_t cpu_shares;   /* 2 … 262144; 0: leave alone */
	int64_t cpu_quota;    /* µs per period; 0: none */
	int64_t cpu_period;   /* µs; 0 with no quota */
	int64_t pids_limit;   /* 0: none */
};

/* One container's: a limit without a request is the request too; no cpu request gives the minimum of 2 shares. */
struct cgroup_resources cgroup_resources_container(const struct container *c);
/* The pod's own group: sums, or the largest init container where that is more; limits only where every container has one. */
struct cgroup_resources cgroup_resources_pod(const struct pod_spec *spec);

/* cgroup2's cpu.weight (1 … 10000) for version 1's cpu.shares: runtimes' 1 + (shares - 2) * 9999 / 262142. */
int64_t cgroup_weight_from_shares(int64_t shares);
/*
 * Appends OCI linux.resources as JSON ({"memory":{"limit":…},"cpu":{…},"pids":{…}}); "{}" where nothing is limited. With V2 a
 * memory limit forbids swap too (swap = limit), and the container dies as a whole when it is out of memory, as kubelet has it; version 1 may lack memsw accounting, so nothing is said there.
 */
void cgroup_resources_write(struct buf *out, const struct cgroup_resources *r, bool v2);
