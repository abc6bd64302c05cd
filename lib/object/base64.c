/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Base64: see base64.h. */
#include "lib/object/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0–63, or -1. */
static int sextet(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
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

enum base64_fault base64_decode(const char *text, size_t len, struct buf *ret, size_t *ret_at)
{
	uint32_t bits = 0;
	unsigned have = 0;
	enum base64_fault fault;

	for (size_t i = skip_line_ends(text, len, 0); i < len; i = skip_line_ends(text, len, i + 1)) {
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
