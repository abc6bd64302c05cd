/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/node_install.h"

#include <errno.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/str.h"
#include "reconciler/ctl/quote.h"

/* --- scripts: each says "changed" when it has changed something ------------------------------------------- */

/* bin; the program comes on standard input. */
static const char agent_script[] = "set -e\n"
				   "mkdir -p \"$bin\"\n"
				   "t=$(mktemp \"$bin/.pintle-agent.XXXXXX\")\n"
				   "trap 'rm -f \"$t\"' EXIT\n"
				   "cat >\"$t\"\n"
				   "chmod 755 \"$t\"\n"
				   "\"$t\" --version >/dev/null\n"
				   "mv -f \"$t\" \"$bin/pintle-agent\"\n"
				   "echo changed\n";

/* home, user, group, id */
static const char home_script[] =
	"set -e\n"
	"umask 022\n"
	"if [ \"$(cat \"$home/cluster-id\" 2>/dev/null)\" = \"$id\" ] &&\n"
	"   [ \"$(stat -c %U \"$home\" \"$home/cluster-id\" | sort -u)\" = \"$user\" ]; then exit 0; fi\n"
	"mkdir -p \"$home\"\n"
	"if [ ! -e \"$home/cluster-id\" ]; then\n"
	"	t=$(mktemp \"$home/.cluster-id.XXXXXX\")\n"
	"	trap 'rm -f \"$t\"' EXIT\n"
	"	echo \"$id\" >\"$t\"\n"
	"	chmod 644 \"$t\"\n"
	"	mv \"$t\" \"$home/cluster-id\"\n"
	"fi\n"
	"chown \"$user:$group\" \"$home\" \"$home/cluster-id\"\n"
	"echo changed\n";

/* unit, restart; the unit's text comes on standard input. */
static const char unit_script[] =
	"set -e\n"
	"umask 022\n"
	"f=/etc/systemd/system/$unit\n"
	"t=$(mktemp /etc/systemd/system/.pintle.XXXXXX)\n"
	"trap 'rm -f \"$t\"' EXIT\n"
	"cat >\"$t\"\n"
	"chmod 644 \"$t\"\n"
	"if ! cmp -s \"$t\" \"$f\"; then mv -f \"$t\" \"$f\"; systemctl daemon-reload; restart=yes; fi\n"
	"systemctl is-enabled -q \"$unit\" >/dev/null 2>&1 || systemctl enable -q \"$unit\"\n"
	"if [ \"$restart\" = yes ]; then systemctl restart \"$unit\"; echo changed\n"
	"elif ! systemctl is-active -q \"$unit\" >/dev/null 2>&1; then systemctl start \"$unit\"; echo "
	"changed; fi\n";

/* file, user, group, blob, mark; the line comes on standard input. */
static const char key_script[] =
	"set -e\n"
	"umask 077\n"
	"[ ! -L \"$file\" ] || file=$(readlink -f \"$file\")\n"
	"d=$(dirname \"$file\")\n"
	"[ -d \"$d\" ] || { mkdir -p \"$d\"; chown \"$user:$group\" \"$d\"; }\n"
	"[ -e \"$file\" ] || { : >\"$file\"; chown \"$user:$group\" \"$file\"; }\n"
	"if grep -F -e \" $blob\" \"$file\" | grep -v '^ *#' | grep -qv 'pintle-agent'; then echo plain; "
	"exit 0; fi\n"
	"t=$(mktemp \"$d/.pintle-keys.XXXXXX\")\n"
	"trap 'rm -f \"$t\"' EXIT\n"
	"{ awk -v blob=\" $blob\" -v mark=\" $mark\" '\n"
	"	index($0, blob) && index($0, \"pintle-agent\") { next }\n"
	"	length($0) >= length(mark) && substr($0, length($0) - length(mark) + 1) == mark { next }\n"
	"	{ print }' \"$file\"; cat; } >\"$t\"\n"
	"cmp -s \"$t\" \"$file\" && exit 0\n"
	"chown --reference=\"$file\" \"$t\"\n"
	"chmod --reference=\"$file\" \"$t\"\n"
	"mv -f \"$t\" \"$file\"\n"
	"echo changed\n";

/* packages */
static const char packages_script[] =
	"set -e\n"
	"export DEBIAN_FRONTEND=noninteractive\n"
	"apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null\n"
	"apt-get -q -o DPkg::Lock::Timeout=300 -y --no-install-recommends install $packages "
	">/dev/null\n"
	"echo changed\n";

/* As root, with INPUT (text, or NULL) there. 1: it said "changed". */
static int run(const struct node_install *n, const struct buf *script, const void *input, size_t len,
	struct buf *said, struct err *err)
{
	const struct remote_script s = {
		.text = script->data, .root = true, .input = input, .input_len = len
	};
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	int r = remote_run(n->remote, &s, &out, err);

	if (said)
		buf_adds(said, out.data);
	return r < 0 ? r : strstr(out.data, "changed") != NULL;
}

/* --- steps --------------------------------------------------------------------------------------------------- */

