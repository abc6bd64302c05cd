/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Containers through conmon and an OCI runtime (crun), asynchronously on the loop.
 *
 * A runtime_container is one attempt of one container, from runtime_start (or runtime_adopt, after the agent was
 * restarted) until runtime_delete. conmon is started as a child that outlives us; it calls `crun create` and
 * answers on a pipe; then the first instruction is let run. How it ended stands in a file that conmon writes.
 *
 *     RUN_DIR/crun      the runtime's root        RUN_DIR/exits/ID    exit code, written by conmon
 *     RUN_DIR/persist   conmon's "oom" files      RUN_DIR/socks       conmon's sockets
 *     RUN_DIR/bundles/ID  config.json (written by the caller), pidfile, ctl (conmon's fifo)
 *
 * Events come in this order: CREATED, STARTED, ENDED, or FAILED instead of the rest; then DELETED after
 * runtime_delete. Each comes once, from the loop, never from within a call.
 */
#pragma once

#include "lib/base/loop.h"

struct runtime;
struct runtime_container;

/* PROGRAM: the OCI runtime, "crun". RUN_DIR is borrowed. Makes the directories and watches for exits. */
int runtime_open(
	struct loop *l, const char *run_dir, const char *program, struct runtime **ret, struct err *err);
/* Containers go on; no event comes any more. */
struct runtime *runtime_close(struct runtime *rt);

enum runtime_event_type {
	RUNTIME_CREATED, /* pid, conmon: known; nothing has run yet */
	RUNTIME_STARTED, /* the first instruction runs, since `at` */
	RUNTIME_FAILED,  /* it never ran: message */
	RUNTIME_ENDED,   /* exit_code, oom, at; lost: conmon died first, so the code is made up */
	RUNTIME_DELETED, /* nothing is left; the runtime_container frees itself after the call */
};
struct runtime_event {
	enum runtime_event_type type;
	pid_t pid, conmon;
	int exit_code; /* 128 + signal for signals */
	bool oom, lost;
	nsec_t at; /* realtime */
	const char *message;
};
typedef void (*runtime_fn)(const struct runtime_event *ev, void *arg);

struct runtime_spec {
	const char *id;
	const char *log; /* path of the log file; its directory exists */
	bool terminal, stdin_open;
};
/* RUN_DIR/bundles/ID/config.json is there. Returns at once. */
int runtime_start(struct runtime *rt, const struct runtime_spec *spec, runtime_fn fn, void *arg,
	struct runtime_container **ret, struct err *err);

enum runtime_found {
	RUNTIME_FOUND_NOTHING, /* it never came to be (*RET NULL): what is left of it has been removed */
	RUNTIME_FOUND_CREATED, /* created, not started: it is started now; CREATED does not come again, STARTED will */
	RUNTIME_FOUND_RUNNING, /* it runs; ENDED will come */
	RUNTIME_FOUND_ENDED,   /* ENDED comes next */
};
struct runtime_known {
	pid_t pid;         /* 0: unknown, looked up in the pidfile */
	int64_t pid_start; /* 0: unknown */
};
/* Takes up container ID of an earlier agent. *KNOWN (in: from the record) is brought up to date, *RET_CONMON too. */
enum runtime_found runtime_adopt(struct runtime *rt, const char *id, struct runtime_known *known,
	runtime_fn fn, void *arg, struct runtime_container **ret, pid_t *ret_conmon);

/* Signals its init process; one that is gone already is fine. Before CREATED: it will not be started, FAILED comes. */
void runtime_signal(struct runtime_container *c, int signo);
/*
 * After FAILED or ENDED: removes its traces in the runtime, then DELETED comes. GROUPS_GONE: the caller has removed its
 * control groups, so no process of it is left; then the runtime's program need not be called.
 */
void runtime_delete(struct runtime_container *c, bool groups_gone);
/* Later events go to FN and ARG. */
void runtime_hand_over(struct runtime_container *c, runtime_fn fn, void *arg);
const char *runtime_id(const struct runtime_container *c);

/* "RUN_DIR/bundles/ID"; owned by the caller. */
char *runtime_bundle(const struct runtime *rt, const char *id);
/* The runtime's root directory (`--root`). Borrowed. */
const char *runtime_root(const struct runtime *rt);
const char *runtime_program(const struct runtime *rt);

/* Start time of process PID in clock ticks since boot (/proc/PID/stat, field 22), or -ESRCH. */
int64_t runtime_process_start(pid_t pid);
