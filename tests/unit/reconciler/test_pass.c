/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Whole passes on a world in memory: what is created, placed, rolled, deleted, kept over a crash. */
#include "tests/unit/reconciler/world_fixture.h"

#define NODES                                                         \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n" \
	"apiVersion: v1\nkind: Node\nmetadata: {name: node-b}\n---\n"

static const char web[] = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
			  "  replicas: %d\n  selector: {matchLabels: {app: web}}\n"
			  "  template:\n    metadata: {labels: {app: web}}\n"
			  "    spec: {containers: [{name: c, image: '%s'}]}\n";

static void commit_web(struct fx *f, int replicas, const char *image)
{
	char text[2048] = NODES;

	snprintf(text + strlen(text), sizeof(text) - strlen(text), web, replicas, image);
	fx_commit(f, text);
}

/* Two nodes that are ready. */
static int set_up(void **state)
{
	struct fx *f = xcalloc(1, sizeof(*f));

	fx_init(f);
	fx_commit(f, NODES);
	fx_step(f);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello(f, "node-b", "4", "8Gi");
	fx_step(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fx_done(*state);
	free(*state);
	return 0;
}

static struct world_deployment *deployment(struct fx *f)
{
	struct world_object *o = world_find(&f->w, KIND_DEPLOYMENT, "default", "web");

	assert_non_null(o);
	return world_deployment(o);
}

static void test_one_pass_does_it_all(void **state)
{
	struct fx *f = *state;
	size_t pods = 0;

	commit_web(f, 3, "i:1");
	fx_pass(f);
	for (size_t i = 0; i < f->plan.apply_count; i++)
		pods += f->plan.applies[i].apply.pods.count;
	assert_int_equal(pods, 3);
	assert_int_equal(f->plan.apply_count, 2);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 3);
	assert_int_equal(fx_count(f, "namespaces/default/replicasets/"), 1);
	assert_int_equal(fx_count(f, "namespaces/default/deployments/"), 1);
	fx_sweep(f);
	fx_settle(f);
	assert_int_equal(deployment(f)->available, 3);
	assert_string_equal(world_condition_get(&deployment(f)->conditions, "Progressing")->reason,
		"NewReplicaSetAvailable");
	assert_string_equal(world_condition_get(&deployment(f)->conditions, "Available")->status, "True");
}

static void test_nothing_to_do_does_nothing(void **state)
{
	struct fx *f = *state;

	commit_web(f, 3, "i:1");
	fx_settle(f);
	f->everything = true;
	fx_pass(f);
	assert_int_equal(f->plan.record_count, 0);
	assert_int_equal(f->plan.apply_count, 0);
	assert_int_equal(f->plan.step_count, 0);
}

static void test_scale_up_and_down(void **state)
{
	struct fx *f = *state;

	commit_web(f, 2, "i:1");
	fx_settle(f);
	commit_web(f, 5, "i:1");
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 5);
	assert_int_equal(fx_count(f, "namespaces/default/replicasets/"), 1);
	commit_web(f, 1, "i:1");
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 1);
	commit_web(f, 0, "i:1");
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 0);
}

static void test_rollout_and_back(void **state)
{
	struct fx *f = *state;
	int64_t number;

	commit_web(f, 3, "i:1");
	fx_settle(f);
	commit_web(f, 3, "i:2");
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 3);
	assert_int_equal(fx_count(f, "namespaces/default/replicasets/"), 2);
	number = deployment(f)->revision_number;
	assert_int_equal(number, 2);
	commit_web(f, 3, "i:1");
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/replicasets/"), 2);
	assert_int_equal(deployment(f)->revision_number, 3);
	assert_int_equal(deployment(f)->updated, 3);
}

