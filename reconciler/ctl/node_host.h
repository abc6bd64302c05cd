/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A host that is to become a node, or is one: what `pintle node add` and `pintle node upgrade` do with it, step by step. Each step says on
 * standard output what it has found or done, or (dry run) what it would do; when one fails, what was done stays, and all of it may be
 * begun again.
 */
#pragma once

#include "reconciler/ctl/ctl.h"
#include "reconciler/ctl/node_install.h"
#include "reconciler/ctl/node_session_try.h"

struct node_host {
	const char *name; /* the node's, which begins each line */
	const char *home; /* there */
	bool dry_run;
	bool install;              /* packages that are missing */
	const char *start_command; /* where systemd does not run; or NULL */
	struct remote remote;
	struct node_facts facts;
	struct buf agent; /* the program to be copied */
	char *libraries;  /* that it is linked to, a blank between two */
	struct node_session_key key;
	bool begun; /* something may have been changed */
};

void node_host_init(struct node_host *n);
void node_host_done(struct node_host *n);
/* "NAME: …" */
void node_say(const struct node_host *n, const char *fmt, ...) _printf_(2, 3);
/* Reads the agent that is to be copied: FILE, or (NULL) the one beside this program. */
int node_host_agent(struct node_host *n, const char *file, struct err *err);
/* Connects (remote_pin was called), and looks at the host. H: whose cluster it must not be another's of. Lists on standard error what is missing:
 * -ENOPKG (unless packages bring it all, and are installed). */
int node_host_look(struct node_host *n, const struct home *h, struct err *err);
/* The program, the home, the service. RESTART: the agent begins afresh even where nothing else is new. */
int node_host_install(struct node_host *n, const struct home *h, bool restart, struct err *err);
/* pintled's key there. */
int node_host_admit(struct node_host *n, const struct home *h, struct err *err);
/* The agent says hello to pintled's key. */
int node_host_hello(struct node_host *n, const struct home *h, struct node_hello *ret, struct err *err);
/* ctl_fail_err; and how to go on where something was changed. */
int node_fail(struct ctl *c, const struct node_host *n, const struct err *err);
