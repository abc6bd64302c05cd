/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Nodes that are lost or don't want their pods: the cases of node_lifecycle.h, by their numbers. */
#include "reconciler/control/node_lifecycle.h"

#include "reconciler/health.h"
#include "tests/unit/reconciler/world_fixture.h"

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"
#define NODE_WITH(name, more) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n" more "\n---\n"
#define POD(name, more)                                                                               \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name                                           \
	"}\nspec: {nodeSelector: {kubernetes.io/hostname: a}, containers: [{name: c, image: i}]" more \
	"}\n---\n"
#define SECONDS(n) ((nsec_t)(n)*NSEC_PER_SEC)

static void say_hello(struct fx *f)
{
	struct world_entry_list all = world_entries(&f->w);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE)
			fx_hello(f, all.items[i]->name, "4", "8Gi");
	free(all.items);
}

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
	say_hello(f);
	fx_settle(f);
}

static void cut(struct fx *f, const char *node)
{
	struct control c = fx_control(f);

	collect_goodbye(&c, fx_node(f, node));
}

/* Passes whenever one is due, as pintled does, until SECONDS from now. */
static void wait(struct fx *f, int64_t seconds)
{
	nsec_t end = f->now + SECONDS(seconds);

	for (unsigned i = 0; i < 10000; i++) {
		fx_step(f);
		nsec_t next = pass_next(&f->w);
		if (next > end)
			break;
		f->now = next > f->now ? next : f->now + 1;
	}
	f->now = end;
	fx_step(f);
}

static struct world_pod *pod(struct fx *f, const char *name)
{
	struct world_object *o = world_find(&f->w, KIND_POD, "default", name);

	if (!o)
		fx_die("no pod", name);
	return world_pod(o);
}

/* NAME has the condition DisruptionTarget for REASON. */
static void assert_disrupted(struct fx *f, const char *name, const char *reason)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(2048);
	const struct pod_status *s = world_pod_status(&f->w, pod(f, name), arena);
	const struct condition *c = NULL;

	assert_true(pod(f, name)->disrupted);
	assert_non_null(s);
	assert_string_equal(health_condition(&s->conditions, "DisruptionTarget", &c), "True");
	assert_string_equal(c->reason, reason);
}

static bool tainted(struct fx *f, const char *node, const char *key, const char *effect)
{
	const struct world_node *n = fx_node(f, node);

	for (size_t i = 0; i < n->taint_count; i++)
		if (str_eq(n->taints[i].key, key) && str_eq(n->taints[i].effect, effect))
			return true;
	return false;
}

/* Cases 1, 2, 4, 10, 12, 14. */
static void test_lost_node(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b") NODE("c") POD("p", ""));
	assert_int_equal(fx_node(&f, "a")->taint_count, 0);
	cut(&f, "a");
	wait(&f, 39);
	assert_true(pod(&f, "p")->ready);
	assert_int_equal(fx_node(&f, "a")->taint_count, 0);
	wait(&f, 2);
	assert_true(tainted(&f, "a", NODE_TAINT_UNREACHABLE, "NoSchedule"));
	assert_true(tainted(&f, "a", NODE_TAINT_UNREACHABLE, "NoExecute"));
	assert_false(pod(&f, "p")->ready);
	assert_non_null(strstr(fx_file(&f, "namespaces/default/pods/p.json"), "\"NodeNotReady\""));
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "\"timeAdded\""));
	wait(&f, 297);
	assert_int_equal(pod(&f, "p")->o.deleting, 0);
	wait(&f, 3);
	assert_true(pod(&f, "p")->o.deleting);
	assert_disrupted(&f, "p", "DeletionByTaintManager");
	/* It stays until its agent says that it is gone. */
	wait(&f, 3600);
	pod(&f, "p");
	fx_hello(&f, "a", "4", "8Gi");
	wait(&f, 1);
	assert_int_equal(fx_node(&f, "a")->taint_count, 0);
	/* The hello held nothing: the pod is gone, and git wants it again. */
	assert_int_equal(pod(&f, "p")->o.deleting, 0);
	fx_done(&f);
}

/* Its agent never said anything of it; that it was driven out is known over a restart all the same: Jobs go by it. */
static void test_disrupted_unheard(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b"));
	fx_commit(&f, NODE("a") NODE("b") POD("p", ""));
	fx_step(&f);
	cut(&f, "a");
	wait(&f, 345);
	assert_disrupted(&f, "p", "DeletionByTaintManager");
	fx_crash(&f);
	assert_disrupted(&f, "p", "DeletionByTaintManager");
	fx_done(&f);
}

