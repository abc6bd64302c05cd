/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A layer goes through two libarchive readers: the outer one undoes the compression and hands raw bytes
 * to the inner one, which reads tar. Between them every byte is hashed, also those behind the archive's
 * end, because the diff id covers the whole uncompressed file.
 *
 * The process has chrooted itself before the first entry is read, so libarchive may follow whatever links the
 * layer made itself. Nothing is looked up by name then (no users, no character sets: the locale is
 * UTF-8 and so are tar's names), as that would load code out of the layer.
 *
 * Whiteouts are noted and applied at the end: they hide what is in the layers below, never what this
 * layer brings, in whichever order its entries come.
 */
#include "nodeagent/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { CHUNK = 128 * 1024 };

static const char whiteout_prefix[] = ".wh.";
static const char opaque_marker[] = ".wh..wh..opq";
static const char opaque_attribute[] = "trusted.overlay.opaque";

struct names {
	char **items; /* owned */
	size_t count, cap;
};

struct unpack {
	struct archive *outer, *inner, *disk;
	struct sha256_state *hash;
	char *chunk;            /* CHUNK bytes */
	struct names whiteouts; /* paths that this layer deletes */
	struct names opaques;   /* directories that hide those below */
	bool inside;            /* the process is chrooted into it */
	const char *directory;  /* the target as the caller named it, for messages */
};

static void names_add(struct names *n, char *name)
{
	n->items = grow(n->items, &n->cap, n->count + 1, sizeof(n->items[0]));
	n->items[n->count++] = name;
}

static void unpack_done(struct unpack *u)
{
	archive_write_free(u->disk);
	archive_read_free(u->inner);
	archive_read_free(u->outer);
	sha256_free(u->hash);
	free(u->chunk);
	fs_names_free(u->whiteouts.items, u->whiteouts.count);
	fs_names_free(u->opaques.items, u->opaques.count);
}

/* What a reader has against the archive: damaged, unless the disk under it failed. */
static int reader_error(struct archive *a, struct err *err)
{
	const char *text = archive_error_string(a);

	return err_set(err, archive_errno(a) == EIO ? -EIO : -EBADMSG, "%s", text ? text : "unreadable");
}

/* What the disk has against an entry. */
static int disk_error(const struct unpack *u, const char *path, struct err *err)
{
	int code = archive_errno(u->disk);

	if (code <= 0)
		return err_set(err, -EIO, "%s/%s: %s", u->directory, path, archive_error_string(u->disk));
	return err_errno(err, -code, "%s/%s", u->directory, path);
}

/* --- paths ------------------------------------------------------------------------------------ */

/* "./a//b/" → "a/b", "/" → "."; NULL where a component is "..". Owned by the caller. */
static char *clean_path(const char *path)
{
	struct buf out = BUF_INIT;

	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");

		if (len == 2 && memcmp(p, "..", 2) == 0) {
			buf_done(&out);
			return NULL;
		}
		if (len > 0 && !(len == 1 && *p == '.')) {
			if (out.len > 0)
				buf_addc(&out, '/');
			buf_add(&out, p, len);
		}
		p += len + strspn(p + len, "/");
	}
	if (out.len == 0)
		buf_addc(&out, '.');
	return buf_take(&out);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The directory of a clean path, or "."; owned by the caller. */
static char *dir_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

static const char *raw_path(struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e);

	return path ? path : archive_entry_pathname_utf8(e);
}

/* --- whiteouts -------------------------------------------------------------------------------- */

/* Notes a whiteout. 1: PATH is one (or a marker of AUFS that means nothing here); 0: it is a file like others. */
static int note_whiteout(struct unpack *u, const char *path, struct err *err)
{
	const char *name = base_name(path), *hidden = str_after(name, whiteout_prefix);

	if (!hidden)
		return 0;
	if (str_eq(name, opaque_marker)) {
		names_add(&u->opaques, dir_name(path));
		return 1;
	}
	if (str_starts(hidden, whiteout_prefix))
		return 1;
	if (str_empty(hidden) || str_eq(hidden, ".") || str_eq(hidden, ".."))
		return err_set(err, -EBADMSG, "whiteout %s names no file", path);
	_cleanup_(freep) char *dir = dir_name(path);
	names_add(&u->whiteouts, xasprintf("%s/%s", dir, hidden));
	return 1;
}

