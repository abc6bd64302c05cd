/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What carries a session's bytes: one connection, from the attempt to make it until it is broken. agentlink.c speaks the same lines over
 * each kind.
 *
 *   transport_new      nothing has happened yet
 *   connect            again after each `ready`, until it is not 0
 *   read, write        as often as one likes; -EAGAIN: `ready` says when again
 *   transport_free     at any time, but not from within a call of the same transport
 *
 * Nothing blocks. What fails leaves why in the transport: transport_why. After a failure it is only freed.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/loop.h"
#include "lib/object/ssh_address.h"
#include "reconciler/gate.h"
#include "reconciler/trouble.h"

enum transport_kind {
	TRANSPORT_UNIX,  /* a socket of this host */
	TRANSPORT_SSH,   /* libssh2 */
	TRANSPORT_CHILD, /* ssh(1) */
	TRANSPORT_KINDS,
};

/* Where to, and by which means. Texts are borrowed by whoever is given it, unless said otherwise. */
struct transport_target {
	enum transport_kind kind;
	/* TRANSPORT_UNIX */
	const char *path;
	uid_t owner; /* the peer must be root or this user (SO_PEERCRED) */
	/* TRANSPORT_SSH, TRANSPORT_CHILD; of the latter's user and port NULL and 0: as ssh_config(5) says */
	const char *user, *host;
	int port;
	const char *host_keys; /* as the manifest has them */
	const char *key;       /* file */
	const char *agent;     /* socket of the SSH agent that has the key instead; or NULL */
	struct gate *gate;     /* TRANSPORT_SSH: for handshakes */
	/* TRANSPORT_CHILD */
	const char *node;   /* its name */
	const char *home;   /* of the cluster: host keys are written to run/ssh there */
	const char *config; /* ssh_config(5); NULL: as ssh finds it */
};

/* Copies with texts of its own. */
void transport_target_copy(struct transport_target *to, const struct transport_target *from);
void transport_target_done(struct transport_target *t);
bool transport_target_equal(const struct transport_target *a, const struct transport_target *b);

struct transport;

/* READY is called from the loop when it is worth to go on: with connecting, with reading where that was wanted, or with writing. */
typedef void (*transport_ready_fn)(void *arg);

/* TARGET has to outlive the transport. */
struct transport *transport_new(
	struct loop *loop, const struct transport_target *target, transport_ready_fn ready, void *arg);
struct transport *transport_free(struct transport *t);
/* 1: it is there; 0: not yet, READY says when to ask again; < 0: it failed. */
int transport_connect(struct transport *t);
/* Bytes (fewer than SIZE: there are no more now), -EAGAIN, or another error: that was all. */
ssize_t transport_read(struct transport *t, void *data, size_t size);
ssize_t transport_write(struct transport *t, const void *data, size_t len);
/* What READY is wanted for from now on, once it is connected. */
void transport_watch(struct transport *t, bool in, bool out);
/* When connecting last came further (monotonic; 0: not since it began). Is it waiting for its turn among others now? */
nsec_t transport_moved(const struct transport *t);
bool transport_is_held(const struct transport *t);
/* What it has been waiting for, where connecting takes too long: a sentence, or NULL. */
const char *transport_waits(const struct transport *t);
/* Of the last failure. */
const struct trouble *transport_why(const struct transport *t);

/* --- for those that are kinds of it ------------------------------------------------------------------------ */

struct transport_ops {
	struct transport *(*create)(struct loop *loop, const struct transport_target *target);
	int (*connect)(struct transport *t);
	ssize_t (*read)(struct transport *t, void *data, size_t size);
	ssize_t (*write)(struct transport *t, const void *data, size_t len);
	void (*watch)(struct transport *t, bool in, bool out);
	const char *(*waits)(const struct transport *t); /* or NULL */
	bool (*held)(const struct transport *t);         /* or NULL: never */
	void (*free)(struct transport *t);
};

/* The beginning of each kind's own struct. */
struct transport {
	const struct transport_ops *ops;
	struct loop *loop;
	const struct transport_target *target;
	transport_ready_fn ready;
	void *arg;
	nsec_t moved; /* when connecting last came a step further; 0: it has no steps */
	struct trouble why;
};

/* A loop_io_fn for a kind whose descriptor needs no more than that; ARG is the struct transport. */
int transport_on_io(int fd, uint32_t events, void *arg);

extern const struct transport_ops transport_unix, transport_ssh, transport_child;