static void test_back_in_time(void **state)
{
	struct fx f;
	char uid[NAMES_UID];

	(void)state;
	begin(&f, NODE("a") NODE("b") POD("p", ""));
	strcpy(uid, pod(&f, "p")->o.uid);
	cut(&f, "a");
	wait(&f, 300);
	assert_true(node_is_given_up(fx_node(&f, "a")));
	fx_hello(&f, "a", "4", "8Gi");
	fx_settle(&f);
	wait(&f, 3600);
	assert_string_equal(pod(&f, "p")->o.uid, uid);
	assert_true(pod(&f, "p")->ready);
	fx_done(&f);
}

/* Cases 8 to 11. */
static void test_tolerations(void **state)
{
	static const struct {
		const char *tolerations, *key;
		int64_t seconds; /* -1: for ever */
	} cases[] = {
		{ "", NODE_TAINT_UNREACHABLE, 300 },
		{ "", NODE_TAINT_NOT_READY, 300 },
		{ "", "maintenance", 0 },
		{ "{operator: Exists}", "maintenance", -1 },
		{ "{operator: Exists, effect: NoSchedule}", "maintenance", 0 },
		{ "{operator: Exists, effect: NoSchedule}", NODE_TAINT_UNREACHABLE, 300 },
		{ "{key: maintenance, operator: Exists}", "maintenance", -1 },
		{ "{key: maintenance, value: '1'}", "maintenance", 0 },
		{ "{key: maintenance, operator: Exists, effect: NoExecute, tolerationSeconds: 60}",
			"maintenance", 60 },
		{ "{key: maintenance, operator: Exists, effect: NoExecute, tolerationSeconds: 0}",
			"maintenance", 0 },
		{ "{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, "
		  "tolerationSeconds: 7}",
			NODE_TAINT_UNREACHABLE, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *text = xasprintf(
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {tolerations: [%s], "
			"containers: [{name: c, image: i}]}\n",
			cases[i].tolerations);
		const struct object_load_options options = { .path = "t", .default_namespace = "default" };
		const struct world_taint taint = { .key = (char *)(uintptr_t)cases[i].key,
			.value = (char[]){ "" },
			.effect = "NoExecute",
			.added = SECONDS(1000) };
		struct objects list = { 0 };
		struct diags diags;
		nsec_t due;

		diags_init(&diags);
		assert_int_equal(object_load_yaml(text, strlen(text), &options, &list, &diags), 0);
		due = node_eviction_time(&object_pod(list.items[0])->spec, &taint, 0);
		if (due != (cases[i].seconds < 0           ? NSEC_NEVER
				   : cases[i].seconds == 0 ? 0
							   : SECONDS(1000 + cases[i].seconds)))
			print_error(
				"%s against %s: %lld\n", cases[i].tolerations, cases[i].key, (long long)due);
		assert_true(due == (cases[i].seconds < 0           ? NSEC_NEVER
					   : cases[i].seconds == 0 ? 0
								   : SECONDS(1000 + cases[i].seconds)));
		objects_done(&list);
		diags_done(&diags);
	}
}

/* Case 11, by a commit; a pod that tolerates it for a time goes when that is over, and a restart doesn't begin it anew. */
static void test_taint_of_the_manifest(void **state)
{
	struct fx f;
	const char *pods = POD("now", "") POD("soon",
		", tolerations: [{key: gpu, operator: Exists, effect: NoExecute, tolerationSeconds: 100}]")
		POD("never", ", tolerations: [{key: gpu, operator: Exists}]");
	_cleanup_(freep) char *before = xasprintf("%s%s", NODE("a"), pods);
	_cleanup_(freep) char *after = xasprintf(
		"%s%s", NODE_WITH("a", "spec: {taints: [{key: gpu, effect: NoExecute}]}"), pods);

	(void)state;
	begin(&f, before);
	fx_commit(&f, after);
	fx_step(&f);
	assert_true(pod(&f, "now")->o.deleting);
	wait(&f, 60);
	fx_crash(&f);
	wait(&f, 38);
	assert_int_equal(pod(&f, "soon")->o.deleting, 0);
	wait(&f, 3);
	assert_true(pod(&f, "soon")->o.deleting);
	wait(&f, 10000);
	assert_int_equal(pod(&f, "never")->o.deleting, 0);
	fx_done(&f);
}

/* Case 3. */
static void test_agent_not_ready(void **state)
{
	struct fx f;
	struct control c;
	struct condition not_ready = { .type = "Ready", .status = "False" };
	struct condition pressure = { .type = "DiskPressure", .status = "True" };
	const struct condition both[] = { not_ready, pressure };
	struct node_status status = { .conditions = { (struct condition *)(uintptr_t)both, 2 } };

	(void)state;
	begin(&f, NODE("a") NODE("b") POD("p", ""));
	c = fx_control(&f);
	control_node_report(&c, fx_node(&f, "a"), &status);
	fx_step(&f);
	assert_true(tainted(&f, "a", NODE_TAINT_NOT_READY, "NoSchedule"));
	assert_true(tainted(&f, "a", "node.kubernetes.io/disk-pressure", "NoSchedule"));
	assert_false(pod(&f, "p")->ready);
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), "\"AgentNotReady\""));
	wait(&f, 305);
	assert_true(pod(&f, "p")->o.deleting);
	fx_done(&f);
}

