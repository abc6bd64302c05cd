/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What a person means by "is it running?": the workloads that nothing owns (Deployments, bare ReplicaSets and pods), the nodes, and what
 * watches over them (budgets, autoscalers), each with its health (health.h) and, where it is not good, what its pods say. For `pintle
 * status` and `pintle sync --wait`.
 */
#pragma once

#include "lib/object/json.h"
#include "reconciler/ctl/print.h"
#include "reconciler/health.h"

enum { WORKLOAD_REASONS_MAX = 4 };

/* A reason that pods of a workload give. */
struct workload_reason {
	const char *pod; /* the first one's name; borrowed from the items */
	size_t pods;     /* how many say the same */
	char *text;
};

struct workload {
	const struct object *object; /* borrowed from the items */
	enum health health;
	char *why; /* "" when good */
	struct workload_reason reasons[WORKLOAD_REASONS_MAX];
	size_t reason_count;
	size_t more; /* pods with further reasons */
};

struct workloads {
	/* workloads first, then nodes, then the rest, in the order of the objects given */
	struct workload *items;
	size_t count, cap;
	size_t good;  /* of the workloads */
	size_t total; /* workloads: neither nodes nor the rest are counted */
	size_t bad;   /* of all items, those that are not good */
	size_t nodes, nodes_ready;
	size_t nodes_drained, nodes_cordoned; /* drained, or on the way there; unschedulable else */
};

/* Judges the objects of LIST, of any kinds in any order. RET borrows from LIST. */
void workloads_judge(const struct items *list, struct workloads *ret);
void workloads_done(struct workloads *w);
/* Is everything good? */
bool workloads_all_good(const struct workloads *w);
/* "deployment/hello"; with its namespace in front unless that is "default": "shop/deployment/hello". */
void workload_name(const struct object *o, struct buf *out);
/* One line for each that is not good, INDENT before it, its pods' reasons below it. */
void workloads_write_text(const struct workloads *w, const char *indent, struct buf *out);
/* A list of those that are not good: [{"kind","namespace","name","health","reason","pods":[{"name","count","reason"}]}]. */
void workloads_write_json(const struct workloads *w, struct json_writer *out);
