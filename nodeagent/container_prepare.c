/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Gathers what oci_spec.c needs, in the order of what is cheap to fail first. */
#include "nodeagent/container_prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/env_expand.h"
#include "nodeagent/hostfiles.h"
#include "nodeagent/logs.h"
#include "nodeagent/oci_spec.h"
#include "nodeagent/rootfs.h"
#include "nodeagent/sandbox.h"
#include "nodeagent/seccomp_profile.h"
#include "nodeagent/volume.h"

enum { PASSWD_MAX = 1 << 20, MESSAGE_MAX = 4096, FALLBACK_LINES = 80, FALLBACK_MAX = 2048 };

/* One preparation: everything lives until its arena goes. */
struct prepare {
	struct container_run *c;
	struct pod_run *pod;
	const struct node_services *node;
	const struct container *spec;
	const struct container_record *record;
	const char *id;
	struct arena *arena;
	char *bundle;
	const char *reason;
	struct oci_input oci;
	struct oci_mount *mounts;
	size_t mount_count;
};

/* --- user -------------------------------------------------------------------------------------------------------- */

static const char *image_file(struct prepare *p, int root, const char *path)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(closep) int fd = fs_open_beneath(root, path, O_RDONLY, 0, NULL);

	if (fd < 0 || fs_read_fd(fd, path, PASSWD_MAX, &text, NULL) < 0)
		return NULL;
	return arena_strndup(p->arena, text.data, text.len);
}

static int user_find(struct prepare *p, struct err *err)
{
	_cleanup_(closep) int root = fs_open_dir(AT_FDCWD, p->oci.rootfs, err);
	struct user_input in = {
		.pod = &pod_spec_of(p->pod)->spec,
		.container = p->spec,
		.image_user = p->c->image->config.user,
	};

	if (root < 0)
		return root;
	in.passwd = image_file(p, root, "etc/passwd");
	in.group = image_file(p, root, "etc/group");
	return users_resolve(p->arena, &in, &p->oci.user, err);
}

/* --- environment ----------------------------------------------------------------------------------------------------- */

static int environment_build(struct prepare *p, struct err *err)
{
	const struct image_config *image = &p->c->image->config;
	char hostname[HOSTNAME_SIZE];
	struct volume_sources sources;
	struct env_input in = {
		.sources = &sources,
		.container = p->spec,
		.image = &image->env,
		.hostname = hostfiles_hostname(pod_spec_of(p->pod), hostname),
		.host_ip = p->node->host_ip,
		.node = p->node->identity->node,
	};
	int r;

	in.pod_ip = pod_spec_of(p->pod)->spec.host_network ? p->node->host_ip : p->pod->record.ip;
	pod_sources(p->pod, &sources);
	r = env_build(p->arena, &in, &p->oci.env, err);
	if (r < 0)
		return r;
	p->oci.cwd = image->working_dir;
	return env_command(
		p->arena, p->spec, &image->entrypoint, &image->cmd, &p->oci.env, &p->oci.args, err);
}

/* --- mounts ------------------------------------------------------------------------------------------------------------ */

static void mount_add(struct prepare *p, struct oci_mount m)
{
	p->mounts[p->mount_count++] = m;
}

static bool mount_taken(const struct prepare *p, const char *destination)
{
	for (size_t i = 0; i < p->spec->volume_mounts.count; i++)
		if (str_eq(p->spec->volume_mounts.items[i].mount_path, destination))
			return true;
	return false;
}

static void etc_mounts_add(struct prepare *p)
{
	static const char *const names[] = { "hosts", "hostname", "resolv.conf" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		_cleanup_(freep) char *source = pod_run_path(p->pod, names[i]);
		const char *destination = arena_printf(p->arena, "/etc/%s", names[i]);

		/* With the host's network the UTS namespace is the host's, its name too. */
		if (mount_taken(p, destination) || (i == 1 && pod_spec_of(p->pod)->spec.host_network))
			continue;
		mount_add(p, (struct oci_mount){
				     .source = arena_strdup(p->arena, source), .destination = destination });
	}
}

