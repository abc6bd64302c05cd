/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/limits.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

/* --- amounts ------------------------------------------------------------------------------------------ */

static const struct quantity *amount_of(const struct container *c, bool limits, const char *resource)
{
	return quantity_map_get(limits ? &c->resources.limits : &c->resources.requests, resource);
}

static void add(struct quantity *sum, const struct quantity *q)
{
	if (!q)
		return;
	quantity_add(sum, q);
	sum->set = true;
}

static void raise_to(struct quantity *sum, const struct quantity *q)
{
	if (q->set && (!sum->set || quantity_cmp(q, sum) > 0))
		*sum = *q;
}

struct quantity limits_pod_amount(const struct pod_spec *spec, bool limits, const char *resource)
{
	struct quantity sum = { 0 }, sidecars = { 0 }, most = { 0 };

	for (size_t i = 0; i < spec->containers.count; i++)
		add(&sum, amount_of(&spec->containers.items[i], limits, resource));
	for (size_t i = 0; i < spec->init_containers.count; i++) {
		const struct container *c = &spec->init_containers.items[i];
		const struct quantity *q = amount_of(c, limits, resource);
		struct quantity beside = sidecars;

		add(&beside, q);
		raise_to(&most, &beside);
		if (!str_eq(c->restart_policy, "Always"))
			continue;
		add(&sidecars, q);
		add(&sum, q);
	}
	raise_to(&sum, &most);
	if (!limits || sum.set)
		add(&sum, quantity_map_get(&spec->overhead, resource));
	return sum;
}

/* --- defaults ------------------------------------------------------------------------------------------- */

/* INTO with what FROM has and it lacks, copied, for FROM may go before. Both are sorted. */
static bool fill(struct arena *arena, struct quantity_map *into, const struct quantity_map *from)
{
	size_t missing = 0;
	const struct quantity_map old = *into;

	for (size_t i = 0; i < from->count; i++)
		missing += !quantity_map_get(&old, from->items[i].key);
	if (missing == 0)
		return false;
	into->items = arena_array(arena, old.count + missing, sizeof(into->items[0]));
	into->count = 0;
	for (size_t i = 0, j = 0; i < old.count || j < from->count;) {
		int c = i == old.count     ? 1
			: j == from->count ? -1
					   : strcmp(old.items[i].key, from->items[j].key);

		struct quantity_pair *pair = &into->items[into->count++];

		*pair = c <= 0 ? old.items[i] : from->items[j];
		if (c > 0)
			pair->key = arena_strdup(arena, pair->key);
		i += c <= 0;
		j += c >= 0;
	}
	return true;
}

static bool fill_container(struct arena *arena, const struct limit_ranges *ranges, struct container *c)
{
	bool filled = false;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct limit_range_spec *spec = &object_limit_range(ranges->items[i])->spec;

		for (size_t k = 0; k < spec->limits.count; k++) {
			const struct limit_range_item *l = &spec->limits.items[k];

			if (!str_eq(l->type, "Container"))
				continue;
			filled |= fill(arena, &c->resources.limits, &l->default_limit);
			filled |= fill(arena, &c->resources.requests, &l->default_request);
		}
	}
	return filled;
}

static bool fill_containers(struct arena *arena, const struct limit_ranges *ranges, struct containers *list)
{
	struct container *items = arena_array(arena, list->count, sizeof(items[0]));
	bool filled = false;

	for (size_t i = 0; i < list->count; i++) {
		items[i] = list->items[i];
		filled |= fill_container(arena, ranges, &items[i]);
	}
	if (filled)
		list->items = items;
	return filled;
}

const struct pod_spec *limits_apply(
	struct arena *arena, const struct limit_ranges *ranges, const struct pod_spec *spec)
{
	if (ranges->count == 0)
		return spec;
	struct pod_spec *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *spec;
	bool filled = fill_containers(arena, ranges, &copy->containers);
	filled |= fill_containers(arena, ranges, &copy->init_containers);
	return filled ? copy : spec;
}

static void keep_containers(struct arena *arena, struct containers *list, const struct containers *have)
{
	struct container *items = arena_array(arena, list->count, sizeof(items[0]));

	for (size_t i = 0; i < list->count; i++) {
		items[i] = list->items[i];
		fill(arena, &items[i].resources.limits, &have->items[i].resources.limits);
		fill(arena, &items[i].resources.requests, &have->items[i].resources.requests);
	}
	list->items = list->count > 0 ? items : list->items;
}

