/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Image locality: how much of a pod's images is on a node, as its status says (status.images: names and sizeBytes).
 *
 * A pod's images are those of its containers and init containers. Names are compared with all written out: "docker.io/" and "library/" in front
 * where there is no registry, ":latest" behind where there is neither tag nor digest, no tag where there is a digest.
 *
 * To look at a node costs O(own images × log(images there)).
 */
#pragma once

#include "lib/base/buf.h"
#include "sched/part.h"

/* NAME with all written out is appended to OUT. */
void sched_image_name(const char *name, struct buf *out);
/* The score (score.h) of a pod with CONTAINERS containers and init containers that has BYTES of its images. */
int64_t sched_image_score(int64_t bytes, size_t containers);

extern const struct sched_part sched_image_part;
int64_t sched_score_images(const struct sched_look *l);
