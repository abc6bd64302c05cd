/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* A stage for claims and volumes: objects of short names, pods, and on which of the nodes a, b and c one fits. */
#pragma once

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
#include "tests/unit/sched/load.h"

/* Everything in YAML: Nodes, and what pods refer to. */
static inline void set(struct sched_cluster *c, const char *yaml)
{
	struct objects list = load_all(yaml);

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

#define EPHEMERAL(class)                                                                    \
	"{name: s, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], " \
	"storageClassName: " class ", resources: {requests: {storage: 1Gi}}}}}}"

#define NODES NODE("a", "zone: z1") NODE("b", "zone: z2") NODE("c", "zone: z2")
#define LOCAL LATER("local", "kubernetes.io/no-provisioner")
#define DISKS LATER("disks", "disks.example.com")

struct pod_of {
	struct object *object;
	struct sched_request *request;
};

/* A pod with VOLUMES (flow style, without the brackets). */
static inline void pod_begin(struct pod_of *p, const char *volumes)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}], "
		"volumes: [%s]}}\n",
		volumes);

	p->object = load(yaml);
	p->request = load_request(p->object);
}

static inline void pod_end(struct pod_of *p)
{
	p->request = sched_request_unref(p->request);
	p->object = object_unref(p->object);
}

static inline void add(struct sched_cluster *c, const char *node, struct pod_of *p, uintptr_t id)
{
	sched_cluster_add_pod(c, node, &(struct sched_pod){ .id = (void *)id, .request = p->request });
}

/* WANTED: the nodes that it fits on, "a b", or why on none. */
static inline void expect(struct sched_cluster *c, struct pod_of *p, const char *what, const char *wanted)
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

#define NONE(why) "0/3 nodes are available: 3 " why "."
#define NOT_YET(why) "0/3 nodes are available: " why "."
#define NO_VOLUME "node(s) didn't find available persistent volumes to bind"
#define CONFLICT "node(s) had volume node affinity conflict"
#define IMMEDIATE "pod has unbound immediate PersistentVolumeClaims"
#define NO_ZONE "node(s) had no available volume zone"
