/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Names and UIDs: SHA-256 over length-prefixed parts, written in the alphabet they need. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "reconciler/names.h"

/* Without vowels and look-alikes, so that no word comes about (apimachinery util/rand). */
static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
enum { ALPHABET = sizeof(alphabet) - 1, GENERATED_MAX = 63 };

/* Each part with its length before it: no two lists of parts make the same bytes. */
static void add_part(struct sha256_state *s, const char *part)
{
	uint64_t len = strlen(part);

	sha256_update(s, &len, sizeof(len));
	sha256_update(s, part, len);
}

static void add_number(struct sha256_state *s, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_part(s, text);
}

static void format_uid(uint8_t h[SHA256_SIZE], char ret[NAMES_UID])
{
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x80);
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	snprintf(ret, NAMES_UID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", h[0],
		h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14],
		h[15]);
}

void names_uid(
	struct names *n, const char *kind, const char *namespace, const char *name, char ret[NAMES_UID])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	uint8_t h[SHA256_SIZE];

	add_part(s, n->cluster_id);
	add_part(s, kind);
	add_part(s, str_or_empty(namespace));
	add_part(s, name);
	add_number(s, MUTANT(15) ? 1 : (uint64_t)n->term);
	add_number(s, n->sequence++);
	sha256_final(s, h);
	format_uid(h, ret);
}

void names_uid_within(const char *owner, const char *kind, const char *name, char ret[NAMES_UID])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	uint8_t h[SHA256_SIZE];

	add_part(s, owner);
	add_part(s, kind);
	add_part(s, name);
	sha256_final(s, h);
	format_uid(h, ret);
}

static void spell(const uint8_t h[SHA256_SIZE], size_t count, char *ret)
{
	uint64_t number;

	memcpy(&number, h, sizeof(number));
	for (size_t i = 0; i < count; i++) {
		ret[i] = alphabet[number % ALPHABET];
		number /= ALPHABET;
	}
	ret[count] = '\0';
}

void names_template_hash(const uint8_t hash[32], int64_t collisions, char ret[NAMES_HASH])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	uint8_t h[SHA256_SIZE];

	sha256_update(s, hash, SHA256_SIZE);
	add_number(s, (uint64_t)collisions);
	sha256_final(s, h);
	spell(h, NAMES_HASH - 1, ret);
}

void names_pod_suffix(const char *uid, unsigned attempt, char ret[NAMES_SUFFIX])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	uint8_t h[SHA256_SIZE];

	add_part(s, uid);
	add_number(s, attempt);
	sha256_final(s, h);
	spell(h, NAMES_SUFFIX - 1, ret);
}

void names_join(const char *prefix, const char *suffix, char *ret)
{
	size_t room = GENERATED_MAX - 1 - strlen(suffix), len = strlen(prefix);

	snprintf(ret, NAMES_OBJECT_MAX, "%.*s-%s", (int)(len < room ? len : room), prefix, suffix);
}
