/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/depends_on.h"
#include "lib/object/ordered.h"
#include "reconciler/depends.h"
#include "reconciler/references.h"

/* --- manifests ---------------------------------------------------------------------------------- */

struct manifest *manifest_new(
	const char *path, const struct oid *blob, struct objects *objects, struct diags *diags)
{
	struct manifest *m = xcalloc(1, sizeof(*m));

	m->path = xstrdup(path);
	m->blob = *blob;
	m->objects = *objects;
	*objects = (struct objects){ 0 };
	m->diags = *diags;
	diags_init(diags);
	m->refs = 1;
	return m;
}

struct manifest *manifest_ref(struct manifest *m)
{
	m->refs++;
	return m;
}

struct manifest *manifest_unref(struct manifest *m)
{
	if (!m || --m->refs > 0)
		return NULL;
	objects_done(&m->objects);
	diags_done(&m->diags);
	free(m->path);
	free(m);
	return NULL;
}

/* --- building ----------------------------------------------------------------------------------- */

/* Objects without ownership, while a snapshot is built. */
struct object_list {
	struct object **items;
	size_t count, cap;
};

static void object_list_done(struct object_list *l)
{
	free(l->items);
}

static void list_add(struct object_list *l, struct object *o)
{
	l->items = grow(l->items, &l->cap, l->count + 1, sizeof(l->items[0]));
	l->items[l->count++] = o;
}

static void list_add_all(struct object_list *l, const struct manifest *m)
{
	for (size_t i = 0; i < m->objects.count; i++)
		list_add(l, m->objects.items[i]);
}

/* Equal ones by where they stand, so that the same one is "the second" each time. */
static int compare_objects(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	int order = object_cmp(x, y);

	if (order == 0)
		order = str_cmp(x->path, y->path);
	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->col > y->col) - (x->col < y->col);
}

static void list_sort(struct object_list *l)
{
	if (l->count > 1)
		qsort(l->items, l->count, sizeof(l->items[0]), compare_objects);
}

struct build {
	struct snapshot *s;
	struct object_list gone, added; /* of the manifests that changed */
};

static void add_manifest(struct snapshot *s, struct manifest *m)
{
	s->manifests[s->manifest_count++] = manifest_ref(m);
}

/* The manifests of BEFORE and CHANGES in one walk; notes the objects that go and come. */
static void merge_manifests(
	struct build *b, const struct snapshot *before, const struct snapshot_change *changes, size_t count)
{
	size_t old_count = before ? before->manifest_count : 0;

	b->s->manifests = xcalloc(old_count + count, sizeof(b->s->manifests[0]));
	for (size_t i = 0, j = 0; i < old_count || j < count;) {
		struct manifest *old = i < old_count ? before->manifests[i] : NULL;
		const struct snapshot_change *c = j < count ? &changes[j] : NULL;
		int order = !old ? 1 : !c ? -1 : strcmp(old->path, c->path);

		if (order < 0) {
			add_manifest(b->s, old);
			i++;
			continue;
		}
		if (order == 0) {
			list_add_all(&b->gone, old);
			i++;
		}
		if (c && c->manifest) {
			list_add_all(&b->added, c->manifest);
			add_manifest(b->s, c->manifest);
		}
		j++;
	}
}

/* The first of ITEMS, from START on, that is not before O. */
static size_t place_of(struct object *const *items, size_t start, size_t end, const struct object *o)
{
	while (start < end) {
		size_t middle = start + (end - start) / 2;

		if (compare_objects(&items[middle], &o) < 0)
			start = middle + 1;
		else
			end = middle;
	}
	return start;
}

/* BEFORE's objects up to END, from *POS on, without those that are gone. */
static void keep_until(struct build *b, const struct snapshot *before, size_t *pos, size_t *gone, size_t end)
{
	struct snapshot *s = b->s;

	for (; *pos < end; (*pos)++)
		if (*gone < b->gone.count && b->gone.items[*gone] == before->objects[*pos])
			(*gone)++;
		else
			s->objects[s->object_count++] = before->objects[*pos];
}

/* What BEFORE keeps and what is added, in order: few are added to many, whose place is found by halving. */
static void merge_objects(struct build *b, const struct snapshot *before)
{
	size_t old_count = before ? before->object_count : 0, pos = 0, gone = 0;

	list_sort(&b->gone);
	list_sort(&b->added);
	b->s->objects = xcalloc(old_count + b->added.count, sizeof(b->s->objects[0]));
	for (size_t i = 0; i < b->added.count; i++) {
		struct object *new = b->added.items[i];

		if (before)
			keep_until(b, before, &pos, &gone, place_of(before->objects, pos, old_count, new));
		b->s->objects[b->s->object_count++] = new;
	}
	keep_until(b, before, &pos, &gone, old_count);
}

