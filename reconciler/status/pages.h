/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the status page shows, read from the actual tree at each request and written as HTML (or, for /metrics, as
 * Prometheus text). Nothing is cached: the tree's files are the only state.
 *
 * Each function appends to OUT. Objects that can't be read are shown by name with the reason, never left out.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/object.h"
#include "reconciler/actual_reader.h"

/* /: commits in force and seen, problems, what is not healthy, what there is. TROUBLE (NULL: none): why the tree is not brought up to date. */
int page_overview(
	struct actual_reader *tree, const char *trouble, nsec_t now, struct buf *out, struct err *err);
/* /pods, /nodes …: kubectl's wide columns, all namespaces. */
int page_list(
	struct actual_reader *tree, const struct kind *kind, nsec_t now, struct buf *out, struct err *err);
/* /namespaces/NS/pods/NAME: the health, the events, the whole object. PATH is the tree's, "namespaces/…/NAME.json". -ENOENT. */
int page_object(struct actual_reader *tree, const char *path, nsec_t now, struct buf *out, struct err *err);
/* The tree's part of /metrics. */
int page_metrics(struct actual_reader *tree, const char *trouble, struct buf *out, struct err *err);
/* Can the tree be read, and has a commit come into force? Otherwise says why in OUT (one line). */
bool page_ready(struct actual_reader *tree, struct buf *out);
