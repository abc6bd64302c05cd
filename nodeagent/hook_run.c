/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/hook_run.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/exec.h"
#include "nodeagent/http_get.h"
#include "nodeagent/probe.h"

#define AGENT "kube-lifecycle/1.32"

struct hook {
	hook_done_fn fn;
	void *arg;
	struct exec_run *exec;
	struct http_get *get;
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
	http_get_cancel(h->get);
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

/* --- httpGet ------------------------------------------------------------------------------------------------- */

/* Any answer will do, whatever it says. */
static void on_got(const struct http_get_result *result, void *arg)
{
	struct hook *h = arg;
	_cleanup_(freep) char *failure = result->status ? NULL : xstrdup(str_or_empty(result->error));

	h->get = NULL;
	hook_done(h, failure);
}

static int get_start(
	struct hook *h, const struct hook_target *t, const struct http_get_action *action, struct err *err)
{
	struct http_get_spec spec = {
		.host = str_empty(action->host) ? t->pod_ip : action->host,
		.port = probe_port(t->spec, &action->port),
		.tls = str_eq(action->scheme, "HTTPS"),
		.path = action->path,
		.headers = &action->http_headers,
		.agent = AGENT,
	};

	if (spec.port <= 0)
		return err_set(err, -ENOENT, "no port of the container is called \"%s\"",
			str_or_empty(action->port.string));
	if (str_empty(spec.host))
		return err_set(err, -ENOENT, "the pod has no address");
	return http_get_start(t->node->loop, &spec, on_got, h, &h->get, err);
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
	else if (handler->http_get)
		r = get_start(h, target, handler->http_get, err);
	else if (handler->sleep)
		r = sleep_start(h, target, handler->sleep, err);
	else
		r = err_set(err, -EOPNOTSUPP, "%s hooks can't be run",
			handler->tcp_socket ? "tcpSocket" : "such");
	if (r < 0) {
		hook_free(h);
		return r;
	}
	*ret = h;
	return 0;
}
