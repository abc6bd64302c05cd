/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The drain: one pass, and what follows from it in the only order that is safe: records durable, then the agents,
 * then the files that people read. While the disk refuses, the pass's plan waits and nothing is sent.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/pintled_internal.h"
#include "reconciler/tree_path.h"

enum {
	FILES_A_TURN = 64,            /* of the tree, written between two looks at the sockets */
	COMPACT_A_TURN = 1024 * 1024, /* bytes of the journal, likewise */
	GIVE_BACK = 1 << 20,          /* bytes of records, after which memory is looked after */
};
#define DISK_RETRY (1 * NSEC_PER_SEC)
#define CLOCK_LOOK (60 * NSEC_PER_SEC)
#define COMPACT_RETRY (60 * NSEC_PER_SEC)

void pintled_want_drain(struct pintled *p)
{
	loop_defer_arm(p->drain);
}

/* --- trouble with the disk ---------------------------------------------------------------------------------------- */

/* Logged once, and told to whoever follows the status: the tree can't tell it. ERR NULL: it is over. */
static void set_trouble(struct pintled *p, const struct err *err)
{
	static const struct err none;

	if (!err)
		err = &none;
	if (p->trouble.code == err->code && str_eq(err_text(&p->trouble), err_text(err)))
		return;
	if (err->code < 0)
		log_error("%s", err_text(err));
	else
		log_info("the tree's disk takes what is written again");
	if (p->trouble.code == 0)
		p->trouble_since = time_now();
	p->trouble = *err;
	if (p->readsock)
		readsock_status_changed(p->readsock);
}

void pintled_status(struct buf *out, void *arg)
{
	const struct pintled *p = arg;
	struct sync_state s = p->sync;
	_cleanup_(freep) char *message = NULL;

	diags_init(&s.problems);
	if (p->trouble.code < 0) {
		message = xstrdup(err_text(&p->trouble));
		s.status = SYNC_STUCK;
		s.message = message;
		s.since = p->trouble_since;
	}
	sync_state_write(&s, out);
	diags_done(&s.problems);
}

/* --- recording ------------------------------------------------------------------------------------------------- */

static void put_record(struct pintled *p, const struct plan *plan, const struct plan_record *rec)
{
	_cleanup_(buf_done) struct buf path = BUF_INIT;
	struct err err = { 0 };
	int r;

	tree_path_add(&path, rec->kind->plural, rec->namespace, rec->name);
	if (rec->len == 0)
		r = actual_delete(p->actual, path.data, &err);
	else
		r = actual_put(p->actual, path.data, plan->text.data + rec->start, rec->len, &err);
	if (r < 0)
		log_error("recording %s: %s", path.data, err_text(&err));
}

/* Those that git has no more and that stay, in the order of their keys. */
static void list_kept(struct pintled *p)
{
	struct world_entry_list all = { 0 };
	size_t count = 0;

	if (p->world.has_left)
		all = world_entries(&p->world);
	char **list = all.count > 0 ? xcalloc(all.count, sizeof(list[0])) : NULL;

	for (size_t i = 0; i < all.count; i++)
		if (!all.items[i]->dropped && all.items[i]->origin && all.items[i]->origin->left)
			list[count++] = xstrdup(all.items[i]->key);
	free(all.items);
	sync_state_set_kept(&p->sync, list, count);
}

static void put_sync(struct pintled *p)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct err err = { 0 };

	if (!p->sync_changed)
		return;
	list_kept(p);
	sync_state_write(&p->sync, &text);
	if (actual_put(p->actual, "sync.json", text.data, text.len, &err) < 0)
		log_error("recording sync.json: %s", err_text(&err));
	p->sync_changed = false;
}

static void put_all(struct pintled *p)
{
	p->recorded += p->plan.text.len;
	for (size_t i = 0; i < p->plan.record_count; i++)
		put_record(p, &p->plan, &p->plan.records[i]);
	put_sync(p);
}

/* --- after it is durable ------------------------------------------------------------------------------------------ */

