/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * A command in a running container: `crun exec` as a child, with pipes, or with a terminal that crun hands over on
 * a socket (--console-socket). It is over when crun has ended and what it had written is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/container_id.h"
#include "nodeagent/exec.h"
#include "nodeagent/request_input.h"

enum { CHUNK = 32 << 10, TURN_CHUNKS = 8 };

/* One of the command's outputs. */
struct stream {
	struct request *q;
	const char *name;
	int fd;
	struct loop_source *source;
};

struct exec_state {
	struct stream out, errs; /* with a terminal: out is the terminal */
	int in;                  /* write end of standard input, or the terminal (then == out.fd) */
	struct loop_source *in_source;
	struct request_input input;
	bool tty;
	int child; /* pidfd */
	struct loop_source *child_source;
	int listener; /* for the terminal */
	struct loop_source *listener_source;
	char *socket_path, *pid_path;
	int64_t columns, rows;
	bool exited;
	int status;
};

/* --- the end -------------------------------------------------------------------------------------------------------- */

static void stream_close(struct stream *st)
{
	st->source = loop_source_free(st->source);
	st->fd = fd_close(st->fd);
}

static void input_free(struct exec_state *s)
{
	s->in_source = loop_source_free(s->in_source);
	if (s->in != s->out.fd)
		fd_close(s->in);
	s->in = -1;
}

/* The command reads no more of it. */
static void input_close(struct request *q)
{
	struct exec_state *s = q->state;

	input_free(s);
	request_input_drop(q, &s->input);
}

static void exec_free(struct request *q)
{
	struct exec_state *s = q->state;

	if (s->child >= 0 && !s->exited) {
		siginfo_t info;

		exec_kill(s->pid_path);
		pidfd_send_signal(s->child, SIGKILL, NULL, 0);
		s->child_source = loop_source_free(s->child_source);
		waitid(P_PIDFD, (id_t)s->child, &info, WEXITED);
	}
	input_free(s);
	stream_close(&s->out);
	stream_close(&s->errs);
	loop_source_free(s->child_source);
	loop_source_free(s->listener_source);
	fd_close(s->child);
	fd_close(s->listener);
	if (s->socket_path)
		unlink(s->socket_path);
	if (s->pid_path)
		unlink(s->pid_path);
	request_input_done(&s->input);
	free(s->socket_path);
	free(s->pid_path);
	free(s);
}

/* --- output ----------------------------------------------------------------------------------------------------------- */

/* Sends what can be read now, at most CHUNKS pieces; false: nothing more will come. */
static bool stream_pump(struct stream *st, size_t chunks)
{
	char space[CHUNK];

	for (; chunks > 0; chunks--) {
		ssize_t n = read(st->fd, space, sizeof(space));

		/* A terminal whose other end is closed answers EIO. */
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		request_send(st->q, st->name, space, (size_t)n);
	}
	return true;
}

/* The command waits, as its pipes fill, while what it wrote is not being read. A terminal is written to by the same descriptor. */
static void stream_watch(struct stream *st)
{
	const struct exec_state *s;
	uint32_t events;

	if (!st->source)
		return;
	s = st->q->state;
	events = request_may_send(st->q) ? EPOLLIN : 0;
	if (s->in == st->fd && s->input.data.len > 0)
		events |= EPOLLOUT;
	loop_io_set_events(st->source, events);
}

static void input_pump(struct request *q);

static int on_output(int fd, uint32_t events, void *arg)
{
	struct stream *st = arg;
	struct exec_state *s = st->q->state;

	/* A hang-up comes whatever is watched for: what is left to read waits for its turn. */
	if (!request_may_send(st->q) && (events & (EPOLLHUP | EPOLLERR))) {
		st->source = loop_source_free(st->source);
		return 0;
	}
	if ((events & EPOLLOUT) && s->in == fd)
		input_pump(st->q);
	if (!stream_pump(st, request_may_send(st->q) ? TURN_CHUNKS : 0)) {
		if (s->in == st->fd)
			input_close(st->q);
		stream_close(st);
	}
	stream_watch(&s->out);
	stream_watch(&s->errs);
	return 0;
}

static void stream_resume(struct stream *st)
{
	if (st->fd >= 0 && !st->source)
		loop_io(st->q->all->node->loop, st->fd, EPOLLIN, on_output, st, &st->source, NULL);
	stream_watch(st);
}

