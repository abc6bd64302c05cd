/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "sched/binding.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/check.h"

static const char hostname[] = "kubernetes.io/hostname";

/* --- may this volume be this claim's? ---------------------------------------------------------------- */

static const struct quantity *size_of(const struct quantity_map *m)
{
	static const struct quantity none;
	const struct quantity *q = quantity_map_get(m, "storage");

	return q ? q : &none;
}

static bool has_modes(const struct persistent_volume *v, const struct claim *c)
{
	for (size_t i = 0; i < c->spec.access_modes.count; i++)
		if (!strings_contain(&v->spec.access_modes, c->spec.access_modes.items[i]))
			return false;
	return true;
}

static const char *mode_of(const char *volume_mode)
{
	return str_empty(volume_mode) ? "Filesystem" : volume_mode;
}

/* What even a volume that names its claim must be. */
static bool is_possible(const struct persistent_volume *v, const struct claim *c, const char *class)
{
	return str_eq(str_or_empty(v->spec.storage_class_name), class) && !v->meta.deletion_timestamp.set &&
	       quantity_cmp(size_of(&v->spec.capacity), size_of(&c->spec.resources.requests)) >= 0 &&
	       str_eq(mode_of(v->spec.volume_mode), mode_of(c->spec.volume_mode));
}

static bool is_available(const struct sched_volume *v)
{
	return !v->claim && v->named == 0 && !v->body->spec.claim_ref &&
	       (str_empty(v->body->status.phase) || str_eq(v->body->status.phase, "Available"));
}

static bool is_match(const struct sched_volume *v, const struct claim *c)
{
	return is_available(v) && has_modes(v->body, c) &&
	       (!c->spec.selector || label_selector_matches(c->spec.selector, &v->body->meta.labels));
}

/* --- finding ------------------------------------------------------------------------------------------ */

/* The smallest first, then by name. */
static int volume_cmp(const void *x, const void *y)
{
	const struct sched_volume *a = *(struct sched_volume *const *)x,
				  *b = *(struct sched_volume *const *)y;
	int n = quantity_cmp(size_of(&a->body->spec.capacity), size_of(&b->body->spec.capacity));

	return n != 0 ? n : strcmp(a->name, b->name);
}

/* One that names the claim excludes all others; of several such, the first by name. */
static bool take_named(struct sched_binding *b, struct sched_volume *v)
{
	if (!sched_volume_is_of(v->body, b->claim))
		return false;
	if (b->found_count == 0 || strcmp(v->name, b->found[0]->name) < 0)
		b->found[0] = v;
	b->found_count = 1;
	return true;
}

/* KNOWN: what the claim is called is known. */
static void find_volumes(const struct sched_storage *s, struct sched_binding *b, bool known)
{
	bool named = false;

	b->found = xcalloc(s->volumes.count, sizeof(b->found[0]));
	for (size_t pass = known ? 0 : 1; pass < 2 && !named; pass++) {
		for (size_t i = 0; i < s->volumes.count; i++) {
			struct sched_volume *v = s->volumes.entries[i].value;

			if (!v->body || !is_possible(v->body, b->claim, b->class->meta.name))
				continue;
			if (pass == 0)
				named |= take_named(b, v);
			else if (is_match(v, b->claim))
				b->found[b->found_count++] = v;
		}
	}
	if (b->found_count > 1)
		qsort(b->found, b->found_count, sizeof(b->found[0]), volume_cmp);
}

/* --- by host -------------------------------------------------------------------------------------------- */

/* The hostnames that V's affinity is about, where it is about nothing else: as it is for local disks. */
static const struct strings *hosts_of(const struct persistent_volume *v)
{
	const struct node_selector *s = v->spec.node_affinity ? v->spec.node_affinity->required : NULL;
	const struct node_selector_term *t;

	if (!s || s->node_selector_terms.count != 1)
		return NULL;
	t = &s->node_selector_terms.items[0];
	if (t->match_fields.count != 0 || t->match_expressions.count != 1 ||
		!str_eq(t->match_expressions.items[0].key, hostname) ||
		!str_eq(t->match_expressions.items[0].op, "In"))
		return NULL;
	return &t->match_expressions.items[0].values;
}

static int host_cmp(const void *x, const void *y)
{
	const struct sched_binding_host *a = x, *b = y;
	int n = strcmp(a->host, b->host);

	return n != 0 ? n : (a->rank > b->rank) - (a->rank < b->rank);
}

