/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Warnings about a pod that wait to be told: the last EVENTS_MAX of them, in memory only. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "nodeagent/pod_run.h"

enum { EVENTS_MAX = 16, MESSAGE_MAX = 1024 };

static void event_done(struct pod_event *e)
{
	free(e->message);
}

/* The oldest goes where there is no room. */
static struct pod_event *event_place(struct pod_run *pod)
{
	if (!pod->events)
		pod->events = xcalloc(EVENTS_MAX, sizeof(pod->events[0]));
	if (pod->event_count == EVENTS_MAX) {
		event_done(&pod->events[0]);
		memmove(&pod->events[0], &pod->events[1], (EVENTS_MAX - 1) * sizeof(pod->events[0]));
		pod->event_count--;
	}
	return &pod->events[pod->event_count++];
}

void pod_event(struct pod_run *pod, const char *reason, const char *message, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, message);
	vsnprintf(text, sizeof(text), message, ap);
	va_end(ap);
	*event_place(pod) = (struct pod_event){ .reason = reason, .message = xstrdup(text) };
	pod_mark(pod);
}

void pod_events_clear(struct pod_run *pod)
{
	for (size_t i = 0; i < pod->event_count; i++)
		event_done(&pod->events[i]);
	free(pod->events);
	pod->events = NULL;
	pod->event_count = 0;
}

struct wire_events pods_events_take(struct pods *p, const char *uid, struct arena *arena)
{
	struct pod_run *pod = map_get(&p->by_uid, uid);
	struct wire_events list = { 0 };

	if (!pod || pod->event_count == 0)
		return list;
	list.items = arena_array(arena, pod->event_count, sizeof(list.items[0]));
	for (size_t i = 0; i < pod->event_count; i++)
		list.items[list.count++] = (struct wire_event){
			.type = "Warning",
			.reason = pod->events[i].reason,
			.message = arena_strdup(arena, pod->events[i].message),
		};
	pod_events_clear(pod);
	return list;
}
