/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* node add: makes a host a node, from the administrator's own ssh to the commit of its manifest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/annotations.h"
#include "reconciler/ctl/load.h"
#include "reconciler/ctl/node.h"
#include "reconciler/ctl/node_host.h"
#include "reconciler/ctl/node_manifest.h"
#include "reconciler/ctl/remote_key.h"
#include "reconciler/ctl/revision.h"
#include "reconciler/ctl/verbs.h"

enum { LABELS_MAX = 32 };

static const struct ctl_option options[] = {
	{ "key", 0, CTL_STRING, "FILE", "the private key to log in with; default as ssh finds it", NULL },
	{ "host-key", 0, CTL_STRING, "KEY", "the host's key, \"TYPE BASE64\"; default as known_hosts has it",
		NULL },
	{ "label", 0, CTL_STRING, "KEY=VALUE", "a label of the node; may be given again", NULL },
	{ "install", 0, CTL_FLAG, NULL, "install Debian's packages that are missing there", NULL },
	{ "agent", 0, CTL_STRING, "FILE", "the pintle-agent to copy; default the one beside this program",
		NULL },
	{ "node-home", 0, CTL_STRING, "DIR", "the agent's home there; default " NODE_HOME, NULL },
	{ "start-command", 0, CTL_STRING, "CMD", "starts the agent there, where systemd does not", NULL },
	{ "yes", 'y', CTL_FLAG, NULL, "ask nothing: what the host shows is believed", NULL },
	{ "dry-run", 0, CTL_FLAG, NULL, "look, say each step, and do none", NULL },
};

struct add {
	struct ctl *c;
	const struct ctl_args *args;
	struct home *home;
	struct arena *arena;
	struct node_host host;
	const char *labels[LABELS_MAX];
	size_t label_count;
	struct err err;
};

static void add_done(struct add *a)
{
	node_host_done(&a->host);
	home_free(a->home);
	arena_free(a->arena);
}

/* --- words ------------------------------------------------------------------------------------------------- */

