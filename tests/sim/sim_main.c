/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * build/sim: runs of the whole reconciler against simulated nodes, in virtual time.
 *
 *   build/sim [--seed N] [--seeds N] [--nodes N] [--hours H] [--pods N] [--faults LIST|none|all] [--trace]
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "tests/sim/measure.h"
#include "tests/sim/run.h"

enum { MEASURED = 1000 /* pods, from which on passes are measured, and nothing goes wrong */ };

struct options {
	uint64_t seed, seeds;
	unsigned nodes, pods;
	double hours;
	uint32_t faults;
	bool trace, wire;
	unsigned same_every;
};

static struct run_settings settings_of(const struct options *o, uint64_t seed)
{
	struct run_settings r = { .compare = true };

	r.sim = (struct sim_settings){ .seed = seed,
		.length = (nsec_t)(o->hours * 3600) * NSEC_PER_SEC,
		.settle = 3600 * NSEC_PER_SEC,
		.oracle = true,
		.wire = o->wire || seed % 8 == 0,
		.same_every = o->same_every };
	return r;
}

static int run_seed(const struct options *o, uint64_t seed)
{
	struct run_settings settings = settings_of(o, seed);
	const struct script_options so = { .seed = seed,
		.nodes = o->nodes,
		.pods = o->pods,
		.length = settings.sim.length,
		.faults = o->faults };
	struct sim_result result = { 0 };
	struct script script;

	script_draw(&script, &so);
	settings.sim.trace = o->trace ? stdout : NULL;
	if (o->trace)
		run_script(&settings, &script, &result);
	else
		run_apart(&settings, &script, &result);
	if (result.rule)
		printf("seed %llu: %s is broken at %.3f s: %s\n", (unsigned long long)seed, result.rule,
			(double)result.at / (double)NSEC_PER_SEC, result.text);
	else if (o->seeds == 1)
		printf("seed %llu: %lu passes, %lu letters, %lu pods started, %lu events\n",
			(unsigned long long)seed, result.passes, result.letters, result.starts,
			result.events);
	script_done(&script);
	return result.rule ? 1 : 0;
}

static void usage(void)
{
	fputs("usage: sim [--seed N] [--seeds N] [--nodes N] [--hours H] [--pods N] [--faults LIST|none|all] "
	      "[--trace] [--wire] [--same N]\n",
		stderr);
	exit(2);
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "seed", 1, NULL, 's' }, { "seeds", 1, NULL, 'S' },
		{ "nodes", 1, NULL, 'n' }, { "hours", 1, NULL, 'h' }, { "pods", 1, NULL, 'p' },
		{ "faults", 1, NULL, 'f' }, { "trace", 0, NULL, 't' }, { "wire", 0, NULL, 'w' },
		{ "same", 1, NULL, 'e' }, { NULL, 0, NULL, 0 } };

	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;)
		switch (c) {
		case 's':
			o->seed = strtoull(optarg, NULL, 10);
			break;
		case 'S':
			o->seeds = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			o->nodes = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'h':
			o->hours = strtod(optarg, NULL);
			break;
		case 'p':
			o->pods = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			if (!faults_parse(optarg, &o->faults))
				usage();
			break;
		case 't':
			o->trace = true;
			break;
		case 'w':
			o->wire = true;
			break;
		case 'e':
			o->same_every = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			usage();
		}
	if (optind < argc || o->nodes == 0)
		usage();
}

int main(int argc, char **argv)
{
	struct options o = {
		.seed = 1, .seeds = 1, .nodes = 4, .hours = 1, .faults = FAULTS_ALL, .same_every = 50
	};
	uint64_t failed = 0;

	parse(argc, argv, &o);
	if (o.pods >= MEASURED)
		return measure(o.nodes, o.pods);
	for (uint64_t i = 0; i < o.seeds; i++)
		failed += (uint64_t)run_seed(&o, o.seed + i);
	printf("%llu passed, %llu failed\n", (unsigned long long)(o.seeds - failed),
		(unsigned long long)failed);
	return failed > 0 ? 1 : 0;
}
