/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* index.json: which names the store knows; leases: which images are in use; and the removal of what neither holds. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"

enum { INDEX_MAX = 64 << 20, HOLDERS_SHOWN = 3 };

/* --- index.json ------------------------------------------------------------------------------- */

void store_index_done(struct store_index *i)
{
	arena_free(i->arena);
	free(i->entries);
	*i = (struct store_index){ 0 };
}

void store_index_add(struct store_index *i, const char *name, const char *digest, int64_t size)
{
	i->entries = grow(i->entries, &i->cap, i->count + 1, sizeof(i->entries[0]));
	i->entries[i->count++] = (struct store_entry){
		.name = name ? arena_strdup(i->arena, name) : NULL,
		.digest = arena_strdup(i->arena, digest),
		.size = size,
	};
}

void store_index_remove(struct store_index *i, size_t at)
{
	i->count--;
	memmove(&i->entries[at], &i->entries[at + 1], (i->count - at) * sizeof(i->entries[0]));
}

int store_index_read(struct image_store *s, struct store_index *ret, struct err *err)
{
	struct image_descriptors list = { 0 };
	struct buf text = BUF_INIT;
	int r = fs_read(s->fd, "index.json", INDEX_MAX, &text, err);

	*ret = (struct store_index){ .arena = arena_new(4096) };
	if (r == 0)
		r = image_index_parse(ret->arena, text.data, text.len, &list, err);
	else if (r == -ENOENT)
		r = 0;
	buf_done(&text);
	if (r < 0) {
		store_index_done(ret);
		return err_wrap(err, r, "image store %s: index.json", s->dir);
	}
	for (size_t i = 0; i < list.count; i++)
		store_index_add(ret, list.items[i].ref_name, list.items[i].digest, list.items[i].size);
	return 0;
}

int store_index_write(struct image_store *s, const struct store_index *index, struct err *err)
{
	struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 2);

	json_begin_map(&w);
	json_member_int(&w, "schemaVersion", 2);
	json_member_string(&w, "mediaType", "application/vnd.oci.image.index.v1+json");
	json_key(&w, "manifests");
	json_begin_list(&w);
	for (size_t i = 0; i < index->count; i++) {
		const struct store_entry *e = &index->entries[i];

		json_begin_map(&w);
		json_member_string(&w, "mediaType", "application/vnd.oci.image.manifest.v1+json");
		json_member_string(&w, "digest", e->digest);
		json_member_int(&w, "size", e->size);
		if (e->name) {
			json_key(&w, "annotations");
			json_begin_map(&w);
			json_member_string(&w, "org.opencontainers.image.ref.name", e->name);
			json_end_map(&w);
		}
		json_end_map(&w);
	}
	json_end_list(&w);
	json_end_map(&w);
	buf_addc(&text, '\n');
	int r = fs_write(s->fd, "index.json", text.data, text.len, 0644, FS_SYNC, err);
	buf_done(&text);
	return r < 0 ? err_wrap(err, r, "image store %s", s->dir) : 0;
}

static int blob_size(struct image_store *s, const char *digest, int64_t *ret, struct err *err)
{
	_cleanup_(freep) char *path = store_blob_path(s, digest);
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, -errno, "%s", path);
	*ret = st.st_size;
	return 0;
}

int store_put(struct image_store *s, const char *name, const char *digest, struct err *err)
{
	_cleanup_(closep) int lock = store_lock(s, err);
	_cleanup_(store_index_done) struct store_index index = { 0 };
	int64_t size = 0;
	int r = lock < 0 ? lock : blob_size(s, digest, &size, err);

	if (r == 0)
		r = store_index_read(s, &index, err);
	if (r < 0)
		return r;
	bool done = false;
	for (size_t i = 0; i < index.count; i++) {
		struct store_entry *e = &index.entries[i];

		if (!str_eq(e->name, name))
			continue;
		done = str_eq(e->digest, digest);
		if (!done)
			e->name = NULL; /* stays until nothing uses it: see store_collect */
	}
	if (done)
		return 0;
	store_index_add(&index, name, digest, size);
	return store_index_write(s, &index, err);
}

/* --- leases ----------------------------------------------------------------------------------- */

int image_lease_add(struct image_store *s, const char *name, const struct image *image, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("leases/%s", name);
	char now[PATH_MAX];
	ssize_t n = 0;

	if (symlinkat(image->digest, s->fd, path) == 0)
		return 0;
	if (errno == EEXIST && (n = readlinkat(s->fd, path, now, sizeof(now) - 1)) > 0) {
		now[n] = '\0';
		if (str_eq(now, image->digest))
			return 0;
		if (unlinkat(s->fd, path, 0) == 0 && symlinkat(image->digest, s->fd, path) == 0)
			return 0;
	}
	return err_errno(err, -errno, "holding image %s for %s", image->digest, name);
}

