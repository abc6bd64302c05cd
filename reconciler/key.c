/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The home's key. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/fs.h"
#include "reconciler/key.h"

static int key_make(const struct home *h, struct err *err)
{
	uint8_t key[WORLD_KEY_SIZE];
	int r;

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_errno(err, -errno, "drawing the home's key");
	r = fs_write(h->fd, "key", key, sizeof(key), 0600, FS_SYNC | FS_EXCLUSIVE, err);
	if (r < 0 && r != -EEXIST)
		return r;
	return home_own(h, "key", err);
}

int key_open(const struct home *h, uint8_t ret[WORLD_KEY_SIZE], struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int r;

	if (!fs_exists(h->fd, "key")) {
		r = key_make(h, err);
		if (r < 0)
			return r;
	}
	r = fs_read(h->fd, "key", WORLD_KEY_SIZE, &text, err);
	if (r < 0)
		return r;
	if (text.len != WORLD_KEY_SIZE)
		return err_set(
			err, -EBADMSG, "%s/key is damaged: it must be %d bytes", h->dir, WORLD_KEY_SIZE);
	memcpy(ret, text.data, WORLD_KEY_SIZE);
	return 0;
}
