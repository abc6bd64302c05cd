/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The files of the actual tree. Each appears whole: it is written as .new and renamed, and whoever is killed in
 * between leaves a .new that the next one overwrites. One writer at a time.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* JSON text of one line as `kubectl -o json` lays it out: four spaces a level, a newline at the end. Bytes in strings are kept. */
void tree_render(const char *json, size_t len, struct buf *out);
/* Makes the file at PATH below DIRFD hold JSON, rendered; its directories are made. */
int tree_write(int dirfd, const char *path, const char *json, size_t len, struct err *err);
/* Removes the file and the directories that are empty then. A missing one is fine. */
int tree_remove(int dirfd, const char *path, struct err *err);
/* Every *.json below DIRFD, in no order. FN < 0 ends it. */
typedef int (*tree_fn)(const char *path, void *arg);
int tree_each(int dirfd, tree_fn fn, void *arg, struct err *err);
