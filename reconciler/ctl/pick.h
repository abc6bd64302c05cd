/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* target.h with the tree behind it: from the words of logs and exec to pods. */
#pragma once

#include "reconciler/ctl/ctl.h"
#include "reconciler/ctl/items.h"
#include "reconciler/home.h"

/*
 * The pods that WORD ("web-1", "pod/web-1", "deployment/hello", "service/web") means in NS, best first. -ENOENT: no such pod or workload; -ENODATA: none of its pods is there.
 */
int pick_pods(const struct home *h, const char *ns, const char *word, struct items *ret, struct err *err);
/* The same; *RET_OWNER gets the workload or service where WORD names one. On errors what was found before is in the lists. */
int pick_pods_of(const struct home *h, const char *ns, const char *word, struct items *ret_owner,
	struct items *ret, struct err *err);
/*
 * The container of POD (target_container), after telling on stderr when it was chosen among several. NULL, after the reason was printed: there is none.
 */
const char *pick_container(const struct ctl *c, const struct pod *pod, const char *wanted, bool init);