struct pod_spec limits_keep(struct arena *arena, const struct pod_spec *spec, const struct pod_spec *have)
{
	struct pod_spec kept = *spec;

	if (spec->containers.count == have->containers.count)
		keep_containers(arena, &kept.containers, &have->containers);
	if (spec->init_containers.count == have->init_containers.count)
		keep_containers(arena, &kept.init_containers, &have->init_containers);
	return kept;
}

/* --- checking ---------------------------------------------------------------------------------------------- */

/* One thing with requests and limits, and where it stands. */
struct measured {
	const struct object *object;
	struct diags *diags;
	const char *range;         /* the LimitRange's name */
	const char *type;          /* Container, Pod, PersistentVolumeClaim */
	const char *requests_path; /* the resource is appended; for a Pod both are the spec */
	const char *limits_path;
	struct quantity request, limit; /* of the resource that is looked at */
};

static const char *key_path(struct arena *a, const char *path, const char *resource)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	return arena_printf(a, resource[strspn(resource, plain)] ? "%s[\"%s\"]" : "%s.%s", path, resource);
}

static void violated(const struct measured *m, bool limits, const char *resource, const char *text)
{
	struct arena *a = m->diags->arena;
	const char *path = limits ? m->limits_path : m->requests_path;
	struct diag at = object_place(m->object, DIAG_ERROR, a);

	at.field = str_eq(m->type, "Pod") ? path : key_path(a, path, resource);
	diags_add(m->diags, &at, "the %s of %s is %s (LimitRange `%s`, for each %s)",
		limits ? "limit" : "request", resource, text, m->range, m->type);
}

static const char *text_of(const struct measured *m, const struct quantity *q)
{
	char text[QUANTITY_TEXT_MAX];

	return arena_strdup(m->diags->arena, quantity_format(q, text));
}

static void check_min(const struct measured *m, const char *resource, const struct quantity *min)
{
	struct arena *a = m->diags->arena;
	const char *least = text_of(m, min);

	if (!m->request.set)
		violated(m, false, resource, arena_printf(a, "missing, and must be at least %s", least));
	else if (quantity_cmp(&m->request, min) < 0)
		violated(m, false, resource,
			arena_printf(a, "%s, less than %s", text_of(m, &m->request), least));
	if (m->limit.set && quantity_cmp(&m->limit, min) < 0)
		violated(
			m, true, resource, arena_printf(a, "%s, less than %s", text_of(m, &m->limit), least));
}

static void check_max(const struct measured *m, const char *resource, const struct quantity *max)
{
	struct arena *a = m->diags->arena;
	const char *most = text_of(m, max);

	if (!m->limit.set && !str_eq(m->type, "PersistentVolumeClaim"))
		violated(m, true, resource, arena_printf(a, "missing, and must be at most %s", most));
	else if (m->limit.set && quantity_cmp(&m->limit, max) > 0)
		violated(m, true, resource, arena_printf(a, "%s, more than %s", text_of(m, &m->limit), most));
	if (m->request.set && quantity_cmp(&m->request, max) > 0)
		violated(m, false, resource,
			arena_printf(a, "%s, more than %s", text_of(m, &m->request), most));
}

static void check_ratio(const struct measured *m, const char *resource, const struct quantity *ratio)
{
	struct arena *a = m->diags->arena;
	bool no_request = !m->request.set || m->request.nano <= 0;

	if (no_request || !m->limit.set) {
		violated(m, !no_request, resource,
			arena_printf(a, "missing, and limits may be at most %s times the request",
				text_of(m, ratio)));
		return;
	}
	double is = (double)quantity_milli(&m->limit) / (double)quantity_milli(&m->request);
	if (is > (double)quantity_milli(ratio) / 1e3)
		violated(m, true, resource,
			arena_printf(a, "%s, %.3g times the request (%s), more than %s times",
				text_of(m, &m->limit), is, text_of(m, &m->request), text_of(m, ratio)));
}

typedef void (*amount_fn)(const void *from, const char *resource, struct measured *m);

static void of_container(const void *from, const char *resource, struct measured *m)
{
	const struct quantity *request = amount_of(from, false, resource),
			      *limit = amount_of(from, true, resource);

	m->request = request ? *request : (struct quantity){ 0 };
	m->limit = limit ? *limit : (struct quantity){ 0 };
}

