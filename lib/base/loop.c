/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * sd-event dispatches one source for each of its iterations. A turn here is one iteration that
 * may wait and as many (to a bound, so that a busy descriptor starves nobody) as are ready
 * after it; then the deferred work runs, which therefore sees all that the turn brought.
 *
 * With each iteration the kernel tells sd-event of every descriptor that is ready: of thousands that are ready at once each
 * would be told of thousands of times. So loop_io's descriptors are in an epoll instance of their own, which is
 * one source to sd-event, and tells of a batch at a time, each in its turn.
 *
 * Handlers may free any source, their own too: nothing touches a source once its handler was called, and one that is freed
 * leaves the batch.
 */
#include "lib/base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "lib/base/mem.h"

enum {
	TURN_MAX = 64,       /* iterations of a turn, so that a descriptor that is always ready has no more */
	TURN_HANDLERS = 512, /* of descriptors; the last batch is run to its end */
	BATCH_MAX = 64,
	TIMER_ACCURACY_USEC = 100
};

struct loop_source {
	struct loop *loop; /* counted */
	sd_event_source *event;
	union {
		loop_io_fn io;
		loop_fn plain;
		loop_child_fn child;
		loop_signal_fn signal;
	} fn;
	void *arg;
	int fd;          /* loop_child: the pidfd; loop_io: what is watched; else -1 */
	bool io;         /* it is in the loop's own epoll */
	uint32_t events; /* loop_io: what is asked for */
	/* loop_defer: place in the list of what is to run. */
	bool armed;
	struct loop_source *next;
	/* loop_reap: place in the list of what the loop owns; what is to be killed, and when. */
	struct loop_source **reap_prev, *reap_next;
	pid_t group;
	struct loop_source *deadline;
};

struct loop {
	sd_event *event;
	unsigned refs; /* the owner and each source */
	bool stopped, failed;
	int code;
	int epoll; /* of loop_io's descriptors */
	sd_event_source *ready;
	struct epoll_event batch[BATCH_MAX]; /* [batch_count]; those before batch_next have had their turn */
	int batch_count, batch_next;
	int ran; /* handlers of descriptors, in this turn */
	struct loop_source *deferred, **deferred_tail;
	struct loop_source *reaps;
};

static int on_ready(sd_event_source *event, int fd, uint32_t events, void *userdata);

static void loop_unref(struct loop *l)
{
	if (--l->refs > 0)
		return;
	sd_event_source_disable_unref(l->ready);
	sd_event_unref(l->event);
	fd_close(l->epoll);
	free(l);
}

int loop_new(struct loop **ret, struct err *err)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	int r;

	l->refs = 1;
	l->deferred_tail = &l->deferred;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = l->epoll < 0 ? -errno : sd_event_new(&l->event);
	if (r >= 0)
		r = sd_event_add_io(l->event, &l->ready, l->epoll, EPOLLIN, on_ready, l);
	if (r < 0) {
		loop_unref(l);
		return err_errno(err, r, "creating an event loop");
	}
	*ret = l;
	return 0;
}

static int kill_group(void *arg);
static void reap_free(struct loop_source *s);

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	while (l->reaps) {
		kill_group(l->reaps);
		reap_free(l->reaps);
	}
	loop_unref(l);
	return NULL;
}

void loop_freep(struct loop **l)
{
	*l = loop_free(*l);
}

void loop_stop(struct loop *l, int code)
{
	l->stopped = true;
	l->code = code;
}

/* What a handler returned: an error ends the loop, the first one counts. */
static int handled(struct loop *l, int r)
{
	if (r < 0 && !l->stopped) {
		loop_stop(l, r);
		l->failed = true;
	}
	return 0;
}

/* Runs what was armed before; what is armed meanwhile stands behind it and has its turn next. */
static bool run_deferred(struct loop *l)
{
	size_t count = 0;
	bool ran = false;

	for (struct loop_source *s = l->deferred; s; s = s->next)
		count++;
	for (; count > 0 && l->deferred && !l->stopped; count--) {
		struct loop_source *s = l->deferred;

		l->deferred = s->next;
		if (!l->deferred)
			l->deferred_tail = &l->deferred;
		s->next = NULL;
		s->armed = false;
		handled(l, s->fn.plain(s->arg));
		ran = true;
	}
	return ran;
}

static uint64_t usec_round_up(nsec_t t)
{
	if (t <= 0)
		return 0;
	return (uint64_t)t / 1000 + ((uint64_t)t % 1000 != 0);
}

