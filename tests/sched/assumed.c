/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What is assumed of the claims of pods that are there: sched/volume.h has the rules. Nobody's claim is unbound for the time of a question. */
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sched/rules_volumes.h"

static bool is_here(const struct being *b)
{
	return b->on && !b->booked;
}

static void note(
	struct scene *w, const struct need *n, const struct persistent_volume *v, const struct place *p)
{
	struct assumed *a;

	w->assumed = grow(w->assumed, &w->assumed_cap, w->assumed_count + 1, sizeof(w->assumed[0]));
	a = &w->assumed[w->assumed_count++];
	*a = (struct assumed){ .of = n->of };
	snprintf(a->namespace, sizeof(a->namespace), "%s", n->namespace);
	snprintf(a->claim, sizeof(a->claim), "%s", n->name);
	snprintf(a->place, sizeof(a->place), "%s", p->name);
	snprintf(a->volume, sizeof(a->volume), "%s", v ? v->meta.name : "");
}

void volumes_assume(struct scene *w, struct being *b)
{
	struct volume_choice choice;

	b->came = ++w->arrivals;
	/* A pod that couldn't start doesn't bind anything. */
	if (!volumes_possible(w, b))
		return;
	volumes_choose(w, b, b->on, &choice);
	for (size_t i = 0; i < choice.count; i++)
		if (choice.found[i] && !need_assumed(w, &choice.needs[i]))
			note(w, &choice.needs[i], choice.volumes[i], b->on);
}

/* --- no longer ---------------------------------------------------------------------------------------------------------- */

static bool is_used(const struct scene *w, const struct need *n)
{
	for (size_t i = 0; i < w->being_count; i++)
		if (is_here(w->beings[i]) && need_is_of(n, w->beings[i]))
			return true;
	return false;
}

static bool holds(const struct scene *w, const struct assumed *a)
{
	const struct object *o = a->of ? NULL : scene_object(w, KIND_CLAIM, a->namespace, a->claim);
	const struct need n = {
		.name = a->claim, .of = a->of, .namespace = a->namespace, .claim = o ? object_claim(o) : NULL
	};
	const struct persistent_volume *v = need_volume(w, a->volume);

	if (!is_used(w, &n) || (n.claim && !str_empty(n.claim->spec.volume_name)))
		return false;
	if (!a->volume[0])
		return true;
	return v && (a->of || !v->spec.claim_ref || (n.claim && need_is_for(v, &n)));
}

void volumes_forget(struct scene *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->assumed_count; i++)
		if (holds(w, &w->assumed[i]))
			w->assumed[kept++] = w->assumed[i];
	w->assumed_count = kept;
}

/* --- at last ------------------------------------------------------------------------------------------------------------ */

static void settle(struct scene *w, const struct need *n, const struct place *p)
{
	static const struct volume_choice nothing;
	const struct persistent_volume *v;

	if (!need_is_well(n) || !str_empty(n->claim->spec.volume_name) || need_assumed(w, n))
		return;
	if (need_waits(w, n) && volumes_find(w, n, p, &nothing, &v))
		note(w, n, v, p);
}

/* Of the nodes with pods that need N the first by name, or NULL. */
static const struct place *first_with(const struct scene *w, const struct need *n)
{
	for (size_t i = 0; i < w->place_count; i++)
		for (const struct being *b = w->places[i]->beings; b; b = b->next_on)
			if (is_here(b) && need_is_of(n, b))
				return w->places[i];
	return NULL;
}

/* The claim that comes next by namespace and name behind AFTER (NULL: the first); NULL: none. */
static const struct object *next_claim(const struct scene *w, const struct object *after)
{
	const struct object *next = NULL;

	for (size_t i = 0; i < w->object_count; i++) {
		const struct object *o = w->objects[i];

		if (o->kind->id == KIND_CLAIM && (!after || strcmp(o->meta->name, after->meta->name) > 0) &&
			(!next || strcmp(o->meta->name, next->meta->name) < 0))
			next = o;
	}
	return next;
}

static const struct being *next_arrival(const struct scene *w, uint64_t after)
{
	const struct being *next = NULL;

	for (size_t i = 0; i < w->being_count; i++)
		if (is_here(w->beings[i]) && w->beings[i]->came > after &&
			(!next || w->beings[i]->came < next->came))
			next = w->beings[i];
	return next;
}

void volumes_settle(struct scene *w)
{
	const struct being *b = NULL;

	for (const struct object *o = next_claim(w, NULL); o; o = next_claim(w, o)) {
		const struct need n = need_of_object(o);
		const struct place *p = first_with(w, &n);

		if (p)
			settle(w, &n, p);
	}
	while ((b = next_arrival(w, b ? b->came : 0))) {
		struct need needs[NEEDS_MAX];
		size_t count = needs_of(w, b, needs);

		for (size_t i = 0; i < count; i++)
			if (needs[i].of)
				settle(w, &needs[i], b->on);
	}
}
