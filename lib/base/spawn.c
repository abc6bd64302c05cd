/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * proc_spawn: clone with CLONE_VM and CLONE_VFORK, as posix_spawn does, so that starting a
 * child costs the same from a small process and from a large one; with CLONE_PIDFD, and with
 * the few things posix_spawn can't do (parent-death signal, directory, all other descriptors closed).
 *
 * The child borrows our memory while we are suspended: everything it needs is prepared in
 * struct plan beforehand, it allocates nothing, and it says what failed in the same struct.
 */
#include "lib/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { STACK_SIZE = 32 * 1024 };

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct plan {
	const struct proc_spec *spec;
	char **argv, **env;
	char **programs; /* paths to try, in order, ended by NULL */
	int *moved;      /* [spec->fd_count] scratch: where the child put its copies */
	int first_free;  /* above all target numbers */
	bool keep_stdin; /* FDS has a target 0 */
	pid_t parent;
	/* What the child reports: the step that failed and its negative errno. */
	const char *failed;
	int code;
};

static size_t strv_length(const char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

/* Length of "KEY=" in KEY=VALUE; of the whole where there is no "=". */
static size_t key_length(const char *entry)
{
	const char *eq = strchr(entry, '=');

	return eq ? (size_t)(eq - entry) + 1 : strlen(entry);
}

/* Puts ENTRY into ENV [*COUNT], in the place of one with the same key. */
static void env_put(char **env, size_t *count, const char *entry)
{
	size_t len = key_length(entry), i = 0;

	while (i < *count && strncmp(env[i], entry, len) != 0)
		i++;
	if (i == *count)
		(*count)++;
	/* execve takes char * and writes nothing. */
	env[i] = (char *)(uintptr_t)entry;
}

static char **make_env(struct arena *a, const struct proc_spec *spec)
{
	const char *const *own = (const char *const *)environ;
	size_t count = 0;
	char **env = arena_array(a, strv_length(own) + strv_length(spec->env) + 1, sizeof(env[0]));

	for (; own && *own; own++)
		if (!spec->env_clear || str_starts(*own, "PATH="))
			env[count++] = (char *)(uintptr_t)*own;
	for (const char *const *e = spec->env; e && *e; e++)
		env_put(env, &count, *e);
	return env;
}

/* The paths at which execve is to try NAME, by the PATH in ENV. */
static char **make_programs(struct arena *a, const char *name, char *const *env)
{
	const char *path = default_path;

	if (strchr(name, '/') || !*name) {
		char **one = arena_array(a, 2, sizeof(one[0]));

		one[0] = arena_strdup(a, name);
		return one;
	}
	for (; *env; env++)
		if (str_starts(*env, "PATH="))
			path = *env + strlen("PATH=");

	size_t count = 2, n = 0;
	for (const char *p = path; *p; p++)
		count += *p == ':';
	char **programs = arena_array(a, count, sizeof(programs[0]));
	for (const char *p = path;; p++) {
		size_t len = strcspn(p, ":");

		/* An empty part of PATH would mean the working directory: not here. */
		if (len)
			programs[n++] = arena_printf(a, "%.*s/%s", (int)len, p, name);
		p += len;
		if (!*p)
			return programs;
	}
}

static int make_plan(struct arena *a, const struct proc_spec *spec, struct plan *ret, struct err *err)
{
	size_t argc = strv_length(spec->argv);
	struct plan p = { .spec = spec, .first_free = 3, .parent = getpid() };

	if (argc == 0)
		return err_set(err, -EINVAL, "starting a program: no name given");
	p.argv = arena_memdup(a, spec->argv, (argc + 1) * sizeof(p.argv[0]));
	p.env = make_env(a, spec);
	p.programs = make_programs(a, spec->argv[0], p.env);
	p.moved = arena_array(a, spec->fd_count, sizeof(p.moved[0]));
	for (size_t i = 0; i < spec->fd_count; i++) {
		if (spec->fds[i].from < 0 || spec->fds[i].to < 0)
			return err_set(err, -EBADF, "starting %s: descriptor %d cannot be passed as %d",
				spec->argv[0], spec->fds[i].from, spec->fds[i].to);
		if (spec->fds[i].to >= p.first_free)
			p.first_free = spec->fds[i].to + 1;
		p.keep_stdin |= spec->fds[i].to == 0;
	}
	*ret = p;
	return 0;
}

/* --- in the child ---------------------------------------------------------------------------- */

static int child_fail(struct plan *p, const char *step)
{
	p->code = -errno;
	p->failed = step;
	return 127;
}

/* Everything is blocked until the parent's handlers, whose memory this is, cannot run any more. */
static void child_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_identity(struct plan *p, bool own_group)
{
	const struct proc_spec *spec = p->spec;

	if (spec->new_session ? setsid() < 0 : own_group && setpgid(0, 0) < 0)
		return child_fail(p, "leaving the process group");
	if (spec->die_with_parent) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			return child_fail(p, "setting the parent-death signal");
		if (getppid() != p->parent)
			raise(SIGKILL);
	}
	return 0;
}

