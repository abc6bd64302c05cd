/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "tests/sim/queue.h"

#include <stdlib.h>

#include "lib/base/mem.h"

void queue_done(struct queue *q)
{
	free(q->heap);
	*q = (struct queue){ 0 };
}

static bool before(const struct due *a, const struct due *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void queue_put(struct queue *q, struct due event)
{
	size_t i = q->count;

	event.order = q->orders++;
	q->heap = grow(q->heap, &q->cap, ++q->count, sizeof(q->heap[0]));
	for (; i > 0 && before(&event, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = event;
}

bool queue_take(struct queue *q, struct due *ret)
{
	struct due last;
	size_t i = 0, child;

	if (q->count == 0)
		return false;
	*ret = q->heap[0];
	last = q->heap[--q->count];
	for (; (child = 2 * i + 1) < q->count; i = child) {
		if (child + 1 < q->count && before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!before(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
	}
	q->heap[i] = last;
	return true;
}
