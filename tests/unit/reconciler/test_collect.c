/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What agents say of their pods for people to read, and what becomes of pods that they do not have any more. */
#include "tests/unit/reconciler/world_fixture.h"

#include "reconciler/collect.h"

static const char manifests[] = "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"
				"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
				"spec: {containers: [{name: c, image: i}]}\n";

static void say(struct fx *f, struct wire_event *events, size_t count, bool gone)
{
	struct control c = fx_control(f);
	struct world_pod *p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	struct wire_report_pod one = { .uid = p->o.uid, .gone = gone, .events = { events, count } };
	struct wire_report report = { .pods = { &one, 1 } };

	collect_report(&c, p->node, &report);
}

/* The one event about the pod with REASON, or NULL. */
static const struct world_event *find(struct fx *f, const char *reason)
{
	struct world_entry_list all = world_entries(&f->w);
	const struct world_event *found = NULL;

	for (size_t i = 0; i < all.count; i++) {
		struct world_event *e = all.items[i]->kind->id == KIND_EVENT ? world_event(all.items[i])
									     : NULL;

		if (!e || e->about_kind != KIND_POD || !str_eq(e->reason, reason))
			continue;
		assert_null(found);
		found = e;
	}
	free(all.items);
	return found;
}

static void events_of_agents(void **state)
{
	struct fx *f = *state;
	char long_reason[200];
	struct wire_event events[] = {
		{ "Warning", "FailedPostStartHook", "container c: postStart hook failed" },
		{ "Warning", "FailedPostStartHook", "container c: postStart hook failed" },
		{ "Odd", "Killing", NULL },
		{ "Warning", long_reason, "what no agent of ours says" },
		{ "Warning", NULL, "nor that" },
	};
	const struct world_event *e;

	memset(long_reason, 'x', sizeof(long_reason));
	long_reason[sizeof(long_reason) - 1] = 0;
	fx_commit(f, manifests);
	fx_pass(f);
	fx_sweep(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_settle(f);
	say(f, events, ARRAY_LEN(events), false);
	e = find(f, "FailedPostStartHook");
	assert_non_null(e);
	assert_string_equal(e->type, "Warning");
	assert_string_equal(e->message, "container c: postStart hook failed");
	assert_string_equal(e->about_name, "p");
	assert_int_equal(e->count, 2);
	/* Where the manifest of what it is about stands. */
	assert_non_null(e->source);
	e = find(f, "Killing");
	assert_non_null(e);
	assert_string_equal(e->type, "Normal");
	assert_string_equal(e->message, "");
	assert_null(find(f, long_reason));
	assert_null(find(f, ""));
	/* The last word of a pod that is gone counts too. */
	say(f, &events[0], 1, true);
	assert_int_equal(find(f, "FailedPostStartHook")->count, 3);
}

#define NODE(name, more) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\nspec: {" more "}\n---\n"
#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"

/* One of git that was to go, and has gone while pintled was away, comes anew as git says: on any node, not on that of before. */
static void gone_while_away(void **state)
{
	struct fx *f = *state;
	const struct world_pod *p;

	fx_commit(f, NODE("a", "") NODE("b", "unschedulable: true") POD);
	fx_step(f);
	fx_hello(f, "a", "4", "8Gi");
	fx_hello(f, "b", "4", "8Gi");
	fx_settle(f);
	fx_commit(f, NODE("a", "taints: [{key: x, effect: NoExecute}]") NODE("b", "") POD);
	fx_step(f);
	assert_true(world_find(&f->w, KIND_POD, "default", "p")->deleting);
	fx_crash(f);
	fx_hello(f, "a", "4", "8Gi");
	fx_hello(f, "b", "4", "8Gi");
	fx_settle(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	assert_non_null(p->node);
	assert_string_equal(p->node->o.name, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_of_agents, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(gone_while_away, fx_set_up, fx_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
