/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/verbs.h"

const struct ctl_verb *const ctl_verbs[] = {
	&ctl_verb_init,
	&ctl_verb_up,
	&ctl_verb_down,
	&ctl_verb_check,
	&ctl_verb_diff,
	&ctl_verb_sync,
	&ctl_verb_status,
	&ctl_verb_get,
	&ctl_verb_events,
	&ctl_verb_logs,
	&ctl_verb_exec,
	&ctl_verb_port_forward,
	&ctl_verb_image_import,
	&ctl_verb_image_list,
	&ctl_verb_image_remove,
	&ctl_verb_node_add,
	&ctl_verb_node_upgrade,
	&ctl_verb_node_cordon,
	&ctl_verb_node_uncordon,
	&ctl_verb_node_drain,
	&ctl_verb_why,
	&ctl_verb_simulate,
	&ctl_verb_explain,
	&ctl_verb_fsck,
	&ctl_verb_completion,
	NULL,
};
