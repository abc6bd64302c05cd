/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What all containers share: the directories, the watch on conmon's exit files, and how an end is told once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "nodeagent/runtime_private.h"

/* --- small things ---------------------------------------------------------------------------------------- */

char *runtime_path(const struct runtime *rt, const char *dir, const char *id)
{
	return xasprintf("%s/%s/%s", rt->run_dir, dir, id);
}

char *runtime_bundle(const struct runtime *rt, const char *id)
{
	return runtime_path(rt, "bundles", id);
}

const char *runtime_root(const struct runtime *rt)
{
	return rt->root;
}

const char *runtime_program(const struct runtime *rt)
{
	return rt->program;
}

const char *runtime_id(const struct runtime_container *c)
{
	return c->id;
}

void runtime_hand_over(struct runtime_container *c, runtime_fn fn, void *arg)
{
	c->fn = fn;
	c->arg = arg;
}

int runtime_process_stat(pid_t pid, struct runtime_stat *ret)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read(AT_FDCWD, path, 4096, &text, NULL) < 0 || runtime_text_stat(text.data, ret) < 0)
		return -ESRCH;
	return 0;
}

int64_t runtime_process_start(pid_t pid)
{
	struct runtime_stat st;

	return runtime_process_stat(pid, &st) < 0 ? -ESRCH : st.start;
}

void runtime_deliver(struct runtime_container *c, const struct runtime_event *ev)
{
	c->fn(ev, c->arg);
}

