/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Which pods a simulation makes of objects, what they are called, and what it answers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/object.h"
#include "reconciler/ctl/simulation.h"

static struct simulation *run(const char *yaml)
{
	const struct object_load_options how = {
		.path = "t.yaml", .default_namespace = "default", .mode = DECODE_MANIFEST, .observed = true
	};
	_cleanup_(objects_done) struct objects objects = { 0 };
	_cleanup_(diags_done) struct diags diags;
	struct simulation *s;

	diags_init(&diags);
	if (object_load_yaml(yaml, strlen(yaml), &how, &objects, &diags) < 0) {
		struct buf text = BUF_INIT;

		diags_format(&diags, &text);
		fail_msg("the test's own objects: %s", text.data);
	}
	s = simulation_run(objects.items, objects.count);
	simulation_explain(s);
	return s;
}

/* "pod=node …" in the order decided, then "pod: reason; reason …". */
static void expect(const char *yaml, const char *want)
{
	_cleanup_(simulation_freep) struct simulation *s = run(yaml);
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	for (size_t i = 0; i < s->placed_count; i++)
		buf_addf(&got, "%s%s=%s", got.len ? " " : "", s->placed[i]->key, s->placed[i]->node);
	for (size_t i = 0; i < s->unschedulable_count; i++) {
		const struct simulated_pod *p = s->unschedulable[i];

		buf_addf(&got, "%s%s:", got.len ? " " : "", p->key);
		for (size_t k = 0; k < p->reason_count; k++)
			buf_addf(&got, " %s;", p->reasons[k]);
	}
	assert_string_equal(got.data, want);
}

#define NODE(name, cpu, more)                                           \
	"---\napiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n" \
	"status: {allocatable: {cpu: " cpu ", memory: 8Gi, pods: 10}}\n" more
#define TEMPLATE(app, cpu)                                                              \
	"{metadata: {labels: {app: " app "}}, spec: {containers: [{name: c, image: i, " \
	"resources: {requests: {cpu: " cpu "}}}]}}"
#define WORKLOAD(version, kind, name, more, cpu)                                                 \
	"---\napiVersion: " version "\nkind: " kind "\nmetadata: {name: " name "}\nspec: {" more \
	"selector: {matchLabels: {app: " name "}}, template: " TEMPLATE(name, cpu) "}\n"
#define POD(name, meta, spec, status)                                                   \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name meta "}\nspec: {" spec \
	"containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}\n" status

static void names(void **state)
{
	(void)state;
	/* Numbers from 0, past a name that is taken; a set's pods and bare ones keep theirs. */
	expect(NODE("a", "8", "") WORKLOAD("apps/v1", "Deployment", "web", "replicas: 2, ", "1")
			WORKLOAD("apps/v1", "StatefulSet", "web", "replicas: 1, serviceName: web, ", "1"),
		"default/web-0=a default/web-1=a default/web-2=a");
	expect(NODE("a", "8", "") WORKLOAD("apps/v1", "StatefulSet", "db",
		       "replicas: 2, serviceName: db, ordinals: {start: 5}, ", "1"),
		"default/db-5=a default/db-6=a");
	expect(NODE("b", "8", "") NODE("a", "8", "") WORKLOAD("apps/v1", "DaemonSet", "d", "", "1"),
		"default/d-a=a default/d-b=b");
}

static void jobs(void **state)
{
	(void)state;
	const char *job = NODE("a", "8",
		"") "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n"
		    "spec: {parallelism: 5, completions: 2, template: {spec: {restartPolicy: Never, "
		    "containers: [{name: c, image: i}]}}}\n"
		    "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: often}\n"
		    "spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: "
		    "Never, "
		    "containers: [{name: c, image: i}]}}}}}\n";

	expect(job, "default/j-0=a default/j-1=a");
}

