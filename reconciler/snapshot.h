/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A snapshot: the objects of one commit, all of them good. Immutable, shared by reference (one thread).
 *
 * It is made of manifests (one file's objects), each shared with the snapshots before and after it in which the
 * file is the same blob: a new snapshot costs a merge of pointers and what changed. Rules that need more than one file are
 * checked when it is built: no object twice, at most one Cluster, namespaces.
 */
#pragma once

#include "lib/object/object.h"
#include "reconciler/oid.h"

/* One file. Immutable; shared by reference. */
struct manifest {
	char *path;      /* from the repository's top */
	struct oid blob; /* zero: not from git */
	struct objects objects;
	struct diags diags; /* its warnings (a manifest with errors is in no snapshot) */
	unsigned refs;
};
/* Takes over OBJECTS and DIAGS (both are empty afterwards). One reference. */
struct manifest *manifest_new(
	const char *path, const struct oid *blob, struct objects *objects, struct diags *diags);
struct manifest *manifest_ref(struct manifest *m);
struct manifest *manifest_unref(struct manifest *m);

/* A reference that leads nowhere: see references.h. */
struct finding {
	const struct object *from; /* borrowed, like REFERENCE, which is one of its own */
	const struct reference *reference;
	char *message; /* "": nothing to say while what it depends on is not there either */
};
struct findings {
	struct finding *items;
	size_t count, cap;
};

struct snapshot {
	struct oid commit; /* zero: from a directory */
	/* where that is one that Pintle made: the commit that objects are said to be of; else zero */
	struct oid named;
	struct manifest **manifests; /* [manifest_count], by path */
	size_t manifest_count;
	struct object **objects; /* [object_count], by object_cmp; borrowed from the manifests */
	size_t object_count;
	size_t dependent_count; /* of them, those with pintle.dev/depends-on */
	struct findings findings;
	unsigned refs;
};

/* A file that differs from the snapshot before. */
struct snapshot_change {
	const char *path;
	struct manifest *manifest; /* borrowed; NULL: the file is gone (or no manifest any more) */
};

/*
 * BEFORE (NULL: nothing) with CHANGES (sorted by path, each path once) as commit COMMIT. Problems that span files go to DIAGS;
 * the manifests' own warnings are added to it as well. Returns 0, or -EBADMSG and no snapshot when DIAGS has errors.
 */
int snapshot_new(const struct snapshot *before, const struct oid *commit,
	const struct snapshot_change *changes, size_t count, struct snapshot **ret, struct diags *diags);
struct snapshot *snapshot_ref(struct snapshot *s);
struct snapshot *snapshot_unref(struct snapshot *s);
void snapshot_unrefp(struct snapshot **s);

/* The object, or NULL. NAMESPACE is ignored for cluster-scoped kinds. */
struct object *snapshot_find(
	const struct snapshot *s, enum kind_id kind, const char *namespace, const char *name);
/* Is O in S (NULL: nothing), with the same meaning? */
bool snapshot_holds(const struct snapshot *s, const struct object *o);
/* The objects of one kind: a range of s->objects; *RET_COUNT may be 0. */
struct object **snapshot_kind(const struct snapshot *s, enum kind_id kind, size_t *ret_count);
/* Those of one kind in NAMESPACE. */
struct object **snapshot_kind_in(
	const struct snapshot *s, enum kind_id kind, const char *namespace, size_t *ret_count);
/* The Cluster object, or NULL: all defaults. */
const struct cluster *snapshot_cluster(const struct snapshot *s);
/* The manifest at PATH, or NULL. */
struct manifest *snapshot_manifest(const struct snapshot *s, const char *path);

/*
 * What differs in meaning between two snapshots (either may be NULL): calls FN in object_cmp order; before or after is
 * NULL for new or gone objects. One that only moved to another place is no difference.
 */
typedef void (*snapshot_diff_fn)(struct object *before, struct object *after, void *arg);
void snapshot_diff(const struct snapshot *a, const struct snapshot *b, snapshot_diff_fn fn, void *arg);
