/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The links between the world's objects: revisions, owners and their pods, nodes and their pods, users of configuration. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/world.h"
#include "reconciler/world_internal.h"

/* --- revisions --------------------------------------------------------------------------------------- */

struct refs {
	struct world_ref *items;
	size_t count, cap;
};

static void refs_add(struct refs *r, enum kind_id kind, const char *name)
{
	if (str_empty(name))
		return;
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].kind == kind && str_eq(r->items[i].name, name))
			return;
	r->items = grow(r->items, &r->cap, r->count + 1, sizeof(r->items[0]));
	r->items[r->count++] = (struct world_ref){ .kind = kind, .name = name };
}

static void refs_of_container(struct refs *r, const struct container *c)
{
	for (size_t i = 0; i < c->env_from.count; i++) {
		const struct env_from *e = &c->env_from.items[i];

		refs_add(r, KIND_CONFIG_MAP, e->config_map_ref ? e->config_map_ref->name : NULL);
		refs_add(r, KIND_SECRET, e->secret_ref ? e->secret_ref->name : NULL);
	}
	for (size_t i = 0; i < c->env.count; i++) {
		const struct env_source *s = c->env.items[i].value_from;

		if (!s)
			continue;
		refs_add(r, KIND_CONFIG_MAP, s->config_map_key_ref ? s->config_map_key_ref->name : NULL);
		refs_add(r, KIND_SECRET, s->secret_key_ref ? s->secret_key_ref->name : NULL);
	}
}

static void refs_of_volume(struct refs *r, const struct volume *v)
{
	refs_add(r, KIND_CONFIG_MAP, v->config_map ? v->config_map->name : NULL);
	refs_add(r, KIND_SECRET, v->secret ? v->secret->secret_name : NULL);
	for (size_t i = 0; v->projected && i < v->projected->sources.count; i++) {
		const struct projection *p = &v->projected->sources.items[i];

		refs_add(r, KIND_CONFIG_MAP, p->config_map ? p->config_map->name : NULL);
		refs_add(r, KIND_SECRET, p->secret ? p->secret->secret_name : NULL);
	}
}

