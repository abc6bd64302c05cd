/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What happens to one random cluster: a list of events, all from one seed. The objects that events are about are texts (text.h) drawn from
 * streams of their own, by number and by feature, so that leaving out an event or a feature changes nothing else: shrinking lives by
 * that.
 */
#pragma once

#include <stddef.h>

#include "lib/base/cleanup.h"

/* What clusters and pods may have, then what is looked at. A bit each, in the order of feature_names. */
enum feature {
	FEATURE_EXTRAS,   /* init containers, sidecars, overhead, resources beyond CPU and memory */
	FEATURE_NAMED,    /* spec.nodeName */
	FEATURE_PINNED,   /* sched_pending.pinned */
	FEATURE_TAINTS,   /* taints, unschedulable, tolerations */
	FEATURE_NODES,    /* nodeSelector, required node affinity */
	FEATURE_PORTS,    /* host ports */
	FEATURE_AFFINITY, /* required inter-pod affinity */
	FEATURE_ANTI,     /* required inter-pod anti-affinity */
	FEATURE_SPREAD,   /* topology spread, DoNotSchedule */
	FEATURE_VOLUMES,  /* claims, volumes, attach limits */
	FEATURE_PREFER,   /* preferred node affinity, PreferNoSchedule */
	FEATURE_SOFT,     /* preferred inter-pod affinity */
	FEATURE_ANYWAY,   /* topology spread, ScheduleAnyway */
	FEATURE_IMAGES,   /* images that nodes have */
	FEATURE_PRESSURE, /* nodes whose pods wait for each other */
	FEATURE_PREEMPT,  /* others have to go */
	FEATURE_GANGS,    /* all or none */
	FEATURE_CHURN,    /* nodes, namespaces and pods change, come and go */
	FEATURE_DRAIN,    /* drained nodes */
	CHECK_CHOICE,     /* the node is the one whose sum is best */
	CHECK_SCORE,      /* and its score is that */
	CHECK_TERMS,      /* and so are the terms of sched_explain's candidates */
	CHECK_REASONS,    /* how many nodes fit, and why the others don't */
	CHECK_ORDER,      /* who has his turn first */
	CHECK_NOWHERE,    /* nothing is left out that would fit in the end */
	FEATURE_COUNT
};
extern const char *const feature_names[FEATURE_COUNT + 1]; /* ended by NULL */
#define FEATURE_BIT(f) (1u << (f))
#define FEATURES_ALL ((1u << FEATURE_COUNT) - 1)
/* "all", "none", or names with commas between them; a name behind "-" is taken away again. False: no such name. */
bool features_parse(const char *text, uint32_t *ret);

enum happening_kind {
	EVENT_NODE,      /* node WHO comes, or is another now */
	EVENT_NODE_GOES, /* node WHO */
	EVENT_PRESSURE,  /* on node WHO */
	EVENT_OBJECT,    /* object WHO (text.h) comes, or is another now */
	EVENT_OBJECT_GOES,
	EVENT_BINDS,  /* claim WHO and its volume are told to be each other's, one after the other */
	EVENT_STANDS, /* a pod of template WHO is on a node already */
	EVENT_COMES,  /* a pod of template WHO waits for a node */
	EVENT_LEAVES, /* the pod of event WHO is being deleted */
	EVENT_GONE,   /* that pod is no longer there */
	EVENT_PLACE,  /* all that wait have their turns */
};
struct happening {
	enum happening_kind kind;
	uint32_t seq; /* its place in the whole list; names its streams, and the pod that it makes */
	uint32_t who;
};

enum { TEMPLATES_MAX = 24, NODES_MAX = 40, NAMESPACES = 3, BUDGETS = 2, CLASSES = 3 };

struct script {
	uint64_t seed;
	uint32_t features;
	bool pack;    /* the strategy */
	bool storage; /* most of it is about a few claims that many pods share */
	unsigned nodes, templates, volumes;
	uint32_t without[TEMPLATES_MAX];  /* features that template's pods don't have after all */
	uint32_t node_without[NODES_MAX]; /* likewise */
	struct happening *events;         /* [count] */
	size_t count, cap;
};

/* The script of SEED. */
void script_make(struct script *s, uint64_t seed, uint32_t features);
void script_copy(const struct script *from, struct script *to);
void script_done(struct script *s);
