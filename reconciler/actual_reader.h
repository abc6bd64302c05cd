/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The readers' half of the actual tree, for the CLI and pintle-status: takes no lock, writes nothing.
 *
 * To list and then watch without a gap: read the version (actual_reader_version), list the files, then follow from that version. A
 * record carries the whole object, so seeing one twice does no harm.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct actual_reader;

/* Opens DIR (HOME/actual). -ENOENT. */
int actual_reader_open(const char *dir, struct actual_reader **ret, struct err *err);
struct actual_reader *actual_reader_free(struct actual_reader *r);
void actual_reader_freep(struct actual_reader **r);
/* The files show at least this version. 0: nothing yet. */
uint64_t actual_reader_version(struct actual_reader *r);
/* Appends the file at PATH to RET. -ENOENT. */
int actual_reader_get(struct actual_reader *r, const char *path, struct buf *ret, struct err *err);
/*
 * The files of KIND (plural: "pods"), by path: of namespace NS; of all namespaces (NS NULL); for cluster-scoped kinds NS is "". A kind or
 * namespace that is not there has none. FN < 0 ends it. TEXT is lent for the call.
 */
typedef int (*actual_reader_fn)(const char *path, const char *text, size_t len, void *arg);
int actual_reader_list(struct actual_reader *r, const char *kind, const char *ns, actual_reader_fn fn,
	void *arg, struct err *err);
/* The kinds that have a directory, cluster-scoped (NS "") or in NS, sorted: fs_names_free. The namespaces that have one. */
int actual_reader_kinds(
	struct actual_reader *r, const char *ns, char ***ret, size_t *ret_count, struct err *err);
int actual_reader_namespaces(struct actual_reader *r, char ***ret, size_t *ret_count, struct err *err);

struct actual_follow;
/* A change; texts are lent until the next call. */
struct actual_record {
	uint64_t version;
	const char *path;
	const char *json; /* NULL: deleted */
	size_t len;
};
/* Follows the journal behind version SINCE. -ESTALE: it has been compacted, list again. A journal that does not exist yet is waited for. */
int actual_follow_open(const char *dir, uint64_t since, struct actual_follow **ret, struct err *err);
struct actual_follow *actual_follow_free(struct actual_follow *f);
void actual_follow_freep(struct actual_follow **f);
/* Becomes readable (EPOLLIN) when actual_follow_next may have something; owned by F. */
int actual_follow_fd(const struct actual_follow *f);
/* 1: *RET is the next record of a finished commit; 0: none now, wait for the descriptor; -ESTALE: list again, open anew; -EBADMSG. Clears the descriptor. */
int actual_follow_next(struct actual_follow *f, struct actual_record *ret, struct err *err);
