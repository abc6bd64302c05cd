/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* HorizontalPodAutoscalers: looks at its time, asks each metric, and gives the target its replicas. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/autoscaler.h"

/* --- pods and their metrics --------------------------------------------------------------------------- */

static void add_pods(const struct world_set *s, struct world_pods *ret)
{
	for (size_t i = 0; i < s->pods.count; i++)
		world_pods_add(ret, s->pods.items[i]);
}

static int pod_cmp(const void *a, const void *b)
{
	const struct world_pod *x = *(struct world_pod *const *)a, *y = *(struct world_pod *const *)b;

	return strcmp(x->o.key, y->o.key);
}

static struct world_pods pods_of(struct world_object *target)
{
	struct world_pods pods = { 0 };

	if (target->kind->id != KIND_DEPLOYMENT) {
		add_pods(world_set(target), &pods);
	} else {
		struct world_deployment *d = world_deployment(target);

		for (size_t i = 0; i < d->set_count; i++)
			add_pods(d->sets[i], &pods);
	}
	if (pods.count > 1)
		qsort(pods.items, pods.count, sizeof(pods.items[0]), pod_cmp);
	return pods;
}

void autoscaler_take_usage(struct world_pod *p, const struct world_usage *usage)
{
	struct world_usage *u = xmemdup(usage, sizeof(*usage));

	u->containers = xcalloc(usage->count, sizeof(u->containers[0]));
	for (size_t i = 0; i < usage->count; i++) {
		u->containers[i] = usage->containers[i];
		u->containers[i].container = xstrdup(usage->containers[i].container);
	}
	world_usage_free(p->usage);
	p->usage = u;
}

bool autoscaler_wants_node(const struct world *w, const struct world_node *n)
{
	const struct world_list *all = &w->of_kind[KIND_AUTOSCALER];

	for (size_t i = 0; i < all->count; i++) {
		struct world_object *target = world_autoscaler_target(w, world_autoscaler(all->items[i]));
		struct world_pods pods = target ? pods_of(target) : (struct world_pods){ 0 };
		bool found = false;

		for (size_t k = 0; k < pods.count && !found; k++)
			found = pods.items[k]->node == n;
		free(pods.items);
		if (found)
			return true;
	}
	return false;
}

/* --- what the metrics say ------------------------------------------------------------------------------- */

static const struct autoscaler_spec *spec_of(const struct world_autoscaler *a)
{
	return &object_autoscaler(a->o.origin->object)->spec;
}

static double share(const struct scaling_rules *r)
{
	return r && r->tolerance.set ? (double)quantity_milli(&r->tolerance) / 1000 : 0.1;
}

static struct autoscaler_tolerance tolerance_of(const struct autoscaler_spec *spec)
{
	const struct scaling_behavior *b = spec->behavior;

	return (struct autoscaler_tolerance){ share(b ? b->scale_up : NULL),
		share(b ? b->scale_down : NULL) };
}

/* As status.currentMetrics has it. */
static struct metric_status reading(
	struct arena *a, const struct metric_spec *m, const struct autoscaler_advice *advice)
{
	const struct metric_source *s = m->container_resource ? m->container_resource : m->resource;
	struct metric_reading *r = arena_alloc(a, sizeof(*r));
	struct metric_status status = { .type = arena_strdup(a, m->type) };

	r->name = arena_strdup(a, s->name);
	r->container = s->container ? arena_strdup(a, s->container) : NULL;
	r->current.average_value = str_eq(s->name, "memory")
					   ? quantity_from_units(advice->average / 1000, QUANTITY_DECIMAL_SI)
					   : quantity_from_milli(advice->average, QUANTITY_DECIMAL_SI);
	r->current.average_value.set = true;
	if (advice->utilization >= 0)
		r->current.average_utilization = (struct opt_int){ .set = true,
			.value = advice->utilization };
	if (m->container_resource)
		status.container_resource = r;
	else
		status.resource = r;
	return status;
}

/* The most that any metric asks for; -1: nothing is known, or too little to scale down by. *RET_WHY is owned by the caller. */
static int64_t ask_metrics(
	struct control *c, struct world_autoscaler *a, const struct autoscaler_view *v, char **ret_why)
{
	const struct autoscaler_spec *spec = spec_of(a);
	const struct autoscaler_tolerance tolerance = tolerance_of(spec);
	int64_t most = -1;

	(void)c;
	arena_free(a->metrics_arena);
	a->metrics_arena = arena_new(1024);
	a->metrics = arena_array(a->metrics_arena, spec->metrics.count + 1, sizeof(a->metrics[0]));
	a->metric_count = 0;
	for (size_t i = 0; i < spec->metrics.count; i++) {
		struct autoscaler_advice advice;

		autoscaler_advise(v, &spec->metrics.items[i], &tolerance, &advice);
		if (advice.problem) {
			free(*ret_why);
			*ret_why = advice.problem;
			continue;
		}
		a->metrics[a->metric_count++] = reading(a->metrics_arena, &spec->metrics.items[i], &advice);
		if (advice.replicas > most)
			most = advice.replicas;
	}
	return *ret_why && most < v->current ? -1 : most;
}

