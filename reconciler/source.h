/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Watches a branch and calls back with each new tip, within milliseconds for a local repository.
 *
 * A local path (bare repository, or work tree: its commits, not its files) is watched with inotify: the
 * repository or the branch may appear later, go, come back, be force-pushed or repacked. A URL is fetched into a mirror by a
 * `git fetch` child, each interval and when asked; after failures with growing pauses. Nothing here blocks.
 *
 * The callback runs from the loop (never from within source_new), once for each change of what there is to say:
 * a burst of pushes may yield its last commit only.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/git.h"

struct source;

struct source_spec {
	const char *repository; /* path or URL */
	const char *branch;     /* NULL: the branch that HEAD names */
	const char *mirror; /* for a URL: the bare repository that it is fetched into (made when missing) */
	nsec_t interval;    /* between fetches; 0: 60 s. For local repositories a safety re-check each 30 s */
};

enum source_state {
	SOURCE_COMMIT, /* commit is the branch's tip */
	SOURCE_MISSING, /* no repository, or no such branch: problem says which. Missing is not empty: keep what is in force */
	SOURCE_FAILED, /* it can't be read or fetched: problem says why; commit is the last one known, or zero */
};
struct source_event {
	enum source_state state;
	struct oid commit;
	const char *problem; /* lent; NULL with SOURCE_COMMIT */
};
typedef void (*source_fn)(const struct source_event *event, void *arg);

/* Starts to watch; the first callback tells what is there now. SPEC is copied. Fails only where inotify does. */
int source_new(struct loop *l, const struct source_spec *spec, source_fn fn, void *arg, struct source **ret,
	struct err *err);
struct source *source_free(struct source *s);
void source_freep(struct source **s);
/* Looks (or fetches) again now; the callback comes only where something changed. */
void source_poke(struct source *s);
/* Another interval between fetches, counted from now; 0: 60 s. */
void source_set_interval(struct source *s, nsec_t interval);
/* The open repository (a URL's mirror), or NULL; valid until the next turn of the loop. */
struct repo *source_repo(struct source *s);
/* Does REPOSITORY name a remote (URL or host:path), not a local path? "file://" counts as remote. */
bool source_is_remote(const char *repository);
