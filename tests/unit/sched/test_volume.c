/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Claims and volumes: which nodes they let a pod run on, in kube-scheduler's words (volume_binding_test.go, volume_zone_test.go,
 * csi_test.go, volume_restrictions_test.go), and what is assumed of what pods in the books would bind.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/part.h"

/* --- the stage ------------------------------------------------------------------------------------------ */

static void load(const char *yaml, struct objects *ret)
{
	const struct object_load_options options = {
		.path = "t", .default_namespace = "default", .mode = DECODE_STORED
	};
	struct diags diags;

	diags_init(&diags);
	if (object_load_yaml(yaml, strlen(yaml), &options, ret, &diags) < 0) {
		_cleanup_(buf_done) struct buf text = BUF_INIT;

		diags_format(&diags, &text);
		print_error("%s\n%s\n", yaml, text.data);
		fail();
	}
	diags_done(&diags);
}

/* Everything in YAML: Nodes, and what pods refer to. */
static void set(struct sched_cluster *c, const char *yaml)
{
	struct objects list = { 0 };

	load(yaml, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i]->kind->id == KIND_NODE)
			sched_cluster_set_node(c, list.items[i]);
		else
			sched_cluster_set_object(c, list.items[i]);
	objects_done(&list);
}

#define NODE(name, labels)                                         \
	"---\n{apiVersion: v1, kind: Node, metadata: {name: " name \
	", labels: {kubernetes.io/hostname: " name ", " labels     \
	"}}, status: {allocatable: {cpu: '8', memory: 8Gi, pods: '9'}}}\n"
#define LIMITED(name, limit)                                                                              \
	"---\n{apiVersion: v1, kind: Node, metadata: {name: " name "}, status: {allocatable: {cpu: '8', " \
	"memory: 8Gi, pods: '9', " limit "}}}\n"
#define CLASS(name, mode, provisioner, more)                                              \
	"---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name \
	"}, provisioner: " provisioner ", volumeBindingMode: " mode more "}\n"
#define LATER(name, provisioner) CLASS(name, "WaitForFirstConsumer", provisioner, "")
#define VOLUME(name, size, more)                                                                             \
	"---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: " name                               \
	"}, spec: {capacity: {storage: " size "}, accessModes: [ReadWriteOnce], hostPath: {path: /d}, " more \
	"}}\n"
#define ON(host)                                                                                           \
	"nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, " \
	"operator: In, values: [" host "]}]}]}}"
#define CLAIM(name, size, more)                                                     \
	"---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name \
	", namespace: default}, "                                                   \
	"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: " size "}}, " more "}}\n"

#define NODES NODE("a", "zone: z1") NODE("b", "zone: z2") NODE("c", "zone: z2")
#define LOCAL LATER("local", "kubernetes.io/no-provisioner")
#define DISKS LATER("disks", "disks.example.com")

struct pod_of {
	struct objects list;
	struct sched_request *request;
};

/* A pod with VOLUMES (flow style, without the brackets). */
static void pod_begin(struct pod_of *p, const char *volumes)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}], "
		"volumes: [%s]}}\n",
		volumes);

	*p = (struct pod_of){ 0 };
	load(yaml, &p->list);
	p->request = sched_request_new(
		&object_pod(p->list.items[0])->spec, "default", &p->list.items[0]->meta->labels);
}

static void pod_end(struct pod_of *p)
{
	p->request = sched_request_unref(p->request);
	objects_done(&p->list);
}

static void add(struct sched_cluster *c, const char *node, struct pod_of *p, uintptr_t id)
{
	sched_cluster_add_pod(c, node, &(struct sched_pod){ .id = (void *)id, .request = p->request });
}

