/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/gate.h"

#include <stdlib.h>

#include "lib/base/mem.h"

struct gate {
	unsigned in, max;
	struct gate_ticket *first, *last; /* that wait */
	struct loop_source *defer;
};

static void unlink_ticket(struct gate *g, struct gate_ticket *t)
{
	*(t->prev ? &t->prev->next : &g->first) = t->next;
	*(t->next ? &t->next->prev : &g->last) = t->prev;
	t->prev = t->next = NULL;
}

static int on_room(void *arg)
{
	struct gate *g = arg;

	while (g->first && g->in < g->max) {
		struct gate_ticket *t = g->first;

		unlink_ticket(g, t);
		t->in = true;
		g->in++;
		t->enter(t->arg);
	}
	return 0;
}

int gate_new(struct loop *loop, unsigned max, struct gate **ret, struct err *err)
{
	struct gate *g = xcalloc(1, sizeof(*g));
	int r;

	g->max = max;
	r = loop_defer(loop, on_room, g, &g->defer, err);
	if (r < 0) {
		free(g);
		return r;
	}
	*ret = g;
	return 0;
}

struct gate *gate_free(struct gate *g)
{
	if (!g)
		return NULL;
	loop_source_free(g->defer);
	free(g);
	return NULL;
}

bool gate_enter(struct gate *g, struct gate_ticket *t, void (*enter)(void *arg), void *arg)
{
	*t = (struct gate_ticket){ .gate = g, .enter = enter, .arg = arg };
	if (g->in < g->max && !g->first) {
		g->in++;
		t->in = true;
		return true;
	}
	t->prev = g->last;
	*(g->last ? &g->last->next : &g->first) = t;
	g->last = t;
	return false;
}

void gate_leave(struct gate_ticket *t)
{
	struct gate *g = t->gate;

	if (!g)
		return;
	if (t->in)
		g->in--;
	else
		unlink_ticket(g, t);
	*t = (struct gate_ticket){ 0 };
	if (g->first)
		loop_defer_arm(g->defer);
}
