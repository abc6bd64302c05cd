/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* build/sim: runs of the whole reconciler against simulated nodes, in virtual time. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "tests/share/mutants.h"
#include "tests/share/options.h"
#include "tests/sim/measure.h"
#include "tests/sim/pool.h"
#include "tests/sim/shrink.h"

enum {
	MEASURED = 1000,   /* pods, from which on passes are measured, and nothing goes wrong */
	MUTANT_SEEDS = 50, /* within which a mutant must be caught */
	SHRINK_RUNS = 1000,
	FAILURES_SHOWN = 10, /* in full */
};

static const char usage_text[] =
	"usage: sim [OPTION…]\n"
	"  --seed N     the first seed (1)\n"
	"  --seeds N    how many (1)\n"
	"  --nodes N    nodes (4)\n"
	"  --hours H    virtual time in which something happens; an hour of rest follows, more with many "
	"nodes (1)\n"
	"  --pods N     about so many pods (a few apps); from 1000 on: measures passes instead\n"
	"  --faults L   what may go wrong, a list of names, \"none\" or \"all\" (all)\n"
	"  --trace      prints every decision and every message, a line each\n"
	"  --shrink     prints the shortest script that still breaks the rule\n"
	"  --mutant N   with a known bug built in; --mutants: all of them, each to be caught within 50 "
	"seeds\n"
	"  --same N     compares one pass in N with one over everything (50; 0: none)\n"
	"  --wire       all messages go through their JSON (else: those of one seed in eight)\n"
	"  --jobs N     runs at once (2)\n"
	"  --help       says this\n";

struct options {
	struct pool_settings pool;
	uint64_t seed, seeds;
	unsigned mutant;
	bool trace, shrink, mutants, help;
};

/* Returns STATUS. */
static int usage(FILE *to, int status)
{
	fputs(usage_text, to);
	fputs("faults:", to);
	for (unsigned i = 0; i < FAULT_COUNT; i++)
		if (i != SCRIPT_COMMIT)
			fprintf(to, " %s", fault_names[i]);
	fputc('\n', to);
	return status;
}

/* --- what came of a seed --------------------------------------------------------------------------------- */

static void say_broken(uint64_t seed, const struct sim_result *r)
{
	printf("seed %llu: %s is broken at %.3f s: %s\n", (unsigned long long)seed, r->rule,
		(double)r->at / (double)NSEC_PER_SEC, r->text);
}

static void print_script(const struct script *script)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < script->count; i++) {
		buf_clear(&text);
		script_event_format(&script->events[i], &text);
		printf("  %s\n", text.data);
	}
	buf_done(&text);
}

static void say_shortest(const struct options *o, uint64_t seed, const char *rule)
{
	struct script script;
	struct run_settings settings = pool_seed(&o->pool, seed, &script);
	unsigned runs = shrink(&settings, &script, rule, SHRINK_RUNS);
	struct sim_result *result = xcalloc(1, sizeof(*result));

	run_apart(&settings, &script, result);
	printf("seed %llu, the shortest script that breaks %s (%u runs):\n", (unsigned long long)seed, rule,
		runs);
	print_script(&script);
	say_broken(seed, result);
	settings.sim.trace = stdout;
	*result = (struct sim_result){ 0 };
	if (o->trace)
		run_script(&settings, &script, result);
	free(result);
	script_done(&script);
}

struct tally {
	const struct options *o;
	uint64_t passed, failed;
	unsigned long passes, letters, starts;
};

static bool count_seed(uint64_t seed, const struct sim_result *r, void *arg)
{
	struct tally *t = arg;

	t->passes += r->passes;
	t->letters += r->letters;
	t->starts += r->starts;
	if (!r->rule) {
		t->passed++;
		return true;
	}
	say_broken(seed, r);
	if (++t->failed <= FAILURES_SHOWN && t->o->shrink)
		say_shortest(t->o, seed, r->rule);
	return true;
}

