/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the scheduler sees of a pod. Printed pods differ in what doesn't concern it (names of token volumes, environment); with that
 * left out, pods of one template are equal and share one request, which is what makes many of them cheap.
 */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/simulated.h"
#include "reconciler/limits.h"
#include "reconciler/world.h"

/* --- the spec -------------------------------------------------------------------------------------------- */

static struct containers plain_containers(struct arena *a, const struct containers *from)
{
	struct containers to = { .items = arena_array(a, from->count, sizeof(to.items[0])),
		.count = from->count };

	for (size_t i = 0; i < from->count; i++) {
		struct container *c = &to.items[i];

		c->name = from->items[i].name;
		c->image = from->items[i].image;
		c->ports.items = from->items[i].ports.items;
		c->ports.count = from->items[i].ports.count;
		c->resources = from->items[i].resources;
		c->restart_policy = from->items[i].restart_policy;
	}
	return to;
}

static void plain_volumes(struct arena *a, const struct pod_spec *from, struct pod_spec *to)
{
	to->volumes.items = arena_array(a, from->volumes.count, sizeof(to->volumes.items[0]));
	for (size_t i = 0; i < from->volumes.count; i++) {
		const struct volume *v = &from->volumes.items[i];

		if (v->persistent_volume_claim || v->ephemeral)
			to->volumes.items[to->volumes.count++] = *v;
	}
}

static struct pod_spec *plain_spec(struct arena *a, const struct pod_spec *from)
{
	struct pod_spec *to = arena_alloc(a, sizeof(*to));

	to->init_containers = plain_containers(a, &from->init_containers);
	to->containers = plain_containers(a, &from->containers);
	plain_volumes(a, from, to);
	to->node_selector = from->node_selector;
	to->node_name = from->node_name;
	to->host_network = from->host_network;
	to->scheduling_gates.items = from->scheduling_gates.items;
	to->scheduling_gates.count = from->scheduling_gates.count;
	to->affinity = from->affinity;
	to->tolerations.items = from->tolerations.items;
	to->tolerations.count = from->tolerations.count;
	to->preemption_policy = from->preemption_policy;
	to->topology_spread_constraints.items = from->topology_spread_constraints.items;
	to->topology_spread_constraints.count = from->topology_spread_constraints.count;
	to->overhead = from->overhead;
	return to;
}

/* MORE into the map M where it isn't there; both are sorted. */
static struct string_map merged(struct arena *a, const struct string_map *m, const struct string_map *more)
{
	struct string_map ret = { .items = arena_array(a, m->count + more->count, sizeof(ret.items[0])) };
	size_t i = 0, k = 0;

	while (i < m->count || k < more->count) {
		int order = i == m->count      ? 1
			    : k == more->count ? -1
					       : strcmp(m->items[i].key, more->items[k].key);

		ret.items[ret.count++] = order <= 0 ? m->items[i] : more->items[k];
		i += order <= 0;
		k += order >= 0;
	}
	return ret;
}

/* What admission takes from the RuntimeClass (KEP-688, and "Scheduling" in the documentation of RuntimeClass). */
static void add_runtime_class(struct making *m, const char *name, struct pod_spec *spec)
{
	const struct object *o = name ? making_find(m, KIND_RUNTIME_CLASS, NULL, name) : NULL;
	const struct runtime_class *class = o ? object_runtime_class(o) : NULL;
	struct arena *a = m->s->arena;
	struct toleration *all;
	size_t have = spec->tolerations.count;

	if (!class)
		return;
	if (class->overhead && spec->overhead.count == 0)
		spec->overhead = class->overhead->pod_fixed;
	if (!class->scheduling)
		return;
	spec->node_selector = merged(a, &spec->node_selector, &class->scheduling->node_selector);
	all = arena_array(a, have + class->scheduling->tolerations.count, sizeof(all[0]));
	if (have > 0)
		memcpy(all, spec->tolerations.items, have * sizeof(all[0]));
	for (size_t i = 0; i < class->scheduling->tolerations.count; i++)
		all[have + i] = class->scheduling->tolerations.items[i];
	spec->tolerations.items = all;
	spec->tolerations.count = have + class->scheduling->tolerations.count;
}

