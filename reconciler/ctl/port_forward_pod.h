/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The pod of `pintle port-forward`, from the actual tree: it is waited for until it runs, and then watched until it is gone.
 */
#pragma once

#include "lib/base/loop.h"
#include "reconciler/ctl/items.h"
#include "reconciler/home.h"

struct forward_target {
	struct items owner, pods;
	const struct pod *pod;         /* of PODS: it runs */
	const struct service *service; /* of OWNER; NULL: it is none */
	uint64_t since;                /* the tree's version that shows it */
};

/*
 * The pod that WORD means in NS (pick_pods), as soon as there is one that runs, within PATIENCE. -ENOENT: no such pod or workload; -ESRCH: the
 * pod has ended; -ETIME: ERR says what became of the pod. *RET is ended with forward_target_done where this returns 0.
 */
int forward_target_wait(const struct home *h, const char *ns, const char *word, nsec_t patience,
	struct forward_target *ret, struct err *err);
void forward_target_done(struct forward_target *t);

struct forward_watch;

/*
 * Calls GONE once the pod of TARGET is not there any more, is another one, or has ended; with what is wrong where the tree can't be followed
 * any more, else NULL. TARGET is not needed after the call.
 */
int forward_watch_new(struct loop *loop, const struct home *h, const struct forward_target *target,
	void (*gone)(const struct err *why, void *arg), void *arg, struct forward_watch **ret,
	struct err *err);
struct forward_watch *forward_watch_free(struct forward_watch *w);
