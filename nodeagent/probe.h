/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The probes of one container: when each is asked, and what the answers mean (kubernetes.io/docs/concepts/configuration/
 * liveness-readiness-startup-probes; kubelet's prober/worker.go).
 *
 *     probe       asked while                 enough successes     enough failures
 *     startup     not started                 it has started       it is condemned
 *     liveness    started, not to end         –                    it is condemned
 *     readiness   started                     it is ready          it is not ready
 *
 * "Enough" is as many in a row as the probe's threshold. An attempt begins not started (with a startup probe) and not
 * ready (with a readiness probe). What is known stands in the container's record (started, ready) and so outlives the agent;
 * counts do not. A probe is asked once initialDelaySeconds after the attempt's start and then at each
 * period; never twice at once: while an answer is late, the next question waits for it. Times here are monotonic; those of
 * records are not. An answer UNKNOWN (nobody could ask) changes nothing.
 *
 * Order, for each attempt: probe_set_begin; then, in turns, probe_set_next, probe_set_ask, probe_set_answer.
 */
#pragma once

#include "nodeagent/container_state.h"

enum probe_kind { PROBE_STARTUP, PROBE_LIVENESS, PROBE_READINESS, PROBE_KIND_COUNT };
enum probe_result { PROBE_SUCCESS, PROBE_FAILURE, PROBE_UNKNOWN };

/* What the probes are about, as it is now. Borrowed. */
struct probe_subject {
	const struct container *spec;
	struct container_record *record; /* CONTAINER_RUNNING */
	int64_t grace;                   /* the pod's, seconds */
	bool pod_ends;                   /* then only readiness is asked */
};

struct probe_state {
	nsec_t due; /* not asked before */
	bool asking;
	enum probe_result last;
	int64_t run; /* how many times in a row; 0: never answered */
};
struct probe_set {
	struct probe_state of[PROBE_KIND_COUNT];
};

/* NULL: the container has none of this kind. */
const struct probe *probe_find(const struct container *spec, enum probe_kind kind);
/* Has it any? */
bool probe_any(const struct container *spec);
/* PORT's number: itself, or that of the container's port of that name. -ENOENT: it has none. */
int probe_port(const struct container *spec, const struct int_or_string *port);
/* "Startup", "Liveness", "Readiness". */
const char *probe_name(enum probe_kind kind);

/*
 * The attempt's first instruction ran at STARTED. SEED 0 for a new attempt. For one that an earlier agent began, which may be one of
 * many: a number of its own, which spreads the first questions over a period from NOW.
 */
void probe_set_begin(
	struct probe_set *set, const struct container *spec, nsec_t started, nsec_t now, uint64_t seed);
/* When the next question is due, and which (*RET_KIND); NSEC_NEVER: none before an answer comes. */
nsec_t probe_set_next(
	const struct probe_set *set, const struct probe_subject *subject, enum probe_kind *ret_kind);
/* KIND is asked at NOW. */
void probe_set_ask(struct probe_set *set, const struct container *spec, enum probe_kind kind, nsec_t now);

/*
 * KIND, which was asked, is answered at NOW (realtime, for the record): RESULT, and TEXT that says why where it is no success. Brings the
 * record up to date; true: what the container's status says may have changed.
 */
bool probe_set_answer(struct probe_set *set, const struct probe_subject *subject, enum probe_kind kind,
	enum probe_result result, const char *text, nsec_t now);
