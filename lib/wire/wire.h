/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The protocol between pintled and pintle-agent, versions 1 and 2: pintle-protocol(7) as C structs.
 *
 * One JSON object a line, both ways, at most WIRE_LINE_MAX bytes. Bytes that arrive go into a wire_reader, lines
 * come out, wire_parse makes a typed message of a line; wire_write_X appends the line for a typed message to a buf.
 * A message is decoded by schema tables as stored data is: unknown members are ignored, missing ones take their
 * defaults. An unknown type is no error here: the receiver answers it with an error message.
 *
 * Ownership: what wire_parse returns lives in the message's own arena (objects: references that
 * wire_message_done drops); what wire_write_X is given is borrowed for the call.
 *
 * The order of messages: agent hello; reconciler welcome; then both as they like. Requests carry an id chosen by
 * who asks; data and end carry it back.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/object/object.h"

enum {
	WIRE_VERSION = 2,     /* the newest that is spoken here */
	WIRE_MIN_VERSION = 1, /* the oldest */
	WIRE_LINE_MAX = 16 << 20,
	WIRE_DATA_MAX = 64 << 10 /* bytes in one data message */
};

/*
 * The version that two sides speak with each other: the newest that both know. Each speaks all from its oldest to its
 * newest. 0: there is none.
 */
int64_t wire_version_common(int64_t own_oldest, int64_t own, int64_t other_oldest, int64_t other);

/* --- lines ------------------------------------------------------------------------------------- */

struct wire_reader {
	struct buf in;
	size_t start;   /* of the first line not yet handed out */
	size_t scanned; /* bytes from start that hold no newline */
	size_t max;     /* of a line, without its newline */
};

/* MAX 0: WIRE_LINE_MAX. */
void wire_reader_init(struct wire_reader *r, size_t max);
void wire_reader_done(struct wire_reader *r);
void wire_reader_feed(struct wire_reader *r, const void *data, size_t len);
/*
 * The next line without its newline (NUL-terminated, valid until the next call on R; empty lines are skipped).
 * 1: *RET_LINE and *RET_LEN are set; 0: no whole line yet; -EMSGSIZE: a line is longer than max, close the session.
 */
int wire_reader_line(struct wire_reader *r, const char **ret_line, size_t *ret_len);

/* --- messages ----------------------------------------------------------------------------------- */

enum wire_type {
	WIRE_UNKNOWN, /* only type_name is set */
	WIRE_HELLO,
	WIRE_WELCOME,
	WIRE_APPLY,
	WIRE_APPLIED,
	WIRE_REPORT,
	WIRE_REPORTED,
	WIRE_NETWORK,
	WIRE_REQUEST,
	WIRE_DATA,
	WIRE_END,
	WIRE_CANCEL,
	WIRE_PAUSE,
	WIRE_RESUME,
	WIRE_PING,
	WIRE_PONG,
	WIRE_ERROR,
	WIRE_TYPE_COUNT
};

/* How much the node's pods wait, in percent of time, in steps of 10 (nodeagent/pressure.h). */
struct wire_pressure {
	int64_t cpu, memory, io;
};

struct wire_held_pod {
	const char *uid, *digest;
	const char *namespace, *name; /* since version 2; NULL: not told */
};
/* agent → reconciler, the first line: what the agent is and holds. */
struct wire_hello {
	int64_t version, min_version;  /* the newest and the oldest that it speaks */
	const char *agent;             /* program version */
	const char *cluster_id, *node; /* NULL or "": none yet */
	const char *boot_id;
	int64_t term; /* highest seen */
	const char *holder;
	struct node_status *status;
	struct wire_pressure *pressure; /* NULL: not known */
	struct {
		struct wire_held_pod *items;
		size_t count;
	} pods;
	struct strings objects; /* hashes held */
	int64_t time;           /* since version 2: of its clock, ns since the epoch; 0: not told */
	int64_t tree_version;   /* since version 2: the last that it was told of; 0: none */
};

