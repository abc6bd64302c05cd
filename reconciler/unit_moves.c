/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/unit_moves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"

struct reading {
	struct unit_objects *u;
	struct repo *repo;
	const char *dir;
	bool top_only;
	struct err *err;
};

static char *key_of(const struct kind *kind, const char *ns, const char *name)
{
	return kind->namespaced ? xasprintf("%s/%s/%s", kind->name, str_empty(ns) ? "default" : ns, name)
				: xasprintf("%s//%s", kind->name, name);
}

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (str_eq(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static void add_document(struct unit_objects *u, const struct value *v)
{
	const struct value *items = value_get(v, "items"), *meta = value_get(v, "metadata");
	const struct kind *kind = kind_named(value_get_string(v, "kind"));
	const char *name = value_get_string(meta, "name");
	char *key;

	for (size_t i = 0; !kind && items && items->type == VALUE_LIST && i < items->list.count; i++)
		add_document(u, items->list.items[i]);
	if (!kind || !name)
		return;
	key = key_of(kind, value_get_string(meta, "namespace"), name);
	if (map_has(&u->keys, key))
		free(key);
	else
		map_put(&u->keys, key, key);
}

static void add_text(struct unit_objects *u, const struct buf *text)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(text->len);
	_cleanup_(diags_done) struct diags diags;
	struct yaml_documents documents = { 0 };

	diags_init(&diags);
	if (yaml_parse(a, "", text->data, text->len, &yaml_limits_default, &documents, &diags) < 0) {
		u->texts = grow(u->texts, &u->text_cap, u->text_count + 1, sizeof(u->texts[0]));
		u->texts[u->text_count++] = xstrndup(text->data, text->len);
	}
	for (size_t i = 0; i < documents.count; i++)
		add_document(u, documents.items[i]);
}

static bool is_in_scope(const struct reading *r, const char *path)
{
	const char *below = path + strlen(r->dir);

	return !r->top_only || !strchr(below + (*below == '/'), '/');
}

static void add_path(struct unit_objects *u, const char *path)
{
	char *copy;

	/* A directory that became a file, or the other way round, is told of twice. */
	if (map_has(&u->paths, path))
		return;
	copy = xstrdup(path);
	map_put(&u->paths, copy, copy);
}

static bool is_wanted(const struct repo_change *c)
{
	if (c->removed || c->type != REPO_FILE)
		return false;
	return str_ends(c->path, ".yaml") || str_ends(c->path, ".yml") || str_ends(c->path, ".json");
}

static int on_change(const struct repo_change *c, void *arg)
{
	struct reading *r = arg;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int code;

	if (!is_in_scope(r, c->path))
		return 0;
	add_path(r->u, c->path);
	if (!is_wanted(c))
		return 0;
	code = repo_read_blob(r->repo, &c->id, yaml_limits_default.bytes, &text, NULL, r->err);
	if (code == 0)
		add_text(r->u, &text);
	/* One that is too large is another's to complain about. */
	return code == -EFBIG ? 0 : code;
}

int unit_objects_read(struct unit_objects *u, struct repo *g, const struct oid *old, const struct oid *new,
	const char *dir, bool top_only, struct err *err)
{
	struct reading r = { .u = u, .repo = g, .dir = dir, .top_only = top_only, .err = err };
	int code = repo_diff(g, old, new, dir, on_change, &r, err);

	if (code != -ENOENT)
		return code;
	err_clear(err);
	return 0;
}

bool unit_objects_has(const struct unit_objects *u, const struct object *o)
{
	_cleanup_(freep) char *key = key_of(o->kind, o->meta->namespace, o->meta->name);

	if (map_has(&u->keys, key))
		return true;
	for (size_t i = 0; i < u->text_count; i++)
		if (strstr(u->texts[i], o->kind->name) && strstr(u->texts[i], o->meta->name))
			return true;
	return false;
}

bool unit_objects_lacks(const struct unit_objects *u, const struct object *o)
{
	return o->path && map_has(&u->paths, o->path) && !unit_objects_has(u, o);
}

static void free_values(struct map *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->entries[i].value);
	map_done(m);
}

void unit_objects_done(struct unit_objects *u)
{
	free_values(&u->paths);
	free_values(&u->keys);
	for (size_t i = 0; i < u->text_count; i++)
		free(u->texts[i]);
	free(u->texts);
	*u = (struct unit_objects){ 0 };
}
