/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* How many pods of a Job run, and which (pkg/controller/job/job_controller.go, manageJob). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/job.h"
#include "reconciler/control/set_rank.h"

/* --- counting ------------------------------------------------------------------------------------------------ */

int64_t job_active(const struct world_job *j)
{
	int64_t n = 0;

	for (size_t i = 0; i < j->set.pods.count; i++)
		n += set_pod_active(j->set.pods.items[i]);
	return n;
}

static bool is_terminating(const struct world_pod *p)
{
	return p->o.deleting && p->phase != PHASE_SUCCEEDED && p->phase != PHASE_FAILED;
}

int64_t job_terminating(const struct world_job *j)
{
	int64_t n = 0;

	for (size_t i = 0; i < j->set.pods.count; i++)
		n += is_terminating(j->set.pods.items[i]);
	return n;
}

bool job_is_complete(const struct world_job *j)
{
	const struct job_spec *s = job_spec_of(j);

	return job_active(j) == 0 &&
	       (s->completions.set ? j->succeeded >= s->completions.value : j->succeeded > 0);
}

static struct world_pod **active_pods(const struct world_job *j, size_t *ret_count)
{
	struct world_pod **list = xcalloc(j->set.pods.count, sizeof(list[0]));

	*ret_count = 0;
	for (size_t i = 0; i < j->set.pods.count; i++)
		if (set_pod_active(j->set.pods.items[i]))
			list[(*ret_count)++] = j->set.pods.items[i];
	return list;
}

/* --- removing ------------------------------------------------------------------------------------------------- */

/* A pod and its place in the ranking. */
struct ranked {
	struct world_pod *pod;
	size_t place;
};

static int index_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->pod->ordinal != y->pod->ordinal)
		return x->pod->ordinal < y->pod->ordinal ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* Which places of LIST hold an index that the Job doesn't have, or that one further back has as well. */
static void mark_misfits(const struct world_job *j, struct world_pod **list, size_t count, bool *ret)
{
	_cleanup_(freep) struct ranked *all = xcalloc(count, sizeof(all[0]));

	for (size_t i = 0; i < count; i++)
		all[i] = (struct ranked){ list[i], i };
	if (count > 1)
		qsort(all, count, sizeof(all[0]), index_cmp);
	for (size_t i = 0; i < count; i++) {
		bool again = i + 1 < count && all[i + 1].pod->ordinal == all[i].pod->ordinal;

		ret[all[i].place] = again || all[i].pod->ordinal >= job_spec_of(j)->completions.value;
	}
}

/* Sorts LIST: those that must go in any case, then those whose loss costs least. Returns how many must go. */
static size_t sort_for_removal(
	struct control *c, const struct world_job *j, struct world_pod **list, size_t count)
{
	_cleanup_(freep) struct world_pod **others = xcalloc(count, sizeof(others[0]));
	_cleanup_(freep) bool *misfit = xcalloc(count, sizeof(misfit[0]));
	size_t n = 0, m = 0;

	set_rank(&j->set, list, count, count, c->now);
	if (!world_job_is_indexed(j))
		return 0;
	mark_misfits(j, list, count, misfit);
	for (size_t i = 0; i < count; i++) {
		if (misfit[i])
			list[n++] = list[i];
		else
			others[m++] = list[i];
	}
	for (size_t i = 0; i < m; i++)
		list[n + i] = others[i];
	return n;
}

static void remove_pods(struct control *c, struct world_job *j, struct world_pod **list, size_t count)
{
	if (count == 0)
		return;
	set_say_pods(c, &j->set, "SuccessfulDelete", "Deleted", count, list[0]->o.name);
	for (size_t i = 0; i < count; i++)
		pod_delete(c, list[i], NULL);
}

void job_stop(struct control *c, struct world_job *j, bool as_failed)
{
	size_t count;
	_cleanup_(freep) struct world_pod **list = active_pods(j, &count);

	sort_for_removal(c, j, list, count);
	for (size_t i = 0; i < count; i++) {
		if (as_failed)
			job_count_as_failed(c, j, list[i]);
		else
			job_count_as_nothing(c, list[i]);
	}
	remove_pods(c, j, list, count);
}

