/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The tables of Deployment and ReplicaSet, and the rules between their fields (apps/v1 validation). */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const strategies[] = { "RollingUpdate", "Recreate", NULL };

/* --- Deployment ---------------------------------------------------------------------------------- */

static const struct field rolling_fields[] = {
	{ .name = "maxUnavailable",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct rolling_update, max_unavailable),
		.value_default = "25%",
		.doc = "How many pods, or what part of them (rounded down), may be missing meanwhile." },
	{ .name = "maxSurge",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct rolling_update, max_surge),
		.value_default = "25%",
		.doc = "How many pods, or what part of them (rounded up), may be there in addition." },
};

static void rolling_check(struct decode *d, const void *object, const struct value *v)
{
	const struct rolling_update *r = object;
	int64_t unavailable = check_share_whole(d, v, "maxUnavailable", &r->max_unavailable);
	int64_t surge = check_share(d, v, "maxSurge", &r->max_surge);
	if (unavailable == 0 && surge == 0)
		check_error(d, v, "maxUnavailable",
			"and maxSurge can't both be 0: no pod could ever be replaced");
}

static const struct schema schema_rolling_update = {
	.name = "RollingUpdateDeployment",
	FIELDS(rolling_fields),
	.size = sizeof(struct rolling_update),
	.check = rolling_check,
	.doc = "How fast old pods make room for new ones.",
};

static const struct field strategy_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct deployment_strategy, type),
		.values = strategies,
		.value_default = "RollingUpdate",
		.doc = "Replace pods little by little, or all at once with a gap." },
	{ .name = "rollingUpdate",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct deployment_strategy, rolling_update),
		.of = &schema_rolling_update,
		.doc = "How fast, for RollingUpdate." },
};

static void strategy_defaults(struct arena *arena, void *object)
{
	struct deployment_strategy *s = object;
	if (!str_eq(s->type, "RollingUpdate") || s->rolling_update)
		return;
	s->rolling_update = arena_alloc(arena, sizeof(*s->rolling_update));
	s->rolling_update->max_unavailable = (struct int_or_string){ .set = true, .string = "25%" };
	s->rolling_update->max_surge = (struct int_or_string){ .set = true, .string = "25%" };
}

static void strategy_check(struct decode *d, const void *object, const struct value *v)
{
	const struct deployment_strategy *s = object;
	if (str_eq(s->type, "Recreate") && s->rolling_update)
		check_error(d, v, "rollingUpdate", "can't be given with type: Recreate");
}

static const struct schema schema_strategy = {
	.name = "DeploymentStrategy",
	FIELDS(strategy_fields),
	.size = sizeof(struct deployment_strategy),
	.defaults = strategy_defaults,
	.check = strategy_check,
	.doc = "How pods are replaced when the template changes.",
};

static const struct field deployment_spec_fields[] = {
	{ .name = "replicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_spec, replicas),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods there are to be." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct deployment_spec, selector),
		.of = &schema_label_selector,
		.doc = "The pods that belong to it; must match the template's labels." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct deployment_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like." },
	{ .name = "strategy",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct deployment_spec, strategy),
		.of = &schema_strategy,
		.doc = "How pods are replaced when the template changes." },
	{ .name = "minReadySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_spec, min_ready_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long a new pod must have been ready to count as available." },
	{ .name = "revisionHistoryLimit",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_spec, revision_history_limit),
		.value_default = "10",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many old ReplicaSets are kept." },
	{ .name = "progressDeadlineSeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_spec, progress_deadline_seconds),
		.value_default = "600",
		.min = 0,
		.max = INT32_MAX,
		.doc = "Seconds without progress after which a rollout counts as failed." },
	{ .name = "paused",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct deployment_spec, paused),
		.doc = "Whether changes of the template wait." },
	{ .name = "rollbackTo",
		.kind = FIELD_NONE,
		.support = REFUSED,
		.hint = "it went with extensions/v1beta1; revert the commit instead",
		.doc = "A revision to go back to; removed from Kubernetes." },
};

static void deployment_spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct deployment_spec *s = object;
	workload_check_selector(d, v, s->selector, &s->template);
	workload_check_restarts(d, v, &s->template.spec);
	if (s->progress_deadline_seconds <= s->min_ready_seconds)
		check_error(d, v, "progressDeadlineSeconds", "must be more than minReadySeconds (%lld)",
			(long long)s->min_ready_seconds);
}

