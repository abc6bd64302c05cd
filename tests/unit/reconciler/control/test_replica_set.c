/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Replica sets: which pod goes first. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"

static void commit_set(struct fx *f, const char *nodes, int replicas)
{
	_cleanup_(freep) char *text = xasprintf(
		"%sapiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web}\nspec:\n  replicas: %d\n"
		"  minReadySeconds: 30\n  selector: {matchLabels: {app: web}}\n"
		"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}\n",
		nodes, replicas);

	fx_commit(f, text);
}

/* Two pods on one node serve; a third, alone on another, is ready and does not count as available yet: it goes. */
static void test_not_available_goes_before_crowded(void **state)
{
	struct fx f;
	struct world_pods pods;

	(void)state;
	fx_init(&f);
	commit_set(&f, NODE("node-a"), 2);
	fx_step(&f);
	fx_hello(&f, "node-a", "64", "64Gi");
	fx_settle(&f);
	f.now += 60 * NSEC_PER_SEC;
	commit_set(&f, NODE("node-a") NODE("node-b"), 2);
	fx_step(&f);
	fx_hello(&f, "node-b", "64", "64Gi");
	commit_set(&f, NODE("node-a") NODE("node-b"), 3);
	fx_settle(&f);
	assert_int_equal(fx_node(&f, "node-b")->pods.count, 1);
	commit_set(&f, NODE("node-a") NODE("node-b"), 2);
	fx_step(&f);
	pods = fx_pods(&f);
	for (size_t i = 0; i < pods.count; i++)
		assert_string_equal(
			pods.items[i]->o.deleting ? "node-b" : "node-a", pods.items[i]->node->o.name);
	free(pods.items);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_available_goes_before_crowded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
