/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Pods from the tree. They are many, and their sets are read in any order: until all is read, each is kept packed, and
 * not as the object of some ten thousand bytes that it is read as. Then each finds its set, its node, and the template that it was
 * made from, which all that were made from it share.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/schema_pack.h"
#include "reconciler/stored.h"
#include "reconciler/world_internal.h"

struct world_stored {
	void *data; /* NULL: a pod without an owner, whose object is kept anyway; or no longer there */
	size_t len;
};

/* --- reading -------------------------------------------------------------------------------------------- */

/* What a pod of the tree is made from, without what is the pod's own. */
static struct pod_template template_of(struct arena *arena, const struct pod *pod)
{
	struct pod_template t = { .spec = pod->spec };

	t.meta.labels = pod->meta.labels;
	t.meta.annotations = world_pod_notes(arena, &pod->meta.annotations);
	t.spec.node_name = NULL;
	t.spec.priority = (struct opt_int){ 0 };
	t.spec.preemption_policy = NULL;
	return t;
}

static void stash(struct world *w, const struct world_pod *p, const struct pod *pod)
{
	_cleanup_(buf_done) struct buf packed = BUF_INIT;
	struct pod bare = *pod;
	size_t i = p->o.kind_index;

	bare.status = (struct pod_status){ .nominated_node_name = pod->status.nominated_node_name };
	if (!w->stored_texts)
		w->stored_texts = intern_new();
	schema_pack(w->stored_texts, &schema_pod, &bare, &packed);
	w->stored = grow(w->stored, &w->stored_cap, i + 1, sizeof(w->stored[0]));
	for (; w->stored_count <= i; w->stored_count++)
		w->stored[w->stored_count] = (struct world_stored){ 0 };
	w->stored[i] = (struct world_stored){ xmemdup(packed.data, packed.len), packed.len };
}

/* As it was stashed, in ARENA, and no longer there; NULL: it was not. */
static struct pod *unstash(struct world *w, const struct world_pod *p, struct arena *arena)
{
	struct world_stored *s = p->o.kind_index < w->stored_count ? &w->stored[p->o.kind_index] : NULL;
	struct pod *pod;

	if (!s || !s->data)
		return NULL;
	pod = arena_alloc(arena, sizeof(*pod));
	if (schema_unpack(w->stored_texts, &schema_pod, s->data, s->len, arena, pod) < 0)
		assert(false);
	schema_pack_drop(w->stored_texts, &schema_pod, s->data, s->len);
	free(s->data);
	s->data = NULL;
	return pod;
}

void world_pods_loaded(struct world *w)
{
	for (size_t i = 0; i < w->stored_count; i++)
		free(w->stored[i].data);
	free(w->stored);
	w->stored = NULL;
	w->stored_count = w->stored_cap = 0;
	w->stored_texts = intern_free(w->stored_texts);
	for (size_t i = 0; i < w->kept.count; i++)
		free(w->kept.entries[i].value);
	map_done(&w->kept);
}

static void load_scheduled(struct world_pod *p, const struct pod_status *s)
{
	for (size_t i = 0; i < s->conditions.count; i++) {
		const struct condition *c = &s->conditions.items[i];

		if (str_eq(c->reason, WORLD_REASON_WITHHELD)) {
			p->withheld = true;
			p->waiting = stored_copy(c->message);
		}
		if (!str_eq(c->type, "PodScheduled"))
			continue;
		if (str_eq(c->status, "True"))
			p->placed = c->last_transition_time.value;
		else
			p->waiting = stored_copy(c->message);
	}
}

/* More than what stands in a pod's record before anybody has said anything of it? */
static bool says_more(const struct pod_status *s)
{
	if (s->container_statuses.count > 0 || !str_eq(s->phase, "Pending"))
		return true;
	for (size_t i = 0; i < s->conditions.count; i++)
		if (!str_eq(s->conditions.items[i].type, "PodScheduled") &&
			!str_eq(s->conditions.items[i].reason, WORLD_REASON_WITHHELD))
			return true;
	return false;
}

void world_pod_load(struct world *w, struct object *from, struct world_object *o)
{
	struct world_pod *p = world_pod(o);
	const struct pod *pod = object_pod(from);

	p->priority = (int32_t)pod->spec.priority.value;
	p->ranked = pod->spec.priority.set || !pod->spec.priority_class_name;
	p->no_preemption = p->ranked && str_eq(pod->spec.preemption_policy, "Never");
	if (!meta_controller(from->meta)) {
		const struct pod_template template = template_of(from->arena, pod);

		p->revision = world_revision_new(from, o->namespace, &template);
	} else {
		stash(w, p, pod);
	}
	p->grace = (int32_t)from->meta->deletion_grace_period_seconds.value;
	load_scheduled(p, &pod->status);
	if (says_more(&pod->status))
		world_pod_take_status(w, p, &pod->status);
}

/* --- what it was made from ------------------------------------------------------------------------------ */

/* Would P, made from R, be STORED? */
static bool is_made_from(struct world *w, const struct world_pod *p, struct world_revision *r,
	const struct pod_template *stored)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	struct world_scratch s = { .w = w, .arena = arena };
	struct world_pod copy = *p;
	struct pod_template made;
	struct pod body = { 0 };

	copy.revision = r;
	world_pod_body(&s, &copy, &body);
	made = template_of(arena, &body);
	return schema_equal(&schema_pod_template, &made, stored);
}

