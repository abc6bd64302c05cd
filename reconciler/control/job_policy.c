/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What the policies of a Job say (pkg/controller/job/pod_failure_policy.go, success_policy.go). */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/job.h"

/* --- podFailurePolicy -------------------------------------------------------------------------------------- */

static bool has_code(const struct exit_code_requirement *r, int64_t code)
{
	for (size_t i = 0; i < r->values.count; i++)
		if (r->values.items[i] == code)
			return str_eq(r->op, "In");
	return str_eq(r->op, "NotIn");
}

static const struct container_status *match_container(
	const struct exit_code_requirement *r, const struct container_statuses *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct container_status *s = &list->items[i];

		if (!s->state.terminated || s->state.terminated->exit_code == 0)
			continue;
		if (r->container_name && !str_eq(r->container_name, s->name))
			continue;
		if (has_code(r, s->state.terminated->exit_code))
			return s;
	}
	return NULL;
}

static const struct condition *match_condition(
	const struct pod_failure_rule *rule, const struct conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++)
		for (size_t k = 0; k < rule->on_pod_conditions.count; k++) {
			const struct pod_condition_pattern *p = &rule->on_pod_conditions.items[k];

			if (str_eq(p->type, conditions->items[i].type) &&
				str_eq(p->status, conditions->items[i].status))
				return &conditions->items[i];
		}
	return NULL;
}

/* Why rule INDEX matches, as a Failed condition says it; NULL: it doesn't. */
static char *match_rule(const struct pod_failure_rule *rule, size_t index, const struct world_object *pod,
	const struct pod_status *s)
{
	const struct container_status *container = NULL;
	const struct condition *condition;

	if (rule->on_exit_codes) {
		container = match_container(rule->on_exit_codes, &s->container_statuses);
		if (!container)
			container = match_container(rule->on_exit_codes, &s->init_container_statuses);
		return container
			       ? xasprintf(
					 "Container %s for pod %s/%s failed with exit code %lld matching %s "
					 "rule at index %zu",
					 container->name, pod->namespace, pod->name,
					 (long long)container->state.terminated->exit_code, rule->action,
					 index)
			       : NULL;
	}
	condition = match_condition(rule, &s->conditions);
	return condition ? xasprintf("Pod %s/%s has condition %s matching %s rule at index %zu",
				   pod->namespace, pod->name, condition->type, rule->action, index)
			 : NULL;
}

struct job_verdict job_judge(
	const struct pod_failure_policy *policy, const struct world_object *pod, const struct pod_status *s)
{
	for (size_t i = 0; policy && i < policy->rules.count; i++) {
		const struct pod_failure_rule *rule = &policy->rules.items[i];
		char *why = match_rule(rule, i, pod, s);

		if (why)
			return (struct job_verdict){
				.counts = !str_eq(rule->action, "Ignore"),
				.action = rule->action,
				.message = why,
			};
	}
	return (struct job_verdict){ .counts = true };
}

/* --- successPolicy -------------------------------------------------------------------------------------------- */

static bool rule_holds(const struct world_job *j, const struct success_rule *rule)
{
	struct indexes wanted = { 0 };
	int64_t have, want;

	if (!rule->succeeded_indexes)
		return rule->succeeded_count.set &&
		       indexes_total(&j->completed) >= rule->succeeded_count.value;
	indexes_parse(&wanted, rule->succeeded_indexes);
	have = indexes_common(&wanted, &j->completed);
	want = indexes_total(&wanted);
	indexes_done(&wanted);
	return want > 0 &&
	       (have == want || (rule->succeeded_count.set && have >= rule->succeeded_count.value));
}

bool job_success_matches(const struct world_job *j, size_t *ret_rule)
{
	const struct success_policy *policy = job_spec_of(j)->success_policy;

	if (!policy || j->completed.count == 0)
		return false;
	for (size_t i = 0; i < policy->rules.count; i++) {
		if (!rule_holds(j, &policy->rules.items[i]))
			continue;
		*ret_rule = i;
		return true;
	}
	return false;
}
