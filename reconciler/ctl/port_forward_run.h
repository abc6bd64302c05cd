/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * `pintle port-forward` at work: one loop that takes local connections, makes each a tunnel, and watches the pod and pintled.
 *
 * At most FORWARD_TUNNELS_MAX connections at once; more wait where the kernel keeps them until one is over, as they do while there are no
 * descriptors (the soft limit is raised for this process) or pintled does not come to take them.
 */
#pragma once

#include "reconciler/ctl/ctl.h"
#include "reconciler/ctl/port_forward_listen.h"
#include "reconciler/ctl/port_forward_pod.h"

enum { FORWARD_TUNNELS_MAX = 1000 };

struct forward_run {
	struct ctl *c;
	const struct home *home;
	const struct forward_target *target;
	const struct forward_listeners *listeners;
};

/*
 * Says where it listens, and forwards until a signal ends it (CTL_DONE), or the pod or pintled is gone (CTL_FAILED, after saying so).
 */
int forward_run(const struct forward_run *spec);
