/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where a Node is reached over SSH, and by which keys its host is known: the texts of pintle.dev/ssh and
 * pintle.dev/ssh-host-key. Used by the tables of manifests, by the reconciler's transports and by the CLI.
 *
 * What is parsed may be given to ssh(1) as arguments: neither user nor host begins with "-" or has blanks or signs of a shell.
 */
#pragma once

#include "lib/base/arena.h"

/* "root@n1.example.org:2222", "10.0.0.7", "[fd00::1]:22". */
struct ssh_address {
	const char *user; /* NULL: none was given */
	const char *host; /* a name or an address, IPv6 without brackets */
	int port;         /* 22 where none was given */
};

/*
 * Parses TEXT into RET, whose texts are in ARENA. Returns NULL, or what is wrong with it, to follow "field: " (in ARENA too; RET is then
 * not to be used).
 */
const char *ssh_address_parse(struct arena *arena, const char *text, struct ssh_address *ret);
/* "HOST:PORT", an IPv6 address in brackets; without the port where that is 22. For messages. */
const char *ssh_address_format(struct arena *arena, const struct ssh_address *a);

/* A public key, as ssh-keyscan(1) and /etc/ssh/ssh_host_*_key.pub have it. */
struct ssh_host_key {
	const char *type;    /* constant: "ssh-ed25519" … */
	const char *base64;  /* of the blob, without blanks */
	const uint8_t *blob; /* RFC 4253, section 6.6 */
	size_t len;
};
struct ssh_host_keys {
	struct ssh_host_key *items;
	size_t count;
};

/*
 * Parses TEXT, "TYPE BASE64 [COMMENT]" a line, empty lines and those that begin with # left out. Result and ownership as
 * ssh_address_parse has them; there is at least one key.
 */
const char *ssh_host_keys_parse(struct arena *arena, const char *text, struct ssh_host_keys *ret);
/* Is it of a type that the library knows as well as ssh(1), ed25519 or ECDSA? (RSA needs ssh(1).) */
bool ssh_host_key_is_modern(const struct ssh_host_key *k);
/* "SHA256:…" of a key's blob, as ssh-keygen -l prints it; in ARENA. */
const char *ssh_fingerprint(struct arena *arena, const void *blob, size_t len);
