/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * A container's environment and command line: env, envFrom, valueFrom and $(VAR).
 *
 * Rules: kubelet's makeEnvironmentVariables and third_party/forked/golang/expansion: envFrom first (sorted by key),
 * env overrides it, a value sees what stands before it; an unknown $(X) stays as it is, $$(X) is a literal $(X).
 * The image's own environment comes below all of it. Results live in the caller's arena.
 */
#pragma once

#include "lib/base/err.h"
#include "nodeagent/volume_files.h"

struct env_input {
	const struct volume_sources *sources; /* pod, ConfigMaps, Secrets, allocatable */
	const struct container *container;
	const struct strings *image; /* "K=V" of the image config */
	const char *hostname, *pod_ip, *host_ip, *node;
};

/*
 * "K=V" strings, one a name, in ARENA. PATH and HOSTNAME are there even when nobody set them. -ENOENT: a ConfigMap, a Secret or a
 * key is missing and not optional (ERR as kubelet words it); -EOPNOTSUPP: a field that has no value for containers.
 */
int env_build(struct arena *arena, const struct env_input *in, struct strings *ret, struct err *err);

/* TEXT with $(VAR) replaced from ENV ("K=V"), in ARENA. */
const char *env_expand(struct arena *arena, const char *text, const struct strings *env);

/*
 * What to run: command (else the image's Entrypoint) followed by args (else the image's Cmd, which counts only when command is
 * absent), expanded. -EINVAL: nothing at all.
 */
int env_command(struct arena *arena, const struct container *container, const struct strings *entrypoint,
	const struct strings *cmd, const struct strings *env, struct strings *ret, struct err *err);
