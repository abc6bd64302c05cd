/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/volume_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { HASH_SHOWN = 20, GROUP_FILE = 0440, GROUP_DIR = 02550 };

static const char data_link[] = "..data";
static const char data_new[] = "..data_tmp";

struct writer {
	int fd; /* of the volume */
	const char *path;
	const struct volume_files *files;
	int64_t gid;
};

/* What makes two sets of files different: names, modes, group, bytes. */
static void hash_files(const struct writer *w, char ret[SHA256_HEX])
{
	struct sha256_state *s = sha256_new();
	uint8_t digest[SHA256_SIZE];

	for (size_t i = 0; i < w->files->count; i++) {
		const struct volume_file *f = &w->files->items[i];
		_cleanup_(freep) char *head = xasprintf(
			"%s\n%o %zu %lld\n", f->path, f->mode, f->data.len, (long long)w->gid);

		sha256_update(s, head, strlen(head));
		sha256_update(s, f->data.data, f->data.len);
	}
	sha256_final(s, digest);
	sha256_free(s);
	str_hex(digest, sizeof(digest), ret);
	ret[HASH_SHOWN] = '\0';
}

/* Where ..data points to, "" where it isn't there. */
static void read_current(const struct writer *w, char ret[NAME_MAX + 1])
{
	ssize_t n = readlinkat(w->fd, data_link, ret, NAME_MAX);

	ret[n > 0 ? n : 0] = '\0';
}

static int give_to_group(const struct writer *w, int fd, const char *name, unsigned mode, struct err *err)
{
	/* The owner first: changing it clears set-group-ID. */
	if ((w->gid >= 0 && fchown(fd, (uid_t)-1, (gid_t)w->gid) < 0) || fchmod(fd, mode) < 0)
		return err_errno(err, -errno, "setting mode and group of %s/%s", w->path, name);
	return 0;
}

static int make_dir(const struct writer *w, int dirfd, const char *name, struct err *err)
{
	if (mkdirat(dirfd, name, 0755) < 0)
		return errno == EEXIST ? 0
				       : err_errno(err, -errno, "creating directory %s/%s", w->path, name);
	_cleanup_(closep) int fd = fs_open_dir(dirfd, name, err);
	return fd < 0 ? fd : give_to_group(w, fd, name, 0755 | (w->gid >= 0 ? GROUP_DIR : 0), err);
}

/* All directories above PATH. */
static int make_parents(const struct writer *w, int dirfd, const char *path, struct err *err)
{
	int r = 0;

	for (const char *slash = strchr(path, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
		_cleanup_(freep) char *parent = xstrndup(path, (size_t)(slash - path));

		r = make_dir(w, dirfd, parent, err);
	}
	return r;
}

static int write_file(const struct writer *w, int dirfd, const struct volume_file *f, struct err *err)
{
	int r = make_parents(w, dirfd, f->path, err);

	if (r < 0)
		return r;
	_cleanup_(freep) char *name = xasprintf("%s/%s", w->path, f->path);
	_cleanup_(closep) int fd = fs_open_beneath(
		dirfd, f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, err);
	if (fd < 0)
		return err_wrap(err, fd, "%s", w->path);
	r = fs_write_fd(fd, name, f->data.data, f->data.len, err);
	return r < 0 ? r : give_to_group(w, fd, f->path, f->mode | (w->gid >= 0 ? GROUP_FILE : 0), err);
}

static int write_files(const struct writer *w, const char *stamp, struct err *err)
{
	int r = make_dir(w, w->fd, stamp, err);
	_cleanup_(closep) int fd = r < 0 ? -1 : fs_open_dir(w->fd, stamp, err);

	if (fd < 0)
		return r < 0 ? r : fd;
	for (size_t i = 0; r == 0 && i < w->files->count; i++)
		r = write_file(w, fd, &w->files->items[i], err);
	return r;
}

static int swap_data(const struct writer *w, const char *stamp, struct err *err)
{
	unlinkat(w->fd, data_new, 0);
	if (symlinkat(stamp, w->fd, data_new) < 0 || renameat(w->fd, data_new, w->fd, data_link) < 0)
		return err_errno(err, -errno, "swapping %s/%s", w->path, data_link);
	return 0;
}

/* The first component of PATH; owned by the caller. */
static char *first_component(const char *path)
{
	return xstrndup(path, strcspn(path, "/"));
}

static int make_links(const struct writer *w, struct err *err)
{
	for (size_t i = 0; i < w->files->count; i++) {
		_cleanup_(freep) char *name = first_component(w->files->items[i].path);
		_cleanup_(freep) char *target = xasprintf("%s/%s", data_link, name);

		if (symlinkat(target, w->fd, name) < 0 && errno != EEXIST)
			return err_errno(err, -errno, "creating %s/%s", w->path, name);
	}
	return 0;
}

/* Links to files that are gone, and all but the CURRENT directory. */
static int remove_stale(const struct writer *w, const char *current, struct err *err)
{
	struct map wanted = { 0 };
	struct arena *arena = arena_new(0);
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(w->fd, ".", &names, &count, err);

	for (size_t i = 0; i < w->files->count; i++) {
		const char *path = w->files->items[i].path;

		map_put(&wanted, arena_strndup(arena, path, strcspn(path, "/")), arena);
	}
	map_put(&wanted, data_link, arena);
	map_put(&wanted, current, arena);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!map_has(&wanted, names[i]))
			r = fs_remove_tree(w->fd, names[i], err);
	fs_names_free(names, count);
	map_done(&wanted);
	arena_free(arena);
	return r < 0 ? err_wrap(err, r, "%s", w->path) : 0;
}

/* "..2026_01_02_03_04_05.HASH"; of the same second and content: the one that is there. */
static char *stamp_name(nsec_t now, const char *hash)
{
	time_t seconds = (time_t)(now / NSEC_PER_SEC);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "..%Y_%m_%d_%H_%M_%S", gmtime_r(&seconds, &tm));
	return xasprintf("%s.%s", text, hash);
}

int volume_write(int dirfd, const char *path, const struct volume_files *files, int64_t gid, nsec_t now,
	bool *ret_changed, struct err *err)
{
	struct writer w = { .fd = dirfd, .path = path, .files = files, .gid = gid };
	char hash[SHA256_HEX], current[NAME_MAX + 1];

	hash_files(&w, hash);
	read_current(&w, current);
	*ret_changed = !str_ends(current, hash);
	if (!*ret_changed)
		return make_links(&w, err);
	_cleanup_(freep) char *stamp = stamp_name(now, hash);
	int r = fs_remove_tree(dirfd, stamp, err);
	if (r == 0)
		r = write_files(&w, stamp, err);
	if (r == 0)
		r = swap_data(&w, stamp, err);
	if (r < 0) {
		fs_remove_tree(dirfd, stamp, NULL);
		return r;
	}
	r = make_links(&w, err);
	return r == 0 ? remove_stale(&w, stamp, err) : r;
}
