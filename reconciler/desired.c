/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A load goes over the files that differ from the snapshot before (in a commit: a diff of trees; without one before: all)
 * and gathers what each has become; then snapshot_new puts both together. Whether unknown kinds are
 * refused is said by the Cluster manifest, which is one of the files: where it turns out that the load went by another
 * one, all is loaded again.
 */
#include "reconciler/desired_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/locate.h"
#include "lib/object/yaml.h"
#include "reconciler/admission.h"
#include "reconciler/immutable.h"
#include "reconciler/overlap.h"

static const size_t total_max = (size_t)512 * 1024 * 1024; /* bytes of all files of one load */

void load_done(struct load *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free((char *)(uintptr_t)l->changes[i].path);
		manifest_unref(l->changes[i].manifest);
	}
	free(l->changes);
	diags_done(&l->diags);
	kustomize_graph_done(&l->graph);
}

void load_init(struct load *l)
{
	diags_init(&l->diags);
	kustomize_graph_init(&l->graph);
}

/* Forgets what was read so far. */
void load_clear(struct load *l)
{
	load_done(l);
	l->changes = NULL;
	l->count = l->cap = l->bytes = 0;
	load_init(l);
}

void load_add_change(struct load *l, const char *path, struct manifest *m)
{
	l->changes = grow(l->changes, &l->cap, l->count + 1, sizeof(l->changes[0]));
	l->changes[l->count++] = (struct snapshot_change){ .path = xstrdup(path), .manifest = m };
}

void load_add_error(struct load *l, const char *path, const char *message)
{
	diags_add(&l->diags, &(struct diag){ .severity = DIAG_ERROR, .path = path }, "%s", message);
}

/* --- names -------------------------------------------------------------------------------------- */

bool load_is_manifest_name(const char *path)
{
	return str_ends(path, ".yaml") || str_ends(path, ".yml") || str_ends(path, ".json");
}

static bool is_printable(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return str_is_utf8(path, strlen(path), NULL);
}

/* For messages: bytes that don't print as \xNN. */
static char *printable(const char *path)
{
	struct buf out = BUF_INIT;

	for (const char *p = path; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < ' ' || c >= 0x7f)
			buf_addf(&out, "\\x%02x", c);
		else
			buf_addc(&out, (char)c);
	}
	return buf_take(&out);
}

static void add_unprintable(struct load *l, const char *path)
{
	_cleanup_(freep) char *shown = printable(path);

	load_add_error(l, shown, "the file's name is not printable UTF-8");
}

/* Is PATH a manifest to read? Otherwise says what is wrong with it, where something is. */
bool load_wants(struct load *l, const char *path)
{
	if (!load_is_manifest_name(path))
		return false;
	if (!is_printable(path)) {
		add_unprintable(l, path);
		return false;
	}
	return true;
}

/* --- one file ------------------------------------------------------------------------------------ */

/* Positions in what was built mean nothing to anybody. */
static void forget_places(struct value *v)
{
	v->line = v->col = 0;
	if (v->type == VALUE_LIST)
		for (size_t i = 0; i < v->list.count; i++)
			forget_places(v->list.items[i]);
	if (v->type != VALUE_MAP)
		return;
	for (size_t i = 0; i < v->map.count; i++) {
		v->map.entries[i].line = v->map.entries[i].col = 0;
		forget_places(v->map.entries[i].value);
	}
}

static void decode_built(const char *text, size_t len, const struct object_load_options *options,
	struct objects *ret, struct diags *diags)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(len);
	struct yaml_documents documents = { 0 };

	yaml_parse(a, options->path, text, len, &yaml_limits_default, &documents, diags);
	for (size_t i = 0; i < documents.count; i++) {
		forget_places(documents.items[i]);
		object_load(documents.items[i], options, ret, diags);
	}
}

void load_add_text(
	struct load *l, const char *path, const struct oid *blob, const char *text, size_t len, bool built)
{
	struct object_load_options options = {
		.path = path,
		.default_namespace = "default",
		.mode = DECODE_MANIFEST,
		.observed = l->observed,
		.unknown_kinds = l->cluster ? &l->cluster->spec.unknown_kinds : NULL,
	};
	struct objects objects = { 0 };
	struct diags diags;

