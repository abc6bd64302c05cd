/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { INDENT = 4, DEPTH_MAX = 6 };

/* --- layout ----------------------------------------------------------------------------------- */

static void new_line(struct buf *out, size_t depth)
{
	size_t spaces = depth * INDENT;

	buf_addc(out, '\n');
	memset(buf_reserve(out, spaces), ' ', spaces);
	buf_extend(out, spaces);
}

/* Copies the string that starts at TEXT (a quote); returns its length. */
static size_t copy_string(const char *text, size_t len, struct buf *out)
{
	size_t n = 1;

	while (n < len && text[n] != '"')
		n += text[n] == '\\' ? 2 : 1;
	n = n < len ? n + 1 : len;
	buf_add(out, text, n);
	return n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_spaces(const char *text, size_t at, size_t len)
{
	while (at < len && is_space(text[at]))
		at++;
	return at;
}

void tree_render(const char *json, size_t len, struct buf *out)
{
	size_t depth = 0;

	for (size_t i = skip_spaces(json, 0, len); i < len; i = skip_spaces(json, i, len)) {
		char c = json[i];

		if (c == '"') {
			i += copy_string(json + i, len - i, out);
			continue;
		}
		i++;
		if (c == '{' || c == '[') {
			size_t next = skip_spaces(json, i, len);

			buf_addc(out, c);
			if (next < len && (json[next] == '}' || json[next] == ']')) {
				buf_addc(out, json[next]);
				i = next + 1;
			} else {
				new_line(out, ++depth);
			}
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
			new_line(out, depth);
			buf_addc(out, c);
		} else {
			buf_addc(out, c);
			if (c == ',')
				new_line(out, depth);
			else if (c == ':')
				buf_addc(out, ' ');
		}
	}
	buf_addc(out, '\n');
}

/* --- files ------------------------------------------------------------------------------------ */

static int write_new(int dirfd, const struct buf *text, struct err *err)
{
	_cleanup_(closep) int fd = openat(
		dirfd, ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_errno(err, -errno, "creating .new");
	return fs_write_fd(fd, ".new", text->data, text->len, err);
}

static int put_in_place(int dirfd, const char *path, struct err *err)
{
	if (renameat(dirfd, ".new", dirfd, path) == 0)
		return 0;
	if (errno == ENOENT) {
		int r = fs_mkdir_parents(dirfd, path, 0755, err);

		if (r < 0)
			return r;
		if (renameat(dirfd, ".new", dirfd, path) == 0)
			return 0;
	}
	return err_errno(err, -errno, "renaming .new");
}

int tree_write(int dirfd, const char *path, const char *json, size_t len, struct err *err)
{
	struct buf text = BUF_INIT;
	int r;

	tree_render(json, len, &text);
	r = write_new(dirfd, &text, err);
	buf_done(&text);
	if (r == 0)
		r = put_in_place(dirfd, path, err);
	return r < 0 ? err_wrap(err, r, "writing %s", path) : 0;
}

int tree_remove(int dirfd, const char *path, struct err *err)
{
	_cleanup_(freep) char *dir = xstrdup(path);

	if (unlinkat(dirfd, path, 0) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, -errno, "removing %s", path);
	for (char *slash; (slash = strrchr(dir, '/'));) {
		*slash = '\0';
		if (unlinkat(dirfd, dir, AT_REMOVEDIR) < 0 && errno != ENOENT)
			break;
	}
	return 0;
}

static int each_below(int dirfd, const char *dir, unsigned depth, tree_fn fn, void *arg, struct err *err)
{
	char **names;
	size_t count;
	int r = fs_list(dirfd, dir, &names, &count, err);

	if (r < 0)
		return r == -ENOTDIR || r == -ENOENT || r == -ELOOP ? 0 : r;
	for (size_t i = 0; i < count && r >= 0; i++) {
		_cleanup_(freep) char *path = str_eq(dir, ".") ? xstrdup(names[i])
							       : xasprintf("%s/%s", dir, names[i]);

		if (names[i][0] == '.')
			continue;
		if (str_ends(names[i], ".json"))
			r = fn(path, arg);
		else if (depth < DEPTH_MAX)
			r = each_below(dirfd, path, depth + 1, fn, arg, err);
	}
	fs_names_free(names, count);
	return r;
}

int tree_each(int dirfd, tree_fn fn, void *arg, struct err *err)
{
	return each_below(dirfd, ".", 0, fn, arg, err);
}
