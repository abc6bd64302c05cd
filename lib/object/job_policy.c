/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of a Job's podFailurePolicy and successPolicy, and sets of indexes (batch/v1 validation). */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/batch.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

enum { RULES_MAX = 20, PATTERNS_MAX = 20, EXIT_CODES_MAX = 255, INDEXES_TEXT_MAX = 64 * 1024 };

static const char *const actions[] = { "FailJob", "FailIndex", "Ignore", "Count", NULL };
static const char *const operators[] = { "In", "NotIn", NULL };
static const char *const statuses[] = { "True", "False", "Unknown", NULL };

static void check_count(struct decode *d, const struct value *v, const char *name, size_t count, size_t max)
{
	if (count > max)
		check_error(d, v, name, "has %zu items; at most %zu are allowed", count, max);
}

/* --- failures of pods ----------------------------------------------------------------------------------- */

static const struct field exit_fields[] = {
	{ .name = "containerName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct exit_code_requirement, container_name),
		.doc = "The container whose exit code counts; any where not given." },
	{ .name = "operator",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct exit_code_requirement, op),
		.values = operators,
		.doc = "Whether the exit code must be among values, or not." },
	{ .name = "values",
		.kind = FIELD_INTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct exit_code_requirement, values),
		.min = INT32_MIN,
		.max = INT32_MAX,
		.doc = "Exit codes in ascending order; not 0 for In." },
};

static void exit_check(struct decode *d, const void *object, const struct value *v)
{
	const struct exit_code_requirement *r = object;
	check_count(d, v, "values", r->values.count, EXIT_CODES_MAX);
	for (size_t i = 0; i < r->values.count; i++) {
		const char *path = check_path(d, "values[%zu]", i);
		if (r->values.items[i] == 0 && str_eq(r->op, "In"))
			check_error(d, v, path, "must not be 0 for In: that is success");
		if (i > 0 && r->values.items[i] == r->values.items[i - 1])
			check_error(d, v, path, "%lld is there twice", (long long)r->values.items[i]);
		if (i > 0 && r->values.items[i] < r->values.items[i - 1])
			check_error(d, v, path, "must be more than the one before it: values are ascending");
	}
}

static const struct schema schema_exit = {
	.name = "PodFailurePolicyOnExitCodesRequirement",
	FIELDS(exit_fields),
	.size = sizeof(struct exit_code_requirement),
	.check = exit_check,
	.doc = "Which exit codes.",
};

static const struct field pattern_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod_condition_pattern, type),
		.rule = rule_label_key,
		.doc = "The condition, such as DisruptionTarget." },
	{ .name = "status",
		.kind = FIELD_STRING,
		.offset = offsetof(struct pod_condition_pattern, status),
		.values = statuses,
		.value_default = "True",
		.doc = "Its status." },
};

static const struct schema schema_pattern = {
	.name = "PodFailurePolicyOnPodConditionsPattern",
	FIELDS(pattern_fields),
	.size = sizeof(struct pod_condition_pattern),
	.doc = "A condition of a pod that failed.",
};

static const struct field rule_fields[] = {
	{ .name = "action",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod_failure_rule, action),
		.values = actions,
		.doc = "End the Job, end the index, try again for nothing, or count as usual." },
	{ .name = "onExitCodes",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_failure_rule, on_exit_codes),
		.of = &schema_exit,
		.doc = "The rule is for pods with such exit codes." },
	{ .name = "onPodConditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_failure_rule, on_pod_conditions),
		.of = &schema_pattern,
		.doc = "The rule is for pods with one of these conditions." },
};

static void rule_check(struct decode *d, const void *object, const struct value *v)
{
	const struct pod_failure_rule *r = object;
	bool conditions = r->on_pod_conditions.count > 0;
	if (r->on_exit_codes && conditions)
		check_error(d, v, NULL, "can't have both onExitCodes and onPodConditions: write two rules");
	if (!r->on_exit_codes && !conditions)
		check_error(d, v, NULL, "needs onExitCodes or onPodConditions");
	check_count(d, v, "onPodConditions", r->on_pod_conditions.count, PATTERNS_MAX);
}

static const struct schema schema_rule = {
	.name = "PodFailurePolicyRule",
	FIELDS(rule_fields),
	.size = sizeof(struct pod_failure_rule),
	.check = rule_check,
	.doc = "What a failure of a certain sort means.",
};

