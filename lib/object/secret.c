/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The table of Secret. stringData is merged into data (it wins) and then forgotten, so that a
 * Secret has one form however it was written. The well-known types must have their keys.
 */
#include <stddef.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/check.h"
#include "lib/object/tables.h"

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "Secret." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct secret, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "type",
		.kind = FIELD_STRING,
		.offset = offsetof(struct secret, type),
		.value_default = "Opaque",
		.doc = "What is in it; the well-known types must have certain keys." },
	{ .name = "data",
		.kind = FIELD_BYTES_MAP,
		.flags = FIELD_SECRET,
		.offset = offsetof(struct secret, data),
		.rule = rule_config_key,
		.doc = "Keys and bytes, in base64." },
	{ .name = "stringData",
		.kind = FIELD_STRING_MAP,
		.flags = FIELD_SECRET,
		.offset = offsetof(struct secret, string_data),
		.rule = rule_config_key,
		.doc = "Keys and plain texts, put over those of data." },
	{ .name = "immutable",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct secret, immutable),
		.doc = "Whether the data may never change again." },
};

static void merge_string_data(struct arena *arena, void *object)
{
	struct secret *s = object;
	const struct string_map *texts = &s->string_data;
	const struct bytes_map old = s->data;
	size_t count = 0;
	if (texts->count == 0)
		return;
	struct bytes_pair *items = arena_array(arena, old.count + texts->count, sizeof(*items));
	for (size_t i = 0, j = 0; i < old.count || j < texts->count;) {
		int c = i == old.count      ? 1
			: j == texts->count ? -1
					    : strcmp(old.items[i].key, texts->items[j].key);
		if (c < 0) {
			items[count++] = old.items[i++];
			continue;
		}
		const struct string_pair *t = &texts->items[j++];
		items[count++] = (struct bytes_pair){ .key = t->key,
			.value = { .data = (const uint8_t *)t->value, .len = strlen(t->value) } };
		i += c == 0;
	}
	s->data = (struct bytes_map){ .items = items, .count = count };
	s->string_data = (struct string_map){ 0 };
}

/* --- well-known types -------------------------------------------------------------------------------- */

static const struct bytes *get(const struct secret *s, const char *key)
{
	for (size_t i = 0; i < s->data.count; i++)
		if (str_eq(s->data.items[i].key, key))
			return &s->data.items[i].value;
	return NULL;
}

static void needs(struct decode *d, const struct secret *s, const struct value *v, const char *key)
{
	if (!get(s, key))
		check_error(d, v, "data", "type %s needs the key %s", s->type, key);
}

static void needs_json(struct decode *d, const struct secret *s, const struct value *v, const char *key)
{
	const struct bytes *b = get(s, key);
	struct value *parsed;
	if (!b)
		check_error(d, v, "data", "type %s needs the key %s", s->type, key);
	else if (json_parse(d->arena, (const char *)b->data, b->len, &parsed, NULL) < 0 ||
		 parsed->type != VALUE_MAP)
		check_error(d, v, "data", "the key %s must hold a JSON map", key);
}

static void check_docker_cfg(struct decode *d, const struct secret *s, const struct value *v)
{
	needs_json(d, s, v, ".dockercfg");
}

static void check_docker_config(struct decode *d, const struct secret *s, const struct value *v)
{
	needs_json(d, s, v, ".dockerconfigjson");
}

static void check_basic_auth(struct decode *d, const struct secret *s, const struct value *v)
{
	if (!get(s, "username") && !get(s, "password"))
		check_error(d, v, "data", "type %s needs one of the keys username and password", s->type);
}

static void check_ssh_auth(struct decode *d, const struct secret *s, const struct value *v)
{
	needs(d, s, v, "ssh-privatekey");
}

static void check_tls(struct decode *d, const struct secret *s, const struct value *v)
{
	needs(d, s, v, "tls.crt");
	needs(d, s, v, "tls.key");
}

static void check_token(struct decode *d, const struct secret *s, const struct value *v)
{
	if (str_empty(string_map_get(&s->meta.annotations, "kubernetes.io/service-account.name")))
		check_error(d, v, "metadata.annotations",
			"type %s needs the annotation kubernetes.io/service-account.name", s->type);
}

static const struct {
	const char *type;
	void (*check)(struct decode *d, const struct secret *s, const struct value *v);
} types[] = {
	{ "kubernetes.io/service-account-token", check_token },
	{ "kubernetes.io/dockercfg", check_docker_cfg },
	{ "kubernetes.io/dockerconfigjson", check_docker_config },
	{ "kubernetes.io/basic-auth", check_basic_auth },
	{ "kubernetes.io/ssh-auth", check_ssh_auth },
	{ "kubernetes.io/tls", check_tls },
};

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct secret *s = object;
	size_t size = 0;
	for (size_t i = 0; i < s->data.count; i++)
		size += s->data.items[i].value.len;
	if (size > DATA_SIZE_MAX)
		check_error(d, v, NULL, "has %zu bytes of data; at most %d are allowed", size, DATA_SIZE_MAX);
	/* What the tree keeps of a Secret is hashes: only a manifest shows whether the values are good. */
	if (d->mode != DECODE_MANIFEST)
		return;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(s->type, types[i].type))
			types[i].check(d, s, v);
}

const struct schema schema_secret = {
	.name = "Secret",
	FIELDS(fields),
	.size = sizeof(struct secret),
	.defaults = merge_string_data,
	.check = check,
	.doc = "Passwords, keys and certificates for pods; the values stay out of tree, diff and log.",
};