/* CronJobs go by the wall clock, which may be set, or go on while the host sleeps: it is looked at again before long. */
static void arm_pass(struct pintled *p)
{
	nsec_t next = pass_next(&p->world), now = time_now();
	nsec_t wait = next > now ? next - now : 0;

	if (p->world.counts[KIND_CRON_JOB] > 0 && wait > CLOCK_LOOK)
		wait = CLOCK_LOOK;
	loop_timer_set(p->pass_timer, next == NSEC_NEVER ? NSEC_NEVER : time_monotonic() + wait);
}

static void follow(struct pintled *p)
{
	if (!p->next)
		return;
	snapshot_unref(p->snapshot);
	p->snapshot = TAKE_PTR(p->next);
	pintled_pin(p);
	pintled_set_interval(p);
}

static void act(struct pintled *p)
{
	pintled_nodes_tell(p, &p->plan);
	plan_done(&p->plan);
	plan_init(&p->plan, false);
	world_sweep(&p->world);
	pintled_nodes_sync(p);
	pintled_measure(p);
	loop_timer_set(p->file_timer, time_monotonic());
	arm_pass(p);
}

/* Sessions end, so that nothing comes in that could not be recorded; agents say it again in the next ones. */
static void disk_refuses(struct pintled *p, struct err *err)
{
	err_wrap(err, err->code, "nothing goes on, as the disk of %s/actual takes nothing", p->home->dir);
	p->stuck = true;
	set_trouble(p, err);
	for (size_t i = 0; i < p->node_count; i++)
		agentlink_drop(p->nodes[i]->link, "the tree's disk takes nothing");
	loop_timer_set(p->pass_timer, time_monotonic() + DISK_RETRY);
}

int pintled_drain(void *arg)
{
	struct pintled *p = arg;
	struct err err = { 0 };
	const struct pass_input in = {
		.now = time_now(),
		.version = (int64_t)actual_next_version(p->actual),
		.before = p->snapshot,
		.snapshot = p->stuck ? NULL : p->next,
	};

	if (!p->stuck) {
		p->sync_changed |= in.snapshot != NULL;
		pass_run(&p->world, &in, &p->plan);
		put_all(p);
	}
	if (actual_commit(p->actual, &err) < 0) {
		disk_refuses(p, &err);
		return 0;
	}
	if (p->stuck) {
		/* What came meanwhile is in the world, and waits for a pass of its own. */
		p->stuck = false;
		set_trouble(p, NULL);
		pintled_want_drain(p);
	}
	act(p);
	follow(p);
	return 0;
}

/* --- the tree's files -------------------------------------------------------------------------------------------------- */

/* A slice of a compaction, where one is due. It needs room for both journals: without it things go on as they are. 1: more to do. */
static int compact(struct pintled *p)
{
	struct err err = { 0 };
	int r = actual_wants_compact(p->actual) ? actual_compact(p->actual, COMPACT_A_TURN, &err) : 0;

	if (r < 0 && !p->compact_failed)
		log_warning("%s/actual: %s: tried again from time to time", p->home->dir, err_text(&err));
	p->compact_failed = r < 0;
	return r;
}

/* Much was written, which took much for a moment: what is free in between goes back to the system, not just what is free at the end. */
static void give_back(struct pintled *p)
{
	if (p->recorded < GIVE_BACK)
		return;
	p->recorded = 0;
	malloc_trim(0);
}

int pintled_files(void *arg)
{
	struct pintled *p = arg;
	struct err err = { 0 };
	int r = actual_flush(p->actual, FILES_A_TURN, &err);
	int more = r == 0 ? compact(p) : r;

	if (r < 0)
		err_wrap(&err, r, "what stands in %s/actual is behind", p->home->dir);
	if (!p->stuck && r <= 0)
		set_trouble(p, r < 0 ? &err : NULL);
	if (r < 0)
		loop_timer_set(p->file_timer, time_monotonic() + DISK_RETRY);
	else if (more < 0)
		loop_timer_set(p->file_timer, time_monotonic() + COMPACT_RETRY);
	else if (more > 0)
		loop_timer_set(p->file_timer, time_monotonic());
	else
		give_back(p);
	return 0;
}