/* Returns whether any went: a sync removes pods, or makes some. */
static bool remove_surplus(struct control *c, struct world_job *j, int64_t want)
{
	size_t count, surplus;
	_cleanup_(freep) struct world_pod **list = active_pods(j, &count);

	surplus = sort_for_removal(c, j, list, count);
	if ((int64_t)count - want > (int64_t)surplus)
		surplus = (size_t)((int64_t)count - want);
	if (surplus == 0)
		return false;
	for (size_t i = 0; i < surplus; i++)
		job_count_as_nothing(c, list[i]);
	remove_pods(c, j, list, surplus);
	return true;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

/* JOB-INDEX, cut so that a suffix of five letters still fits behind it (podGenerateNameWithIndex). */
static void index_prefix(const struct world_job *j, int64_t index, char ret[NAMES_OBJECT_MAX])
{
	char tail[24];
	int len = snprintf(tail, sizeof(tail), "-%" PRId64, index);

	snprintf(ret, NAMES_OBJECT_MAX, "%.*s%s", 57 - len, j->set.o.name, tail);
}

static const char *make_pod(struct control *c, struct world_job *j, int64_t index)
{
	const struct job_retry *r = world_job_retry(j, index, false);
	char prefix[NAMES_OBJECT_MAX];
	struct pod_own own = { 0 };
	struct world_pod *p;

	if (world_job_is_indexed(j)) {
		index_prefix(j, index, prefix);
		own.prefix = prefix;
		own.ordinal = (int32_t)index;
	}
	p = pod_create(c, &j->set, &own);
	if (r) {
		p->failures = r->failures;
		p->ignored = r->ignored;
		world_job_retry_remove(j, index);
		world_touch(c->world, &j->set.o);
	}
	return p->o.name;
}

/* Indexes that need no pod now. */
static void taken_indexes(const struct world_job *j, struct indexes *ret)
{
	indexes_add_all(ret, &j->completed);
	indexes_add_all(ret, &j->failed_indexes);
	for (size_t i = 0; i < j->set.pods.count; i++) {
		const struct world_pod *p = j->set.pods.items[i];

		if (set_pod_active(p) || (job_replaces_only_failed(j) && is_terminating(p)))
			indexes_add(ret, p->ordinal);
	}
}

/* The first COUNT indexes without a pod; those whose back-off lasts keep their place and wait. */
static void make_indexes(struct control *c, struct world_job *j, int64_t count)
{
	int64_t completions = job_spec_of(j)->completions.value, made = 0;
	struct indexes taken = { 0 };
	const char *first = NULL;

	taken_indexes(j, &taken);
	for (int64_t n = indexes_gap(&taken, 0); n < completions && count > 0;
		n = indexes_gap(&taken, n + 1)) {
		nsec_t when = job_backoff_end(j, n);
		const char *name;

		count--;
		if (when > c->now) {
			world_wake(c->world, &j->set.o, when);
			continue;
		}
		name = make_pod(c, j, n);
		first = first ? first : name;
		made++;
	}
	indexes_done(&taken);
	if (made > 0)
		set_say_pods(c, &j->set, "SuccessfulCreate", "Created", (size_t)made, first);
}

static void make_any(struct control *c, struct world_job *j, int64_t count)
{
	const char *first = NULL;

	for (int64_t i = 0; i < count; i++) {
		const char *name = make_pod(c, j, -1);

		first = first ? first : name;
	}
	set_say_pods(c, &j->set, "SuccessfulCreate", "Created", (size_t)count, first);
}

static void make_missing(struct control *c, struct world_job *j, int64_t count)
{
	nsec_t when = job_spec_of(j)->backoff_limit_per_index.set ? 0 : job_backoff_end(j, -1);

	if (when > c->now)
		world_wake(c->world, &j->set.o, when);
	else if (world_job_is_indexed(j))
		make_indexes(c, j, count);
	else
		make_any(c, j, count);
}

/* --- both --------------------------------------------------------------------------------------------------------- */

static int64_t wanted_active(const struct world_job *j, int64_t active)
{
	const struct job_spec *s = job_spec_of(j);
	int64_t missing;

	/* A work queue that is done once leaves running what runs. */
	if (!s->completions.set)
		return j->succeeded > 0 ? active : s->parallelism.value;
	missing = s->completions.value - j->succeeded;
	if (missing < 0)
		missing = 0;
	return missing < s->parallelism.value ? missing : s->parallelism.value;
}

void job_manage(struct control *c, struct world_job *j)
{
	int64_t active = job_active(j), want = wanted_active(j, active), missing;

	if (job_spec_of(j)->suspend) {
		job_stop(c, j, false);
		return;
	}
	if (remove_surplus(c, j, want))
		return;
	missing = want - active - (job_replaces_only_failed(j) ? job_terminating(j) : 0);
	if (missing > 0)
		make_missing(c, j, missing);
}
