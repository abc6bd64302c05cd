/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Names and UIDs without chance: each is a hash of who it is for and of a counter that never comes back.
 *
 * A term is durable before it is used and grows with each start of pintled; the sequence number counts within a
 * term. A UID made of both is therefore never repeated, even after the actual tree is lost.
 */
#pragma once

#include "lib/base/cleanup.h"

enum {
	NAMES_UID = 37,         /* "8-4-4-4-12" and NUL */
	NAMES_HASH = 11,        /* a pod template's hash in names: 10 characters and NUL */
	NAMES_SUFFIX = 6,       /* of a generated pod name: 5 characters and NUL */
	NAMES_OBJECT_MAX = 254, /* a DNS subdomain and NUL */
};

struct names {
	char cluster_id[33];
	int64_t term;
	uint64_t sequence; /* of the next UID in this term */
};

/* The next UID, for KIND NAMESPACE (NULL: none) NAME. RFC 9562 version 8. */
void names_uid(
	struct names *n, const char *kind, const char *namespace, const char *name, char ret[NAMES_UID]);
/* Of what an object (its UID: OWNER) has exactly once in its life. */
void names_uid_within(const char *owner, const char *kind, const char *name, char ret[NAMES_UID]);
/* HASH (schema_hash of a pod template) and the Deployment's collision count in the alphabet of Kubernetes' generated names. */
void names_template_hash(const uint8_t hash[32], int64_t collisions, char ret[NAMES_HASH]);
/* Five characters out of UID for "SET-xxxxx"; ATTEMPT counts from 0 while the name is taken. */
void names_pod_suffix(const char *uid, unsigned attempt, char ret[NAMES_SUFFIX]);
/* PREFIX-SUFFIX, where PREFIX is cut so that the whole keeps within a DNS label's 63 characters as Kubernetes does for generated names. RET has NAMES_OBJECT_MAX bytes. */
void names_join(const char *prefix, const char *suffix, char *ret);
