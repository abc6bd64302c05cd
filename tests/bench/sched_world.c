/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include "tests/bench/sched_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"

nsec_t bench_cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), by_value);
	return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

/* --- objects -------------------------------------------------------------------------------------------- */

struct object *bench_load(const char *yaml)
{
	const struct object_load_options options = {
		.path = "bench.yaml", .default_namespace = "default", .mode = DECODE_STORED
	};
	struct objects list = { 0 };
	struct diags diags;
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct object *o;

	diags_init(&diags);
	if (object_load_yaml(yaml, strlen(yaml), &options, &list, &diags) < 0 || list.count != 1) {
		diags_format(&diags, &text);
		fprintf(stderr, "%s\n%s\n", yaml, text.data);
		exit(2);
	}
	o = object_ref(list.items[0]);
	objects_done(&list);
	diags_done(&diags);
	return o;
}

struct object *bench_node(const char *name, const char *zone)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"apiVersion: v1\nkind: Node\nmetadata:\n  name: %s\n  labels:\n    kubernetes.io/hostname: "
		"%s\n"
		"%s%s\nstatus:\n  allocatable: {cpu: '4', memory: 32Gi, pods: '110'}\n",
		name, name, zone ? "    topology.kubernetes.io/zone: " : "", zone ? zone : "");

	return bench_load(yaml);
}

struct object **bench_nodes(size_t count, const char *const *zones)
{
	struct object **nodes = xcalloc(count, sizeof(nodes[0]));
	size_t zone_count = 0;
	char name[32];

	while (zones && zones[zone_count])
		zone_count++;
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "node-%05zu", i);
		nodes[i] = bench_node(name, zone_count > 0 ? zones[i % zone_count] : NULL);
	}
	return nodes;
}

void bench_nodes_free(struct object **nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		object_unref(nodes[i]);
	free(nodes);
}

struct object *bench_pod(
	const char *namespace, const char *color, const char *cpu, const char *memory, const char *more)
{
	_cleanup_(freep) char *yaml = xasprintf("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  "
						"namespace: %s\n  labels: {color: %s}\nspec:\n%s"
						"  containers:\n  - name: pause\n    image: pause\n    "
						"resources: {requests: {cpu: %s, memory: %s}}\n",
		namespace, color, more, cpu, memory);

	return bench_load(yaml);
}

struct sched_request *bench_request(struct object *pod)
{
	const struct pod *p = object_pod(pod);

	return sched_request_new(&p->spec, p->meta.namespace, &p->meta.labels);
}

/* --- crowds ---------------------------------------------------------------------------------------------- */

static void waits(struct bench_crowd *b, struct bench_member *m)
{
	b->waiting = grow(b->waiting, &b->waiting_cap, b->waiting_count + 1, sizeof(b->waiting[0]));
	b->waiting[b->waiting_count++] = (struct sched_pending){
		.id = m,
		.request = m->request,
		.key = m->key,
		.pinned = m->pinned,
		.priority = m->priority,
		.deadline = NSEC_NEVER,
	};
}

void bench_crowd_add(struct bench_crowd *b, struct sched_request *r, size_t count, int32_t priority)
{
	for (size_t i = 0; i < count; i++) {
		struct bench_member *m = xcalloc(1, sizeof(*m));

		m->request = r;
		m->priority = priority;
		snprintf(m->key, sizeof(m->key), "default/pod-%08zu", b->count);
		b->members = grow(b->members, &b->cap, b->count + 1, sizeof(b->members[0]));
		b->members[b->count++] = m;
		waits(b, m);
	}
}

static void is_placed(struct bench_crowd *b, struct bench_member *m, const char *node)
{
	const struct sched_pod p = { .id = m, .request = m->request, .priority = m->priority };

	m->node = node;
	b->placed++;
	sched_cluster_add_pod(b->c, node, &p);
}

static void hears(const struct sched_decision *d, void *arg)
{
	struct bench_crowd *b = arg;

	if (d->outcome == SCHED_PLACED)
		is_placed(b, d->pod->id, d->node);
	if (d->outcome != SCHED_NOMINATED)
		return;
	b->nominated++;
	for (size_t i = 0; i < d->victim_count; i++) {
		struct bench_member *victim = d->victims[i].id;

		victim->doomed = true;
		sched_cluster_pod_leaves(b->c, victim->node, victim);
	}
}

void bench_crowd_place(struct bench_crowd *b)
{
	size_t kept = 0;

	sched_place(b->c, b->waiting, b->waiting_count, hears, b);
	for (size_t i = 0; i < b->waiting_count; i++) {
		const struct bench_member *m = b->waiting[i].id;

		if (!m->node)
			b->waiting[kept++] = b->waiting[i];
	}
	b->waiting_count = kept;
}

bool bench_crowd_recreate(struct bench_crowd *b, size_t i)
{
	struct bench_member *m = b->members[i];

	if (!m->node)
		return false;
	sched_cluster_remove_pod(b->c, m->node, m);
	m->node = NULL;
	waits(b, m);
	return true;
}

size_t bench_crowd_lose_node(struct bench_crowd *b, const char *node)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		if (b->members[i]->node && strcmp(b->members[i]->node, node) == 0)
			count += bench_crowd_recreate(b, i);
	sched_cluster_remove_node(b->c, node);
	return count;
}

void bench_crowd_bury(struct bench_crowd *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct bench_member *m = b->members[i];

		if (!m->doomed || !m->node)
			continue;
		sched_cluster_remove_pod(b->c, m->node, m);
		m->node = NULL;
	}
}

void bench_crowd_done(struct bench_crowd *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->members[i]);
	free(b->members);
	free(b->waiting);
}
