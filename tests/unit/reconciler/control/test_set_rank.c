/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Which pods of a set go first: the rules one by one, and any number of them as sorting would have it. */
#include "reconciler/control/set_rank.h"
#include "tests/unit/reconciler/world_fixture.h"

enum { NOW = 1000 };
#define AT(seconds) ((nsec_t)(seconds)*NSEC_PER_SEC)

/* A template whose pods cost COST to delete; NULL: none is said. */
static struct world_revision revision(struct string_pair *pair, const char *cost)
{
	struct world_revision r = { 0 };

	*pair = (struct string_pair){ SET_NOTE_COST, cost };
	if (cost)
		r.template.meta.annotations = (struct string_map){ pair, 1 };
	return r;
}

/* Ranks all COUNT of PODS, and each number of them, and wants them in the order in which they stand. */
static void expect_order(struct world_set *s, struct world_pod *pods, size_t count)
{
	struct world_pod *list[128];

	assert_true(count <= ARRAY_LEN(list));
	for (size_t wanted = 1; wanted <= count; wanted++) {
		for (size_t i = 0; i < count; i++)
			list[i] = &pods[(count - 1 - i + wanted) % count];
		set_rank(s, list, count, wanted, AT(NOW));
		for (size_t i = 0; i < wanted; i++) {
			if (list[i] != &pods[i])
				print_error("the first %zu of %zu: place %zu has pod %zu\n", wanted, count, i,
					(size_t)(list[i] - pods));
			assert_ptr_equal(list[i], &pods[i]);
		}
	}
}

/* Each pod goes before the next: one rule after the other. */
static void test_rules(void **state)
{
	struct string_pair cheap_pair, dear_pair, plain_pair;
	struct world_revision cheap = revision(&cheap_pair, "-5"), dear = revision(&dear_pair, "7"),
			      plain = revision(&plain_pair, NULL);
	struct world_node crowded = { 0 }, lonely = { 0 };
	struct world_set s = { .min_ready_seconds = 10 };
	const struct world_pod serving = { .node = &crowded,
		.revision = &plain,
		.phase = PHASE_RUNNING,
		.ready = true,
		.ready_since = AT(100),
		.o.created = AT(50) };
	struct world_pod pods[11];
	struct world_pod *items[ARRAY_LEN(pods)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
		pods[i] = serving;
		snprintf(pods[i].o.uid, sizeof(pods[i].o.uid), "%c", (int)('z' - i));
		items[i] = &pods[i];
	}
	pods[0].node = NULL;
	pods[1].phase = PHASE_PENDING;
	pods[2].phase = PHASE_UNKNOWN;
	pods[3].ready = false;
	pods[3].revision = &dear;
	pods[4].ready_since = AT(NOW - 9); /* not available yet */
	pods[4].revision = &dear;
	pods[5].revision = &cheap;
	pods[5].node = &lonely;
	pods[6].ready_since = AT(NOW - 300); /* 2^38 ns are 275 s */
	pods[6].o.created = AT(10);
	pods[7].restarts = 1;
	pods[7].o.created = AT(10);
	pods[8].o.created = AT(NOW - 300);
	pods[9].node = &lonely;
	pods[10].revision = &dear;
	s.pods = (struct world_pods){ items, ARRAY_LEN(items), ARRAY_LEN(items) };
	expect_order(&s, pods, ARRAY_LEN(pods));
}

/* Of the same magnitude of age the UID decides, whoever is older by a little. */
static void test_ages_are_magnitudes(void **state)
{
	struct string_pair pair;
	struct world_revision plain = revision(&pair, NULL);
	struct world_node n = { 0 };
	struct world_set s = { 0 };
	struct world_pod pods[] = {
		{ .ready_since = AT(NOW - 400), .o.created = AT(NOW - 500), .o.uid = "a" },
		{ .ready_since = AT(NOW - 300), .o.created = AT(NOW - 300), .o.uid = "b" },
		{ .ready_since = AT(NOW - 500), .o.created = AT(NOW - 500), .o.uid = "c" },
		{ .ready_since = AT(NOW - 600), .o.created = AT(NOW - 500), .o.uid = "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
		pods[i].node = &n;
		pods[i].revision = &plain;
		pods[i].phase = PHASE_RUNNING;
		pods[i].ready = true;
	}
	expect_order(&s, pods, ARRAY_LEN(pods));
}

/* What is no number of 32 bits counts as 0. */
static void test_wrong_costs(void **state)
{
	static const char *const costs[] = { "-1", "2147483648", "many", "", "0", NULL, "1" };
	struct string_pair pairs[ARRAY_LEN(costs)];
	struct world_revision revisions[ARRAY_LEN(costs)];
	struct world_pod pods[ARRAY_LEN(costs)] = { 0 };
	struct world_set s = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(costs); i++) {
		revisions[i] = revision(&pairs[i], costs[i]);
		pods[i].revision = &revisions[i];
		snprintf(pods[i].o.uid, sizeof(pods[i].o.uid), "%c", (int)('a' + i));
	}
	expect_order(&s, pods, ARRAY_LEN(pods));
}

/* Pods of other sets of the same Deployment are neighbours too; those that have ended are not. */
static void test_siblings_are_neighbours(void **state)
{
	struct string_pair pair;
	struct world_revision plain = revision(&pair, NULL);
	struct world_node a = { 0 }, b = { 0 };
	struct world_deployment d = { 0 };
	struct world_set s = { .deployment = &d }, old = { .deployment = &d };
	struct world_set *sets[] = { &s, &old };
	struct world_pod pods[] = {
		{ .node = &b, .o.uid = "2" },
		{ .node = &a, .o.uid = "1" },
	};
	struct world_pod others[] = {
		{ .node = &b, .phase = PHASE_RUNNING },
		{ .node = &a, .phase = PHASE_FAILED },
		{ .node = &a, .phase = PHASE_SUCCEEDED },
		{ .node = &a, .o.deleting = 1 },
	};
	struct world_pod *mine[] = { &pods[0], &pods[1] };
	struct world_pod *theirs[] = { &others[0], &others[1], &others[2], &others[3] };

	(void)state;
	d.sets = sets;
	d.set_count = 2;
	s.pods = (struct world_pods){ mine, 2, 2 };
	old.pods = (struct world_pods){ theirs, 4, 4 };
	for (size_t i = 0; i < 2; i++)
		pods[i].revision = &plain;
	expect_order(&s, pods, 2);
}

/* More than are picked one by one. */
static void test_many(void **state)
{
	struct string_pair pair;
	struct world_revision plain = revision(&pair, NULL);
	struct world_set s = { 0 };
	struct world_pod pods[100] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
		pods[i].revision = &plain;
		pods[i].restarts = 100 - (int64_t)i;
	}
	expect_order(&s, pods, ARRAY_LEN(pods));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ages_are_magnitudes),
		cmocka_unit_test(test_wrong_costs),
		cmocka_unit_test(test_siblings_are_neighbours),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
