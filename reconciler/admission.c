/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/admission.h"

#include "lib/base/map.h"
#include "reconciler/limits.h"
#include "reconciler/quota.h"

struct admission {
	const struct snapshot *now, *in_force;
	struct map namespaces; /* in which something changed; the value is not NULL */
	struct map limited;    /* in which a LimitRange changed */
	struct diags *diags;
};

/* The LimitRanges of O's namespace, if there are any. */
static void check_limits(const struct admission *a, const struct object *o)
{
	struct limit_ranges ranges;
	struct object **items = snapshot_kind_in(a->now, KIND_LIMIT_RANGE, o->meta->namespace, &ranges.count);

	ranges.items = items;
	limits_check(&ranges, o, a->diags);
}

static void look_at(struct admission *a, const struct object *o)
{
	if (!o->kind->namespaced || snapshot_holds(a->in_force, o))
		return;
	map_put(&a->namespaces, o->meta->namespace, a);
	if (o->kind->id == KIND_LIMIT_RANGE)
		map_put(&a->limited, o->meta->namespace, a);
	check_limits(a, o);
}

/* Pods and claims that are there keep what they have; what others make is made anew now and then. */
static void check_namespace(const struct admission *a, const char *ns)
{
	for (int id = 0; id < KIND_COUNT; id++) {
		size_t count = 0;
		struct object **objects = NULL;

		if (kinds[id].workload && id != KIND_POD)
			objects = snapshot_kind_in(a->now, (enum kind_id)id, ns, &count);
		for (size_t i = 0; i < count; i++)
			if (snapshot_holds(a->in_force, objects[i]))
				check_limits(a, objects[i]);
	}
}

void admission_check(const struct snapshot *now, const struct snapshot *in_force,
	const struct snapshot_change *changes, size_t count, struct diags *diags)
{
	struct admission a = { .now = now, .in_force = in_force, .diags = diags };
	size_t ranges, quotas;

	/* Most repositories have neither. */
	snapshot_kind(now, KIND_LIMIT_RANGE, &ranges);
	snapshot_kind(now, KIND_RESOURCE_QUOTA, &quotas);
	if (ranges == 0 && quotas == 0)
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; changes[i].manifest && k < changes[i].manifest->objects.count; k++)
			look_at(&a, changes[i].manifest->objects.items[k]);
	for (size_t i = 0; i < a.limited.count; i++)
		check_namespace(&a, a.limited.entries[i].key);
	for (size_t i = 0; i < a.namespaces.count; i++)
		quota_check(now, in_force, a.namespaces.entries[i].key, diags);
	map_done(&a.namespaces);
	map_done(&a.limited);
}
