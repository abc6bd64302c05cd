/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* What pods refer to is found by kind, namespace and name, until it goes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "sched/internal.h"
#include "tests/unit/sched/load.h"

static void test_found_until_gone(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object
		*one = load("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"),
		*two = load("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, "
			    "labels: {k: v}}\n"),
		*other = load("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
	uint64_t changes = c->changes;

	(void)state;
	assert_null(sched_object_find(c, KIND_NAMESPACE, NULL, "a"));
	sched_cluster_set_object(c, one);
	assert_ptr_equal(sched_object_find(c, KIND_NAMESPACE, NULL, "a"), one);
	assert_ptr_equal(sched_object_find(c, KIND_NAMESPACE, "", "a"), one);
	assert_null(sched_object_find(c, KIND_NAMESPACE, "d", "a"));
	assert_null(sched_object_find(c, KIND_PERSISTENT_VOLUME, NULL, "a"));
	sched_cluster_set_object(c, two);
	assert_ptr_equal(sched_object_find(c, KIND_NAMESPACE, NULL, "a"), two);
	assert_true(c->changes > changes);
	sched_cluster_remove_object(c, KIND_NAMESPACE, NULL, "a");
	assert_null(sched_object_find(c, KIND_NAMESPACE, NULL, "a"));
	/* Other kinds are no matter. */
	changes = c->changes;
	sched_cluster_set_object(c, other);
	assert_null(sched_object_find(c, KIND_CONFIG_MAP, "d", "a"));
	assert_true(c->changes == changes);
}

static void test_namespaced(void **state)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = sched_cluster_new();
	_cleanup_(object_unrefp) struct object *o = load(
		"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: shop}\n"
		"spec: {minAvailable: 1, selector: {matchLabels: {app: b}}}\n"
		"status: {disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}\n");

	(void)state;
	sched_cluster_set_object(c, o);
	assert_ptr_equal(sched_object_find(c, KIND_DISRUPTION_BUDGET, "shop", "a"), o);
	assert_null(sched_object_find(c, KIND_DISRUPTION_BUDGET, "d", "a"));
	assert_null(sched_object_find(c, KIND_DISRUPTION_BUDGET, NULL, "a"));
	sched_cluster_remove_object(c, KIND_DISRUPTION_BUDGET, "d", "a");
	assert_ptr_equal(sched_object_find(c, KIND_DISRUPTION_BUDGET, "shop", "a"), o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_until_gone),
		cmocka_unit_test(test_namespaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
