/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Claims and volumes: which nodes they let a pod run on, in kube-scheduler's words (volume_binding_test.go, volume_zone_test.go,
 * csi_test.go, volume_restrictions_test.go), and what having data is worth.
 */
#include "tests/unit/sched/volume_fixture.h"

/* --- cases ------------------------------------------------------------------------------------------------- */

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
		cmocka_unit_test(test_once_pod),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
