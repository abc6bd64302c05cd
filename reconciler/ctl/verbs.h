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
