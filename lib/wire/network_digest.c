/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* By what both ends know whether they mean the same pod network. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/wire/wire.h"

static uint64_t hash_of(struct sha256_state *s)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t ret = 0;

	sha256_final(s, hash);
	for (size_t i = 0; i < sizeof(ret); i++)
		ret = ret << 8 | hash[i];
	return ret;
}

static void hash_text(struct sha256_state *s, const char *text)
{
	sha256_update(s, str_or_empty(text), strlen(str_or_empty(text)));
}

uint64_t wire_network_hash(const struct wire_network_node *n)
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();

	hash_text(s, n->name);
	hash_text(s, " ");
	hash_text(s, n->pod_cidr);
	hash_text(s, " ");
	hash_text(s, n->address);
	return hash_of(s);
}

uint64_t wire_network_hash_cluster(const char *cluster_cidr)
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();

	hash_text(s, cluster_cidr);
	return hash_of(s);
}

void wire_network_digest(uint64_t sum, char ret[WIRE_NETWORK_DIGEST])
{
	snprintf(ret, WIRE_NETWORK_DIGEST, "%016" PRIx64, sum);
}
