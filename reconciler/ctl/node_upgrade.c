/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* node upgrade: another agent for nodes that are reached over SSH, one after the other; their pods keep running. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "lib/wire/wire.h"
#include "reconciler/ctl/node.h"
#include "reconciler/ctl/node_host.h"
#include "reconciler/ctl/revision.h"
#include "reconciler/ctl/verbs.h"

static const struct ctl_option options[] = {
	{ "all", 0, CTL_FLAG, NULL, "all nodes that are reached over SSH", NULL },
	{ "key", 0, CTL_STRING, "FILE", "the private key to log in with; default as ssh finds it", NULL },
	{ "agent", 0, CTL_STRING, "FILE", "the pintle-agent to copy; default the one beside this program",
		NULL },
	{ "node-home", 0, CTL_STRING, "DIR", "the agent's home there; default as it was added", NULL },
	{ "start-command", 0, CTL_STRING, "CMD", "starts the agent afresh there, where systemd does not",
		NULL },
	{ "install", 0, CTL_FLAG, NULL, "install Debian's packages that are missing there", NULL },
	{ "dry-run", 0, CTL_FLAG, NULL, "look, say each step, and do none", NULL },
};

static const char *annotation(const struct object *o, const char *key)
{
	return string_map_get(&o->meta->annotations, key);
}

/* --- one node ---------------------------------------------------------------------------------------------- */

static int pin(struct node_host *n, const struct object *o, struct err *err)
{
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(
		n->remote.arena, str_or_empty(annotation(o, ANNOTATION_SSH_HOST_KEY)), &keys);

	if (wrong)
		return err_set(err, -EBADMSG, "%s of node %s: %s", ANNOTATION_SSH_HOST_KEY, n->name, wrong);
	return remote_pin(&n->remote, keys.items, keys.count, err);
}

/* An agent may be one version of the protocol behind or ahead of those that it works with while others are upgraded. */
static int check_protocol(struct node_host *n, const struct home *h, struct err *err)
{
	_cleanup_(node_hello_done) struct node_hello hello = { 0 };
	int r;

	if (!n->facts.answers) {
		node_say(n, "its agent does not run");
		return 0;
	}
	r = node_session_key_find(h, false, &n->key, err);
	if (r == 0)
		r = node_session_try(&n->remote, &n->key, &hello, err);
	if (r < 0)
		return r;
	node_say(n, "its agent is version %s, protocol %lld", hello.agent, (long long)hello.version);
	if (llabs(hello.version - WIRE_VERSION) <= 1)
		return 0;
	return err_set(err, -EPROTONOSUPPORT,
		"the agent on %s speaks version %lld of the protocol and this pintle version %d, more than "
		"one apart: upgrade by way of a release "
		"in between",
		n->name, (long long)hello.version, WIRE_VERSION);
}

static int upgrade(struct node_host *n, const struct home *h, const struct object *o,
	const struct ctl_args *args, struct err *err)
{
	_cleanup_(node_hello_done) struct node_hello hello = { 0 };
	struct ssh_address address;
	const char *wrong = ssh_address_parse(n->facts.arena, annotation(o, ANNOTATION_SSH), &address);
	int r = wrong ? err_set(err, -EBADMSG, "%s of node %s: %s", ANNOTATION_SSH, n->name, wrong) : 0;

	if (r == 0)
		r = node_host_agent(n, ctl_string(args, "agent"), err);
	if (r == 0)
		r = remote_resolve(&n->remote, &address, ctl_string(args, "key"), err);
	if (r == 0)
		r = pin(n, o, err);
	if (r == 0)
		r = node_host_look(n, h, err);
	if (r == 0 && !n->facts.cluster_id)
		r = err_set(
			err, -ENOENT, "%s on %s is no home: pintle node add makes it one", n->home, n->name);
	if (r == 0)
		r = check_protocol(n, h, err);
	if (r == 0)
		r = node_host_install(n, h, false, err);
	if (r >= 0 && !n->dry_run && !n->key.public_key)
		r = node_session_key_find(h, false, &n->key, err);
	if (r >= 0 && !n->dry_run)
		r = node_host_hello(n, h, &hello, err);
	return r;
}

