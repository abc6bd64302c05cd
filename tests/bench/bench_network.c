/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What the pod network costs in a large fleet: NODES sessions that know it, then one more node joins; no journal, no sockets. And at
 * the agent's end: the whole at once, and that one more.
 *
 *   bench_network [NODES [RUNS]]     prints a line of JSON a figure, as in build/bench.json; without arguments 5,000 nodes, 11 runs
 *
 * Times are of the processor, medians. The floor of telling is to copy the same line once for each session; that of the
 * agent's plan to sort what it has to look at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "nodeagent/route_plan.h"
#include "reconciler/node_session.h"
#include "reconciler/pass.h"

enum { RUNS_MAX = 100 };

struct one {
	char name[32];
	struct world_node *node;
	struct node_session session;
	struct outbox out;
	size_t bytes;       /* that the last drain put into it */
	struct peers knows; /* of the first one only */
};
struct bench {
	struct world w;
	struct snapshot *before, *next;
	nsec_t now;
	int64_t version;
	unsigned commits;
	struct one *nodes;
	size_t count; /* of nodes now */
	size_t runs;
};
struct times {
	double values[RUNS_MAX];
	size_t count;
};

static const char cluster_id[] = "0123456789abcdef0123456789abcdef";

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int cmp(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(struct times *t)
{
	qsort(t->values, t->count, sizeof(t->values[0]), cmp);
	return t->values[t->count / 2];
}

/* FLOOR 0: none. */
static void print(const struct bench *b, const char *name, double value, const char *unit, double floor,
	const char *floor_is)
{
	printf("{\"name\":\"network: %s\",\"value\":%.4f,\"unit\":\"%s\",", name, value, unit);
	if (floor > 0)
		printf("\"floor\":%.4f,\"ratio\":%.3f,", floor, value / floor);
	else
		printf("\"floor\":null,\"ratio\":null,");
	printf("\"runs\":%zu,\"floorIs\":\"%s\"}\n", b->runs, floor_is);
	fflush(stdout);
}

/* --- git, agents ------------------------------------------------------------------------------------------ */

static void commit_nodes(struct bench *b)
{
	const struct object_load_options options = { .path = "nodes.yaml", .default_namespace = "default" };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct oid id = { .raw = { 0 } };
	struct snapshot_change change = { .path = "nodes.yaml" };
	struct objects objects = { 0 };
	struct diags diags;

	buf_adds(&text, "apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata:\n  name: cluster\nspec:\n"
			"  podCIDR: 10.128.0.0/9\n  nodePrefix: 24\n");
	for (size_t i = 0; i < b->count; i++)
		buf_addf(&text, "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: %s\n", b->nodes[i].name);
	memcpy(id.raw, &b->commits, sizeof(b->commits));
	b->commits++;
	diags_init(&diags);
	if (object_load_yaml(text.data, text.len, &options, &objects, &diags) < 0)
		abort();
	change.manifest = manifest_new("nodes.yaml", &id, &objects, &diags);
	if (snapshot_new(b->before, &id, &change, 1, &b->next, &diags) < 0)
		abort();
	manifest_unref(change.manifest);
	diags_done(&diags);
	objects_done(&objects);
}

/* Hello and first report of node AT, which knows what DIGEST says. */
static void join(struct bench *b, struct plan *plan, size_t at, const char *digest)
{
	struct control c = { .world = &b->w, .plan = plan, .now = b->now };
	struct one *n = &b->nodes[at];
	char address[32];
	struct node_address one = { "InternalIP", address };
	struct node_status status = { .addresses = { &one, 1 } };
	struct wire_hello hello = { .version = WIRE_VERSION, .min_version = 1, .status = &status };

	snprintf(address, sizeof(address), "192.168.%zu.%zu", at / 250, 1 + at % 250);
	n->node = world_node(world_find(&b->w, KIND_NODE, NULL, n->name));
	node_session_hello(&n->session, &c, cluster_id, n->node, &hello);
	node_session_report(&n->session, &c, n->node, &(struct wire_report){ .seq = 1, .network = digest });
}

/* --- a drain, without the disk ------------------------------------------------------------------------------ */

static void tell_all(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct one *n = &b->nodes[i];
		struct node_session_words words;

		outbox_clear(&n->out);
		n->bytes = 0;
		if (!n->session.greeted)
			continue;
		node_session_tell(&n->session, &b->w, n->node, cluster_id, "bench", NULL, &words);
		if (!words.network)
			continue;
		outbox_add(&n->out, words.network->line);
		n->bytes = outbox_left(&n->out);
	}
}

