/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The journal's file: opened and repaired, appended to, rewritten. Its text is journal_text.h's.
 *
 * Only the holder of the tree's lock may open one. `end` is where the last finished commit ends; an append that
 * fails is cut off again. After a failure of the disk itself (fdatasync says EIO) the journal refuses further appends: nobody
 * knows what is on the disk until it is opened anew.
 */
#pragma once

#include "reconciler/journal_text.h"

struct journal {
	int dirfd; /* borrowed */
	int fd;
	uint64_t end;     /* bytes */
	uint64_t base;    /* version of the first line */
	uint64_t version; /* of the last finished commit */
	uint64_t id;
	bool failed; /* see above */
	bool longer; /* a failed append may have left something behind `end` */
};

#define JOURNAL_NAME "journal"

/* Makes an empty journal NAME in DIRFD, with BASE and ID. -EEXIST. */
int journal_create(int dirfd, const char *name, uint64_t base, uint64_t id, struct err *err);
/*
 * Opens DIRFD's journal, hands all finished records to FN, cuts off what was never finished (not with READ_ONLY), and makes sure that the rest is
 * on the disk. -ENOENT; -EBADMSG: damaged.
 */
int journal_open(
	int dirfd, bool read_only, journal_record_fn fn, void *arg, struct journal *ret, struct err *err);
void journal_close(struct journal *j);
/* Appends a whole commit and makes it durable; VERSION is its last. On an error nothing has changed. */
int journal_append(struct journal *j, const struct buf *commit, uint64_t version, struct err *err);
/* Appends LEN bytes at OFFSET to RET. */
int journal_read(const struct journal *j, uint64_t offset, size_t len, struct buf *ret, struct err *err);
