/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/base/zone.h"
#include "reconciler/world_job.h"
#include "tests/sim/fleet.h"
#include "tests/sim/oracle.h"
#include "tests/sim/same.h"
#include "tests/sim/usage.h"

#define RETRY_FIRST (100 * NSEC_PER_MSEC)
#define RETRY_MAX (5 * NSEC_PER_SEC)
static const char cluster_id[] = "0123456789abcdef0123456789abcdef";

struct host *host_new(struct sim *s)
{
	struct host *h = xcalloc(1, sizeof(*h));

	h->index = s->chief = (unsigned)s->host_count;
	s->hosts = grow(s->hosts, &s->host_cap, s->host_count + 1, sizeof(s->hosts[0]));
	s->hosts[s->host_count++] = h;
	h->links = xcalloc(s->script->node_count, sizeof(h->links[0]));
	h->wake = NSEC_NEVER;
	h->rng = rng_of(s->o->seed, 5, h->index);
	tree_init(&h->tree);
	return h;
}

static void forget_world(struct host *h)
{
	if (!h->has_world)
		return;
	plan_done(&h->plan);
	world_done(&h->world);
	h->has_world = false;
	commit_unref(h->commit);
	commit_unref(h->next);
	h->commit = h->next = NULL;
}

struct host *host_free(struct host *h)
{
	if (!h)
		return NULL;
	forget_world(h);
	tree_done(&h->tree);
	if (h->has_backup)
		tree_done(&h->backup);
	free(h->links);
	free(h);
	return NULL;
}

/* --- turns of the loop ------------------------------------------------------------------------------------- */

static void want_drain(struct sim *s, struct host *h)
{
	if (h->drain_armed)
		return;
	h->drain_armed = true;
	sim_at_item(s, s->now + rng_range(&h->rng, 0, 2000) * NSEC_PER_USEC, EVENT_DRAIN, h->index, NULL,
		h->generation);
}

static void arm_pass(struct sim *s, struct host *h)
{
	nsec_t next = pass_next(&h->world);

	if (next == NSEC_NEVER || next == h->wake)
		return;
	h->wake = next;
	sim_at_item(s, next > s->now ? next : s->now, EVENT_WAKE, h->index, NULL, h->generation);
}

void host_on_wake(struct sim *s, struct host *h, uint64_t generation)
{
	if (generation != h->generation || h->still)
		return;
	h->wake = NSEC_NEVER;
	want_drain(s, h);
}

/* --- starting ------------------------------------------------------------------------------------------------- */

static void load_tree(struct sim *s, struct host *h)
{
	struct map_entry *sorted = map_sorted(&h->tree.files);
	struct err err = { 0 };

	for (size_t i = 0; i < h->tree.files.count; i++) {
		const struct tree_file *f = sorted[i].value;

		if (world_load(&h->world, f->json, f->len, &err) < 0)
			sim_fail(s, "tree-loads", "%s: %s", f->path, err_text(&err));
	}
	free(sorted);
	world_load_finish(&h->world);
}

static void try_connect(struct sim *s, struct host *h, unsigned node)
{
	struct host_link *l = &h->links[node];

	if (l->trying)
		return;
	l->trying = true;
	queue_put(&s->queue, (struct due){ .at = s->now + l->pause,
				     .type = EVENT_CONNECT,
				     .a = h->index,
				     .b = node,
				     .generation = h->generation });
	l->pause = l->pause == 0 ? RETRY_FIRST : l->pause * 2 < RETRY_MAX ? l->pause * 2 : RETRY_MAX;
}

static void take_zones(struct world *w)
{
	for (int i = 0; i < SIM_ZONES; i++) {
		struct zone *z = NULL;

		if (zone_parse_rule(sim_zones[i].rule, &z, NULL) < 0)
			abort();
		world_take_time_zone(w, sim_zones[i].name, z);
	}
}

void host_load(struct sim *s, struct host *h)
{
	struct world_settings settings = { .term = ++h->term };

	snprintf(settings.cluster_id, sizeof(settings.cluster_id), "%s", cluster_id);
	memset(settings.key, 7, sizeof(settings.key));
	world_init(&h->world, &settings, s->now);
	plan_init(&h->plan, s->o->trace != NULL);
	h->has_world = true;
	take_zones(&h->world);
	load_tree(s, h);
	h->world.tree_version = h->tree.version;
}

