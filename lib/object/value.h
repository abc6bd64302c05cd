/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A tree of dynamic values: what YAML or JSON text says before any schema has looked at it.
 *
 * Values live in an arena, are immutable once built, and remember where they stood in the
 * text (line and column from 1; 0 where there is no text). Maps keep the order of the
 * text; keys are strings and unique (parsers refuse duplicates). A YAML alias shares the
 * anchor's value: a tree may be a DAG, bounded by the parser's expansion limit.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/buf.h"

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_STRING, VALUE_LIST, VALUE_MAP };

struct value_entry {
	const char *key;
	uint32_t line, col; /* of the key */
	struct value *value;
};

struct value {
	enum value_type type;
	uint32_t line, col;
	union {
		bool boolean;
		int64_t integer;
		double number;
		struct {
			const char *string; /* NUL-terminated; len counts bytes and may cover NULs */
			size_t len;
		};
		struct {
			struct value **items;
			size_t count;
		} list;
		struct {
			struct value_entry *entries;
			size_t count;
		} map;
	};
	const char *text; /* a YAML scalar as it was written (for messages: `yes`, `0644`), or NULL */
};

/* "null", "boolean", "integer", "number", "string", "list", "map": for messages. */
const char *value_type_name(enum value_type type);

/* The member KEY of map V, or NULL; V may be NULL or no map. */
const struct value *value_get(const struct value *v, const char *key);
/* The string, or NULL where V is NULL or no string. */
const char *value_string(const struct value *v);
/* value_string(value_get(v, key)). */
const char *value_get_string(const struct value *v, const char *key);
/* The integer member KEY, or FALLBACK. */
int64_t value_get_int(const struct value *v, const char *key, int64_t fallback);
bool value_get_bool(const struct value *v, const char *key, bool fallback);
/* Structural equality: types, numbers, strings, lists in order, maps in any order; positions do not count. */
bool value_equal(const struct value *a, const struct value *b);
/* The entries of MAP sorted by key (strcmp); the caller frees the array. */
const struct value_entry **value_sorted_entries(const struct value *map);

/*
 * Builders, all in arena A; strings are copied. value_set replaces an existing KEY. value_append and
 * value_set keep growing room, so building is linear.
 */
struct value *value_null_new(struct arena *a);
struct value *value_bool_new(struct arena *a, bool b);
struct value *value_int_new(struct arena *a, int64_t i);
struct value *value_float_new(struct arena *a, double d);
struct value *value_string_new(struct arena *a, const char *s);
struct value *value_string_len_new(struct arena *a, const char *s, size_t len);
struct value *value_list_new(struct arena *a);
struct value *value_map_new(struct arena *a);
/*
 * Places that the array of a list or map of COUNT elements has. Whoever fills in arrays of its own (a parser)
 * allocates this many, so that value_append and value_set can go on from there.
 */
size_t value_room(size_t count);
void value_append(struct arena *a, struct value *list, struct value *v);
void value_set(struct arena *a, struct value *map, const char *key, struct value *v);
void value_set_string(struct arena *a, struct value *map, const char *key, const char *s);
void value_set_int(struct arena *a, struct value *map, const char *key, int64_t i);
void value_set_bool(struct arena *a, struct value *map, const char *key, bool b);
/* A deep copy in arena A. */
struct value *value_copy(struct arena *a, const struct value *v);
