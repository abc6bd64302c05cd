/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Topology spread: which nodes are refused, and what the soft constraints give (see cases.h for the nodes). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sched/cases.h"

#define HARD "whenUnsatisfiable: DoNotSchedule, "
#define SOFT "whenUnsatisfiable: ScheduleAnyway, "
#define RULES(x) "  topologySpreadConstraints: [" x "]\n"
#define ALL "  tolerations: [{operator: Exists}]\n"

static const struct sort sorts[] = {
	{ "web", "default", "app: web", "" },
	{ "web-v2", "default", "app: web, version: two", "" },
	{ "web-two", "two", "app: web", "" },
	{ "db", "default", "app: db", "" },
	{ "zone1", "default", "app: web", ALL RULES("{maxSkew: 1, " HARD ZONE ", " WEB "}") },
	{ "zone1-tainted", "default", "app: web", RULES("{maxSkew: 1, " HARD ZONE ", " WEB "}") },
	{ "zone1-honor", "default", "app: web",
		RULES("{maxSkew: 1, " HARD ZONE ", " WEB ", nodeTaintsPolicy: Honor}") },
	{ "zone2", "default", "app: web", ALL RULES("{maxSkew: 2, " HARD ZONE ", " WEB "}") },
	{ "zone1-other", "default", "app: other", ALL RULES("{maxSkew: 1, " HARD ZONE ", " WEB "}") },
	{ "zone1-min3", "default", "app: web",
		ALL RULES("{maxSkew: 1, minDomains: 3, " HARD ZONE ", " WEB "}") },
	{ "zone1-min2", "default", "app: web",
		ALL RULES("{maxSkew: 1, minDomains: 2, " HARD ZONE ", " WEB "}") },
	{ "host1", "default", "app: web", ALL RULES("{maxSkew: 1, " HARD HOST ", " WEB "}") },
	{ "both", "default", "app: web",
		ALL RULES("{maxSkew: 1, " HARD ZONE ", " WEB "}, {maxSkew: 1, " HARD HOST ", " WEB "}") },
	{ "v2", "default", "app: web, version: two",
		ALL RULES("{maxSkew: 1, " HARD ZONE ", " WEB ", matchLabelKeys: [version, absent]}") },
	{ "none", "default", "app: web", ALL RULES("{maxSkew: 1, " HARD ZONE "}") },
	{ "only-a", "default", "app: web",
		ALL "  nodeSelector: {topology.kubernetes.io/zone: a}\n" RULES(
			"{maxSkew: 1, " HARD ZONE ", " WEB "}") },
	{ "only-a-ignore", "default", "app: web",
		ALL "  nodeSelector: {topology.kubernetes.io/zone: a}\n" RULES(
			"{maxSkew: 1, " HARD ZONE ", " WEB ", nodeAffinityPolicy: Ignore}") },
	{ "ssd", "default", "app: web",
		ALL "  nodeSelector: {disk: ssd}\n" RULES("{maxSkew: 1, " HARD HOST ", " WEB "}") },
	{ "soft-zone", "default", "app: web", ALL RULES("{maxSkew: 1, " SOFT ZONE ", " WEB "}") },
	{ "soft-zone2", "default", "app: web", ALL RULES("{maxSkew: 2, " SOFT ZONE ", " WEB "}") },
	{ "soft-host", "default", "app: web", ALL RULES("{maxSkew: 1, " SOFT HOST ", " WEB "}") },
	{ "soft-both", "default", "app: web",
		ALL RULES("{maxSkew: 1, " SOFT ZONE ", " WEB "}, {maxSkew: 1, " SOFT HOST ", " WEB "}") },
	{ "plain", "default", "app: plain", ALL },
	{ "plain-db", "default", "app: plain", ALL "  nodeSelector: {disk: ssd}\n" },
	{ "plain-more", "default", "app: plain, x: v", ALL },
};