static void exec_resume(struct request *q)
{
	struct exec_state *s = q->state;

	stream_resume(&s->out);
	stream_resume(&s->errs);
}

/* What the command had written when it ended: no more than that, for what it has left behind may write for ever. */
static void stream_finish(struct stream *st)
{
	int left = 0;

	if (st->fd >= 0 && ioctl(st->fd, FIONREAD, &left) == 0)
		stream_pump(st, ((size_t)left + CHUNK - 1) / CHUNK);
}

static int on_child(const siginfo_t *info, void *arg)
{
	struct request *q = arg;
	struct exec_state *s = q->state;

	s->exited = true;
	s->status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	stream_finish(&s->out);
	stream_finish(&s->errs);
	request_finish(q, s->status, NULL);
	return 0;
}

/* --- input ------------------------------------------------------------------------------------------------------------- */

static void input_pump(struct request *q)
{
	struct exec_state *s = q->state;
	int r = s->in < 0 ? 0 : request_input_write(q, &s->input, s->in);

	if (r < 0) {
		input_close(q);
		return;
	}
	if (r > 0 && s->input.ended && !s->tty)
		input_close(q);
	if (s->in_source)
		loop_io_set_events(s->in_source, s->input.data.len > 0 ? EPOLLOUT : 0);
	else
		stream_watch(&s->out);
}

static int on_input(int fd, uint32_t events, void *arg)
{
	(void)fd;
	if (events & (EPOLLERR | EPOLLHUP))
		input_close(arg);
	else
		input_pump(arg);
	return 0;
}

static void exec_data(struct request *q, const void *data, size_t len)
{
	struct exec_state *s = q->state;

	if (request_input_add(q, &s->input, data, len) < 0)
		request_finish(q, 1, "standard input is not being read");
	else
		input_pump(q);
}

static void exec_end(struct request *q)
{
	struct exec_state *s = q->state;

	/* On a terminal the end of input is a character. */
	if (s->tty && !s->input.ended)
		buf_addc(&s->input.data, 4);
	s->input.ended = true;
	input_pump(q);
}

static const struct request_ops ops = {
	.data = exec_data, .end = exec_end, .resume = exec_resume, .free = exec_free
};

/* --- the terminal --------------------------------------------------------------------------------------------------------- */

static int console_receive(int from)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte[64];
	struct iovec iov = { byte, sizeof(byte) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static int on_console(int fd, uint32_t events, void *arg)
{
	struct request *q = arg;
	struct exec_state *s = q->state;
	_cleanup_(closep) int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	struct winsize size = { .ws_col = (unsigned short)s->columns, .ws_row = (unsigned short)s->rows };
	int console = peer < 0 ? -1 : console_receive(peer);

	(void)events;
	if (console < 0)
		return 0;
	s->listener_source = loop_source_free(s->listener_source);
	if (s->columns > 0 && s->rows > 0)
		ioctl(console, TIOCSWINSZ, &size);
	fcntl(console, F_SETFL, O_NONBLOCK);
	s->out = (struct stream){ .q = q, .name = "stdout", .fd = console };
	s->in = console;
	if (loop_io(q->all->node->loop, console, EPOLLIN, on_output, &s->out, &s->out.source, NULL) < 0)
		stream_close(&s->out);
	input_pump(q);
	return 0;
}

static int console_listen(struct request *q, struct err *err)
{
	struct exec_state *s = q->state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(s->socket_path);

	if (len >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "%s is too long for a socket", s->socket_path);
	memcpy(address.sun_path, s->socket_path, len);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(s->socket_path);
	if (s->listener < 0 || bind(s->listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(s->listener, 1) < 0)
		return err_errno(err, -errno, "listening on %s", s->socket_path);
	return loop_io(q->all->node->loop, s->listener, EPOLLIN, on_console, q, &s->listener_source, err);
}

/* --- start ------------------------------------------------------------------------------------------------------------------ */

/* A pipe for one of the child's outputs: the read end is watched, *RET_WRITE is for the child. */
static int stream_open(
	struct request *q, struct stream *st, const char *name, int *ret_write, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "making a pipe");
	*ret_write = ends[1];
	*st = (struct stream){ .q = q, .name = name, .fd = ends[0] };
	fcntl(st->fd, F_SETFL, O_NONBLOCK);
	return loop_io(q->all->node->loop, st->fd, EPOLLIN, on_output, st, &st->source, err);
}

static int input_open(struct request *q, int *ret_read, struct err *err)
{
	struct exec_state *s = q->state;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "making a pipe");
	*ret_read = ends[0];
	s->in = ends[1];
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	return loop_io(q->all->node->loop, s->in, 0, on_input, q, &s->in_source, err);
}

