/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of what guides the scheduler: tolerations, affinity, topology spread constraints. */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const toleration_operators[] = { "Exists", "Equal", NULL };
static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };
static const char *const node_operators[] = { "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", NULL };
static const char *const unsatisfiable[] = { "DoNotSchedule", "ScheduleAnyway", NULL };
static const char *const inclusion_policies[] = { "Honor", "Ignore", NULL };

static const struct field toleration_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.offset = offsetof(struct toleration, key),
		.doc = "The taint's key; empty, with operator Exists, means every taint." },
	{ .name = "operator",
		.kind = FIELD_STRING,
		.offset = offsetof(struct toleration, op),
		.values = toleration_operators,
		.value_default = "Equal",
		.doc = "Whether the taint's value must be equal or does not matter." },
	{ .name = "value",
		.kind = FIELD_STRING,
		.offset = offsetof(struct toleration, value),
		.rule = rule_label_value,
		.doc = "The taint's value, for Equal." },
	{ .name = "effect",
		.kind = FIELD_STRING,
		.offset = offsetof(struct toleration, effect),
		.values = effects,
		.doc = "The taint's effect; all where none is given." },
	{ .name = "tolerationSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct toleration, toleration_seconds),
		.doc = "How long a NoExecute taint is borne; for ever where none is given." },
};

static void toleration_check(struct decode *d, const void *object, const struct value *v)
{
	const struct toleration *t = object;
	const char *wrong = str_empty(t->key) ? NULL : rule_label_key(d->arena, t->key);
	if (wrong)
		check_error(d, v, "key", "%s", wrong);
	if (str_empty(t->key) && str_eq(t->op, "Equal"))
		check_error(d, v, "operator", "must be Exists where no key is given");
	if (str_eq(t->op, "Exists") && !str_empty(t->value))
		check_error(d, v, "value", "must be empty with operator Exists");
	if (t->toleration_seconds.set && !str_eq(t->effect, "NoExecute"))
		check_error(d, v, "effect", "must be NoExecute where tolerationSeconds is given");
}

const struct schema schema_toleration = {
	.name = "Toleration",
	FIELDS(toleration_fields),
	.size = sizeof(struct toleration),
	.check = toleration_check,
	.doc = "A taint of nodes that the pod puts up with.",
};

/* --- nodes ---------------------------------------------------------------------------------------- */

static const struct field requirement_fields[] = {
	{ .name = "key",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct node_selector_requirement, key),
		.rule = rule_label_key,
		.doc = "The node's label (or field, in matchFields)." },
	{ .name = "operator",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct node_selector_requirement, op),
		.values = node_operators,
		.doc = "How the label's value relates to values." },
	{ .name = "values",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct node_selector_requirement, values),
		.doc = "The values to compare with; one integer for Gt and Lt." },
};

static void requirement_check(struct decode *d, const void *object, const struct value *v)
{
	const struct node_selector_requirement *r = object;
	if (!r->op)
		return;
	bool compares = str_eq(r->op, "Gt") || str_eq(r->op, "Lt");
	bool wants = str_eq(r->op, "In") || str_eq(r->op, "NotIn");
	int64_t number;
	if (compares && (r->values.count != 1 || str_to_i64(r->values.items[0], &number) < 0))
		check_error(d, v, r->values.count == 1 ? "values[0]" : "values", "%s needs one whole number",
			r->op);
	if (wants && r->values.count == 0)
		check_error(d, v, "values", "%s needs at least one value", r->op);
	if (!wants && !compares && r->values.count > 0)
		check_error(d, v, "values", "%s takes no values", r->op);
}

static const struct schema schema_node_requirement = {
	.name = "NodeSelectorRequirement",
	FIELDS(requirement_fields),
	.size = sizeof(struct node_selector_requirement),
	.check = requirement_check,
	.doc = "One requirement on one label of a node.",
};

static const struct field term_fields[] = {
	{ .name = "matchExpressions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_selector_term, match_expressions),
		.of = &schema_node_requirement,
		.doc = "Requirements on labels; all of them must hold." },
	{ .name = "matchFields",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_selector_term, match_fields),
		.of = &schema_node_requirement,
		.doc = "Requirements on fields: metadata.name only." },
};

