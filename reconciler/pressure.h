/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* How much a node's pods wait, as the tree has it: the annotation pintle.dev/pressure of the Node, "cpu=10,memory=0,io=20". */
#pragma once

#include "lib/base/buf.h"
#include "lib/wire/wire.h"
#include "sched/sched.h"

#define PRESSURE_ANNOTATION "pintle.dev/pressure"

/* Nothing is appended where there is no pressure. */
void pressure_format(struct sched_pressure p, struct buf *out);
/* No pressure where TEXT (may be NULL) is none that was written so. */
struct sched_pressure pressure_from_text(const char *text);
/* What an agent tells: out of range counts as the nearest that isn't. */
struct sched_pressure pressure_from_wire(const struct wire_pressure *p);
