/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Names that agents still hold, after a tree was lost or is an old copy: the cases of control/withhold.c. */
#include "tests/unit/reconciler/world_fixture.h"

#include "reconciler/node_session.h"

#define NODES                                                         \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n" \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-b}\n---\n"
#define SET(replicas)                                                               \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"            \
	"spec: {replicas: " #replicas                                               \
	", serviceName: db, selector: {matchLabels: {a: b}}, template: {metadata: " \
	"{labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n"
#define WEB                                                                                            \
	"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web}\n"                               \
	"spec: {replicas: 1, selector: {matchLabels: {a: c}}, template: {metadata: {labels: {a: c}}, " \
	"spec: {containers: [{name: c, image: i}]}}}\n"
#define OFF_B                                                                \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n"        \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-b, annotations: " \
	"{pintle.dev/node-out-of-service: "                                  \
	"'true'}}\n---\n"

static struct world_pod *pod(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_POD, "default", name);

	if (!o)
		fx_die("no pod", name);
	return world_pod(o);
}

/* Is the pod sent to any agent by the last pass? */
static bool is_sent(struct fx *f, const char *name)
{
	for (size_t i = 0; i < f->plan.apply_count; i++)
		for (size_t k = 0; k < f->plan.applies[i].apply.pods.count; k++)
			if (str_eq(f->plan.applies[i].apply.pods.items[k].pod->meta->name, name))
				return true;
	return false;
}

static bool step_sends(struct fx *f, const char *name)
{
	bool sent;

	fx_pass(f);
	sent = is_sent(f, name);
	fx_sweep(f);
	return sent;
}

static void gone(struct fx *f, const char *node, const char *uid)
{
	struct control c = fx_control(f);
	struct wire_report_pod one = { .uid = uid, .gone = true };
	struct wire_report report = { .seq = 2, .pods = { &one, 1 } };

	collect_report(&c, fx_node(f, node), &report);
}

static void goodbye(struct fx *f, const char *node)
{
	struct control c = fx_control(f);

	collect_goodbye(&c, fx_node(f, node));
}

static void expect_waiting(struct fx *f, const char *name, const char *text)
{
	_cleanup_(freep) char *path = xasprintf("namespaces/default/pods/%s.json", name);

	assert_true(pod(f, name)->withheld);
	assert_string_equal(pod(f, name)->waiting, text);
	assert_non_null(strstr(fx_file(f, path), "\"reason\":\"NameMayBeInUse\""));
	assert_non_null(strstr(fx_file(f, path), text));
}

/* Throws the tree away: as if another pintled had run before. */
static void lose_tree(struct fx *f)
{
	struct control c;

	f->snapshot = snapshot_unref(f->snapshot);
	fx_drop_plan(f);
	world_done(&f->w);
	for (size_t i = 0; i < f->tree.count; i++)
		fx_file_free(f->tree.entries[i].value);
	map_done(&f->tree);
	f->tree = (struct map){ 0 };
	f->version = 1;
	fx_open_world(f);
	c = fx_control(f);
	control_tree_is_old(&c);
}

/* 1: a stray of the name, of any kind of pod. */
static void a_stray_has_the_name(void **state)
{
	struct fx *f = *state;
	struct wire_held_pod held = { .uid = "old", .digest = "d", .namespace = "default", .name = "db-0" };

	fx_commit(f, NODES);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello_with(f, "node-b", "1m", "1Mi", &held, 1);
	fx_commit(f, NODES SET(1) "---\n" WEB);
	assert_false(step_sends(f, "db-0"));
	expect_waiting(f, "db-0",
		"it waits: node node-b still holds another pod of this name, which is to go first");
	assert_true(fx_node(f, "node-b")->pods_unknown);
	assert_non_null(strstr(fx_file(f, "cluster/nodes/node-b.json"), "\"PodsKnown\""));
	/* Nothing new is said while it is so. */
	fx_pass(f);
	assert_int_equal(f->plan.record_count, 0);
	assert_int_equal(f->plan.apply_count, 0);
	fx_sweep(f);
	gone(f, "node-b", "old");
	assert_true(step_sends(f, "db-0"));
	assert_false(pod(f, "db-0")->withheld);
	assert_null(strstr(fx_file(f, "cluster/nodes/node-b.json"), "\"PodsKnown\""));
	assert_null(strstr(fx_file(f, "namespaces/default/pods/db-0.json"), "NameMayBeInUse"));
}