void host_start(struct sim *s, struct host *h)
{
	if (h->runs)
		return;
	h->runs = true;
	h->crashing = h->drain_armed = false;
	h->wake = NSEC_NEVER;
	host_load(s, h);
	snprintf(h->holder, sizeof(h->holder), "host:%u:%llu", h->index, (unsigned long long)h->generation);
	sim_trace(s, "host %u starts with term %lld", h->index, (long long)h->term);
	if (h->tree.files.count == 0 && h->term > 1)
		control_tree_is_old(&(struct control){ .world = &h->world, .plan = &h->plan, .now = s->now });
	h->next = s->head ? commit_ref(s->head) : NULL;
	for (unsigned i = 0; i < s->script->node_count; i++) {
		h->links[i] = (struct host_link){ .lost = s->now };
		try_connect(s, h, i);
	}
	want_drain(s, h);
}

void host_commit(struct sim *s, struct host *h)
{
	if (!h->runs)
		return;
	commit_unref(h->next);
	h->next = commit_ref(s->head);
	want_drain(s, h);
}

/* --- sessions -------------------------------------------------------------------------------------------------------- */

static struct control control_now(struct sim *s, struct host *h)
{
	return (struct control){ .world = &h->world, .plan = &h->plan, .now = s->now };
}

static struct world_node *node_of(struct sim *s, struct host *h, unsigned node)
{
	struct world_object *o = world_find(&h->world, KIND_NODE, NULL, s->fleet->agents[node].name);

	return o ? world_node(o) : NULL;
}

void host_on_connect(struct sim *s, struct host *h, unsigned node, uint64_t generation)
{
	struct agent *a = &s->fleet->agents[node];
	struct host_link *l = &h->links[node];

	if (generation != h->generation || !h->runs)
		return;
	l->trying = false;
	if (l->session)
		return;
	if (h->still || !a->runs || agent_is_cut(s, a) || !node_of(s, h, node)) {
		try_connect(s, h, node);
		return;
	}
	l->session = net_connect(s, h->index, node);
	fleet_connected(s, l->session);
}

void host_lost(struct sim *s, struct host *h, struct session *c)
{
	struct host_link *l = &h->links[c->node];
	struct control control = control_now(s, h);

	if (!h->runs || l->session != c)
		return;
	if (l->state.greeted)
		node_session_end(&l->state, &control, node_of(s, h, c->node));
	*l = (struct host_link){ .trying = l->trying, .pause = l->pause, .lost = s->now };
	try_connect(s, h, c->node);
	want_drain(s, h);
}

static void drop(struct sim *s, struct host *h, struct session *c)
{
	net_close(s, c, END_HOST, false);
	host_lost(s, h, c);
}

/* A newer reconciler has been there: this one stops. */
static void stop(struct sim *s, struct host *h)
{
	sim_trace(s, "host %u is fenced and stops", h->index);
	oracle_host_stops(s, h);
	h->runs = false;
	h->generation++;
	for (unsigned i = 0; i < s->script->node_count; i++)
		if (h->links[i].session)
			net_close(s, h->links[i].session, END_HOST, false);
	tree_lose(&h->tree);
	forget_world(h);
}

static void judge(struct sim *s, struct host *h, struct session *c, enum node_session_verdict verdict)
{
	switch (verdict) {
	case NODE_SESSION_GOES_ON:
		want_drain(s, h);
		return;
	case NODE_SESSION_OUT_OF_TURN:
	case NODE_SESSION_OTHER_CLUSTER:
	case NODE_SESSION_OTHER_NODE:
	case NODE_SESSION_OTHER_VERSION:
		drop(s, h, c);
		return;
	case NODE_SESSION_HIGHER_TERM:
		stop(s, h);
		return;
	}
}

static void acknowledge(struct sim *s, struct host *h, unsigned node, const struct wire_reported *r)
{
	struct letter *l = letter_new(LETTER_REPORTED);

	l->number = r->seq;
	l->tree_version = r->tree_version;
	oracle_acknowledged(s, h, node, r->seq);
	net_send(s, h->links[node].session, END_AGENT, l);
}

