/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/image_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"

static const char annotation_ref_name[] = "org.opencontainers.image.ref.name";
static const char annotation_full_name[] = "io.containerd.image.name";

/* --- small readers ---------------------------------------------------------------------------- */

static int parse_map(struct arena *a, const char *text, size_t len, struct value **ret, struct err *err)
{
	int r = json_parse(a, text, len, ret, err);

	if (r == 0 && (*ret)->type != VALUE_MAP)
		r = err_set(err, -EBADMSG, "a map was expected, not a %s", value_type_name((*ret)->type));
	return r;
}

/* The items of list V, or none. */
static size_t list_count(const struct value *v)
{
	return v && v->type == VALUE_LIST ? v->list.count : 0;
}

/* A list of strings; null and absence are an empty one. NAME for messages. */
static int read_strings(
	struct arena *a, const struct value *map, const char *name, struct strings *ret, struct err *err)
{
	const struct value *v = value_get(map, name);
	size_t count = list_count(v);

	if (v && v->type != VALUE_LIST && v->type != VALUE_NULL)
		return err_set(
			err, -EBADMSG, "%s: a list was expected, not a %s", name, value_type_name(v->type));
	const char **items = arena_array(a, count + 1, sizeof(items[0]));
	for (size_t i = 0; i < count; i++) {
		const char *s = value_string(v->list.items[i]);

		if (!s)
			return err_set(err, -EBADMSG, "%s[%zu]: a string was expected", name, i);
		items[i] = arena_strdup(a, s);
	}
	*ret = (struct strings){ .items = count > 0 ? items : NULL, .count = count };
	return 0;
}

/* The keys of a map whose values mean nothing (ExposedPorts, Volumes). */
static void read_keys(struct arena *a, const struct value *v, struct strings *ret)
{
	size_t count = v && v->type == VALUE_MAP ? v->map.count : 0;
	const char **items = arena_array(a, count + 1, sizeof(items[0]));

	for (size_t i = 0; i < count; i++)
		items[i] = arena_strdup(a, v->map.entries[i].key);
	*ret = (struct strings){ .items = count > 0 ? items : NULL, .count = count };
}

static int cmp_pair(const void *a, const void *b)
{
	return strcmp(((const struct string_pair *)a)->key, ((const struct string_pair *)b)->key);
}

static void read_string_map(struct arena *a, const struct value *v, struct string_map *ret)
{
	size_t count = v && v->type == VALUE_MAP ? v->map.count : 0, n = 0;
	struct string_pair *items = arena_array(a, count + 1, sizeof(items[0]));

	for (size_t i = 0; i < count; i++) {
		const char *s = value_string(v->map.entries[i].value);

		if (s)
			items[n++] = (struct string_pair){ arena_strdup(a, v->map.entries[i].key),
				arena_strdup(a, s) };
	}
	qsort(items, n, sizeof(items[0]), cmp_pair);
	*ret = (struct string_map){ .items = n > 0 ? items : NULL, .count = n };
}

/* A copy, NULL for "" and for absence: Docker writes "" for what isn't set. */
static const char *read_string(struct arena *a, const struct value *map, const char *name)
{
	const char *s = value_get_string(map, name);

	return str_empty(s) ? NULL : arena_strdup(a, s);
}

static int read_descriptor(struct arena *a, const struct value *v, const char *what,
	struct image_descriptor *ret, struct err *err)
{
	const char *digest = value_get_string(v, "digest");
	const struct value *annotations = value_get(v, "annotations"), *platform = value_get(v, "platform");
	int64_t size = value_get_int(v, "size", -1);

	if (!digest || !image_digest_valid(digest))
		return err_set(err, -EBADMSG, "%s: \"%s\" is no sha256 digest", what, str_or_empty(digest));
	if (size < 0)
		return err_set(err, -EBADMSG, "%s: no size", what);
	*ret = (struct image_descriptor){
		.media_type = arena_strdup(a, str_or_empty(value_get_string(v, "mediaType"))),
		.digest = arena_strdup(a, digest),
		.size = size,
		.ref_name = read_string(a, annotations, annotation_ref_name),
		.full_name = read_string(a, annotations, annotation_full_name),
		.os = read_string(a, platform, "os"),
		.architecture = read_string(a, platform, "architecture"),
	};
	return 0;
}

static int read_descriptors(struct arena *a, const struct value *map, const char *name,
	struct image_descriptors *ret, struct err *err)
{
	const struct value *v = value_get(map, name);
	size_t count = list_count(v);
	struct image_descriptor *items = arena_array(a, count + 1, sizeof(items[0]));

