/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The repository: apps, each one manifest file, and the commits that change them. A row a kind (repo_kinds.c) says how an app of
 * it is drawn, changed and written. What a container does once it runs stands in its image's tag, where the simulated
 * agents and the oracle read it; the reconciler does not look.
 */
#pragma once

#include "reconciler/snapshot.h"
#include "tests/share/random.h"

enum app_kind {
	APP_NODE,
	APP_CONFIG,
	APP_DEPLOYMENT,
	APP_REPLICA_SET,
	APP_POD,
	APP_STATEFUL_SET,
	APP_DAEMON_SET,
	APP_BUDGET,
	APP_JOB,
	APP_CRON_JOB,
	APP_SCALED, /* a Deployment and its autoscaler */
	APP_KINDS
};

/* What a container does. Seconds in a and b unless said otherwise. */
enum work_mode {
	WORK_READY,  /* ready after a, for good */
	WORK_NEVER,  /* runs, is never ready */
	WORK_FLAPS,  /* ready after a, then not, then again, every b */
	WORK_CRASH,  /* exits with 1 after a, again and again */
	WORK_DONE,   /* exits with code b after a */
	WORK_RISKY,  /* exits after a: with 1 in b of a hundred cases, else with 0 */
	WORK_PARTS,  /* exits after a: with 42 where its index is b - 1 modulo b, else with 0 */
	WORK_NOPULL, /* its image is not to be had */
	WORK_MODES
};
struct work {
	enum work_mode mode;
	int a, b;
};

/* What a Job or a CronJob's template says, beyond its work and its parallelism (REPLICAS). */
enum job_policy {
	JOB_NO_POLICY,
	JOB_IGNORES,  /* disruptions and kills count for nothing */
	JOB_FAILS,    /* … and 42 fails the Job */
	JOB_GIVES_UP, /* … and 42 fails its index */
};
enum { SCALED_TARGET = 100 }; /* what a pod of an autoscaler is to use */
enum { CRON_FIRST = 10, CRON_LAST = 45 };
/* Time zones with clocks of the simulator's own: they go forward and back within a run. */
struct sim_zone {
	const char *name, *rule; /* rule: as zone_parse_rule takes it */
};
enum { SIM_ZONES = 2 };
extern const struct sim_zone sim_zones[SIM_ZONES];
/* How fast an autoscaler may go into one direction. */
struct pace {
	bool set, disabled;
	int window;                    /* seconds; -1: absent */
	int pods, percent, in, per_in; /* so many in IN seconds, such a share in PER_IN; 0: no such policy */
};
struct job_app {
	int completions; /* 0: absent, a work queue */
	bool indexed, suspended, on_failure, only_failed;
	bool hasty;             /* its pods soon leave a node that is not heard of */
	int backoff, per_index; /* per_index -1: absent */
	enum job_policy policy;
	int deadline, ttl; /* -1: absent */
	int max_failed;    /* indexes; -1: absent */
	int success;       /* as many of the indexes from 0 to SUCCESS_UPTO are enough; 0: no successPolicy */
	int success_upto;
	/* of a CronJob */
	const char *zone; /* one of sim_zones; NULL: UTC */
	bool even;        /* only in hours of even number, by the clocks there */
	int every; /* minutes, from CRON_FIRST to CRON_LAST of each hour: a run ends when nothing begins */
	const char *concurrency;
	int keep, keep_failed;
};

/* What one file says. Members that a kind has no use for are left as they are. */
struct app {
	enum app_kind kind;
	bool there;
	int version; /* grows with each change of the template */
	struct work work;
	int replicas, surge, unavailable; /* the latter two in per cent where PERCENT */
	bool percent, recreate, paused;
	int min_ready, deadline, history, grace;
	int config;    /* index of the ConfigMap that it mounts; -1: none */
	bool parallel; /* of a StatefulSet; PARTITION too */
	int partition;
	bool cordoned, tainted, driven, drained; /* tainted: NoSchedule; driven: NoExecute */
	int about;                               /* index of the app that a budget is about */
	bool least; /* a budget says minAvailable, not maxUnavailable; the number is UNAVAILABLE, and PERCENT */
	struct job_app job;
	bool rollback; /* a Deployment's rollout that fails goes back to what was good */
	/* of an autoscaler: replicas; thousandths of a CPU that all of its pods share */
	int low, high, demand;
	struct pace up, down;
	bool broken; /* its file does not load: the commit is refused */
};

