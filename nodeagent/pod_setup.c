/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a pod has before its first container: volumes, control group, sandbox, /etc files, /dev/shm; and the way back.
 *
 *     RUN_DIR/pods/UID/{hosts,resolv.conf,hostname}  mounted into each container
 *     RUN_DIR/pods/UID/shm                           tmpfs, shared by the containers
 *     RUN_DIR/pods/UID/subpaths, term                bind mounts for subPath; termination messages
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/hostfiles.h"
#include "nodeagent/logs.h"
#include "nodeagent/pod_run.h"
#include "nodeagent/sandbox.h"
#include "nodeagent/subnet.h"
#include "nodeagent/volume.h"

enum { HOST_FILE_MAX = 1 << 20 };

char *pod_run_path(const struct pod_run *pod, const char *name)
{
	return xasprintf("%s/pods/%s%s%s", pod->pods->node->env->run_dir, pod->record.uid, name ? "/" : "",
		str_or_empty(name));
}

/* --- volumes --------------------------------------------------------------------------------------------------- */

static void dirs_init(const struct pod_run *pod, struct volume_dirs *ret)
{
	const struct node_env *env = pod->pods->node->env;

	ret->state = xasprintf("%s/pods/%s/volumes", env->state_dir, pod->record.uid);
	ret->run = xasprintf("%s/volumes/%s", env->run_dir, pod->record.uid);
}

static void dirs_done(struct volume_dirs *d)
{
	free((char *)(uintptr_t)d->state);
	free((char *)(uintptr_t)d->run);
}

int pod_refresh(struct pod_run *pod, struct err *err)
{
	const struct pod_spec *spec = &pod_spec_of(pod)->spec;
	_cleanup_(dirs_done) struct volume_dirs dirs = { 0 };
	struct volume_sources sources;
	struct err first = { 0 };

	if (spec->volumes.count == 0)
		return 0;
	dirs_init(pod, &dirs);
	pod_sources(pod, &sources);
	if (!pod->volume_paths) {
		pod->volume_paths = xcalloc(spec->volumes.count, sizeof(pod->volume_paths[0]));
		pod->volume_count = spec->volumes.count;
	}
	/* One that can't be made holds up no other. */
	for (size_t i = 0; i < spec->volumes.count && i < pod->volume_count; i++) {
		struct err why = { 0 };
		char *path = NULL;

		if (volume_setup(&dirs, &spec->volumes.items[i], &sources, &path, NULL, &why) >= 0) {
			free(pod->volume_paths[i]);
			pod->volume_paths[i] = path;
		} else if (first.code == 0)
			first = why;
	}
	return first.code < 0 ? err_set(err, first.code, "%s", err_text(&first)) : 0;
}

/* --- /etc files and /dev/shm --------------------------------------------------------------------------------------- */

static int file_write(const struct pod_run *pod, const char *name, const struct buf *text, struct err *err)
{
	_cleanup_(freep) char *path = pod_run_path(pod, name);

	return fs_write(AT_FDCWD, path, text->data, text->len, 0644, 0, err);
}

static int files_write(const struct pod_run *pod, const char *hostname, struct err *err)
{
	const struct pod *spec = pod_spec_of(pod);
	_cleanup_(buf_done) struct buf host = BUF_INIT;
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct hosts_input hosts = { .pod = spec, .hostname = hostname };
	struct resolv_input resolv = { .pod = spec, .dns_domain = pod->pods->node->identity->dns_domain };
	int r;

	if (spec->spec.host_network) {
		fs_read(AT_FDCWD, "/etc/hosts", HOST_FILE_MAX, &host, NULL);
		hosts.host_text = host.data;
	} else
		hosts.pod_ip = pod->record.ip;
	hostfiles_hosts(&hosts, &out);
	r = file_write(pod, "hosts", &out, err);
	if (r < 0)
		return r;
	buf_clear(&out);
	buf_clear(&host);
	fs_read(AT_FDCWD, "/etc/resolv.conf", HOST_FILE_MAX, &host, NULL);
	resolv.host_text = host.data;
	hostfiles_resolv(&resolv, &out);
	r = file_write(pod, "resolv.conf", &out, err);
	if (r < 0)
		return r;
	buf_clear(&out);
	buf_addf(&out, "%s\n", hostname);
	return file_write(pod, "hostname", &out, err);
}

