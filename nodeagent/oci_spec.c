/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Written straight as JSON, top to bottom as in the specification; lists of words are tables. */
#include "nodeagent/oci_spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/str.h"
#include "lib/object/json.h"
#include "nodeagent/qos.h"

static void words_write(struct json_writer *w, const char *key, const char *const *words)
{
	json_key(w, key);
	json_begin_list(w);
	for (; *words; words++)
		json_cstring(w, *words);
	json_end_list(w);
}

static void strings_write(struct json_writer *w, const char *key, const struct strings *s)
{
	json_key(w, key);
	json_begin_list(w);
	for (size_t i = 0; i < s->count; i++)
		json_cstring(w, s->items[i]);
	json_end_list(w);
}

/* --- capabilities -------------------------------------------------------------------------------------- */

/* capabilities(7), by number; those with `granted` are what a container has by default (as in Docker and containerd). */
static const struct capability {
	const char *name;
	bool granted;
} capabilities[] = {
	{ "CHOWN", true },
	{ "DAC_OVERRIDE", true },
	{ "DAC_READ_SEARCH", false },
	{ "FOWNER", true },
	{ "FSETID", true },
	{ "KILL", true },
	{ "SETGID", true },
	{ "SETUID", true },
	{ "SETPCAP", true },
	{ "LINUX_IMMUTABLE", false },
	{ "NET_BIND_SERVICE", true },
	{ "NET_BROADCAST", false },
	{ "NET_ADMIN", false },
	{ "NET_RAW", true },
	{ "IPC_LOCK", false },
	{ "IPC_OWNER", false },
	{ "SYS_MODULE", false },
	{ "SYS_RAWIO", false },
	{ "SYS_CHROOT", true },
	{ "SYS_PTRACE", false },
	{ "SYS_PACCT", false },
	{ "SYS_ADMIN", false },
	{ "SYS_BOOT", false },
	{ "SYS_NICE", false },
	{ "SYS_RESOURCE", false },
	{ "SYS_TIME", false },
	{ "SYS_TTY_CONFIG", false },
	{ "MKNOD", true },
	{ "LEASE", false },
	{ "AUDIT_WRITE", true },
	{ "AUDIT_CONTROL", false },
	{ "SETFCAP", true },
	{ "MAC_OVERRIDE", false },
	{ "MAC_ADMIN", false },
	{ "SYSLOG", false },
	{ "WAKE_ALARM", false },
	{ "BLOCK_SUSPEND", false },
	{ "AUDIT_READ", false },
	{ "PERFMON", false },
	{ "BPF", false },
	{ "CHECKPOINT_RESTORE", false },
};

/* "CHOWN", "CAP_CHOWN", "chown", "all"; 0: there is none of that name. */
static uint64_t capability_mask(const char *name)
{
	const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	if (strcasecmp(name, "ALL") == 0)
		return (UINT64_C(1) << ARRAY_LEN(capabilities)) - 1;
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (strcasecmp(capabilities[i].name, bare) == 0)
			return UINT64_C(1) << i;
	return 0;
}

static bool privileged(const struct container *c)
{
	return c->security_context && c->security_context->privileged.set &&
	       c->security_context->privileged.value;
}

/* All of LIST as a set; *RET_ALL: "ALL" is among them. */
static int capability_set(const struct strings *list, uint64_t *ret, bool *ret_all, struct err *err)
{
	*ret = 0;
	*ret_all = false;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t bit = capability_mask(list->items[i]);

		if (bit == 0)
			return err_set(err, -EINVAL, "there is no capability \"%s\"", list->items[i]);
		if (strcasecmp(list->items[i], "ALL") == 0)
			*ret_all = true;
		else
			*ret |= bit;
	}
	return 0;
}

/* As containerd: what is granted by default, then "all" of add, then drop, then the single ones of add. */
int oci_capabilities(const struct container *c, uint64_t *ret, struct err *err)
{
	const struct capabilities *own = c->security_context ? c->security_context->capabilities : NULL;
	uint64_t set = 0, all = capability_mask("ALL"), add = 0, drop = 0;
	bool add_all = false, drop_all = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (capabilities[i].granted || privileged(c))
			set |= UINT64_C(1) << i;
	if (own)
		r = capability_set(&own->add, &add, &add_all, err);
	if (own && r >= 0)
		r = capability_set(&own->drop, &drop, &drop_all, err);
	if (r < 0)
		return r;
	if (add_all)
		set = all;
	*ret = (set & ~(drop_all ? all : drop)) | add;
	return 0;
}

bool oci_capability_has(uint64_t set, const char *name)
{
	return (set & capability_mask(name)) != 0;
}

