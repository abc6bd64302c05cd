/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A real sshd for tests: on a port of its own of 127.0.0.1, with its own host keys, and keys that it lets in. Everything of it lies in a
 * temporary directory. It needs no root; whoever runs the test is the user it knows.
 *
 *   sshd_init                        directory, host keys (ed25519 and ecdsa)
 *   sshd_key, sshd_allow             keys for clients, at any time
 *   sshd_start … sshd_stop           as often as one likes, on the same port
 *   sshd_done                        at the end, also after a failure
 *
 * A key runs one command only, that of `pintle-agent session`: it joins the socket DIR/home/run/agent.sock, on which the test may listen.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/err.h"

struct sshd {
	char dir[64];
	char user[64]; /* who may log in */
	int port;      /* 0 until the first start */
	pid_t pid;     /* 0: it is stopped */
	int pidfd;
	char *agent;     /* path of the socket that is joined */
	char *host_keys; /* of the ed25519 and of the ecdsa key, "TYPE BASE64", a line each */
};

/* -ENOENT where no sshd is installed. */
int sshd_init(struct sshd *s, struct err *err);
void sshd_done(struct sshd *s);
/* It listens when this returns. CONFIG: lines that go before its own in sshd_config(5), or NULL. */
int sshd_start(struct sshd *s, const char *config, struct err *err);
/* The end of it and of its connections. */
void sshd_stop(struct sshd *s);
/* Ends the connections; it goes on listening. */
void sshd_hang_up(struct sshd *s);
/* It and its connections say nothing more (connections to it are still made, by the kernel), until it is stopped. */
void sshd_freeze(struct sshd *s);
/* What it has logged so far; the caller frees it. */
char *sshd_log(const struct sshd *s);

/* Makes the key pair DIR/NAME and DIR/NAME.pub, of TYPE (ed25519, ecdsa …). Owned by the caller: the private key's path, NULL after a failure. */
char *sshd_key(struct sshd *s, const char *type, const char *name, struct err *err);
/* "TYPE BASE64" of the key at PATH; owned by the caller. */
char *sshd_public(const char *path, struct err *err);
/* Lets the key at PATH in, for COMMAND (no quotes in it) alone; NULL: to join the socket. The last word on a key counts. */
int sshd_allow(struct sshd *s, const char *path, const char *command, struct err *err);
