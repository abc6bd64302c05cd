/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Counting first, then a table: what a result that has come often enough does. */
#include "nodeagent/probe.h"

#include <errno.h>
#include <stdio.h>

#include "lib/base/str.h"

enum { TEXT_MAX = 1024 };

const struct probe *probe_find(const struct container *spec, enum probe_kind kind)
{
	const struct probe *const probes[PROBE_KIND_COUNT] = {
		[PROBE_STARTUP] = spec->startup_probe,
		[PROBE_LIVENESS] = spec->liveness_probe,
		[PROBE_READINESS] = spec->readiness_probe,
	};

	return probes[kind];
}

bool probe_any(const struct container *spec)
{
	return spec->startup_probe || spec->liveness_probe || spec->readiness_probe;
}

int probe_port(const struct container *spec, const struct int_or_string *port)
{
	if (!port->string)
		return port->integer >= 1 && port->integer <= 65535 ? (int)port->integer : -ENOENT;
	for (size_t i = 0; i < spec->ports.count; i++)
		if (str_eq(spec->ports.items[i].name, port->string))
			return (int)spec->ports.items[i].container_port;
	return -ENOENT;
}

const char *probe_name(enum probe_kind kind)
{
	static const char *const names[PROBE_KIND_COUNT] = {
		[PROBE_STARTUP] = "Startup",
		[PROBE_LIVENESS] = "Liveness",
		[PROBE_READINESS] = "Readiness",
	};

	return names[kind];
}

/* --- when ------------------------------------------------------------------------------------------------- */

void probe_set_begin(
	struct probe_set *set, const struct container *spec, nsec_t started, nsec_t now, uint64_t seed)
{
	*set = (struct probe_set){ 0 };
	for (int k = 0; k < PROBE_KIND_COUNT; k++) {
		const struct probe *p = probe_find(spec, (enum probe_kind)k);
		nsec_t earliest = now;

		if (!p)
			continue;
		if (seed > 0)
			earliest += (nsec_t)(seed % (uint64_t)(p->period_seconds * NSEC_PER_SEC));
		set->of[k].due = started + p->initial_delay_seconds * NSEC_PER_SEC;
		if (set->of[k].due < earliest)
			set->of[k].due = earliest;
	}
}

static bool wanted(const struct probe_subject *subject, enum probe_kind kind)
{
	bool started = container_started(subject->spec, subject->record);
	bool ends = subject->pod_ends || subject->record->stop_since > 0;

	if (kind == PROBE_STARTUP)
		return !started && !ends;
	return started && (kind == PROBE_READINESS || !ends);
}

nsec_t probe_set_next(
	const struct probe_set *set, const struct probe_subject *subject, enum probe_kind *ret_kind)
{
	nsec_t first = NSEC_NEVER;

	for (int k = 0; k < PROBE_KIND_COUNT; k++) {
		enum probe_kind kind = (enum probe_kind)k;

		if (!probe_find(subject->spec, kind) || !wanted(subject, kind) || set->of[k].asking ||
			set->of[k].due >= first)
			continue;
		first = set->of[k].due;
		*ret_kind = kind;
	}
	return first;
}

void probe_set_ask(struct probe_set *set, const struct container *spec, enum probe_kind kind, nsec_t now)
{
	struct probe_state *s = &set->of[kind];
	const struct probe *p = probe_find(spec, kind);
	nsec_t period = p ? p->period_seconds * NSEC_PER_SEC : NSEC_NEVER - now;

	s->asking = true;
	/* Periods that were missed are not made up for. */
	s->due = now - s->due < period ? s->due + period : now + period;
}

/* --- what answers mean ------------------------------------------------------------------------------------ */

enum effect { NOTHING, STARTS, IS_READY, IS_UNREADY, CONDEMNED };

static const enum effect effects[PROBE_KIND_COUNT][PROBE_UNKNOWN] = {
	/*                     SUCCESS   FAILURE */
	[PROBE_STARTUP] = { STARTS, CONDEMNED },
	[PROBE_LIVENESS] = { NOTHING, CONDEMNED },
	[PROBE_READINESS] = { IS_READY, IS_UNREADY },
};

/* Counts RESULT; true: it has come as often in a row as P asks for. */
static bool count(struct probe_state *s, const struct probe *p, enum probe_result result)
{
	s->run = s->run > 0 && s->last == result ? s->run + 1 : 1;
	s->last = result;
	return s->run >= (result == PROBE_SUCCESS ? p->success_threshold : p->failure_threshold);
}

static bool condemn(const struct probe_subject *subject, const struct probe *p, const char *text, nsec_t now)
{
	int64_t grace = p->termination_grace_period_seconds.set ? p->termination_grace_period_seconds.value
								: subject->grace;

	container_condemn(subject->record, now, grace, text);
	return true;
}

static bool set_flag(bool *flag, bool value)
{
	bool changed = *flag != value;

	*flag = value;
	return changed;
}

static bool take_effect(enum effect effect, const struct probe_subject *subject, const struct probe *p,
	const char *text, nsec_t now)
{
	struct container_record *r = subject->record;

	switch (effect) {
	case NOTHING:
		return false;
	case STARTS:
		str_set(&r->unhealthy, NULL);
		return set_flag(&r->started, true);
	case IS_READY:
		str_set(&r->unhealthy, NULL);
		return set_flag(&r->ready, true);
	case IS_UNREADY:
		return set_flag(&r->ready, false);
	case CONDEMNED:
		return condemn(subject, p, text, now);
	}
	return false;
}

/* The first that is said against a container that is not ready stays, so that a status does not change with each period. */
static bool note_unhealthy(const struct probe_subject *subject, const char *text)
{
	if (subject->record->unhealthy || container_ready(subject->spec, subject->record))
		return false;
	str_set(&subject->record->unhealthy, text);
	return true;
}

bool probe_set_answer(struct probe_set *set, const struct probe_subject *subject, enum probe_kind kind,
	enum probe_result result, const char *text, nsec_t now)
{
	const struct probe *p = probe_find(subject->spec, kind);
	char why[TEXT_MAX];
	bool changed = false;

	set->of[kind].asking = false;
	/* What was asked before the container or its pod began to end may come too late. */
	if (!p || !wanted(subject, kind))
		return false;
	snprintf(why, sizeof(why), "%s probe %s: %s", probe_name(kind),
		result == PROBE_UNKNOWN ? "errored" : "failed", str_or_empty(text));
	if (result != PROBE_UNKNOWN && count(&set->of[kind], p, result))
		changed = take_effect(effects[kind][result], subject, p, why, now);
	if (result != PROBE_SUCCESS && kind != PROBE_LIVENESS)
		changed |= note_unhealthy(subject, why);
	return changed;
}
