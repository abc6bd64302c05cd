/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * An apply as lines of the protocol, none longer than a peer takes: one as a rule; where a node gets much at once (a hundred pods with
 * large ConfigMaps) several, of the same term and revision. Each can be carried out by itself: objects come before the pods that refer to
 * them, and what is to be forgotten comes last.
 */
#pragma once

#include "lib/wire/wire.h"

/* Appends M to OUT as lines of at most MAX bytes without their newlines. What alone is longer has a line of its own. */
void apply_lines_write(struct buf *out, const struct wire_apply *m, size_t max);
