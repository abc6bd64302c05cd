/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Nodes and pods for the scheduler's measurements, from YAML text. What goes wrong here ends the program. */
#pragma once

#include "lib/base/buf.h"
#include "sched/sched.h"

/* The processor's time of this process so far. */
nsec_t bench_cpu_time(void);
/* Sorts the COUNT VALUES; the middle one. */
double bench_median(double *values, size_t count);
/* One object; a reference. */
struct object *bench_load(const char *yaml);
/* Node NAME with 4 CPUs, 32Gi and room for 110 pods, its hostname, and ZONE unless that is NULL. A reference. */
struct object *bench_node(const char *name, const char *zone);
/* COUNT nodes, node-00000 and on, in turn in one of ZONES (NULL-terminated; NULL: in none). References; bench_nodes_free. */
struct object **bench_nodes(size_t count, const char *const *zones);
void bench_nodes_free(struct object **nodes, size_t count);
/* A pod of COLOR in NAMESPACE that requests CPU and MEMORY, with MORE lines (indented by two) of its spec. A reference. */
struct object *bench_pod(
	const char *namespace, const char *color, const char *cpu, const char *memory, const char *more);
/* What POD asks for; POD must outlive it. */
struct sched_request *bench_request(struct object *pod);

struct bench_member {
	struct sched_request *request;
	const char *node; /* where it is; NULL: nowhere */
	const char *pinned;
	int32_t priority;
	bool doomed; /* victim of a preemption */
	char key[40];
};
/* Pods, those that are on nodes and those that wait. */
struct bench_crowd {
	struct sched_cluster *c;
	struct bench_member **members; /* [count], in the order in which they came */
	size_t count, cap;
	struct sched_pending *waiting; /* [waiting_count] */
	size_t waiting_count, waiting_cap;
	size_t placed, nominated; /* since the beginning */
};
/* COUNT more pods that want R. */
void bench_crowd_add(struct bench_crowd *b, struct sched_request *r, size_t count, int32_t priority);
/* Places all that wait. */
void bench_crowd_place(struct bench_crowd *b);
/* Pod I goes and comes anew, if it is on a node. Returns whether it was. */
bool bench_crowd_recreate(struct bench_crowd *b, size_t i);
/* NODE goes; its pods come anew. Returns how many. */
size_t bench_crowd_lose_node(struct bench_crowd *b, const char *node);
/* All victims are gone at last. */
void bench_crowd_bury(struct bench_crowd *b);
void bench_crowd_done(struct bench_crowd *b);