static int run_seeds(const struct options *o)
{
	struct tally t = { .o = o };

	pool_run(&o->pool, o->seed, o->seeds, count_seed, &t);
	printf("%lu passes, %lu letters, %lu pods started\n", t.passes, t.letters, t.starts);
	printf("%llu passed, %llu failed\n", (unsigned long long)t.passed, (unsigned long long)t.failed);
	return t.failed > 0 ? 1 : 0;
}

static int run_traced(const struct options *o)
{
	struct script script;
	struct run_settings settings = pool_seed(&o->pool, o->seed, &script);
	struct sim_result *result = xcalloc(1, sizeof(*result));
	bool broken;

	settings.sim.trace = stdout;
	run_script(&settings, &script, result);
	broken = result->rule != NULL;
	if (broken)
		say_broken(o->seed, result);
	free(result);
	script_done(&script);
	return broken ? 1 : 0;
}

/* --- mutants ------------------------------------------------------------------------------------------------ */

static bool until_caught(uint64_t seed, const struct sim_result *r, void *arg)
{
	if (!r->rule)
		return true;
	*(bool *)arg = true;
	printf("seed %llu: %s\n", (unsigned long long)seed, r->rule);
	return false;
}

static bool caught(void *arg)
{
	const struct options *o = arg;
	struct pool_settings rare = o->pool;
	bool is = false;

	pool_run(&o->pool, o->seed, MUTANT_SEEDS, until_caught, &is);
	/* Or only by what is in few runs. */
	rare.script.certain = 1U << SCRIPT_RESTORE;
	if (!is)
		pool_run(&rare, o->seed, MUTANT_SEEDS, until_caught, &is);
	return is;
}

/* --- options -------------------------------------------------------------------------------------------------- */

static bool parse(int argc, char **argv, struct options *o)
{
	const char *hours = "1", *faults = "all";
	struct script_options *script = &o->pool.script;
	struct sim_settings *sim = &o->pool.run.sim;
	const struct option_row rows[] = {
		{ "seed", OPTION_NUMBER, &o->seed },
		{ "seeds", OPTION_NUMBER, &o->seeds },
		{ "nodes", OPTION_COUNT, &script->nodes },
		{ "hours", OPTION_TEXT, &hours },
		{ "pods", OPTION_COUNT, &script->pods },
		{ "faults", OPTION_TEXT, &faults },
		{ "trace", OPTION_FLAG, &o->trace },
		{ "shrink", OPTION_FLAG, &o->shrink },
		{ "mutant", OPTION_COUNT, &o->mutant },
		{ "mutants", OPTION_FLAG, &o->mutants },
		{ "same", OPTION_COUNT, &sim->same_every },
		{ "wire", OPTION_FLAG, &sim->wire },
		{ "jobs", OPTION_COUNT, &o->pool.jobs },
		{ "help", OPTION_FLAG, &o->help },
	};

	if (!options_take(argc, argv, rows, ARRAY_LEN(rows)) || !faults_parse(faults, &script->faults) ||
		script->nodes == 0 || o->pool.jobs == 0 || !mutant_choose(o->mutant))
		return false;
	script->length = sim->length = (nsec_t)(strtod(hours, NULL) * 3600) * NSEC_PER_SEC;
	/* A DaemonSet that the last commit changes rolls its nodes one after the other. */
	if (script->nodes > 15)
		sim->settle += (nsec_t)script->nodes * 120 * NSEC_PER_SEC;
	return sim->length > 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.seed = 1,
		.seeds = 1,
		.pool = {
			.jobs = 2,
			.script = { .nodes = 4 },
			.run = { .compare = true,
				.sim = { .settle = 3600 * NSEC_PER_SEC, .oracle = true, .same_every = 50 } },
		},
	};

	if (!parse(argc, argv, &o))
		return usage(stderr, 2);
	if (o.help)
		return usage(stdout, 0);
	if (o.pool.script.pods >= MEASURED)
		return measure(o.pool.script.nodes, o.pool.script.pods);
	if (o.mutants)
		return mutants_run(caught, &o);
	if (o.trace && !o.shrink)
		return run_traced(&o);
	return run_seeds(&o);
}
