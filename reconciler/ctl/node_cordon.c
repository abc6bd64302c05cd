/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* node cordon, node uncordon: whether a node takes new pods. */
#include "reconciler/ctl/node.h"
#include "reconciler/ctl/verbs.h"

static const struct ctl_option options[] = {
	{ "dry-run", 0, CTL_FLAG, NULL, "show what would be committed, and commit nothing", NULL },
};

static int run(struct ctl *c, const struct ctl_args *args, const struct node_change *change)
{
	_cleanup_(home_freep) struct home *h = NULL;
	_cleanup_(node_names_done) struct node_names names = { 0 };
	struct oid commit;

	return node_change_verb(c, args, change, &h, &names, &commit);
}

static int run_cordon(struct ctl *c, const struct ctl_args *args)
{
	return run(c, args, &node_change_cordon);
}

static int run_uncordon(struct ctl *c, const struct ctl_args *args)
{
	return run(c, args, &node_change_uncordon);
}

const struct ctl_verb ctl_verb_node_cordon = {
	"node cordon",
	"NODE… [--dry-run]",
	"Commits that nodes take no new pods.",
	CTL_OPTIONS(options),
	run_cordon,
	CTL_WORDS_NODES,
};
const struct ctl_verb ctl_verb_node_uncordon = {
	"node uncordon",
	"NODE… [--dry-run]",
	"Commits that nodes take pods again: ends cordon and drain.",
	CTL_OPTIONS(options),
	run_uncordon,
	CTL_WORDS_NODES,
};
