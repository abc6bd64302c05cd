/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "nodeagent/volume_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/field_path.h"

/* Files as they are collected: the same path again takes the place of the former. */
struct builder {
	struct arena *arena;
	const struct volume_sources *sources;
	struct volume_file *items; /* malloc'ed */
	size_t count, cap;
	struct map at; /* path → its index + 1 */
};

/* --- collecting ------------------------------------------------------------------------------- */

/* Relative, every component a name. */
static bool path_is_inside(const char *path)
{
	for (const char *p = path;;) {
		size_t len = strcspn(p, "/");

		if (len == 0 || (len == 1 && *p == '.') || (len == 2 && memcmp(p, "..", 2) == 0))
			return false;
		if (p[len] == '\0')
			return true;
		p += len + 1;
	}
}

static int add_file(struct builder *b, const char *path, unsigned mode, struct bytes data, struct err *err)
{
	if (!path || !path_is_inside(path) || str_starts(path, ".."))
		return err_set(err, -EINVAL, "path \"%s\" leaves the volume", str_or_empty(path));
	struct volume_file file = { .path = path, .mode = mode & 0777, .data = data };
	uintptr_t at = (uintptr_t)map_get(&b->at, path);
	if (at > 0) {
		b->items[at - 1] = file;
		return 0;
	}
	b->items = grow(b->items, &b->cap, b->count + 1, sizeof(b->items[0]));
	b->items[b->count++] = file;
	map_put(&b->at, path, (void *)(uintptr_t)b->count);
	return 0;
}

static int add_text(struct builder *b, const char *path, unsigned mode, const char *text, struct err *err)
{
	return add_file(b, path, mode, (struct bytes){ (const uint8_t *)text, strlen(text) }, err);
}

static unsigned item_mode(const struct opt_int *mode, int64_t fallback)
{
	return (unsigned)(mode->set ? mode->value : fallback);
}

/* --- ConfigMaps and Secrets ------------------------------------------------------------------- */

/* A ConfigMap or a Secret as keys with bytes. */
struct data {
	struct bytes_pair *items; /* in the builder's arena */
	size_t count;
};

static struct data config_map_data(struct arena *arena, const struct config_map *c)
{
	struct data d = { arena_array(arena, c->data.count + c->binary_data.count + 1, sizeof(d.items[0])),
		0 };

	for (size_t i = 0; i < c->data.count; i++) {
		const struct string_pair *p = &c->data.items[i];

		d.items[d.count++] = (struct bytes_pair){ p->key,
			{ (const uint8_t *)str_or_empty(p->value), strlen(str_or_empty(p->value)) } };
	}
	for (size_t i = 0; i < c->binary_data.count; i++)
		d.items[d.count++] = c->binary_data.items[i];
	return d;
}

static const struct bytes *data_get(const struct data *d, const char *key)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->items[i].key, key))
			return &d->items[i].value;
	return NULL;
}

/* What stands in a source: where its keys go. */
struct selection {
	const char *kind; /* "configmap", "secret": for messages */
	const char *name;
	const struct key_to_paths *items;
	int64_t default_mode;
	bool optional;
};

static int add_data(struct builder *b, const struct selection *s, const struct data *d, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && s->items->count == 0 && i < d->count; i++)
		r = add_file(b, d->items[i].key, (unsigned)s->default_mode, d->items[i].value, err);
	for (size_t i = 0; r == 0 && i < s->items->count; i++) {
		const struct key_to_path *item = &s->items->items[i];
		const struct bytes *value = data_get(d, item->key);

		if (value)
			r = add_file(b, item->path, item_mode(&item->mode, s->default_mode), *value, err);
		else if (!s->optional)
			r = err_set(err, -ENOENT, "%s \"%s\" has no key \"%s\"", s->kind, s->name, item->key);
	}
	return r;
}

static int add_missing(const struct selection *s, struct err *err)
{
	return s->optional ? 0 : err_set(err, -ENOENT, "%s \"%s\" not found", s->kind, str_or_empty(s->name));
}

static int add_config_map(
	struct builder *b, const struct config_map_source *source, int64_t default_mode, struct err *err)
{
	const struct config_map *c = b->sources->config_map(b->sources->arg, str_or_empty(source->name));
	struct selection s = { "configmap", source->name, &source->items, default_mode, source->optional };

	if (!c)
		return add_missing(&s, err);
	struct data d = config_map_data(b->arena, c);
	return add_data(b, &s, &d, err);
}

static int add_secret(
	struct builder *b, const struct secret_source *source, int64_t default_mode, struct err *err)
{
	const struct secret *secret = b->sources->secret(b->sources->arg, str_or_empty(source->secret_name));
	struct selection s = { "secret", source->secret_name, &source->items, default_mode,
		source->optional };

