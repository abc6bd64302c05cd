/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A host as its administrator reaches it: with the `ssh` program, and so with their configuration, keys, agent and jump hosts. One
 * connection serves all that is run there, so that a passphrase is asked for once. The host's key is pinned before anything is sent.
 *
 * remote_resolve (what does ssh make of the words?); remote_pin; remote_connect; remote_run …; remote_done.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/object/ssh_address.h"

struct remote {
	struct arena *arena;
	const char *word;           /* as it was given, without user and port: what ssh is called with */
	struct ssh_address address; /* as ssh's configuration has it */
	const char *identity;       /* a private key; or NULL: as ssh finds one */
	bool jumps;                 /* by a ProxyJump or ProxyCommand */
	const char *known_as;       /* in known_hosts: "HOST", "[HOST]:PORT" or a HostKeyAlias */
	const char *known_files[8]; /* [known_file_count] */
	size_t known_file_count;
	struct ssh_host_key key; /* the pinned one, or the first of several */
	const char *algorithms;  /* of all that are pinned, as HostKeyAlgorithms has them */
	char *scratch;           /* a directory: the pinned key, the connection's socket */
	pid_t pid;               /* of the connection; 0: none */
	int pidfd;
	bool root; /* commands for root need no sudo */
};

/* ADDRESS: where to; IDENTITY may be NULL. */
int remote_resolve(
	struct remote *r, const struct ssh_address *address, const char *identity, struct err *err);
/* From now on the host must have one of the COUNT keys (whose texts are borrowed). */
int remote_pin(struct remote *r, const struct ssh_host_key *keys, size_t count, struct err *err);
/* Connects; asks at the terminal what ssh has to ask. */
int remote_connect(struct remote *r, struct err *err);
void remote_done(struct remote *r);

/* A script for a POSIX shell there. */
struct remote_script {
	const char *text;
	bool root;         /* as root, with `sudo -n` where the user is not */
	const void *input; /* its standard input; or NULL */
	size_t input_len;
};
/* Runs S; its output is appended to RET (may be NULL). -EIO where it fails, with the last line that it said. */
int remote_run(struct remote *r, const struct remote_script *s, struct buf *ret, struct err *err);

/* As whom pintled logs in. */
struct remote_identity {
	const char *key;    /* the file of a private key, which alone is tried */
	const char *agent;  /* a socket, whose keys are tried instead; or NULL */
	const char *config; /* ssh_config(5) for hosts behind others; or NULL */
};
/* The words of an ssh command that logs in as pintled does: behind them stand destination and command. ARGV has room for REMOTE_WORDS; texts live
 * in R. */
enum { REMOTE_WORDS = 64 };
size_t remote_session_words(struct remote *r, const struct remote_identity *id, const char **argv);