	diags_init(&diags);
	if (built)
		decode_built(text, len, &options, &objects, &diags);
	else
		object_load_yaml(text, len, &options, &objects, &diags);
	if (diags.errors > 0) {
		diags_append(&l->diags, &diags);
		diags_done(&diags);
		diags_init(&diags);
	}
	load_add_change(l, path, manifest_new(path, blob, &objects, &diags));
	diags_done(&diags);
}

/* Something that is passed over, with a warning that stays as long as it is there. */
static void add_warning(struct load *l, const char *path, const struct oid *blob, const char *message)
{
	struct objects none = { 0 };
	struct diags diags;

	diags_init(&diags);
	diags_add(&diags, &(struct diag){ .severity = DIAG_WARNING, .path = path }, "%s", message);
	load_add_change(l, path, manifest_new(path, blob, &none, &diags));
	diags_done(&diags);
}

/* A link or submodule: refused where it stands for a manifest, else passed over. */
void load_add_special(struct load *l, const char *path, const struct oid *blob, bool link)
{
	_cleanup_(freep) char *shown = is_printable(path) ? xstrdup(path) : printable(path);

	if (load_is_manifest_name(path) || kustomization_is_name(path))
		load_add_error(l, shown,
			link ? "is a symbolic link: manifests must be files"
			     : "is a submodule: manifests must be files of this repository");
	else
		add_warning(l, shown, blob,
			link ? "is a symbolic link: not followed" : "is a submodule: its files are not read");
}

void load_add_too_large(struct load *l, const char *path, uint64_t size)
{
	diags_add(&l->diags, &(struct diag){ .severity = DIAG_ERROR, .path = path },
		"the file has %llu bytes, more than %zu", (unsigned long long)size,
		yaml_limits_default.bytes);
}

int load_count_bytes(struct load *l, size_t bytes)
{
	l->bytes += bytes;
	if (l->bytes > total_max)
		return err_set(l->err, -E2BIG, "the manifests have more than %zu bytes", total_max);
	return 0;
}

/* --- what is compared with what is in force -------------------------------------------------------- */

static int read_again(const struct load *l, const struct manifest *m, struct buf *text)
{
	/* What was built has no places. */
	if (kustomization_is_name(m->path))
		return -ENOENT;
	if (l->files.repo)
		return repo_read_blob(l->files.repo, &m->blob, yaml_limits_default.bytes, text, NULL, NULL);
	return fs_read(AT_FDCWD, m->path, yaml_limits_default.bytes, text, NULL);
}

static int compare_changes(const void *a, const void *b)
{
	return strcmp(((const struct snapshot_change *)a)->path, ((const struct snapshot_change *)b)->path);
}

/* The manifest that is at PATH now; the changes are sorted. */
static const struct manifest *manifest_at(const struct load *l, const char *path)
{
	const struct snapshot_change key = { .path = path }, *c = NULL;

	if (l->count > 0)
		c = bsearch(&key, l->changes, l->count, sizeof(key), compare_changes);
	if (c)
		return c->manifest;
	return l->before ? snapshot_manifest(l->before, path) : NULL;
}

static struct located *locate_manifest(const struct load *l, const char *path)
{
	const struct manifest *m = manifest_at(l, path);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	return m && read_again(l, m, &text) == 0 ? located_new(text.data, text.len) : NULL;
}

/* FOUND says where objects begin: makes it say where the fields stand that it is about. */
static void find_places(const struct load *l, struct diags *found)
{
	_cleanup_(located_freep) struct located *located = NULL;

	diags_sort(found);
	for (size_t i = 0; i < found->count; i++) {
		struct diag *d = &found->items[i];
		struct location place;

		if (i == 0 || !str_eq(d->path, found->items[i - 1].path)) {
			located_free(located);
			located = locate_manifest(l, d->path);
		}
		if (!located || !d->field || !located_find(located, d->line, d->col, d->field, &place))
			continue;
		d->line = place.line;
		d->col = place.col;
		d->field = arena_strdup(found->arena, place.field);
	}
}

/* Objects that are in force already: may they become what they are now? */
static void check_changes(const struct load *l, struct diags *diags)
{
	for (size_t i = 0; l->in_force && i < l->count; i++) {
		const struct manifest *m = l->changes[i].manifest;

		for (size_t k = 0; m && k < m->objects.count; k++) {
			const struct object *now = m->objects.items[k];
			const struct object *then = snapshot_find(
				l->in_force, now->kind->id, now->meta->namespace, now->meta->name);

			if (then)
				immutable_check(then, now, diags);
		}
	}
}

/* --- commits ------------------------------------------------------------------------------------- */

