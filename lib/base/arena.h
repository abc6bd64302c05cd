/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A bump allocator: many small allocations that die together.
 *
 * Everything allocated from an arena lives until arena_free; nothing is freed singly.
 * Memory is zeroed and aligned for any type. An arena never moves what it handed out.
 * Out of memory aborts.
 */
#pragma once

#include "lib/base/cleanup.h"

struct arena;

/* FIRST is the size in bytes of the first chunk (0: 1 KiB). Each later one has half of what there is, up to 64 KiB; larger requests get their own. */
struct arena *arena_new(size_t first);
/* Frees everything; takes NULL; returns NULL. */
struct arena *arena_free(struct arena *a);
void arena_freep(struct arena **a);

void *arena_alloc(struct arena *a, size_t size);
/* COUNT * SIZE bytes; overflow aborts. */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *data, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);
/* Bytes obtained from the system for this arena. */
size_t arena_size(const struct arena *a);
