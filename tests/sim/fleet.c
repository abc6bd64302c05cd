/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Agents: what they keep, what they say and obey, what befalls them. */
#include "tests/sim/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/fence.h"
#include "tests/sim/host.h"
#include "tests/sim/oracle.h"

/* What is installed when it starts: by now it may be another agent than before. */
static void take_program(struct sim *s, struct agent *a)
{
	static const struct {
		int64_t oldest, newest;
	} programs[] = { { 1, 1 }, { 1, 2 }, { 2, 3 } };
	struct rng r = rng_of(s->o->seed, 9, (uint64_t)a->index * 1000 + a->starts++ / 2);
	uint64_t i = rng_below(&r, ARRAY_LEN(programs));

	a->min_version = programs[i].oldest;
	a->version = programs[i].newest;
}

struct fleet *fleet_new(struct sim *s)
{
	struct fleet *f = xcalloc(1, sizeof(*f));

	f->count = s->script->node_count;
	f->agents = xcalloc(f->count, sizeof(f->agents[0]));
	for (unsigned i = 0; i < f->count; i++) {
		struct agent *a = &f->agents[i];

		*a = (struct agent){ .index = i, .runs = true, .powered = true, .slow = 1 };
		app_name(&(struct app){ .kind = APP_NODE }, i, a->name);
		a->rng = rng_of(s->o->seed, 4, i);
		take_program(s, a);
		agent_network_begin(a);
	}
	return f;
}

static void object_free(struct letter_object *o)
{
	free(o->text);
	free(o);
}

static void told_done(struct letter_pod *p)
{
	free(p->key);
	free(p->image);
	for (size_t i = 0; i < p->refs.count; i++)
		free((void *)(uintptr_t)p->refs.items[i]);
	free(p->refs.items);
}

static void pods_free(struct agent_pod *list)
{
	while (list) {
		struct agent_pod *p = list;

		list = p->graveyard;
		told_done(&p->told);
		free(p);
	}
}

void fleet_free(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct agent *a = &f->agents[i];

		for (size_t k = 0; k < a->pods.count; k++)
			pods_free(a->pods.entries[k].value);
		for (size_t k = 0; k < a->objects.count; k++)
			object_free(a->objects.entries[k].value);
		agent_network_done(a);
		map_done(&a->pods);
		map_done(&a->objects);
	}
	pods_free(f->graveyard);
	free(f->agents);
	free(f);
}

bool agent_is_cut(const struct sim *s, const struct agent *a)
{
	return !a->powered || a->cut_until > s->now;
}

/* --- what it says -------------------------------------------------------------------------------------------- */

void fleet_connected(struct sim *s, struct session *c)
{
	struct agent *a = &s->fleet->agents[c->node];
	struct letter *l = letter_new(LETTER_HELLO);

	l->term = a->term;
	l->version = a->version;
	l->min_version = a->min_version;
	snprintf(l->address, sizeof(l->address), "%s", a->address);
	l->tree_version = a->tree_version;
	snprintf(l->holder, sizeof(l->holder), "%s", a->holder);
	l->pods = xcalloc(a->pods.count, sizeof(l->pods[0]));
	for (size_t i = 0; i < a->pods.count; i++) {
		const struct agent_pod *p = a->pods.entries[i].value;

		memcpy(l->pods[i].uid, p->told.uid, SIM_UID);
		memcpy(l->pods[i].digest, p->told.digest, SIM_DIGEST);
		l->pods[i].key = p->told.key ? xstrdup(p->told.key) : NULL;
	}
	l->pod_count = a->pods.count;
	l->objects = xcalloc(a->objects.count, sizeof(l->objects[0]));
	for (size_t i = 0; i < a->objects.count; i++)
		snprintf(l->objects[i].hash, SIM_DIGEST, "%s", a->objects.entries[i].key);
	l->object_count = a->objects.count;
	net_send(s, c, END_HOST, l);
}

static void remember_gone(struct session *c, const char *uid)
{
	c->gone = grow(c->gone, &c->gone_cap, c->gone_count + 1, sizeof(c->gone[0]));
	c->gone_seq = grow(c->gone_seq, &c->gone_seq_cap, c->gone_count + 1, sizeof(c->gone_seq[0]));
	memcpy(c->gone[c->gone_count], uid, SIM_UID);
	c->gone_seq[c->gone_count++] = c->seq;
}

static void report(struct sim *s, struct agent *a, struct session *c, bool all)
{
	struct letter *l = letter_new(LETTER_REPORT);

	l->number = ++c->seq;
	if (all && a->version >= 2)
		peers_digest(&a->network, l->network);
	l->pods = xcalloc(a->pods.count, sizeof(l->pods[0]));
	for (size_t i = 0; i < a->pods.count; i++) {
		struct agent_pod *p = a->pods.entries[i].value;

		if (!all && !p->changed)
			continue;
		p->changed = false;
		pod_report(p, &l->pods[l->pod_count++]);
		if (p->state == POD_GONE)
			remember_gone(c, p->told.uid);
	}
	net_send(s, c, END_HOST, l);
}

