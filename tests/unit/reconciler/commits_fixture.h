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

#define PATIENCE (20 * NSEC_PER_SEC)

struct fixture {
	char top[64], dir[80];
	struct loop *loop;
	struct home *home;
	struct pintled *pintled;
	char *path;       /* PATH before */
	unsigned commits; /* by commit_many */
};

static inline void start(struct fixture *f)
{
	struct err err = { 0 };

	if (home_open(f->dir, &f->home, &err) < 0 ||
		pintled_new(f->loop, f->home, "test-host", &f->pintled, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void stop(struct fixture *f)
{
	f->pintled = pintled_free(f->pintled);
	f->home = home_free(f->home);
}

static inline int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->top, "/tmp/pintle-commits-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/home", f->top);
	assert_int_equal(home_create(f->dir, &(struct home_options){ 0 }, NULL), 0);
	assert_int_equal(loop_new(&f->loop, NULL), 0);
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
	loop_free(f->loop);
	fs_remove_tree(AT_FDCWD, f->top, NULL);
	free(f);
	return 0;
}

/* Files are indented for people: TEXT is looked for without white space. */
static inline void squeeze(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] != ' ' && b->data[i] != '\n')
			b->data[n++] = b->data[i];
	buf_truncate(b, n);
}

static inline bool file_has(const struct fixture *f, const char *path, const char *text)
{
	_cleanup_(freep) char *whole = xasprintf("%s/actual/%s", f->dir, path);
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	if (!fs_exists(AT_FDCWD, whole) || fs_read(AT_FDCWD, whole, 1 << 20, &b, NULL) < 0)
		return false;
	squeeze(&b);
	return strstr(b.data, text) != NULL;
}

/* Turns the loop until the file says TEXT. */
static inline void await_file(struct fixture *f, const char *path, const char *text)
{
	nsec_t end = time_monotonic() + PATIENCE;

	while (!file_has(f, path, text)) {
		if (time_monotonic() > end)
			fail_msg("%s does not come to say %s", path, text);
		assert_true(loop_turn(f->loop, NSEC_PER_SEC, NULL) >= 0);
	}
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