static int child_spawn(
	struct request *q, const struct wire_params *p, const char *id, const int fds[3], struct err *err)
{
	struct exec_state *s = q->state;
	const struct node_services *node = q->all->node;
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	const char **argv = arena_array(a, p->command.count + 12, sizeof(argv[0]));
	struct proc_fd map[3] = { { fds[0], 0 }, { fds[1], 1 }, { fds[2], 2 } };
	struct proc_spec spec = { .argv = argv };
	pid_t pid;
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			map[spec.fd_count++] = (struct proc_fd){ fds[i], i };
	spec.fds = map;
	argv[n++] = runtime_program(node->runtime);
	argv[n++] = arena_printf(a, "--root=%s", runtime_root(node->runtime));
	argv[n++] = "exec";
	argv[n++] = arena_printf(a, "--pid-file=%s", s->pid_path);
	if (s->tty) {
		argv[n++] = "--tty";
		argv[n++] = arena_printf(a, "--console-socket=%s", s->socket_path);
	}
	argv[n++] = id;
	for (size_t i = 0; i < p->command.count; i++)
		argv[n++] = p->command.items[i];
	s->child = proc_spawn(&spec, &pid, err);
	if (s->child < 0)
		return s->child;
	return loop_child(node->loop, s->child, on_child, q, &s->child_source, err);
}

static int exec_open(struct request *q, const struct wire_params *p, const char *id, struct err *err)
{
	struct exec_state *s = q->state;
	_cleanup_(closep) int in = -1;
	_cleanup_(closep) int out = -1;
	_cleanup_(closep) int errs = -1;
	int r;

	if (s->tty)
		r = console_listen(q, err);
	else {
		r = stream_open(q, &s->out, "stdout", &out, err);
		if (r >= 0)
			r = stream_open(q, &s->errs, "stderr", &errs, err);
		if (r >= 0 && p->stdin_open)
			r = input_open(q, &in, err);
	}
	/* With a terminal crun itself still says on its standard error why it can't start. */
	if (r >= 0 && s->tty)
		r = stream_open(q, &s->errs, "stderr", &errs, err);
	if (r >= 0)
		r = child_spawn(q, p, id, (const int[3]){ in, out, errs }, err);
	return r;
}

void request_exec_start(struct request *q, const struct wire_params *p)
{
	const struct node_services *node = q->all->node;
	struct exec_state *s = xcalloc(1, sizeof(*s));
	struct request_target target;
	char id[CONTAINER_ID_SIZE];
	struct err err = { 0 };
	int r;

	*s = (struct exec_state){ .in = -1,
		.child = -1,
		.listener = -1,
		.out.fd = -1,
		.errs.fd = -1,
		.input = { .data = BUF_INIT, .ended = !p->stdin_open && !p->tty },
		.tty = p->tty,
		.columns = p->columns,
		.rows = p->rows };
	/* The address of the request tells apart what several sessions number alike. */
	s->socket_path = xasprintf("%s/socks/x%p", node->env->run_dir, (void *)q);
	s->pid_path = xasprintf("%s.pid", s->socket_path);
	q->ops = &ops;
	q->state = s;
	r = request_target(q->all, p, &target, &err);
	if (r >= 0 && p->command.count == 0)
		r = err_set(&err, -EINVAL, "no command was given");
	if (r >= 0 && target.container->phase != CONTAINER_RUNNING)
		r = err_set(&err, -ENOENT, "container %s of pod %s is not running", target.container->name,
			target.pod.name);
	if (r >= 0) {
		container_id(node->env->short_id, target.pod.uid, target.container->name,
			target.container->attempt, id);
		r = exec_open(q, p, id, &err);
	}
	if (r < 0)
		request_finish(q, 1, err_text(&err));
}
