/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Pods that the scheduler places in a second, on one core, in the shapes of kube-scheduler's own benchmark (test/integration/scheduler_perf
 * of Kubernetes), beside the least that that asks of kube-scheduler; then what a pod costs against the number of nodes.
 *
 *   bench_sched [RUNS [SHAPE]]     prints a line of JSON for each: name, value, unit, floor, ratio, runs (medians)
 *
 * Measured is the processor's time from the pods that wait until each is counted on its node: the queue, the choice, the books.
 * Each run begins with a cluster of its own, and the shape's first pods in it. Where not all are placed the figure would mean nothing: that
 * ends the program (exit status 1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/bench/sched_world.h"

enum { RUNS_MAX = 100, NAMESPACES = 100, SINGLES = 200 };

static const char *const one_zone[] = { "zone1", NULL };
static const char *const three_zones[] = { "moon-1", "moon-2", "moon-3", NULL };

/* Pods of one template. */
struct template
{
	const char *namespace, *color, *cpu;
	const char *more; /* of the spec */
};
static const struct template plain = { "default", "grey", "100m", "" };
static const struct template small = { "default", "grey", "900m", "" };
static const struct template large = { "default", "grey", "3", "" };
static const struct template hopeless = { "default", "grey", "9", "" };

#define TERM(color, key, more) \
	"{labelSelector: {matchLabels: {color: " color "}}, topologyKey: " key ", " more "}"
#define BOTH "namespaces: [sched-0, sched-1]"
#define HOSTNAME "kubernetes.io/hostname"
#define ZONE "topology.kubernetes.io/zone"
#define PREFERRED(kind, term)                                                                    \
	"  affinity: {" kind ": {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, " \
	"podAffinityTerm: " term "}]}}\n"
#define REQUIRED(kind, term) \
	"  affinity: {" kind ": {requiredDuringSchedulingIgnoredDuringExecution: [" term "]}}\n"
#define SPREAD(when)                                                                                 \
	"  topologySpreadConstraints: [{maxSkew: 5, topologyKey: " ZONE ", whenUnsatisfiable: " when \
	", labelSelector: {matchLabels: {color: blue}}}]\n"

struct shape {
	const char *name;
	unsigned floor; /* pods a second that kube-scheduler's benchmark asks for */
	size_t nodes;
	const char *const *zones;
	struct template first, then;
	size_t first_count, count;
	/* Instead of placing COUNT pods at once, which come before; returns how many were to be placed. */
	size_t (*run)(struct bench_crowd *b, const struct shape *s, struct sched_request *r);
	bool namespaces; /* the first ones are in NAMESPACES others, all of team devops */
};

/* All of the WANTED pods of S are to be WHAT, or the program ends. */
static void all(const struct shape *s, const char *what, size_t count, size_t wanted)
{
	if (count == wanted)
		return;
	fprintf(stderr, "bench_sched: %s: of %zu pods %zu were %s\n", s->name, wanted, count, what);
	exit(1);
}

/* --- shapes that are more than one crowd ------------------------------------------------------------------- */

/* Pods of high priority come to full nodes; the victims go; the pods get their nodes. */
static size_t run_preemption(struct bench_crowd *b, const struct shape *s, struct sched_request *r)
{
	bench_crowd_add(b, r, s->count, 10);
	bench_crowd_place(b);
	all(s, "nominated", b->nominated, s->count);
	bench_crowd_bury(b);
	bench_crowd_place(b);
	return s->count;
}

/* 2,000 pods that fit nowhere wait all the time, and each batch goes through the queue with them. */
static size_t run_unschedulable(struct bench_crowd *b, const struct shape *s, struct sched_request *r)
{
	enum { BATCH = 500 };

	for (size_t i = 0; i < s->count; i += BATCH) {
		bench_crowd_add(b, r, BATCH, 0);
		bench_crowd_place(b);
	}
	return s->count;
}

/* Between batches a node goes and comes again, pods go and come anew, a large pod of high priority comes for which there is no room. */
static size_t run_churn(struct bench_crowd *b, const struct shape *s, struct sched_request *r)
{
	enum { BATCH = 100, RECREATED = 10 };
	_cleanup_(object_unrefp) struct object *node = bench_node("churn", NULL);
	_cleanup_(object_unrefp) struct object *pod = bench_pod(
		hopeless.namespace, hopeless.color, hopeless.cpu, "500Mi", hopeless.more);
	struct sched_request *big = bench_request(pod);
	size_t recreated = 0;

	for (size_t i = 0; i < s->count; i += BATCH) {
		if (i / BATCH % 2)
			recreated += bench_crowd_lose_node(b, "churn");
		else
			sched_cluster_set_node(b->c, node);
		for (size_t k = 0; i > 0 && k < RECREATED; k++)
			recreated += bench_crowd_recreate(b, (i + k) * 7919 % i);
		bench_crowd_add(b, big, i % (20 * BATCH) == 0, 10);
		bench_crowd_add(b, r, BATCH, 0);
		bench_crowd_place(b);
	}
	sched_request_unref(big);
	return s->count + recreated;
}

/* Where does a daemon run, and a pod for each of these nodes. */
static size_t run_daemons(struct bench_crowd *b, const struct shape *s, struct sched_request *r)
{
	char(*names)[24] = xcalloc(s->nodes, sizeof(names[0]));
	size_t count = 0;

	for (size_t i = 0; i < s->nodes; i++) {
		snprintf(names[i], sizeof(names[i]), "node-%05zu", i);
		if (sched_daemon_on(b->c, names[i], r) != SCHED_DAEMON_RUNS)
			continue;
		bench_crowd_add(b, r, 1, 0);
		b->waiting[b->waiting_count - 1].pinned = names[i];
		count++;
	}
	bench_crowd_place(b);
	free(names);
	return count;
}

static const struct shape shapes[] = {
	{ "plain-10000", 680, 5000, NULL, plain, plain, 1000, 10000, NULL, false },
	{ "plain-50000", 680, 5000, NULL, plain, plain, 1000, 50000, NULL, false },
	{ "node-affinity", 220, 5000, one_zone, plain,
		{ "default", "grey", "100m",
			"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
			"{nodeSelectorTerms: [{matchExpressions: [{key: " ZONE
			", operator: In, values: [zone1, zone2]}]}]}}}\n" },
		5000, 10000, NULL, false },
	{ "spread", 460, 5000, three_zones, plain, { "default", "blue", "100m", SPREAD("DoNotSchedule") },
		5000, 5000, NULL, false },
	{ "spread-preferred", 340, 5000, three_zones, plain,
		{ "default", "blue", "100m", SPREAD("ScheduleAnyway") }, 5000, 5000, NULL, false },
	{ "affinity", 35, 5000, one_zone,
		{ "sched-0", "blue", "100m", REQUIRED("podAffinity", TERM("blue", ZONE, BOTH)) },
		{ "sched-1", "blue", "100m", REQUIRED("podAffinity", TERM("blue", ZONE, BOTH)) }, 5000, 5000,
		NULL, false },
	{ "anti-affinity", 60, 5000, NULL,
		{ "sched-0", "green", "100m", REQUIRED("podAntiAffinity", TERM("green", HOSTNAME, BOTH)) },
		{ "sched-1", "green", "100m", REQUIRED("podAntiAffinity", TERM("green", HOSTNAME, BOTH)) },
		1000, 2000, NULL, false },
	{ "affinity-preferred", 90, 5000, NULL,
		{ "sched-0", "red", "100m", PREFERRED("podAffinity", TERM("red", HOSTNAME, BOTH)) },
		{ "sched-1", "red", "100m", PREFERRED("podAffinity", TERM("red", HOSTNAME, BOTH)) }, 5000,
		5000, NULL, false },
	{ "anti-affinity-preferred", 90, 5000, NULL,
		{ "sched-0", "yellow", "100m", PREFERRED("podAntiAffinity", TERM("yellow", HOSTNAME, BOTH)) },
		{ "sched-1", "yellow", "100m", PREFERRED("podAntiAffinity", TERM("yellow", HOSTNAME, BOTH)) },
		5000, 5000, NULL, false },
	{ "anti-affinity-namespaces", 24, 6000, NULL,
		{ "init-0", "green", "100m",
			REQUIRED("podAntiAffinity",
				TERM("green", HOSTNAME,
					"namespaceSelector: {matchLabels: {team: devops}}")) },
		{ "measured", "green", "100m",
			REQUIRED("podAntiAffinity",
				TERM("green", HOSTNAME,
					"namespaceSelector: {matchLabels: {team: devops}}")) },
		4000, 2000, NULL, true },
	{ "preemption", 570, 5000, NULL, small, large, 20000, 5000, run_preemption, false },
	{ "unschedulable", 590, 5000, NULL, hopeless, plain, 2000, 10000, run_unschedulable, false },
	{ "churn", 710, 5000, NULL, plain, plain, 1000, 10000, run_churn, false },
	{ "daemons", 1100, 15000, NULL, plain, plain, 0, 15000, run_daemons, false },
};

/* --- a run -------------------------------------------------------------------------------------------------- */

static void add_namespace(struct sched_cluster *c, const char *name)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {team: devops}}\n", name);
	_cleanup_(object_unrefp) struct object *o = bench_load(yaml);

	sched_cluster_set_object(c, o);
}

