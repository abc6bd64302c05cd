/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Jobs in the world and in the tree. */
#include "reconciler/world_job.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

/* What Kubernetes adds to the labels of a Job's pods (pkg/registry/batch/job/strategy.go): of its name, or of its UID. */
static const struct {
	const char *key;
	bool name;
} own_labels[] = {
	{ "batch.kubernetes.io/controller-uid", false },
	{ "batch.kubernetes.io/job-name", true },
	{ "controller-uid", false },
	{ "job-name", true },
};

/* --- views ------------------------------------------------------------------------------------------- */

struct world_job *world_job(struct world_object *o)
{
	assert(o->kind->id == KIND_JOB);
	return (struct world_job *)o;
}

const struct job *world_job_object(const struct world_job *j)
{
	assert(j->made || j->set.o.origin);
	return object_job(j->made ? j->made : j->set.o.origin->object);
}

bool world_job_is_indexed(const struct world_job *j)
{
	return str_eq(world_job_object(j)->spec.completion_mode, "Indexed");
}

const struct world_condition *world_job_end(const struct world_job *j)
{
	static const char *const ends[] = { "Complete", "Failed" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const struct world_condition *c = world_condition_get(&j->set.conditions, ends[i]);

		if (c && str_eq(c->status, "True"))
			return c;
	}
	return NULL;
}

void world_job_join(struct world_job *j, struct world_cron_job *cron)
{
	struct world_cron_job *before = j->cron;

	for (size_t i = 0; before && i < before->job_count; i++) {
		if (before->jobs[i] != j)
			continue;
		before->jobs[i] = before->jobs[--before->job_count];
		break;
	}
	j->cron = cron;
	if (!cron)
		return;
	cron->jobs = grow(cron->jobs, &cron->job_cap, cron->job_count + 1, sizeof(cron->jobs[0]));
	cron->jobs[cron->job_count++] = j;
}

void world_job_reset(struct world_job *j)
{
	stored_conditions_done(&j->set.conditions);
	j->set.conditions.count = 0;
	indexes_done(&j->completed);
	indexes_done(&j->failed_indexes);
	j->active = j->succeeded = j->failed = j->terminating = j->set.ready = 0;
	j->started = j->ended = j->failed_at = j->expired = 0;
	j->failures = j->expired_generation = 0;
	j->retry_count = 0;
}

/* --- retries ----------------------------------------------------------------------------------------- */

/* Where INDEX stands, or would. */
static size_t retry_at(const struct world_job *j, int64_t index)
{
	size_t i = 0;

	while (i < j->retry_count && j->retries[i].index < index)
		i++;
	return i;
}

struct job_retry *world_job_retry(struct world_job *j, int64_t index, bool make)
{
	size_t at = retry_at(j, index);

	if (at < j->retry_count && j->retries[at].index == index)
		return &j->retries[at];
	if (!make)
		return NULL;
	j->retries = grow(j->retries, &j->retry_cap, j->retry_count + 1, sizeof(j->retries[0]));
	memmove(&j->retries[at + 1], &j->retries[at], (j->retry_count - at) * sizeof(j->retries[0]));
	j->retry_count++;
	j->retries[at] = (struct job_retry){ .index = index };
	return &j->retries[at];
}

void world_job_retry_remove(struct world_job *j, int64_t index)
{
	size_t at = retry_at(j, index);

	if (at == j->retry_count || j->retries[at].index != index)
		return;
	j->retry_count--;
	memmove(&j->retries[at], &j->retries[at + 1], (j->retry_count - at) * sizeof(j->retries[0]));
}

/* --- from the tree ----------------------------------------------------------------------------------- */

/* "3 at 2026-01-02T03:04:05Z". */
static int64_t note_of(const struct object *from, const char *key, nsec_t *ret_at)
{
	const char *text = string_map_get(&from->meta->annotations, key);
	const char *at = text ? strstr(text, " at ") : NULL;

	*ret_at = 0;
	if (!at || time_parse(at + 4, ret_at) < 0)
		return 0;
	return strtoll(text, NULL, 10);
}

