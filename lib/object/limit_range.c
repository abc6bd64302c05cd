/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of LimitRange, and the order that its numbers must have (core/v1 validation ValidateLimitRange): for each
 * resource min ≤ defaultRequest ≤ default ≤ max, and maxLimitRequestRatio is from 1 to max/min.
 */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/policy.h"
#include "lib/object/tables.h"

static const char *const types[] = { "Container", "Pod", "PersistentVolumeClaim", NULL };

static const char *rule_type(struct arena *arena, const char *s)
{
	for (size_t i = 0; types[i]; i++)
		if (str_eq(types[i], s))
			return NULL;
	if (strchr(s, '/'))
		return rule_label_key(arena, s);
	const char *near = str_nearest(s, types);
	return arena_printf(arena,
		"`%s` is not allowed%s%s%s (allowed: Container, Pod, PersistentVolumeClaim)", s,
		near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* Claims are limited by their storage, the others by what containers use. */
static const char *rule_limited(struct arena *arena, const char *s)
{
	return str_eq(s, "storage") ? NULL : rule_resource_name(arena, s);
}

static const struct field item_fields[] = {
	{ .name = "type",
		.kind = FIELD_STRING,
		.flags = FIELD_REQUIRED | FIELD_NOT_EMPTY,
		.offset = offsetof(struct limit_range_item, type),
		.rule = rule_type,
		.doc = "What is limited: Container, Pod or PersistentVolumeClaim." },
	{ .name = "max",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct limit_range_item, max),
		.rule = rule_limited,
		.doc = "The most that a limit may be, by resource." },
	{ .name = "min",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct limit_range_item, min),
		.rule = rule_limited,
		.doc = "The least that a request may be." },
	{ .name = "default",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct limit_range_item, default_limit),
		.rule = rule_limited,
		.doc = "The limit of containers that give none; max where not given." },
	{ .name = "defaultRequest",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct limit_range_item, default_request),
		.rule = rule_limited,
		.doc = "The request of containers that give none; default, else min, where not given." },
	{ .name = "maxLimitRequestRatio",
		.kind = FIELD_QUANTITY_MAP,
		.offset = offsetof(struct limit_range_item, max_limit_request_ratio),
		.rule = rule_limited,
		.doc = "How many times its request a limit may be." },
};

static const struct quantity_pair *find(const struct quantity_map *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq(m->items[i].key, key))
			return &m->items[i];
	return NULL;
}

/* Fills the resources of INTO that it lacks from FROM. Both are sorted, and so is the result. */
static void fill(struct arena *arena, struct quantity_map *into, const struct quantity_map *from)
{
	struct quantity_map old = *into;
	if (from->count == 0)
		return;
	into->items = arena_array(arena, old.count + from->count, sizeof(into->items[0]));
	into->count = 0;
	for (size_t i = 0, j = 0; i < old.count || j < from->count;) {
		int c = i == old.count     ? 1
			: j == from->count ? -1
					   : strcmp(old.items[i].key, from->items[j].key);
		into->items[into->count++] = c <= 0 ? old.items[i] : from->items[j];
		i += c <= 0;
		j += c >= 0;
	}
}

/* SetDefaults_LimitRangeItem. */
static void item_defaults(struct arena *arena, void *object)
{
	struct limit_range_item *l = object;
	if (!str_eq(l->type, "Container"))
		return;
	fill(arena, &l->default_limit, &l->max);
	fill(arena, &l->default_request, &l->default_limit);
	fill(arena, &l->default_request, &l->min);
}

/* One resource: its number in each of the maps that has one. */
struct row {
	struct decode *d;
	const struct value *v;
	const char *resource;
};

/* The lower must not be more than the upper. Defaults that were filled in follow from what the text has. */
static void check_order(struct row *r, const char *lower_name, const struct quantity_map *lower,
	const char *upper_name, const struct quantity_map *upper)
{
	const struct quantity_pair *low = find(lower, r->resource), *up = find(upper, r->resource);
	const struct value *at = value_get(value_get(r->v, lower_name), r->resource);
	char a[QUANTITY_TEXT_MAX], b[QUANTITY_TEXT_MAX];
	if (!low || !up || quantity_cmp(&low->value, &up->value) <= 0)
		return;
	if (at && value_get(value_get(r->v, upper_name), r->resource))
		decode_error(r->d, at, check_key(r->d, lower_name, r->resource), "%s is more than %s (%s)",
			quantity_format(&low->value, a), upper_name, quantity_format(&up->value, b));
}

