/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a kustomization file says of other directories, and what follows from it for a repository: which
 * kustomizations are built (the roots), and on which directories each of these depends.
 *
 * A kustomization is a root unless it is a Component or another kustomization refers to its directory (resources, bases,
 * components, generators, transformers, validators). Of kustomizations that only refer to each other in a circle the
 * first by path counts as a root, so that kustomize itself says what is wrong.
 *
 * Paths here count from the repository's top, without slashes at their ends; "" is the top. Everything else
 * in the file is kustomize's own business.
 */
#pragma once

#include "lib/base/map.h"
#include "lib/object/diag.h"
#include "reconciler/oid.h"

/* Is PATH's last component one of the names: kustomization.yaml, kustomization.yml, Kustomization? */
bool kustomization_is_name(const char *path);
/* The names, NULL-terminated. */
extern const char *const kustomization_names[];

/* A directory that is referred to; it need not be one, or be there. */
struct kustomization_ref {
	const char *dir;
};
struct kustomization {
	bool component;
	struct kustomization_ref *refs;
	size_t ref_count;
};

/*
 * Reads TEXT, the kustomization file of directory DIR. All in arena A. Problems go to DIAGS with SHOWN as their path: what is no YAML, what
 * leads out of the repository, what is remote. Returns 0, or -EBADMSG and what could be read.
 */
int kustomization_parse(struct arena *a, const char *dir, const char *shown, const char *text, size_t len,
	struct kustomization *ret, struct diags *diags);

/* One directory with a kustomization. */
struct kustomize_node {
	const char *dir, *shown; /* shown: the file's path for people */
	struct oid blob;         /* of the file; zero: not from git */
	bool in_scope;           /* below the directory that is loaded: may be a root */
	bool referenced, root, reached, broken;
	struct kustomization k;
	struct kustomize_node **to; /* what it refers to and what has a kustomization, [to_count] */
	size_t to_count;
	/* Of a root: the directories that it needs, itself first, none below another. */
	const char **dirs;
	size_t dir_count;
};

struct kustomize_graph {
	struct arena *arena;
	struct map nodes; /* dir → struct kustomize_node */
};
void kustomize_graph_init(struct kustomize_graph *g);
void kustomize_graph_done(struct kustomize_graph *g);

/* The node of DIR, or NULL. */
struct kustomize_node *kustomize_graph_get(const struct kustomize_graph *g, const char *dir);
/* A new node for the kustomization file at SHOWN (copied) of directory DIR, whose TEXT is parsed. */
struct kustomize_node *kustomize_graph_add(struct kustomize_graph *g, const char *dir, const char *shown,
	const char *text, size_t len, struct diags *diags);
/* After all nodes: links, roots, and what each root needs. */
void kustomize_graph_finish(struct kustomize_graph *g);
/* Does a kustomization in scope stand in PATH's directory or in one above it? Then PATH is kustomize's to read. */
bool kustomize_graph_covers(const struct kustomize_graph *g, const char *path);
