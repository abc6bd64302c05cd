/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The guard before deletions, as pintled asks it: what is in force is what the world has of git, which is also right where
 * the commit in force can't be loaded any more, or is read otherwise than it was.
 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/pintled_internal.h"
#include "reconciler/prune_confirm.h"

/* What is in force, of git. */
struct in_force {
	struct object **objects; /* borrowed */
	size_t count;
	bool owned; /* the list */
};

static void in_force_done(struct in_force *f)
{
	if (f->owned)
		free(f->objects);
}

static struct in_force of_world(const struct world *w)
{
	struct world_entry_list all = world_entries(w);
	struct in_force f = { .objects = xcalloc(all.count + 1, sizeof(f.objects[0])), .owned = true };

	for (size_t i = 0; i < all.count; i++) {
		const struct world_object *o = all.items[i];

		if (o->origin && !o->origin->left)
			f.objects[f.count++] = o->origin->object;
	}
	free(all.items);
	return f;
}

static struct in_force find_in_force(const struct pintled *p)
{
	const struct snapshot *s = p->next ? p->next : p->snapshot;

	if (!s)
		return of_world(&p->world);
	return (struct in_force){ .objects = s->objects, .count = s->object_count };
}

/* The one in force; it may have left git, and stayed. */
const struct cluster *pintled_cluster(const struct pintled *p)
{
	const struct cluster *c = p->next ? snapshot_cluster(p->next) : NULL;
	const struct world_object *o = world_find(&p->world, KIND_CLUSTER, NULL, "cluster");

	return c ? c : o && o->origin ? object_cluster(o->origin->object) : NULL;
}

void pintled_set_interval(struct pintled *p)
{
	const struct cluster *c = pintled_cluster(p);
	const struct opt_int *seconds = c ? &c->spec.sync.interval_seconds : NULL;

	source_set_interval(p->source,
		seconds && seconds->set ? seconds->value * NSEC_PER_SEC : p->home->config.interval);
}

bool pintled_guards(struct pintled *p, const struct snapshot *s, const struct oid *commit, struct buf *why)
{
	_cleanup_(in_force_done) struct in_force f = find_in_force(p);
	struct prune_question q = {
		.before = f.objects,
		.before_count = f.count,
		.after = s,
		.max_percent = prune_max_percent(pintled_cluster(p)),
		.repo = commit ? source_repo(p->source) : NULL,
		.subpath = p->home->config.path,
	};

	if (commit)
		q.commit = *commit;
	oid_parse(p->sync.in_force, &q.in_force);
	if (!prune_must_wait(&q, why))
		return false;
	buf_adds(why, ". What is in force stays so. ");
	prune_add_remedy(why);
	return true;
}