static void deployment_spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct deployment_spec *s = object;
	workload_check_partial(d, v, s->selector, &s->template);
}

static const struct schema schema_deployment_spec = {
	.name = "DeploymentSpec",
	FIELDS(deployment_spec_fields),
	.size = sizeof(struct deployment_spec),
	.check = deployment_spec_check,
	.check_partial = deployment_spec_check_partial,
	.doc = "How many pods, what they look like, and how they are replaced.",
};

static const struct field deployment_status_fields[] = {
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "replicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, replicas),
		.doc = "How many pods there are." },
	{ .name = "updatedReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, updated_replicas),
		.doc = "How many of them are made from the template as it is." },
	{ .name = "readyReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, ready_replicas),
		.doc = "How many of them are ready." },
	{ .name = "availableReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, available_replicas),
		.doc = "How many of them have been ready for minReadySeconds." },
	{ .name = "unavailableReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct deployment_status, unavailable_replicas),
		.doc = "How many are missing for all to be available." },
	{ .name = "terminatingReplicas", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "collisionCount",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct deployment_status, collision_count),
		.doc = "How often a ReplicaSet's name was taken already." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct deployment_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "Available, Progressing, ReplicaFailure." },
};
static const struct schema schema_deployment_status = {
	.name = "DeploymentStatus",
	FIELDS(deployment_status_fields),
	.size = sizeof(struct deployment_status),
	.doc = "How a Deployment is.",
};

static const struct field deployment_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "apps/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Deployment." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct deployment, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct deployment, spec),
		.of = &schema_deployment_spec,
		.doc = "How many pods, what they look like, and how they are replaced." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct deployment, status),
		.of = &schema_deployment_status,
		.doc = "How the Deployment is." },
};

const struct schema schema_deployment = {
	.name = "Deployment",
	FIELDS(deployment_fields),
	.size = sizeof(struct deployment),
	.doc = "A number of equal pods that is kept up, and replaced step by step when the template changes.",
};

/* --- ReplicaSet ----------------------------------------------------------------------------------- */

static const struct field replica_set_spec_fields[] = {
	{ .name = "replicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_spec, replicas),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods there are to be." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replica_set_spec, selector),
		.of = &schema_label_selector,
		.doc = "The pods that belong to it; must match the template's labels." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replica_set_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like." },
	{ .name = "minReadySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_spec, min_ready_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long a new pod must have been ready to count as available." },
};

static void replica_set_spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct replica_set_spec *s = object;
	workload_check_selector(d, v, s->selector, &s->template);
	workload_check_restarts(d, v, &s->template.spec);
}

static void replica_set_spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct replica_set_spec *s = object;
	workload_check_partial(d, v, s->selector, &s->template);
}

static const struct schema schema_replica_set_spec = {
	.name = "ReplicaSetSpec",
	FIELDS(replica_set_spec_fields),
	.size = sizeof(struct replica_set_spec),
	.check = replica_set_spec_check,
	.check_partial = replica_set_spec_check_partial,
	.doc = "How many pods and what they look like.",
};

static const struct field replica_set_status_fields[] = {
	{ .name = "replicas",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replica_set_status, replicas),
		.doc = "How many pods there are." },
	{ .name = "fullyLabeledReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_status, fully_labeled_replicas),
		.doc = "How many of them have all of the template's labels." },
	{ .name = "readyReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_status, ready_replicas),
		.doc = "How many of them are ready." },
	{ .name = "availableReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_status, available_replicas),
		.doc = "How many of them have been ready for minReadySeconds." },
	{ .name = "terminatingReplicas", .kind = FIELD_NONE, .doc = "Not kept." },
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct replica_set_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct replica_set_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "ReplicaFailure." },
};
const struct schema schema_replica_set_status = {
	.name = "ReplicaSetStatus",
	FIELDS(replica_set_status_fields),
	.size = sizeof(struct replica_set_status),
	.doc = "How a ReplicaSet is.",
};

static const struct field replica_set_fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "apps/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ReplicaSet." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replica_set, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct replica_set, spec),
		.of = &schema_replica_set_spec,
		.doc = "How many pods and what they look like." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct replica_set, status),
		.of = &schema_replica_set_status,
		.doc = "How the ReplicaSet is." },
};

const struct schema schema_replica_set = {
	.name = "ReplicaSet",
	FIELDS(replica_set_fields),
	.size = sizeof(struct replica_set),
	.doc = "A number of equal pods that is kept up; Deployments make them.",
};
