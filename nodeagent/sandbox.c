/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * The namespaces are made by a child that shares our memory and stops us until it is done
 * (clone with CLONE_VM and CLONE_VFORK): no copy of page tables, no descriptor to pass. It
 * configures the pod's end from within, binds its namespaces to files, and exits; we configure the host's end. What a
 * kill leaves at any moment is a directory without the file `sandbox`, or interfaces that
 * vanish with a namespace that nobody holds.
 */
#include "nodeagent/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/sandbox_net.h"
#include "nodeagent/sysctl.h"

enum { STACK_BYTES = 128 * 1024, HOSTNAME_LEN_MAX = 64, NSFS_MAGIC_NUMBER = 0x6e736673 };

static const struct {
	const char *file, *proc;
	int flag;
} kinds[] = {
	{ "net", "/proc/self/ns/net", CLONE_NEWNET },
	{ "ipc", "/proc/self/ns/ipc", CLONE_NEWIPC },
	{ "uts", "/proc/self/ns/uts", CLONE_NEWUTS },
};

void sandbox_done(struct sandbox *s)
{
	free(s->id);
	free(s->net);
	free(s->ipc);
	free(s->uts);
	*s = (struct sandbox){ 0 };
}

static int id_check(const char *id, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(id);

	if (len == 0 || len > SANDBOX_ID_MAX || id[0] == '.' || strspn(id, allowed) != len)
		return err_set(err, -EINVAL, "\"%s\" is no sandbox id", id);
	return 0;
}

static char *dir_path(const struct node_env *env, const char *id)
{
	return xasprintf("%s/ns/%s", env->run_dir, id);
}

char *sandbox_namespace(const struct node_env *env, const char *id, const char *name)
{
	return xasprintf("%s/ns/%s/%s", env->run_dir, id, name);
}

/* --- in the child -------------------------------------------------------------------------------------------- */

/* Shared with the child, which runs while we are stopped. */
struct maker {
	const struct sandbox_spec *spec;
	struct sandbox_net *net; /* NULL: the host's network */
	const char *dir;
	int flags; /* CLONE_NEW… */
	pid_t parent;
	int code;
	struct err *err;
};

static int sysctl_write(const char *name, const char *value, struct err *err)
{
	char below[SYSCTL_PATH_MAX], path[SYSCTL_PATH_MAX + 16];
	_cleanup_(closep) int fd = -1;
	enum sysctl_namespace ns;
	int r = sysctl_path(name, below, &ns, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/sys/%s", below);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return err_errno(err, -errno, "setting sysctl %s to \"%s\"", name, value);
	return 0;
}

static int sysctls_write(const struct maker *m, struct err *err)
{
	static const struct sandbox_sysctl defaults[] = {
		{ "net.ipv4.ip_unprivileged_port_start", "0" },
		{ "net.ipv4.ping_group_range", "0 2147483647" },
	};
	int r = 0;

	for (size_t i = 0; m->net && r == 0 && i < ARRAY_LEN(defaults); i++)
		r = sysctl_write(defaults[i].name, defaults[i].value, err);
	for (size_t i = 0; r == 0 && i < m->spec->sysctl_count; i++)
		r = sysctl_write(m->spec->sysctls[i].name, m->spec->sysctls[i].value, err);
	return r;
}

static int namespaces_hold(const struct maker *m, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char path[512];
		int fd;

		if (!(m->flags & kinds[i].flag))
			continue;
		snprintf(path, sizeof(path), "%s/%s", m->dir, kinds[i].file);
		fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
		if (fd < 0)
			return err_errno(err, -errno, "creating %s", path);
		fd_close(fd);
		if (mount(kinds[i].proc, path, NULL, MS_BIND, NULL) < 0)
			return err_errno(err, -errno, "holding the namespace at %s", path);
	}
	return 0;
}

static int child_work(struct maker *m, struct err *err)
{
	int r = 0;

	if ((m->flags & CLONE_NEWUTS) && sethostname(m->spec->hostname, strlen(m->spec->hostname)) < 0)
		return err_errno(err, -errno, "setting the host name %s", m->spec->hostname);
	if (m->net)
		r = sandbox_net_inside(m->net, err);
	if (r == 0)
		r = sysctls_write(m, err);
	return r < 0 ? r : namespaces_hold(m, err);
}

