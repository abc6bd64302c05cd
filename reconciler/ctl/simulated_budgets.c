/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * How many pods of each PodDisruptionBudget may go (policy/v1): those that are on nodes less those that must stay, of as many as
 * there are to be.
 */
#include "lib/base/str.h"
#include "lib/object/int_or_string.h"
#include "reconciler/ctl/simulated.h"

static const struct string_map *labels_of(const struct simulated_pod *p)
{
	return object_template(p->origin).labels;
}

/* How many pods must stay of EXPECTED. */
static int64_t must_stay(const struct disruption_budget_spec *spec, int64_t expected)
{
	int64_t n = 0;

	if (spec->max_unavailable.set) {
		int_or_string_scale(&spec->max_unavailable, expected, true, &n);
		return expected - n > 0 ? expected - n : 0;
	}
	int_or_string_scale(&spec->min_available, expected, true, &n);
	return n;
}

static void give(struct simulation *s, struct object *o)
{
	const struct disruption_budget *b = object_disruption_budget(o);
	struct arena *own = arena_new(0);
	struct disruption_budget *body = arena_memdup(own, b, sizeof(*b));
	struct disruption_budget_status *status = &body->status;
	struct object *now;

	*status = (struct disruption_budget_status){ .observed_generation = b->meta.generation };
	for (size_t i = 0; i < s->count; i++) {
		const struct simulated_pod *p = &s->pods[i];

		if (!str_eq(p->namespace, b->meta.namespace) ||
			!label_selector_matches(b->spec.selector, labels_of(p)))
			continue;
		status->expected_pods++;
		status->current_healthy += p->node && !p->leaving;
	}
	status->desired_healthy = must_stay(&b->spec, status->expected_pods);
	if (status->current_healthy > status->desired_healthy)
		status->disruptions_allowed = status->current_healthy - status->desired_healthy;
	now = object_new(o->kind, own, body);
	sched_cluster_set_object(s->cluster, now);
	object_unref(now);
}

void simulated_budgets(struct simulation *s, struct object *const *budgets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		give(s, budgets[i]);
}
