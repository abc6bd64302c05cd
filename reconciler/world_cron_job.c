/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* CronJobs in the world and in the tree. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"
#include "reconciler/world_job.h"

struct world_cron_job *world_cron_job(struct world_object *o)
{
	assert(o->kind->id == KIND_CRON_JOB);
	return (struct world_cron_job *)o;
}

/* --- clocks ------------------------------------------------------------------------------------------- */

struct world_clocks {
	char *name;
	struct zone *zone;
	bool known;
};

bool world_time_zone(const struct world *w, const char *name, const struct zone **ret)
{
	const struct world_clocks *k = map_get(&w->time_zones, str_or_empty(name));

	*ret = k ? k->zone : NULL;
	/* A host without a zone of its own has UTC. */
	return !name || (k && k->known);
}

bool world_has_time_zone(const struct world *w, const char *name)
{
	return map_has(&w->time_zones, str_or_empty(name));
}

static void clocks_free(struct world_clocks *k)
{
	if (!k)
		return;
	zone_free(k->zone);
	free(k->name);
	free(k);
}

void world_take_time_zone(struct world *w, const char *name, struct zone *z)
{
	struct world_clocks *k = xcalloc(1, sizeof(*k));

	clocks_free(map_remove(&w->time_zones, str_or_empty(name)));
	k->name = xstrdup(str_or_empty(name));
	k->zone = z;
	k->known = z != NULL;
	map_put(&w->time_zones, k->name, k);
}

void world_time_zones_done(struct world *w)
{
	for (size_t i = 0; i < w->time_zones.count; i++)
		clocks_free(w->time_zones.entries[i].value);
	map_done(&w->time_zones);
}

/* --- CronJobs ----------------------------------------------------------------------------------------- */

static void free_cron_job(struct world_object *o)
{
	struct world_cron_job *c = world_cron_job(o);

	free(c->jobs);
	free(c->schedule);
}

/* "2026-01-02T03:04:05Z 0 3 * * *". */
static void load_schedule(struct world_cron_job *c, const char *note)
{
	_cleanup_(freep) char *text = stored_copy(note);
	char *space = text ? strchr(text, ' ') : NULL;

	if (!space)
		return;
	*space = '\0';
	if (time_parse(text, &c->since) == 0)
		c->schedule = xstrdup(space + 1);
}

static void load_cron_job(struct world *w, struct object *from, struct world_object *o)
{
	struct world_cron_job *c = world_cron_job(o);
	const struct cron_job_status *s = &object_cron_job(from)->status;

	(void)w;
	c->last_schedule = s->last_schedule_time.value;
	c->last_success = s->last_successful_time.value;
	load_schedule(c, string_map_get(&from->meta->annotations, WORLD_NOTE_SCHEDULE));
}

static int job_name_cmp(const void *a, const void *b)
{
	const struct world_job *x = *(struct world_job *const *)a, *y = *(struct world_job *const *)b;

	return strcmp(x->set.o.name, y->set.o.name);
}

static void add_active(
	struct world_scratch *s, const struct world_cron_job *c, struct cron_job_status *status)
{
	struct world_job **sorted = arena_array(s->arena, c->job_count + 1, sizeof(sorted[0]));
	size_t count = 0;

	for (size_t i = 0; i < c->job_count; i++)
		if (!world_job_end(c->jobs[i]))
			sorted[count++] = c->jobs[i];
	if (count > 1)
		qsort(sorted, count, sizeof(sorted[0]), job_name_cmp);
	status->active.items = arena_array(s->arena, count + 1, sizeof(status->active.items[0]));
	status->active.count = count;
	for (size_t i = 0; i < count; i++) {
		const struct world_object *o = &sorted[i]->set.o;

		status->active.items[i] = (struct object_reference){ .api_version = o->kind->api_version,
			.kind = o->kind->name,
			.namespace = o->namespace,
			.name = o->name,
			.uid = o->uid };
	}
}

static void *body_cron_job(struct world_scratch *s, const struct world_object *o)
{
	const struct world_cron_job *c = (const struct world_cron_job *)o;
	struct cron_job *b = stored_plain(s, o);
	char time[TIME_TEXT_MAX];
	const struct string_pair schedule = { WORLD_NOTE_SCHEDULE,
		c->schedule ? arena_printf(s->arena, "%s %s", time_format(c->since, time), c->schedule)
			    : NULL };

	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, &schedule, 1);
	b->status = (struct cron_job_status){
		.last_schedule_time = stored_instant(c->last_schedule),
		.last_successful_time = stored_instant(c->last_success),
	};
	add_active(s, c, &b->status);
	return b;
}

const struct world_kind world_kind_cron_job = {
	.size = sizeof(struct world_cron_job),
	.free = free_cron_job,
	.load = load_cron_job,
	.body = body_cron_job,
};
