/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What this host is called as a node where the repository names none. */
#pragma once

#include <stddef.h>

enum { HOST_NAME_SIZE = 64 };

/* The host's name as a node's name may be: lower case, RFC 1123. RET has SIZE bytes. */
void host_node_name(char *ret, size_t size);
