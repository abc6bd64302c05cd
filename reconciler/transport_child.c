/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * SSH by a child, ssh(1): its standard input and output are one end of a socket pair, of which we have the other. So nodes behind jump
 * hosts are reached, and with keys in hardware: whatever ssh_config(5) of the user as whom pintled runs has.
 *
 * Not left to these settings is what the cluster's safety rests on: the host is known by the keys of its manifest alone (in a file of its
 * own, under an alias, so that neither an address nor another file counts), no connection of others is used, nothing is forwarded,
 * nobody is asked.
 *
 * That it is connected is known by the first byte of the agent, who speaks first. After its end the child's exit is waited for, in
 * the loop: why it ended is then known (ssh_exit.h).
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "reconciler/ssh_exit.h"
#include "reconciler/transport.h"

enum { ERRORS_MAX = 8192, ARGS_MAX = 128 };
/* From SIGTERM to SIGKILL. */
#define GRACE (2 * NSEC_PER_SEC)

struct child {
	struct transport base;
	char where[300]; /* [USER@]HOST[:PORT] */
	char waits[700];
	char *keys_path; /* of the file with its host keys, once that is written */
	int fd, errors_fd, pidfd;
	struct loop_source *io, *errors_io, *exit;
	pid_t pid;
	struct buf errors; /* the end of its stderr */
	int status;        /* once it is gone, as struct proc_result has it */
	bool gone;         /* it has ended, and is reaped */
	bool ended;        /* there is nothing more to read */
	bool began;        /* there was something */
};

static struct child *self(struct transport *t)
{
	return (struct child *)t;
}

/* --- the program's arguments ----------------------------------------------------------------------------------- */

struct words {
	struct arena *arena;
	const char *items[ARGS_MAX + 1]; /* ended by NULL */
	size_t count;
};

static void add(struct words *w, const char *word)
{
	assert(w->count < ARGS_MAX);
	w->items[w->count++] = word;
}

static void add_option(struct words *w, const char *option)
{
	add(w, "-o");
	add(w, option);
}

/* What ssh_config(5) has no say in. */
static void add_fixed(struct words *w)
{
	static const char *const options[] = { /* nobody is asked */
		"BatchMode=yes", "PasswordAuthentication=no", "AddKeysToAgent=no", "LogLevel=INFO",
		/* the host is known by its manifest alone */
		"StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null", "KnownHostsCommand=none",
		"VerifyHostKeyDNS=no", "UpdateHostKeys=no", "CheckHostIP=no",
		"NoHostAuthenticationForLocalhost=no", "HashKnownHosts=no", "VisualHostKey=no",
		/* one command, its two streams, and nothing else */
		"ControlMaster=no", "ControlPath=none", "ClearAllForwardings=yes", "ForwardAgent=no",
		"ForwardX11=no", "Tunnel=no", "PermitLocalCommand=no", "RemoteCommand=none",
		"SessionType=default", "RequestTTY=no", "EscapeChar=none", "StdinNull=no",
		"ForkAfterAuthentication=no",
		/* silence has an end, a little before and after ours */
		"ConnectTimeout=19", "ServerAliveInterval=10", "ServerAliveCountMax=3"
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		add_option(w, options[i]);
}

/* OPTION=PATH, as a line of ssh_config(5) would have it, where %x stands for something. */
static const char *quoted(struct arena *arena, const char *option, const char *path)
{
	_cleanup_(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b, "%s=\"", option);
	for (; *path; path++) {
		if (strchr("\"\\", *path))
			buf_addc(&b, '\\');
		if (*path == '%')
			buf_addc(&b, '%');
		buf_addc(&b, *path);
	}
	buf_addc(&b, '"');
	return arena_strdup(arena, b.data);
}

static bool has_key(const struct transport_target *to)
{
	return !to->agent && to->key && access(to->key, F_OK) == 0;
}

/* Where we have a key of our own it goes before those of the settings, and those that an agent happens to have are not shown. */
static void add_keys(struct words *w, const struct transport_target *to)
{
	if (to->agent) {
		add_option(w, quoted(w->arena, "IdentityAgent", to->agent));
	} else if (has_key(to)) {
		add_option(w, quoted(w->arena, "IdentityFile", to->key));
		add_option(w, "IdentitiesOnly=yes");
	}
}

static const char *alias(struct arena *arena, const struct transport_target *to)
{
	return arena_printf(arena, "pintle-%s", to->node);
}

/* The file of its host keys, beneath the home, in which ssh runs: so that no sign in the home's path means anything to it. */
static const char *keys_file(struct arena *arena, const struct transport_target *to)
{
	return arena_printf(arena, "run/ssh/%s", to->node);
}

static void make_words(struct words *w, const struct transport_target *to)
{
	add(w, "ssh");
	if (to->config) {
		add(w, "-F");
		add(w, to->config);
	}
	add_fixed(w);
	add_option(w, arena_printf(w->arena, "HostKeyAlias=%s", alias(w->arena, to)));
	add_option(w, arena_printf(w->arena, "UserKnownHostsFile=%s", keys_file(w->arena, to)));
	add_keys(w, to);
	if (to->port) {
		add(w, "-p");
		add(w, arena_printf(w->arena, "%d", to->port));
	}
	if (to->user) {
		add(w, "-l");
		add(w, to->user);
	}
	add(w, "--");
	add(w, to->host);
	add(w, "pintle-agent session");
}

/* --- the end --------------------------------------------------------------------------------------------------- */

/* The fingerprint of the first pinned key. */
static const char *pinned(struct arena *arena, const struct transport_target *to)
{
	struct ssh_host_keys keys;

	if (ssh_host_keys_parse(arena, to->host_keys, &keys))
		return "(none)";
	return ssh_fingerprint(arena, keys.items[0].blob, keys.items[0].len);
}

static const char *shown_keys(struct arena *arena, const struct transport_target *to)
{
	if (to->agent)
		return arena_printf(arena, "the keys of the SSH agent at %s", to->agent);
	return has_key(to) ? arena_printf(arena, "the key %s", to->key) : "the keys that ssh_config(5) names";
}

/* The child is gone: why. */
static int fail(struct child *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct transport_target *to = c->base.target;

	return ssh_exit_trouble(&c->base.why, &(struct ssh_exit){
						      .where = c->where,
						      .alias = alias(arena, to),
						      .pinned = pinned(arena, to),
						      .keys = shown_keys(arena, to),
						      .status = c->status,
						      .text = c->errors.data,
						      .began = c->began,
					      });
}

/* Nothing more can be read. Why not is known once the child is gone. */
static int at_end(struct child *c)
{
	c->ended = true;
	c->io = loop_source_free(c->io);
	return c->gone ? fail(c) : -EAGAIN;
}

/* --- the child's life ------------------------------------------------------------------------------------------ */

/* Reads some of its stderr, and keeps the end. False: that is at its end, or empty for now. */
static bool take_errors(struct child *c)
{
	char bytes[4096];
	ssize_t n = read(c->errors_fd, bytes, sizeof(bytes));

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			c->errors_io = loop_source_free(c->errors_io);
		return false;
	}
	buf_add(&c->errors, bytes, (size_t)n);
	if (c->errors.len > ERRORS_MAX)
		buf_consume(&c->errors, c->errors.len - ERRORS_MAX);
	return true;
}

