/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "nodeagent/netlink_watch.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/time.h"

/* Addresses and routes change several at once. */
#define PAUSE (50 * NSEC_PER_MSEC)

struct netlink_watch {
	struct netlink_watch_spec spec;
	struct netlink *events;
	struct loop_source *heard, *soon;
	bool armed; /* SOON is set */
};

static int on_heard(int fd, uint32_t events, void *arg)
{
	struct netlink_watch *w = arg;

	(void)fd, (void)events;
	if (netlink_hear(w->events, w->spec.is_news, w->spec.news_arg) != 0 && !w->armed) {
		loop_timer_set(w->soon, time_monotonic() + PAUSE);
		w->armed = true;
	}
	return 0;
}

static int on_soon(void *arg)
{
	struct netlink_watch *w = arg;

	w->armed = false;
	return w->spec.changed(w->spec.changed_arg);
}

int netlink_watch_new(
	struct loop *loop, const struct netlink_watch_spec *spec, struct netlink_watch **ret, struct err *err)
{
	_cleanup_(netlink_watch_freep) struct netlink_watch *w = xcalloc(1, sizeof(*w));
	int r = netlink_listen(&w->events, err);

	w->spec = *spec;
	if (r == 0)
		r = loop_timer(loop, NSEC_NEVER, on_soon, w, &w->soon, err);
	if (r == 0)
		r = loop_io(loop, netlink_fd(w->events), EPOLLIN, on_heard, w, &w->heard, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

struct netlink_watch *netlink_watch_free(struct netlink_watch *w)
{
	if (!w)
		return NULL;
	loop_source_free(w->heard);
	loop_source_free(w->soon);
	netlink_close(w->events);
	free(w);
	return NULL;
}

void netlink_watch_freep(struct netlink_watch **w)
{
	netlink_watch_free(*w);
}
