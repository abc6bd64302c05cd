/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "tests/sim/oracle.h"

static void play(const struct sim_settings *o, const struct script *script, struct sim_result *result,
	struct buf *normal)
{
	struct sim s;

	sim_init(&s, o, script, result);
	sim_run(&s);
	if (normal && !result->rule)
		oracle_normal(&s, normal);
	sim_done(&s);
}

/* The first line that is in only one of two sorted lists. */
static void say_difference(const char *a, const char *b, struct sim_result *ret)
{
	size_t x, y, at = 0, path;

	for (;; a += x + (a[x] == '\n'), b += y + (b[y] == '\n')) {
		x = strcspn(a, "\n");
		y = strcspn(b, "\n");
		if (x != y || memcmp(a, b, x) != 0 || x == 0)
			break;
	}
	/* From a little before where they part. */
	while (at < x && at < y && a[at] == b[at])
		at++;
	at = at > 60 ? at - 60 : 0;
	path = strcspn(a, " ");
	ret->rule = "end-state";
	snprintf(ret->text, sizeof(ret->text), "%.*s\n  with faults    …%.300s\n  without faults …%.300s",
		(int)(path < 200 ? path : 200), a, a + at, b + at);
}

/* Then the commits are not all that the tree is made of. */
static bool loses_tree(const struct script *script)
{
	for (size_t i = 0; i < script->count; i++)
		if (script->events[i].type == SCRIPT_RESTORE)
			return true;
	return false;
}

void run_script(const struct run_settings *o, const struct script *script, struct sim_result *ret)
{
	struct buf with = BUF_INIT, without = BUF_INIT;
	struct sim_settings plain = o->sim;
	struct sim_result second = { 0 };
	struct script commits;

	play(&o->sim, script, ret, o->compare ? &with : NULL);
	if (o->compare && !ret->rule && !loses_tree(script)) {
		plain.same_every = 0;
		plain.trace = NULL;
		script_copy_commits(&commits, script);
		play(&plain, &commits, &second, &without);
		if (second.rule) {
			ret->rule = second.rule;
			ret->at = second.at;
			snprintf(ret->text, sizeof(ret->text), "without faults, %.2000s", second.text);
		} else if (!str_eq(with.data, without.data)) {
			say_difference(with.data, without.data, ret);
			ret->at = o->sim.length + o->sim.settle;
		}
		script_done(&commits);
	}
	buf_done(&with);
	buf_done(&without);
}

/* --- in a child ------------------------------------------------------------------------------------------- */

/* What crosses the pipe: the rule is a constant, and fork keeps its address. */
static _Noreturn void child(const struct run_settings *o, const struct script *script, int fd)
{
	struct run_settings mine = *o;
	struct sim_result r = { 0 };

	mine.sim.trace = NULL;
	run_script(&mine, script, &r);
	_exit(write(fd, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

struct run_child run_start(const struct run_settings *o, const struct script *script)
{
	struct run_child c;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	fflush(NULL);
	c.pid = fork();
	if (c.pid < 0)
		abort();
	if (c.pid == 0)
		child(o, script, fds[1]);
	close(fds[1]);
	c.fd = fds[0];
	return c;
}

void run_wait(struct run_child *c, struct sim_result *ret)
{
	size_t got = 0;
	ssize_t n;
	int status;

	while (got < sizeof(*ret) && (n = read(c->fd, (char *)ret + got, sizeof(*ret) - got)) > 0)
		got += (size_t)n;
	close(c->fd);
	if (waitpid(c->pid, &status, 0) == c->pid && got == sizeof(*ret))
		return;
	*ret = (struct sim_result){ .rule = "died" };
	snprintf(ret->text, sizeof(ret->text), "the run died of signal %d",
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

void run_apart(const struct run_settings *o, const struct script *script, struct sim_result *ret)
{
	struct run_child c = run_start(o, script);

	run_wait(&c, ret);
}
