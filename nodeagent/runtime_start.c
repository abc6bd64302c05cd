/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Creating a container through conmon, and letting its first instruction run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "nodeagent/runtime_private.h"

static void failed(struct runtime_container *c, const char *message)
{
	struct runtime_event ev = { .type = RUNTIME_FAILED, .message = message, .at = time_now() };

	if (c->over)
		return;
	c->over = true;
	runtime_deliver(c, &ev);
}

/*
 * Between create and start, crun's container process waits for a byte from the fifo ROOT/ID/exec.fifo. `crun start` (1.8 to
 * 1.26) opens it, unlinks it, and writes the byte, at the price of a program's start. The same here, but written first: an
 * agent that is killed in between leaves a fifo that nobody reads any more, and its successor's byte harms nobody. Opened for
 * both ways, as there may be no reader. What is no such fifo is left to the program itself.
 */
static char *fifo_path(const struct runtime *rt, const char *id)
{
	return xasprintf("%s/%s/exec.fifo", rt->root, id);
}

bool runtime_not_started(const struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *fifo = fifo_path(rt, id);

	return fs_exists(AT_FDCWD, fifo);
}

/* True: the first instruction runs, or has run. */
static bool fifo_release(const struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *fifo = fifo_path(rt, id);
	_cleanup_(closep) int fd = open(fifo, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || write(fd, "", 1) != 1)
		return false;
	unlink(fifo);
	return true;
}

static void on_start_done(const struct proc_result *result, const struct err *err, void *arg)
{
	struct runtime_container *c = arg;

	c->child = NULL;
	/* It fails too where a start that an agent before us had called came first: then it runs, or has run. */
	if ((err || result->status != 0) && runtime_not_started(c->rt, c->id)) {
		failed(c, err ? err_text(err) : result->errs.data);
		return;
	}
	runtime_started(c);
}

void runtime_start_call(struct runtime_container *c)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", c->rt->root);
	const char *argv[] = { c->rt->program, root, "start", c->id, NULL };
	struct proc_spec spec = { .argv = argv };
	struct err err = { 0 };

	c->start_called = time_now();
	if (fifo_release(c->rt, c->id)) {
		c->start_due = true;
		runtime_deliver_later(c);
		return;
	}
	if (proc_start(c->rt->loop, &spec, on_start_done, c, &c->child, &err) < 0)
		failed(c, err_text(&err));
}

static void answer_take(struct runtime_container *c)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct runtime_event ev = { .type = RUNTIME_CREATED, .conmon = c->conmon };
	const char *message;

	ev.pid = runtime_text_answer(a, c->answer.data, c->answer.len, &message);
	if (ev.pid < 0) {
		failed(c, message);
		return;
	}
	c->pid = ev.pid;
	c->init_fd = pidfd_open(c->pid, 0);
	c->created = true;
	if (c->unwanted) {
		runtime_signal(c, SIGKILL);
		failed(c, "it was stopped before it had started");
		return;
	}
	/* Started first, told afterwards: what the owner writes down need not hold up the first instruction. */
	runtime_start_call(c);
	if (!c->over)
		runtime_deliver(c, &ev);
	if (!c->over && runtime_end_read(c))
		runtime_end_deliver(c);
}

static int on_pipe(int fd, uint32_t events, void *arg)
{
	struct runtime_container *c = arg;
	ssize_t n = read(fd, buf_reserve(&c->answer, 4096), 4096);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		buf_extend(&c->answer, (size_t)n);
	if (n > 0 && !memchr(c->answer.data, '\n', c->answer.len) && c->answer.len < (1 << 20))
		return 0;
	c->pipe_source = loop_source_free(c->pipe_source);
	c->pipe = fd_close(c->pipe);
	answer_take(c);
	return 0;
}

static int conmon_spawn(
	struct runtime_container *c, const struct runtime_spec *spec, const int ends[2], struct err *err)
{
	struct runtime *rt = c->rt;
	_cleanup_(arena_freep) struct arena *a = arena_new(2048);
	const char *bundle = arena_printf(a, "%s/bundles/%s", rt->run_dir, c->id);
	const char *argv[32] = {
		"conmon",
		"--api-version",
		"1",
		"--sync",
		"--no-sync-log",
		"-c",
		c->id,
		"-u",
		c->id,
		"-n",
		c->id,
		"-r",
		rt->program,
		"--runtime-arg",
		arena_printf(a, "--root=%s", rt->root),
		"-b",
		bundle,
		"-p",
		arena_printf(a, "%s/pidfile", bundle),
		"--exit-dir",
		arena_printf(a, "%s/exits", rt->run_dir),
		"--persist-dir",
		arena_printf(a, "%s/persist/%s", rt->run_dir, c->id),
		"--socket-dir-path",
		arena_printf(a, "%s/socks", rt->run_dir),
		"-l",
		arena_printf(a, "k8s-file:%s", spec->log),
	};
	static const char *const env[] = { "_OCI_SYNCPIPE=3", NULL };
	/* It holds the pipe's other end too: its answer to an agent that was killed must not kill it (SIGPIPE). */
	struct proc_fd fds[] = { { .from = ends[1], .to = 3 }, { .from = ends[0], .to = 4 } };
	struct proc_spec ps = {
		.argv = argv, .env = env, .cwd = bundle, .fds = fds, .fd_count = ARRAY_LEN(fds)
	};
	size_t n = 0;

	while (argv[n])
		n++;
	if (spec->terminal)
		argv[n++] = "-t";
	if (spec->stdin_open)
		argv[n++] = "-i";
	argv[n] = NULL;
	return proc_spawn(&ps, &c->conmon, err);
}

int runtime_start(struct runtime *rt, const struct runtime_spec *spec, runtime_fn fn, void *arg,
	struct runtime_container **ret, struct err *err)
{
	_cleanup_(freep) char *persist = runtime_path(rt, "persist", spec->id);
	struct runtime_container *c;
	int ends[2], r;

	if (mkdir(persist, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making %s", persist);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, -errno, "making a pipe");
	c = runtime_container_new(rt, spec->id, fn, arg);
	c->pipe = ends[0];
	c->conmon_fd = r = conmon_spawn(c, spec, ends, err);
	close(ends[1]);
	if (r >= 0)
		r = loop_io(rt->loop, c->pipe, EPOLLIN, on_pipe, c, &c->pipe_source, err);
	if (r >= 0)
		r = runtime_conmon_watch(c, err);
	if (r < 0) {
		runtime_container_free(c);
		return err_wrap(err, r, "starting conmon");
	}
	*ret = c;
	return 0;
}