static void capabilities_write(struct json_writer *w, uint64_t set)
{
	static const char *const kinds[] = { "bounding", "effective", "permitted" };

	json_key(w, "capabilities");
	json_begin_map(w);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		json_key(w, kinds[k]);
		json_begin_list(w);
		for (size_t i = 0; i < ARRAY_LEN(capabilities); i++) {
			char name[40];

			if (!(set & (UINT64_C(1) << i)))
				continue;
			snprintf(name, sizeof(name), "CAP_%s", capabilities[i].name);
			json_cstring(w, name);
		}
		json_end_list(w);
	}
	json_end_map(w);
}

/* --- process ---------------------------------------------------------------------------------------------- */

static void user_write(struct json_writer *w, const struct user_ids *u)
{
	json_key(w, "user");
	json_begin_map(w);
	json_member_int(w, "uid", u->uid);
	json_member_int(w, "gid", u->gid);
	if (u->groups.count > 0) {
		json_key(w, "additionalGids");
		json_begin_list(w);
		for (size_t i = 0; i < u->groups.count; i++)
			json_int(w, u->groups.items[i]);
		json_end_list(w);
	}
	json_end_map(w);
}

static int process_write(struct json_writer *w, const struct oci_input *in, struct err *err)
{
	const struct container *c = in->container;
	const struct security_context *sc = c->security_context;
	const char *cwd = !str_empty(c->working_dir) ? c->working_dir : in->cwd;
	int64_t oom = in->oom_score_adj > in->oom_score_adj_min ? in->oom_score_adj : in->oom_score_adj_min;
	uint64_t caps = 0;
	int r;

	r = oci_capabilities(c, &caps, err);
	if (r < 0)
		return r;
	json_key(w, "process");
	json_begin_map(w);
	json_member_bool(w, "terminal", c->tty);
	user_write(w, &in->user);
	strings_write(w, "args", &in->args);
	strings_write(w, "env", &in->env);
	json_member_string(w, "cwd", str_empty(cwd) ? "/" : cwd);
	capabilities_write(w, caps);
	json_member_bool(w, "noNewPrivileges",
		sc && sc->allow_privilege_escalation.set && !sc->allow_privilege_escalation.value);
	json_member_int(w, "oomScoreAdj", oom);
	json_end_map(w);
	return 0;
}

/* --- mounts ------------------------------------------------------------------------------------------------ */

struct fixed_mount {
	const char *destination, *type, *source;
	const char *const *options;
};

static const char *const opt_proc[] = { "nosuid", "noexec", "nodev", NULL };
static const char *const opt_dev[] = { "nosuid", "strictatime", "mode=755", "size=65536k", NULL };
static const char *const opt_pts[] = { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
	"gid=5", NULL };
static const char *const opt_mqueue[] = { "nosuid", "noexec", "nodev", NULL };
static const char *const opt_sys[] = { "nosuid", "noexec", "nodev", "ro", NULL };
static const char *const opt_sys_rw[] = { "nosuid", "noexec", "nodev", "rw", NULL };
static const char *const opt_shm[] = { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL };
static const char *const opt_shm_bind[] = { "rbind", "nosuid", "noexec", "nodev", NULL };
static const char *const opt_cgroup[] = { "nosuid", "noexec", "nodev", "relatime", "ro", NULL };
static const char *const opt_cgroup_rw[] = { "nosuid", "noexec", "nodev", "relatime", "rw", NULL };
static const char *const opt_host_dev[] = { "rbind", "nosuid", NULL };

static void fixed_write(struct json_writer *w, const struct fixed_mount *m)
{
	json_begin_map(w);
	json_member_string(w, "destination", m->destination);
	json_member_string(w, "type", m->type);
	json_member_string(w, "source", m->source);
	words_write(w, "options", m->options);
	json_end_map(w);
}

static void bind_write(struct json_writer *w, const struct oci_mount *m)
{
	const char *options[4] = { "rbind", m->read_only ? "ro" : "rw", "rprivate", NULL };

	if (str_eq(m->propagation, "HostToContainer"))
		options[2] = "rslave";
	else if (str_eq(m->propagation, "Bidirectional"))
		options[2] = "rshared";
	json_begin_map(w);
	json_member_string(w, "destination", m->destination);
	json_member_string(w, "type", "bind");
	json_member_string(w, "source", m->source);
	words_write(w, "options", options);
	json_end_map(w);
}

/* Does the container bring its own mount for DESTINATION? */
static bool mounted_by_pod(const struct oci_input *in, const char *destination)
{
	for (size_t i = 0; i < in->mounts.count; i++)
		if (str_eq(in->mounts.items[i].destination, destination))
			return true;
	return false;
}

