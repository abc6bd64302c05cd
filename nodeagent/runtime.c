/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Each runtime_container holds what it waits for: conmon's pipe, conmon's pidfd, a `crun start` child. conmon's end
 * without an exit file means that it was killed: the container is then killed too, as nobody would see its end.
 */
#include "nodeagent/runtime.h"

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
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/object/json.h"

struct runtime {
	struct loop *loop;
	char *run_dir, *root, *program;
	int watch; /* inotify on exits/ */
	struct loop_source *watch_source;
	struct map containers; /* by id */
};

struct runtime_container {
	struct runtime *rt;
	char *id;
	runtime_fn fn;
	void *arg;
	int pipe;
	struct loop_source *pipe_source;
	struct buf answer; /* conmon's, from the pipe */
	int conmon_fd;     /* pidfd */
	struct loop_source *conmon_source;
	pid_t conmon;
	int init_fd;                     /* pidfd of the container's first process */
	struct loop_source *init_source; /* only once conmon is lost */
	pid_t pid;
	struct proc *child; /* crun start or crun delete under way */
	nsec_t start_called;
	struct loop_source *later;   /* an event to be delivered from the loop */
	bool created, started, over; /* over: ENDED or FAILED was delivered */
	bool unwanted;               /* signalled before it was created */
	bool has_end;                /* the end is known, not yet delivered: */
	struct runtime_event end;
};

/* --- small things -------------------------------------------------------------------------------------------- */

static char *path_of(const struct runtime *rt, const char *dir, const char *id)
{
	return xasprintf("%s/%s/%s", rt->run_dir, dir, id);
}

char *runtime_bundle(const struct runtime *rt, const char *id)
{
	return path_of(rt, "bundles", id);
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

/* The fields of /proc/PID/stat behind the program's name, which may hold anything. -ESRCH. */
static int process_stat(pid_t pid, pid_t *ret_parent, int64_t *ret_start, bool *ret_zombie)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char path[64], state;
	const char *p;
	long long start;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read(AT_FDCWD, path, 4096, &text, NULL) < 0)
		return -ESRCH;
	p = strrchr(text.data, ')');
	if (!p || sscanf(p + 1,
			  " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld",
			  &state, &parent, &start) != 3)
		return -ESRCH;
	*ret_parent = parent;
	*ret_start = start;
	*ret_zombie = state == 'Z' || state == 'X';
	return 0;
}

int64_t runtime_process_start(pid_t pid)
{
	pid_t parent;
	int64_t start;
	bool zombie;

	return process_stat(pid, &parent, &start, &zombie) < 0 ? -ESRCH : start;
}

static void deliver(struct runtime_container *c, const struct runtime_event *ev)
{
	c->fn(ev, c->arg);
}

static struct runtime_container *container_free(struct runtime_container *c)
{
	if (map_get(&c->rt->containers, c->id) == c)
		map_remove(&c->rt->containers, c->id);
	loop_source_free(c->pipe_source);
	loop_source_free(c->conmon_source);
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

static struct runtime_container *container_new(struct runtime *rt, const char *id, runtime_fn fn, void *arg)
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

/* --- the end ---------------------------------------------------------------------------------------------------- */

/* Delivers a known end, but not before a start that is under way has told its own. */
static void end_deliver(struct runtime_container *c)
{
	if (!c->has_end || c->over || c->child)
		return;
	c->over = true;
	deliver(c, &c->end);
}

static void end_set(struct runtime_container *c, int exit_code, bool lost, nsec_t at)
{
	_cleanup_(freep) char *persist = path_of(c->rt, "persist", c->id);
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
static bool end_read(struct runtime_container *c)
{
	_cleanup_(freep) char *path = path_of(c->rt, "exits", c->id);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct stat st;
	int64_t code;

	if (c->has_end)
		return true;
	if (stat(path, &st) < 0 || fs_read(AT_FDCWD, path, 64, &text, NULL) < 0 ||
		str_to_i64(text.data, &code) < 0)
		return false;
	end_set(c, (int)code, false, st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec);
	return true;
}

static int on_later(void *arg)
{
	end_deliver(arg);
	return 0;
}

/* Delivers the end from the loop. */
static void end_later(struct runtime_container *c)
{
	struct err err = { 0 };

	if (!c->later && loop_timer(c->rt->loop, time_monotonic(), on_later, c, &c->later, &err) < 0)
		end_deliver(c);
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

			if (c && end_read(c))
				end_deliver(c);
			p += sizeof(*ev) + ev->len;
		}
	}
	return 0;
}

/* --- conmon's end ------------------------------------------------------------------------------------------------- */

static int on_lost_init(int fd, uint32_t events, void *arg)
{
	struct runtime_container *c = arg;

	(void)fd;
	(void)events;
	c->init_source = loop_source_free(c->init_source);
	end_set(c, 137, true, time_now());
	end_deliver(c);
	return 0;
}

