/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/volume_books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "sched/volume.h"

/* --- what a request's claims come to -------------------------------------------------------------------- */

static void claims_clear(struct sched_claims *k)
{
	for (size_t i = 0; i < k->wanted_count; i++)
		sched_binding_done(&k->wanted[i]);
	k->bound_count = k->wanted_count = 0;
	k->trouble[0] = '\0';
	k->in_use = false;
}

static bool waits_for_consumer(const struct sched_storage *s, const struct claim *c)
{
	const struct storage_class *class = sched_storage_class(s, &c->spec);

	return class && str_eq(class->volume_binding_mode, "WaitForFirstConsumer");
}

/* Its name, without the namespace. */
static const char *name_of(const struct sched_claim *c)
{
	return strchr(c->key, '/') + 1;
}

static bool find_lost(struct sched_claims *k)
{
	for (size_t i = 0; i < k->count && k->trouble[0] == '\0'; i++) {
		const struct sched_claim *c = k->items[i];

		if (!c->body)
			snprintf(k->trouble, sizeof(k->trouble), "persistentvolumeclaim \"%s\" not found",
				name_of(c));
		else if (str_eq(c->body->status.phase, "Lost"))
			snprintf(k->trouble, sizeof(k->trouble),
				"persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\"",
				name_of(c), str_or_empty(c->body->spec.volume_name));
		else if (c->body->meta.deletion_timestamp.set)
			snprintf(k->trouble, sizeof(k->trouble),
				"persistentvolumeclaim \"%s\" is being deleted", name_of(c));
	}
	return k->trouble[0] != '\0';
}

static bool is_anothers(const struct sched_volume *v, const struct claim *c)
{
	return v->body && v->body->spec.claim_ref && !sched_volume_is_of(v->body, c);
}

static bool find_immediate(const struct sched_storage *s, struct sched_claims *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct sched_claim *c = k->items[i];

		if (c->names ? !is_anothers(c->names, c->body) : c->volume || waits_for_consumer(s, c->body))
			continue;
		snprintf(k->trouble, sizeof(k->trouble), "pod has unbound immediate PersistentVolumeClaims");
		return true;
	}
	return false;
}

static bool find_no_volume(struct sched_claims *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct sched_volume *v = sched_claim_volume(k->items[i]);

		if (!v || v->body)
			continue;
		snprintf(k->trouble, sizeof(k->trouble), "persistentvolume \"%s\" not found", v->name);
		return true;
	}
	return false;
}

static const struct quantity *request_of(const struct sched_claim *c)
{
	static const struct quantity none;
	const struct quantity *q = quantity_map_get(&c->body->spec.resources.requests, "storage");

	return q ? q : &none;
}

/* Behind those of the same size. */
static void want(const struct sched_storage *s, struct sched_claims *k, uint32_t item)
{
	const struct sched_claim *c = k->items[item];
	size_t at = k->wanted_count++;

	for (; at > 0 && quantity_cmp(request_of(k->items[k->wanted_item[at - 1]]), request_of(c)) > 0;
		at--) {
		k->wanted[at] = k->wanted[at - 1];
		k->wanted_item[at] = k->wanted_item[at - 1];
	}
	k->wanted_item[at] = item;
	sched_binding_find(s, c, sched_storage_class(s, &c->body->spec), &k->wanted[at]);
}

static void resolve(const struct sched_storage *s, struct sched_claims *k)
{
	claims_clear(k);
	if (find_lost(k) || find_immediate(s, k) || find_no_volume(k))
		return;
	for (uint32_t i = 0; i < k->count; i++) {
		struct sched_claim *c = k->items[i];
		struct sched_volume *v = sched_claim_volume(c);

		k->in_use |= c->users > 0 && strings_contain(&c->body->spec.access_modes, "ReadWriteOncePod");
		if (v)
			k->bound[k->bound_count++] = v;
		else
			want(s, k, i);
	}
}

/* --- claims of pods that came before what they are about --------------------------------------------------- */

static struct sched_claim_use *use_of(struct sched_volume_node *n, const struct sched_claim *claim)
{
	for (size_t i = 0; i < n->use_count; i++)
		if (n->uses[i].claim == claim)
			return &n->uses[i];
	return NULL;
}

/* The node of a pod that uses C; NULL: there is none. */
static const struct sched_node *user_of(const struct sched_cluster *c, struct sched_claim *claim)
{
	struct sched_volumes *v = c->volumes;

	for (uint32_t i = 0; i < c->span && !use_of(&v->nodes[claim->at], claim); i++)
		claim->at = i;
	return use_of(&v->nodes[claim->at], claim) ? c->nodes[claim->at] : NULL;
}

