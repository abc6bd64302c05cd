/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/trash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"

enum { COMMAND_MAX = 8, NAME_TRIES = 1000 };

struct trash {
	struct loop *loop;
	char *dir;
	const char *const *command;
	struct proc *child;
	struct loop_source *drain; /* starts a child at the end of the turn */
	nsec_t began;              /* names: they must not meet an earlier agent's */
	unsigned count;
	bool more; /* thrown since the child was started */
};

/* Removes what is in DIR; what can't be removed keeps nothing else from going. */
static int sweep(const char *dir, struct err *err)
{
	char **names = NULL;
	size_t count = 0;
	int r = fs_list(AT_FDCWD, dir, &names, &count, err);

	for (size_t i = 0; i < count; i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", dir, names[i]);
		int one = fs_remove_tree(AT_FDCWD, path, r < 0 ? NULL : err);

		if (one < 0 && r >= 0)
			r = one;
	}
	fs_names_free(names, count);
	return r < 0 ? r : 0;
}

int trash_main(int argc, char **argv)
{
	struct err err = { 0 };

	if (argc != 2 || sweep(argv[1], &err) < 0) {
		fprintf(stderr, "%s\n", argc != 2 ? "usage: sweep DIR" : err_text(&err));
		return 1;
	}
	return 0;
}

static void on_swept(const struct proc_result *result, const struct err *err, void *arg)
{
	struct trash *t = arg;

	t->child = NULL;
	if (err || result->status != 0)
		log_warning("removing what is in %s: %s", t->dir, err ? err_text(err) : result->errs.data);
	if (t->more)
		loop_defer_arm(t->drain);
}

static int on_drain(void *arg)
{
	struct trash *t = arg;
	const char *argv[COMMAND_MAX + 2] = { NULL };
	struct proc_spec spec = { .argv = argv, .die_with_parent = true };
	struct err err = { 0 };
	size_t n = 0;

	if (t->child || !t->more)
		return 0;
	for (; t->command[n] && n < COMMAND_MAX; n++)
		argv[n] = t->command[n];
	argv[n] = t->dir;
	t->more = false;
	if (proc_start(t->loop, &spec, on_swept, t, &t->child, &err) < 0)
		log_warning("removing what is in %s: %s", t->dir, err_text(&err));
	return 0;
}

int trash_open(
	struct loop *l, const char *dir, const char *const *command, struct trash **ret, struct err *err)
{
	struct trash *t = xcalloc(1, sizeof(*t));
	char **names = NULL;
	size_t count = 0;
	int r;

	*t = (struct trash){ .loop = l, .dir = xstrdup(dir), .command = command, .began = time_now() };
	r = fs_mkdir_p(AT_FDCWD, dir, 0700, err);
	if (r >= 0)
		r = fs_list(AT_FDCWD, dir, &names, &count, err);
	if (r >= 0)
		r = loop_defer(l, on_drain, t, &t->drain, err);
	fs_names_free(names, count);
	if (r < 0) {
		loop_source_free(t->drain);
		free(t->dir);
		free(t);
		return r;
	}
	t->more = count > 0;
	if (t->more)
		loop_defer_arm(t->drain);
	*ret = t;
	return 0;
}

struct trash *trash_close(struct trash *t)
{
	struct err err = { 0 };

	if (!t)
		return NULL;
	proc_cancel(t->child);
	if (sweep(t->dir, &err) < 0)
		log_warning("%s", err_text(&err));
	loop_source_free(t->drain);
	free(t->dir);
	free(t);
	return NULL;
}

/* 0, or -errno of the rename. */
static int move_aside(struct trash *t, const char *path)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		_cleanup_(freep) char *to = xasprintf("%s/%lld-%u", t->dir, (long long)t->began, t->count++);

		if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int trash_throw(struct trash *t, const char *path, struct err *err)
{
	int r = t ? move_aside(t, path) : -EXDEV;

	if (r == -ENOENT && fs_exists(AT_FDCWD, t->dir))
		return 0;
	if (r < 0)
		return fs_remove_tree(AT_FDCWD, path, err);
	t->more = true;
	loop_defer_arm(t->drain);
	return 0;
}