/* --- rules that span files ------------------------------------------------------------------------ */

/* "path:line:col", or the path where that is all there is: of what was built. */
static const char *place_text(struct arena *a, const struct object *o)
{
	const char *path = str_or_empty(o->path);

	return o->line ? arena_printf(a, "%s:%u:%u", path, o->line, o->col) : path;
}

/* Is the object at I the same as the one before it? */
static void check_double(const struct snapshot *s, size_t i, struct diags *diags)
{
	if (i == 0 || i >= s->object_count || object_cmp(s->objects[i - 1], s->objects[i]) != 0)
		return;
	const struct object *first = s->objects[i - 1];
	struct diag at = object_place(s->objects[i], DIAG_ERROR, diags->arena);
	diags_add(diags, &at, "is defined twice: first at %s", place_text(diags->arena, first));
}

/* What was there before has no doubles: one of each pair is among ADDED (which is in order, as the snapshot is). */
static void check_duplicates(const struct snapshot *s, const struct object_list *added, struct diags *diags)
{
	size_t at = 0;

	for (size_t k = 0; k < added->count; k++) {
		at = place_of(s->objects, at, s->object_count, added->items[k]);
		check_double(s, at, diags);
		/* Of two that are added, the second looks back. */
		if (at + 1 < s->object_count &&
			(k + 1 == added->count || s->objects[at + 1] != added->items[k + 1]))
			check_double(s, at + 1, diags);
	}
}

/* The second and further objects of KIND that HOLDS is true of. */
static void check_at_most_one(const struct snapshot *s, enum kind_id kind,
	bool (*holds)(const struct object *o), const char *what, struct diags *diags)
{
	const struct object *first = NULL;
	size_t count;
	struct object **range = snapshot_kind(s, kind, &count);

	for (size_t i = 0; i < count; i++) {
		if (!holds(range[i]))
			continue;
		if (first) {
			struct diag at = object_place(range[i], DIAG_ERROR, diags->arena);

			diags_add(diags, &at, "there can be only one %s, and %s has one", what,
				place_text(diags->arena, first));
		} else {
			first = range[i];
		}
	}
}

static bool any(const struct object *o)
{
	(void)o;
	return true;
}

static bool is_local(const struct object *o)
{
	return str_eq(string_map_get(&o->meta->annotations, "pintle.dev/local"), "true");
}

/* Namespaces that are there without a manifest. */
static bool is_implicit(const char *ns)
{
	return str_eq(ns, "default") || str_eq(ns, "kube-system");
}

/* "; did you mean `prod`?" for the declared namespace nearest to NS, or "". */
static const char *suggest_namespace(const struct snapshot *s, const char *ns, struct arena *a)
{
	size_t count;
	struct object **range = snapshot_kind(s, KIND_NAMESPACE, &count);
	_cleanup_(freep) const char **names = xcalloc(count + 1, sizeof(names[0]));

	for (size_t i = 0; i < count; i++)
		names[i] = range[i]->meta->name;
	const char *near = str_nearest(ns, names);
	return near ? arena_printf(a, "; did you mean `%s`?", near) : "";
}

/* The first object behind those of O's kind and namespace. */
static size_t group_end(const struct snapshot *s, const struct object *o)
{
	if (!o->kind->namespaced)
		return ordered_place(s->objects, s->object_count, (int)o->kind->id + 1, NULL, NULL);
	/* A name that is above all others. */
	return ordered_place(s->objects, s->object_count, (int)o->kind->id, o->meta->namespace, "\xff");
}

/* One warning for each namespace that nobody declares, at the first object in it. */
static void check_namespaces(const struct snapshot *s, struct diags *diags)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < s->object_count; i = group_end(s, s->objects[i])) {
		const struct object *o = s->objects[i];
		const char *ns = o->meta->namespace;

		if (!o->kind->namespaced || !ns || is_implicit(ns) || map_has(&seen, ns) ||
			snapshot_find(s, KIND_NAMESPACE, NULL, ns))
			continue;
		map_put(&seen, ns, (void *)&seen);
		struct diag at = object_place(o, DIAG_WARNING, diags->arena);
		at.field = "metadata.namespace";
		diags_add(diags, &at, "no manifest declares the namespace %s: it is made implicitly%s", ns,
			suggest_namespace(s, ns, diags->arena));
	}
	map_done(&seen);
}

