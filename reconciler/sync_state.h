/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * actual/sync.json: which commit is in force, which one was seen last, and why they differ.
 *
 *   {"apiVersion":"pintle.dev/v1","kind":"SyncState","commitInForce":…,"commitSeen":…,"state":…,"since":…,
 *    "message":…,"problems":[{"severity","path","line","col","object","field","message"}],"kept":["Kind/ns/name",…],
 *    "units":[{"name","commitInForce","commitSeen","state","since","message"}]}
 *
 * state: Waiting (no commit yet), Building (the kustomizations of the commit seen), Synced (the commit seen is in force),
 * Refused (it has errors), Missing (no repository or branch), Failed (the repository can't be read), Guarded (what it would delete must be
 * confirmed: prune.h). In all but Waiting and Synced
 * what was in force stays so. With units (sync.unit: Directory), commitInForce is, while some are held, a commit that Pintle made of
 * them, and the state is the worst of theirs. Stuck (the tree's disk takes nothing) never stands in the file, for that very reason: a running pintled says it
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

/* A unit of sync.unit: Directory (units.h). */
struct sync_unit {
	char *name;
	char in_force[SYNC_COMMIT]; /* the commit whose version of it is in force; "" = none */
	enum sync_status status;    /* Synced, Refused, Guarded */
	nsec_t since;
	char *message; /* or NULL */
};
struct sync_units { /* by name */
	struct sync_unit *items;
	size_t count, cap;
};
void sync_units_done(struct sync_units *u);
const struct sync_unit *sync_units_find(const struct sync_units *u, const char *name);
/* Adds one behind the others; strings are copied. */
void sync_units_add(struct sync_units *u, const struct sync_unit *unit);

struct sync_state {
	char in_force[SYNC_COMMIT], seen[SYNC_COMMIT]; /* "" = none */
	enum sync_status status;
	nsec_t since;
	char since_commit[SYNC_COMMIT]; /* the commit seen at that time */
	char *message;                  /* or NULL */
	struct diags problems;          /* of the commit seen: errors and warnings */
	char **kept; /* [kept_count] objects that git has no more and that stay; left out of the file where there is none */
	size_t kept_count;
	struct sync_units units; /* none with sync.unit: Repository */
};

void sync_state_init(struct sync_state *s, nsec_t now);
void sync_state_done(struct sync_state *s);
/* Another status; `since` moves where the status or the commit seen changed. MESSAGE (may be NULL) is copied, PROBLEMS too (NULL: none). */
void sync_state_set(struct sync_state *s, enum sync_status status, const char *message,
	const struct diags *problems, nsec_t now);
/* Takes over U; `since` of what is as it was stays. */
void sync_state_set_units(struct sync_state *s, struct sync_units *u, nsec_t now);
/* Takes over LIST of COUNT keys, and the keys. */
void sync_state_set_kept(struct sync_state *s, char **list, size_t count);
/* What a stored sync.json says, but for message and problems, which come with the next look. -EBADMSG. */
int sync_state_read(struct sync_state *s, const char *json, size_t len, struct err *err);
void sync_state_write(const struct sync_state *s, struct buf *out);