/* "3:1:0:1767323045,…": index, failures, ignored failures, the second of the last. */
static void load_retries(struct world_job *j, const char *text)
{
	while (text && *text) {
		struct job_retry r, *made;
		long long at;
		int used = 0;

		if (sscanf(text, "%" SCNd64 ":%" SCNd32 ":%" SCNd32 ":%lld%n", &r.index, &r.failures,
			    &r.ignored, &at, &used) < 4)
			return;
		r.at = at * NSEC_PER_SEC;
		made = world_job_retry(j, r.index, true);
		*made = r;
		text += used;
		text += *text == ',';
	}
}

/* Labels and selector that the tree's copy has beyond its manifest; body_job adds them again. */
static void take_out_own(struct object *from)
{
	struct job *job = from->body;
	struct string_map *labels = &job->spec.template.meta.labels;
	size_t kept = 0;

	if (job->spec.manual_selector.value)
		return;
	job->spec.selector = NULL;
	for (size_t i = 0; i < labels->count; i++) {
		bool own = false;

		for (size_t k = 0; k < ARRAY_LEN(own_labels) && !own; k++)
			own = str_eq(labels->items[i].key, own_labels[k].key);
		if (!own)
			labels->items[kept++] = labels->items[i];
	}
	labels->count = kept;
	if (kept == 0)
		labels->items = NULL;
}

static void load_status(struct world_job *j, const struct job_status *s)
{
	j->active = s->active;
	j->succeeded = s->succeeded;
	j->failed = s->failed;
	j->terminating = s->terminating.value;
	j->set.ready = s->ready.value;
	j->started = s->start_time.value;
	j->ended = s->completion_time.value;
	indexes_parse(&j->completed, s->completed_indexes);
	indexes_parse(&j->failed_indexes, s->failed_indexes);
	stored_load_conditions(&j->set.conditions, &s->conditions);
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *from = &s->conditions.items[i];

		for (size_t k = 0; k < j->set.conditions.count; k++)
			if (str_eq(j->set.conditions.items[k].type, from->type))
				j->set.conditions.items[k].updated = from->last_probe_time.value;
	}
}

static void load_job(struct world *w, struct object *from, struct world_object *o)
{
	struct world_job *j = world_job(o);

	take_out_own(from);
	if (!o->origin)
		j->made = object_ref(from);
	load_status(j, &object_job(from)->status);
	j->failures = note_of(from, WORLD_NOTE_BACKOFF, &j->failed_at);
	j->expired_generation = note_of(from, WORLD_NOTE_EXPIRED, &j->expired);
	load_retries(j, string_map_get(&from->meta->annotations, WORLD_NOTE_RETRIES));
	world_set_revision(
		w, &j->set, world_revision_new(from, o->namespace, &object_job(from)->spec.template));
}

static void link_job(struct world *w, struct world_object *o)
{
	struct world_job *j = world_job(o);
	struct world_object *owner = j->made ? stored_owner(w, j->made->meta, KIND_CRON_JOB, o->namespace)
					     : NULL;

	if (owner)
		world_job_join(j, world_cron_job(owner));
	/* What ended was taken note of in the pass in which it did. */
	j->listed = owner && !world_job_end(j);
}

static void free_job(struct world_object *o)
{
	struct world_job *j = world_job(o);

	world_set_done(&j->set);
	object_unref(j->made);
	indexes_done(&j->completed);
	indexes_done(&j->failed_indexes);
	free(j->retries);
}

/* --- to the tree --------------------------------------------------------------------------------------- */

static const char *note_text(struct world_scratch *s, int64_t n, nsec_t at)
{
	char time[TIME_TEXT_MAX];

	return at > 0 ? arena_printf(s->arena, "%" PRId64 " at %s", n, time_format(at, time)) : NULL;
}