static void test_delete_takes_children(void **state)
{
	struct fx *f = *state;
	size_t removals = 0;

	commit_web(f, 3, "i:1");
	fx_settle(f);
	fx_commit(f, NODES);
	fx_pass(f);
	for (size_t i = 0; i < f->plan.apply_count; i++)
		removals += f->plan.applies[i].apply.remove.count;
	assert_int_equal(removals, 3);
	assert_int_equal(fx_count(f, "namespaces/default/replicasets/"), 0);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 3);
	fx_sweep(f);
	fx_settle(f);
	assert_int_equal(fx_count(f, "namespaces/default/pods/"), 0);
}

/* Over a crash the world is the same: a pass over everything has nothing to record. */
static void test_crash_changes_nothing(void **state)
{
	struct fx *f = *state;

	commit_web(f, 3, "i:1");
	fx_settle(f);
	commit_web(f, 3, "i:2");
	fx_settle(f);
	fx_crash(f);
	fx_pass(f);
	for (size_t i = 0; i < f->plan.record_count; i++)
		print_error(
			"%.*s\n", (int)f->plan.records[i].len, f->plan.text.data + f->plan.records[i].start);
	assert_int_equal(f->plan.record_count, 0);
	assert_int_equal(f->plan.step_count, 0);
}

static const char others[] = NODES
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: '%s'}\n---\n"
	"apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\nstringData: {password: hunter2}\n---\n"
	"apiVersion: v1\nkind: Service\nmetadata: {name: svc}\nspec: {ports: [{port: 80}], type: "
	"NodePort}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {l: '%s'}}\nspec:\n  containers:\n"
	"  - {name: c, image: 'i:%s', envFrom: [{configMapRef: {name: cm}}, {secretRef: {name: sec}}, "
	"{configMapRef: "
	"{name: later}}]}\n";

static void commit_others(
	struct fx *f, const char *data, const char *label, const char *image, const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), others, data, label, image);
	strcat(text, more);
	fx_commit(f, text);
}

static void test_secrets_stay_out_of_the_tree(void **state)
{
	struct fx *f = *state;
	const char *before;
	char ip[64];

	commit_others(f, "1", "x", "1", "");
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.objects.count, 2);
	assert_int_equal(f->plan.applies[0].apply.pods.items[0].refs.count, 2);
	assert_null(strstr(f->plan.text.data, "hunter2"));
	assert_null(strstr(f->plan.text.data, "aHVudGVyMg"));
	fx_sweep(f);
	fx_settle(f);
	before = strstr(fx_file(f, "namespaces/default/services/svc.json"), "\"clusterIP\":");
	assert_non_null(before);
	snprintf(ip, sizeof(ip), "%.30s", before);
	fx_crash(f);
	fx_pass(f);
	assert_int_equal(f->plan.record_count, 0);
	assert_non_null(strstr(fx_file(f, "namespaces/default/services/svc.json"), ip));
}

/* Another ConfigMap: same pod, other digest, only the new object is sent, the old one is forgotten. */
static void test_config_changes_refs_in_place(void **state)
{
	struct fx *f = *state;
	const struct wire_apply *a;
	char uid[NAMES_UID], digest[WORLD_DIGEST];
	struct world_pod *p;

	commit_others(f, "1", "x", "1", "");
	fx_settle(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	strcpy(uid, p->o.uid);
	world_pod_digest(p, digest);
	commit_others(f, "2", "x", "1", "");
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	a = &f->plan.applies[0].apply;
	assert_int_equal(a->pods.count, 1);
	assert_int_equal(a->objects.count, 1);
	assert_int_equal(a->forget_objects.count, 1);
	assert_int_equal(a->remove.count, 0);
	assert_string_equal(a->pods.items[0].pod->meta->uid, uid);
	assert_string_not_equal(a->pods.items[0].digest, digest);
	fx_sweep(f);
	/* A ConfigMap that was missing appears: the pod is sent again with it. */
	commit_others(f, "2", "x", "1",
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: later}\ndata: {b: c}\n");
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.pods.items[0].refs.count, 3);
	assert_int_equal(f->plan.applies[0].apply.objects.count, 1);
	fx_sweep(f);
	/* And goes. */
	commit_others(f, "2", "x", "1", "");
	fx_pass(f);
	assert_int_equal(f->plan.applies[0].apply.pods.items[0].refs.count, 2);
	assert_int_equal(f->plan.applies[0].apply.forget_objects.count, 1);
}

