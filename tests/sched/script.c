/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/script.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sched/text.h"
#include "tests/share/random.h"

const char *const feature_names[FEATURE_COUNT + 1] = { "extras", "named", "pinned", "taints", "nodes",
	"ports", "affinity", "anti", "spread", "volumes", "prefer", "soft", "anyway", "images", "pressure",
	"preempt", "gangs", "churn", "drain", "choice", "score", "terms", "reasons", "order", "nowhere",
	NULL };

static bool take_name(const char *name, uint32_t *features)
{
	bool away = name[0] == '-';

	name += away;
	if (str_eq(name, "all"))
		*features = FEATURES_ALL;
	else if (str_eq(name, "none"))
		*features = 0;
	else
		for (unsigned i = 0;; i++) {
			if (i == FEATURE_COUNT)
				return false;
			if (!str_eq(name, feature_names[i]))
				continue;
			*features = away ? *features & ~FEATURE_BIT(i) : *features | FEATURE_BIT(i);
			break;
		}
	return true;
}

bool features_parse(const char *text, uint32_t *ret)
{
	_cleanup_(freep) char *copy = xstrdup(text);
	char *rest = copy, *name;

	*ret = 0;
	while ((name = strsep(&rest, ",")))
		if (!take_name(name, ret))
			return false;
	return true;
}

static void add(struct script *s, enum happening_kind kind, uint32_t who)
{
	s->events = grow(s->events, &s->cap, s->count + 1, sizeof(s->events[0]));
	s->events[s->count] = (struct happening){ kind, (uint32_t)s->count, who };
	s->count++;
}

static bool has(const struct script *s, enum feature f)
{
	return (s->features & FEATURE_BIT(f)) != 0;
}

static void add_scene(struct script *s, struct rng *r)
{
	for (unsigned i = 0; i < text_object_count(s); i++)
		if (!rng_chance(r, !s->storage ? 8 : i + s->volumes >= text_object_count(s) ? 30 : 2))
			add(s, EVENT_OBJECT, i);
	for (unsigned i = 0; i < s->nodes; i++)
		if (!rng_chance(r, 5))
			add(s, EVENT_NODE, i);
	if (has(s, FEATURE_PRESSURE))
		for (unsigned i = 0; i < s->nodes; i++)
			if (rng_chance(r, 40))
				add(s, EVENT_PRESSURE, i);
}

/* A pod of those that came before. */
static uint32_t some_pod(const struct script *s, struct rng *r)
{
	for (unsigned tries = 0; tries < 20; tries++) {
		const struct happening *e = &s->events[rng_below(r, s->count)];

		if (e->kind == EVENT_COMES || e->kind == EVENT_STANDS)
			return e->seq;
	}
	return UINT32_MAX;
}

static void add_change(struct script *s, struct rng *r)
{
	static const enum happening_kind kinds[] = { EVENT_NODE, EVENT_NODE, EVENT_NODE_GOES, EVENT_LEAVES,
		EVENT_LEAVES, EVENT_GONE, EVENT_GONE, EVENT_GONE, EVENT_OBJECT, EVENT_OBJECT_GOES };
	static const enum happening_kind volumes[] = { EVENT_BINDS, EVENT_BINDS, EVENT_BINDS, EVENT_OBJECT,
		EVENT_OBJECT, EVENT_OBJECT_GOES };
	enum happening_kind kind = kinds[rng_below(r, ARRAY_LEN(kinds))];

	if (s->volumes > 0 && rng_chance(r, s->storage ? 70 : 50)) {
		kind = volumes[rng_below(r, ARRAY_LEN(volumes))];
		add(s, kind,
			kind == EVENT_BINDS
				? (uint32_t)rng_below(r, s->volumes)
				: (uint32_t)rng_range(r, NAMESPACES + BUDGETS, text_object_count(s) - 1));
	} else if (kind == EVENT_NODE || kind == EVENT_NODE_GOES) {
		uint32_t node = (uint32_t)rng_below(r, s->nodes);

		add(s, kind, node);
		/* Another, of the same name. */
		if (kind == EVENT_NODE_GOES && rng_chance(r, 40))
			add(s, EVENT_NODE, node);
	} else if (kind == EVENT_LEAVES || kind == EVENT_GONE)
		add(s, kind, some_pod(s, r));
	else
		add(s, kind, (uint32_t)rng_below(r, NAMESPACES + BUDGETS));
}

