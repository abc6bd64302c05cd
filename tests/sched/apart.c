/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sched/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		mem_exhausted();
	return p;
}

static pid_t child(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

static void say_crash(struct trial_result *r, int status)
{
	snprintf(r->rule, sizeof(r->rule), "crash");
	snprintf(r->text, sizeof(r->text), "signal %d, exit status %d",
		WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

void apart_run(const struct script *s, struct trial_result *ret)
{
	struct trial_result *r = shared(sizeof(*r));
	pid_t pid = child();
	int status;

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		trial_run(s, NULL, r);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret = *r;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		say_crash(ret, status);
	munmap(r, sizeof(*r));
}

/* --- many ---------------------------------------------------------------------------------------------------------- */

/* One job's: what it is at, and what it found. It ends with the first seed that breaks a rule. */
struct worker {
	pid_t pid;
	uint64_t seed; /* at which it is */
	struct trial_result result;
	struct apart_tally tally;
};

static void add(struct apart_tally *t, const struct trial_result *r)
{
	t->trials++;
	t->placed += r->placed;
	t->nominated += r->nominated;
	t->nowhere += r->nowhere;
	t->waits += r->waits;
	t->victims += r->victims;
	t->gangs += r->gangs;
}

static _Noreturn void work(struct worker *j, uint64_t end, uint32_t features, unsigned step)
{
	for (; j->seed < end; j->seed += step) {
		struct script s;

		script_make(&s, j->seed, features);
		trial_run(&s, NULL, &j->result);
		script_done(&s);
		if (j->result.rule[0])
			_exit(0);
		add(&j->tally, &j->result);
	}
	_exit(0);
}

static void start(struct worker *j, uint64_t end, uint32_t features, unsigned step)
{
	pid_t pid;

	j->result.rule[0] = '\0';
	pid = child();
	if (pid == 0)
		work(j, end, features, step);
	j->pid = pid;
}

static struct worker *job_of(struct worker *jobs, unsigned count, pid_t pid)
{
	for (unsigned i = 0; i < count; i++)
		if (jobs[i].pid == pid)
			return &jobs[i];
	return NULL;
}

static void sum(const struct worker *jobs, unsigned count, struct apart_tally *ret)
{
	for (unsigned i = 0; i < count; i++) {
		const struct apart_tally *t = &jobs[i].tally;

		ret->trials += t->trials;
		ret->placed += t->placed;
		ret->nominated += t->nominated;
		ret->nowhere += t->nowhere;
		ret->waits += t->waits;
		ret->victims += t->victims;
		ret->gangs += t->gangs;
	}
}

void apart_seeds(uint64_t first, uint64_t count, uint32_t features, unsigned jobs,
	bool (*broken)(uint64_t seed, const struct trial_result *r, void *arg), void *arg,
	struct apart_tally *ret)
{
	struct worker *all = shared(jobs * sizeof(*all));
	unsigned running = jobs;
	bool go_on = true;

	*ret = (struct apart_tally){ 0 };
	for (unsigned i = 0; i < jobs; i++) {
		all[i].seed = first + i;
		start(&all[i], first + count, features, jobs);
	}
	while (running > 0) {
		int status;
		pid_t pid = wait(&status);
		struct worker *j = job_of(all, jobs, pid);

		if (pid < 0 && errno != EINTR)
			break;
		if (!j)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			say_crash(&j->result, status);
		running--;
		if (j->seed >= first + count)
			continue;
		if (go_on && j->result.rule[0]) {
			ret->broken++;
			ret->trials++;
			go_on = broken(j->seed, &j->result, arg);
		}
		j->seed += jobs;
		if (go_on && j->seed < first + count) {
			start(j, first + count, features, jobs);
			running++;
		}
	}
	sum(all, jobs, ret);
	munmap(all, jobs * sizeof(*all));
}
