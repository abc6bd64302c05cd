/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/socket_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

struct socket_watches {
	struct loop_source *io;
	int fd;
	struct map by_key; /* "WATCH/NAME" → struct socket_watch; several of one path are chained */
};

struct socket_watch {
	struct socket_watches *all;
	char *key;
	void (*fn)(void *arg);
	void *arg;
	struct socket_watch *next;
};

static char *key_of(int wd, const char *name)
{
	return xasprintf("%d/%s", wd, name);
}

static void tell(struct socket_watches *w, const struct inotify_event *e)
{
	_cleanup_(freep) char *key = key_of(e->wd, e->len > 0 ? e->name : "");

	for (struct socket_watch *s = map_get(&w->by_key, key), *next; s; s = next) {
		next = s->next;
		s->fn(s->arg);
	}
}

static int on_inotify(int fd, uint32_t events, void *arg)
{
	struct socket_watches *w = arg;
	char bytes[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)events;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const struct inotify_event *)(const void *)(bytes + at);

		tell(w, e);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	return 0;
}

int socket_watches_new(struct loop *loop, struct socket_watches **ret, struct err *err)
{
	struct socket_watches *w = xcalloc(1, sizeof(*w));
	int r = 0;

	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		r = err_errno(err, -errno, "watching for sockets");
	if (r == 0)
		r = loop_io(loop, w->fd, EPOLLIN, on_inotify, w, &w->io, err);
	if (r < 0) {
		socket_watches_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct socket_watches *socket_watches_free(struct socket_watches *w)
{
	if (!w)
		return NULL;
	loop_source_free(w->io);
	fd_close(w->fd);
	map_done(&w->by_key);
	free(w);
	return NULL;
}

int socket_watch_new(struct socket_watches *w, const char *path, void (*fn)(void *arg), void *arg,
	struct socket_watch **ret, struct err *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *dir = !slash ? xstrdup(".")
					    : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	int wd = inotify_add_watch(w->fd, dir, IN_CREATE | IN_MOVED_TO | IN_ATTRIB);
	struct socket_watch *s;

	if (wd < 0)
		return err_errno(err, -errno, "watching %s", dir);
	s = xcalloc(1, sizeof(*s));
	*s = (struct socket_watch){
		.all = w, .key = key_of(wd, slash ? slash + 1 : path), .fn = fn, .arg = arg
	};
	s->next = map_put(&w->by_key, s->key, s);
	*ret = s;
	return 0;
}

/* The directory's own watch stays: it may be another path's too, and there are few directories. */
struct socket_watch *socket_watch_free(struct socket_watch *s)
{
	struct socket_watch *first;

	if (!s)
		return NULL;
	first = map_get(&s->all->by_key, s->key);
	if (first == s && !s->next)
		map_remove(&s->all->by_key, s->key);
	else if (first == s)
		map_put(&s->all->by_key, s->next->key, s->next);
	else
		for (struct socket_watch *p = first; p; p = p->next)
			if (p->next == s)
				p->next = s->next;
	free(s->key);
	free(s);
	return NULL;
}