static int message_mount_add(struct prepare *p, struct err *err)
{
	const char *destination = p->spec->termination_message_path;
	_cleanup_(freep) char *path = container_message_path(p->pod, p->record->name, p->record->attempt);
	_cleanup_(closep) int fd = -1;
	int r;

	if (str_empty(destination))
		destination = "/dev/termination-log";
	r = fs_mkdir_parents(AT_FDCWD, path, 0711, err);
	if (r < 0)
		return r;
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0 || fchmod(fd, 0666) < 0)
		return err_errno(err, -errno, "making %s", path);
	mount_add(
		p, (struct oci_mount){ .source = arena_strdup(p->arena, path), .destination = destination });
	return 0;
}

/* The volume NAME's place in the pod, below p->pod->volume_count; -1: there is none. */
static ssize_t volume_index(const struct prepare *p, const char *name)
{
	const struct pod_spec *spec = &pod_spec_of(p->pod)->spec;

	for (size_t i = 0; i < spec->volumes.count && i < p->pod->volume_count; i++)
		if (str_eq(spec->volumes.items[i].name, name))
			return (ssize_t)i;
	return -1;
}

static int volume_mount_add(struct prepare *p, size_t i, struct err *err)
{
	const struct volume_mount *m = &p->spec->volume_mounts.items[i];
	ssize_t at = volume_index(p, m->name);
	const char *source = at >= 0 ? p->pod->volume_paths[at] : NULL, *sub = m->sub_path;
	_cleanup_(freep) char *subpaths = pod_run_path(p->pod, "subpaths");
	int r;

	if (!source)
		return err_set(err, -ENOENT, "volume \"%s\" is not there", m->name);
	if (!str_empty(m->sub_path_expr))
		sub = env_expand(p->arena, m->sub_path_expr, &p->oci.env);
	if (!str_empty(sub)) {
		const char *target = arena_printf(p->arena, "%s/%s/%zu", subpaths, p->spec->name, i);

		r = volume_subpath_mount(source, sub, target, err);
		if (r < 0)
			return err_wrap(err, r, "volume \"%s\"", m->name);
		source = target;
	}
	mount_add(p,
		(struct oci_mount){
			.source = source,
			.destination = m->mount_path[0] == '/' ? m->mount_path
							       : arena_printf(p->arena, "/%s", m->mount_path),
			/* What the agent writes and refreshes is not the container's to change. */
			.read_only = m->read_only ||
				     volume_is_files(&pod_spec_of(p->pod)->spec.volumes.items[at]),
			.propagation = m->mount_propagation,
		});
	return 0;
}

static size_t components(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += path[0] == '/' && path[1] && path[1] != '/';
	return n;
}

/* Parents before children; otherwise as they stand. */
static void mounts_order(struct prepare *p)
{
	for (size_t i = 1; i < p->mount_count; i++)
		for (size_t k = i; k > 0 && components(p->mounts[k - 1].destination) >
						    components(p->mounts[k].destination);
			k--) {
			struct oci_mount m = p->mounts[k];

			p->mounts[k] = p->mounts[k - 1];
			p->mounts[k - 1] = m;
		}
}

static int mounts_build(struct prepare *p, struct err *err)
{
	_cleanup_(freep) char *shm = pod_run_path(p->pod, "shm");
	int r;

	p->mounts = arena_array(p->arena, p->spec->volume_mounts.count + 4, sizeof(p->mounts[0]));
	etc_mounts_add(p);
	r = message_mount_add(p, err);
	for (size_t i = 0; i < p->spec->volume_mounts.count && r >= 0; i++)
		r = volume_mount_add(p, i, err);
	if (r < 0)
		return r;
	mounts_order(p);
	p->oci.mounts.items = p->mounts;
	p->oci.mounts.count = p->mount_count;
	p->oci.shm = arena_strdup(p->arena, shm);
	return 0;
}

/* --- namespaces, limits ---------------------------------------------------------------------------------------------------- */

static const char *ns_path(const struct prepare *p, const char *name)
{
	_cleanup_(freep) char *path = sandbox_namespace(p->node->env, p->pod->record.uid, name);

	return arena_strdup(p->arena, path);
}

