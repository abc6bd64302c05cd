/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Pods that have ended are kept up to a number. */
#include "tests/unit/reconciler/world_fixture.h"

static size_t kept(struct fx *f)
{
	struct world_list *all = &f->w.of_kind[KIND_POD];
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += world_pod_finished(world_pod(all->items[i])) && !all->items[i]->deleting;
	return n;
}

/* Each replica set keeps two of its own: three of them keep six. */
static void test_oldest_go(void **state)
{
	struct fx f;
	struct buf text = BUF_INIT;

	(void)state;
	fx_init(&f);
	buf_adds(&text,
		"apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {restartPolicy: Never, containers: "
		"[{name: c, image: i}]}\n---\n");
	for (unsigned i = 0; i < 3; i++)
		buf_addf(&text,
			"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: s%u}\nspec: {replicas: 2, "
			"selector: {matchLabels: {a: s%u}}, template: {metadata: {labels: {a: s%u}}, spec: "
			"{containers: [{name: c, image: i}]}}}\n---\n",
			i, i, i);
	fx_commit(&f, text.data);
	buf_done(&text);
	fx_step(&f);
	fx_hello(&f, "a", "64", "64Gi");
	fx_settle(&f);
	struct world_pods pods = fx_pods(&f);
	for (size_t i = 0; i < pods.count; i++)
		fx_report(&f, pods.items[i], "Failed", false, false);
	free(pods.items);
	fx_step(&f);
	assert_int_equal(f.w.finished, 7);
	fx_crash(&f);
	assert_int_equal(f.w.finished, 7);
	f.w.finished_max = 4;
	fx_step(&f);
	assert_int_equal(kept(&f), 5); /* with the one of git */
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_oldest_go) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
