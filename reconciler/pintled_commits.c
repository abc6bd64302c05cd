/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Commits: loaded whole or not at all. What is in force stays so while a newer commit is refused, the branch is
 * missing, or the repository can't be read, or the newest one would delete more than may go unconfirmed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"
#include "reconciler/pintled_internal.h"
#include "reconciler/time_zone_files.h"

/* People who watch events hear of it too; once for each commit and reason. */
static void tell_event(struct pintled *p)
{
	static const char *const reasons[] = {
		[SYNC_REFUSED] = "CommitRefused",
		[SYNC_FAILED] = "RepositoryFailed",
		[SYNC_MISSING] = "RepositoryMissing",
		[SYNC_GUARDED] = "CommitGuarded",
		[SYNC_STUCK] = NULL,
	};
	struct control c = { .world = &p->world, .plan = &p->plan, .now = time_now() };
	const char *reason = reasons[p->sync.status];

	if (reason)
		control_event_cluster(
			&c, reason, "commit %.10s: %s", p->sync.seen, str_or_empty(p->sync.message));
}

void pintled_say(
	struct pintled *p, enum sync_status status, const char *message, const struct diags *problems)
{
	if (p->sync.status == status && str_eq(p->sync.message, message) && !problems)
		return;
	sync_state_set(&p->sync, status, message, problems, time_now());
	p->sync_changed = true;
	tell_event(p);
	pintled_want_drain(p);
}

static int load(struct pintled *p, const struct oid *commit, struct snapshot *before, struct snapshot **ret,
	struct object **ret_cluster, struct diags *diags, struct err *err)
{
	struct repo *repo = source_repo(p->source);

	*ret_cluster = NULL;
	if (!repo)
		return err_set(err, -ENOENT, "the repository is not there");
	return desired_load_cluster(
		repo, commit, p->home->config.path, before, p->builder, ret, ret_cluster, diags, err);
}

void pintled_take(struct pintled *p, struct snapshot *s)
{
	time_zone_files_read(&p->world, s);
	snapshot_unref(p->next);
	p->next = s;
	pintled_want_drain(p);
}

/*
 * What is in force, by reference: the last snapshot taken. After a start there is none, and the commit in force is loaded again;
 * NULL where that can't be done, or it is COMMIT itself, or (*RET_BUILD is set) its kustomizations are to be built first.
 */
static struct snapshot *in_force(struct pintled *p, const struct oid *commit, bool *ret_build)
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
	_cleanup_(object_unrefp) struct object *cluster = NULL;
	int r = load(p, &id, NULL, &s, &cluster, &diags, &err);
	*ret_build = r == -EINPROGRESS;
	if (r < 0 && r != -EINPROGRESS)
		log_warning(
			"the commit in force, %.12s, can't be loaded again (%s): what runs is kept as it is",
			p->sync.in_force, diags.errors > 0 ? "it has errors" : err_text(&err));
	diags_done(&diags);
	return s;
}

static void refuse(struct pintled *p, int r, const struct diags *diags, const struct err *err)
{
	if (r == -EBADMSG && diags && diags->errors > 0) {
		log_warning("commit %.12s is refused: %zu errors", p->sync.seen, diags->errors);
		pintled_say(p, SYNC_REFUSED, "the commit has errors; the one before stays in force", diags);
	} else {
		log_error("commit %.12s can't be read: %s", p->sync.seen, err_text(err));
		pintled_say(p, SYNC_FAILED, err_text(err), NULL);
	}
}

/* --- kustomizations ------------------------------------------------------------------------------------------- */

static void on_built(const struct err *err, void *arg);

static void build_failed(struct pintled *p, const struct err *err)
{
	if (oid_is_zero(&p->building))
		log_warning(
			"the commit in force, %.12s, can't be built again (%s): what runs is kept as it is",
			p->sync.in_force, err_text(err));
	else
		refuse(p, err->code, NULL, err);
}

