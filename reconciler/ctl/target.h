/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Which pod and container `pintle logs`, `pintle exec` and `pintle port-forward` mean: a pod's name, or pods of a workload in kubectl's
 * order of preference (podutils.ByLogging).
 */
#pragma once

#include "reconciler/ctl/print.h"

/* Sorts pods: placed before waiting, running, ready, more restarts, older, then by name. */
void target_sort(struct items *pods);
/* The first of sorted PODS that runs, those that are not being deleted before others; NULL: none does. */
const struct pod *target_running(const struct items *pods);
/* Will POD never run again? */
bool target_has_ended(const struct pod *pod);
/* The selector of a workload or service whose pods are meant; NULL: the kind has none. *SCRATCH holds it where it is made here. */
const struct label_selector *target_selector(const struct object *o, struct label_selector *scratch);
/*
 * The container of POD: WANTED, or kubectl.kubernetes.io/default-container, or the first. *RET_CHOSEN: among several, by ourselves. -ENOENT
 * with the pod's containers in ERR. INIT: init containers count too.
 */
int target_container(const struct pod *pod, const char *wanted, bool init, const char **ret, bool *ret_chosen,
	struct err *err);
/* "a, b" */
void target_container_names(const struct pod *pod, struct buf *out);
