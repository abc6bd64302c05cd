/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Nodes, services, events and waiting pods. */
#include "tests/unit/reconciler/world_fixture.h"

static void begin(struct fx *f, const char *text)
{
	fx_init(f);
	fx_commit(f, text);
	fx_step(f);
}

#define NODE(name) "apiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n---\n"

static void test_not_ready_after_grace(void **state)
{
	struct fx f;
	struct control c;

	(void)state;
	begin(&f, NODE("node-a"));
	assert_false(fx_node(&f, "node-a")->ready);
	fx_hello(&f, "node-a", "4", "8Gi");
	fx_step(&f);
	assert_true(fx_node(&f, "node-a")->ready);
	f.now += 100 * NSEC_PER_SEC;
	c = fx_control(&f);
	collect_goodbye(&c, fx_node(&f, "node-a"));
	fx_step(&f);
	assert_true(fx_node(&f, "node-a")->ready);
	assert_true(pass_next(&f.w) <= f.now + NODE_GRACE_SECONDS * NSEC_PER_SEC);
	f.now += 39 * NSEC_PER_SEC;
	fx_step(&f);
	assert_true(fx_node(&f, "node-a")->ready);
	f.now += 2 * NSEC_PER_SEC;
	fx_step(&f);
	assert_false(fx_node(&f, "node-a")->ready);
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/node-a.json"), "\"NodeStatusUnknown\""));
	fx_hello(&f, "node-a", "4", "8Gi");
	fx_step(&f);
	assert_true(fx_node(&f, "node-a")->ready);
	fx_done(&f);
}

/* A node that is back is ready once its agent has told how its pods are: until then nobody may act on what they were. */
static void test_ready_once_it_has_told(void **state)
{
	struct wire_hello hello = { .version = 1, .min_version = 1 };
	struct fx f;
	struct control c;

	(void)state;
	begin(&f, NODE("node-a"));
	c = fx_control(&f);
	collect_hello(&c, fx_node(&f, "node-a"), &hello);
	fx_step(&f);
	assert_false(fx_node(&f, "node-a")->ready);
	fx_hello(&f, "node-a", "4", "8Gi");
	fx_step(&f);
	assert_true(fx_node(&f, "node-a")->ready);
	fx_done(&f);
}

static void test_subnets_are_kept(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("node-a") NODE("node-b"));
	assert_string_equal(fx_node(&f, "node-a")->pod_cidr, "10.244.0.0/23");
	assert_string_equal(fx_node(&f, "node-b")->pod_cidr, "10.244.2.0/23");
	fx_commit(&f, NODE("node-b") NODE("node-c"));
	fx_step(&f);
	fx_crash(&f);
	fx_step(&f);
	assert_string_equal(fx_node(&f, "node-b")->pod_cidr, "10.244.2.0/23");
	assert_string_equal(fx_node(&f, "node-c")->pod_cidr, "10.244.0.0/23");
	fx_done(&f);
}

#define CLUSTER(spec) \
	"apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata: {name: cluster}\nspec: {" spec "}\n---\n"
#define POD(name, more)                                     \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name \
	"}\nspec: {containers: [{name: c, image: i}]" more "}\n---\n"

/* The Cluster of the first commit says where addresses come from, though the node was there before. */
static void test_no_subnet_before_the_first_commit(void **state)
{
	struct fx f;
	struct control c;

	(void)state;
	fx_init(&f);
	f.w.host_name = xstrdup("here");
	c = fx_control(&f);
	control_implicit_node(&c);
	fx_step(&f);
	fx_hello(&f, "here", "4", "8Gi");
	fx_step(&f);
	assert_true(fx_node(&f, "here")->ready);
	assert_string_equal(fx_node(&f, "here")->pod_cidr, "");
	fx_commit(&f, CLUSTER("podCIDR: 10.7.0.0/16, nodePrefix: 26"));
	fx_step(&f);
	assert_string_equal(fx_node(&f, "here")->pod_cidr, "10.7.0.0/26");
	fx_done(&f);
}

