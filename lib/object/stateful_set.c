/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of StatefulSet, and the rules between its fields (apps/v1 validation ValidateStatefulSetSpec).
 *
 * Mounts of the template's containers may name claims of volumeClaimTemplates, which stand outside the pod
 * spec: their names are looked up before anything is decoded.
 */
#include <stddef.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const char *const strategies[] = { "RollingUpdate", "OnDelete", NULL };
static const char *const policies[] = { "OrderedReady", "Parallel", NULL };
static const char *const retentions[] = { "Retain", "Delete", NULL };

/* --- how pods are replaced -------------------------------------------------------------------------- */

static const struct field rolling_fields[] = {
	{ .name = "partition",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_rolling_update, partition),
		.value_default = "0",
		.min = 0,
		.max = INT32_MAX,
		.doc = "Pods with a lower ordinal keep the old template." },
	{ .name = "maxUnavailable",
		.kind = FIELD_INT_OR_STRING,
		.offset = offsetof(struct stateful_rolling_update, max_unavailable),
		.doc = "How many pods, or what part of them (rounded up), may be missing meanwhile; 1 where "
		       "not "
		       "given." },
};

static void rolling_check(struct decode *d, const void *object, const struct value *v)
{
	const struct stateful_rolling_update *r = object;
	if (r->max_unavailable.set && check_share_whole(d, v, "maxUnavailable", &r->max_unavailable) == 0)
		check_error(d, v, "maxUnavailable", "can't be 0: no pod could ever be replaced");
}

static const struct schema schema_rolling_update = {
	.name = "RollingUpdateStatefulSetStrategy",
	FIELDS(rolling_fields),
	.size = sizeof(struct stateful_rolling_update),
	.check = rolling_check,
	.doc = "Which pods are replaced, and how many at once.",
};

static const struct field strategy_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct stateful_update_strategy, type),
		.values = strategies,
		.value_default = "RollingUpdate",
		.doc = "Replace pods one after the other, or only when they are deleted." },
	{ .name = "rollingUpdate",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct stateful_update_strategy, rolling_update),
		.of = &schema_rolling_update,
		.doc = "Which pods, for RollingUpdate." },
};

static void strategy_defaults(struct arena *arena, void *object)
{
	struct stateful_update_strategy *s = object;
	if (str_eq(s->type, "RollingUpdate") && !s->rolling_update)
		s->rolling_update = arena_alloc(arena, sizeof(*s->rolling_update));
}

static void strategy_check(struct decode *d, const void *object, const struct value *v)
{
	const struct stateful_update_strategy *s = object;
	if (str_eq(s->type, "OnDelete") && s->rolling_update)
		check_error(d, v, "rollingUpdate", "can't be given with type: OnDelete");
}

static const struct schema schema_strategy = {
	.name = "StatefulSetUpdateStrategy",
	FIELDS(strategy_fields),
	.size = sizeof(struct stateful_update_strategy),
	.defaults = strategy_defaults,
	.check = strategy_check,
	.doc = "How pods are replaced when the template changes.",
};

/* --- claims and numbers ------------------------------------------------------------------------------- */

static const struct field retention_fields[] = {
	{ .name = "whenDeleted",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_retention, when_deleted),
		.values = retentions,
		.value_default = "Retain",
		.doc = "What becomes of the claims when the StatefulSet goes." },
	{ .name = "whenScaled",
		.kind = FIELD_STRING,
		.offset = offsetof(struct claim_retention, when_scaled),
		.values = retentions,
		.value_default = "Retain",
		.doc = "What becomes of the claims of pods that go when it is scaled down." },
};

static const struct schema schema_retention = {
	.name = "StatefulSetPersistentVolumeClaimRetentionPolicy",
	FIELDS(retention_fields),
	.size = sizeof(struct claim_retention),
	.doc = "When claims are deleted.",
};

static const struct field ordinals_fields[] = {
	{ .name = "start",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_ordinals, start),
		.min = 0,
		.max = INT32_MAX,
		.doc = "The number of the first pod." },
};

static const struct schema schema_ordinals = {
	.name = "StatefulSetOrdinals",
	FIELDS(ordinals_fields),
	.size = sizeof(struct stateful_ordinals),
	.doc = "How pods are numbered.",
};

/* --- spec --------------------------------------------------------------------------------------------- */

static const struct field spec_fields[] = {
	{ .name = "replicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_spec, replicas),
		.value_default = "1",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many pods there are to be." },
	{ .name = "selector",
		.kind = FIELD_STRUCT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct stateful_set_spec, selector),
		.of = &schema_label_selector,
		.doc = "The pods that belong to it; must match the template's labels." },
	{ .name = "template",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct stateful_set_spec, template),
		.of = &schema_pod_template,
		.doc = "What each pod looks like; its mounts may name claims." },
	{ .name = "volumeClaimTemplates",
		.kind = FIELD_STRUCTS,
		.support = PENDING,
		.offset = offsetof(struct stateful_set_spec, volume_claim_templates),
		.of = &schema_claim,
		.doc = "Claims that are made for each pod, and stay when the pod goes." },
	{ .name = "serviceName",
		.kind = FIELD_STRING,
		.offset = offsetof(struct stateful_set_spec, service_name),
		.rule = rule_dns_label,
		.refers = "Service",
		.doc = "The headless Service that gives each pod its DNS name." },
	{ .name = "podManagementPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct stateful_set_spec, pod_management_policy),
		.values = policies,
		.value_default = "OrderedReady",
		.doc = "Whether pods are made and taken away one after the other, or all at once." },
	{ .name = "updateStrategy",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct stateful_set_spec, update_strategy),
		.of = &schema_strategy,
		.doc = "How pods are replaced when the template changes." },
	{ .name = "revisionHistoryLimit",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_spec, revision_history_limit),
		.value_default = "10",
		.min = 0,
		.max = INT32_MAX,
		.doc = "How many old templates are kept." },
	{ .name = "minReadySeconds",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_spec, min_ready_seconds),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How long a new pod must have been ready to count as available." },
	{ .name = "persistentVolumeClaimRetentionPolicy",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct stateful_set_spec, claim_retention),
		.of = &schema_retention,
		.doc = "When claims are deleted; never where not given." },
	{ .name = "ordinals",
		.kind = FIELD_STRUCT,
		.offset = offsetof(struct stateful_set_spec, ordinals),
		.of = &schema_ordinals,
		.doc = "How pods are numbered; from 0 where not given." },
};

