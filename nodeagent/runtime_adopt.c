/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Taking up what an earlier agent left: its containers as they stand, or what is left of half-made ones. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "nodeagent/runtime_private.h"

enum { KILL_ROUNDS = 20, KILL_WAIT_MS = 1000 };

static pid_t pidfile_read(const struct runtime *rt, const char *id)
{
	_cleanup_(freep) char *path = xasprintf("%s/bundles/%s/pidfile", rt->run_dir, id);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	int64_t pid;

	if (fs_read(AT_FDCWD, path, 64, &text, NULL) < 0)
		return 0;
	return runtime_text_number(text.data, &pid) < 0 ? 0 : (pid_t)pid;
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

/* Kills what has ID among its arguments, and waits until it is gone. Returns how many there were. */
static size_t leftovers_kill_once(const char *id)
{
	char **names = NULL;
	size_t count = 0, killed = 0;

	if (fs_list(AT_FDCWD, "/proc", &names, &count, NULL) < 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int64_t pid;

		if (str_to_i64(names[i], &pid) < 0 || !has_argument((pid_t)pid, id))
			continue;
		int fd = pidfd_open((pid_t)pid, 0);

		if (fd >= 0 && has_argument((pid_t)pid, id) && pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0) {
			struct pollfd gone = { .fd = fd, .events = POLLIN };

			poll(&gone, 1, KILL_WAIT_MS);
			killed++;
		}
		fd_close(fd);
	}
	fs_names_free(names, count);
	return killed;
}

/*
 * A conmon (or a runtime below it) that an agent which died had just started: it never got to start anything. Looked
 * for until there is none, for one that is killed may just have made another.
 */
static void leftovers_kill(const char *id)
{
	for (unsigned i = 0; i < KILL_ROUNDS && leftovers_kill_once(id) > 0; i++)
		continue;
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
	runtime_traces_remove(rt, id);
}

/* The init process of ID, if it is still the one we mean. */
static bool init_take(struct runtime_container *c, struct runtime_known *known)
{
	struct runtime_stat st;

	if (known->pid <= 0)
		known->pid = pidfile_read(c->rt, c->id);
	if (known->pid <= 0)
		return false;
	c->init_fd = pidfd_open(known->pid, 0);
	if (c->init_fd < 0 || runtime_process_stat(known->pid, &st) < 0 || st.zombie ||
		(known->pid_start > 0 && known->pid_start != st.start)) {
		c->init_fd = fd_close(c->init_fd);
		return false;
	}
	c->pid = known->pid;
	known->pid_start = st.start;
	c->created = true;
	c->conmon = is_conmon(st.parent) && has_argument(st.parent, c->id) ? st.parent : 0;
	return true;
}

/*
 * Is conmon's call of the runtime still under way? Its container must not be started then: the runtime, which is not
 * done with it, would fail, and conmon end.
 */
static bool being_created(const struct runtime_container *c)
{
	char **names = NULL;
	size_t count = 0;
	bool found = false;

	if (fs_list(AT_FDCWD, "/proc", &names, &count, NULL) < 0)
		return true;
	for (size_t i = 0; i < count && !found; i++) {
		int64_t pid;

		found = str_to_i64(names[i], &pid) == 0 && pid != c->pid && pid != c->conmon &&
			has_argument((pid_t)pid, c->id);
	}
	fs_names_free(names, count);
	return found;
}

enum runtime_found runtime_adopt(struct runtime *rt, const char *id, struct runtime_known *known,
	runtime_fn fn, void *arg, struct runtime_container **ret, pid_t *ret_conmon)
{
	struct runtime_container *c = runtime_container_new(rt, id, fn, arg);
	enum runtime_found found = RUNTIME_FOUND_RUNNING;
	bool alive, created;

	*ret = NULL;
	*ret_conmon = 0;
	alive = init_take(c, known);
	created = alive && runtime_not_started(rt, id);
	if (!alive && runtime_end_read(c))
		found = RUNTIME_FOUND_ENDED;
	else if (!alive || (created && (c->conmon <= 0 || being_created(c)))) {
		/* Nothing, or half-made: conmon was not done with it. */
		runtime_container_free(c);
		remains_remove(rt, id);
		return RUNTIME_FOUND_NOTHING;
	}
	c->conmon_fd = c->conmon > 0 ? pidfd_open(c->conmon, 0) : -1;
	*ret = c;
	*ret_conmon = c->conmon;
	if (c->conmon_fd >= 0)
		runtime_conmon_watch(c, NULL);
	if (found == RUNTIME_FOUND_ENDED || c->conmon_fd < 0) {
		if (found != RUNTIME_FOUND_ENDED)
			runtime_conmon_ended(c);
		else
			runtime_deliver_later(c);
	} else if (created) {
		found = RUNTIME_FOUND_CREATED;
		runtime_start_call(c);
	} else
		c->started = true;
	return found;
}