static void test_a_node_moves_when_it_is_empty(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, NODE("a") NODE("b") POD("p", ", nodeName: a") POD("q", ", nodeName: b, hostNetwork: true"));
	fx_hello(&f, "a", "4", "8Gi");
	fx_hello(&f, "b", "4", "8Gi");
	fx_settle(&f);
	assert_non_null(world_pod(world_find(&f.w, KIND_POD, "default", "q"))->node);
	fx_commit(&f, CLUSTER("podCIDR: 10.7.0.0/16") NODE("a") NODE("b") POD("p", ", nodeName: a")
			      POD("q", ", nodeName: b, hostNetwork: true"));
	fx_step(&f);
	/* a has a pod with an address, b has none. */
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.244.0.0/23");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.7.0.0/23");
	assert_int_equal(fx_count(&f, "namespaces/default/events/a."), 2); /* NodeReady, PodCIDRKept */
	fx_crash(&f);
	fx_step(&f);
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.244.0.0/23");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.7.0.0/23");
	fx_hello(&f, "a", "4", "8Gi");
	fx_hello(&f, "b", "4", "8Gi");
	fx_commit(&f, CLUSTER("podCIDR: 10.7.0.0/16") NODE("a") NODE("b"));
	fx_settle(&f);
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.7.2.0/23");
	/* Without a Cluster manifest it is the default again. */
	fx_commit(&f, NODE("a") NODE("b"));
	fx_step(&f);
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.244.0.0/23");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.244.2.0/23");
	fx_done(&f);
}

static void test_subnets_never_overlap(void **state)
{
	const char *asks =
		"apiVersion: v1\nkind: Node\nmetadata: {name: b}\nspec: {podCIDR: 10.244.0.128/25}\n---\n";
	_cleanup_(freep) char *both = xasprintf("%s%s", NODE("a"), asks);
	_cleanup_(freep) char *smaller = xasprintf(
		"%s%s%s", CLUSTER("nodePrefix: 26"), both, NODE("c") POD("p", ", nodeName: a"));
	struct fx f;

	(void)state;
	begin(&f, NODE("a") POD("p", ", nodeName: a"));
	fx_hello(&f, "a", "4", "8Gi");
	fx_settle(&f);
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.244.0.0/23");
	/* a keeps its /23, as its pod has an address of it: the others' subnets begin behind it. */
	fx_commit(&f, smaller);
	fx_step(&f);
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.244.0.0/23");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.244.2.0/26");
	assert_string_equal(fx_node(&f, "c")->pod_cidr, "10.244.2.64/26");
	assert_non_null(strstr(fx_file(&f, "cluster/nodes/b.json"), "\"podCIDR\":\"10.244.2.0/26\""));
	/* Where a has gone, b gets what it asks for. */
	fx_commit(&f, asks);
	fx_settle(&f);
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.244.0.128/25");
	fx_done(&f);
}

static void test_a_pod_network_that_is_full(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, CLUSTER("podCIDR: 10.7.0.0/24, nodePrefix: 25") NODE("a") NODE("b") NODE("c"));
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.7.0.0/25");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "10.7.0.128/25");
	assert_string_equal(fx_node(&f, "c")->pod_cidr, "");
	fx_commit(&f, CLUSTER("podCIDR: 10.7.0.0/24, nodePrefix: 25") NODE("b") NODE("c"));
	fx_step(&f);
	assert_string_equal(fx_node(&f, "c")->pod_cidr, "10.7.0.0/25");
	fx_done(&f);
}

static void test_a_pod_network_smaller_than_a_nodes_part(void **state)
{
	struct fx f;

	(void)state;
	begin(&f, CLUSTER("podCIDR: 10.7.0.0/25") NODE("a") NODE("b"));
	assert_string_equal(fx_node(&f, "a")->pod_cidr, "10.7.0.0/25");
	assert_string_equal(fx_node(&f, "b")->pod_cidr, "");
	fx_done(&f);
}

static void test_implicit_node(void **state)
{
	struct fx f;

	(void)state;
	fx_init(&f);
	f.w.host_name = xstrdup("here");
	fx_commit(&f, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: "
		      "i}]}\n");
	fx_step(&f);
	fx_hello(&f, "here", "4", "8Gi");
	fx_settle(&f);
	assert_true(world_pod(world_find(&f.w, KIND_POD, "default", "p"))->ready);
	/* The same node, now named in git: adopted, the pod stays. */
	fx_commit(&f, NODE("here") "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
				   "spec: {containers: [{name: c, image: i}]}\n");
	fx_step(&f);
	assert_true(world_pod(world_find(&f.w, KIND_POD, "default", "p"))->ready);
	fx_done(&f);
}