struct app_row {
	const char *prefix; /* of its apps' names */
	const char *plural; /* in the tree */
	unsigned weight;    /* how often one is drawn; 0: these come otherwise */
	/* A new app; GENTLE: what a run without faults of probes, images and exits may have. */
	void (*draw)(struct app *app, struct rng *r, bool gentle);
	/* Another version of it. */
	void (*change)(struct app *app, struct rng *r, bool gentle);
	void (*write)(const struct app *app, const char *name, struct buf *out);
};
extern const struct app_row app_rows[APP_KINDS];
/* repo_jobs.c */
void job_draw(struct app *app, struct rng *r, bool gentle);
void job_change(struct app *app, struct rng *r, bool gentle);
void job_write(const struct app *app, const char *name, struct buf *out);
void cron_job_draw(struct app *app, struct rng *r, bool gentle);
void cron_job_change(struct app *app, struct rng *r, bool gentle);
void cron_job_write(const struct app *app, const char *name, struct buf *out);
void scaled_draw(struct app *app, struct rng *r, bool gentle);
void scaled_change(struct app *app, struct rng *r, bool gentle);
void scaled_write(const struct app *app, const char *name, struct buf *out);
/* What a Job, a CronJob or an autoscaler may say beyond that; from a stream of its own. */
void job_draw_more(struct app *app, struct rng *r);
/* Does the Job come to the same end, whatever happens on the way? */
bool job_is_certain(const struct app *app);
/* "apiVersion: … name: NAME"; a container's work as its image. */
void write_head(const char *version, const char *kind, const char *name, struct buf *out);
void write_template(const struct app *app, const char *name, struct buf *out);
void write_image(const struct app *app, const char *name, struct buf *out);

enum { APP_NAME = 24 };
void app_name(const struct app *app, unsigned index, char ret[APP_NAME]);
/* "web:3-ready-5" back into its parts. False: not one of ours. */
bool work_parse(const char *image, int *ret_version, struct work *ret);
/* Are they versions of one app with the same template? */
bool app_same_template(const struct app *a, const struct app *b);
/* Do pods of the app in the end stay as they are, all ready? */
bool app_is_steady(const struct app *app);
/* Does it have pods of its own that are to stay? */
bool app_runs_pods(const struct app *app);
/* May a new pod be put on this node? */
bool app_has_room(const struct app *node);
/*
 * Where the app's pods may be, beyond room: drawn with the app, and the same for all its versions. A filler matters less than all others
 * and takes a node but for five pods: it has room while nobody else needs it.
 */
enum app_place {
	PLACE_ANYWHERE,
	PLACE_SPREAD,
	PLACE_SPREAD_SOFTLY,
	PLACE_APART,
	PLACE_APART_SOFTLY,
	PLACE_FILLER
};
enum app_place app_place(const struct app *app);
/* How many pods a rollout may make too many, or take from those that serve, as absolute numbers, by the rules that Kubernetes documents. */
int app_surge(const struct app *app);
int app_unavailable(const struct app *app);

/* One commit: immutable, shared by reference. */
struct commit {
	unsigned number;
	struct app *apps; /* [count] */
	size_t count;
	struct snapshot *snapshot;
	unsigned refs;
};
struct commit *commit_ref(struct commit *c);
struct commit *commit_unref(struct commit *c);

/* A change to one app. */
struct app_change {
	unsigned index;
	struct app app;
};
/*
 * BEFORE (NULL: nothing) with CHANGES as commit NUMBER of an array of COUNT apps. WHY names the problem of a commit that does not
 * load; then NULL is returned.
 */
struct commit *commit_new(const struct commit *before, unsigned number, const struct app_change *changes,
	size_t change_count, size_t count, struct buf *why);