static struct session *obeyed(struct sim *s, unsigned node)
{
	for (struct session *c = net_sessions(s, node); c; c = c->next)
		if (c->open[END_AGENT] && c->welcomed)
			return c;
	return NULL;
}

void fleet_on_turn(struct sim *s, unsigned node)
{
	struct agent *a = &s->fleet->agents[node];
	struct session *c = obeyed(s, node);
	bool any = false;

	a->turn_armed = false;
	if (!c || !a->runs)
		return;
	for (size_t i = 0; i < a->pods.count && !any; i++)
		any = ((struct agent_pod *)a->pods.entries[i].value)->changed;
	if (any)
		report(s, a, c, false);
}

void pod_changed(struct sim *s, struct agent *a, struct agent_pod *p)
{
	p->changed = true;
	if (a->turn_armed || !a->runs)
		return;
	a->turn_armed = true;
	sim_at(s, s->now + rng_range(&a->rng, 1, 100) * NSEC_PER_MSEC, EVENT_TURN, a->index, 0);
}

/* --- what it obeys ----------------------------------------------------------------------------------------------- */

static void close_others(struct sim *s, struct session *mine)
{
	for (struct session *c = net_sessions(s, mine->node); c; c = c->next)
		if (c != mine && c->open[END_AGENT] && c->welcomed)
			net_close(s, c, END_AGENT, false);
}

static void fence(struct sim *s, struct agent *a, struct session *c)
{
	struct letter *l = letter_new(LETTER_FENCED);

	l->term = a->term;
	net_send(s, c, END_HOST, l);
	net_close(s, c, END_AGENT, false);
}

static void take_welcome(struct sim *s, struct agent *a, struct session *c, const struct letter *l)
{
	if (fence_refuses(a->term, a->holder, l->term, l->holder)) {
		fence(s, a, c);
		return;
	}
	if (l->version < a->min_version || l->version > a->version)
		sim_fail(s, "version", "%s speaks versions %lld to %lld, and is welcomed with %lld", a->name,
			(long long)a->min_version, (long long)a->version, (long long)l->version);
	oracle_obeyed(s, a, a->term, l->term);
	a->term = l->term;
	snprintf(a->holder, sizeof(a->holder), "%s", l->holder);
	close_others(s, c);
	c->welcomed = true;
	report(s, a, c, true);
}

static void take_objects(struct agent *a, const struct letter *l)
{
	for (size_t i = 0; i < l->object_count; i++) {
		struct letter_object *o;

		if (map_has(&a->objects, l->objects[i].hash))
			continue;
		o = xmemdup(&l->objects[i], sizeof(*o));
		o->text = o->text ? xstrdup(o->text) : NULL;
		map_put(&a->objects, o->hash, o);
	}
}

static void take_apply(struct sim *s, struct agent *a, struct session *c, const struct letter *l)
{
	take_objects(a, l);
	a->tree_version = l->tree_version;
	for (size_t i = 0; i < l->pod_count; i++)
		pod_assign(s, a, &l->pods[i]);
	for (size_t i = 0; i < l->removal_count; i++)
		pod_remove(s, a, &l->removals[i]);
	for (size_t i = 0; i < l->forget_count; i++) {
		struct letter_object *o = map_remove(&a->objects, l->forget[i]);

		if (o)
			object_free(o);
	}
	sim_at_item(s, s->now + rng_range(&a->rng, 5, 5000) * NSEC_PER_MSEC, EVENT_SYNCED, a->index, c,
		(uint64_t)l->number);
}

void fleet_on_synced(struct sim *s, unsigned node, struct session *c, uint64_t revision)
{
	struct agent *a = &s->fleet->agents[node];
	struct letter *l;

	if (!a->runs || !c->open[END_AGENT])
		return;
	for (size_t i = 0; i < a->pods.count; i++) {
		struct agent_pod *p = a->pods.entries[i].value;

		p->synced = true;
		p->removing_synced = p->removing;
	}
	l = letter_new(LETTER_APPLIED);
	l->number = (int64_t)revision;
	net_send(s, c, END_HOST, l);
}

static void take_reported(struct sim *s, struct agent *a, struct session *c, const struct letter *l)
{
	size_t left = 0;

	a->tree_version = l->tree_version;

	for (size_t i = 0; i < c->gone_count; i++) {
		if (c->gone_seq[i] <= l->number) {
			pod_forget(s, a, c->gone[i]);
			continue;
		}
		memmove(c->gone[left], c->gone[i], SIM_UID);
		c->gone_seq[left++] = c->gone_seq[i];
	}
	c->gone_count = left;
}