static int on_errors(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	take_errors(arg);
	return 0;
}

static int on_exit_status(const siginfo_t *info, void *arg)
{
	struct child *c = arg;

	c->gone = true;
	c->status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	/* What is in the pipe: programs on the way may go on writing. */
	for (size_t i = 0; i < ERRORS_MAX / 4096 * 16 && take_errors(c); i++)
		continue;
	c->base.ready(c->base.arg);
	return 0;
}

/* A line for each key. */
static int write_keys(struct child *c, struct arena *arena, struct err *err)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	const struct transport_target *to = c->base.target;
	struct ssh_host_keys keys;
	const char *wrong = ssh_host_keys_parse(arena, to->host_keys, &keys);
	int r;

	if (wrong)
		return err_set(err, -EINVAL, "pintle.dev/ssh-host-key %s", wrong);
	for (size_t i = 0; i < keys.count; i++)
		buf_addf(&text, "%s %s %s\n", alias(arena, to), keys.items[i].type, keys.items[i].base64);
	c->keys_path = xasprintf("%s/%s", to->home, keys_file(arena, to));
	r = fs_mkdir_parents(AT_FDCWD, c->keys_path, 0700, err);
	return r < 0 ? r : fs_write(AT_FDCWD, c->keys_path, text.data, text.len, 0600, 0, err);
}

