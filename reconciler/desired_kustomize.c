/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Kustomizations in a load. The key under which a result is kept is the hash of the IDs of the trees that
 * it depends on and of their places relative to each other: the directory itself, and those that it refers to, directly or not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/yaml.h"
#include "reconciler/desired_internal.h"

/* --- finding them ------------------------------------------------------------------------------------------ */

/* Reads and adds the kustomization file at PATH of directory DIR. -ENOENT: there is none. */
static int add_node(struct load *l, const char *dir, const char *path, const char *shown,
	const struct oid *blob, bool in_scope)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct kustomize_node *n;
	int r = l->files.read(&l->files, path, &text, l->err);

	if (r < 0)
		return r;
	n = kustomize_graph_add(&l->graph, dir, shown, text.data, text.len, &l->diags);
	n->in_scope = in_scope;
	n->blob = *blob;
	return 0;
}

int load_kustomization(struct load *l, const char *dir, const char *shown, const struct oid *blob)
{
	const char *slash = strrchr(shown, '/');
	_cleanup_(freep) char *path = xasprintf("%s%s%s", dir, *dir ? "/" : "", slash ? slash + 1 : shown);

	l->kustomized = true;
	/* Two files of one directory are kustomize's to complain about. */
	if (kustomize_graph_get(&l->graph, dir))
		return 0;
	return add_node(l, dir, path, shown, blob, true);
}

/* The kustomization of DIR, which is not below what is loaded, if it has one. */
static int find_outside(struct load *l, const char *dir)
{
	static const struct oid none;

	/* Nearly all references are files. */
	if (load_is_manifest_name(dir))
		return 0;
	for (size_t i = 0; kustomization_names[i]; i++) {
		_cleanup_(freep) char *path = xasprintf(
			"%s%s%s", dir, *dir ? "/" : "", kustomization_names[i]);
		int r = add_node(l, dir, path, path, &none, false);

		if (r == 0)
			return 0;
		if (r != -ENOENT)
			return r;
		err_clear(l->err);
	}
	return 0;
}

/* The graph grows while it is gone over. */
static int find_all(struct load *l)
{
	for (size_t i = 0; i < l->graph.nodes.count; i++) {
		const struct kustomize_node *n = l->graph.nodes.entries[i].value;

		for (size_t k = 0; k < n->k.ref_count; k++) {
			int r = kustomize_graph_get(&l->graph, n->k.refs[k].dir)
					? 0
					: find_outside(l, n->k.refs[k].dir);

			if (r < 0)
				return r;
		}
	}
	kustomize_graph_finish(&l->graph);
	return 0;
}

bool load_is_covered(const struct load *l, const char *path)
{
	return l->kustomized && kustomize_graph_covers(&l->graph, path);
}

/* --- building them ------------------------------------------------------------------------------------------- */

/* TO as seen from directory FROM: "../base". */
static void add_relative(struct buf *out, const char *from, const char *to)
{
	size_t common = 0, i = 0;

	for (; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			common = i + 1;
	if ((from[i] == '\0' || from[i] == '/') && (to[i] == '\0' || to[i] == '/'))
		common = i + (from[i] == '/' && to[i] == '/');
	for (const char *p = from + common; *p; p++)
		if (p == from + common || p[-1] == '/')
			buf_adds(out, "../");
	to += common;
	buf_adds(out, to + (*to == '/'));
}

/* Zero without trees. */
static int key_of(const struct load *l, const struct kustomize_node *n, struct oid *ret)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	uint8_t sum[SHA256_SIZE];

	*ret = (struct oid){ 0 };
	if (!l->files.tree)
		return 0;
	buf_adds(&text, "pintle kustomize 1\n");
	for (size_t i = 0; i < n->dir_count; i++) {
		struct oid tree;
		char hex[OID_HEX];
		int r = l->files.tree(&l->files, n->dirs[i], &tree, l->err);

		if (r < 0)
			return r;
		buf_addf(&text, "%s ", oid_format(&tree, hex));
		add_relative(&text, n->dir, n->dirs[i]);
		buf_addc(&text, '\n');
	}
	sha256(text.data, text.len, sum);
	memcpy(ret->raw, sum, OID_SIZE);
	return 0;
}

struct building {
	bool pending;    /* something is to be built first */
	bool no_program; /* said already */
};

static void take(struct load *l, const struct kustomize_node *n, const struct oid *key,
	const struct kustomize_result *result, struct building *b)
{
	if (result->text) {
		load_add_text(l, n->shown, key, result->text, result->len, true);
		return;
	}
	/* Said once; each of them would say the same. */
	if (!result->no_program || !b->no_program)
		load_add_error(l, n->shown, result->error);
	b->no_program |= result->no_program;
}

static int load_root(struct load *l, const struct kustomize_node *n, struct building *b)
{
	struct kustomize_build build = { .dir = n->dir, .dirs = n->dirs, .dir_count = n->dir_count };
	struct kustomize_result result;
	struct manifest *old = l->before ? snapshot_manifest(l->before, n->shown) : NULL;
	int r = key_of(l, n, &build.key);

	if (r < 0)
		return r;
	if (old && !oid_is_zero(&build.key) && oid_equal(&old->blob, &build.key) && old->objects.count > 0) {
		load_add_change(l, n->shown, manifest_ref(old));
		return 0;
	}
	if (!l->builder)
		load_add_error(l, n->shown, "kustomizations are not built here");
	else if (kustomize_look(l->builder, &build, &result))
		take(l, n, &build.key, &result, b);
	else
		b->pending = true;
	return 0;
}

/* One that others build upon: remembered, so that the next load knows that kustomizations are there. */
static void load_base(struct load *l, const struct kustomize_node *n)
{
	struct objects none = { 0 };
	struct diags diags;

	diags_init(&diags);
	if (n->k.component && !n->referenced)
		diags_add(&diags, &(struct diag){ .severity = DIAG_WARNING, .path = n->shown },
			"no kustomization uses this component");
	load_add_change(l, n->shown, manifest_new(n->shown, &n->blob, &none, &diags));
	diags_done(&diags);
}

int load_kustomizations(struct load *l)
{
	_cleanup_(freep) struct map_entry *sorted = NULL;
	struct building b = { 0 };
	int r = find_all(l);

	if (r < 0)
		return r;
	if (l->builder)
		kustomize_from(l->builder, l->from, l->files.repo ? &l->files.commit : NULL);
	sorted = map_sorted(&l->graph.nodes);
	for (size_t i = 0; i < l->graph.nodes.count && r == 0; i++) {
		const struct kustomize_node *n = sorted[i].value;

		if (n->root && !n->broken)
			r = load_root(l, n, &b);
		else if (n->in_scope)
			load_base(l, n);
	}
	return r == 0 && b.pending ? -EINPROGRESS : r;
}
