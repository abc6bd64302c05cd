/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Who a container runs as: the image's USER and the pod's security contexts, resolved against the image's own
 * /etc/passwd and /etc/group (passed in as text).
 *
 * Rules: OCI image-spec config.md "User"; Kubernetes SecurityContext: runAsUser and runAsGroup win over the image;
 * supplementalGroups and fsGroup are added; groups of /etc/group too (supplementalGroupsPolicy Merge).
 */
#pragma once

#include "lib/base/err.h"
#include "lib/object/pod.h"

struct user_input {
	const struct pod_spec *pod;
	const struct container *container;
	const char *image_user;     /* "", "uid", "uid:gid", "name", "name:group"; or NULL */
	const char *passwd, *group; /* texts; NULL: there is no such file */
};
struct user_ids {
	uint32_t uid, gid;
	struct ints groups; /* supplementary, sorted, without gid; in the arena */
	const char *name;   /* of uid in passwd, or NULL */
	const char *home;   /* likewise */
};
/*
 * -ENOENT: the image's user or group has a name that its files don't know; -EPERM: runAsNonRoot, and it would be root or a name that
 * can't be verified. ERR as kubelet words it.
 */
int users_resolve(struct arena *arena, const struct user_input *in, struct user_ids *ret, struct err *err);
