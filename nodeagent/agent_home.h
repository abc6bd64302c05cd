/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the agent needs of a home beside its own state: the cluster's id, its place there, its socket. The home itself is
 * made by `pintle init`; what the agent makes in it outside of HOME/agent is given to the home's owner.
 */
#pragma once

#include <sys/types.h>

#include "lib/base/err.h"

struct agent_home {
	char *dir; /* absolute */
	int fd;
	uid_t owner;
	gid_t group;
	char cluster_id[33];
};

/* -ENOENT with a hint where DIR is no home. */
int agent_home_open(const char *dir, struct agent_home *ret, struct err *err);
void agent_home_done(struct agent_home *h);
/* Holds run/pintle-agent.pid by a lock. Returns its descriptor; -EWOULDBLOCK: an agent runs already. */
int agent_home_claim(const struct agent_home *h, struct err *err);
/* A listening Unix socket at run/agent.sock, of the home's owner, mode 0600. Returns its descriptor. */
int agent_home_listen(const struct agent_home *h, struct err *err);
/* Connects to it. Returns the descriptor. */
int agent_home_connect(const struct agent_home *h, struct err *err);
