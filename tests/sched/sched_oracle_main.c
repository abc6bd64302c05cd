/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* build/sched-oracle: random clusters, and a brute-force checker of what the scheduler does with them. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tests/sched/mutants.h"
#include "tests/sched/shrink.h"

enum {
	MUTANT_CLUSTERS = 1000, /* within which a mutant must be caught */
	SHRINK_RUNS = 2000,
	FAILURES_SHOWN = 5, /* in full */
	FAILURES_MAX = 40,
};

static const char usage_text[] =
	"usage: sched-oracle [OPTION…]\n"
	"  --seed N       the first seed (1)\n"
	"  --clusters N   how many (1)\n"
	"  --features L   what clusters may have and what is looked at: names with commas between them, "
	"\"-\" before one takes it away (all)\n"
	"  --trace        prints every event and every decision; with --shrink, of the smallest case\n"
	"  --shrink       prints the smallest case that still breaks the rule: objects and events as YAML\n"
	"  --mutant N     with a known bug built in; --mutants: all of them, each to be caught within 500 "
	"clusters\n"
	"  --jobs N       runs at once (2)\n";

struct options {
	uint64_t seed, clusters;
	uint32_t features;
	unsigned jobs, mutant;
	bool trace, shrink, mutants;
};

static _Noreturn void usage(void)
{
	fputs(usage_text, stderr);
	fputs("features:", stderr);
	for (unsigned i = 0; feature_names[i]; i++)
		fprintf(stderr, " %s", feature_names[i]);
	fputc('\n', stderr);
	exit(2);
}

static void say_broken(uint64_t seed, const struct trial_result *r)
{
	printf("seed %llu: %s is broken by event %u: %s\n", (unsigned long long)seed, r->rule, r->seq,
		r->text);
}

/* --- what came of a seed ------------------------------------------------------------------------------------ */

static void say_smallest(const struct options *o, uint64_t seed, const char *rule)
{
	struct script s;
	struct trial_result r;
	unsigned runs;

	script_make(&s, seed, o->features);
	runs = shrink(&s, rule, SHRINK_RUNS);
	apart_run(&s, &r);
	printf("# seed %llu, the smallest case that breaks %s (%u runs):\n", (unsigned long long)seed, rule,
		runs);
	trial_print(&s, stdout);
	say_broken(seed, &r);
	script_done(&s);
}

struct telling {
	const struct options *o;
	unsigned told;
};

static bool tell(uint64_t seed, const struct trial_result *r, void *arg)
{
	struct telling *t = arg;

	say_broken(seed, r);
	if (t->told++ < FAILURES_SHOWN && t->o->shrink)
		say_smallest(t->o, seed, r->rule);
	return t->told < FAILURES_MAX;
}

static int run_clusters(const struct options *o)
{
	struct telling t = { .o = o };
	struct apart_tally sum;

	apart_seeds(o->seed, o->clusters, o->features, o->jobs, tell, &t, &sum);
	printf("%llu pods placed (%llu of gangs), %llu nominated over %llu victims, %llu nowhere, %llu "
	       "waited\n",
		(unsigned long long)sum.placed, (unsigned long long)sum.gangs,
		(unsigned long long)sum.nominated, (unsigned long long)sum.victims,
		(unsigned long long)sum.nowhere, (unsigned long long)sum.waits);
	printf("%llu passed, %llu failed\n", (unsigned long long)(sum.trials - sum.broken),
		(unsigned long long)sum.broken);
	return sum.broken > 0 ? 1 : 0;
}

static int run_traced(const struct options *o)
{
	struct script s;
	struct trial_result r;

	script_make(&s, o->seed, o->features);
	if (o->shrink) {
		apart_run(&s, &r);
		if (r.rule[0])
			shrink(&s, r.rule, SHRINK_RUNS);
	}
	trial_run(&s, stdout, &r);
	if (r.rule[0])
		say_broken(o->seed, &r);
	script_done(&s);
	return r.rule[0] ? 1 : 0;
}

/* --- mutants --------------------------------------------------------------------------------------------------- */

static bool until_caught(uint64_t seed, const struct trial_result *r, void *arg)
{
	*(bool *)arg = true;
	printf("seed %llu: %s\n", (unsigned long long)seed, r->rule);
	return false;
}

static int run_mutants(const struct options *o)
{
	unsigned passed = 0, failed = 0;

	for (unsigned i = 0; mutants[i].number > 0; i++) {
		struct apart_tally sum;
		bool caught = false;

		mutant_choose(mutants[i].number);
		printf("mutant %u, %s: ", mutants[i].number, mutants[i].what);
		apart_seeds(o->seed, MUTANT_CLUSTERS, o->features, o->jobs, until_caught, &caught, &sum);
		if (!caught)
			puts("NOT CAUGHT");
		*(caught ? &passed : &failed) += 1;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 ? 1 : 0;
}

/* --- options ---------------------------------------------------------------------------------------------------- */

static const struct option longs[] = { { "seed", 1, NULL, 's' }, { "clusters", 1, NULL, 'c' },
	{ "features", 1, NULL, 'f' }, { "trace", 0, NULL, 't' }, { "shrink", 0, NULL, 'k' },
	{ "mutant", 1, NULL, 'm' }, { "mutants", 0, NULL, 'M' }, { "jobs", 1, NULL, 'j' },
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
	case 'c':
		o->clusters = number(optarg);
		break;
	case 'f':
		if (!features_parse(optarg, &o->features))
			usage();
		break;
	case 't':
		o->trace = true;
		break;
	case 'k':
		o->shrink = true;
		break;
	case 'm':
		o->mutant = (unsigned)number(optarg);
		break;
	case 'M':
		o->mutants = true;
		break;
	case 'j':
		o->jobs = (unsigned)number(optarg);
		break;
	default:
		usage();
	}
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .clusters = 1, .features = FEATURES_ALL, .jobs = 2 };
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt_long(argc, argv, "", longs, NULL)) >= 0)
		take(&o, option);
	if (optind < argc || o.jobs == 0 || !mutant_choose(o.mutant))
		usage();
	if (o.mutants)
		return run_mutants(&o);
	return o.trace ? run_traced(&o) : run_clusters(&o);
}
