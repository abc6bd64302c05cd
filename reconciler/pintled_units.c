/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* sync.unit: Directory, as pintled takes commits by it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "reconciler/pintled_internal.h"
#include "reconciler/prune_confirm.h"
#include "reconciler/units.h"

static void request(struct pintled *p, const struct pintled_loaded *l, struct units_request *ret)
{
	*ret = (struct units_request){
		.repo = source_repo(p->source),
		.commit = l->commit,
		.subpath = p->home->config.path,
		.before = l->before,
		.builder = p->builder,
		.known = &p->sync.units,
		.max_percent = prune_max_percent(pintled_cluster(p)),
	};
	oid_parse(p->sync.in_force, &ret->in_force);
}

/* Is what is in force known as a snapshot, and what the world has of git? */
static bool is_known(struct pintled *p, const struct pintled_loaded *l)
{
	_cleanup_(buf_done) struct buf why = BUF_INIT;

	if (!l->before)
		return p->sync.in_force[0] == '\0';
	return p->snapshot || p->next || !pintled_guards(p, l->before, NULL, &why);
}

/* --- taking -------------------------------------------------------------------------------------------------- */

static void take_whole(struct pintled *p, const struct pintled_loaded *l, struct sync_units *units)
{
	snprintf(p->sync.in_force, sizeof(p->sync.in_force), "%s", p->sync.seen);
	sync_state_set_units(&p->sync, units, time_now());
	pintled_say(p, SYNC_SYNCED, NULL, l->diags);
	pintled_take(p, snapshot_ref(l->snapshot));
}

static void take_part(struct pintled *p, struct units_result *r)
{
	_cleanup_(buf_done) struct buf message = BUF_INIT;
	enum sync_status status = units_describe(r, &message);

	log_warning("commit %.12s: %s", p->sync.seen, message.data);
	oid_format(&r->snapshot->commit, p->sync.in_force);
	sync_state_set_units(&p->sync, &r->units, time_now());
	pintled_say(p, status, message.data, &r->problems);
	pintled_take(p, TAKE_PTR(r->snapshot));
}

/* What of the new commit can be taken. 0: not even its Cluster. */
static int try_part(struct pintled *p, const struct units_request *q)
{
	_cleanup_(units_result_done) struct units_result result;
	struct err err = { 0 };
	int r = units_take(q, &result, &err);

	if (r == -EINPROGRESS)
		return r;
	if (r < 0)
		log_warning("taking the directories of commit %.12s one by one: %s", p->sync.seen,
			err_text(&err));
	if (r < 0 || !result.snapshot || !units_wanted(snapshot_cluster(result.snapshot)))
		return 0;
	take_part(p, &result);
	return 1;
}

int pintled_take_units(struct pintled *p, const struct pintled_loaded *l)
{
	_cleanup_(sync_units_done) struct sync_units units = { 0 };
	_cleanup_(buf_done) struct buf why = BUF_INIT;
	const struct cluster *now = l->cluster ? object_cluster(l->cluster) : NULL;
	struct units_request q;

	if (l->result == 0 ? !units_wanted(now) : l->result != -EBADMSG)
		return 0;
	if (!units_wanted(now) && !units_wanted(pintled_cluster(p)))
		return 0;
	request(p, l, &q);
	if (l->result == 0 && (l->before ? !units_must_wait(&q, l->snapshot)
					 : !pintled_guards(p, l->snapshot, &l->commit, &why))) {
		struct err err = { 0 };

		if (units_list(&q, &units, &err) < 0)
			log_warning("listing the directories: %s", err_text(&err));
		take_whole(p, l, &units);
		return 1;
	}
	return is_known(p, l) ? try_part(p, &q) : 0;
}
