/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* Shared by all empty bufs; never written. */
char buf_empty[1];

void buf_done(struct buf *b)
{
	if (b->cap)
		free(b->data);
	*b = BUF_INIT;
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

char *buf_reserve(struct buf *b, size_t extra)
{
	size_t need;

	if (__builtin_add_overflow(b->len + 1, extra, &need))
		mem_exhausted();
	if (need > b->cap) {
		size_t cap = b->cap ? b->cap : 32;
		bool shared = b->cap == 0;

		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		b->data = xreallocarray(shared ? NULL : b->data, cap, 1);
		b->cap = cap;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_extend(struct buf *b, size_t n)
{
	b->len += n;
	/* Also behind nothing: something may have been written there and not be wanted. */
	if (b->cap)
		b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_reserve(b, len), data, len);
	buf_extend(b, len);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	buf_extend(b, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	size_t room = b->cap ? b->cap - b->len : 0;

	va_start(ap, fmt);
	int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_exhausted();
	if ((size_t)n >= room) {
		char *to = buf_reserve(b, (size_t)n);

		va_start(ap, fmt);
		vsnprintf(to, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	buf_extend(b, (size_t)n);
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	if (n > b->len)
		n = b->len;
	memmove(b->data, b->data + n, b->len - n);
	buf_truncate(b, b->len - n);
}

char *buf_take(struct buf *b)
{
	char *s = b->cap ? b->data : xstrdup("");

	*b = BUF_INIT;
	return s;
}