/* Copies above all targets first, so that no target overwrites a source; then everything is close-on-exec but what dup2 puts in place. */
static int child_descriptors(struct plan *p)
{
	const struct proc_spec *spec = p->spec;
	int null = -1;

	if (!p->keep_stdin && (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		return child_fail(p, "opening /dev/null");
	for (size_t i = 0; i < spec->fd_count; i++) {
		p->moved[i] = fcntl(spec->fds[i].from, F_DUPFD_CLOEXEC, p->first_free);
		if (p->moved[i] < 0)
			return child_fail(p, "copying a descriptor");
	}
	if (null >= 0 && dup2(null, 0) < 0)
		return child_fail(p, "setting up stdin");
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return child_fail(p, "closing descriptors");
	for (size_t i = 0; i < spec->fd_count; i++)
		if (dup2(p->moved[i], spec->fds[i].to) < 0)
			return child_fail(p, "placing a descriptor");
	return 0;
}

static int child_limits(struct plan *p)
{
	const struct proc_spec *spec = p->spec;

	for (size_t i = 0; i < spec->limit_count; i++) {
		struct rlimit most = { .rlim_cur = spec->limits[i].most, .rlim_max = spec->limits[i].most };

		if (setrlimit((__rlimit_resource_t)spec->limits[i].resource, &most) < 0)
			return child_fail(p, "setting a resource limit");
	}
	return 0;
}

/* As execvp, but never falls back to a shell: the first path that is there decides; one that may not be executed is passed over. */
static int child_exec(struct plan *p)
{
	int code = ENOENT;

	for (char **program = p->programs; *program; program++) {
		execve(*program, p->argv, p->env);
		if (errno == EACCES)
			code = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR)
			return child_fail(p, NULL);
	}
	errno = code;
	return child_fail(p, NULL);
}

struct child_arg {
	struct plan *plan;
	bool own_group;
};

/*
 * Not instrumented: execve does not return, and what the address sanitizer marks around a frame's variables would stay
 * marked in the parent's stack. Functions that are instrumented are not inlined here, and clear their marks as they return.
 */
__attribute__((no_sanitize("address"))) static int child_main(void *arg)
{
	struct child_arg *c = arg;
	struct plan *p = c->plan;

	child_signals();
	if (child_identity(p, c->own_group) || child_descriptors(p))
		return 127;
	if (p->spec->cwd && chdir(p->spec->cwd) < 0)
		return child_fail(p, "entering its directory");
	if (child_limits(p))
		return 127;
	return child_exec(p);
}

/* --- in the parent --------------------------------------------------------------------------- */

/* Runs child_main to its exec or its end. */
static int clone_child(struct child_arg *arg, pid_t *ret_pid, int *ret_pidfd)
{
	_Alignas(16) char stack[STACK_SIZE];
	sigset_t all, old;
	int pidfd = -1;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	if (arg->plan->spec->no_network)
		flags |= CLONE_NEWNET;
	pid_t pid = clone(child_main, stack + sizeof(stack), flags, arg, &pidfd);
	if (pid < 0 && errno == EPERM && (flags & CLONE_NEWNET))
		pid = clone(child_main, stack + sizeof(stack), flags | CLONE_NEWUSER, arg, &pidfd);
	int code = pid < 0 ? -errno : 0;
	sigprocmask(SIG_SETMASK, &old, NULL);

	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return code;
}

int proc_spawn_group(const struct proc_spec *spec, bool own_group, pid_t *ret_pid, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(4096);
	_cleanup_(closep) int pidfd = -1;
	struct plan plan;
	pid_t pid;
	int r = make_plan(a, spec, &plan, err);

	if (r < 0)
		return r;
	r = clone_child(&(struct child_arg){ .plan = &plan, .own_group = own_group }, &pid, &pidfd);
	if (r < 0)
		return err_errno(
			err, r, "starting %s%s", spec->argv[0], spec->no_network ? " without a network" : "");
	if (plan.code < 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		return plan.failed ? err_errno(err, plan.code, "starting %s: %s", spec->argv[0], plan.failed)
				   : err_errno(err, plan.code, "starting %s", spec->argv[0]);
	}
	if (ret_pid)
		*ret_pid = pid;
	return TAKE_FD(pidfd);
}

int proc_spawn(const struct proc_spec *spec, pid_t *ret_pid, struct err *err)
{
	return proc_spawn_group(spec, false, ret_pid, err);
}
