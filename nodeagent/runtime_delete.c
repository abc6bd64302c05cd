/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Making the runtime, and conmon's directories, forget a container that is over. */
#include <fcntl.h>
#include <stdlib.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "nodeagent/runtime_private.h"

void runtime_traces_remove(struct runtime *rt, const char *id)
{
	static const char *const dirs[] = { "exits", "persist", "socks" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		_cleanup_(freep) char *path = runtime_path(rt, dirs[i], id);

		fs_remove_tree(AT_FDCWD, path, NULL);
	}
}

/* Traces are gone: tells so, and frees itself. */
static void on_deleted(const struct proc_result *result, const struct err *err, void *arg)
{
	struct runtime_container *c = arg;

	(void)result;
	(void)err;
	c->child = NULL;
	runtime_traces_remove(c->rt, c->id);
	c->deleted_due = true;
	runtime_deliver_later(c);
}

/*
 * Of a container that has ended, and whose groups are gone, crun has no more than its directory; `crun delete` would
 * remove that, and nothing else (there are no hooks). False: the program is to see to it.
 */
static bool forget(struct runtime_container *c)
{
	_cleanup_(freep) char *dir = xasprintf("%s/%s", c->rt->root, c->id);

	return c->has_end && !c->end.lost && fs_remove_tree(AT_FDCWD, dir, NULL) == 0;
}

void runtime_delete(struct runtime_container *c, bool groups_gone)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", c->rt->root);
	const char *argv[] = { c->rt->program, root, "delete", "--force", c->id, NULL };
	struct proc_spec spec = { .argv = argv };
	struct proc_result none = { 0 };
	struct err err = { 0 };

	c->child = proc_cancel(c->child);
	c->start_due = false;
	if (groups_gone && forget(c)) {
		on_deleted(&none, NULL, c);
		return;
	}
	/* Without --force where it has surely ended: no waiting in the runtime then. */
	if (c->has_end && !c->end.lost) {
		argv[3] = c->id;
		argv[4] = NULL;
	}
	if (proc_start(c->rt->loop, &spec, on_deleted, c, &c->child, &err) < 0)
		on_deleted(&none, &err, c);
}
