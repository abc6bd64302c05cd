/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the two files of yaml_edit.h share: an edit that is being made, and the cuts that make it (yaml_cut.c). Nobody else includes
 * this.
 */
#pragma once

#include "lib/object/yaml_edit.h"
#include "lib/object/yaml_nodes.h"

enum { CUTS_MAX = 64 };

/* The bytes [from, to) give way to TEXT (owned). Kept in the order of the text, without overlaps. */
struct cut {
	size_t from, to;
	char *text;
};

struct editor {
	const char *path, *text;
	size_t len;
	const struct yaml_edit *edit;
	struct arena *arena;
	struct yaml_node *object;
	struct cut cuts[CUTS_MAX];
	size_t cut_count;
	const char *eol;
	bool json; /* keys and texts in double quotes, as the object has them */
	struct err *err;
};

/* "PATH:LINE of AT: …; edit it by hand" as the editor's error: -EOPNOTSUPP. */
int yaml_refuse(struct editor *e, const struct yaml_node *at, const char *fmt, ...) _printf_(3, 4);

/*
 * The cuts, for the usual layouts: what others have fails the proof (yaml_edit.c). STEP and LEFT: what is left of the path. Each returns 0 or
 * yaml_refuse's error.
 */
/* MAP gets an entry that it has not yet. */
int yaml_cut_insert(struct editor *e, struct yaml_node *map, const struct yaml_step *step, size_t left);
/* N, a field whose value is null, becomes a map with one entry. */
int yaml_cut_fill(struct editor *e, struct yaml_node *n, const struct yaml_step *step, size_t left);
/* N, a scalar, gives way to the edit's. */
int yaml_cut_replace(struct editor *e, struct yaml_node *n);
/* LEAF goes, and the maps above it (not the object itself) that have nothing else. */
int yaml_cut_out(struct editor *e, struct yaml_node *leaf);