static int make_opaque(const struct unpack *u, const char *path, struct err *err)
{
	int r = fs_mkdir_p(AT_FDCWD, path, 0755, err);

	if (r == 0 && setxattr(path, opaque_attribute, "y", 1, 0) < 0)
		r = err_errno(err, -errno, "making %s/%s opaque", u->directory, path);
	return r;
}

/* Hides PATH of the layers below; a directory that this layer brings in its place hides the old one's content. */
static int apply_whiteout(const struct unpack *u, const char *path, struct err *err)
{
	_cleanup_(freep) char *dir = dir_name(path);
	struct stat st, parent;

	if (lstat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? make_opaque(u, path, err) : 0;
	int r = fs_mkdir_p(AT_FDCWD, dir, 0755, err);
	if (r < 0)
		return r;
	if (stat(dir, &parent) < 0 || mknod(path, S_IFCHR, makedev(0, 0)) < 0)
		return err_errno(err, -errno, "hiding %s/%s", u->directory, path);
	const struct timespec times[2] = { parent.st_atim, parent.st_mtim };
	utimensat(AT_FDCWD, dir, times, 0); /* as the layer has it; a nicety */
	return 0;
}

static int apply_whiteouts(const struct unpack *u, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < u->opaques.count; i++)
		r = make_opaque(u, u->opaques.items[i], err);
	for (size_t i = 0; r == 0 && i < u->whiteouts.count; i++)
		r = apply_whiteout(u, u->whiteouts.items[i], err);
	return r;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The next uncompressed bytes, hashed: 0 at the end. */
static la_ssize_t read_plain(struct archive *inner, void *arg, const void **ret)
{
	struct unpack *u = arg;
	la_ssize_t n = archive_read_data(u->outer, u->chunk, CHUNK);

	if (n < 0) {
		archive_set_error(inner, archive_errno(u->outer), "%s", archive_error_string(u->outer));
		return -1;
	}
	sha256_update(u->hash, u->chunk, (size_t)n);
	*ret = u->chunk;
	return n;
}

static struct archive *new_filtered_reader(void)
{
	struct archive *a = archive_read_new();

	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	return a;
}

static int open_readers(struct unpack *u, const char *blob, struct err *err)
{
	struct archive_entry *e;
	struct stat st;

	if (stat(blob, &st) < 0)
		return err_errno(err, -errno, "%s", blob);
	if (st.st_size == 0)
		return err_set(err, -EBADMSG, "it is empty");
	u->outer = new_filtered_reader();
	archive_read_support_format_raw(u->outer);
	if (archive_read_open_filename(u->outer, blob, CHUNK) < ARCHIVE_WARN ||
		archive_read_next_header(u->outer, &e) < ARCHIVE_WARN)
		return reader_error(u->outer, err);
	u->inner = archive_read_new();
	archive_read_support_format_tar(u->inner);
	archive_read_support_format_empty(u->inner);
	u->hash = sha256_new();
	u->chunk = xcalloc(1, CHUNK);
	return 0;
}

static int open_disk(struct unpack *u)
{
	u->disk = archive_write_disk_new();
	return archive_write_disk_set_options(u->disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
							       ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_UNLINK |
							       ARCHIVE_EXTRACT_XATTR);
}

/* Attributes by which overlayfs reads meaning into files are ours to set, not a layer's. */
static void drop_overlay_attributes(struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t size;
	struct keep {
		char *name;
		void *value;
		size_t size;
	} *keep = NULL;
	size_t count = 0, cap = 0;

	for (archive_entry_xattr_reset(e); archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK;) {
		if (!name || str_starts(name, "trusted.overlay.") || str_starts(name, "user.overlay."))
			continue;
		keep = grow(keep, &cap, count + 1, sizeof(keep[0]));
		keep[count++] = (struct keep){ xstrdup(name), xmemdup(value, size), size };
	}
	archive_entry_xattr_clear(e);
	for (size_t i = 0; i < count; i++) {
		archive_entry_xattr_add_entry(e, keep[i].name, keep[i].value, keep[i].size);
		free(keep[i].name);
		free(keep[i].value);
	}
	free(keep);
}

/* A disk's answer that leaves the file incomplete; attributes that a file system can't hold are let go. */
static bool is_failure(struct archive *disk, int r)
{
	return r < ARCHIVE_WARN ||
	       (r < ARCHIVE_OK && (archive_errno(disk) == ENOSPC || archive_errno(disk) == EIO ||
					  archive_errno(disk) == EDQUOT));
}

static int write_data(struct unpack *u, const char *path, struct err *err)
{
	const void *data;
	size_t size;
	la_int64_t offset;
	int r;

	while ((r = archive_read_data_block(u->inner, &data, &size, &offset)) != ARCHIVE_EOF) {
		if (r < ARCHIVE_WARN)
			return reader_error(u->inner, err);
		if (is_failure(u->disk, (int)archive_write_data_block(u->disk, data, size, offset)))
			return disk_error(u, path, err);
	}
	return 0;
}

static int set_link_target(struct archive_entry *e, const char *path, struct err *err)
{
	const char *target = archive_entry_hardlink(e);

	if (!target)
		return 0;
	_cleanup_(freep) char *clean = clean_path(target);
	if (!clean)
		return err_set(err, -EBADMSG, "hard link %s leads out of the layer (%s)", path, target);
	archive_entry_copy_hardlink(e, clean);
	return 0;
}

static int write_entry(struct unpack *u, struct archive_entry *e, struct err *err)
{
	const char *raw = raw_path(e);
	_cleanup_(freep) char *path = raw ? clean_path(raw) : NULL;

	if (!path)
		return err_set(err, -EBADMSG, "entry \"%s\" leads out of the layer", str_or_empty(raw));
	int r = note_whiteout(u, path, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (str_eq(path, ".") && archive_entry_filetype(e) != AE_IFDIR)
		return err_set(err, -EBADMSG, "its root is no directory");
	archive_entry_copy_pathname(e, path);
	r = set_link_target(e, path, err);
	if (r < 0)
		return r;
	drop_overlay_attributes(e);
	if (is_failure(u->disk, archive_write_header(u->disk, e)))
		return disk_error(u, path, err);
	r = archive_entry_size(e) > 0 ? write_data(u, path, err) : 0;
	if (r == 0 && is_failure(u->disk, archive_write_finish_entry(u->disk)))
		r = disk_error(u, path, err);
	return r;
}

static int write_entries(struct unpack *u, struct err *err)
{
	struct archive_entry *e;
	int r;

	if (archive_read_open(u->inner, u, NULL, read_plain, NULL) < ARCHIVE_WARN)
		return reader_error(u->inner, err);
	while ((r = archive_read_next_header(u->inner, &e)) != ARCHIVE_EOF) {
		if (r < ARCHIVE_WARN)
			return reader_error(u->inner, err);
		r = write_entry(u, e, err);
		if (r < 0)
			return r;
	}
	if (is_failure(u->disk, archive_write_close(u->disk)))
		return disk_error(u, ".", err);
	return 0;
}

static int check_digest(struct unpack *u, const char *diff_id, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX];
	la_ssize_t n;

	while ((n = archive_read_data(u->outer, u->chunk, CHUNK)) > 0)
		sha256_update(u->hash, u->chunk, (size_t)n);
	if (n < 0)
		return reader_error(u->outer, err);
	sha256_final(u->hash, digest);
	str_hex(digest, sizeof(digest), hex);
	if (!str_eq(str_after(diff_id, "sha256:"), hex))
		return err_set(err, -EBADMSG, "its content is sha256:%s, the image says %s", hex, diff_id);
	return 0;
}

/* Makes the directory the process' root. */
static int enter(struct unpack *u, struct err *err)
{
	if (chdir(u->directory) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_errno(err, -errno, "changing root to %s", u->directory);
	u->inside = true;
	return chmod(".", 0755) < 0 ? err_errno(err, -errno, "%s", u->directory) : 0;
}

static int sync_all(const char *directory, struct err *err)
{
	_cleanup_(closep) int fd = fs_open_dir(AT_FDCWD, ".", err);

	if (fd < 0)
		return fd;
	return syncfs(fd) < 0 ? err_errno(err, -errno, "syncing %s", directory) : 0;
}

static int unpack_layer(struct unpack *u, const char *blob, const char *diff_id, struct err *err)
{
	int r = open_readers(u, blob, err);

	if (r == 0)
		r = enter(u, err);
	if (r == 0 && open_disk(u) < ARCHIVE_WARN)
		r = disk_error(u, ".", err);
	if (r == 0)
		r = write_entries(u, err);
	if (r == 0)
		r = check_digest(u, diff_id, err);
	if (r == 0)
		r = apply_whiteouts(u, err);
	return r == 0 ? sync_all(u->directory, err) : r;
}

/* Empties the directory again, here rather than in the process that waits. Only what this child made is in its root. */
static void remove_half(struct unpack *u)
{
	char **names = NULL;
	size_t count = 0;

	if (u->inside && fs_list(AT_FDCWD, ".", &names, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			fs_remove_tree(AT_FDCWD, names[i], NULL);
	fs_names_free(names, count);
}

int unpack_main(int argc, char **argv)
{
	_cleanup_(unpack_done) struct unpack u = { 0 };
	struct err err = { 0 };

	if (argc != 4) {
		fprintf(stderr, "usage: unpack BLOB DIFF-ID DIRECTORY\n");
		return 2;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(022);
	u.directory = argv[3];
	int r = unpack_layer(&u, argv[1], argv[2], &err);
	if (r == 0)
		return 0;
	remove_half(&u);
	printf("%d %s\n", -r, err_text(&err));
	return 1;
}

/* --- image archives --------------------------------------------------------------------------- */

static int write_archive_file(struct archive *a, int dirfd, const char *path, struct err *err)
{
	_cleanup_(closep) int fd = fs_open_beneath(
		dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600, err);

	if (fd < 0)
		return fd;
	if (archive_read_data_into_fd(a, fd) < ARCHIVE_WARN) {
		int code = archive_errno(a);

		return code == ENOSPC || code == EDQUOT ? err_errno(err, -code, "%s", path)
							: reader_error(a, err);
	}
	return 0;
}

/* mkdir -p beneath DIRFD, never through a link that leads out. */
static int make_beneath(int dirfd, const char *path, struct err *err)
{
	_cleanup_(freep) char *part = xstrdup(path);

	for (char *p = part;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		_cleanup_(freep) char *parent = dir_name(part);
		_cleanup_(closep) int fd = fs_open_beneath(dirfd, parent, O_PATH | O_DIRECTORY, 0, err);
		if (fd < 0)
			return fd;
		if (mkdirat(fd, base_name(part), 0700) < 0 && errno != EEXIST)
			return err_errno(err, -errno, "creating directory %s", part);
		if (c == '\0')
			return 0;
		*p = c;
	}
}

static int write_archive_link(struct archive_entry *e, int dirfd, const char *path, struct err *err)
{
	_cleanup_(freep) char *parent = dir_name(path);
	_cleanup_(closep) int fd = fs_open_beneath(dirfd, parent, O_PATH | O_DIRECTORY, 0, err);

	if (fd < 0)
		return fd;
	if (symlinkat(archive_entry_symlink(e), fd, base_name(path)) < 0)
		return err_errno(err, -errno, "%s", path);
	return 0;
}

static int write_archive_entry(struct archive *a, struct archive_entry *e, int dirfd, struct err *err)
{
	const char *raw = raw_path(e);
	_cleanup_(freep) char *path = raw ? clean_path(raw) : NULL;
	unsigned type = archive_entry_filetype(e);

	if (!path)
		return err_set(err, -EBADMSG, "entry \"%s\" leads out of the archive", str_or_empty(raw));
	if (str_eq(path, "."))
		return 0;
	_cleanup_(freep) char *parent = dir_name(path);
	int r = make_beneath(dirfd, type == AE_IFDIR ? path : parent, err);
	if (r == 0 && type == AE_IFREG && !archive_entry_hardlink(e))
		r = write_archive_file(a, dirfd, path, err);
	else if (r == 0 && type == AE_IFLNK)
		r = write_archive_link(e, dirfd, path, err);
	return r;
}

int unpack_archive(const char *path, int dirfd, struct err *err)
{
	struct archive *a = new_filtered_reader();
	struct archive_entry *e;
	int r, code = 0;

	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	if (archive_read_open_filename(a, path, CHUNK) < ARCHIVE_WARN)
		code = reader_error(a, err);
	while (code == 0 && (r = archive_read_next_header(a, &e)) != ARCHIVE_EOF)
		code = r < ARCHIVE_WARN ? reader_error(a, err) : write_archive_entry(a, e, dirfd, err);
	archive_read_free(a);
	return code < 0 ? err_wrap(err, code, "%s", path) : 0;
}