static size_t count_dependent(const struct object_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += string_map_get(&list->items[i]->meta->annotations, ANNOTATION_DEPENDS_ON) != NULL;
	return n;
}

int snapshot_new(const struct snapshot *before, const struct oid *commit,
	const struct snapshot_change *changes, size_t count, struct snapshot **ret, struct diags *diags)
{
	_cleanup_(snapshot_unrefp) struct snapshot *s = xcalloc(1, sizeof(*s));
	struct build b = { .s = s };

	s->refs = 1;
	s->commit = *commit;
	merge_manifests(&b, before, changes, count);
	merge_objects(&b, before);
	s->dependent_count = (before ? before->dependent_count : 0) + count_dependent(&b.added) -
			     count_dependent(&b.gone);
	references_check(s, before,
		&(struct snapshot_delta){ b.gone.items, b.added.items, b.gone.count, b.added.count });
	check_duplicates(s, &b.added, diags);
	object_list_done(&b.gone);
	object_list_done(&b.added);
	check_at_most_one(s, KIND_CLUSTER, any, "Cluster", diags);
	check_at_most_one(s, KIND_NODE, is_local, "local Node (annotation pintle.dev/local)", diags);
	check_namespaces(s, diags);
	if (s->dependent_count > 0)
		depends_check(s, diags);
	for (size_t i = 0; i < s->manifest_count; i++)
		if (s->manifests[i]->diags.count > 0)
			diags_append(diags, &s->manifests[i]->diags);
	references_report(s, diags);
	if (diags->errors > 0)
		return -EBADMSG;
	*ret = TAKE_PTR(s);
	return 0;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	s->refs++;
	return s;
}

struct snapshot *snapshot_unref(struct snapshot *s)
{
	if (!s || --s->refs > 0)
		return NULL;
	for (size_t i = 0; i < s->manifest_count; i++)
		manifest_unref(s->manifests[i]);
	free(s->manifests);
	findings_done(&s->findings);
	free(s->objects);
	free(s);
	return NULL;
}

void snapshot_unrefp(struct snapshot **s)
{
	*s = snapshot_unref(*s);
}

/* --- questions ------------------------------------------------------------------------------------ */

struct object *snapshot_find(
	const struct snapshot *s, enum kind_id kind, const char *namespace, const char *name)
{
	return ordered_find(s->objects, s->object_count, kind, namespace, name);
}

bool snapshot_holds(const struct snapshot *s, const struct object *o)
{
	const struct object *same = s ? snapshot_find(s, o->kind->id, o->meta->namespace, o->meta->name)
				      : NULL;

	return same && memcmp(same->hash, o->hash, sizeof(o->hash)) == 0;
}

struct object **snapshot_kind(const struct snapshot *s, enum kind_id kind, size_t *ret_count)
{
	return s->objects + ordered_kind(s->objects, s->object_count, kind, ret_count);
}

struct object **snapshot_kind_in(
	const struct snapshot *s, enum kind_id kind, const char *namespace, size_t *ret_count)
{
	const char *ns = kinds[kind].namespaced ? namespace : NULL;
	size_t start = ordered_place(s->objects, s->object_count, (int)kind, ns, NULL), end = start;

	while (end < s->object_count && s->objects[end]->kind->id == kind &&
		str_eq(s->objects[end]->meta->namespace, ns))
		end++;
	*ret_count = end - start;
	return s->objects + start;
}

const struct cluster *snapshot_cluster(const struct snapshot *s)
{
	size_t count;
	struct object **found = snapshot_kind(s, KIND_CLUSTER, &count);

	return count > 0 ? object_cluster(found[0]) : NULL;
}

struct manifest *snapshot_manifest(const struct snapshot *s, const char *path)
{
	size_t low = 0, high = s->manifest_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(s->manifests[middle]->path, path);

		if (order == 0)
			return s->manifests[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void snapshot_diff(const struct snapshot *a, const struct snapshot *b, snapshot_diff_fn fn, void *arg)
{
	size_t count_a = a ? a->object_count : 0, count_b = b ? b->object_count : 0;

	for (size_t i = 0, j = 0; i < count_a || j < count_b;) {
		struct object *x = i < count_a ? a->objects[i] : NULL,
			      *y = j < count_b ? b->objects[j] : NULL;
		int order = x == y ? 0 : !x ? 1 : !y ? -1 : object_cmp(x, y);

		i += order <= 0;
		j += order >= 0;
		if (order != 0)
			fn(order < 0 ? x : NULL, order > 0 ? y : NULL, arg);
		else if (x != y && memcmp(x->hash, y->hash, sizeof(x->hash)) != 0)
			fn(x, y, arg);
	}
}
