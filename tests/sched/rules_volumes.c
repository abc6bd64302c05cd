/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Claims and volumes: concepts/storage (persistent-volumes, storage-classes, storage-limits, dynamic-provisioning), and what sched/volume.h says of the
 * order in which volumes are taken.
 */
#include "tests/sched/rules_volumes.h"

#include <string.h>

#include "lib/base/str.h"

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

static bool is_taken(const struct scene *w, const struct persistent_volume *v, const struct need *n)
{
	for (size_t i = 0; i < w->object_count; i++)
		if (w->objects[i]->kind->id == KIND_CLAIM &&
			str_eq(object_claim(w->objects[i])->spec.volume_name, v->meta.name))
			return true;
	for (size_t i = 0; i < w->assumed_count; i++)
		if (str_eq(w->assumed[i].volume, v->meta.name) && !need_is_about(&w->assumed[i], n))
			return true;
	return false;
}

/* What even a volume that is meant for the claim must be. */
static bool could_be(const struct scene *w, const struct persistent_volume *v, const struct need *n)
{
	const struct storage_class *class = need_class(w, n);

	return !v->meta.deletion_timestamp.set &&
	       storage(&v->spec.capacity) >= storage(&n->claim->spec.resources.requests) &&
	       str_eq(v->spec.storage_class_name, class ? class->meta.name : "");
}

static bool suits(
	const struct scene *w, const struct persistent_volume *v, const struct need *n, const struct place *p)
{
	const struct claim *c = n->claim;

	if (v->spec.claim_ref || !could_be(w, v, n) || !affinity_matches(v, p) || is_taken(w, v, n))
		return false;
	if (!str_empty(v->status.phase) && !str_eq(v->status.phase, "Available"))
		return false;
	return has_modes(v, c) && (!c->spec.selector || match_selector(c->spec.selector, &v->meta.labels));
}

/* The first by name that is meant for the claim; NULL: none. */
static const struct persistent_volume *meant(const struct scene *w, const struct need *n)
{
	const struct persistent_volume *first = NULL;

	for (size_t i = 0; i < w->object_count; i++) {
		const struct persistent_volume *v;

		if (w->objects[i]->kind->id != KIND_PERSISTENT_VOLUME)
			continue;
		v = object_persistent_volume(w->objects[i]);
		if (need_is_for(v, n) && could_be(w, v, n) &&
			(!first || strcmp(v->meta.name, first->meta.name) < 0))
			first = v;
	}
	return first;
}