static int seccomp_choose(struct prepare *p, struct err *err)
{
	const struct security_context *sc = p->spec->security_context;
	const struct pod_security_context *psc = pod_spec_of(p->pod)->spec.security_context;
	const struct seccomp_profile *profile = psc ? psc->seccomp_profile : NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	uint64_t capabilities;
	int r;

	if (sc && sc->seccomp_profile)
		profile = sc->seccomp_profile;
	if (!profile || str_eq(profile->type, "Unconfined"))
		return 0;
	if (!str_eq(profile->type, "RuntimeDefault"))
		return err_set(err, -EOPNOTSUPP, "seccompProfile type %s is not supported",
			str_or_empty(profile->type));
	r = oci_capabilities(p->spec, &capabilities, err);
	if (r < 0)
		return r;
	seccomp_profile_write(&text, capabilities);
	p->oci.seccomp = arena_strndup(p->arena, text.data, text.len);
	return 0;
}

static void limits_fill(struct prepare *p)
{
	const struct pod *pod = pod_spec_of(p->pod);
	struct cgroup_resources limits = cgroup_resources_container(p->spec);
	bool v2 = cgroup_mode(p->node->cgroups) == CGROUP_V2;
	_cleanup_(freep) char *path = cgroup_container_path(
		p->node->cgroups, p->pod->record.uid, p->record->name, (unsigned)p->record->attempt);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	cgroup_resources_write(&text, &limits, v2);
	p->oci.resources = arena_strndup(p->arena, text.data, text.len);
	p->oci.cgroups_path = arena_strdup(p->arena, path);
	p->oci.cgroup_v2 = v2;
	p->oci.oom_score_adj = oci_oom_score_adj(pod, p->spec, p->node->memory);
	p->oci.oom_score_adj_min = p->node->oom_score_adj_min;
	if (!pod->spec.host_network) {
		p->oci.net_ns = ns_path(p, "net");
		p->oci.uts_ns = ns_path(p, "uts");
	}
	if (!pod->spec.host_ipc)
		p->oci.ipc_ns = ns_path(p, "ipc");
}

/* --- the whole ---------------------------------------------------------------------------------------------------------------- */

/*
 * A layer below the image's with the files of /etc that each container gets mounted: where the image lacks them, the
 * runtime would make them in the container's own layer, four inodes on disk each time. On the same file system as the other layers:
 * elsewhere, overlayfs would show files with device numbers that differ. With the host's network, not all of them are mounted.
 */
static const char *mount_points_layer(struct prepare *p, struct err *err)
{
	static const char *const names[] = { "hosts", "hostname", "resolv.conf" };
	const char *layer = arena_printf(p->arena, "%s/mount-points", p->node->env->state_dir);
	const char *etc = arena_printf(p->arena, "%s/etc", layer), *path = NULL;
	int r = 0;

	if (fs_exists(AT_FDCWD, arena_printf(p->arena, "%s/%s", etc, names[ARRAY_LEN(names) - 1])))
		return layer;
	r = fs_mkdir_p(AT_FDCWD, etc, 0755, err);
	for (size_t i = 0; i < ARRAY_LEN(names) && r >= 0; i++) {
		path = arena_printf(p->arena, "%s/%s", etc, names[i]);
		r = fs_write(AT_FDCWD, path, "", 0, 0644, 0, err);
	}
	return r < 0 ? NULL : layer;
}

static int rootfs_layers(struct prepare *p, struct rootfs_spec *spec, struct err *err)
{
	const char *const *image = image_layer_paths(p->node->images, p->c->image, p->arena);
	size_t count = p->c->image->config.diff_ids.count;
	const char **all = arena_array(p->arena, count + 1, sizeof(all[0]));

	spec->layers = all;
	if (count > 0 && !pod_spec_of(p->pod)->spec.host_network) {
		all[spec->layer_count] = mount_points_layer(p, err);
		if (!all[spec->layer_count++])
			return err->code;
	}
	for (size_t i = 0; i < count; i++)
		all[spec->layer_count++] = image[i];
	return 0;
}

static int rootfs_make(struct prepare *p, struct err *err)
{
	_cleanup_(freep) char *lease = container_lease(p->pod, p->record->name, p->record->attempt);
	_cleanup_(freep) char *dir = xasprintf(
		"%s/pods/%s/rootfs/%s", p->node->env->state_dir, p->pod->record.uid, p->id);
	struct rootfs_spec spec = {
		.dir = dir,
		.target = p->oci.rootfs,
	};
	int r;

	r = image_lease_add(p->node->images, lease, p->c->image, err);
	if (r >= 0)
		r = rootfs_layers(p, &spec, err);
	if (r >= 0)
		r = fs_mkdir_parents(AT_FDCWD, dir, 0700, err);
	if (r >= 0)
		r = rootfs_mount(&spec, err);
	return r;
}

