/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Child processes: argv only, never a shell; held by pidfd; standard input from /dev/null
 * or a buffer, output captured up to a bound; killed with their owner where asked.
 *
 * proc_spawn is the primitive; proc_run waits for it (for the CLI and tests); proc_start
 * runs it on a loop and calls back (for daemons: nothing in a daemon blocks).
 */
#pragma once

#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/loop.h"

struct proc_fd {
	int from; /* descriptor in this process, borrowed */
	int to;   /* number in the child */
};

/* RESOURCE as for setrlimit (RLIMIT_DATA …): soft and hard limit alike. */
struct proc_limit {
	int resource;
	uint64_t most;
};

struct proc_spec {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH unless it has a slash */
	const char *const *env;  /* NULL-terminated "K=V" added to or replacing the environment; or NULL */
	bool env_clear;          /* start from an empty environment (PATH is kept) */
	const char *cwd;         /* or NULL */
	const void *input;       /* bytes for stdin (proc_run, proc_start), or NULL: /dev/null */
	size_t input_len;
	size_t output_max;    /* bytes of stdout and of stderr kept each; 0: 64 KiB */
	bool output_ends;     /* more output than that is the child's end: SIGKILL to its process group */
	nsec_t timeout;       /* then SIGKILL to the child's process group; 0: none */
	bool die_with_parent; /* PR_SET_PDEATHSIG SIGKILL */
	bool new_session;     /* setsid */
	bool no_network; /* a network namespace of its own, empty (not root: within a user namespace too) */
	const struct proc_limit *limits; /* [limit_count] */
	size_t limit_count;
	/* further descriptors for the child, [fd_count]; targets > 2 (or 0..2 with proc_spawn) */
	const struct proc_fd *fds;
	size_t fd_count;
};

struct proc_result {
	int status; /* exit code, or 128 + signal */
	bool timed_out;
	bool overflowed; /* output_ends, and there was more */
	struct buf out;  /* stdout, cut at output_max */
	struct buf errs; /* stderr, likewise */
};
void proc_result_done(struct proc_result *r);

/*
 * Starts the child (default signal mask and dispositions; no descriptors but 0-2 and FDS).
 * Unless FDS says otherwise stdin is /dev/null, stdout and stderr are ours. INPUT, OUTPUT_MAX and
 * TIMEOUT are not looked at. Returns once the program was executed: its pidfd, and its pid in
 * *RET_PID (may be NULL); the caller reaps. Else what execve said: -ENOENT no such program, -EACCES,
 * -ENOEXEC … PATH is the child's.
 */
int proc_spawn(const struct proc_spec *spec, pid_t *ret_pid, struct err *err);
/*
 * Runs to the end. 0 whenever the child ran, whatever its status. The child has a process group of its
 * only with TIMEOUT or NEW_SESSION; otherwise it shares ours, and a terminal's Ctrl-C.
 */
int proc_run(const struct proc_spec *spec, struct proc_result *ret, struct err *err);
/* proc_run that fails with -EIO and the last line of stderr when the status is not 0. RET_OUT (may be NULL) gets stdout appended. */
int proc_check(const struct proc_spec *spec, struct buf *ret_out, struct err *err);

struct proc;
/* RESULT is lent for the call. ERR is set when the child could not be run to its end. The proc frees itself after the call. */
typedef void (*proc_done_fn)(const struct proc_result *result, const struct err *err, void *arg);
/*
 * Starts on LOOP, in a process group of its own. Done when the child exits: output that it wrote is
 * there, what others write to its pipes later is not waited for. *RET (may be NULL) may be cancelled with proc_cancel until the
 * callback ran. SPEC and what it points to need not outlive the call.
 */
int proc_start(struct loop *l, const struct proc_spec *spec, proc_done_fn fn, void *arg, struct proc **ret,
	struct err *err);
/* Kills the child's process group, never calls back. */
struct proc *proc_cancel(struct proc *p);
