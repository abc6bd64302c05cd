/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A reconciler in this process, for as long as the commit takes. */
#include <errno.h>

#include "lib/base/loop.h"
#include "reconciler/ctl/items.h"
#include "reconciler/ctl/sync.h"
#include "reconciler/host_name.h"
#include "reconciler/pintled.h"

struct once {
	struct sync *sync;
	struct actual_follow *follow;
	int code; /* of sync_take */
};

static int on_journal(int fd, uint32_t events, void *arg)
{
	struct once *o = arg;
	struct actual_record record;
	int r;
	(void)fd;
	(void)events;
	while ((r = actual_follow_next(o->follow, &record, &o->sync->err)) > 0)
		if ((o->code = sync_take(&record, o->sync)) != 0)
			return 0;
	o->code = r < 0 ? r : sync_take(NULL, o->sync);
	return 0;
}

static int turn(struct once *o, struct loop *l, struct err *err)
{
	nsec_t deadline = o->sync->deadline, now = time_monotonic();
	if (deadline != NSEC_NEVER && now >= deadline)
		return 0;
	int r = loop_turn(l, deadline == NSEC_NEVER ? NSEC_NEVER : deadline - now, err);
	return r < 0 ? r : 1;
}

static int run(struct once *o, struct loop *l, struct err *err)
{
	uint64_t since;
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;
	int r = sync_list(o->sync, &since, err);
	if (r >= 0)
		r = actual_follow_open(o->sync->dir, since, &o->follow, err);
	if (r >= 0)
		r = loop_io(l, actual_follow_fd(o->follow), EPOLLIN, on_journal, o, &source, err);
	if (r >= 0)
		on_journal(-1, 0, o);
	while (r >= 0 && o->code == 0)
		if ((r = turn(o, l, err)) == 0)
			return 0;
	if (o->code < 0)
		*err = o->sync->err;
	return r < 0 ? r : o->code < 0 ? o->code : 0;
}

int sync_once(struct sync *s, struct err *err)
{
	_cleanup_(loop_freep) struct loop *l = NULL;
	struct pintled *p = NULL;
	struct once o = { .sync = s };
	char host[HOST_NAME_SIZE];
	host_node_name(host, sizeof(host));
	int r = home_drop_privileges(s->home, err);
	if (r >= 0)
		r = loop_new(&l, err);
	if (r >= 0)
		r = pintled_new(l, s->home, &(struct pintled_options){ .host_name = host }, &p, err);
	if (r == -EWOULDBLOCK)
		return err_set(err, r, "pintled is running: leave --once out");
	if (r >= 0)
		r = run(&o, l, err);
	actual_follow_free(o.follow);
	pintled_free(p);
	return r;
}