struct pod_spec *simulated_spec(
	struct making *m, const struct pod_spec *spec, const char *namespace, bool daemon)
{
	struct limit_ranges ranges = { .items = making_kind(m, KIND_LIMIT_RANGE, &ranges.count) };
	size_t first = 0;
	struct pod_spec *ret;

	while (first < ranges.count && !str_eq(ranges.items[first]->meta->namespace, namespace))
		first++;
	ranges.items += first;
	ranges.count -= first;
	for (size_t i = 0; i < ranges.count; i++)
		if (!str_eq(ranges.items[i]->meta->namespace, namespace))
			ranges.count = i;
	ret = plain_spec(m->s->arena, limits_apply(m->s->arena, &ranges, spec));
	add_runtime_class(m, spec->runtime_class_name, ret);
	if (daemon)
		*ret = *world_daemon_spec(m->s->arena, ret);
	return ret;
}

/* --- requests -------------------------------------------------------------------------------------------- */

static void add_map(struct buf *out, const struct string_map *m)
{
	for (size_t i = 0; i < m->count; i++)
		buf_addf(out, "%s=%s,", m->items[i].key, m->items[i].value);
}

struct sched_request *simulated_request(
	struct making *m, const struct pod_spec *spec, const char *namespace, const struct string_map *labels)
{
	_cleanup_(buf_done) struct buf key = BUF_INIT;
	uint8_t hash[32];
	char hex[65];
	struct sched_request *r;

	schema_hash(&schema_pod_spec, spec, hash);
	str_hex(hash, sizeof(hash), hex);
	buf_addf(&key, "%s %s ", hex, namespace);
	add_map(&key, labels);
	r = map_get(&m->requests, key.data);
	if (r)
		return r;
	r = sched_request_new(spec, namespace, labels);
	map_put(&m->requests, arena_strdup(m->s->arena, key.data), r);
	return r;
}

/* --- volumes of one pod ------------------------------------------------------------------------------------ */

static void make_claim(struct making *m, const char *namespace, const char *name,
	const struct object_meta *meta, const struct claim_spec *spec)
{
	char *key = arena_printf(m->s->arena, "%s/%s", namespace, name);
	struct arena *own;
	struct claim *body;
	struct object *o;

	if (map_has(&m->claims, key))
		return;
	map_put(&m->claims, key, key);
	own = arena_new(0);
	body = arena_alloc(own, sizeof(*body));
	body->meta.name = arena_strdup(own, name);
	body->meta.namespace = arena_strdup(own, namespace);
	body->meta.labels = meta->labels;
	body->meta.annotations = meta->annotations;
	body->spec = *spec;
	o = object_new(&kinds[KIND_CLAIM], own, body);
	sched_cluster_set_object(m->s->cluster, o);
	object_unref(o);
}

static struct volume claim_volume(struct arena *a, const char *volume, const char *claim)
{
	struct claim_source *source = arena_alloc(a, sizeof(*source));

	source->claim_name = claim;
	return (struct volume){ .name = volume, .persistent_volume_claim = source };
}

/* The claim that a pod makes for itself, by META and SPEC of its template. */
struct own_claim {
	const char *namespace, *volume, *name;
	const struct object_meta *meta;
	const struct claim_spec *spec;
};

/*
 * Where there are volumes that claims may be bound to, each claim is one of its own. Where all are to be provisioned one is as the other: the
 * scheduler takes an `ephemeral` volume as a claim like that, which leaves equal pods equal.
 */
static struct volume own_volume(struct making *m, const struct own_claim *c)
{
	struct arena *a = m->s->arena;
	struct ephemeral_source *source;
	size_t volumes;

	making_kind(m, KIND_PERSISTENT_VOLUME, &volumes);
	if (volumes > 0 || making_find(m, KIND_CLAIM, c->namespace, c->name)) {
		make_claim(m, c->namespace, c->name, c->meta, c->spec);
		return claim_volume(a, c->volume, c->name);
	}
	source = arena_alloc(a, sizeof(*source));
	source->template.meta.labels = c->meta->labels;
	source->template.meta.annotations = c->meta->annotations;
	source->template.spec = *c->spec;
	return (struct volume){ .name = c->volume, .ephemeral = source };
}

