/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What tests of repositories share: a directory, and the git program in it. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/oid.h"

struct fixture {
	char top[64];
	char bare[80]; /* a bare repository, made by make_bare */
	char work[80]; /* a clone of it, or a repository of its own */
};

/* Runs `sh -c SCRIPT` in the fixture's directory with $BARE and $WORK; fails the test where it fails. Returns its output (to free). */
static inline char *sh(const struct fixture *f, const char *script)
{
	_cleanup_(freep) char *bare = xasprintf("BARE=%s", f->bare);
	_cleanup_(freep) char *work = xasprintf("WORK=%s", f->work);
	const char *const argv[] = { "sh", "-ec", script, NULL };
	const char *const env[] = { bare, work, "GIT_AUTHOR_NAME=A U Thor",
		"GIT_AUTHOR_EMAIL=author@example.org", "GIT_COMMITTER_NAME=C O Mitter",
		"GIT_COMMITTER_EMAIL=committer@example.org", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", NULL };
	struct proc_spec spec = { .argv = argv, .env = env, .cwd = f->top };
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (proc_check(&spec, &out, &err) < 0)
		fail_msg("%s: %s", script, err.text);
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		buf_truncate(&out, out.len - 1);
	return buf_take(&out);
}

static inline void run(const struct fixture *f, const char *script)
{
	free(sh(f, script));
}

/*
 * An empty bare repository, and a work tree with one commit that is not pushed. Git waits a tenth of a second for a ref's lock,
 * which is too short for a busy machine that packs refs meanwhile.
 */
static inline void make_bare(const struct fixture *f)
{
	run(f, "git init -q --bare -b main $BARE; git -C $BARE config core.filesRefLockTimeout 20000; "
	       "git -C $BARE config core.packedRefsTimeout 20000; git init -q -b main $WORK; cd $WORK; "
	       "git remote add origin $BARE; echo 1 >a.txt; git add .; git commit -qm one");
}

static inline struct oid head_of(const struct fixture *f)
{
	_cleanup_(freep) char *hex = sh(f, "git -C $WORK rev-parse HEAD");
	struct oid id;

	assert_int_equal(oid_parse(hex, &id), 0);
	return id;
}

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->top, "/tmp/pintle-git-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->bare, sizeof(f->bare), "%s/bare.git", f->top);
	snprintf(f->work, sizeof(f->work), "%s/work", f->top);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	fs_remove_tree(AT_FDCWD, f->top, NULL);
	free(f);
	return 0;
}
