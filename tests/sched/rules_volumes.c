/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Claims and volumes: concepts/storage (persistent-volumes, storage-classes, storage-limits, dynamic-provisioning), and what sched/volume.h says of the
 * order in which volumes are taken, and of what is assumed of pods that are there already.
 */
#include "tests/sched/rules_volumes.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"

/* --- claims ------------------------------------------------------------------------------------------------------ */

static bool uses(const struct being *b, const char *claim)
{
	for (size_t i = 0; i < b->kin->spec->volumes.count; i++) {
		const struct claim_source *c = b->kin->spec->volumes.items[i].persistent_volume_claim;

		if (c && str_eq(c->claim_name, claim))
			return true;
	}
	return false;
}

static bool uses_claim(const struct being *b, const struct claim *c)
{
	return str_eq(b->kin->namespace, c->meta.namespace) && uses(b, c->meta.name);
}

/* The class of C; NULL: none, or it isn't there. */
static const struct storage_class *class_of(const struct scene *w, const struct claim *c)
{
	const struct storage_class *best = NULL;

	if (c->spec.storage_class_name) {
		const struct object *o = scene_object(
			w, KIND_STORAGE_CLASS, NULL, c->spec.storage_class_name);

		return o ? object_storage_class(o) : NULL;
	}
	for (size_t i = 0; i < w->object_count; i++) {
		const struct object *o = w->objects[i];

		if (o->kind->id == KIND_STORAGE_CLASS &&
			str_eq(string_map_get(
				       &o->meta->annotations, "storageclass.kubernetes.io/is-default-class"),
				"true") &&
			(!best || strcmp(o->meta->name, best->meta.name) < 0))
			best = object_storage_class(o);
	}
	return best;
}

static bool is_for(const struct object_reference *ref, const struct claim *c)
{
	return str_eq(ref->namespace, c->meta.namespace) && str_eq(ref->name, c->meta.name);
}

static const struct persistent_volume *volume(const struct scene *w, const char *name)
{
	const struct object *o = scene_object(w, KIND_PERSISTENT_VOLUME, NULL, name);

	return o ? object_persistent_volume(o) : NULL;
}

/*
 * Some pod that is on a node uses A's claim; but those on WITHOUT (NULL: all count). One that is away for the time of a question does: nobody's
 * claim is unbound by asking.
 */
static bool is_used(const struct scene *w, const struct assumed *a, const struct place *without)
{
	for (size_t i = 0; i < w->being_count; i++) {
		const struct being *b = w->beings[i];

		if (b->on && b->on != without && !b->booked && str_eq(b->kin->namespace, a->namespace) &&
			uses(b, a->claim))
			return true;
	}
	return false;
}

static const struct assumed *assumption(const struct scene *w, const struct claim *c)
{
	for (size_t i = 0; i < w->assumed_count; i++)
		if (str_eq(w->assumed[i].claim, c->meta.name) &&
			str_eq(w->assumed[i].namespace, c->meta.namespace))
			return is_used(w, &w->assumed[i], NULL) ? &w->assumed[i] : NULL;
	return NULL;
}

/* Bound: RET is its volume, or NULL where that isn't there. */
static bool is_bound(const struct scene *w, const struct claim *c, const struct persistent_volume **ret)
{
	const struct assumed *a = assumption(w, c);

	if (!str_empty(c->spec.volume_name)) {
		*ret = volume(w, c->spec.volume_name);
		return !*ret || !(*ret)->spec.claim_ref || is_for((*ret)->spec.claim_ref, c);
	}
	*ret = a && a->volume[0] ? volume(w, a->volume) : NULL;
	return *ret;
}

static bool waits_for_consumer(const struct scene *w, const struct claim *c)
{
	const struct storage_class *class = class_of(w, c);

	return class && str_eq(class->volume_binding_mode, "WaitForFirstConsumer");
}

/* --- the volume that a claim would take --------------------------------------------------------------------------- */

