/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How fast an autoscaler may go where its metrics want it (podautoscaler/horizontal.go: normalizeDesiredReplicas and
 * …WithBehaviors): stabilization over a window first, then the policies, then the bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/autoscaler.h"

#define DOWNSCALE_WINDOW (300 * NSEC_PER_SEC)
#define LONGEST (3600 * NSEC_PER_SEC) /* of a window or a period */

static void note(struct world_scale_notes *list, nsec_t now, int64_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].at + LONGEST > now)
			list->items[kept++] = list->items[i];
	list->count = kept;
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count++] = (struct world_scale_note){ .at = now, .count = count };
}

void autoscaler_note_scale(struct world_autoscaler *a, int64_t before, int64_t after, nsec_t now)
{
	if (after > before)
		note(&a->ups, now, after - before);
	else if (after < before)
		note(&a->downs, now, before - after);
}

/* --- stabilization ---------------------------------------------------------------------------------- */

static int64_t least_since(const struct world_scale_notes *list, nsec_t since, int64_t n)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].at > since && list->items[i].count < n)
			n = list->items[i].count;
	return n;
}

static int64_t most_since(const struct world_scale_notes *list, nsec_t since, int64_t n)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].at > since && list->items[i].count > n)
			n = list->items[i].count;
	return n;
}

static nsec_t window_of(const struct scaling_rules *r, nsec_t missing)
{
	return r && r->stabilization_window_seconds.set ? r->stabilization_window_seconds.value * NSEC_PER_SEC
							: missing;
}

/* Up no further than the least of the window before, down no further than the most. */
static int64_t stabilize(
	struct world_autoscaler *a, int64_t current, int64_t wanted, nsec_t now, struct autoscaler_bounds *b)
{
	const struct scaling_behavior *rules = object_autoscaler(a->o.origin->object)->spec.behavior;
	int64_t up = least_since(&a->advice, now - window_of(rules->scale_up, 0), wanted);
	int64_t down = most_since(&a->advice, now - window_of(rules->scale_down, DOWNSCALE_WINDOW), wanted);
	int64_t n = current;

	note(&a->advice, now, wanted);
	if (n < up)
		n = up;
	if (n > down)
		n = down;
	b->stabilized_up = n < wanted;
	b->stabilized_down = n > wanted;
	return n;
}

/* Where there is no behavior: the most of the last five minutes. */
static int64_t keep_most(struct world_autoscaler *a, int64_t wanted, nsec_t now, struct autoscaler_bounds *b)
{
	int64_t n = most_since(&a->advice, now - DOWNSCALE_WINDOW, wanted);

	note(&a->advice, now, wanted);
	b->stabilized_down = n > wanted;
	return n;
}

/* --- policies --------------------------------------------------------------------------------------- */

static int64_t changed_since(const struct world_scale_notes *list, nsec_t since)
{
	int64_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].at > since)
			n += list->items[i].count;
	return n;
}

/* The number to which POLICY lets CURRENT rise. */
static int64_t up_to(
	const struct scaling_policy *p, const struct world_autoscaler *a, int64_t current, nsec_t now)
{
	nsec_t since = now - p->period_seconds * NSEC_PER_SEC;
	int64_t start = current - changed_since(&a->ups, since) + changed_since(&a->downs, since);

	if (str_eq(p->type, "Pods"))
		return start + p->value;
	return (start * (100 + p->value) + 99) / 100;
}

static int64_t down_to(
	const struct scaling_policy *p, const struct world_autoscaler *a, int64_t current, nsec_t now)
{
	nsec_t since = now - p->period_seconds * NSEC_PER_SEC;
	int64_t start = current - changed_since(&a->ups, since) + changed_since(&a->downs, since);
	int64_t n = str_eq(p->type, "Pods") ? start - p->value : start * (100 - p->value) / 100;

	return n > 0 ? n : 0;
}

/* Where the policies of RULES let CURRENT go, UP or down; CURRENT where they are disabled. */
static int64_t reach(const struct scaling_rules *rules, const struct world_autoscaler *a, int64_t current,
	nsec_t now, bool up)
{
	bool least = str_eq(rules->select_policy, "Min");
	int64_t found = current;

	if (str_eq(rules->select_policy, "Disabled"))
		return current;
	for (size_t i = 0; i < rules->policies.count; i++) {
		const struct scaling_policy *p = &rules->policies.items[i];
		int64_t n = up ? up_to(p, a, current, now) : down_to(p, a, current, now);
		bool further = up ? n > found : n < found;

		if (i == 0 || (least ? !further : further))
			found = n;
	}
	/* What came or went lately may already be more than is allowed: then it stays. */
	return up ? (found > current ? found : current) : (found < current ? found : current);
}

/* --- both --------------------------------------------------------------------------------------------- */

static int64_t bounded(int64_t n, int64_t low, int64_t high, const struct autoscaler_bounds *words,
	struct autoscaler_bounds *ret)
{
	int64_t at = n > high ? high : n < low ? low : n;

	if (at == n)
		return n;
	ret->limited = true;
	ret->reason = n > high ? words[0].reason : words[1].reason;
	ret->message = n > high ? words[0].message : words[1].message;
	return at;
}

static const struct autoscaler_bounds by_spec[] = {
	{ .reason = "TooManyReplicas",
		.message = "the desired replica count is more than the maximum replica count" },
	{ .reason = "TooFewReplicas",
		.message = "the desired replica count is less than the minimum replica count" },
};
static const struct autoscaler_bounds by_rate[] = {
	{ .reason = "ScaleUpLimit",
		.message = "the desired replica count is increasing faster than the maximum scale rate" },
	{ .reason = "ScaleDownLimit",
		.message = "the desired replica count is decreasing faster than the maximum scale rate" },
};

int64_t autoscaler_limit(struct world_autoscaler *a, int64_t current, int64_t wanted, nsec_t now,
	struct autoscaler_bounds *ret)
{
	const struct autoscaler_spec *spec = &object_autoscaler(a->o.origin->object)->spec;
	const struct scaling_behavior *b = spec->behavior;
	int64_t high, low = 0, n;

	*ret = (struct autoscaler_bounds){ .reason = "DesiredWithinRange",
		.message = "the desired count is within the acceptable range" };
	if (b)
		n = stabilize(a, current, wanted, now, ret);
	else
		n = keep_most(a, wanted, now, ret);
	high = b ? reach(b->scale_up, a, current, now, true) : current > 2 ? 2 * current : 4;
	if (b)
		low = reach(b->scale_down, a, current, now, false);
	n = bounded(n, low, high, by_rate, ret);
	return bounded(n, spec->min_replicas, spec->max_replicas, by_spec, ret);
}
