/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What session.c (connections), session_report.c (what a reconciler is told), session_message.c (what it says) and session_node.c (what
 * there is to tell of the node) share. Private to them. Nothing here frees a session: session_close marks it, and the end of the turn lets it go.
 */
#pragma once

#include "lib/base/proc.h"
#include "lib/wire/wire.h"
#include "nodeagent/session.h"

/* A gone pod, until the reconciler has acknowledged the report that said so. */
struct gone {
	char *uid;
	int64_t seq;
};

struct session {
	struct sessions *all;
	int fd;
	struct loop_source *io, *silence;
	nsec_t heard; /* when the last byte came; monotonic */
	struct wire_reader in;
	struct buf out;
	struct requests *requests;
	bool welcomed, closing;
	int64_t version;        /* of the protocol, since the welcome */
	int64_t seq;            /* of the last report */
	int64_t applied_wanted; /* revision to acknowledge; 0: none */
	struct proc *sync;      /* writes the pods' files to disk before an acknowledgement */
	int64_t sync_revision;
	struct gone *gone;
	size_t gone_count, gone_cap;
	struct session *next;
};

struct sessions {
	struct session_options o;
	struct loop_source *listen_io, *drain, *node_timer;
	struct session *list;
	struct arena *node_arena; /* of the last node status that was told */
	struct node_status *node_status;
	struct wire_pressure pressure; /* likewise */
	nsec_t clock;                  /* realtime minus monotonic, when the time was told last */
	struct err disk;               /* why the state directory takes nothing; code 0: it does */
	nsec_t disk_since;
	bool pods_changed;    /* since the last turn's end */
	size_t count;         /* in list */
	int64_t tree_version; /* that reconcilers told of last */
};

/* session.c */
/* No more is said or heard; freed at the end of the turn. */
void session_close(struct session *s);
/* Sends what can be sent of s->out. */
void session_flush(struct session *s);
/* Says error CODE (lib/wire/wire.h); TERM: with Fenced. */
void session_error(struct session *s, const char *code, const char *message, struct opt_int term);
/* The one that is welcomed; NULL: none. */
struct session *sessions_obeyed(const struct sessions *all);
/* The newest version of the protocol that this agent speaks. */
int64_t sessions_protocol(const struct sessions *all);

/* session_report.c */
void session_hello(struct session *s);
/* Reports the pods in UIDS, or all of them where it is NULL; NODE: the node's status too. Texts go into A. */
void session_report(struct session *s, struct arena *a, const struct strings *uids, bool node);
/* The pods that may have changed, to the session that is obeyed. */
void sessions_report_changes(struct sessions *all);
/* Once no start is under way, what was assigned is brought to disk by a child, and acknowledged. */
void session_acknowledge(struct session *s);

/* session_node.c */
/* The first look, before there is a session. */
void sessions_node_begin(struct sessions *all);
/* Tells the node as it is now, where that is news; with all pods, whose statuses tell it too, where its address is another one. */
void sessions_look_at_node(struct sessions *all);
/* Routes to other nodes' pods, which may have been told, or have gone with a link of the host's. */
void sessions_look_at_routes(struct sessions *all);

/* session_message.c */
/* Does what one line asks for. < 0: it may not ask that (it has been told why), the session ends. */
int session_take_line(struct session *s, const char *line, size_t len);
/* The node's subnet, where another one is due and can come into force now. */
void sessions_take_subnet(struct sessions *all);
