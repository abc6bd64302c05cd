/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What `pintle status` says, as a screen of text or as JSON. */
#pragma once

#include "lib/object/json.h"
#include "reconciler/ctl/sync_view.h"
#include "reconciler/ctl/workloads.h"

struct status_commit {
	char *subject, *author; /* NULL: the repository does not have it here */
	nsec_t time;
};

struct status {
	const char *home;
	const struct sync_view *sync;
	const struct workloads *workloads;
	struct status_commit in_force, seen;
	const char *newest; /* tip of the branch, where it can be read; or NULL */
	int64_t pintled;    /* pid; 0: not running */
	nsec_t now;
};

/* In sync, with a pintled that has seen the newest commit. */
bool status_in_sync(const struct status *s);
/* That, and everything is healthy: exit code 0. */
bool status_good(const struct status *s);
void status_write_text(const struct status *s, struct buf *out);
void status_write_json(const struct status *s, struct json_writer *w);
