/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Host ports as a part: what pods take, and what is in use on which node. The rules are in ports.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sched/fit.h"
#include "sched/part.h"

static void done(struct sched_cluster *c)
{
	for (uint32_t i = 0; i < c->cap; i++)
		sched_port_book_done(&c->ports[i]);
	free(c->ports);
	c->ports = NULL;
}

static void grown(struct sched_cluster *c, uint32_t old)
{
	c->ports = xreallocarray(c->ports, c->cap, sizeof(c->ports[0]));
	memset(&c->ports[old], 0, (c->cap - old) * sizeof(c->ports[0]));
}

static void request_in(struct sched_cluster *c, struct sched_request *r)
{
	(void)c;
	sched_ports_of(r->spec, &r->ports);
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	(void)c;
	sched_ports_done(&r->ports);
}

static void pods(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	const struct sched_request *r = c->requests[p->request];

	if (r->ports.count > 0 && live + leaving != 0)
		sched_port_book_count(&c->ports[node], &r->ports, live + leaving);
}

const struct sched_part sched_ports_part = {
	.done = done,
	.grown = grown,
	.request_in = request_in,
	.request_out = request_out,
	.pods = pods,
};

bool sched_fit_ports_asked(const struct sched_request *r)
{
	return r->ports.count > 0;
}

bool sched_fit_ports(const struct sched_look *l)
{
	return sched_port_book_has_room(&l->c->ports[l->node], &l->r->ports) ||
	       sched_refuse(l, "node(s) didn't have free ports for the requested pod ports");
}
