/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What is odd about a node's agent: it is another Node's, was installed again, its clock is wrong. */
#include "tests/unit/reconciler/world_fixture.h"

#include "reconciler/node_session.h"

#define CLUSTER "c"
#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"
#define NODE_AT(name, host)                                                                          \
	"apiVersion: v1\nkind: Node\nmetadata: {name: " name ", annotations: {pintle.dev/ssh: " host \
	", pintle.dev/ssh-host-key: 'ssh-ed25519 "                                                   \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'}}\n---\n"
#define SET                                                                                           \
	"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"                              \
	"spec: {replicas: 1, minReadySeconds: 60, serviceName: db, selector: {matchLabels: {a: b}}, " \
	"template: "                                                                                  \
	"{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n"

/* The agent that is reached as NODE says that it was welcomed as NAME, and reports nothing. */
static enum node_session_verdict hello_as(struct fx *f, const char *node, const char *name)
{
	struct control c = fx_control(f);
	struct quantity_pair items[3];
	struct node_status status = fx_node_status(items, "4", "8Gi");
	struct wire_hello hello = {
		.version = 2, .min_version = 1, .node = name, .term = f->w.names.term, .status = &status
	};
	struct node_session s = { 0 };
	enum node_session_verdict v = node_session_hello(&s, &c, CLUSTER, fx_node(f, node), &hello);

	if (v == NODE_SESSION_GOES_ON)
		node_session_report(&s, &c, fx_node(f, node), &(struct wire_report){ .seq = 1 });
	fx_step(f);
	return v;
}

static const char *node_file(struct fx *f, const char *name)
{
	_cleanup_(freep) char *path = xasprintf("cluster/nodes/%s.json", name);

	return str_or_empty(fx_file(f, path));
}

static void expect_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected \"%s\" in:\n%s", part, text);
}

static void expect_not_in(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect \"%s\" in:\n%s", part, text);
}

/* --- two Nodes, one agent ------------------------------------------------------------------------------------------ */

static void two_nodes_lead_to_one_agent(void **state)
{
	struct fx *f = *state;

	fx_commit(f, NODE("node-a") NODE("node-b"));
	fx_step(f);
	assert_int_equal(hello_as(f, "node-a", NULL), NODE_SESSION_GOES_ON);
	assert_int_equal(hello_as(f, "node-b", "node-a"), NODE_SESSION_OTHER_NODE);
	expect_in(node_file(f, "node-b"), "\"AgentOfAnother\"");
	expect_in(node_file(f, "node-b"), "its agent is that of node node-a, which is in git as well");
	expect_in(node_file(f, "node-a"), "node node-b leads to its agent too");
	assert_true(fx_node(f, "node-a")->ready);
	assert_false(fx_node(f, "node-b")->ready);
	/* Tried again, nothing new is said. */
	hello_as(f, "node-b", "node-a");
	fx_pass(f);
	assert_int_equal(f->plan.record_count, 0);
	fx_sweep(f);
	/* Whoever starts anew knows it, so that it can go. */
	fx_crash(f);
	fx_step(f);
	expect_in(node_file(f, "node-a"), "\"LedToByAnother\"");
	fx_commit(f, NODE("node-b"));
	fx_step(f);
	expect_not_in(node_file(f, "node-b"), "DuplicateNode");
	assert_int_equal(hello_as(f, "node-b", "node-a"), NODE_SESSION_GOES_ON);
	assert_true(fx_node(f, "node-b")->ready);
	assert_int_equal(f->w.duplicates, 0);
}

