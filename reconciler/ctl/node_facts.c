/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include "reconciler/ctl/node_facts.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/ctl/quote.h"

/* A clock that is further off than this is put right first: certificates, leases and what people read of logs depend on it. */
#define CLOCK_MAX (30 * NSEC_PER_SEC)
enum { DISK_MIN_MIB = 512 };

/* --- looking -------------------------------------------------------------------------------------------- */

const char node_facts_user_script[] =
	"echo \"user=$(id -un)\"\n"
	"echo \"group=$(id -gn)\"\n"
	"echo \"user_home=$HOME\"\n"
	"echo \"machine=$(uname -m)\"\n"
	"echo \"kernel=$(uname -sr)\"\n"
	"if [ \"$(id -u)\" = 0 ]; then echo sudo=root\n"
	"elif ! command -v sudo >/dev/null; then echo sudo=none\n"
	"elif sudo -n true 2>/dev/null; then echo sudo=yes\n"
	"else echo \"sudo=$(sudo -n true 2>&1 | grep -v 'unable to resolve host' | tail -n 1)\"; fi\n"
	"sed -n 's/^restrict,command=.* pintled:/session=/p' \"$HOME/.ssh/authorized_keys\" 2>/dev/null\n"
	"exit 0\n";

/* bin, home, user and libs are set before it. */
static const char root_script[] =
	"PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"
	"for p in crun conmon nft skopeo; do command -v $p >/dev/null || echo \"lacks=program $p\"; done\n"
	"for l in $libs; do ldconfig -p 2>/dev/null | grep -qF \"$l \" || echo \"lacks=library $l\"; done\n"
	"grep -qw overlay /proc/filesystems || modprobe -q overlay 2>/dev/null\n"
	"grep -qw overlay /proc/filesystems || echo 'lacks=kernel overlayfs'\n"
	"if [ -e /sys/fs/cgroup/cgroup.controllers ]\n"
	"then for c in cpu memory pids; do grep -qw $c /sys/fs/cgroup/cgroup.controllers || echo "
	"\"lacks=cgroup $c\"; done\n"
	"else for c in cpu memory pids; do [ -d /sys/fs/cgroup/$c ] || echo \"lacks=cgroup $c\"; done; fi\n"
	"for n in mnt net pid uts ipc; do [ -e /proc/self/ns/$n ] || echo \"lacks=kernel $n namespaces\"; "
	"done\n"
	"grep -q '^Seccomp:' /proc/self/status || echo 'lacks=kernel seccomp'\n"
	"[ -e /proc/sys/net/ipv4/ip_forward ] || echo 'lacks=kernel IPv4 forwarding'\n"
	"if command -v nft >/dev/null; then nft list tables >/dev/null 2>&1 || echo 'lacks=kernel "
	"nf_tables'; fi\n"
	"if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then echo systemd=yes; fi\n"
	"if command -v apt-get >/dev/null; then echo apt=yes; fi\n"
	"if [ -e \"$home\" ]; then echo \"home_owner=$(stat -c %U \"$home\")\"; fi\n"
	"if [ -e \"$home/cluster-id\" ]; then echo \"cluster_id=$(cat \"$home/cluster-id\")\"; fi\n"
	"if p=$(cat \"$home/run/pintle-agent.pid\" 2>/dev/null) &&\n"
	"   readlink \"/proc/$p/exe\" | grep -q pintle-agent; then echo answers=yes; fi\n"
	"if [ -e \"$bin/pintle-agent\" ]; then echo \"agent_sha256=$(sha256sum <\"$bin/pintle-agent\" | cut "
	"-d ' ' -f 1)\"; fi\n"
	"echo \"agent_keys=$(sshd -T -C \"user=$user,host=localhost,addr=127.0.0.1\" 2>/dev/null | sed -n "
	"'s/^authorizedkeysfile //p')\"\n"
	"d=$home; while [ ! -e \"$d\" ]; do d=$(dirname \"$d\"); done\n"
	"echo \"disk_kib=$(df -Pk \"$d\" | awk 'NR == 2 { print $4 }')\"\n"
	"echo \"time=$(date +%s)\"\n";

void node_facts_root_script(
	struct buf *out, const char *bin, const char *home, const char *user, const char *libraries)
{
	quote_set(out, "bin", bin);
	quote_set(out, "home", home);
	quote_set(out, "user", user);
	quote_set(out, "libs", libraries);
	buf_adds(out, root_script);
}

/* --- the answer -------------------------------------------------------------------------------------------- */

void node_facts_init(struct node_facts *f)
{
	*f = (struct node_facts){ .arena = arena_new(0), .disk_kib = -1 };
}

void node_facts_done(struct node_facts *f)
{
	arena_free(f->arena);
	free(f->lacks);
	*f = (struct node_facts){ 0 };
}

static void take_text(struct node_facts *f, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{ "user", &f->user },
		{ "group", &f->group },
		{ "user_home", &f->user_home },
		{ "machine", &f->machine },
		{ "kernel", &f->kernel },
		{ "sudo", &f->sudo },
		{ "cluster_id", &f->cluster_id },
		{ "home_owner", &f->home_owner },
		{ "agent_sha256", &f->agent_sha256 },
		{ "agent_keys", &f->agent_keys },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (str_eq(name, texts[i].name) && *value)
			*texts[i].to = arena_strdup(f->arena, value);
}

