/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/verbs.h"

const struct ctl_verb *const ctl_verbs[] = {
	&ctl_verb_init,
	&ctl_verb_up,
	&ctl_verb_down,
	NULL,
};