static void add_namespaces(struct sched_cluster *c)
{
	char name[32];

	for (unsigned i = 0; i < NAMESPACES; i++) {
		snprintf(name, sizeof(name), "init-%u", i);
		add_namespace(c, name);
	}
	add_namespace(c, "measured");
}

static struct object *pod_of(const struct template *t, const char *namespace)
{
	return bench_pod(namespace ? namespace : t->namespace, t->color, t->cpu, "500Mi", t->more);
}

/* The first pods: of one template, or of one in each namespace. */
static void add_first(struct bench_crowd *b, const struct shape *s)
{
	size_t parts = s->namespaces ? NAMESPACES : 1;
	char namespace[32];

	for (size_t i = 0; i < parts && s->first_count > 0; i++) {
		struct sched_request *r;

		snprintf(namespace, sizeof(namespace), "init-%zu", i);
		/* Never freed: requests live as long as their pods. */
		r = bench_request(pod_of(&s->first, s->namespaces ? namespace : NULL));
		bench_crowd_add(b, r, s->first_count / parts, 1);
	}
	bench_crowd_place(b);
}

/* Pods a second. */
static double run(const struct shape *s, struct object **nodes)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *pod = pod_of(&s->then, NULL);
	struct bench_crowd crowd = { .c = c };
	struct sched_request *r = bench_request(pod);
	size_t before, count;
	nsec_t start, took;

	for (size_t i = 0; i < s->nodes; i++)
		sched_cluster_set_node(c, nodes[i]);
	if (s->namespaces)
		add_namespaces(c);
	add_first(&crowd, s);
	before = crowd.placed;
	if (!s->run)
		bench_crowd_add(&crowd, r, s->count, 1);
	start = bench_cpu_time();
	if (s->run) {
		count = s->run(&crowd, s, r);
	} else {
		bench_crowd_place(&crowd);
		count = s->count;
	}
	took = bench_cpu_time() - start;
	all(s, "placed", crowd.placed - before, count);
	bench_crowd_done(&crowd);
	sched_request_unref(r);
	return (double)count / ((double)took / NSEC_PER_SEC);
}