static void term_check(struct decode *d, const void *object, const struct value *v)
{
	const struct node_selector_term *t = object;
	for (size_t i = 0; i < t->match_fields.count; i++) {
		const struct node_selector_requirement *r = &t->match_fields.items[i];
		if (r->key && !str_eq(r->key, "metadata.name"))
			check_error(d, v, check_path(d, "matchFields[%zu].key", i),
				"`%s` can't be selected by; metadata.name can", r->key);
		if (r->op && !str_eq(r->op, "In") && !str_eq(r->op, "NotIn"))
			check_error(
				d, v, check_path(d, "matchFields[%zu].operator", i), "must be In or NotIn");
		if (r->values.count > 1)
			check_error(d, v, check_path(d, "matchFields[%zu].values", i), "takes one value");
	}
}

const struct schema schema_node_selector_term = {
	.name = "NodeSelectorTerm",
	FIELDS(term_fields),
	.size = sizeof(struct node_selector_term),
	.check = term_check,
	.doc = "Requirements on a node, all of which must hold; an empty one matches none.",
};

static const struct field node_selector_fields[] = {
	{ .name = "nodeSelectorTerms",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct node_selector, node_selector_terms),
		.of = &schema_node_selector_term,
		.doc = "Terms, one of which must match." },
};
const struct schema schema_node_selector = {
	.name = "NodeSelector",
	FIELDS(node_selector_fields),
	.size = sizeof(struct node_selector),
	.doc = "Chooses nodes by labels and names.",
};

static const struct field preferred_node_fields[] = {
	{ .name = "weight",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct preferred_node_term, weight),
		.min = 1,
		.max = 100,
		.doc = "How much a match counts." },
	{ .name = "preference",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct preferred_node_term, preference),
		.of = &schema_node_selector_term,
		.doc = "The nodes preferred." },
};
static const struct schema schema_preferred_node_term = {
	.name = "PreferredSchedulingTerm",
	FIELDS(preferred_node_fields),
	.size = sizeof(struct preferred_node_term),
	.doc = "Nodes that are preferred, and how much.",
};

static const struct field node_affinity_fields[] = {
	{ .name = "requiredDuringSchedulingIgnoredDuringExecution",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct node_affinity, required),
		.of = &schema_node_selector,
		.doc = "Nodes that the pod must be placed on." },
	{ .name = "preferredDuringSchedulingIgnoredDuringExecution",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct node_affinity, preferred),
		.of = &schema_preferred_node_term,
		.doc = "Nodes that are preferred." },
};
static const struct schema schema_node_affinity = {
	.name = "NodeAffinity",
	FIELDS(node_affinity_fields),
	.size = sizeof(struct node_affinity),
	.doc = "Which nodes a pod goes to.",
};

/* --- pods ----------------------------------------------------------------------------------------- */

static const struct field pod_term_fields[] = {
	{ .name = "labelSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_affinity_term, label_selector),
		.of = &schema_label_selector,
		.doc = "The pods meant; none where it is not given." },
	{ .name = "namespaceSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct pod_affinity_term, namespace_selector),
		.of = &schema_label_selector,
		.doc = "The namespaces meant, by their labels." },
	{ .name = "namespaces",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct pod_affinity_term, namespaces),
		.rule = rule_dns_label,
		.doc = "The namespaces meant, by name; the pod's own where neither is given." },
	{ .name = "topologyKey",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct pod_affinity_term, topology_key),
		.rule = rule_label_key,
		.doc = "The node's label whose equal values mean the same place." },
	{ .name = "matchLabelKeys",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct pod_affinity_term, match_label_keys),
		.rule = rule_label_key,
		.doc = "Labels in which the pods meant are like this pod." },
	{ .name = "mismatchLabelKeys",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct pod_affinity_term, mismatch_label_keys),
		.rule = rule_label_key,
		.doc = "Labels in which the pods meant are unlike this pod." },
};
static const struct schema schema_pod_affinity_term = {
	.name = "PodAffinityTerm",
	FIELDS(pod_term_fields),
	.size = sizeof(struct pod_affinity_term),
	.doc = "Pods, and the kind of place that is shared with them or kept clear of them.",
};

static const struct field weighted_pod_fields[] = {
	{ .name = "weight",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct weighted_pod_affinity_term, weight),
		.min = 1,
		.max = 100,
		.doc = "How much a match counts." },
	{ .name = "podAffinityTerm",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct weighted_pod_affinity_term, pod_affinity_term),
		.of = &schema_pod_affinity_term,
		.doc = "The pods, and the kind of place." },
};
static const struct schema schema_weighted_pod_affinity_term = {
	.name = "WeightedPodAffinityTerm",
	FIELDS(weighted_pod_fields),
	.size = sizeof(struct weighted_pod_affinity_term),
	.doc = "A preference for or against pods, and how much it counts.",
};

