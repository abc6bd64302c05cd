/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Sets of completion indexes as runs: what a Job's status has as "1,3-5,7". The runs ascend and never touch each
 * other, so that equal sets have equal texts. A zeroed struct is the empty set; indexes_done frees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

struct index_run {
	int64_t first, last;
};
struct indexes {
	struct index_run *items;
	size_t count, cap;
};

void indexes_done(struct indexes *s);
/* Adds INDEX; returns whether it is new. */
bool indexes_add(struct indexes *s, int64_t index);
void indexes_add_all(struct indexes *s, const struct indexes *from);
bool indexes_has(const struct indexes *s, int64_t index);
/* How many indexes are in it. */
int64_t indexes_total(const struct indexes *s);
/* Takes out all from COMPLETIONS on. */
void indexes_cut(struct indexes *s, int64_t completions);
/* How many are in both. */
int64_t indexes_common(const struct indexes *a, const struct indexes *b);
/* The first index from FROM on that is not in it. */
int64_t indexes_gap(const struct indexes *s, int64_t from);
/* As Kubernetes writes it: "1,3-5,7"; two neighbours are "1,2". Adds nothing where the set is empty. */
void indexes_format(const struct indexes *s, struct buf *out);
/* Adds what TEXT (NULL: nothing) names; what can't be read is skipped, as in Kubernetes. */
void indexes_parse(struct indexes *s, const char *text);