/* What a cluster printed is there already, and is its workload's. */
static void given(void **state)
{
	(void)state;
	const char *running = POD("web-7d4b9c-x2x2x",
		", uid: u1, labels: {app: web, pod-template-hash: 7d4b9c}, ownerReferences: [{apiVersion: "
		"apps/v1, kind: ReplicaSet, name: web-7d4b9c, uid: u2, controller: true}]",
		"nodeName: a, ", "status: {phase: Running}\n");
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;

	buf_addf(&yaml, "%s%s%s", NODE("a", "2", ""), running,
		WORKLOAD("apps/v1", "Deployment", "web", "replicas: 3, ", "1"));
	expect(yaml.data, "default/web-0=a default/web-1: Insufficient cpu;");
	/* One that has ended takes nothing. */
	expect(NODE("a", "1", "") POD("done", "", "nodeName: a, ", "status: {phase: Succeeded}\n")
			POD("next", "", "", ""),
		"default/next=a");
}

static void not_tried(void **state)
{
	(void)state;
	expect(NODE("a", "8", "") POD("g", "", "schedulingGates: [{name: x.io/y}], ", "") POD("o", "",
		       "schedulerName: other, ", "") POD("p", "", "priorityClassName: none-such, ", ""),
		"default/g: Scheduling is blocked due to non-empty scheduling gates; "
		"default/o: it is left to the scheduler other; "
		"default/p: no PriorityClass with name none-such was found;");
	expect(POD("p", "", "", ""), "default/p: no nodes available to schedule pods;");
}

static void priorities(void **state)
{
	(void)state;
	const char *classes = "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\n"
			      "metadata: {name: high}\nvalue: 1000\n";
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;

	buf_addf(&yaml, "%s%s%s%s", classes, NODE("a", "1", ""), POD("low", "", "", ""),
		POD("must", "", "priorityClassName: high, ", ""));
	expect(yaml.data, "default/must=a default/low: Insufficient cpu;");
}

/* A Node that a cluster printed may have what no manifest may. */
static void printed(void **state)
{
	(void)state;
	expect("apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n"
	       "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: a\n    uid: u\n"
	       "    resourceVersion: '1'\n    creationTimestamp: '2026-01-01T00:00:00Z'\n"
	       "    managedFields: [{manager: kubelet, operation: Update, fieldsV1: {'f:status': {}}}]\n"
	       "    annotations: {volumes.kubernetes.io/controller-managed-attach-detach: 'true', "
	       "pintle.dev/else: perhaps}\n"
	       "  spec: {podCIDR: 10.244.1.0/24, comesLater: {x: 1}}\n"
	       "  status:\n    allocatable: {cpu: 1, memory: 1Gi, pods: 5, hugepages-2Mi: '0', "
	       "nvidia.com/gpu: 1}\n"
	       "    images: [{names: [a:1], sizeBytes: 5}]\n    runtimeHandlers: [{name: ''}]\n"
	       "    volumesAttached: [{name: v, devicePath: ''}]\n    comesLater: [1]\n" POD("p", "", "", ""),
		"default/p=a");
}

/* In whatever order they come. */
static void same_answer(void **state)
{
	(void)state;
	const char *one = NODE("a", "3", "") NODE("b", "3", "") WORKLOAD("apps/v1", "Deployment", "x",
		"replicas: 3, ", "1") WORKLOAD("apps/v1", "Deployment", "z", "replicas: 4, ", "1");
	const char *two = WORKLOAD("apps/v1", "Deployment", "z", "replicas: 4, ", "1") NODE("b", "3", "")
		WORKLOAD("apps/v1", "Deployment", "x", "replicas: 3, ", "1") NODE("a", "3", "");
	_cleanup_(simulation_freep) struct simulation *s = run(one), *t = run(two);
	_cleanup_(buf_done) struct buf a = BUF_INIT, b = BUF_INIT;

	simulation_write_json(s, &a);
	simulation_write_json(t, &b);
	assert_string_equal(a.data, b.data);
	assert_int_equal(s->placed_count, 6);
	assert_int_equal(s->unschedulable_count, 1);
}

/* Who had to go says for whom; where there are volumes to bind, each pod of a set has a claim of its own. */
static void driven_out(void **state)
{
	(void)state;
	const char *classes = "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\n"
			      "metadata: {name: high}\nvalue: 1000\n";
	_cleanup_(buf_done) struct buf yaml = BUF_INIT;

	buf_addf(&yaml, "%s%s%s%s", classes, NODE("a", "1", ""),
		POD("old", "", "nodeName: a, ", "status: {phase: Running}\n"),
		POD("must", "", "priorityClassName: high, ", ""));
	expect(yaml.data, "default/must=a default/old: preempted by default/must, which has a higher "
			  "priority; Insufficient cpu;");
}

