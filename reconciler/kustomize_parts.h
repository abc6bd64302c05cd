/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What kustomize.c is made of besides itself: scratch checkouts, the cache, and the programs' words. Nobody else includes this. */
#pragma once

#include "lib/base/proc.h"
#include "reconciler/kustomize.h"

/* --- kustomize_checkout.c --- */

/* Copies the directories DIRS [COUNT] of TOP to the same places below TO (which exists). Links, .git and special files are left out. */
int kustomize_copy(const char *top, const char *const *dirs, size_t count, const char *to, size_t file_max,
	struct err *err);
/* Starts git on LOOP, which writes these directories of COMMIT to the same places below TO; INDEX is a file that it may use. */
struct kustomize_checkout {
	const char *git_dir, *to, *index;
	const struct oid *commit;
	const char *const *dirs;
	size_t dir_count;
	const struct kustomize_limits *limits;
};
int kustomize_checkout_start(struct loop *loop, const struct kustomize_checkout *c, proc_done_fn fn,
	void *arg, struct proc **ret, struct err *err);

/* --- kustomize_cache.c --- */

/* The text under KEY appended to RET. -ENOENT: there is none, or a broken one. */
int kustomize_cache_get(const char *dir, const struct oid *key, size_t max, struct buf *ret);
/* Keeps it; the oldest go where there are more than a thousand. What fails only costs another build. */
void kustomize_cache_put(const char *dir, const struct oid *key, const char *text, size_t len);

/* --- kustomize_words.c: pure --- */

/*
 * One line out of what a program wrote to stderr: kubectl's logging and "Error: " taken away, lines joined, TOP (the
 * scratch checkout) cut from paths. The caller frees it.
 */
char *kustomize_complaint(const char *text, const char *top);
