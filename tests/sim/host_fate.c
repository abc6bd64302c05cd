/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What befalls a reconciler: it is killed, stands still while another takes its place, is fenced, has its tree replaced. */
#include "tests/sim/host_private.h"

#include "tests/sim/fleet.h"
#include "tests/sim/oracle.h"

/* Nothing of it goes on. KILLED: an agent that is cut off does not hear of it. */
static void end(struct sim *s, struct host *h, bool killed)
{
	oracle_host_stops(s, h);
	h->runs = false;
	h->generation++;
	for (unsigned i = 0; i < s->script->node_count; i++)
		if (h->links[i].session)
			net_close(s, h->links[i].session, END_HOST,
				killed && agent_is_cut(s, &s->fleet->agents[i]));
	tree_lose(&h->tree);
	host_forget_world(h);
}

void host_stop(struct sim *s, struct host *h)
{
	sim_trace(s, "host %u is fenced and stops", h->index);
	end(s, h, false);
}

/* So long after its start a reconciler has greeted all agents that can be reached. */
#define GREETED NSEC_PER_SEC

bool host_pauses_at(struct sim *s, struct host *h, enum pause_point point)
{
	struct host *next;
	nsec_t starts;

	if (h->pause_length == 0 || h->pause != point)
		return false;
	h->still = true;
	oracle_host_stops(s, h);
	next = host_new(s);
	starts = rng_range(&next->rng, 0, 5000) * NSEC_PER_MSEC;
	sim_at(s, s->now + (h->pause_length > starts + GREETED ? h->pause_length : starts + GREETED),
		EVENT_START, h->index, 0);
	h->pause_length = 0;
	tree_done(&next->tree);
	tree_copy(&next->tree, &h->tree);
	next->term = h->term;
	sim_trace(s, "host %u stands still, host %u takes its place", h->index, next->index);
	sim_at(s, s->now + starts, EVENT_START, next->index, 0);
	return true;
}

void host_die(struct sim *s, struct host *h)
{
	sim_trace(s, "host %u is killed", h->index);
	h->crashing = false;
	end(s, h, true);
	sim_at(s, s->now + h->crash_length, EVENT_START, h->index, 0);
}

bool host_dies_at(struct sim *s, struct host *h, enum crash_point point)
{
	if (!h->crashing || h->crash != point)
		return false;
	host_die(s, h);
	return true;
}

void host_crash(struct sim *s, struct host *h, enum crash_point point, nsec_t length)
{
	if (!h->runs || h->crashing || h->still || h->pause_length > 0)
		return;
	h->crash = point;
	h->crash_length = length;
	h->crashing = true;
	if (point == CRASH_NOW)
		host_die(s, h);
}

void host_backup(struct sim *s, struct host *h, bool lost, nsec_t length)
{
	if (h->has_backup)
		return;
	h->has_backup = true;
	if (lost)
		tree_init(&h->backup);
	else
		tree_copy(&h->backup, &h->tree);
	sim_at(s, s->now + length, EVENT_RESTORE, h->index, 0);
}

/* Not where it is no longer in charge: what it does then is of no matter. */
void host_restore(struct sim *s, struct host *h)
{
	if (s->hosts[s->chief] == h && h->runs && !h->crashing && !h->still && h->pause_length == 0) {
		sim_trace(s, "host %u: the tree is at version %lld again", h->index,
			(long long)h->backup.version);
		s->restored = true;
		h->crash_length = NSEC_PER_SEC;
		host_die(s, h);
		tree_done(&h->tree);
		h->tree = h->backup;
		oracle_restored(s, h);
	} else {
		tree_done(&h->backup);
	}
	h->has_backup = false;
}

/* What was on its way to it arrives now. */
void host_resume(struct sim *s, struct host *h)
{
	sim_trace(s, "host %u goes on", h->index);
	h->still = false;
	if (h->half_way)
		host_finish_drain(s, h);
	h->half_way = false;
	for (unsigned i = 0; i < s->script->node_count; i++)
		net_heal(s, i);
	host_want_drain(s, h);
}

void host_replace(struct sim *s, enum pause_point point, nsec_t length)
{
	struct host *h = s->hosts[s->chief];

	if (!h->runs || h->crashing || h->pause_length > 0)
		return;
	h->pause = point;
	h->pause_length = length;
	host_pauses_at(s, h, PAUSE_NOW);
}