	if (!v || (v->type != VALUE_LIST && v->type != VALUE_NULL))
		return err_set(err, -EBADMSG, "it has no list %s", name);
	for (size_t i = 0; i < count; i++) {
		const char *what = arena_printf(a, "%s[%zu]", name, i);
		int r = read_descriptor(a, v->list.items[i], what, &items[i], err);

		if (r < 0)
			return r;
	}
	*ret = (struct image_descriptors){ .items = items, .count = count };
	return 0;
}

/* --- documents -------------------------------------------------------------------------------- */

int image_index_parse(
	struct arena *a, const char *text, size_t len, struct image_descriptors *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(0);
	struct value *v;
	int r = parse_map(scratch, text, len, &v, err);

	return r < 0 ? r : read_descriptors(a, v, "manifests", ret, err);
}

bool image_text_is_index(const char *text, size_t len)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(0);
	struct value *v;

	return parse_map(scratch, text, len, &v, NULL) == 0 && value_get(v, "manifests") &&
	       !value_get(v, "config");
}

const struct image_descriptor *image_index_choose(
	const struct image_descriptors *index, const char *architecture)
{
	const struct image_descriptor *plain = NULL;
	size_t plain_count = 0;

	for (size_t i = 0; i < index->count; i++) {
		const struct image_descriptor *d = &index->items[i];

		if (str_eq(d->os, "linux") && str_eq(d->architecture, architecture))
			return d;
		if (!d->architecture) {
			plain = d;
			plain_count++;
		}
	}
	return plain_count == 1 ? plain : NULL;
}

int image_manifest_parse(
	struct arena *a, const char *text, size_t len, struct image_manifest *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(0);
	struct value *v;
	int r = parse_map(scratch, text, len, &v, err);

	if (r == 0 && value_get_int(v, "schemaVersion", 2) != 2)
		r = err_set(err, -EBADMSG, "manifests of schema version %lld are not supported: only 2 is",
			(long long)value_get_int(v, "schemaVersion", 2));
	if (r == 0)
		r = read_descriptor(a, value_get(v, "config"), "config", &ret->config, err);
	if (r == 0)
		r = read_descriptors(a, v, "layers", &ret->layers, err);
	if (r == 0 && ret->layers.count > IMAGE_LAYERS_MAX)
		r = err_set(err, -EBADMSG, "%zu layers: the kernel can stack %d", ret->layers.count,
			IMAGE_LAYERS_MAX);
	return r;
}

static int read_diff_ids(struct arena *a, const struct value *v, struct strings *ret, struct err *err)
{
	int r = read_strings(a, value_get(v, "rootfs"), "diff_ids", ret, err);

	for (size_t i = 0; r == 0 && i < ret->count; i++)
		if (!image_digest_valid(ret->items[i]))
			r = err_set(
				err, -EBADMSG, "diff_ids[%zu]: \"%s\" is no sha256 digest", i, ret->items[i]);
	return r;
}

int image_config_parse(
	struct arena *a, const char *text, size_t len, struct image_config *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(0);
	struct value *v;
	int r = parse_map(scratch, text, len, &v, err);

	*ret = (struct image_config){ 0 };
	if (r < 0)
		return r;
	const struct value *config = value_get(v, "config");
	r = read_strings(a, config, "Entrypoint", &ret->entrypoint, err);
	if (r == 0)
		r = read_strings(a, config, "Cmd", &ret->cmd, err);
	if (r == 0)
		r = read_strings(a, config, "Env", &ret->env, err);
	if (r == 0)
		r = read_diff_ids(a, v, &ret->diff_ids, err);
	if (r < 0)
		return r;
	ret->user = read_string(a, config, "User");
	ret->working_dir = read_string(a, config, "WorkingDir");
	ret->stop_signal = read_string(a, config, "StopSignal");
	read_string_map(a, value_get(config, "Labels"), &ret->labels);
	read_keys(a, value_get(config, "ExposedPorts"), &ret->exposed_ports);
	read_keys(a, value_get(config, "Volumes"), &ret->volumes);
	ret->os = read_string(a, v, "os");
	ret->architecture = read_string(a, v, "architecture");
	ret->created = read_string(a, v, "created");
	return 0;
}

const char *image_architecture(const char *machine)
{
	static const struct {
		const char *machine, *architecture;
	} table[] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv7l", "arm" },
		{ "i686", "386" },
		{ "ppc64le", "ppc64le" },
		{ "s390x", "s390x" },
		{ "riscv64", "riscv64" },
		{ "loongarch64", "loong64" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (str_eq(table[i].machine, machine))
			return table[i].architecture;
	return machine;
}
