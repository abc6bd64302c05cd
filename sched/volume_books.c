/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/volume_books.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "lib/object/check.h"
#include "sched/volume.h"

/* --- uses ----------------------------------------------------------------------------------------------------- */

static struct sched_claim_use *use_of(struct sched_volume_node *n, const struct sched_claim *claim)
{
	for (size_t i = 0; i < n->use_count; i++)
		if (n->uses[i].claim == claim)
			return &n->uses[i];
	return NULL;
}

/* Of the claim ITEM of the pod ID's request. */
static struct sched_claim_use *use_by(
	struct sched_volume_node *n, const struct sched_claims *k, uint32_t item, const void *id)
{
	if (k->items[item]->key)
		return use_of(n, k->items[item]);
	for (size_t i = 0; i < n->use_count; i++)
		if (n->uses[i].pod == id && n->uses[i].item == item)
			return &n->uses[i];
	return NULL;
}

static struct sched_claim_use *add_use(struct sched_volume_node *n, const struct sched_claim_use *u)
{
	n->uses = grow(n->uses, &n->use_cap, n->use_count + 1, sizeof(n->uses[0]));
	n->uses[n->use_count] = *u;
	return &n->uses[n->use_count++];
}

static void drop_use(struct sched_storage *s, struct sched_volume_node *n, struct sched_claim_use *u)
{
	size_t i = (size_t)(u - n->uses);

	if (u->pod)
		sched_storage_claim_unref(s, u->claim);
	memmove(u, u + 1, (--n->use_count - i) * sizeof(n->uses[0]));
}

/* --- claims of pods for which nothing could be assumed when they came -------------------------------------------- */

static bool is_user(const struct sched_cluster *c, uint32_t node, const struct sched_claim *claim)
{
	const struct sched_claim_use *u = use_of(&c->volumes->nodes[node], claim);

	return u && u->count > u->kept;
}

/* The node of a pod that uses C, of several the first by name; NULL: there is none. */
static const struct sched_node *user_of(const struct sched_cluster *c, struct sched_claim *claim)
{
	const struct sched_node *first = NULL;

	if (claim->holders == 1 && is_user(c, claim->at, claim))
		return c->nodes[claim->at];
	for (uint32_t i = 0; i < c->span; i++)
		if (is_user(c, i, claim) && (!first || strcmp(c->nodes[i]->name, first->name) < 0))
			first = c->nodes[i];
	if (first)
		claim->at = first->index;
	return first;
}

/* Is it assumed where C goes, now? */
static bool settle(const struct sched_cluster *c, struct sched_claim *claim)
{
	struct sched_storage *s = &c->volumes->storage;
	const struct sched_node *n;
	struct sched_binding b;
	struct sched_volume *v;

	if (!claim->body || sched_claim_is_over(claim->body) || !sched_claim_waits(s, claim->body))
		return false;
	n = user_of(c, claim);
	if (!n)
		return false;
	sched_binding_find(s, claim, sched_storage_class(s, &claim->body->spec), &b);
	v = sched_binding_choose(&b, n, NULL, 0);
	if (v || sched_binding_provisions(&b, n))
		sched_storage_assume(s, claim, v, n->name);
	sched_binding_done(&b);
	return !claim->unsettled;
}

