/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/run.h"

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
	size_t x, y;

	for (;; a += x + (a[x] == '\n'), b += y + (b[y] == '\n')) {
		x = strcspn(a, "\n");
		y = strcspn(b, "\n");
		if (x != y || memcmp(a, b, x) != 0 || x == 0)
			break;
	}
	ret->rule = "end-state";
	snprintf(ret->text, sizeof(ret->text), "\n  with faults    %.*s\n  without faults %.*s",
		(int)(x < 4000 ? x : 4000), a, (int)(y < 4000 ? y : 4000), b);
}

void run_script(const struct run_settings *o, const struct script *script, struct sim_result *ret)
{
	struct buf with = BUF_INIT, without = BUF_INIT;
	struct sim_settings plain = o->sim;
	struct sim_result second = { 0 };
	struct script commits;

	play(&o->sim, script, ret, o->compare ? &with : NULL);
	if (o->compare && !ret->rule) {
		plain.same_every = 0;
		plain.trace = NULL;
		script_copy_commits(&commits, script);
		play(&plain, &commits, &second, &without);
		if (second.rule) {
			ret->rule = second.rule;
			memcpy(ret->text, second.text, sizeof(ret->text));
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
static void write_result(int fd, const struct sim_result *r)
{
	if (write(fd, r, sizeof(*r)) != sizeof(*r))
		_exit(1);
}

void run_apart(const struct run_settings *o, const struct script *script, struct sim_result *ret)
{
	struct run_settings mine = *o;
	int fds[2], status;
	pid_t pid;
	ssize_t n;

	if (pipe(fds) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		struct sim_result r = { 0 };

		mine.sim.trace = NULL;
		run_script(&mine, script, &r);
		write_result(fds[1], &r);
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], ret, sizeof(*ret));
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid || n != sizeof(*ret)) {
		*ret = (struct sim_result){ .rule = "died" };
		snprintf(ret->text, sizeof(ret->text), "the run died of signal %d",
			WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
}
