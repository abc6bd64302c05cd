/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Where one home's agent keeps what, and how its traces on the host are named.
 *
 * Filled once at start, then passed around const. Every name that the host can see (interface,
 * table, control group, mount) is derived from short_id: two homes on one host do not meet.
 */
#pragma once

#include "lib/base/err.h"

enum { NODE_SHORT_LEN = 8 };

struct node_env {
	char short_id[NODE_SHORT_LEN + 1]; /* first 8 characters of the cluster id: lower-case hex */
	char *home;                        /* absolute; all three owned */
	char *state_dir;                   /* HOME/agent */
	char *run_dir;                     /* /run/pintle/SHORT: dies with the boot */
};

/* HOME must be absolute, CLUSTER_ID at least 8 lower-case hex digits (-EINVAL). Makes no directories. */
int node_env_init(struct node_env *ret, const char *home, const char *cluster_id, struct err *err);
void node_env_done(struct node_env *env);
