/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The templates that a StatefulSet or DaemonSet has and had, as ControllerRevisions (pkg/controller/history). The
 * newest is what git says; one that git goes back to becomes the newest again, under the next number. A template stays for
 * as long as pods have it, and as the revisionHistoryLimit newest beyond those.
 */
#pragma once

#include "reconciler/control/control.h"

/* R's revision for TEMPLATE, which is in its manifest: R->update from now on, made where there was none. */
struct world_controller_revision *history_take(
	struct control *c, struct world_roller *r, const struct pod_template *template);
/* Was P made from H? */
bool history_made(const struct world_controller_revision *h, const struct world_pod *p);
/* Drops the oldest that no pod has until LIMIT of those are left; the newest and KEPT (may be NULL) stay. */
void history_trim(struct control *c, struct world_roller *r, int64_t limit,
	const struct world_controller_revision *kept);
/* R goes, with its templates and its pods. */
void history_drop(struct control *c, struct world_roller *r);
