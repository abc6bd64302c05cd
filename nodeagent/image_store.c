/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/image_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"

static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";

/* --- images ----------------------------------------------------------------------------------- */

struct image *image_retain(struct image *i)
{
	i->refs++;
	return i;
}

struct image *image_release(struct image *i)
{
	if (i && --i->refs == 0) {
		struct arena *arena = i->arena; /* holds the image itself */

		arena_free(arena);
	}
	return NULL;
}

void image_releasep(struct image **i)
{
	*i = image_release(*i);
}

/* --- paths and locks -------------------------------------------------------------------------- */

const char *image_store_dir(const struct image_store *s)
{
	return s->dir;
}

char *store_blob_path(const struct image_store *s, const char *digest)
{
	return xasprintf("%s/blobs/sha256/%s", s->dir, image_digest_hex(digest));
}

char *store_layer_path(const struct image_store *s, const char *diff_id)
{
	return xasprintf("%s/layers/%s", s->dir, image_digest_hex(diff_id));
}

static int take_lock(struct image_store *s, const char *name, int operation, struct err *err)
{
	_cleanup_(closep) int fd = openat(s->fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, -errno, "opening %s/%s", s->dir, name);
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return err_errno(err, -errno, "locking %s/%s", s->dir, name);
	return TAKE_FD(fd);
}

int store_lock(struct image_store *s, struct err *err)
{
	return take_lock(s, "lock", LOCK_EX, err);
}

int store_incoming(struct image_store *s, struct err *err)
{
	return take_lock(s, "incoming", LOCK_SH, err);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Root works in a home that belongs to somebody: what it makes there is theirs, but for the unpacked layers. */
static int give_to_owner(const char *dir, const char *path, struct err *err)
{
	_cleanup_(freep) char *parent = xasprintf("%s/..", dir);
	struct stat st;

	if (geteuid() != 0 || stat(parent, &st) < 0 || st.st_uid == 0)
		return 0;
	return chown(path, st.st_uid, st.st_gid) < 0 ? err_errno(err, -errno, "giving %s to its owner", path)
						     : 0;
}

/* Layers hold set-user-ID programs of images: no other user of the host may reach them. */
static int make_store(const char *dir, struct err *err)
{
	static const struct {
		const char *name;
		bool owners; /* belongs to the home's owner, who may import */
	} parts[] = { { "", true }, { "blobs", true }, { "blobs/sha256", true }, { "leases", true },
		{ "tmp", true }, { "layers", false } };
	int r = fs_mkdir_parents(AT_FDCWD, dir, 0755, err);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(parts); i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", dir, parts[i].name);

		if (mkdir(path, 0700) == 0)
			r = parts[i].owners ? give_to_owner(dir, path, err) : 0;
		else if (errno != EEXIST)
			r = err_errno(err, -errno, "creating directory %s", path);
	}
	_cleanup_(freep) char *layout = xasprintf("%s/oci-layout", dir);
	if (r == 0 && !fs_exists(AT_FDCWD, layout))
		r = fs_write(AT_FDCWD, layout, layout_text, strlen(layout_text), 0644, 0, err);
	return r;
}

static int open_owned(struct image_store *s, struct err *err)
{
	s->owner_fd = fs_lock(s->fd, "owner", NULL);
	if (s->owner_fd == -EWOULDBLOCK)
		return err_set(err, -EBUSY, "image store %s: another agent works on it", s->dir);
	return s->owner_fd < 0 ? err_errno(err, s->owner_fd, "locking %s/owner", s->dir)
			       : store_clean(s, err);
}

