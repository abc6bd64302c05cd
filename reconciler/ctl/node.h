/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the verbs `pintle node …` have in common: nodes by name, and changes of their manifests as commits. */
#pragma once

#include "reconciler/ctl/commit.h"
#include "reconciler/ctl/verbs.h"

/* A change of Nodes' manifests, in words and as edits. */
struct node_change {
	const char *verb; /* "cordon", for the commit's message */
	const char *done; /* "cordoned" */
	const struct yaml_edit *edits;
	size_t edit_count;
};
extern const struct node_change node_change_cordon, node_change_uncordon, node_change_drain;

struct node_name {
	const char *name;
	bool changed; /* by the commit; false: it was so already */
};
struct node_names {
	struct node_name *items; /* [count]; names are the words' */
	size_t count;
};
/* The words "NAME" or "node/NAME", each once. -EINVAL. */
int node_names_parse(const char *const *words, size_t count, struct node_names *ret, struct err *err);
void node_names_done(struct node_names *n);

/* Where the manifest of a new Node NAME goes: nodes/NAME.yaml below the home's part of the repository. Owned by the caller. */
char *node_manifest_path(const char *subpath, const char *name);
/* This host as the Node that it is where git has none: once git names one, it must name this too. */
void node_manifest_local(const char *name, struct buf *out);
/*
 * The verb that makes CHANGE for the nodes that the words of ARGS name, in one commit, and says of each that it is done; --dry-run: says what
 * would be. Returns the exit code, having said what is wrong. The caller frees *RET_HOME and *RET_NAMES, which may be used on CTL_DONE. *RET is
 * the commit; zero: all of it was so already, or this is a dry run.
 */
int node_change_verb(struct ctl *c, const struct ctl_args *args, const struct node_change *change,
	struct home **ret_home, struct node_names *ret_names, struct oid *ret);
