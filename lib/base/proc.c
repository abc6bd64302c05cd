/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Input is a memfd that the child reads as a file: nothing has to be fed, whatever its size.
 * Output comes through two pipes. The child's exit ends the run: what it wrote is in the
 * pipes by then and is read out; a grandchild that keeps them open (a monitor) is not waited for.
 */
#include "lib/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/spawn.h"

enum { OUTPUT_DEFAULT = 64 * 1024, READ_SIZE = 16 * 1024, DRAIN_MAX = 2 * 1024 * 1024 };

struct stream {
	struct proc *proc;
	int fd; /* our end, -1 once at its end */
	struct loop_source *source;
	struct buf *to;
};

struct proc {
	struct loop *loop;
	pid_t pid;
	int pidfd;
	bool own_group;
	size_t output_max;
	bool output_ends;
	bool exited; /* and reaped: its number may be another's by now */
	struct stream out, errs;
	struct loop_source *child, *timer;
	struct proc_result result;
	proc_done_fn fn;
	void *arg;
};

void proc_result_done(struct proc_result *r)
{
	buf_done(&r->out);
	buf_done(&r->errs);
}

static void stream_done(struct stream *s)
{
	s->source = loop_source_free(s->source);
	s->fd = fd_close(s->fd);
}

static struct proc *proc_free(struct proc *p)
{
	if (!p)
		return NULL;
	stream_done(&p->out);
	stream_done(&p->errs);
	p->child = loop_source_free(p->child);
	p->timer = loop_source_free(p->timer);
	fd_close(p->pidfd);
	proc_result_done(&p->result);
	free(p);
	return NULL;
}

static void proc_freep(struct proc **p)
{
	*p = proc_free(*p);
}

/* Only as long as the child is not reaped: until then its number, and that of its group, are taken. */
static void proc_kill(struct proc *p)
{
	kill(p->own_group ? -p->pid : p->pid, SIGKILL);
}

/* --- output ---------------------------------------------------------------------------------- */

/* Reads once, keeping what the bound allows. Returns the bytes read, 0 when there are none for now, -EPIPE at the end. */
static int stream_read(struct stream *s)
{
	char bytes[READ_SIZE];
	ssize_t n = read(s->fd, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	if (n == 0)
		return -EPIPE;

	size_t room = s->proc->output_max - s->to->len;
	if ((size_t)n > room && s->proc->output_ends) {
		s->proc->result.overflowed = true;
		if (!s->proc->exited)
			proc_kill(s->proc);
	}
	buf_add(s->to, bytes, (size_t)n < room ? (size_t)n : room);
	return (int)n;
}

static int on_output(int fd, uint32_t events, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)events;
	if (stream_read(s) < 0)
		stream_done(s);
	return 0;
}

/* What is in the pipe at the child's exit. Bounded, for others may go on writing. */
static void stream_drain(struct stream *s)
{
	for (int total = 0; s->fd >= 0 && total < DRAIN_MAX;) {
		int n = stream_read(s);

		if (n <= 0)
			return;
		total += n;
	}
}

/* A pipe whose reading end S watches; *RET_CHILD is the writing end. */
static int stream_open(struct stream *s, struct proc *p, struct buf *to, int *ret_child, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "creating a pipe");
	*ret_child = fds[1];
	*s = (struct stream){ .proc = p, .fd = fds[0], .to = to };
	if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_errno(err, -errno, "setting up a pipe");
	return loop_io(p->loop, s->fd, EPOLLIN, on_output, s, &s->source, err);
}

/* --- input ----------------------------------------------------------------------------------- */

static int input_open(const struct proc_spec *spec, struct err *err)
{
	_cleanup_(closep) int fd = -1;

	if (!spec->input) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? err_errno(err, -errno, "opening /dev/null") : TAKE_FD(fd);
	}
	fd = memfd_create("stdin", MFD_CLOEXEC);
	if (fd < 0)
		return err_errno(err, -errno, "creating a memory file");
	int r = fs_write_fd(fd, "a memory file", spec->input, spec->input_len, err);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, -errno, "rewinding a memory file");
	return TAKE_FD(fd);
}

/* --- a run ----------------------------------------------------------------------------------- */

static int on_exit_status(const siginfo_t *info, void *arg)
{
	struct proc *p = arg;

	p->exited = true;
	stream_drain(&p->out);
	stream_drain(&p->errs);
	p->result.status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	p->fn(&p->result, NULL, p->arg);
	proc_free(p);
	return 0;
}

static int on_timeout(void *arg)
{
	struct proc *p = arg;

	p->result.timed_out = true;
	proc_kill(p);
	return 0;
}

/* Spawns with descriptors 0-2 in front of the caller's. */
static int spawn_with(struct proc *p, const struct proc_spec *spec, const int std[3], struct err *err)
{
	_cleanup_(freep) struct proc_fd *fds = xcalloc(spec->fd_count + 3, sizeof(*fds));
	struct proc_spec full = *spec;

	for (int i = 0; i < 3; i++)
		fds[i] = (struct proc_fd){ .from = std[i], .to = i };
	for (size_t i = 0; i < spec->fd_count; i++) {
		if (spec->fds[i].to <= 2)
			return err_set(err, -EINVAL, "starting %s: descriptor %d is taken", spec->argv[0],
				spec->fds[i].to);
		fds[i + 3] = spec->fds[i];
	}
	full.fds = fds;
	full.fd_count = spec->fd_count + 3;
	p->pidfd = proc_spawn_group(&full, p->own_group, &p->pid, err);
	return p->pidfd < 0 ? p->pidfd : 0;
}