/* WANTED: the nodes that it fits on, "a b", or why on none. */
static void expect(struct sched_cluster *c, struct pod_of *p, const char *what, const char *wanted)
{
	_cleanup_(buf_done) struct buf got = BUF_INIT;
	static const char *const nodes[] = { "a", "b", "c" };
	struct sched_verdict v;

	sched_pick(c, p->request, &v);
	for (size_t i = 0; v.node && i < ARRAY_LEN(nodes); i++) {
		struct sched_verdict on;

		sched_pick_on(c, nodes[i], p->request, &on);
		if (on.node)
			buf_addf(&got, "%s%s", got.len > 0 ? " " : "", nodes[i]);
	}
	if (!v.node)
		sched_verdict_explain(&v, &got);
	else if (!strstr(got.data, v.node))
		buf_addf(&got, " but picked %s", v.node);
	if (!str_eq(got.data, wanted))
		fail_msg("%s: %s\nexpected: %s", what, got.data, wanted);
}

#define PVC(name) "{name: " name ", persistentVolumeClaim: {claimName: " name "}}"

/* --- cases ------------------------------------------------------------------------------------------------- */

#define NONE(why) "0/3 nodes are available: 3 " why "."
#define NOT_YET(why) "0/3 nodes are available: " why "."
#define NO_VOLUME "node(s) didn't find available persistent volumes to bind"
#define CONFLICT "node(s) had volume node affinity conflict"
#define IMMEDIATE "pod has unbound immediate PersistentVolumeClaims"
#define NO_ZONE "node(s) had no available volume zone"

static const struct {
	const char *what, *objects, *volumes, *wanted;
} cases[] = {
	{ "no volumes at all", NODES, "", "a b c" },
	{ "volumes that aren't claims", NODES, "{name: x, emptyDir: {}}", "a b c" },
	/* Of the whole pod. */
	{ "no claim", NODES, PVC("x"), NOT_YET("persistentvolumeclaim \"x\" not found") },
	{ "the first of two", NODES, PVC("x") ", " PVC("k"),
		NOT_YET("persistentvolumeclaim \"x\" not found") },
	{ "no class", NODES CLAIM("x", "1Gi", "storageClassName: ''"), PVC("x"), NOT_YET(IMMEDIATE) },
	{ "no default class", NODES CLAIM("x", "1Gi", ""), PVC("x"), NOT_YET(IMMEDIATE) },
	{ "a class that isn't there", NODES CLAIM("x", "1Gi", "storageClassName: disks"), PVC("x"),
		NOT_YET(IMMEDIATE) },
	{ "Immediate",
		NODES CLASS("now", "Immediate", "d.example.com", "")
			CLAIM("x", "1Gi", "storageClassName: now"),
		PVC("x"), NOT_YET(IMMEDIATE) },
	{ "a missing claim before an unbound one",
		NODES CLASS("now", "Immediate", "d.example.com", "")
			CLAIM("x", "1Gi", "storageClassName: now"),
		PVC("x") ", " PVC("k"), NOT_YET("persistentvolumeclaim \"k\" not found") },
	{ "Lost",
		NODES "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x, namespace: "
		      "default}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, "
		      "volumeName: v}, status: {phase: Lost}}\n",
		PVC("x"),
		NOT_YET("persistentvolumeclaim \"x\" bound to non-existent persistentvolume \"v\"") },
	{ "being deleted",
		NODES "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x, namespace: "
		      "default, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: {accessModes: "
		      "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}, volumeName: v}}\n",
		PVC("x"), NOT_YET("persistentvolumeclaim \"x\" is being deleted") },
	/* Bound. */
	{ "bound to nothing", NODES CLAIM("x", "1Gi", "volumeName: v"), PVC("x"),
		NOT_YET("persistentvolume \"v\" not found") },
	{ "bound, anywhere", NODES CLAIM("x", "1Gi", "volumeName: v") VOLUME("v", "1Gi", ""), PVC("x"),
		"a b c" },
	{ "bound, on b", NODES CLAIM("x", "1Gi", "volumeName: v") VOLUME("v", "1Gi", ON("b")), PVC("x"),
		"b" },
	{ "bound, on several", NODES CLAIM("x", "1Gi", "volumeName: v") VOLUME("v", "1Gi", ON("b, c")),
		PVC("x"), "b c" },
	{ "bound, where there is no node",
		NODES CLAIM("x", "1Gi", "volumeName: v") VOLUME("v", "1Gi", ON("d")), PVC("x"),
		NONE(CONFLICT) },
	{ "two bound on different nodes",
		NODES CLAIM("x", "1Gi", "volumeName: v") CLAIM("k", "1Gi", "volumeName: w")
			VOLUME("v", "1Gi", ON("b")) VOLUME("w", "1Gi", ON("c")),
		PVC("x") ", " PVC("k"), NONE(CONFLICT) },
	{ "bound, any of several terms",
		NODES CLAIM("x", "1Gi", "volumeName: v") VOLUME("v", "1Gi",
			"nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, "
			"operator: "
			"In, values: [z1]}]}, {matchExpressions: [{key: kubernetes.io/hostname, operator: "
			"In, "
			"values: [c]}]}]}}"),
		PVC("x"), "a c" },
	{ "bound to what says that it is its",
		NODES CLAIM("x", "1Gi", "volumeName: v")
			VOLUME("v", "1Gi", "claimRef: {name: x, namespace: default}, " ON("c")),
		PVC("x"), "c" },
	{ "bound to what says that it is another's",
		NODES CLAIM("x", "1Gi", "volumeName: v")
			VOLUME("v", "1Gi", "claimRef: {name: k, namespace: default}"),
		PVC("x"), NOT_YET(IMMEDIATE) },
	{ "bound to what was an older claim's",
		NODES CLAIM("x", "1Gi", "volumeName: v")
			VOLUME("v", "1Gi", "claimRef: {name: x, namespace: default, uid: u}"),
		PVC("x"), NOT_YET(IMMEDIATE) },
	/* Zones. */
	{ "a volume's zone, nodes without",
		NODES CLAIM("x", "1Gi",
			"volumeName: v") "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, "
					 "labels: {topology.kubernetes.io/zone: z9}}, "
					 "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], "
					 "hostPath: {path: /d}}}\n",
		PVC("x"), "a b c" },
};