static int take_labels(struct add *a)
{
	const char *label;

	while ((label = ctl_nth(a->args, "label", a->label_count))) {
		if (a->label_count == LABELS_MAX)
			return err_set(&a->err, -E2BIG, "more than %d labels", LABELS_MAX);
		a->labels[a->label_count++] = label;
		int r = node_label_check(label, &a->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_words(struct add *a, struct ssh_address *ret)
{
	const struct ctl_args *args = a->args;
	const char *home = ctl_string(args, "node-home"), *wrong;

	if (args->word_count != 2)
		return err_set(&a->err, -EINVAL, "a name and USER@HOST are wanted");
	a->host.name = args->words[0];
	wrong = rule_dns_subdomain(a->arena, a->host.name);
	if (wrong)
		return err_set(&a->err, -EINVAL, "the node's name %s", wrong);
	wrong = ssh_address_parse(a->arena, args->words[1], ret);
	if (wrong)
		return err_set(&a->err, -EINVAL, "USER@HOST[:PORT]: %s", wrong);
	if (home && !node_home_is_plain(home))
		return err_set(&a->err, -EINVAL,
			"--node-home must be an absolute path of letters, digits, \"/\", \".\", \"_\" and "
			"\"-\"");
	a->host.home = home;
	a->host.dry_run = ctl_flag(args, "dry-run");
	a->host.install = ctl_flag(args, "install");
	a->host.start_command = ctl_string(args, "start-command");
	return take_labels(a);
}

/* --- steps -------------------------------------------------------------------------------------------------- */

static int pin(struct add *a)
{
	const struct remote_key_options o = { .given = ctl_string(a->args, "host-key"),
		.yes = ctl_flag(a->args, "yes"),
		.dry_run = a->host.dry_run };
	struct remote *r = &a->host.remote;
	struct ssh_host_key key;
	const char *why;
	int code = remote_key_find(r, &o, &key, &why, &a->err);

	if (code < 0)
		return code;
	node_say(&a->host, "its host key is %s %s, %s", key.type,
		ssh_fingerprint(r->arena, key.blob, key.len), why);
	return remote_pin(r, &key, 1, &a->err);
}

/* What the manifest says: the host as the reconciler reaches it, or as the ssh program does where only that can. */
static const char *ssh_annotation(struct add *a)
{
	const struct remote *r = &a->host.remote;
	struct ssh_address address = r->address;

	if (r->jumps)
		address.host = r->word;
	return arena_printf(a->arena, "%s@%s", address.user, ssh_address_format(a->arena, &address));
}

/* A Node of this name that is another host: did they mean that? */
static int check_name(struct add *a)
{
	_cleanup_(repo_freep) struct repo *g = NULL;
	_cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
	_cleanup_(diags_done) struct diags diags;
	const char *now = ssh_annotation(a), *before, *question;
	const struct object *o = NULL;
	struct oid tip;

	diags_init(&diags);
	/* The newest commit that is known here; where there is none, nobody has the name. */
	if (revision_open_git(a->home, &g, NULL) == 0 &&
		repo_resolve_branch(g, a->home->config.branch, &tip, NULL) == 0)
		load_commit(a->home, g, &tip, a->home->config.path, NULL, &s, &diags, NULL);
	if (s)
		o = snapshot_find(s, KIND_NODE, NULL, a->host.name);
	before = o ? string_map_get(&o->meta->annotations, ANNOTATION_SSH) : NULL;
	if (!before || str_eq(before, now) || ctl_flag(a->args, "yes") || a->host.dry_run)
		return 0;
	question = arena_printf(a->arena, "node/%s is %s so far. Is it to be %s?", a->host.name, before, now);
	int answer = remote_ask(question);
	if (answer > 0)
		return 0;
	return err_set(&a->err, -ECANCELED,
		answer == 0 ? "node/%s is %s so far, and stays it"
			    : "node/%s is %s so far: with --yes it is changed",
		a->host.name, before);
}

static int commit(struct add *a)
{
	const struct remote *r = &a->host.remote;
	struct node_manifest manifest = { .name = a->host.name,
		.ssh = ssh_annotation(a),
		.host_key = arena_printf(a->arena, "%s %s", r->key.type, r->key.base64),
		.openssh = r->jumps || !ssh_host_key_is_modern(&r->key),
		.labels = a->labels,
		.label_count = a->label_count,
		.declare_local = home_running(a->home, "pintle-agent") > 0 };
	const struct commit_request request = {
		.message = arena_printf(a->arena, "node %s: add\n", a->host.name),
		.dry_run = a->host.dry_run,
		.fill = node_manifest_fill,
		.arg = &manifest,
	};
	char hex[OID_HEX];
	struct oid oid;
	int code = commit_make(a->home, &request, &oid, &a->err);

	if (code == -EALREADY)
		printf("node/%s is in git already\n", a->host.name);
	else if (code == 0 && a->host.dry_run)
		printf("node/%s added (dry run)\n", a->host.name);
	else if (code == 0)
		printf("node/%s added (commit %.10s)\n", a->host.name, oid_format(&oid, hex));
	return code == -EALREADY ? 0 : code;
}

static int steps(struct add *a, const struct ssh_address *address)
{
	_cleanup_(node_hello_done) struct node_hello hello = { 0 };
	struct node_host *n = &a->host;
	struct err *err = &a->err;
	int r = home_open(a->c->home, &a->home, err);

	if (r == 0)
		r = node_host_agent(n, ctl_string(a->args, "agent"), err);
	if (r == 0)
		r = remote_resolve(&n->remote, address, ctl_string(a->args, "key"), err);
	if (r == 0)
		r = pin(a);
	if (r == 0)
		r = node_host_look(n, a->home, err);
	if (r == 0)
		r = check_name(a);
	if (r == 0)
		r = node_host_install(n, a->home, false, err);
	if (r >= 0)
		r = node_host_admit(n, a->home, err);
	if (r >= 0 && !n->dry_run)
		r = node_host_hello(n, a->home, &hello, err);
	if (r >= 0)
		r = commit(a);
	return r;
}

static int run(struct ctl *c, const struct ctl_args *args)
{
	_cleanup_(add_done) struct add a = { .c = c, .args = args, .arena = arena_new(0) };
	struct ssh_address address;

	node_host_init(&a.host);
	if (take_words(&a, &address) < 0)
		return ctl_usage(c, "%s", err_text(&a.err));
	if (steps(&a, &address) < 0)
		return node_fail(c, &a.host, &a.err);
	return CTL_DONE;
}

const struct ctl_verb ctl_verb_node_add = {
	"node add",
	"NAME [USER@]HOST[:PORT] [--key FILE] [--host-key KEY] [--label K=V]… [--install] [--yes] "
	"[--dry-run]",
	"Makes a host a node: checks it, installs the agent, commits its manifest.",
	CTL_OPTIONS(options),
	run,
	CTL_WORDS_NONE,
};