static const struct row filters[] = {
	/* Nobody is there: everywhere within the skew; no label, no place. */
	{ "", "zone1", "+++l" },
	{ "a1:web", "zone1", "ss+l" },
	{ "a1:web b1:web", "zone1", "+++l" },
	{ "a1:web a2:web b1:web", "zone1", "ss+l" },
	{ "a1:web a2:web b1:web", "zone2", "+++l" },
	{ "a1:web a1:web a2:web b1:web", "zone2", "ss+l" },
	/* Other pods, other namespaces, those that leave and those elsewhere don't count. */
	{ "a1:db a1:web-two a1:web~ c1:web", "zone1", "+++l" },
	/* A pod that isn't one of those counted adds nothing itself. */
	{ "a1:web", "zone1-other", "+++l" },
	{ "a1:web a1:web", "zone1-other", "ss+l" },
	/* Taints are ignored by default: b counts, though the pod can't go there. */
	{ "a1:web", "zone1-tainted", "sstl" },
	{ "a1:web", "zone1-honor", "++tl" },
	/* Fewer domains than there should be: the least is 0. */
	{ "a1:web b1:web", "zone1-min3", "sssl" },
	{ "a1:web b1:web", "zone1-min2", "+++l" },
	{ "", "host1", "++++" },
	{ "a1:web c1:web", "host1", "s++s" },
	{ "a1:web a2:web b1:web c1:web", "host1", "++++" },
	/* Two constraints: the nodes counted have both labels; each by itself. */
	{ "a1:web b1:web", "both", "s+sl" },
	{ "a1:web a2:web b1:web", "both", "ss+l" },
	/* matchLabelKeys: those of the same version only. */
	{ "a1:web a1:web", "v2", "+++l" },
	{ "a1:web-v2", "v2", "ss+l" },
	/* No selector counts nobody. */
	{ "a1:web a1:web", "none", "+++l" },
	/* What node affinity excludes doesn't count, unless it is ignored. */
	{ "a1:web", "only-a", "++nn" },
	{ "a1:web", "only-a-ignore", "ssnn" },
	{ "c1:web a1:web", "ssd", "nnn+" },
};

static void test_filter(void **state)
{
	(void)state;
	rows_verdicts(sorts, ARRAY_LEN(sorts), filters, ARRAY_LEN(filters));
}

static const struct row scores[] = {
	{ "", "soft-zone", "100 100 100 0" },
	{ "a1:web", "soft-zone", "0 0 100 0" },
	{ "a1:web a2:web b1:web", "soft-zone", "0 0 100 0" },
	/* Within the skew nothing is lost. */
	{ "a1:web", "soft-zone2", "100 100 100 0" },
	{ "a1:web a1:web a1:web", "soft-zone2", "0 0 100 0" },
	{ "a1:web a1:web a2:web", "soft-host", "0 50 100 100" },
	{ "a1:web a1:web a2:web b1:web c1:web", "soft-host", "0 100 100 100" },
	/* The mean of two; c1 lacks a label: its pods don't count, its own constraint is judged all the same. */
	{ "a1:web a1:web b1:web c1:web", "soft-both", "0 50 75 50" },
	/* By default: about pods with the same labels. */
	{ "a1:plain a1:web a2:web", "plain", "0 50 100 0" },
	{ "a1:plain-db a1:plain-more a2:plain-more", "plain", "0 50 100 0" },
	{ "a1:plain a1:plain~", "plain", "0 50 100 0" },
	{ "", "plain", "100 100 100 0" },
};

static void test_score(void **state)
{
	(void)state;
	rows_terms(sorts, ARRAY_LEN(sorts), scores, ARRAY_LEN(scores), SCHED_TERM_SPREAD);
}

/* Without Spread as strategy nothing is spread by default. */
static void test_pack(void **state)
{
	struct place p;
	struct sched_request *r;
	char terms[SAID_SIZE];

	(void)state;
	place_init(&p, sorts, ARRAY_LEN(sorts));
	place_pods(&p, "a1:plain");
	r = place_request(&p, "plain");
	sched_cluster_set_strategy(p.c, SCHED_PACK);
	place_terms(&p, r, SCHED_TERM_SPREAD, terms);
	assert_string_equal(terms, "100 100 100 100");
	place_done(&p);
}

/* Where no node has the label, a constraint by default is of no account. */
static void test_no_zones(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct books_pod p = books_pod("default", "app: web", "");
	struct sched_verdict v;

	(void)state;
	books_node(c, "x", "kubernetes.io/hostname: x", "");
	books_node(c, "w", "kubernetes.io/hostname: w", "");
	books_add(c, "x", &p, 1);
	sched_pick_on(c, "w", p.request, &v);
	assert_int_equal(v.feasible, 1);
	sched_pick(c, p.request, &v);
	assert_string_equal(v.node, "w");
	sched_cluster_free(c);
	books_pod_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_no_zones),
	};

	return cmocka_run_group_tests_name("sched/spread", tests, NULL, NULL);
}