static const struct persistent_volume *take(
	const struct scene *w, const struct need *n, const struct place *p, const struct volume_choice *taken)
{
	const struct persistent_volume *best = meant(w, n);

	if (best)
		return affinity_matches(best, p) ? best : NULL;
	for (size_t i = 0; i < w->object_count; i++) {
		const struct persistent_volume *v;
		bool mine = false;

		if (w->objects[i]->kind->id != KIND_PERSISTENT_VOLUME)
			continue;
		v = object_persistent_volume(w->objects[i]);
		for (size_t k = 0; k < taken->count; k++)
			mine = mine || taken->volumes[k] == v;
		if (mine || !suits(w, v, n, p))
			continue;
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

static bool is_provisioned(const struct scene *w, const struct need *n, const struct place *p)
{
	const struct storage_class *class = need_class(w, n);

	return class && !str_eq(class->provisioner, "kubernetes.io/no-provisioner") &&
	       topology_allows(class, p);
}

bool volumes_find(const struct scene *w, const struct need *n, const struct place *p,
	const struct volume_choice *c, const struct persistent_volume **ret)
{
	const struct assumed *a = need_assumed(w, n);

	*ret = a ? NULL : take(w, n, p, c);
	if (a && !str_eq(a->place, p->name))
		return false;
	return *ret || is_provisioned(w, n, p);
}

/* The claims of B that nobody has bound yet, the smallest first. */
static size_t unbound(const struct scene *w, const struct being *b, struct need *ret)
{
	struct need all[NEEDS_MAX];
	size_t count = needs_of(w, b, all), n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct persistent_volume *v;
		size_t at;

		if (!all[i].claim || need_bound(w, &all[i], &v))
			continue;
		for (at = n++; at > 0 && storage(&ret[at - 1].claim->spec.resources.requests) >
						 storage(&all[i].claim->spec.resources.requests);
			at--)
			ret[at] = ret[at - 1];
		ret[at] = all[i];
	}
	return n;
}

bool volumes_choose(
	const struct scene *w, const struct being *b, const struct place *p, struct volume_choice *ret)
{
	size_t n = unbound(w, b, ret->needs);
	bool all = true;

	for (ret->count = 0; ret->count < n; ret->count++) {
		size_t i = ret->count;

		ret->volumes[i] = NULL;
		ret->found[i] = need_waits(w, &ret->needs[i]) &&
				volumes_find(w, &ret->needs[i], p, ret, &ret->volumes[i]);
		all = all && ret->found[i];
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

static bool is_once(const struct claim *c)
{
	return c->spec.access_modes.count == 1 && str_eq(c->spec.access_modes.items[0], "ReadWriteOncePod");
}

/* A claim that is one pod's has no other. */
static bool once_free(const struct scene *w, const struct being *b, const struct need *n)
{
	for (size_t i = 0; i < w->being_count && is_once(n->claim); i++) {
		const struct being *o = w->beings[i];

		if (o != b && o->on && rule_is_there(o) && need_is_of(n, o))
			return false;
	}
	return true;
}

bool volumes_possible(const struct scene *w, const struct being *b)
{
	struct need needs[NEEDS_MAX];
	size_t count = needs_of(w, b, needs);

	for (size_t i = 0; i < count; i++) {
		const struct persistent_volume *v;

		if (!need_is_well(&needs[i]))
			return false;
		if (need_bound(w, &needs[i], &v)
				? !v
				: !str_empty(needs[i].claim->spec.volume_name) || !need_waits(w, &needs[i]))
			return false;
	}
	return true;
}

bool rule_volumes(const struct scene *w, const struct being *b, const struct place *p)
{
	struct need needs[NEEDS_MAX];
	size_t count = needs_of(w, b, needs);
	struct volume_choice choice;

	if (count == 0)
		return true;
	if (!volumes_possible(w, b))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct persistent_volume *v;

		if (!once_free(w, b, &needs[i]) || (need_bound(w, &needs[i], &v) && !volume_allows(v, p)))
			return false;
	}
	return volumes_choose(w, b, p, &choice);
}

/* --- attach limits ---------------------------------------------------------------------------------------------------- */

/* Somebody on P uses N. */
static bool is_attached(const struct place *p, const struct need *n)
{
	for (const struct being *o = p->beings; o; o = o->next_on)
		if (rule_is_there(o) && need_is_of(n, o))
			return true;
	return false;
}

/* Claims of PROVISIONER that pods on P use, each once. */
static int64_t attached(const struct scene *w, const struct place *p, const char *provisioner)
{
	int64_t sum = 0;

	for (size_t i = 0; i < w->object_count; i++) {
		struct need n;

		if (w->objects[i]->kind->id != KIND_CLAIM)
			continue;
		n = need_of_object(w->objects[i]);
		sum += is_attached(p, &n) && str_eq(need_provisioner(w, &n), provisioner);
	}
	for (const struct being *o = p->beings; o; o = o->next_on) {
		struct need needs[NEEDS_MAX];
		size_t count = needs_of(w, o, needs);

		for (size_t i = 0; i < count && rule_is_there(o); i++)
			sum += needs[i].of && str_eq(need_provisioner(w, &needs[i]), provisioner);
	}
	return sum;
}

static bool is_below(const struct scene *w, const struct being *b, const struct place *p,
	const char *provisioner, int64_t limit)
{
	struct need needs[NEEDS_MAX];
	size_t count = needs_of(w, b, needs);
	int64_t more = 0;

	for (size_t i = 0; i < count; i++)
		more += !is_attached(p, &needs[i]) && str_eq(need_provisioner(w, &needs[i]), provisioner);
	return more == 0 || attached(w, p, provisioner) + more <= limit;
}

bool rule_limits(const struct scene *w, const struct being *b, const struct place *p)
{
	static const char *const limits[][2] = { { "attachable-volumes-csi-p.example", "p.example" },
		{ "attachable-volumes-no-provisioner", "kubernetes.io/no-provisioner" } };

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const struct quantity *q = quantity_map_get(&p->node->status.allocatable, limits[i][0]);

		if (q && !is_below(w, b, p, limits[i][1], quantity_units(q)))
			return false;
	}
	return true;
}

/* --- the score -------------------------------------------------------------------------------------------------------- */

int64_t volumes_worth(const struct scene *w, const struct being *b, const struct place *p)
{
	struct need needs[NEEDS_MAX];
	size_t count = needs_of(w, b, needs);
	int64_t all = 0, here = 0;

	if (!volumes_possible(w, b))
		return 100;
	for (size_t i = 0; i < count; i++) {
		const struct persistent_volume *v;
		const char *z;

		if (!need_bound(w, &needs[i], &v))
			continue;
		z = zone_of(v);
		if (!z && !v->spec.node_affinity)
			continue;
		all++;
		here += affinity_matches(v, p) && (!z || listed(z, match_domain(p, zone)));
	}
	return all == 0 ? 100 : 100 * here / all;
}
