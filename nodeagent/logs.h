/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Container logs in the CRI format, which conmon writes: "2026-01-02T03:04:05.000000001Z stdout F text\n"; P in
 * the place of F: the line goes on in the next record.
 *
 * Files: /var/log/pods/NS_NAME_UID/CONTAINER/N.log, N = restart count. When one exceeds the bound it is
 * renamed to N.log.YYYYMMDD-HHMMSS.nnnnnnnnn and conmon told to open a new one.
 * Readers read the rotated files first, oldest first, and follow across a rotation.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/time.h"

enum { LOGS_MAX_SIZE = 10 << 20, LOGS_MAX_FILES = 5 };

/* "ROOT/NS_NAME_UID/CONTAINER"; owned by the caller. ROOT is /var/log/pods. */
char *logs_container_dir(
	const char *root, const char *ns, const char *pod, const char *uid, const char *container);
/* "DIR/N.log"; owned by the caller. */
char *logs_file(const char *dir, unsigned instance);
/* The highest N that has a file in DIR: -ENOENT where there is none. For "previous": ask for one less. */
int logs_newest(const char *dir, unsigned *ret, struct err *err);

struct logs_options {
	int64_t tail;        /* lines from the end; < 0: all */
	nsec_t since;        /* realtime ns; 0: all */
	int64_t limit_bytes; /* of output; 0: none */
	bool timestamps;     /* each line begins with its time */
	bool follow;         /* keep logs_fd ready */
};
struct logs;
/* Opens instance N's log. -ENOENT: it has none. */
int logs_open(const char *dir, unsigned instance, const struct logs_options *options, struct logs **ret,
	struct err *err);
struct logs *logs_close(struct logs *l);
void logs_closep(struct logs **l);

struct logs_chunk {
	bool is_stderr;
	const char *data; /* whole lines with "\n", or a part of one; lent until the next call */
	size_t len;
};
/* 1: the next chunk; 0: there is no more now (or the limit was reached: logs_finished). Never blocks; does bounded work. */
int logs_next(struct logs *l, struct logs_chunk *ret, struct err *err);
/* The byte limit was reached: nothing will come any more. */
bool logs_finished(const struct logs *l);
/* With follow: a descriptor (inotify) that is readable when logs_next may have more; drained by logs_next. Else -1. */
int logs_fd(const struct logs *l);

/*
 * Rotates instance N when its file is larger than MAX_SIZE bytes: rename, then conmon is told through its fifo CTL
 * ("BUNDLE/ctl"); at most MAX_FILES remain, the current one included. 1: rotated; 0: no need. NOW: realtime ns, for the name. Call every 10 s or so.
 */
int logs_rotate(const char *dir, unsigned instance, const char *ctl, int64_t max_size, unsigned max_files,
	nsec_t now, struct err *err);
