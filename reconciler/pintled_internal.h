/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What the files of pintled share; nobody else includes this. */
#pragma once

#include "reconciler/actual.h"
#include "reconciler/agentlink.h"
#include "reconciler/collect.h"
#include "reconciler/desired.h"
#include "reconciler/node_session.h"
#include "reconciler/pass.h"
#include "reconciler/pintled.h"
#include "reconciler/readsock.h"
#include "reconciler/source.h"
#include "reconciler/sync_state.h"

/* A node that is reached, and how far its session is. */
struct pintled_node {
	struct pintled *pintled;
	char *name;
	struct agentlink *link;
	struct node_session session;
	const struct wire_apply *apply; /* of the plan that is being told, or NULL */
	bool to_tell;                   /* it is in pintled.to_tell */
	bool measuring;                 /* asked what its pods use */
	struct buf measured;            /* what came of the answer */
};

struct pintled {
	struct loop *loop;
	struct home *home;
	int claim;
	char holder[160];
	struct actual *actual;
	struct world world;
	struct sync_state sync;
	bool sync_changed;
	struct source *source;
	struct kustomize *builder;
	/* the commit whose kustomizations are being built; zero: that in force, for itself */
	struct oid building;
	struct readsock *readsock;
	struct snapshot *snapshot; /* what the world follows; NULL since the start */
	struct snapshot *next;     /* to be taken by the next pass */
	char *agents;              /* directory of sockets, or NULL */
	struct socket_watches *sockets;
	struct gate *turns;      /* of nodes that are to be reached over SSH */
	struct gate *handshakes; /* of SSH */
	char *user;              /* as whom pintled runs */
	struct pintled_node **nodes;
	size_t node_count, node_cap;
	struct map nodes_by_name; /* → struct pintled_node */
	size_t nodes_known;       /* of the world's, when it was last looked which are to be reached */
	/* [tell_count]: those that the next pass may have something to say to */
	struct pintled_node **to_tell;
	size_t tell_count, tell_cap;
	uint64_t network_told; /* its generation when all were told of it */
	struct loop_source *measure_timer;
	bool measure_due; /* the timer is set */
	struct loop_source *drain, *pass_timer, *file_timer, *sigterm, *sigint;
	struct plan plan; /* of the pass that waits for the disk */
	size_t recorded;  /* bytes since what is free was given back */
	bool stuck;
	bool compact_failed; /* said once */
	struct err trouble;  /* with the tree's disk; code 0: none */
	nsec_t trouble_since;
};

/* pintled_drain.c */
void pintled_want_drain(struct pintled *p);
int pintled_drain(void *arg);
int pintled_files(void *arg);
/* What sync.json says, or would say if the disk took it (readsock.h). */
void pintled_status(struct buf *out, void *arg);

/* pintled_nodes.c */
/* A link for each node that can be reached, and none for others. */
void pintled_nodes_sync(struct pintled *p);
void pintled_nodes_free(struct pintled *p);
/* Welcomes, applies and acknowledgements: everything they rest on is durable. */
void pintled_nodes_tell(struct pintled *p, const struct plan *plan);
struct agentlink *pintled_route(const struct wire_params *params, const char **ret_why, void *arg);

/* pintled_measures.c */
/* Sets the timer where there is somebody to measure for. */
void pintled_measure(struct pintled *p);
/* Is M part of an answer to what was asked for that? Then it is taken. */
bool pintled_measured(struct pintled_node *n, const struct wire_message *m);

/* pintled_commits.c */
void pintled_on_source(const struct source_event *event, void *arg);
/* What sync.json is to say from now on; problems as sync_state_set has them. */
void pintled_say(
	struct pintled *p, enum sync_status status, const char *message, const struct diags *problems);
/* S, a reference, comes into force with the next pass. */
void pintled_take(struct pintled *p, struct snapshot *s);

/* The newest commit, as a whole. */
struct pintled_loaded {
	struct oid commit;
	int result;                /* of desired_load_cluster */
	struct snapshot *snapshot; /* where that is 0 */
	struct object *cluster;    /* that the commit has, or NULL */
	struct diags *diags;
	/* what is in force; NULL: nothing, or it can't be loaded, or it is this commit */
	struct snapshot *before;
};

/* pintled_units.c */
/* Takes what can be taken of a commit of units. 1: done; 0: it is one as a whole; -EINPROGRESS: something is to be built first. */
int pintled_take_units(struct pintled *p, const struct pintled_loaded *l);

/* pintled_guard.c */
/* The Cluster in force, or NULL. */
const struct cluster *pintled_cluster(const struct pintled *p);
/* Would S delete what nobody has confirmed? Then WHY gets a line that says so and what to do. COMMIT: S's, or NULL: in force already. */
bool pintled_guards(struct pintled *p, const struct snapshot *s, const struct oid *commit, struct buf *why);
/* How often a remote repository is looked at: as the Cluster in force says, or the configuration. */
void pintled_set_interval(struct pintled *p);

/* The snapshot is in force and durable: pin its commit. */
void pintled_pin(struct pintled *p);
