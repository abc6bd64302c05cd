/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* What is assumed of the claims of pods in the books, until the objects say so: no volume is given twice. */
#include "tests/unit/sched/volume_fixture.h"

/* --- `ephemeral` volumes -------------------------------------------------------------------------------------------------- */

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

/* What went held the claim to a node: whoever waited because of it has another turn. */
static void test_given_up(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_pending pending = { .id = (void *)9, .key = "p", .deadline = NSEC_NEVER };
	struct pod_of x;

	(void)state;
	set(c, NODES DISKS CLAIM("x", "1Gi", "storageClassName: disks"));
	set(c, "---\n{apiVersion: v1, kind: Node, metadata: {name: full}, status: {allocatable: {pods: "
	       "'1'}}}\n");
	pod_begin(&x, PVC("x"));
	pending.request = x.request;
	add(c, "full", &x, 1);
	sched_place(c, &pending, 1, decide, &out);
	sched_cluster_remove_pod(c, "full", (void *)1);
	sched_place(c, &pending, 1, decide, &out);
	assert_string_equal(out.data, "p:- p:a ");
	pod_end(&x);
	sched_cluster_free(c);
}

/* Room that is kept reserves no volume: who is first to have his node does. */
static void test_kept_room(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, once, s;

	(void)state;
	set(c, NODES DISKS LOCAL CLAIM("x", "1Gi", "storageClassName: disks") VOLUME("v", "1Gi",
		       "storageClassName: local, " ON(
			       "a")) "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "
				     "once, "
				     "namespace: default}, spec: {accessModes: [ReadWriteOncePod], "
				     "resources: "
				     "{requests: {storage: 1Gi}}, storageClassName: disks}}\n");
	pod_begin(&x, PVC("x"));
	pod_begin(&once, PVC("once"));
	pod_begin(&s, EPHEMERAL("local"));
	sched_cluster_nominate(c, "a", &(struct sched_pod){ .id = &x, .request = x.request });
	expect(c, &x, "room is kept on a", "a b c");
	add(c, "b", &x, 1);
	expect(c, &x, "one is on b", "b");
	sched_cluster_remove_pod(c, "b", (void *)1);
	expect(c, &x, "it is gone, room is kept still", "a b c");
	set(c, NODE("a", "zone: z3"));
	expect(c, &x, "a is another", "a b c");
	/* What it is as if it were there for: that a claim is one pod's. */
	sched_cluster_nominate(c, "a", &(struct sched_pod){ .id = &once, .request = once.request });
	expect(c, &once, "room is kept for one",
		NONE("node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod "
		     "access "
		     "mode"));
	sched_cluster_unnominate(c, &once);
	expect(c, &once, "no longer", "a b c");
	sched_cluster_nominate(c, "a", &(struct sched_pod){ .id = &s, .request = s.request });
	expect(c, &s, "room is kept for an ephemeral one", "a");
	add(c, "a", &s, 2);
	sched_cluster_unnominate(c, &s);
	expect(c, &s, "who is there has the volume", NONE(NO_VOLUME));
	pod_end(&x);
	pod_end(&once);
	pod_end(&s);
	sched_cluster_free(c);
}

/* What room is kept for is not attached yet. */
static void test_kept_room_is_limited(void **state)
{
	static const char full[] = "0/1 nodes are available: 1 node(s) exceed max volume count.";
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, k;

	(void)state;
	set(c, LIMITED("a", "attachable-volumes-csi-disks.example.com: '1'") DISKS CLAIM(
		       "x", "1Gi", "storageClassName: disks") CLAIM("k", "1Gi", "storageClassName: disks"));
	pod_begin(&x, PVC("x"));
	pod_begin(&k, PVC("k"));
	sched_cluster_nominate(c, "a", &(struct sched_pod){ .id = &x, .request = x.request });
	expect(c, &k, "its room is taken", full);
	expect(c, &x, "one more of it is none more", "a");
	add(c, "a", &k, 1);
	expect(c, &x, "k is there now", full);
	add(c, "a", &x, 2);
	expect(c, &x, "x is there all the same", "a");
	pod_end(&x);
	pod_end(&k);
	sched_cluster_free(c);
}

/* P has its turn, at others' expense if that helps; it doesn't. */
static void try_in_vain(struct sched_cluster *c, struct pod_of *p)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_pending pending = {
		.id = p, .request = p->request, .key = "p", .deadline = NSEC_NEVER, .priority = 9
	};

	sched_place(c, &pending, 1, decide, &out);
	assert_string_equal(out.data, "p:- ");
}

/*
 * V would do on a, and is smaller than W; but W was chosen when the first came, on b. Whoever is tried without, or heard of again, as his node
 * changes, keeps what he has.
 */