/* A pod made from a template that its set still has shares it: a reference, or NULL. */
static struct world_revision *revision_of_set(
	struct world *w, const struct world_pod *p, const struct pod_template *stored)
{
	const struct world_kind *keeper = p->set ? world_kind(p->set->o.kind->id) : NULL;
	struct world_revision *r;

	for (size_t i = 0; keeper && keeper->revision && (r = keeper->revision(w, p->set, i)); i++) {
		if (is_made_from(w, p, r, stored))
			return r;
		world_revision_unref(r);
	}
	return NULL;
}

struct kept {
	struct world_revision *revision; /* borrowed from the first of its pods */
	char key[];
};

static void keep(struct world *w, const char *key, struct world_revision *r)
{
	size_t size = strlen(key) + 1;
	struct kept *k = xcalloc(1, sizeof(*k) + size);

	k->revision = r;
	memcpy(k->key, key, size);
	map_put(&w->kept, k->key, k);
}

/* A pod that is older keeps what it was stored with: one copy for all that are alike. Takes ARENA, in which POD is. */
static struct world_revision *revision_kept(
	struct world *w, const struct world_pod *p, struct arena *arena, struct pod *pod)
{
	const struct pod_template stored = template_of(arena, pod);
	struct object *holder = object_new(&kinds[KIND_POD], arena, pod);
	struct world_revision *r = world_revision_new(holder, p->o.namespace, &stored);
	_cleanup_(freep) char *key = NULL;
	const struct kept *same;
	char hash[SHA256_HEX];

	object_unref(holder);
	str_hex(r->hash, sizeof(r->hash), hash);
	key = xasprintf("%s/%s", p->o.namespace, hash);
	same = map_get(&w->kept, key);
	if (same) {
		world_revision_unref(r);
		return world_revision_ref(same->revision);
	}
	r->label = stored_copy(string_map_get(&pod->meta.labels, WORLD_LABEL_REVISION));
	keep(w, key, r);
	return r;
}

/* --- where it belongs ----------------------------------------------------------------------------------- */

static struct world_set *find_set(
	const struct world *w, const char *namespace, const struct owner_reference *owner)
{
	const struct kind *kind = kind_find(str_or_empty(owner->api_version), str_or_empty(owner->kind));
	struct world_object *o = kind && world_keeps_pods(kind->id)
					 ? world_find(w, kind->id, namespace, owner->name)
					 : NULL;

	return o && str_eq(o->uid, owner->uid) ? world_set(o) : NULL;
}

/* Finds who keeps P, and what it was made from. Takes ARENA, in which STORED is. */
static void link_kept(struct world *w, struct world_pod *p, struct arena *arena, struct pod *stored)
{
	const struct owner_reference *owner = meta_controller(&stored->meta);
	struct world_set *s = owner ? find_set(w, p->o.namespace, owner) : NULL;
	const struct pod_template template = template_of(arena, stored);

	p->orphan = owner && !s;
	if (s)
		world_pod_join(p, s);
	if (s && world_kind(s->o.kind->id)->undress)
		world_kind(s->o.kind->id)->undress(p, stored);
	p->revision = revision_of_set(w, p, &template);
	if (p->revision)
		arena_free(arena);
	else
		p->revision = revision_kept(w, p, arena, stored);
}

static char *node_of(const struct world_pod *p, const struct pod *stored)
{
	return stored_copy(p->placed ? stored->spec.node_name : stored->status.nominated_node_name);
}

/* Returns the node that it is on, or that room is kept on for it, by name, which the caller frees; NULL: none. */
static char *link_owner(struct world *w, struct world_pod *p)
{
	struct arena *arena = arena_new(4096);
	struct pod *stored = unstash(w, p, arena);
	char *node;

	if (stored) {
		node = node_of(p, stored);
		link_kept(w, p, arena, stored);
	} else {
		node = node_of(p, object_pod(p->revision->holder));
		arena_free(arena);
	}
	/* Who uses ConfigMaps and Secrets: the set, or a pod without one. */
	if (!p->set && !p->orphan)
		world_pod_revision(w, p, world_revision_ref(p->revision));
	return node;
}

/* A pod whose node is no longer there comes out without one but marked: its controller replaces it. */
void world_pod_link(struct world *w, struct world_object *object)
{
	struct world_pod *p = world_pod(object);
	_cleanup_(freep) char *node = link_owner(w, p);
	struct world_object *o = node ? world_find(w, KIND_NODE, NULL, node) : NULL;

	if (p->placed == 0) {
		if (!p->o.deleting && !(p->o.origin && (p->o.origin->held || p->o.origin->waits)))
			world_pod_wait(w, p);
		if (node && p->waits && p->ranked)
			world_pod_nominate(w, p, node);
		return;
	}
	p->held = !MUTANT(20); /* until its agent says otherwise */
	if (o)
		world_pod_place(w, p, world_node(o));
}

/* By way of its text, as when it is read from the tree. */
void world_pod_keep_looks(struct world *w, struct world_pod *p)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(4096);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(object_unrefp) struct object *holder = NULL;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct pod_template template;

	object_write_json(&json, world_pod_object(w, p, arena), 0, NULL);
	if (object_load_json(text.data, text.len, &holder, NULL) < 0)
		return;
	template = template_of(holder->arena, object_pod(holder));
	world_pod_unbook(w, p);
	world_pod_revision(w, p, world_revision_new(holder, p->o.namespace, &template));
	world_pod_book(w, p);
}