/* Two ends each; the first is ours. */
static int make_streams(int ret_both[2], int ret_errors[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_both) < 0)
		return err_errno(err, -errno, "making a socket pair");
	if (pipe2(ret_errors, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "making a pipe");
	if (fcntl(ret_errors[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(err, -errno, "setting up a pipe");
	return 0;
}

static int spawn(struct child *c, struct arena *arena, int both, int errors, struct err *err)
{
	static const char *const env[] = { "SSH_ASKPASS_REQUIRE=never", "LC_ALL=C", NULL };
	const struct proc_fd fds[] = { { both, 0 }, { both, 1 }, { errors, 2 } };
	struct words w = { .arena = arena };

	make_words(&w, c->base.target);
	c->pidfd = proc_spawn(
		&(struct proc_spec){
			.argv = w.items,
			.env = env,
			.cwd = c->base.target->home,
			.fds = fds,
			.fd_count = ARRAY_LEN(fds),
			.new_session = true,
			.die_with_parent = true,
		},
		&c->pid, err);
	return c->pidfd < 0 ? c->pidfd : 0;
}

static int watch_all(struct child *c, struct err *err)
{
	int r = loop_child(c->base.loop, c->pidfd, on_exit_status, c, &c->exit, err);

	if (r >= 0)
		r = loop_io(c->base.loop, c->fd, EPOLLIN, transport_on_io, &c->base, &c->io, err);
	if (r >= 0)
		r = loop_io(c->base.loop, c->errors_fd, EPOLLIN, on_errors, c, &c->errors_io, err);
	return r;
}

static int start(struct child *c, struct arena *arena, struct err *err)
{
	int both[2] = { -1, -1 }, errors[2] = { -1, -1 };
	int r = make_streams(both, errors, err);

	c->fd = both[0];
	c->errors_fd = errors[0];
	if (r >= 0)
		r = write_keys(c, arena, err);
	if (r >= 0)
		r = spawn(c, arena, both[1], errors[1], err);
	if (r >= 0)
		r = watch_all(c, err);
	fd_close(both[1]);
	fd_close(errors[1]);
	return r;
}

static int begin(struct child *c)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct err err = { 0 };
	int r = start(c, arena, &err);

	if (r >= 0)
		return 0;
	if (r == -ENOENT && c->pidfd < 0)
		return trouble_set(&c->base.why, r, TROUBLE_SSH_FAILED,
			"pintle.dev/transport: openssh needs ssh(1) where pintled runs, and it is not there: "
			"install "
			"openssh-client (%s)",
			err_text(&err));
	return trouble_set(&c->base.why, r, TROUBLE_SSH_FAILED, "%s", err_text(&err));
}

/* --- what all transports do ------------------------------------------------------------------------------------ */

static struct transport *create(struct loop *loop, const struct transport_target *target)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct child *c = xcalloc(1, sizeof(*c));
	const struct ssh_address a = {
		.user = target->user, .host = target->host, .port = target->port ? target->port : 22
	};

	(void)loop;
	c->fd = c->errors_fd = c->pidfd = -1;
	c->errors = BUF_INIT;
	snprintf(c->where, sizeof(c->where), "%s%s%s", str_or_empty(a.user), a.user ? "@" : "",
		ssh_address_format(arena, &a));
	return &c->base;
}

/* Has the other end said something? */
static int listen_for_it(struct child *c)
{
	char byte;
	ssize_t n = c->ended ? -1 : recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	int r;

	if (n > 0) {
		c->began = true;
		return 1;
	}
	if (n < 0 && !c->ended && (errno == EAGAIN || errno == EINTR) && !c->gone)
		return 0;
	r = at_end(c);
	return r == -EAGAIN ? 0 : r;
}

static int connect_child(struct transport *t)
{
	struct child *c = self(t);

	return c->pidfd < 0 ? begin(c) : listen_for_it(c);
}

static ssize_t read_child(struct transport *t, void *data, size_t size)
{
	struct child *c = self(t);
	ssize_t n = c->ended ? 0 : recv(c->fd, data, size, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !c->gone)
		return -EAGAIN;
	return at_end(c);
}

static ssize_t write_child(struct transport *t, const void *data, size_t len)
{
	struct child *c = self(t);
	ssize_t n = c->ended ? -1 : send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	/* Where that is for good, reading comes to its end as well, and to why. */
	return n >= 0 ? n : -EAGAIN;
}

static void watch_child(struct transport *t, bool in, bool out)
{
	struct child *c = self(t);

	if (c->io)
		loop_io_set_events(c->io, (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u));
}

static const char *waits_child(const struct transport *t)
{
	struct child *c = self((struct transport *)(uintptr_t)t);
	size_t len;
	const char *line = ssh_exit_line(c->errors.data, &len);

	snprintf(c->waits, sizeof(c->waits),
		"ssh has no session with %s within 20 seconds: is the host up, and does its agent "
		"run?%s%.*s%s",
		c->where, len > 0 ? " (ssh says: " : "", (int)(len < 300 ? len : 300), line,
		len > 0 ? ")" : "");
	return c->waits;
}

static void free_child(struct transport *t)
{
	struct child *c = self(t);

	loop_source_free(c->io);
	loop_source_free(c->errors_io);
	loop_source_free(c->exit);
	fd_close(c->fd);
	fd_close(c->errors_fd);
	if (c->keys_path)
		unlink(c->keys_path);
	free(c->keys_path);
	if (c->pidfd >= 0 && !c->gone)
		loop_end_group(t->loop, TAKE_FD(c->pidfd), c->pid, GRACE);
	fd_close(c->pidfd);
	buf_done(&c->errors);
	free(c);
}

const struct transport_ops transport_child = {
	.create = create,
	.connect = connect_child,
	.read = read_child,
	.write = write_child,
	.watch = watch_child,
	.waits = waits_child,
	.free = free_child,
};