static void mounts_write(struct json_writer *w, const struct oci_input *in)
{
	bool all = privileged(in->container);
	const struct fixed_mount fixed[] = {
		{ "/proc", "proc", "proc", opt_proc },
		{ "/dev", all ? "bind" : "tmpfs", all ? "/dev" : "tmpfs", all ? opt_host_dev : opt_dev },
		{ "/dev/pts", "devpts", "devpts", opt_pts },
		{ "/dev/mqueue", "mqueue", "mqueue", opt_mqueue },
		{ "/sys", "sysfs", "sysfs", all ? opt_sys_rw : opt_sys },
		{ in->cgroup_v2 ? "/sys/fs/cgroup" : NULL, "cgroup", "cgroup",
			all ? opt_cgroup_rw : opt_cgroup },
		{ "/dev/shm", in->shm ? "bind" : "tmpfs", in->shm ? in->shm : "shm",
			in->shm ? opt_shm_bind : opt_shm },
	};

	json_key(w, "mounts");
	json_begin_list(w);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (fixed[i].destination && !mounted_by_pod(in, fixed[i].destination))
			fixed_write(w, &fixed[i]);
	for (size_t i = 0; i < in->mounts.count; i++)
		bind_write(w, &in->mounts.items[i]);
	json_end_list(w);
}

/* --- linux --------------------------------------------------------------------------------------------------- */

static const char *const masked_paths[] = { "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
	"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
	"/sys/firmware", "/sys/devices/virtual/powercap", NULL };
static const char *const readonly_paths[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
	"/proc/sysrq-trigger", NULL };

static void namespace_write(struct json_writer *w, const char *type, const char *path)
{
	json_begin_map(w);
	json_member_string(w, "type", type);
	json_member_string(w, "path", path);
	json_end_map(w);
}

static void namespaces_write(struct json_writer *w, const struct oci_input *in)
{
	const struct {
		const char *type, *path;
	} by_path[] = { { "network", in->net_ns }, { "ipc", in->ipc_ns }, { "uts", in->uts_ns } };

	json_key(w, "namespaces");
	json_begin_list(w);
	namespace_write(w, "mount", NULL);
	if (!in->pod->spec.host_pid)
		namespace_write(w, "pid", NULL);
	if (in->cgroup_v2)
		namespace_write(w, "cgroup", NULL);
	for (size_t i = 0; i < ARRAY_LEN(by_path); i++)
		if (by_path[i].path)
			namespace_write(w, by_path[i].type, by_path[i].path);
	json_end_list(w);
}

/* The root mount must let propagation through that a mount asks for. */
static const char *root_propagation(const struct oci_input *in)
{
	const char *ret = "rprivate";

	for (size_t i = 0; i < in->mounts.count; i++) {
		if (str_eq(in->mounts.items[i].propagation, "Bidirectional"))
			return "rshared";
		if (str_eq(in->mounts.items[i].propagation, "HostToContainer"))
			ret = "rslave";
	}
	return ret;
}

static void json_text(struct json_writer *w, const char *key, const char *text)
{
	if (!text)
		return;
	json_key(w, key);
	json_raw(w, text, strlen(text));
}

static void linux_write(struct json_writer *w, const struct oci_input *in)
{
	const struct security_context *sc = in->container->security_context;
	bool all = privileged(in->container);

	json_key(w, "linux");
	json_begin_map(w);
	json_member_string(w, "cgroupsPath", in->cgroups_path);
	json_text(w, "resources", in->resources);
	namespaces_write(w, in);
	json_member_string(w, "rootfsPropagation", root_propagation(in));
	if (!all) {
		json_text(w, "seccomp", in->seccomp);
		if (!sc || !str_eq(sc->proc_mount, "Unmasked")) {
			words_write(w, "maskedPaths", masked_paths);
			words_write(w, "readonlyPaths", readonly_paths);
		}
	}
	json_end_map(w);
}

int oci_spec_write(struct buf *out, const struct oci_input *in, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 0);
	const struct security_context *sc = in->container->security_context;
	int r;

	json_begin_map(&w);
	json_member_string(&w, "ociVersion", "1.0.0");
	r = process_write(&w, in, err);
	if (r < 0)
		return r;
	json_key(&w, "root");
	json_begin_map(&w);
	json_member_string(&w, "path", in->rootfs);
	json_member_bool(&w, "readonly",
		sc && sc->read_only_root_filesystem.set && sc->read_only_root_filesystem.value);
	json_end_map(&w);
	mounts_write(&w, in);
	linux_write(&w, in);
	json_end_map(&w);
	return 0;
}

int64_t oci_oom_score_adj(const struct pod *pod, const struct container *c, int64_t memory)
{
	const char *class = qos_class(&pod->spec);
	const struct quantity *request = quantity_map_get(&c->resources.requests, "memory");
	int64_t adj;

	if (str_eq(class, "Guaranteed"))
		return -997;
	if (str_eq(class, "BestEffort") || memory <= 0)
		return 1000;
	adj = 1000 - (int64_t)((__int128)1000 * (request ? quantity_units(request) : 0) / memory);
	if (adj < 3)
		return 3;
	return adj > 999 ? 999 : adj;
}
