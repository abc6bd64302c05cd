/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The daemon whole, on a loop of the test's own, with a real home and repository. Every wait is for an event, with a bound. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/pintled.h"
#include "tests/unit/reconciler/repo_fixture.h"

struct fixture {
	char top[64], dir[80];
	struct loop *loop;
	struct home *home;
	struct pintled *pintled;
	char *path;       /* PATH before */
	unsigned commits; /* by commit_many */
};

#include "tests/unit/reconciler/daemon_fixture.h"

static inline int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	daemon_init(f, "pintle-commits");
	f->path = xstrdup(getenv("PATH"));
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	stop(f);
	setenv("PATH", f->path, 1);
	free(f->path);
	daemon_done(f);
	free(f);
	return 0;
}

static inline bool there(const struct fixture *f, const char *file)
{
	_cleanup_(freep) char *path = xasprintf("%s/actual/%s", f->dir, file);

	return fs_exists(AT_FDCWD, path);
}

static inline void await_gone(struct fixture *f, const char *file)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (there(f, file)) {
		if (time_monotonic() > end)
			fail_msg("%s does not go", file);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
}

/* A program named kustomize in front of PATH, a shell script. */
static inline void stand_in(const struct fixture *f, const char *script)
{
	_cleanup_(freep) char *program = xasprintf("%s/kustomize", f->top);
	_cleanup_(freep) char *text = xasprintf("#!/bin/sh\n%s\n", script);
	_cleanup_(freep) char *path = xasprintf("%s:%s", f->top, f->path);

	assert_int_equal(fs_write(AT_FDCWD, program, text, strlen(text), 0755, 0, NULL), 0);
	setenv("PATH", path, 1);
}