/* The names of the claims, wherever they can be read. */
static void spec_before(struct decode *d, const struct value *v)
{
	const struct value *list = value_get(v, "volumeClaimTemplates");
	if (!list || list->type != VALUE_LIST)
		return;
	d->claims.items = arena_array(d->arena, list->list.count + 1, sizeof(d->claims.items[0]));
	d->claims.count = 0;
	for (size_t i = 0; i < list->list.count; i++) {
		const char *name = value_get_string(value_get(list->list.items[i], "metadata"), "name");
		if (name)
			d->claims.items[d->claims.count++] = name;
	}
}

static void check_claims(struct decode *d, const struct stateful_set_spec *s, const struct value *v)
{
	_cleanup_(map_done) struct map names = { 0 };
	for (size_t i = 0; i < s->volume_claim_templates.count; i++) {
		struct claim *c = &s->volume_claim_templates.items[i];
		const char *path = check_path(d, "volumeClaimTemplates[%zu].metadata.name", i);
		const char *wrong = c->meta.name ? rule_dns_label(d->arena, c->meta.name) : "is required";
		if (wrong)
			check_error(d, v, path, "%s", wrong);
		else if (map_put(&names, c->meta.name, c))
			check_error(d, v, path, "`%s` is used twice", c->meta.name);
	}
}

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct stateful_set_spec *s = object;
	workload_check_selector(d, v, s->selector, &s->template);
	workload_check_restarts(d, v, &s->template.spec);
	check_claims(d, s, v);
	d->claims = (struct strings){ 0 };
}

static void spec_check_partial(struct decode *d, const void *object, const struct value *v)
{
	const struct stateful_set_spec *s = object;
	workload_check_partial(d, v, s->selector, &s->template);
	d->claims = (struct strings){ 0 };
}

static const struct schema schema_spec = {
	.name = "StatefulSetSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct stateful_set_spec),
	.before = spec_before,
	.check = spec_check,
	.check_partial = spec_check_partial,
	.doc = "How many pods, what they look like, what they claim, and how they are replaced.",
};

/* --- status -------------------------------------------------------------------------------------------- */

static const struct field status_fields[] = {
	{ .name = "observedGeneration",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_status, observed_generation),
		.doc = "The generation that the status was found for." },
	{ .name = "replicas",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct stateful_set_status, replicas),
		.doc = "How many pods there are." },
	{ .name = "readyReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_status, ready_replicas),
		.doc = "How many of them are ready." },
	{ .name = "currentReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_status, current_replicas),
		.doc = "How many of them are of currentRevision." },
	{ .name = "updatedReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_status, updated_replicas),
		.doc = "How many of them are of updateRevision." },
	{ .name = "availableReplicas",
		.kind = FIELD_INT,
		.offset = offsetof(struct stateful_set_status, available_replicas),
		.doc = "How many of them have been ready for minReadySeconds." },
	{ .name = "currentRevision",
		.kind = FIELD_STRING,
		.offset = offsetof(struct stateful_set_status, current_revision),
		.doc = "The template that is being replaced." },
	{ .name = "updateRevision",
		.kind = FIELD_STRING,
		.offset = offsetof(struct stateful_set_status, update_revision),
		.doc = "The template that takes its place." },
	{ .name = "collisionCount",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct stateful_set_status, collision_count),
		.doc = "How often a revision's name was taken already." },
	{ .name = "conditions",
		.kind = FIELD_STRUCTS,
		.offset = offsetof(struct stateful_set_status, conditions),
		.of = &schema_condition,
		.list_key = "type",
		.doc = "What else is to be said of it." },
};

static const struct schema schema_status = {
	.name = "StatefulSetStatus",
	FIELDS(status_fields),
	.size = sizeof(struct stateful_set_status),
	.doc = "How a StatefulSet is.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "apps/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "StatefulSet." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct stateful_set, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct stateful_set, spec),
		.of = &schema_spec,
		.doc = "How many pods, what they look like, what they claim, and how they are replaced." },
	{ .name = "status",
		.kind = FIELD_EMBED,
		.flags = FIELD_SERVER_SET,
		.offset = offsetof(struct stateful_set, status),
		.of = &schema_status,
		.doc = "How the StatefulSet is." },
};

const struct schema schema_stateful_set = {
	.name = "StatefulSet",
	FIELDS(fields),
	.size = sizeof(struct stateful_set),
	.doc = "Pods with numbers, each with a name and volumes of its own that outlive it.",
};