static void test_trials(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, s, too_much;

	(void)state;
	set(c, NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "9Gi",
		       "storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("w", "2Gi", "storageClassName: local"));
	pod_begin(&x, PVC("x"));
	pod_begin(&too_much, PVC("k"));
	pod_begin(&s, EPHEMERAL("local"));
	add(c, "b", &x, 1);
	add(c, "a", &x, 2);
	sched_cluster_remove_pod(c, "b", (void *)1);
	expect(c, &x, "x has w", "a b c");
	try_in_vain(c, &too_much);
	expect(c, &x, "x has w, one was tried without", "a b c");
	set(c, NODE("a", "zone: z3"));
	expect(c, &x, "x has w, a is another", "a b c");
	/* Of pods that are alike each has its own. */
	sched_cluster_remove_pod(c, "a", (void *)2);
	add(c, "a", &s, 3);
	add(c, "a", &s, 4);
	try_in_vain(c, &too_much);
	set(c, NODE("a", "zone: z1"));
	expect(c, &s, "both are taken", NONE(NO_VOLUME));
	sched_cluster_remove_pod(c, "a", (void *)3);
	expect(c, &s, "v is free", "a");
	add(c, "a", &s, 5);
	sched_cluster_remove_pod(c, "a", (void *)4);
	expect(c, &s, "w is free", "a b c");
	pod_end(&x);
	pod_end(&too_much);
	pod_end(&s);
	sched_cluster_free(c);
}

/* A gang that would have room at others' expense, but for one of it: the others have what they had. */
static void test_gang_in_vain(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_pending gang[2];
	struct pod_of x, once, too_much;

	(void)state;
	set(c, NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "9Gi",
		       "storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a"))
			VOLUME("w", "2Gi", "storageClassName: local"));
	set(c, "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: once, namespace: "
	       "default}, "
	       "spec: {accessModes: [ReadWriteOncePod], volumeName: u, storageClassName: local, resources: "
	       "{requests: {storage: 1Gi}}}}\n" VOLUME("u", "1Gi", "storageClassName: local"));
	pod_begin(&x, PVC("x") ", " PVC("once"));
	pod_begin(&once, PVC("once"));
	pod_begin(&too_much, PVC("k"));
	add(c, "b", &x, 1);
	add(c, "a", &x, 2);
	sched_cluster_remove_pod(c, "b", (void *)1);
	expect(c, &too_much, "too much", NONE(NO_VOLUME));
	for (uintptr_t i = 0; i < 2; i++)
		gang[i] = (struct sched_pending){ .id = (void *)(i + 8),
			.request = i ? too_much.request : once.request,
			.key = i ? "2" : "1",
			.gang = "g",
			.priority = 9,
			.deadline = NSEC_NEVER };
	sched_place(c, gang, 2, decide, &out);
	assert_string_equal(out.data, "1:- 2:- ");
	sched_cluster_remove_object(c, KIND_CLAIM, "default", "once");
	set(c, CLAIM("once", "1Gi", "volumeName: u"));
	expect(c, &x, "x has w still", "a b c");
	pod_end(&x);
	pod_end(&once);
	pod_end(&too_much);
	sched_cluster_free(c);
}

/* What one of a gang that is seated would bind is not bound when they stand up again, though another pod uses the claim. */
static void test_gang_stands_up(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct sched_pending gang[2];
	struct pod_of x, there, not_found;

	(void)state;
	set(c, NODES CLASS("disks", "WaitForFirstConsumer", "disks.example.com",
		       ", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [z2]}]}]")
			CLAIM("x", "1Gi", "storageClassName: disks"));
	pod_begin(&x, PVC("x"));
	pod_begin(&there, PVC("x") ", " PVC("none"));
	pod_begin(&not_found, PVC("none"));
	add(c, "a", &there, 1);
	expect(c, &x, "none could be made on a", "b c");
	for (uintptr_t i = 0; i < 2; i++)
		gang[i] = (struct sched_pending){ .id = (void *)(i + 8),
			.request = i ? not_found.request : x.request,
			.key = i ? "2" : "1",
			.gang = "g",
			.deadline = NSEC_NEVER };
	sched_place(c, gang, 2, decide, &out);
	assert_string_equal(out.data, "1:- 2:- ");
	expect(c, &x, "nor was on b", "b c");
	pod_end(&x);
	pod_end(&there);
	pod_end(&not_found);
	sched_cluster_free(c);
}

#define IN_ZONE(zone)                                                                                  \
	"nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, " \
	"values: [" zone "]}]}]}}"

