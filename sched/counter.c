/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Counts by domain. The histogram leaves out domains without pods: of these there are as many as the space has domains
 * more than the tally has keys, so that a node which comes or goes without pods concerns the space alone.
 */
#include "sched/counter.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* Makes room for index I; what is added is 0. */
static uint32_t *reach(uint32_t *v, uint32_t *cap, uint32_t i)
{
	uint32_t want = *cap > 0 ? *cap : 4;

	if (i < *cap)
		return v;
	while (want <= i)
		want *= 2;
	v = xreallocarray(v, want, sizeof(v[0]));
	memset(v + *cap, 0, (want - *cap) * sizeof(v[0]));
	*cap = want;
	return v;
}

/* --- spaces ---------------------------------------------------------------------------------------- */

void sched_space_done(struct sched_space *s)
{
	free(s->domain);
	free(s->members);
	*s = (struct sched_space){ 0 };
}

static void leave_domain(struct sched_space *s, uint32_t domain)
{
	s->nodes--;
	s->members[domain]--;
	s->domains -= s->members[domain] == 0;
}

static void join_domain(struct sched_space *s, uint32_t domain)
{
	s->members = reach(s->members, &s->domain_cap, domain);
	s->domains += s->members[domain] == 0;
	s->members[domain]++;
	s->nodes++;
}

void sched_space_set(struct sched_space *s, uint32_t node, uint32_t domain)
{
	uint32_t old = sched_space_domain(s, node);

	if (old == domain)
		return;
	if (old > 0)
		leave_domain(s, old);
	s->domain = reach(s->domain, &s->node_cap, node);
	s->domain[node] = domain;
	if (domain > 0)
		join_domain(s, domain);
}

/* --- ranks ----------------------------------------------------------------------------------------- */

/* A domain has COUNT now, and had none or another. */
static void rank_in(struct sched_counter *c, int32_t count)
{
	c->domains_with = reach(c->domains_with, &c->rank_cap, (uint32_t)count);
	c->domains_with[count]++;
	if (c->low == 0 || count < c->low)
		c->low = count;
	if (count > c->high)
		c->high = count;
}

/* A domain had COUNT. The high end moves to the next that is there; the low one may lag behind until it is asked for. */
static void rank_out(struct sched_counter *c, int32_t count)
{
	c->domains_with[count]--;
	if (c->counts.count == 0)
		c->low = c->high = 0;
	while (c->high > 0 && c->domains_with[c->high] == 0)
		c->high--;
}

/* First in, then out: so that the ends have something to stop at. */
static void rank_move(struct sched_counter *c, int32_t from, int32_t to)
{
	if (from == to)
		return;
	if (to > 0)
		rank_in(c, to);
	if (from > 0)
		rank_out(c, from);
}

/* --- counters -------------------------------------------------------------------------------------- */

void sched_counter_init(struct sched_counter *c, struct sched_space *s, bool ranked)
{
	*c = (struct sched_counter){ .space = s, .ranked = ranked };
}

void sched_counter_done(struct sched_counter *c)
{
	sched_tally_done(&c->counts);
	free(c->domains_with);
	*c = (struct sched_counter){ 0 };
}

void sched_counter_add(struct sched_counter *c, uint32_t node, int32_t amount)
{
	uint32_t domain = sched_space_domain(c->space, node);
	int32_t count;

	if (domain == 0)
		return;
	count = sched_tally_add(&c->counts, domain, amount);
	c->total += amount;
	if (c->ranked)
		rank_move(c, count - amount, count);
}

int32_t sched_counter_low(struct sched_counter *c)
{
	if (c->counts.count == 0 || c->counts.count < c->space->domains)
		return 0;
	while (c->domains_with[c->low] == 0)
		c->low++;
	return c->low;
}

int32_t sched_counter_high(const struct sched_counter *c)
{
	return c->high;
}
