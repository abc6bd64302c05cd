/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * An SSH agent asked for its keys and for signatures (draft-miller-ssh-agent), without blocking: one socket, one question at a time.
 */
#pragma once

#include "lib/base/loop.h"
#include "lib/object/schema.h"

struct key_agent;

/* A public key as RFC 4253, section 6.6 has it, and what its owner calls it. */
struct key_agent_key {
	struct bytes blob;
	const char *comment;
};

/* READY is called from the loop when a question that was answered with -EAGAIN is to be asked again. */
int key_agent_new(struct loop *loop, const char *path, void (*ready)(void *arg), void *arg,
	struct key_agent **ret, struct err *err);
struct key_agent *key_agent_free(struct key_agent *a);
/* 0: its keys of types ed25519 and ECDSA, owned by the agent; -EAGAIN; or what is wrong. */
int key_agent_list(
	struct key_agent *a, const struct key_agent_key **ret_keys, size_t *ret_count, struct err *err);
/* 0: the signature of LEN bytes of DATA, without the name of its type, appended to RET; -EAGAIN; or what is wrong. */
int key_agent_sign(struct key_agent *a, const struct key_agent_key *key, const void *data, size_t len,
	struct buf *ret, struct err *err);
