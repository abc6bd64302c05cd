/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The event loop of every daemon: sd-event behind the handful of calls we use (the only file that knows sd-event is loop.c).
 *
 * One loop a process, one thread. Handlers mark work dirty and return; `loop_defer` runs the
 * drain once at the end of a turn. A handler's return value < 0 ends the loop with that error.
 * Sources are freed with loop_source_free, also from within their own handler; the loop does not own them.
 */
#pragma once

#include <signal.h>
#include <sys/epoll.h>

#include "lib/base/err.h"
#include "lib/base/time.h"

struct loop;
struct loop_source;

typedef int (*loop_io_fn)(int fd, uint32_t events, void *arg);
typedef int (*loop_fn)(void *arg);
typedef int (*loop_child_fn)(const siginfo_t *info, void *arg);
typedef int (*loop_signal_fn)(int signo, void *arg);

int loop_new(struct loop **ret, struct err *err);
struct loop *loop_free(struct loop *l);
void loop_freep(struct loop **l);
/* Runs until loop_stop or a handler's error; returns loop_stop's code or the error. */
int loop_run(struct loop *l, struct err *err);
/* One turn: waits at most TIMEOUT ns (NSEC_NEVER: for ever), dispatches what is ready. Returns 1 when something ran, 0 on time-out. For tests and short-lived programs. */
int loop_turn(struct loop *l, nsec_t timeout, struct err *err);
void loop_stop(struct loop *l, int code);

/* Calls FN when FD (borrowed) has any of EVENTS (EPOLLIN …). */
int loop_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg, struct loop_source **ret,
	struct err *err);
int loop_io_set_events(struct loop_source *s, uint32_t events);
/* One shot at monotonic time WHEN (time_monotonic's scale); NSEC_NEVER = not armed. Re-arm with loop_timer_set. Accuracy 1 ms. Timers that are due in the same turn come in no particular order. */
int loop_timer(struct loop *l, nsec_t when, loop_fn fn, void *arg, struct loop_source **ret, struct err *err);
int loop_timer_set(struct loop_source *s, nsec_t when);
/* Calls FN once when child PIDFD (borrowed) exits, having reaped it. */
int loop_child(
	struct loop *l, int pidfd, loop_child_fn fn, void *arg, struct loop_source **ret, struct err *err);
/* Takes PIDFD of a child that nobody waits for any more: reaps it when it exits. The loop owns what that needs. */
int loop_reap(struct loop *l, int pidfd);
/*
 * Ends one whose process group, GROUP, is its own, and takes PIDFD likewise: SIGTERM to the group now, SIGKILL once GRACE has passed, or with
 * the loop, unless the child was gone before.
 */
int loop_end_group(struct loop *l, int pidfd, pid_t group, nsec_t grace);
/* SIGNO is blocked in this thread and delivered here. */
int loop_signal(
	struct loop *l, int signo, loop_signal_fn fn, void *arg, struct loop_source **ret, struct err *err);
/* Runs FN once after this turn's other handlers, each time loop_defer_arm was called in the turn. */
int loop_defer(struct loop *l, loop_fn fn, void *arg, struct loop_source **ret, struct err *err);
void loop_defer_arm(struct loop_source *s);
struct loop_source *loop_source_free(struct loop_source *s);
void loop_source_freep(struct loop_source **s);
