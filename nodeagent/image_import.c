/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A source is a directory: the layout itself, or what an archive was extracted to, below the store's tmp/. All
 * of it is read beneath one descriptor: links in an archive cannot make us read the host's files.
 *
 * Order: layers, config, manifest, and last the name in the index: an import that is killed leaves blobs that
 * the next collection removes, and nothing else.
 */
#include "nodeagent/image_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"
#include "nodeagent/unpack.h"

enum { CHUNK = 128 * 1024, NESTED_MAX = 3 };

static const char manifest_type[] = "application/vnd.oci.image.manifest.v1+json";
static const char config_type[] = "application/vnd.oci.image.config.v1+json";

struct import {
	struct image_store *store;
	struct arena *arena;
	int fd;           /* of the source directory */
	const char *path; /* as the caller named it */
	const char *name; /* canonical, or NULL: as the source says */
	char *architecture;
	struct image_imports *results;
};

/* A blob's file as it was found while copying. */
struct copied {
	char digest[sizeof("sha256:") + 64];
	int64_t size;
	uint8_t head[4]; /* its first bytes */
};

/* --- blobs ------------------------------------------------------------------------------------ */

static int copy_bytes(int from, int to, const char *to_name, struct copied *ret, struct err *err)
{
	_cleanup_(sha256_freep) struct sha256_state *hash = sha256_new();
	_cleanup_(freep) char *chunk = xcalloc(1, CHUNK);
	uint8_t digest[SHA256_SIZE];

	*ret = (struct copied){ 0 };
	for (;;) {
		ssize_t n = read(from, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "reading the image");
		if (n == 0)
			break;
		if (ret->size == 0)
			memcpy(ret->head, chunk,
				(size_t)n < sizeof(ret->head) ? (size_t)n : sizeof(ret->head));
		ret->size += n;
		sha256_update(hash, chunk, (size_t)n);
		int r = to >= 0 ? fs_write_fd(to, to_name, chunk, (size_t)n, err) : 0;
		if (r < 0)
			return r;
	}
	sha256_final(hash, digest);
	memcpy(ret->digest, "sha256:", 7);
	str_hex(digest, sizeof(digest), ret->digest + 7);
	return 0;
}

/* Is the blob in the store already, and sound? */
static bool has_blob(struct import *i, const char *digest)
{
	_cleanup_(freep) char *path = store_blob_path(i->store, digest);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct copied c;

	return fd >= 0 && copy_bytes(fd, -1, NULL, &c, NULL) == 0 && str_eq(c.digest, digest);
}

static int check_copied(const struct import *i, const struct copied *c, const char *what, const char *digest,
	int64_t size, struct err *err)
{
	if (size >= 0 && c->size < size)
		return err_set(err, -EBADMSG,
			"%s %s is truncated: %lld bytes in %s, the manifest says %lld; make or fetch the "
			"image again",
			what, digest, (long long)c->size, i->path, (long long)size);
	if ((size >= 0 && c->size != size) || !str_eq(c->digest, digest))
		return err_set(err, -EBADMSG,
			"%s %s is damaged: in %s it has the digest %s; make or fetch the image again", what,
			digest, i->path, c->digest);
	return 0;
}

static int open_source(
	struct import *i, const char *what, const char *digest, const char *file, struct err *err)
{
	int fd = fs_open_beneath(i->fd, file, O_RDONLY | O_NOCTTY, 0, err);

	if (fd == -ENOENT)
		return err_set(err, -EBADMSG, "%s %s is missing in %s (%s); make or fetch the image again",
			what, str_or_empty(digest), i->path, file);
	return fd < 0 ? err_wrap(err, fd, "%s", i->path) : fd;
}

/*
 * Copies FILE of the source to the store. DIGEST and SIZE (-1: any) are what it must have; DIGEST NULL: whatever
 * it has, told in RET.
 */
static int copy_blob(struct import *i, const char *what, const char *file, const char *digest, int64_t size,
	struct copied *ret, struct err *err)
{
	_cleanup_(freep) char *tmp = xasprintf("%s/tmp/import-%d.blob", i->store->dir, (int)getpid());
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int to = -1;

	if (digest && has_blob(i, digest))
		return 0;
	from = open_source(i, what, digest, file, err);
	if (from < 0)
		return from;
	to = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return err_errno(err, -errno, "creating %s", tmp);
	int r = copy_bytes(from, to, tmp, ret, err);
	if (r == 0 && digest)
		r = check_copied(i, ret, what, digest, size, err);
	if (r == 0 && fdatasync(to) < 0)
		r = err_errno(err, -errno, "writing %s", tmp);
	if (r == 0) {
		_cleanup_(freep) char *path = store_blob_path(i->store, ret->digest);

		if (rename(tmp, path) < 0)
			r = err_errno(err, -errno, "creating %s", path);
	}
	if (r < 0)
		unlink(tmp);
	return r;
}