static void check_ratio(struct row *r, const struct limit_range_item *l)
{
	const struct quantity_pair *ratio = find(&l->max_limit_request_ratio, r->resource);
	const struct quantity_pair *min = find(&l->min, r->resource), *max = find(&l->max, r->resource);
	const char *path = check_key(r->d, "maxLimitRequestRatio", r->resource);
	char text[QUANTITY_TEXT_MAX];
	if (!ratio)
		return;
	if (quantity_milli(&ratio->value) < 1000)
		check_error(r->d, r->v, path, "must be at least 1");
	if (!min || !max || quantity_milli(&min->value) <= 0)
		return;
	double most = (double)quantity_milli(&max->value) / (double)quantity_milli(&min->value);
	if ((double)quantity_milli(&ratio->value) / 1e3 > most)
		check_error(r->d, r->v, path, "%s is more than max/min (%g)",
			quantity_format(&ratio->value, text), most);
}

/* What can't be promised twice has one number for limit and request. */
static void check_equal(struct row *r, const struct limit_range_item *l)
{
	const struct quantity_pair *limit = find(&l->default_limit, r->resource);
	const struct quantity_pair *request = find(&l->default_request, r->resource);
	bool native = !strchr(r->resource, '/') && !str_starts(r->resource, "hugepages-");
	if (!native && limit && request && quantity_cmp(&limit->value, &request->value) != 0)
		check_error(r->d, r->v, check_key(r->d, "defaultRequest", r->resource),
			"must be equal to default: it can't be shared");
}

static void check_resource(
	struct decode *d, const struct limit_range_item *l, const struct value *v, const char *resource)
{
	struct row r = { d, v, resource };
	check_order(&r, "min", &l->min, "max", &l->max);
	check_order(&r, "defaultRequest", &l->default_request, "default", &l->default_limit);
	check_order(&r, "defaultRequest", &l->default_request, "max", &l->max);
	check_order(&r, "min", &l->min, "defaultRequest", &l->default_request);
	check_order(&r, "min", &l->min, "default", &l->default_limit);
	check_order(&r, "default", &l->default_limit, "max", &l->max);
	check_ratio(&r, l);
	check_equal(&r, l);
}

static void check_type(struct decode *d, const struct limit_range_item *l, const struct value *v)
{
	bool claim = str_eq(l->type, "PersistentVolumeClaim");
	if (str_eq(l->type, "Pod") && l->default_limit.count > 0)
		check_error(d, v, "default", "can't be given for type Pod: its containers have the limits");
	if (str_eq(l->type, "Pod") && l->default_request.count > 0)
		check_error(d, v, "defaultRequest",
			"can't be given for type Pod: its containers have the requests");
	if (claim && !find(&l->min, "storage") && !find(&l->max, "storage"))
		check_error(d, v, NULL, "needs storage in min or max for type PersistentVolumeClaim");
}

static void item_check(struct decode *d, const void *object, const struct value *v)
{
	const struct limit_range_item *l = object;
	const struct quantity_map *const maps[] = { &l->max, &l->min, &l->default_limit, &l->default_request,
		&l->max_limit_request_ratio };
	check_type(d, l, v);
	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		for (size_t j = 0; j < maps[i]->count; j++) {
			bool seen = false;
			for (size_t k = 0; k < i; k++)
				seen |= find(maps[k], maps[i]->items[j].key) != NULL;
			if (!seen)
				check_resource(d, l, v, maps[i]->items[j].key);
		}
}

static const struct schema schema_item = {
	.name = "LimitRangeItem",
	FIELDS(item_fields),
	.size = sizeof(struct limit_range_item),
	.defaults = item_defaults,
	.check = item_check,
	.doc = "Limits of one type of objects.",
};

static const struct field spec_fields[] = {
	{ .name = "limits",
		.kind = FIELD_STRUCTS,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct limit_range_spec, limits),
		.of = &schema_item,
		.list_key = "type",
		.doc = "Limits, each of one type of objects." },
};

static const struct schema schema_spec = {
	.name = "LimitRangeSpec",
	FIELDS(spec_fields),
	.size = sizeof(struct limit_range_spec),
	.doc = "Limits of what is made in the namespace.",
};

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "LimitRange." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct limit_range, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "spec",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct limit_range, spec),
		.of = &schema_spec,
		.doc = "Limits of what is made in the namespace." },
};

const struct schema schema_limit_range = {
	.name = "LimitRange",
	FIELDS(fields),
	.size = sizeof(struct limit_range),
	.doc = "Defaults and bounds of what containers, pods and claims of a namespace may use.",
};
