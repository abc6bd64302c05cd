/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Of a kustomization only the lists are read that may name directories; kustomize reads files from nowhere else than below
 * its own directory (its load restrictor), so that these and the directory itself are all that a build depends on.
 */
#include "reconciler/kustomization.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"

const char *const kustomization_names[] = { "kustomization.yaml", "kustomization.yml", "Kustomization",
	NULL };

bool kustomization_is_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; kustomization_names[i]; i++)
		if (str_eq(name, kustomization_names[i]))
			return true;
	return false;
}

/* --- one file -------------------------------------------------------------------------------------------- */

static const char *const lists[] = { "resources", "bases", "components", "generators", "transformers",
	"validators" };

/* What kustomize would fetch: a URL, git's host:path, a host with a repository. A file of that name would have gone before. */
static bool is_remote(const char *ref)
{
	static const char *const hosts[] = { "git@", "git::", "github.com/", "gitlab.com/", "bitbucket.org/",
		"github.com:" };

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (str_starts(ref, hosts[i]))
			return true;
	return strstr(ref, "://") || strstr(ref, "?ref=");
}

/* REF as seen from DIR, without "." and "..". NULL: it leads out of the top. */
static const char *resolve(struct arena *a, const char *dir, const char *ref)
{
	_cleanup_(freep) char *whole = xasprintf("%s/%s", dir, ref);
	char *out = arena_alloc(a, strlen(whole) + 1), *end = out;

	for (const char *p = whole; *p;) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.') {
			if (end == out)
				return NULL;
			while (end > out && *--end != '/')
				continue;
		} else if (len > 0 && !(len == 1 && p[0] == '.')) {
			if (end > out)
				*end++ = '/';
			memcpy(end, p, len);
			end += len;
		}
		p += len + (p[len] == '/');
	}
	*end = '\0';
	return out;
}

struct parse {
	struct arena *a;
	const char *dir, *shown;
	struct kustomization *k;
	size_t cap;
	struct diags *diags;
	int result;
};

static void complain(struct parse *p, const struct value *at, const char *list, const char *message)
{
	const struct diag d = {
		.severity = DIAG_ERROR, .path = p->shown, .line = at->line, .col = at->col, .field = list
	};

	diags_add(p->diags, &d, "`%s` %s", value_string(at), message);
	p->result = -EBADMSG;
}

static void add_ref(struct parse *p, const struct value *v, const char *list)
{
	const char *ref = value_string(v), *dir;

	/* Plugins may stand in the list itself. What is no string is for kustomize to complain about. */
	if (!ref || strchr(ref, '\n'))
		return;
	if (is_remote(ref)) {
		complain(p, v, list,
			"is not in this repository, and kustomizations are built without a network: "
			"commit a copy and name its directory");
		return;
	}
	dir = *ref == '/' ? NULL : resolve(p->a, p->dir, ref);
	if (!dir) {
		complain(p, v, list, "leads out of the repository");
		return;
	}
	if (p->k->ref_count == p->cap) {
		struct kustomization_ref *more = arena_array(p->a, p->cap * 2 + 4, sizeof(more[0]));

		if (p->k->ref_count > 0)
			memcpy(more, p->k->refs, p->k->ref_count * sizeof(more[0]));
		p->k->refs = more;
		p->cap = p->cap * 2 + 4;
	}
	p->k->refs[p->k->ref_count++] = (struct kustomization_ref){ .dir = dir };
}

static void add_document(struct parse *p, const struct value *v)
{
	p->k->component |= str_eq(value_get_string(v, "kind"), "Component");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const struct value *list = value_get(v, lists[i]);

		if (!list || list->type != VALUE_LIST)
			continue;
		for (size_t k = 0; k < list->list.count; k++)
			add_ref(p, list->list.items[k], lists[i]);
	}
}

int kustomization_parse(struct arena *a, const char *dir, const char *shown, const char *text, size_t len,
	struct kustomization *ret, struct diags *diags)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(len);
	struct yaml_documents documents = { 0 };
	struct parse p = { .a = a, .dir = dir, .shown = shown, .k = ret, .diags = diags };

	*ret = (struct kustomization){ 0 };
	p.result = yaml_parse(scratch, shown, text, len, &yaml_limits_default, &documents, diags);
	for (size_t i = 0; i < documents.count; i++)
		add_document(&p, documents.items[i]);
	return p.result;
}

/* --- a repository's ---------------------------------------------------------------------------------------- */

void kustomize_graph_init(struct kustomize_graph *g)
{
	*g = (struct kustomize_graph){ .arena = arena_new(0) };
}