static int64_t storage(const struct quantity_map *m)
{
	const struct quantity *q = quantity_map_get(m, "storage");

	return q ? quantity_units(q) : 0;
}

static bool has_modes(const struct persistent_volume *v, const struct claim *c)
{
	for (size_t i = 0; i < c->spec.access_modes.count; i++) {
		bool found = false;

		for (size_t k = 0; k < v->spec.access_modes.count; k++)
			found = found || str_eq(v->spec.access_modes.items[k], c->spec.access_modes.items[i]);
		if (!found)
			return false;
	}
	return true;
}

static bool affinity_matches(const struct persistent_volume *v, const struct place *p)
{
	return !v->spec.node_affinity || !v->spec.node_affinity->required ||
	       match_node_selector(v->spec.node_affinity->required, p);
}

static bool is_taken(const struct scene *w, const struct persistent_volume *v, const struct claim *c)
{
	for (size_t i = 0; i < w->object_count; i++)
		if (w->objects[i]->kind->id == KIND_CLAIM &&
			str_eq(object_claim(w->objects[i])->spec.volume_name, v->meta.name))
			return true;
	for (size_t i = 0; i < w->assumed_count; i++)
		if (str_eq(w->assumed[i].volume, v->meta.name) &&
			!str_eq(w->assumed[i].claim, c->meta.name) && is_used(w, &w->assumed[i], NULL))
			return true;
	return false;
}

static bool suits(const struct scene *w, const struct persistent_volume *v, const struct claim *c,
	const struct place *p)
{
	const struct storage_class *class = class_of(w, c);

	if (v->meta.deletion_timestamp.set ||
		storage(&v->spec.capacity) < storage(&c->spec.resources.requests))
		return false;
	if (!str_eq(v->spec.storage_class_name, class ? class->meta.name : ""))
		return false;
	if (v->spec.claim_ref)
		return is_for(v->spec.claim_ref, c);
	if (!affinity_matches(v, p))
		return false;
	if (!str_empty(v->status.phase) && !str_eq(v->status.phase, "Available"))
		return false;
	return !is_taken(w, v, c) && str_eq(v->spec.storage_class_name, class ? class->meta.name : "") &&
	       has_modes(v, c) && (!c->spec.selector || match_selector(c->spec.selector, &v->meta.labels));
}

static const struct persistent_volume *take(const struct scene *w, const struct claim *c,
	const struct place *p, const struct volume_choice *taken)
{
	const struct persistent_volume *best = NULL;

	for (size_t i = 0; i < w->object_count; i++) {
		const struct persistent_volume *v;
		bool mine = false;

		if (w->objects[i]->kind->id != KIND_PERSISTENT_VOLUME)
			continue;
		v = object_persistent_volume(w->objects[i]);
		for (size_t k = 0; k < taken->count; k++)
			mine = mine || taken->volumes[k] == v;
		if (mine || !suits(w, v, c, p))
			continue;
		/* One that is meant for the claim is the only one, wherever it is. */
		if (v->spec.claim_ref)
			return affinity_matches(v, p) ? v : NULL;
		if (!best || storage(&v->spec.capacity) < storage(&best->spec.capacity) ||
			(storage(&v->spec.capacity) == storage(&best->spec.capacity) &&
				strcmp(v->meta.name, best->meta.name) < 0))
			best = v;
	}
	return best;
}

static bool topology_allows(const struct storage_class *class, const struct place *p)
{
	if (class->allowed_topologies.count == 0)
		return true;
	for (size_t i = 0; i < class->allowed_topologies.count; i++) {
		const struct topology_term *t = &class->allowed_topologies.items[i];
		bool all = true;

		for (size_t k = 0; k < t->match_label_expressions.count; k++) {
			const struct topology_requirement *r = &t->match_label_expressions.items[k];
			const char *value = match_domain(p, r->key);
			bool found = false;

			for (size_t x = 0; value && x < r->values.count; x++)
				found = found || str_eq(r->values.items[x], value);
			all = all && found;
		}
		if (all)
			return true;
	}
	return false;
}

