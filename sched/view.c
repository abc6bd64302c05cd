/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/view.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "sched/fit.h"
#include "sched/mask.h"
#include "sched/part.h"
#include "sched/view_internal.h"

/* So many teams without members, and half of all, are too many. */
enum { IDLE_MAX = 64 };

/* So many teams are looked through more quickly than their words are hashed. */
enum { FEW = 8 };

static const uint32_t no_node = UINT32_MAX;

/* --- teams --------------------------------------------------------------------------------------- */

static struct sched_places places(const struct sched_cluster *c, struct sched_view *v)
{
	return (struct sched_places){ .place = v->place, .by_order = c->by_order };
}

static size_t words_of(
	const struct sched_cluster *c, const struct sched_request *r, uint32_t node, uint32_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; sched_judges[i]; i++)
		n += sched_judges[i]->words(c, r, node, ret + n);
	return n;
}

static size_t width_of(const struct sched_cluster *c, const struct sched_request *r)
{
	size_t n = 0;

	for (size_t i = 0; sched_judges[i]; i++)
		n += sched_judges[i]->width(c, r);
	return n;
}

/* Quick: words are few, and so are teams. */
static uint64_t hash_of(const uint32_t *words, size_t count)
{
	uint64_t h = count;

	for (size_t i = 0; i < count; i++)
		h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static bool words_equal(const struct sched_view *v, size_t team, const uint32_t *words)
{
	const uint32_t *own = v->words + team * v->width;
	size_t i = 0;

	while (i < v->width && own[i] == words[i])
		i++;
	return i == v->width;
}

static size_t slot_of(const struct sched_view *v, const uint32_t *words, uint64_t hash)
{
	size_t mask = v->slot_count - 1, i = hash & mask;

	while (v->slots[i] > 0) {
		uint32_t at = v->slots[i] - 1;

		if (v->teams[at].hash == hash && words_equal(v, at, words))
			break;
		i = (i + 1) & mask;
	}
	return i;
}

static void resize_slots(struct sched_view *v)
{
	free(v->slots);
	v->slot_count = v->slot_count > 0 ? v->slot_count * 2 : 16;
	v->slots = xcalloc(v->slot_count, sizeof(v->slots[0]));
	for (size_t i = 0; i < v->team_count; i++)
		v->slots[slot_of(v, v->words + i * v->width, v->teams[i].hash)] = (uint32_t)i + 1;
}

static uint32_t team_new(struct sched_view *v, const uint32_t *words, uint64_t hash)
{
	size_t at = v->team_count;
	struct sched_heap heap; /* of a team that was there once: its memory */

	if (2 * (at + 1) > v->slot_count)
		resize_slots(v);
	v->slots[slot_of(v, words, hash)] = (uint32_t)at + 1;
	v->teams = grow(v->teams, &v->team_cap, at + 1, sizeof(v->teams[0]));
	v->words = grow(v->words, &v->word_cap, (at + 1) * v->width + 1, sizeof(v->words[0]));
	heap = at < v->teams_used ? v->teams[at].heap : (struct sched_heap){ 0 };
	heap.count = 0;
	v->teams[at] = (struct sched_team){ .heap = heap, .first = no_node, .hash = hash };
	if (at == v->teams_used)
		v->teams_used++;
	if (v->width > 0)
		memcpy(v->words + at * v->width, words, v->width * sizeof(words[0]));
	v->team_count++;
	v->idle++;
	return (uint32_t)at + 1;
}

/* The team of nodes with WORDS. */
static uint32_t team_of(struct sched_view *v, const uint32_t *words)
{
	uint64_t hash;

	/* Nodes of one team often come one after the other. */
	if (v->recent > 0 && words_equal(v, v->recent - 1, words))
		return v->recent;
	for (size_t i = 0; i < v->team_count && v->team_count <= FEW; i++)
		if (words_equal(v, i, words))
			return v->recent = (uint32_t)i + 1;
	hash = hash_of(words, v->width);
	v->recent = v->slot_count > 0 ? v->slots[slot_of(v, words, hash)] : 0;
	if (v->recent == 0)
		v->recent = team_new(v, words, hash);
	return v->recent;
}

static void join(struct sched_view *v, uint32_t node, uint32_t team)
{
	struct sched_team *t = &v->teams[team - 1];

	v->team[node] = team;
	v->next[node] = t->first;
	v->previous[node] = no_node;
	if (t->first != no_node)
		v->previous[t->first] = node;
	t->first = node;
	v->idle -= t->members++ == 0;
}

static void leave_heap(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	struct sched_places p = places(c, v);

	if (v->place[node] > 0)
		sched_heap_take(&v->teams[v->team[node] - 1].heap, &p, node);
}

static void leave(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	struct sched_team *t;

	if (v->team[node] == 0)
		return;
	leave_heap(c, v, node);
	t = &v->teams[v->team[node] - 1];
	if (v->previous[node] != no_node)
		v->next[v->previous[node]] = v->next[node];
	else
		t->first = v->next[node];
	if (v->next[node] != no_node)
		v->previous[v->next[node]] = v->previous[node];
	v->team[node] = 0;
	v->idle += --t->members == 0;
}

/* --- looking at nodes ---------------------------------------------------------------------------- */

static uint64_t key_of(const struct sched_cluster *c, const struct sched_view *v, const struct sched_look *l)
{
	return sched_key(sched_score_here(&v->scoring, l),
		MUTANT(35) ? 0 : (uint32_t)sched_used(c, l->node, RESOURCE_PODS), c->order[l->node]);
}

/* Seats a node that it may be on in its team. */
static void seat(const struct sched_cluster *c, struct sched_view *v, const struct sched_look *l)
{
	uint32_t words[SCHED_WORDS_MAX], team;

	words_of(c, v->request, l->node, words);
	team = team_of(v, words);
	if (v->team[l->node] != team) {
		leave(c, v, l->node);
		join(v, l->node, team);
	}
}

static void look_at(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	const struct sched_look l = { .c = c, .r = v->request, .node = node, .n = c->nodes[node] };
	struct sched_places p = places(c, v);

	if (!l.n || !sched_fit_fixed(&l)) {
		leave(c, v, node);
	} else {
		seat(c, v, &l);
		if (sched_fit_local(&l))
			sched_heap_put(&v->teams[v->team[node] - 1].heap, &p, node, key_of(c, v, &l));
		else
			leave_heap(c, v, node);
	}
	if (v->why)
		sched_view_keep_reasons(c, v, node);
}

static uint32_t *fresh(uint32_t *numbers, uint32_t cap)
{
	return xreallocarray(numbers, cap, sizeof(numbers[0]));
}

static void make_room(const struct sched_cluster *c, struct sched_view *v)
{
	sched_view_forget_reasons(v);
	if (v->cap != c->cap) {
		v->cap = c->cap;
		v->team = fresh(v->team, v->cap);
		v->place = fresh(v->place, v->cap);
		v->next = fresh(v->next, v->cap);
		v->previous = fresh(v->previous, v->cap);
	}
	memset(v->team, 0, v->cap * sizeof(v->team[0]));
	memset(v->place, 0, v->cap * sizeof(v->place[0]));
	v->team_count = v->idle = v->recent = 0;
	if (v->slot_count > 0)
		memset(v->slots, 0, v->slot_count * sizeof(v->slots[0]));
}

/* A node that it may be on, in a view that is being made. */
static void take_in(const struct sched_cluster *c, struct sched_view *v, uint32_t node)
{
	const struct sched_look l = { .c = c, .r = v->request, .node = node, .n = c->nodes[node] };

	seat(c, v, &l);
	if (sched_fit_local(&l))
		sched_heap_append(&v->teams[v->team[node] - 1].heap, key_of(c, v, &l));
}

static void take_in_all(const struct sched_cluster *c, struct sched_view *v)
{
	for (uint32_t word = 0; word * 64 < c->span; word++) {
		uint64_t bits = sched_mask_word(c, v->request, word);

		for (; bits != 0; bits &= bits - 1)
			take_in(c, v, word * 64 + (uint32_t)__builtin_ctzll(bits));
	}
}

/* The pod names its node. */
static void take_in_named(const struct sched_cluster *c, struct sched_view *v)
{
	const struct sched_node *n = sched_node_find(c, v->request->spec->node_name);
	const struct sched_look l = { .c = c, .r = v->request, .node = n ? n->index : 0, .n = n };

	if (n && sched_fit_fixed(&l))
		take_in(c, v, n->index);
}

/* Looks at all nodes. */
static void make(const struct sched_cluster *c, struct sched_view *v)
{
	struct sched_places p;

	make_room(c, v);
	p = places(c, v);
	v->width = width_of(c, v->request);
	if (sched_fit_name_asked(v->request))
		take_in_named(c, v);
	else
		take_in_all(c, v);
	for (size_t i = 0; i < v->team_count; i++)
		sched_heap_build(&v->teams[i].heap, &p);
	v->made = c->changes;
	v->seen = c->log.end;
}

static void refresh(struct sched_cluster *c, struct sched_view *v)
{
	const struct sched_log *log = &c->log;

	sched_order_names(c);
	sched_scoring_of(c, v->request, &v->scoring);
	if (v->idle > IDLE_MAX + v->team_count / 2 || v->made < v->request->changed ||
		v->made < c->all_changed || v->seen < log->begin || v->cap != c->cap) {
		make(c, v);
		return;
	}
	for (; v->seen < log->end; v->seen++) {
		uint32_t node = log->ring[v->seen & (log->size - 1)];

		if (log->last[node] == v->seen)
			look_at(c, v, node);
	}
}

/* --- the choice ---------------------------------------------------------------------------------- */

static void judge(struct sched_cluster *c, struct sched_view *v)
{
	v->group_count = 0;
	v->groups = grow(v->groups, &v->group_cap, v->team_count, sizeof(v->groups[0]));
	v->group_team = grow(v->group_team, &v->group_team_cap, v->team_count, sizeof(v->group_team[0]));
	for (size_t i = 0; i < v->team_count; i++) {
		if (v->teams[i].members == 0)
			continue;
		v->group_team[v->group_count] = (uint32_t)i;
		v->groups[v->group_count++] = (struct sched_group){
			.node = v->teams[i].first,
			.eligible = v->teams[i].members,
		};
	}
	for (size_t i = 0; sched_judges[i] && v->group_count > 0; i++)
		sched_judges[i]->judge(c, v->request, v->groups, v->group_count);
}

static void choose(struct sched_cluster *c, struct sched_view *v)
{
	int64_t alike = sched_score_unjudged(c, v->request);
	uint64_t best = 0;

	judge(c, v);
	v->choice = (struct sched_choice){ 0 };
	for (size_t i = 0; i < v->group_count; i++) {
		const struct sched_heap *h = &v->teams[v->group_team[i]].heap;
		uint64_t key;

		if (v->groups[i].refused || h->count == 0)
			continue;
		v->choice.feasible += h->count;
		key = h->keys[0] + ((uint64_t)(v->groups[i].score + alike) << SCHED_KEY_SCORE_SHIFT);
		if (key > best)
			best = key;
	}
	if (v->choice.feasible > 0) {
		v->choice.node = c->nodes[c->by_order[sched_key_order(best)]];
		v->choice.sum = sched_key_score(best);
	}
	v->chosen = c->changes;
}

/* --- the views of a cluster ---------------------------------------------------------------------- */

static struct sched_view *view_free(struct sched_view *v)
{
	if (!v)
		return NULL;
	sched_view_forget_reasons(v);
	for (size_t i = 0; i < v->teams_used; i++)
		sched_heap_done(&v->teams[i].heap);
	free(v->team);
	free(v->place);
	free(v->taint_why);
	free(v->next);
	free(v->previous);
	free(v->teams);
	free(v->words);
	free(v->slots);
	free(v->groups);
	free(v->group_team);
	free(v);
	return NULL;
}

/* A place for one more: a free one, or that which was not used for longest. */
static struct sched_view **place_for_one(struct sched_cluster *c)
{
	size_t oldest = 0;

	for (size_t i = 0; i < SCHED_VIEWS; i++) {
		if (!c->views[i])
			return &c->views[i];
		if (c->views[i]->used < c->views[oldest]->used)
			oldest = i;
	}
	return &c->views[oldest];
}

static struct sched_view *view_of(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_view **at;

	if (!r->view) {
		at = place_for_one(c);
		if (*at && (*at)->request)
			(*at)->request->view = NULL;
		if (!*at)
			*at = xcalloc(1, sizeof(**at));
		r->view = *at;
		r->view->request = r;
		r->view->cap = 0;
	}
	r->view->used = ++c->view_clock;
	return r->view;
}

struct sched_choice sched_view_choose(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_view *v;

	if (c->span == 0)
		return (struct sched_choice){ 0 };
	v = view_of(c, r);
	if (v->cap > 0 && v->chosen == c->changes)
		return v->choice;
	refresh(c, v);
	choose(c, v);
	return v->choice;
}

void sched_view_forget(struct sched_cluster *c, struct sched_request *r)
{
	for (size_t i = 0; r->view && i < SCHED_VIEWS; i++)
		if (c->views[i] == r->view)
			c->views[i] = view_free(c->views[i]);
	r->view = NULL;
}

void sched_views_done(struct sched_cluster *c)
{
	for (size_t i = 0; i < SCHED_VIEWS; i++)
		c->views[i] = view_free(c->views[i]);
}