int loop_turn(struct loop *l, nsec_t timeout, struct err *err)
{
	uint64_t wait = timeout == NSEC_NEVER ? UINT64_MAX : usec_round_up(timeout);
	bool ran = false;

	if (l->deferred)
		wait = 0;
	l->ran = 0;
	for (int i = 0; i < TURN_MAX && l->ran < TURN_HANDLERS && !l->stopped; i++) {
		int r = sd_event_run(l->event, i == 0 ? wait : 0);

		if (r < 0)
			return err_errno(err, r, "running the event loop");
		if (r == 0)
			break;
		ran = true;
	}
	return run_deferred(l) || ran;
}

int loop_run(struct loop *l, struct err *err)
{
	while (!l->stopped) {
		int r = loop_turn(l, NSEC_NEVER, err);

		if (r < 0)
			return r;
	}

	int code = l->code;
	if (l->failed)
		err_errno(err, code, "an event's handler failed");
	l->stopped = l->failed = false;
	l->code = 0;
	return code;
}

static struct loop_source *source_new(struct loop *l, void *arg)
{
	struct loop_source *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->arg = arg;
	s->fd = -1;
	l->refs++;
	return s;
}

/* Hands S to the caller, or frees it where R is an error. */
static int source_return(
	struct loop_source *s, int r, const char *what, struct loop_source **ret, struct err *err)
{
	if (r < 0) {
		loop_source_free(s);
		return err_errno(err, r, "watching %s", what);
	}
	*ret = s;
	return 0;
}

/* A batch of descriptors that are ready. What is left of it when the loop stops is told again: they stay ready. */
static int on_ready(sd_event_source *event, int fd, uint32_t events, void *userdata)
{
	struct loop *l = userdata;
	int count = epoll_wait(fd, l->batch, BATCH_MAX, 0);

	(void)event;
	(void)events;
	l->batch_count = count;
	for (l->batch_next = 0; l->batch_next < l->batch_count && !l->stopped;) {
		const struct epoll_event *e = &l->batch[l->batch_next++];
		struct loop_source *s = e->data.ptr;
		/* Somebody before it may have asked for less, or freed it. */
		uint32_t told = s ? e->events & (s->events | EPOLLHUP | EPOLLERR) : 0;

		if (told) {
			l->ran++;
			handled(l, s->fn.io(s->fd, told, s->arg));
		}
	}
	l->batch_count = 0;
	return count < 0 && errno != EINTR ? handled(l, -errno) : 0;
}

static void io_remove(struct loop_source *s)
{
	struct loop *l = s->loop;

	/* Closed before: then the kernel has forgotten it. */
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	for (int i = l->batch_next; i < l->batch_count; i++)
		if (l->batch[i].data.ptr == s)
			l->batch[i].data.ptr = NULL;
}

static int io_control(struct loop_source *s, int operation)
{
	struct epoll_event e = { .events = s->events, .data.ptr = s };

	return epoll_ctl(s->loop->epoll, operation, s->fd, &e) < 0 ? -errno : 0;
}

int loop_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg, struct loop_source **ret,
	struct err *err)
{
	struct loop_source *s = source_new(l, arg);
	int r;

	s->fn.io = fn;
	s->fd = fd;
	s->events = events;
	r = io_control(s, EPOLL_CTL_ADD);
	s->io = r >= 0;
	return source_return(s, r, "a descriptor", ret, err);
}

int loop_io_set_events(struct loop_source *s, uint32_t events)
{
	if (s->events == events)
		return 0;
	s->events = events;
	return io_control(s, EPOLL_CTL_MOD);
}

static int on_time(sd_event_source *event, uint64_t usec, void *userdata)
{
	struct loop_source *s = userdata;
	struct loop *l = s->loop;

	(void)event;
	(void)usec;
	return handled(l, s->fn.plain(s->arg));
}

int loop_timer_set(struct loop_source *s, nsec_t when)
{
	if (when == NSEC_NEVER)
		return sd_event_source_set_enabled(s->event, SD_EVENT_OFF);

	int r = sd_event_source_set_time(s->event, usec_round_up(when));
	return r < 0 ? r : sd_event_source_set_enabled(s->event, SD_EVENT_ONESHOT);
}

int loop_timer(struct loop *l, nsec_t when, loop_fn fn, void *arg, struct loop_source **ret, struct err *err)
{
	struct loop_source *s = source_new(l, arg);

	s->fn.plain = fn;
	int r = sd_event_add_time(
		l->event, &s->event, CLOCK_MONOTONIC, usec_round_up(when), TIMER_ACCURACY_USEC, on_time, s);
	if (r >= 0)
		r = loop_timer_set(s, when);
	return source_return(s, r, "a timer", ret, err);
}