/* Builds what a load has asked for. Then COMMIT (NULL: only what is in force) is loaded again. */
static void build(struct pintled *p, const struct oid *commit)
{
	size_t count = kustomize_pending(p->builder);
	_cleanup_(freep) char *text = xasprintf("building %zu kustomization%s", count, count == 1 ? "" : "s");
	struct err err = { 0 };

	p->building = commit ? *commit : (struct oid){ 0 };
	if (kustomize_start(p->builder, p->loop, on_built, p, &err) < 0)
		build_failed(p, &err);
	else if (commit)
		pintled_say(p, SYNC_BUILDING, text, NULL);
}

/* --- commits ---------------------------------------------------------------------------------------------------- */

/* S was in force before the start. With other settings (of which path is read, say) it is not what the world has of it. */
static void take_again(struct pintled *p, struct snapshot *s)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	if (!pintled_guards(p, s, NULL, &why)) {
		pintled_take(p, s);
		return;
	}
	log_warning("the commit in force, %.12s, is not what it was: %s: what runs is kept as it is",
		p->sync.in_force, why.data);
	snapshot_unref(s);
}

/* The newest commit can't be taken: what was in force BEFORE (NULL: not known) stays, also after a start. */
static void keep(struct pintled *p, struct snapshot *before)
{
	bool to_build = false;
	_cleanup_(snapshot_unrefp) struct snapshot *s = before ? snapshot_ref(before)
							       : in_force(p, NULL, &to_build);

	if (to_build)
		build(p, NULL);
	else if (s && !p->snapshot && !p->next)
		take_again(p, TAKE_PTR(s));
}

/* S, of the commit seen, or why there is none (R). BEFORE is what was in force. */
static void judge(struct pintled *p, int r, struct snapshot *s, struct snapshot *before,
	const struct diags *diags, const struct err *err)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	if (r < 0) {
		refuse(p, r, diags, err);
		keep(p, before);
	} else if (pintled_guards(p, s, &s->commit, &why)) {
		log_warning("commit %.12s waits: %s", p->sync.seen, why.data);
		pintled_say(p, SYNC_GUARDED, why.data, diags);
		keep(p, before);
	} else {
		snprintf(p->sync.in_force, sizeof(p->sync.in_force), "%s", p->sync.seen);
		sync_units_done(&p->sync.units);
		pintled_say(p, SYNC_SYNCED, NULL, diags);
		pintled_take(p, snapshot_ref(s));
	}
}

static void load_newest(struct pintled *p, const struct oid *commit)
{
	bool to_build = false;
	_cleanup_(snapshot_unrefp) struct snapshot *before = in_force(p, commit, &to_build);
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	_cleanup_(object_unrefp) struct object *cluster = NULL;
	_cleanup_(diags_done) struct diags diags;
	struct err err = { 0 };
	int r = -EINPROGRESS, units = 0;

	diags_init(&diags);
	if (!to_build)
		r = load(p, commit, before, &s, &cluster, &diags, &err);
	if (r != -EINPROGRESS)
		units = pintled_take_units(
			p, &(struct pintled_loaded){ *commit, r, s, cluster, &diags, before });
	if (r == -EINPROGRESS || units == -EINPROGRESS)
		build(p, commit);
	else if (units == 0)
		judge(p, r, s, before, &diags, &err);
}

static void on_built(const struct err *err, void *arg)
{
	struct pintled *p = arg;
	struct oid commit = p->building;

	if (err)
		build_failed(p, err);
	else if (oid_is_zero(&commit))
		keep(p, NULL);
	else
		load_newest(p, &commit);
	/* Nothing is on its way any more: the results are in the snapshot, or of no use. */
	if (kustomize_pending(p->builder) == 0)
		kustomize_reset(p->builder);
}

void pintled_on_source(const struct source_event *event, void *arg)
{
	struct pintled *p = arg;

	/* What was being built is of a commit that is not the newest any more. */
	kustomize_reset(p->builder);
	switch (event->state) {
	case SOURCE_COMMIT:
		oid_format(&event->commit, p->sync.seen);
		load_newest(p, &event->commit);
		break;
	case SOURCE_MISSING:
		pintled_say(
			p, p->sync.in_force[0] == '\0' ? SYNC_WAITING : SYNC_MISSING, event->problem, NULL);
		keep(p, NULL);
		break;
	case SOURCE_FAILED:
		pintled_say(p, SYNC_FAILED, event->problem, NULL);
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
