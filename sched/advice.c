/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/advice.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/fit.h"
#include "sched/part.h"

enum change {
	CHANGE_REQUEST,
	CHANGE_TOLERATE,
	CHANGE_LABEL,
	CHANGE_UNCORDON,
	CHANGE_SPREAD,
	CHANGE_PODS,
	CHANGE_PORT,
	CHANGE_AFFINITY,
	CHANGE_REQUEST_MUCH,
	CHANGE_NODE,
	CHANGE_NONE,
};

/* What keeps the pod from one node. */
struct obstacle {
	enum change change;
	const struct sched_node *node;
	const struct sched_need *need; /* of CHANGE_REQUEST and CHANGE_REQUEST_MUCH */
	int64_t amount;                /* by which to choose among equal changes: how much it takes */
	char words[SCHED_REASON_TEXT]; /* the filter's */
};

char *sched_amount_text(const char *resource, int64_t amount, char *ret)
{
	struct quantity q = str_eq(resource, "cpu") ? quantity_from_milli(amount, QUANTITY_DECIMAL_SI)
			    : str_eq(resource, "memory") || str_eq(resource, "ephemeral-storage") ||
					    str_starts(resource, "hugepages-")
				    ? quantity_from_units(amount, QUANTITY_BINARY_SI)
				    : quantity_from_units(amount, QUANTITY_DECIMAL_SI);

	return quantity_format(&q, ret);
}

/* --- one node -------------------------------------------------------------------------------------------------- */

static void take_words(const char *text, void *arg)
{
	struct obstacle *o = arg;

	snprintf(o->words, sizeof(o->words), "%s", text);
}

static int64_t missing(const struct sched_look *l, const struct sched_need *need)
{
	const struct sched_column *col = &l->c->columns[need->resource];

	return need->amount - (col->allocatable[l->node] - col->used[l->node]);
}

/* Of several resources that are short none helps alone; more nodes do, where an empty one would have room. */
static void obstacle_room(const struct sched_look *l, struct obstacle *o)
{
	const struct sched_need *needs = l->r->needs, *one = NULL;
	size_t count = 0;
	bool empty_has_room = true;

	for (size_t i = 0; i < l->r->need_count; i++) {
		if (needs[i].amount > l->c->columns[needs[i].resource].allocatable[l->node])
			empty_has_room = false;
		if (missing(l, &needs[i]) <= 0)
			continue;
		one = &needs[i];
		count++;
	}
	if (count == 1 && one->resource != RESOURCE_PODS && missing(l, one) < one->amount) {
		o->need = one;
		o->amount = missing(l, one);
		o->change = o->amount <= one->amount / 4 ? CHANGE_REQUEST : CHANGE_REQUEST_MUCH;
	} else {
		o->change = empty_has_room ? CHANGE_NODE : CHANGE_NONE;
	}
}

static void obstacle_taints(const struct sched_look *l, struct obstacle *o)
{
	const struct node *n = object_node(l->n->object);

	for (size_t i = 0; i < n->spec.taints.count; i++) {
		const struct taint *t = &n->spec.taints.items[i];

		o->amount += !str_eq(t->effect, "PreferNoSchedule") &&
			     !sched_tolerates(l->r->spec, t->key, t->value, t->effect);
	}
	o->change = o->amount == 1 ? CHANGE_TOLERATE : CHANGE_NONE;
}

/* Labels of the node selector that the node lacks are few words; affinity isn't taken apart. */
static void obstacle_affinity(const struct sched_look *l, struct obstacle *o)
{
	const struct string_map *want = &l->r->spec->node_selector;

	for (size_t i = 0; i < want->count; i++)
		o->amount += !str_eq(string_map_get(&l->n->object->meta->labels, want->items[i].key),
			want->items[i].value);
	o->change = o->amount == 1 ? CHANGE_LABEL : CHANGE_AFFINITY;
}

static const struct {
	const char *filter;
	enum change change;
	void (*look)(const struct sched_look *l, struct obstacle *o);
} kinds_of_obstacles[] = {
	{ "NodeUnschedulable", CHANGE_UNCORDON, NULL },
	{ "TaintToleration", CHANGE_TOLERATE, obstacle_taints },
	{ "NodeAffinity", CHANGE_AFFINITY, obstacle_affinity },
	{ "NodePorts", CHANGE_PORT, NULL },
	{ "NodeResourcesFit", CHANGE_NODE, obstacle_room },
	{ "PodTopologySpread", CHANGE_SPREAD, NULL },
	{ "InterPodAffinity", CHANGE_PODS, NULL },
};

static void classify(const struct sched_look *l, const char *filter, struct obstacle *o)
{
	o->change = CHANGE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(kinds_of_obstacles); i++) {
		if (!str_eq(kinds_of_obstacles[i].filter, filter))
			continue;
		o->change = kinds_of_obstacles[i].change;
		if (kinds_of_obstacles[i].look)
			kinds_of_obstacles[i].look(l, o);
	}
}

