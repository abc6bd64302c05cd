/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The verbs: each has an option table and a function; verbs.c puts them into ctl_verbs. See ctl.h for what a
 * verb's function does; what each verb means is in its man page, pintle-VERB(1).
 */
#pragma once

#include "reconciler/ctl/ctl.h"

/* up.c: homes and daemons. */
extern const struct ctl_verb ctl_verb_init, ctl_verb_up, ctl_verb_down;
/* Each in the file of its name: manifests, and what they would change. */
extern const struct ctl_verb ctl_verb_check, ctl_verb_diff, ctl_verb_sync;
/* Manifests on nodes that are given. */
extern const struct ctl_verb ctl_verb_simulate;
/* The actual tree. */
extern const struct ctl_verb ctl_verb_status, ctl_verb_get, ctl_verb_events, ctl_verb_why, ctl_verb_fsck;
/* Through pintled to the node. */
extern const struct ctl_verb ctl_verb_logs, ctl_verb_exec, ctl_verb_port_forward;
/* image.c: the local node's images. */
extern const struct ctl_verb ctl_verb_image_import, ctl_verb_image_list, ctl_verb_image_remove;
/* Nodes: their hosts, and commits that change their manifests. */
extern const struct ctl_verb ctl_verb_node_add, ctl_verb_node_upgrade;
extern const struct ctl_verb ctl_verb_node_cordon, ctl_verb_node_uncordon, ctl_verb_node_drain;
/* The tables. */
extern const struct ctl_verb ctl_verb_explain, ctl_verb_completion;
