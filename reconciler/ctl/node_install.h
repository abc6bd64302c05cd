/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The steps that make a host a node, each for itself: each looks whether it is done already, makes what it makes appear whole (temporary name,
 * rename), and may be made again. What is made belongs to root, but for the home's directory and what the SSH user must read.
 */
#pragma once

#include "reconciler/ctl/node_facts.h"
#include "reconciler/ctl/remote.h"

#define NODE_BIN "/usr/local/bin"
#define NODE_HOME "/var/lib/pintle"

/* What is installed, and where. */
struct node_install {
	struct remote *remote;
	const char *home; /* there: absolute, of plain characters */
	const char *cluster_id;
	const struct node_facts *facts;
	const void *agent; /* the program's bytes */
	size_t agent_len;
};

/* Is DIR a path that may stand in a unit and in a forced command as it is? */
bool node_home_is_plain(const char *dir);
/* The unit's name: another home has another. In ARENA. */
const char *node_unit_name(struct arena *arena, const char *home);

/* Each returns 1 when something was changed, 0 when all was so already. */
int node_install_agent(const struct node_install *n, struct err *err);
int node_install_home(const struct node_install *n, struct err *err);
/* The unit, enabled and started; RESTART: it runs afresh in any case. */
int node_install_unit(const struct node_install *n, bool restart, struct err *err);
/* Runs COMMAND, a line for the shell, as root. */
int node_start(const struct node_install *n, const char *command, struct err *err);
/*
 * The line of KEY ("TYPE BASE64 …", as in a .pub file) in the SSH user's authorized keys: for sessions of the home's agent and nothing else. Takes
 * the place of the one that this home had. -EEXIST: the key lets in without that already.
 */
int node_install_key(const struct node_install *n, const char *key, struct err *err);
/* Debian's PACKAGES (each with a blank before it). */
int node_install_packages(const struct node_install *n, const char *packages, struct err *err);

/* The file of the SSH user's authorized keys. In ARENA. */
const char *node_keys_file(struct arena *arena, const struct node_facts *f);
