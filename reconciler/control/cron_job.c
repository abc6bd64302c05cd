/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The CronJob controller. One sync: take note of Jobs that ended; find the last time of the schedule that has not been
 * dealt with; start its Job if nothing is in the way; let go of old Jobs; wake at the next time.
 */
#include "reconciler/control/cron_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/cron.h"
#include "reconciler/control/job.h"

static const struct cron_job_spec *spec_of(const struct world_cron_job *cron)
{
	return &object_cron_job(cron->o.origin->object)->spec;
}

/* --- Jobs that ended ------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct world_job *x = *(struct world_job *const *)a, *y = *(struct world_job *const *)b;

	return strcmp(x->set.o.name, y->set.o.name);
}

static void note_end(struct control *c, struct world_cron_job *cron, struct world_job *j)
{
	const struct world_condition *end = world_job_end(j);

	if (!end)
		return;
	if (j->listed) {
		j->listed = false;
		control_event(c, &cron->o, "Normal", "SawCompletedJob",
			"Saw completed job: %s, condition: %s", j->set.o.name, end->type);
		world_touch(c->world, &cron->o);
	}
	if (j->ended > cron->last_success) {
		cron->last_success = j->ended;
		world_touch(c->world, &cron->o);
	}
}

static void drop_job(struct control *c, struct world_cron_job *cron, struct world_job *j, const char *why)
{
	control_event(c, &cron->o, "Normal", "SuccessfulDelete", "Deleted job %s", j->set.o.name);
	plan_step(c->plan, PLAN_DELETE, &j->set.o, "%s", why);
	control_job_drop(c, j);
	world_touch(c->world, &cron->o);
}

/* By the time they started, and names. */
static int by_start(const void *a, const void *b)
{
	const struct world_job *x = *(struct world_job *const *)a, *y = *(struct world_job *const *)b;

	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return by_name(a, b);
}

/* Of those that ended with condition END no more than LIMIT stay. */
static void limit_history(struct control *c, struct world_cron_job *cron, const char *end, int64_t limit)
{
	_cleanup_(freep) struct world_job **list = xcalloc(cron->job_count, sizeof(list[0]));
	size_t count = 0;

	for (size_t i = 0; i < cron->job_count; i++)
		if (world_job_end(cron->jobs[i]) && str_eq(world_job_end(cron->jobs[i])->type, end))
			list[count++] = cron->jobs[i];
	if (count > 1)
		qsort(list, count, sizeof(list[0]), by_start);
	for (size_t i = 0; i < count && (int64_t)(count - i) > limit; i++)
		drop_job(c, cron, list[i], "older than the history limit");
}

static void sync_jobs(struct control *c, struct world_cron_job *cron)
{
	if (cron->job_count > 1)
		qsort(cron->jobs, cron->job_count, sizeof(cron->jobs[0]), by_name);
	for (size_t i = 0; i < cron->job_count; i++)
		note_end(c, cron, cron->jobs[i]);
}

/* --- starting one ------------------------------------------------------------------------------------------------ */

/* The Job of the time WHEN, with a Job's defaults, as it is written to the tree. */
static struct object *make_object(const struct world_cron_job *cron, const struct zone *zone,
	const char *name, nsec_t when, struct err *err)
{
	struct arena *arena = arena_new(4096);
	const struct job_template *t = &spec_of(cron)->job_template;
	struct job *body = arena_alloc(arena, sizeof(*body));
	const size_t count = t->meta.annotations.count;
	struct string_pair *notes = arena_array(arena, count + 1, sizeof(notes[0]));
	_cleanup_(object_unrefp) struct object *plain = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer out = JSON_WRITER(&text, 0);
	char time[TIME_TEXT_MAX];
	struct object *made;

	if (count > 0)
		memcpy(notes, t->meta.annotations.items, count * sizeof(notes[0]));
	notes[count] = (struct string_pair){ WORLD_NOTE_SCHEDULED,
		arena_strdup(arena, zone_format(zone, when, time)) };
	body->meta.name = name;
	body->meta.namespace = cron->o.namespace;
	body->meta.labels = t->meta.labels;
	body->meta.annotations = (struct string_map){ notes, count + 1 };
	body->spec = t->spec;
	plain = object_new(&kinds[KIND_JOB], arena, body);
	object_write_json(&out, plain, 0, NULL);
	return object_load_json(text.data, text.len, &made, err) < 0 ? NULL : made;
}

