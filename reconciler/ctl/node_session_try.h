/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* pintled's own way to an agent, tried once: its key, and the hello that comes when it is used. */
#pragma once

#include "reconciler/ctl/remote.h"
#include "reconciler/home.h"

/* What an agent said of itself. */
struct node_hello {
	int64_t version, min_version; /* of the protocol */
	char *agent;                  /* the program's version */
	char *cluster_id, *node, *boot_id;
};
void node_hello_done(struct node_hello *h);

/* pintled's key: sshKey of pintle.conf, or what the agent at sshAgent has. */
struct node_session_key {
	char *file;       /* of the private key */
	char *agent;      /* or NULL */
	char *config;     /* sshConfig; or NULL */
	char *public_key; /* its line: "TYPE BASE64 …" */
	bool made;        /* just now, and given to the home's owner */
};
/* MAKE: where there is none at the usual place, one is made; else -ENOENT. */
int node_session_key_find(const struct home *h, bool make, struct node_session_key *ret, struct err *err);
void node_session_key_done(struct node_session_key *k);

/* Logs in at R with K, as pintled does, and takes the agent's hello; waits a while for an agent that is just starting. */
int node_session_try(
	struct remote *r, const struct node_session_key *k, struct node_hello *ret, struct err *err);
