/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/prune_confirm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/desired.h"

enum { COMMITS_MAX = 10000, ALLOWING_MAX = 64 };

struct confirming {
	const struct prune_question *q;
	struct prune *prune;
	struct oid allowing[ALLOWING_MAX]; /* commits that have the trailer, children before parents */
	size_t count;
};

/* "yes", whatever stands around it. */
static bool is_yes(const char *value)
{
	size_t n;

	value += strspn(value, " \t\r\n");
	n = strcspn(value, " \t\r\n");
	return n == 3 && strncasecmp(value, "yes", 3) == 0 && value[n + strspn(value + n, " \t\r\n")] == '\0';
}

static bool allows(const struct repo_commit *c)
{
	_cleanup_(freep) char *value = repo_commit_trailer(c, PRUNE_TRAILER);

	return value && is_yes(value);
}

static int note_commit(const struct repo_commit *c, void *arg)
{
	struct confirming *f = arg;

	if (allows(c) && f->count < ALLOWING_MAX)
		f->allowing[f->count++] = c->id;
	return 0;
}

/* A reference, or NULL where COMMIT can't be loaded (also since its kustomizations would have to be built). */
static struct snapshot *load(const struct confirming *f, const struct oid *commit)
{
	struct snapshot *s = NULL;
	struct err err = { 0 };
	struct diags diags;

	diags_init(&diags);
	if (desired_load(f->q->repo, commit, f->q->subpath, NULL, NULL, &s, &diags, &err) < 0)
		s = NULL;
	diags_done(&diags);
	return s;
}

/*
 * COMMIT confirms what it has not, of what was there where its history left that of the commit in force. One with errors was
 * never in force, and what it deleted can't be told: it counts as if it stood last.
 */
static void confirm(struct confirming *f, const struct oid *commit)
{
	_cleanup_(snapshot_unrefp) struct snapshot *allowed = load(f, commit), *stood = NULL;
	struct oid base;

	if (!allowed) {
		f->prune->gone_count = 0;
		return;
	}
	if (repo_merge_base(f->q->repo, &f->q->in_force, commit, &base, NULL) < 0)
		return;
	if (!oid_equal(&base, &f->q->in_force) && !(stood = load(f, &base)))
		return;
	prune_confirmed(f->prune, allowed, stood);
}

/* The new commit's own word is for all of it. */
static bool allows_itself(const struct prune_question *q)
{
	struct repo_commit c;
	bool yes;

	if (repo_commit_read(q->repo, &q->commit, &c, NULL) < 0)
		return false;
	yes = allows(&c);
	repo_commit_done(&c);
	return yes;
}

/* Has the branch been set back to where it was: is all that COMMIT has to say said already? */
static bool is_set_back(const struct prune_question *q)
{
	return !oid_is_zero(&q->in_force) && repo_is_ancestor(q->repo, &q->commit, &q->in_force, NULL) == 1;
}

static void look_at_history(const struct prune_question *q, struct prune *prune)
{
	struct confirming f = { .q = q, .prune = prune };
	struct oid base;

	if (!q->repo || is_set_back(q))
		return;
	if (allows_itself(q)) {
		prune->gone_count = 0;
		return;
	}
	if (oid_is_zero(&q->in_force) ||
		repo_merge_base(q->repo, &q->in_force, &q->commit, &base, NULL) < 0 ||
		repo_walk(q->repo, &q->commit, &q->in_force, COMMITS_MAX, note_commit, &f, NULL) < 0)
		return;
	for (size_t i = 0; i < f.count && prune_waits(prune, q->max_percent, NULL); i++)
		confirm(&f, &f.allowing[i]);
}

bool prune_must_wait(const struct prune_question *q, struct buf *why)
{
	_cleanup_(prune_done) struct prune prune;
	bool waits;

	prune_find(q->before, q->before_count, q->after, &prune);
	prune.nothing_left |= q->emptied;
	waits = prune_waits(&prune, q->max_percent, NULL);
	if (waits) {
		look_at_history(q, &prune);
		waits = prune_waits(&prune, q->max_percent, why);
	}
	return waits;
}

void prune_add_remedy(struct buf *out)
{
	buf_adds(out,
		"To let it, push a commit that says so (git commit --allow-empty -m 'Confirm the removal' "
		"--trailer '" PRUNE_TRAILER ": yes'); to keep them, revert it");
}
