/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A cluster for tests of the scheduler: nodes and pods from a few words, and what was decided about those that wait. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "sched/sched.h"
#include "tests/unit/sched/load.h"

enum { CROWD_OBJECTS = 4096, CROWD_PODS = 512 };

/* A pod, wherever it is. Its address is its id. */
struct crowd_pod {
	char name[32];
	struct sched_request *request;
	struct sched_pending pending;
	uint32_t started;
	const char *node; /* NULL: it waits, or is gone */
	bool waits, leaving;
	/* What was decided last. */
	unsigned decisions;
	enum sched_outcome outcome;
	bool by_gang;
	char where[32], key[48];
};

struct crowd {
	struct sched_cluster *c;
	struct object *objects[CROWD_OBJECTS];
	struct sched_request *requests[CROWD_OBJECTS];
	size_t object_count, request_count;
	struct crowd_pod pods[CROWD_PODS];
	size_t pod_count;
	bool victims_go; /* at once; else they are leaving */
	struct buf said; /* one line a decision */
};

static inline struct crowd *crowd_new(void)
{
	struct crowd *b = xcalloc(1, sizeof(*b));

	b->c = sched_cluster_new();
	b->said = BUF_INIT;
	return b;
}

static inline void crowd_free(struct crowd *b)
{
	for (size_t i = 0; i < b->request_count; i++)
		sched_request_unref(b->requests[i]);
	sched_cluster_free(b->c);
	for (size_t i = 0; i < b->object_count; i++)
		object_unref(b->objects[i]);
	buf_done(&b->said);
	free(b);
}

static inline struct object *crowd_load(struct crowd *b, const char *yaml)
{
	struct object *o = load(yaml);

	assert_true(b->object_count < CROWD_OBJECTS);
	b->objects[b->object_count++] = o;
	return o;
}

/* MORE: of the node, "spec: {…}", or "". */
static inline void crowd_node(struct crowd *b, const char *name, int cpu, const char *more)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {kubernetes.io/hostname: %s}}\n%s\n"
		"status: {allocatable: {cpu: '%d', memory: 64Gi, pods: '50'}}\n",
		name, name, more, cpu);

	sched_cluster_set_node(b->c, crowd_load(b, yaml));
}

/* LABELS: "app: a, tier: b"; SPEC: more of the spec, each line indented by two, or "". CPU in thousandths. */
static inline struct sched_request *crowd_request(
	struct crowd *b, int cpu, const char *labels, const char *spec)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {%s}}\nspec:\n  containers:\n"
		"  - {name: c, image: i, resources: {requests: {cpu: %dm}}}\n%s\n",
		labels, cpu, spec);
	struct sched_request *r = load_request(crowd_load(b, yaml));

	assert_true(b->request_count < CROWD_OBJECTS);
	b->requests[b->request_count++] = r;
	return r;
}

static inline void crowd_budget(struct crowd *b, const char *name, const char *labels, int allowed)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: %s}\n"
		"spec: {minAvailable: 1, selector: {matchLabels: {%s}}}\n"
		"status: {disruptionsAllowed: %d, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}\n",
		name, labels, allowed);

	sched_cluster_set_object(b->c, crowd_load(b, yaml));
}

static inline struct crowd_pod *crowd_pod(
	struct crowd *b, const char *name, struct sched_request *r, int32_t priority)
{
	struct crowd_pod *p = &b->pods[b->pod_count++];

	assert_true(b->pod_count <= CROWD_PODS);
	*p = (struct crowd_pod){ .request = r, .waits = true };
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->key, sizeof(p->key), "d/%s", name);
	p->pending = (struct sched_pending){
		.id = p, .request = r, .key = p->key, .priority = priority, .deadline = NSEC_NEVER
	};
	return p;
}

static inline void crowd_put(struct crowd *b, struct crowd_pod *p, const char *node)
{
	p->node = node;
	p->waits = false;
	sched_cluster_add_pod(b->c, node,
		&(struct sched_pod){ .id = p,
			.name = p->name,
			.request = p->request,
			.priority = p->pending.priority,
			.started = p->started });
}

/* A pod that is on NODE. */
static inline struct crowd_pod *crowd_running(struct crowd *b, const char *name, const char *node,
	struct sched_request *r, int32_t priority, uint32_t started)
{
	struct crowd_pod *p = crowd_pod(b, name, r, priority);

	p->started = started;
	crowd_put(b, p, node);
	return p;
}

static inline void crowd_gone(struct crowd *b, struct crowd_pod *p)
{
	sched_cluster_remove_pod(b->c, p->node, p);
	p->node = NULL;
}

static inline void crowd_leaves(struct crowd *b, struct crowd_pod *p)
{
	sched_cluster_pod_leaves(b->c, p->node, p);
	p->leaving = true;
}

static inline struct crowd_pod *crowd_find(struct crowd *b, const char *name)
{
	size_t i = 0;

	while (!str_eq(b->pods[i].name, name))
		if (++i == b->pod_count)
			fail_msg("no pod %s", name);
	return &b->pods[i];
}

static inline void crowd_say(struct crowd *b, const struct sched_decision *d)
{
	static const char *const words[] = {
		[SCHED_PLACED] = "placed",
		[SCHED_NOMINATED] = "nominated",
		[SCHED_NOWHERE] = "nowhere",
		[SCHED_WAITS] = "waits",
	};
	const struct crowd_pod *p = d->pod->id;

	buf_addf(&b->said, "%s %s", p->name, words[d->outcome]);
	if (d->node)
		buf_addf(&b->said, " %s", d->node);
	for (size_t i = 0; i < d->victim_count; i++)
		buf_addf(&b->said, "%s%s", i == 0 ? " for " : ",",
			((const struct crowd_pod *)d->victims[i].id)->name);
	if (d->by_gang)
		buf_adds(&b->said, " by gang");
	buf_addc(&b->said, '\n');
}

static inline void crowd_decide(const struct sched_decision *d, void *arg)
{
	struct crowd *b = arg;
	struct crowd_pod *p = d->pod->id, *victims[CROWD_PODS];
	size_t count = d->victim_count;

	crowd_say(b, d);
	p->decisions++;
	p->outcome = d->outcome;
	p->by_gang = d->by_gang;
	snprintf(p->where, sizeof(p->where), "%s", str_or_empty(d->node));
	for (size_t i = 0; i < count; i++)
		victims[i] = d->victims[i].id;
	if (d->outcome == SCHED_PLACED)
		crowd_put(b, p, d->node);
	for (size_t i = 0; i < count; i++) {
		if (b->victims_go)
			crowd_gone(b, victims[i]);
		else
			crowd_leaves(b, victims[i]);
	}
}

/* A call for all that wait. Returns what was said, until the next call. */
static inline const char *crowd_place(struct crowd *b)
{
	struct sched_pending *list = xcalloc(CROWD_PODS, sizeof(list[0]));
	size_t count = 0;

	buf_clear(&b->said);
	for (size_t i = 0; i < b->pod_count; i++)
		if (b->pods[i].waits)
			list[count++] = b->pods[i].pending;
	sched_place(b->c, list, count, crowd_decide, b);
	free(list);
	return b->said.data ? b->said.data : "";
}

#define assert_said(b, text) assert_string_equal(crowd_place(b), text)
