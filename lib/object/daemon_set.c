/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of DaemonSet, and the rules between its fields (apps/v1 validation ValidateDaemonSetSpec). */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const strategies[] = { "RollingUpdate", "OnDelete", NULL };

/* --- how pods are replaced ------------------------------------------------------------------------ */

static const struct field rolling_fields[] = {
	{ .name = "maxUnavailable",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct rolling_update, max_unavailable),
		.value_default = "1",
		.doc = "On how many nodes, or on what part of them (rounded up), the pod may be missing "
		       "meanwhile." },
	{ .name = "maxSurge",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct rolling_update, max_surge),
		.value_default = "0",
		.doc = "How many nodes, or what part of them (rounded up), may have both pods meanwhile; "
		       "needs "
		       "maxUnavailable: 0." },
};

static void rolling_check(struct decode *d, const void *object, const struct value *v)
{
	const struct rolling_update *r = object;
	int64_t unavailable = check_share_whole(d, v, "maxUnavailable", &r->max_unavailable);
	int64_t surge = check_share_whole(d, v, "maxSurge", &r->max_surge);
	if (unavailable == 0 && surge == 0)
		check_error(d, v, "maxUnavailable",
			"and maxSurge can't both be 0: no pod could ever be replaced");
	if (unavailable > 0 && surge > 0)
		check_error(d, v, "maxSurge", "needs maxUnavailable: 0 (it is 1 where not given)");
}

static const struct schema schema_rolling_update = {
	.name = "RollingUpdateDaemonSet",
	FIELDS(rolling_fields),
	.size = sizeof(struct rolling_update),
	.check = rolling_check,
	.doc = "How fast old pods make room for new ones.",
};

static const struct field strategy_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct daemon_update_strategy, type),
		.values = strategies,
		.value_default = "RollingUpdate",
		.doc = "Replace pods node by node, or only when they are deleted." },
	{ .name = "rollingUpdate",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct daemon_update_strategy, rolling_update),
		.of = &schema_rolling_update,
		.doc = "How fast, for RollingUpdate." },
};

static void strategy_defaults(struct arena *arena, void *object)
{
	struct daemon_update_strategy *s = object;
	if (!str_eq(s->type, "RollingUpdate") || s->rolling_update)
		return;
	s->rolling_update = arena_alloc(arena, sizeof(*s->rolling_update));
	s->rolling_update->max_unavailable = (struct int_or_string){ .set = true, .integer = 1 };
	s->rolling_update->max_surge = (struct int_or_string){ .set = true, .integer = 0 };
}

static const struct schema schema_strategy = {
	.name = "DaemonSetUpdateStrategy",
	FIELDS(strategy_fields),
	.size = sizeof(struct daemon_update_strategy),
	.defaults = strategy_defaults,
	.doc = "How pods are replaced when the template changes.",
};

/* --- spec ------------------------------------------------------------------------------------------- */

static const struct field spec_fields[] = {
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_spec, selector),
		.of = &schema_label_selector,
		.doc = "The pods that belong to it; must match the template's labels." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like." },
	{ .name = "updateStrategy",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct daemon_set_spec, update_strategy),
		.of = &schema_strategy,
		.doc = "How pods are replaced when the template changes." },
	{ .name = "minReadySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_spec, min_ready_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long a new pod must have been ready to count as available." },
	{ .name = "revisionHistoryLimit",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_spec, revision_history_limit),
		.value_default = "10",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many old templates are kept." },
	{ .name = "templateGeneration",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "it went with extensions/v1beta1; leave it out",
		.doc = "The template's number; removed from Kubernetes." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct daemon_set_spec *s = object;
	workload_check_selector(d, v, s->selector, &s->template);
	workload_check_restarts(d, v, &s->template.spec);
}

static void spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct daemon_set_spec *s = object;
	workload_check_partial(d, v, s->selector, &s->template);
}

static const struct schema schema_spec = {
	.name = "DaemonSetSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct daemon_set_spec),
	.check = spec_check,
	.check_partial = spec_check_partial,
	.doc = "What the pods look like, and how they are replaced.",
};

/* --- status ------------------------------------------------------------------------------------------ */

static const struct field status_fields[] = {
	{ .name = "currentNumberScheduled",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_status, current_number_scheduled),
		.doc = "How many nodes have the pod and should." },
	{ .name = "numberMisscheduled",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_status, number_misscheduled),
		.doc = "How many nodes have the pod and should not." },
	{ .name = "desiredNumberScheduled",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_status, desired_number_scheduled),
		.doc = "How many nodes should have the pod." },
	{ .name = "numberReady",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set_status, number_ready),
		.doc = "On how many of them it is ready." },
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "updatedNumberScheduled",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_status, updated_number_scheduled),
		.doc = "On how many of them it is made from the template as it is." },
	{ .name = "numberAvailable",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_status, number_available),
		.doc = "On how many of them it has been ready for minReadySeconds." },
	{ .name = "numberUnavailable",
		.kind = FIELD_INT,
		.offset = offsetof(struct daemon_set_status, number_unavailable),
		.doc = "On how many of them it is missing, or not available." },
	{ .name = "collisionCount",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct daemon_set_status, collision_count),
		.doc = "How often a revision's name was taken already." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct daemon_set_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "What else is to be said of it." },
};

static const struct schema schema_status = {
	.name = "DaemonSetStatus",
	FIELDS(status_fields),
	.size = sizeof(struct daemon_set_status),
	.doc = "How a DaemonSet is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "apps/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "DaemonSet." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct daemon_set, spec),
		.of = &schema_spec,
		.doc = "What the pods look like, and how they are replaced." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct daemon_set, status),
		.of = &schema_status,
		.doc = "How the DaemonSet is." },
};

const struct schema schema_daemon_set = {
	.name = "DaemonSet",
	FIELDS(fields),
	.size = sizeof(struct daemon_set),
	.doc = "One pod on each node that fits.",
};