/* Pods that are there with claims that could have no volume: theirs is the next that comes, or is left. */
static void test_at_last(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of s, x, k;

	(void)state;
	set(c, NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "1Gi",
		       "storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a")));
	pod_begin(&s, EPHEMERAL("local"));
	pod_begin(&x, PVC("x"));
	pod_begin(&k, PVC("k"));
	add(c, "a", &s, 1);
	add(c, "a", &s, 2);
	sched_cluster_remove_pod(c, "a", (void *)1);
	expect(c, &s, "the other has it", NONE(NO_VOLUME));
	add(c, "b", &x, 3);
	add(c, "b", &k, 4);
	set(c, VOLUME("w", "1Gi", "storageClassName: local, " ON("b")));
	expect(c, &k, "k is the first by name", "b");
	expect(c, &x, "there is none for x", NONE(NO_VOLUME));
	set(c, VOLUME("z", "1Gi", "storageClassName: local, " IN_ZONE("z9")));
	expect(c, &x, "it is elsewhere", NONE(NO_VOLUME));
	set(c, NODE("c", "zone: z9"));
	expect(c, &x, "it is on c", "c");
	set(c, NODE("b", "zone: z9") NODE("c", "zone: z2"));
	expect(c, &s, "it is x's on b", NONE(NO_VOLUME));
	/* Of two nodes the first by name. */
	sched_cluster_remove_pod(c, "b", (void *)4);
	add(c, "c", &k, 5);
	add(c, "b", &k, 6);
	sched_cluster_remove_object(c, KIND_PERSISTENT_VOLUME, NULL, "w");
	expect(c, &k, "its volume is gone", NONE(NO_VOLUME));
	set(c, VOLUME("u", "1Gi", "storageClassName: local, " ON("b, c"))
			VOLUME("w", "1Gi", "storageClassName: local, " ON("c")));
	expect(c, &k, "u is its", "b c");
	pod_end(&s);
	pod_end(&x);
	pod_end(&k);
	sched_cluster_free(c);
}

/* Objects and nodes that change before anybody asks count all together, whichever came first. */
static void test_all_together(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x;

	(void)state;
	set(c, NODES DISKS CLAIM("x", "1Gi", "storageClassName: disks, volumeName: v")
			VOLUME("v", "1Gi", "storageClassName: disks"));
	pod_begin(&x, PVC("x"));
	add(c, "a", &x, 1);
	set(c, CLAIM("x", "1Gi", "storageClassName: disks") VOLUME("v", "1Gi",
		       "storageClassName: disks, claimRef: {name: x, namespace: default}, " IN_ZONE("z1")));
	set(c, NODE("a", "zone: z9") VOLUME("v", "1Gi", "storageClassName: disks, " IN_ZONE("z9")));
	expect(c, &x, "v is x's", "a");
	set(c, VOLUME("v", "1Gi", "storageClassName: disks, claimRef: {name: other, namespace: default}"));
	set(c, NODE("a", "zone: z1") VOLUME("w", "2Gi", "storageClassName: disks"));
	expect(c, &x, "w is x's", "a b c");
	pod_end(&x);
	sched_cluster_free(c);
}

/* A volume that is told to be for a claim is no other's when the claim is another. */
static void test_claim_goes(void **state)
{
	struct sched_cluster *c = sched_cluster_new();
	struct pod_of x, k;

	(void)state;
	set(c, NODES LOCAL CLAIM("x", "1Gi", "storageClassName: local") CLAIM("k", "1Gi",
		       "storageClassName: local") VOLUME("v", "1Gi", "storageClassName: local, " ON("a")));
	pod_begin(&x, PVC("x"));
	pod_begin(&k, PVC("k"));
	add(c, "a", &x, 1);
	set(c, VOLUME("v", "1Gi",
		       "storageClassName: local, claimRef: {name: x, namespace: default}, " ON("a")));
	expect(c, &x, "v is x's", "a");
	sched_cluster_remove_object(c, KIND_CLAIM, "default", "x");
	set(c, VOLUME("v", "1Gi", "storageClassName: local, " ON("a")));
	expect(c, &k, "x is no longer", "a");
	add(c, "a", &k, 2);
	set(c, CLAIM("x", "1Gi", "storageClassName: local"));
	expect(c, &x, "v is k's", NONE(NO_VOLUME));
	pod_end(&x);
	pod_end(&k);
	sched_cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ephemeral),
		cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_assumed_provision),
		cmocka_unit_test(test_late_objects),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_kept_room),
		cmocka_unit_test(test_kept_room_is_limited),
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_gang_in_vain),
		cmocka_unit_test(test_gang_stands_up),
		cmocka_unit_test(test_at_last),
		cmocka_unit_test(test_all_together),
		cmocka_unit_test(test_claim_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