static void add_job(struct control *c, struct world_cron_job *cron, const char *name, struct object *made)
{
	struct world_object *o = world_add(c->world, KIND_JOB, cron->o.namespace, name, NULL, c->now);
	struct world_job *j = world_job(o);

	o->generation = 1;
	j->made = made;
	j->listed = true;
	world_job_join(j, cron);
	plan_step(c->plan, PLAN_CREATE, o, NULL);
	world_touch(c->world, o);
	world_dirty(c->world, o);
	control_event(c, &cron->o, "Normal", "SuccessfulCreate", "Created job %s", name);
}

static void deal_with(struct control *c, struct world_cron_job *cron, nsec_t when)
{
	cron->last_schedule = when;
	world_touch(c->world, &cron->o);
}

static void start_job(struct control *c, struct world_cron_job *cron, const struct zone *zone, nsec_t when)
{
	_cleanup_(freep) char *name = xasprintf(
		"%s-%lld", cron->o.name, (long long)(when / NSEC_PER_SEC / 60));
	struct world_object *there = world_find(c->world, KIND_JOB, cron->o.namespace, name);
	struct err err = { 0 };
	struct object *made;

	if (there && world_job(there)->cron == cron) {
		deal_with(c, cron, when);
		return;
	}
	if (there) {
		control_event_once(c, &cron->o, "Warning", "FailedCreate",
			"Error creating job: jobs.batch \"%s\" already exists", name);
		return;
	}
	made = make_object(cron, zone, name, when, &err);
	if (!made) {
		control_event_once(
			c, &cron->o, "Warning", "FailedCreate", "Error creating job: %s", err_text(&err));
		return;
	}
	add_job(c, cron, name, made);
	deal_with(c, cron, when);
}

static bool is_active(const struct world_job *j)
{
	return !world_job_end(j);
}

static size_t active_jobs(const struct world_cron_job *cron)
{
	size_t n = 0;

	for (size_t i = 0; i < cron->job_count; i++)
		n += is_active(cron->jobs[i]);
	return n;
}

static void replace_jobs(struct control *c, struct world_cron_job *cron)
{
	for (size_t i = cron->job_count; i > 0; i--)
		if (is_active(cron->jobs[i - 1]))
			drop_job(c, cron, cron->jobs[i - 1], "another takes its place");
}

static void start(struct control *c, struct world_cron_job *cron, const struct zone *zone, nsec_t when)
{
	const char *policy = spec_of(cron)->concurrency_policy;

	if (str_eq(policy, "Forbid") && active_jobs(cron) > 0) {
		control_event_once(c, &cron->o, "Normal", "JobAlreadyActive",
			"Not starting job because prior execution is running and concurrency policy is "
			"Forbid");
		return;
	}
	if (str_eq(policy, "Replace"))
		replace_jobs(c, cron);
	start_job(c, cron, zone, when);
}

/* --- when ------------------------------------------------------------------------------------------------------------ */

/* Another schedule counts from when it came: what it names before that was never missed. */
static void remember_schedule(struct control *c, struct world_cron_job *cron)
{
	const struct cron_job_spec *s = spec_of(cron);
	_cleanup_(freep) char *text = xasprintf("%s%s%s%s", s->time_zone ? "TZ=" : "",
		str_or_empty(s->time_zone), s->time_zone ? " " : "", s->schedule);

	if (str_eq(cron->schedule, text))
		return;
	cron->since = cron->schedule ? c->now : cron->o.created;
	cron->since -= cron->since % NSEC_PER_SEC;
	free(cron->schedule);
	cron->schedule = TAKE_PTR(text);
	world_touch(c->world, &cron->o);
}

static bool many_missed(const struct cron *times, const struct zone *zone, nsec_t after, nsec_t now)
{
	unsigned n = 0;

	for (nsec_t t = cron_next_in(times, zone, after); t <= now && n <= CRON_MISSED_MANY;
		t = cron_next_in(times, zone, t))
		n++;
	return n > CRON_MISSED_MANY;
}