static void the_other_one_gets_its_own(void **state)
{
	struct fx *f = *state;

	fx_commit(f, NODE("node-a") NODE("node-b"));
	fx_step(f);
	hello_as(f, "node-a", NULL);
	hello_as(f, "node-b", "node-a");
	assert_int_equal(hello_as(f, "node-b", "node-b"), NODE_SESSION_GOES_ON);
	expect_not_in(node_file(f, "node-a"), "DuplicateNode");
	expect_not_in(node_file(f, "node-b"), "DuplicateNode");
	/* The one that was mistaken leaves: nothing of it stays. */
	hello_as(f, "node-b", "node-a");
	expect_in(node_file(f, "node-a"), "DuplicateNode");
	fx_commit(f, NODE("node-a"));
	fx_step(f);
	expect_not_in(node_file(f, "node-a"), "DuplicateNode");
	assert_int_equal(f->w.duplicates, 0);
	/* A name that is in git no more is nobody's. */
	fx_commit(f, NODE("node-a") NODE("node-c"));
	fx_step(f);
	assert_int_equal(hello_as(f, "node-c", "node-b"), NODE_SESSION_GOES_ON);
}

/* --- another name ----------------------------------------------------------------------------------------------------- */

/* Until it has told, the host may go on with what it had under its old name. */
static void a_renamed_node(void **state)
{
	struct fx *f = *state;
	struct wire_held_pod held = { .uid = "", .digest = "d", .namespace = "default", .name = "db-0" };
	struct wire_report_pod gone = { .gone = true };
	struct wire_report report = { .seq = 2, .pods = { &gone, 1 } };
	char uid[NAMES_UID];
	struct control c;

	fx_commit(f, NODE_AT("node-a", "h1") NODE_AT("node-b", "h2") SET);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_settle(f);
	fx_hello(f, "node-b", "4", "8Gi");
	fx_step(f);
	snprintf(uid, sizeof(uid), "%s", world_find(&f->w, KIND_POD, "default", "db-0")->uid);
	/* Nobody hears of it when it is renamed. */
	c = fx_control(f);
	collect_goodbye(&c, fx_node(f, "node-a"));
	f->now += 50 * NSEC_PER_SEC;
	fx_step(f);
	fx_commit(f, NODE_AT("node-c", "h1") NODE_AT("node-b", "h2") SET);
	fx_pass(f);
	assert_true(fx_node(f, "node-c")->pods_unknown);
	assert_int_equal(f->plan.apply_count, 0);
	fx_sweep(f);
	assert_true(world_pod(world_find(&f->w, KIND_POD, "default", "db-0"))->withheld);
	held.uid = gone.uid = uid;
	fx_hello_with(f, "node-c", "4", "8Gi", &held, 1);
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.remove.count, 1);
	assert_string_equal(f->plan.applies[0].apply.remove.items[0].uid, uid);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 0);
	fx_sweep(f);
	c = fx_control(f);
	collect_report(&c, fx_node(f, "node-c"), &report);
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 1);
	fx_sweep(f);
	assert_false(fx_node(f, "node-c")->pods_unknown);
}

/* --- leaving ------------------------------------------------------------------------------------------------------------- */

#define DAEMON                                                                                  \
	"---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: each}\n"                   \
	"spec: {selector: {matchLabels: {a: d}}, template: {metadata: {labels: {a: d}}, spec: " \
	"{tolerations: "                                                                        \
	"[{operator: Exists}], containers: [{name: c, image: i}]}}}\n"

