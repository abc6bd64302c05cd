/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of PriorityClass (scheduling/v1 validation ValidatePriorityClass). */
#include <stddef.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

enum { USER_MAX = 1000000000 };

static const char *const policies[] = { "PreemptLowerPriority", "Never", NULL };

/* The only names that may begin with "system-", and what they are worth. */
static const struct {
	const char *name;
	int64_t value;
} system_classes[] = {
	{ "system-node-critical", 2000001000 },
	{ "system-cluster-critical", 2000000000 },
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "scheduling.k8s.io/v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "PriorityClass." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct priority_class, meta),
		.of = &schema_object_meta,
		.doc = "Name, labels and annotations." },
	{ .name = "value",
		.kind = FIELD_INT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct priority_class, value),
		.min = INT32_MIN,
		.max = INT32_MAX,
		.doc = "The priority of the pods that name the class; more matters more. At most "
		       "1000000000." },
	{ .name = "globalDefault",
		.kind = FIELD_BOOL,
		.offset = offsetof(struct priority_class, global_default),
		.doc = "Whether it is for pods that name no class; one class at most may say so." },
	{ .name = "description",
		.kind = FIELD_STRING,
		.offset = offsetof(struct priority_class, description),
		.doc = "What it is for, in words." },
	{ .name = "preemptionPolicy",
		.kind = FIELD_STRING,
		.offset = offsetof(struct priority_class, preemption_policy),
		.values = policies,
		.value_default = "PreemptLowerPriority",
		.doc = "Whether such pods may push out pods of lower priority." },
};

static void check_system(struct decode *d, const struct priority_class *c, const struct value *v)
{
	for (size_t i = 0; i < ARRAY_LEN(system_classes); i++) {
		if (!str_eq(c->meta.name, system_classes[i].name))
			continue;
		if (c->value != system_classes[i].value)
			check_error(d, v, "value", "must be %lld for %s", (long long)system_classes[i].value,
				c->meta.name);
		if (c->global_default)
			check_error(d, v, "globalDefault", "must be false for %s", c->meta.name);
		return;
	}
	check_error(d, v, "metadata.name",
		"`%s` can't begin with \"system-\": only system-node-critical and system-cluster-critical do",
		c->meta.name);
}

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct priority_class *c = object;
	if (c->meta.name && str_starts(c->meta.name, "system-"))
		check_system(d, c, v);
	else if (c->value > USER_MAX)
		check_error(d, v, "value", "must be at most %d, but is %lld: what is above is the system's",
			USER_MAX, (long long)c->value);
}

const struct schema schema_priority_class = {
	.name = "PriorityClass",
	FIELDS(fields),
	.size = sizeof(struct priority_class),
	.check = check,
	.doc = "A name for how much pods matter.",
};