static int proc_begin(struct proc *p, const struct proc_spec *spec, struct err *err)
{
	_cleanup_(closep) int in = input_open(spec, err);
	_cleanup_(closep) int out = -1;
	_cleanup_(closep) int errs = -1;
	int r;

	if (in < 0)
		return in;
	if ((r = stream_open(&p->out, p, &p->result.out, &out, err)) < 0 ||
		(r = stream_open(&p->errs, p, &p->result.errs, &errs, err)) < 0)
		return r;
	return spawn_with(p, spec, (const int[3]){ in, out, errs }, err);
}

/* The sources that follow the child, which runs. */
static int proc_watch(struct proc *p, const struct proc_spec *spec, struct err *err)
{
	int r = loop_child(p->loop, p->pidfd, on_exit_status, p, &p->child, err);

	if (r < 0 || spec->timeout <= 0 || spec->timeout == NSEC_NEVER)
		return r;
	return loop_timer(p->loop, time_monotonic() + spec->timeout, on_timeout, p, &p->timer, err);
}

static int start(struct loop *l, const struct proc_spec *spec, bool own_group, proc_done_fn fn, void *arg,
	struct proc **ret, struct err *err)
{
	_cleanup_(proc_freep) struct proc *p = xcalloc(1, sizeof(*p));

	*p = (struct proc){
		.loop = l,
		.pidfd = -1,
		.own_group = own_group || spec->new_session,
		.output_max = spec->output_max ? spec->output_max : OUTPUT_DEFAULT,
		.output_ends = spec->output_ends,
		.out.fd = -1,
		.errs.fd = -1,
		.result = { .out = BUF_INIT, .errs = BUF_INIT },
		.fn = fn,
		.arg = arg,
	};
	int r = proc_begin(p, spec, err);
	if (r < 0)
		return r;
	r = proc_watch(p, spec, err);
	if (r < 0) {
		proc_cancel(TAKE_PTR(p));
		return r;
	}
	if (ret)
		*ret = p;
	TAKE_PTR(p);
	return 0;
}

int proc_start(struct loop *l, const struct proc_spec *spec, proc_done_fn fn, void *arg, struct proc **ret,
	struct err *err)
{
	return start(l, spec, true, fn, arg, ret, err);
}

struct proc *proc_cancel(struct proc *p)
{
	if (!p)
		return NULL;
	proc_kill(p);
	p->child = loop_source_free(p->child);
	loop_reap(p->loop, TAKE_FD(p->pidfd));
	return proc_free(p);
}

/* --- waiting for it -------------------------------------------------------------------------- */

struct run {
	struct loop *loop;
	struct proc_result *result;
};

static void on_run_done(const struct proc_result *result, const struct err *err, void *arg)
{
	struct run *run = arg;

	(void)err;
	run->result->status = result->status;
	run->result->timed_out = result->timed_out;
	run->result->overflowed = result->overflowed;
	buf_add(&run->result->out, result->out.data, result->out.len);
	buf_add(&run->result->errs, result->errs.data, result->errs.len);
	loop_stop(run->loop, 0);
}

int proc_run(const struct proc_spec *spec, struct proc_result *ret, struct err *err)
{
	_cleanup_(loop_freep) struct loop *l = NULL;
	int r = loop_new(&l, err);

	if (r < 0)
		return r;
	*ret = (struct proc_result){ .out = BUF_INIT, .errs = BUF_INIT };

	struct run run = { .loop = l, .result = ret };
	r = start(l, spec, spec->timeout > 0, on_run_done, &run, NULL, err);
	return r < 0 ? r : loop_run(l, err);
}

/* The last line of TEXT that is not empty: its start, and its length in *RET_LEN (0: there is none). */
static const char *last_line(const struct buf *text, size_t *ret_len)
{
	size_t end = text->len, begin;

	while (end > 0 && strchr("\n\r \t", text->data[end - 1]))
		end--;
	for (begin = end; begin > 0 && text->data[begin - 1] != '\n'; begin--)
		continue;
	*ret_len = end - begin;
	return text->data + begin;
}

int proc_check(const struct proc_spec *spec, struct buf *ret_out, struct err *err)
{
	_cleanup_(proc_result_done) struct proc_result result = { .out = BUF_INIT, .errs = BUF_INIT };
	int r = proc_run(spec, &result, err);

	if (r < 0)
		return r;
	if (result.status != 0) {
		size_t len;
		const char *line = last_line(&result.errs, &len);

		if (result.timed_out)
			return err_set(err, -EIO, "%s: timed out", spec->argv[0]);
		if (len)
			return err_set(err, -EIO, "%s: %.*s", spec->argv[0], (int)len, line);
		if (result.status > 128)
			return err_set(
				err, -EIO, "%s: killed by signal %d", spec->argv[0], result.status - 128);
		return err_set(err, -EIO, "%s: exit status %d", spec->argv[0], result.status);
	}
	if (ret_out)
		buf_add(ret_out, result.out.data, result.out.len);
	return 0;
}
