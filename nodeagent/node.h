/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * What every part of the agent that runs pods stands on: opened once at start, then only passed around. Borrowed
 * pointers throughout; main owns them.
 */
#pragma once

#include <netinet/in.h>

#include "lib/base/loop.h"
#include "nodeagent/assign.h"
#include "nodeagent/cgroup.h"
#include "nodeagent/env.h"
#include "nodeagent/held.h"
#include "nodeagent/image_pull.h"
#include "nodeagent/ipam.h"
#include "nodeagent/routes.h"
#include "nodeagent/runtime.h"
#include "nodeagent/trash.h"

struct node_services {
	struct loop *loop;
	const struct node_env *env;
	const struct identity *identity;
	struct cgroups *cgroups;
	struct image_store *images;
	struct image_pulls *pulls;
	struct runtime *runtime;
	struct trash *trash;
	struct routes *routes; /* to other nodes' pods */
	struct ipam *ipam;     /* NULL until the pod subnet is known and set up */
	struct err subnet_err; /* why it could not be set up; code 0: nothing was wrong */
	char *subnet_wanted;   /* subnet.h; NULL: none is known yet */
	struct held *held;
	const char *log_root;          /* "/var/log/pods" */
	char host_ip[INET_ADDRSTRLEN]; /* the node's InternalIP */
	int64_t memory;                /* the node's bytes */
	const struct quantity_map *allocatable;
	int64_t oom_score_adj_min; /* the lowest that we may give to children */
};
