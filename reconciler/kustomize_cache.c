/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One file a result: CACHE/<key>, a line with the SHA-256 of what follows, then the text. A file that is not what its
 * first line says (a disk that was full, a crash) counts as none: half a result would be taken for fewer objects.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/kustomize_parts.h"

enum { KEEP = 1000, HEADER = SHA256_HEX /* digits and the newline */ };

int kustomize_cache_get(const char *dir, const struct oid *key, size_t max, struct buf *ret)
{
	_cleanup_(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char name[OID_HEX], sum[SHA256_HEX];

	if (fd < 0 || fs_read(fd, oid_format(key, name), max + HEADER, &text, NULL) < 0 || text.len < HEADER)
		return -ENOENT;
	sha256_hex(text.data + HEADER, text.len - HEADER, sum);
	if (memcmp(text.data, sum, HEADER - 1) != 0 || text.data[HEADER - 1] != '\n')
		return -ENOENT;
	buf_add(ret, text.data + HEADER, text.len - HEADER);
	/* Its time is that of its last use. */
	utimensat(fd, name, NULL, 0);
	return 0;
}

struct kept {
	char *name;
	struct timespec used;
};

static int compare_used(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

static void remove_oldest(int fd)
{
	char **names;
	size_t count;

	if (fs_list(fd, ".", &names, &count, NULL) < 0)
		return;
	if (count > KEEP) {
		_cleanup_(freep) struct kept *all = xcalloc(count, sizeof(*all));

		for (size_t i = 0; i < count; i++) {
			struct stat st = { 0 };

			fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW);
			all[i] = (struct kept){ .name = names[i], .used = st.st_mtim };
		}
		qsort(all, count, sizeof(*all), compare_used);
		for (size_t i = 0; i < count - KEEP; i++)
			unlinkat(fd, all[i].name, 0);
	}
	fs_names_free(names, count);
}

void kustomize_cache_put(const char *dir, const struct oid *key, const char *text, size_t len)
{
	_cleanup_(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(buf_done) struct buf file = BUF_INIT;
	char name[OID_HEX], sum[SHA256_HEX];

	if (fd < 0)
		return;
	sha256_hex(text, len, sum);
	buf_addf(&file, "%s\n", sum);
	buf_add(&file, text, len);
	/* What is built may hold Secrets. */
	if (fs_write(fd, oid_format(key, name), file.data, file.len, 0600, FS_SYNC, NULL) == 0)
		remove_oldest(fd);
}
