/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* status: one screen of what is in force and what is in the way. Needs no daemon, but asks one that runs what the tree can't say. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/ctl/client.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/revision.h"
#include "reconciler/ctl/status_text.h"
#include "reconciler/ctl/verbs.h"

static const char *const outputs[] = { "json", NULL };

static const struct ctl_option options[] = {
	{ "output", 'o', CTL_STRING, "FORMAT", "json", outputs },
};

/* --- what the repository says, where it can be read --------------------------------------------------------- */

static void describe(struct repo *g, const char *id, struct status_commit *ret)
{
	struct repo_commit c;
	struct oid oid;
	if (!g || oid_parse(id, &oid) < 0 || repo_commit_read(g, &oid, &c, NULL) < 0)
		return;
	ret->subject = xstrdup(c.subject);
	ret->author = xstrdup(c.author_name);
	ret->time = c.commit_time;
	repo_commit_done(&c);
}

static void status_commit_done(struct status_commit *c)
{
	free(c->subject);
	free(c->author);
}

static int print(struct ctl *c, struct status *s, bool json)
{
	struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 4);
	(void)c;
	if (json) {
		status_write_json(s, &w);
		buf_addc(&out, '\n');
	} else {
		status_write_text(s, &out);
	}
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	return status_good(s) ? CTL_DONE : CTL_NO;
}

static int status(struct ctl *c, const struct home *h, const struct sync_view *sync,
	const struct workloads *workloads, bool json)
{
	_cleanup_(repo_freep) struct repo *g = NULL;
	struct oid tip;
	char newest[OID_HEX];
	struct status s = {
		.home = h->dir,
		.sync = sync,
		.workloads = workloads,
		.pintled = home_running(h, "pintled"),
		.now = time_now(),
	};
	if (revision_open_git(h, &g, NULL) == 0 && repo_resolve_branch(g, h->config.branch, &tip, NULL) == 0)
		s.newest = oid_format(&tip, newest);
	describe(g, sync->in_force, &s.in_force);
	describe(g, sync->seen, &s.seen);
	int r = print(c, &s, json);
	status_commit_done(&s.in_force);
	status_commit_done(&s.seen);
	return r;
}

/* --- what the tree says ------------------------------------------------------------------------------------- */

static int read_tree(const struct home *h, struct sync_view *sync, struct items *items, struct err *err)
{
	_cleanup_(actual_reader_freep) struct actual_reader *reader = NULL;
	_cleanup_(freep) char *dir = home_path(h, "actual");
	struct buf text = BUF_INIT;
	int r = actual_reader_open(dir, &reader, err);
	if (r < 0)
		return r;
	r = actual_reader_get(reader, "sync.json", &text, err);
	if (r >= 0)
		r = sync_view_parse(sync, text.data, text.len, err);
	else if (r == -ENOENT)
		r = 0;
	buf_done(&text);
	for (size_t i = 0; i < KIND_COUNT && r >= 0; i++)
		if (kinds[i].workload || i == KIND_NODE || i == KIND_DISRUPTION_BUDGET ||
			i == KIND_AUTOSCALER)
			r = items_list(reader, &kinds[i], NULL, items, err);
	return r;
}

/* What the tree can't say: that its disk is full. */
static void ask_pintled(const struct home *h, struct sync_view *sync)
{
	struct buf text = BUF_INIT;
	if (client_status(h, &text, NULL) >= 0)
		sync_view_overlay(sync, text.data, text.len);
	buf_done(&text);
}

static int run_status(struct ctl *c, const struct ctl_args *args)
{
	struct err err = { 0 };
	_cleanup_(home_freep) struct home *h = NULL;
	struct sync_view sync;
	struct items items = ITEMS_INIT;
	struct workloads workloads;
	if (args->word_count)
		return ctl_usage(c, "no words are wanted, and there is \"%s\"", args->words[0]);
	if (home_open(c->home, &h, &err) < 0)
		return ctl_fail_err(c, &err);
	sync_view_init(&sync);
	int r = read_tree(h, &sync, &items, &err);
	ask_pintled(h, &sync);
	workloads_judge(&items, &workloads);
	r = r < 0 ? ctl_fail_err(c, &err)
		  : status(c, h, &sync, &workloads, ctl_string(args, "output") != NULL);
	workloads_done(&workloads);
	items_done(&items);
	sync_view_done(&sync);
	return r;
}

const struct ctl_verb ctl_verb_status = {
	"status",
	"[-o json]",
	"Shows which commit is in force, why it is not the newest, and what is not healthy.",
	CTL_OPTIONS(options),
	run_status,
	CTL_WORDS_NONE,
};
