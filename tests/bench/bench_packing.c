/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * How tight whole commits are packed: nodes that hold pods, with the Cluster's strategy Pack, against the fewest that the sums of what is
 * requested leave possible, and against the fewest nodes on which the pods find room when they come one by one and each
 * goes where most is free (kube-scheduler's default).
 *
 *   bench_packing [SEEDS [FIRST]]     prints two lines of JSON (means over the workloads, 50 by default)
 *
 * A workload is 10 to 40 templates of 1 to 30 pods: web servers, workers, caches and databases, by request of CPU and memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/map.h"
#include "tests/bench/sched_world.h"
#include "tests/share/random.h"

enum { NODES = 300, TEMPLATES_MAX = 40, CPU = 4000, MEMORY = 32 * 1024, PODS = 110 };

struct workload {
	struct object *pods[TEMPLATES_MAX];
	struct sched_request *requests[TEMPLATES_MAX];
	int64_t counts[TEMPLATES_MAX];
	size_t count;
	int64_t total, cpu, memory; /* of all: pods, thousandths, MiB */
};

static void make_template(struct workload *w, struct rng *rng)
{
	static const struct {
		int64_t cpu[2], memory[2], pods;
	} sorts[] = {
		{ { 50, 500 }, { 64, 512 }, 30 },
		{ { 500, 2500 }, { 256, 4096 }, 12 },
		{ { 100, 800 }, { 2048, 16384 }, 6 },
		{ { 1000, 3500 }, { 8192, 28000 }, 3 },
	};
	size_t kind = rng_below(rng, ARRAY_LEN(sorts)), i = w->count++;
	int64_t cpu = rng_range(rng, sorts[kind].cpu[0], sorts[kind].cpu[1]);
	int64_t memory = rng_range(rng, sorts[kind].memory[0], sorts[kind].memory[1]);
	char cpu_text[24], memory_text[24];

	snprintf(cpu_text, sizeof(cpu_text), "%lldm", (long long)cpu);
	snprintf(memory_text, sizeof(memory_text), "%lldMi", (long long)memory);
	w->pods[i] = bench_pod("default", "grey", cpu_text, memory_text, "");
	w->requests[i] = bench_request(w->pods[i]);
	w->counts[i] = rng_range(rng, 1, sorts[kind].pods);
	w->total += w->counts[i];
	w->cpu += cpu * w->counts[i];
	w->memory += memory * w->counts[i];
}

static void workload_init(struct workload *w, uint64_t seed)
{
	struct rng rng = rng_of(seed, 0, 0);
	int64_t count = rng_range(&rng, 10, TEMPLATES_MAX);

	*w = (struct workload){ 0 };
	while ((int64_t)w->count < count)
		make_template(w, &rng);
}

static void workload_done(struct workload *w)
{
	for (size_t i = 0; i < w->count; i++) {
		sched_request_unref(w->requests[i]);
		object_unref(w->pods[i]);
	}
}

static size_t lower_bound(const struct workload *w)
{
	int64_t by_cpu = (w->cpu + CPU - 1) / CPU, by_memory = (w->memory + MEMORY - 1) / MEMORY;
	int64_t by_pods = (w->total + PODS - 1) / PODS, most = by_cpu > by_memory ? by_cpu : by_memory;

	return (size_t)(most > by_pods ? most : by_pods);
}

static struct sched_cluster *cluster(struct object **nodes, size_t count)
{
	struct sched_cluster *c = sched_cluster_new();

	for (size_t i = 0; i < count; i++)
		sched_cluster_set_node(c, nodes[i]);
	return c;
}

static size_t nodes_used(const struct bench_crowd *b)
{
	_cleanup_(map_done) struct map names = { 0 };

	for (size_t i = 0; i < b->count; i++)
		if (b->members[i]->node)
			map_put(&names, b->members[i]->node, NULL);
	return names.count;
}

/* All at once, packed: nodes that hold pods then. Where not all find room the program ends. */
static size_t packed(const struct workload *w, struct object **nodes)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = cluster(nodes, NODES);
	struct bench_crowd b = { .c = c };
	size_t used;

	sched_cluster_set_strategy(c, SCHED_PACK);
	for (size_t i = 0; i < w->count; i++)
		bench_crowd_add(&b, w->requests[i], (size_t)w->counts[i], 0);
	bench_crowd_place(&b);
	if (b.waiting_count > 0) {
		fprintf(stderr, "bench_packing: %zu pods have no node\n", b.waiting_count);
		exit(1);
	}
	used = nodes_used(&b);
	bench_crowd_done(&b);
	return used;
}

/* Do all find room on COUNT nodes when they come one by one, and spread? */
static bool fit_one_by_one(const struct workload *w, struct object **nodes, size_t count)
{
	_cleanup_(sched_cluster_freep) struct sched_cluster *c = cluster(nodes, count);
	struct bench_crowd b = { .c = c };
	bool fit = true;

	for (size_t i = 0; fit && i < w->count; i++)
		for (int64_t k = 0; fit && k < w->counts[i]; k++) {
			bench_crowd_add(&b, w->requests[i], 1, 0);
			bench_crowd_place(&b);
			fit = b.waiting_count == 0;
		}
	bench_crowd_done(&b);
	return fit;
}

static size_t one_by_one(const struct workload *w, struct object **nodes, size_t from)
{
	while (from < NODES && !fit_one_by_one(w, nodes, from))
		from++;
	return from;
}

static void print(const char *name, double value, const char *what, size_t seeds)
{
	printf("{\"name\": \"%s\", \"value\": %.4f, \"unit\": \"nodes\", \"floor\": 1, \"ratio\": %.4f, "
	       "\"runs\": %zu, "
	       "\"floorIs\": \"%s\"}\n",
		name, value, value, seeds, what);
}

int main(int argc, char **argv)
{
	size_t seeds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct object **nodes = bench_nodes(NODES, NULL);
	double to_bound = 0, to_spread = 0;

	if (seeds == 0 || argc > 3) {
		fprintf(stderr, "usage: bench_packing [SEEDS [FIRST]]\n");
		return 2;
	}
	for (size_t i = 0; i < seeds; i++) {
		struct workload w;
		size_t bound, used;

		workload_init(&w, first + i);
		bound = lower_bound(&w);
		used = packed(&w, nodes);
		to_bound += (double)used / (double)bound;
		to_spread += (double)used / (double)one_by_one(&w, nodes, bound);
		workload_done(&w);
	}
	print("packing-to-bound", to_bound / (double)seeds, "sum of requests by a node's room", seeds);
	print("packing-to-spread", to_spread / (double)seeds, "one by one, least allocated first", seeds);
	bench_nodes_free(nodes, NODES);
	return 0;
}
