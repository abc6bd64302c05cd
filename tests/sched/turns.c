/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A batch: all that wait have their turns. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"
#include "tests/sched/trial_internal.h"

static const char *const outcomes[] = { "PLACED", "NOMINATED", "NOWHERE", "WAITS" };

static struct sched_pending pending_of(const struct trial *t, struct being *b)
{
	return (struct sched_pending){ .id = b,
		.request = t->requests[b->kin - t->kins],
		.key = b->key,
		.pinned = b->pinned,
		.gang = b->gang,
		.priority = b->priority,
		.no_preemption = b->no_preemption,
		.deadline = b->deadline,
		.created = b->created };
}

static struct being *find(const struct trial *t, const void *id)
{
	for (size_t i = 0; i < t->w.being_count; i++)
		if (t->w.beings[i] == id)
			return t->w.beings[i];
	return NULL;
}

/* --- what comes of a decision ------------------------------------------------------------------------------------ */

static void come(struct trial *t, struct being *b, const struct sched_decision *d)
{
	struct place *p = scene_place(&t->w, d->node);

	t->result->placed++;
	t->result->gangs += b->gang != NULL;
	b->refused = false;
	b->nominated = NULL;
	sched_cluster_add_pod(t->c, d->node,
		&(struct sched_pod){ .id = b,
			.request = t->requests[b->kin - t->kins],
			.name = b->name,
			.priority = b->priority,
			.started = b->started });
	if (!p)
		return;
	scene_put(b, p);
	volumes_assume(&t->w, b);
	volumes_settle(&t->w);
}

static void go(struct trial *t, struct being *b, const struct sched_decision *d)
{
	t->result->nominated++;
	b->nominated = scene_place(&t->w, d->node);
	b->refused = false;
	for (size_t i = 0; i < d->victim_count; i++) {
		struct being *v = find(t, d->victims[i].id);

		if (!v)
			continue;
		t->result->victims++;
		trial_say(t, "#   victim %s", v->name);
		harm_count(&t->w, v, &t->budgets);
		v->leaving = true;
		sched_cluster_pod_leaves(t->c, d->node, v);
	}
}

static bool same_gang(const struct being *a, const struct being *b)
{
	return a->gang && b->gang && str_eq(a->gang, b->gang) && str_eq(a->kin->namespace, b->kin->namespace);
}

static bool of_turn(const struct being *o, const struct being *b)
{
	return o == b || o->priority < b->level || same_gang(o, b);
}

/*
 * Which room is still kept the cluster must know: it falls when more important pods take it. B has its turn (NULL: the batch has ended); what is
 * kept for B itself and its gang, and for those that matter less, is not asked about meanwhile.
 */
static void sync_nominations(struct trial *t, const struct being *b)
{
	for (size_t i = 0; i < t->batch_count; i++)
		if (t->batch[i]->nominated && (!b || !of_turn(t->batch[i], b)) &&
			!sched_cluster_nominated(t->c, t->batch[i])) {
			trial_say(t, "#   the room for %s has fallen", t->batch[i]->name);
			t->batch[i]->nominated->fell = true;
			if (t->batch[i]->priority > t->fell)
				t->fell = t->batch[i]->priority;
			t->batch[i]->nominated = NULL;
		}
}

static void say_why(struct trial *t, const struct sched_verdict *v)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	sched_verdict_explain(v, &text);
	trial_say(t, "#   %s", text.data);
}

static void decide(const struct sched_decision *d, void *arg)
{
	struct trial *t = arg;
	struct being *b = find(t, d->pod->id);

	if (!b || b->on || b->decided) {
		trial_fail(t, "once", "%s is decided twice, or isn't one that waits", b ? b->name : "a pod");
		return;
	}
	sync_nominations(t, b);
	trial_say(t, "# %s: %s %s %lld%s", b->name, outcomes[d->outcome], d->node ? d->node : "",
		(long long)d->score, d->by_gang ? " by gang" : "");
	if (d->outcome == SCHED_NOWHERE && d->verdict && t->trace)
		say_why(t, d->verdict);
	if (trial_has(t, CHECK_ORDER) && !trial_failed(t))
		judge_order(t, b);
	b->decided = true;
	b->outcome = d->outcome;
	switch (d->outcome) {
	case SCHED_PLACED:
		if (!trial_failed(t))
			judge_placed(t, b, d);
		come(t, b, d);
		break;
	case SCHED_NOMINATED:
		if (!trial_failed(t))
			judge_nominated(t, b, d);
		go(t, b, d);
		break;
	case SCHED_NOWHERE:
		b->refused = true;
		t->result->nowhere++;
		break;
	case SCHED_WAITS:
		if (!b->refused)
			trial_fail(t, "waits", "%s waits, but was never said to fit nowhere", b->name);
		t->result->waits++;
		break;
	}
}

/* --- the batch ------------------------------------------------------------------------------------------------------ */

static void after(struct trial *t)
{
	sync_nominations(t, NULL);
	for (size_t i = 0; i < t->batch_count && !trial_failed(t); i++) {
		struct being *b = t->batch[i];

		if (!b->decided)
			trial_fail(t, "once", "%s is not decided", b->name);
		else if ((b->outcome == SCHED_NOWHERE || b->outcome == SCHED_WAITS) && !b->gang &&
			 trial_has(t, CHECK_NOWHERE))
			judge_nowhere(t, b);
	}
	if (!trial_failed(t) && trial_has(t, CHECK_ORDER))
		judge_sorted(t);
	if (!trial_failed(t))
		judge_gangs(t);
	if (!trial_failed(t))
		judge_words(t);
}

static void level_turns(struct trial *t)
{
	for (size_t i = 0; i < t->batch_count; i++) {
		struct being *b = t->batch[i];

		b->level = b->priority;
		for (size_t k = 0; k < t->batch_count; k++)
			if (same_gang(b, t->batch[k]) && t->batch[k]->priority < b->level)
				b->level = t->batch[k]->priority;
	}
}

void trial_place(struct trial *t)
{
	t->pods = xcalloc(t->w.being_count + 1, sizeof(t->pods[0]));
	t->batch = xcalloc(t->w.being_count + 1, sizeof(t->batch[0]));
	t->batch_count = 0;
	t->budgets = (struct harm_budgets){ 0 };
	for (size_t i = 0; i < t->w.being_count; i++) {
		struct being *b = t->w.beings[i];

		if (b->on)
			continue;
		b->decided = b->turned = b->would = false;
		t->pods[t->batch_count] = pending_of(t, b);
		t->batch[t->batch_count++] = b;
	}
	trial_say(t, "# %zu pods have their turns", t->batch_count);
	for (size_t i = 0; i < t->w.place_count; i++)
		t->w.places[i]->fell = false;
	t->fell = INT32_MIN;
	level_turns(t);
	volumes_settle(&t->w);
	sched_place(t->c, t->pods, t->batch_count, decide, t);
	after(t);
	free(t->pods);
	free(t->batch);
}
