/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Builds kustomizations with the kustomize program (or `kubectl kustomize`), as children of a loop.
 *
 * A load looks up each root; what is not known is noted as wanted, with the directories that it needs. kustomize_start
 * then writes these directories into a scratch checkout (from a commit by the git program, from a directory by
 * copying; no symbolic links, nothing from outside) and builds there, several at a time. The children have
 * no network, an empty environment, and bounds on time, memory and output. After that the load looks again.
 *
 * Results are kept until kustomize_reset. Good ones are also kept in the cache directory under a key that
 * stands for the trees that they depend on, so that an equal kustomization is not built again, in this run or a later one.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/oid.h"

struct kustomize;

struct kustomize_limits {
	nsec_t time;     /* of one build */
	uint64_t memory; /* its data, in bytes */
	size_t output;   /* bytes */
	size_t files;    /* bytes of one file, and 64 times that of all, in a copied scratch checkout */
};
/* 60 s, 1 GiB, 16 MiB, 16 MiB. */
extern const struct kustomize_limits kustomize_limits_default;

struct kustomize_spec {
	const char *cache;                     /* directory of results, used where it is there; NULL: none */
	const char *scratch;                   /* directory in which scratch checkouts are made and removed */
	const struct kustomize_limits *limits; /* NULL: the default ones */
};
struct kustomize *kustomize_new(const struct kustomize_spec *spec);
struct kustomize *kustomize_free(struct kustomize *k);
void kustomize_freep(struct kustomize **k);
/* Ends what is being built and forgets all results (not those in the cache). */
void kustomize_reset(struct kustomize *k);

/* One root. Paths count from the top; "" is the top. */
struct kustomize_build {
	const char *dir;         /* its directory */
	const char *const *dirs; /* the directories that it needs, [dir_count] */
	size_t dir_count;
	struct oid key; /* of the trees of these; zero: not from git, hence not cached */
};
struct kustomize_result {
	const char *text; /* what was built, [len]; NULL: it failed */
	size_t len;
	const char *error; /* why, in one line */
	bool no_program;   /* neither program is installed: the same for every build */
};
/* Where the directories are: a commit of the repository at GIT_DIR, or (COMMIT NULL) the directory at DIR. Forgets what was wanted. */
void kustomize_from(struct kustomize *k, const char *dir, const struct oid *commit);
/* 1 and *RET (lent until reset); 0: not known, and wanted from now on. */
int kustomize_look(struct kustomize *k, const struct kustomize_build *b, struct kustomize_result *ret);
/* How many builds are wanted or under way. */
size_t kustomize_pending(const struct kustomize *k);
/* Builds what is wanted; FN is called once, from the loop, when all have ended, well or not. ERR is set where no scratch checkout could be made. */
typedef void (*kustomize_done_fn)(const struct err *err, void *arg);
int kustomize_start(struct kustomize *k, struct loop *loop, kustomize_done_fn fn, void *arg, struct err *err);
/* The same to its end: for programs without a loop. */
int kustomize_run(struct kustomize *k, struct err *err);
