/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Memory that is there or the program is not: every function aborts with a line on
 * stderr when memory runs out, so no caller checks for NULL. Free with free(3).
 */
#pragma once

#include <stddef.h>

/* SIZE zeroed bytes (at least one). */
void *xcalloc(size_t count, size_t size);
/* PTR resized to COUNT elements of SIZE bytes; what is added is not zeroed. Overflow aborts. */
void *xreallocarray(void *ptr, size_t count, size_t size);
char *xstrdup(const char *s);
/* At most N bytes of S, NUL-terminated. */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *xmemdup(const void *data, size_t size);

/*
 * Makes room for NEED elements of SIZE bytes in the growing array PTR, whose capacity in
 * elements is *CAP; doubles it when it must grow (a large array grows by a quarter) and returns the (moved) array. The idiom:
 *
 *     v = grow(v, &cap, n + 1, sizeof(v[0]));
 *     v[n++] = item;
 */
void *grow(void *ptr, size_t *cap, size_t need, size_t size);

/* Says so on stderr and aborts; also for sizes that overflow (oom.c). */
_Noreturn void mem_exhausted(void);
