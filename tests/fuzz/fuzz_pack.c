/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Any bytes as packed structs: the first says of which table (a Pod, or its status alone). What they unpack to packs to bytes that
 * unpack to the same; and whoever throws packed bytes away leaves no shared text behind.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/object/object.h"
#include "lib/object/schema_pack.h"
#include "tests/fuzz/fuzz.h"

static const char *const words[] = { "Ready", "True", "Running", "web", "pintle://" };

static void check(struct intern *texts, const struct schema *schema, const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	void *first = arena_alloc(arena, schema->size), *second = arena_alloc(arena, schema->size);
	_cleanup_(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;

	if (schema_unpack(texts, schema, data, size, arena, first) < 0)
		return;
	schema_pack(texts, schema, first, &once);
	if (schema_unpack(texts, schema, once.data, once.len, arena, second) < 0)
		abort();
	schema_pack(texts, schema, second, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	schema_pack_drop(texts, schema, once.data, once.len);
	schema_pack_drop(texts, schema, twice.data, twice.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(intern_freep) struct intern *texts = intern_new();
	size_t count = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < count; i++)
		intern_ref(texts, words[i]);
	if (size == 0 || size > 4096)
		return 0;
	check(texts, data[0] & 1 ? &schema_pod : &schema_pod_status, data + 1, size - 1);
	if (intern_count(texts) != count)
		abort();
	schema_pack_drop(texts, &schema_pod_status, data, size);
	return 0;
}
