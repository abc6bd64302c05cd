/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The table of ConfigMap. */
#include <stddef.h>
#include <string.h>

#include "lib/object/check.h"
#include "lib/object/tables.h"

static const struct field fields[] = {
	{ .name = "apiVersion", .kind = FIELD_NONE, .doc = "v1." },
	{ .name = "kind", .kind = FIELD_NONE, .doc = "ConfigMap." },
	{ .name = "metadata",
		.kind = FIELD_EMBED,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct config_map, meta),
		.of = &schema_object_meta,
		.doc = "Name, namespace, labels and annotations." },
	{ .name = "data",
		.kind = FIELD_STRING_MAP,
		.offset = offsetof(struct config_map, data),
		.rule = rule_config_key,
		.doc = "Keys and texts." },
	{ .name = "binaryData",
		.kind = FIELD_BYTES_MAP,
		.offset = offsetof(struct config_map, binary_data),
		.rule = rule_config_key,
		.doc = "Keys and bytes, in base64; none of them in data too." },
	{ .name = "immutable",
		.kind = FIELD_OPT_BOOL,
		.offset = offsetof(struct config_map, immutable),
		.doc = "Whether the data may never change again." },
};

static void check(struct decode *d, const void *object, const struct value *v)
{
	const struct config_map *c = object;
	size_t size = 0;
	for (size_t i = 0; i < c->data.count; i++)
		size += strlen(c->data.items[i].value);
	for (size_t i = 0; i < c->binary_data.count; i++) {
		const struct bytes_pair *b = &c->binary_data.items[i];
		size += b->value.len;
		if (string_map_get(&c->data, b->key))
			decode_error(d, value_get(value_get(v, "binaryData"), b->key),
				check_key(d, "binaryData", b->key), "the key is in data too");
	}
	if (size > DATA_SIZE_MAX)
		check_error(d, v, NULL, "has %zu bytes of data; at most %d are allowed", size, DATA_SIZE_MAX);
}

const struct schema schema_config_map = {
	.name = "ConfigMap",
	FIELDS(fields),
	.size = sizeof(struct config_map),
	.check = check,
	.doc = "Settings for pods: keys with texts, as variables or files.",
};