/* Is it assumed where C goes, now? */
static bool settle(const struct sched_cluster *c, struct sched_claim *claim)
{
	struct sched_storage *s = &c->volumes->storage;
	const struct sched_node *n = user_of(c, claim);
	struct sched_binding b;
	struct sched_volume *v;

	if (!n || !claim->body || !waits_for_consumer(s, claim->body))
		return false;
	sched_binding_find(s, claim, sched_storage_class(s, &claim->body->spec), &b);
	v = sched_binding_choose(&b, n, NULL, 0);
	if (v || sched_binding_provisions(&b, n))
		sched_storage_assume(s, claim, v, n->name);
	sched_binding_done(&b);
	return !claim->unsettled;
}

static void settle_all(const struct sched_cluster *c)
{
	struct sched_storage *s = &c->volumes->storage;

	if (!s->news)
		return;
	s->news = false;
	for (size_t i = 0; i < s->unsettled_count;)
		i += !settle(c, s->unsettled[i]);
}

struct sched_claims *sched_claims_resolve(const struct sched_cluster *c, const struct sched_request *r)
{
	const struct sched_storage *s = &c->volumes->storage;

	settle_all(c);
	if (r->claims->generation != s->generation)
		resolve(s, r->claims);
	r->claims->generation = s->generation;
	return r->claims;
}

const char *sched_claim_provisioner(const struct sched_storage *s, const struct sched_claim *c)
{
	const struct sched_volume *v = sched_claim_volume(c);
	const struct storage_class *class = c->body ? sched_storage_class(s, &c->body->spec) : NULL;

	if (!class && v && v->body && !str_empty(v->body->spec.storage_class_name))
		class = map_get(&s->classes, v->body->spec.storage_class_name);
	return class ? class->provisioner : NULL;
}

/* --- pods come and go ----------------------------------------------------------------------------------------- */

static struct sched_claim_use *add_use(struct sched_volume_node *n, struct sched_claim *claim)
{
	n->uses = grow(n->uses, &n->use_cap, n->use_count + 1, sizeof(n->uses[0]));
	n->uses[n->use_count] = (struct sched_claim_use){ .claim = claim };
	return &n->uses[n->use_count++];
}

static void drop_use(struct sched_volume_node *n, struct sched_claim_use *u)
{
	size_t i = (size_t)(u - n->uses);

	memmove(u, u + 1, (--n->use_count - i) * sizeof(n->uses[0]));
}

/* Whether anybody uses it matters to others. */
static void users_changed(struct sched_storage *s, const struct sched_claim *claim)
{
	s->generation += claim->body && strings_contain(&claim->body->spec.access_modes, "ReadWriteOncePod");
}

/* One more pod of R on NODE uses R's claim ITEM; which claim that is. */
static struct sched_claim *use(
	struct sched_cluster *c, uint32_t node, const struct sched_request *r, uint32_t item)
{
	struct sched_volumes *v = c->volumes;
	struct sched_claim *claim = r->claims->items[item];
	struct sched_claim_use *u;

	if (!claim->key) {
		claim = sched_storage_claim_new(claim->template);
		u = add_use(&v->nodes[node], claim);
		u->owner = r;
		u->item = item;
	} else {
		u = use_of(&v->nodes[node], claim);
		if (!u)
			u = add_use(&v->nodes[node], claim);
	}
	u->count++;
	if (claim->users++ > 0)
		return claim;
	claim->at = node;
	users_changed(&v->storage, claim);
	return claim;
}

static void come(struct sched_cluster *c, uint32_t node, struct sched_request *r)
{
	struct sched_storage *s = &c->volumes->storage;
	struct sched_claims *k = sched_claims_resolve(c, r);
	bool resolved = k->trouble[0] == '\0';

	for (size_t i = 0; resolved && i < k->wanted_count; i++)
		k->chosen[i] = sched_binding_choose(&k->wanted[i], c->nodes[node], k->chosen, i);
	for (uint32_t item = 0; item < k->count; item++) {
		struct sched_claim *claim = use(c, node, r, item);

		for (size_t i = 0; resolved && i < k->wanted_count; i++)
			if (k->wanted_item[i] == item && !claim->node && !MUTANT(34) &&
				(k->chosen[i] || sched_binding_provisions(&k->wanted[i], c->nodes[node])))
				sched_storage_assume(s, claim, k->chosen[i], c->nodes[node]->name);
		if (!sched_claim_volume(claim) && !claim->node)
			sched_storage_unsettle(s, claim, true);
	}
}

