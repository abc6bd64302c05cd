/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A directory of a test's own, open as a descriptor: scratch_setup and scratch_teardown are
 * cmocka fixtures, the descriptor is *state.
 */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"

struct scratch {
	char path[64];
	int fd;
};

static inline int scratch_setup(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));

	*s = (struct scratch){ .path = "/tmp/pintle-test-XXXXXX", .fd = -1 };
	if (!mkdtemp(s->path))
		return -1;
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = s;
	return s->fd < 0 ? -1 : 0;
}

static inline int scratch_teardown(void **state)
{
	struct scratch *s = *state;
	const char *const argv[] = { "rm", "-rf", "--one-file-system", s->path, NULL };
	int r = proc_check(&(struct proc_spec){ .argv = argv }, NULL, NULL);

	close(s->fd);
	free(s);
	return r;
}
