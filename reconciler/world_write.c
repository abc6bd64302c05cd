/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The tree from the world: each object as `kubectl get -o json` would print it. Objects are put together from the parts
 * the world keeps (a manifest, a template, an identity, a status) as shallow structs in a scratch arena.
 */
#include "reconciler/stored.h"

void world_write(const struct world *w, const struct world_object *o, int64_t version, struct buf *out)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	const struct world_kind *kind = world_kind(o->kind->id);
	struct world_scratch s = { .w = w, .arena = arena };
	const char *text = stored_number(arena, version);
	struct json_writer json = JSON_WRITER(out, 0);
	struct object *made;

	if (kind->write) {
		kind->write(&s, o, text, out);
		return;
	}
	made = stored_shell(&s, o->kind, kind->body ? kind->body(&s, o) : stored_plain(&s, o));
	made->meta->resource_version = text;
	object_write_json(&json, made, ENCODE_HIDE_SECRETS, w->key);
}
