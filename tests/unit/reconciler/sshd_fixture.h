/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A host that is reached over SSH: the real sshd, one for each connection (sshd -i), at a port of loopback that the test itself listens
 * at. Its keys, its settings and who may log in are in a directory of the test's; the only user is the one who runs it.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

struct sshd {
	struct loop *loop;
	char dir[64];
	char user[64];
	int port, listen;
	struct loop_source *io;
	unsigned served;    /* connections */
	bool deaf;          /* connections are taken, and nobody answers */
	const char *banner; /* said in the place of sshd */
	int last;           /* the connection that nobody answers */
	char host_key[1024], other_key[1024],
		ecdsa_key[1024]; /* TYPE BASE64, of the host: ed25519, ECDSA; and one that is not its own */
};

static inline void run_quietly(const char *const *argv)
{
	struct err err = { 0 };
	const struct proc_spec spec = { .argv = argv };

	if (proc_check(&spec, NULL, &err) < 0)
		fail_msg("%s: %s", argv[0], err_text(&err));
}

static inline char *sshd_path(const struct sshd *s, const char *name)
{
	return xasprintf("%s/%s", s->dir, name);
}

static inline void sshd_write(const struct sshd *s, const char *name, const char *text)
{
	_cleanup_(freep) char *path = sshd_path(s, name);

	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), 0600, 0, NULL), 0);
}

/* A pair of keys NAME and NAME.pub; RET gets the public one. */
static inline void sshd_keygen(
	const struct sshd *s, const char *name, const char *type, char *ret, size_t size)
{
	_cleanup_(freep) char *path = sshd_path(s, name), *pub = xasprintf("%s.pub", path);
	const char *argv[] = { "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "test", "-f", path, NULL };
	_cleanup_(buf_done) struct buf text = BUF_INIT;

	run_quietly(argv);
	assert_int_equal(fs_read(AT_FDCWD, pub, 4096, &text, NULL), 0);
	snprintf(ret, size, "%.*s", (int)strcspn(text.data, "\n"), text.data);
}

/* Who shows the key PUBLIC gets COMMAND, whatever was asked for; COMMAND NULL: what was asked for. */
static inline void sshd_authorize(const struct sshd *s, const char *public, const char *command)
{
	_cleanup_(freep) char *line = command ? xasprintf("restrict,command=\"%s\" %s\n", command, public)
					      : xasprintf("%s\n", public);

	sshd_write(s, "authorized_keys", line);
}

static inline void sshd_serve(struct sshd *s, int fd)
{
	_cleanup_(freep) char *config = sshd_path(s, "sshd_config"), *log = sshd_path(s, "sshd.log");
	const char *argv[] = { "/usr/sbin/sshd", "-i", "-f", config, "-E", log, NULL };
	const struct proc_fd fds[] = { { fd, 0 }, { fd, 1 } };
	struct err err = { 0 };
	int pidfd = proc_spawn(
		&(struct proc_spec){ .argv = argv, .fds = fds, .fd_count = 2, .die_with_parent = true }, NULL,
		&err);

	if (pidfd < 0)
		fail_msg("%s", err_text(&err));
	loop_reap(s->loop, pidfd);
}

static inline int on_sshd(int listen_fd, uint32_t events, void *arg)
{
	struct sshd *s = arg;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	assert_true(fd >= 0);
	s->served++;
	if (s->banner)
		assert_true(send(fd, s->banner, strlen(s->banner), MSG_NOSIGNAL) > 0);
	if (s->deaf || s->banner) {
		fd_close(s->last);
		s->last = fd;
		return 0;
	}
	sshd_serve(s, fd);
	fd_close(fd);
	return 0;
}

static inline void sshd_listen(struct sshd *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);

	s->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listen, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->listen, 64), 0);
	assert_int_equal(getsockname(s->listen, (struct sockaddr *)&a, &size), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(loop_io(s->loop, s->listen, EPOLLIN, on_sshd, s, &s->io, NULL), 0);
}

static inline void sshd_init(struct sshd *s, struct loop *loop)
{
	const struct passwd *pw = getpwuid(geteuid());

	*s = (struct sshd){ .loop = loop, .listen = -1, .last = -1 };
	assert_non_null(pw);
	snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	strcpy(s->dir, "/tmp/pintle-sshd-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	if (geteuid() == 0)
		(void)mkdir("/run/sshd",
			0755); /* for its unprivileged half; the package's unit makes it at start */
	sshd_keygen(s, "host_ed25519", "ed25519", s->host_key, sizeof(s->host_key));
	sshd_keygen(s, "host_ecdsa", "ecdsa", s->ecdsa_key, sizeof(s->ecdsa_key));
	sshd_keygen(s, "other_ed25519", "ed25519", s->other_key, sizeof(s->other_key));
	/* A home without the files that the user's own shell reads; and the quickest exchange of keys. */
	_cleanup_(freep) char *config = xasprintf(
		"HostKey %s/host_ed25519\nHostKey %s/host_ecdsa\nAuthorizedKeysFile %s/authorized_keys\n"
		"StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
		"PermitRootLogin yes\nPrintMotd no\nPidFile none\nLogLevel VERBOSE\n"
		"SetEnv HOME=%s\nKexAlgorithms curve25519-sha256\n",
		s->dir, s->dir, s->dir, s->dir);
	sshd_write(s, "sshd_config", config);
	sshd_listen(s);
}

/* Nothing listens there any more. */
static inline void sshd_stop(struct sshd *s)
{
	s->io = loop_source_free(s->io);
	s->listen = fd_close(s->listen);
}

static inline void sshd_done(struct sshd *s)
{
	sshd_stop(s);
	fd_close(s->last);
	fs_remove_tree(AT_FDCWD, s->dir, NULL);
}