/* 1: names come with the report where the hello has none; a stray of a node that is away counts until that is off. */
static void a_stray_of_an_old_agent(void **state)
{
	struct fx *f = *state;
	struct wire_held_pod held = { .uid = "old", .digest = "d" };
	struct wire_report_pod one = { .uid = "old", .namespace = "default", .name = "db-0" };
	struct wire_report report = { .seq = 1, .pods = { &one, 1 } };
	struct control c;

	fx_commit(f, NODES);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello_with(f, "node-b", "1m", "1Mi", &held, 1);
	c = fx_control(f);
	collect_report(&c, fx_node(f, "node-b"), &report);
	fx_commit(f, NODES SET(1));
	assert_false(step_sends(f, "db-0"));
	goodbye(f, "node-b");
	f->now += 50 * NSEC_PER_SEC;
	assert_false(step_sends(f, "db-0"));
	/* The next process knows nothing of it but that there was something. */
	fx_crash(f);
	fx_hello(f, "node-a", "4", "8Gi");
	assert_false(step_sends(f, "db-0"));
	f->now += 50 * NSEC_PER_SEC;
	assert_false(step_sends(f, "db-0"));
	expect_waiting(f, "db-0",
		"it waits: node node-b may hold another pod of this name, and has not told what it holds "
		"since the "
		"actual tree was lost");
	fx_commit(f, OFF_B SET(1));
	assert_true(step_sends(f, "db-0"));
}

/* 2 and 3: after a loss a StatefulSet's pods wait for all nodes, others for none. */
static void a_lost_tree(void **state)
{
	struct fx *f = *state;

	fx_commit(f, NODES);
	fx_step(f);
	lose_tree(f);
	fx_commit(f, NODES SET(1) "---\n" WEB "---\napiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: "
				  "{containers: [{name: c, image: i}]}\n");
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 1);
	assert_true(str_starts(f->plan.applies[0].apply.pods.items[0].pod->meta->name, "web-"));
	fx_sweep(f);
	f->now += 1000 * NSEC_PER_SEC;
	assert_false(step_sends(f, "db-0"));
	assert_true(pod(f, "one")->withheld);
	fx_hello(f, "node-b", "1m", "1Mi");
	assert_true(step_sends(f, "db-0"));
	assert_false(pod(f, "one")->withheld);
}

static void an_old_copy(void **state)
{
	struct fx *f = *state;
	struct quantity_pair items[3];
	struct node_status status = fx_node_status(items, "4", "8Gi");
	struct wire_hello hello = { .version = 2, .min_version = 1, .status = &status };
	struct node_session s = { 0 };
	struct control c;
	char path[] = "namespaces/default/pods/db-0.json";

	fx_commit(f, NODES);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello(f, "node-b", "1m", "1Mi");
	fx_step(f);
	fx_crash(f);
	f->now += 50 * NSEC_PER_SEC;
	/* What it was told of before is no news. */
	hello.tree_version = f->w.tree_version;
	c = fx_control(f);
	assert_int_equal(node_session_hello(&s, &c, "c", fx_node(f, "node-a"), &hello), NODE_SESSION_GOES_ON);
	assert_false(fx_node(f, "node-b")->pods_unknown);
	hello.tree_version++;
	assert_int_equal(node_session_hello(&s, &c, "c", fx_node(f, "node-a"), &hello), NODE_SESSION_GOES_ON);
	assert_true(fx_node(f, "node-b")->pods_unknown);
	collect_report(&c, fx_node(f, "node-a"), &(struct wire_report){ .seq = 1 });
	assert_false(fx_node(f, "node-a")->pods_unknown);
	fx_commit(f, NODES "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-c}\n---\n" SET(1));
	assert_false(step_sends(f, "db-0"));
	/* Nodes that the copy did not have may hold anything as well. */
	assert_true(fx_node(f, "node-c")->pods_unknown);
	assert_non_null(fx_file(f, path));
	fx_crash(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello(f, "node-c", "1m", "1Mi");
	assert_false(step_sends(f, "db-0"));
	fx_hello(f, "node-b", "1m", "1Mi");
	assert_true(step_sends(f, "db-0"));
}

/* 3: so long after a start, whatever its nodes say, nothing is known of them; a new cluster waits for nothing. */
static void after_a_start(void **state)
{
	struct fx *f = *state;

	fx_commit(f, NODES SET(1));
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	assert_true(step_sends(f, "db-0"));
	fx_hello(f, "node-b", "1m", "1Mi");
	fx_step(f);
	fx_crash(f);
	fx_hello(f, "node-a", "4", "8Gi");
	assert_false(step_sends(f, "db-0"));
	expect_waiting(f, "db-0", "it waits: node node-b has not told yet what it holds");
	assert_true(pass_next(&f->w) <= f->w.started + 40 * NSEC_PER_SEC);
	f->now = f->w.started + 40 * NSEC_PER_SEC;
	assert_true(step_sends(f, "db-0"));
}

/* 4: what its agent holds already is brought up to date. */
static void what_is_held(void **state)
{
	struct fx *f = *state;
	struct wire_held_pod *held;

	fx_commit(f, NODES SET(1));
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_step(f);
	fx_hello(f, "node-b", "1m", "1Mi");
	fx_step(f);
	held = fx_held(fx_node(f, "node-a"));
	freep(&held[0].digest);
	held[0].digest = xstrdup("another");
	fx_crash(f);
	fx_hello_with(f, "node-a", "4", "8Gi", held, 1);
	assert_true(step_sends(f, "db-0"));
	fx_held_free(held, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stray_has_the_name, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(a_stray_of_an_old_agent, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(a_lost_tree, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(an_old_copy, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(after_a_start, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(what_is_held, fx_set_up, fx_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