static void test_bare_pod_changes(void **state)
{
	struct fx *f = *state;
	char uid[NAMES_UID];
	struct world_pod *p;

	commit_others(f, "1", "x", "1", "");
	fx_settle(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	strcpy(uid, p->o.uid);
	/* Labels change in place. */
	commit_others(f, "1", "y", "1", "");
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.remove.count, 0);
	assert_string_equal(f->plan.applies[0].apply.pods.items[0].pod->meta->uid, uid);
	fx_sweep(f);
	fx_settle(f);
	/* Another image is another pod, created when the old one is gone. */
	commit_others(f, "1", "y", "2", "");
	fx_pass(f);
	assert_int_equal(f->plan.applies[0].apply.remove.count, 1);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 0);
	fx_sweep(f);
	fx_crash(f);
	fx_step(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	assert_true(p->o.deleting > 0);
	fx_report(f, p, "Succeeded", false, true);
	fx_hello(f, "node-a", "4", "8Gi");
	fx_hello(f, "node-b", "4", "8Gi");
	fx_settle(f);
	p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
	assert_string_not_equal(p->o.uid, uid);
	assert_true(p->ready);
	fx_commit(f, NODES);
	fx_settle(f);
	assert_null(world_find(&f->w, KIND_POD, "default", "p"));
}

/* A deadline, or a nearer one, is no new pod. */
static void test_a_deadline_changes_in_place(void **state)
{
	static const char *const specs[] = { "", "activeDeadlineSeconds: 60, ",
		"activeDeadlineSeconds: 5, " };
	struct fx *f = *state;
	char uid[NAMES_UID] = "";

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		_cleanup_(freep) char *text = xasprintf(NODES
			"---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
			"spec: {%scontainers: [{name: c, image: i}]}\n",
			specs[i]);
		struct world_pod *p;

		fx_commit(f, text);
		fx_pass(f);
		if (i > 0) {
			assert_int_equal(f->plan.applies[0].apply.remove.count, 0);
			assert_int_equal(f->plan.applies[0].apply.pods.count, 1);
		}
		fx_sweep(f);
		fx_settle(f);
		p = world_pod(world_find(&f->w, KIND_POD, "default", "p"));
		assert_int_equal(p->o.deleting, 0);
		assert_true(i == 0 || str_eq(p->o.uid, uid));
		strcpy(uid, p->o.uid);
	}
}

/* A pod that is to run always is made anew when it has ended, but not where a deadline was to end it. */
static void test_bare_pods_that_have_ended(void **state)
{
	static const struct {
		const char *spec;
		bool anew;
	} cases[] = {
		{ "", true },
		{ "activeDeadlineSeconds: 60, ", false },
		{ "restartPolicy: OnFailure, ", false },
		{ "restartPolicy: Never, ", false },
	};
	struct fx *f = *state;
	char uid[NAMES_UID];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(freep) char *text = xasprintf(NODES
			"---\napiVersion: v1\nkind: Pod\nmetadata: {name: e%zu}\n"
			"spec: {%scontainers: [{name: c, image: i}]}\n",
			i, cases[i].spec);
		_cleanup_(freep) char *name = xasprintf("e%zu", i);
		struct world_pod *p;

		fx_commit(f, text);
		fx_settle(f);
		p = world_pod(world_find(&f->w, KIND_POD, "default", name));
		strcpy(uid, p->o.uid);
		fx_report(f, p, "Failed", false, false);
		fx_pass(f);
		p = world_pod(world_find(&f->w, KIND_POD, "default", name));
		if ((p->o.deleting > 0) != cases[i].anew)
			fail_msg("{%s}: %s, expected otherwise", cases[i].spec,
				p->o.deleting > 0 ? "made anew" : "left as it is");
	}
}

