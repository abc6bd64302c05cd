/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Namespaces, and the ServiceAccount `default` of each:
 *
 *    1  git declares it                        it is there
 *    2  git has something in it                it is there, implied
 *    3  default, kube-system                   are always there
 *    4  git has nothing in it any more         Terminating while what was in it goes; then it goes, in the pass in which the last object does
 *    5  git has something in it before that    it is as if nothing had happened
 *    6  whenever a namespace is there          so is its ServiceAccount default, unless git has one of its own
 */
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

#define ACCOUNT "default"

static bool always_there(const char *name)
{
	return str_eq(name, "default") || str_eq(name, "kube-system");
}

/* --- the account ------------------------------------------------------------------------------------- */

static void make_account(struct control *c, const struct world_object *namespace)
{
	char uid[NAMES_UID];
	struct world_object *o;

	names_uid_within(namespace->uid, "ServiceAccount", ACCOUNT, uid);
	o = world_add(c->world, KIND_SERVICE_ACCOUNT, namespace->name, ACCOUNT, uid, c->now);
	if (!o)
		return;
	o->generation = 1;
	world_touch(c->world, o);
}

void control_account_drop(struct control *c, struct world_object *o)
{
	if (!str_eq(o->name, ACCOUNT)) {
		world_drop(c->world, o);
		return;
	}
	o->origin = world_origin_free(o->origin);
	world_touch(c->world, o);
}

/* --- coming ---------------------------------------------------------------------------------------------- */

void control_namespace_use(struct control *c, const char *namespace)
{
	struct world_object *o = world_add(c->world, KIND_NAMESPACE, NULL, namespace, NULL, c->now);

	if (!o)
		return;
	o->generation = 1;
	plan_step(c->plan, PLAN_CREATE, o, "implied by what is in it");
	world_touch(c->world, o);
	make_account(c, o);
}

/* What is in a namespace keeps it; the account that each has doesn't. */
static bool is_used(const struct world *w, const char *name)
{
	const struct world_space *s = world_space(w, name);
	const struct world_object *account = world_find(w, KIND_SERVICE_ACCOUNT, name, ACCOUNT);

	return s && s->users > (account && !account->origin ? 1 : 0);
}

static void make_used(struct control *c)
{
	struct map_entry *spaces = map_sorted(&c->world->spaces);
	size_t count = c->world->spaces.count;

	for (size_t i = 0; i < count; i++)
		if (is_used(c->world, spaces[i].key))
			control_namespace_use(c, spaces[i].key);
	free(spaces);
}

/* --- going ------------------------------------------------------------------------------------------------ */

static bool is_declared_in(const struct snapshot *s, const char *namespace)
{
	for (size_t i = 0; i < s->object_count; i++)
		if (str_eq(s->objects[i]->meta->namespace, namespace))
			return true;
	return false;
}

/* Cases 4 and 5. */
static void mark(struct control *c, struct world_object *o, bool leaves)
{
	if (leaves == (o->deleting != 0))
		return;
	o->deleting = leaves ? c->now : 0;
	world_touch(c->world, o);
}

static void drop(struct control *c, struct world_object *o)
{
	struct world_object *account = world_find(c->world, KIND_SERVICE_ACCOUNT, o->name, ACCOUNT);

	plan_step(c->plan, PLAN_DELETE, o, "nothing is in it any more");
	if (account)
		world_drop(c->world, account);
	world_drop(c->world, o);
}

void control_namespaces_settle(struct control *c)
{
	struct world_entry_list all;

	if (!c->world->space_emptied)
		return;
	c->world->space_emptied = false;
	all = world_kind_entries(c->world, KIND_NAMESPACE);
	for (size_t i = 0; i < all.count; i++) {
		struct world_object *o = all.items[i];

		if (!o->origin && !always_there(o->name) && !is_used(c->world, o->name))
			drop(c, o);
	}
	free(all.items);
}

void control_namespaces(struct control *c, const struct snapshot *s)
{
	struct world_entry_list all;

	control_namespace_use(c, "default");
	control_namespace_use(c, "kube-system");
	make_used(c);
	all = world_kind_entries(c->world, KIND_NAMESPACE);
	for (size_t i = 0; i < all.count; i++) {
		struct world_object *o = all.items[i];

		make_account(c, o);
		if (s)
			mark(c, o, !o->origin && !always_there(o->name) && !is_declared_in(s, o->name));
	}
	free(all.items);
	c->world->space_emptied = true;
	control_namespaces_settle(c);
}
