/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/share/sshd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

enum { PATIENCE_MS = 20000, PORTS_TRIED = 10, KEYS_MAX = 64 << 10, LOG_MAX = 1 << 20 };

static const char program[] = "/usr/sbin/sshd";

/* --- keys ------------------------------------------------------------------------------------------------------ */

char *sshd_key(struct sshd *s, const char *type, const char *name, struct err *err)
{
	char *path = xasprintf("%s/%s", s->dir, name);
	const char *const argv[] = { "ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", path, NULL };

	if (proc_check(&(struct proc_spec){ .argv = argv }, NULL, err) < 0) {
		free(path);
		return NULL;
	}
	return path;
}

char *sshd_public(const char *path, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("%s.pub", path);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char *blank;

	if (fs_read(AT_FDCWD, file, KEYS_MAX, &text, err) < 0)
		return NULL;
	blank = strchr(text.data, ' ');
	blank = blank ? strchr(blank + 1, ' ') : NULL;
	return blank ? xstrndup(text.data, (size_t)(blank - text.data)) : xstrdup(text.data);
}

/* The directory into which the programs are built: the test lies in one of its directories. */
static char *build_dir(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	for (const char *const *d = (const char *const[]){ "/tests/", "/root/", "/bench/", NULL }; *d; d++) {
		char *last = NULL;

		for (char *at = path; (at = strstr(at, *d)); at++)
			last = at;
		if (last)
			return xstrndup(path, (size_t)(last - path));
	}
	return xstrdup("build");
}

int sshd_allow(struct sshd *s, const char *path, const char *command, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("%s/authorized_keys", s->dir);
	_cleanup_(freep) char *key = sshd_public(path, err);
	_cleanup_(freep) char *build = build_dir();
	_cleanup_(buf_done) struct buf line = BUF_INIT, before = BUF_INIT;

	if (!key || (fs_exists(AT_FDCWD, file) && fs_read(AT_FDCWD, file, KEYS_MAX, &before, err) < 0))
		return -EIO;
	if (command)
		buf_addf(&line, "restrict,command=\"%s\" %s\n", command, key);
	else
		buf_addf(&line, "restrict,command=\"%s/pintle-agent --home %s/home session\" %s\n", build,
			s->dir, key);
	buf_add(&line, before.data, before.len); /* sshd goes by the first that fits */
	return fs_write(AT_FDCWD, file, line.data, line.len, 0600, 0, err);
}

/* --- making and removing --------------------------------------------------------------------------------------- */

/* What pintle-agent asks of a home to join its socket. */
static int make_home(struct sshd *s, struct err *err)
{
	static const char id[] = "0123456789abcdef0123456789abcdef\n";
	_cleanup_(freep) char *run = xasprintf("%s/home/run", s->dir);
	_cleanup_(freep) char *file = xasprintf("%s/home/cluster-id", s->dir);
	int r = fs_mkdir_p(AT_FDCWD, run, 0755, err);

	s->agent = xasprintf("%s/agent.sock", run);
	return r < 0 ? r : fs_write(AT_FDCWD, file, id, strlen(id), 0644, 0, err);
}

static int make_host_keys(struct sshd *s, struct err *err)
{
	_cleanup_(freep) char *ed = sshd_key(s, "ed25519", "host_ed25519", err);
	_cleanup_(freep) char *ec = ed ? sshd_key(s, "ecdsa", "host_ecdsa", err) : NULL;
	_cleanup_(freep) char *ed_public = ec ? sshd_public(ed, err) : NULL;
	_cleanup_(freep) char *ec_public = ed_public ? sshd_public(ec, err) : NULL;

	if (!ec_public)
		return -EIO;
	s->host_keys = xasprintf("%s\n%s\n", ed_public, ec_public);
	return 0;
}

int sshd_init(struct sshd *s, struct err *err)
{
	const struct passwd *pw = getpwuid(geteuid());
	int r;

	*s = (struct sshd){ .dir = "/tmp/pintle-sshd-XXXXXX", .pidfd = -1 };
	snprintf(s->user, sizeof(s->user), "%s", pw ? pw->pw_name : "root");
	if (!mkdtemp(s->dir)) {
		s->dir[0] = '\0';
		return err_errno(err, -errno, "making a directory in /tmp");
	}
	if (access(program, X_OK) < 0)
		return err_errno(err, -errno, "%s (of the package openssh-server)", program);
	r = make_home(s, err);
	return r < 0 ? r : make_host_keys(s, err);
}

void sshd_done(struct sshd *s)
{
	sshd_stop(s);
	if (s->dir[0])
		fs_remove_tree(AT_FDCWD, s->dir, NULL);
	free(s->agent);
	free(s->host_keys);
	*s = (struct sshd){ .pidfd = -1 };
}

/* --- starting and ending --------------------------------------------------------------------------------------- */

static int free_port(struct err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(a);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		return err_errno(err, -errno, "looking for a free port");
	return ntohs(a.sin_port);
}

