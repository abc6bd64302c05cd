/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What runtime.c (ends, open, close), runtime_start.c, runtime_adopt.c and runtime_delete.c share. Private to them.
 *
 * Each runtime_container holds what it waits for: conmon's pipe, conmon's pidfd, a child of the runtime's. conmon's end
 * without an exit file means that it was killed: the container is then killed too, as nobody would see its end.
 */
#pragma once

#include "lib/base/map.h"
#include "nodeagent/runtime.h"
#include "nodeagent/runtime_text.h"

struct runtime {
	struct loop *loop;
	char *run_dir, *root, *program;
	int watch; /* inotify on exits/ */
	struct loop_source *watch_source;
	struct map containers; /* by id */
};

struct runtime_container {
	struct runtime *rt;
	char *id;
	runtime_fn fn;
	void *arg;
	int pipe;
	struct loop_source *pipe_source;
	struct buf answer; /* conmon's, from the pipe */
	int conmon_fd;     /* pidfd */
	struct loop_source *conmon_source;
	pid_t conmon;
	int init_fd;                     /* pidfd of the container's first process */
	struct loop_source *init_source; /* only once conmon is lost */
	pid_t pid;
	struct proc *child; /* crun start or crun delete under way */
	nsec_t start_called;
	struct loop_source *later;   /* what is due is delivered from the loop */
	bool created, started, over; /* over: ENDED or FAILED was delivered */
	bool start_due, deleted_due; /* STARTED, DELETED: not yet delivered */
	bool unwanted;               /* signalled before it was created */
	bool has_end;                /* the end is known, not yet delivered: */
	struct runtime_event end;
};

/* RUN_DIR/DIR/ID; owned by the caller. */
char *runtime_path(const struct runtime *rt, const char *dir, const char *id);
struct runtime_container *runtime_container_new(struct runtime *rt, const char *id, runtime_fn fn, void *arg);
struct runtime_container *runtime_container_free(struct runtime_container *c);
/* Calls the owner. */
void runtime_deliver(struct runtime_container *c, const struct runtime_event *ev);

/* Reads exits/ID; false where there is none (or it is not whole yet). */
bool runtime_end_read(struct runtime_container *c);
/* Delivers a known end, but not before a start that is under way has told its own. */
void runtime_end_deliver(struct runtime_container *c);
/* Delivers what is due (STARTED, the end, DELETED), at the end of the loop's turn. */
void runtime_deliver_later(struct runtime_container *c);
/* It runs, or has run: tells so, and its end where that is known. */
void runtime_started(struct runtime_container *c);
/* Watches conmon_fd. */
int runtime_conmon_watch(struct runtime_container *c, struct err *err);
/* conmon is gone: with an exit file all is well, without one the container is killed and its end awaited. */
void runtime_conmon_ended(struct runtime_container *c);

/* Nobody has let ID run its first instruction yet: the runtime takes the fifo away as it does. */
bool runtime_not_started(const struct runtime *rt, const char *id);
/* Lets C, which is created, run its first instruction: STARTED comes, or FAILED. */
void runtime_start_call(struct runtime_container *c);

/* Exit file, persist directory and socket of ID. */
void runtime_traces_remove(struct runtime *rt, const char *id);
/* The fields that we use of /proc/PID/stat. -ESRCH: there is no such process. */
int runtime_process_stat(pid_t pid, struct runtime_stat *ret);