/* A document that we made or have in memory, as a blob. */
static int write_blob(struct import *i, const struct buf *text, char *ret_digest, struct err *err)
{
	memcpy(ret_digest, "sha256:", 7);
	sha256_hex(text->data, text->len, ret_digest + 7);
	_cleanup_(freep) char *path = store_blob_path(i->store, ret_digest);
	return fs_write(AT_FDCWD, path, text->data, text->len, 0600, FS_SYNC, err);
}

/* A small blob of a layout, verified. */
static int read_source(struct import *i, const char *what, const struct image_descriptor *d, struct buf *ret,
	struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("blobs/sha256/%s", image_digest_hex(d->digest));
	_cleanup_(closep) int fd = open_source(i, what, d->digest, file, err);
	struct copied c = { .digest = "sha256:" };

	if (fd < 0)
		return fd;
	int r = fs_read_fd(fd, file, IMAGE_JSON_MAX, ret, err);
	if (r < 0)
		return r;
	sha256_hex(ret->data, ret->len, c.digest + 7);
	c.size = (int64_t)ret->len;
	return check_copied(i, &c, what, d->digest, -1, err);
}

static int copy_descriptor(
	struct import *i, const char *what, const struct image_descriptor *d, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("blobs/sha256/%s", image_digest_hex(d->digest));
	struct copied c;

	return copy_blob(i, what, file, d->digest, d->size, &c, err);
}

/* The image is all there: gives it its name. */
static int publish(struct import *i, const char *name, const char *digest, struct err *err)
{
	struct image_imports *results = i->results;
	int r = store_put(i->store, name, digest, err);

	if (r < 0)
		return r;
	results->items = xreallocarray(results->items, results->count + 1, sizeof(results->items[0]));
	results->items[results->count++] = (struct image_imported){ xstrdup(name), xstrdup(digest) };
	return 0;
}

static int canonical_name(const char *text, char **ret, struct err *err)
{
	struct image_ref ref;
	int r = image_ref_parse(text, &ref, err);

	if (r == 0) {
		*ret = image_ref_format(&ref);
		image_ref_done(&ref);
	}
	return r;
}

/* --- OCI layout ------------------------------------------------------------------------------- */

/* Follows D through nested indexes to a manifest, whose text is appended to TEXT. */
static int find_manifest(struct import *i, const struct image_descriptor *d,
	const struct image_descriptor **ret, struct buf *text, struct err *err)
{
	for (int depth = 0; depth < NESTED_MAX; depth++) {
		struct image_descriptors index;

		buf_clear(text);
		int r = read_source(i, "manifest", d, text, err);
		if (r < 0)
			return r;
		*ret = d;
		if (!image_text_is_index(text->data, text->len))
			return 0;
		r = image_index_parse(i->arena, text->data, text->len, &index, err);
		if (r < 0)
			return r;
		d = image_index_choose(&index, i->architecture);
		if (!d)
			return err_set(err, -ENOENT, "it has no image for linux/%s", i->architecture);
	}
	return err_set(err, -EBADMSG, "its indexes are nested too deep");
}

static int copy_image(
	struct import *i, const struct image_descriptor *manifest, const struct buf *text, struct err *err)
{
	struct image_manifest m;
	int r = image_manifest_parse(i->arena, text->data, text->len, &m, err);

	if (r < 0)
		return err_wrap(err, r, "manifest %s", manifest->digest);
	for (size_t n = 0; r == 0 && n < m.layers.count; n++)
		r = copy_descriptor(i, "layer", &m.layers.items[n], err);
	if (r == 0)
		r = copy_descriptor(i, "config", &m.config, err);
	return r == 0 ? copy_descriptor(i, "manifest", manifest, err) : r;
}

static int import_descriptor(
	struct import *i, const struct image_descriptor *d, const char *name, struct err *err)
{
	const struct image_descriptor *manifest = NULL;
	struct buf text = BUF_INIT;
	int r = find_manifest(i, d, &manifest, &text, err);

	if (r == 0)
		r = copy_image(i, manifest, &text, err);
	if (r == 0)
		r = publish(i, name, manifest->digest, err);
	buf_done(&text);
	return r < 0 ? err_wrap(err, r, "image %s", name) : 0;
}

/* The name that the layout gives; tools that write only a tag there leave the image without one. */
static int name_in_layout(
	const struct import *i, const struct image_descriptor *d, char **ret, struct err *err)
{
	const char *name = d->full_name ? d->full_name : d->ref_name;

	if (!name)
		return err_set(err, -EINVAL, "%s has an image without a name: say --name", i->path);
	if (!strpbrk(name, "/:"))
		return err_set(err, -EINVAL,
			"%s calls its image only \"%s\", which is a tag: say --name NAME:%s", i->path, name,
			name);
	return canonical_name(name, ret, err);
}

