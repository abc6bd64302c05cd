/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/actual_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/journal_text.h"
#include "reconciler/tree_path.h"

struct actual_reader {
	int fd; /* HOME/actual */
};

int actual_reader_open(const char *dir, struct actual_reader **ret, struct err *err)
{
	int fd = fs_open_dir(AT_FDCWD, dir, err);

	if (fd < 0)
		return fd;
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->fd = fd;
	return 0;
}

struct actual_reader *actual_reader_free(struct actual_reader *r)
{
	if (!r)
		return NULL;
	fd_close(r->fd);
	free(r);
	return NULL;
}

void actual_reader_freep(struct actual_reader **r)
{
	*r = actual_reader_free(*r);
}

uint64_t actual_reader_version(struct actual_reader *r)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct journal_record rec;

	if (fs_read(r->fd, ".flushed", 4096, &text, NULL) < 0 ||
		journal_record_parse(text.data, text.len, &rec) != 1 || rec.op != RECORD_FLUSHED)
		return 0;
	return rec.version;
}

int actual_reader_get(struct actual_reader *r, const char *path, struct buf *ret, struct err *err)
{
	/* Laid out it is longer than in the journal: four times is beyond any. */
	if (!tree_path_valid(path))
		return err_set(err, -ENOENT, "%s: not a path of the actual tree", path);
	return fs_read(r->fd, path, (size_t)4 * RECORD_TEXT_MAX, ret, err);
}

/* Directory DIR's names; one that is not there has none. */
static int list_dir(struct actual_reader *r, const char *dir, char ***ret, size_t *ret_count, struct err *err)
{
	int code = fs_list(r->fd, dir, ret, ret_count, err);
	size_t kept = 0;

	if (code == -ENOENT || code == -ENOTDIR) {
		err_clear(err);
		*ret = NULL;
		*ret_count = 0;
		return 0;
	}
	if (code < 0)
		return code;
	for (size_t i = 0; i < *ret_count; i++) {
		if ((*ret)[i][0] == '.')
			free((*ret)[i]);
		else
			(*ret)[kept++] = (*ret)[i];
	}
	*ret_count = kept;
	return 0;
}

/* Where KIND of NS (not NULL) lies. The caller frees it. */
static char *kind_dir(const char *kind, const char *ns)
{
	struct buf path = BUF_INIT;

	/* The directory of any object. */
	tree_path_add(&path, kind, ns, "x");
	buf_truncate(&path, path.len - strlen("/x.json"));
	return buf_take(&path);
}

static int list_kind(
	struct actual_reader *r, const char *dir, actual_reader_fn fn, void *arg, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char **names;
	size_t count;
	int code = list_dir(r, dir, &names, &count, err);

	if (code < 0)
		return code;
	for (size_t i = 0; i < count && code >= 0; i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", dir, names[i]);

		if (!str_ends(names[i], ".json"))
			continue;
		buf_clear(&text);
		code = actual_reader_get(r, path, &text, err);
		if (code == 0)
			code = fn(path, text.data, text.len, arg);
		else if (code == -ENOENT) /* deleted since the directory was read */
			code = 0;
	}
	fs_names_free(names, count);
	return code < 0 ? code : 0;
}

int actual_reader_namespaces(struct actual_reader *r, char ***ret, size_t *ret_count, struct err *err)
{
	return list_dir(r, "namespaces", ret, ret_count, err);
}

int actual_reader_kinds(
	struct actual_reader *r, const char *ns, char ***ret, size_t *ret_count, struct err *err)
{
	_cleanup_(freep) char *dir = kind_dir("x", ns);

	dir[strlen(dir) - strlen("/x")] = '\0';
	return list_dir(r, dir, ret, ret_count, err);
}

int actual_reader_list(struct actual_reader *r, const char *kind, const char *ns, actual_reader_fn fn,
	void *arg, struct err *err)
{
	char **names;
	size_t count;
	int code;

	if (ns) {
		_cleanup_(freep) char *dir = kind_dir(kind, ns);

		return list_kind(r, dir, fn, arg, err);
	}
	code = actual_reader_namespaces(r, &names, &count, err);
	if (code < 0)
		return code;
	for (size_t i = 0; i < count && code == 0; i++) {
		_cleanup_(freep) char *dir = xasprintf("namespaces/%s/%s", names[i], kind);

		code = list_kind(r, dir, fn, arg, err);
	}
	fs_names_free(names, count);
	return code;
}
