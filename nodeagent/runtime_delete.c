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

static void on_deleted(const struct proc_result *result, const struct err *err, void *arg)
{
	struct runtime_container *c = arg;
	struct runtime_event ev = { .type = RUNTIME_DELETED, .at = time_now() };

	(void)result;
	(void)err;
	c->child = NULL;
	runtime_traces_remove(c->rt, c->id);
	runtime_deliver(c, &ev);
	runtime_container_free(c);
}

void runtime_delete(struct runtime_container *c)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", c->rt->root);
	const char *argv[] = { c->rt->program, root, "delete", "--force", c->id, NULL };
	struct proc_spec spec = { .argv = argv };
	struct proc_result none = { 0 };
	struct err err = { 0 };

	/* Without --force where it has surely ended: no waiting in the runtime then. */
	if (c->has_end && !c->end.lost) {
		argv[3] = c->id;
		argv[4] = NULL;
	}
	c->child = proc_cancel(c->child);
	if (proc_start(c->rt->loop, &spec, on_deleted, c, &c->child, &err) < 0)
		on_deleted(&none, &err, c);
}