/* --name is for one image; an index of one image for several platforms counts as one. */
static int import_renamed(struct import *i, const struct image_descriptors *index, struct err *err)
{
	const struct image_descriptor *d = index->count == 1 ? &index->items[0]
							     : image_index_choose(index, i->architecture);

	if (!d)
		return err_set(err, -EINVAL, "%s holds %zu images: --name is for one", i->path, index->count);
	return import_descriptor(i, d, i->name, err);
}

static int import_layout(struct import *i, struct err *err)
{
	struct image_descriptors index = { 0 };
	struct buf text = BUF_INIT;
	int r = fs_read(i->fd, "index.json", IMAGE_JSON_MAX, &text, err);

	if (r == 0)
		r = image_index_parse(i->arena, text.data, text.len, &index, err);
	buf_done(&text);
	if (r < 0)
		return err_wrap(err, r, "%s: index.json", i->path);
	if (index.count == 0)
		return err_set(err, -ENOENT, "%s holds no image", i->path);
	if (i->name)
		return import_renamed(i, &index, err);
	for (size_t n = 0; r == 0 && n < index.count; n++) {
		_cleanup_(freep) char *name = NULL;

		r = name_in_layout(i, &index.items[n], &name, err);
		if (r == 0)
			r = import_descriptor(i, &index.items[n], name, err);
	}
	return r;
}

/* --- docker-archive --------------------------------------------------------------------------- */

static const char *layer_type(const struct copied *c)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (memcmp(c->head, gzip, sizeof(gzip)) == 0)
		return "application/vnd.oci.image.layer.v1.tar+gzip";
	if (memcmp(c->head, zstd, sizeof(zstd)) == 0)
		return "application/vnd.oci.image.layer.v1.tar+zstd";
	return "application/vnd.oci.image.layer.v1.tar";
}

static void write_descriptor(struct json_writer *w, const char *type, const char *digest, int64_t size)
{
	json_begin_map(w);
	json_member_string(w, "mediaType", type);
	json_member_string(w, "digest", digest);
	json_member_int(w, "size", size);
	json_end_map(w);
}

/* Copies one layer file; what isn't compressed must be what the config says. */
static int import_docker_layer(
	struct import *i, const char *file, const char *diff_id, struct json_writer *w, struct err *err)
{
	struct copied c;
	int r = copy_blob(i, "layer", file, NULL, -1, &c, err);

	if (r < 0)
		return r;
	const char *type = layer_type(&c);
	if (str_ends(type, ".tar") && !str_eq(c.digest, diff_id))
		return err_set(err, -EBADMSG,
			"layer %s is damaged: %s in %s has the digest %s; save the image again", diff_id,
			file, i->path, c.digest);
	write_descriptor(w, type, c.digest, c.size);
	return 0;
}

static int import_docker_layers(struct import *i, const struct value *layers,
	const struct image_config *config, struct json_writer *w, struct err *err)
{
	size_t count = layers && layers->type == VALUE_LIST ? layers->list.count : 0;
	int r = 0;

	if (count != config->diff_ids.count)
		return err_set(
			err, -EBADMSG, "%zu layers, its config says %zu", count, config->diff_ids.count);
	for (size_t n = 0; r == 0 && n < count; n++)
		r = import_docker_layer(i, str_or_empty(value_string(layers->list.items[n])),
			config->diff_ids.items[n], w, err);
	return r;
}

/* Makes an OCI manifest for one entry of manifest.json; RET_DIGEST gets that manifest's. */
static int import_docker_image(struct import *i, const struct value *entry, char *ret_digest, struct err *err)
{
	const char *file = str_or_empty(value_get_string(entry, "Config"));
	_cleanup_(closep) int fd = open_source(i, "config", "", file, err);
	struct buf config_text = BUF_INIT, manifest = BUF_INIT;
	struct json_writer w = JSON_WRITER(&manifest, 0);
	struct image_config config;
	char digest[sizeof("sha256:") + 64];

	if (fd < 0)
		return fd;
	int r = fs_read_fd(fd, file, IMAGE_JSON_MAX, &config_text, err);
	if (r == 0)
		r = image_config_parse(i->arena, config_text.data, config_text.len, &config, err);
	if (r == 0)
		r = write_blob(i, &config_text, digest, err);
	if (r == 0) {
		json_begin_map(&w);
		json_member_int(&w, "schemaVersion", 2);
		json_member_string(&w, "mediaType", manifest_type);
		json_key(&w, "config");
		write_descriptor(&w, config_type, digest, (int64_t)config_text.len);
		json_key(&w, "layers");
		json_begin_list(&w);
		r = import_docker_layers(i, value_get(entry, "Layers"), &config, &w, err);
		json_end_list(&w);
		json_end_map(&w);
	}
	if (r == 0)
		r = write_blob(i, &manifest, ret_digest, err);
	buf_done(&config_text);
	buf_done(&manifest);
	return r;
}