bool node_home_is_plain(const char *dir)
{
	return dir[0] == '/' && dir[1] && !strstr(dir, "..") && strlen(dir) < 200 &&
	       dir[strspn(dir, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")] == '\0';
}

const char *node_unit_name(struct arena *arena, const char *home)
{
	char hash[SHA256_HEX];

	if (str_eq(home, NODE_HOME))
		return "pintle-agent.service";
	sha256_hex(home, strlen(home), hash);
	return arena_printf(arena, "pintle-agent-%.8s.service", hash);
}

int node_install_agent(const struct node_install *n, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT;
	char hash[SHA256_HEX];

	sha256_hex(n->agent, n->agent_len, hash);
	if (str_eq(n->facts->agent_sha256, hash))
		return 0;
	quote_set(&script, "bin", NODE_BIN);
	buf_adds(&script, agent_script);
	int r = run(n, &script, n->agent, n->agent_len, NULL, err);
	return r < 0 ? err_wrap(err, r, "copying pintle-agent to %s", NODE_BIN) : r;
}

int node_install_home(const struct node_install *n, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT;

	quote_set(&script, "home", n->home);
	quote_set(&script, "user", n->facts->user);
	quote_set(&script, "group", n->facts->group);
	quote_set(&script, "id", n->cluster_id);
	buf_adds(&script, home_script);
	int r = run(n, &script, NULL, 0, NULL, err);
	return r < 0 ? err_wrap(err, r, "making the home %s", n->home) : r;
}

/* As units/pintle-agent.service, but for the home, which is made already. */
static void write_unit(const struct node_install *n, struct buf *out)
{
	buf_addf(out,
		"# Written by pintle node add.\n"
		"# KillMode=process and Delegate: containers go on when the agent is stopped or restarted.\n"
		"[Unit]\n"
		"Description=Pintle node agent\n"
		"After=network.target local-fs.target\n"
		"\n"
		"[Service]\n"
		"Type=exec\n"
		"ExecStart=%s/pintle-agent --home %s\n"
		"Restart=always\n"
		"RestartSec=1\n"
		"KillMode=process\n"
		"Delegate=yes\n"
		"OOMScoreAdjust=-999\n"
		"LimitNOFILE=1048576\n"
		"TasksMax=infinity\n"
		"\n"
		"[Install]\n"
		"WantedBy=multi-user.target\n",
		NODE_BIN, n->home);
}

int node_install_unit(const struct node_install *n, bool restart, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT, unit = BUF_INIT;
	const char *name = node_unit_name(n->facts->arena, n->home);

	quote_set(&script, "unit", name);
	quote_set(&script, "restart", restart ? "yes" : "no");
	buf_adds(&script, unit_script);
	write_unit(n, &unit);
	int r = run(n, &script, unit.data, unit.len, NULL, err);
	return r < 0 ? err_wrap(err, r, "starting %s", name) : r;
}

int node_start(const struct node_install *n, const char *command, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT;

	buf_addf(&script, "%s\n", command);
	int r = run(n, &script, NULL, 0, NULL, err);
	return r < 0 ? err_wrap(err, r, "--start-command") : 1;
}

const char *node_keys_file(struct arena *arena, const struct node_facts *f)
{
	const char *pattern = f->agent_keys ? f->agent_keys : ".ssh/authorized_keys";
	struct buf out = BUF_INIT;
	const char *path;

	if (*pattern != '/' && *pattern != '%')
		buf_addf(&out, "%s/", f->user_home);
	/* The first of several. */
	for (const char *p = pattern; *p && *p != ' '; p++) {
		if (*p != '%') {
			buf_addc(&out, *p);
			continue;
		}
		p++;
		buf_adds(&out, *p == 'h' ? f->user_home : *p == 'u' ? f->user : *p == '%' ? "%" : "");
		if (*p == '\0')
			break;
	}
	path = arena_strdup(arena, out.data);
	buf_done(&out);
	return path;
}

int node_install_key(const struct node_install *n, const char *key, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT, line = BUF_INIT, said = BUF_INIT;
	const char *file = node_keys_file(n->facts->arena, n->facts);
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(n->facts->arena, key, &keys), *mark;

	if (wrong)
		return err_set(err, -EBADMSG, "the public key of pintled %s", wrong);
	mark = arena_printf(n->facts->arena, "pintled:%s:%s", n->cluster_id, n->home);
	quote_set(&script, "file", file);
	quote_set(&script, "user", n->facts->user);
	quote_set(&script, "group", n->facts->group);
	quote_set(&script, "blob", keys.items[0].base64);
	quote_set(&script, "mark", mark);
	buf_adds(&script, key_script);
	buf_addf(&line, "restrict,command=\"%s/pintle-agent --home %s session\" %s %s %s\n", NODE_BIN,
		n->home, keys.items[0].type, keys.items[0].base64, mark);
	int r = run(n, &script, line.data, line.len, &said, err);
	if (r >= 0 && strstr(said.data, "plain"))
		return err_set(err, -EEXIST,
			"%s has the key of pintled already, and it may do more there than speak to the "
			"agent: give pintled a key of its own, or take "
			"that line away",
			file);
	return r < 0 ? err_wrap(err, r, "writing %s", file) : r;
}

int node_install_packages(const struct node_install *n, const char *packages, struct err *err)
{
	_cleanup_(buf_done) struct buf script = BUF_INIT;

	quote_set(&script, "packages", packages);
	buf_adds(&script, packages_script);
	int r = run(n, &script, NULL, 0, NULL, err);
	return r < 0 ? err_wrap(err, r, "installing%s", packages) : r;
}
