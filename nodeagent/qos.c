/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Only cpu and memory count, and zero counts as unset. */
#include "nodeagent/qos.h"

#include "lib/base/str.h"

struct qos_seen {
	bool any, not_guaranteed;
};

static const struct quantity *positive(const struct quantity_map *m, const char *key)
{
	const struct quantity *q = quantity_map_get(m, key);

	return q && q->nano > 0 ? q : NULL;
}

static void container_look(const struct container *c, struct qos_seen *seen)
{
	static const char *const keys[] = { "cpu", "memory" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct quantity *limit = positive(&c->resources.limits, keys[i]);
		const struct quantity *request = positive(&c->resources.requests, keys[i]);

		if (limit || request)
			seen->any = true;
		if (!limit || (request && quantity_cmp(limit, request) != 0))
			seen->not_guaranteed = true;
	}
}

const char *qos_class(const struct pod_spec *spec)
{
	struct qos_seen seen = { 0 };

	for (size_t i = 0; i < spec->containers.count; i++)
		container_look(&spec->containers.items[i], &seen);
	for (size_t i = 0; i < spec->init_containers.count; i++)
		container_look(&spec->init_containers.items[i], &seen);
	if (!seen.any)
		return "BestEffort";
	return seen.not_guaranteed ? "Burstable" : "Guaranteed";
}
