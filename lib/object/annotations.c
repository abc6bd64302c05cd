/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/object/annotations.h"

#include "lib/base/str.h"
#include "lib/object/check.h"

struct annotation {
	const char *key;
	enum kind_id kind;         /* KIND_COUNT: any */
	const char *const *values; /* NULL: any, or another's to check */
};

static const char *const prune_values[] = { "Never", NULL };

/* kubectl's, tools' and people's own annotations have other prefixes. */
static const struct annotation known[] = {
	{ ANNOTATION_PRUNE, KIND_COUNT, prune_values },
	{ "pintle.dev/local", KIND_NODE, NULL }, /* node.c */
	{ "pintle.dev/ssh", KIND_NODE, NULL },
	{ "pintle.dev/ssh-host-key", KIND_NODE, NULL },
};

/* What the tree's objects carry (world.h): an object that was printed from it may be written back. */
static const char *const of_tree[] = { "pintle.dev/source", "pintle.dev/commit", "pintle.dev/digest",
	"pintle.dev/held", "pintle.dev/left-git" };

static const struct annotation *find(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(known[i].key, key))
			return &known[i];
	return NULL;
}

static bool is_of_tree(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(of_tree); i++)
		if (str_eq(of_tree[i], key))
			return true;
	return false;
}

static bool is_among(const char *const *values, const char *value)
{
	for (; *values; values++)
		if (str_eq(*values, value))
			return true;
	return false;
}

static void report_unknown(struct decode *d, const struct value *at, const char *path, const char *key)
{
	const char *keys[ARRAY_LEN(known)];

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		keys[i] = known[i].key;
	decode_warning(d, at, path, "Pintle knows no such annotation%s",
		check_suggest(d, key, keys, ARRAY_LEN(keys)));
}

static void check_one(struct decode *d, const struct value *at, const char *path, const struct kind *kind,
	const struct string_pair *pair)
{
	const struct annotation *a = find(pair->key);

	if (!a && !is_of_tree(pair->key))
		report_unknown(d, at, path, pair->key);
	if (!a)
		return;
	if (a->kind != KIND_COUNT && a->kind != kind->id)
		decode_warning(
			d, at, path, "means nothing on a %s, only on a %s", kind->name, kinds[a->kind].name);
	else if (a->values && !is_among(a->values, pair->value))
		decode_error(d, at, path, "must be %s, but is `%s`", a->values[0], pair->value);
}

void annotations_check(
	struct decode *d, const struct value *v, const struct kind *kind, const struct object_meta *meta)
{
	const struct value *map = value_get(value_get(v, "metadata"), "annotations");

	for (size_t i = 0; i < meta->annotations.count; i++) {
		const struct string_pair *pair = &meta->annotations.items[i];

		if (str_starts(pair->key, ANNOTATION_PREFIX))
			check_one(d, value_get(map, pair->key),
				check_key(d, "metadata.annotations", pair->key), kind, pair);
	}
}
