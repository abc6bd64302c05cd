/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Mark and sweep. What a lease or a name holds is marked: manifest, config, layers, unpacked
 * layers. The rest is moved to tmp/ while the lock is held and deleted after, so that the lock is
 * short. An image that cannot be read might refer to anything: then nothing is swept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/image_ref.h"
#include "nodeagent/image_store_private.h"

struct marks {
	struct arena *arena;
	struct map blobs, layers; /* hex digits → nothing */
};

static void marks_done(struct marks *m)
{
	map_done(&m->blobs);
	map_done(&m->layers);
	arena_free(m->arena);
}

static void mark(struct marks *m, struct map *map, const char *digest)
{
	map_put(map, arena_strdup(m->arena, image_digest_hex(digest)), m);
}

static int mark_image(struct image_store *s, struct marks *m, const char *digest, struct err *err)
{
	_cleanup_(image_releasep) struct image *image = NULL;
	int r = store_load(s, digest, &image, err);

	if (r < 0)
		return r;
	mark(m, &m->blobs, digest);
	mark(m, &m->blobs, image->manifest.config.digest);
	for (size_t i = 0; i < image->manifest.layers.count; i++) {
		mark(m, &m->blobs, image->manifest.layers.items[i].digest);
		mark(m, &m->layers, image->config.diff_ids.items[i]);
	}
	return 0;
}

/* Moves what is in DIR and not marked to tmp/. */
static int sweep(struct image_store *s, const char *dir, const struct map *marked, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(s->fd, dir, &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (map_has(marked, names[i]))
			continue;
		_cleanup_(freep) char *from = xasprintf("%s/%s", dir, names[i]);
		_cleanup_(freep) char *to = xasprintf(
			"tmp/gone-%d-%s-%s", (int)getpid(), strrchr(dir, '/') ? "b" : "l", names[i]);
		if (renameat(s->fd, from, s->fd, to) < 0 && errno != ENOENT)
			r = err_errno(err, -errno, "removing %s/%s", s->dir, from);
	}
	fs_names_free(names, count);
	return r;
}

/* Takes entries without a name out of the index, but for those that a lease holds. 1: it changed. */
static int drop_nameless(struct image_store *s, struct store_index *index, struct err *err)
{
	bool changed = false;

	for (size_t i = index->count; i-- > 0;) {
		char **names = NULL;
		size_t count = 0;

		if (index->entries[i].name)
			continue;
		int r = store_leases_of(s, index->entries[i].digest, &names, &count, err);
		fs_names_free(names, count);
		if (r < 0)
			return r;
		if (count == 0) {
			store_index_remove(index, i);
			changed = true;
		}
	}
	return changed;
}

static int collect_locked(struct image_store *s, struct err *err)
{
	_cleanup_(store_index_done) struct store_index index = { 0 };
	_cleanup_(marks_done) struct marks m = { .arena = arena_new(0) };
	int r = store_index_read(s, &index, err);

	if (r == 0)
		r = drop_nameless(s, &index, err);
	if (r > 0)
		r = store_index_write(s, &index, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index.count; i++)
		if (mark_image(s, &m, index.entries[i].digest, NULL) < 0)
			return 0;
	r = sweep(s, "blobs/sha256", &m.blobs, err);
	return r == 0 ? sweep(s, "layers", &m.layers, err) : r;
}

/* Is anything coming in? Then returns -EWOULDBLOCK, else the descriptor that keeps it out. */
static int hold_incoming(struct image_store *s)
{
	_cleanup_(closep) int fd = openat(s->fd, "incoming", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int delete_leftovers(struct image_store *s, bool (*wanted)(const char *name), struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(s->fd, "tmp", &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_(freep) char *path = xasprintf("tmp/%s", names[i]);

		if (wanted(names[i]))
			r = fs_remove_tree(s->fd, path, err);
	}
	fs_names_free(names, count);
	return r < 0 ? err_wrap(err, r, "image store %s", s->dir) : 0;
}

static bool is_gone(const char *name)
{
	return str_starts(name, "gone-");
}

static bool is_unpack_or_gone(const char *name)
{
	return is_gone(name) || str_starts(name, "unpack-");
}

static bool is_any(const char *name)
{
	return *name != '\0';
}

int store_collect(struct image_store *s, struct err *err)
{
	int incoming = hold_incoming(s);

	if (incoming < 0)
		return 0;
	int lock = store_lock(s, err);
	int r = lock < 0 ? lock : collect_locked(s, err);
	fd_close(lock);
	fd_close(incoming);
	return r == 0 ? delete_leftovers(s, is_gone, err) : r;
}

int store_clean(struct image_store *s, struct err *err)
{
	int incoming = hold_incoming(s);
	int r = delete_leftovers(s, incoming >= 0 ? is_any : is_unpack_or_gone, err);

	fd_close(incoming);
	return r;
}