static bool is_provisioned(const struct scene *w, const struct claim *c, const struct place *p)
{
	const struct storage_class *class = class_of(w, c);

	return class && !str_eq(class->provisioner, "kubernetes.io/no-provisioner") &&
	       topology_allows(class, p);
}

/* The claims of B that wait for their first consumer and nobody has bound yet, the smallest first. */
static size_t unbound(const struct scene *w, const struct being *b, const struct claim **ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < w->object_count && n < max; i++) {
		const struct persistent_volume *v;
		const struct claim *c;
		size_t at;

		if (w->objects[i]->kind->id != KIND_CLAIM)
			continue;
		c = object_claim(w->objects[i]);
		if (!uses_claim(b, c) || is_bound(w, c, &v))
			continue;
		for (at = n++; at > 0 && storage(&ret[at - 1]->spec.resources.requests) >
						 storage(&c->spec.resources.requests);
			at--)
			ret[at] = ret[at - 1];
		ret[at] = c;
	}
	return n;
}

bool volumes_choose(
	const struct scene *w, const struct being *b, const struct place *p, struct volume_choice *ret)
{
	size_t n = unbound(w, b, ret->claims, VOLUMES_MAX);
	bool all = true;

	ret->count = 0;
	for (size_t i = 0; i < n; i++) {
		const struct assumed *a = assumption(w, ret->claims[i]);

		ret->volumes[ret->count] = NULL;
		ret->found[ret->count] = false;
		if (a)
			ret->found[ret->count] = str_eq(a->place, p->name);
		else if (waits_for_consumer(w, ret->claims[i])) {
			const struct persistent_volume *v = take(w, ret->claims[i], p, ret);

			ret->volumes[ret->count] = v;
			ret->found[ret->count] = v || is_provisioned(w, ret->claims[i], p);
		}
		all = all && ret->found[ret->count];
		ret->count++;
	}
	return all;
}

/* --- bound volumes -------------------------------------------------------------------------------------------------- */

static const char zone[] = "topology.kubernetes.io/zone",
		  old_zone[] = "failure-domain.beta.kubernetes.io/zone";

/* VALUE is one of LIST, which are separated by "__". */
static bool listed(const char *list, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	for (const char *at = list; value && at; at = strstr(at, "__") ? strstr(at, "__") + 2 : NULL)
		if (strncmp(at, value, len) == 0 && (at[len] == '\0' || strncmp(at + len, "__", 2) == 0))
			return true;
	return false;
}

static const char *zone_of(const struct persistent_volume *v)
{
	const char *z = string_map_get(&v->meta.labels, zone);

	return z ? z : string_map_get(&v->meta.labels, old_zone);
}

static bool volume_allows(const struct persistent_volume *v, const struct place *p)
{
	const char *z = zone_of(v);

	return affinity_matches(v, p) && (!z || !match_domain(p, zone) || listed(z, match_domain(p, zone)));
}

static bool once_free(const struct scene *w, const struct being *b, const struct claim *c)
{
	if (c->spec.access_modes.count != 1 || !str_eq(c->spec.access_modes.items[0], "ReadWriteOncePod"))
		return true;
	for (size_t i = 0; i < w->being_count; i++) {
		const struct being *o = w->beings[i];

		if (o != b && o->on && rule_is_there(o) && uses_claim(o, c))
			return false;
	}
	return true;
}

/* What can be said of the claim called NAME before any node is looked at. */
static bool claim_is_well(const struct scene *w, const struct being *b, const char *name)
{
	const struct object *o = scene_object(w, KIND_CLAIM, b->kin->namespace, name);
	const struct persistent_volume *v;
	const struct claim *c;

	if (!o)
		return false;
	c = object_claim(o);
	if (str_eq(c->status.phase, "Lost") || c->meta.deletion_timestamp.set)
		return false;
	return is_bound(w, c, &v) ? v != NULL : waits_for_consumer(w, c);
}

