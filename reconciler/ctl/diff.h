/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* `pintle diff` as sync --dry-run and sync --plan need it. */
#pragma once

#include "reconciler/ctl/revision.h"

/* Prints what WORD (see revision_parse) would change, as text or JSON. An exit code. */
int diff_run(struct ctl *c, const char *word, bool json);
/* Loads R, after its errors were printed on stderr where it has some, and opens the home. */
int diff_load(const struct ctl *c, struct revision *r, struct snapshot **ret, struct err *err);
