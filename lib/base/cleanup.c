/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void freep(void *p)
{
	void *owned;

	/* P is a char ** as well as a struct x **: reading it as a void ** would break the aliasing rules. */
	memcpy(&owned, p, sizeof(owned));
	free(owned);
}

int fd_close(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

void closep(int *fd)
{
	*fd = fd_close(*fd);
}