/* conmon is gone: with an exit file all is well, without one the container is killed and its end awaited. */
static void conmon_ended(struct runtime_container *c)
{
	if (c->over || end_read(c)) {
		end_deliver(c);
		return;
	}
	if (c->init_fd >= 0 && pidfd_send_signal(c->init_fd, SIGKILL, NULL, 0) == 0 &&
		loop_io(c->rt->loop, c->init_fd, EPOLLIN, on_lost_init, c, &c->init_source, NULL) == 0)
		return;
	if (c->created) {
		end_set(c, 137, true, time_now());
		end_deliver(c);
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
	conmon_ended(c);
	return 0;
}

/* --- create and start ------------------------------------------------------------------------------------------------- */

static void failed(struct runtime_container *c, const char *message)
{
	struct runtime_event ev = { .type = RUNTIME_FAILED, .message = message, .at = time_now() };

	if (c->over)
		return;
	c->over = true;
	deliver(c, &ev);
}

/* Nobody has let it run its first instruction yet: the runtime takes the fifo away as it does. */
static bool not_started(const struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *fifo = xasprintf("%s/%s/exec.fifo", rt->root, id);

	return fs_exists(AT_FDCWD, fifo);
}

static void on_start_done(const struct proc_result *result, const struct err *err, void *arg)
{
	struct runtime_container *c = arg;
	struct runtime_event ev = { .type = RUNTIME_STARTED, .at = c->start_called };

	c->child = NULL;
	/* It fails too where a start that an agent before us had called came first: then it runs, or has run. */
	if ((err || result->status != 0) && not_started(c->rt, c->id)) {
		failed(c, err ? err_text(err) : result->errs.data);
		return;
	}
	c->started = true;
	deliver(c, &ev);
	end_deliver(c);
}

static void start_call(struct runtime_container *c)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", c->rt->root);
	const char *argv[] = { c->rt->program, root, "start", c->id, NULL };
	struct proc_spec spec = { .argv = argv };
	struct err err = { 0 };

	c->start_called = time_now();
	if (proc_start(c->rt->loop, &spec, on_start_done, c, &c->child, &err) < 0)
		failed(c, err_text(&err));
}

/* conmon's one line: {"data": PID} or {"data": -1, "message": "…"}. */
static void answer_take(struct runtime_container *c)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct value *v = NULL;
	int64_t pid;
	struct runtime_event ev = { .type = RUNTIME_CREATED, .conmon = c->conmon };

	if (c->answer.len == 0 || json_parse(a, c->answer.data, c->answer.len, &v, NULL) < 0) {
		failed(c, "conmon ended before it had created the container");
		return;
	}
	pid = value_get_int(v, "data", -1);
	if (pid <= 0) {
		failed(c, str_or_empty(value_get_string(v, "message")));
		return;
	}
	c->pid = ev.pid = (pid_t)pid;
	c->init_fd = pidfd_open(c->pid, 0);
	c->created = true;
	if (c->unwanted) {
		runtime_signal(c, SIGKILL);
		failed(c, "it was stopped before it had started");
		return;
	}
	/* Started first, told afterwards: what the owner writes down need not hold up the first instruction. */
	start_call(c);
	if (!c->over)
		deliver(c, &ev);
	if (!c->over && end_read(c))
		end_deliver(c);
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
	struct runtime_container *c, const struct runtime_spec *spec, int write_end, struct err *err)
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
	struct proc_fd fds[] = { { .from = write_end, .to = 3 } };
	struct proc_spec ps = { .argv = argv, .env = env, .cwd = bundle, .fds = fds, .fd_count = 1 };
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
	_cleanup_(freep) char *persist = path_of(rt, "persist", spec->id);
	struct runtime_container *c;
	int ends[2], r;

	if (mkdir(persist, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "making %s", persist);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, -errno, "making a pipe");
	c = container_new(rt, spec->id, fn, arg);
	c->pipe = ends[0];
	c->conmon_fd = r = conmon_spawn(c, spec, ends[1], err);
	close(ends[1]);
	if (r >= 0)
		r = loop_io(rt->loop, c->pipe, EPOLLIN, on_pipe, c, &c->pipe_source, err);
	if (r >= 0)
		r = loop_io(rt->loop, c->conmon_fd, EPOLLIN, on_conmon, c, &c->conmon_source, err);
	if (r < 0) {
		container_free(c);
		return err_wrap(err, r, "starting conmon");
	}
	*ret = c;
	return 0;
}

void runtime_signal(struct runtime_container *c, int signo)
{
	if (!c->created)
		c->unwanted = true;
	else if (c->init_fd >= 0)
		pidfd_send_signal(c->init_fd, signo, NULL, 0);
}

/* --- delete -------------------------------------------------------------------------------------------------------- */

static void traces_remove(struct runtime *rt, const char *id)
{
	static const char *const dirs[] = { "exits", "persist", "socks" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		_cleanup_(freep) char *path = path_of(rt, dirs[i], id);

		fs_remove_tree(AT_FDCWD, path, NULL);
	}
}

static void on_deleted(const struct proc_result *result, const struct err *err, void *arg)
{
	struct runtime_container *c = arg;
	struct runtime_event ev = { .type = RUNTIME_DELETED, .at = time_now() };

	(void)result;
	(void)err;
	c->child = NULL;
	traces_remove(c->rt, c->id);
	deliver(c, &ev);
	container_free(c);
}