/* The agent of NODE says hello and holds what the world thinks it does, with objects or without. */
static void hello_holding(struct fx *f, const char *node, const char *digest, bool objects)
{
	struct control c = fx_control(f);
	struct world_node *n = fx_node(f, node);
	struct wire_held_pod *pods = xcalloc(n->pods.count, sizeof(pods[0]));
	const char **hashes = xcalloc(n->held.count, sizeof(hashes[0]));
	struct wire_hello h = { .version = 1, .pods = { pods, 0 }, .objects = { hashes, 0 } };
	struct world_pods *list = &n->pods;

	for (size_t i = 0; i < list->count; i++) {
		char is[WORLD_DIGEST];

		world_pod_digest(list->items[i], is);
		pods[h.pods.count++] = (struct wire_held_pod){ .uid = xstrdup(list->items[i]->o.uid),
			.digest = xstrdup(digest ? digest : is) };
	}
	for (size_t i = 0; objects && i < n->held.count; i++)
		hashes[h.objects.count++] = xstrdup(n->held.entries[i].key);
	collect_hello(&c, n, &h);
	for (size_t i = 0; i < h.pods.count; i++) {
		freep(&pods[i].uid);
		freep(&pods[i].digest);
	}
	for (size_t i = 0; i < h.objects.count; i++)
		freep(&hashes[i]);
	free(pods);
	free(hashes);
}

/* Only differences are sent: nothing when the agent holds all, the objects it lost, the pods it has under another digest. */
static void test_hello_is_answered_with_differences(void **state)
{
	struct fx *f = *state;
	const char *node;

	commit_others(f, "1", "x", "1", "");
	fx_settle(f);
	node = world_pod(world_find(&f->w, KIND_POD, "default", "p"))->node->o.name;
	hello_holding(f, node, NULL, true);
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 0);
	fx_sweep(f);
	hello_holding(f, node, "old", true);
	fx_pass(f);
	assert_int_equal(f->plan.applies[0].apply.pods.count, 1);
	assert_int_equal(f->plan.applies[0].apply.objects.count, 0);
	fx_sweep(f);
	hello_holding(f, node, NULL, false);
	fx_pass(f);
	assert_int_equal(f->plan.applies[0].apply.objects.count, 2);
}

/* After a restart that finds no repository, values of Secrets are not to be had: they are sent once there is a commit again. */
static void test_secrets_wait_for_the_repository(void **state)
{
	struct fx *f = *state;
	struct snapshot *held_back;
	const char *node;

	commit_others(f, "1", "x", "1", "");
	fx_settle(f);
	fx_crash(f);
	held_back = TAKE_PTR(f->next);
	fx_step(f);
	node = world_pod(world_find(&f->w, KIND_POD, "default", "p"))->node->o.name;
	hello_holding(f, node, NULL, false);
	fx_pass(f);
	for (size_t i = 0; i < f->plan.apply_count; i++)
		for (size_t k = 0; k < f->plan.applies[i].apply.objects.count; k++)
			assert_int_equal(
				f->plan.applies[i].apply.objects.items[k].object->kind->id, KIND_CONFIG_MAP);
	fx_sweep(f);
	f->next = held_back;
	fx_pass(f);
	assert_int_equal(f->plan.apply_count, 1);
	assert_int_equal(f->plan.applies[0].apply.objects.count, 1);
	assert_int_equal(f->plan.applies[0].apply.objects.items[0].object->kind->id, KIND_SECRET);
	assert_string_equal((const char *)object_secret(f->plan.applies[0].apply.objects.items[0].object)
				    ->data.items[0]
				    .value.data,
		"hunter2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_pass_does_it_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_do_does_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scale_up_and_down, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rollout_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_delete_takes_children, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crash_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets_stay_out_of_the_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_config_changes_refs_in_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bare_pod_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_deadline_changes_in_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bare_pods_that_have_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hello_is_answered_with_differences, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets_wait_for_the_repository, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
