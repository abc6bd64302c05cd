/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* The oracle's book of pods; shared by its files, and by nobody else. */
#pragma once

#include <stdarg.h>

#include "tests/sim/oracle.h"
#include "tests/sim/span.h"

struct seen_told {
	bool ready, finished, succeeded;
	nsec_t ready_since;
};
struct seen {
	char uid[SIM_UID];
	char *key;            /* "ns/name" */
	int app;              /* -1: not known yet */
	unsigned incarnation; /* of its app, when it was made */
	int version;          /* of its template, with WORK */
	struct work work;
	int min_ready; /* seconds for which it must be ready to count as available */
	/* as the tree has it */
	bool in_tree, doomed;
	nsec_t doomed_at;                /* valid while doomed */
	unsigned long made_in, taken_in; /* the passes */
	bool harmed;                     /* it was taken though it served, and was said to */
	bool evicted;                    /* by a drain or a taint, says its record */
	char node[APP_NAME];
	/* as the reconciler in charge was told, now and by its last pass */
	struct seen_told told, saved;
	bool unsaved;
	unsigned told_by; /* node */
	int64_t told_seq;
	bool recorded; /* in some reconciler's tree */
	/* in truth */
	bool held, up, ready, gone;
	unsigned agent; /* that held it last */
	unsigned starts;
	nsec_t ready_since;
	unsigned wrong; /* looks in a row (oracle_reach.c) */
	/* of a Job's pod (oracle_jobs.c) */
	struct job_seen *job;
	int job_index;             /* -1: none */
	bool counted, counted_now; /* by its record: in the Job's numbers; since this pass */
	bool withheld; /* by its record: its agent is not to hear of it yet, for another of its name may run */
	bool doomed_running;    /* when it was doomed nobody knew of its end */
	bool ended, ended_well; /* in truth: for good; all with 0 */
};

/* A template of an app; its ReplicaSet keeps the time that it had when it was last the newest. */
struct seen_template {
	int version;
	struct work work;
	int min_ready;
	/* oracle_rollback.c */
	bool complete;  /* all pods were of it, and served, once at least */
	bool good;      /* … for long enough that nobody can have overlooked it, since it last came */
	unsigned looks; /* in a row at which they did */
};
struct ledger_app {
	struct seen_template *templates; /* that git ever had */
	size_t template_count, template_cap, newest;
	struct seen **pods; /* that are in the tree */
	size_t count, cap;
	unsigned incarnation;
	bool there, scaling;
	int replicas;
	/* of the pass that is looked at */
	unsigned made, taken;
	/* of those taken: they serve, and were said to; by a rollout, a drain, or a taint of their node */
	unsigned rolled, drained, driven;
};

/* Reconcilers come and go; what one has recorded of a node the next one knows. */
struct ledger_node {
	bool silent; /* recorded: nothing was heard of it for so long that its pods are taken for lost */
	bool told;   /* not recorded yet: it has told of them again */
	const struct session *session; /* to it, at the last look (oracle_reach.c) */
	unsigned lost;                 /* so many looks in a row it did not know the nodes that there are */
};

struct oracle {
	struct ledger_node *nodes; /* [node_count] */
	unsigned node_count;
	struct map by_uid;       /* uid → struct seen */
	struct map by_key;       /* key → struct seen, in the tree */
	struct map held;         /* key → struct seen that runs in truth; the last one */
	struct ledger_app *apps; /* [app_count] */
	size_t app_count;
	unsigned *touched; /* apps of the pass that is looked at */
	size_t touched_count;
	struct seen **unsaved;
	size_t unsaved_count, unsaved_cap;
	struct commit *commit; /* that the reconciler in charge has taken */
	unsigned long pass;
	struct jobs *jobs;
};