void runtime_delete(struct runtime_container *c)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", c->rt->root);
	const char *argv[] = { c->rt->program, root, "delete", "--force", c->id, NULL };
	struct proc_spec spec = { .argv = argv };
	struct proc_result none = { 0 };
	struct err err = { 0 };

	/* Without --force where it has surely ended: no waiting in the runtime then. */
	if (c->has_end && !c->end.lost) {
		argv[3] = c->id;
		argv[4] = NULL;
	}
	c->child = proc_cancel(c->child);
	if (proc_start(c->rt->loop, &spec, on_deleted, c, &c->child, &err) < 0)
		on_deleted(&none, &err, c);
}

/* --- taking up what an earlier agent left ------------------------------------------------------------------------------ */

static pid_t pidfile_read(const struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *path = xasprintf("%s/bundles/%s/pidfile", rt->run_dir, id);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int64_t pid;

	if (fs_read(AT_FDCWD, path, 64, &text, NULL) < 0)
		return 0;
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		buf_truncate(&text, text.len - 1);
	return str_to_i64(text.data, &pid) < 0 ? 0 : (pid_t)pid;
}

static bool is_conmon(pid_t pid)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return fs_read(AT_FDCWD, path, 64, &text, NULL) == 0 && str_eq(text.data, "conmon\n");
}

/* Is NAME among PID's arguments? */
static bool has_argument(pid_t pid, const char *name)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (fs_read(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		return false;
	for (size_t i = 0; i < text.len; i += strlen(text.data + i) + 1)
		if (str_eq(text.data + i, name))
			return true;
	return false;
}

/* A conmon (or a runtime below it) that an agent which died had just started: it never got to start anything. */
static void leftovers_kill(const char *id)
{
	char **names = NULL;
	size_t count = 0;

	if (fs_list(AT_FDCWD, "/proc", &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		int64_t pid;

		if (str_to_i64(names[i], &pid) < 0 || !has_argument((pid_t)pid, id))
			continue;
		int fd = pidfd_open((pid_t)pid, 0);

		if (fd >= 0 && has_argument((pid_t)pid, id))
			pidfd_send_signal(fd, SIGKILL, NULL, 0);
		fd_close(fd);
	}
	fs_names_free(names, count);
}

static void remains_remove(struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *root = xasprintf("--root=%s", rt->root);
	const char *argv[] = { rt->program, root, "delete", "--force", id, NULL };
	struct proc_spec spec = { .argv = argv, .timeout = 10 * NSEC_PER_SEC };
	struct proc_result result = { 0 };

	leftovers_kill(id);
	if (proc_run(&spec, &result, NULL) == 0)
		proc_result_done(&result);
	traces_remove(rt, id);
}

/* The init process of ID, if it is still the one we mean. */
static bool init_take(struct runtime_container *c, struct runtime_known *known)
{
	pid_t parent = 0;
	int64_t start;
	bool zombie;

	if (known->pid <= 0)
		known->pid = pidfile_read(c->rt, c->id);
	if (known->pid <= 0)
		return false;
	c->init_fd = pidfd_open(known->pid, 0);
	if (c->init_fd < 0 || process_stat(known->pid, &parent, &start, &zombie) < 0 || zombie ||
		(known->pid_start > 0 && known->pid_start != start)) {
		c->init_fd = fd_close(c->init_fd);
		return false;
	}
	c->pid = known->pid;
	known->pid_start = start;
	c->created = true;
	c->conmon = is_conmon(parent) && has_argument(parent, c->id) ? parent : 0;
	return true;
}

enum runtime_found runtime_adopt(struct runtime *rt, const char *id, struct runtime_known *known,
	runtime_fn fn, void *arg, struct runtime_container **ret, pid_t *ret_conmon)
{
	struct runtime_container *c = container_new(rt, id, fn, arg);
	enum runtime_found found = RUNTIME_FOUND_RUNNING;
	bool alive, created;

	*ret = NULL;
	*ret_conmon = 0;
	alive = init_take(c, known);
	created = alive && not_started(rt, id);
	if (!alive && end_read(c))
		found = RUNTIME_FOUND_ENDED;
	else if (!alive || (created && c->conmon <= 0)) {
		/* Nothing, or half-made: conmon was not done with it. */
		container_free(c);
		remains_remove(rt, id);
		return RUNTIME_FOUND_NOTHING;
	}
	c->conmon_fd = c->conmon > 0 ? pidfd_open(c->conmon, 0) : -1;
	*ret = c;
	*ret_conmon = c->conmon;
	if (c->conmon_fd >= 0)
		loop_io(rt->loop, c->conmon_fd, EPOLLIN, on_conmon, c, &c->conmon_source, NULL);
	if (found == RUNTIME_FOUND_ENDED || c->conmon_fd < 0) {
		if (found != RUNTIME_FOUND_ENDED)
			conmon_ended(c);
		else
			end_later(c);
	} else if (created) {
		found = RUNTIME_FOUND_CREATED;
		start_call(c);
	} else
		c->started = true;
	return found;
}

/* --- open and close ---------------------------------------------------------------------------------------------------- */

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
		container_free(c);
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
