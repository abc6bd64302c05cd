/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A growing byte string. data is always NUL-terminated at data[len] (an empty buf shares
 * a static ""), and may hold NULs of its own. Initialise with BUF_INIT; end with buf_done.
 */
#pragma once

#include "lib/base/cleanup.h"

struct buf {
	char *data; /* owned, except the shared empty string */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated; 0 for the shared empty string */
};

extern char buf_empty[1];
#define BUF_INIT ((struct buf){ .data = buf_empty })

void buf_done(struct buf *b);
/* len = 0; keeps the memory. */
void buf_clear(struct buf *b);
/* Room for EXTRA more bytes (and the NUL); returns where to write them. Then set the length with buf_extend. */
char *buf_reserve(struct buf *b, size_t extra);
/* N bytes were written behind data + len. */
void buf_extend(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
/* Cuts to LEN bytes (LEN <= len). */
void buf_truncate(struct buf *b, size_t len);
/* Removes the first N bytes. */
void buf_consume(struct buf *b, size_t n);
/* The string, owned by the caller (free); B is empty again. */
char *buf_take(struct buf *b);
