/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Why a node can't be reached: a constant word for programs, and a sentence for people that says what to do. The sentence is the same
 * from try to try while the reason is (no ports of our end, no counters, no times), so that what tells it changes only when it does.
 */
#pragma once

#include "lib/base/cleanup.h"

/* The words (a condition's reason). */
#define TROUBLE_NO_ADDRESS "NoAddress"         /* nothing says where it is */
#define TROUBLE_CONNECT_FAILED "ConnectFailed" /* nothing listens there, or no way leads there */
#define TROUBLE_HOST_UNKNOWN "HostUnknown"     /* its name has no address */
#define TROUBLE_NO_ANSWER "NoAnswer"           /* silence where an answer is due */
#define TROUBLE_HOST_KEY "HostKeyChanged"      /* the host's key is not the one of its manifest */
#define TROUBLE_KEY_REFUSED "KeyRefused"       /* the host does not let us in */
#define TROUBLE_KEY_UNUSABLE "KeyUnusable"     /* we have no key that could be shown */
#define TROUBLE_SSH_FAILED "SSHFailed"         /* what is there speaks no SSH that we know */
#define TROUBLE_AGENT_MISSING "AgentMissing"   /* the host is there, its agent is not */
#define TROUBLE_SESSION_ENDED "SessionEnded"   /* the other end closed it */
#define TROUBLE_BAD_MESSAGE "BadMessage"       /* what the agent says is against the protocol */
#define TROUBLE_TOO_LONG "TooLong"             /* a line without an end */
#define TROUBLE_TOO_SLOW "TooSlow"             /* it takes or says too little in too much time */
#define TROUBLE_FLOOD "Flood"                  /* it says more than an agent can have to say */
#define TROUBLE_WRONG_CLUSTER "WrongCluster"   /* the agent belongs to another one */
#define TROUBLE_DUPLICATE "DuplicateNode"      /* the agent is that of another Node */
#define TROUBLE_VERSION "VersionNotSupported"  /* of the protocol */

enum { TROUBLE_TEXT_MAX = 512 };

struct trouble {
	const char *reason; /* one of those above; NULL: nothing that a node's state should tell */
	char message[TROUBLE_TEXT_MAX];
};

/* Sets both; the message is cut where it is too long, and its control characters become blanks. Returns CODE. */
int trouble_set(struct trouble *t, int code, const char *reason, const char *fmt, ...) _printf_(4, 5);
/* Is it one that a next try may well put right, so that it is told only when it lasts? */
bool trouble_may_pass(const struct trouble *t);

/* --- what is told likewise whichever way SSH is spoken; WHERE is [USER@]HOST[:PORT] ---------------------------- */

/* SHOWN, PINNED: fingerprints, of the host's key and of one that its manifest has. Returns -EKEYREJECTED. */
int trouble_ssh_host_key(struct trouble *t, const char *where, const char *shown, const char *pinned);
/* KEYS: "the key PATH" … Returns -EACCES. */
int trouble_ssh_key_refused(struct trouble *t, const char *where, const char *keys);
/* `pintle-agent session` has ended with STATUS, as a shell has it; LINE is the last of its stderr, or "". Returns -ECONNRESET. */
int trouble_command_ended(struct trouble *t, const char *where, int status, const char *line);