static void of_pod(const void *from, const char *resource, struct measured *m)
{
	m->request = limits_pod_amount(from, false, resource);
	m->limit = limits_pod_amount(from, true, resource);
}

static void of_claim(const void *from, const char *resource, struct measured *m)
{
	const struct claim_spec *spec = from;
	const struct quantity *request = quantity_map_get(&spec->resources.requests, resource);

	m->request = request ? *request : (struct quantity){ 0 };
	m->limit = (struct quantity){ 0 };
}

/* FROM against all limits of its type. */
static void check_one(
	const struct limit_ranges *ranges, struct measured *m, amount_fn amounts, const void *from)
{
	static const struct {
		size_t offset;
		void (*check)(const struct measured *m, const char *resource, const struct quantity *bound);
	} rules[] = {
		{ offsetof(struct limit_range_item, min), check_min },
		{ offsetof(struct limit_range_item, max), check_max },
		{ offsetof(struct limit_range_item, max_limit_request_ratio), check_ratio },
	};

	for (size_t i = 0; i < ranges->count; i++) {
		const struct limit_range_spec *spec = &object_limit_range(ranges->items[i])->spec;

		m->range = ranges->items[i]->meta->name;
		for (size_t k = 0; k < spec->limits.count * ARRAY_LEN(rules); k++) {
			const struct limit_range_item *l = &spec->limits.items[k / ARRAY_LEN(rules)];
			size_t rule = k % ARRAY_LEN(rules);
			const struct quantity_map *bounds = (const void *)((const char *)l +
									   rules[rule].offset);

			for (size_t r = 0; str_eq(l->type, m->type) && r < bounds->count; r++) {
				amounts(from, bounds->items[r].key, m);
				rules[rule].check(m, bounds->items[r].key, &bounds->items[r].value);
			}
		}
	}
}

const char *limits_spec_path(const struct object *o)
{
	if (o->kind->id == KIND_POD)
		return "spec";
	return o->kind->id == KIND_CRON_JOB ? "spec.jobTemplate.spec.template.spec" : "spec.template.spec";
}

static void check_containers(const struct limit_ranges *ranges, const struct object *o,
	const struct containers *list, const char *name, struct diags *diags)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *path = arena_printf(
			diags->arena, "%s.%s[%zu].resources", limits_spec_path(o), name, i);
		struct measured m = {
			.object = o,
			.diags = diags,
			.type = "Container",
			.requests_path = arena_printf(diags->arena, "%s.requests", path),
			.limits_path = arena_printf(diags->arena, "%s.limits", path),
		};

		check_one(ranges, &m, of_container, &list->items[i]);
	}
}

static void check_claim(const struct limit_ranges *ranges, const struct object *o,
	const struct claim_spec *spec, const char *path, struct diags *diags)
{
	struct measured m = {
		.object = o,
		.diags = diags,
		.type = "PersistentVolumeClaim",
		.requests_path = arena_printf(diags->arena, "%s.resources.requests", path),
		.limits_path = arena_printf(diags->arena, "%s.resources.limits", path),
	};

	check_one(ranges, &m, of_claim, spec);
}

static void check_claims(const struct limit_ranges *ranges, const struct object *o, struct diags *diags)
{
	if (o->kind->id == KIND_CLAIM)
		check_claim(ranges, o, &object_claim(o)->spec, "spec", diags);
	if (o->kind->id != KIND_STATEFUL_SET)
		return;
	const struct stateful_set_spec *spec = &object_stateful_set(o)->spec;
	for (size_t i = 0; i < spec->volume_claim_templates.count; i++)
		check_claim(ranges, o, &spec->volume_claim_templates.items[i].spec,
			arena_printf(diags->arena, "spec.volumeClaimTemplates[%zu].spec", i), diags);
}

void limits_check(const struct limit_ranges *ranges, const struct object *o, struct diags *diags)
{
	const struct template_view t = object_template(o);

	if (ranges->count == 0)
		return;
	check_claims(ranges, o, diags);
	if (!t.spec)
		return;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const struct pod_spec *spec = limits_apply(a, ranges, t.spec);
	const char *path = limits_spec_path(o);
	struct measured pod = {
		.object = o, .diags = diags, .type = "Pod", .requests_path = path, .limits_path = path
	};

	check_containers(ranges, o, &spec->containers, "containers", diags);
	check_containers(ranges, o, &spec->init_containers, "initContainers", diags);
	check_one(ranges, &pod, of_pod, spec);
}
