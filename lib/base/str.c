/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

bool str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

int str_cmp(const char *a, const char *b)
{
	if (!a || !b)
		return (a ? 1 : 0) - (b ? 1 : 0);
	return strcmp(a, b);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

const char *str_after(const char *s, const char *prefix)
{
	return str_starts(s, prefix) ? s + strlen(prefix) : NULL;
}

const char *str_or_empty(const char *s)
{
	return s ? s : "";
}

bool str_empty(const char *s)
{
	return !s || !*s;
}

void str_set(char **where, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*where);
	*where = copy;
}

int str_to_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t v = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (!*s)
		return -EINVAL;

	/* Look at all of it before the range, so that "99999999999999999999x" is no number rather than too large. */
	if (s[strspn(s, "0123456789")])
		return -EINVAL;
	for (; *s; s++) {
		int digit = *s - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, negative ? -digit : digit, &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int str_cmp_qsort(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return str_cmp(*x, *y);
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * The usual dynamic programme over prefixes, in the "optimal string alignment" form: an
 * insertion, deletion, substitution or swap of neighbours costs one. A swap looks two rows
 * back, hence three rows. Once a whole row exceeds the limit, so will the result (a swap
 * reaches over one row only, so the row before is looked at too).
 */
unsigned str_distance(const char *a, const char *b, unsigned limit)
{
	size_t n = strlen(a), m = strlen(b);
	size_t gap = n > m ? n - m : m - n;

	if (gap > limit)
		return limit + 1;

	_cleanup_(freep) unsigned *rows = xcalloc(3 * (m + 1), sizeof(*rows));
	unsigned *before = rows, *prev = rows + m + 1, *cur = rows + 2 * (m + 1);
	unsigned prev_best = 0;

	for (size_t j = 0; j <= m; j++)
		prev[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned best = cur[0] = (unsigned)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned char x = lower(a[i - 1]), y = lower(b[j - 1]);

			cur[j] = min3(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]) &&
				before[j - 2] + 1 < cur[j])
				cur[j] = before[j - 2] + 1;
			if (cur[j] < best)
				best = cur[j];
		}
		if (best > limit && prev_best > limit)
			return limit + 1;
		prev_best = best;

		unsigned *spare = before;
		before = prev;
		prev = cur;
		cur = spare;
	}
	return prev[m] <= limit ? prev[m] : limit + 1;
}

const char *str_nearest(const char *s, const char *const *choices)
{
	size_t third = strlen(s) / 3;
	unsigned limit = third < 1 ? 1 : third > 4 ? 4 : (unsigned)third;
	const char *nearest = NULL;

	for (; *choices; choices++) {
		unsigned d = str_distance(s, *choices, limit);

		if (d > limit)
			continue;
		nearest = *choices;
		if (d == 0)
			break;
		limit = d - 1;
	}
	return nearest;
}

/*
 * Well-formed byte sequences, RFC 3629 section 4: what distinguishes them is the range of
 * the second byte, which keeps out overlong forms, surrogates and what is above U+10FFFF.
 */
static const struct utf8_lead {
	unsigned char first, last;               /* range of the first byte */
	unsigned char second_first, second_last; /* range of the second */
	unsigned char length;
} utf8_leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* Length of the multi-byte character at S (LEFT bytes, at least one), or 0. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	for (size_t i = 0; i < ARRAY_LEN(utf8_leads); i++) {
		const struct utf8_lead *l = &utf8_leads[i];

		if (s[0] < l->first || s[0] > l->last)
			continue;
		if (left < l->length || s[1] < l->second_first || s[1] > l->second_last)
			return 0;
		for (size_t k = 2; k < l->length; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return l->length;
	}
	return 0;
}

/* Are the eight bytes at S ASCII, none of them NUL? */
static bool plain_ascii(const unsigned char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t w;

	memcpy(&w, s, sizeof(w));
	return !(w & highs) && !((w - ones) & ~w & highs);
}

bool str_is_utf8(const char *s, size_t len, size_t *ret_bad)
{
	const unsigned char *u = (const unsigned char *)s;

	for (size_t i = 0; i < len;) {
		if (len - i >= 8 && plain_ascii(u + i)) {
			i += 8;
			continue;
		}
		size_t n = u[i] == 0 ? 0 : u[i] < 0x80 ? 1 : utf8_length(u + i, len - i);

		if (n == 0) {
			if (ret_bad)
				*ret_bad = i;
			return false;
		}
		i += n;
	}
	return true;
}

size_t str_utf8_cut(const char *s, size_t len)
{
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_unhex(const char *s, void *ret, size_t len)
{
	uint8_t *to = ret;

	for (size_t i = 0; i < len; i++, s += 2) {
		int high = hex_digit(s[0]), low = high < 0 ? -1 : hex_digit(s[1]);

		if (low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void str_hex(const void *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[p[i] >> 4];
		ret[2 * i + 1] = digits[p[i] & 15];
	}
	ret[2 * len] = '\0';
}
