/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * LimitRanges at work: what a template lacks, each pod gets when it is made. A set's pods share one revision with the
 * defaults, made anew when LimitRanges change; pods that are there stay as they are.
 */
#include <string.h>

#include "lib/base/str.h"
#include "reconciler/limits.h"
#include "reconciler/world.h"
#include "reconciler/world_internal.h"

static bool same_limits(const struct world *w, struct object *const *ranges, size_t count)
{
	if (w->limits.count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (object_cmp(w->limits.items[i], ranges[i]) != 0 ||
			memcmp(w->limits.items[i]->hash, ranges[i]->hash, sizeof(ranges[i]->hash)) != 0)
			return false;
	return true;
}

void world_take_limits(struct world *w, struct object *const *ranges, size_t count)
{
	struct objects list = { 0 };

	if (same_limits(w, ranges, count))
		return;
	for (size_t i = 0; i < count; i++)
		objects_add(&list, object_ref(ranges[i]));
	objects_done(&w->limits);
	w->limits = list;
	w->limits_version++;
}

/* They are sorted by namespace. */
static struct limit_ranges ranges_of(const struct world *w, const char *namespace)
{
	struct limit_ranges r = { 0 };

	for (size_t i = 0; i < w->limits.count; i++) {
		if (!str_eq(w->limits.items[i]->meta->namespace, namespace))
			continue;
		if (r.count++ == 0)
			r.items = &w->limits.items[i];
	}
	return r;
}

const struct pod_spec *world_limit(
	const struct world *w, const char *namespace, struct arena *arena, const struct pod_spec *spec)
{
	const struct limit_ranges ranges = ranges_of(w, namespace);

	return limits_apply(arena, &ranges, spec);
}

struct pod_spec world_admit(
	const struct world *w, const char *namespace, struct arena *arena, const struct pod_spec *spec)
{
	const struct limit_ranges ranges = ranges_of(w, namespace);

	return *limits_apply(arena, &ranges, spec);
}

/* A reference; S's own revision where nothing is missing in it. */
static struct world_revision *admit(const struct world *w, const struct world_set *s)
{
	const struct limit_ranges ranges = ranges_of(w, s->o.namespace);
	struct pod_template template = s->revision->template;
	struct object *holder = s->revision->holder;
	const struct pod_spec *spec = limits_apply(holder->arena, &ranges, &s->revision->template.spec);

	if (spec == &s->revision->template.spec)
		return world_revision_ref(s->revision);
	template.spec = *spec;
	return world_revision_new(holder, s->o.namespace, &template);
}

struct world_revision *world_set_admitted(struct world *w, struct world_set *s)
{
	if (!s->admitted || s->admitted_version != w->limits_version) {
		world_revision_unref(s->admitted);
		s->admitted = admit(w, s);
		s->admitted_version = w->limits_version;
	}
	return world_revision_ref(s->admitted);
}
