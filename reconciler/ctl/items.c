/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/items.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "reconciler/tree_path.h"

struct adding {
	struct items *items;
	struct err *err;
};

static int add_file(const char *path, const char *text, size_t len, void *arg)
{
	struct adding *a = arg;
	return items_add(a->items, path, text, len, a->err);
}

int items_list(
	struct actual_reader *r, const struct kind *kind, const char *ns, struct items *ret, struct err *err)
{
	struct adding a = { ret, err };
	return actual_reader_list(r, kind->plural, kind->namespaced ? ns : "", add_file, &a, err);
}

int items_get(struct actual_reader *r, const struct kind *kind, const char *ns, const char *name,
	struct items *ret, struct err *err)
{
	struct buf text = BUF_INIT;
	_cleanup_(freep) char *path = tree_path(kind, kind->namespaced ? ns : NULL, name);
	int code = actual_reader_get(r, path, &text, err);
	if (code >= 0)
		code = items_add(ret, path, text.data, text.len, err);
	buf_done(&text);
	return code;
}

/* Waits for the journal's descriptor, or ALSO's, which is dealt with. 0: DEADLINE has passed. */
static int wait_readable(int fd, const struct follow_also *also, nsec_t deadline, struct err *err)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		{ .fd = also ? also->fd : -1, .events = POLLIN } };
	nsec_t left = deadline == NSEC_NEVER ? 0 : deadline - time_monotonic();
	if (left < 0)
		return 0;
	struct timespec ts = { .tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC };
	int n = ppoll(p, ARRAY_LEN(p), deadline == NSEC_NEVER ? NULL : &ts, NULL);
	if (n < 0 && errno != EINTR)
		return err_errno(err, -errno, "waiting for the journal");
	if (n > 0 && p[1].revents) {
		int r = also->readable(also->arg, err);
		if (r < 0)
			return r;
	}
	return n == 0 ? 0 : 1;
}

int follow(const char *dir, uint64_t since, nsec_t deadline, const struct follow_also *also, follow_fn fn,
	void *arg, struct err *err)
{
	_cleanup_(actual_follow_freep) struct actual_follow *f = NULL;
	struct actual_record record;
	int r = actual_follow_open(dir, since, &f, err);
	if (r < 0)
		return r;
	for (;;) {
		r = actual_follow_next(f, &record, err);
		if (r < 0)
			return r;
		bool none = r == 0;
		r = fn(none ? NULL : &record, arg);
		if (r != 0)
			return r;
		if (none && (r = wait_readable(actual_follow_fd(f), also, deadline, err)) <= 0)
			return r;
	}
}