static int log_dir_make(struct prepare *p, struct err *err)
{
	_cleanup_(freep) char *dir = logs_container_dir(p->node->log_root, p->pod->record.namespace,
		p->pod->record.name, p->pod->record.uid, p->record->name);

	return fs_mkdir_p(AT_FDCWD, dir, 0755, err);
}

static int bundle_make(struct prepare *p, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const char *path = arena_printf(p->arena, "%s/config.json", p->bundle);
	int r;

	r = oci_spec_write(&text, &p->oci, err);
	if (r >= 0)
		r = fs_write(AT_FDCWD, path, text.data, text.len, 0600, 0, err);
	return r;
}

struct prepare_step {
	int (*run)(struct prepare *p, struct err *err);
	const char *reason;
};

int container_prepare(struct container_run *c, const char *id, const char **ret_reason, struct err *err)
{
	static const struct prepare_step steps[] = {
		{ environment_build, "CreateContainerConfigError" },
		{ seccomp_choose, "CreateContainerConfigError" },
		{ rootfs_make, "CreateContainerError" },
		{ user_find, "CreateContainerConfigError" },
		{ mounts_build, "CreateContainerError" },
		{ log_dir_make, "CreateContainerError" },
		{ bundle_make, "CreateContainerError" },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new(16384);
	_cleanup_(freep) char *bundle = runtime_bundle(c->pod->pods->node->runtime, id);
	struct prepare p = {
		.c = c,
		.pod = c->pod,
		.node = c->pod->pods->node,
		.spec = record_spec(pod_spec_of(c->pod), c->index),
		.record = &c->pod->record.containers[c->index],
		.id = id,
		.arena = arena,
		.bundle = bundle,
	};

	p.oci.pod = pod_spec_of(c->pod);
	p.oci.container = p.spec;
	p.oci.rootfs = arena_printf(arena, "%s/rootfs", bundle);
	*ret_reason = "CreateContainerError";
	if (mkdir(bundle, 0711) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making %s", bundle);
	limits_fill(&p);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		int r = steps[i].run(&p, err);

		*ret_reason = steps[i].reason;
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- termination messages ------------------------------------------------------------------------------------------------------ */

char *container_message_path(const struct pod_run *pod, const char *name, int64_t attempt)
{
	_cleanup_(freep) char *dir = pod_run_path(pod, "term");

	return xasprintf("%s/%s-%lld", dir, name, (long long)attempt);
}

static char *log_tail(const struct pod_run *pod, const struct container_record *r)
{
	_cleanup_(freep) char *dir = logs_container_dir(
		pod->pods->node->log_root, pod->record.namespace, pod->record.name, pod->record.uid, r->name);
	_cleanup_(logs_closep) struct logs *logs = NULL;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct logs_options options = { .tail = FALLBACK_LINES };
	struct logs_chunk chunk;

	if (logs_open(dir, (unsigned)r->attempt, &options, &logs, NULL) < 0)
		return NULL;
	while (logs_next(logs, &chunk, NULL) > 0) {
		buf_add(&text, chunk.data, chunk.len);
		if (text.len > 4 * FALLBACK_MAX)
			buf_consume(&text, text.len - FALLBACK_MAX);
	}
	if (text.len > FALLBACK_MAX)
		buf_consume(&text, text.len - FALLBACK_MAX);
	return text.len > 0 ? xstrdup(text.data) : NULL;
}

char *container_message(const struct pod_run *pod, const struct container *spec,
	const struct container_record *r, bool failed)
{
	_cleanup_(freep) char *path = container_message_path(pod, r->name, r->attempt);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[MESSAGE_MAX + 1];
	ssize_t n = fd < 0 ? 0 : read(fd, text, MESSAGE_MAX);

	if (n > 0) {
		text[n] = 0;
		return xstrdup(text);
	}
	if (failed && str_eq(spec->termination_message_policy, "FallbackToLogsOnError"))
		return log_tail(pod, r);
	return NULL;
}
