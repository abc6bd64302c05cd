/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the agent was told and where it stands, on disk:
 *
 *     STATE_DIR/identity.json              cluster, node, highest term and its holder
 *     STATE_DIR/tree-version               the version of the actual tree that it was told of last
 *     STATE_DIR/pods/UID/assignment.json   the pod, its digest, the hashes of what it refers to
 *     STATE_DIR/pods/UID/state.json        its record (record.h)
 *
 * Every file appears whole (temporary name, rename). Only the identity is synced at once: a term must be durable
 * before it counts. Pods' files survive a killed agent without that; they are synced before they are acknowledged.
 */
#pragma once

#include "lib/object/object.h"
#include "nodeagent/record.h"

struct identity {
	char *cluster_id, *node, *holder, *pod_cidr, *dns_domain; /* owned; NULL: not known yet */
	int64_t term;
};
/* A missing file leaves RET zeroed; -EBADMSG: one that is damaged. */
int identity_load(const char *state_dir, struct identity *ret, struct err *err);
int identity_save(const char *state_dir, const struct identity *id, struct err *err);
void identity_done(struct identity *id);
/* 0: none, or it can't be read: it only helps reconcilers to see that their tree is an old copy. */
int64_t tree_version_load(const char *state_dir);
int tree_version_save(const char *state_dir, int64_t version, struct err *err);

struct assignment {
	struct object *pod;     /* a reference */
	char *digest;           /* owned */
	struct string_map refs; /* in arena */
	struct arena *arena;
};
/* Fills RET from parts: POD gains a reference, the rest is copied. */
void assignment_init(
	struct assignment *ret, struct object *pod, const char *digest, const struct string_map *refs);
void assignment_done(struct assignment *a);
int assignment_save(const char *state_dir, const struct assignment *a, struct err *err);
/* -ENOENT: none; -EBADMSG. On success end with assignment_done. */
int assignment_load(const char *state_dir, const char *uid, struct assignment *ret, struct err *err);
/* Removes the directory of UID, the assignment first: a removal that was interrupted leaves no pod to be taken up. */
int assignment_remove(const char *state_dir, const char *uid, struct err *err);

/* Appends R to its file, or writes that anew: the first time, when it has grown, after a failure. */
int record_save(const char *state_dir, struct pod_record *r, struct err *err);
int record_load(const char *state_dir, const char *uid, struct pod_record *ret, struct err *err);

/* "STATE_DIR/pods/UID"; owned by the caller. */
char *pod_state_dir(const char *state_dir, const char *uid);
/* May UID be a file name of ours: 1 to 128 of [A-Za-z0-9_-]? */
bool pod_uid_valid(const char *uid);