/* Its agent removes its pods first; a name is free when its pod is gone; git may have it again meanwhile. */
static void a_node_leaves_git(void **state)
{
	struct fx *f = *state;
	struct world_pod *db;
	char uid[NAMES_UID];

	fx_commit(f, NODE("node-a") NODE("node-b") SET DAEMON);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_settle(f);
	fx_hello(f, "node-b", "4", "8Gi");
	fx_settle(f);
	db = world_pod(world_find(&f->w, KIND_POD, "default", "db-0"));
	assert_string_equal(db->node->o.name, "node-a");
	snprintf(uid, sizeof(uid), "%s", db->o.uid);
	fx_commit(f, NODE("node-b") SET DAEMON);
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_string_equal(f->plan.applies[0].node->o.name, "node-a");
	assert_int_equal(f->plan.applies[0].apply.remove.count, 2);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 0);
	fx_sweep(f);
	assert_true(fx_node(f, "node-a")->leaving);
	expect_in(node_file(f, "node-a"), "\"unschedulable\":true");
	assert_string_equal(world_find(&f->w, KIND_POD, "default", "db-0")->uid, uid);
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 0);
	fx_sweep(f);
	/* Whoever starts now goes on with that. */
	fx_crash(f);
	fx_step(f);
	assert_true(fx_node(f, "node-a")->leaving);
	fx_hello(f, "node-b", "4", "8Gi");
	fx_settle(f);
	assert_null(world_find(&f->w, KIND_NODE, NULL, "node-a"));
	assert_null(fx_file(f, "cluster/nodes/node-a.json"));
	db = world_pod(world_find(&f->w, KIND_POD, "default", "db-0"));
	assert_string_equal(db->node->o.name, "node-b");
	assert_string_not_equal(db->o.uid, uid);
	/* There and back again. */
	fx_commit(f, NODE("node-c") SET DAEMON);
	fx_step(f);
	assert_true(fx_node(f, "node-b")->leaving);
	fx_commit(f, NODE("node-b") SET DAEMON);
	fx_settle(f);
	assert_false(fx_node(f, "node-b")->leaving);
	assert_string_equal(
		world_pod(world_find(&f->w, KIND_POD, "default", "db-0"))->node->o.name, "node-b");
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 2);
	expect_not_in(node_file(f, "node-b"), "\"unschedulable\":true");
}

/* Nobody hears of it any more: nothing is waited for. */
static void a_lost_node_leaves_git(void **state)
{
	struct fx *f = *state;
	struct control c;

	fx_commit(f, NODE("node-a") NODE("node-b") SET);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_settle(f);
	fx_hello(f, "node-b", "4", "8Gi");
	fx_commit(f, NODE("node-b") SET);
	fx_step(f);
	assert_true(fx_node(f, "node-a")->leaving);
	c = fx_control(f);
	collect_goodbye(&c, fx_node(f, "node-a"));
	fx_step(f);
	f->now += 39 * NSEC_PER_SEC;
	fx_step(f);
	assert_non_null(world_find(&f->w, KIND_NODE, NULL, "node-a"));
	f->now += 2 * NSEC_PER_SEC;
	fx_step(f);
	assert_null(world_find(&f->w, KIND_NODE, NULL, "node-a"));
	assert_string_equal(
		world_pod(world_find(&f->w, KIND_POD, "default", "db-0"))->node->o.name, "node-b");
}

/* --- installed again --------------------------------------------------------------------------------------------------- */

#define POD(name, policy)                                                                      \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {restartPolicy: " policy \
	", containers: [{name: c, "                                                            \
	"image: i}]}\n---\n"

/* It has what it had under the same UIDs; what has ended does not run once more. */
static void an_agent_begins_anew(void **state)
{
	struct fx *f = *state;
	struct wire_hello hello = { .version = 2, .min_version = 1 };
	struct world_pod *going, *done;
	char uid[NAMES_UID];
	struct control c;

	fx_commit(f, NODE("node-a") POD("runs", "Always") POD("done", "Never") POD("going", "Always"));
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_settle(f);
	done = world_pod(world_find(&f->w, KIND_POD, "default", "done"));
	fx_report(f, done, "Succeeded", false, false);
	fx_commit(f, NODE("node-a") POD("runs", "Always") POD("done", "Never"));
	fx_step(f);
	going = world_pod(world_find(&f->w, KIND_POD, "default", "going"));
	assert_true(going->o.deleting != 0);
	snprintf(uid, sizeof(uid), "%s", world_find(&f->w, KIND_POD, "default", "runs")->uid);
	c = fx_control(f);
	collect_goodbye(&c, fx_node(f, "node-a"));
	collect_hello(&c, fx_node(f, "node-a"), &hello);
	collect_report(&c, fx_node(f, "node-a"), &(struct wire_report){ .seq = 1 });
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 1);
	assert_string_equal(f->plan.applies[0].apply.pods.items[0].pod->meta->uid, uid);
	assert_int_equal(f->plan.applies[0].apply.remove.count, 0);
	fx_sweep(f);
	assert_null(world_find(&f->w, KIND_POD, "default", "going"));
	assert_non_null(world_find(&f->w, KIND_POD, "default", "done"));
	assert_int_equal(fx_count(f, "namespaces/default/events/node-a."), 2); /* NodeReady and this */
}