/* A conmon that has told the end and is about to exit itself: reaped later. One that another agent started is not our child. */
static void conmon_leave(struct runtime_container *c)
{
	siginfo_t info;

	if (!c->conmon_source)
		return;
	c->conmon_source = loop_source_free(c->conmon_source);
	if (waitid(P_PIDFD, (id_t)c->conmon_fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		loop_reap(c->rt->loop, TAKE_FD(c->conmon_fd));
}

struct runtime_container *runtime_container_free(struct runtime_container *c)
{
	if (map_get(&c->rt->containers, c->id) == c)
		map_remove(&c->rt->containers, c->id);
	loop_source_free(c->pipe_source);
	conmon_leave(c);
	loop_source_free(c->init_source);
	loop_source_free(c->later);
	proc_cancel(c->child);
	fd_close(c->pipe);
	fd_close(c->conmon_fd);
	fd_close(c->init_fd);
	buf_done(&c->answer);
	free(c->id);
	free(c);
	return NULL;
}

struct runtime_container *runtime_container_new(struct runtime *rt, const char *id, runtime_fn fn, void *arg)
{
	struct runtime_container *c = xcalloc(1, sizeof(*c));

	*c = (struct runtime_container){
		.rt = rt,
		.id = xstrdup(id),
		.fn = fn,
		.arg = arg,
		.pipe = -1,
		.conmon_fd = -1,
		.init_fd = -1,
		.answer = BUF_INIT,
	};
	map_put(&rt->containers, c->id, c);
	return c;
}

void runtime_signal(struct runtime_container *c, int signo)
{
	if (!c->created)
		c->unwanted = true;
	else if (c->init_fd >= 0)
		pidfd_send_signal(c->init_fd, signo, NULL, 0);
}

/* --- the end --------------------------------------------------------------------------------------------- */

/* Delivers a known end, but not before a start that is under way has told its own. */
void runtime_end_deliver(struct runtime_container *c)
{
	if (!c->has_end || c->over || c->child || c->start_due)
		return;
	c->over = true;
	runtime_deliver(c, &c->end);
}

static void end_set(struct runtime_container *c, int exit_code, bool lost, nsec_t at)
{
	_cleanup_(freep) char *persist = runtime_path(c->rt, "persist", c->id);
	_cleanup_(freep) char *oom = xasprintf("%s/oom", persist);

	if (c->has_end || c->over)
		return;
	c->has_end = true;
	c->end = (struct runtime_event){ .type = RUNTIME_ENDED,
		.exit_code = exit_code,
		.lost = lost,
		.at = at,
		.oom = fs_exists(AT_FDCWD, oom) };
}

/* Reads exits/ID; false where there is none (or it is not whole yet). */
bool runtime_end_read(struct runtime_container *c)
{
	_cleanup_(freep) char *path = runtime_path(c->rt, "exits", c->id);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct stat st;
	int64_t code;

	if (c->has_end)
		return true;
	if (stat(path, &st) < 0 || fs_read(AT_FDCWD, path, 64, &text, NULL) < 0 ||
		runtime_text_number(text.data, &code) < 0)
		return false;
	end_set(c, (int)code, false, st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec);
	return true;
}

void runtime_started(struct runtime_container *c)
{
	struct runtime_event ev = { .type = RUNTIME_STARTED, .at = c->start_called };

	c->start_due = false;
	c->started = true;
	runtime_deliver(c, &ev);
	runtime_end_deliver(c);
}

static int on_later(void *arg)
{
	struct runtime_container *c = arg;
	struct runtime_event gone = { .type = RUNTIME_DELETED, .at = time_now() };

	if (c->deleted_due) {
		runtime_deliver(c, &gone);
		runtime_container_free(c);
	} else if (c->start_due)
		runtime_started(c);
	else
		runtime_end_deliver(c);
	return 0;
}

void runtime_deliver_later(struct runtime_container *c)
{
	struct err err = { 0 };

	if (c->later || loop_defer(c->rt->loop, on_later, c, &c->later, &err) >= 0)
		loop_defer_arm(c->later);
	else
		on_later(c);
}

static int on_exit_files(int fd, uint32_t events, void *arg)
{
	struct runtime *rt = arg;
	_Alignas(struct inotify_event) char space[4096];
	ssize_t n;

	(void)events;
	while ((n = read(fd, space, sizeof(space))) > 0) {
		for (char *p = space; p < space + n;) {
			const struct inotify_event *ev = (const struct inotify_event *)(const void *)p;
			struct runtime_container *c = ev->len > 0 ? map_get(&rt->containers, ev->name) : NULL;

			if (c && runtime_end_read(c))
				runtime_end_deliver(c);
			p += sizeof(*ev) + ev->len;
		}
	}
	return 0;
}

/* --- conmon's end ---------------------------------------------------------------------------------------- */

static int on_lost_init(int fd, uint32_t events, void *arg)
{
	struct runtime_container *c = arg;

	(void)fd;
	(void)events;
	c->init_source = loop_source_free(c->init_source);
	end_set(c, 137, true, time_now());
	runtime_end_deliver(c);
	return 0;
}

/* conmon is gone: with an exit file all is well, without one the container is killed and its end awaited. */
void runtime_conmon_ended(struct runtime_container *c)
{
	if (c->over || runtime_end_read(c)) {
		runtime_end_deliver(c);
		return;
	}
	if (c->init_fd >= 0 && pidfd_send_signal(c->init_fd, SIGKILL, NULL, 0) == 0 &&
		loop_io(c->rt->loop, c->init_fd, EPOLLIN, on_lost_init, c, &c->init_source, NULL) == 0)
		return;
	if (c->created) {
		end_set(c, 137, true, time_now());
		runtime_end_deliver(c);
	}
}

static int on_conmon(int fd, uint32_t events, void *arg)
{
	struct runtime_container *c = arg;
	siginfo_t info;

	(void)events;
	/* Not our child after a restart: nothing to reap then. */
	waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
	c->conmon_source = loop_source_free(c->conmon_source);
	runtime_conmon_ended(c);
	return 0;
}

int runtime_conmon_watch(struct runtime_container *c, struct err *err)
{
	return loop_io(c->rt->loop, c->conmon_fd, EPOLLIN, on_conmon, c, &c->conmon_source, err);
}

/* --- open and close -------------------------------------------------------------------------------------- */

int runtime_open(
	struct loop *l, const char *run_dir, const char *program, struct runtime **ret, struct err *err)
{
	static const char *const dirs[] = { "crun", "exits", "persist", "socks", "bundles" };
	struct runtime *rt = xcalloc(1, sizeof(*rt));
	int r = 0;

	rt->loop = l;
	rt->run_dir = xstrdup(run_dir);
	rt->root = xasprintf("%s/crun", run_dir);
	rt->program = xstrdup(program);
	rt->watch = -1;
	for (size_t i = 0; i < ARRAY_LEN(dirs) && r >= 0; i++) {
		_cleanup_(freep) char *path = xasprintf("%s/%s", run_dir, dirs[i]);

		r = fs_mkdir_p(AT_FDCWD, path, 0700, err);
	}
	if (r >= 0) {
		_cleanup_(freep) char *exits = xasprintf("%s/exits", run_dir);

		rt->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (rt->watch < 0 || inotify_add_watch(rt->watch, exits, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
			r = err_errno(err, -errno, "watching %s", exits);
	}
	if (r >= 0)
		r = loop_io(l, rt->watch, EPOLLIN, on_exit_files, rt, &rt->watch_source, err);
	if (r < 0) {
		runtime_close(rt);
		return r;
	}
	*ret = rt;
	return 0;
}

struct runtime *runtime_close(struct runtime *rt)
{
	if (!rt)
		return NULL;
	while (rt->containers.count > 0) {
		struct runtime_container *c = rt->containers.entries[0].value;

		/* A start that is under way is not broken off: nobody could tell how far it got. */
		c->child = NULL;
		runtime_container_free(c);
	}
	map_done(&rt->containers);
	loop_source_free(rt->watch_source);
	fd_close(rt->watch);
	free(rt->run_dir);
	free(rt->root);
	free(rt->program);
	free(rt);
	return NULL;
}