struct seen *ledger_seen(struct oracle *o, const char *uid, const char *key);
/* The template that APP has; NULL: git never had it. */
struct seen_template *ledger_template(struct ledger_app *a, const struct app *app);
/* Is it of the template that APP has? */
bool seen_is_of(const struct seen *p, const struct app *app);
/* Are they of one template, and of one incarnation of their app? */
bool seen_alike(const struct seen *a, const struct seen *b);
/* Is H in charge, and is there somebody who looks? */
bool ledger_is_chief(const struct sim *s, const struct host *h);
/* What the reconciler in charge was told is recorded. */
void ledger_save_told(struct sim *s);
/* Rule RULE is broken: "WHO: TEXT". */
void ledger_fail(struct sim *s, const char *rule, const char *who, const char *text, va_list args);
/* Does it serve: is it ready for MIN_READY seconds, in truth, or as the reconciler was told? */
bool seen_serves(const struct seen *p, int min_ready, nsec_t now);
bool seen_serves_told(const struct sim *s, const struct seen *p, int min_ready);

/* --- oracle_budget.c: the pass that was just recorded ----------------------------------------------------- */

void oracle_budgets(struct sim *s, const struct host *h);
/* One app of which a pass has made or taken pods. */
struct look {
	struct sim *s;
	struct oracle *o;
	unsigned index;
	struct ledger_app *a;
	const struct app *app;
	bool readiness; /* what is ready counts as serving, for however long it is */
};
struct look look_at(struct sim *s, unsigned index);
struct count {
	int active;  /* neither going nor finished */
	int serving; /* of them, in truth */
	int excused; /* of them, those that a fault took and nobody told of */
};
/* Does the pod count as serving: in truth, or by what the reconciler could know? */
bool look_serves(const struct look *l, const struct seen *p);
struct count look_count(const struct look *l);
/* Rule RULE is broken: the pods go to the trace. */
void look_fail(const struct look *l, const char *rule, const char *text, ...) _printf_(3, 4);

/* --- oracle_kinds.c ----------------------------------------------------------------------------------------- */

void stateful_made(const struct look *l);
void stateful_taken(const struct look *l);
void daemon_made(const struct look *l);
void daemon_taken(const struct look *l);
/* What drains took, against the budgets that are about the app. */
void disruption_taken(const struct look *l);

/* --- oracle_jobs.c: Jobs and CronJobs ------------------------------------------------------------------------ */

struct jobs *jobs_free(struct jobs *j);
/* The records of the pass that is looked at: of a pod, perhaps of a Job, its metadata; of a Job (empty: it leaves). */
void jobs_take_pod(struct oracle *o, struct seen *p, struct span meta);
void jobs_pod_leaves(struct oracle *o, struct seen *p);
void jobs_take_record(struct sim *s, const char *name, struct span record);
/* All records are taken. */
void jobs_pass(struct sim *s);
void jobs_end(struct sim *s);

/* --- oracle_rollback.c: of a Deployment that goes back when its rollout fails --------------------------------- */

/* A pass is recorded; now and then; in the end. */
void rollback_pass(const struct look *l);
void rollback_on_look(const struct look *l);
void rollback_end(const struct look *l);

/* oracle_reach.c: the session between the reconciler in charge and the agent, if letters get through; else NULL. */
const struct session *oracle_reach(const struct sim *s, const struct agent *a);

/* --- oracle_routes.c: what agents know of other nodes -------------------------------------------------------- */

struct known_node {
	char *name, *pod_cidr, *address;
};
struct known_nodes {
	struct known_node *items; /* [count], by name */
	size_t count;
};
/* Those whose pods can be reached, says T. */
struct known_nodes known_nodes(const struct tree *t);
void known_nodes_done(struct known_nodes *all);
/* Does A know all of them, as they are, and no other? */
bool knows_nodes(const struct agent *a, const struct known_nodes *all);
void routes_end(struct sim *s);

/* oracle_scaled.c: in the end, of app INDEX with an autoscaler; ROOM: some node takes pods. */
void scaled_end(struct sim *s, unsigned index, bool room);

/* The app that a label names, by "web-7"; -1: none. */
int app_index(const struct sim *s, const char *label);