/* Returns what the pass, and what telling costs. */
static void drain(struct bench *b, struct plan *plan, double *ret_pass, double *ret_tell)
{
	const struct pass_input in = {
		.now = b->now += NSEC_PER_SEC, .version = b->version, .before = b->before, .snapshot = b->next
	};
	double start = cpu_ms();

	pass_run(&b->w, &in, plan);
	*ret_pass = cpu_ms() - start;
	b->version += (int64_t)plan->record_count;
	start = cpu_ms();
	tell_all(b);
	*ret_tell = cpu_ms() - start;
	plan_done(plan);
	world_sweep(&b->w);
	if (b->next) {
		snapshot_unref(b->before);
		b->before = TAKE_PTR(b->next);
	}
}

static void pass(struct bench *b)
{
	struct plan plan;
	double unused;

	plan_init(&plan, false);
	drain(b, &plan, &unused, &unused);
}

/* A copy of the first one's line for each: in one place where it is large, as all together would fill the memory. */
static double floor_of_telling(struct bench *b)
{
	_cleanup_(buf_done) struct buf line = BUF_INIT, copy = BUF_INIT;
	const char *data;
	size_t len = outbox_next(&b->nodes[0].out, &data);
	double start;

	buf_add(&line, data, len);
	start = cpu_ms();
	for (size_t i = 0; i < b->count; i++) {
		struct buf *to = len > 4096 ? &copy : &b->nodes[i].out.own;

		buf_clear(to);
		buf_add(to, line.data, len);
	}
	return cpu_ms() - start;
}

/* --- measuring ------------------------------------------------------------------------------------------------ */

static void name_nodes(struct bench *b, size_t count)
{
	b->nodes = xcalloc(count, sizeof(b->nodes[0]));
	for (size_t i = 0; i < count; i++) {
		outbox_init(&b->nodes[i].out);
		snprintf(b->nodes[i].name, sizeof(b->nodes[i].name), "node-%05zu", i);
	}
}

static void all_join(struct bench *b)
{
	double passed, told;
	struct plan plan;

	commit_nodes(b);
	pass(b);
	plan_init(&plan, false);
	for (size_t i = 0; i < b->count; i++)
		join(b, &plan, i, "");
	drain(b, &plan, &passed, &told);
	print(b, "all join at once, the pass", passed, "ms", 0, "");
	print(b, "all are told the whole", told, "ms", floor_of_telling(b), "a copy of the line for each");
	print(b, "the whole, a session", (double)b->nodes[0].bytes, "bytes", 0, "");
}

static void take(struct one *n, const char *line, size_t len)
{
	struct wire_message m = { 0 };

	if (wire_parse(line, len - 1, &m, NULL) < 0)
		abort();
	peers_take(&n->knows, m.network);
	wire_message_done(&m);
}

/* The first one hears what there is for it. */
static void hear(struct bench *b)
{
	const char *line;
	size_t len = outbox_next(&b->nodes[0].out, &line);

	take(&b->nodes[0], line, len);
}

/* Nodes join one by one, each beside a floor. */
static void one_joins(struct bench *b)
{
	struct times passes = { 0 }, tells = { 0 }, floors = { 0 };
	size_t bytes = 0;

	for (size_t i = 0; i < b->runs; i++) {
		struct plan plan;
		double passed, told;

		b->count++;
		commit_nodes(b);
		pass(b);
		plan_init(&plan, false);
		join(b, &plan, b->count - 1, "");
		drain(b, &plan, &passed, &told);
		passes.values[passes.count++] = passed;
		tells.values[tells.count++] = told;
		bytes = b->nodes[0].bytes;
		hear(b);
		floors.values[floors.count++] = floor_of_telling(b);
	}
	print(b, "one joins, the pass", median(&passes), "ms", 0, "");
	print(b, "one joins, all are told", median(&tells), "ms", median(&floors),
		"a copy of the line for each");
	print(b, "one joins, a session", (double)bytes, "bytes", 0, "");
}