static int child_main(void *arg)
{
	struct maker *m = arg;

	/* A killed agent takes us along: its successor clears away what is there, and nothing may come after. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != m->parent)
		_exit(1);
	m->code = child_work(m, m->err);
	_exit(0);
}

/* Runs the child to its end with all signals blocked, so that no handler of ours runs in it. Exit signal 0: the loop's SIGCHLD never sees it. */
static int child_run(struct maker *m, struct err *err)
{
	sigset_t all, old;
	char *stack;
	pid_t pid;
	int r = 0, status;

	stack = mmap(
		NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return err_errno(err, -errno, "a stack for the namespaces' child");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	m->code = -ECHILD;
	m->err = err;
	m->parent = getpid();
	pid = clone(child_main, stack + STACK_BYTES, CLONE_VM | CLONE_VFORK | m->flags, m);
	if (pid < 0)
		r = err_errno(err, -errno, "making namespaces");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid > 0) {
		while (waitpid(pid, &status, __WCLONE) < 0 && errno == EINTR)
			continue;
		r = m->code == -ECHILD ? err_set(err, -ECHILD, "the namespaces' child died") : m->code;
	}
	munmap(stack, STACK_BYTES);
	return r;
}

/* --- state --------------------------------------------------------------------------------------------------- */

static int state_write(const char *dir, const struct sandbox *s, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/sandbox", dir);
	char text[128];
	int len = snprintf(text, sizeof(text), "%s %s\n", s->address[0] ? s->address : "-",
		s->ifname[0] ? s->ifname : "-");

	return fs_write(AT_FDCWD, path, text, (size_t)len, 0600, 0, err);
}

static bool state_read(const char *dir, struct sandbox *s)
{
	_cleanup_(freep) char *path = xasprintf("%s/sandbox", dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, 256, &text, NULL) < 0 ||
		sscanf(text.data, "%45s %15s", s->address, s->ifname) != 2)
		return false;
	if (str_eq(s->address, "-"))
		s->address[0] = '\0';
	if (str_eq(s->ifname, "-"))
		s->ifname[0] = '\0';
	return true;
}

/* The paths of the files there are; false when one of them is no namespace (any more). */
static bool paths_find(const char *dir, struct sandbox *s)
{
	char **const to[] = { &s->net, &s->ipc, &s->uts };
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", dir, kinds[i].file);
		struct statfs st;

		if (statfs(path, &st) < 0)
			continue;
		ok = ok && st.f_type == NSFS_MAGIC_NUMBER;
		*to[i] = TAKE_PTR(path);
	}
	return ok;
}

static void sandbox_look(const struct node_env *env, const char *id, struct sandbox *ret)
{
	_cleanup_(freep) char *dir = dir_path(env, id);
	bool state, paths;

	*ret = (struct sandbox){ .id = xstrdup(id) };
	state = state_read(dir, ret);
	paths = paths_find(dir, ret);
	ret->complete = state && paths;
}

/* --- create -------------------------------------------------------------------------------------------------- */

static int spec_check(const struct sandbox_spec *spec, struct err *err)
{
	int r = id_check(spec->id, err);

	if (r < 0)
		return r;
	if (!spec->host_network && (str_empty(spec->hostname) || strlen(spec->hostname) > HOSTNAME_LEN_MAX))
		return err_set(err, -EINVAL, "host name \"%s\" has not 1 to %d characters",
			str_or_empty(spec->hostname), HOSTNAME_LEN_MAX);
	for (size_t i = 0; i < spec->sysctl_count; i++) {
		char path[SYSCTL_PATH_MAX];
		enum sysctl_namespace ns;

		r = sysctl_path(spec->sysctls[i].name, path, &ns, err);
		if (r < 0)
			return r;
		if (ns == SYSCTL_NET ? spec->host_network : spec->host_ipc)
			return err_set(err, -EINVAL, "sysctl %s: the pod shares the host's %s namespace",
				spec->sysctls[i].name, ns == SYSCTL_NET ? "network" : "IPC");
	}
	return 0;
}

/* An empty directory for the sandbox; what a killed agent left there goes first. */
static int dir_prepare(const struct node_env *env, const char *dir, const char *id, struct err *err)
{
	_cleanup_(freep) char *above = xasprintf("%s/ns", env->run_dir);
	_cleanup_(sandbox_done) struct sandbox old = { 0 };
	int r;

	if (mkdir(dir, 0700) == 0)
		return 0;
	if (errno == ENOENT) {
		r = fs_mkdir_p(AT_FDCWD, above, 0700, err);
		if (r < 0)
			return r;
	} else if (errno == EEXIST) {
		sandbox_look(env, id, &old);
		if (old.complete)
			return err_set(err, -EEXIST, "it exists");
		r = sandbox_destroy(env, id, err);
		if (r < 0)
			return r;
	}
	return mkdir(dir, 0700) < 0 ? err_errno(err, -errno, "creating %s", dir) : 0;
}

