/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/hook_run.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "nodeagent/exec.h"

struct hook {
	hook_done_fn fn;
	void *arg;
	struct exec_run *exec;
	struct loop_source *timer;
};

static struct hook *hook_free(struct hook *h)
{
	loop_source_free(h->timer);
	free(h);
	return NULL;
}

struct hook *hook_cancel(struct hook *h)
{
	if (!h)
		return NULL;
	exec_cancel(h->exec);
	return hook_free(h);
}

static void hook_done(struct hook *h, const char *failure)
{
	hook_done_fn fn = h->fn;
	void *arg = h->arg;

	hook_free(h);
	fn(failure, arg);
}

/* --- exec ---------------------------------------------------------------------------------------------------- */

static void on_exec_done(const struct exec_result *result, void *arg)
{
	struct hook *h = arg;
	_cleanup_(freep) char *failure = NULL;

	h->exec = NULL;
	if (result->status != 0)
		failure = xasprintf("its command exited with %d%s%s", result->status,
			*result->output ? ": " : "", result->output);
	hook_done(h, failure);
}

/* --- sleep --------------------------------------------------------------------------------------------------- */

static int on_slept(void *arg)
{
	hook_done(arg, NULL);
	return 0;
}

static int sleep_start(
	struct hook *h, const struct hook_target *t, const struct sleep_action *action, struct err *err)
{
	nsec_t now = time_monotonic();
	bool endless = action->seconds > (NSEC_NEVER - now) / NSEC_PER_SEC;
	nsec_t when = endless ? NSEC_NEVER : now + action->seconds * NSEC_PER_SEC;

	return loop_timer(t->node->loop, when, on_slept, h, &h->timer, err);
}

/* --- any ----------------------------------------------------------------------------------------------------- */

int hook_start(const struct hook_target *target, const struct lifecycle_handler *handler, hook_done_fn fn,
	void *arg, struct hook **ret, struct err *err)
{
	struct hook *h = xcalloc(1, sizeof(*h));
	int r;

	*h = (struct hook){ .fn = fn, .arg = arg };
	if (handler->exec)
		r = exec_start(
			target->node, target->id, &handler->exec->command, 0, on_exec_done, h, &h->exec, err);
	else if (handler->sleep)
		r = sleep_start(h, target, handler->sleep, err);
	else
		r = err_set(err, -EOPNOTSUPP, "%s hooks can't be run",
			handler->http_get     ? "httpGet"
			: handler->tcp_socket ? "tcpSocket"
					      : "such");
	if (r < 0) {
		hook_free(h);
		return r;
	}
	*ret = h;
	return 0;
}
