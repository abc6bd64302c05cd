/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/locate_object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/kustomization.h"

void object_location_done(struct object_location *l)
{
	free(l->path);
	*l = (struct object_location){ 0 };
}

/* A search through files. */
struct search {
	struct repo *g;
	const struct kind *kind;
	const char *ns, *name;
	struct object_location *found;
	char **kustomizations; /* [kustomization_count]: the files */
	size_t kustomization_count, kustomization_cap;
	struct err *err;
};

static void search_done(struct search *s)
{
	for (size_t i = 0; i < s->kustomization_count; i++)
		free(s->kustomizations[i]);
	free(s->kustomizations);
}

static bool is_it(const struct search *s, const struct value *v)
{
	const struct value *meta = value_get(v, "metadata");
	const char *ns = value_get_string(meta, "namespace");

	return str_eq(value_get_string(v, "kind"), s->kind->name) &&
	       str_eq(value_get_string(meta, "name"), s->name) &&
	       (!s->kind->namespaced || str_eq(ns ? ns : "default", s->ns));
}

/* V, or an item of the List that it is. */
static const struct value *search_document(const struct search *s, const struct value *v)
{
	const struct value *items = value_get(v, "items"), *found = NULL;

	if (is_it(s, v))
		return v;
	for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.count && !found; i++)
		found = search_document(s, items->list.items[i]);
	return found;
}

static void search_text(struct search *s, const char *path, const struct buf *text)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const struct value *found = NULL;
	struct yaml_documents documents;
	struct diags diags;

	diags_init(&diags);
	yaml_parse(a, path, text->data, text->len, &yaml_limits_default, &documents, &diags);
	for (size_t i = 0; i < documents.count && !found; i++)
		found = search_document(s, documents.items[i]);
	diags_done(&diags);
	if (found)
		*s->found = (struct object_location){ xstrdup(path), found->line, found->col };
}

/* The kustomization that PATH is beside or below, or NULL. */
static const char *kustomization_of(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->kustomization_count; i++) {
		const char *file = s->kustomizations[i], *slash = strrchr(file, '/');

		if (strncmp(path, file, slash ? (size_t)(slash - file) + 1 : 0) == 0)
			return file;
	}
	return NULL;
}

static int note_kustomization(const struct repo_change *change, void *arg)
{
	struct search *s = arg;

	if (!kustomization_is_name(change->path))
		return 0;
	s->kustomizations = grow(s->kustomizations, &s->kustomization_cap, s->kustomization_count + 1,
		sizeof(s->kustomizations[0]));
	s->kustomizations[s->kustomization_count++] = xstrdup(change->path);
	return 0;
}

static int search_file(const struct repo_change *change, void *arg)
{
	struct search *s = arg;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	bool manifest = str_ends(change->path, ".yaml") || str_ends(change->path, ".yml") ||
			str_ends(change->path, ".json");

	if (s->found->path || !manifest || change->type != REPO_FILE || kustomization_is_name(change->path))
		return 0;
	if (repo_read_blob(s->g, &change->id, yaml_limits_default.bytes, &text, NULL, NULL) == 0 &&
		memmem(text.data, text.len, s->name, strlen(s->name)))
		search_text(s, change->path, &text);
	return 0;
}

/* Kustomize makes it by the file BUILT: says what of, where that can be found. */
static int refuse_built(struct search *s, const struct oid *commit, const char *built)
{
	_cleanup_(object_location_done) struct object_location from = { 0 };
	struct search search = *s;

	search.found = &from;
	repo_diff(s->g, NULL, commit, "", search_file, &search, NULL);
	if (from.path)
		return err_set(s->err, -EOPNOTSUPP,
			"%s/%s is built by %s: edit %s:%u by hand, or what changes it there",
			s->kind->singular, s->name, built, from.path, from.line);
	return err_set(s->err, -EOPNOTSUPP, "%s/%s is built by %s: edit what that is made of by hand",
		s->kind->singular, s->name, built);
}

/* In the files of a commit that has errors. */
static int search_commit(struct search *s, const struct oid *commit, const char *subpath)
{
	int r = repo_diff(s->g, NULL, commit, subpath, note_kustomization, s, s->err);

	if (r == 0)
		r = repo_diff(s->g, NULL, commit, subpath, search_file, s, s->err);
	if (r < 0 || !s->found->path)
		return r;
	const char *built = kustomization_of(s, s->found->path);
	if (!built)
		return 0;
	object_location_done(s->found);
	return refuse_built(s, commit, built);
}

int object_locate(struct repo *g, const struct oid *commit, const char *subpath,
	const struct snapshot *snapshot, const struct kind *kind, const char *ns, const char *name,
	struct object_location *ret, struct err *err)
{
	_cleanup_(search_done) struct search s = {
		.g = g, .kind = kind, .ns = ns, .name = name, .found = ret, .err = err
	};
	const struct object *o = snapshot ? snapshot_find(snapshot, kind->id, ns, name) : NULL;
	int r = 0;

	*ret = (struct object_location){ 0 };
	if (o && o->path && o->line > 0)
		*ret = (struct object_location){ xstrdup(o->path), o->line, o->col };
	else if (o)
		r = refuse_built(&s, commit, str_or_empty(o->path));
	else if (!snapshot && !oid_is_zero(commit))
		r = search_commit(&s, commit, subpath);
	if (r == 0 && !ret->path)
		r = err_set(err, -ENOENT, "%s \"%s\" not found", kind->plural, name);
	return r;
}