int image_lease_drop(struct image_store *s, const char *name, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("leases/%s", name);

	if (unlinkat(s->fd, path, 0) < 0 && errno != ENOENT)
		return err_errno(err, -errno, "removing %s/%s", s->dir, path);
	return 0;
}

int image_lease_list(struct image_store *s, char ***ret, size_t *ret_count, struct err *err)
{
	return fs_list(s->fd, "leases", ret, ret_count, err);
}

int store_leases_of(
	struct image_store *s, const char *digest, char ***ret, size_t *ret_count, struct err *err)
{
	char **names = NULL;
	size_t count = 0, kept = 0;
	int r = image_lease_list(s, &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_(freep) char *path = xasprintf("leases/%s", names[i]);
		char held[PATH_MAX];
		ssize_t n = readlinkat(s->fd, path, held, sizeof(held) - 1);

		held[n > 0 ? n : 0] = '\0';
		if (str_eq(held, digest))
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	*ret = names;
	*ret_count = kept;
	return r;
}

/* --- removing --------------------------------------------------------------------------------- */

/* -EBUSY where DIGEST has a lease. */
static int check_unused(struct image_store *s, const char *digest, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = store_leases_of(s, digest, &names, &count, err);

	if (r == 0 && count > 0) {
		struct buf who = BUF_INIT;

		for (size_t i = 0; i < count && i < HOLDERS_SHOWN; i++)
			buf_addf(&who, "%s%s", i > 0 ? ", " : "", names[i]);
		if (count > HOLDERS_SHOWN)
			buf_addf(&who, " and %zu more", count - HOLDERS_SHOWN);
		r = err_set(err, -EBUSY, "it is in use by %s", who.data);
		buf_done(&who);
	}
	fs_names_free(names, count);
	return r;
}

/* How many entries name DIGEST. */
static size_t count_names(const struct store_index *index, const char *digest)
{
	size_t n = 0;

	for (size_t i = 0; i < index->count; i++)
		n += index->entries[i].name && str_eq(index->entries[i].digest, digest);
	return n;
}

/* Takes NAME out of the index, or all entries of DIGEST where NAME is NULL. */
static int remove_entries(struct image_store *s, struct store_index *index, const char *name,
	const char *digest, struct err *err)
{
	bool last = !name || count_names(index, digest) <= 1;
	int r = last ? check_unused(s, digest, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = index->count; i-- > 0;) {
		const struct store_entry *e = &index->entries[i];

		if (name ? str_eq(e->name, name) : str_eq(e->digest, digest))
			store_index_remove(index, i);
	}
	return store_index_write(s, index, err);
}

/* The index entry that REFERENCE means: its canonical name in *RET_NAME (NULL: a digest) and its digest. */
static int resolve(struct image_store *s, const struct store_index *index, const char *reference,
	char **ret_name, char **ret_digest, struct err *err)
{
	struct image_ref ref;
	_cleanup_(image_releasep) struct image *image = NULL;

	if (image_digest_valid(reference)) {
		int r = image_store_find(s, reference, &image, err);

		if (r == 0)
			*ret_digest = xstrdup(image->digest);
		else if (r == -EBADMSG) /* damaged: may go all the same */
			*ret_digest = xstrdup(reference), r = 0;
		return r;
	}
	int r = image_ref_parse(reference, &ref, err);
	if (r < 0)
		return r;
	*ret_name = image_ref_format(&ref);
	image_ref_done(&ref);
	for (size_t i = 0; i < index->count; i++)
		if (str_eq(index->entries[i].name, *ret_name)) {
			*ret_digest = xstrdup(index->entries[i].digest);
			return 0;
		}
	return err_set(err, -ENOENT, "it is not on this node");
}

int image_store_remove(struct image_store *s, const char *reference, struct err *err)
{
	_cleanup_(store_index_done) struct store_index index = { 0 };
	_cleanup_(freep) char *name = NULL;
	_cleanup_(freep) char *digest = NULL;
	int lock = store_lock(s, err);
	int r = lock < 0 ? lock : store_index_read(s, &index, err);

	if (r == 0)
		r = resolve(s, &index, reference, &name, &digest, err);
	if (r == 0)
		r = remove_entries(s, &index, name, digest, err);
	fd_close(lock);
	if (r < 0)
		return err_wrap(err, r, "image %s", reference);
	return store_collect(s, err);
}
