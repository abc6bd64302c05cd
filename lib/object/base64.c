/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Base64: see base64.h. */
#include "lib/object/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Of '+' and what follows it in ASCII, up to 'z': its place in the alphabet from 1; 0: it is not of it. */
static const uint8_t places[] = { 63, 0, 0, 0, 64, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0,
	0, 0, 0, 0, 0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
	49, 50, 51, 52 };

static uint32_t place(unsigned char c)
{
	unsigned i = (unsigned)c - '+';

	return i < sizeof(places) ? places[i] : 0;
}

/* 0–63, or -1. */
static int sextet(unsigned char c)
{
	return (int)place(c) - 1;
}

static size_t skip_line_ends(const char *text, size_t len, size_t i)
{
	while (i < len && (text[i] == '\n' || text[i] == '\r'))
		i++;
	return i;
}

/* The rest from the first '=' at I on, HAVE characters into a group: one or two '=' and then nothing. */
static enum base64_fault padding(const char *text, size_t len, size_t i, unsigned have, size_t *ret_at)
{
	*ret_at = i;
	if (have < 2)
		return BASE64_CHARACTER;
	for (unsigned need = 4 - have; need > 0; need--) {
		i = skip_line_ends(text, len, i);
		*ret_at = i;
		if (i >= len)
			return BASE64_TRUNCATED;
		if (text[i++] != '=')
			return BASE64_CHARACTER;
	}
	*ret_at = skip_line_ends(text, len, i);
	return *ret_at < len ? BASE64_CHARACTER : BASE64_OK;
}

static void add_group(struct buf *ret, uint32_t bits, unsigned have)
{
	bits <<= 6 * (4 - have);
	if (have > 1)
		buf_addc(ret, (char)(bits >> 16));
	if (have > 2)
		buf_addc(ret, (char)(bits >> 8));
	if (have > 3)
		buf_addc(ret, (char)bits);
}

/* Whole groups from the start of TEXT, as long as nothing but the alphabet stands in them. Returns how much of TEXT that was. */
static size_t decode_groups(const char *text, size_t len, struct buf *ret)
{
	const uint8_t *in = (const uint8_t *)text;
	char *out = buf_reserve(ret, len / 4 * 3);
	size_t i = 0, n = 0;

	for (; i + 4 <= len; i += 4, n += 3) {
		uint32_t a = place(in[i]), b = place(in[i + 1]), c = place(in[i + 2]), d = place(in[i + 3]);
		uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

		if (!a || !b || !c || !d)
			break;
		out[n] = (char)(bits >> 16);
		out[n + 1] = (char)(bits >> 8);
		out[n + 2] = (char)bits;
	}
	buf_extend(ret, n);
	return i;
}

enum base64_fault base64_decode(const char *text, size_t len, struct buf *ret, size_t *ret_at)
{
	uint32_t bits = 0;
	unsigned have = 0;
	enum base64_fault fault;
	size_t plain = decode_groups(text, len, ret);

	for (size_t i = skip_line_ends(text, len, plain); i < len; i = skip_line_ends(text, len, i + 1)) {
		int s = sextet((unsigned char)text[i]);

		*ret_at = i;
		if (text[i] == '=') {
			fault = padding(text, len, i, have, ret_at);
			if (fault == BASE64_OK)
				add_group(ret, bits, have);
			return fault;
		}
		if (s < 0)
			return BASE64_CHARACTER;
		bits = bits << 6 | (uint32_t)s;
		if (++have == 4) {
			add_group(ret, bits, have);
			bits = have = 0;
		}
	}
	*ret_at = len;
	return have == 0 ? BASE64_OK : BASE64_TRUNCATED;
}

void base64_encode(const void *data, size_t len, struct buf *ret)
{
	const uint8_t *in = data;
	size_t groups = (len + 2) / 3;
	char *out = buf_reserve(ret, groups * 4);

	for (size_t i = 0; i < len; i += 3, out += 4) {
		uint32_t bits = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			bits |= in[i + 2];
		out[0] = alphabet[bits >> 18];
		out[1] = alphabet[bits >> 12 & 63];
		out[2] = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
		out[3] = i + 2 < len ? alphabet[bits & 63] : '=';
	}
	buf_extend(ret, groups * 4);
}
