/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Keys and regions follow nodes that come, change and go; those who ask for the same share them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/relations.h"
#include "tests/unit/sched/books.h"

static uint32_t domain(const struct sched_cluster *c, const struct sched_space *s, const char *node)
{
	return sched_space_domain(s, sched_node_find(c, node)->index);
}

static void test_keys(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct sched_topology *t = &c->relations->topology;
	struct sched_key *zone, *again;

	(void)state;
	books_node(c, "a", "zone: one", "");
	books_node(c, "b", "zone: two", "");
	zone = sched_key_ref(c, t, "zone");
	again = sched_key_ref(c, t, "zone");
	assert_ptr_equal(zone, again);
	books_node(c, "d", "zone: one", "");
	books_node(c, "e", "", "");
	assert_int_equal(zone->space.domains, 2);
	assert_int_equal(zone->space.nodes, 3);
	assert_true(domain(c, &zone->space, "a") > 0);
	assert_int_equal(domain(c, &zone->space, "a"), domain(c, &zone->space, "d"));
	assert_int_not_equal(domain(c, &zone->space, "a"), domain(c, &zone->space, "b"));
	assert_int_equal(domain(c, &zone->space, "e"), 0);
	/* Another label; a node that goes. */
	books_node(c, "a", "zone: two", "");
	assert_int_equal(domain(c, &zone->space, "a"), domain(c, &zone->space, "b"));
	sched_cluster_remove_node(c, "d");
	assert_int_equal(zone->space.domains, 1);
	assert_int_equal(zone->space.nodes, 2);
	sched_key_unref(t, again);
	assert_int_equal(t->keys.count, 1);
	sched_key_unref(t, zone);
	assert_int_equal(t->keys.count, 0);
	sched_cluster_free(c);
}

static void test_regions(void **state)
{
	static const char *const both[] = { "zone", "host" }, *const twice[] = { "host", "zone", "host" };
	struct sched_cluster *c = sched_cluster_new();
	struct sched_topology *t = &c->relations->topology;
	struct books_pod p = books_pod("default", "", "  nodeSelector: {disk: ssd}\n");
	struct sched_region *all, *with, *same, *some;

	(void)state;
	books_node(c, "a", "zone: one, host: a, disk: ssd", "");
	books_node(c, "b", "zone: two", "");
	all = sched_region_ref(c, t, "zone", NULL, 0, NULL);
	with = sched_region_ref(c, t, "zone", both, 2, NULL);
	same = sched_region_ref(c, t, "zone", twice, 3, NULL);
	some = sched_region_ref(
		c, t, "zone", NULL, 0, sched_eligible_new(&object_pod(p.object)->spec, true, false));
	books_pod_done(&p);
	books_node(c, "d", "zone: two, host: d", "");
	assert_ptr_equal(all->space, &all->key->space);
	assert_ptr_equal(with, same);
	assert_int_equal(all->space->nodes, 3);
	assert_int_equal(with->space->nodes, 2);
	assert_int_equal(some->space->nodes, 1);
	assert_int_equal(domain(c, with->space, "b"), 0);
	assert_int_equal(domain(c, with->space, "d"), domain(c, all->space, "b"));
	books_node(c, "b", "zone: two, disk: ssd, host: b", "");
	assert_int_equal(with->space->nodes, 3);
	assert_int_equal(some->space->domains, 2);
	sched_cluster_remove_node(c, "b");
	assert_int_equal(some->space->domains, 1);
	sched_region_unref(t, all);
	sched_region_unref(t, with);
	sched_region_unref(t, same);
	sched_region_unref(t, some);
	assert_int_equal(t->regions.count, 0);
	assert_int_equal(t->keys.count, 0);
	sched_cluster_free(c);
}

/* Up to eight nodes a domain on average. */
static void test_small(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct sched_topology *t = &c->relations->topology;
	struct sched_key *rack = sched_key_ref(c, t, "rack");
	uint64_t before;
	char name[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		books_node(c, name, "rack: r", "");
	}
	assert_true(sched_key_small(rack));
	before = c->all_changed;
	books_node(c, "n8", "rack: r", "");
	assert_false(sched_key_small(rack));
	assert_true(c->all_changed > before);
	sched_key_unref(t, rack);
	sched_cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests_name("sched/topology", tests, NULL, NULL);
}
