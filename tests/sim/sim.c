/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/fleet.h"
#include "tests/sim/host.h"
#include "tests/sim/oracle.h"

/* --- words --------------------------------------------------------------------------------------------- */

void sim_trace(struct sim *s, const char *text, ...)
{
	nsec_t t = s->now - SIM_START;
	va_list args;

	if (!s->o->trace)
		return;
	fprintf(s->o->trace, "%6lld.%06lld  ", (long long)(t / NSEC_PER_SEC),
		(long long)(t % NSEC_PER_SEC / NSEC_PER_USEC));
	va_start(args, text);
	vfprintf(s->o->trace, text, args);
	va_end(args);
	fputc('\n', s->o->trace);
}

/*
 * What holds although a tree was lost or is an old copy. What was said of a Job's ends, of rollouts and budgets stood in that tree, and
 * pods that it has again run again.
 */
static bool holds_always(const char *rule)
{
	static const char *const rules[] = { "two-of-one", "undurable", "fenced", "version", "lost", "leaked",
		"wanted", "config", "restart", "same-plan", "tree-loads" };

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (str_eq(rules[i], rule))
			return true;
	return false;
}

void sim_fail(struct sim *s, const char *rule, const char *text, ...)
{
	struct sim_result *r = s->result;
	va_list args;

	if (r->rule || (s->restored && !holds_always(rule)))
		return;
	va_start(args, text);
	vsnprintf(r->text, sizeof(r->text), text, args);
	va_end(args);
	r->rule = rule;
	r->at = s->now - SIM_START;
	sim_trace(s, "BROKEN %s: %s", rule, r->text);
}

/* --- events ----------------------------------------------------------------------------------------------- */

void sim_at(struct sim *s, nsec_t at, enum event_type type, unsigned a, unsigned b)
{
	queue_put(&s->queue, (struct due){ .at = at, .type = type, .a = a, .b = b });
}

void sim_at_item(struct sim *s, nsec_t at, enum event_type type, unsigned a, void *item, uint64_t generation)
{
	queue_put(&s->queue,
		(struct due){ .at = at, .type = type, .a = a, .item = item, .generation = generation });
}

/* All commits of this moment are one. */
static size_t gather_changes(struct sim *s, size_t i, struct app_change *changes)
{
	const struct script *script = s->script;
	size_t count = 0;

	for (nsec_t at = script->events[i].at; i < script->count && script->events[i].at == at; i++)
		if (script->events[i].type == SCRIPT_COMMIT)
			changes[count++] = script->events[i].change;
	return count;
}

static bool follows_commit(const struct script *script, size_t i)
{
	return i > 0 && script->events[i - 1].type == SCRIPT_COMMIT &&
	       script->events[i - 1].at == script->events[i].at;
}

static void make_commit(struct sim *s, size_t i)
{
	struct app_change *changes;
	struct buf why = BUF_INIT;
	struct commit *c;
	size_t count;

	if (follows_commit(s->script, i))
		return;
	changes = xcalloc(s->script->count - i, sizeof(changes[0]));
	count = gather_changes(s, i, changes);
	c = commit_new(s->head, ++s->commits, changes, count, s->script->app_count, &why);
	free(changes);
	if (c) {
		commit_unref(s->head);
		s->head = c;
		for (size_t h = 0; h < s->host_count; h++)
			host_commit(s, s->hosts[h]);
	} else {
		sim_trace(s, "commit %u is refused: %s", s->commits, why.data);
	}
	buf_done(&why);
}

