/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/sim/pool.h"

#include <stdlib.h>

#include "lib/base/mem.h"

struct run_settings pool_seed(const struct pool_settings *o, uint64_t seed, struct script *ret)
{
	struct run_settings r = o->run;
	struct script_options so = o->script;

	so.seed = r.sim.seed = seed;
	/* The messages' JSON has tests of its own: now and then is enough. */
	r.sim.wire |= seed % 8 == 0;
	script_draw(ret, &so);
	return r;
}

static struct run_child start(const struct pool_settings *o, uint64_t seed)
{
	struct script script;
	struct run_settings r = pool_seed(o, seed, &script);
	struct run_child c = run_start(&r, &script);

	script_done(&script);
	return c;
}

void pool_run(const struct pool_settings *o, uint64_t first, uint64_t seeds,
	bool (*fn)(uint64_t seed, const struct sim_result *result, void *arg), void *arg)
{
	struct run_child *running = xcalloc(o->jobs, sizeof(running[0]));
	uint64_t started = 0, done = 0;
	struct sim_result *result = xcalloc(1, sizeof(*result));
	bool goes_on = true;

	while (done < started || (goes_on && started < seeds)) {
		while (goes_on && started < seeds && started - done < o->jobs) {
			running[started % o->jobs] = start(o, first + started);
			started++;
		}
		run_wait(&running[done % o->jobs], result);
		if (goes_on)
			goes_on = fn(first + done, result, arg);
		done++;
	}
	free(result);
	free(running);
}
