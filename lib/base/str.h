/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Small questions about strings. NULL is allowed where the comment says so. */
#pragma once

#include "lib/base/cleanup.h"

/* Equal; NULL equals only NULL. */
bool str_eq(const char *a, const char *b);
/* strcmp with NULL sorting first. */
int str_cmp(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Behind PREFIX in S, or NULL where S does not start with it. */
const char *str_after(const char *s, const char *prefix);
/* S, or "" where it is NULL. */
const char *str_or_empty(const char *s);
/* NULL or "". */
bool str_empty(const char *s);
/* Whole of S as a decimal number into *RET; 0, -EINVAL or -ERANGE. */
int str_to_i64(const char *s, int64_t *ret);
/* *WHERE becomes a copy of TEXT (NULL: NULL), which may be part of what it was; that is freed. */
void str_set(char **where, const char *text);
/* qsort comparator over const char * elements. */
int str_cmp_qsort(const void *a, const void *b);
/* Damerau–Levenshtein distance, ASCII case ignored, bounded: returns LIMIT + 1 when it is larger than LIMIT. */
unsigned str_distance(const char *a, const char *b, unsigned limit);
/* Of CHOICES (ended by NULL) the one nearest to S within a third of its length (at least 1, at most 4 edits), or NULL. */
const char *str_nearest(const char *s, const char *const *choices);
/* Is S (LEN bytes) valid UTF-8 without NUL (RFC 3629)? Sets *RET_BAD to the offset of the first bad byte when not NULL. */
bool str_is_utf8(const char *s, size_t len, size_t *ret_bad);
/* How much of S's first LEN bytes to keep when it is cut there (S has more): no part of a character. */
size_t str_utf8_cut(const char *s, size_t len);
/* The first 2 * LEN digits of S, lower-case hex, into RET (LEN bytes); false where they are not: RET may be written to in part. */
bool str_unhex(const char *s, void *ret, size_t len);
/* Lower-case hex of LEN bytes into RET (2 * LEN + 1 bytes). */
void str_hex(const void *data, size_t len, char *ret);