static int ref_cmp(const void *a, const void *b)
{
	const struct world_ref *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void refs_of_pod(struct world_revision *rev, const struct pod_spec *spec)
{
	struct refs r = { 0 };

	for (size_t i = 0; i < spec->init_containers.count; i++)
		refs_of_container(&r, &spec->init_containers.items[i]);
	for (size_t i = 0; i < spec->containers.count; i++)
		refs_of_container(&r, &spec->containers.items[i]);
	for (size_t i = 0; i < spec->volumes.count; i++)
		refs_of_volume(&r, &spec->volumes.items[i]);
	for (size_t i = 0; i < spec->image_pull_secrets.count; i++)
		refs_add(&r, KIND_SECRET, spec->image_pull_secrets.items[i].name);
	if (r.count > 1)
		qsort(r.items, r.count, sizeof(r.items[0]), ref_cmp);
	rev->refs = r.items;
	rev->ref_count = r.count;
}

/* The labels of a template as people wrote it: without the hash that its ReplicaSet adds. */
static void labels_without_hash(struct object *holder, struct string_map *labels)
{
	struct string_pair *items;
	size_t n = 0;

	if (!string_map_get(labels, WORLD_LABEL_HASH))
		return;
	items = arena_array(holder->arena, labels->count, sizeof(items[0]));
	for (size_t i = 0; i < labels->count; i++)
		if (!str_eq(labels->items[i].key, WORLD_LABEL_HASH))
			items[n++] = labels->items[i];
	labels->items = n > 0 ? items : NULL;
	labels->count = n;
}

/* annotations.c has let nothing else through. */
static void read_deadline(struct world_revision *r, const char *text)
{
	r->deadline_from_start = text && duration_parse(text, &r->deadline) == 0;
	if (!r->deadline_from_start && (!text || time_parse(text, &r->deadline) < 0))
		r->deadline = NSEC_NEVER;
}

nsec_t world_revision_deadline(const struct world_revision *r, nsec_t created)
{
	return r->deadline_from_start ? created + r->deadline : r->deadline;
}

struct world_revision *world_revision_new(
	struct object *holder, const char *namespace, const struct pod_template *template)
{
	struct world_revision *r = xcalloc(1, sizeof(*r));

	r->holder = object_ref(holder);
	r->template = *template;
	r->namespace = xstrdup(namespace);
	r->count = 1;
	labels_without_hash(holder, &r->template.meta.labels);
	schema_hash(&schema_pod_template, &r->template, r->hash);
	refs_of_pod(r, &r->template.spec);
	r->gang = string_map_get(&r->template.meta.annotations, ANNOTATION_GANG);
	read_deadline(r, string_map_get(&r->template.meta.annotations, ANNOTATION_DEADLINE));
	return r;
}

struct world_revision *world_revision_ref(struct world_revision *r)
{
	r->count++;
	return r;
}

struct world_revision *world_revision_unref(struct world_revision *r)
{
	if (!r || --r->count > 0)
		return NULL;
	sched_request_unref(r->request);
	free(r->labels);
	world_revision_unref(r->first);
	object_unref(r->holder);
	free(r->namespace);
	free(r->refs);
	free(r->label);
	free(r);
	return NULL;
}

/* --- users of configuration ---------------------------------------------------------------------------- */

static struct world_users *users_at(struct world *w, const struct world_revision *r, size_t i, bool make)
{
	_cleanup_(freep) char *key = xasprintf(
		"%s/%s/%s", kinds[r->refs[i].kind].name, r->namespace, r->refs[i].name);
	struct world_users *u = map_get(&w->users, key);

	if (!u && make) {
		u = xcalloc(1, sizeof(*u));
		u->key = TAKE_PTR(key);
		map_put(&w->users, u->key, u);
	}
	return u;
}

void world_users_join(struct world *w, const struct world_revision *r, struct world_object *user)
{
	for (size_t i = 0; i < r->ref_count; i++) {
		struct world_users *u = users_at(w, r, i, true);

		u->items = grow(u->items, &u->cap, u->count + 1, sizeof(u->items[0]));
		u->items[u->count++] = user;
	}
}

static void users_free(struct world_users *u)
{
	free(u->key);
	free(u->items);
	free(u);
}

void world_users_leave(struct world *w, const struct world_revision *r, const struct world_object *user)
{
	for (size_t i = 0; r && i < r->ref_count; i++) {
		struct world_users *u = users_at(w, r, i, false);

		for (size_t k = 0; u && k < u->count; k++) {
			if (u->items[k] != user)
				continue;
			u->items[k] = u->items[--u->count];
			break;
		}
		if (u && u->count == 0) {
			map_remove(&w->users, u->key);
			users_free(u);
		}
	}
}

void world_users_done(struct world *w)
{
	for (size_t i = 0; i < w->users.count; i++)
		users_free(w->users.entries[i].value);
	map_done(&w->users);
}

void world_users_each(struct world *w, const char *key,
	void (*fn)(struct world *w, struct world_object *user, void *arg), void *arg)
{
	struct world_users *u = map_get(&w->users, key);

	for (size_t i = 0; u && i < u->count; i++)
		fn(w, u->items[i], arg);
}

void world_set_revision(struct world *w, struct world_set *s, struct world_revision *r)
{
	world_users_leave(w, s->revision, &s->o);
	world_revision_unref(s->revision);
	s->admitted = world_revision_unref(s->admitted);
	s->revision = r;
	if (r)
		world_users_join(w, r, &s->o);
}

void world_set_share_revision(struct world *w, struct world_set *s, struct world_revision *r)
{
	struct world_revision *before = s->revision;

	assert(memcmp(before->hash, r->hash, sizeof(r->hash)) == 0);
	world_revision_follow(r, before);
	for (size_t i = 0; i < s->pods.count; i++) {
		struct world_pod *p = s->pods.items[i];

		/* What is booked on its node and its refs are the same: they go by the template. */
		if (p->revision != before)
			continue;
		p->revision = world_revision_ref(r);
		world_revision_unref(before);
	}
	world_set_revision(w, s, world_revision_ref(r));
}

void world_pod_revision(struct world *w, struct world_pod *p, struct world_revision *r)
{
	if (!p->set)
		world_users_leave(w, p->revision, &p->o);
	world_revision_unref(p->revision);
	p->revision = r;
	if (r && !p->set)
		world_users_join(w, r, &p->o);
}

/* --- lists of pods --------------------------------------------------------------------------------------- */

void world_pods_add(struct world_pods *list, struct world_pod *p)
{
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(list->items[0]));
	list->items[list->count++] = p;
}

void world_pods_put(struct world_pods *list, struct world_pod *p)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == p)
			return;
	world_pods_add(list, p);
}

void world_pods_remove(struct world_pods *list, struct world_pod *p)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] != p)
			continue;
		list->items[i] = list->items[--list->count];
		return;
	}
}

void world_set_join(struct world *w, struct world_set *s, struct world_deployment *d)
{
	(void)w;
	s->deployment = d;
	d->sets = grow(d->sets, &d->set_cap, d->set_count + 1, sizeof(d->sets[0]));
	d->sets[d->set_count++] = s;
}

void world_set_leave(struct world_set *s)
{
	struct world_deployment *d = s->deployment;

	for (size_t i = 0; d && i < d->set_count; i++) {
		if (d->sets[i] != s)
			continue;
		d->sets[i] = d->sets[--d->set_count];
		break;
	}
	s->deployment = NULL;
}

void world_pod_join(struct world_pod *p, struct world_set *s)
{
	p->set = s;
	p->set_index = (uint32_t)s->pods.count;
	world_pods_add(&s->pods, p);
}

void world_pod_leave(struct world_pod *p)
{
	struct world_pods *list = p->set ? &p->set->pods : NULL;

	if (!list)
		return;
	assert(list->items[p->set_index] == p);
	list->items[p->set_index] = list->items[--list->count];
	list->items[p->set_index]->set_index = p->set_index;
	p->set = NULL;
}

