/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/status_text.h"

#include <inttypes.h>

#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/ctl/problems.h"

/* A tip that a running pintled is about to see is no difference worth a word; one that nobody looks at is. */
static bool is_behind(const struct status *s)
{
	return !s->pintled && s->newest && !str_eq(s->newest, s->sync->seen);
}

bool status_in_sync(const struct status *s)
{
	return sync_view_in_sync(s->sync) && !is_behind(s);
}

bool status_good(const struct status *s)
{
	return status_in_sync(s) && workloads_all_good(s->workloads);
}

/* --- text --------------------------------------------------------------------------------------------- */

static void write_age(nsec_t since, nsec_t now, struct buf *out)
{
	char text[TIME_TEXT_MAX];
	buf_addf(out, "%s ago", duration_human(now > since ? now - since : 0, text));
}

static void write_commit(const struct status *s, const char *title, const char *id,
	const struct status_commit *c, struct buf *out)
{
	buf_addf(out, "%-16s", title);
	if (!*id) {
		buf_adds(out, "none\n");
		return;
	}
	buf_addf(out, "%.10s", id);
	if (c->subject) {
		buf_addf(out, "  %s (%s, ", c->subject, str_or_empty(c->author));
		write_age(c->time, s->now, out);
		buf_addc(out, ')');
	}
	buf_addc(out, '\n');
}

static const char *state_meaning(const struct sync_view *v)
{
	static const struct {
		const char *state, *text;
	} meanings[] = {
		{ "", "nothing has been seen yet" },
		{ "Waiting", "waiting for the first commit" },
		{ "Building", "the commit seen has kustomizations that are being built" },
		{ "Synced", "the commit seen is in force" },
		{ "Refused", "the commit seen has errors; what is in force stays so" },
		{ "Missing", "the repository or the branch is not there; what is in force stays so" },
		{ "Failed", "the repository can't be read; what is in force stays so" },
		{ "Stuck", "the tree's disk takes nothing" },
		{ "Guarded",
			"what the commit seen would delete must be confirmed; what is in force stays so" },
	};
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (str_eq(meanings[i].state, v->state))
			return meanings[i].text;
	return "";
}

static void write_state(const struct status *s, struct buf *out)
{
	const struct sync_view *v = s->sync;
	const char *meaning = str_empty(v->message) ? state_meaning(v) : v->message;
	buf_addf(out, "%-16s%s%s%s", "state", v->state, *v->state && *meaning ? ": " : "", meaning);
	if (v->since) {
		buf_adds(out, " (for ");
		char text[TIME_TEXT_MAX];
		buf_addf(out, "%s)", duration_human(s->now > v->since ? s->now - v->since : 0, text));
	}
	buf_addc(out, '\n');
}

static void write_problems(const struct sync_view *v, struct buf *out)
{
	for (size_t i = 0; i < v->problems.count; i++) {
		buf_adds(out, "  ");
		diag_format(&v->problems.items[i], out);
	}
}

/* All of them: there are few, and each was meant to be remembered. */
static void write_kept(const struct sync_view *v, struct buf *out)
{
	if (v->kept_count == 0)
		return;
	buf_addf(out, "%-16s%zu that git has no more (" ANNOTATION_PRUNE ": Never)\n", "kept", v->kept_count);
	for (size_t i = 0; i < v->kept_count; i++)
		buf_addf(out, "  %s\n", v->kept[i]);
}

static void write_counts(const struct status *s, struct buf *out)
{
	const struct workloads *w = s->workloads;
	buf_addf(out, "%-16s%zu of %zu healthy\n", "workloads", w->good, w->total);
	buf_addf(out, "%-16s%zu of %zu ready", "nodes", w->nodes_ready, w->nodes);
	if (w->nodes_drained > 0)
		buf_addf(out, ", %zu drained", w->nodes_drained);
	if (w->nodes_cordoned > 0)
		buf_addf(out, ", %zu cordoned", w->nodes_cordoned);
	buf_addc(out, '\n');
	if (s->pintled)
		buf_addf(out, "%-16srunning (pid %" PRId64 ")\n", "pintled", s->pintled);
	else
		buf_addf(out, "%-16snot running: nothing is brought up to date; pintle up starts it\n",
			"pintled");
}

void status_write_text(const struct status *s, struct buf *out)
{
	write_commit(s, "commit in force", s->sync->in_force, &s->in_force, out);
	write_commit(s, "commit seen", s->sync->seen, &s->seen, out);
	if (is_behind(s))
		buf_addf(out, "%-16s%.10s, which nobody has looked at yet\n", "newest commit", s->newest);
	write_state(s, out);
	write_problems(s->sync, out);
	write_kept(s->sync, out);
	write_counts(s, out);
	if (!workloads_all_good(s->workloads)) {
		buf_adds(out, "not healthy\n");
		workloads_write_text(s->workloads, "  ", out);
	}
}

/* --- JSON ------------------------------------------------------------------------------------------------ */

static void write_json_commit(struct json_writer *w, const char *key, const struct status_commit *c)
{
	char text[TIME_TEXT_MAX];
	if (!c->subject)
		return;
	json_key(w, key);
	json_begin_map(w);
	json_member_string(w, "subject", c->subject);
	json_member_string(w, "author", c->author);
	json_member_string(w, "time", time_format(c->time, text));
	json_end_map(w);
}

static void write_json_problems(struct json_writer *w, const struct diags *d)
{
	json_key(w, "problems");
	problems_write_json(w, d);
}

void status_write_json(const struct status *s, struct json_writer *w)
{
	char since[TIME_TEXT_MAX];
	const struct workloads *all = s->workloads;
	json_begin_map(w);
	json_member_string(w, "home", s->home);
	json_member_string(w, "commitInForce", s->sync->in_force);
	json_member_string(w, "commitSeen", s->sync->seen);
	json_member_string(w, "commitNewest", s->newest);
	write_json_commit(w, "inForce", &s->in_force);
	write_json_commit(w, "seen", &s->seen);
	json_member_string(w, "state", s->sync->state);
	json_member_string(w, "message", *s->sync->message ? s->sync->message : NULL);
	json_member_string(w, "since", s->sync->since ? time_format(s->sync->since, since) : NULL);
	json_member_bool(w, "inSync", status_in_sync(s));
	json_member_bool(w, "healthy", workloads_all_good(all));
	json_member_int(w, "pintledPid", s->pintled);
	write_json_problems(w, &s->sync->problems);
	json_key(w, "kept");
	json_begin_list(w);
	for (size_t i = 0; i < s->sync->kept_count; i++)
		json_cstring(w, s->sync->kept[i]);
	json_end_list(w);
	json_member_int(w, "workloads", (int64_t)all->total);
	json_member_int(w, "workloadsHealthy", (int64_t)all->good);
	json_member_int(w, "nodes", (int64_t)all->nodes);
	json_member_int(w, "nodesReady", (int64_t)all->nodes_ready);
	json_member_int(w, "nodesDrained", (int64_t)all->nodes_drained);
	json_member_int(w, "nodesCordoned", (int64_t)all->nodes_cordoned);
	json_key(w, "unhealthy");
	workloads_write_json(all, w);
	json_end_map(w);
}
