/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The text of the journal (pintle-tree(5)), read and written in memory.
 *
 * Each record is one line:   SUM OP VERSION LENGTH PATH TEXT
 *
 *   SUM      16 hex digits: the first of the SHA-256 of all that follows it on the line
 *   OP       journal  the first line; VERSION: all up to it is in the "keep" records; TEXT: "1 ID"
 *            put, del an object written or deleted; keep: one that compaction found alive
 *            end      closes a commit; TEXT: "COUNT BYTES" of its records. Without it, they never happened
 *   LENGTH   bytes of TEXT
 *   PATH     below actual/, "-" where there is none
 *   TEXT     for put and keep: the object, JSON without a newline
 *
 * Versions of put and del rise from line to line. A line that is damaged although something complete follows it is damage; one that nothing
 * follows is a commit that was never finished.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum { RECORD_TEXT_MAX = 16 * 1024 * 1024 };

enum journal_op {
	RECORD_JOURNAL,
	RECORD_PUT,
	RECORD_DEL,
	RECORD_KEEP,
	RECORD_END,
	RECORD_FLUSHED,
	RECORD_OPS
};

struct journal_record {
	enum journal_op op;
	uint64_t version;
	const char *path; /* not NUL-terminated */
	size_t path_len;
	const char *text; /* not NUL-terminated */
	size_t text_len;
	size_t size; /* of the line with its newline */
};

/* Appends one line. Returns the offset in OUT of its TEXT. PATH has no space, TEXT no newline. */
size_t journal_record_write(struct buf *out, enum journal_op op, uint64_t version, const char *path,
	const char *text, size_t len);
/* Appends the line that closes the commit whose COUNT records stand in OUT from offset START. */
void journal_record_write_end(struct buf *out, size_t start, uint64_t version, size_t count);
/* The line at DATA. 1: a good record; 0: LEN bytes are too few to tell; -EBADMSG: no good record. Points into DATA. */
int journal_record_parse(const char *data, size_t len, struct journal_record *ret);
/* The COUNT and BYTES of an end record. 0 or -EBADMSG. */
int journal_record_end_counts(const struct journal_record *end, uint64_t *ret_count, uint64_t *ret_bytes);

enum journal_state {
	JOURNAL_WHOLE,   /* ends with a finished commit */
	JOURNAL_TORN,    /* what follows the last finished commit was never finished: cut it off */
	JOURNAL_DAMAGED, /* finished commits follow the damage: not ours to repair */
};
struct journal_scan {
	enum journal_state state;
	uint64_t base;    /* of the first line */
	uint64_t id;      /* likewise: says which checkpoint belongs to the journal */
	size_t end;       /* behind the last finished commit */
	uint64_t version; /* of it; base when there is none */
	size_t bad;       /* where the first commit starts that is not good */
};
/* A record of a finished commit; OFFSET is its line's. < 0 ends the scan. */
typedef int (*journal_record_fn)(const struct journal_record *record, size_t offset, void *arg);
/* Goes through a whole journal. 0, or FN's result. Only what stands before ret->end has been handed to FN. */
int journal_scan(const char *data, size_t len, journal_record_fn fn, void *arg, struct journal_scan *ret);
/*
 * Goes through the commits in DATA (LEN bytes) from offset START, which is between commits, up to the first that is not complete;
 * *RET_END: behind the last that is. 0, or FN's result; -EBADMSG: damage, or versions that don't rise above *VERSION, which is brought
 * forward. FN may be NULL.
 */
int journal_scan_commits(const char *data, size_t start, size_t len, uint64_t *version, journal_record_fn fn,
	void *arg, size_t *ret_end);