/* --- nodes ------------------------------------------------------------------------------------------------- */

void world_pod_place(struct world *w, struct world_pod *p, struct world_node *n)
{
	assert(!p->node);
	world_pod_unwait(w, p);
	p->node = n;
	p->node_index = (uint32_t)n->pods.count;
	world_pods_add(&n->pods, p);
	world_pod_book(w, p);
	if (p->revision->ref_count > 0)
		p->refs = xcalloc(p->revision->ref_count, sizeof(p->refs[0]));
}

static void refs_release(struct world_pod *p)
{
	for (size_t i = 0; p->refs && i < p->revision->ref_count; i++) {
		struct world_held *h = p->refs[i] ? map_get(&p->node->held, p->refs[i]) : NULL;

		if (h && --h->users == 0)
			world_node_held_changed(p->node);
	}
	free(p->refs);
	p->refs = NULL;
}

size_t world_node_addresses(const struct world_node *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->pods.count; i++)
		count += !n->pods.items[i]->revision->template.spec.host_network;
	return count;
}

void world_pod_unplace(struct world *w, struct world_pod *p)
{
	struct world_node *n = p->node;

	if (!n)
		return;
	refs_release(p);
	assert(n->pods.items[p->node_index] == p);
	n->pods.items[p->node_index] = n->pods.items[--n->pods.count];
	n->pods.items[p->node_index]->node_index = p->node_index;
	if (p->queued)
		world_pods_remove(&n->queue, p);
	p->queued = false;
	world_pod_unbook(w, p);
	p->node = NULL;
	w->nodes_changed = true;
	if (n->subnet_waits || n->draining)
		world_dirty(w, &n->o);
}

/* --- the digest --- */

static void digest_part(struct sha256_state *s, const char *text)
{
	sha256_update(s, str_or_empty(text), strlen(str_or_empty(text)) + 1);
}

static void compute_digest(const struct world_pod *p, uint8_t ret[SHA256_SIZE])
{
	_cleanup_(sha256_freep) struct sha256_state *s = sha256_new();

	digest_part(s, p->o.uid);
	digest_part(s, p->o.key);
	sha256_update(s, p->revision->hash, sizeof(p->revision->hash));
	for (size_t i = 0; i < p->revision->ref_count; i++) {
		digest_part(s, kinds[p->revision->refs[i].kind].name);
		digest_part(s, p->revision->refs[i].name);
		digest_part(s, p->refs[i]);
	}
	sha256_final(s, ret);
}

void world_pod_digest(const struct world_pod *p, char ret[WORLD_DIGEST])
{
	uint8_t h[SHA256_SIZE];

	compute_digest(p, h);
	str_hex(h, sizeof(h), ret);
}

void world_pod_take_sent(struct world_pod *p, const char *digest)
{
	uint8_t h[SHA256_SIZE];

	if (!digest || strlen(digest) != WORLD_DIGEST - 1 || !str_unhex(digest, h, sizeof(h)))
		memset(h, 0, sizeof(h));
	memcpy(p->sent, h, sizeof(p->sent));
}

bool world_pod_is_sent(const struct world_pod *p)
{
	uint8_t h[SHA256_SIZE];

	compute_digest(p, h);
	return memcmp(h, p->sent, sizeof(p->sent)) == 0;
}

void world_pod_queue(struct world_pod *p)
{
	if (p->queued || !p->node)
		return;
	p->queued = true;
	world_pods_add(&p->node->queue, p);
	world_node_news(p->node);
}

/* --- conditions ---------------------------------------------------------------------------------------------- */

const struct world_condition *world_condition_get(const struct world_conditions *c, const char *type)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->items[i].type, type))
			return &c->items[i];
	return NULL;
}

static struct world_condition *condition_at(struct world_conditions *c, const char *type, nsec_t now)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->items[i].type, type))
			return &c->items[i];
	assert(c->count < WORLD_CONDITIONS);
	c->items[c->count] = (struct world_condition){ .type = type, .transitioned = now };
	return &c->items[c->count++];
}

bool world_condition_set(struct world_conditions *c, const char *type, const char *status, const char *reason,
	const char *message, nsec_t now)
{
	struct world_condition *at = condition_at(c, type, now);

	if (str_eq(at->status, status) && str_eq(at->reason, reason) && str_eq(at->message, message))
		return false;
	if (!str_eq(at->status, status))
		at->transitioned = now;
	at->status = status;
	if (!str_eq(at->reason, reason)) {
		free(at->reason);
		at->reason = xstrdup(reason);
	}
	if (!str_eq(at->message, message)) {
		free(at->message);
		at->message = xstrdup(message);
	}
	at->updated = now;
	return true;
}

void world_condition_remove(struct world_conditions *c, const char *type)
{
	for (size_t i = 0; i < c->count; i++) {
		if (!str_eq(c->items[i].type, type))
			continue;
		free(c->items[i].reason);
		free(c->items[i].message);
		for (size_t k = i + 1; k < c->count; k++)
			c->items[k - 1] = c->items[k];
		c->count--;
		return;
	}
}