static double runs(const struct shape *s, size_t count)
{
	struct object **nodes = bench_nodes(s->nodes, s->zones);
	double values[RUNS_MAX], median;

	run(s, nodes); /* what is made once is there afterwards */
	for (size_t i = 0; i < count; i++)
		values[i] = run(s, nodes);
	median = bench_median(values, count);
	bench_nodes_free(nodes, s->nodes);
	return median;
}

static void print_shape(const struct shape *s, size_t count)
{
	double value = runs(s, count);

	printf("{\"name\": \"sched-%s\", \"value\": %.0f, \"unit\": \"pods/s\", \"floor\": %u, \"ratio\": "
	       "%.1f, "
	       "\"runs\": %zu, \"floorIs\": \"kube-scheduler's own benchmark, %zu nodes\"}\n",
		s->name, value, s->floor, value / s->floor, count, s->nodes);
	fflush(stdout);
}

/* --- against the number of nodes ------------------------------------------------------------------------------- */

static void print_cost(struct shape s, const char *name, size_t nodes, size_t count)
{
	s.nodes = nodes;
	s.first_count = 0;
	s.count = nodes * 5 < 10000 ? nodes * 5 : 10000;
	printf("{\"name\": \"sched-%s-on-%zu-nodes\", \"value\": %.3f, \"unit\": \"us/pod\", \"floor\": "
	       "null, "
	       "\"ratio\": null, \"runs\": %zu, \"floorIs\": \"\"}\n",
		name, nodes, 1e6 / runs(&s, count), count);
	fflush(stdout);
}

/* Each pod asks for something else: none is like the one before. */
static size_t run_singles(struct bench_crowd *b, const struct shape *s, struct sched_request *r)
{
	static struct object *pods[SINGLES];
	char cpu[16];

	(void)s;
	(void)r;
	for (size_t i = 0; i < SINGLES; i++) {
		if (!pods[i]) {
			snprintf(cpu, sizeof(cpu), "%zum", 100 + i);
			pods[i] = bench_pod("default", "grey", cpu, "500Mi", "");
		}
		bench_crowd_add(b, bench_request(pods[i]), 1, 0);
	}
	bench_crowd_place(b);
	return SINGLES;
}

static void print_costs(size_t count)
{
	static const size_t sizes[] = { 100, 500, 1000, 2000, 5000, 10000, 20000 };
	const struct shape singles = {
		.name = "singles", .zones = three_zones, .first = plain, .then = plain, .run = run_singles
	};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		print_cost(shapes[0], "plain", sizes[i], count);
		print_cost(shapes[3], "spread", sizes[i], count);
		print_cost(singles, "singles", sizes[i], count);
	}
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
	const char *only = argc > 2 ? argv[2] : NULL;

	if (count == 0 || count > RUNS_MAX || argc > 3) {
		fprintf(stderr, "usage: bench_sched [RUNS [SHAPE]]\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (!only || str_eq(only, shapes[i].name))
			print_shape(&shapes[i], count);
	if (!only || str_eq(only, "nodes"))
		print_costs(count);
	return 0;
}