static void add_pods(struct script *s, struct rng *r, unsigned count, unsigned stand)
{
	while (count > 0) {
		uint32_t template = (uint32_t)rng_below(r, s->templates);
		unsigned like = rng_chance(r, 40) ? 1 : (unsigned)rng_range(r, 1, 6);

		for (; like > 0 && count > 0; like--, count--)
			add(s, rng_chance(r, stand) ? EVENT_STANDS : EVENT_COMES, template);
	}
}

/* Few nodes, too little room, and pods that share one to three claims. */
static void choose_storage(
	struct script *s, struct rng *r, uint32_t features, unsigned *ret_pods, unsigned *ret_rounds)
{
	static const enum feature crowding[] = { FEATURE_NAMED, FEATURE_TAINTS, FEATURE_NODES, FEATURE_PORTS,
		FEATURE_AFFINITY, FEATURE_ANTI, FEATURE_SPREAD, FEATURE_EXTRAS };

	s->storage = true;
	s->features |= features & (FEATURE_BIT(FEATURE_VOLUMES) | FEATURE_BIT(FEATURE_PREEMPT) |
					  FEATURE_BIT(FEATURE_CHURN));
	for (size_t i = 0; i < ARRAY_LEN(crowding); i++)
		if (rng_chance(r, 80))
			s->features &= ~FEATURE_BIT(crowding[i]);
	s->nodes = (unsigned)rng_range(r, 2, 4);
	s->templates = (unsigned)rng_range(r, 2, 5);
	s->volumes = (unsigned)rng_range(r, 1, 3);
	*ret_pods = (unsigned)rng_range(r, 8, 18);
	*ret_rounds = (unsigned)rng_range(r, 2, 5);
}

/* Most clusters are small: what goes wrong goes wrong there too, and there are more of them. */
static void choose_size(
	struct script *s, struct rng *r, uint32_t features, unsigned *ret_pods, unsigned *ret_rounds)
{
	unsigned size = (unsigned)rng_below(r, 100);

	if (size < 55) {
		s->nodes = (unsigned)rng_range(r, 1, 4);
		*ret_pods = (unsigned)rng_range(r, 1, 10);
	} else if (size < 97) {
		s->nodes = (unsigned)rng_range(r, 3, 10);
		*ret_pods = (unsigned)rng_range(r, 6, 30);
	} else {
		s->nodes = (unsigned)rng_range(r, 10, 30);
		*ret_pods = (unsigned)rng_range(r, 40, 100);
	}
	s->templates = (unsigned)rng_range(r, 1, 3 + *ret_pods / 8);
	s->volumes = has(s, FEATURE_VOLUMES) ? (unsigned)rng_range(r, 0, 8) : 0;
	*ret_rounds = (unsigned)rng_range(r, 1, 4);
	if ((features & FEATURE_BIT(FEATURE_VOLUMES)) && rng_chance(r, 35))
		choose_storage(s, r, features, ret_pods, ret_rounds);
}

void script_make(struct script *s, uint64_t seed, uint32_t features)
{
	struct rng r = rng_of(seed, 1, 0);
	unsigned pods, rounds;

	*s = (struct script){ .seed = seed, .features = features };
	/* Of all that may be, each cluster has a part: what crowds out everything else hides it. */
	for (unsigned i = 0; i < CHECK_CHOICE; i++)
		if (rng_chance(&r, i == FEATURE_CHURN || i == FEATURE_PREEMPT ? 20 : 50))
			s->features &= ~FEATURE_BIT(i);
	choose_size(s, &r, features, &pods, &rounds);
	s->pack = rng_chance(&r, 40);
	add_scene(s, &r);
	for (unsigned round = 0; round < rounds; round++) {
		add_pods(s, &r, pods / rounds + 1, round > 0 ? 4 : s->storage ? 40 : 25);
		for (unsigned i = (unsigned)rng_below(&r, 6); round > 0 && has(s, FEATURE_CHURN) && i > 0;
			i--)
			add_change(s, &r);
		add(s, EVENT_PLACE, 0);
		if (rng_chance(&r, 30))
			add(s, EVENT_PLACE, 0);
	}
}

void script_copy(const struct script *from, struct script *to)
{
	*to = *from;
	to->events = from->count == 0 ? NULL : xmemdup(from->events, from->count * sizeof(from->events[0]));
	to->cap = from->count;
}

void script_done(struct script *s)
{
	free(s->events);
	*s = (struct script){ 0 };
}