static int write_config(const struct sshd *s, const char *config, int port, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("%s/sshd_config", s->dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	buf_addf(&text,
		"%s\nListenAddress 127.0.0.1:%d\nHostKey %s/host_ed25519\nHostKey %s/host_ecdsa\n"
		"AuthorizedKeysFile %s/authorized_keys\nPidFile %s/sshd.pid\n",
		str_or_empty(config), port, s->dir, s->dir, s->dir, s->dir);
	buf_adds(&text,
		"PermitRootLogin yes\nStrictModes no\nUsePAM no\nUseDNS no\nPasswordAuthentication no\n"
		"KbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n"
		"MaxStartups 1000\nLogLevel VERBOSE\n");
	return fs_write(AT_FDCWD, file, text.data, text.len, 0644, 0, err);
}

/* Waits until the pid file, which sshd writes once it listens, is there. -ECHILD: it has ended instead. */
static int await_listening(const struct sshd *s, int notify, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("%s/sshd.pid", s->dir);
	struct pollfd p[2] = { { .fd = notify, .events = POLLIN }, { .fd = s->pidfd, .events = POLLIN } };
	char events[4096];

	while (!fs_exists(AT_FDCWD, file)) {
		int r = poll(p, 2, PATIENCE_MS);

		if (r == 0)
			return err_set(err, -ETIMEDOUT, "sshd does not come to listen");
		if (r < 0 && errno != EINTR)
			return err_errno(err, -errno, "waiting for sshd");
		if (p[1].revents)
			return err_set(err, -ECHILD, "sshd has ended at once");
		if (p[0].revents && read(notify, events, sizeof(events)) < 0)
			return err_errno(err, -errno, "waiting for sshd");
	}
	return 0;
}

static int try_port(struct sshd *s, const char *config, int port, struct err *err)
{
	_cleanup_(freep) char *file = xasprintf("%s/sshd_config", s->dir);
	_cleanup_(freep) char *log = xasprintf("%s/log", s->dir);
	_cleanup_(freep) char *pid_file = xasprintf("%s/sshd.pid", s->dir);
	const char *const argv[] = { program, "-D", "-f", file, "-E", log, NULL };
	_cleanup_(closep) int notify = inotify_init1(IN_CLOEXEC);
	int r = write_config(s, config, port, err);

	if (r < 0)
		return r;
	unlink(pid_file);
	if (notify < 0 || inotify_add_watch(notify, s->dir, IN_CREATE | IN_CLOSE_WRITE) < 0)
		return err_errno(err, -errno, "watching %s", s->dir);
	s->pidfd = proc_spawn(
		&(struct proc_spec){ .argv = argv, .new_session = true, .die_with_parent = true }, &s->pid,
		err);
	if (s->pidfd < 0) {
		s->pid = 0;
		return s->pidfd;
	}
	r = await_listening(s, notify, err);
	if (r < 0)
		sshd_stop(s);
	return r;
}

int sshd_start(struct sshd *s, const char *config, struct err *err)
{
	int r = 0;

	/* Run by root it insists on this directory, which its service makes otherwise. */
	if (geteuid() == 0 && mkdir("/run/sshd", 0755) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making /run/sshd");
	if (s->port > 0)
		return try_port(s, config, s->port, err);
	/* Somebody else may take the port before sshd does. */
	for (int i = 0; i < PORTS_TRIED; i++) {
		int port = free_port(err);

		if (port < 0)
			return port;
		r = try_port(s, config, port, err);
		if (r == 0)
			s->port = port;
		if (r != -ECHILD)
			return r;
	}
	_cleanup_(freep) char *log = sshd_log(s);
	return err_wrap(err, r, "%s", log);
}

/* SIGNO to the processes of its connections, which are in sessions of their own. */
static void signal_connections(const struct sshd *s, int signo)
{
	_cleanup_(freep) char *file = xasprintf("/proc/%d/task/%d/children", (int)s->pid, (int)s->pid);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char *rest = NULL;

	if (s->pid == 0 || fs_read(AT_FDCWD, file, KEYS_MAX, &text, NULL) < 0)
		return;
	for (char *word = strtok_r(text.data, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		kill((pid_t)strtol(word, NULL, 10), signo);
}

void sshd_hang_up(struct sshd *s)
{
	signal_connections(s, SIGKILL);
}

void sshd_freeze(struct sshd *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGSTOP);
	signal_connections(s, SIGSTOP);
}

void sshd_stop(struct sshd *s)
{
	siginfo_t info;

	if (s->pid == 0)
		return;
	kill(s->pid, SIGSTOP); /* no new ones meanwhile */
	signal_connections(s, SIGKILL);
	kill(s->pid, SIGKILL);
	while (waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		continue;
	s->pidfd = fd_close(s->pidfd);
	s->pid = 0;
}

char *sshd_log(const struct sshd *s)
{
	_cleanup_(freep) char *file = xasprintf("%s/log", s->dir);
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	fs_read(AT_FDCWD, file, LOG_MAX, &text, NULL);
	return xstrndup(str_or_empty(text.data), text.len);
}
