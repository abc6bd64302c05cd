/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Events: what happened to an object, for people. The same reason and message about the same object is one event
 * that counts. An event lives for an hour after it last happened, as in Kubernetes; there are at most EVENTS_MAX.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/control/control.h"

enum { EVENTS_MAX = 5000, MESSAGE_MAX = 1024 };
#define EVENT_LIFE (3600 * NSEC_PER_SEC)

static void event_name(const struct world_object *about, const char *reason, const char *message, char *ret)
{
	_cleanup_(freep) char *text = xasprintf("%s\n%s\n%s\n%s", about->key, about->uid, reason, message);
	char hash[SHA256_HEX];

	sha256_hex(text, strlen(text), hash);
	snprintf(ret, NAMES_OBJECT_MAX, "%.220s.%.16s", about->name, hash);
}

static struct world_event *event_new(struct control *c, const struct world_object *about, const char *name,
	const char *type, const char *reason, const char *message)
{
	const char *namespace = about->namespace ? about->namespace : "default";
	struct world_event *e;

	if (c->world->counts[KIND_EVENT] >= EVENTS_MAX)
		return NULL;
	e = world_event(world_add(c->world, KIND_EVENT, namespace, name, NULL, c->now));
	e->about_kind = about->kind->id;
	e->about_name = xstrdup(about->name);
	snprintf(e->about_uid, sizeof(e->about_uid), "%s", about->uid);
	e->type = type;
	e->reason = xstrdup(reason);
	e->message = xstrdup(message);
	e->source = world_source(about) ? xstrdup(world_source(about)) : NULL;
	e->first = c->now;
	return e;
}

static bool add_event(struct control *c, const struct world_object *about, const char *type,
	const char *reason, const char *text, bool once)
{
	const char *namespace = about->namespace ? about->namespace : "default";
	char name[NAMES_OBJECT_MAX];
	struct world_object *o;
	struct world_event *e;

	event_name(about, reason, text, name);
	o = world_find(c->world, KIND_EVENT, namespace, name);
	if (o && once)
		return false;
	e = o ? world_event(o) : event_new(c, about, name, type, reason, text);
	if (!e)
		return false;
	e->count++;
	e->last = c->now;
	world_touch(c->world, &e->o);
	world_wake(c->world, &e->o, c->now + EVENT_LIFE);
	return !o;
}

void control_event(struct control *c, const struct world_object *about, const char *type, const char *reason,
	const char *message, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, message);
	vsnprintf(text, sizeof(text), message, ap);
	va_end(ap);
	add_event(c, about, type, reason, text, false);
}

bool control_event_once(struct control *c, const struct world_object *about, const char *type,
	const char *reason, const char *message, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, message);
	vsnprintf(text, sizeof(text), message, ap);
	va_end(ap);
	return add_event(c, about, type, reason, text, true);
}

void control_event_cluster(struct control *c, const char *reason, const char *message, ...)
{
	char name[] = "cluster";
	const struct world_object *about = world_find(c->world, KIND_CLUSTER, NULL, name);
	const struct world_object nobody = { .kind = &kinds[KIND_CLUSTER], .key = name, .name = name };
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, message);
	vsnprintf(text, sizeof(text), message, ap);
	va_end(ap);
	add_event(c, about ? about : &nobody, "Warning", reason, text, true);
}

void control_event_sync(struct control *c, struct world_event *e)
{
	if (e->last + EVENT_LIFE <= c->now)
		world_drop(c->world, &e->o);
	else
		world_wake(c->world, &e->o, e->last + EVENT_LIFE);
}