/* Those that have a name by that, then the others in the order in which their pods came. */
static int settle_cmp(const void *x, const void *y)
{
	const struct sched_claim *a = *(struct sched_claim *const *)x, *b = *(struct sched_claim *const *)y;

	if (a->key && b->key)
		return strcmp(a->key, b->key);
	if (a->key || b->key)
		return a->key ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
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

void sched_volumes_settle(struct sched_cluster *c)
{
	struct sched_storage *s = &c->volumes->storage;

	if (!s->news || c->volumes->frozen > 0 || c->volumes->away > 0 || c->volumes->tried > 0 || MUTANT(39))
		return;
	s->news = false;
	if (s->unsettled_count > 1)
		qsort(s->unsettled, s->unsettled_count, sizeof(s->unsettled[0]), settle_cmp);
	for (size_t i = 0; i < s->unsettled_count;)
		i += !settle(c, s->unsettled[i]);
	tell(c);
}

struct sched_claims *sched_claims_resolve(const struct sched_cluster *c, const struct sched_request *r)
{
	sched_claims_find(&c->volumes->storage, r->claims);
	return r->claims;
}

/* --- trials ------------------------------------------------------------------------------------------------------- */

void sched_volumes_freeze(struct sched_cluster *c)
{
	c->volumes->frozen++;
}

void sched_volumes_thaw(struct sched_cluster *c)
{
	c->volumes->frozen--;
}

void sched_volumes_try(struct sched_cluster *c, bool on)
{
	c->volumes->tries = on;
}

/* --- pods come and go ----------------------------------------------------------------------------------------- */

/* Whether anybody uses it matters to others. */
static void users_changed(struct sched_storage *s, const struct sched_claim *claim)
{
	s->generation += claim->body && strings_contain(&claim->body->spec.access_modes, "ReadWriteOncePod");
}

/* One holder more or less. */
static void holders_change(struct sched_storage *s, struct sched_claim *claim, int by)
{
	claim->holders += (uint32_t)by;
	/* The first by name among them may be another. */
	s->news |= claim->unsettled && claim->body;
}

/* P on NODE uses the claim ITEM of its request; which claim that is. */
static struct sched_claim *use(
	struct sched_cluster *c, uint32_t node, const struct sched_bound *p, uint32_t item)
{
	struct sched_volumes *v = c->volumes;
	const struct sched_claims *k = c->requests[p->request]->claims;
	struct sched_claim *claim = k->items[item];
	struct sched_claim_use *u = use_by(&v->nodes[node], k, item, p->id);

	if (!u && claim->key)
		u = add_use(&v->nodes[node], &(struct sched_claim_use){ .claim = claim });
	else if (!u)
		u = add_use(&v->nodes[node], &(struct sched_claim_use){ .claim = sched_storage_claim_new(
										&v->storage, claim->template),
						     .pod = p->id,
						     .item = item });
	claim = u->claim;
	u->count++;
	u->kept += p->kept;
	if (claim->users++ == 0)
		users_changed(&v->storage, claim);
	return claim;
}

/* The pod ID binds CLAIM, number ITEM of its request's K, on NODE; nothing of that is assumed yet. */
static void bind(struct sched_cluster *c, uint32_t node, struct sched_claims *k, uint32_t item,
	struct sched_claim *claim, const void *id)
{
	struct sched_storage *s = &c->volumes->storage;

	for (size_t i = 0; k->trouble[0] == '\0' && i < k->wanted_count; i++) {
		if (k->wanted_item[i] != item || claim->node || MUTANT(34) ||
			!(k->chosen[i] || sched_binding_provisions(&k->wanted[i], c->nodes[node])))
			continue;
		sched_storage_assume(s, claim, k->chosen[i], c->nodes[node]->name);
		claim->tried = c->volumes->tries ? id : NULL;
	}
	if (sched_claim_volume(claim) || claim->node)
		return;
	sched_storage_unsettle(s, claim, true);
	/* What is wrong may be another claim of the pod's. */
	s->news |= claim->body && k->trouble[0] != '\0';
}

static void come(struct sched_cluster *c, uint32_t node, const struct sched_bound *p)
{
	struct sched_claims *k;

	sched_volumes_settle(c);
	k = sched_claims_resolve(c, c->requests[p->request]);
	for (size_t i = 0; k->trouble[0] == '\0' && i < k->wanted_count; i++)
		k->chosen[i] = sched_binding_choose(&k->wanted[i], c->nodes[node], k->chosen, i);
	for (uint32_t item = 0; item < k->count; item++) {
		struct sched_claim *claim = use(c, node, p, item);

		if (claim->holders == 0)
			claim->at = node;
		holders_change(&c->volumes->storage, claim, 1);
		bind(c, node, k, item, claim, p->id);
	}
	c->volumes->tried += c->volumes->tries;
}

/* Its claims stay with those who hold them: it is room that is kept, or one that comes back. */
static void come_lightly(struct sched_cluster *c, uint32_t node, const struct sched_bound *p)
{
	for (uint32_t item = 0; item < c->requests[p->request]->claims->count; item++)
		use(c, node, p, item);
	if (!p->kept)
		c->volumes->away--;
}

/* The pod ID no longer holds CLAIM. */
static void let_go(struct sched_storage *s, struct sched_claim *claim, const void *id)
{
	holders_change(s, claim, -1);
	if (claim->holders > 0 && claim->tried != id)
		return;
	sched_storage_release(s, claim);
	sched_storage_unsettle(s, claim, claim->holders > 0);
}

static void leave(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, bool lightly)
{
	const struct sched_claims *k = c->requests[p->request]->claims;
	struct sched_storage *s = &c->volumes->storage;
	struct sched_volume_node *n = &c->volumes->nodes[node];

	for (uint32_t item = 0; item < k->count; item++) {
		struct sched_claim_use *u = use_by(n, k, item, p->id);

		if (!u)
			continue;
		u->count--;
		u->kept -= p->kept;
		if (--u->claim->users == 0)
			users_changed(s, u->claim);
		if (!lightly)
			let_go(s, u->claim, p->id);
		/* What is assumed for a pod that is away stays with the use. */
		if (u->count == 0 && (!u->pod || u->claim->holders == 0))
			drop_use(s, n, u);
	}
	c->volumes->away += lightly && !p->kept;
	c->volumes->tried -= !lightly && c->volumes->tries;
}

static void pods(struct sched_cluster *c, uint32_t node, const struct sched_bound *p, int live, int leaving)
{
	bool lightly = p->kept || c->volumes->frozen > 0;

	if (!c->requests[p->request]->claims || live + leaving == 0)
		return;
	if (live + leaving < 0)
		leave(c, node, p, lightly);
	else if (lightly)
		come_lightly(c, node, p);
	else
		come(c, node, p);
	tell(c);
}

/* --- requests -------------------------------------------------------------------------------------------------- */

static void request_in(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_volumes *v = c->volumes;

	r->claims = sched_claims_new(&v->storage, r);
	if (!r->claims)
		return;
	v->requests = grow(v->requests, &v->request_cap, v->request_count + 1, sizeof(v->requests[0]));
	v->requests[v->request_count++] = r;
}

static void request_out(struct sched_cluster *c, struct sched_request *r)
{
	struct sched_volumes *v = c->volumes;

	if (!r->claims)
		return;
	for (size_t i = 0; i < v->request_count; i++) {
		if (v->requests[i] != r)
			continue;
		v->requests[i] = v->requests[--v->request_count];
		break;
	}
	r->claims = sched_claims_free(&v->storage, r->claims);
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

/* It may be that volumes reach it now that did not. */
static void node_in(struct sched_cluster *c, uint32_t node)
{
	node_limits(c, node);
	c->volumes->storage.news = true;
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
			if (v->nodes[node].uses[i].pod)
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
	.node_in = node_in,
	.node_out = node_out,
	.node_status = node_limits,
	.pods = pods,
	.object = object_changed,
};
