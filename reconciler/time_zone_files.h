/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The host's time zone database (/usr/share/zoneinfo, of Debian's tzdata), for CronJobs: the files of the zones that they
 * name, and /etc/localtime for those that name none. Each is read once in the life of a world; a new database counts
 * from the next start on.
 */
#pragma once

#include "reconciler/snapshot.h"
#include "reconciler/world.h"

/* Reads what CronJobs of W and of S (may be NULL) need and W has not been given yet; call it before the pass that takes S. */
void time_zone_files_read(struct world *w, const struct snapshot *s);