static const char *retries_text(struct world_scratch *s, const struct world_job *j)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < j->retry_count; i++) {
		const struct job_retry *r = &j->retries[i];

		buf_addf(&text, "%s%" PRId64 ":%" PRId32 ":%" PRId32 ":%lld", i > 0 ? "," : "", r->index,
			r->failures, r->ignored, (long long)(r->at / NSEC_PER_SEC));
	}
	return text.len > 0 ? arena_strdup(s->arena, text.data) : NULL;
}

static const char *indexes_text(struct world_scratch *s, const struct indexes *from)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	indexes_format(from, &text);
	return text.len > 0 ? arena_strdup(s->arena, text.data) : NULL;
}

/* The labels of J's pods over LABELS. */
static struct string_map own_labels_over(
	struct world_scratch *s, const struct world_job *j, const struct string_map *labels)
{
	struct string_pair pairs[ARRAY_LEN(own_labels)];

	if (world_job_object(j)->spec.manual_selector.value)
		return *labels;
	for (size_t i = 0; i < ARRAY_LEN(own_labels); i++)
		pairs[i] = (struct string_pair){ own_labels[i].key,
			own_labels[i].name ? j->set.o.name : j->set.o.uid };
	return stored_merge(s->arena, labels, NULL, pairs, ARRAY_LEN(pairs));
}

static struct label_selector *own_selector(struct world_scratch *s, const struct world_job *j)
{
	struct label_selector *sel = arena_alloc(s->arena, sizeof(*sel));
	const struct string_pair pair = { own_labels[0].key, j->set.o.uid };

	sel->match_labels = stored_merge(s->arena, &sel->match_labels, NULL, &pair, 1);
	return sel;
}

/* Job conditions say when they were looked at, not when they were updated. */
static struct conditions job_conditions(struct world_scratch *s, const struct world_job *j)
{
	struct conditions list = stored_conditions(s, &j->set.conditions);

	for (size_t i = 0; i < list.count; i++) {
		list.items[i].last_probe_time = list.items[i].last_update_time;
		list.items[i].last_update_time = (struct opt_int){ 0 };
	}
	return list;
}

static struct job_status job_status(struct world_scratch *s, const struct world_job *j)
{
	const bool looked_at = j->started > 0 || j->set.conditions.count > 0;

	return (struct job_status){
		.conditions = job_conditions(s, j),
		.start_time = stored_instant(j->started),
		.completion_time = stored_instant(j->ended),
		.active = j->active,
		.succeeded = j->succeeded,
		.failed = j->failed,
		.terminating = { .set = looked_at, .value = j->terminating },
		.ready = { .set = looked_at, .value = j->set.ready },
		.completed_indexes = indexes_text(s, &j->completed),
		.failed_indexes = indexes_text(s, &j->failed_indexes),
	};
}

static void *body_job(struct world_scratch *s, const struct world_object *o)
{
	const struct world_job *j = (const struct world_job *)o;
	struct job *b = stored_plain(s, o);
	const struct string_pair notes[] = {
		{ WORLD_NOTE_BACKOFF, note_text(s, j->failures, j->failed_at) },
		{ WORLD_NOTE_RETRIES, retries_text(s, j) },
		{ WORLD_NOTE_EXPIRED, note_text(s, j->expired_generation, j->expired) },
	};

	if (j->made) {
		*b = *object_job(j->made);
		b->meta = stored_meta(o, j->made->meta);
	}
	if (j->cron)
		stored_own_by(&b->meta, s->arena, &j->cron->o);
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, notes, ARRAY_LEN(notes));
	b->spec.template.meta.labels = own_labels_over(s, j, &b->spec.template.meta.labels);
	if (!b->spec.manual_selector.value)
		b->spec.selector = own_selector(s, j);
	b->status = job_status(s, j);
	return b;
}

/* --- pods ------------------------------------------------------------------------------------------------ */