static int shm_mount(const struct pod_run *pod, struct err *err)
{
	_cleanup_(freep) char *path = pod_run_path(pod, "shm");

	if (mkdir(path, 01777) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making %s", path);
	/* What a killed agent had mounted is taken away first. */
	while (umount2(path, MNT_DETACH) == 0)
		continue;
	if (mount("shm", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m") < 0)
		return err_errno(err, -errno, "mounting %s", path);
	return 0;
}

/* --- sandbox ---------------------------------------------------------------------------------------------------------- */

static int address_take(struct pod_run *pod, struct err *err)
{
	const struct node_services *node = pod->pods->node;
	char address[IPAM_ADDRESS_MAX];
	int r;

	if (pod_spec_of(pod)->spec.host_network || pod->record.ip)
		return 0;
	if (!node->ipam && node->subnet_err.code)
		return err_set(err, -ENETDOWN, "%s", err_text(&node->subnet_err));
	if (!node->ipam)
		return err_set(err, -ENETDOWN, "the node has no pod subnet yet");
	if (subnet_is_due(node))
		return err_set(err, -EAGAIN,
			"the node's pod subnet changes to %s once no pod has an address of %s any more",
			node->subnet_wanted, node->identity->pod_cidr);
	r = ipam_alloc(node->ipam, address, err);
	if (r >= 0)
		str_set(&pod->record.ip, address);
	return r;
}

static int sandbox_make(struct pod_run *pod, const char *hostname, struct err *err)
{
	const struct node_env *env = pod->pods->node->env;
	const struct pod_spec *spec = &pod_spec_of(pod)->spec;
	const struct pod_security_context *psc = spec->security_context;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct sandbox_sysctl *sysctls = arena_array(a, psc ? psc->sysctls.count : 0, sizeof(*sysctls));
	struct sandbox_spec s = {
		.id = pod->record.uid,
		.hostname = hostname,
		.address = pod->record.ip,
		.host_network = spec->host_network,
		.host_ipc = spec->host_ipc,
		.sysctls = sysctls,
		.sysctl_count = psc ? psc->sysctls.count : 0,
	};
	struct sandbox made = { 0 };
	int r;

	for (size_t i = 0; i < s.sysctl_count; i++)
		sysctls[i] = (struct sandbox_sysctl){ psc->sysctls.items[i].name,
			psc->sysctls.items[i].value };
	r = sandbox_create(env, &s, &made, err);
	if (r == -EEXIST) {
		/* Made by an agent that was killed before it could say so: nothing runs in it. */
		err_clear(err);
		r = sandbox_destroy(env, s.id, err);
		if (r >= 0)
			r = sandbox_create(env, &s, &made, err);
	}
	if (r < 0)
		return err_wrap(err, r, "making the sandbox");
	sandbox_done(&made);
	return 0;
}

/* --- up and down -------------------------------------------------------------------------------------------------------- */

int pod_setup(struct pod_run *pod, const char **ret_reason, struct err *err)
{
	const struct pod *spec = pod_spec_of(pod);
	_cleanup_(freep) char *dir = pod_run_path(pod, NULL);
	struct cgroup_resources limits = cgroup_resources_pod(&spec->spec);
	char hostname[HOSTNAME_SIZE];
	int r;

	r = pod_refs_check(pod, ret_reason, err);
	if (r < 0)
		return r;
	hostfiles_hostname(spec, hostname);
	*ret_reason = "FailedMount";
	r = fs_mkdir_p(AT_FDCWD, dir, 0711, err);
	if (r >= 0)
		r = pod_refresh(pod, err);
	if (r >= 0)
		*ret_reason = "FailedCreatePodSandBox";
	if (r >= 0)
		r = address_take(pod, err);
	if (r >= 0)
		r = cgroup_pod_create(pod->pods->node->cgroups, pod->record.uid, &limits, err);
	if (r >= 0)
		r = sandbox_make(pod, hostname, err);
	if (r >= 0)
		r = files_write(pod, hostname, err);
	if (r >= 0)
		r = shm_mount(pod, err);
	return r < 0 ? r : 0;
}

static void logs_remove(const struct pod_run *pod)
{
	_cleanup_(freep) char *one = logs_container_dir(
		pod->pods->node->log_root, pod->record.namespace, pod->record.name, pod->record.uid, "x");

	/* The pod's directory: without the container's part. */
	*strrchr(one, '/') = 0;
	trash_throw(pod->pods->node->trash, one, NULL);
}

int pod_release(struct pod_run *pod, struct err *err)
{
	const struct node_services *node = pod->pods->node;
	_cleanup_(freep) char *dir = pod_run_path(pod, NULL);
	_cleanup_(freep) char *shm = pod_run_path(pod, "shm");
	_cleanup_(freep) char *subpaths = pod_run_path(pod, "subpaths");
	_cleanup_(freep) char *rootfs = xasprintf("%s/pods/%s/rootfs", node->env->state_dir, pod->record.uid);
	_cleanup_(dirs_done) struct volume_dirs dirs = { 0 };
	int r;

	dirs_init(pod, &dirs);
	r = cgroup_pod_remove(node->cgroups, pod->record.uid, err);
	if (r == -EBUSY) {
		_cleanup_(freep) char *path = cgroup_pod_path(node->cgroups, pod->record.uid);

		cgroup_kill(node->cgroups, path, NULL);
	}
	if (r >= 0)
		r = sandbox_destroy(node->env, pod->record.uid, err);
	if (r >= 0)
		r = volume_teardown(&dirs, subpaths, err);
	if (r < 0)
		return r;
	while (umount2(shm, MNT_DETACH) == 0)
		continue;
	r = fs_remove_tree(AT_FDCWD, dir, err);
	if (r >= 0)
		r = trash_throw(node->trash, rootfs, err);
	if (r < 0)
		return r;
	if (pod->record.ip && node->ipam)
		ipam_release(node->ipam, pod->record.ip);
	return 0;
}

int pod_teardown(struct pod_run *pod, struct err *err)
{
	/* What is over has nothing any more, and its address may be another's. */
	int r = pod->record.phase == POD_OVER ? 0 : pod_release(pod, err);

	if (r >= 0)
		logs_remove(pod);
	return r;
}
