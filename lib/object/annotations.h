/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The annotations pintle.dev/… that manifests may have: one table of keys, of what may stand in them, and on which kinds. A key
 * that is not in it is warned of, with the nearest one that is; so are keys that mean nothing on the object's kind. A value
 * that is none of those allowed is an error: somebody relies on it. (What the reconciler writes into the tree has keys of
 * the same prefix; in a manifest these say nothing, and are passed over.)
 */
#pragma once

#include "lib/object/object.h"

#define ANNOTATION_PREFIX "pintle.dev/"
/* "Never": the object stays when git has it no more. */
#define ANNOTATION_PRUNE "pintle.dev/prune"
/* OnFailure, Never (so where not given): what a Deployment's rollout does that misses its progress deadline. */
#define ANNOTATION_ROLLBACK "pintle.dev/rollback"
/* Restart, Keep: what a change of a ConfigMap or Secret does to the pods whose template names it. */
#define ANNOTATION_ON_CONFIG_CHANGE "pintle.dev/on-config-change"
/* Of Pods and their templates: the pods of a namespace with the same name here are placed together or not at all. */
#define ANNOTATION_GANG "pintle.dev/gang"
/*
 * Of Pods and their templates: when the pod should run, RFC 3339, or how long after it was made ("30m", as Go writes durations). Of those that
 * wait for a node with the same priority, the one whose deadline is nearest has its turn first; nothing happens when it passes.
 */
#define ANNOTATION_DEADLINE "pintle.dev/deadline"
/* "true": a Node is the host on which pintled runs. */
#define ANNOTATION_LOCAL "pintle.dev/local"
/* [USER@]HOST[:PORT] of a Node, and the keys by which that host is known (ssh_address.h). */
#define ANNOTATION_SSH "pintle.dev/ssh"
#define ANNOTATION_SSH_HOST_KEY "pintle.dev/ssh-host-key"
/* ssh (so where not given): the reconciler's own; openssh: the ssh program. */
#define ANNOTATION_TRANSPORT "pintle.dev/transport"
/* The IPv4 address at which other nodes reach a Node; where not given, the InternalIP that its agent reports. */
#define ANNOTATION_ADDRESS "pintle.dev/address"
/* "true": a Node takes no new pods, and those that it has are evicted. */
#define ANNOTATION_DRAIN "pintle.dev/drain"
/* "true": a Node is switched off for good. */
#define ANNOTATION_OUT_OF_SERVICE "pintle.dev/node-out-of-service"

/* Adds what is wrong with the annotations META, of an object of KIND that is decoded from V. */
void annotations_check(
	struct decode *d, const struct value *v, const struct kind *kind, const struct object_meta *meta);
/* The same for META of a pod's template, itself decoded from V: of what says how its pods are placed. */
void annotations_check_template(struct decode *d, const struct value *v, const struct object_meta *meta);
