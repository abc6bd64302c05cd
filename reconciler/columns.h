/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The columns that kubectl prints for an object of each kind: one table per kind, used by `pintle get` and by the
 * status page. Rules: kubernetes pkg/printers/internalversion/printers.go.
 */
#pragma once

#include "lib/base/time.h"
#include "lib/object/object.h"

struct column {
	const char *title; /* "READY" */
	bool wide;         /* shown with -o wide only */
	/* Appends the cell's text for O at realtime NOW. */
	void (*print)(struct buf *out, const struct object *o, nsec_t now);
};

/* The columns of a kind; *RET_COUNT how many. Every kind has some: at least NAME and AGE. */
const struct column *columns_of(const struct kind *kind, size_t *ret_count);

/* What kubectl calls a pod's STATUS: "Running", "CrashLoopBackOff", "Init:0/2", "Completed", "Terminating" … in OUT. */
void columns_pod_status(struct buf *out, const struct pod *pod);