static void sort_by_host(struct sched_binding *b)
{
	size_t cap = 0;

	b->anywhere = xcalloc(b->found_count, sizeof(b->anywhere[0]));
	for (uint32_t i = 0; i < b->found_count; i++) {
		const struct strings *hosts = hosts_of(b->found[i]->body);

		if (!hosts)
			b->anywhere[b->anywhere_count++] = i;
		for (size_t k = 0; hosts && k < hosts->count; k++) {
			b->hosts = grow(b->hosts, &cap, b->host_count + 1, sizeof(b->hosts[0]));
			b->hosts[b->host_count++] = (struct sched_binding_host){ hosts->items[k], i };
		}
	}
	if (b->host_count > 1)
		qsort(b->hosts, b->host_count, sizeof(b->hosts[0]), host_cmp);
}

void sched_binding_find(const struct sched_storage *s, const struct sched_claim *c,
	const struct storage_class *class, struct sched_binding *ret)
{
	*ret = (struct sched_binding){ .claim = c->body, .class = class };
	ret->selected = c->node ? c->node
				: string_map_get(
					  &c->body->meta.annotations, "volume.kubernetes.io/selected-node");
	if (ret->selected)
		return;
	find_volumes(s, ret, c->key != NULL);
	sort_by_host(ret);
}

void sched_binding_done(struct sched_binding *b)
{
	free(b->found);
	free(b->anywhere);
	free(b->hosts);
	*b = (struct sched_binding){ 0 };
}

/* --- choosing ------------------------------------------------------------------------------------------- */

bool sched_volume_reaches(const struct persistent_volume *v, const struct sched_node *n)
{
	const struct node_selector *s = v->spec.node_affinity ? v->spec.node_affinity->required : NULL;

	for (size_t i = 0; s && i < s->node_selector_terms.count; i++)
		if (sched_term_matches(&s->node_selector_terms.items[i], n))
			return true;
	return !s;
}

static bool is_taken(const struct sched_volume *v, struct sched_volume *const *taken, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (taken[i] == v)
			return true;
	return false;
}

/* The best of those for the host that aren't taken; found_count: none. */
static uint32_t best_of_host(
	const struct sched_binding *b, const char *host, struct sched_volume *const *taken, size_t count)
{
	uint32_t low = 0, high = b->host_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(b->hosts[middle].host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < b->host_count && str_eq(b->hosts[low].host, host); low++)
		if (!is_taken(b->found[b->hosts[low].rank], taken, count))
			return b->hosts[low].rank;
	return b->found_count;
}

struct sched_volume *sched_binding_choose(const struct sched_binding *b, const struct sched_node *n,
	struct sched_volume *const *taken, size_t count)
{
	const char *host = b->host_count > 0 ? string_map_get(&n->object->meta->labels, hostname) : NULL;
	uint32_t best = host ? best_of_host(b, host, taken, count) : b->found_count;

	for (uint32_t i = 0; i < b->anywhere_count && b->anywhere[i] < best; i++) {
		struct sched_volume *v = b->found[b->anywhere[i]];

		if (sched_volume_reaches(v->body, n) && !is_taken(v, taken, count))
			return v;
	}
	return best < b->found_count ? b->found[best] : NULL;
}

/* core/v1/helper MatchTopologySelectorTerms: any term, all of its expressions; an empty term matches nothing. */
static bool topology_matches(const struct topology_term *t, const struct string_map *labels)
{
	for (size_t i = 0; i < t->match_label_expressions.count; i++) {
		const struct topology_requirement *r = &t->match_label_expressions.items[i];
		const char *value = string_map_get(labels, r->key);

		if (!value || !strings_contain(&r->values, value))
			return false;
	}
	return t->match_label_expressions.count > 0;
}

bool sched_binding_provisions(const struct sched_binding *b, const struct sched_node *n)
{
	const struct storage_class *class = b->class;

	if (b->selected && !str_eq(b->selected, n->name))
		return false;
	if (str_empty(class->provisioner) || str_eq(class->provisioner, "kubernetes.io/no-provisioner"))
		return false;
	for (size_t i = 0; i < class->allowed_topologies.count; i++)
		if (topology_matches(&class->allowed_topologies.items[i], &n->object->meta->labels))
			return true;
	return class->allowed_topologies.count == 0;
}
