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

/* The tables of columns_storage.c and so on, each ended by a row without columns. */
extern const struct column_table columns_pod[], columns_node[], columns_storage[], columns_network[],
	columns_access[], columns_workloads[], columns_policy[];

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
/* The age of SINCE, <unknown> where it is not set. */
void columns_add_age(struct buf *out, const struct opt_int *since, nsec_t now);
/* Names and images of the containers. */
void columns_add_containers(struct buf *out, const struct pod_spec *spec);
void columns_add_images(struct buf *out, const struct pod_spec *spec);
/* The condition of that type, or NULL. */
const struct condition *columns_find_condition(const struct conditions *list, const char *type);
