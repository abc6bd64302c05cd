/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The values of a text as ranges of its bytes: what yaml_edit.c cuts and inserts at. Unlike struct value it knows where things end, and
 * how they are written. Only yaml_*.c include this.
 */
#pragma once

#include "lib/object/yaml_parts.h"

struct yaml_node {
	struct yaml_place place;
	size_t to;               /* behind its last byte; trailing comments and blank lines do not count */
	struct yaml_node *key;   /* in a map */
	struct yaml_node *first; /* what a list or map holds */
	struct yaml_node *last, *next, *before, *parent;
};

/* Reads TEXT, which yaml_parse takes. -EBADMSG. RET: a list of the documents. */
int yaml_nodes(struct arena *a, const char *text, size_t len, struct yaml_node **ret);
/* The map that begins at LINE and COL, or NULL. */
struct yaml_node *yaml_node_at(struct yaml_node *root, uint32_t line, uint32_t col);
/* The entry KEY of MAP, or item INDEX of a list; NULL: there is none. */
struct yaml_node *yaml_node_get(const struct yaml_node *map, const char *key);
struct yaml_node *yaml_node_item(const struct yaml_node *list, size_t index);
/* Has MAP a merge key? */
bool yaml_node_merges(const struct yaml_node *map);
/* A scalar that is null, written out or not. */
bool yaml_node_is_null(const struct yaml_node *n);
