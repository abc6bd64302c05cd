/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Clusters out of a few words, for tests of the scheduler. Include after cmocka. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/sched.h"
#include "tests/unit/sched/load.h"

/* A node with 64 CPUs and room for 110 pods; LABELS as in a flow map; SPEC: a whole line, or "". */
static inline void books_node(struct sched_cluster *c, const char *name, const char *labels, const char *spec)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {%s}}\n%s"
		"status: {allocatable: {cpu: '64', memory: 256Gi, pods: '110'}}\n",
		name, labels, spec);
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(c, o);
}

static inline void books_namespace(struct sched_cluster *c, const char *name, const char *labels)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {%s}}\n", name, labels);
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_object(c, o);
}

/* A kind of pod: the object and what it asks for. */
struct books_pod {
	struct object *object;
	struct sched_request *request;
};

/* LABELS as in a flow map; SPEC: more lines of the spec, each indented by two, or "". */
static inline struct books_pod books_pod(const char *namespace, const char *labels, const char *spec)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: %s, labels: {%s}}\nspec:\n"
		"  containers: [{name: c, image: i, resources: {requests: {cpu: 100m, memory: 1Gi}}}]\n%s",
		namespace, labels, spec);
	struct books_pod p = { .object = load(yaml) };

	p.request = load_request(p.object);
	return p;
}

static inline void books_pod_done(struct books_pod *p)
{
	p->request = sched_request_unref(p->request);
	object_unref(p->object);
	p->object = NULL;
}

/* One pod of P on NODE; ID is any number but 0 that no other has. */
static inline void books_add(
	struct sched_cluster *c, const char *node, const struct books_pod *p, uintptr_t id)
{
	sched_cluster_add_pod(c, node, &(struct sched_pod){ .id = (void *)id, .request = p->request });
}
