/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Rules between the fields of a Job's spec (batch/v1 validation validateJobSpec). */
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/batch.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

/* Limits that keep a Job's status small. */
enum {
	INDEXED_MAX = 100000,      /* parallelism and failed indexes of an Indexed Job */
	COMPLETIONS_MANY = 100000, /* above, a backoff limit per index has closer limits: */
	MANY_MAX = 10000,          /* of parallelism and failed indexes */
};

static bool is_indexed(const struct job_spec *s)
{
	return str_eq(s->completion_mode, "Indexed");
}

static void check_most(struct decode *d, const struct value *v, const char *name, const struct opt_int *n,
	int64_t most, const char *why)
{
	if (n->set && n->value > most)
		check_error(d, v, name, "must be at most %lld %s, but is %lld", (long long)most, why,
			(long long)n->value);
}

static void check_many(struct decode *d, const struct job_spec *s, const struct value *v)
{
	static const char why[] = "with more than 100000 completions and backoffLimitPerIndex";
	if (!s->max_failed_indexes.set)
		check_error(d, v, "maxFailedIndexes", "is required %s", why);
	check_most(d, v, "parallelism", &s->parallelism, MANY_MAX, why);
	check_most(d, v, "maxFailedIndexes", &s->max_failed_indexes, MANY_MAX, why);
}

static void check_indexed(struct decode *d, const struct job_spec *s, const struct value *v)
{
	static const char why[] = "for completionMode: Indexed";
	if (!s->completions.set)
		check_error(d, v, "completions", "is required %s", why);
	check_most(d, v, "parallelism", &s->parallelism, INDEXED_MAX, why);
	check_most(d, v, "maxFailedIndexes", &s->max_failed_indexes, INDEXED_MAX, why);
	if (s->completions.set)
		check_most(d, v, "maxFailedIndexes", &s->max_failed_indexes, s->completions.value,
			"(completions)");
	if (s->completions.value > COMPLETIONS_MANY && s->backoff_limit_per_index.set)
		check_many(d, s, v);
}

static void check_mode(struct decode *d, const struct job_spec *s, const struct value *v)
{
	const struct {
		const char *name;
		bool given;
	} indexed_only[] = {
		{ "backoffLimitPerIndex", s->backoff_limit_per_index.set },
		{ "maxFailedIndexes", s->max_failed_indexes.set },
		{ "successPolicy", s->success_policy != NULL },
	};
	if (is_indexed(s))
		check_indexed(d, s, v);
	for (size_t i = 0; !is_indexed(s) && i < ARRAY_LEN(indexed_only); i++)
		if (indexed_only[i].given)
			check_error(d, v, indexed_only[i].name, "needs completionMode: Indexed");
	if (s->max_failed_indexes.set && !s->backoff_limit_per_index.set)
		check_error(d, v, "maxFailedIndexes", "needs backoffLimitPerIndex");
}

/* --- policies ---------------------------------------------------------------------------------------------- */

static bool has_container(const struct containers *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].name, name))
			return true;
	return false;
}

static void check_failure_rule(
	struct decode *d, const struct job_spec *s, const struct value *v, size_t index)
{
	const struct pod_failure_rule *r = &s->pod_failure_policy->rules.items[index];
	const char *name = r->on_exit_codes ? r->on_exit_codes->container_name : NULL;
	const struct pod_spec *pod = &s->template.spec;
	if (str_eq(r->action, "FailIndex") && !s->backoff_limit_per_index.set)
		check_error(d, v, check_path(d, "podFailurePolicy.rules[%zu].action", index),
			"FailIndex needs backoffLimitPerIndex");
	if (name && !has_container(&pod->containers, name) && !has_container(&pod->init_containers, name))
		check_error(d, v,
			check_path(d, "podFailurePolicy.rules[%zu].onExitCodes.containerName", index),
			"no container of the pod is called `%s`", name);
}

static void check_failure(struct decode *d, const struct job_spec *s, const struct value *v)
{
	if (!s->pod_failure_policy)
		return;
	for (size_t i = 0; i < s->pod_failure_policy->rules.count; i++)
		check_failure_rule(d, s, v, i);
	if (s->pod_replacement_policy && !str_eq(s->pod_replacement_policy, "Failed"))
		check_error(d, v, "podReplacementPolicy", "must be Failed with podFailurePolicy");
	if (str_eq(s->template.spec.restart_policy, "OnFailure"))
		check_error(d, v, "template.spec.restartPolicy",
			"must be Never with podFailurePolicy: it judges pods that have failed for good");
}

static void check_success_rule(
	struct decode *d, const struct job_spec *s, const struct value *v, size_t index)
{
	const struct success_rule *r = &s->success_policy->rules.items[index];
	const char *count_path = check_path(d, "successPolicy.rules[%zu].succeededCount", index);
	const char *why = NULL;
	int64_t count = 0;
	if (r->succeeded_indexes &&
		job_indexes_parse(d->arena, r->succeeded_indexes, s->completions.value, &count, &why) < 0)
		check_error(
			d, v, check_path(d, "successPolicy.rules[%zu].succeededIndexes", index), "%s", why);
	if (!r->succeeded_count.set || why)
		return;
	if (r->succeeded_indexes && r->succeeded_count.value > count)
		check_error(d, v, count_path,
			"must be at most %lld, which is how many succeededIndexes names", (long long)count);
	else if (r->succeeded_count.value > s->completions.value)
		check_error(d, v, count_path, "must be at most completions (%lld)",
			(long long)s->completions.value);
}

static void check_success(struct decode *d, const struct job_spec *s, const struct value *v)
{
	if (!s->success_policy || !is_indexed(s) || !s->completions.set)
		return;
	for (size_t i = 0; i < s->success_policy->rules.count; i++)
		check_success_rule(d, s, v, i);
}

/* --- the spec ------------------------------------------------------------------------------------------------ */

/* "example.com/controller": a domain, "/" and a path. */
static void check_manager(struct decode *d, const struct job_spec *s, const struct value *v)
{
	const char *slash = s->managed_by ? strchr(s->managed_by, '/') : NULL;
	if (!s->managed_by || str_eq(s->managed_by, "kubernetes.io/job-controller"))
		return;
	const char *wrong = slash ? rule_label_key(d->arena, s->managed_by)
				  : "must be a domain, \"/\" and a name";
	if (wrong)
		check_error(d, v, "managedBy", "%s", wrong);
	else if (strlen(s->managed_by) > 63)
		check_error(d, v, "managedBy", "has %zu characters; at most 63 are allowed",
			strlen(s->managed_by));
	else
		check_warning(
			d, v, "managedBy", "leaves the Job to `%s`: Pintle does not run it", s->managed_by);
}

void job_spec_check(struct decode *d, const struct job_spec *s, const struct value *v)
{
	if (str_eq(s->template.spec.restart_policy, "Always"))
		check_error(d, v, "template.spec.restartPolicy",
			"must be OnFailure or Never: a Job's pods run to completion");
	check_mode(d, s, v);
	check_failure(d, s, v);
	check_success(d, s, v);
	check_manager(d, s, v);
}
