/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * SHA-256 goes through libcrypto's low-level calls: the EVP interface looks up providers and
 * reads a configuration file at its first use, which pure code must not, and costs more than
 * hashing a name does. HMAC is the four lines of RFC 2104 on top.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/base/hash.h"

#include <endian.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

struct sha256_state {
	SHA256_CTX ctx;
};

/* Both halves of the 128-bit product, folded: every bit of A and B reaches every bit of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* The first LEN (at most 8) bytes at P as a little-endian number. */
static uint64_t load(const unsigned char *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return le64toh(v);
}

uint64_t hash_bytes(const void *data, size_t len)
{
	/* Odd constants with about half their bits set: digits of the golden ratio, of e and of pi. */
	const uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xb7e151628aed2a6b, k2 = 0x243f6a8885a308d3;
	const unsigned char *p = data;
	uint64_t h = k0 ^ len;
	size_t left = len;

	for (; left >= 8; p += 8, left -= 8)
		h = mix(h ^ load(p, 8), k1);
	if (left)
		h = mix(h ^ load(p, left), k1);
	return mix(h ^ k2, k0);
}

uint64_t hash_string(const char *s)
{
	return hash_bytes(s, strlen(s));
}

void sha256(const void *data, size_t len, uint8_t ret[SHA256_SIZE])
{
	struct sha256_state s;

	SHA256_Init(&s.ctx);
	sha256_update(&s, data, len);
	SHA256_Final(ret, &s.ctx);
}

void sha256_hex(const void *data, size_t len, char ret[SHA256_HEX])
{
	uint8_t digest[SHA256_SIZE];

	sha256(data, len, digest);
	str_hex(digest, sizeof(digest), ret);
}

struct sha256_state *sha256_new(void)
{
	struct sha256_state *s = xcalloc(1, sizeof(*s));

	SHA256_Init(&s->ctx);
	return s;
}

struct sha256_state *sha256_free(struct sha256_state *s)
{
	free(s);
	return NULL;
}

void sha256_freep(struct sha256_state **s)
{
	*s = sha256_free(*s);
}

void sha256_update(struct sha256_state *s, const void *data, size_t len)
{
	if (len)
		SHA256_Update(&s->ctx, data, len);
}

void sha256_final(struct sha256_state *s, uint8_t ret[SHA256_SIZE])
{
	SHA256_Final(ret, &s->ctx);
}

/* One of HMAC's two hashes: H((key ^ PAD) || data). */
static void hmac_half(
	const uint8_t key[SHA256_CBLOCK], uint8_t pad, const void *data, size_t len, uint8_t ret[SHA256_SIZE])
{
	struct sha256_state s;
	uint8_t block[SHA256_CBLOCK];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	SHA256_Init(&s.ctx);
	sha256_update(&s, block, sizeof(block));
	sha256_update(&s, data, len);
	SHA256_Final(ret, &s.ctx);
	explicit_bzero(block, sizeof(block));
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t ret[SHA256_SIZE])
{
	uint8_t block[SHA256_CBLOCK] = { 0 }, inner[SHA256_SIZE];

	if (key_len > sizeof(block))
		sha256(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	hmac_half(block, 0x36, data, len, inner);
	hmac_half(block, 0x5c, inner, sizeof(inner), ret);
	explicit_bzero(block, sizeof(block));
}
