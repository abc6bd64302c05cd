/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "reconciler/ctl/daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#define ANSWER_TIMEOUT (20 * NSEC_PER_SEC)
#define STOP_TIMEOUT (20 * NSEC_PER_SEC)

const struct daemon daemons[] = {
	{ "pintle-agent", "run/agent.sock" },
	{ "pintled", "run/read.sock" },
	{ "pintle-status", "run/status.address" },
	{ NULL, NULL },
};

char *daemon_path(const char *program)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return xstrdup(program);
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	return xasprintf("%.*s/%s", (int)(slash ? slash - self : 0), self, program);
}

/* Does the daemon take a connection (or is its file there)? */
static bool answers(const struct home *h, const char *name)
{
	_cleanup_(freep) char *path = home_path(h, name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	if (stat(path, &st) < 0)
		return false;
	if (!S_ISSOCK(st.st_mode))
		return true;
	/* A path too long for sun_path is reached through the directory's descriptor. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", h->fd, name);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* The last lines of the daemon's log behind the error. */
static int with_log(const struct home *h, const char *log, int code, struct err *err)
{
	struct buf text = BUF_INIT;
	if (fs_read(h->fd, log, 16 << 20, &text, NULL) == 0 && text.len) {
		size_t from = text.len > 1000 ? text.len - 1000 : 0;
		if (text.data[text.len - 1] == '\n')
			buf_truncate(&text, text.len - 1);
		code = err_set(err, code, "%s; its log (%s/%s) ends:\n%s", err_text(err), h->dir, log,
			text.data + from);
	}
	buf_done(&text);
	return code;
}

/* Waits until the daemon answers or PIDFD says that it is gone. */
static int wait_answer(const struct home *h, const struct daemon *d, int pidfd, struct err *err)
{
	_cleanup_(freep) char *run = home_path(h, "run");
	_cleanup_(closep) int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	nsec_t deadline = time_monotonic() + ANSWER_TIMEOUT;
	char events[4096];
	if (notify < 0 || inotify_add_watch(notify, run, IN_CREATE | IN_MOVED_TO | IN_ATTRIB) < 0)
		return err_errno(err, -errno, "watching %s", run);
	while (!answers(h, d->answers)) {
		struct pollfd p[2] = { { .fd = notify, .events = POLLIN },
			{ .fd = pidfd, .events = POLLIN } };
		if (time_monotonic() > deadline)
			return err_set(err, -ETIMEDOUT, "%s does not answer at %s/%s", d->program, h->dir,
				d->answers);
		/* A socket exists a moment before it listens, which nothing tells of: hence the 20 ms. */
		if (poll(p, 2, 20) > 0 && p[1].revents)
			return err_set(err, -ECHILD, "%s ended at once", d->program);
		while (read(notify, events, sizeof(events)) > 0)
			;
	}
	return 0;
}

int daemon_start(const struct home *h, const struct daemon *d, const char *const *args, bool *ret_started,
	struct err *err)
{
	const char *argv[16];
	size_t n = 0;
	pid_t pid;
	if (ret_started)
		*ret_started = false;
	if (home_running(h, d->program) > 0 && answers(h, d->answers))
		return 0;
	_cleanup_(freep) char *path = daemon_path(d->program);
	_cleanup_(freep) char *log = xasprintf("run/%s.log", d->program);
	argv[n++] = path;
	argv[n++] = "--home";
	argv[n++] = h->dir;
	for (; args && *args && n + 1 < ARRAY_LEN(argv); args++)
		argv[n++] = *args;
	argv[n] = NULL;
	_cleanup_(closep) int out = openat(
		h->fd, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0)
		return err_errno(err, -errno, "opening %s/%s", h->dir, log);
	home_own(h, log, NULL);
	unlinkat(h->fd, d->answers, 0); /* left behind by one that was killed */
	struct proc_fd fds[] = { { out, 1 }, { out, 2 } };
	struct proc_spec spec = { .argv = argv, .new_session = true, .fds = fds, .fd_count = ARRAY_LEN(fds) };
	_cleanup_(closep) int pidfd = proc_spawn(&spec, &pid, err);
	if (pidfd < 0)
		return err_wrap(err, pidfd, "starting %s", d->program);
	int r = wait_answer(h, d, pidfd, err);
	if (r < 0)
		return with_log(h, log, r, err);
	if (ret_started)
		*ret_started = true;
	return 0;
}

int daemon_stop(const struct home *h, const struct daemon *d, struct err *err)
{
	pid_t pid = home_running(h, d->program);
	if (pid <= 0)
		return 0;
	_cleanup_(closep) int pidfd = pidfd_open(pid, 0);
	/* The pid file's lock says that it runs; asked again with the descriptor in hand, the pid can't be another's. */
	if (pidfd < 0 || home_running(h, d->program) != pid)
		return 0;
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) < 0)
		return errno == ESRCH ? 0
				      : err_errno(err, -errno, "stopping %s (pid %d)", d->program, (int)pid);
	if (poll(&p, 1, (int)(STOP_TIMEOUT / NSEC_PER_MSEC)) == 0) {
		pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
		poll(&p, 1, -1);
	}
	waitpid(pid, NULL, WNOHANG); /* where it was started here */
	return 1;
}