static void run(const char *what, const char *objects, const char *volumes, const char *wanted)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of p;

	set(c, objects);
	pod_begin(&p, volumes);
	expect(c, &p, what, wanted);
	pod_end(&p);
	sched_cluster_free(c);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		run(cases[i].what, cases[i].objects, cases[i].volumes, cases[i].wanted);
}

/* --- zones --------------------------------------------------------------------------------------------------- */

#define ZONE "topology.kubernetes.io/zone"
#define REGION "topology.kubernetes.io/region"
#define OLD_ZONE "failure-domain.beta.kubernetes.io/zone"
#define OLD_REGION "failure-domain.beta.kubernetes.io/region"
#define ZONED                                  \
	NODE("a", ZONE ": z1, " REGION ": r1") \
	NODE("b", ZONE ": z2, " REGION ": r1") NODE("c", OLD_ZONE ": z1, " OLD_REGION ": r2")

static const struct {
	const char *labels, *wanted;
} zones[] = {
	{ "", "a b c" },
	{ "other: z1", "a b c" },
	{ ZONE ": z1", "a" },
	{ ZONE ": z2", "b" },
	{ ZONE ": z3", NONE(NO_ZONE) },
	{ REGION ": r1", "a b" },
	{ ZONE ": z2, " REGION ": r2", NONE(NO_ZONE) },
	{ ZONE ": z1__z2", "a b" },
	{ ZONE ": z3__z2", "b" },
	{ ZONE ": z1____z3", "a b c" },
	{ ZONE ": ''", "a b c" },
	{ ZONE ": z1_z2", NONE(NO_ZONE) },
	/* The old labels of a volume are the new ones of a node; not the other way round. */
	{ OLD_ZONE ": z1", "a c" },
	{ OLD_ZONE ": z1, " OLD_REGION ": r1", "a" },
	{ OLD_REGION ": r2", "c" },
};

