/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sched/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

void scene_done(struct scene *w)
{
	while (w->place_count > 0)
		scene_remove_place(w, w->places[w->place_count - 1]);
	while (w->being_count > 0)
		scene_remove_being(w, w->beings[w->being_count - 1]);
	for (size_t i = 0; i < w->object_count; i++)
		object_unref(w->objects[i]);
	free(w->places);
	free(w->beings);
	free(w->objects);
	free(w->assumed);
	*w = (struct scene){ 0 };
}

/* --- nodes ------------------------------------------------------------------------------------------------- */

struct place *scene_place(const struct scene *w, const char *name)
{
	for (size_t i = 0; i < w->place_count; i++)
		if (str_eq(w->places[i]->name, name))
			return w->places[i];
	return NULL;
}

static struct place *new_place(struct scene *w, const char *name)
{
	struct place *p = xcalloc(1, sizeof(*p));
	size_t at = w->place_count;

	snprintf(p->name, sizeof(p->name), "%s", name);
	w->places = grow(w->places, &w->place_cap, w->place_count + 1, sizeof(struct place *));
	while (at > 0 && strcmp(w->places[at - 1]->name, name) > 0) {
		w->places[at] = w->places[at - 1];
		at--;
	}
	w->places[at] = p;
	w->place_count++;
	return p;
}

void scene_set_place(struct scene *w, struct object *node)
{
	struct place *p = scene_place(w, node->meta->name);

	if (!p)
		p = new_place(w, node->meta->name);
	object_unref(p->object);
	p->object = node;
	p->node = object_node(node);
}

void scene_remove_place(struct scene *w, struct place *p)
{
	size_t at = 0;

	for (size_t i = w->being_count; i-- > 0;) {
		if (w->beings[i]->nominated == p)
			w->beings[i]->nominated = NULL;
		if (w->beings[i]->on == p)
			scene_remove_being(w, w->beings[i]);
	}
	while (w->places[at] != p)
		at++;
	memmove(&w->places[at], &w->places[at + 1], (w->place_count - at - 1) * sizeof(struct place *));
	w->place_count--;
	object_unref(p->object);
	free(p);
}

/* --- what pods refer to ------------------------------------------------------------------------------------- */

static size_t find_object(const struct scene *w, enum kind_id kind, const char *namespace, const char *name)
{
	size_t i;

	for (i = 0; i < w->object_count; i++) {
		const struct object *o = w->objects[i];

		if (o->kind->id == kind && str_eq(o->meta->name, name) &&
			str_eq(o->meta->namespace, namespace))
			break;
	}
	return i;
}

void scene_set_object(struct scene *w, struct object *o)
{
	size_t i = find_object(w, o->kind->id, o->meta->namespace, o->meta->name);

	if (i < w->object_count) {
		object_unref(w->objects[i]);
		w->objects[i] = o;
		return;
	}
	w->objects = grow(w->objects, &w->object_cap, w->object_count + 1, sizeof(struct object *));
	w->objects[w->object_count++] = o;
}

void scene_remove_object(struct scene *w, enum kind_id kind, const char *namespace, const char *name)
{
	size_t i = find_object(w, kind, namespace, name);

	if (i == w->object_count)
		return;
	object_unref(w->objects[i]);
	w->objects[i] = w->objects[--w->object_count];
}

const struct object *scene_object(
	const struct scene *w, enum kind_id kind, const char *namespace, const char *name)
{
	size_t i = find_object(w, kind, namespace, name);

	return i < w->object_count ? w->objects[i] : NULL;
}

/* --- pods --------------------------------------------------------------------------------------------------- */

struct being *scene_new_being(struct scene *w, uint32_t seq, const struct kin *kin)
{
	struct being *b = xcalloc(1, sizeof(*b));

	b->seq = seq;
	b->kin = kin;
	b->deadline = NSEC_NEVER;
	snprintf(b->name, sizeof(b->name), "p%u", seq);
	snprintf(b->key, sizeof(b->key), "%s/%s", kin->namespace, b->name);
	w->beings = grow(w->beings, &w->being_cap, w->being_count + 1, sizeof(struct being *));
	w->beings[w->being_count++] = b;
	return b;
}

struct being *scene_being(const struct scene *w, uint32_t seq)
{
	for (size_t i = 0; i < w->being_count; i++)
		if (w->beings[i]->seq == seq)
			return w->beings[i];
	return NULL;
}

void scene_put(struct being *b, struct place *on)
{
	b->on = on;
	b->next_on = on->beings;
	on->beings = b;
}

void scene_lift(struct being *b)
{
	struct being **link;

	if (!b->on)
		return;
	for (link = &b->on->beings; *link != b;)
		link = &(*link)->next_on;
	*link = b->next_on;
	b->on = NULL;
}

static bool same_gang(const struct being *a, const struct being *b)
{
	return a->gang && b->gang && str_eq(a->gang, b->gang) && str_eq(a->kin->namespace, b->kin->namespace);
}

bool scene_book(const struct scene *w, const struct being *b)
{
	bool any = false;

	for (size_t i = 0; i < w->being_count; i++) {
		struct being *o = w->beings[i];

		if (o == b || o->on || !o->nominated || o->priority < b->level || same_gang(o, b))
			continue;
		scene_put(o, o->nominated);
		o->booked = any = true;
	}
	return any;
}

void scene_unbook(const struct scene *w)
{
	for (size_t i = 0; i < w->being_count; i++)
		if (w->beings[i]->booked) {
			scene_lift(w->beings[i]);
			w->beings[i]->booked = false;
		}
}

void scene_remove_being(struct scene *w, struct being *b)
{
	size_t at = 0;

	scene_lift(b);
	while (w->beings[at] != b)
		at++;
	memmove(&w->beings[at], &w->beings[at + 1], (w->being_count - at - 1) * sizeof(struct being *));
	w->being_count--;
	free(b);
}