/* reconciler → agent, the answer. The agent takes term and holder when higher than what it has; lower: error "Fenced". */
struct wire_welcome {
	int64_t version; /* that is spoken from now on */
	const char *cluster_id, *node;
	int64_t term;
	const char *holder;     /* "host:pid:start" */
	const char *pod_cidr;   /* of this node */
	const char *dns_domain; /* "cluster.local" */
};

/* A ConfigMap or Secret, content addressed; sent once a node. */
struct wire_object {
	const char *hash;
	struct object *object; /* received: NULL when PROBLEM says why it can't be read */
	const char *problem;   /* received only */
};
struct wire_pod {
	const char *digest; /* identity of (pod, refs) */
	/* kind Pod, with metadata.uid; received: NULL when PROBLEM says why it can't be read */
	struct object *pod;
	struct string_map refs; /* "ConfigMap/NAME" or "Secret/NAME" → hash of a wire_object */
	const char *problem;    /* received only */
};
struct wire_remove {
	const char *uid;
	struct opt_int grace_period_seconds; /* absent: the pod's own */
};
/* reconciler → agent: changes. Idempotent: a pod already held with this digest is left alone. */
struct wire_apply {
	int64_t term, revision;
	int64_t tree_version; /* since version 2: of the actual tree, durable, that this rests on; 0: not told */
	struct {
		struct wire_object *items;
		size_t count;
	} objects;
	struct {
		struct wire_pod *items;
		size_t count;
	} pods;
	struct {
		struct wire_remove *items;
		size_t count;
	} remove;
	struct strings forget_objects; /* hashes that no pod needs any more */
};
/* agent → reconciler: everything up to REVISION is on the agent's disk. */
struct wire_applied {
	int64_t revision;
};

/* What happened to the pod, for people. Said once: it is lost where the session ends before it is read. */
struct wire_event {
	const char *type; /* Normal, Warning */
	const char *reason, *message;
};
struct wire_events {
	struct wire_event *items;
	size_t count;
};
struct wire_report_pod {
	const char *uid, *namespace, *name;
	struct pod_status *status; /* NULL only with gone, when the agent never held the pod */
	bool gone;                 /* it was told to remove it, and nothing of it is left */
	struct wire_events events; /* since the last report */
};
/* agent → reconciler: statuses; everything once after the welcome, then what changed. */
struct wire_report {
	int64_t seq; /* rises by one a report within a session, from 1 */
	struct {
		struct wire_report_pod *items;
		size_t count;
	} pods;
	struct node_status *node;       /* NULL: unchanged */
	int64_t time;                   /* since version 2, with node: as in hello */
	struct wire_pressure *pressure; /* likewise */
	/* since version 2, in the first one: the digest of the pod network that it knows */
	const char *network;
};
/* reconciler → agent: reports up to SEQ are durable; gone pods may be forgotten. */
struct wire_reported {
	int64_t seq;
	int64_t tree_version; /* as in apply */
};

/* A node as the others reach its pods. */
struct wire_network_node {
	const char *name, *pod_cidr;
	const char *address; /* the next hop to pod_cidr */
};
/*
 * reconciler → agent, since version 2: the nodes of the pod network, the agent's own among them. The whole once, unless its
 * first report told the digest of that; then what changed. Idempotent.
 */
struct wire_network {
	const char *cluster_cidr; /* of all pods */
	bool full; /* nodes are all that there are; else those that are new or other than before */
	struct {
		struct wire_network_node *items;
		size_t count;
	} nodes;
	struct strings remove; /* names */
};
/*
 * The digest of a pod network does not go by the order of its nodes: it is the sum of the hashes of all of them, and of the
 * cluster's, modulo 2^64. A hash is the first 8 bytes, as a big-endian number, of the SHA-256 of "NAME POD_CIDR ADDRESS", or of
 * CLUSTER_CIDR. In messages it stands as 16 hex digits.
 */
enum { WIRE_NETWORK_DIGEST = 17 /* with the NUL */ };
uint64_t wire_network_hash(const struct wire_network_node *n);
uint64_t wire_network_hash_cluster(const char *cluster_cidr);
void wire_network_digest(uint64_t sum, char ret[WIRE_NETWORK_DIGEST]);