static int add_blob(struct load *l, const char *path, const struct oid *blob)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	uint64_t size = 0;
	int r = repo_read_blob(l->files.repo, blob, yaml_limits_default.bytes, &text, &size, l->err);

	if (r == -EFBIG) {
		err_clear(l->err);
		load_add_too_large(l, path, size);
		return 0;
	}
	if (r == 0)
		r = load_count_bytes(l, text.len);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	load_add_text(l, path, blob, text.data, text.len, false);
	return 0;
}

static int on_change(const struct repo_change *c, void *arg)
{
	struct load *l = arg;
	struct manifest *old = l->before ? snapshot_manifest(l->before, c->path) : NULL;

	if (c->removed) {
		if (old)
			load_add_change(l, c->path, NULL);
		return 0;
	}
	if (c->type != REPO_FILE) {
		if (!load_is_covered(l, c->path))
			load_add_special(l, c->path, &c->id, c->type == REPO_SYMLINK);
		return 0;
	}
	if (kustomization_is_name(c->path))
		return l->kustomized ? 0 : -EAGAIN;
	if (load_is_covered(l, c->path))
		return 0;
	if (!load_wants(l, c->path)) {
		/* What was a link there, and is a file now, no longer warns. */
		if (old && !l->whole)
			load_add_change(l, c->path, NULL);
		return 0;
	}
	if (old && oid_equal(&old->blob, &c->id) && old->objects.count > 0) {
		load_add_change(l, c->path, manifest_ref(old));
		return 0;
	}
	return add_blob(l, c->path, &c->id);
}

static struct object *cluster_of(const struct snapshot *s)
{
	size_t count;
	struct object **found = snapshot_kind(s, KIND_CLUSTER, &count);

	return count > 0 ? found[0] : NULL;
}

/* The Cluster among the objects that were loaded, or stay from before; borrowed, or NULL. */
static struct object *find_cluster(const struct load *l)
{
	struct object *found = NULL;

	if (l->before && !l->whole)
		found = cluster_of(l->before);
	for (size_t i = 0; i < l->count; i++) {
		const struct manifest *m = l->changes[i].manifest;

		for (size_t k = 0; m && k < m->objects.count; k++)
			if (m->objects.items[k]->kind->id == KIND_CLUSTER)
				found = m->objects.items[k];
	}
	return found;
}

/* Were the files read by the rules of another Cluster than the one that they have? Then that one is put into *READ_BY. */
bool load_read_otherwise(const struct load *l, struct object **read_by)
{
	static const struct strings refuse;
	struct object *found = find_cluster(l);
	const struct strings *want = found ? &object_cluster(found)->spec.unknown_kinds : &refuse;
	const struct strings *had = l->cluster ? &l->cluster->spec.unknown_kinds : &refuse;
	bool same = want->count == had->count;

	for (size_t i = 0; same && i < want->count; i++)
		same = str_eq(want->items[i], had->items[i]);
	if (same)
		return false;
	object_unref(*read_by);
	*read_by = found ? object_ref(found) : NULL;
	return true;
}

int load_finish(struct load *l, const struct oid *commit, struct snapshot **ret, struct diags *diags)
{
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	_cleanup_(diags_done) struct diags found;
	int r;

	if (l->count > 1)
		qsort(l->changes, l->count, sizeof(l->changes[0]), compare_changes);
	diags_append(diags, &l->diags);
	diags_init(&found);
	check_changes(l, &found);
	r = snapshot_new(l->whole ? NULL : l->before, commit, l->changes, l->count, &s, diags);
	if (r == 0)
		admission_check(s, l->in_force, l->changes, l->count, &found);
	if (r == 0)
		overlap_check(s, l->in_force, l->changes, l->count, &found);
	find_places(l, &found);
	diags_append(diags, &found);
	diags_sort(diags);
	if (r == 0 && diags->errors > 0)
		r = -EBADMSG;
	if (r == 0)
		*ret = TAKE_PTR(s);
	return r;
}

/* Of what stands at SHOWN: its path from the top. The caller frees it. */
char *load_from_top(const struct load *l, const char *shown)
{
	const char *rest = shown + strlen(str_or_empty(l->shown_prefix));

	while (*rest == '/')
		rest++;
	if (str_empty(l->top_prefix))
		return xstrdup(rest);
	return xasprintf("%s%s%s", l->top_prefix, *rest ? "/" : "", rest);
}

