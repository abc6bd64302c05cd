/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A container attempt's name in the runtime: a hash of what it is, so that the same attempt can't exist twice. */
#pragma once

#include "lib/base/cleanup.h"

enum { CONTAINER_ID_SIZE = 33 };

/* 32 hex digits of SHA-256 over cluster, pod UID, container and attempt. Returns RET. */
const char *container_id(const char *cluster, const char *uid, const char *container, int64_t attempt,
	char ret[CONTAINER_ID_SIZE]);