static int sandbox_make(const struct node_env *env, const struct sandbox_spec *spec, const char *dir,
	struct sandbox *ret, struct err *err)
{
	_cleanup_(sandbox_net_done) struct sandbox_net net = SANDBOX_NET_INIT;
	struct maker m = { .spec = spec, .dir = dir };
	int r = 0;

	if (!spec->host_network) {
		r = sandbox_net_init(&net, env, spec, err);
		m.net = &net;
		m.flags |= CLONE_NEWNET | CLONE_NEWUTS;
	}
	if (!spec->host_ipc)
		m.flags |= CLONE_NEWIPC;
	if (r == 0 && m.flags)
		r = child_run(&m, err);
	if (r == 0 && m.net)
		r = sandbox_net_outside(&net, err);
	if (r < 0)
		return r;
	if (m.net) {
		snprintf(ret->address, sizeof(ret->address), "%s", spec->address);
		snprintf(ret->ifname, sizeof(ret->ifname), "%s", net.ifname);
	}
	paths_find(dir, ret);
	return state_write(dir, ret, err);
}

int sandbox_create(
	const struct node_env *env, const struct sandbox_spec *spec, struct sandbox *ret, struct err *err)
{
	_cleanup_(sandbox_done) struct sandbox s = { 0 };
	_cleanup_(freep) char *dir = NULL;
	int r = spec_check(spec, err);

	if (r < 0)
		return err_wrap(err, r, "sandbox %s", spec->id);
	dir = dir_path(env, spec->id);
	r = dir_prepare(env, dir, spec->id, err);
	if (r < 0)
		return err_wrap(err, r, "sandbox %s", spec->id);
	s.id = xstrdup(spec->id);
	r = sandbox_make(env, spec, dir, &s, err);
	if (r < 0) {
		sandbox_destroy(env, spec->id, NULL);
		return err_wrap(err, r, "sandbox %s", spec->id);
	}
	s.complete = true;
	*ret = s;
	s = (struct sandbox){ 0 };
	return 0;
}

/* --- destroy, list ------------------------------------------------------------------------------------------- */

/* Lets a namespace file go, and any that a race stacked upon it: only what is mounted on keeps unlink from working. */
static int file_release(const char *dir, const char *name, struct err *err)
{
	_cleanup_(freep) char *path = xasprintf("%s/%s", dir, name);

	do {
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
			return err_errno(err, -errno, "unmounting %s", path);
		if (unlink(path) == 0 || errno == ENOENT)
			return 0;
	} while (errno == EBUSY);
	return err_errno(err, -errno, "removing %s", path);
}

int sandbox_destroy(const struct node_env *env, const char *id, struct err *err)
{
	_cleanup_(freep) char *dir = NULL, *state = NULL;
	int r = id_check(id, err);

	if (r < 0)
		return r;
	dir = dir_path(env, id);
	state = xasprintf("%s/sandbox", dir);
	if (unlink(state) < 0 && errno != ENOENT)
		return err_errno(err, -errno, "sandbox %s: removing %s", id, state);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		r = file_release(dir, kinds[i].file, err);
		if (r < 0)
			return err_wrap(err, r, "sandbox %s", id);
	}
	if (rmdir(dir) == 0 || errno == ENOENT)
		return 0;
	r = fs_remove_tree(AT_FDCWD, dir, err);
	return r < 0 ? err_wrap(err, r, "sandbox %s", id) : 0;
}

int sandbox_list(const struct node_env *env, struct sandbox_list *ret, struct err *err)
{
	_cleanup_(freep) char *dir = xasprintf("%s/ns", env->run_dir);
	char **names = NULL;
	size_t count = 0;
	int r = 0;

	*ret = (struct sandbox_list){ 0 };
	if (fs_exists(AT_FDCWD, dir))
		r = fs_list(AT_FDCWD, dir, &names, &count, err);
	if (r < 0)
		return err_wrap(err, r, "listing sandboxes");
	ret->items = xcalloc(count, sizeof(ret->items[0]));
	for (size_t i = 0; i < count; i++)
		if (id_check(names[i], NULL) == 0)
			sandbox_look(env, names[i], &ret->items[ret->count++]);
	fs_names_free(names, count);
	return 0;
}

void sandbox_list_done(struct sandbox_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		sandbox_done(&l->items[i]);
	free(l->items);
	*l = (struct sandbox_list){ 0 };
}