/* The agent's clock is AHEAD of ours. */
static void hello_with_conditions(struct fx *f, nsec_t ahead)
{
	static const struct condition said[] = {
		{ .type = "Ready", .status = "True", .reason = "AgentReady", .message = "the agent's words" },
		{ .type = "DiskPressure", .status = "False", .reason = "EnoughRoom" },
	};
	struct control c = fx_control(f);
	struct quantity_pair items[3];
	struct node_status status = fx_node_status(items, "4", "8Gi");
	const struct wire_hello hello = {
		.version = 2, .min_version = 1, .status = &status, .time = c.now + ahead
	};

	status.conditions.items = (struct condition *)(uintptr_t)said;
	status.conditions.count = ARRAY_LEN(said);
	collect_hello(&c, fx_node(f, "a"), &hello);
	collect_report(&c, fx_node(f, "a"), &(struct wire_report){ .seq = 1 });
}

static void restart_writes_nothing(nsec_t ahead, const char *told)
{
	struct fx f;

	begin(&f, NODE("a"));
	hello_with_conditions(&f, ahead);
	fx_settle(&f);
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/a.json"), told));
	fx_crash(&f);
	hello_with_conditions(&f, ahead);
	fx_pass(&f);
	for (size_t i = 0; i < f.plan.record_count; i++)
		assert_string_not_equal(f.plan.records[i].kind->name, "Node");
	fx_sweep(&f);
	fx_done(&f);
}

/* An agent that says after a restart what it said before is no reason to write its node once more. */
static void test_restart_writes_nothing(void **state)
{
	(void)state;
	restart_writes_nothing(0, "\"EnoughRoom\"");
}

/* … nor where there is something odd about it. */
static void test_restart_of_an_odd_one(void **state)
{
	(void)state;
	restart_writes_nothing(100 * NSEC_PER_SEC, "\"ClockSkewed\"");
}

/* Case 13. */
/* A node whose pods can reach those of no other takes none; one that can still reach some does. */
static void test_pod_network(void **state)
{
	static const struct {
		const char *status, *reason;
		bool tainted;
	} told[] = { { "True", "NoNodeReachable", true }, { "True", "NodesUnreachable", false },
		{ "True", NULL, true }, { "False", "RoutesMade", false } };
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b"));
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct condition c = {
			.type = "NetworkUnavailable", .status = told[i].status, .reason = told[i].reason
		};
		struct quantity_pair items[3];
		struct node_status status = fx_node_status(items, "4", "8Gi");
		struct control control = fx_control(&f);

		status.conditions.items = &c;
		status.conditions.count = 1;
		control_node_report(&control, fx_node(&f, "a"), &status);
		fx_step(&f);
		assert_int_equal(tainted(&f, "a", "node.kubernetes.io/network-unavailable", "NoSchedule"),
			told[i].tainted);
	}
	fx_done(&f);
}

