/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A fleet that is simulated by one process: many agents, each behind a Unix socket of its own, which speak the protocol
 * (lib/wire) and run nothing. A pod that is assigned runs at once and one that is to be removed is gone at once, so that what is
 * measured is the reconciler's.
 *
 *   fleet.h          what the files share          fleet_main.c      arguments, the loop
 *   fleet_agent.c    sockets, what an agent holds  fleet_words.c     hello, node and pod statuses
 *   fleet_network.c  what they know of each other  fleet_control.c   commands of standard input
 *   fleet_floor.c    the same bytes with nothing behind them
 *
 * An agent keeps what it was assigned when its session ends, as a real one does: the next hello has the digests.
 * Clocks are monotonic, in ns.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/time.h"
#include "lib/wire/wire.h"

struct fleet_pod {
	char *uid, *namespace, *name, *digest;
	char *container, *image; /* of the first one */
	nsec_t started;
	unsigned place;   /* of its address */
	int64_t gone_seq; /* of the report that said it is gone; 0: it runs */
};

struct fleet;

/* What epoll hands back: an agent's listening socket or its session. */
struct fleet_end {
	struct fleet_agent *agent;
	int fd; /* -1: none */
};

struct fleet_agent {
	struct fleet *fleet;
	unsigned index;
	char name[24];
	struct fleet_end listening, session;
	struct wire_reader in;
	struct buf out;
	bool writing; /* EPOLLOUT is asked for */
	bool welcomed;
	char *cluster_id, *holder, *pod_cidr;
	int64_t term;
	int64_t seq, acked; /* of reports: the last one said, the last one known to be durable */
	struct fleet_pod *pods;
	size_t pod_count, pod_cap;
	unsigned places; /* that were given */
	/* When it last connected, was welcomed, was assigned something, and had all of its reports acknowledged. */
	nsec_t connected_at, welcomed_at, applied_at, settled_at;
	char *applied_image; /* of the last pod that was assigned */
};

struct fleet_counts {
	uint64_t sessions, ended;
	uint64_t bytes_in, bytes_out;
	uint64_t of_type[WIRE_TYPE_COUNT]; /* received */
	uint64_t pods, removals;           /* in applies */
};

/* The pod network that all agents know. Zeroed: nothing. */
struct fleet_network {
	struct map nodes; /* name → its hash (fleet_network.c) */
	uint64_t cluster, sum;
	uint64_t seen[64]; /* hashes of the last lines */
	size_t next_seen;
};

struct fleet {
	int epoll;
	const char *dir;
	struct fleet_agent *agents;
	size_t count;
	nsec_t mark; /* since when things are measured */
	struct fleet_counts counts;
	struct fleet_network network;
};

/* --- fleet_agent.c -------------------------------------------------------------------------------- */

/* Makes the socket DIR/NAME.sock and listens. Exits with a message where that fails. */
void fleet_agent_listen(struct fleet_agent *a);
/* EVENTS of one of its ends. */
void fleet_agent_ready(struct fleet_end *end, uint32_t events);
/* Ends the session, if there is one; what it holds stays. */
void fleet_agent_hang_up(struct fleet_agent *a);
/* Forgets everything and closes both ends. */
void fleet_agent_done(struct fleet_agent *a);

/* --- fleet_words.c ---------------------------------------------------------------------------------- */

/* The first line of a session: a believable node, what it holds. Appended to OUT. */
void fleet_say_hello(const struct fleet_agent *a, struct buf *out);
/* A report of the pods FROM … and, with NODE, of the node. Those that were removed say so. */
void fleet_say_report(struct fleet_agent *a, size_t from, bool node, struct buf *out);

/* --- fleet_network.c -------------------------------------------------------------------------------- */

/* Takes the line where it is a message about the pod network; false: it is another one. */
bool fleet_network_line(struct fleet_network *nw, const char *line, size_t len);
void fleet_network_clear(struct fleet_network *nw);

/* --- fleet_control.c -------------------------------------------------------------------------------- */

/*
 * Takes one command and answers it, if it can be answered now. 1: answered; 0: not yet, try again after something
 * happened; -EINVAL: there is no such command.
 */
int fleet_control(struct fleet *f, const char *command, struct buf *out);

/* --- fleet_floor.c ---------------------------------------------------------------------------------- */

/* Prints ms from the first connect to the last line, of BYTES, that COUNT listening sockets answer with. */
int fleet_floor_connect(const char *dir, size_t count, size_t bytes);
/* Prints ms from the first write of BYTES to COUNT sockets to the last one's answer; ROUNDS times in a row. */
int fleet_floor_apply(size_t count, size_t bytes, size_t rounds);

/* Prints WHAT and errno, and exits with 2. */
_Noreturn void fleet_die(const char *what);