static void own_claims(void **state)
{
	(void)state;
	static const char set[] =
		"---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\n"
		"provisioner: x.io/p\nvolumeBindingMode: WaitForFirstConsumer\n"
		"---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 3, "
		"serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: "
		"db}}, "
		"spec: {containers: [{name: c, image: i}]}}, volumeClaimTemplates: [{metadata: {name: data}, "
		"spec: {accessModes: [ReadWriteOnce], storageClassName: s, resources: {requests: {storage: "
		"1Gi}}}}]}\n";
	static const char volume[] =
		"---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {capacity: "
		"{storage: "
		"1Gi}, accessModes: [ReadWriteOnce], storageClassName: s, nfs: {server: h, path: /}}\n";
	_cleanup_(buf_done) struct buf without = BUF_INIT, with = BUF_INIT;

	buf_addf(&without, "%s%s", NODE("a", "8", ""), set);
	buf_addf(&with, "%s%s%s", NODE("a", "8", ""), set, volume);
	_cleanup_(simulation_freep) struct simulation *s = run(without.data), *t = run(with.data);
	assert_int_equal(s->placed_count, 3);
	assert_ptr_equal(s->pods[0].request, s->pods[2].request);
	assert_int_equal(t->placed_count, 3);
	assert_ptr_not_equal(t->pods[0].request, t->pods[2].request);
	assert_string_equal(
		t->pods[2].spec->volumes.items[0].persistent_volume_claim->claim_name, "data-db-2");
}

/* What is there twice: a pod is where the cluster has it, a workload is as the manifest has it. */
static void twice(void **state)
{
	(void)state;
	expect(NODE("a", "8", "") POD("p", ", uid: u", "nodeName: a, ", "status: {phase: Running}\n")
			POD("p", "", "", "") WORKLOAD("apps/v1", "Deployment", "web", "replicas: 2, ",
				"1") "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, uid: "
				     "w}\nspec: "
				     "{replicas: 5, selector: {matchLabels: {app: web}}, template: "
				     "{metadata: {labels: "
				     "{app: web}}, spec: {containers: [{name: c, image: i}]}}}\n",
		"default/web-0=a default/web-1=a");
}

static void json(void **state)
{
	(void)state;
	_cleanup_(simulation_freep) struct simulation *s = run(
		NODE("a", "1", "") POD("p", "", "", "") POD("q", "", "", ""));
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	simulation_write_json(s, &got);
	assert_string_equal(got.data,
		"{\n    \"placements\": [\n        {\n            \"pod\": \"default/p\",\n"
		"            \"node\": \"a\"\n        }\n    ],\n    \"unschedulable\": [\n        {\n"
		"            \"pod\": \"default/q\",\n            \"reasons\": [\n"
		"                \"Insufficient cpu\"\n            ]\n        }\n    ]\n}\n");
}

static void text(void **state)
{
	(void)state;
	_cleanup_(simulation_freep) struct simulation *s = run(
		NODE("a", "1", "") POD("p", "", "", "") POD("q", "", "", ""));
	_cleanup_(buf_done) struct buf got = BUF_INIT;

	simulation_write_text(s, &got);
	assert_non_null(strstr(got.data, "default/p   a"));
	assert_non_null(strstr(got.data, "default/q       0/1 nodes are available: 1 Insufficient cpu."));
	assert_non_null(strstr(got.data, "a      1/10   1/1 (100%)   0/8Gi (0%)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(jobs),
		cmocka_unit_test(given),
		cmocka_unit_test(not_tried),
		cmocka_unit_test(priorities),
		cmocka_unit_test(printed),
		cmocka_unit_test(same_answer),
		cmocka_unit_test(driven_out),
		cmocka_unit_test(own_claims),
		cmocka_unit_test(twice),
		cmocka_unit_test(json),
		cmocka_unit_test(text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