static const struct field pod_affinity_fields[] = {
	{ .name = "requiredDuringSchedulingIgnoredDuringExecution",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_affinity, required),
		.of = &schema_pod_affinity_term,
		.doc = "What must hold where the pod is placed." },
	{ .name = "preferredDuringSchedulingIgnoredDuringExecution",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct pod_affinity, preferred),
		.of = &schema_weighted_pod_affinity_term,
		.doc = "What is preferred where the pod is placed." },
};
static const struct schema schema_pod_affinity = {
	.name = "PodAffinity",
	FIELDS(pod_affinity_fields),
	.size = sizeof(struct pod_affinity),
	.doc = "Pods to be placed with.",
};
static const struct schema schema_pod_anti_affinity = {
	.name = "PodAntiAffinity",
	FIELDS(pod_affinity_fields),
	.size = sizeof(struct pod_affinity),
	.doc = "Pods to be kept away from.",
};

static const struct field affinity_fields[] = {
	{ .name = "nodeAffinity",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct affinity, node_affinity),
		.of = &schema_node_affinity,
		.doc = "Which nodes the pod goes to." },
	{ .name = "podAffinity",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct affinity, pod_affinity),
		.of = &schema_pod_affinity,
		.doc = "Pods to be placed with." },
	{ .name = "podAntiAffinity",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct affinity, pod_anti_affinity),
		.of = &schema_pod_anti_affinity,
		.doc = "Pods to be kept away from." },
};
const struct schema schema_affinity = {
	.name = "Affinity",
	FIELDS(affinity_fields),
	.size = sizeof(struct affinity),
	.doc = "Where a pod wants to be placed.",
};

/* --- spread ---------------------------------------------------------------------------------------- */

static const struct field spread_fields[] = {
	{ .name = "maxSkew",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct topology_spread_constraint, max_skew),
		.min = 1,
		.max = INT32_MAX,
		.doc = "By how many pods two places may differ." },
	{ .name = "topologyKey",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct topology_spread_constraint, topology_key),
		.rule = rule_label_key,
		.doc = "The node's label whose equal values mean the same place." },
	{ .name = "whenUnsatisfiable",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct topology_spread_constraint, when_unsatisfiable),
		.values = unsatisfiable,
		.doc = "Whether a pod that would break it waits or goes where it breaks it least." },
	{ .name = "labelSelector",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct topology_spread_constraint, label_selector),
		.of = &schema_label_selector,
		.doc = "The pods that are counted." },
	{ .name = "matchLabelKeys",
		.kind = FIELD_STRINGS,
		.offset = offsetof(struct topology_spread_constraint, match_label_keys),
		.rule = rule_label_key,
		.doc = "Labels in which the pods counted are like this pod." },
	{ .name = "minDomains",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct topology_spread_constraint, min_domains),
		.min = 1,
		.max = INT32_MAX,
		.doc = "How many places there must be at least; with DoNotSchedule only." },
	{ .name = "nodeAffinityPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct topology_spread_constraint, node_affinity_policy),
		.values = inclusion_policies,
		.doc = "Whether nodes that the pod's affinity excludes are left out; Honor where not "
		       "given." },
	{ .name = "nodeTaintsPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct topology_spread_constraint, node_taints_policy),
		.values = inclusion_policies,
		.doc = "Whether nodes with taints that the pod does not tolerate are left out; Ignore where "
		       "not given." },
};

static void spread_check(struct decode *d, const void *object, const struct value *v)
{
	const struct topology_spread_constraint *c = object;
	if (c->min_domains.set && str_eq(c->when_unsatisfiable, "ScheduleAnyway"))
		check_error(d, v, "minDomains", "needs whenUnsatisfiable: DoNotSchedule");
	if (c->match_label_keys.count > 0 && !c->label_selector)
		check_error(d, v, "matchLabelKeys", "needs a labelSelector beside it");
}

const struct schema schema_topology_spread_constraint = {
	.name = "TopologySpreadConstraint",
	FIELDS(spread_fields),
	.size = sizeof(struct topology_spread_constraint),
	.check = spread_check,
	.doc = "How evenly pods are spread over places.",
};
