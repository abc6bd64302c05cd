/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Commits: loaded whole or not at all. What is in force stays so while a newer commit is refused, the branch is
 * missing, or the repository can't be read; and a commit that would leave nothing at all is not believed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "reconciler/pintled_internal.h"

static void say(struct pintled *p, enum sync_status status, const char *message, const struct diags *problems)
{
	if (p->sync.status == status && str_eq(p->sync.message, message) && !problems)
		return;
	sync_state_set(&p->sync, status, message, problems, time_now());
	p->sync_changed = true;
	pintled_want_drain(p);
}

static int load(struct pintled *p, const struct oid *commit, struct snapshot *before, struct snapshot **ret,
	struct diags *diags, struct err *err)
{
	struct repo *repo = source_repo(p->source);

	if (!repo)
		return err_set(err, -ENOENT, "the repository is not there");
	return desired_load(repo, commit, p->home->config.path, before, ret, diags, err);
}

static void take(struct pintled *p, struct snapshot *s)
{
	snapshot_unref(p->next);
	p->next = s;
	pintled_want_drain(p);
}

/*
 * What is in force, by reference: the last snapshot taken. After a start there is none, and the commit in force is loaded again;
 * NULL where that can't be done, or it is COMMIT itself.
 */
static struct snapshot *in_force(struct pintled *p, const struct oid *commit)
{
	struct snapshot *s = p->next ? p->next : p->snapshot;
	struct diags diags;
	struct err err = { 0 };
	struct oid id;

	if (s)
		return snapshot_ref(s);
	if (oid_parse(p->sync.in_force, &id) < 0 || (commit && oid_equal(&id, commit)))
		return NULL;
	diags_init(&diags);
	if (load(p, &id, NULL, &s, &diags, &err) < 0)
		log_warning(
			"the commit in force, %.12s, can't be loaded again (%s): what runs is kept as it is",
			p->sync.in_force, diags.errors > 0 ? "it has errors" : err_text(&err));
	diags_done(&diags);
	return s;
}

/* The newest commit can't be taken: what was in force BEFORE (NULL: not known) stays, also after a start. */
static void keep(struct pintled *p, struct snapshot *before)
{
	_cleanup_(snapshot_unrefp) struct snapshot *s = before ? snapshot_ref(before) : in_force(p, NULL);

	if (s && !p->snapshot && !p->next)
		take(p, TAKE_PTR(s));
}

static bool would_remove_all(const struct pintled *p, const struct snapshot *s)
{
	if (s->object_count > 0)
		return false;
	for (size_t i = 0; i < p->world.objects.count; i++)
		if (((struct world_object *)p->world.objects.entries[i].value)->origin)
			return true;
	return p->next && p->next->object_count > 0;
}

static void refuse(struct pintled *p, int r, const struct diags *diags, const struct err *err)
{
	if (r == -EBADMSG && diags->errors > 0) {
		log_warning("commit %.12s is refused: %zu errors", p->sync.seen, diags->errors);
		say(p, SYNC_REFUSED, "the commit has errors; the one before stays in force", diags);
	} else {
		log_error("commit %.12s can't be read: %s", p->sync.seen, err_text(err));
		say(p, SYNC_FAILED, err_text(err), NULL);
	}
}

static void on_commit(struct pintled *p, const struct oid *commit)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = in_force(p, commit), *s = NULL;
	struct diags diags;
	struct err err = { 0 };
	int r;

	oid_format(commit, p->sync.seen);
	diags_init(&diags);
	r = load(p, commit, before, &s, &diags, &err);
	if (r < 0) {
		refuse(p, r, &diags, &err);
		keep(p, before);
	} else if (would_remove_all(p, s)) {
		say(p, SYNC_GUARDED, "the commit has no object at all; the one before stays in force",
			&diags);
		keep(p, before);
	} else {
		snprintf(p->sync.in_force, sizeof(p->sync.in_force), "%s", p->sync.seen);
		say(p, SYNC_SYNCED, NULL, &diags);
		take(p, TAKE_PTR(s));
	}
	diags_done(&diags);
}

void pintled_on_source(const struct source_event *event, void *arg)
{
	struct pintled *p = arg;

	switch (event->state) {
	case SOURCE_COMMIT:
		on_commit(p, &event->commit);
		break;
	case SOURCE_MISSING:
		say(p, p->sync.in_force[0] == '\0' ? SYNC_WAITING : SYNC_MISSING, event->problem, NULL);
		keep(p, NULL);
		break;
	case SOURCE_FAILED:
		say(p, SYNC_FAILED, event->problem, NULL);
		keep(p, NULL);
		break;
	}
}

void pintled_pin(struct pintled *p)
{
	struct repo *repo = source_repo(p->source);
	struct err err = { 0 };

	if (!repo || !p->snapshot || oid_is_zero(&p->snapshot->commit))
		return;
	if (repo_set_ref(repo, REPO_REF_IN_FORCE, &p->snapshot->commit, &err) < 0)
		log_warning("pinning the commit in force: %s", err_text(&err));
}
