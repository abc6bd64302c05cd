/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* From a tree to a world, and the passes over it. */
#include "tests/sim/host_private.h"

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

const char host_cluster_id[] = "0123456789abcdef0123456789abcdef";

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

void host_forget_world(struct host *h)
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
	host_forget_world(h);
	tree_done(&h->tree);
	if (h->has_backup)
		tree_done(&h->backup);
	free(h->links);
	free(h);
	return NULL;
}

/* --- turns of the loop ------------------------------------------------------------------------------------- */

void host_want_drain(struct sim *s, struct host *h)
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
	host_want_drain(s, h);
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

	snprintf(settings.cluster_id, sizeof(settings.cluster_id), "%s", host_cluster_id);
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
		host_try_connect(s, h, i);
	}
	host_want_drain(s, h);
}

void host_commit(struct sim *s, struct host *h)
{
	if (!h->runs)
		return;
	commit_unref(h->next);
	h->next = commit_ref(s->head);
	host_want_drain(s, h);
}

/* --- the drain ----------------------------------------------------------------------------------------------------- */

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
		host_tell(s, h, i, applies[i]);
	}
	free(applies);
	if (dies)
		host_die(s, h);
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

void host_finish_drain(struct sim *s, struct host *h)
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
	if (host_dies_at(s, h, CRASH_BEFORE_COMMIT))
		return;
	tree_commit(&h->tree);
	if (h->next) {
		commit_unref(h->commit);
		h->commit = TAKE_PTR(h->next);
	}
	oracle_pass(s, h);
	if (host_dies_at(s, h, CRASH_AFTER_COMMIT))
		return;
	h->half_way = host_pauses_at(s, h, PAUSE_TELL);
	if (!h->half_way)
		host_finish_drain(s, h);
}
