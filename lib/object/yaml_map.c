/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A finished map: its keys once each, merge keys resolved.
 *
 * Merging follows the YAML merge type (yaml.org/type/merge.html): a map's own keys win wherever `<<`
 * stands, and in a list of maps the earlier ones win.
 */
#include <string.h>

#include "lib/base/map.h"
#include "lib/object/yaml_parts.h"

const char yaml_merge_key[] = "<<";

/* Up to here comparing each with each is faster than a table. */
enum { FEW = 16 };

/* The keys of a map under construction; the table is used once there are more than a few. */
struct keys {
	struct value *map;
	struct map table;
};

static struct value_entry *keys_find(struct keys *k, const char *key)
{
	if (k->table.count > 0)
		return map_get(&k->table, key);
	for (size_t i = 0; i < k->map->map.count; i++) {
		struct value_entry *e = &k->map->map.entries[i];

		if (e->key[0] == key[0] && strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static void keys_add(struct keys *k, const struct value_entry *e)
{
	struct value *map = k->map;

	map->map.entries[map->map.count++] = *e;
	if (k->table.count > 0) {
		map_put(&k->table, e->key, &map->map.entries[map->map.count - 1]);
	} else if (map->map.count > FEW) {
		for (size_t i = 0; i < map->map.count; i++)
			map_put(&k->table, map->map.entries[i].key, &map->map.entries[i]);
	}
}

static void add_own(struct yaml_report *r, struct keys *k, const struct value_entry *e)
{
	const struct value_entry *before = keys_find(k, e->key);

	if (before)
		yaml_error(
			r, e->line, e->col, "key `%.100s` is already used in line %u", e->key, before->line);
	else
		keys_add(k, e);
}

static void merge_map(struct keys *k, const struct value *from)
{
	for (size_t i = 0; i < from->map.count; i++)
		if (!keys_find(k, from->map.entries[i].key))
			keys_add(k, &from->map.entries[i]);
}

static void merge(struct yaml_report *r, struct keys *k, const struct value_entry *e)
{
	const struct value *from = e->value;
	bool fine = from->type == VALUE_MAP;

	if (from->type == VALUE_LIST) {
		fine = true;
		for (size_t i = 0; i < from->list.count; i++)
			fine = fine && from->list.items[i]->type == VALUE_MAP;
	}
	if (!fine)
		yaml_error(r, e->line, e->col, "`<<` merges a map or a list of maps, not this");
	else if (from->type == VALUE_MAP)
		merge_map(k, from);
	else
		for (size_t i = 0; i < from->list.count; i++)
			merge_map(k, from->list.items[i]);
}

/* Entries that MAP can come to have, merged ones included. */
static size_t entries_at_most(const struct value_entry *entries, size_t count)
{
	size_t total = count;

	for (size_t i = 0; i < count; i++) {
		const struct value *v = entries[i].value;

		if (entries[i].key != yaml_merge_key)
			continue;
		if (v->type == VALUE_MAP)
			total += v->map.count;
		for (size_t j = 0; v->type == VALUE_LIST && j < v->list.count; j++)
			if (v->list.items[j]->type == VALUE_MAP)
				total += v->list.items[j]->map.count;
	}
	return total;
}

void yaml_map_finish(struct yaml_report *r, struct arena *a, struct value *map,
	const struct value_entry *entries, size_t count, bool merging)
{
	struct keys k = { .map = map };
	const struct value_entry *merged = NULL;
	size_t room = merging ? entries_at_most(entries, count) : count;

	map->map.entries = arena_array(a, value_room(room), sizeof(struct value_entry));
	for (size_t i = 0; i < count; i++)
		if (entries[i].key != yaml_merge_key)
			add_own(r, &k, &entries[i]);
	for (size_t i = 0; i < count && merging; i++) {
		if (entries[i].key != yaml_merge_key)
			continue;
		if (merged)
			yaml_error(r, entries[i].line, entries[i].col,
				"key `<<` is already used in line %u; give it a list: <<: [*a, *b]",
				merged->line);
		else
			merge(r, &k, &entries[i]);
		merged = &entries[i];
	}
	map_done(&k.table);
}
