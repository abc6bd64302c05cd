/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* build/sched-oracle: random clusters, and a brute-force checker of what the scheduler does with them. */
#include <stdlib.h>

#include "tests/share/mutants.h"
#include "tests/share/options.h"
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
	"  --mutant N     with a known bug built in; --mutants: all of them, each to be caught within 1000 "
	"clusters\n"
	"  --jobs N       runs at once (2)\n"
	"  --help         says this\n";

struct options {
	uint64_t seed, clusters;
	uint32_t features;
	unsigned jobs, mutant;
	bool trace, shrink, mutants;
};

/* Returns STATUS. */
static int usage(FILE *to, int status)
{
	fputs(usage_text, to);
	fputs("features:", to);
	for (unsigned i = 0; feature_names[i]; i++)
		fprintf(to, " %s", feature_names[i]);
	fputc('\n', to);
	return status;
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

static bool caught(void *arg)
{
	const struct options *o = arg;
	struct apart_tally sum;
	bool is = false;

	apart_seeds(o->seed, MUTANT_CLUSTERS, o->features, o->jobs, until_caught, &is, &sum);
	return is;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .clusters = 1, .features = FEATURES_ALL, .jobs = 2 };
	const char *features = NULL;
	bool help = false;
	const struct option_row rows[] = {
		{ "seed", OPTION_NUMBER, &o.seed },
		{ "clusters", OPTION_NUMBER, &o.clusters },
		{ "features", OPTION_TEXT, &features },
		{ "trace", OPTION_FLAG, &o.trace },
		{ "shrink", OPTION_FLAG, &o.shrink },
		{ "mutant", OPTION_COUNT, &o.mutant },
		{ "mutants", OPTION_FLAG, &o.mutants },
		{ "jobs", OPTION_COUNT, &o.jobs },
		{ "help", OPTION_FLAG, &help },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!options_take(argc, argv, rows, ARRAY_LEN(rows)) || o.jobs == 0 || !mutant_choose(o.mutant) ||
		(features && !features_parse(features, &o.features)))
		return usage(stderr, 2);
	if (help)
		return usage(stdout, 0);
	if (o.mutants)
		return mutants_run(caught, &o);
	return o.trace ? run_traced(&o) : run_clusters(&o);
}
