/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the files of the actual tree's writer share: actual.c (open, put, commit, flush), actual_compact.c, fsck.c. Nobody else's. */
#pragma once

#include "reconciler/actual.h"
#include "reconciler/actual_index.h"
#include "reconciler/journal.h"

/* A change that waits for actual_commit. */
struct actual_change {
	char *path;     /* owned */
	size_t text_at; /* offset of the text in `batch` */
	size_t len;
	uint64_t version;
	bool dead;
};

/* A compaction under way: see actual_compact.c. */
struct actual_compaction {
	struct journal to; /* the new file */
	uint64_t from_end; /* of the old journal when it began */
	uint64_t at;       /* how far the old one has been gone through */
	uint64_t tail_at;  /* where in the new file that which followed from_end starts */
	uint64_t from_version;
};

struct actual {
	char *dir;
	int fd, lock_fd, flushed_fd;
	char *flushed_text;       /* what .flushed must say to be about this journal and boot */
	uint64_t flushed_version; /* what it says, where flushed_known */
	bool flushed_known;
	struct journal journal;
	struct actual_index index;
	struct buf batch; /* records that wait */
	struct actual_change *changes;
	size_t change_count, change_cap;
	uint64_t next_version;
	struct actual_compaction *compaction; /* or NULL */
};

/* The text of E, into RET (cleared first). */
int actual_read_entry(const struct actual *a, const struct actual_entry *e, struct buf *ret, struct err *err);
/* Finds what differs between the files of A and its index; FN gets each path (sorted within live ones, then strays) with what is wrong. Returns the number, or an error. */
enum actual_difference { ACTUAL_MISSING, ACTUAL_DIFFERS, ACTUAL_STRAY };
typedef int (*actual_compare_fn)(const char *path, enum actual_difference what, void *arg);
int actual_compare(struct actual *a, actual_compare_fn fn, void *arg, struct err *err);
void actual_compaction_drop(struct actual *a);
/* actual_open's first half: lock, journal, index; no file is looked at or written. The journal must exist with READ_ONLY. */
int actual_open_journal(const char *dir, bool read_only, struct actual **ret, struct err *err);