static bool has_own_volumes(const struct pod_spec *spec, const struct stateful_set *set)
{
	for (size_t i = 0; i < spec->volumes.count; i++)
		if (spec->volumes.items[i].ephemeral)
			return true;
	return set && set->spec.volume_claim_templates.count > 0;
}

/* Is VOLUME's place taken by a claim of SET (which then counts)? */
static bool is_of_set(const struct stateful_set *set, const char *volume)
{
	for (size_t i = 0; set && i < set->spec.volume_claim_templates.count; i++)
		if (str_eq(set->spec.volume_claim_templates.items[i].meta.name, volume))
			return true;
	return false;
}

const struct pod_spec *simulated_own_spec(struct making *m, const struct pod_spec *spec,
	const char *namespace, const char *name, const struct stateful_set *set)
{
	struct arena *a = m->s->arena;
	size_t more = set ? set->spec.volume_claim_templates.count : 0, n = 0;
	struct pod_spec *own;
	struct volume *volumes;

	if (!has_own_volumes(spec, set))
		return spec;
	own = arena_memdup(a, spec, sizeof(*spec));
	volumes = arena_array(a, spec->volumes.count + more, sizeof(volumes[0]));
	for (size_t i = 0; i < spec->volumes.count; i++) {
		const struct volume *v = &spec->volumes.items[i];

		if (is_of_set(set, v->name))
			continue;
		volumes[n++] = v->ephemeral ? own_volume(m, &(struct own_claim){ namespace, v->name,
								    arena_printf(a, "%s-%s", name, v->name),
								    &v->ephemeral->template.meta,
								    &v->ephemeral->template.spec })
					    : *v;
	}
	for (size_t i = 0; i < more; i++) {
		const struct claim *t = &set->spec.volume_claim_templates.items[i];

		volumes[n++] = own_volume(
			m, &(struct own_claim){ namespace, t->meta.name,
				   arena_printf(a, "%s-%s", t->meta.name, name), &t->meta, &t->spec });
	}
	own->volumes.items = volumes;
	own->volumes.count = n;
	return own;
}

/* --- priority ---------------------------------------------------------------------------------------------- */

/* Of several global defaults the lowest counts, as in Kubernetes. */
static const struct priority_class *default_class(const struct making *m)
{
	const struct priority_class *found = NULL;
	size_t count;
	struct object *const *list = making_kind(m, KIND_PRIORITY_CLASS, &count);

	for (size_t i = 0; i < count; i++) {
		const struct priority_class *class = object_priority_class(list[i]);

		if (class->global_default && (!found || class->value < found->value))
			found = class;
	}
	return found;
}

static const struct priority_class *class_of(struct making *m, const char *name)
{
	static const struct priority_class cluster_critical = { .value = 2000000000 },
					   node_critical = { .value = 2000001000 };
	const struct object *o;

	if (!name)
		return default_class(m);
	if (str_eq(name, "system-cluster-critical"))
		return &cluster_critical;
	if (str_eq(name, "system-node-critical"))
		return &node_critical;
	o = making_find(m, KIND_PRIORITY_CLASS, NULL, name);
	return o ? object_priority_class(o) : NULL;
}

void simulated_rank(struct making *m, const struct pod_spec *spec, struct simulated_pod *p)
{
	const struct priority_class *class = class_of(m, spec->priority_class_name);
	const char *policy = spec->preemption_policy;

	if (spec->priority.set)
		p->priority = (int32_t)spec->priority.value;
	else if (class)
		p->priority = (int32_t) class->value;
	else if (spec->priority_class_name)
		p->blocked = arena_printf(
			m->s->arena, "no PriorityClass with name %s was found", spec->priority_class_name);
	if (!policy && class)
		policy = class->preemption_policy;
	p->no_preemption = str_eq(policy, "Never");
}
