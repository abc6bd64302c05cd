/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of PodDisruptionBudget (policy/v1 validation ValidatePodDisruptionBudgetSpec). */
#include <stddef.h>

#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const char *const policies[] = { "IfHealthyBudget", "AlwaysAllow", NULL };

static const struct field spec_fields[] = {
	{ .name = "minAvailable",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct disruption_budget_spec, min_available),
		.doc = "How many pods, or what part of them (rounded up), must stay healthy." },
	{ .name = "maxUnavailable",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct disruption_budget_spec, max_unavailable),
		.doc = "How many pods, or what part of them (rounded up), may be missing." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct disruption_budget_spec, selector),
		.of = &schema_label_selector,
		.refers = REFERS_PODS,
		.doc = "The pods that it is about: {} chooses all of the namespace, nothing chooses none." },
	{ .name = "unhealthyPodEvictionPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct disruption_budget_spec, unhealthy_pod_eviction_policy),
		.values = policies,
		.doc = "Whether pods that are not ready may go in any case; IfHealthyBudget where not "
		       "given." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct disruption_budget_spec *s = object;
	if (s->min_available.set && s->max_unavailable.set)
		check_error(d, v, "maxUnavailable", "can't be given with minAvailable: choose one");
	if (s->min_available.set)
		check_share_whole(d, v, "minAvailable", &s->min_available);
	if (s->max_unavailable.set)
		check_share_whole(d, v, "maxUnavailable", &s->max_unavailable);
	if (!s->min_available.set && !s->max_unavailable.set)
		check_warning(d, v, NULL, "limits nothing: neither minAvailable nor maxUnavailable is given");
	if (!s->selector)
		check_warning(d, v, NULL, "is about no pod: it has no selector");
}

static const struct schema schema_spec = {
	.name = "PodDisruptionBudgetSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct disruption_budget_spec),
	.check = spec_check,
	.doc = "Which pods, and how many of them must stay.",
};

static const struct field status_fields[] = {
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct disruption_budget_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "disruptedPods",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct disruption_budget_status, disrupted_pods),
		.doc = "Pods on their way out, and when that was let through." },
	{ .name = "disruptionsAllowed",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct disruption_budget_status, disruptions_allowed),
		.doc = "How many pods may go now." },
	{ .name = "currentHealthy",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct disruption_budget_status, current_healthy),
		.doc = "How many pods are healthy." },
	{ .name = "desiredHealthy",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct disruption_budget_status, desired_healthy),
		.doc = "How many must be." },
	{ .name = "expectedPods",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct disruption_budget_status, expected_pods),
		.doc = "How many pods it is about." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct disruption_budget_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "DisruptionAllowed." },
};

static const struct schema schema_status = {
	.name = "PodDisruptionBudgetStatus",
	FIELDS(status_fields),
	.size = sizeof(struct disruption_budget_status),
	.doc = "How the budget stands.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "policy/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "PodDisruptionBudget." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct disruption_budget, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct disruption_budget, spec),
		.of = &schema_spec,
		.doc = "Which pods, and how many of them must stay." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct disruption_budget, status),
		.of = &schema_status,
		.doc = "How the budget stands." },
};

const struct schema schema_disruption_budget = {
	.name = "PodDisruptionBudget",
	FIELDS(fields),
	.size = sizeof(struct disruption_budget),
	.doc = "How many pods may be missing when nodes are emptied.",
};