/* The use of R's claim ITEM by a pod of R, the last that came. */
static struct sched_claim_use *last_use(
	struct sched_volume_node *n, const struct sched_request *r, uint32_t item)
{
	if (r->claims->items[item]->key)
		return use_of(n, r->claims->items[item]);
	for (size_t i = n->use_count; i > 0; i--)
		if (n->uses[i - 1].owner == r && n->uses[i - 1].item == item)
			return &n->uses[i - 1];
	return NULL;
}

static void leave(struct sched_cluster *c, uint32_t node, const struct sched_request *r)
{
	struct sched_storage *s = &c->volumes->storage;
	struct sched_volume_node *n = &c->volumes->nodes[node];

	for (uint32_t item = 0; item < r->claims->count; item++) {
		struct sched_claim_use *u = last_use(n, r, item);
		struct sched_claim *claim = u ? u->claim : NULL;

		if (!u)
			continue;
		if (--u->count == 0)
			drop_use(n, u);
		if (--claim->users > 0)
			continue;
		sched_storage_release(s, claim);
		sched_storage_unsettle(s, claim, false);
		users_changed(s, claim);
		if (!claim->key)
			sched_storage_claim_unref(s, claim);
	}
}

/* What changed may be about all who have claims. */
static void tell(struct sched_cluster *c)
{
	struct sched_volumes *v = c->volumes;

	if (v->told == v->storage.generation)
		return;
	v->told = v->storage.generation;
	for (size_t i = 0; i < v->request_count; i++)
		sched_request_changed(c, v->requests[i]);
}

static void pods(struct sched_cluster *c, uint32_t node, struct sched_request *r, int live, int leaving)
{
	int delta = live + leaving;

	if (!r->claims || delta == 0)
		return;
	for (; delta > 0; delta--)
		come(c, node, r);
	for (; delta < 0; delta++)
		leave(c, node, r);
	tell(c);
}

/* --- requests -------------------------------------------------------------------------------------------------- */

/* The template's claim, which owns all it says: by way of its text. */
static struct object *template_object(const struct claim_template *t, const char *namespace)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer json = JSON_WRITER(&text, 0);
	struct claim body = { .meta = t->meta, .spec = t->spec };
	struct object shell = { .kind = &kinds[KIND_CLAIM], .meta = &body.meta, .body = &body };
	struct object *ret = NULL;

	body.meta.name = "ephemeral";
	body.meta.namespace = namespace;
	object_write_json(&json, &shell, 0, NULL);
	return object_load_json(text.data, text.len, &ret, NULL) < 0 ? NULL : ret;
}

static struct sched_claim *claim_of(
	struct sched_storage *s, const struct volume *volume, const char *namespace)
{
	_cleanup_(object_unrefp) struct object *template = NULL;

	if (volume->persistent_volume_claim)
		return sched_storage_claim(s, namespace, volume->persistent_volume_claim->claim_name);
	if (!volume->ephemeral)
		return NULL;
	template = template_object(&volume->ephemeral->template, namespace);
	return template ? sched_storage_claim_new(template) : NULL;
}

static bool has_claim(const struct sched_claims *k, const struct sched_claim *c)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->items[i] == c)
			return true;
	return false;
}

static struct sched_claims *claims_new(struct sched_storage *s, const struct sched_request *r)
{
	struct sched_claims *k = xcalloc(1, sizeof(*k));
	size_t most = r->spec->volumes.count;

	k->items = xcalloc(most, sizeof(k->items[0]));
	for (size_t i = 0; i < most; i++) {
		struct sched_claim *c = claim_of(s, &r->spec->volumes.items[i], r->namespace);

		if (c && has_claim(k, c))
			sched_storage_claim_unref(s, c);
		else if (c)
			k->items[k->count++] = c;
	}
	k->generation = UINT64_MAX;
	k->bound = xcalloc(k->count, sizeof(k->bound[0]));
	k->wanted = xcalloc(k->count, sizeof(k->wanted[0]));
	k->wanted_item = xcalloc(k->count, sizeof(k->wanted_item[0]));
	k->chosen = xcalloc(k->count, sizeof(k->chosen[0]));
	return k;
}

