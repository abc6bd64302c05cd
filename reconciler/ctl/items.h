/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Objects of the actual tree as verbs need them: typed, with the JSON text they came from. And the journal
 * followed until something is so.
 */
#pragma once

#include "lib/base/time.h"
#include "reconciler/actual_reader.h"
#include "reconciler/ctl/print.h"

/*
 * Appends the objects of KIND in NS (NULL: all namespaces; ignored for cluster-scoped kinds) by path. A file that can't be read as an object is
 * an error that names it.
 */
int items_list(
	struct actual_reader *r, const struct kind *kind, const char *ns, struct items *ret, struct err *err);
/* Appends one object. -ENOENT. */
int items_get(struct actual_reader *r, const struct kind *kind, const char *ns, const char *name,
	struct items *ret, struct err *err);

/* RECORD NULL: everything that is there has been handed out; the next call may be long in coming. > 0 ends the loop, as does an error. */
typedef int (*follow_fn)(const struct actual_record *record, void *arg);
/*
 * Hands the journal's records behind SINCE to FN until it ends the loop (its result is returned), or until monotonic time DEADLINE
 * (NSEC_NEVER: none): 0. -ESTALE: list again. ALSO (NULL: none) is listened to meanwhile.
 */
struct follow_also {
	int fd;
	/* < 0 ends the loop; after it FN is called as if a batch were over */
	int (*readable)(void *arg, struct err *err);
	void *arg;
};
int follow(const char *dir, uint64_t since, nsec_t deadline, const struct follow_also *also, follow_fn fn,
	void *arg, struct err *err);
