/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/measure.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/sim/host.h"
#include "tests/sim/sim.h"

enum { EACH = 30, ROLLED = 100 };
#define SECONDS(n) ((n)*NSEC_PER_SEC)

/* --- the script: everything at once, and after two minutes another version of the first Deployment ------------ */

static void add(struct script *s, nsec_t at, unsigned index, const struct app *app)
{
	s->events = grow(s->events, &s->cap, s->count + 1, sizeof(s->events[0]));
	s->events[s->count++] = (struct script_event){
		.at = at, .type = SCRIPT_COMMIT, .change = { index, *app }
	};
}

static void write_script(struct script *s, unsigned nodes, unsigned pods)
{
	unsigned deployments = pods > ROLLED ? 1 + (pods - ROLLED + EACH - 1) / EACH : 1;
	struct app node = { .kind = APP_NODE, .there = true };
	struct app web = { .kind = APP_DEPLOYMENT,
		.there = true,
		.version = 1,
		.work = { .mode = WORK_READY, .a = 2 },
		.replicas = ROLLED,
		.surge = 25,
		.unavailable = 25,
		.percent = true,
		.deadline = 600,
		.history = 2,
		.grace = 5,
		.config = -1 };

	*s = (struct script){ .app_count = nodes + deployments, .node_count = nodes };
	for (unsigned i = 0; i < nodes; i++)
		add(s, 0, i, &node);
	for (unsigned i = 0; i < deployments; i++) {
		add(s, 0, nodes + i, &web);
		web.replicas = EACH;
	}
	web.replicas = ROLLED;
	web.version = 2;
	add(s, SECONDS(120), nodes, &web);
}

/* --- times ------------------------------------------------------------------------------------------------------- */

static nsec_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static int by_length(const void *a, const void *b)
{
	nsec_t x = *(const nsec_t *)a, y = *(const nsec_t *)b;

	return x < y ? -1 : x > y;
}

static double ms(nsec_t t)
{
	return (double)t / (double)NSEC_PER_MSEC;
}

static void print_passes(const char *what, nsec_t *times, size_t count)
{
	if (count == 0)
		return;
	qsort(times, count, sizeof(times[0]), by_length);
	printf("%-28s %6zu passes, median %.3f ms, p99 %.3f ms, max %.3f ms\n", what, count,
		ms(times[count / 2]), ms(times[count * 99 / 100]), ms(times[count - 1]));
}

/* --- in a child, which has a copy of everything ---------------------------------------------------------------------- */

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void full_pass(struct sim *s, struct host *h)
{
	const struct pass_input in = { .now = s->now,
		.version = h->tree.next_version,
		.before = h->commit->snapshot,
		.everything = true };
	nsec_t start = clock_now();

	pass_run(&h->world, &in, &h->plan);
	printf("%-28s %.1f ms\n", "a pass over everything", ms(clock_now() - start));
}

/* A world of its own from the tree, that has taken its commit. */
static void reload(struct sim *s, struct host *h)
{
	struct host fresh = { .links = h->links, .tree = h->tree, .term = h->term };
	size_t before = allocated(), after;
	nsec_t start = clock_now();
	const struct pass_input in = {
		.now = s->now, .version = h->tree.next_version, .snapshot = h->commit->snapshot
	};

	host_load(s, &fresh);
	printf("%-28s %.1f ms\n", "loading the tree", ms(clock_now() - start));
	start = clock_now();
	pass_run(&fresh.world, &in, &fresh.plan);
	printf("%-28s %.1f ms\n", "the first pass after that", ms(clock_now() - start));
	plan_done(&fresh.plan);
	world_sweep(&fresh.world);
	after = allocated();
	printf("%-28s %.1f MiB, %.0f bytes a pod, nodes and Deployments included\n", "the world's memory",
		(double)(after - before) / (1 << 20),
		(double)(after - before) / (double)fresh.world.counts[KIND_POD]);
}

static void apart(struct sim *s, struct host *h, void (*fn)(struct sim *s, struct host *h))
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn(s, h);
		fflush(NULL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

int measure(unsigned nodes, unsigned pods)
{
	const struct sim_settings settings = { .seed = 1, .length = SECONDS(300) };
	struct sim_result result = { .pass_times = xcalloc(1, sizeof(nsec_t)) };
	unsigned long before;
	struct script script;
	struct sim s;
	nsec_t start = clock_now();

	write_script(&script, nodes, pods);
	sim_init(&s, &settings, &script, &result);
	sim_run_until(&s, SIM_START + SECONDS(119));
	printf("%u nodes, %zu pods up after %.1f s of real time\n", nodes, s.hosts[0]->world.counts[KIND_POD],
		(double)(clock_now() - start) / (double)NSEC_PER_SEC);
	before = result.passes;
	sim_run_until(&s, SIM_START + settings.length);
	print_passes("rolling out one Deployment", result.pass_times + before, result.passes - before);
	print_passes("bringing all of them up", result.pass_times, before);
	apart(&s, s.hosts[0], full_pass);
	apart(&s, s.hosts[0], reload);
	sim_done(&s);
	script_done(&script);
	free(result.pass_times);
	return 0;
}