static const struct field failure_fields[] = {
	{ .name = "rules",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct pod_failure_policy, rules),
		.of = &schema_rule,
		.doc = "Rules; the first that fits counts." },
};

static void failure_check(struct decode *d, const void *object, const struct value *v)
{
	const struct pod_failure_policy *p = object;
	check_count(d, v, "rules", p->rules.count, RULES_MAX);
}

const struct schema schema_pod_failure_policy = {
	.name = "PodFailurePolicy",
	FIELDS(failure_fields),
	.size = sizeof(struct pod_failure_policy),
	.check = failure_check,
	.doc = "What failures of pods mean for the Job.",
};

/* --- success ---------------------------------------------------------------------------------------------- */

static const struct field success_rule_fields[] = {
	{ .name = "succeededIndexes",
		.kind = FIELD_STRING,
		.offset = offsetof(struct success_rule, succeeded_indexes),
		.doc = "Indexes that must have succeeded, such as 1,3-5; some of them with succeededCount." },
	{ .name = "succeededCount",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct success_rule, succeeded_count),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many indexes must have succeeded." },
};

static void success_rule_check(struct decode *d, const void *object, const struct value *v)
{
	const struct success_rule *r = object;
	if (!r->succeeded_indexes && !r->succeeded_count.set)
		check_error(d, v, NULL, "needs succeededIndexes or succeededCount");
	if (r->succeeded_indexes && strlen(r->succeeded_indexes) > INDEXES_TEXT_MAX)
		check_error(d, v, "succeededIndexes", "has %zu bytes; at most %d are allowed",
			strlen(r->succeeded_indexes), INDEXES_TEXT_MAX);
}

static const struct schema schema_success_rule = {
	.name = "SuccessPolicyRule",
	FIELDS(success_rule_fields),
	.size = sizeof(struct success_rule),
	.check = success_rule_check,
	.doc = "Which indexes suffice.",
};

static const struct field success_fields[] = {
	{ .name = "rules",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct success_policy, rules),
		.of = &schema_success_rule,
		.doc = "Rules; one that holds ends the Job." },
};

static void success_check(struct decode *d, const void *object, const struct value *v)
{
	const struct success_policy *p = object;
	check_count(d, v, "rules", p->rules.count, RULES_MAX);
}

const struct schema schema_success_policy = {
	.name = "SuccessPolicy",
	FIELDS(success_fields),
	.size = sizeof(struct success_policy),
	.check = success_check,
	.doc = "When an Indexed Job has succeeded before all of its indexes have.",
};

/* --- indexes ------------------------------------------------------------------------------------------------ */

/* One index, or two with "-" between them. What is wrong, or NULL. */
static const char *read_interval(
	struct arena *a, const char *text, int64_t completions, int64_t *ret_from, int64_t *ret_to)
{
	const char *dash = strchr(text, '-');
	const char *first = dash ? arena_strndup(a, text, (size_t)(dash - text)) : text;
	if (str_to_i64(first, ret_from) < 0 || *ret_from < 0)
		return arena_printf(a, "`%.40s` is no index", first);
	*ret_to = *ret_from;
	if (dash && (str_to_i64(dash + 1, ret_to) < 0 || *ret_to < 0))
		return arena_printf(a, "`%.40s` is no index", dash + 1);
	if (*ret_to < *ret_from || (dash && *ret_to == *ret_from))
		return arena_printf(a, "`%.40s` ends before it begins", text);
	if (*ret_to >= completions)
		return arena_printf(
			a, "`%.40s` is not below completions (%lld)", text, (long long)completions);
	return NULL;
}

int job_indexes_parse(
	struct arena *arena, const char *text, int64_t completions, int64_t *ret, const char **ret_why)
{
	int64_t last = -1, from = 0, to = 0;
	*ret = 0;
	for (const char *p = text; *text && p;) {
		const char *comma = strchr(p, ',');
		const char *part = comma ? arena_strndup(arena, p, (size_t)(comma - p)) : p;
		const char *wrong = read_interval(arena, part, completions, &from, &to);
		if (!wrong && from <= last)
			wrong = arena_printf(arena, "`%.40s` comes after %lld: indexes are ascending", part,
				(long long)last);
		if (wrong) {
			*ret_why = wrong;
			return -EINVAL;
		}
		*ret += to - from + 1;
		last = to;
		p = comma ? comma + 1 : NULL;
	}
	return 0;
}
