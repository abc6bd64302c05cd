/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A child makes the namespace and prepares it; the parent binds it to the pin as the last step, so
 * that a pin always names a finished one; a kill before that leaves nothing. Binding a mount
 * namespace beneath a shared mount is refused by the kernel (it would propagate into itself); there RUN_DIR becomes a
 * private mount of its own first, as `ip netns` and Docker do it.
 *
 * The kernel binds only namespaces with a higher number than the one it binds them in. Since Linux 6.18 each processor has
 * numbers of its own; inside of another namespace than the initial one, the child may have to be on the right one.
 */
#include "nodeagent/mountns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "nodeagent/cgroup.h"
#include "nodeagent/mounts.h"

static const char cgroup_root[] = "/sys/fs/cgroup";
static const char unified[] = "/sys/fs/cgroup/unified";

/* A descriptor of the pinned namespace, or -ENOENT. */
static int pin_open(const char *pin)
{
	int fd = open(pin, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -ENOENT;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNS) {
		fd_close(fd);
		return -ENOENT;
	}
	return fd;
}

/* CPU -1: wherever we are. */
static int child_prepare(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0) {
		CPU_SET((size_t)cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set) < 0)
			return -errno;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	return umount2(unified, MNT_DETACH) < 0 ? -errno : 0;
}

/* Says on FD how it went, then holds the namespace until FD is closed at the other end. */
static void child_main(int fd, int cpu)
{
	int r = child_prepare(cpu);
	char c;

	if (write(fd, &r, sizeof(r)) == sizeof(r))
		while (read(fd, &c, 1) < 0 && errno == EINTR)
			continue;
	_exit(0);
}

static bool run_dir_private(const char *dir)
{
	if (!mounts_is_point(dir) && mount(dir, dir, NULL, MS_BIND, NULL) < 0)
		return false;
	return mount(NULL, dir, NULL, MS_PRIVATE, NULL) == 0;
}

static int pin_bind(const struct node_env *env, const char *pin, pid_t pid, struct err *err)
{
	char path[64];
	int fd = open(pin, O_RDONLY | O_CREAT | O_CLOEXEC, 0400);

	if (fd < 0)
		return err_errno(err, -errno, "creating %s", pin);
	fd_close(fd);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	if (mount(path, pin, NULL, MS_BIND, NULL) == 0)
		return 0;
	if (errno == EINVAL && run_dir_private(env->run_dir) && mount(path, pin, NULL, MS_BIND, NULL) == 0)
		return 0;
	return err_errno(err, -errno, "pinning the mount namespace at %s", pin);
}

static int pin_try(const struct node_env *env, const char *pin, int cpu, struct err *err)
{
	int fds[2], r, code = -EIO;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(err, -errno, "making a mount namespace");
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child_main(fds[1], cpu);
	}
	close(fds[1]);
	r = pid < 0 ? err_errno(err, -errno, "making a mount namespace") : 0;
	if (r == 0 && read(fds[0], &code, sizeof(code)) != sizeof(code))
		code = -EIO;
	if (r == 0 && code < 0)
		r = err_errno(err, code, "making a mount namespace without %s", unified);
	if (r == 0)
		r = pin_bind(env, pin, pid, err);
	close(fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return r;
}

static int pin_make(const struct node_env *env, const char *pin, struct err *err)
{
	struct err last = { 0 };
	int r = pin_try(env, pin, -1, &last);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (int cpu = 0; r == -EINVAL && cpu < cpus && cpu < CPU_SETSIZE; cpu++)
		r = pin_try(env, pin, cpu, &last);
	return r < 0 ? err_set(err, r, "%s", err_text(&last)) : 0;
}

int mountns_enter(const struct node_env *env, struct err *err)
{
	_cleanup_(freep) char *pin = xasprintf("%s/mnt", env->run_dir);
	_cleanup_(closep) int fd = -1;
	enum cgroup_mode mode;
	int r = fs_mkdir_p(AT_FDCWD, env->run_dir, 0700, err);

	if (r < 0)
		return r;
	fd = pin_open(pin);
	if (fd < 0) {
		r = cgroup_detect(cgroup_root, &mode, err);
		if (r < 0 || mode != CGROUP_HYBRID)
			return r;
		r = pin_make(env, pin, err);
		if (r < 0)
			return r;
		fd = pin_open(pin);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0)
		return err_errno(err, fd < 0 ? fd : -errno, "entering the mount namespace %s", pin);
	if (chdir("/") < 0)
		return err_errno(err, -errno, "changing to /");
	return 1;
}

int mountns_remove(const struct node_env *env, struct err *err)
{
	_cleanup_(freep) char *pin = xasprintf("%s/mnt", env->run_dir);
	int fd = pin_open(pin);
	int r;

	if (fd >= 0) {
		fd_close(fd);
		r = mounts_unmount(pin, err);
		if (r == 0 && mounts_is_point(env->run_dir))
			r = mounts_unmount(env->run_dir, err);
		if (r < 0)
			return r;
	}
	if (unlink(pin) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, -errno, "removing %s", pin);
	return 0;
}