static bool any_claim(const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->volumes.count; i++)
		if (spec->volumes.items[i].persistent_volume_claim || spec->volumes.items[i].ephemeral)
			return true;
	return false;
}

static void request_in(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_volumes *v = c->volumes;

	if (!any_claim(r->spec))
		return;
	r->claims = claims_new(&v->storage, r);
	v->requests = grow(v->requests, &v->request_cap, v->request_count + 1, sizeof(v->requests[0]));
	v->requests[v->request_count++] = r;
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_volumes *v = c->volumes;
	struct sched_claims *k = TAKE_PTR(r->claims);

	if (!k)
		return;
	for (size_t i = 0; i < v->request_count; i++) {
		if (v->requests[i] != r)
			continue;
		v->requests[i] = v->requests[--v->request_count];
		break;
	}
	claims_clear(k);
	for (size_t i = 0; i < k->count; i++)
		sched_storage_claim_unref(&v->storage, k->items[i]);
	free(k->items);
	free(k->bound);
	free(k->wanted);
	free(k->wanted_item);
	free(k->chosen);
	free(k);
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

static void drop_limits(struct sched_volume_node *n)
{
	for (size_t i = 0; i < n->limit_count; i++)
		free(n->limits[i].provisioner);
	free(n->limits);
	n->limits = NULL;
	n->limit_count = 0;
}

/* "attachable-volumes-csi-ebs.csi.aws.com", "attachable-volumes-gce-pd". */
static char *limited_provisioner(const char *resource)
{
	const char *what = str_after(resource, "attachable-volumes-");
	const char *driver = what ? str_after(what, "csi-") : NULL;

	if (driver)
		return xstrdup(driver);
	return what ? xasprintf("kubernetes.io/%s", what) : NULL;
}

static void node_limits(struct sched_cluster *c, uint32_t node)
{
	const struct node_status *status = &object_node(c->nodes[node]->object)->status;
	struct sched_volume_node *n = &c->volumes->nodes[node];
	size_t cap = 0;

	drop_limits(n);
	for (size_t i = 0; i < status->allocatable.count; i++) {
		char *provisioner = limited_provisioner(status->allocatable.items[i].key);

		if (!provisioner)
			continue;
		n->limits = grow(n->limits, &cap, n->limit_count + 1, sizeof(n->limits[0]));
		n->limits[n->limit_count++] = (struct sched_attach_limit){
			.provisioner = provisioner,
			.limit = quantity_units(&status->allocatable.items[i].value),
		};
	}
}

static void node_out(struct sched_cluster *c, uint32_t node)
{
	drop_limits(&c->volumes->nodes[node]);
}

static void grown(struct sched_cluster *c, uint32_t old)
{
	struct sched_volumes *v = c->volumes;

	v->nodes = xreallocarray(v->nodes, c->cap, sizeof(v->nodes[0]));
	memset(&v->nodes[old], 0, (c->cap - old) * sizeof(v->nodes[0]));
}

/* --- the rest ------------------------------------------------------------------------------------------------------ */

static void object_changed(
	struct sched_cluster *c, enum kind_id kind, const struct object *old, const struct object *new)
{
	if (kind != KIND_PERSISTENT_VOLUME && kind != KIND_CLAIM && kind != KIND_STORAGE_CLASS)
		return;
	sched_storage_object(&c->volumes->storage, old, new);
	tell(c);
}

static void init(struct sched_cluster *c)
{
	c->volumes = xcalloc(1, sizeof(*c->volumes));
}

/* Requests are gone, and with them the claims that nobody else knows; those of `ephemeral` volumes are the uses' own. */
static void done(struct sched_cluster *c)
{
	struct sched_volumes *v = c->volumes;

	for (uint32_t node = 0; node < c->cap; node++) {
		for (size_t i = 0; i < v->nodes[node].use_count; i++)
			if (v->nodes[node].uses[i].owner)
				sched_storage_claim_unref(&v->storage, v->nodes[node].uses[i].claim);
		free(v->nodes[node].uses);
		drop_limits(&v->nodes[node]);
	}
	sched_storage_done(&v->storage);
	free(v->nodes);
	free(v->requests);
	free(v);
	c->volumes = NULL;
}

const struct sched_part sched_volume_part = {
	.init = init,
	.done = done,
	.grown = grown,
	.request_in = request_in,
	.request_out = request_out,
	.node_in = node_limits,
	.node_out = node_out,
	.node_status = node_limits,
	.pods = pods,
	.object = object_changed,
};
