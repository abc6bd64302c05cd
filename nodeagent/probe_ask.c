/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A try holds what it waits for, and a timer; what is known at once is told by the timer too. */
#include "nodeagent/probe_ask.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/exec.h"
#include "nodeagent/http_get.h"
#include "nodeagent/tcp.h"

#define AGENT "kube-probe/1.32"

struct probe_try {
	probe_ask_fn fn;
	void *arg;
	struct loop_source *timer;
	char *at_once; /* the answer was known at once: why, and what */
	enum probe_result result;
	int64_t seconds;
	struct exec_run *exec;
	struct http_get *get;
	struct tcp *tcp;
};

struct probe_try *probe_ask_cancel(struct probe_try *t)
{
	if (!t)
		return NULL;
	exec_cancel(t->exec);
	http_get_cancel(t->get);
	tcp_cancel(t->tcp);
	loop_source_free(t->timer);
	free(t->at_once);
	free(t);
	return NULL;
}

static void finish(struct probe_try *t, enum probe_result result, const char *text)
{
	t->fn(result, text, t->arg);
	probe_ask_cancel(t);
}

static void answer_at_once(struct probe_try *t, enum probe_result result, const char *text)
{
	t->result = result;
	t->at_once = xstrdup(text);
	loop_timer_set(t->timer, time_monotonic());
}

static int on_timer(void *arg)
{
	struct probe_try *t = arg;
	_cleanup_(freep) char *text = xasprintf("timed out after %llds", (long long)t->seconds);

	if (t->at_once)
		finish(t, t->result, t->at_once);
	else if (t->get && http_get_has_head(t->get))
		finish(t, PROBE_UNKNOWN, text);
	else
		finish(t, PROBE_FAILURE, text);
	return 0;
}

/* --- exec ---------------------------------------------------------------------------------------------------- */

static void on_exec(const struct exec_result *result, void *arg)
{
	struct probe_try *t = arg;
	_cleanup_(freep) char *status = xasprintf("exit status %d", result->status);

	t->exec = NULL;
	finish(t, result->status == 0 ? PROBE_SUCCESS : PROBE_FAILURE,
		str_empty(result->output) ? status : result->output);
}

static void ask_exec(struct probe_try *t, const struct probe_question *q)
{
	struct err err = { 0 };

	if (exec_start(q->node, q->container_id, &q->probe->exec->command, 0, on_exec, t, &t->exec, &err) < 0)
		answer_at_once(t, PROBE_UNKNOWN, err_text(&err));
}

/* --- httpGet ------------------------------------------------------------------------------------------------- */

static void on_get(const struct http_get_result *result, void *arg)
{
	struct probe_try *t = arg;
	_cleanup_(freep) char *text = xasprintf("HTTP probe failed with statuscode: %d", result->status);

	t->get = NULL;
	if (result->error)
		finish(t, result->status ? PROBE_UNKNOWN : PROBE_FAILURE, result->error);
	else if (result->status >= 200 && result->status < 400)
		finish(t, PROBE_SUCCESS, NULL);
	else
		finish(t, PROBE_FAILURE, text);
}

/* HOST, or else the pod's address, and PORT's number. False: they are not to be had, and that is the answer. */
static bool place_find(struct probe_try *t, const struct probe_question *q, const char *host,
	const struct int_or_string *port, const char **ret_host, int *ret_port)
{
	_cleanup_(freep) char *text = NULL;

	*ret_host = str_empty(host) ? q->address : host;
	*ret_port = probe_port(q->spec, port);
	if (*ret_port > 0 && !str_empty(*ret_host))
		return true;
	text = *ret_port > 0
		       ? xstrdup("the pod has no address")
		       : xasprintf("no port of the container is called \"%s\"", str_or_empty(port->string));
	answer_at_once(t, PROBE_UNKNOWN, text);
	return false;
}

static void ask_get(struct probe_try *t, const struct probe_question *q)
{
	const struct http_get_action *action = q->probe->http_get;
	struct http_get_spec spec = { .tls = str_eq(action->scheme, "HTTPS"),
		.path = action->path,
		.headers = &action->http_headers,
		.agent = AGENT };
	struct err err = { 0 };

	if (place_find(t, q, action->host, &action->port, &spec.host, &spec.port) &&
		http_get_start(q->node->loop, &spec, on_get, t, &t->get, &err) < 0)
		answer_at_once(t, PROBE_FAILURE, err_text(&err));
}

/* --- tcpSocket ----------------------------------------------------------------------------------------------- */

static void on_connected(int fd, const struct err *err, void *arg)
{
	struct probe_try *t = arg;

	t->tcp = NULL;
	fd_close(fd);
	finish(t, fd >= 0 ? PROBE_SUCCESS : PROBE_FAILURE, fd >= 0 ? NULL : err_text(err));
}

static void ask_tcp(struct probe_try *t, const struct probe_question *q)
{
	const struct tcp_socket_action *action = q->probe->tcp_socket;
	struct tcp_target target = { 0 };
	struct err err = { 0 };

	if (place_find(t, q, action->host, &action->port, &target.host, &target.port) &&
		tcp_open(q->node->loop, &target, on_connected, t, &t->tcp, &err) < 0)
		answer_at_once(t, PROBE_FAILURE, err_text(&err));
}

/* --- any ----------------------------------------------------------------------------------------------------- */

struct probe_try *probe_ask(const struct probe_question *q, probe_ask_fn fn, void *arg)
{
	struct probe_try *t = xcalloc(1, sizeof(*t));
	nsec_t until = time_monotonic() + q->probe->timeout_seconds * NSEC_PER_SEC;

	*t = (struct probe_try){ .fn = fn, .arg = arg, .seconds = q->probe->timeout_seconds };
	/* A loop that can't take a timer takes nothing else: the program is out of memory then. */
	loop_timer(q->node->loop, until, on_timer, t, &t->timer, NULL);
	if (q->probe->exec)
		ask_exec(t, q);
	else if (q->probe->http_get)
		ask_get(t, q);
	else if (q->probe->tcp_socket)
		ask_tcp(t, q);
	else
		answer_at_once(t, PROBE_UNKNOWN, "it can't be asked");
	return t;
}