static int import_docker_entry(struct import *i, const struct value *entry, struct err *err)
{
	const struct value *tags = value_get(entry, "RepoTags");
	size_t count = tags && tags->type == VALUE_LIST ? tags->list.count : 0;
	char digest[sizeof("sha256:") + 64];

	if (!i->name && count == 0)
		return err_set(err, -EINVAL, "%s has an image without a name: say --name", i->path);
	int r = import_docker_image(i, entry, digest, err);
	if (r < 0)
		return err_wrap(err, r, "image %s",
			i->name ? i->name : str_or_empty(value_string(tags->list.items[0])));
	if (i->name)
		return publish(i, i->name, digest, err);
	for (size_t n = 0; r == 0 && n < count; n++) {
		_cleanup_(freep) char *name = NULL;

		r = canonical_name(value_string(tags->list.items[n]), &name, err);
		if (r == 0)
			r = publish(i, name, digest, err);
	}
	return r;
}

static int import_docker(struct import *i, struct err *err)
{
	struct buf text = BUF_INIT;
	struct value *v = NULL;
	int r = fs_read(i->fd, "manifest.json", IMAGE_JSON_MAX, &text, err);

	if (r == 0)
		r = json_parse(i->arena, text.data, text.len, &v, err);
	buf_done(&text);
	if (r == 0 && (v->type != VALUE_LIST || v->list.count == 0))
		r = err_set(err, -EBADMSG, "a list of images was expected");
	if (r < 0)
		return err_wrap(err, r, "%s: manifest.json", i->path);
	if (i->name && v->list.count != 1)
		return err_set(
			err, -EINVAL, "%s holds %zu images: --name is for one", i->path, v->list.count);
	for (size_t n = 0; r == 0 && n < v->list.count; n++)
		r = import_docker_entry(i, v->list.items[n], err);
	return r;
}

/* --- sources ---------------------------------------------------------------------------------- */

static int import_directory(struct import *i, struct err *err)
{
	if (fs_exists(i->fd, "index.json"))
		return import_layout(i, err);
	if (fs_exists(i->fd, "manifest.json"))
		return import_docker(i, err);
	return err_set(err, -EINVAL,
		"%s is neither an OCI image layout (index.json) nor an image archive (docker save, skopeo "
		"copy)",
		i->path);
}

static int import_file(struct import *i, struct err *err)
{
	_cleanup_(freep) char *tmp = xasprintf("%s/tmp/import-%d", i->store->dir, (int)getpid());
	int r = fs_remove_tree(AT_FDCWD, tmp, err);

	if (r == 0)
		r = fs_mkdir_p(AT_FDCWD, tmp, 0700, err);
	if (r == 0)
		r = i->fd = fs_open_dir(AT_FDCWD, tmp, err);
	if (r >= 0)
		r = unpack_archive(i->path, i->fd, err);
	if (r >= 0)
		r = import_directory(i, err);
	fs_remove_tree(AT_FDCWD, tmp, NULL);
	return r;
}

static int import_path(struct import *i, struct err *err)
{
	struct stat st;

	if (stat(i->path, &st) < 0)
		return err_errno(err, -errno, "%s", i->path);
	if (!S_ISDIR(st.st_mode))
		return import_file(i, err);
	i->fd = fs_open_dir(AT_FDCWD, i->path, err);
	return i->fd < 0 ? i->fd : import_directory(i, err);
}

int image_import(
	struct image_store *s, const char *path, const char *name, struct image_imports *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(freep) char *canonical = NULL;
	struct utsname machine;
	struct import i = { .store = s, .arena = arena, .fd = -1, .path = path, .results = ret };
	int r = name ? canonical_name(name, &canonical, err) : 0;

	*ret = (struct image_imports){ 0 };
	uname(&machine);
	i.name = canonical;
	i.architecture = arena_strdup(arena, image_architecture(machine.machine));
	if (r < 0)
		return r;
	int incoming = store_incoming(s, err);
	r = incoming < 0 ? incoming : import_path(&i, err);
	fd_close(i.fd);
	fd_close(incoming);
	store_collect(s, NULL); /* what a failed import or a renamed image left; the import itself is done */
	if (r < 0)
		image_imports_done(ret);
	return r < 0 ? r : 0;
}

void image_imports_done(struct image_imports *i)
{
	for (size_t n = 0; n < i->count; n++) {
		free(i->items[n].name);
		free(i->items[n].digest);
	}
	free(i->items);
	*i = (struct image_imports){ 0 };
}
