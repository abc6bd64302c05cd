/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A load goes over the files that differ from the snapshot before (in a commit: a diff of trees; without one before: all)
 * and gathers what each has become; then snapshot_new puts both together. Whether unknown kinds are
 * refused is said by the Cluster manifest, which is one of the files: where it turns out that the load went by another
 * one, all is loaded again.
 */
#include "reconciler/desired.h"

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

enum { FILES_MAX = 200000, DEPTH_MAX = 64 };
static const size_t total_max = (size_t)512 * 1024 * 1024; /* bytes of all files of one load */

struct load {
	struct repo *repo;
	const struct snapshot *before;   /* manifests of the same blob are taken from it */
	const struct snapshot *in_force; /* what can't be changed is compared with it */
	bool whole;                      /* every file is handed in, not only those that differ */
	const struct cluster *cluster;   /* by whose unknownKinds the files are read; NULL: none */
	struct snapshot_change *changes; /* paths and references owned */
	size_t count, cap;
	size_t bytes;
	struct diags diags; /* errors of files, i.e. of no manifest */
	struct err *err;
};

static void load_done(struct load *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free((char *)(uintptr_t)l->changes[i].path);
		manifest_unref(l->changes[i].manifest);
	}
	free(l->changes);
	diags_done(&l->diags);
}

/* PATH is now M (whose reference is taken over), or no manifest (NULL). */
static void add_change(struct load *l, const char *path, struct manifest *m)
{
	l->changes = grow(l->changes, &l->cap, l->count + 1, sizeof(l->changes[0]));
	l->changes[l->count++] = (struct snapshot_change){ .path = xstrdup(path), .manifest = m };
}

static void add_error(struct load *l, const char *path, const char *message)
{
	diags_add(&l->diags, &(struct diag){ .severity = DIAG_ERROR, .path = path }, "%s", message);
}

/* --- names -------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_manifest_name(const char *path)
{
	return str_ends(path, ".yaml") || str_ends(path, ".yml") || str_ends(path, ".json");
}

static bool is_kustomization(const char *path)
{
	const char *name = base_name(path);

	return str_eq(name, "kustomization.yaml") || str_eq(name, "kustomization.yml") ||
	       str_eq(name, "Kustomization");
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

/* Is PATH a file to read? Otherwise says what is wrong with it, where something is. */
static bool wanted(struct load *l, const char *path)
{
	if (!is_manifest_name(path) && !is_kustomization(path))
		return false;
	if (!is_printable(path)) {
		_cleanup_(freep) char *shown = printable(path);

		add_error(l, shown, "the file's name is not printable UTF-8");
		return false;
	}
	if (is_kustomization(path)) {
		add_error(l, path, "kustomizations are not built yet: commit what `kustomize build` prints");
		return false;
	}
	return true;
}

/* --- one file ------------------------------------------------------------------------------------ */

/* TEXT to a manifest; one with errors is added without its bad objects, for the rules that span files. */
static void add_text(struct load *l, const char *path, const struct oid *blob, const struct buf *text)
{
	struct object_load_options options = {
		.path = path,
		.default_namespace = "default",
		.mode = DECODE_MANIFEST,
		.unknown_kinds = l->cluster ? &l->cluster->spec.unknown_kinds : NULL,
	};
	struct objects objects = { 0 };
	struct diags diags;

	diags_init(&diags);
	object_load_yaml(text->data, text->len, &options, &objects, &diags);
	if (diags.errors > 0) {
		diags_append(&l->diags, &diags);
		diags_done(&diags);
		diags_init(&diags);
	}
	add_change(l, path, manifest_new(path, blob, &objects, &diags));
	diags_done(&diags);
}

/* Something that is passed over, with a warning that stays as long as it is there. */
static void add_warning(struct load *l, const char *path, const struct oid *blob, const char *message)
{
	struct objects none = { 0 };
	struct diags diags;

	diags_init(&diags);
	diags_add(&diags, &(struct diag){ .severity = DIAG_WARNING, .path = path }, "%s", message);
	add_change(l, path, manifest_new(path, blob, &none, &diags));
	diags_done(&diags);
}