static void test_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		_cleanup_(freep) char *objects = xasprintf(
			ZONED CLAIM(
				"x", "1Gi", "volumeName: v") "---\n{apiVersion: v1, kind: PersistentVolume, "
							     "metadata: {name: v, labels: {%s}}, spec: "
							     "{capacity: {storage: 1Gi}, accessModes: "
							     "[ReadWriteOnce], hostPath: {path: /d}}}\n",
			zones[i].labels);

		run(zones[i].labels, objects, PVC("x"), zones[i].wanted);
	}
}

/* --- binding --------------------------------------------------------------------------------------------------- */

/* Of a claim of 2Gi of the class local, which provisions nothing. */
static const struct {
	const char *volumes, *wanted;
} bindings[] = {
	{ "", NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", "storageClassName: local"), "a b c" },
	{ VOLUME("v", "2Gi", "storageClassName: local, " ON("b")), "b" },
	{ VOLUME("v", "9Gi", "storageClassName: local, " ON("b"))
			VOLUME("w", "2Gi", "storageClassName: local, " ON("c")),
		"b c" },
	{ VOLUME("v", "2047Mi", "storageClassName: local"), NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", "storageClassName: other"), NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", ""), NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", "storageClassName: local, volumeMode: Block"), NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", "storageClassName: local, claimRef: {name: k, namespace: default}"),
		NONE(NO_VOLUME) },
	{ VOLUME("v", "2Gi", "storageClassName: local, claimRef: {name: x, namespace: other}"),
		NONE(NO_VOLUME) },
	/* The one that names it is taken, and none else, though others would do. */
	{ VOLUME("v", "2Gi", "storageClassName: local, claimRef: {name: x, namespace: default}, " ON("b"))
			VOLUME("w", "2Gi", "storageClassName: local"),
		"b" },
	{ VOLUME("v", "1Gi", "storageClassName: local, claimRef: {name: x, namespace: default}, " ON("b"))
			VOLUME("w", "2Gi", "storageClassName: local, " ON("c")),
		"c" },
	/* Named by a claim, though it doesn't say so. */
	{ VOLUME("v", "2Gi", "storageClassName: local") CLAIM("k", "1Gi", "volumeName: v"), NONE(NO_VOLUME) },
	{ "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
	  "2Gi}, "
	  "accessModes: [ReadWriteOnce], hostPath: {path: /d}, storageClassName: local}, status: {phase: "
	  "Released}}\n",
		NONE(NO_VOLUME) },
	{ "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
	  "2Gi}, "
	  "accessModes: [ReadWriteOnce], hostPath: {path: /d}, storageClassName: local}, status: {phase: "
	  "Available}}\n",
		"a b c" },
	{ "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, deletionTimestamp: "
	  "'2026-01-01T00:00:00Z'}, spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], hostPath: "
	  "{path: /d}, storageClassName: local}}\n",
		NONE(NO_VOLUME) },
	{ "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
	  "2Gi}, "
	  "accessModes: [ReadOnlyMany], hostPath: {path: /d}, storageClassName: local}}\n",
		NONE(NO_VOLUME) },
};

static void test_bindings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bindings); i++) {
		_cleanup_(freep) char *objects = xasprintf(
			NODES LOCAL CLAIM("x", "2Gi", "storageClassName: local") "%s", bindings[i].volumes);

		run(bindings[i].volumes, objects, PVC("x"), bindings[i].wanted);
	}
}