/* So long after its start a reconciler has greeted all agents that can be reached. */
#define GREETED NSEC_PER_SEC

/*
 * True: it stands still from now on; until the other has greeted the agents, at least. A home has one writer, by its lock: the
 * older one may not know that it is over, but what it made while the other had no agents yet would be in no tree of that one's.
 */
static bool pauses_at(struct sim *s, struct host *h, enum pause_point point)
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

static void take(
	struct sim *s, struct host *h, struct session *c, const struct letter *l, struct arena *arena)
{
	struct host_link *link = &h->links[c->node];
	struct control control = control_now(s, h);
	struct world_node *n = node_of(s, h, c->node);

	if (!n)
		drop(s, h, c);
	else if (l->type == LETTER_HELLO) {
		judge(s, h, c,
			node_session_hello(&link->state, &control, cluster_id, n, letter_hello(l, arena)));
		oracle_term_seen(s, h, l->term);
		pauses_at(s, h, PAUSE_HELLO);
	} else if (l->type == LETTER_REPORT) {
		if (link->state.greeted)
			oracle_told(s, h, c->node, l);
		link->lost = NSEC_NEVER;
		if (MUTANT(10))
			acknowledge(s, h, c->node, &(struct wire_reported){ .seq = l->number });
		judge(s, h, c, node_session_report(&link->state, &control, n, letter_report(l, arena)));
	} else if (l->type == LETTER_FENCED)
		stop(s, h);
}

void host_take(struct sim *s, struct host *h, struct session *c, const struct letter *l)
{
	struct arena *arena;

	if (!h->runs || h->links[c->node].session != c)
		return;
	h->links[c->node].pause = 0;
	arena = arena_new(4096);
	take(s, h, c, l, arena);
	arena_free(arena);
}

/* --- the drain ----------------------------------------------------------------------------------------------------- */

static void die(struct sim *s, struct host *h)
{
	sim_trace(s, "host %u is killed", h->index);
	oracle_host_stops(s, h);
	h->runs = h->crashing = false;
	h->generation++;
	for (unsigned i = 0; i < s->script->node_count; i++)
		if (h->links[i].session)
			net_close(s, h->links[i].session, END_HOST, agent_is_cut(s, &s->fleet->agents[i]));
	tree_lose(&h->tree);
	forget_world(h);
	sim_at(s, s->now + h->crash_length, EVENT_START, h->index, 0);
}

/* True: the crash that was asked for has come. */
static bool dies_at(struct sim *s, struct host *h, enum crash_point point)
{
	if (!h->crashing || h->crash != point)
		return false;
	die(s, h);
	return true;
}

static void tell(struct sim *s, struct host *h, unsigned node, const struct wire_apply *apply)
{
	struct host_link *l = &h->links[node];
	struct world_node *n = node_of(s, h, node);
	struct node_session_words words;

	if (!n || !l->session || !l->state.greeted)
		return;
	node_session_tell(&l->state, &h->world, n, cluster_id, h->holder, apply, &words);
	if (words.welcome)
		net_send(s, l->session, END_AGENT, letter_of_welcome(&words.welcome_body, s->o->wire));
	if (words.network) {
		oracle_network_told(s, h, &words.network->body);
		net_send(s, l->session, END_AGENT, letter_of_network(words.network));
	}
	if (words.apply)
		net_send(s, l->session, END_AGENT, letter_of_apply(words.apply, s->o->wire));
	if (words.reported.seq > 0)
		acknowledge(s, h, node, &words.reported);
}

/* "node-7": 7. */
static unsigned index_of(const struct world_node *n)
{
	const char *dash = strrchr(n->o.name, '-');

	return dash ? (unsigned)atoi(dash + 1) : 0;
}

