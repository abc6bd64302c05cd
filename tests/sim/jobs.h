/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The oracle's book of Jobs; shared by its files, and by nobody else. */
#pragma once

#include "tests/sim/ledger.h"

enum job_end { JOB_RUNS, JOB_COMPLETE, JOB_FAILED };
/* What its record says. */
struct job_numbers {
	int64_t succeeded, failed;
	uint64_t done, given_up; /* indexes, a bit each */
	enum job_end end;
	char reason[40];
};
struct job_seen {
	char uid[SIM_UID], cron[SIM_UID]; /* cron: "" without one */
	char scheduled[40];
	char *name;
	int app;
	bool in_tree, touched;
	unsigned long made_in;
	struct job_numbers now, before; /* by this pass, and the one before */
	struct seen **pods;             /* that it ever had */
	size_t count, cap;
};
struct jobs {
	struct map by_uid;  /* uid → struct job_seen: all there ever were */
	struct map by_name; /* in the tree */
};

/* One Job that a pass has touched. */
struct job_look {
	struct sim *s;
	struct job_seen *j;
	const struct app *app;
};
/* False: git does not have it (any more). */
bool job_look(struct sim *s, struct job_seen *j, struct job_look *ret);
void job_fail(const struct job_look *l, const char *rule, const char *text, ...) _printf_(3, 4);

/* --- oracle_cron_jobs.c -------------------------------------------------------------------------------------- */

/* The pass has made this Job of a CronJob. */
void cron_job_made(const struct job_look *l);
/* In the end, app INDEX, if it is a CronJob; ROOM: some node takes pods. */
void cron_job_end(struct sim *s, unsigned index, bool room);
