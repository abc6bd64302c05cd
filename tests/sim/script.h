/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The script of a run: everything that comes from outside, commits and faults, each with its time, drawn from the seed before
 * the run begins. What happens is a function of the script and the seed, so that shrinking is leaving events out. Each
 * event stands for itself: a commit says the whole of an app, a fault how long it lasts.
 */
#pragma once

#include "lib/base/time.h"
#include "tests/sim/repo.h"

enum script_type {
	SCRIPT_COMMIT, /* app; those of one moment are one commit */
	SCRIPT_CRASH,  /* the reconciler is killed at point A of its next pass, and starts after LENGTH */
	SCRIPT_OLDER, /* the reconciler stands still for LENGTH, from point A (host.h) on; another one starts with its tree and a higher term */
	SCRIPT_AGENT, /* the agent of NODE is killed, its containers go on; it starts after LENGTH */
	SCRIPT_POWER, /* NODE loses power, and what is not synced, for LENGTH */
	SCRIPT_PARTITION, /* no byte gets through between NODE and the reconciler for LENGTH */
	SCRIPT_SLOW,      /* NODE takes A times as long for everything */
	SCRIPT_PULL,      /* NODE can't pull images */
	SCRIPT_UNREADY,   /* probes of NODE's pods fail */
	SCRIPT_EXIT,      /* containers of NODE exit: one in A */
	SCRIPT_ECHO,      /* messages of NODE come twice */
	/* The reconciler is killed, and its tree is from then on as it was when the fault began, LENGTH ago (A: 0), or empty (A: 1). */
	SCRIPT_RESTORE,
	SCRIPT_LATE, /* bytes on their way when a session of NODE ends still reach the other end, later than the next session's */
	SCRIPT_TYPES
};

enum crash_point {
	CRASH_NOW,
	CRASH_BEFORE_COMMIT, /* a pass has decided, nothing is durable */
	CRASH_AFTER_COMMIT,  /* all is durable, nothing sent */
	CRASH_SENDING,       /* some were told */
	CRASH_POINTS
};

struct script_event {
	nsec_t at; /* from the start */
	enum script_type type;
	unsigned node;
	nsec_t length;
	unsigned a;
	struct app_change change;
};

struct script {
	struct script_event *events; /* by time */
	size_t count, cap;
	unsigned app_count; /* apps of all kinds: nodes first, then config, then the rest */
	unsigned node_count;
};

/* Which faults there may be: bits by script_type, and two that are in the apps themselves. */
enum {
	FAULT_BROKEN = SCRIPT_TYPES, /* commits that do not load */
	FAULT_WORK,                  /* images, probes and exits that are wrong */
	FAULT_COUNT
};
extern const char *const fault_names[FAULT_COUNT];
#define FAULTS_ALL ((1U << FAULT_COUNT) - 1)
/* "crash,partition", "all", "none". False: an unknown name. */
bool faults_parse(const char *text, uint32_t *ret);

struct script_options {
	uint64_t seed;
	unsigned nodes, pods; /* pods: about how many; 0: as it comes */
	nsec_t length;
	uint32_t faults;
	uint32_t certain; /* of these there are some in every run */
};
void script_draw(struct script *s, const struct script_options *o);
/* A copy without the events for which KEEP is false (NULL: all). */
void script_copy(struct script *s, const struct script *from, const bool *keep);
/* A copy with nothing but the commits. */
void script_copy_commits(struct script *s, const struct script *from);
void script_done(struct script *s);
/* One line, without a newline. */
void script_event_format(const struct script_event *e, struct buf *out);