/* JOB_COMPLETION_INDEX in each of LIST's containers, unless one has it from its template. */
static void add_env(struct world_scratch *s, struct containers *list)
{
	struct container *items = arena_array(s->arena, list->count + 1, sizeof(items[0]));

	for (size_t i = 0; i < list->count; i++) {
		struct container *c = &items[i];
		struct env_var *env;
		bool has = false;

		*c = list->items[i];
		for (size_t k = 0; k < c->env.count && !has; k++)
			has = str_eq(c->env.items[k].name, "JOB_COMPLETION_INDEX");
		if (has)
			continue;
		env = arena_array(s->arena, c->env.count + 1, sizeof(env[0]));
		if (c->env.count > 0)
			memcpy(env, c->env.items, c->env.count * sizeof(env[0]));
		env[c->env.count].name = "JOB_COMPLETION_INDEX";
		env[c->env.count].value_from = arena_alloc(s->arena, sizeof(struct env_source));
		env[c->env.count].value_from->field_ref = arena_alloc(s->arena, sizeof(struct field_ref));
		*env[c->env.count].value_from->field_ref = (struct field_ref){ .api_version = "v1",
			.field_path = "metadata.labels['" WORLD_LABEL_JOB_INDEX "']" };
		c->env.items = env;
		c->env.count++;
	}
	list->items = items;
}

/* The identity of the pod of an index (pkg/controller/job/indexed_job_utils.go). */
static void dress_index(
	struct world_scratch *s, const struct world_job *j, const struct world_pod *p, struct pod *b)
{
	const char *index = stored_number(s->arena, p->ordinal);
	const bool per_index = world_job_object(j)->spec.backoff_limit_per_index.set;
	const struct string_pair label = { WORLD_LABEL_JOB_INDEX, index };
	const struct string_pair notes[] = {
		label,
		{ WORLD_NOTE_INDEX_FAILURES, per_index ? stored_number(s->arena, p->failures) : NULL },
		{ WORLD_NOTE_INDEX_IGNORED, p->ignored > 0 ? stored_number(s->arena, p->ignored) : NULL },
	};

	b->meta.labels = stored_merge(s->arena, &b->meta.labels, NULL, &label, 1);
	b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, notes, ARRAY_LEN(notes));
	b->spec.hostname = arena_printf(s->arena, "%s-%s", j->set.o.name, index);
	add_env(s, &b->spec.init_containers);
	add_env(s, &b->spec.containers);
}

static void dress_pod(struct world_scratch *s, const struct world_pod *p, struct pod *b)
{
	const struct world_job *j = (const struct world_job *)p->set;
	struct strings *finalizers = &b->meta.finalizers;

	b->meta.labels = own_labels_over(s, j, &b->meta.labels);
	if (world_job_is_indexed(j))
		dress_index(s, j, p, b);
	if (p->counted)
		return;
	finalizers->items = arena_array(s->arena, 1, sizeof(finalizers->items[0]));
	finalizers->items[0] = WORLD_JOB_TRACKING;
	finalizers->count = 1;
}

static void undress_pod(struct world_pod *p, const struct pod *stored)
{
	p->ordinal = (int32_t)stored_note_int(&stored->meta, WORLD_LABEL_JOB_INDEX, 0);
	p->failures = (int32_t)stored_note_int(&stored->meta, WORLD_NOTE_INDEX_FAILURES, 0);
	p->ignored = (int32_t)stored_note_int(&stored->meta, WORLD_NOTE_INDEX_IGNORED, 0);
	p->counted = true;
	for (size_t i = 0; i < stored->meta.finalizers.count; i++)
		if (str_eq(stored->meta.finalizers.items[i], WORLD_JOB_TRACKING))
			p->counted = false;
}

static struct world_revision *pod_revision(struct world *w, struct world_set *s, size_t i)
{
	return i == 0 ? world_set_admitted(w, s) : NULL;
}

const struct world_kind world_kind_job = {
	.size = sizeof(struct world_job),
	.keeps_pods = true,
	.free = free_job,
	.load = load_job,
	.link = link_job,
	.body = body_job,
	.dress = dress_pod,
	.undress = undress_pod,
	.revision = pod_revision,
};
