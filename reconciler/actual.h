/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The actual tree and its journal (pintle-tree(5)): what is so, as JSON, in files that any tool can read.
 *
 * The journal is the truth, the files below it are derived from it and can be made again. It deals in paths below
 * HOME/actual ("namespaces/default/pods/web-1.json"; tree_path makes them) and JSON texts. One writer at a time (a lock); readers
 * need none. A pass: actual_next_version, actual_put and actual_delete gather changes in memory; actual_commit makes all
 * of them durable, or none, with one append and one fdatasync; actual_flush then brings the files up to date, in slices if
 * wanted. Values of Secrets are the caller's to hide.
 *
 * A commit that fails (a full disk) has changed nothing: what was gathered is kept, and the next actual_commit tries again.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct actual;

/*
 * Opens DIR (HOME/actual, made when missing): takes the lock (-EWOULDBLOCK), checks the journal, cuts off a commit that was never
 * finished, and brings the files up to date. A journal that is damaged before its end is -EBADMSG, and names the place.
 */
int actual_open(const char *dir, struct actual **ret, struct err *err);
struct actual *actual_free(struct actual *a);
void actual_freep(struct actual **a);

/* Every object, by path; JSON is the text as it was put, lent for the call. FN < 0 ends it. */
typedef int (*actual_fn)(const char *path, const char *json, size_t len, void *arg);
int actual_each(struct actual *a, actual_fn fn, void *arg, struct err *err);
/* Appends the committed text at PATH to RET. -ENOENT. */
int actual_get(struct actual *a, const char *path, struct buf *ret, struct err *err);
/* Number of objects; bytes of the journal. */
size_t actual_count(const struct actual *a);
uint64_t actual_journal_size(const struct actual *a);

/* The version that the next actual_put or actual_delete takes: metadata.resourceVersion. */
uint64_t actual_next_version(const struct actual *a);
/* JSON (LEN bytes) is one line without a newline, at most 16 MiB; copied. -EINVAL: a path that the tree can't have. */
int actual_put(struct actual *a, const char *path, const char *json, size_t len, struct err *err);
/* A PATH that is not there is fine (and recorded). */
int actual_delete(struct actual *a, const char *path, struct err *err);
/* Durable when it returns 0. Nothing gathered: does nothing. Sets the version of the last durable change. */
int actual_commit(struct actual *a, struct err *err);
/* The last committed version. */
uint64_t actual_version(const struct actual *a);
/* Writes at most MAX files (0: all) that are behind. 1: more are waiting; 0: the files are whole; or an error, to be tried again. */
int actual_flush(struct actual *a, size_t max, struct err *err);
/* Is the journal so long (beside what lives in it) that it wants compacting? */
bool actual_wants_compact(const struct actual *a);
/*
 * Rewrites the journal without what is superseded, about BYTES (0: all) a call; commits may go on in between. 1: more to do; 0: done. Watchers
 * with a position before it get "gone".
 */
int actual_compact(struct actual *a, size_t bytes, struct err *err);

/*
 * Compares journal and files of DIR without changing either: calls FN for each difference, in order of paths. Returns the number of
 * differences. Takes the lock, hence -EWOULDBLOCK while a pintled runs.
 */
typedef void (*actual_fsck_fn)(const char *path, const char *problem, void *arg);
int actual_fsck(const char *dir, actual_fsck_fn fn, void *arg, struct err *err);