/* All sessions end and begin anew, as after a restart: the agents know it all. */
static void all_return(struct bench *b)
{
	char digest[WIRE_NETWORK_DIGEST];
	double passed, told;
	size_t bytes = 0;
	struct plan plan;

	peers_digest(&b->nodes[0].knows, digest);
	plan_init(&plan, false);
	for (size_t i = 0; i < b->count; i++)
		join(b, &plan, i, digest);
	drain(b, &plan, &passed, &told);
	for (size_t i = 0; i < b->count; i++)
		bytes += b->nodes[i].bytes;
	print(b, "all return, the network for all", (double)bytes, "bytes", 0, "");
}

/* --- the agent's end -------------------------------------------------------------------------------------------- */

static int by_subnet(const void *a, const void *b)
{
	return cidr_cmp(&((const struct route_seen *)a)->prefix, &((const struct route_seen *)b)->prefix);
}

/* All routes are there but one. */
static void agent_plans(struct bench *b, const struct peers *peers)
{
	struct times plans = { 0 }, floors = { 0 };
	struct route_seen *kernel = xcalloc(peers->count, sizeof(kernel[0]));
	struct route *made = xcalloc(peers->count, sizeof(made[0]));
	struct route_input in = { .peers = peers, .self = b->nodes[0].name, .kernel = kernel };

	in.made.items = made;
	for (size_t i = 1; i + 1 < peers->count; i++) {
		struct route *r = &made[in.made.count++];

		cidr_parse(peers->items[i].said.pod_cidr, &r->to, NULL);
		cidr_parse_address(peers->items[i].said.address, &r->via, NULL);
		kernel[in.kernel_count++] = (struct route_seen){
			.prefix = r->to, .via = r->via, .has_via = true
		};
	}
	for (size_t i = 0; i < b->runs; i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);
		struct route_seen *copy = xmemdup(kernel, in.kernel_count * sizeof(kernel[0]));
		struct route_plan plan;
		double start = cpu_ms();

		route_plan(arena, &in, &plan);
		plans.values[plans.count++] = cpu_ms() - start;
		if (plan.put.count != 1 || plan.remove.count != 0)
			abort();
		start = cpu_ms();
		qsort(copy, in.kernel_count, sizeof(copy[0]), by_subnet);
		floors.values[floors.count++] = cpu_ms() - start;
		free(copy);
	}
	print(b, "agent: one joins, the plan", median(&plans), "ms", median(&floors),
		"sorting the host's routes");
	free(kernel);
	free(made);
}

static void agent_takes(struct bench *b)
{
	_cleanup_(buf_done) struct buf whole = BUF_INIT;
	struct times takes = { 0 };

	peers_write(&b->nodes[0].knows, &whole);
	for (size_t i = 0; i < b->runs; i++) {
		struct one n = { 0 };
		double start = cpu_ms();

		take(&n, whole.data, whole.len);
		takes.values[takes.count++] = cpu_ms() - start;
		peers_done(&n.knows);
	}
	print(b, "agent: takes the whole", median(&takes), "ms", 0, "");
}

int main(int argc, char **argv)
{
	size_t nodes = argc > 1 ? (size_t)atol(argv[1]) : 5000;
	struct world_settings s = { .term = 1 };
	struct bench *b = xcalloc(1, sizeof(*b));

	b->runs = argc > 2 ? (size_t)atol(argv[2]) : 11;
	if (b->runs > RUNS_MAX || nodes < 2)
		return 2;
	memcpy(s.cluster_id, cluster_id, sizeof(cluster_id));
	b->now = (nsec_t)1767323045 * NSEC_PER_SEC;
	b->version = 1;
	b->count = nodes;
	name_nodes(b, nodes + b->runs);
	world_init(&b->w, &s, b->now);
	all_join(b);
	hear(b);
	one_joins(b);
	all_return(b);
	agent_takes(b);
	agent_plans(b, &b->nodes[0].knows);
	world_done(&b->w);
	snapshot_unref(b->before);
	for (size_t i = 0; i < nodes + b->runs; i++)
		outbox_done(&b->nodes[i].out);
	peers_done(&b->nodes[0].knows);
	free(b->nodes);
	free(b);
	return 0;
}
