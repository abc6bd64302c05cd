/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What libssh2 allocates for one session, so that what it forgets (some, when a handshake is broken off) can be freed behind it.
 *
 * The functions are as libssh2 calls them: MEMORY points to the session's abstract pointer, which is the struct ssh_memory. Init first;
 * done frees all that is left. A struct is not to be moved in between.
 */
#pragma once

#include <stddef.h>

/* Of a ring of allocations, and the ring's own beginning. */
struct ssh_link {
	struct ssh_link *prev, *next;
};

struct ssh_memory {
	struct ssh_link chunks;
};

void ssh_memory_init(struct ssh_memory *m);
void ssh_memory_done(struct ssh_memory *m);

/* Never NULL. */
void *ssh_memory_alloc(size_t size, void **memory);
/* DATA may be NULL. */
void ssh_memory_free(void *data, void **memory);
void *ssh_memory_realloc(void *data, size_t size, void **memory);
