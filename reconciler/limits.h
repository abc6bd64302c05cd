/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * LimitRanges, as Kubernetes' LimitRanger applies them when something is admitted (plugin/pkg/admission/limitranger):
 * containers that give no request or limit get the defaults; what is too little, too much or too uneven is refused.
 * Defaults go to pods, not to the templates that they are made from: a template stays as it was written.
 */
#pragma once

#include "lib/object/object.h"

/* The LimitRanges of one namespace, by name. */
struct limit_ranges {
	struct object *const *items;
	size_t count;
};

/* What SPEC is as a pod's: SPEC itself where no default is missing in it, or a shallow copy in ARENA. */
const struct pod_spec *limits_apply(
	struct arena *arena, const struct limit_ranges *ranges, const struct pod_spec *spec);
/* Adds an error for each limit that O, a pod, a workload's template or a claim, does not keep: at O's place, with the field's path. */
void limits_check(const struct limit_ranges *ranges, const struct object *o, struct diags *diags);

/*
 * SPEC with the requests and limits that it lacks and HAVE, a pod made from it once, has: what it was admitted with. What is new
 * is in ARENA.
 */
struct pod_spec limits_keep(struct arena *arena, const struct pod_spec *spec, const struct pod_spec *have);

/*
 * What a pod asks for (or, LIMITS, may use at most) of RESOURCE, unset where no container says: containers and sidecars
 * together, or what an init container needs beside the sidecars before it, whichever is more; then the overhead
 * (k8s.io/component-helpers resource.PodRequests).
 */
struct quantity limits_pod_amount(const struct pod_spec *spec, bool limits, const char *resource);
/* Where O keeps the spec of its pods: "spec.template.spec". */
const char *limits_spec_path(const struct object *o);
