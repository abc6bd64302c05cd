/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Workloads that are rolled when their configuration changes: `pintle.dev/on-config-change: Restart` on a Deployment, DaemonSet
 * or StatefulSet, or `onConfigChange: Restart` in the Cluster for those that say nothing themselves.
 *
 * The template gets an annotation that stands for the ConfigMaps and Secrets that it names, as they are now: another
 * template, so that the controller rolls its pods as after any other change, within the same budgets. What stands in
 * it is a hash of the objects' keyed digests: nothing of a Secret can be told from it. A template that names none has no annotation.
 *
 *   1  Restart, a named object changes   another revision: the pods are rolled
 *   2  Restart, one that is not there    counts as nothing; when it comes, that is a change
 *   3  Keep (the default)                volumes are renewed in running pods, nothing restarts
 *   4  Restart comes or goes             the annotation comes or goes: the pods are rolled once
 *   5  an object that no template names  nothing
 *   6  a Job, CronJob, ReplicaSet, Pod   never: what runs is what was started
 *
 * Whoever keeps pods and is rolled asks here for its revision whenever it looks; control_config_sync makes it look.
 */
#pragma once

#include "reconciler/control/control.h"

#define CONFIG_NOTE_HASH "pintle.dev/config-hash" /* on the template */

/* Is the workload O (of git) to be rolled when its configuration changes? */
bool config_restarts(const struct world *w, const struct world_object *o);
/*
 * The revision that O's pods are to be of now: of TEMPLATE, which lives in O's manifest, with the annotation where O wants it.
 * A reference; HAVE (may be NULL), the one of before, where that is still right.
 */
struct world_revision *config_revision(const struct world *w, const struct world_object *o,
	const struct pod_template *template, struct world_revision *have);