/* --- others of the same target --------------------------------------------------------------------------- */

static bool same_target(const struct world_autoscaler *a, const struct world_autoscaler *b)
{
	const struct scale_target *x = &spec_of(a)->scale_target_ref, *y = &spec_of(b)->scale_target_ref;

	return str_eq(x->name, y->name) && str_eq(x->kind, y->kind) && str_eq(a->o.namespace, b->o.namespace);
}

/* Another autoscaler of A's target; NULL: A is alone. */
static struct world_autoscaler *rival_of(const struct world *w, const struct world_autoscaler *a)
{
	const struct world_list *all = &w->of_kind[KIND_AUTOSCALER];

	for (size_t i = 0; i < all->count; i++) {
		struct world_autoscaler *b = world_autoscaler(all->items[i]);

		if (b != a && b->o.origin && !b->o.dropped && same_target(a, b))
			return b;
	}
	return NULL;
}

/* --- conditions ----------------------------------------------------------------------------------------- */

static bool say(struct control *c, struct world_autoscaler *a, const char *type, bool yes, const char *reason,
	const char *message)
{
	return world_condition_set(&a->conditions, type, yes ? "True" : "False", reason, message, c->now);
}

/* The target is there, and nothing is known of what it should have. */
static void say_found(struct control *c, struct world_autoscaler *a)
{
	say(c, a, "AbleToScale", true, "SucceededGetScale",
		"the HPA controller was able to get the target's current scale");
}

static void say_able(struct control *c, struct world_autoscaler *a, const struct autoscaler_bounds *b)
{
	if (b->stabilized_down)
		say(c, a, "AbleToScale", true, "ScaleDownStabilized",
			"recent recommendations were higher than current one, applying the highest recent "
			"recommendation");
	else if (b->stabilized_up)
		say(c, a, "AbleToScale", true, "ScaleUpStabilized",
			"recent recommendations were lower than current one, applying the lowest recent "
			"recommendation");
	else
		say(c, a, "AbleToScale", true, "ReadyForNewScale", "recommended size matches current size");
}

/* --- the decision ----------------------------------------------------------------------------------------- */

/* Of two that would scale the same pods neither does, as each would undo what the other did. */
static bool is_contested(struct control *c, struct world_autoscaler *a)
{
	const struct world_autoscaler *rival = rival_of(c->world, a);
	_cleanup_(freep) char *why = NULL;

	if (!rival)
		return false;
	why = xasprintf("%s %s is controlled by multiple HPAs, %s too: keep one of them",
		spec_of(a)->scale_target_ref.kind, spec_of(a)->scale_target_ref.name, rival->o.name);
	say_found(c, a);
	say(c, a, "ScalingActive", false, "AmbiguousSelector", why);
	control_event_once(c, &a->o, "Warning", "AmbiguousSelector", "%s", why);
	return true;
}

/* What TARGET shall have now; -1: as it is. *RET_WHY: for people. */
static int64_t decide(
	struct control *c, struct world_autoscaler *a, const struct autoscaler_view *v, const char **ret_why)
{
	const struct autoscaler_spec *spec = spec_of(a);
	_cleanup_(freep) char *problem = NULL;
	struct autoscaler_bounds bounds;
	int64_t wanted;

	if (v->current == 0 && spec->min_replicas != 0) {
		say(c, a, "ScalingActive", false, "ScalingDisabled",
			"scaling is disabled since the replica count of the target is zero");
		say_found(c, a);
		return -1;
	}
	*ret_why = "Current number of replicas above Spec.MaxReplicas";
	if (v->current > spec->max_replicas)
		return spec->max_replicas;
	*ret_why = "Current number of replicas below Spec.MinReplicas";
	if (v->current < spec->min_replicas)
		return spec->min_replicas;
	if (is_contested(c, a))
		return -1;
	wanted = ask_metrics(c, a, v, &problem);
	if (wanted < 0) {
		say_found(c, a);
		say(c, a, "ScalingActive", false, "FailedGetResourceMetric",
			problem ? problem : "there are no metrics to go by");
		control_event_once(
			c, &a->o, "Warning", "FailedGetResourceMetric", "%s", problem ? problem : "");
		return -1;
	}
	say(c, a, "ScalingActive", true, "ValidMetricFound",
		"the HPA was able to successfully calculate a replica count from its metrics");
	*ret_why = wanted > v->current ? "resource utilization above target" : "All metrics below target";
	wanted = autoscaler_limit(a, v->current, wanted, c->now, &bounds);
	say_able(c, a, &bounds);
	say(c, a, "ScalingLimited", bounds.limited, bounds.reason, bounds.message);
	return wanted;
}

