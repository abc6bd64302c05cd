/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the files of columns share; no one else includes this. columns.c has the cells that many kinds have and the list of
 * the tables; the tables of a field of work stand in a file each.
 */
#pragma once

#include "reconciler/columns.h"

struct column_table {
	enum kind_id id;
	const struct column *columns;
	size_t count;
};

/* The tables of columns_storage.c, columns_network.c and columns_access.c, each ended by a row without columns. */
extern const struct column_table columns_storage[], columns_network[], columns_access[];

void columns_print_name(struct buf *out, const struct object *o, nsec_t now);
void columns_print_age(struct buf *out, const struct object *o, nsec_t now);
/* When it was made, as a time. */
void columns_print_created(struct buf *out, const struct object *o, nsec_t now);
/* S, or <none>. */
void columns_add_or_none(struct buf *out, const char *s);
/* "a=b,c=d", or <none>. */
void columns_add_labels(struct buf *out, const struct string_map *m);
void columns_add_selector(struct buf *out, const struct label_selector *s);
/* "a,b", or nothing. */
void columns_add_strings(struct buf *out, const struct strings *list);