/* --- the verb ------------------------------------------------------------------------------------------------ */

static int upgrade_one(
	struct ctl *c, const struct ctl_args *args, const struct home *h, const struct object *o)
{
	_cleanup_(node_host_done) struct node_host n;
	struct err err = { 0 };

	node_host_init(&n);
	n.name = o->meta->name;
	n.home = ctl_string(args, "node-home");
	n.dry_run = ctl_flag(args, "dry-run");
	n.install = ctl_flag(args, "install");
	n.start_command = ctl_string(args, "start-command");
	if (n.home && !node_home_is_plain(n.home))
		return ctl_usage(c, "--node-home must be an absolute path");
	if (upgrade(&n, h, o, args, &err) < 0)
		return node_fail(c, &n, &err);
	printf("node/%s upgraded%s\n", n.name, n.dry_run ? " (dry run)" : "");
	fflush(stdout);
	return CTL_DONE;
}

/* In the order of their names; the first that fails ends it, so that what is wrong with an agent is wrong on one node. */
static int upgrade_all(
	struct ctl *c, const struct ctl_args *args, const struct revision *r, const struct snapshot *s)
{
	size_t count, upgraded = 0;
	struct object **nodes = snapshot_kind(s, KIND_NODE, &count);

	for (size_t i = 0; i < count; i++) {
		if (!annotation(nodes[i], ANNOTATION_SSH))
			continue;
		int code = upgrade_one(c, args, r->home, nodes[i]);
		if (code != CTL_DONE)
			return code;
		upgraded++;
	}
	return upgraded > 0 ? CTL_DONE : ctl_fail(c, "no node is reached over SSH");
}

static int upgrade_named(struct ctl *c, const struct ctl_args *args, const struct revision *r,
	const struct snapshot *s, const struct node_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct object *o = snapshot_find(s, KIND_NODE, NULL, names->items[i].name);

		if (!o)
			return ctl_fail(c, "nodes \"%s\" not found", names->items[i].name);
		if (!annotation(o, ANNOTATION_SSH))
			return ctl_fail(c,
				"node %s is not reached over SSH: its agent is upgraded with this host's "
				"packages",
				names->items[i].name);
	}
	for (size_t i = 0; i < names->count; i++) {
		int code = upgrade_one(
			c, args, r->home, snapshot_find(s, KIND_NODE, NULL, names->items[i].name));

		if (code != CTL_DONE)
			return code;
	}
	return CTL_DONE;
}

static int run(struct ctl *c, const struct ctl_args *args)
{
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	_cleanup_(node_names_done) struct node_names names = { 0 };
	_cleanup_(diags_done) struct diags diags;
	struct revision r;
	struct err err = { 0 };
	bool all = ctl_flag(args, "all");
	int code;

	diags_init(&diags);
	if (all == (args->word_count > 0))
		return ctl_usage(c, all ? "--all, or names?" : "which node? --all is all of them");
	if (node_names_parse(args->words, args->word_count, &names, &err) < 0)
		return ctl_usage(c, "%s", err_text(&err));
	if (revision_parse(c, NULL, &r, &err) < 0)
		return ctl_fail_err(c, &err);
	code = revision_load(&r, &s, &diags, &err);
	if (code == -EBADMSG)
		code = ctl_fail(c, "the newest commit has errors: see pintle check");
	else if (code < 0)
		code = ctl_fail_err(c, &err);
	else
		code = all ? upgrade_all(c, args, &r, s) : upgrade_named(c, args, &r, s, &names);
	revision_done(&r);
	return code;
}

const struct ctl_verb ctl_verb_node_upgrade = {
	"node upgrade",
	"NODE… | --all [--agent FILE] [--key FILE] [--dry-run]",
	"Gives nodes another agent; their pods keep running.",
	CTL_OPTIONS(options),
	run,
	CTL_WORDS_NODES,
};
