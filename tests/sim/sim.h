/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * One run: a script, played in virtual time against the real pass, with agents and a network that are simulated. It uses no clock,
 * no thread and no chance but its seed's; the same script and seed give the same run, event for event.
 *
 *     script ─▶ commits ─▶ host (the reconciler: world, pass, tree, sessions) ═ net (sessions, letters) ═ fleet (agents)
 *                 └──────────────────────────────▶ oracle ◀──────────────────────────────────────────────────┘
 *
 * The oracle sees commits, what the pass made durable, what reached the reconciler, and what the agents really run. It shares no code
 * with the controllers. A rule that is broken ends the run (sim_fail).
 */
#pragma once

#include <stdio.h>

#include "tests/sim/queue.h"
#include "tests/sim/repo.h"
#include "tests/sim/script.h"
#include "tests/sim/tree.h"

struct fleet;
struct net;
struct host;
struct oracle;

/* 2026-01-02T03:04:05Z: when every run begins. */
#define SIM_START ((nsec_t)1767323045 * NSEC_PER_SEC)

struct sim_settings {
	uint64_t seed;
	nsec_t length; /* of the script; then everything heals, and SETTLE more passes */
	nsec_t settle;
	FILE *trace;         /* NULL: none */
	bool wire;           /* messages go through their JSON */
	bool oracle;         /* off for measuring */
	unsigned same_every; /* compare every so many passes with one over everything; 0: never */
};

/* What a run has shown. */
struct sim_result {
	const char *rule; /* that was broken, a constant; NULL: none */
	char text[2048];  /* how */
	nsec_t at;
	unsigned long passes, letters, starts, events;
	nsec_t *pass_times; /* of real time; [passes] if asked for, owned by who asked */
};

struct sim {
	const struct sim_settings *o;
	const struct script *script;
	nsec_t now;
	bool restored; /* a tree was lost, or is a copy of some time ago */
	bool healing;  /* the script is over: no more faults */
	struct queue queue;
	struct fleet *fleet;
	struct net *net;
	struct host **hosts; /* [host_count] */
	size_t host_count, host_cap;
	unsigned chief;      /* the host in charge; those before it are of older terms */
	struct commit *head; /* the newest commit that loads; NULL: none yet */
	unsigned commits;    /* made so far, those that do not load too */
	struct oracle *oracle;
	struct sim_result *result;
	bool over;
};

/* Begins a run: the script is in the queue. */
void sim_init(
	struct sim *s, const struct sim_settings *o, const struct script *script, struct sim_result *result);
void sim_done(struct sim *s);
/* Until the script is over and everything has settled, or a rule is broken; then the rules of the end. */
void sim_run(struct sim *s);
/* Until UNTIL. */
void sim_run_until(struct sim *s, nsec_t until);

void sim_at(struct sim *s, nsec_t at, enum event_type type, unsigned a, unsigned b);
void sim_at_item(struct sim *s, nsec_t at, enum event_type type, unsigned a, void *item, uint64_t generation);
/* RULE is broken. The first one counts. */
void sim_fail(struct sim *s, const char *rule, const char *text, ...) _printf_(3, 4);
/* A line of the trace, with the time before it. */
void sim_trace(struct sim *s, const char *text, ...) _printf_(2, 3);