/* What keeps the pod from L's node, where that is one filter alone; else CHANGE_NONE. */
static struct obstacle obstacle_of(const struct sched_look *at)
{
	struct obstacle o = { .change = CHANGE_NONE, .node = at->n };
	struct sched_look l = *at;
	const char *filter = NULL;

	l.add = take_words;
	l.arg = &o;
	if (l.n->drained || !str_empty(l.r->spec->node_name))
		return o;
	for (const struct sched_filter *f = sched_filters; f->fits; f++) {
		if ((f->asked && !f->asked(l.r)) || f->fits(&l))
			continue;
		if (filter)
			return (struct obstacle){ .change = CHANGE_NONE };
		filter = f->name;
	}
	if (filter)
		classify(&l, filter, &o);
	return o;
}

/* --- the least ---------------------------------------------------------------------------------------------------- */

static bool is_less(const struct obstacle *a, const struct obstacle *b)
{
	if (a->change != b->change)
		return a->change < b->change;
	if (a->change == CHANGE_NONE)
		return false;
	if (a->amount != b->amount)
		return a->amount < b->amount;
	return strcmp(a->node->name, b->node->name) < 0;
}

static void say_request(const struct sched_cluster *c, const struct obstacle *o, char *ret)
{
	const char *resource = c->columns[o->need->resource].name;
	char now[QUANTITY_TEXT_MAX], then[QUANTITY_TEXT_MAX];

	snprintf(ret, SCHED_ADVICE_TEXT, "%s: request %s instead of %s, then %s takes it", resource,
		sched_amount_text(resource, o->need->amount - o->amount, then),
		sched_amount_text(resource, o->need->amount, now), o->node->name);
}

static void say_label(const struct sched_request *r, const struct obstacle *o, char *ret)
{
	const struct string_map *want = &r->spec->node_selector;

	for (size_t i = 0; i < want->count; i++)
		if (!str_eq(string_map_get(&o->node->object->meta->labels, want->items[i].key),
			    want->items[i].value))
			snprintf(ret, SCHED_ADVICE_TEXT, "label %s with %s=%s, then it takes it",
				o->node->name, want->items[i].key, want->items[i].value);
}

/* Whose rule is in the way: its own, or that of pods that are there? */
static const char *pods_change(const char *words)
{
	if (strstr(words, "existing pods"))
		return "change the anti-affinity of the pods that are there";
	return strstr(words, "anti-affinity") ? "make its anti-affinity preferred"
					      : "make its pod affinity preferred";
}

static void say(
	const struct sched_cluster *c, const struct sched_request *r, const struct obstacle *o, char *ret)
{
	const char *node = o->node ? o->node->name : "", *taint = strchr(o->words, '{');

	switch (o->change) {
	case CHANGE_REQUEST:
	case CHANGE_REQUEST_MUCH:
		say_request(c, o, ret);
		break;
	case CHANGE_TOLERATE:
		snprintf(ret, SCHED_ADVICE_TEXT, "tolerate the taint %s, then %s takes it",
			str_or_empty(taint), node);
		break;
	case CHANGE_LABEL:
		say_label(r, o, ret);
		break;
	case CHANGE_UNCORDON:
		snprintf(ret, SCHED_ADVICE_TEXT, "uncordon %s, then it takes it", node);
		break;
	case CHANGE_SPREAD:
		snprintf(ret, SCHED_ADVICE_TEXT,
			"raise maxSkew of its topology spread, or say ScheduleAnyway, then %s takes it",
			node);
		break;
	case CHANGE_PODS:
		snprintf(ret, SCHED_ADVICE_TEXT, "%s, then %s takes it", pods_change(o->words), node);
		break;
	case CHANGE_PORT:
		snprintf(ret, SCHED_ADVICE_TEXT, "another host port, then %s takes it", node);
		break;
	case CHANGE_AFFINITY:
		snprintf(ret, SCHED_ADVICE_TEXT, "drop its node selector and affinity, then %s takes it",
			node);
		break;
	case CHANGE_NODE:
		snprintf(ret, SCHED_ADVICE_TEXT, "one more node like %s", node);
		break;
	case CHANGE_NONE:
		break;
	}
}

void sched_advise(struct sched_cluster *c, struct sched_request *r, const char *pinned, char *ret)
{
	struct obstacle least = { .change = CHANGE_NONE };

	ret[0] = '\0';
	if (!sched_fit_possible(&(struct sched_look){ .c = c, .r = r }))
		return;
	for (uint32_t i = 0; i < c->span; i++) {
		const struct sched_look l = { .c = c, .r = r, .n = c->nodes[i], .node = i };
		struct obstacle o;

		if (!l.n || (pinned && !str_eq(l.n->name, pinned)))
			continue;
		o = obstacle_of(&l);
		if (pinned && o.change == CHANGE_NODE)
			continue;
		if (is_less(&o, &least))
			least = o;
	}
	say(c, r, &least, ret);
}
