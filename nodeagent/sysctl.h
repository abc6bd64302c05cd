/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Names of the kernel's parameters that belong to a pod's own namespaces.
 * Rule: kubelet's pkg/kubelet/sysctl (util.go's separators, namespace.go's prefixes).
 */
#pragma once

#include "lib/base/err.h"

enum { SYSCTL_PATH_MAX = 256 };
enum sysctl_namespace { SYSCTL_NET, SYSCTL_IPC };

/*
 * NAME with dots or slashes ("net.ipv4.conf.eth0/100.rp_filter" as sysctl(8)) → its path below /proc/sys into RET
 * (SYSCTL_PATH_MAX bytes), and the namespace it belongs to. -EINVAL: malformed; -EPERM: not namespaced, so that setting it would reach the whole host.
 */
int sysctl_path(const char *name, char *ret, enum sysctl_namespace *ret_namespace, struct err *err);