/* While scanning: a file at SHOWN. */
int load_scan_file(struct load *l, const char *shown, const struct oid *blob)
{
	_cleanup_(freep) char *dir = NULL;
	char *slash;

	if (!kustomization_is_name(shown))
		return 0;
	if (!is_printable(shown)) {
		add_unprintable(l, shown);
		return 0;
	}
	dir = load_from_top(l, shown);
	slash = strrchr(dir, '/');
	*(slash ? slash : dir) = '\0';
	return load_kustomization(l, dir, shown, blob);
}

static int on_scan(const struct repo_change *c, void *arg)
{
	return c->type == REPO_FILE ? load_scan_file(arg, c->path, &c->id) : 0;
}

static bool has_kustomizations(const struct snapshot *s)
{
	for (size_t i = 0; s && i < s->manifest_count; i++)
		if (kustomization_is_name(s->manifests[i]->path))
			return true;
	return false;
}

/* With kustomizations all is gone over: first for these, which say what else is to be read. */
static int load_commit_kustomized(struct load *l, const struct oid *commit, const char *subpath)
{
	int r;

	load_clear(l);
	l->whole = l->kustomized = true;
	r = repo_diff(l->files.repo, NULL, commit, subpath, on_scan, l, l->err);
	if (r == 0)
		r = load_kustomizations(l);
	return r < 0 ? r : repo_diff(l->files.repo, NULL, commit, subpath, on_change, l, l->err);
}

/* BEFORE without its commit in the repository (a force-push and gc, another repository): everything is gone over. */
static int load_commit(struct load *l, const struct oid *commit, const char *subpath)
{
	const struct oid *base = l->before && !oid_is_zero(&l->before->commit) ? &l->before->commit : NULL;
	int r = -EAGAIN;

	if (base && !repo_has(l->files.repo, base))
		base = NULL;
	l->whole = !base;
	if (!has_kustomizations(l->before))
		r = repo_diff(l->files.repo, base, commit, subpath, on_change, l, l->err);
	return r == -EAGAIN ? load_commit_kustomized(l, commit, subpath) : r;
}

static int read_blob(const struct load_files *f, const char *path, struct buf *ret, struct err *err)
{
	struct oid blob;
	int r = repo_find_blob(f->repo, &f->commit, path, &blob, err);

	return r < 0 ? r : repo_read_blob(f->repo, &blob, yaml_limits_default.bytes, ret, NULL, err);
}

static int find_tree(const struct load_files *f, const char *dir, struct oid *ret, struct err *err)
{
	return repo_find_tree(f->repo, &f->commit, dir, ret, err);
}

int desired_load_cluster(struct repo *g, const struct oid *commit, const char *subpath,
	struct snapshot *before, struct kustomize *builder, struct snapshot **ret,
	struct object **ret_cluster, struct diags *diags, struct err *err)
{
	_cleanup_(object_unrefp) struct object *read_by = before ? cluster_of(before) : NULL;

	*ret_cluster = NULL;
	if (read_by)
		object_ref(read_by);
	for (int attempt = 0;; attempt++) {
		_cleanup_(load_done) struct load l = {
			.files = { .read = read_blob, .tree = find_tree, .repo = g, .commit = *commit },
			.from = repo_dir(g),
			.builder = builder,
			.before = attempt == 0 ? before : NULL,
			.in_force = before,
			.cluster = read_by ? object_cluster(read_by) : NULL,
			.err = err,
		};
		int r;

		load_init(&l);
		r = load_commit(&l, commit, subpath);
		if (r == -ENOENT) {
			/* A sub-path that is gone is a mistake to report, not an empty cluster. */
			load_add_error(&l, subpath, "the commit has no such directory");
			err_clear(err);
			diags_append(diags, &l.diags);
			return -EBADMSG;
		}
		if (r < 0)
			return r;
		if (attempt == 0 && load_read_otherwise(&l, &read_by))
			continue;
		if (find_cluster(&l))
			*ret_cluster = object_ref(find_cluster(&l));
		return load_finish(&l, commit, ret, diags);
	}
}

int desired_load(struct repo *g, const struct oid *commit, const char *subpath, struct snapshot *before,
	struct kustomize *builder, struct snapshot **ret, struct diags *diags, struct err *err)
{
	_cleanup_(object_unrefp) struct object *cluster = NULL;

	return desired_load_cluster(g, commit, subpath, before, builder, ret, &cluster, diags, err);
}
