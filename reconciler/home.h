/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A home: the directory of one cluster on the control host.
 *
 *   HOME/pintle.conf   what only this machine can know (pintle.conf(5))
 *   HOME/cluster-id    32 hex digits, made once; the first eight name what the host can see
 *   HOME/desired.git   the bare repository, or the mirror of a remote one
 *   HOME/actual/       the tree        HOME/run/  sockets and pid files
 *   HOME/kustomize/    kustomizations that were built, by what they depend on (pintled's)
 *   HOME/term          how often pintled has started: fences older ones
 *   HOME/fenced        the term and the holder that took over from this home; else not there
 *   HOME/ssh/          the key with which pintled reaches nodes, unless pintle.conf names another
 *   HOME/agent/        the local agent's state (root's)
 *
 * home_create makes what is missing and leaves what is there; home_open reads it. A home belongs to one
 * user: what is made in it is given to that user, also when root makes it.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/time.h"

enum { CLUSTER_ID_SIZE = 33, CLUSTER_SHORT_SIZE = 9 /* both with the NUL */ };

struct home_config {
	char *repository; /* URL or absolute path; NULL: HOME/desired.git */
	char *branch;     /* never NULL; default "main" */
	char *path;       /* directory below the repository's top, without slashes at its ends; default "" */
	nsec_t interval;  /* between fetches of a remote repository; default 60 s */
	char *listen;     /* of pintle-status, "address:port"; default "127.0.0.1:8480" */
	char *ssh_key;    /* private key of SSH sessions, absolute; default HOME/ssh/id_ed25519 */
	char *ssh_config; /* ssh_config(5) for nodes with pintle.dev/transport: openssh, absolute; NULL: as ssh finds it */
	char *ssh_agent; /* socket of the SSH agent that has the key instead, absolute; NULL: none */
};

struct home {
	char *dir; /* absolute */
	int fd;    /* of dir */
	uid_t uid; /* the owner */
	gid_t gid;
	char cluster_id[CLUSTER_ID_SIZE];
	char short_id[CLUSTER_SHORT_SIZE];
	struct home_config config;
};

/* For pintle.conf of a new home; NULL members take the defaults. A repository that is a relative path counts from the working directory, and is kept absolute. */
struct home_options {
	const char *repository, *branch, *path, *listen;
};

/*
 * Makes DIR a home (its parents too), idempotently: directories, cluster-id, pintle.conf, and the bare repository
 * unless OPTIONS or an existing pintle.conf name another. Options that differ from an existing pintle.conf are -EEXIST.
 * The owner: DIR's where it exists, else the caller (who ran sudo, where that was used).
 */
int home_create(const char *dir, const struct home_options *options, struct err *err);
/* Opens a home. -ENOENT with a hint at `pintle init` where DIR is none. */
int home_open(const char *dir, struct home **ret, struct err *err);
struct home *home_free(struct home *h);
void home_freep(struct home **h);

/* HOME/NAME, owned by the caller. */
char *home_path(const struct home *h, const char *name);
/* The repository to watch: config.repository or HOME/desired.git. Owned by the caller. */
char *home_repository(const struct home *h);
/* Gives what stands at NAME below the home to the home's owner (nothing to do when that is the caller). */
int home_own(const struct home *h, const char *name, struct err *err);
/* root becomes the home's owner for good (pintled and pintle-status need no privileges), with HOME and USER. Others: nothing. */
int home_drop_privileges(const struct home *h, struct err *err);

/*
 * Takes the place of PROGRAM in this home: writes run/PROGRAM.pid and holds a lock on it. Returns the descriptor to keep
 * open, or -EWOULDBLOCK with the pid that has it. A pid file left behind by a dead program is simply taken.
 */
int home_claim(const struct home *h, const char *program, struct err *err);
/* The pid of the PROGRAM that runs in this home, or 0. Stale pid files count as none. */
pid_t home_running(const struct home *h, const char *program);

/* The durable term: reads it (0 = never started). */
int home_term_read(const struct home *h, uint64_t *ret, struct err *err);
/*
 * Adds one and makes it durable before it returns. Call once at pintled's start, holding its claim. -ESTALE: a reconciler with a term that is
 * no lower has taken over (home_fence), and started again and again this one would outbid it.
 */
int home_term_next(const struct home *h, uint64_t *ret, struct err *err);
/* HOLDER (NULL: not known) with TERM has taken over: pintled starts in this home no more. */
int home_fence(const struct home *h, uint64_t term, const char *holder, struct err *err);
/* That one is gone for good: the next term is higher than its. */
int home_take_over(const struct home *h, struct err *err);