static void rescale(struct control *c, struct world_autoscaler *a, struct world_object *target,
	int64_t before, int64_t after, const char *why)
{
	a->last_scale = c->now;
	autoscaler_note_scale(a, before, after, c->now);
	plan_step(c->plan, PLAN_SCALE, target, "from %lld to %lld: %s", (long long)before, (long long)after,
		why);
	control_event(
		c, &a->o, "Normal", "SuccessfulRescale", "New size: %lld; reason: %s", (long long)after, why);
	world_scale(c->world, target, (struct opt_int){ .set = true, .value = after });
	say(c, a, "AbleToScale", true, "SucceededRescale",
		"the HPA controller was able to update the target scale");
}

static size_t running(const struct world_pods *pods)
{
	size_t n = 0;

	for (size_t i = 0; i < pods->count; i++)
		n += set_pod_active(pods->items[i]);
	return n;
}

static void look(struct control *c, struct world_autoscaler *a, struct world_object *target)
{
	struct world_pods pods = pods_of(target);
	const struct autoscaler_view v = {
		.w = c->world,
		.pods = pods.items,
		.count = pods.count,
		.current = world_replicas(target),
		.now = c->now,
	};
	const char *why = "";
	int64_t wanted = decide(c, a, &v, &why);

	a->current = (int64_t)running(&pods);
	a->desired = wanted < 0 ? v.current : wanted;
	if (wanted >= 0 && wanted != v.current)
		rescale(c, a, target, v.current, wanted, why);
	free(pods.items);
}

static void no_target(struct control *c, struct world_autoscaler *a)
{
	const struct scale_target *t = &spec_of(a)->scale_target_ref;
	_cleanup_(freep) char *why = xasprintf(
		"%s %s is not there, or has no replicas", str_or_empty(t->kind), t->name);

	if (say(c, a, "AbleToScale", false, "FailedGetScale", why))
		control_event(c, &a->o, "Warning", "FailedGetScale", "%s", why);
}

/* Another target than before: the one that was is its manifest's again. */
static void let_go(struct control *c, const char *key)
{
	struct world_object *o = key ? map_get(&c->world->objects, key) : NULL;

	if (o && world_scales(o))
		world_scale(c->world, o, (struct opt_int){ 0 });
}

static void take_target(struct control *c, struct world_autoscaler *a, const struct world_object *target)
{
	const char *key = target ? target->key : NULL;

	if (str_eq(a->target, key))
		return;
	let_go(c, a->target);
	free(a->target);
	a->target = key ? xstrdup(key) : NULL;
}

/* What people see of an autoscaler; it is recorded when this changes. */
struct shown {
	int64_t observed, current, desired, readings;
	nsec_t last_scale, conditions;
};

static struct shown shown_of(const struct world_autoscaler *a)
{
	struct shown s = { a->observed, a->current, a->desired, 0, a->last_scale, 0 };

	for (size_t i = 0; i < a->metric_count; i++) {
		const struct metric_status *m = &a->metrics[i];
		const struct metric_value *v = &(m->resource ? m->resource : m->container_resource)->current;

		s.readings = (int64_t)((uint64_t)s.readings * 1000003) + quantity_milli(&v->average_value) +
			     v->average_utilization.value;
	}
	for (size_t i = 0; i < a->conditions.count; i++)
		s.conditions += a->conditions.items[i].updated;
	return s;
}

static bool differs(const struct world_autoscaler *a, const struct shown *before)
{
	const struct shown now = shown_of(a);

	return memcmp(&now, before, sizeof(now)) != 0;
}

void control_autoscaler_sync(struct control *c, struct world_autoscaler *a)
{
	const struct shown before = shown_of(a);
	struct world_object *target;

	if (!a->o.origin || (c->now < a->next && a->observed == a->o.generation)) {
		world_wake(c->world, &a->o, a->next);
		return;
	}
	a->observed = a->o.generation;
	a->next = c->now + AUTOSCALER_PERIOD * NSEC_PER_SEC;
	world_wake(c->world, &a->o, a->next);
	target = world_autoscaler_target(c->world, a);
	take_target(c, a, target);
	if (target)
		look(c, a, target);
	else
		no_target(c, a);
	if (differs(a, &before))
		world_touch(c->world, &a->o);
}

void control_autoscaler_drop(struct control *c, struct world_autoscaler *a)
{
	struct world_autoscaler *rival = a->o.origin ? rival_of(c->world, a) : NULL;

	/* What was decided is the other's from now on. */
	if (rival && rival->last_scale < a->last_scale) {
		rival->last_scale = a->last_scale;
		world_touch(c->world, &rival->o);
	}
	if (!rival)
		let_go(c, a->target);
	world_drop(c->world, &a->o);
}
