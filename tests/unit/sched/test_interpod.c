/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Inter-pod affinity and anti-affinity: which nodes are refused, and what is preferred (see cases.h for the nodes). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sched/cases.h"

#define DB "labelSelector: {matchLabels: {app: db}}"
#define REQUIRED(x) "requiredDuringSchedulingIgnoredDuringExecution: [" x "]"
#define PREFERRED(x) "preferredDuringSchedulingIgnoredDuringExecution: [" x "]"
#define WITH(x) "  tolerations: [{operator: Exists}]\n  affinity: {podAffinity: {" x "}}\n"
#define APART(x) "  tolerations: [{operator: Exists}]\n  affinity: {podAntiAffinity: {" x "}}\n"

static const struct sort sorts[] = {
	{ "web", "default", "app: web", "" },
	{ "db", "default", "app: db", "" },
	{ "web-two", "two", "app: web", "" },
	{ "webdb", "default", "app: web, also: db", "" },
	{ "with-web", "default", "app: x", WITH(REQUIRED("{" ZONE ", " WEB "}")) },
	{ "with-web-host", "default", "app: x", WITH(REQUIRED("{" HOST ", " WEB "}")) },
	{ "with-self", "default", "app: web", WITH(REQUIRED("{" ZONE ", " WEB "}")) },
	{ "with-two", "default", "app: x",
		WITH(REQUIRED("{" ZONE ", " WEB "}, {" HOST ", labelSelector: {matchLabels: {also: db}}}")) },
	{ "with-any-ns", "default", "app: x", WITH(REQUIRED("{" ZONE ", " WEB ", namespaceSelector: {}}")) },
	{ "with-ns", "default", "app: x", WITH(REQUIRED("{" ZONE ", " WEB ", namespaces: [two]}")) },
	{ "with-team", "default", "app: x",
		WITH(REQUIRED("{" ZONE ", " WEB ", namespaceSelector: {matchLabels: {team: two}}}")) },
	{ "with-named", "default", "app: x",
		WITH(REQUIRED("{" ZONE ", " WEB
			      ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: two}}}")) },
	{ "apart-web", "default", "app: x", APART(REQUIRED("{" ZONE ", " WEB "}")) },
	{ "apart-self", "default", "app: web", APART(REQUIRED("{" HOST ", " WEB "}")) },
	{ "apart-team", "two", "app: x",
		APART(REQUIRED("{" HOST ", " WEB ", namespaceSelector: {matchLabels: {team: one}}}")) },
	{ "apart-version", "default", "app: web, version: v2",
		APART(REQUIRED("{" HOST ", " WEB ", mismatchLabelKeys: [version]}")) },
	{ "like-web", "default", "app: x",
		WITH(PREFERRED("{weight: 10, podAffinityTerm: {" ZONE ", " WEB "}}")) },
	{ "dislike-web", "default", "app: x",
		APART(PREFERRED("{weight: 5, podAffinityTerm: {" HOST ", " WEB "}}")) },
	{ "like-both", "default", "app: x",
		WITH(PREFERRED("{weight: 10, podAffinityTerm: {" HOST ", " WEB
			       "}}, {weight: 5, podAffinityTerm: {" HOST ", " DB "}}")) },
};

static const struct row filters[] = {
	{ "", "with-web", "ffff" },
	{ "a1:web", "with-web", "++ff" },
	{ "a1:web~", "with-web", "++ff" },
	{ "c1:web", "with-web", "ffff" },
	{ "a1:web", "with-web-host", "+fff" },
	{ "c1:web a2:web", "with-web-host", "f+f+" },
	/* The first of its kind may be wherever there are zones. */
	{ "", "with-self", "+++f" },
	{ "c1:web", "with-self", "+++f" },
	{ "b1:web", "with-self", "ff+f" },
	/* Two terms: pods that match both count, by each key. */
	{ "a1:web", "with-two", "ffff" },
	{ "a1:webdb", "with-two", "+fff" },
	/* Namespaces: its own, those named, those by labels. */
	{ "b1:web-two", "with-web", "ffff" },
	{ "b1:web-two", "with-any-ns", "ff+f" },
	{ "b1:web-two", "with-ns", "ff+f" },
	{ "a1:web b1:web-two", "with-team", "ff+f" },
	{ "a1:web b1:web-two", "with-named", "ff+f" },
	{ "", "apart-web", "++++" },
	{ "a1:web", "apart-web", "aa++" },
	{ "c1:web", "apart-web", "++++" },
	{ "a1:web~ b1:web", "apart-web", "aaa+" },
	{ "a1:apart-self", "apart-self", "a+++" },
	{ "a1:web b1:web-two", "apart-team", "a+++" },
	{ "a1:web b1:apart-version", "apart-version", "a+++" },
	/* What those that are there won't have beside them. */
	{ "a1:apart-web", "web", "eet+" },
	{ "c1:apart-web", "web", "++t+" },
	{ "a1:apart-web", "db", "++t+" },
	{ "a1:apart-web~", "web", "eet+" },
	{ "a1:apart-team", "web", "e+t+" },
	{ "a1:apart-team", "web-two", "++t+" },
};

static void test_filter(void **state)
{
	(void)state;
	rows_verdicts(sorts, ARRAY_LEN(sorts), filters, ARRAY_LEN(filters));
}

static const struct row scores[] = {
	{ "", "like-web", "100 100 100 100" },
	{ "a1:web", "like-web", "100 100 0 0" },
	{ "a1:web b1:web b1:web", "like-web", "50 50 100 0" },
	{ "a1:web", "dislike-web", "0 100 100 100" },
	{ "a1:web a1:web a2:web~", "dislike-web", "0 50 100 100" },
	{ "a1:web a2:db", "like-both", "100 50 0 0" },
	/* What those that are there prefer, and what they need. */
	{ "a1:like-web", "web", "100 100 0 0" },
	{ "a1:like-web", "db", "100 100 100 100" },
	{ "a1:dislike-web", "web", "0 100 100 100" },
	{ "a1:with-web", "web", "100 100 0 0" },
	{ "b1:like-web a1:web", "web", "100 100 100 100" },
};

static void test_score(void **state)
{
	(void)state;
	rows_terms(sorts, ARRAY_LEN(sorts), scores, ARRAY_LEN(scores), SCHED_TERM_PODS);
}

/* Labels of namespaces change while pods are there: counted, no longer counted; refused, no longer refused. */
static void test_namespaces_change(void **state)
{
	struct place p;
	struct sched_request *team, *web;
	char verdicts[SAID_SIZE];

	(void)state;
	place_init(&p, sorts, ARRAY_LEN(sorts));
	place_pods(&p, "a1:web b1:apart-team");
	team = place_request(&p, "apart-team");
	web = place_request(&p, "web");
	place_verdicts(&p, team, verdicts);
	assert_string_equal(verdicts, "a+++");
	books_namespace(p.c, "default", "team: other");
	place_verdicts(&p, team, verdicts);
	assert_string_equal(verdicts, "++++");
	place_verdicts(&p, web, verdicts);
	assert_string_equal(verdicts, "++t+");
	books_namespace(p.c, "default", "team: one");
	place_verdicts(&p, team, verdicts);
	assert_string_equal(verdicts, "a+++");
	sched_cluster_remove_object(p.c, KIND_NAMESPACE, NULL, "default");
	place_verdicts(&p, team, verdicts);
	assert_string_equal(verdicts, "++++");
	place_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_namespaces_change),
	};

	return cmocka_run_group_tests_name("sched/interpod", tests, NULL, NULL);
}
