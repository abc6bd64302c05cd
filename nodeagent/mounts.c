/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { MOUNTINFO_MAX = 64 << 20 };

bool mounts_is_point(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) < 0)
		return false;
	return (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int mounts_unmount(const char *path, struct err *err)
{
	while (mounts_is_point(path))
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return err_errno(err, -errno, "unmounting %s", path);
	return 0;
}

/* Undoes the octal escapes of mountinfo (space, tab, newline, backslash) in place. */
static void unescape(char *s)
{
	char *to = s;

	for (const char *p = s; *p; to++) {
		if (p[0] == '\\' && p[1] && p[2] && p[3]) {
			*to = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

static bool is_beneath(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest && (*rest == '\0' || *rest == '/');
}

/* The mount points at and beneath DIR (canonical), in the order they were mounted. */
static int list_beneath(const char *dir, char ***ret, size_t *ret_count, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t cap = 0;
	char *save = NULL;
	int r = fs_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, err);

	for (char *line = strtok_r(text.data, "\n", &save); r == 0 && line;
		line = strtok_r(NULL, "\n", &save)) {
		char *fields = NULL, *point = strtok_r(line, " ", &fields);

		/* The fifth field (proc(5)). */
		for (int i = 0; i < 4 && point; i++)
			point = strtok_r(NULL, " ", &fields);
		if (!point)
			continue;
		unescape(point);
		if (!is_beneath(point, dir))
			continue;
		*ret = grow(*ret, &cap, *ret_count + 1, sizeof((*ret)[0]));
		(*ret)[(*ret_count)++] = xstrdup(point);
	}
	buf_done(&text);
	return r;
}

int mounts_unmount_beneath(const char *dir, struct err *err)
{
	_cleanup_(freep) char *real = realpath(dir, NULL);
	char **points = NULL;
	size_t count = 0;

	if (!real)
		return errno == ENOENT ? 0 : err_errno(err, -errno, "unmounting beneath %s", dir);
	int r = list_beneath(real, &points, &count, err);
	for (size_t i = count; r == 0 && i-- > 0;)
		if (umount2(points[i], MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL &&
			errno != ENOENT)
			r = err_errno(err, -errno, "unmounting %s", points[i]);
	fs_names_free(points, count);
	return r;
}

bool mounts_is_tmpfs(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && (st.f_type == TMPFS_MAGIC || st.f_type == RAMFS_MAGIC);
}
