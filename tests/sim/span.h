/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * JSON read in place. The oracle looks at few members of each of very many records: it goes straight to them, and builds nothing.
 *
 * A span is a value's bytes within a text that somebody else keeps; of a string those between its quotes, escapes and all. What is
 * not there is the empty span, of which nothing is a member. The text is taken to be well-formed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at; /* NULL: not there */
	size_t len;
};

/* The member KEY of a map. */
struct span span_member(struct span map, const char *key);
/* Item by item: the first one if *AT is 0, then the one after; false: that was the last, or it is no list. */
bool span_next(struct span list, size_t *at, struct span *ret);
/* The first item of a list. */
struct span span_first(struct span list);
bool span_is(struct span string, const char *text);
int64_t span_int(struct span number, int64_t otherwise);
/* With a NUL after it, cut at SIZE. RET; "" for what is not there. */
char *span_text(struct span string, char *ret, size_t size);