static void play(struct sim *s, unsigned index)
{
	const struct script_event *e = &s->script->events[index];
	struct buf text = BUF_INIT;

	if (s->o->trace) {
		script_event_format(e, &text);
		sim_trace(s, "script %s", text.data);
		buf_done(&text);
	}
	switch (e->type) {
	case SCRIPT_COMMIT:
		make_commit(s, index);
		break;
	case SCRIPT_CRASH:
		host_crash(s, s->hosts[s->chief], (enum crash_point)e->a, e->length);
		break;
	case SCRIPT_OLDER:
		host_replace(s, (enum pause_point)e->a, e->length);
		break;
	case SCRIPT_RESTORE:
		host_backup(s, s->hosts[s->chief], e->a == 1, e->length);
		break;
	case SCRIPT_AGENT:
	case SCRIPT_POWER:
	case SCRIPT_PARTITION:
	case SCRIPT_SLOW:
	case SCRIPT_PULL:
	case SCRIPT_UNREADY:
	case SCRIPT_EXIT:
	case SCRIPT_ECHO:
	case SCRIPT_LATE:
		fleet_fault(s, e);
		break;
	case SCRIPT_TYPES:
		break;
	}
}

static void dispatch(struct sim *s, const struct due *e)
{
	switch (e->type) {
	case EVENT_SCRIPT:
		play(s, e->a);
		break;
	case EVENT_START:
		if (s->hosts[e->a]->still)
			host_resume(s, s->hosts[e->a]);
		else
			host_start(s, s->hosts[e->a]);
		break;
	case EVENT_DRAIN:
		host_on_drain(s, s->hosts[e->a], e->generation);
		break;
	case EVENT_WAKE:
		host_on_wake(s, s->hosts[e->a], e->generation);
		break;
	case EVENT_CONNECT:
		host_on_connect(s, s->hosts[e->a], e->b, e->generation);
		break;
	case EVENT_LETTER:
		net_on_letter(s, e->item);
		break;
	case EVENT_NOTICE:
		net_on_notice(s, e->item, (enum end)e->a, e->generation);
		break;
	case EVENT_POD:
		fleet_on_pod(s, e->a, e->item, e->generation);
		break;
	case EVENT_TURN:
		fleet_on_turn(s, e->a);
		break;
	case EVENT_SYNCED:
		fleet_on_synced(s, e->a, e->item, e->generation);
		break;
	case EVENT_HEAL:
		fleet_on_heal(s, e->a);
		break;
	case EVENT_RESTORE:
		host_restore(s, s->hosts[e->a]);
		break;
	case EVENT_LOOK:
		oracle_on_look(s);
		break;
	}
}

void sim_run_until(struct sim *s, nsec_t until)
{
	struct due e;

	while (!s->result->rule && s->queue.count > 0 && s->queue.heap[0].at <= until) {
		queue_take(&s->queue, &e);
		s->now = e.at;
		s->result->events++;
		dispatch(s, &e);
	}
	if (!s->result->rule)
		s->now = until;
}

void sim_run(struct sim *s)
{
	nsec_t healed = SIM_START + s->o->length;

	sim_run_until(s, healed);
	s->healing = true;
	sim_run_until(s, healed + s->o->settle);
	if (s->oracle && !s->result->rule)
		oracle_end(s);
}

/* --- beginning and end ------------------------------------------------------------------------------------------ */

void sim_init(
	struct sim *s, const struct sim_settings *o, const struct script *script, struct sim_result *result)
{
	*s = (struct sim){ .o = o, .script = script, .now = SIM_START, .result = result };
	s->net = net_new(s);
	s->fleet = fleet_new(s);
	if (o->oracle)
		s->oracle = oracle_new(s);
	host_new(s);
	for (unsigned i = 0; i < script->count; i++)
		sim_at(s, SIM_START + script->events[i].at, EVENT_SCRIPT, i, 0);
	sim_at(s, SIM_START, EVENT_START, 0, 0);
	if (o->oracle)
		sim_at(s, SIM_START, EVENT_LOOK, 0, 0);
}

void sim_done(struct sim *s)
{
	for (size_t h = 0; h < s->host_count; h++)
		host_free(s->hosts[h]);
	free(s->hosts);
	oracle_free(s->oracle);
	net_free(s->net);
	fleet_free(s->fleet);
	commit_unref(s->head);
	queue_done(&s->queue);
}