void kustomize_graph_done(struct kustomize_graph *g)
{
	map_done(&g->nodes);
	arena_free(g->arena);
	*g = (struct kustomize_graph){ 0 };
}

struct kustomize_node *kustomize_graph_get(const struct kustomize_graph *g, const char *dir)
{
	return map_get(&g->nodes, dir);
}

struct kustomize_node *kustomize_graph_add(struct kustomize_graph *g, const char *dir, const char *shown,
	const char *text, size_t len, struct diags *diags)
{
	struct kustomize_node *n = arena_alloc(g->arena, sizeof(*n));

	*n = (struct kustomize_node){ .dir = arena_strdup(g->arena, dir),
		.shown = arena_strdup(g->arena, shown) };
	n->broken = kustomization_parse(g->arena, n->dir, n->shown, text, len, &n->k, diags) < 0;
	map_put(&g->nodes, n->dir, n);
	return n;
}

static void link_node(struct kustomize_graph *g, struct kustomize_node *n)
{
	n->to = arena_array(g->arena, n->k.ref_count, sizeof(n->to[0]));
	for (size_t i = 0; i < n->k.ref_count; i++) {
		struct kustomize_node *to = kustomize_graph_get(g, n->k.refs[i].dir);

		if (!to || to == n)
			continue;
		to->referenced = true;
		n->to[n->to_count++] = to;
	}
}

/* N and everything that it leads to: into SEEN, and into LIST, which has room for all nodes. Returns how many. */
static size_t reach(struct kustomize_node *n, struct map *seen, struct kustomize_node **list)
{
	size_t count = 0;

	map_put(seen, n->dir, n);
	list[count++] = n;
	for (size_t i = 0; i < count; i++) {
		list[i]->reached = true;
		for (size_t k = 0; k < list[i]->to_count; k++) {
			struct kustomize_node *to = list[i]->to[k];

			if (!map_put(seen, to->dir, to))
				list[count++] = to;
		}
	}
	return count;
}

/* Of DIRS, the nearest that is above PATH, or NULL. */
static struct kustomize_node *nearest_above(const struct map *dirs, const char *path)
{
	_cleanup_(freep) char *dir = dirs->count > 0 && *path ? xstrdup(path) : NULL;

	while (dir) {
		char *slash = strrchr(dir, '/');
		struct kustomize_node *n;

		*(slash ? slash : dir) = '\0';
		n = map_get(dirs, dir);
		if (n || !slash)
			return n;
	}
	return NULL;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct kustomize_node *const *x = a, *const *y = b;

	return strcmp((*x)->dir, (*y)->dir);
}

/* Marks N a root, and gathers the directories that it needs. */
static void make_root(struct kustomize_graph *g, struct kustomize_node *n)
{
	_cleanup_(map_done) struct map seen = { 0 };
	_cleanup_(freep) struct kustomize_node **list = xcalloc(g->nodes.count, sizeof(list[0]));
	size_t count = reach(n, &seen, list);

	n->root = true;
	qsort(list, count, sizeof(list[0]), compare_nodes);
	n->dirs = arena_array(g->arena, count, sizeof(n->dirs[0]));
	n->dirs[n->dir_count++] = n->dir;
	for (size_t i = 0; i < count; i++) {
		n->broken |= list[i]->broken;
		if (list[i] != n && !nearest_above(&seen, list[i]->dir))
			n->dirs[n->dir_count++] = list[i]->dir;
	}
}

void kustomize_graph_finish(struct kustomize_graph *g)
{
	_cleanup_(freep) struct map_entry *sorted = map_sorted(&g->nodes);

	for (size_t i = 0; i < g->nodes.count; i++)
		link_node(g, sorted[i].value);
	for (size_t i = 0; i < g->nodes.count; i++) {
		struct kustomize_node *n = sorted[i].value;

		if (n->in_scope && !n->referenced && !n->k.component)
			make_root(g, n);
	}
	for (size_t i = 0; i < g->nodes.count; i++) {
		struct kustomize_node *n = sorted[i].value;

		if (n->in_scope && n->referenced && !n->reached && !n->k.component)
			make_root(g, n);
	}
}

bool kustomize_graph_covers(const struct kustomize_graph *g, const char *path)
{
	const struct kustomize_node *n = nearest_above(&g->nodes, path);

	/* Bases outside do not hide what stands above them. */
	while (n && !n->in_scope)
		n = nearest_above(&g->nodes, n->dir);
	return n;
}
