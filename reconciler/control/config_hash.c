/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/control/config_hash.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"

enum { HASH_SHOWN = 16 /* bytes of the hash, of which the annotation has the hexadecimal digits */ };

static bool is_rolled(enum kind_id kind)
{
	return kind == KIND_DEPLOYMENT || kind == KIND_DAEMON_SET || kind == KIND_STATEFUL_SET;
}

bool config_restarts(const struct world *w, const struct world_object *o)
{
	const char *says;

	if (!o->origin || !is_rolled(o->kind->id))
		return false;
	says = string_map_get(&o->origin->object->meta->annotations, ANNOTATION_ON_CONFIG_CHANGE);
	return says ? str_eq(says, "Restart") : w->config_restarts;
}

/* --- the hash ---------------------------------------------------------------------------------------- */

static void add_part(struct sha256_state *s, const char *text)
{
	sha256_update(s, text, strlen(text) + 1);
}

/* Of what R's template names, as it is now. */
static void hash_refs(const struct world *w, const struct world_revision *r, char ret[2 * HASH_SHOWN + 1])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();
	uint8_t h[SHA256_SIZE];

	for (size_t i = 0; i < r->ref_count; i++) {
		const struct world_object *o = world_find(w, r->refs[i].kind, r->namespace, r->refs[i].name);

		add_part(s, kinds[r->refs[i].kind].name);
		add_part(s, r->refs[i].name);
		add_part(s, o && o->origin ? o->origin->digest : "");
	}
	sha256_final(s, h);
	str_hex(h, HASH_SHOWN, ret);
}

/* --- the template ------------------------------------------------------------------------------------ */

static int pair_cmp(const void *a, const void *b)
{
	const struct string_pair *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static struct string_map with_hash(struct arena *a, const struct string_map *from, const char *hash)
{
	struct string_map m = { .items = arena_array(a, from->count + 1, sizeof(m.items[0])) };

	for (size_t i = 0; i < from->count; i++)
		if (!str_eq(from->items[i].key, CONFIG_NOTE_HASH))
			m.items[m.count++] = from->items[i];
	m.items[m.count++] = (struct string_pair){ CONFIG_NOTE_HASH, arena_strdup(a, hash) };
	qsort(m.items, m.count, sizeof(m.items[0]), pair_cmp);
	return m;
}

static const char *hash_of(const struct world_revision *r)
{
	return string_map_get(&r->template.meta.annotations, CONFIG_NOTE_HASH);
}

/* What the manifest's arena is given lasts as long as the manifest. */
static struct world_revision *revision_with(
	const struct world_object *o, const struct pod_template *template, const char *hash)
{
	struct object *manifest = o->origin->object;
	struct pod_template t = *template;

	t.meta.annotations = with_hash(manifest->arena, &template->meta.annotations, hash);
	return world_revision_new(manifest, o->namespace, &t);
}

struct world_revision *config_revision(const struct world *w, const struct world_object *o,
	const struct pod_template *template, struct world_revision *have)
{
	bool restarts = config_restarts(w, o);
	char hash[2 * HASH_SHOWN + 1];
	struct world_revision *r;

	if (have && have->holder == o->origin->object)
		r = world_revision_ref(have);
	else
		r = world_revision_new(o->origin->object, o->namespace, template);
	restarts = restarts && r->ref_count > 0;
	if (restarts)
		hash_refs(w, r, hash);
	if (str_eq(hash_of(r),
		    restarts ? hash : string_map_get(&template->meta.annotations, CONFIG_NOTE_HASH)))
		return r;
	world_revision_unref(r);
	return restarts ? revision_with(o, template, hash)
			: world_revision_new(o->origin->object, o->namespace, template);
}
