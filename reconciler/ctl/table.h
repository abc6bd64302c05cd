/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Text in columns as kubectl lays it out: three spaces between columns, each as wide as its widest cell, the last
 * one not padded. Widths count characters, not bytes.
 *
 * table_begin; for each row as many table_cell as there are columns, each followed by what belongs into it; table_write.
 */
#pragma once

#include "lib/base/buf.h"

struct table {
	size_t columns;
	struct buf text; /* the cells, each ended by NUL */
	size_t cells;    /* begun so far */
	size_t *widths;  /* [columns]; grow only, so that a watch's rows stay below their titles */
};

void table_begin(struct table *t, size_t columns);
void table_done(struct table *t);
/* The buf into which the next cell's text goes; the cell ends where the next begins. */
struct buf *table_cell(struct table *t);
/* A whole cell. */
void table_text(struct table *t, const char *text);
/* Appends all rows to OUT and forgets them; the widths stay. */
void table_write(struct table *t, struct buf *out);
