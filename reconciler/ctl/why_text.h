/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * Why an object of the actual tree is as it is: the chain from commit and manifest's line to its pods, the nodes that they are on and their
 * containers; where a pod has no node, what the scheduler says of it, with all that the tree knows of nodes and other pods.
 */
#pragma once

#include "reconciler/ctl/print.h"

/*
 * Appends to OUT what there is to say of O, one of LIST, which is all of the tree but Events. Returns whether all of it is as it should
 * be. JSON: as a map instead of text.
 */
bool why_write(const struct items *list, const struct object *o, bool json, struct buf *out);
