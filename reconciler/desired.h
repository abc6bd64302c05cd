/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Commits (or directories) to snapshots: reads the blobs that changed since the snapshot before, decodes
 * *.yaml, *.yml and *.json, and lists every problem there is. All of a commit or nothing.
 *
 * Passed over: names that start with ".", other endings. Refused, each with a line that names it: symbolic links and submodules
 * that are named like manifests, files above 16 MiB (by their size, unread), paths that are not UTF-8.
 *
 * A directory with a kustomization file is not read but built (kustomize.h; which ones are is said in kustomization.h): its objects
 * stand in the snapshot under the path of that file, without line and column. Files in and below such directories are no
 * manifests.
 */
#pragma once

#include "reconciler/git.h"
#include "reconciler/kustomize.h"
#include "reconciler/snapshot.h"

/*
 * The snapshot of COMMIT below SUBPATH ("" = all). BEFORE (NULL: none) is the one in force, of the same SUBPATH: fields that can't be
 * changed are compared with it, and manifests that are the same blob are taken from it. DIAGS gets errors and warnings,
 * sorted. Returns 0 and *RET (a reference); -EBADMSG: DIAGS has errors; -EINPROGRESS: BUILDER (NULL: kustomizations are errors) has
 * something to build: start it, and load again when it is done; anything else: the repository can't be read, ERR says why.
 */
int desired_load(struct repo *g, const struct oid *commit, const char *subpath, struct snapshot *before,
	struct kustomize *builder, struct snapshot **ret, struct diags *diags, struct err *err);
/* The same; *RET_CLUSTER is the Cluster object that the commit has (a reference, or NULL), also where something else has errors. */
int desired_load_cluster(struct repo *g, const struct oid *commit, const char *subpath,
	struct snapshot *before, struct kustomize *builder, struct snapshot **ret,
	struct object **ret_cluster, struct diags *diags, struct err *err);
/*
 * The same from a directory or a single file (`pintle check PATH`); paths in DIAGS start with PATH. BEFORE is only compared with.
 * Kustomizations may refer to what stands in the git work tree that PATH is in.
 */
int desired_load_path(const char *path, const struct snapshot *before, struct kustomize *builder,
	struct snapshot **ret, struct diags *diags, struct err *err);
/* The same with what a cluster says of its objects (object_load_options.observed), for what is only looked at. */
int desired_load_observed(const char *path, struct kustomize *builder, struct snapshot **ret,
	struct diags *diags, struct err *err);