void fleet_take(struct sim *s, struct session *c, const struct letter *l)
{
	struct agent *a = &s->fleet->agents[c->node];

	if (l->type == LETTER_WELCOME)
		take_welcome(s, a, c, l);
	else if (!c->welcomed || (l->type == LETTER_APPLY && l->term != a->term))
		fence(s, a, c);
	else if (l->type == LETTER_APPLY)
		take_apply(s, a, c, l);
	else if (l->type == LETTER_REPORTED)
		take_reported(s, a, c, l);
	else if (l->type == LETTER_NETWORK)
		agent_network_take(s, a, l);
}

void fleet_lost(struct sim *s, struct session *c)
{
	(void)s;
	c->welcomed = false;
}

/* --- what befalls it -------------------------------------------------------------------------------------------------- */

static void close_all(struct sim *s, struct agent *a, bool lost)
{
	for (struct session *c = net_sessions(s, a->index); c; c = c->next)
		if (c->open[END_AGENT])
			net_close(s, c, END_AGENT, lost);
}

static void until(struct sim *s, struct agent *a, nsec_t *what, const struct script_event *e)
{
	if (*what < s->now + e->length)
		*what = s->now + e->length;
	sim_at(s, s->now + e->length, EVENT_HEAL, a->index, 0);
}

static void kill_agent(struct sim *s, struct agent *a, const struct script_event *e)
{
	a->runs = false;
	close_all(s, a, false);
	until(s, a, &a->down_until, e);
}

static void power_off(struct sim *s, struct agent *a, const struct script_event *e)
{
	a->runs = a->powered = false;
	close_all(s, a, true);
	for (size_t i = a->pods.count; i > 0; i--)
		pod_die(s, a, a->pods.entries[i - 1].value);
	until(s, a, &a->down_until, e);
}

static void set_unready(struct sim *s, struct agent *a)
{
	for (size_t i = 0; i < a->pods.count; i++)
		pod_set_ready(s, a, a->pods.entries[i].value, false);
}

static void some_exit(struct sim *s, struct agent *a, unsigned one_in)
{
	for (size_t i = 0; i < a->pods.count; i++) {
		struct agent_pod *p = a->pods.entries[i].value;

		if (p->state == POD_UP && a->runs && rng_below(&a->rng, one_in) == 0)
			pod_exit(s, a, p, 137);
	}
}

void fleet_fault(struct sim *s, const struct script_event *e)
{
	struct agent *a = &s->fleet->agents[e->node];

	if (e->type == SCRIPT_AGENT && a->runs) {
		kill_agent(s, a, e);
	} else if (e->type == SCRIPT_POWER && a->powered) {
		power_off(s, a, e);
	} else if (e->type == SCRIPT_PARTITION) {
		until(s, a, &a->cut_until, e);
		net_doubt(s, a->index);
	} else if (e->type == SCRIPT_SLOW) {
		a->slow = e->a;
		until(s, a, &a->slow_until, e);
	} else if (e->type == SCRIPT_PULL) {
		until(s, a, &a->no_pull_until, e);
	} else if (e->type == SCRIPT_UNREADY) {
		until(s, a, &a->unready_until, e);
		set_unready(s, a);
	} else if (e->type == SCRIPT_EXIT) {
		some_exit(s, a, e->a);
	} else if (e->type == SCRIPT_ECHO) {
		until(s, a, &a->echo_until, e);
	} else if (e->type == SCRIPT_LATE) {
		until(s, a, &a->late_until, e);
	}
}

static void come_back(struct sim *s, struct agent *a)
{
	bool reboot = !a->powered;

	a->runs = a->powered = true;
	a->turn_armed = false;
	take_program(s, a);
	sim_trace(s, "%s %s", a->name, reboot ? "boots" : "starts its agent");
	if (reboot)
		agent_network_reboot(s, a);
	for (size_t i = a->pods.count; reboot && i > 0; i--)
		pod_reboot(s, a, a->pods.entries[i - 1].value);
}

void fleet_on_heal(struct sim *s, unsigned node)
{
	struct agent *a = &s->fleet->agents[node];

	if (!a->runs && a->down_until <= s->now)
		come_back(s, a);
	if (!agent_is_cut(s, a))
		net_heal(s, node);
	if (a->unready_until > s->now)
		return;
	for (size_t i = 0; i < a->pods.count; i++) {
		struct agent_pod *p = a->pods.entries[i].value;

		if (p->state == POD_UP && !p->ready && p->work.mode == WORK_READY)
			pod_set_ready(s, a, p, true);
	}
}