/* A link or submodule: refused where it stands for a manifest, else passed over. */
static void add_special(struct load *l, const char *path, const struct oid *blob, bool link)
{
	_cleanup_(freep) char *shown = is_printable(path) ? xstrdup(path) : printable(path);

	if (is_manifest_name(path) || is_kustomization(path))
		add_error(l, shown,
			link ? "is a symbolic link: manifests must be files"
			     : "is a submodule: manifests must be files of this repository");
	else
		add_warning(l, shown, blob,
			link ? "is a symbolic link: not followed" : "is a submodule: its files are not read");
}

static void add_too_large(struct load *l, const char *path, uint64_t size)
{
	diags_add(&l->diags, &(struct diag){ .severity = DIAG_ERROR, .path = path },
		"the file has %llu bytes, more than %zu", (unsigned long long)size,
		yaml_limits_default.bytes);
}

static int count_bytes(struct load *l, size_t bytes)
{
	l->bytes += bytes;
	if (l->bytes > total_max)
		return err_set(l->err, -E2BIG, "the manifests have more than %zu bytes", total_max);
	return 0;
}

/* --- what is compared with what is in force -------------------------------------------------------- */

static int read_again(const struct load *l, const struct manifest *m, struct buf *text)
{
	if (l->repo)
		return repo_read_blob(l->repo, &m->blob, yaml_limits_default.bytes, text, NULL, NULL);
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
	int r = repo_read_blob(l->repo, blob, yaml_limits_default.bytes, &text, &size, l->err);

	if (r == -EFBIG) {
		err_clear(l->err);
		add_too_large(l, path, size);
		return 0;
	}
	if (r == 0)
		r = count_bytes(l, text.len);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	add_text(l, path, blob, &text);
	return 0;
}

