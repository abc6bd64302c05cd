/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/config_hash.h"

static struct world_controller_revision *find_equal(
	const struct world_roller *r, const struct world_revision *template)
{
	for (size_t i = 0; i < r->history_count; i++)
		if (memcmp(r->history[i]->template->hash, template->hash, sizeof(template->hash)) == 0)
			return r->history[i];
	return NULL;
}

/* Pods of a DaemonSet have the hash as their label, those of a StatefulSet the revision's whole name. */
static const char *label_of(const struct world_roller *r, const struct world_controller_revision *h)
{
	return r->set.o.kind->id == KIND_STATEFUL_SET ? h->o.name : h->hash;
}

static struct world_controller_revision *create(
	struct control *c, struct world_roller *r, struct world_revision *template)
{
	int64_t number = r->update ? r->update->number + 1 : 1;
	char hash[NAMES_HASH], name[NAMES_OBJECT_MAX];
	struct world_controller_revision *h;
	struct world_object *o;

	for (;;) {
		names_template_hash(template->hash, r->collisions, hash);
		names_join(r->set.o.name, hash, name);
		o = world_add(c->world, KIND_CONTROLLER_REVISION, r->set.o.namespace, name, NULL, c->now);
		if (o)
			break;
		r->collisions++;
		world_touch(c->world, &r->set.o);
	}
	h = world_controller_revision(o);
	snprintf(h->hash, sizeof(h->hash), "%s", hash);
	h->number = number;
	h->template = world_revision_ref(template);
	free(template->label);
	template->label = xstrdup(label_of(r, h));
	world_history_join(c->world, h, r);
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	world_touch(c->world, o);
	return h;
}

struct world_controller_revision *history_take(
	struct control *c, struct world_roller *r, const struct pod_template *template)
{
	struct world_revision *now = config_revision(c->world, &r->set.o, template, r->set.revision);
	struct world_controller_revision *h;

	if (now != r->set.revision)
		world_set_revision(c->world, &r->set, now);
	else
		world_revision_unref(now);
	h = find_equal(r, r->set.revision);
	if (!h)
		return create(c, r, r->set.revision);
	if (h != r->update) {
		h->number = r->update ? r->update->number + 1 : h->number;
		r->update = h;
		world_touch(c->world, &h->o);
	}
	return h;
}

bool history_made(const struct world_controller_revision *h, const struct world_pod *p)
{
	/* Mostly they share it. */
	return p->revision == h->admitted || str_eq(h->template->label, p->revision->label);
}

/* --- letting go ----------------------------------------------------------------------------------------- */

static bool is_live(const struct world_roller *r, const struct world_controller_revision *h)
{
	if (h == r->update)
		return true;
	for (size_t i = 0; i < r->set.pods.count; i++)
		if (history_made(h, r->set.pods.items[i]))
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	const struct world_controller_revision *x = *(struct world_controller_revision *const *)a,
					       *y = *(struct world_controller_revision *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->o.name, y->o.name);
}

static void drop(struct control *c, struct world_controller_revision *h, const char *why)
{
	plan_step(c->plan, PLAN_DELETE, &h->o, why ? "%s" : NULL, why);
	world_history_leave(c->world, h);
	world_drop(c->world, &h->o);
}

void history_trim(struct control *c, struct world_roller *r, int64_t limit,
	const struct world_controller_revision *kept)
{
	_cleanup_(freep) struct world_controller_revision **old = NULL;
	size_t count = 0;

	if ((int64_t)r->history_count - 1 <= limit)
		return;
	old = xcalloc(r->history_count, sizeof(old[0]));
	for (size_t i = 0; i < r->history_count; i++)
		if (r->history[i] != kept && !is_live(r, r->history[i]))
			old[count++] = r->history[i];
	if (count > 1)
		qsort(old, count, sizeof(old[0]), by_number);
	for (size_t i = 0; i < count && (int64_t)(count - i) > limit; i++)
		drop(c, old[i], "older than revisionHistoryLimit");
}

void history_drop(struct control *c, struct world_roller *r)
{
	while (r->history_count > 0)
		drop(c, r->history[r->history_count - 1], NULL);
	control_set_drop(c, &r->set);
}