/* Every node with a session; false: killed on the way. */
static bool tell_all(struct sim *s, struct host *h)
{
	unsigned count = s->script->node_count;
	const struct wire_apply **applies = xcalloc(count, sizeof(applies[0]));
	bool dies = h->crashing && h->crash == CRASH_SENDING;

	for (size_t i = 0; i < h->plan.apply_count; i++)
		applies[index_of(h->plan.applies[i].node)] = &h->plan.applies[i].apply;
	for (unsigned i = 0; i < count; i++) {
		if (!h->links[i].session || (dies && rng_chance(&h->rng, 50)))
			continue;
		tell(s, h, i, applies[i]);
	}
	free(applies);
	if (dies)
		die(s, h);
	return !dies;
}

static void trace_plan(struct sim *s, const struct host *h)
{
	for (size_t i = 0; s->o->trace && i < h->plan.step_count; i++) {
		const struct plan_step *step = &h->plan.steps[i];

		sim_trace(s, "host %u: %s %s %s", h->index, plan_verb_name(step->verb), step->key,
			str_or_empty(step->detail));
	}
	for (size_t i = 0; s->o->trace && i < h->plan.record_count; i++) {
		const struct plan_record *r = &h->plan.records[i];

		sim_trace(s, "host %u: records %s %s/%s: %.*s", h->index, r->kind->name,
			str_or_empty(r->namespace), r->name, (int)r->len, h->plan.text.data + r->start);
	}
}

static void run_pass(struct sim *s, struct host *h)
{
	struct timespec a, b;
	const struct pass_input in = {
		.now = s->now,
		.version = h->tree.next_version,
		.before = h->commit ? h->commit->snapshot : NULL,
		.snapshot = h->next ? h->next->snapshot : NULL,
	};

	usage_take(s, h);
	if (s->o->same_every > 0 && rng_below(&h->rng, s->o->same_every) == 0)
		same_check(s, h, &in);
	clock_gettime(CLOCK_MONOTONIC, &a);
	pass_run(&h->world, &in, &h->plan);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (s->result->pass_times)
		s->result->pass_times = xreallocarray(
			s->result->pass_times, s->result->passes + 2, sizeof(nsec_t));
	if (s->result->pass_times)
		s->result->pass_times[s->result->passes] = (b.tv_sec - a.tv_sec) * NSEC_PER_SEC + b.tv_nsec -
							   a.tv_nsec;
	s->result->passes++;
	h->passes++;
	trace_plan(s, h);
	tree_put_plan(&h->tree, &h->plan);
}

static void finish_drain(struct sim *s, struct host *h)
{
	if (!MUTANT(9) && !tell_all(s, h))
		return;
	plan_done(&h->plan);
	plan_init(&h->plan, s->o->trace != NULL);
	world_sweep(&h->world);
	arm_pass(s, h);
}

/* As pintled_drain. */
void host_on_drain(struct sim *s, struct host *h, uint64_t generation)
{
	if (generation != h->generation || !h->runs)
		return;
	h->drain_armed = false;
	if (h->still)
		return;
	run_pass(s, h);
	if (MUTANT(9) && !tell_all(s, h))
		return;
	if (dies_at(s, h, CRASH_BEFORE_COMMIT))
		return;
	tree_commit(&h->tree);
	if (h->next) {
		commit_unref(h->commit);
		h->commit = TAKE_PTR(h->next);
	}
	oracle_pass(s, h);
	if (dies_at(s, h, CRASH_AFTER_COMMIT))
		return;
	h->half_way = pauses_at(s, h, PAUSE_TELL);
	if (!h->half_way)
		finish_drain(s, h);
}

/* --- what befalls it ---------------------------------------------------------------------------------------------------- */

void host_crash(struct sim *s, struct host *h, enum crash_point point, nsec_t length)
{
	if (!h->runs || h->crashing || h->still || h->pause_length > 0)
		return;
	h->crash = point;
	h->crash_length = length;
	h->crashing = true;
	if (point == CRASH_NOW)
		die(s, h);
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
		die(s, h);
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
		finish_drain(s, h);
	h->half_way = false;
	for (unsigned i = 0; i < s->script->node_count; i++)
		net_heal(s, i);
	want_drain(s, h);
}

void host_replace(struct sim *s, enum pause_point point, nsec_t length)
{
	struct host *h = s->hosts[s->chief];

	if (!h->runs || h->crashing || h->pause_length > 0)
		return;
	h->pause = point;
	h->pause_length = length;
	pauses_at(s, h, PAUSE_NOW);
}
