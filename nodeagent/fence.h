/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which reconciler an agent obeys: that of the highest term it ever saw, and of two with one term the first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Is HOLDER with TERM one to refuse, where KNOWN_TERM of KNOWN_HOLDER (NULL or "": none yet) is in force? */
bool fence_refuses(int64_t known_term, const char *known_holder, int64_t term, const char *holder);
