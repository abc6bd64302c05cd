/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

void sched_waiting_begin(struct sched_waiting *w)
{
	w->call++;
	w->seen = 0;
}

static void forget(struct sched_waiting *w, struct sched_waiter *e)
{
	map_remove(&w->by_key, e->key);
	free(e);
}

void sched_waiting_end(struct sched_waiting *w)
{
	if (w->by_key.count == w->seen)
		return;
	/* The last takes the place of one that is removed. */
	for (size_t i = w->by_key.count; i > 0; i--) {
		struct sched_waiter *e = w->by_key.entries[i - 1].value;

		if (e->call != w->call)
			forget(w, e);
	}
}

static void see(struct sched_waiting *w, struct sched_waiter *e)
{
	w->seen += e->call != w->call;
	e->call = w->call;
}

const struct sched_waiter *sched_waiting_find(
	struct sched_waiting *w, const struct sched_pending *p, uint64_t gang)
{
	struct sched_waiter *e = map_get(&w->by_key, p->key);

	if (!e || e->id != p->id || e->request != p->request || e->priority != p->priority ||
		e->no_preemption != p->no_preemption || e->gang != gang)
		return NULL;
	see(w, e);
	return e;
}

void sched_waiting_add(
	struct sched_waiting *w, const struct sched_pending *p, uint64_t gang, unsigned events, uint64_t time)
{
	struct sched_waiter *e = map_get(&w->by_key, p->key);

	if (!e) {
		size_t len = strlen(p->key);

		e = xcalloc(1, sizeof(*e) + len + 1);
		memcpy(e->key, p->key, len);
		map_put(&w->by_key, e->key, e);
	}
	e->id = p->id;
	e->request = p->request;
	e->priority = p->priority;
	e->no_preemption = p->no_preemption;
	e->events = events;
	e->time = time;
	e->gang = gang;
	see(w, e);
}

void sched_waiting_remove(struct sched_waiting *w, const struct sched_pending *p)
{
	struct sched_waiter *e = w->by_key.count > 0 ? map_get(&w->by_key, p->key) : NULL;

	if (!e)
		return;
	w->seen -= e->call == w->call;
	forget(w, e);
}

void sched_waiting_done(struct sched_waiting *w)
{
	for (size_t i = 0; i < w->by_key.count; i++)
		free(w->by_key.entries[i].value);
	map_done(&w->by_key);
}
