/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * seccompProfile: RuntimeDefault: the system calls that ordinary programs need, and those that the container's
 * capabilities are for, as Docker's and containerd's default profile.
 */
#pragma once

#include "lib/base/buf.h"

/* Appends the JSON of OCI linux.seccomp. CAPABILITIES: the container's (oci_capabilities). */
void seccomp_profile_write(struct buf *out, uint64_t capabilities);
