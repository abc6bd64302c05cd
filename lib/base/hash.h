/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Hashes: a fast one for tables, SHA-256 for content and identity, HMAC for secrets' stand-ins.
 * The only file that knows libcrypto is hash.c.
 */
#pragma once

#include "lib/base/cleanup.h"

enum { SHA256_SIZE = 32, SHA256_HEX = 65 /* with the NUL */ };

/* Not cryptographic; the same on every machine and run. */
uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_string(const char *s);

void sha256(const void *data, size_t len, uint8_t ret[SHA256_SIZE]);
void sha256_hex(const void *data, size_t len, char ret[SHA256_HEX]);

struct sha256_state;
struct sha256_state *sha256_new(void);
struct sha256_state *sha256_free(struct sha256_state *s);
void sha256_freep(struct sha256_state **s);
void sha256_update(struct sha256_state *s, const void *data, size_t len);
/* Finishes; S may then only be freed. */
void sha256_final(struct sha256_state *s, uint8_t ret[SHA256_SIZE]);

/* HMAC-SHA-256 (RFC 2104). */
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t ret[SHA256_SIZE]);