static void test_more_bindings(void **state)
{
	(void)state;
	run("a selector",
		NODES LOCAL CLAIM("x", "1Gi",
			"storageClassName: local, selector: {matchLabels: {tier: fast}}") VOLUME("v", "1Gi",
			"storageClassName: local, " ON(
				"a")) "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: w, "
				      "labels: {tier: fast}}, spec: "
				      "{capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: "
				      "{path: /d}, "
				      "storageClassName: local, " ON("c") "}}\n",
		PVC("x"), "c");
	run("two claims, one volume a node",
		NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "1Gi",
			"storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("w", "1Gi", "storageClassName: local, " ON("b")),
		PVC("x") ", " PVC("k"), NONE(NO_VOLUME));
	/* The smaller claim takes the smaller volume, whatever their order is. */
	run("two claims, two volumes",
		NODES LOCAL CLAIM("x", "5Gi", "storageClassName: local") CLAIM("k", "1Gi",
			"storageClassName: local") VOLUME("v", "5Gi", "storageClassName: local, " ON("a"))
			VOLUME("w", "1Gi", "storageClassName: local, " ON("a"))
				VOLUME("u", "1Gi", "storageClassName: local, " ON("b"))
					VOLUME("t", "4Gi", "storageClassName: local, " ON("b")),
		PVC("x") ", " PVC("k"), "a");
	run("a claim twice is one",
		NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local")
			VOLUME("v", "1Gi", "storageClassName: local, " ON("a")),
		PVC("x") ", {name: again, persistentVolumeClaim: {claimName: x}}", "a");
	run("both sorts of trouble",
		NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "1Gi", "volumeName: v")
			VOLUME("v", "1Gi", ON("d")),
		PVC("x") ", " PVC("k"), "0/3 nodes are available: 3 " NO_VOLUME ", 3 " CONFLICT ".");
}

/* --- provisioning --------------------------------------------------------------------------------------------------- */

#define WITH(more) CLASS("disks", "WaitForFirstConsumer", "disks.example.com", more)
#define DISK_CLAIM CLAIM("x", "1Gi", "storageClassName: disks")

static const struct {
	const char *what, *objects, *wanted;
} provisions[] = {
	{ "anywhere", DISKS DISK_CLAIM, "a b c" },
	{ "topology",
		WITH(", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [z2, z3]}]}]")
			DISK_CLAIM,
		"b c" },
	{ "all expressions of a term",
		WITH(", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [z2]}, {key: "
		     "kubernetes.io/hostname, values: [a, b]}]}]") DISK_CLAIM,
		"b" },
	{ "any term",
		WITH(", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [z1]}]}, "
		     "{matchLabelExpressions: [{key: kubernetes.io/hostname, values: [c]}]}]") DISK_CLAIM,
		"a c" },
	{ "an empty term", WITH(", allowedTopologies: [{}]") DISK_CLAIM, NONE(NO_VOLUME) },
	{ "a volume that is there, outside of the topology",
		WITH(", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [z1]}]}]")
			DISK_CLAIM VOLUME("v", "1Gi", "storageClassName: disks, " ON("b")),
		"a b" },
	{ "selected node",
		DISKS
		"---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x, namespace: default, "
		"annotations: {volume.kubernetes.io/selected-node: b}}, spec: {accessModes: "
		"[ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: disks}}\n",
		"b" },
	{ "the default class",
		"---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: std, annotations: "
		"{storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: d.example.com, "
		"volumeBindingMode: WaitForFirstConsumer}\n" CLAIM("x", "1Gi", ""),
		"a b c" },
	{ "of two default classes the newer",
		"---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: a, "
		"creationTimestamp: "
		"'2025-01-01T00:00:00Z', annotations: {storageclass.kubernetes.io/is-default-class: "
		"'true'}}, "
		"provisioner: d.example.com, volumeBindingMode: Immediate}\n"
		"---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: b, "
		"creationTimestamp: "
		"'2026-01-01T00:00:00Z', annotations: {storageclass.kubernetes.io/is-default-class: "
		"'true'}}, "
		"provisioner: d.example.com, volumeBindingMode: WaitForFirstConsumer}\n" CLAIM(
			"x", "1Gi", ""),
		"a b c" },
};

static void test_provisioning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(provisions); i++) {
		_cleanup_(freep) char *objects = xasprintf(NODES "%s", provisions[i].objects);

		run(provisions[i].what, objects, PVC("x"), provisions[i].wanted);
	}
}

/* --- `ephemeral` volumes -------------------------------------------------------------------------------------------------- */

#define EPHEMERAL(class)                                                                    \
	"{name: s, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], " \
	"storageClassName: " class ", resources: {requests: {storage: 1Gi}}}}}}"

