/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/prune.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"

enum { SHOWN = 5, DEFAULT_PERCENT = 25 };

bool prune_never(const struct object *o)
{
	return str_eq(string_map_get(&o->meta->annotations, ANNOTATION_PRUNE), "Never");
}

int64_t prune_max_percent(const struct cluster *cluster)
{
	return cluster ? cluster->spec.prune.max_percent : DEFAULT_PERCENT;
}

/* Most are the very same. */
static int compare(const struct object *a, const struct object *b)
{
	return a == b ? 0 : object_cmp(a, b);
}

void prune_find(struct object *const *before, size_t count, const struct snapshot *after, struct prune *ret)
{
	*ret = (struct prune){ .in_force = count, .nothing_left = after->object_count == 0 };
	ret->gone = xcalloc(count + 1, sizeof(ret->gone[0]));
	for (size_t i = 0, j = 0; i < count; i++) {
		int order = -1;

		while (j < after->object_count && (order = compare(before[i], after->objects[j])) > 0)
			j++;
		if ((j == after->object_count || order < 0) && !prune_never(before[i]))
			ret->gone[ret->gone_count++] = before[i];
	}
}

void prune_done(struct prune *p)
{
	free(p->gone);
	*p = (struct prune){ 0 };
}

static bool has(const struct snapshot *s, const struct object *o)
{
	return snapshot_find(s, o->kind->id, o->meta->namespace, o->meta->name) != NULL;
}

void prune_confirmed(struct prune *p, const struct snapshot *allowed, const struct snapshot *stood)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->gone_count; i++)
		if (has(allowed, p->gone[i]) || (stood && !has(stood, p->gone[i])))
			p->gone[kept++] = p->gone[i];
	p->gone_count = kept;
}

/* --- the verdict ------------------------------------------------------------------------------------------- */

static bool has_data(const struct object *o)
{
	if (o->kind->id == KIND_STATEFUL_SET)
		return str_eq(object_stateful_set(o)->spec.claim_retention.when_deleted, "Delete");
	return o->kind->id == KIND_CLAIM;
}

static bool too_many(const struct prune *p, int64_t max_percent)
{
	if (max_percent > 0 && p->gone_count <= PRUNE_FREE)
		return false;
	return (int64_t)p->gone_count * 100 > max_percent * (int64_t)p->in_force;
}

static void add_name(struct buf *out, const struct object *o)
{
	buf_addf(out, "%s/%s%s%s", o->kind->name, str_or_empty(o->meta->namespace),
		o->meta->namespace ? "/" : "", o->meta->name);
}

/* The first of those that have data (DATA), or of all. */
static void add_names(const struct prune *p, bool data, struct buf *out)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < p->gone_count; i++) {
		if (data && !has_data(p->gone[i]))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		buf_adds(out, shown++ > 0 ? ", " : ": ");
		add_name(out, p->gone[i]);
	}
	if (more > 0)
		buf_addf(out, " and %zu more", more);
}

static size_t count_data(const struct prune *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->gone_count; i++)
		n += has_data(p->gone[i]);
	return n;
}

bool prune_waits(const struct prune *p, int64_t max_percent, struct buf *why)
{
	const size_t data = count_data(p);
	const bool many = too_many(p, max_percent), all = p->nothing_left && p->gone_count > 0;

	if (!many && !all && data == 0)
		return false;
	if (!why)
		return true;
	if (all)
		buf_addf(why, "there is no object in it at all, and ");
	buf_addf(why, "it would delete %zu of the %zu object%s in force", p->gone_count, p->in_force,
		p->in_force == 1 ? "" : "s");
	if (many)
		buf_addf(why, ", more than prune.maxPercent (%" PRId64 " %%)", max_percent);
	if (data > 0) {
		buf_adds(why, many || all ? "; with data" : ", with data");
		add_names(p, true, why);
	}
	if (data < p->gone_count) {
		buf_adds(why, data > 0 ? "; in all" : "");
		add_names(p, false, why);
	}
	return true;
}