int image_store_open(const struct image_store_options *options, struct image_store **ret, struct err *err)
{
	int r = make_store(options->dir, err);

	if (r < 0)
		return r;
	_cleanup_(image_store_closep) struct image_store *s = xcalloc(1, sizeof(*s));
	s->dir = xstrdup(options->dir);
	s->owner_fd = -1;
	s->unpack_command = options->unpack_command;
	s->fd = fs_open_dir(AT_FDCWD, s->dir, err);
	if (s->fd < 0)
		return s->fd;
	r = s->unpack_command ? open_owned(s, err) : 0;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

static void forget_loaded(struct image_store *s)
{
	for (size_t i = 0; i < s->images.count; i++)
		image_release(s->images.entries[i].value);
	map_clear(&s->images);
	map_clear(&s->by_name);
	store_index_done(&s->index);
}

struct image_store *image_store_close(struct image_store *s)
{
	if (!s)
		return NULL;
	store_cancel_jobs(s);
	forget_loaded(s);
	map_done(&s->images);
	map_done(&s->by_name);
	fd_close(s->owner_fd);
	fd_close(s->fd);
	free(s->dir);
	free(s);
	return NULL;
}

void image_store_closep(struct image_store **s)
{
	*s = image_store_close(*s);
}

/* --- reading ---------------------------------------------------------------------------------- */

int store_read_blob(
	struct image_store *s, const char *digest, const char *what, struct buf *ret, struct err *err)
{
	_cleanup_(freep) char *path = store_blob_path(s, digest);
	char hex[SHA256_HEX];
	int r = fs_read(AT_FDCWD, path, IMAGE_JSON_MAX, ret, err);

	if (r == -ENOENT)
		return err_set(err, r, "%s %s is missing: import or pull the image again", what, digest);
	if (r < 0)
		return r;
	sha256_hex(ret->data, ret->len, hex);
	if (str_eq(hex, image_digest_hex(digest)))
		return 0;
	/* What is there is not fetched again: gone, it is. */
	if (s->owner_fd >= 0)
		(void)unlink(path);
	return err_set(err, -EBADMSG, "%s %s is damaged: import or pull the image again", what, digest);
}

static int load_documents(struct image_store *s, struct image *image, struct err *err)
{
	struct buf text = BUF_INIT;
	int r = store_read_blob(s, image->digest, "manifest", &text, err);

	image->size = (int64_t)text.len;
	if (r == 0)
		r = image_manifest_parse(image->arena, text.data, text.len, &image->manifest, err);
	buf_clear(&text);
	if (r == 0)
		r = store_read_blob(s, image->manifest.config.digest, "config", &text, err);
	if (r == 0)
		r = image_config_parse(image->arena, text.data, text.len, &image->config, err);
	buf_done(&text);
	if (r == 0 && image->config.diff_ids.count != image->manifest.layers.count)
		r = err_set(err, -EBADMSG, "manifest %s has %zu layers, its config %zu", image->digest,
			image->manifest.layers.count, image->config.diff_ids.count);
	return r == -ENOENT ? -EBADMSG : r;
}

static void collect_names(const struct image_store *s, struct image *image)
{
	const char **names = arena_array(image->arena, s->index.count + 1, sizeof(names[0]));
	size_t count = 0;

	for (size_t i = 0; i < s->index.count; i++)
		if (s->index.entries[i].name && str_eq(s->index.entries[i].digest, image->digest))
			names[count++] = arena_strdup(image->arena, s->index.entries[i].name);
	qsort(names, count, sizeof(names[0]), str_cmp_qsort);
	image->names = (struct strings){ .items = names, .count = count };
}

int store_load(struct image_store *s, const char *digest, struct image **ret, struct err *err)
{
	struct image *image = map_get(&s->images, digest);

	if (image) {
		*ret = image_retain(image);
		return 0;
	}
	struct arena *arena = arena_new(4096);
	image = arena_alloc(arena, sizeof(*image));
	*image = (struct image){ .arena = arena, .refs = 1, .digest = arena_strdup(arena, digest) };
	int r = load_documents(s, image, err);
	if (r < 0) {
		image_release(image);
		return r;
	}
	image->id = image->manifest.config.digest;
	image->size += image->manifest.config.size;
	for (size_t i = 0; i < image->manifest.layers.count; i++)
		image->size += image->manifest.layers.items[i].size;
	collect_names(s, image);
	map_put(&s->images, image->digest, image_retain(image));
	*ret = image;
	return 0;
}

/* Reads index.json again if it is another file than the one in memory. */
static int refresh(struct image_store *s, struct err *err)
{
	struct stamp now = { 0 };
	struct stat st;

	if (fstatat(s->fd, "index.json", &st, 0) == 0)
		now = (struct stamp){ .dev = st.st_dev,
			.ino = st.st_ino,
			.mtime_ns = st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec,
			.size = st.st_size };
	if (s->index.arena && now.dev == s->stamp.dev && now.ino == s->stamp.ino &&
		now.mtime_ns == s->stamp.mtime_ns && now.size == s->stamp.size)
		return 0;
	forget_loaded(s);
	int r = store_index_read(s, &s->index, err);
	if (r < 0)
		return r;
	s->stamp = now;
	for (size_t i = 0; i < s->index.count; i++)
		if (s->index.entries[i].name)
			map_put(&s->by_name, s->index.entries[i].name, &s->index.entries[i]);
	return 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

/* By the digest of a manifest, else of a config. */
static int find_digest(struct image_store *s, const char *digest, struct image **ret, struct err *err)
{
	for (size_t i = 0; i < s->index.count; i++)
		if (str_eq(s->index.entries[i].digest, digest))
			return store_load(s, digest, ret, err);
	for (size_t i = 0; i < s->index.count; i++) {
		_cleanup_(image_releasep) struct image *image = NULL;

		if (store_load(s, s->index.entries[i].digest, &image, NULL) == 0 &&
			str_eq(image->id, digest)) {
			*ret = TAKE_PTR(image);
			return 0;
		}
	}
	return err_set(err, -ENOENT, "no image %s on this node", digest);
}

/* "repository@digest" also finds an image of that digest that has a tag in the same repository. */
static const struct store_entry *find_in_repository(struct image_store *s, const struct image_ref *ref)
{
	_cleanup_(freep) char *repository = image_ref_repository(ref);

	for (size_t i = 0; ref->digest && i < s->index.count; i++) {
		const struct store_entry *e = &s->index.entries[i];
		const char *rest = e->name ? str_after(e->name, repository) : NULL;

		if (rest && (*rest == ':' || *rest == '@') && str_eq(e->digest, ref->digest))
			return e;
	}
	return NULL;
}

static int find_name(struct image_store *s, const char *reference, struct image **ret, struct err *err)
{
	struct image_ref ref;
	int r = image_ref_parse(reference, &ref, err);

	if (r < 0)
		return r;
	_cleanup_(freep) char *name = image_ref_format(&ref);
	const struct store_entry *entry = map_get(&s->by_name, name);
	if (!entry)
		entry = find_in_repository(s, &ref);
	image_ref_done(&ref);
	if (!entry)
		return err_set(err, -ENOENT,
			"image %s is not on this node: import it (pintle image import PATH --name %s) or let "
			"it be pulled",
			name, reference);
	r = store_load(s, entry->digest, ret, err);
	return r < 0 ? err_wrap(err, r, "image %s", name) : 0;
}

int image_store_find(struct image_store *s, const char *reference, struct image **ret, struct err *err)
{
	int r = refresh(s, err);

	if (r < 0)
		return r;
	if (image_digest_valid(reference))
		return find_digest(s, reference, ret, err);
	return find_name(s, reference, ret, err);
}

static const char *first_name(const struct image *i)
{
	return i->names.count > 0 ? i->names.items[0] : i->digest;
}

static int cmp_images(const void *a, const void *b)
{
	const struct image *x = *(struct image *const *)a, *y = *(struct image *const *)b;
	int c = strcmp(first_name(x), first_name(y));

	return c != 0 ? c : strcmp(x->digest, y->digest);
}

int image_store_list(struct image_store *s, struct image_list *ret, size_t *ret_damaged, struct err *err)
{
	struct map seen = { 0 };
	size_t damaged = 0;
	int r = refresh(s, err);

	*ret = (struct image_list){ 0 };
	if (r < 0)
		return r;
	ret->items = xcalloc(s->index.count + 1, sizeof(ret->items[0]));
	for (size_t i = 0; i < s->index.count; i++) {
		const char *digest = s->index.entries[i].digest;

		if (map_has(&seen, digest))
			continue;
		map_put(&seen, digest, NULL);
		if (store_load(s, digest, &ret->items[ret->count], NULL) == 0)
			ret->count++;
		else
			damaged++;
	}
	map_done(&seen);
	qsort(ret->items, ret->count, sizeof(ret->items[0]), cmp_images);
	if (ret_damaged)
		*ret_damaged = damaged;
	return 0;
}

void image_list_done(struct image_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		image_release(l->items[i]);
	free(l->items);
	*l = (struct image_list){ 0 };
}

bool image_layers_ready(const struct image_store *s, const struct image *image)
{
	for (size_t i = 0; i < image->config.diff_ids.count; i++) {
		_cleanup_(freep) char *path = store_layer_path(s, image->config.diff_ids.items[i]);

		if (access(path, F_OK) < 0)
			return false;
	}
	return true;
}

const char *const *image_layer_paths(
	const struct image_store *s, const struct image *image, struct arena *arena)
{
	size_t count = image->config.diff_ids.count;
	const char **paths = arena_array(arena, count + 1, sizeof(paths[0]));

	for (size_t i = 0; i < count; i++)
		paths[i] = arena_printf(
			arena, "%s/layers/%s", s->dir, image_digest_hex(image->config.diff_ids.items[i]));
	return paths;
}