static bool claim_allows(
	const struct scene *w, const struct being *b, const char *name, const struct place *p)
{
	const struct persistent_volume *v;
	const struct claim *c;

	if (!claim_is_well(w, b, name))
		return false;
	c = object_claim(scene_object(w, KIND_CLAIM, b->kin->namespace, name));
	return once_free(w, b, c) && (!is_bound(w, c, &v) || volume_allows(v, p));
}

static bool all_well(const struct scene *w, const struct being *b)
{
	for (size_t i = 0; i < b->kin->spec->volumes.count; i++) {
		const struct claim_source *c = b->kin->spec->volumes.items[i].persistent_volume_claim;

		if (c && !claim_is_well(w, b, c->claim_name))
			return false;
	}
	return true;
}

bool rule_volumes(const struct scene *w, const struct being *b, const struct place *p)
{
	struct volume_choice choice;
	bool any = false;

	for (size_t i = 0; i < b->kin->spec->volumes.count; i++) {
		const struct claim_source *c = b->kin->spec->volumes.items[i].persistent_volume_claim;

		if (!c)
			continue;
		any = true;
		if (!claim_allows(w, b, c->claim_name, p))
			return false;
	}
	return !any || volumes_choose(w, b, p, &choice);
}

int64_t volumes_worth(const struct scene *w, const struct being *b, const struct place *p)
{
	int64_t all = 0, here = 0;

	if (!all_well(w, b))
		return 100;
	for (size_t i = 0; i < w->object_count; i++) {
		const struct persistent_volume *v;
		const struct claim *c;
		const char *z;

		if (w->objects[i]->kind->id != KIND_CLAIM)
			continue;
		c = object_claim(w->objects[i]);
		if (!uses_claim(b, c) || !is_bound(w, c, &v) || !v)
			continue;
		z = zone_of(v);
		if (!z && !v->spec.node_affinity)
			continue;
		all++;
		here += affinity_matches(v, p) && (!z || listed(z, match_domain(p, zone)));
	}
	return all == 0 ? 100 : 100 * here / all;
}

/* --- what is assumed ------------------------------------------------------------------------------------------------- */

void volumes_assume(struct scene *w, const struct being *b)
{
	struct volume_choice choice;

	/* A pod that couldn't start doesn't bind anything. */
	if (!all_well(w, b))
		return;
	volumes_choose(w, b, b->on, &choice);
	for (size_t i = 0; i < choice.count && w->assumed_count < VOLUMES_MAX; i++) {
		struct assumed *a = &w->assumed[w->assumed_count];

		if (!choice.found[i] || assumption(w, choice.claims[i]))
			continue;
		*a = (struct assumed){ 0 };
		snprintf(a->claim, sizeof(a->claim), "%s", choice.claims[i]->meta.name);
		snprintf(a->namespace, sizeof(a->namespace), "%s", choice.claims[i]->meta.namespace);
		snprintf(a->place, sizeof(a->place), "%s", b->on->name);
		if (choice.volumes[i])
			snprintf(a->volume, sizeof(a->volume), "%s", choice.volumes[i]->meta.name);
		w->assumed_count++;
	}
}

void volumes_forget(struct scene *w)
{
	for (size_t i = w->assumed_count; i-- > 0;)
		if (!is_used(w, &w->assumed[i], NULL))
			w->assumed[i] = w->assumed[--w->assumed_count];
}

void volumes_anew(struct scene *w, struct place *p)
{
	for (size_t i = w->assumed_count; i-- > 0;)
		if (!is_used(w, &w->assumed[i], p))
			w->assumed[i] = w->assumed[--w->assumed_count];
	for (const struct being *b = p->beings; b; b = b->next_on)
		volumes_assume(w, b);
}
