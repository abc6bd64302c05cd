/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"

enum { PROBE_SIZE = 16 << 10, RESERVE_SIZE = 64 << 10 };

bool disk_is_full(int code)
{
	return code == -ENOSPC || code == -EDQUOT;
}

static char *file_in(const char *state_dir, const char *name)
{
	return xasprintf("%s/%s", state_dir, name);
}

static int reserve(const char *state_dir)
{
	_cleanup_(freep) char *path = file_in(state_dir, "reserve");
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	r = -posix_fallocate(fd, 0, RESERVE_SIZE);
	if (r < 0)
		unlink(path);
	return r;
}

static int write_something(const char *state_dir)
{
	static const char data[PROBE_SIZE];
	_cleanup_(freep) char *path = file_in(state_dir, "probe");
	int r = fs_write(AT_FDCWD, path, data, sizeof(data), 0600, 0, NULL);

	unlink(path);
	return r;
}

int disk_probe(const char *state_dir, struct err *err)
{
	int r = reserve(state_dir);

	if (r >= 0)
		r = write_something(state_dir);
	if (r >= 0)
		return 0;
	return err_set(err, r, "%s takes nothing (%s): %s; what runs goes on, what is new waits", state_dir,
		strerror(-r), disk_is_full(r) ? "free some space there" : "look at its file system");
}

void disk_give_reserve(const char *state_dir)
{
	_cleanup_(freep) char *path = file_in(state_dir, "reserve");

	unlink(path);
}
