/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * sd-event dispatches one source for each of its iterations. A turn here is one iteration that
 * may wait and as many (to a bound, so that a busy descriptor starves nobody) as are ready
 * after it; then the deferred work runs, which therefore sees all that the turn brought.
 *
 * Handlers may free their own source: nothing touches a source once its handler was called.
 */
#include "lib/base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "lib/base/mem.h"

enum { TURN_MAX = 64, TIMER_ACCURACY_USEC = 100 };

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
	int fd; /* loop_child: the pidfd */
	/* loop_defer: place in the list of what is to run. */
	bool armed;
	struct loop_source *next;
	/* loop_reap: place in the list of what the loop owns. */
	struct loop_source **reap_prev, *reap_next;
};

struct loop {
	sd_event *event;
	unsigned refs; /* the owner and each source */
	bool stopped, failed;
	int code;
	struct loop_source *deferred, **deferred_tail;
	struct loop_source *reaps;
};

int loop_new(struct loop **ret, struct err *err)
{
	sd_event *event;
	int r = sd_event_new(&event);

	if (r < 0)
		return err_errno(err, r, "creating an event loop");

	struct loop *l = xcalloc(1, sizeof(*l));
	l->event = event;
	l->refs = 1;
	l->deferred_tail = &l->deferred;
	*ret = l;
	return 0;
}

static void loop_unref(struct loop *l)
{
	if (--l->refs > 0)
		return;
	sd_event_unref(l->event);
	free(l);
}

static void reap_free(struct loop_source *s);

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	while (l->reaps)
		reap_free(l->reaps);
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
	for (int i = 0; i < TURN_MAX && !l->stopped; i++) {
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

static int on_io(sd_event_source *event, int fd, uint32_t events, void *userdata)
{
	struct loop_source *s = userdata;
	struct loop *l = s->loop;

	(void)event;
	return handled(l, s->fn.io(fd, events, s->arg));
}

int loop_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg, struct loop_source **ret,
	struct err *err)
{
	struct loop_source *s = source_new(l, arg);

	s->fn.io = fn;
	return source_return(
		s, sd_event_add_io(l->event, &s->event, fd, events, on_io, s), "a descriptor", ret, err);
}

int loop_io_set_events(struct loop_source *s, uint32_t events)
{
	return sd_event_source_set_io_events(s->event, events);
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

int loop_reap(struct loop *l, int pidfd)
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
	return 0;
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
