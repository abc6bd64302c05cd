/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/netns.h"

struct tcp {
	struct loop *loop;
	char *host, *netns;
	int port;
	tcp_fn fn;
	void *arg;
	int fd;
	struct loop_source *source;
	struct proc *lookup;
};

static struct tcp *tcp_free(struct tcp *t)
{
	loop_source_free(t->source);
	fd_close(t->fd);
	free(t->host);
	free(t->netns);
	free(t);
	return NULL;
}

struct tcp *tcp_cancel(struct tcp *t)
{
	if (!t)
		return NULL;
	t->lookup = t->lookup ? proc_cancel(t->lookup) : NULL;
	return tcp_free(t);
}

static void finish(struct tcp *t, int fd, const struct err *err)
{
	t->fn(fd, err, t->arg);
	tcp_free(t);
}

static int on_writable(int fd, uint32_t events, void *arg)
{
	struct tcp *t = arg;
	struct err err = { 0 };
	int code = 0;
	socklen_t size = sizeof(code);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		code = errno;
	t->source = loop_source_free(t->source);
	if (code != 0) {
		err_errno(&err, -code, "connecting to %s, port %d", t->host, t->port);
		finish(t, -1, &err);
	} else
		finish(t, TAKE_FD(t->fd), NULL);
	return 0;
}

/* -EINVAL: TEXT is no address. */
static int address_parse(const char *text, int port, struct sockaddr_storage *ret, socklen_t *ret_size)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof(v4));
		*ret_size = sizeof(v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof(v6));
		*ret_size = sizeof(v6);
		return 0;
	}
	return -EINVAL;
}

static int begin(struct tcp *t, const struct sockaddr_storage *address, socklen_t size, struct err *err)
{
	t->fd = netns_socket(t->netns, address->ss_family, SOCK_STREAM | SOCK_NONBLOCK, err);
	if (t->fd < 0)
		return t->fd;
	if (connect(t->fd, (const struct sockaddr *)address, size) < 0 && errno != EINPROGRESS)
		return err_errno(err, -errno, "connecting to %s, port %d", t->host, t->port);
	return loop_io(t->loop, t->fd, EPOLLOUT, on_writable, t, &t->source, err);
}

/* "ADDRESS  STREAM NAME" */
static void on_resolved(const struct proc_result *result, const struct err *failed, void *arg)
{
	struct tcp *t = arg;
	struct sockaddr_storage address;
	socklen_t size = 0;
	struct err err = { 0 };
	int r = 0;

	t->lookup = NULL;
	if (failed)
		r = err_set(&err, failed->code, "%s", err_text(failed));
	else {
		char *text = result->out.data;

		text[strcspn(text, " \t\n")] = '\0';
		if (result->status != 0 || address_parse(text, t->port, &address, &size) < 0)
			r = err_set(&err, -ENOENT, "no address of %s is known", t->host);
	}
	if (r >= 0)
		r = begin(t, &address, size, &err);
	if (r < 0)
		finish(t, -1, &err);
}

static int resolve(struct tcp *t, struct err *err)
{
	const char *argv[] = { "getent", "ahosts", "--", t->host, NULL };
	struct proc_spec spec = { .argv = argv };

	return proc_start(t->loop, &spec, on_resolved, t, &t->lookup, err);
}

int tcp_open(struct loop *l, const struct tcp_target *target, tcp_fn fn, void *arg, struct tcp **ret,
	struct err *err)
{
	struct tcp *t = xcalloc(1, sizeof(*t));
	struct sockaddr_storage address;
	socklen_t size = 0;
	int r;

	*t = (struct tcp){ .loop = l,
		.host = xstrdup(target->host),
		.netns = target->netns ? xstrdup(target->netns) : NULL,
		.port = target->port,
		.fn = fn,
		.arg = arg,
		.fd = -1 };
	r = address_parse(t->host, t->port, &address, &size) < 0 ? resolve(t, err)
								 : begin(t, &address, size, err);
	if (r < 0) {
		tcp_free(t);
		return r;
	}
	*ret = t;
	return 0;
}
