/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Namespaces and their accounts: the cases of namespace.c by their numbers. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\n"
#define TEAM "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n---\n"
#define POD                                                                                               \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team}\nspec: {containers: [{name: c, " \
	"image: i}]}\n---\n"
#define ACCOUNT(name) \
	"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: " name ", namespace: team}\n---\n"

static const char *team(struct fx *f)
{
	return fx_file(f, "cluster/namespaces/team.json");
}

static const char *account(struct fx *f)
{
	return fx_file(f, "namespaces/team/serviceaccounts/default.json");
}

/* Cases 1, 3, 6. */
static void test_declared(void **state)
{
	struct fx f;

	(void)state;
	fx_begin(&f, NODE TEAM);
	assert_non_null(team(&f));
	assert_non_null(account(&f));
	assert_non_null(fx_file(&f, "namespaces/default/serviceaccounts/default.json"));
	assert_non_null(fx_file(&f, "namespaces/kube-system/serviceaccounts/default.json"));
	fx_commit(&f, NODE);
	fx_step(&f);
	assert_null(team(&f));
	assert_null(account(&f));
	assert_non_null(fx_file(&f, "cluster/namespaces/default.json"));
	fx_done(&f);
}

/* Cases 2, 4: the pod takes its time; the namespace waits for it, over a restart too. */
static void test_goes_with_the_last(void **state)
{
	struct fx f;

	(void)state;
	fx_begin(&f, NODE POD);
	assert_non_null(strstr(team(&f), "\"Active\""));
	fx_commit(&f, NODE);
	fx_step(&f);
	assert_non_null(strstr(team(&f), "\"Terminating\""));
	assert_non_null(strstr(team(&f), "deletionTimestamp"));
	fx_crash(&f);
	fx_step(&f);
	assert_non_null(strstr(team(&f), "\"Terminating\""));
	fx_agents_catch_up(&f);
	fx_pass(&f);
	assert_null(team(&f));
	assert_null(account(&f));
	fx_done(&f);
}

/* Case 5. */
static void test_wanted_again(void **state)
{
	struct fx f;

	(void)state;
	fx_begin(&f, NODE POD);
	fx_commit(&f, NODE);
	fx_step(&f);
	fx_commit(&f, NODE ACCOUNT("robot"));
	fx_settle(&f);
	assert_non_null(strstr(team(&f), "\"Active\""));
	assert_null(strstr(team(&f), "deletionTimestamp"));
	fx_commit(&f, NODE TEAM);
	fx_settle(&f);
	assert_non_null(strstr(team(&f), "\"Active\""));
	assert_null(fx_file(&f, "namespaces/team/serviceaccounts/robot.json"));
	fx_done(&f);
}

/* Case 6: one of git takes its place, and gives it back; alone it keeps a namespace that nobody declared. */
static void test_account_of_git(void **state)
{
	struct fx f;

	(void)state;
	fx_begin(&f, NODE TEAM);
	fx_commit(&f, NODE ACCOUNT("default"));
	fx_step(&f);
	assert_non_null(strstr(account(&f), "pintle.dev/source"));
	assert_non_null(team(&f));
	fx_commit(&f, NODE TEAM);
	fx_step(&f);
	assert_null(strstr(account(&f), "pintle.dev/source"));
	fx_commit(&f, NODE);
	fx_step(&f);
	assert_null(team(&f));
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_goes_with_the_last),
		cmocka_unit_test(test_wanted_again),
		cmocka_unit_test(test_account_of_git),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
