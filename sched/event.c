/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table is queue.h's: kube-scheduler's plugins say the like by EventsToRegister. */
#include "sched/event.h"

#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"

/* Which node a claim's data is on may be settled by the first pod that uses it, for as long as that is there. */
enum { BY_CLAIMS = SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_PODS | SCHED_EVENT_VOLUMES };

/* The first whose words the reason begins with. */
static const struct {
	const char *words;
	unsigned events;
} rules[] = {
	{ "Insufficient ", SCHED_EVENT_NODE | SCHED_EVENT_ROOM },
	{ "Too many pods", SCHED_EVENT_NODE | SCHED_EVENT_ROOM },
	{ "node(s) didn't match the requested node name", SCHED_EVENT_NODE },
	{ "node(s) were unschedulable", SCHED_EVENT_NODE },
	{ "node(s) had untolerated taint", SCHED_EVENT_NODE },
	{ "node(s) didn't match Pod's node affinity/selector", SCHED_EVENT_NODE },
	{ "node(s) didn't have free ports", SCHED_EVENT_NODE | SCHED_EVENT_ROOM },
	/* Where the last of those that it wants goes, it may be the first itself. */
	{ "node(s) didn't match pod affinity rules",
		SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_PODS | SCHED_EVENT_NAMESPACES },
	{ "node(s) didn't match pod anti-affinity rules",
		SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_NAMESPACES },
	{ "node(s) didn't satisfy existing pods anti-affinity rules",
		SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_NAMESPACES },
	{ "node(s) didn't match pod topology spread constraints (missing required label)", SCHED_EVENT_NODE },
	{ "node(s) didn't match pod topology spread constraints",
		SCHED_EVENT_NODE | SCHED_EVENT_ROOM | SCHED_EVENT_PODS },
	{ "node(s) had no available volume zone", BY_CLAIMS },
	{ "node(s) had volume node affinity conflict", BY_CLAIMS },
	{ "node(s) didn't find available persistent volumes to bind", BY_CLAIMS },
	{ "pod has unbound immediate PersistentVolumeClaims", SCHED_EVENT_VOLUMES },
	{ "persistentvolumeclaim ", SCHED_EVENT_VOLUMES },
	{ "node(s) exceed max volume count", BY_CLAIMS },
	{ "node has pod using PersistentVolumeClaim", SCHED_EVENT_ROOM | SCHED_EVENT_VOLUMES },
};

void sched_events_add(struct sched_events *e, unsigned events)
{
	if (MUTANT(33))
		events &= ~(unsigned)SCHED_EVENT_PODS;
	e->now++;
	for (size_t i = 0; i < SCHED_EVENT_KINDS; i++)
		if (events & (1u << i))
			e->last[i] = e->now;
}

bool sched_events_since(const struct sched_events *e, unsigned events, uint64_t time)
{
	for (size_t i = 0; i < SCHED_EVENT_KINDS; i++)
		if ((events & (1u << i)) && e->last[i] > time)
			return true;
	return false;
}

unsigned sched_events_for_reason(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (strncmp(text, rules[i].words, strlen(rules[i].words)) == 0)
			return rules[i].events;
	return SCHED_EVENT_ANY;
}

/* Where there is no node yet, the first may do. */
unsigned sched_events_for(const struct sched_verdict *v)
{
	unsigned events = SCHED_EVENT_NODE;

	if (v->reason_count == SCHED_REASONS_MAX)
		return SCHED_EVENT_ANY;
	for (size_t i = 0; i < v->reason_count; i++)
		events |= sched_events_for_reason(v->reasons[i].text);
	return events;
}
