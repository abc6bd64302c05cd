/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Events in the world and in the tree. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

static void free_event(struct world_object *o)
{
	struct world_event *e = world_event(o);

	free(e->about_name);
	free(e->reason);
	free(e->message);
	free(e->source);
}

static void load_event(struct world *w, struct object *from, struct world_object *o)
{
	struct world_event *e = world_event(o);
	const struct event *v = object_event(from);
	const struct kind *about = v->involved_object.kind
					   ? kind_find(str_or_empty(v->involved_object.api_version),
						     v->involved_object.kind)
					   : NULL;

	(void)w;
	e->about_kind = about ? about->id : KIND_POD;
	e->about_name = xstrdup(str_or_empty(v->involved_object.name));
	snprintf(e->about_uid, sizeof(e->about_uid), "%s", str_or_empty(v->involved_object.uid));
	e->type = str_eq(v->type, "Warning") ? "Warning" : "Normal";
	e->reason = xstrdup(str_or_empty(v->reason));
	e->message = xstrdup(str_or_empty(v->message));
	e->source = stored_copy(string_map_get(&from->meta->annotations, WORLD_NOTE_SOURCE));
	e->count = v->count;
	e->first = v->first_timestamp.value;
	e->last = v->last_timestamp.value;
}

static void *body_event(struct world_scratch *s, const struct world_object *o)
{
	const struct world_event *e = (const struct world_event *)o;
	struct event *b = stored_plain(s, o);
	const struct string_pair source = { WORLD_NOTE_SOURCE, e->source };

	if (e->source)
		b->meta.annotations = stored_merge(s->arena, &b->meta.annotations, NULL, &source, 1);
	b->involved_object = (struct object_reference){
		.api_version = kinds[e->about_kind].api_version,
		.kind = kinds[e->about_kind].name,
		.namespace = kinds[e->about_kind].namespaced ? o->namespace : NULL,
		.name = e->about_name,
		.uid = e->about_uid[0] != '\0' ? e->about_uid : NULL,
	};
	b->reason = e->reason;
	b->message = e->message;
	b->type = e->type;
	b->source.component = "pintled";
	b->first_timestamp = stored_instant(e->first);
	b->last_timestamp = stored_instant(e->last);
	b->count = e->count;
	return b;
}

const struct world_kind world_kind_event = {
	.size = sizeof(struct world_event),
	.free = free_event,
	.load = load_event,
	.body = body_event,
};
