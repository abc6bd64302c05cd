/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The order of turns. Requests are few and pods are many, so that what is the same for equal pods is found out once for each request: its
 * share, its place among the requests, and how many characters the keys of its pods have in common. A comparison is
 * then of a few numbers, the last being the eight characters after those.
 */
#include "sched/queue.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/ids.h"
#include "sched/internal.h"

/* A request among those that wait. */
struct kin {
	struct sched_request *request;
	const char *first; /* the first of its pods by key */
	size_t common;     /* characters that all keys begin with */
	int64_t share;
	uint32_t rank; /* among all of them */
};

struct turn {
	int32_t priority;
	uint32_t rank;
	nsec_t deadline, created;
	uint64_t head; /* of the key, after what is common */
	const struct sched_pending *pod;
};

struct kins {
	struct kin **items; /* [count] */
	size_t count, cap;
	struct sched_ids by_request;
};

static void kins_done(struct kins *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->items[i]);
	free(k->items);
	sched_ids_done(&k->by_request);
}

/* --- requests ---------------------------------------------------------------------------------------- */

static size_t common_length(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	while (n < max && a[n] && a[n] == b[n])
		n++;
	return n;
}

static void kins_add(struct kins *k, const struct sched_pending *p)
{
	struct kin *kin = sched_ids_get(&k->by_request, p->request);

	if (!kin) {
		kin = xcalloc(1, sizeof(*kin));
		*kin = (struct kin){ .request = p->request, .first = p->key, .common = strlen(p->key) };
		k->items = grow(k->items, &k->cap, k->count + 1, sizeof(k->items[0]));
		k->items[k->count++] = kin;
		sched_ids_put(&k->by_request, p->request, kin);
		return;
	}
	kin->common = common_length(kin->first, p->key, kin->common);
	if (strcmp(p->key, kin->first) < 0)
		kin->first = p->key;
}

static int64_t total_of(const struct sched_cluster *c, uint32_t resource)
{
	int64_t total = 0;

	for (uint32_t i = 0; i < c->span; i++)
		if (c->nodes[i])
			total += sched_allocatable(c, i, resource);
	return total;
}

/* In parts of a thousand million; what nobody has is as large as can be. */
static int64_t share_of(int64_t amount, int64_t total)
{
	__int128 share;

	if (amount <= 0)
		return 0;
	if (total <= 0)
		return INT64_MAX;
	share = (__int128)amount * 1000000000 / total;
	return share > INT64_MAX ? INT64_MAX : (int64_t)share;
}

static void find_shares(struct sched_cluster *c, struct kins *k)
{
	int64_t *totals;

	for (size_t i = 0; i < k->count; i++)
		sched_request_register(c, k->items[i]->request);
	totals = xcalloc(c->column_count, sizeof(totals[0]));
	for (uint32_t i = 0; i < c->column_count; i++)
		totals[i] = total_of(c, i);
	for (size_t i = 0; i < k->count; i++) {
		const struct sched_request *r = k->items[i]->request;

		for (size_t n = 0; n < r->need_count; n++) {
			int64_t share = share_of(r->needs[n].amount, totals[r->needs[n].resource]);

			if (share > k->items[i]->share)
				k->items[i]->share = share;
		}
	}
	free(totals);
}

static int by_size(const void *x, const void *y)
{
	const struct kin *a = *(struct kin *const *)x, *b = *(struct kin *const *)y;

	if (a->share != b->share)
		return a->share > b->share ? -1 : 1;
	return strcmp(a->first, b->first);
}

static void kins_rank(struct sched_cluster *c, struct kins *k)
{
	if (k->count < 2)
		return;
	find_shares(c, k);
	qsort(k->items, k->count, sizeof(k->items[0]), by_size);
	for (size_t i = 0; i < k->count; i++)
		k->items[i]->rank = (uint32_t)i;
}

/* --- pods --------------------------------------------------------------------------------------------- */

/* Eight characters as a number that compares as they do. */
static uint64_t head_of(const char *s)
{
	uint64_t head = 0;
	size_t i = 0;

	for (; i < 8 && s[i]; i++)
		head = head << 8 | (unsigned char)s[i];
	return i > 0 ? head << (8 * (8 - i)) : 0;
}

static struct turn turn_of(const struct kins *k, const struct sched_pending *p)
{
	const struct kin *kin = sched_ids_get(&k->by_request, p->request);

	return (struct turn){
		.priority = p->priority,
		.rank = kin->rank,
		.deadline = p->deadline,
		.created = p->created,
		.head = head_of(p->key + kin->common),
		.pod = p,
	};
}

static int order(const void *x, const void *y)
{
	const struct turn *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->deadline != b->deadline)
		return a->deadline < b->deadline ? -1 : 1;
	if (a->created != b->created)
		return a->created < b->created ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return strcmp(a->pod->key, b->pod->key);
}

static void put_in_order(struct sched_pending *pods, size_t count, const struct turn *turns)
{
	struct sched_pending *sorted = xcalloc(count, sizeof(sorted[0]));

	for (size_t i = 0; i < count; i++)
		sorted[i] = *turns[i].pod;
	memcpy(pods, sorted, count * sizeof(pods[0]));
	free(sorted);
}

void sched_queue_order(struct sched_cluster *c, struct sched_pending *pods, size_t count)
{
	_cleanup_(kins_done) struct kins k = { 0 };
	struct turn *turns;

	if (count < 2)
		return;
	for (size_t i = 0; i < count; i++)
		kins_add(&k, &pods[i]);
	kins_rank(c, &k);
	turns = xcalloc(count, sizeof(turns[0]));
	for (size_t i = 0; i < count; i++)
		turns[i] = turn_of(&k, &pods[i]);
	qsort(turns, count, sizeof(turns[0]), order);
	put_in_order(pods, count, turns);
	free(turns);
}