static int on_change(const struct repo_change *c, void *arg)
{
	struct load *l = arg;
	struct manifest *old = l->before ? snapshot_manifest(l->before, c->path) : NULL;

	if (c->removed) {
		if (old)
			add_change(l, c->path, NULL);
		return 0;
	}
	if (c->type != REPO_FILE) {
		add_special(l, c->path, &c->id, c->type == REPO_SYMLINK);
		return 0;
	}
	if (!wanted(l, c->path)) {
		/* What was a link there, and is a file now, no longer warns. */
		if (old && !l->whole)
			add_change(l, c->path, NULL);
		return 0;
	}
	if (old && oid_equal(&old->blob, &c->id) && old->objects.count > 0) {
		add_change(l, c->path, manifest_ref(old));
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
static bool read_otherwise(const struct load *l, struct object **read_by)
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

static int finish(struct load *l, const struct oid *commit, struct snapshot **ret, struct diags *diags)
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
	find_places(l, &found);
	diags_append(diags, &found);
	diags_sort(diags);
	if (r == 0 && diags->errors > 0)
		r = -EBADMSG;
	if (r == 0)
		*ret = TAKE_PTR(s);
	return r;
}

/* BEFORE without its commit in the repository (a force-push and gc, another repository): everything is gone over. */
static int load_commit(struct load *l, const struct oid *commit, const char *subpath)
{
	const struct oid *base = l->before && !oid_is_zero(&l->before->commit) ? &l->before->commit : NULL;
	struct repo_commit known;

	if (base && repo_commit_read(l->repo, base, &known, NULL) == 0)
		repo_commit_done(&known);
	else
		base = NULL;
	l->whole = !base;
	return repo_diff(l->repo, base, commit, subpath, on_change, l, l->err);
}

int desired_load(struct repo *g, const struct oid *commit, const char *subpath, struct snapshot *before,
	struct snapshot **ret, struct diags *diags, struct err *err)
{
	_cleanup_(object_unrefp) struct object *read_by = before ? cluster_of(before) : NULL;

	if (read_by)
		object_ref(read_by);
	for (int attempt = 0;; attempt++) {
		_cleanup_(load_done) struct load l = {
			.repo = g,
			.before = attempt == 0 ? before : NULL,
			.in_force = before,
			.cluster = read_by ? object_cluster(read_by) : NULL,
			.err = err,
		};
		int r;

		diags_init(&l.diags);
		r = load_commit(&l, commit, subpath);
		if (r == -ENOENT) {
			/* A sub-path that is gone is a mistake to report, not an empty cluster. */
			add_error(&l, subpath, "the commit has no such directory");
			err_clear(err);
			diags_append(diags, &l.diags);
			return -EBADMSG;
		}
		if (r < 0)
			return r;
		if (attempt == 0 && read_otherwise(&l, &read_by))
			continue;
		return finish(&l, commit, ret, diags);
	}
}

/* --- directories ----------------------------------------------------------------------------------- */

static int add_file(struct load *l, int dirfd, const char *name, const char *path, const struct stat *st)
{
	static const struct oid none;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	if ((uint64_t)st->st_size > yaml_limits_default.bytes) {
		add_too_large(l, path, (uint64_t)st->st_size);
		return 0;
	}
	r = fs_read(dirfd, name, yaml_limits_default.bytes, &text, l->err);
	if (r == 0)
		r = count_bytes(l, text.len);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	add_text(l, path, &none, &text);
	return 0;
}

static int add_directory(struct load *l, int parent, const char *name, const char *path, unsigned depth);

static int add_name(struct load *l, int dirfd, const char *name, const char *path, unsigned depth)
{
	static const struct oid none;
	struct stat st;

	if (l->count >= FILES_MAX)
		return err_set(l->err, -E2BIG, "more than %d files", FILES_MAX);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(l->err, -errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return add_directory(l, dirfd, name, path, depth + 1);
	if (S_ISLNK(st.st_mode))
		add_special(l, path, &none, true);
	else if (S_ISREG(st.st_mode) && wanted(l, path))
		return add_file(l, dirfd, name, path, &st);
	return 0;
}

static int add_directory(struct load *l, int parent, const char *name, const char *path, unsigned depth)
{
	_cleanup_(closep) int dirfd = -1;
	char **names;
	size_t count;
	int r;

	if (depth > DEPTH_MAX)
		return err_set(l->err, -E2BIG, "directories are nested deeper than %d", DEPTH_MAX);
	dirfd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	if (dirfd < 0)
		return err_errno(l->err, -errno, "opening %s", *path ? path : name);
	r = fs_list(dirfd, ".", &names, &count, l->err);
	if (r < 0)
		return err_wrap(l->err, r, "%s", path);
	for (size_t i = 0; i < count && r == 0; i++) {
		_cleanup_(freep) char *below = !*path                ? xstrdup(names[i])
					       : str_ends(path, "/") ? xasprintf("%s%s", path, names[i])
								     : xasprintf("%s/%s", path, names[i]);

		if (names[i][0] != '.')
			r = add_name(l, dirfd, names[i], below, depth);
	}
	fs_names_free(names, count);
	return r;
}

static int load_path(struct load *l, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(l->err, -errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return add_directory(l, AT_FDCWD, path, str_eq(path, ".") ? "" : path, 0);
	if (!S_ISREG(st.st_mode))
		return err_set(l->err, -EINVAL, "%s: neither a file nor a directory", path);
	return add_file(l, AT_FDCWD, path, path, &st);
}

int desired_load_path(const char *path, const struct snapshot *before, struct snapshot **ret,
	struct diags *diags, struct err *err)
{
	_cleanup_(object_unrefp) struct object *read_by = NULL;

	for (int attempt = 0;; attempt++) {
		static const struct oid none;
		_cleanup_(load_done) struct load l = {
			.whole = true,
			.in_force = before,
			.cluster = read_by ? object_cluster(read_by) : NULL,
			.err = err,
		};
		int r;

		diags_init(&l.diags);
		r = load_path(&l, path);
		if (r < 0)
			return r;
		if (attempt == 0 && read_otherwise(&l, &read_by))
			continue;
		return finish(&l, &none, ret, diags);
	}
}