/* The pidfd is readable: the child is a zombie. Reaped by pidfd, so that no other process can be meant. */
static int on_child(sd_event_source *event, int fd, uint32_t events, void *userdata)
{
	struct loop_source *s = userdata;
	struct loop *l = s->loop;
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0)
		return handled(l, -errno);
	if (info.si_pid == 0)
		return 0;
	sd_event_source_set_enabled(event, SD_EVENT_OFF);
	return handled(l, s->fn.child(&info, s->arg));
}

int loop_child(
	struct loop *l, int pidfd, loop_child_fn fn, void *arg, struct loop_source **ret, struct err *err)
{
	struct loop_source *s = source_new(l, arg);

	s->fn.child = fn;
	s->fd = pidfd;
	return source_return(
		s, sd_event_add_io(l->event, &s->event, pidfd, EPOLLIN, on_child, s), "a child", ret, err);
}

static void reap_free(struct loop_source *s)
{
	int pidfd = s->fd;

	loop_source_free(s->deadline);
	*s->reap_prev = s->reap_next;
	if (s->reap_next)
		s->reap_next->reap_prev = s->reap_prev;
	loop_source_free(s);
	fd_close(pidfd);
}

static int on_reaped(const siginfo_t *info, void *arg)
{
	(void)info;
	reap_free(arg);
	return 0;
}

/* Its child is not reaped: until then the group's number is taken. */
static int kill_group(void *arg)
{
	const struct loop_source *s = arg;

	if (s->group > 0)
		kill(-s->group, SIGKILL);
	return 0;
}

static int reap(struct loop *l, int pidfd, struct loop_source **ret)
{
	struct loop_source *s;
	int r = loop_child(l, pidfd, on_reaped, NULL, &s, NULL);

	if (r < 0) {
		fd_close(pidfd);
		return r;
	}
	s->arg = s;
	s->reap_next = l->reaps;
	s->reap_prev = &l->reaps;
	if (l->reaps)
		l->reaps->reap_prev = &s->reap_next;
	l->reaps = s;
	*ret = s;
	return 0;
}

int loop_reap(struct loop *l, int pidfd)
{
	struct loop_source *s;

	return reap(l, pidfd, &s);
}

int loop_end_group(struct loop *l, int pidfd, pid_t group, nsec_t grace)
{
	struct loop_source *s;
	int r;

	kill(-group, SIGTERM);
	r = reap(l, pidfd, &s);
	if (r < 0) {
		kill(-group, SIGKILL);
		return r;
	}
	s->group = group;
	return loop_timer(l, time_monotonic() + grace, kill_group, s, &s->deadline, NULL);
}

static int on_signal(sd_event_source *event, const struct signalfd_siginfo *info, void *userdata)
{
	struct loop_source *s = userdata;
	struct loop *l = s->loop;

	(void)event;
	return handled(l, s->fn.signal((int)info->ssi_signo, s->arg));
}

int loop_signal(
	struct loop *l, int signo, loop_signal_fn fn, void *arg, struct loop_source **ret, struct err *err)
{
	struct loop_source *s = source_new(l, arg);
	sigset_t set;

	s->fn.signal = fn;
	sigemptyset(&set);
	sigaddset(&set, signo);

	int r = sigprocmask(SIG_BLOCK, &set, NULL) < 0
			? -errno
			: sd_event_add_signal(l->event, &s->event, signo, on_signal, s);
	return source_return(s, r, "a signal", ret, err);
}

int loop_defer(struct loop *l, loop_fn fn, void *arg, struct loop_source **ret, struct err *err)
{
	struct loop_source *s = source_new(l, arg);

	s->fn.plain = fn;
	return source_return(s, 0, "the end of turns", ret, err);
}

void loop_defer_arm(struct loop_source *s)
{
	struct loop *l = s->loop;

	if (s->armed)
		return;
	s->armed = true;
	*l->deferred_tail = s;
	l->deferred_tail = &s->next;
}

static void defer_disarm(struct loop_source *s)
{
	struct loop *l = s->loop;
	struct loop_source **at = &l->deferred;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (!*at)
		l->deferred_tail = at;
}

struct loop_source *loop_source_free(struct loop_source *s)
{
	if (!s)
		return NULL;
	if (s->armed)
		defer_disarm(s);
	if (s->io)
		io_remove(s);
	if (s->event)
		sd_event_source_disable_unref(s->event);
	loop_unref(s->loop);
	free(s);
	return NULL;
}

void loop_source_freep(struct loop_source **s)
{
	*s = loop_source_free(*s);
}
