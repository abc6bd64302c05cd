/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What the agent remembers of a pod: HOME/agent/pods/UID/state.json, as structs.
 *
 * The file has one line a state, the last whole one counts: a file that is appended to costs the file system nothing,
 * where one that is replaced costs it an inode, and its journal a commit. A record is written before each step that must not happen twice, so that an agent that was killed knows where it stood.
 * Records live in memory for as long as the pod; all texts are owned by the record (str_set).
 * Container records stand in the order of the spec: init containers first, then containers.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/pod.h"

/* What exists of a container's current attempt. */
enum container_phase {
	CONTAINER_WAITING,  /* nothing yet: prepared when its turn comes */
	CONTAINER_CREATING, /* intent is on disk, the runtime may have been called */
	CONTAINER_RUNNING,  /* its first instruction has run, or is about to */
	CONTAINER_EXITED,   /* it ended; restarted when policy and back-off say so */
	CONTAINER_PHASE_COUNT
};

/* How one attempt ended. */
struct container_end {
	bool set;
	int64_t exit_code, signal;
	char *reason, *message, *id; /* owned */
	nsec_t started_at, finished_at;
};

struct backoff {
	nsec_t delay; /* 0: none yet */
	nsec_t since; /* when delay was last set */
};

struct container_record {
	char *name;
	enum container_phase phase;
	int64_t attempt; /* of the current or next start, from 0: also the restart count and the log's number */
	int64_t pid, pid_start; /* init process and its start time (clock ticks, /proc/PID/stat); 0: none */
	int64_t conmon, conmon_start;
	char *image_id; /* config digest of the image, or NULL */
	nsec_t started_at;
	struct container_end end;  /* with CONTAINER_EXITED */
	struct container_end last; /* of the attempt before */
	struct backoff restart;    /* between restarts */
	struct backoff retry;      /* between tries to prepare */
	nsec_t retry_at;           /* CONTAINER_WAITING: not before */
	char *waiting_reason, *waiting_message;
	bool started;    /* with CONTAINER_RUNNING: its startup probe has succeeded (container_started) */
	bool ready;      /* likewise: its readiness probe says so (container_ready) */
	bool passed;     /* a sidecar that has started since the pod was set up, in some attempt */
	char *unhealthy; /* what the probe that failed last says; NULL: none has failed since it succeeded */
	nsec_t stop_since;      /* it alone is to end (container_condemn), and since when; 0: it is not */
	int64_t stop_grace;     /* seconds */
	char *stop_message;     /* why */
	bool starting;          /* memory only: preparing, or the runtime has been called */
	bool post_start;        /* its postStart hook is not over: it runs, but counts as not started yet */
	bool post_failed;       /* that hook has failed; until the next attempt */
	nsec_t post_started_at; /* when it had succeeded; 0: there is none, or not yet */
	bool pre_stopped;       /* its preStop hook is over, or has had its time */
	bool post_starting;     /* memory only: its postStart hook runs */
	bool pre_stopping;      /* memory only: its preStop hook runs */
	nsec_t term_at;         /* memory only: when it was signalled to end; 0: not yet */
};

enum pod_phase {
	POD_NEW,  /* nothing exists yet */
	POD_UP,   /* sandbox and volumes are there */
	POD_OVER, /* ended for good: what it took of the node is given back, its logs are there */
	POD_DOWN, /* torn down: nothing exists any more */
	POD_PHASE_COUNT
};

struct pod_record {
	char *uid, *namespace, *name;
	enum pod_phase phase;
	char *ip; /* of the pod; NULL: none yet, or host network */
	nsec_t start_time;
	bool removing;                        /* told to remove it */
	int64_t grace;                        /* seconds; with removing or failed */
	nsec_t stop_since;                    /* when stopping began; 0: not yet */
	char *failed_reason, *failed_message; /* the whole pod failed: DeadlineExceeded, Evicted …; or NULL */
	bool ready;                           /* as pod_note_ready saw it last */
	nsec_t ready_since;                   /* and since when */
	struct backoff retry;                 /* of the pod's own set-up */
	nsec_t retry_at;
	char *setup_error; /* why the last set-up failed, or NULL */
	struct container_record *containers;
	size_t count, init_count;
	int64_t file_size; /* memory only: of state.json as we left it; 0: to be written anew */
};

/* A record for POD with all its containers waiting. */
void record_init(struct pod_record *r, const struct pod *pod, nsec_t now);
void record_done(struct pod_record *r);
/* The end at END becomes FROM's content; FROM is emptied. */
void record_move_end(struct container_end *end, struct container_end *from);
void record_clear_end(struct container_end *end);
/* The container's record by name, or NULL. */
struct container_record *record_container(struct pod_record *r, const char *name);
/* Its spec: container I of RECORD order in POD. */
const struct container *record_spec(const struct pod *pod, size_t i);

/* As JSON, one line with its end. */
void record_write(struct buf *out, const struct pod_record *r);
/* The last line of TEXT that is whole and a record. -EBADMSG: there is none. On success end with record_done. */
int record_read(const char *text, size_t len, struct pod_record *ret, struct err *err);