/* The parameters of all methods in one struct; each method reads what it knows. */
struct wire_params {
	const char *namespace, *pod, *container; /* pod: name; container NULL: the only or the first one */
	const char *uid;                         /* narrows to one pod instance; or NULL */
	/* logs */
	bool follow, previous, timestamps;
	/* since_time: ns since the epoch */
	struct opt_int tail_lines, since_seconds, since_time, limit_bytes;
	/* exec */
	struct strings command;
	bool stdin_open, tty;
	int64_t columns, rows; /* of the terminal; 0: unknown */
	/* forward */
	int64_t port; /* TCP, in the pod */
};
/* Methods: logs, exec, forward, stats, images. stats and images answer one JSON text on stdout (nodeagent/requests.h). */
struct wire_request {
	int64_t id;
	const char *method;
	struct wire_params params;
};
struct wire_data {
	int64_t id;
	const char *stream; /* stdout, stderr, stdin */
	struct bytes data;  /* none: of forward, nothing more comes from the pod */
};
/* From who answers: the request is over. From who asks: standard input is at its end, or nothing more goes to the pod. */
struct wire_end {
	int64_t id;
	int64_t exit_code;
	const char *error; /* NULL or "": none */
};
/* From who asks: no answer any more; a connection that is forwarded is reset. */
struct wire_cancel {
	int64_t id;
};
/*
 * Whoever takes the other's data has enough for now, or goes on: who asks, of the answer; who answers, of standard input. What is under
 * way still comes. Both have this body.
 */
struct wire_pause {
	int64_t id;
};
/* Codes: Fenced, WrongCluster, Version, UnknownType, BadMessage, TooLong, NotWelcomed. */
struct wire_error {
	const char *code, *message;
	struct opt_int term; /* with Fenced: the term that the agent has, and whose it is (since version 2) */
	const char *holder;
};

struct wire_message {
	enum wire_type type;
	const char *type_name; /* as received */
	struct arena *arena;
	union {
		void *body; /* NULL for unknown, ping, pong */
		struct wire_hello *hello;
		struct wire_welcome *welcome;
		struct wire_apply *apply;
		struct wire_applied *applied;
		struct wire_report *report;
		struct wire_reported *reported;
		struct wire_network *network;
		struct wire_request *request;
		struct wire_data *data;
		struct wire_end *end;
		struct wire_cancel *cancel;
		struct wire_pause *pause; /* of WIRE_PAUSE and WIRE_RESUME */
		struct wire_error *error;
	};
};

/*
 * Decodes one line. -EBADMSG: no JSON object, no type, or a member of the wrong type (ERR says which). On success
 * end with wire_message_done.
 */
int wire_parse(const char *line, size_t len, struct wire_message *ret, struct err *err);
/* Drops objects and arena; a zeroed message is fine. */
void wire_message_done(struct wire_message *m);

/* Each appends one line with its newline. */
void wire_write_hello(struct buf *out, const struct wire_hello *m);
void wire_write_welcome(struct buf *out, const struct wire_welcome *m);
void wire_write_apply(struct buf *out, const struct wire_apply *m);
void wire_write_applied(struct buf *out, const struct wire_applied *m);
void wire_write_report(struct buf *out, const struct wire_report *m);
void wire_write_reported(struct buf *out, const struct wire_reported *m);
void wire_write_network(struct buf *out, const struct wire_network *m);
void wire_write_request(struct buf *out, const struct wire_request *m);
void wire_write_data(struct buf *out, const struct wire_data *m);
void wire_write_end(struct buf *out, const struct wire_end *m);
void wire_write_cancel(struct buf *out, const struct wire_cancel *m);
void wire_write_pause(struct buf *out, const struct wire_pause *m);
void wire_write_resume(struct buf *out, const struct wire_pause *m);
void wire_write_ping(struct buf *out);
void wire_write_pong(struct buf *out);
void wire_write_error(struct buf *out, const struct wire_error *m);
