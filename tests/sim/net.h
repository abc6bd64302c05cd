/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Sessions between reconcilers and agents: two lanes each, in which letters arrive in the order they were sent, after a while.
 *
 * A partition holds letters back; when it ends before an end has given the session up, they arrive late. An end
 * that closes its session hears nothing more of it; the other end hears of the close behind what was on its way, or (a
 * partition, a node without power) finds out by itself after a time.
 */
#pragma once

#include <netinet/in.h>

#include "lib/wire/wire.h"
#include "reconciler/network.h"
#include "tests/sim/sim.h"

enum letter_type {
	LETTER_HELLO,
	LETTER_WELCOME,
	LETTER_APPLY,
	LETTER_APPLIED,
	LETTER_REPORT,
	LETTER_REPORTED,
	LETTER_NETWORK,
	LETTER_FENCED,
	LETTER_CLOSED, /* the other end has closed the session */
	LETTER_TYPES
};

enum { SIM_UID = 37, SIM_DIGEST = 65 };

/* A pod as it is told to an agent, or as its agent tells of it. */
struct letter_pod {
	char uid[SIM_UID], digest[SIM_DIGEST];
	char *key;   /* "ns/name"; told and reported */
	char *image; /* told only */
	char restart[10];
	int index;           /* of a Job; -1: none; told only */
	struct strings refs; /* told only: hashes of config objects; in one block */
	int64_t grace;       /* of a pod, or of its removal; -1: its own */
	/* reported */
	const char *phase, *reason; /* constants; reason: why its container waits, or NULL */
	bool ready, gone, exited;
	int64_t exit_code, restarts;
	nsec_t taken_at, ready_since, ended_at; /* taken: by its agent */
};
struct letter_object {
	char hash[SIM_DIGEST];
	char *text; /* data's "version" of a ConfigMap */
};
struct letter {
	enum letter_type type;
	int64_t term, number;         /* number: revision or seq */
	int64_t tree_version;         /* with hello, apply and reported */
	int64_t version, min_version; /* of the protocol: with hello, and version with welcome */
	char holder[48];
	struct letter_pod *pods; /* held, assigned or reported */
	size_t pod_count;
	struct letter_pod *removals;
	size_t removal_count;
	struct letter_object *objects; /* sent or held */
	size_t object_count;
	char (*forget)[SIM_DIGEST];
	size_t forget_count;
	char address[INET_ADDRSTRLEN];     /* of the host: with hello */
	char network[WIRE_NETWORK_DIGEST]; /* that it knows: with the first report */
	char *line;                        /* of the message network */
	struct letter *next;
};
struct letter *letter_new(enum letter_type type);
struct letter *letter_free(struct letter *l);
/* What the trace says of it. */
void letter_format(const struct letter *l, struct buf *out);

/* --- from and to the wire's structs (letter_wire.c) ------------------------------------------------- */

struct letter *letter_of_welcome(const struct wire_welcome *w, bool by_wire);
/* BY_WIRE: by way of its JSON line. */
struct letter *letter_of_apply(const struct wire_apply *a, bool by_wire);
struct letter *letter_of_network(const struct network_news *n);
/* The letter as the reconciler's code takes it; all in ARENA. */
struct wire_hello *letter_hello(const struct letter *l, struct arena *arena);
struct wire_report *letter_report(const struct letter *l, struct arena *arena);

/* --- sessions ---------------------------------------------------------------------------------------- */

enum end { END_HOST, END_AGENT };

struct lane {
	struct session *session;
	enum end to;
	struct letter *first, *last; /* on their way */
	nsec_t last_at;              /* when the last one arrives */
};
struct session {
	unsigned host, node;
	bool open[2];         /* by end */
	bool welcomed;        /* the agent obeys it */
	int64_t seq;          /* of the agent's last report */
	struct lane lanes[2]; /* by the end that they lead to */
	struct session *next; /* of its node */
	/* reported as gone, with their seq: the agent forgets them once that is acknowledged */
	char (*gone)[SIM_UID];
	int64_t *gone_seq;
	size_t gone_count, gone_cap, gone_seq_cap;
};

struct net *net_new(struct sim *s);
void net_free(struct net *n);
/* A session between them; both ends are open. */
struct session *net_connect(struct sim *s, unsigned host, unsigned node);
/* Takes over L. A closed end's letter goes nowhere. */
void net_send(struct sim *s, struct session *c, enum end to, struct letter *l);
/* FROM closes. LOST: without a word (no power, no network); else the other end hears of it. */
void net_close(struct sim *s, struct session *c, enum end from, bool lost);
/* A session may be dead and neither end knows: each finds out in a while, unless the partition is over by then. */
void net_doubt(struct sim *s, unsigned node);
/* Letters that were held back go on. */
void net_heal(struct sim *s, unsigned node);
void net_on_letter(struct sim *s, struct lane *lane);
void net_on_notice(struct sim *s, struct session *c, enum end who, uint64_t generation);
/* Those of NODE of which something may still come, the newest first. */
struct session *net_sessions(const struct sim *s, unsigned node);