/* Each pod has its own, though they share a request: a volume each. */
static void test_ephemeral(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of p, q;

	(void)state;
	set(c, NODES LOCAL DISKS VOLUME("u", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("v", "1Gi", "storageClassName: local, " ON("a"))
				VOLUME("w", "1Gi", "storageClassName: local, " ON("b")));
	pod_begin(&p, EPHEMERAL("local"));
	pod_begin(&q, EPHEMERAL("disks"));
	expect(c, &p, "all are free", "a b");
	add(c, "a", &p, 1);
	expect(c, &p, "one more on a", "a b");
	add(c, "a", &p, 2);
	expect(c, &p, "none more on a", "b");
	add(c, "b", &p, 3);
	expect(c, &p, "none", NONE(NO_VOLUME));
	expect(c, &q, "others are provisioned", "a b c");
	add(c, "c", &q, 4);
	sched_cluster_pod_leaves(c, "a", (void *)1);
	expect(c, &p, "one leaves", NONE(NO_VOLUME));
	sched_cluster_remove_pod(c, "a", (void *)1);
	expect(c, &p, "one is gone", "a");
	/* Told that a volume is somebody's: the pod that is there keeps it, nobody else gets it. */
	set(c, VOLUME("u", "1Gi",
		       "storageClassName: local, claimRef: {name: p-s, namespace: default}, " ON(
			       "a")) VOLUME("v", "1Gi",
		       "storageClassName: local, claimRef: {name: q-s, namespace: default}, " ON("a")));
	expect(c, &p, "both are bound", NONE(NO_VOLUME));
	sched_cluster_remove_node(c, "b");
	set(c, NODE("b", "zone: z2"));
	expect(c, &p, "whose node went", "b");
	pod_end(&p);
	pod_end(&q);
	sched_cluster_free(c);
}

/* --- assumptions ------------------------------------------------------------------------------------------------------------ */

/* No two pods of one batch get the same volume; what is assumed is the claim's for all who use it. */
static void test_assumed(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, y, both;

	(void)state;
	set(c, NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "1Gi",
		       "storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("w", "2Gi", "storageClassName: local, " ON("a, b")));
	pod_begin(&x, PVC("x"));
	pod_begin(&y, PVC("k"));
	pod_begin(&both, PVC("x") ", " PVC("k"));
	expect(c, &x, "x at first", "a b");
	expect(c, &y, "y at first", "a b");
	expect(c, &both, "both at first", "a");
	add(c, "a", &x, 1);
	expect(c, &x, "x has v", "a");
	expect(c, &y, "y is left w", "a b");
	expect(c, &both, "both, where x is", "a");
	add(c, "b", &y, 2);
	expect(c, &both, "both, where both are", "a");
	/* x is gone: v is free again. */
	sched_cluster_remove_pod(c, "a", (void *)1);
	expect(c, &x, "x is gone", "a");
	add(c, "a", &x, 1);
	/* The objects say otherwise: x has w, so y has none, and nobody else wants v. */
	set(c, CLAIM("x", "1Gi", "storageClassName: local, volumeName: w") VOLUME("w", "2Gi",
		       "storageClassName: local, claimRef: {name: x, namespace: default}, " ON("a, b")));
	expect(c, &x, "x is bound to w", "a b");
	expect(c, &y, "y is left v", "a");
	pod_end(&x);
	pod_end(&y);
	pod_end(&both);
	sched_cluster_free(c);
}

/* What is to be provisioned is so on one node. */
static void test_assumed_provision(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x;

	(void)state;
	set(c, NODES DISKS CLAIM("x", "1Gi", "storageClassName: disks"));
	pod_begin(&x, PVC("x"));
	expect(c, &x, "at first", "a b c");
	add(c, "b", &x, 1);
	expect(c, &x, "where it is made", "b");
	add(c, "b", &x, 2);
	sched_cluster_remove_pod(c, "b", (void *)1);
	expect(c, &x, "while one is there", "b");
	set(c, CLAIM("x", "1Gi", "storageClassName: disks, volumeName: made")
			VOLUME("made", "1Gi", "storageClassName: disks"));
	expect(c, &x, "made", "a b c");
	sched_cluster_remove_object(c, KIND_PERSISTENT_VOLUME, NULL, "made");
	expect(c, &x, "unmade", NOT_YET("persistentvolume \"made\" not found"));
	sched_cluster_remove_object(c, KIND_CLAIM, "default", "x");
	expect(c, &x, "no claim", NOT_YET("persistentvolumeclaim \"x\" not found"));
	pod_end(&x);
	sched_cluster_free(c);
}

/* Pods that are there before anything of what they use: it is theirs as soon as it comes. */
static void test_late_objects(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, y;

	(void)state;
	set(c, NODES);
	pod_begin(&x, PVC("x"));
	pod_begin(&y, PVC("k"));
	add(c, "a", &x, 1);
	set(c, VOLUME("v", "1Gi", "storageClassName: local, " ON("a, b"))
			CLAIM("k", "1Gi", "storageClassName: local"));
	set(c, CLAIM("x", "1Gi", "storageClassName: local"));
	expect(c, &y, "no class yet", NOT_YET(IMMEDIATE));
	set(c, LOCAL);
	expect(c, &y, "it is x's", NONE(NO_VOLUME));
	sched_cluster_remove_pod(c, "a", (void *)1);
	expect(c, &y, "it was x's", "a b");
	pod_end(&x);
	pod_end(&y);
	sched_cluster_free(c);
}

/* Of those that were placed together, each in what the one before it left. */
static void decide(const struct sched_decision *d, void *arg)
{
	struct buf *out = arg;

	buf_addf(out, "%s:%s ", d->pod->key, d->node ? d->node : "-");
	if (d->outcome == SCHED_PLACED)
		sched_cluster_add_pod(((struct sched_request *)d->pod->request)->cluster, d->node,
			&(struct sched_pod){ .id = d->pod->id, .request = d->pod->request });
}

static void test_batch(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_pending pending[4];
	struct pod_of p;

	(void)state;
	set(c, NODES LOCAL VOLUME("u", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("v", "1Gi", "storageClassName: local, " ON("b"))
				VOLUME("w", "1Gi", "storageClassName: local, " ON("b")));
	pod_begin(&p, EPHEMERAL("local"));
	for (uintptr_t i = 0; i < 4; i++)
		pending[i] = (struct sched_pending){ .id = (void *)(i + 1),
			.request = p.request,
			.key = (const char *const[]){ "1", "2", "3", "4" }[i],
			.deadline = NSEC_NEVER };
	sched_place(c, pending, 4, decide, &out);
	assert_string_equal(out.data, "1:a 2:b 3:b 4:- ");
	pod_end(&p);
	sched_cluster_free(c);
}

/* --- ReadWriteOncePod -------------------------------------------------------------------------------------------------------- */

#define ALONE "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"

static void test_once_pod(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of p, q;

	(void)state;
	set(c, NODES VOLUME("v", "1Gi", "") "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: "
					    "{name: x, namespace: default}, spec: "
					    "{accessModes: [ReadWriteOncePod], resources: {requests: "
					    "{storage: 1Gi}}, volumeName: v}}\n");
	pod_begin(&p, PVC("x"));
	pod_begin(&q, PVC("x") ", {name: e, emptyDir: {}}");
	expect(c, &p, "alone", "a b c");
	expect(c, &q, "alone", "a b c");
	add(c, "a", &p, 1);
	expect(c, &p, "not alone", NONE(ALONE));
	expect(c, &q, "not alone", NONE(ALONE));
	sched_cluster_pod_leaves(c, "a", (void *)1);
	expect(c, &q, "nearly alone", NONE(ALONE));
	sched_cluster_remove_pod(c, "a", (void *)1);
	expect(c, &q, "alone again", "a b c");
	pod_end(&p);
	pod_end(&q);
	sched_cluster_free(c);
}

/* --- attach limits ------------------------------------------------------------------------------------------------------------ */

#define EBS LATER("ebs", "ebs.csi.aws.com")
#define EBS_CLAIM(name, volume)                                          \
	CLAIM(name, "1Gi", "storageClassName: ebs, volumeName: " volume) \
	VOLUME(volume, "1Gi", "storageClassName: ebs")
#define FULL "node(s) exceed max volume count"

static void test_limits(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of one, two, three, wants, other;

	(void)state;
	set(c, LIMITED("a", "attachable-volumes-csi-ebs.csi.aws.com: '2'") LIMITED(
		       "b", "attachable-volumes-gce-pd: '0'") EBS DISKS LATER("gce", "kubernetes.io/gce-pd")
			EBS_CLAIM("x", "v") EBS_CLAIM("k", "w") EBS_CLAIM("z", "u")
				CLAIM("g", "1Gi", "storageClassName: gce"));
	pod_begin(&one, PVC("x"));
	pod_begin(&two, PVC("x") ", " PVC("k"));
	pod_begin(&three, PVC("x") ", " PVC("k") ", " PVC("z"));
	pod_begin(&wants, EPHEMERAL("ebs"));
	pod_begin(&other, PVC("g"));
	expect(c, &two, "two of two", "a b");
	expect(c, &three, "three of two", "b");
	expect(c, &other, "of another, none allowed on b", "a");
	add(c, "a", &one, 1);
	expect(c, &two, "the same claim counts once", "a b");
	add(c, "a", &wants, 2);
	expect(c, &one, "the claims that are there", "a b");
	expect(c, &two, "one more", "b");
	expect(c, &wants, "another one of its own", "b");
	expect(c, &other, "of another", "a");
	sched_cluster_remove_node(c, "b");
	expect(c, &wants, "nowhere", "0/1 nodes are available: 1 " FULL ".");
	set(c, LIMITED("a", "attachable-volumes-csi-ebs.csi.aws.com: '3'"));
	expect(c, &wants, "a larger node", "a");
	sched_cluster_remove_pod(c, "a", (void *)2);
	expect(c, &three, "all three", "a");
	pod_end(&one);
	pod_end(&two);
	pod_end(&three);
	pod_end(&wants);
	pod_end(&other);
	sched_cluster_free(c);
}

/* --- locality ------------------------------------------------------------------------------------------------------------------- */

static int64_t term_on(struct sched_cluster *c, struct pod_of *p, const char *node)
{
	struct sched_look l = { .c = c, .r = p->request, .n = sched_node_find(c, node) };

	sched_request_prepare(c, p->request);
	l.node = l.n->index;
	return sched_scorers[SCHED_TERM_VOLUMES].term(&l);
}

static void test_score(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of none, some, free_one;

	(void)state;
	set(c, NODE("a", ZONE ": z1") NODE("b", "x: k") CLAIM("w", "1Gi", "volumeName: w") CLAIM(
		       "x", "1Gi", "volumeName: v") CLAIM("k", "1Gi", "volumeName: u") VOLUME("v", "1Gi", "")
			VOLUME("u", "1Gi", ON("a, b")) "---\n{apiVersion: v1, kind: PersistentVolume, "
						       "metadata: {name: w, labels: {" ZONE ": z1}}, spec: "
						       "{capacity: {storage: 1Gi}, accessModes: "
						       "[ReadWriteOnce], hostPath: {path: /d}}}\n");
	pod_begin(&none, PVC("x"));
	pod_begin(&some, PVC("w") ", " PVC("x") ", " PVC("k"));
	pod_begin(&free_one, PVC("w"));
	assert_int_equal(term_on(c, &none, "a"), 100);
	assert_int_equal(term_on(c, &some, "a"), 100);
	assert_int_equal(term_on(c, &some, "b"), 50);
	assert_int_equal(term_on(c, &free_one, "b"), 0);
	pod_end(&none);
	pod_end(&some);
	pod_end(&free_one);
	sched_cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_more_bindings),
		cmocka_unit_test(test_provisioning),
		cmocka_unit_test(test_ephemeral),
		cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_assumed_provision),
		cmocka_unit_test(test_late_objects),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_once_pod),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
