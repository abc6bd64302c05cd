/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/share/thin.h"

struct shrinking {
	struct script *s;
	const char *rule;
	unsigned runs, limit;
};

static bool still_breaks(struct shrinking *k, const struct script *s)
{
	struct trial_result r;

	if (k->runs >= k->limit)
		return false;
	k->runs++;
	apart_run(s, &r);
	return str_eq(r.rule, k->rule);
}

/* Without the COUNT events from AT on, if it breaks so too. */
static bool leave_out(void *arg, size_t at, size_t count)
{
	struct shrinking *k = arg;
	struct script less;

	script_copy(k->s, &less);
	memmove(&less.events[at], &less.events[at + count],
		(less.count - at - count) * sizeof(less.events[0]));
	less.count -= count;
	if (!still_breaks(k, &less)) {
		script_done(&less);
		return false;
	}
	script_done(k->s);
	*k->s = less;
	return true;
}

static bool feature_pass(struct shrinking *k, uint32_t *mask)
{
	bool any = false;

	for (unsigned f = 0; f < CHECK_CHOICE; f++) {
		uint32_t before = *mask;

		if (before & FEATURE_BIT(f))
			continue;
		*mask |= FEATURE_BIT(f);
		if (still_breaks(k, k->s))
			any = true;
		else
			*mask = before;
	}
	return any;
}

static bool features_off(struct shrinking *k)
{
	bool any = false;

	for (unsigned f = 0; f < CHECK_CHOICE; f++) {
		uint32_t before = k->s->features;

		if (!(before & FEATURE_BIT(f)))
			continue;
		k->s->features &= ~FEATURE_BIT(f);
		if (still_breaks(k, k->s))
			any = true;
		else
			k->s->features = before;
	}
	return any;
}

static bool is_used(const struct script *s, bool node, uint32_t who)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct happening *e = &s->events[i];

		if (e->who == who &&
			(node ? e->kind == EVENT_NODE : e->kind == EVENT_COMES || e->kind == EVENT_STANDS))
			return true;
	}
	return false;
}

unsigned shrink(struct script *s, const char *rule, unsigned runs)
{
	struct shrinking k = { .s = s, .rule = rule, .limit = runs };
	bool any = true;

	while (any && k.runs < runs) {
		any = thin_list(s->count, leave_out, &k);
		any = features_off(&k) || any;
		for (unsigned i = 0; i < s->templates; i++)
			if (is_used(s, false, i))
				any = feature_pass(&k, &s->without[i]) || any;
		for (unsigned i = 0; i < s->nodes; i++)
			if (is_used(s, true, i))
				any = feature_pass(&k, &s->node_without[i]) || any;
	}
	return k.runs;
}
