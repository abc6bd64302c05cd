/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the files of desired share; nobody else includes this. */
#pragma once

#include "reconciler/desired.h"
#include "reconciler/kustomization.h"

/* Where a load's files are. Paths count from the top; "" is the top. */
struct load_files {
	/* The file's text, appended. -ENOENT: there is none (or it is no file). */
	int (*read)(const struct load_files *f, const char *path, struct buf *ret, struct err *err);
	/* The ID of directory DIR's tree; NULL: there are none. */
	int (*tree)(const struct load_files *f, const char *dir, struct oid *ret, struct err *err);
	struct repo *repo;
	struct oid commit;
	int top; /* directory */
};

struct load {
	struct load_files files;
	const struct snapshot *before;   /* manifests of the same blob are taken from it */
	const struct snapshot *in_force; /* what can't be changed is compared with it */
	bool whole;                      /* every file is handed in, not only those that differ */
	bool observed;                   /* object_load_options.observed */
	const struct cluster *cluster;   /* by whose unknownKinds the files are read; NULL: none */
	struct snapshot_change *changes; /* paths and references owned */
	size_t count, cap;
	size_t bytes;
	struct diags diags; /* errors of files, i.e. of no manifest */
	struct err *err;

	struct kustomize *builder; /* NULL: kustomizations are refused */
	const char *from;          /* repository's directory, or the top */
	bool scanning;             /* names only: which kustomizations are there? */
	bool kustomized;           /* there are some */
	struct kustomize_graph graph;
	/* Of a directory: what stands before a path that is shown, and what before the same path from the top. */
	const char *shown_prefix, *top_prefix;
};

/* desired.c */

void load_init(struct load *l);
void load_done(struct load *l);
/* Forgets what was read so far. */
void load_clear(struct load *l);
/* PATH is now M (whose reference is taken over), or no manifest (NULL). */
void load_add_change(struct load *l, const char *path, struct manifest *m);
/* The objects of TEXT are a manifest at PATH; one with errors is added without its bad objects. BUILT: its lines are nobody's. */
void load_add_text(
	struct load *l, const char *path, const struct oid *blob, const char *text, size_t len, bool built);
void load_add_error(struct load *l, const char *path, const char *message);

void load_add_too_large(struct load *l, const char *path, uint64_t size);
/* A link or submodule: refused where it stands for a manifest, else passed over. */
void load_add_special(struct load *l, const char *path, const struct oid *blob, bool link);
/* BYTES more were read. -E2BIG: too many. */
int load_count_bytes(struct load *l, size_t bytes);
/* Does PATH end like a manifest's? */
bool load_is_manifest_name(const char *path);
/* Is PATH a manifest to read? Otherwise says what is wrong with it, where something is. */
bool load_wants(struct load *l, const char *path);
/* Of what stands at SHOWN: its path from the top. The caller frees it. */
char *load_from_top(const struct load *l, const char *shown);
/* While scanning: a file at SHOWN. */
int load_scan_file(struct load *l, const char *shown, const struct oid *blob);
/* Were the files read by the rules of another Cluster than the one that they have? Then that one is put into *READ_BY. */
bool load_read_otherwise(const struct load *l, struct object **read_by);
/* What was loaded as a snapshot. */
int load_finish(struct load *l, const struct oid *commit, struct snapshot **ret, struct diags *diags);

/* desired_kustomize.c */

/* While scanning: a kustomization file at DIR (from the top), SHOWN for people; BLOB is zero where there is none. */
int load_kustomization(struct load *l, const char *dir, const char *shown, const struct oid *blob);
/*
 * After the scan: finds what the kustomizations refer to, and adds a manifest for each: of a root what is built, of
 * others nothing. -EINPROGRESS: something is to be built first.
 */
int load_kustomizations(struct load *l);
/* Is PATH (from the top) kustomize's to read? */
bool load_is_covered(const struct load *l, const char *path);