static void take_fact(struct node_facts *f, const char *name, const char *value)
{
	int64_t number;

	f->systemd = f->systemd || str_eq(name, "systemd");
	f->apt = f->apt || str_eq(name, "apt");
	f->answers = f->answers || str_eq(name, "answers");
	if (str_eq(name, "disk_kib") && str_to_i64(value, &number) == 0)
		f->disk_kib = number;
	if (str_eq(name, "time") && str_to_i64(value, &number) == 0 && number < INT64_MAX / NSEC_PER_SEC)
		f->time = number * NSEC_PER_SEC;
	if (str_eq(name, "lacks")) {
		f->lacks = xreallocarray(f->lacks, f->lack_count + 1, sizeof(f->lacks[0]));
		f->lacks[f->lack_count++] = arena_strdup(f->arena, value);
	}
	/* Of several homes there, the one of this cluster. */
	if (str_eq(name, "session") && f->want_cluster_id && str_starts(value, f->want_cluster_id) &&
		value[strlen(f->want_cluster_id)] == ':')
		f->session_home = arena_strdup(f->arena, value + strlen(f->want_cluster_id) + 1);
	take_text(f, name, value);
}

void node_facts_take(struct node_facts *f, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_(freep) char *line = xstrndup(text, len);
		char *equals = strchr(line, '=');

		if (equals) {
			*equals = '\0';
			take_fact(f, line, equals + 1);
		}
		text += len + (text[len] == '\n');
	}
}

/* --- what is missing ------------------------------------------------------------------------------------------ */

/* Debian 12's. */
static const struct {
	const char *lack, *package, *what;
} packages_of[] = {
	{ "program crun", "crun", "the program crun, which runs containers" },
	{ "program conmon", "conmon", "the program conmon, which watches containers" },
	{ "program nft", "nftables", "the program nft, which sets packet rules" },
	{ "program skopeo", "skopeo", "the program skopeo, which fetches images" },
	{ "library libarchive.so.13", "libarchive13", NULL },
	{ "library libcrypto.so.3", "libssl3", NULL },
	{ "library libjansson.so.4", "libjansson4", NULL },
	{ "library libmnl.so.0", "libmnl0", NULL },
	{ "library libssl.so.3", "libssl3", NULL },
	{ "library libsystemd.so.0", "libsystemd0", NULL },
	{ "library libyaml-0.so.2", "libyaml-0-2", NULL },
};

static void say(struct buf *out, size_t *count, const char *fmt, ...) _printf_(3, 4);
static void say(struct buf *out, size_t *count, const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	buf_addf(out, "%s\n", text);
	++*count;
}

/* Returns whether a package brings it. */
static bool judge_lack(const char *lack, struct buf *out, struct buf *packages, size_t *count)
{
	const char *kernel = str_after(lack, "kernel "), *cgroup = str_after(lack, "cgroup ");

	if (kernel)
		say(out, count, "%s in the kernel", kernel);
	else if (cgroup)
		say(out, count, "the control group controller %s, below /sys/fs/cgroup", cgroup);
	for (size_t i = 0; i < ARRAY_LEN(packages_of); i++) {
		_cleanup_(freep) char *word = xasprintf(" %s", packages_of[i].package);

		if (!str_eq(packages_of[i].lack, lack))
			continue;
		if (packages_of[i].what)
			say(out, count, "%s (package %s)", packages_of[i].what, packages_of[i].package);
		else
			say(out, count, "the %s (package %s)", lack, packages_of[i].package);
		if (!strstr(packages->data, word))
			buf_adds(packages, word);
		return true;
	}
	if (!kernel && !cgroup)
		say(out, count, "the %s", lack);
	return false;
}

static const struct {
	uint16_t machine;
	const char *name; /* as uname -m says */
} machines[] = {
	{ EM_X86_64, "x86_64" },
	{ EM_AARCH64, "aarch64" },
	{ EM_RISCV, "riscv64" },
	{ EM_PPC64, "ppc64le" },
	{ EM_S390, "s390x" },
	{ EM_ARM, "armv7l" },
	{ EM_386, "i686" },
};

static const char *machine_name(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "another machine";
}

size_t node_facts_judge(const struct node_facts *f, const struct node_needs *needs, struct buf *out,
	struct buf *packages, size_t *ret_hopeless)
{
	const char *machine = machine_name(needs->elf_machine);
	size_t count = 0, helped = 0;

	if (f->machine && !str_eq(f->machine, machine))
		say(out, &count, "an agent for %s: this one is for %s (--agent FILE gives another)",
			f->machine, machine);
	for (size_t i = 0; i < f->lack_count; i++)
		helped += judge_lack(f->lacks[i], out, packages, &count);
	if (f->disk_kib >= 0 && f->disk_kib < DISK_MIN_MIB * 1024)
		say(out, &count, "disk space: %lld MiB are free, and %d are the least",
			(long long)f->disk_kib / 1024, DISK_MIN_MIB);
	nsec_t off = f->time > 0 ? f->time - needs->now : 0;
	if (off > CLOCK_MAX || off < -CLOCK_MAX)
		say(out, &count, "the right time: its clock is %lld s %s", llabs(off) / NSEC_PER_SEC,
			off > 0 ? "ahead" : "behind");
	*ret_hopeless = count - helped;
	return count;
}

uint16_t node_elf_machine(const void *head, size_t len)
{
	Elf64_Ehdr h;

	if (len < sizeof(h) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return 0;
	memcpy(&h, head, sizeof(h)); /* the member is at the same place with 32 bits */
	return h.e_machine;
}