static void test_out_of_service(void **state)
{
	struct fx f;
	char uid[NAMES_UID];
	const char *off = NODE_WITH("a", "") NODE("b") POD("p", "");

	(void)state;
	begin(&f, off);
	strcpy(uid, pod(&f, "p")->o.uid);
	cut(&f, "a");
	wait(&f, 60);
	assert_string_equal(pod(&f, "p")->o.uid, uid);
	fx_commit(&f, "apiVersion: v1\nkind: Node\nmetadata: {name: a, annotations: "
		      "{pintle.dev/node-out-of-service: 'true'}}\n---\n" NODE("b") POD("p", ""));
	wait(&f, 1);
	assert_string_not_equal(pod(&f, "p")->o.uid, uid);
	assert_null(pod(&f, "p")->node);
	fx_done(&f);
}

/* Case 15: pintled was away for long; nobody knows yet whether the node is. */
static void test_start_gives_time(void **state)
{
	struct fx f;
	char uid[NAMES_UID];

	(void)state;
	begin(&f, NODE("a") NODE("b") NODE("c") POD("p", ""));
	strcpy(uid, pod(&f, "p")->o.uid);
	cut(&f, "a");
	wait(&f, 100);
	assert_true(node_is_given_up(fx_node(&f, "a")));
	f.now += SECONDS(3600);
	fx_crash(&f);
	say_hello(&f);
	cut(&f, "a");
	wait(&f, 30);
	assert_string_equal(pod(&f, "p")->o.uid, uid);
	fx_done(&f);
}

/* --- zones ---------------------------------------------------------------------------------------------- */

/* COUNT nodes n00, n01 … of one zone. */
static char *many(unsigned count)
{
	struct buf text = BUF_INIT;

	for (unsigned i = 0; i < count; i++)
		buf_addf(&text, "apiVersion: v1\nkind: Node\nmetadata: {name: n%02u}\n---\n", i);
	return buf_take(&text);
}

static unsigned given_up(struct fx *f)
{
	struct world_entry_list all = world_entries(&f->w);
	unsigned n = 0;

	for (size_t i = 0; i < all.count; i++)
		n += all.items[i]->kind->id == KIND_NODE && node_is_given_up(world_node(all.items[i]));
	free(all.items);
	return n;
}

static void cut_many(struct fx *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%02u", i);
		cut(f, name);
	}
}

/* Cases 5 to 7: COUNT nodes, LOST of which are; how many are given up AFTER so many seconds. */
static void test_zones(void **state)
{
	static const struct {
		unsigned count, lost, after, wanted;
	} cases[] = {
		{ 10, 1, 41, 1 },
		{ 10, 5, 41, 1 }, /* one in 10 s */
		{ 10, 5, 51, 2 },
		{ 10, 5, 3600, 5 },
		{ 10, 6, 3600, 0 },  /* 60 % of a small zone */
		{ 3, 2, 3600, 2 },   /* two are too few to say so of */
		{ 10, 10, 3600, 0 }, /* all: it is us */
		{ 1, 1, 3600, 0 },
		{ 60, 40, 41, 1 }, /* a large zone goes on slowly */
		{ 60, 40, 138, 1 },
		{ 60, 40, 142, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *text = many(cases[i].count);
		struct fx f;

		begin(&f, text);
		cut_many(&f, cases[i].lost);
		wait(&f, cases[i].after);
		if (given_up(&f) != cases[i].wanted)
			print_error("case %zu: %u of %u lost for %u s: %u given up\n", i, cases[i].lost,
				cases[i].count, cases[i].after, given_up(&f));
		assert_int_equal(given_up(&f), cases[i].wanted);
		fx_done(&f);
	}
}

/* Case 6: those that were given up are not any more once no node is ready. */
static void test_the_last_node(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b") POD("p", ""));
	cut(&f, "a");
	wait(&f, 100);
	assert_int_equal(given_up(&f), 1);
	cut(&f, "b");
	wait(&f, 100);
	assert_int_equal(given_up(&f), 0);
	wait(&f, 3600);
	assert_int_equal(pod(&f, "p")->o.deleting, 0);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_node),
		cmocka_unit_test(test_disrupted_unheard),
		cmocka_unit_test(test_back_in_time),
		cmocka_unit_test(test_tolerations),
		cmocka_unit_test(test_taint_of_the_manifest),
		cmocka_unit_test(test_agent_not_ready),
		cmocka_unit_test(test_pod_network),
		cmocka_unit_test(test_out_of_service),
		cmocka_unit_test(test_start_gives_time),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_the_last_node),
		cmocka_unit_test(test_restart_writes_nothing),
		cmocka_unit_test(test_restart_of_an_odd_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
