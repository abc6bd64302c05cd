/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* build/sim: runs of the whole reconciler against simulated nodes, in virtual time. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sim/measure.h"
#include "tests/sim/mutants.h"
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
	double hours;
	unsigned mutant;
	bool trace, shrink, mutants;
};

static void print_usage(FILE *to)
{
	fputs(usage_text, to);
	fputs("faults:", to);
	for (unsigned i = 0; i < FAULT_COUNT; i++)
		if (i != SCRIPT_COMMIT)
			fprintf(to, " %s", fault_names[i]);
	fputc('\n', to);
}

static _Noreturn void usage(void)
{
	print_usage(stderr);
	exit(2);
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
	unsigned *caught = arg;

	if (!r->rule)
		return true;
	*caught = (unsigned)seed;
	printf("seed %u: %s\n", *caught, r->rule);
	return false;
}

static int run_mutants(const struct options *o)
{
	unsigned passed = 0, failed = 0;

	for (unsigned i = 0; mutants[i].number > 0; i++) {
		unsigned caught = 0;

		mutant_choose(mutants[i].number);
		printf("mutant %u, %s: ", mutants[i].number, mutants[i].what);
		pool_run(&o->pool, o->seed, MUTANT_SEEDS, until_caught, &caught);
		if (caught == 0)
			puts("NOT CAUGHT");
		*(caught ? &passed : &failed) += 1;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 ? 1 : 0;
}

/* --- options -------------------------------------------------------------------------------------------------- */

static const struct option longs[] = { { "seed", 1, NULL, 's' }, { "seeds", 1, NULL, 'S' },
	{ "nodes", 1, NULL, 'n' }, { "hours", 1, NULL, 'h' }, { "pods", 1, NULL, 'p' },
	{ "faults", 1, NULL, 'f' }, { "trace", 0, NULL, 't' }, { "wire", 0, NULL, 'w' },
	{ "same", 1, NULL, 'e' }, { "mutant", 1, NULL, 'm' }, { "mutants", 0, NULL, 'M' },
	{ "shrink", 0, NULL, 'k' }, { "jobs", 1, NULL, 'j' }, { "help", 0, NULL, 'H' },
	{ NULL, 0, NULL, 0 } };

static uint64_t number(const char *text)
{
	int64_t n;

	if (str_to_i64(text, &n) < 0 || n < 0)
		usage();
	return (uint64_t)n;
}

static void take(struct options *o, int option)
{
	switch (option) {
	case 's':
		o->seed = number(optarg);
		break;
	case 'S':
		o->seeds = number(optarg);
		break;
	case 'n':
		o->pool.script.nodes = (unsigned)number(optarg);
		break;
	case 'h':
		o->hours = strtod(optarg, NULL);
		break;
	case 'p':
		o->pool.script.pods = (unsigned)number(optarg);
		break;
	case 'f':
		if (!faults_parse(optarg, &o->pool.script.faults))
			usage();
		break;
	case 't':
		o->trace = true;
		break;
	case 'w':
		o->pool.run.sim.wire = true;
		break;
	case 'e':
		o->pool.run.sim.same_every = (unsigned)number(optarg);
		break;
	case 'm':
		o->mutant = (unsigned)number(optarg);
		break;
	case 'M':
		o->mutants = true;
		break;
	case 'k':
		o->shrink = true;
		break;
	case 'j':
		o->pool.jobs = (unsigned)number(optarg);
		break;
	case 'H':
		print_usage(stdout);
		exit(0);
	default:
		usage();
	}
}

static void parse(int argc, char **argv, struct options *o)
{
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;)
		take(o, c);
	if (optind < argc || o->pool.script.nodes == 0 || o->pool.jobs == 0 || o->hours <= 0 ||
		!mutant_choose(o->mutant))
		usage();
	o->pool.script.length = o->pool.run.sim.length = (nsec_t)(o->hours * 3600) * NSEC_PER_SEC;
	/* A DaemonSet that the last commit changes rolls its nodes one after the other. */
	if (o->pool.script.nodes > 15)
		o->pool.run.sim.settle += (nsec_t)o->pool.script.nodes * 120 * NSEC_PER_SEC;
}

int main(int argc, char **argv)
{
	struct options o = {
		.seed = 1,
		.seeds = 1,
		.hours = 1,
		.pool = {
			.jobs = 2,
			.script = { .nodes = 4, .faults = FAULTS_ALL },
			.run = { .compare = true,
				.sim = { .settle = 3600 * NSEC_PER_SEC, .oracle = true, .same_every = 50 } },
		},
	};

	parse(argc, argv, &o);
	if (o.pool.script.pods >= MEASURED)
		return measure(o.pool.script.nodes, o.pool.script.pods);
	if (o.mutants)
		return run_mutants(&o);
	if (o.trace && !o.shrink)
		return run_traced(&o);
	return run_seeds(&o);
}
