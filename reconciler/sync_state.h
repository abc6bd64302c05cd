/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * actual/sync.json: which commit is in force, which one was seen last, and why they differ.
 *
 *   {"apiVersion":"pintle.dev/v1","kind":"SyncState","commitInForce":…,"commitSeen":…,"state":…,"since":…,
 *    "message":…,"problems":[{"severity","path","line","col","object","field","message"}],"kept":["Kind/ns/name",…]}
 *
 * state: Waiting (no commit yet), Building (the kustomizations of the commit seen), Synced (the commit seen is in force),
 * Refused (it has errors), Missing (no repository or branch), Failed (the repository can't be read), Guarded (what it would delete must be
 * confirmed: prune.h). In all but Waiting and Synced
 * what was in force stays so. Stuck (the tree's disk takes nothing) never stands in the file, for that very reason: a running pintled says it
 * to those who ask at read.sock.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/diag.h"
#include "lib/object/json.h"

enum sync_status {
	SYNC_WAITING,
	SYNC_BUILDING,
	SYNC_SYNCED,
	SYNC_REFUSED,
	SYNC_MISSING,
	SYNC_FAILED,
	SYNC_GUARDED,
	SYNC_STUCK
};
enum { SYNC_COMMIT = 41, SYNC_PROBLEMS_MAX = 1000 };

struct sync_state {
	char in_force[SYNC_COMMIT], seen[SYNC_COMMIT]; /* "" = none */
	enum sync_status status;
	nsec_t since;
	char since_commit[SYNC_COMMIT]; /* the commit seen at that time */
	char *message;                  /* or NULL */
	struct diags problems;          /* of the commit seen: errors and warnings */
	char **kept; /* [kept_count] objects that git has no more and that stay; left out of the file where there is none */
	size_t kept_count;
};

void sync_state_init(struct sync_state *s, nsec_t now);
void sync_state_done(struct sync_state *s);
/* Another status; `since` moves where the status or the commit seen changed. MESSAGE (may be NULL) is copied, PROBLEMS too (NULL: none). */
void sync_state_set(struct sync_state *s, enum sync_status status, const char *message,
	const struct diags *problems, nsec_t now);
/* Takes over LIST of COUNT keys, and the keys. */
void sync_state_set_kept(struct sync_state *s, char **list, size_t count);
/* What a stored sync.json says, but for message and problems, which come with the next look. -EBADMSG. */
int sync_state_read(struct sync_state *s, const char *json, size_t len, struct err *err);
void sync_state_write(const struct sync_state *s, struct buf *out);
