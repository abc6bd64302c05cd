/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The arena and its first chunk are one allocation, so that a small object costs one malloc.
 * Strings are packed byte by byte; everything else starts at a multiple of ALIGN.
 */
#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { ALIGN = alignof(max_align_t), FIRST_DEFAULT = 1024, CHUNK_MIN = 512, CHUNK_MAX = 64 * 1024 };

struct chunk {
	struct chunk *next;
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *chunks; /* all but the first, which follows this struct */
	char *pos, *end;      /* what is free of the chunk in use */
	size_t next;          /* size of the next chunk's data */
	size_t size;          /* bytes obtained from the system */
	alignas(max_align_t) char first[];
};

static size_t align_up(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* Half of what there is: what was too small was mostly so by little. */
static size_t next_size(size_t size)
{
	size_t next = align_up(size / 2);

	return next < CHUNK_MIN ? CHUNK_MIN : next < CHUNK_MAX ? next : CHUNK_MAX;
}

struct arena *arena_new(size_t first)
{
	if (first > SIZE_MAX / 2)
		mem_exhausted();
	first = align_up(first ? first : FIRST_DEFAULT);

	size_t size = sizeof(struct arena) + first;
	struct arena *a = xcalloc(1, size);

	a->pos = a->first;
	a->end = a->first + first;
	a->next = next_size(size);
	a->size = size;
	return a;
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	for (struct chunk *c = a->chunks; c;) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
	free(a);
	return NULL;
}

void arena_freep(struct arena **a)
{
	*a = arena_free(*a);
}

static char *add_chunk(struct arena *a, size_t data_size)
{
	if (data_size > SIZE_MAX / 2)
		mem_exhausted();

	size_t size = sizeof(struct chunk) + data_size;
	struct chunk *c = xcalloc(1, size);

	c->next = a->chunks;
	a->chunks = c;
	a->size += size;
	return c->data;
}

/* SIZE bytes that don't fit the chunk in use: from a new one, or, where they would fill most of it, from one of their own. */
static char *alloc_slow(struct arena *a, size_t size)
{
	if (size > a->next / 2)
		return add_chunk(a, size);

	char *data = add_chunk(a, a->next);
	a->pos = data + size;
	a->end = data + a->next;
	a->next = next_size(a->size);
	return data;
}

/* Unaligned bytes, for strings. */
static char *alloc_bytes(struct arena *a, size_t size)
{
	if (size > (size_t)(a->end - a->pos))
		return alloc_slow(a, size);

	char *p = a->pos;
	a->pos += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t pad = -(uintptr_t)a->pos & (ALIGN - 1);
	size_t left = (size_t)(a->end - a->pos);

	if (size == 0)
		size = 1;
	if (pad > left || size > left - pad)
		return alloc_slow(a, size);

	char *p = a->pos + pad;
	a->pos = p + size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		mem_exhausted();
	return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = alloc_bytes(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

void *arena_memdup(struct arena *a, const void *data, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_exhausted();
	if ((size_t)n < sizeof(small))
		return arena_strndup(a, small, (size_t)n);

	char *s = alloc_bytes(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

size_t arena_size(const struct arena *a)
{
	return a->size;
}
