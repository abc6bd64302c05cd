/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The agents of all nodes and the pods that they run, as far as a reconciler can see them: what pintle-agent keeps on disk and when
 * that is synced, what it makes of each message, when it reports. Containers do what their image's tag says.
 */
#pragma once

#include "lib/base/map.h"
#include "nodeagent/peers.h"
#include "tests/sim/net.h"
#include "tests/share/random.h"

enum pod_state {
	POD_PULLING,  /* no image yet */
	POD_STARTING, /* its container is being made */
	POD_UP,       /* its container runs */
	POD_BACKOFF,  /* it exited, and starts again */
	POD_ENDED,    /* it exited for good */
	POD_STOPPING,
	POD_GONE, /* nothing of it is left but the word that it is gone */
};

struct agent_pod {
	struct letter_pod told;
	int version;
	struct work work;
	bool known_work;
	enum pod_state state;
	bool removing, ready, changed, dead;
	bool synced, removing_synced; /* on disk for good: the assignment; its removal */
	nsec_t ready_since;
	int64_t restarts, exit_code;
	bool exited, ended; /* at least once; for good */
	nsec_t taken_at, ended_at;
	unsigned pulls;
	uint64_t generation; /* of its timer */
	struct agent_pod *graveyard;
};

struct agent {
	unsigned index;
	char name[APP_NAME];
	bool runs; /* the process */
	bool powered;
	int64_t term;                 /* durable */
	int64_t version, min_version; /* of the protocol, that its program speaks */
	int64_t tree_version;         /* that it was told of */
	unsigned starts;
	char holder[48];
	struct map pods;    /* uid → struct agent_pod */
	struct map objects; /* hash → struct letter_object */
	char address[INET_ADDRSTRLEN];
	struct peers network; /* what it was told of other nodes: its routes */
	char *network_before; /* its file before the last change, as a line; NULL: there was none */
	unsigned boots;
	nsec_t cut_until, slow_until, no_pull_until, unready_until, echo_until, late_until, down_until;
	unsigned slow;
	bool turn_armed;
	struct rng rng;
};

struct fleet {
	struct agent *agents; /* [count] */
	size_t count;
	struct agent_pod *graveyard;
};

struct fleet *fleet_new(struct sim *s);
void fleet_free(struct fleet *f);
/* Can bytes get from and to it now? */
bool agent_is_cut(const struct sim *s, const struct agent *a);

/* --- what happens to it ------------------------------------------------------------------------- */

void fleet_connected(struct sim *s, struct session *c);
void fleet_take(struct sim *s, struct session *c, const struct letter *l);
/* The agent finds its session dead, or hears that it was closed. */
void fleet_lost(struct sim *s, struct session *c);
void fleet_on_pod(struct sim *s, unsigned node, struct agent_pod *p, uint64_t generation);
void fleet_on_turn(struct sim *s, unsigned node);
void fleet_on_synced(struct sim *s, unsigned node, struct session *c, uint64_t revision);
void fleet_fault(struct sim *s, const struct script_event *e);
void fleet_on_heal(struct sim *s, unsigned node);

/* --- fleet_network.c -------------------------------------------------------------------------------- */

/* Its address. */
void agent_network_begin(struct agent *a);
void agent_network_done(struct agent *a);
void agent_network_take(struct sim *s, struct agent *a, const struct letter *l);
/* The machine starts again: at another address, perhaps, and without the last that was written. */
void agent_network_reboot(struct sim *s, struct agent *a);

/* --- fleet_pod.c ------------------------------------------------------------------------------------ */

void pod_assign(struct sim *s, struct agent *a, const struct letter_pod *told);
void pod_remove(struct sim *s, struct agent *a, const struct letter_pod *removal);
void pod_forget(struct sim *s, struct agent *a, const char *uid);
/* The machine starts again: containers are gone, pods are taken up from disk. */
void pod_reboot(struct sim *s, struct agent *a, struct agent_pod *p);
void pod_die(struct sim *s, struct agent *a, struct agent_pod *p);
/* Its container ends by itself. */
void pod_exit(struct sim *s, struct agent *a, struct agent_pod *p, int64_t code);
void pod_set_ready(struct sim *s, struct agent *a, struct agent_pod *p, bool ready);
void pod_report(const struct agent_pod *p, struct letter_pod *ret);
/* Something of it must be reported. */
void pod_changed(struct sim *s, struct agent *a, struct agent_pod *p);