	if (!secret)
		return add_missing(&s, err);
	struct data d = { secret->data.items, secret->data.count };
	return add_data(b, &s, &d, err);
}

/* --- downward API ----------------------------------------------------------------------------- */

/* As Go's %q, for text that is UTF-8. */
static void quote(struct buf *out, const char *s)
{
	static const char escapes[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";

	buf_addc(out, '"');
	for (; *s; s++) {
		const char *e = escapes;

		while (*e && *e != *s)
			e += 2;
		if (*e)
			buf_addf(out, "\\%c", e[1]);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_addf(out, "\\x%02x", (unsigned char)*s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

/* One `key="value"` a line, sorted (kubelet's fieldpath.FormatMap). */
static const char *format_map(struct arena *arena, const struct string_map *m)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < m->count; i++) {
		buf_addf(&out, "%s%s=", i > 0 ? "\n" : "", m->items[i].key);
		quote(&out, str_or_empty(m->items[i].value));
	}
	const char *text = arena_strdup(arena, out.data);
	buf_done(&out);
	return text;
}

/* The value of key in "PREFIX['key']", "" where the map has none; NULL where PATH isn't of that form. */
static const char *subscript(
	struct arena *arena, const char *path, const char *prefix, const struct string_map *m)
{
	const char *key = field_path_key(arena, path, prefix);

	return key ? str_or_empty(string_map_get(m, key)) : NULL;
}

int volume_field_text(
	struct arena *arena, const struct pod *pod, const char *field_path, const char **ret, struct err *err)
{
	const struct object_meta *m = &pod->meta;
	const char *path = str_or_empty(field_path), *text = NULL;

	if (str_eq(path, "metadata.name"))
		text = str_or_empty(m->name);
	else if (str_eq(path, "metadata.namespace"))
		text = str_or_empty(m->namespace);
	else if (str_eq(path, "metadata.uid"))
		text = str_or_empty(m->uid);
	else if (str_eq(path, "metadata.labels"))
		text = format_map(arena, &m->labels);
	else if (str_eq(path, "metadata.annotations"))
		text = format_map(arena, &m->annotations);
	else
		text = subscript(arena, path, "metadata.labels", &m->labels);
	if (!text)
		text = subscript(arena, path, "metadata.annotations", &m->annotations);
	if (!text)
		return err_set(err, -EOPNOTSUPP, "field %s is not available in volumes", path);
	*ret = text;
	return 0;
}

static const struct container *find_container(const struct pod *pod, const char *name)
{
	const struct containers *lists[] = { &pod->spec.containers, &pod->spec.init_containers };

	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			if (str_eq(lists[l]->items[i].name, name))
				return &lists[l]->items[i];
	return NULL;
}

/* The limit or request RESOURCE ("limits.cpu") of C, or what stands for it: the node's allocatable, nothing. */
static const struct quantity *find_quantity(
	const struct volume_sources *sources, const struct container *c, const char *resource)
{
	const char *limit = str_after(resource, "limits."), *request = str_after(resource, "requests.");
	const struct quantity *q = NULL;

	if (request)
		q = quantity_map_get(&c->resources.requests, request);
	if (!q)
		q = quantity_map_get(&c->resources.limits, limit ? limit : str_or_empty(request));
	if (!q && limit && sources->allocatable)
		q = quantity_map_get(sources->allocatable, limit);
	return q;
}

int volume_resource_text(struct arena *arena, const struct volume_sources *sources,
	const struct resource_field_ref *ref, const struct container *self, const char **ret, struct err *err)
{
	const struct container *c = str_empty(ref->container_name)
					    ? self
					    : find_container(sources->pod, ref->container_name);
	const char *resource = str_or_empty(ref->resource);
	bool cpu = str_ends(resource, ".cpu");

	if (!c)
		return err_set(err, -ENOENT, "%s: container \"%s\" not found", resource,
			str_or_empty(ref->container_name));
	if (!str_starts(resource, "limits.") && !str_starts(resource, "requests."))
		return err_set(
			err, -EOPNOTSUPP, "resource \"%s\" is neither limits.… nor requests.…", resource);
	const struct quantity *q = find_quantity(sources, c, resource);
	int64_t divisor = !ref->divisor.set ? 0
			  : cpu             ? quantity_milli(&ref->divisor)
					    : quantity_units(&ref->divisor);
	int64_t value = !q ? 0 : cpu ? quantity_milli(q) : quantity_units(q);
	if (divisor <= 0)
		divisor = cpu ? 1000 : 1;
	*ret = arena_printf(arena, "%lld", (long long)(value / divisor + (value % divisor > 0)));
	return 0;
}

static int add_downward(
	struct builder *b, const struct downward_source *source, int64_t default_mode, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < source->items.count; i++) {
		const struct downward_file *f = &source->items.items[i];
		const char *text = "";

		if (f->field_ref)
			r = volume_field_text(
				b->arena, b->sources->pod, f->field_ref->field_path, &text, err);
		else if (f->resource_field_ref)
			r = volume_resource_text(
				b->arena, b->sources, f->resource_field_ref, NULL, &text, err);
		if (r == 0)
			r = add_text(b, f->path, item_mode(&f->mode, default_mode), text, err);
	}
	return r;
}

/* --- volumes ---------------------------------------------------------------------------------- */

static int add_projection(
	struct builder *b, const struct projection *p, int64_t default_mode, struct err *err)
{
	if (p->config_map)
		return add_config_map(b, p->config_map, default_mode, err);
	if (p->secret)
		return add_secret(b, p->secret, default_mode, err);
	if (p->downward_api)
		return add_downward(b, p->downward_api, default_mode, err);
	if (p->service_account_token)
		return err_set(err, -EOPNOTSUPP, "serviceAccountToken projections are not supported");
	return 0;
}

static int add_volume(struct builder *b, const struct volume *v, struct err *err)
{
	int r = 0;

	if (v->config_map)
		return add_config_map(b, v->config_map, v->config_map->default_mode, err);
	if (v->secret)
		return add_secret(b, v->secret, v->secret->default_mode, err);
	if (v->downward_api)
		return add_downward(b, v->downward_api, v->downward_api->default_mode, err);
	for (size_t i = 0; v->projected && r == 0 && i < v->projected->sources.count; i++)
		r = add_projection(b, &v->projected->sources.items[i], v->projected->default_mode, err);
	return r;
}

static int cmp_files(const void *a, const void *b)
{
	return strcmp(((const struct volume_file *)a)->path, ((const struct volume_file *)b)->path);
}

/* No file may stand where another needs a directory. */
static int check_conflicts(const struct builder *b, struct err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		const char *path = b->items[i].path;

		for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
			const char *parent = arena_strndup(b->arena, path, (size_t)(slash - path));

			if (map_has(&b->at, parent))
				return err_set(
					err, -EINVAL, "paths \"%s\" and \"%s\" conflict", parent, path);
		}
	}
	return 0;
}