#define DRAINED(name)                                             \
	"apiVersion: v1\nkind: Node\nmetadata: {name: " name      \
	", labels: {disk: ssd}, annotations: {pintle.dev/drain: " \
	"'true'}}\n---\n"

/* Its manifest goes, and no other Node is there: this host is the node as before, with its subnet, session and pods. */
static void test_the_host_without_its_manifest(void **state)
{
	struct fx f;
	_cleanup_(freep) char *cidr = NULL;

	(void)state;
	fx_init(&f);
	f.w.host_name = xstrdup("here");
	fx_commit(&f, NODE("here") POD("p", ""));
	fx_step(&f);
	fx_hello(&f, "here", "4", "8Gi");
	fx_settle(&f);
	cidr = xstrdup(fx_node(&f, "here")->pod_cidr);
	fx_commit(&f, DRAINED("other") DRAINED("here") POD("p", "") POD("q", ""));
	fx_step(&f);
	fx_commit(&f, POD("p", "") POD("q", ""));
	fx_settle(&f);
	assert_null(fx_node(&f, "here")->o.origin);
	assert_true(fx_node(&f, "here")->ready);
	assert_string_equal(fx_node(&f, "here")->pod_cidr, cidr);
	assert_null(world_find(&f.w, KIND_NODE, NULL, "other"));
	assert_null(strstr(fx_file(&f, "cluster/nodes/here.json"), "ssd"));
	assert_true(world_pod(world_find(&f.w, KIND_POD, "default", "q"))->ready);
	/* Another takes its place. */
	fx_commit(&f, NODE("here") POD("p", ""));
	fx_settle(&f);
	fx_commit(&f, NODE("other") POD("p", ""));
	fx_settle(&f);
	assert_null(world_find(&f.w, KIND_NODE, NULL, "here"));
	fx_done(&f);
}

/* Likewise, and its pods run on. */
static void test_the_pods_of_a_host_without_manifest(void **state)
{
	struct fx f;
	_cleanup_(freep) char *uid = NULL;

	(void)state;
	fx_init(&f);
	f.w.host_name = xstrdup("here");
	fx_commit(&f, NODE("here") POD("p", ""));
	fx_step(&f);
	fx_hello(&f, "here", "4", "8Gi");
	fx_settle(&f);
	uid = xstrdup(world_find(&f.w, KIND_POD, "default", "p")->uid);
	fx_commit(&f, POD("p", ""));
	fx_settle(&f);
	assert_string_equal(world_find(&f.w, KIND_POD, "default", "p")->uid, uid);
	assert_true(world_pod(world_find(&f.w, KIND_POD, "default", "p"))->ready);
	fx_done(&f);
}

static void test_waiting_pods_say_why_and_go_on(void **state)
{
	struct fx f;
	const struct world_pod *p;

	(void)state;
	begin(&f, NODE("node-a") "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: "
				 "c, image: i}]}\n");
	p = world_pod(world_find(&f.w, KIND_POD, "default", "p"));
	assert_null(p->node);
	assert_string_equal(p->waiting, "0/1 nodes are available: 1 node(s) had untolerated taint "
					"{node.kubernetes.io/unreachable: }.");
	assert_non_null(strstr(fx_file(&f, "namespaces/default/pods/p.json"), "\"Unschedulable\""));
	assert_int_equal(fx_count(&f, "namespaces/default/events/p."), 1);
	fx_crash(&f);
	fx_step(&f);
	fx_hello(&f, "node-a", "4", "8Gi");
	fx_step(&f);
	p = world_pod(world_find(&f.w, KIND_POD, "default", "p"));
	assert_non_null(p->node);
	fx_done(&f);
}

