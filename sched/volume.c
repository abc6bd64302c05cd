/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/volume.h"

#include <string.h>

#include "lib/base/mutant.h"
#include "lib/base/str.h"
#include "sched/volume_books.h"

bool sched_volume_asked(const struct sched_request *r)
{
	return r->claims != NULL;
}

bool sched_volume_possible(const struct sched_look *l)
{
	const struct sched_claims *k = sched_claims_resolve(l->c, l->r);

	return k->trouble[0] == '\0' || sched_refuse(l, "%s", k->trouble);
}

bool sched_fit_volume_restrictions(const struct sched_look *l)
{
	if (!sched_claims_resolve(l->c, l->r)->in_use)
		return true;
	return sched_refuse(l, "node has pod using PersistentVolumeClaim with the same name and "
			       "ReadWriteOncePod access mode");
}

/* --- attach limits ----------------------------------------------------------------------------------- */

/* A claim in use: by how many pods, and by how many without the room that is kept. */
struct usage {
	uint32_t all, pods;
};

static struct usage usage_of(const struct sched_volume_node *n, const struct sched_claim *claim)
{
	for (size_t i = 0; i < n->use_count; i++)
		if (n->uses[i].claim == claim && !MUTANT(38))
			return (struct usage){ n->uses[i].count, n->uses[i].count - n->uses[i].kept };
	return (struct usage){ 0 };
}

/* With the room that is kept, and without it: what is there for that alone is not there yet. */
static bool is_over(
	const struct sched_look *l, const struct sched_volume_node *n, const struct sched_attach_limit *limit)
{
	const struct sched_storage *s = &l->c->volumes->storage;
	const struct sched_claims *k = l->r->claims;
	int64_t more = 0, more_yet = 0, there = 0, there_yet = 0;

	for (size_t i = 0; i < k->count; i++) {
		const struct usage u = usage_of(n, k->items[i]);
		bool mine = str_eq(sched_claim_provisioner(s, k->items[i]), limit->provisioner);

		more += mine && u.all == 0;
		more_yet += mine && u.pods == 0;
	}
	if (more_yet == 0)
		return false;
	for (size_t i = 0; i < n->use_count; i++) {
		const struct sched_claim_use *u = &n->uses[i];
		bool mine = str_eq(sched_claim_provisioner(s, u->claim), limit->provisioner);

		there += mine && u->count > 0;
		there_yet += mine && u->count > u->kept;
	}
	return (more > 0 && there + more > limit->limit) || there_yet + more_yet > limit->limit;
}

bool sched_fit_volume_limits(const struct sched_look *l)
{
	const struct sched_volume_node *n = &l->c->volumes->nodes[l->node];

	for (size_t i = 0; i < n->limit_count; i++)
		if (is_over(l, n, &n->limits[i]))
			return sched_refuse(l, "node(s) exceed max volume count");
	return true;
}

bool sched_volume_wants_pods(const struct sched_cluster *c, const struct sched_request *r, uint32_t node)
{
	return r->claims && c->volumes->nodes[node].limit_count > 0;
}

/* --- binding ------------------------------------------------------------------------------------------ */

static bool all_reach(const struct sched_claims *k, const struct sched_node *n)
{
	for (size_t i = 0; i < k->bound_count; i++)
		if (!sched_volume_reaches(k->bound[i]->body, n))
			return false;
	return true;
}

static bool all_bind(struct sched_claims *k, const struct sched_node *n)
{
	for (size_t i = 0; i < k->wanted_count; i++) {
		k->chosen[i] = sched_binding_choose(&k->wanted[i], n, k->chosen, i);
		if (!k->chosen[i] && !sched_binding_provisions(&k->wanted[i], n))
			return false;
	}
	return true;
}

bool sched_fit_volume_binding(const struct sched_look *l)
{
	struct sched_claims *k = sched_claims_resolve(l->c, l->r);
	bool fits = sched_volume_possible(l);

	if (!fits)
		return false;
	if (!all_reach(k, l->n))
		fits = sched_refuse(l, "node(s) had volume node affinity conflict");
	if ((fits || l->add) && !all_bind(k, l->n))
		fits = sched_refuse(l, "node(s) didn't find available persistent volumes to bind");
	return fits;
}

/* --- zones -------------------------------------------------------------------------------------------- */

/* The successor of each of the first two stands two behind it. */
static const char *const zone_labels[] = { "failure-domain.beta.kubernetes.io/zone",
	"failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/zone",
	"topology.kubernetes.io/region" };

static const char delimiter[] = "__";

/* The next of the values from *REST on, and its length; NULL: no more. */
static const char *next_zone(const char **rest, size_t *ret_len)
{
	const char *start = *rest, *end = start ? strstr(start, delimiter) : NULL;

	if (!start)
		return NULL;
	*rest = end ? end + strlen(delimiter) : NULL;
	*ret_len = end ? (size_t)(end - start) : strlen(start);
	return start;
}

/* Is ZONE (may be NULL) one of VALUES? Those with an empty one among them say nothing: -1. */
static int zones_have(const char *values, const char *zone)
{
	const char *rest = values, *one;
	size_t len;
	int found = 0;

	while ((one = next_zone(&rest, &len))) {
		if (len == 0)
			return -1;
		found |= zone && strlen(zone) == len && memcmp(zone, one, len) == 0;
	}
	return found;
}

/* Whether a volume's labels name zones or regions, and whether these are the node's. */
static bool zones_match(const struct string_map *volume, const struct string_map *node, bool *ret_any)
{
	bool match = true;

	for (size_t i = 0; i < ARRAY_LEN(zone_labels); i++) {
		const char *values = string_map_get(volume, zone_labels[i]);
		const char *zone = values ? string_map_get(node, zone_labels[i]) : NULL;
		int found;

		if (!values)
			continue;
		if (!zone && i < 2)
			zone = string_map_get(node, zone_labels[i + 2]);
		found = zones_have(values, zone);
		*ret_any |= found >= 0;
		match &= found != 0;
	}
	return match;
}

static bool has_zone(const struct string_map *node)
{
	for (size_t i = 0; i < ARRAY_LEN(zone_labels); i++)
		if (string_map_get(node, zone_labels[i]))
			return true;
	return false;
}

bool sched_fit_volume_zone(const struct sched_look *l)
{
	const struct sched_claims *k = sched_claims_resolve(l->c, l->r);
	const struct string_map *labels = &l->n->object->meta->labels;
	bool any = false;

	if (k->bound_count == 0 || !has_zone(labels))
		return true;
	for (size_t i = 0; i < k->bound_count; i++)
		if (!zones_match(&k->bound[i]->body->meta.labels, labels, &any))
			return sched_refuse(l, "node(s) had no available volume zone");
	return true;
}

/* --- the score ----------------------------------------------------------------------------------------- */

bool sched_score_volumes_asked(const struct sched_cluster *c, const struct sched_request *r)
{
	(void)c;
	return r->claims != NULL;
}

int64_t sched_score_volumes(const struct sched_look *l)
{
	const struct sched_claims *k = sched_claims_resolve(l->c, l->r);
	int64_t here = 0, all = 0;

	for (size_t i = 0; i < k->bound_count; i++) {
		const struct persistent_volume *v = k->bound[i]->body;
		bool somewhere = v->spec.node_affinity != NULL;
		bool match = zones_match(&v->meta.labels, &l->n->object->meta->labels, &somewhere);

		all += somewhere;
		here += somewhere && match && sched_volume_reaches(v, l->n);
	}
	return all > 0 ? 100 * here / all : 100;
}