int volume_files_build(struct arena *arena, const struct volume *v, const struct volume_sources *sources,
	struct volume_files *ret, struct err *err)
{
	struct builder b = { .arena = arena, .sources = sources };
	int r = add_volume(&b, v, err);

	if (r == 0)
		r = check_conflicts(&b, err);
	if (r == 0 && b.count > 0)
		qsort(b.items, b.count, sizeof(b.items[0]), cmp_files);
	if (r == 0)
		*ret = (struct volume_files){
			.items = b.count > 0 ? arena_memdup(arena, b.items, b.count * sizeof(b.items[0]))
					     : NULL,
			.count = b.count,
		};
	free(b.items);
	map_done(&b.at);
	return r < 0 ? err_wrap(err, r, "volume \"%s\"", str_or_empty(v->name)) : 0;
}

bool volume_is_files(const struct volume *v)
{
	return v->config_map || v->secret || v->downward_api || v->projected;
}

bool volume_is_secret(const struct volume *v)
{
	if (v->secret)
		return true;
	for (size_t i = 0; v->projected && i < v->projected->sources.count; i++)
		if (v->projected->sources.items[i].secret ||
			v->projected->sources.items[i].service_account_token)
			return true;
	return false;
}

static void add_name(struct strings *s, const char *name)
{
	if (name)
		s->items[s->count++] = name;
}

struct strings volume_references(struct arena *arena, const struct volume *v, const char *kind)
{
	bool secrets = str_eq(kind, "Secret");
	size_t projected = v->projected ? v->projected->sources.count : 0;
	struct strings s = { arena_array(arena, projected + 1, sizeof(s.items[0])), 0 };

	if (secrets && v->secret)
		add_name(&s, v->secret->secret_name);
	if (!secrets && v->config_map)
		add_name(&s, v->config_map->name);
	for (size_t i = 0; i < projected; i++) {
		const struct projection *p = &v->projected->sources.items[i];

		if (secrets && p->secret)
			add_name(&s, p->secret->secret_name);
		if (!secrets && p->config_map)
			add_name(&s, p->config_map->name);
	}
	return s;
}
