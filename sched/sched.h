/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The scheduler: which node is best for a pod, and if none is, why. A library with no I/O.
 *
 * A sched_cluster holds nodes and what is in use on each. A sched_request says what pods of one
 * template ask for; it is made once a template and shared. The order of calls:
 *
 *     sched_cluster_set_node(c, node);                     for each node, again when it changes
 *     sched_cluster_add_pod(c, "node-a", request);         for each pod that has a node
 *     sched_pick(c, request, &verdict);                    where to?
 *     if (verdict.node)
 *             sched_cluster_add_pod(c, verdict.node, request);
 *     else
 *             sched_verdict_explain(&verdict, &text);      "0/3 nodes are available: …"
 *
 * Equal clusters and requests give equal verdicts: ties go to the node with fewer pods, then by name.
 * Filters and their words are kube-scheduler's (pkg/scheduler/framework/plugins); scores run from 0 to 100.
 */
#pragma once

#include "lib/object/object.h"

struct sched_cluster;
struct sched_request;

/*
 * What a pod with SPEC in NAMESPACE with LABELS asks for. SPEC, NAMESPACE and LABELS are borrowed and must live as long
 * as the request (whoever makes it holds the object they are in). One reference.
 */
struct sched_request *sched_request_new(
	const struct pod_spec *spec, const char *namespace, const struct string_map *labels);
struct sched_request *sched_request_ref(struct sched_request *r);
struct sched_request *sched_request_unref(struct sched_request *r);

/*
 * The resources a pod takes (k8s.io/component-helpers resource.PodRequests): the sum over containers and sidecars, or
 * the largest moment of the init containers where that is more, plus overhead. CPU in thousandths, the rest in units; a
 * missing request counts as its limit. RET is filled with at most MAX (name, amount) pairs; returns how many.
 */
struct sched_amount {
	const char *resource; /* borrowed from the spec, or a constant */
	int64_t amount;
};
size_t sched_pod_amounts(const struct pod_spec *spec, struct sched_amount *ret, size_t max);

struct sched_cluster *sched_cluster_new(void);
struct sched_cluster *sched_cluster_free(struct sched_cluster *c);
void sched_cluster_freep(struct sched_cluster **c);

/* Adds NODE (kind Node; takes a reference of its own) or replaces what was known of that name; pods on it stay counted. What keeps pods away from a node that isn't ready are its taints. */
void sched_cluster_set_node(struct sched_cluster *c, struct object *node);
/* Forgets the node and the pods counted on it; unknown names are fine. */
void sched_cluster_remove_node(struct sched_cluster *c, const char *name);
size_t sched_cluster_count(const struct sched_cluster *c);
/* Counts a pod as on NODE, or no longer. A node that is not known is ignored. The request must live while it is counted. */
void sched_cluster_add_pod(struct sched_cluster *c, const char *node, struct sched_request *r);
void sched_cluster_remove_pod(struct sched_cluster *c, const char *node, struct sched_request *r);

enum { SCHED_REASONS_MAX = 32, SCHED_REASON_TEXT = 160 };

/* Why nodes were left out, each with how many; in kube-scheduler's words. */
struct sched_reason {
	unsigned nodes;
	char text[SCHED_REASON_TEXT];
};

struct sched_verdict {
	const char *node; /* the best node, owned by the cluster; NULL = none */
	int64_t score;    /* of that node, 0 to 100 */
	unsigned feasible, total;
	struct sched_reason reasons[SCHED_REASONS_MAX]; /* [reason_count] */
	size_t reason_count;
};

/*
 * The best node for R now. Decides nothing: C only keeps a ranking of its nodes, so that the next choice for the same
 * request looks at those alone that changed.
 */
void sched_pick(struct sched_cluster *c, struct sched_request *r, struct sched_verdict *ret);
/* The same where NODE is the only one that counts: does R fit on it? A node that is not known: no node of none. */
void sched_pick_on(const struct sched_cluster *c, const char *node, const struct sched_request *r,
	struct sched_verdict *ret);
/*
 * What a DaemonSet asks of each node (pkg/controller/daemon NodeShouldRunDaemonPod): do name, affinity and taints let a pod of R
 * run there, whatever room there is? One that runs already leaves only for a taint NoExecute, or when the node doesn't match.
 */
enum sched_daemon { SCHED_DAEMON_NO, SCHED_DAEMON_STAYS, SCHED_DAEMON_RUNS };
enum sched_daemon sched_daemon_on(
	const struct sched_cluster *c, const char *node, const struct sched_request *r);
/* "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu." or, when a node was found, "2 of 3 nodes fit; node-a scores 87". */
void sched_verdict_explain(const struct sched_verdict *v, struct buf *out);