/* Times up to this one have been dealt with, or never counted. */
static nsec_t dealt_with(const struct world_cron_job *cron)
{
	return cron->last_schedule > cron->since ? cron->last_schedule : cron->since;
}

/* startingDeadlineSeconds; NSEC_NEVER: none. */
static nsec_t latest_start(const struct world_cron_job *cron)
{
	const struct opt_int *s = &spec_of(cron)->starting_deadline_seconds;

	return s->set && s->value < NSEC_NEVER / NSEC_PER_SEC ? s->value * NSEC_PER_SEC : NSEC_NEVER;
}

/* The last time that has come and has not been dealt with; NSEC_NEVER: there is none, or it is too late for it. */
static nsec_t due(
	struct control *c, struct world_cron_job *cron, const struct cron *times, const struct zone *zone)
{
	nsec_t after = dealt_with(cron), last = cron_last_in(times, zone, after, c->now);
	nsec_t late = latest_start(cron);
	char text[TIME_TEXT_MAX];

	if (last == NSEC_NEVER)
		return NSEC_NEVER;
	if (c->now - last > late) {
		control_event_once(c, &cron->o, "Warning", "MissSchedule",
			"Missed scheduled time to start a job: %s", time_format(last, text));
		return NSEC_NEVER;
	}
	if (c->now - after > late)
		after = c->now - late;
	if (many_missed(times, zone, after, c->now))
		control_event_once(c, &cron->o, "Warning", "TooManyMissedTimes",
			"too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check "
			"clock skew");
	return last;
}

/* @every counts from what was dealt with last. */
static nsec_t next_time(
	const struct world_cron_job *cron, const struct cron *times, const struct zone *zone, nsec_t now)
{
	nsec_t after = dealt_with(cron);

	if (times->every == 0)
		return cron_next_in(times, zone, now);
	return cron_next(times, after > now ? after : after + (now - after) / times->every * times->every);
}

static void follow_schedule(struct control *c, struct world_cron_job *cron)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(1024);
	const struct cron_job_spec *s = spec_of(cron);
	const struct zone *zone;
	const char *why = NULL;
	struct cron times;
	nsec_t when;

	remember_schedule(c, cron);
	if (!world_time_zone(c->world, s->time_zone, &zone)) {
		control_event_once(c, &cron->o, "Warning", "UnknownTimeZone",
			"invalid timeZone: \"%s\": the control host's time zone database does not have it",
			s->time_zone);
		return;
	}
	if (s->suspend || cron_parse(arena, s->schedule, &times, &why) < 0)
		return;
	when = due(c, cron, &times, zone);
	if (when != NSEC_NEVER)
		start(c, cron, zone, when);
	when = next_time(cron, &times, zone, c->now);
	if (when != NSEC_NEVER)
		world_wake(c->world, &cron->o, when);
}

/* --- the controller ------------------------------------------------------------------------------------------------------ */

static bool is_held(struct control *c, struct world_cron_job *cron)
{
	const char *held = cron->o.origin->held;

	if (held && control_event_once(c, &cron->o, "Warning", "NotYetSupported",
			    "held as it is: %s is not supported yet", held))
		plan_step(c->plan, PLAN_HOLD, &cron->o, "not supported yet: %s", held);
	return held != NULL;
}

void control_cron_job_sync(struct control *c, struct world_cron_job *cron)
{
	const struct cron_job_spec *s;

	if (!cron->o.origin)
		return;
	s = spec_of(cron);
	sync_jobs(c, cron);
	if (!is_held(c, cron))
		follow_schedule(c, cron);
	limit_history(c, cron, "Complete", s->successful_jobs_history_limit);
	limit_history(c, cron, "Failed", s->failed_jobs_history_limit);
}

void control_cron_job_drop(struct control *c, struct world_cron_job *cron)
{
	while (cron->job_count > 0) {
		struct world_job *j = cron->jobs[cron->job_count - 1];

		plan_step(c->plan, PLAN_DELETE, &j->set.o, NULL);
		control_job_drop(c, j);
	}
	world_drop(c->world, &cron->o);
}
