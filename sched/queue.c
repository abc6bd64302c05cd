/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/queue.h"

#include <stdlib.h>
#include <string.h>

static int by_rank(const struct sched_pending *a, const struct sched_pending *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->deadline != b->deadline)
		return a->deadline < b->deadline ? -1 : 1;
	return a->created < b->created ? -1 : a->created > b->created;
}

static int order(const void *x, const void *y)
{
	const struct sched_pending *a = x, *b = y;
	int n = by_rank(a, b);

	return n != 0 ? n : strcmp(a->key, b->key);
}

void sched_queue_order(struct sched_cluster *c, struct sched_pending *pods, size_t count)
{
	(void)c;
	if (count > 1)
		qsort(pods, count, sizeof(pods[0]), order);
}
