/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* seccompProfile: RuntimeDefault: the system calls that ordinary programs need, as Docker's and containerd's default profile. */
#pragma once

#include "lib/base/buf.h"

/* Appends the JSON of OCI linux.seccomp. */
void seccomp_profile_write(struct buf *out);
