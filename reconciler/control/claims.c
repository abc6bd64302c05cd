/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

static const struct stateful_set_spec *spec_of(const struct world_stateful_set *s)
{
	return &object_stateful_set(s->r.set.o.origin->object)->spec;
}

/* "www-web-0". */
static char *claim_name(const struct world_stateful_set *s, size_t i, int64_t ordinal)
{
	return xasprintf("%s-%s-%" PRId64, spec_of(s)->volume_claim_templates.items[i].meta.name,
		s->r.set.o.name, ordinal);
}

static struct world_claim *find_claim(
	const struct control *c, const struct world_stateful_set *s, size_t i, int64_t ordinal)
{
	_cleanup_(freep) char *name = claim_name(s, i, ordinal);
	struct world_object *o = world_find(c->world, KIND_CLAIM, s->r.set.o.namespace, name);

	return o ? world_claim(o) : NULL;
}

/* --- making -------------------------------------------------------------------------------------------- */

/* The template's labels, and what the set selects by, which counts. */
static struct string_map labels_of(
	struct arena *a, const struct stateful_set_spec *spec, const struct claim *template)
{
	const struct string_map *own = &template->meta.labels, *set = &spec->selector->match_labels;
	struct string_map m = { .items = arena_array(a, own->count + set->count + 1, sizeof(m.items[0])) };
	size_t i = 0, k = 0;

	while (i < own->count || k < set->count) {
		int order = i == own->count   ? 1
			    : k == set->count ? -1
					      : strcmp(own->items[i].key, set->items[k].key);

		m.items[m.count++] = order < 0 ? own->items[i] : set->items[k];
		i += order <= 0;
		k += order >= 0;
	}
	if (m.count == 0)
		m.items = NULL;
	return m;
}

/* A claim that owns all it says: by way of its text. */
static struct object *claim_object(
	const struct world_stateful_set *s, const struct claim *template, const char *name)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct claim body = { .meta = { .name = name, .namespace = s->r.set.o.namespace },
		.spec = template->spec };
	struct object shell = { .kind = &kinds[KIND_CLAIM], .meta = &body.meta, .body = &body };
	struct object *ret = NULL;

	body.meta.labels = labels_of(arena, spec_of(s), template);
	body.meta.annotations = template->meta.annotations;
	object_write_json(&json, &shell, 0, NULL);
	return object_load_json(text.data, text.len, &ret, NULL) < 0 ? NULL : ret;
}

static void make(struct control *c, struct world_stateful_set *s, size_t i, int64_t ordinal)
{
	const struct claim *template = &spec_of(s)->volume_claim_templates.items[i];
	_cleanup_(freep) char *name = claim_name(s, i, ordinal);
	struct object *made = claim_object(s, template, name);
	struct world_object *o;

	if (!made)
		return;
	o = world_add(c->world, KIND_CLAIM, s->r.set.o.namespace, name, NULL, c->now);
	world_claim(o)->made = made;
	if (str_eq(spec_of(s)->claim_retention.when_deleted, "Delete"))
		world_claim_own(world_claim(o), &s->r.set.o);
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	control_event(c, &s->r.set.o, "Normal", "SuccessfulCreate",
		"create Claim %s Pod %s-%" PRId64 " in StatefulSet %s success", name, s->r.set.o.name,
		ordinal, s->r.set.o.name);
	world_touch(c->world, o);
}

void claims_make(struct control *c, struct world_stateful_set *s, int64_t ordinal)
{
	for (size_t i = 0; i < spec_of(s)->volume_claim_templates.count; i++)
		if (!find_claim(c, s, i, ordinal))
			make(c, s, i, ordinal);
}

/* --- owning -------------------------------------------------------------------------------------------- */

static void own(struct control *c, struct world_claim *claim, struct world_object *owner)
{
	if (str_eq(claim->owner_uid, owner ? owner->uid : ""))
		return;
	world_claim_own(claim, owner);
	world_touch(c->world, &claim->o);
}

void claims_own(struct control *c, struct world_stateful_set *s, struct world_pod *p, bool condemned)
{
	const struct claim_retention *policy = &spec_of(s)->claim_retention;
	struct world_object *owner = str_eq(policy->when_deleted, "Delete") ? &s->r.set.o : NULL;

	if (condemned && str_eq(policy->when_scaled, "Delete"))
		owner = &p->o;
	for (size_t i = 0; i < spec_of(s)->volume_claim_templates.count; i++) {
		struct world_claim *claim = find_claim(c, s, i, p->ordinal);

		if (claim && !claim->o.origin)
			own(c, claim, owner);
	}
}

/* --- going --------------------------------------------------------------------------------------------- */

static bool goes_with(const struct world_claim *claim, const struct world_object *owner)
{
	return !claim->o.origin && str_eq(claim->owner_uid, owner->uid);
}

/* Sorted, as all that a plan says. */
void claims_go_with(struct control *c, const struct world_object *owner)
{
	const struct world_list *all = &c->world->of_kind[KIND_CLAIM];
	_cleanup_(freep) struct world_object **list = xcalloc(all->count, sizeof(list[0]));
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		if (goes_with(world_claim(all->items[i]), owner))
			list[count++] = all->items[i];
	if (count > 1)
		qsort(list, count, sizeof(list[0]), world_object_cmp);
	for (size_t i = 0; i < count; i++) {
		plan_step(
			c->plan, PLAN_DELETE, list[i], "it goes with %s %s", owner->kind->name, owner->name);
		world_drop(c->world, list[i]);
	}
}

void claims_set_goes(struct control *c, struct world_stateful_set *s)
{
	if (spec_of(s)->volume_claim_templates.count == 0)
		return;
	for (size_t i = 0; i < s->r.set.pods.count; i++) {
		struct world_pod *p = s->r.set.pods.items[i];

		for (size_t k = 0; k < spec_of(s)->volume_claim_templates.count; k++) {
			struct world_claim *claim = find_claim(c, s, k, p->ordinal);

			if (claim && goes_with(claim, &s->r.set.o))
				own(c, claim, &p->o);
		}
	}
	claims_go_with(c, &s->r.set.o);
}