/* --- clocks -------------------------------------------------------------------------------------------------------------- */

static void clock_shows(struct fx *f, int64_t seconds_ahead)
{
	struct control c = fx_control(f);

	control_node_clock(&c, fx_node(f, "node-a"), f->now + seconds_ahead * NSEC_PER_SEC);
	fx_step(f);
}

static void clocks(void **state)
{
	static const struct {
		int64_t ahead, skew;
	} cases[] = { { 0, 0 }, { 5, 0 }, { -5, 0 }, { 6, 5 }, { 8, 5 }, { 9, 5 }, { 11, 10 }, { 7, 10 },
		{ 3, 0 }, { -3600, -3600 }, { -3597, -3600 }, { -3594, -3595 }, { 0, 0 }, { 86400, 86400 } };
	struct fx *f = *state;

	fx_commit(f, NODE("node-a"));
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_step(f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		clock_shows(f, cases[i].ahead);
		print_message("%lld\n", (long long)cases[i].ahead);
		assert_int_equal(fx_node(f, "node-a")->skew, cases[i].skew);
	}
	expect_in(node_file(f, "node-a"), "its clock is 86400 s ahead of pintled's");
	clock_shows(f, -7);
	expect_in(node_file(f, "node-a"), "its clock is 5 s behind pintled's");
	fx_crash(f);
	assert_int_equal(fx_node(f, "node-a")->skew, -5);
	clock_shows(f, 1);
	expect_not_in(node_file(f, "node-a"), "ClockSkewed");
}

static void report_ready(struct fx *f, struct world_pod *p, nsec_t since)
{
	struct control c = fx_control(f);
	struct condition condition = { .type = "Ready", .status = "True" };
	struct pod_status status = { .phase = "Running", .conditions = { &condition, 1 } };
	struct wire_report_pod one = { .uid = p->o.uid, .status = &status };

	condition.last_transition_time = (struct opt_int){ .set = true, .value = since };
	collect_report(&c, p->node, &(struct wire_report){ .pods = { &one, 1 } });
}

/* Whose clock is an hour ahead is not ready in the future, and whose is behind not long since. */
static void times_are_corrected(void **state)
{
	static const int64_t skews[] = { 3600, -3600 };
	struct fx *f = *state;
	struct world_pod *p;

	fx_commit(f, NODE("node-a") SET);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_step(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "db-0"));
	for (size_t i = 0; i < ARRAY_LEN(skews); i++) {
		nsec_t there = f->now + skews[i] * NSEC_PER_SEC;

		clock_shows(f, skews[i]);
		report_ready(f, p, there);
		assert_int_equal(p->ready_since, f->now);
		assert_false(set_pod_available(p, 60, f->now + 59 * NSEC_PER_SEC, NULL));
		assert_true(set_pod_available(p, 60, f->now + 60 * NSEC_PER_SEC, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_nodes_lead_to_one_agent, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(the_other_one_gets_its_own, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(a_renamed_node, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(a_node_leaves_git, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(a_lost_node_leaves_git, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(an_agent_begins_anew, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(clocks, fx_set_up, fx_tear_down),
		cmocka_unit_test_setup_teardown(times_are_corrected, fx_set_up, fx_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
