/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/node_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/ctl/daemons.h"

enum { AGENT_MAX = 256 << 20 };

void node_host_init(struct node_host *n)
{
	*n = (struct node_host){ .agent = BUF_INIT, .remote = { .pidfd = -1 } };
	node_facts_init(&n->facts);
}

void node_host_done(struct node_host *n)
{
	remote_done(&n->remote);
	node_facts_done(&n->facts);
	node_session_key_done(&n->key);
	buf_done(&n->agent);
	free(n->libraries);
	*n = (struct node_host){ .remote = { .pidfd = -1 } };
}

void node_say(const struct node_host *n, const char *fmt, ...)
{
	va_list args;

	printf("%s: ", n->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* --- the program ------------------------------------------------------------------------------------------ */

/* The names behind which ldd says "=>", of those that the program itself asks for: what they need in turn, their packages bring. */
static int find_libraries(struct node_host *n, const char *file, struct err *err)
{
	static const char *const direct[] = { "libarchive.", "libcrypto.", "libjansson.", "libmnl.",
		"libnftnl.", "libssl.", "libsystemd.", "libyaml-" };
	_cleanup_(buf_done) struct buf out = BUF_INIT, names = BUF_INIT;
	const char *argv[] = { "ldd", file, NULL };
	int r = proc_check(&(struct proc_spec){ .argv = argv }, &out, err);
	char *rest = out.data, *line;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char *arrow = strstr(line, " => ");

		line += strspn(line, " \t");
		for (size_t i = 0; arrow && i < ARRAY_LEN(direct); i++)
			if (str_starts(line, direct[i]))
				buf_addf(&names, "%s%.*s", names.len ? " " : "", (int)(arrow - line), line);
	}
	n->libraries = buf_take(&names);
	return r;
}

int node_host_agent(struct node_host *n, const char *file, struct err *err)
{
	_cleanup_(freep) char *beside = daemon_path("pintle-agent");
	const char *path = file ? file : beside;
	int r = fs_read(AT_FDCWD, path, AGENT_MAX, &n->agent, err);

	if (r < 0)
		return r;
	if (node_elf_machine(n->agent.data, n->agent.len) == 0)
		return err_set(err, -ENOEXEC, "%s is no program", path);
	/* One for another machine is not understood here; what it needs shows there. */
	if (find_libraries(n, path, NULL) < 0)
		n->libraries = n->libraries ? n->libraries : xstrdup("");
	return 0;
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static int need_root(struct node_host *n, struct err *err)
{
	const char *sudo = str_or_empty(n->facts.sudo);

	n->remote.root = str_eq(sudo, "root");
	if (n->remote.root || str_eq(sudo, "yes"))
		return 0;
	if (str_eq(sudo, "none"))
		return err_set(err, -EPERM,
			"%s is not root on %s, and there is no sudo: install sudo and let %s use it, or log "
			"in as root",
			n->facts.user, n->remote.word, n->facts.user);
	return err_set(err, -EPERM,
		"%s is not root on %s, and sudo -n says \"%s\": let it use sudo without a password "
		"(NOPASSWD), or log in as root",
		n->facts.user, n->remote.word, sudo);
}

static int look_as_user(struct node_host *n, struct err *err)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	int r = remote_run(&n->remote, &(struct remote_script){ .text = node_facts_user_script }, &out, err);

	if (r < 0)
		return r;
	node_facts_take(&n->facts, out.data);
	if (!n->facts.user || !n->facts.group || !n->facts.user_home)
		return err_set(err, -EPROTO, "%s has no shell that answers: it says \"%.200s\"",
			n->remote.word, out.data);
	n->remote.address.user = n->facts.user;
	return need_root(n, err);
}

static int look_as_root(struct node_host *n, nsec_t *ret_when, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT, out = BUF_INIT;
	struct node_facts *f = &n->facts;

	/* Looked for anew. */
	f->lack_count = 0;
	f->cluster_id = f->home_owner = f->agent_sha256 = f->agent_keys = NULL;
	f->systemd = f->apt = f->answers = false;
	node_facts_root_script(&script, NODE_BIN, n->home, f->user, n->libraries);
	int r = remote_run(
		&n->remote, &(struct remote_script){ .text = script.data, .root = true }, &out, err);
	*ret_when = time_now();
	node_facts_take(f, out.data);
	return r;
}

static int check_cluster(const struct node_host *n, const struct home *h, struct err *err)
{
	const struct node_facts *f = &n->facts;

	if (f->cluster_id && !str_eq(f->cluster_id, h->cluster_id))
		return err_set(err, -EEXIST,
			"%s on %s belongs to another cluster (%.8s): if that is gone, run pintle-agent "
			"--home %s purge there and remove "
			"%s/cluster-id, or use another --node-home",
			n->home, n->remote.word, f->cluster_id, n->home, n->home);
	return 0;
}

/* What is missing now. *RET_PACKAGES: all of it, and packages bring it. */
static size_t judge(
	struct node_host *n, nsec_t when, struct buf *missing, struct buf *packages, bool *ret_packages)
{
	const struct node_needs needs = { .elf_machine = node_elf_machine(n->agent.data, n->agent.len),
		.now = when };
	size_t hopeless, count = node_facts_judge(&n->facts, &needs, missing, packages, &hopeless);

	*ret_packages = count > 0 && hopeless == 0 && n->facts.apt;
	return count;
}

static void say_missing(const struct node_host *n, const struct buf *missing, const struct buf *packages)
{
	fprintf(stderr, "%s: missing on %s:\n", n->name, n->remote.word);
	for (const char *line = missing->data; *line;) {
		size_t len = strcspn(line, "\n");

		fprintf(stderr, "  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (packages->len && n->facts.apt)
		fprintf(stderr, "--install installs%s\n", packages->data);
}

/* With --install what is missing is brought, once. */
static int check_missing(struct node_host *n, nsec_t when, struct err *err)
{
	_cleanup_(buf_done) struct buf missing = BUF_INIT, packages = BUF_INIT;
	const struct node_install install = { .remote = &n->remote, .facts = &n->facts };
	bool helped;
	size_t count = judge(n, when, &missing, &packages, &helped);
	int r;

	if (count == 0)
		return 0;
	if (!n->install || !helped || n->dry_run) {
		say_missing(n, &missing, &packages);
		if (n->install && helped)
			return 0; /* a dry run */
		return err_set(err, -ENOPKG, "%s lacks what a node needs", n->remote.word);
	}
	node_say(n, "installing%s", packages.data);
	n->begun = true;
	r = node_install_packages(&install, packages.data, err);
	if (r >= 0)
		r = look_as_root(n, &when, err);
	if (r < 0)
		return r;
	buf_clear(&missing);
	buf_clear(&packages);
	if (judge(n, when, &missing, &packages, &helped) == 0)
		return 0;
	say_missing(n, &missing, &packages);
	return err_set(err, -ENOPKG, "%s still lacks what a node needs", n->remote.word);
}

int node_host_look(struct node_host *n, const struct home *h, struct err *err)
{
	nsec_t when;
	int r = remote_connect(&n->remote, err);

	n->facts.want_cluster_id = h->cluster_id;
	if (r == 0)
		r = look_as_user(n, err);
	if (r < 0)
		return r;
	if (!n->home)
		n->home = n->facts.session_home && node_home_is_plain(n->facts.session_home)
				  ? n->facts.session_home
				  : NODE_HOME;
	node_say(n, "connected as %s%s", n->facts.user, n->remote.root ? "" : ", who is root by sudo");
	r = look_as_root(n, &when, err);
	if (r == 0)
		r = check_cluster(n, h, err);
	if (r == 0)
		r = check_missing(n, when, err);
	if (r == 0)
		node_say(n, "%s, %s, %lld MiB free: it has what a node needs", str_or_empty(n->facts.machine),
			str_or_empty(n->facts.kernel), (long long)n->facts.disk_kib / 1024);
	return r;
}

/* --- installing ------------------------------------------------------------------------------------------------ */

static struct node_install install_of(struct node_host *n, const struct home *h)
{
	return (struct node_install){ .remote = &n->remote,
		.home = n->home,
		.cluster_id = h->cluster_id,
		.facts = &n->facts,
		.agent = n->agent.data,
		.agent_len = n->agent.len };
}

static int no_way_to_start(const struct node_host *n, struct err *err)
{
	return err_set(err, -EOPNOTSUPP,
		"systemd does not run on %s: have %s/pintle-agent --home %s started there as root, now and "
		"after each boot, and run this "
		"again; --start-command CMD runs CMD there now",
		n->remote.word, NODE_BIN, n->home);
}

/* NEW: the program is another one now. */
static int start_agent(
	struct node_host *n, const struct node_install *i, bool new, bool restart, struct err *err)
{
	const char *unit = node_unit_name(n->facts.arena, n->home);
	bool afresh = restart || (new && n->facts.answers);
	int r;

	if (n->start_command) {
		if (n->facts.answers && !afresh)
			return 0;
		r = node_start(i, n->start_command, err);
		if (r >= 0)
			node_say(n, "%s has run", n->start_command);
		return r;
	}
	if (!n->facts.systemd)
		return n->facts.answers && !afresh ? 0 : no_way_to_start(n, err);
	r = node_install_unit(i, afresh, err);
	if (r >= 0)
		node_say(n, r > 0 ? "%s has been started" : "%s runs", unit);
	return r;
}

static int say_plan(struct node_host *n, const struct home *h)
{
	node_say(n, "would copy pintle-agent to %s", NODE_BIN);
	node_say(n, "would make the home %s, for the cluster %s and the user %s", n->home, h->short_id,
		n->facts.user);
	if (n->start_command)
		node_say(n, "would run %s", n->start_command);
	else if (n->facts.systemd)
		node_say(n, "would start %s", node_unit_name(n->facts.arena, n->home));
	else if (!n->facts.answers)
		node_say(n, "could not start the agent: systemd does not run there, and --start-command is "
			    "not given");
	return 0;
}

int node_host_install(struct node_host *n, const struct home *h, bool restart, struct err *err)
{
	const struct node_install i = install_of(n, h);
	bool new;
	int r;

	if (n->dry_run)
		return say_plan(n, h);
	n->begun = true;
	r = node_install_agent(&i, err);
	if (r < 0)
		return r;
	new = r > 0;
	node_say(n, new ? "pintle-agent is copied to %s" : "pintle-agent is in %s already", NODE_BIN);
	r = node_install_home(&i, err);
	if (r < 0)
		return r;
	node_say(n,
		r > 0 ? "the home %s is made, for the cluster %s" : "the home %s is there, of the cluster %s",
		n->home, h->short_id);
	return start_agent(n, &i, new, restart, err);
}

int node_host_admit(struct node_host *n, const struct home *h, struct err *err)
{
	const struct node_install i = install_of(n, h);
	const char *file = node_keys_file(n->facts.arena, &n->facts);
	int r = node_session_key_find(h, !n->dry_run, &n->key, err);

	if (n->dry_run) {
		if (r < 0)
			node_say(n, "would make a key for pintled, %s", h->config.ssh_key);
		node_say(n, "would put pintled's key into %s, for sessions with the agent alone", file);
		err_clear(err);
		return 0;
	}
	if (r == 0 && n->key.made)
		node_say(n, "a key for pintled is made: %s", n->key.file);
	if (r == 0)
		r = node_install_key(&i, n->key.public_key, err);
	if (r >= 0)
		node_say(n,
			r > 0 ? "pintled's key is put into %s, for sessions with the agent alone"
			      : "pintled's key is in %s already",
			file);
	return r;
}

int node_fail(struct ctl *c, const struct node_host *n, const struct err *err)
{
	ctl_fail_err(c, err);
	if (n->begun && !n->dry_run)
		fputs("What was done stays; the same command goes on from there.\n", stderr);
	return CTL_FAILED;
}

int node_host_hello(struct node_host *n, const struct home *h, struct node_hello *ret, struct err *err)
{
	int r = node_session_try(&n->remote, &n->key, ret, err);

	if (r < 0)
		return r;
	if (*ret->cluster_id && !str_eq(ret->cluster_id, h->cluster_id))
		return err_set(err, -EEXIST, "the agent at %s belongs to another cluster (%.8s)",
			n->remote.word, ret->cluster_id);
	node_say(n, "the agent answers to pintled's key: version %s, protocol %lld", ret->agent,
		(long long)ret->version);
	return 0;
}
