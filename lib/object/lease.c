/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of Lease (coordination/v1 validation ValidateLeaseSpec). */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/base/time.h"
#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const char *const strategies[] = { "OldestEmulationVersion", NULL };

static const char *rule_time(struct arena *arena, const char *s)
{
	nsec_t t;
	return time_parse(s, &t) == 0
		       ? NULL
		       : arena_printf(arena, "`%s` is no time such as 2026-01-02T03:04:05.000000Z", s);
}

static const struct field spec_fields[] = {
	{ .name = "holderIdentity",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lease_spec, holder_identity),
		.doc = "Who holds it." },
	{ .name = "leaseDurationSeconds",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct lease_spec, lease_duration_seconds),
		.min = 1,
		.max = INT32_MAX,
		.doc = "For how long it is held from renewTime on." },
	{ .name = "acquireTime",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lease_spec, acquire_time),
		.rule = rule_time,
		.doc = "When the holder took it." },
	{ .name = "renewTime",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lease_spec, renew_time),
		.rule = rule_time,
		.doc = "When the holder last renewed it." },
	{ .name = "leaseTransitions",
		.kind = FIELD_OPT_INT,
		.offset = offsetof(struct lease_spec, lease_transitions),
		.min = 0,
		.max = INT32_MAX,
		.doc = "How often the holder changed." },
	{ .name = "strategy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lease_spec, strategy),
		.values = strategies,
		.doc = "How the holder is chosen." },
	{ .name = "preferredHolder",
		.kind = FIELD_STRING,
		.offset = offsetof(struct lease_spec, preferred_holder),
		.doc = "Who should hold it instead." },
};

static void spec_check(struct decode *d, const void *object, const struct value *v)
{
	const struct lease_spec *s = object;
	if (!str_empty(s->preferred_holder) && str_empty(s->strategy))
		check_error(d, v, "preferredHolder", "needs strategy");
}

static const struct schema schema_lease_spec = {
	.name = "LeaseSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct lease_spec),
	.check = spec_check,
	.doc = "Who holds it, and for how long.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "coordination.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Lease." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct lease, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.offset = offsetof(struct lease, spec),
		.of = &schema_lease_spec,
		.doc = "Who holds it, and for how long." },
};

const struct schema schema_lease = {
	.name = "Lease",
	FIELDS(fields),
	.size = sizeof(struct lease),
	.doc = "Who leads among several programs.",
};