static void test_services(void **state)
{
	struct fx f;
	char first[64];
	struct world_service *a, *b;
	const char *text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort, "
			   "ports: [{port: 80}]}\n---\n"
			   "apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {clusterIP: 10.96.7.7, "
			   "ports: [{port: 80}]}\n---\n"
			   "apiVersion: v1\nkind: Service\nmetadata: {name: c}\nspec: {clusterIP: None, "
			   "ports: [{port: 80}]}\n---\n"
			   "apiVersion: v1\nkind: Service\nmetadata: {name: d}\nspec: {clusterIP: 10.96.7.7, "
			   "ports: [{port: 80}]}\n";

	(void)state;
	begin(&f, text);
	a = world_service(world_find(&f.w, KIND_SERVICE, "default", "a"));
	b = world_service(world_find(&f.w, KIND_SERVICE, "default", "b"));
	assert_true(str_starts(a->cluster_ip, "10.96."));
	assert_in_range(a->node_ports[0], 30000, 32767);
	assert_string_equal(b->cluster_ip, "10.96.7.7");
	assert_string_equal(
		world_service(world_find(&f.w, KIND_SERVICE, "default", "c"))->cluster_ip, "None");
	/* The second that wants an address doesn't get it, and it is said. */
	assert_string_equal(world_service(world_find(&f.w, KIND_SERVICE, "default", "d"))->cluster_ip, "");
	assert_int_equal(fx_count(&f, "namespaces/default/events/d."), 1);
	strcpy(first, a->cluster_ip);
	fx_crash(&f);
	f.everything = true;
	fx_pass(&f);
	a = world_service(world_find(&f.w, KIND_SERVICE, "default", "a"));
	assert_string_equal(a->cluster_ip, first);
	assert_int_equal(f.plan.record_count, 0);
	f.everything = false;
	/* Its holder goes: the one that waited gets the address. */
	fx_commit(&f, strstr(text, "---\napiVersion: v1\nkind: Service\nmetadata: {name: c}"));
	fx_step(&f);
	assert_string_equal(
		world_service(world_find(&f.w, KIND_SERVICE, "default", "d"))->cluster_ip, "10.96.7.7");
	fx_done(&f);
}

static void test_many_services_have_different_addresses(void **state)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct fx f;
	struct map seen = { 0 };

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		buf_addf(&text,
			"apiVersion: v1\nkind: Service\nmetadata: {name: s%u}\nspec: {ports: [{port: "
			"80}]}\n---\n",
			i);
	begin(&f, text.data);
	for (size_t i = 0; i < f.w.objects.count; i++) {
		struct world_object *o = f.w.objects.entries[i].value;

		if (o->kind->id != KIND_SERVICE)
			continue;
		assert_false(map_has(&seen, world_service(o)->cluster_ip));
		map_put(&seen, world_service(o)->cluster_ip, o);
	}
	assert_int_equal(seen.count, 400);
	map_done(&seen);
	fx_done(&f);
}

static void test_events_count_and_go(void **state)
{
	struct fx f;
	struct control c;
	struct world_entry_list all;
	size_t before;

	(void)state;
	begin(&f, NODE("node-a"));
	before = f.w.counts[KIND_EVENT];
	c = fx_control(&f);
	for (unsigned i = 0; i < 3; i++)
		control_event(&c, &fx_node(&f, "node-a")->o, "Warning", "Test", "thing %d", 1);
	control_event(&c, &fx_node(&f, "node-a")->o, "Warning", "Test", "thing %d", 2);
	assert_int_equal(f.w.counts[KIND_EVENT], before + 2);
	all = world_entries(&f.w);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_EVENT &&
			str_eq(world_event(all.items[i])->message, "thing 1"))
			assert_int_equal(world_event(all.items[i])->count, 3);
	free(all.items);
	fx_step(&f);
	fx_crash(&f);
	fx_step(&f);
	assert_int_equal(f.w.counts[KIND_EVENT], before + 2);
	f.now += 3601 * NSEC_PER_SEC;
	fx_step(&f);
	assert_int_equal(fx_count(&f, "namespaces/default/events/node-a."), 0);
	fx_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_ready_after_grace),
		cmocka_unit_test(test_ready_once_it_has_told),
		cmocka_unit_test(test_subnets_are_kept),
		cmocka_unit_test(test_no_subnet_before_the_first_commit),
		cmocka_unit_test(test_a_node_moves_when_it_is_empty),
		cmocka_unit_test(test_subnets_never_overlap),
		cmocka_unit_test(test_a_pod_network_that_is_full),
		cmocka_unit_test(test_a_pod_network_smaller_than_a_nodes_part),
		cmocka_unit_test(test_implicit_node),
		cmocka_unit_test(test_the_host_without_its_manifest),
		cmocka_unit_test(test_the_pods_of_a_host_without_manifest),
		cmocka_unit_test(test_waiting_pods_say_why_and_go_on),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_many_services_have_different_addresses),
		cmocka_unit_test(test_events_count_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
