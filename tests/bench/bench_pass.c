/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * What a pass costs, and a pod, in a large world: NODES nodes with agents that answer at once, PODS pods of Deployments of 50
 * replicas, and one Deployment of SET replicas, which is rolled; no journal, no sessions. Another world is then read from the text of all objects.
 *
 *   bench_pass [NODES PODS [SET]]     prints lines of "name value unit"; without arguments 500 nodes, 15,000 pods, 1,000 of one
 *
 * Times are of the processor. Memory is what malloc has given out, before and after.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "reconciler/collect.h"
#include "reconciler/pass.h"

enum { REPLICAS = 50, NAMESPACES = 100, PASSES_MAX = 100000, REPORTS_A_PASS = 10 };

struct answer { /* what an agent will say of a pod */
	struct world_node *node;
	char uid[NAMES_UID];
	bool gone;
};
struct bench {
	struct world w;
	struct snapshot *before, *next;
	nsec_t now;
	int64_t version;
	unsigned commits;
	struct answer *answers;
	size_t answer_count, answer_cap, answered;
	nsec_t costs[PASSES_MAX];
	size_t passes;
};

static nsec_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void print(const char *name, double value, const char *unit)
{
	printf("%-52s %12.3f %s\n", name, value, unit);
	fflush(stdout);
}

/* --- what git says ------------------------------------------------------------------------------------ */

static void add_node(struct buf *out, size_t n)
{
	buf_addf(out,
		"---\napiVersion: v1\nkind: Node\nmetadata:\n  name: node-%04zu\n  labels:\n"
		"    topology.kubernetes.io/zone: zone-%zu\n",
		n, n % 3);
}

static void add_deployment(
	struct buf *out, const char *name, size_t namespace, size_t replicas, unsigned version)
{
	buf_addf(out,
		"---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  namespace: team-%zu\n"
		"spec:\n  replicas: %zu\n  selector:\n    matchLabels:\n      app: %s\n  template:\n    "
		"metadata:\n"
		"      labels:\n        app: %s\n    spec:\n      containers:\n        - name: web\n"
		"          image: registry.example.com/team/%s:%u\n          ports:\n            - "
		"containerPort: 8080\n"
		"          env:\n            - name: LOG_LEVEL\n              value: info\n"
		"          resources:\n            requests:\n              cpu: 100m\n              memory: "
		"64Mi\n",
		name, namespace, replicas, name, name, name, version);
}

static void commit(struct bench *b, const char *path, const struct buf *text)
{
	const struct object_load_options options = { .path = path, .default_namespace = "default" };
	struct oid id = { .raw = { 0 } };
	struct snapshot_change change = { .path = path };
	struct objects objects = { 0 };
	struct snapshot *s = NULL;
	struct diags diags;

	id.raw[19] = (uint8_t)++b->commits;
	diags_init(&diags);
	if (object_load_yaml(text->data, text->len, &options, &objects, &diags) < 0)
		abort();
	change.manifest = manifest_new(path, &id, &objects, &diags);
	if (snapshot_new(b->next ? b->next : b->before, &id, &change, 1, &s, &diags) < 0)
		abort();
	manifest_unref(change.manifest);
	diags_done(&diags);
	objects_done(&objects);
	snapshot_unref(b->next);
	b->next = s;
}

static void commit_base(struct bench *b, size_t nodes, size_t pods)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char name[32];

	buf_adds(&text, "apiVersion: pintle.dev/v1\nkind: Cluster\nmetadata:\n  name: cluster\nspec:\n"
			"  podCIDR: 10.128.0.0/9\n  nodePrefix: 24\n");
	for (size_t i = 0; i < nodes; i++)
		add_node(&text, i);
	for (size_t i = 0; i < pods / REPLICAS; i++) {
		snprintf(name, sizeof(name), "web-%zu", i);
		add_deployment(&text, name, i % NAMESPACES, REPLICAS, 1);
	}
	commit(b, "base.yaml", &text);
}

static void commit_one(struct bench *b, const char *name, size_t replicas, unsigned version)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	char path[64];

	add_deployment(&text, name, 7, replicas, version);
	snprintf(path, sizeof(path), "one-%s.yaml", name);
	commit(b, path, &text);
}

/* --- agents -------------------------------------------------------------------------------------------- */

static void hello(struct control *c, struct world_node *n)
{
	struct quantity_pair items[3] = { { .key = "cpu" }, { .key = "memory" }, { .key = "pods" } };
	struct node_status status = { .capacity = { items, 3 }, .allocatable = { items, 3 } };
	struct wire_hello hello = { .version = 1, .min_version = 1, .status = &status };

	quantity_parse("64", &items[0].value);
	quantity_parse("256Gi", &items[1].value);
	quantity_parse("110", &items[2].value);
	for (size_t i = 0; i < 3; i++)
		items[i].value.set = true;
	collect_hello(c, n, &hello);
	collect_report(c, n, &(struct wire_report){ .seq = 1 });
}

static void take_applies(struct bench *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->apply_count; i++) {
		const struct wire_apply *a = &plan->applies[i].apply;

		b->answers = grow(b->answers, &b->answer_cap,
			b->answer_count + a->pods.count + a->remove.count, sizeof(b->answers[0]));
		for (size_t k = 0; k < a->pods.count + a->remove.count; k++) {
			struct answer *to = &b->answers[b->answer_count++];
			bool gone = k >= a->pods.count;

			*to = (struct answer){ .node = plan->applies[i].node, .gone = gone };
			snprintf(to->uid, sizeof(to->uid), "%s",
				gone ? a->remove.items[k - a->pods.count].uid
				     : a->pods.items[k].pod->meta->uid);
		}
	}
}

static void report(struct control *c, const struct answer *a)
{
	struct opt_int at = { true, c->now };
	struct condition conditions[4] = { { .type = "PodReadyToStartContainers" }, { .type = "Initialized" },
		{ .type = "ContainersReady" }, { .type = "Ready" } };
	struct container_state_running running = { .started_at = at };
	char id[64], address[32];
	struct pod_ip ip = { .ip = address }, host = { .ip = "192.168.7.9" };
	struct container_status container = { .name = "web",
		.ready = true,
		.state.running = &running,
		.image = "registry.example.com/team/web:1",
		.container_id = id,
		.started = { true, true },
		.image_id = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
	struct pod_status status = { .phase = "Running",
		.conditions = { conditions, 4 },
		.start_time = at,
		.host_ip = host.ip,
		.pod_ip = ip.ip,
		.pod_ips = { &ip, 1 },
		.host_ips = { &host, 1 },
		.container_statuses = { &container, 1 },
		.qos_class = "Burstable" };
	struct wire_report_pod one = { .uid = a->uid, .status = &status, .gone = a->gone };
	struct wire_report message = { .pods = { &one, 1 } };

	snprintf(id, sizeof(id), "pintle://%.8s%.4s%.8s%.12s", a->uid, a->uid + 9, a->uid, a->uid + 24);
	snprintf(address, sizeof(address), "10.130.%u.%u", (unsigned)a->uid[0], (unsigned)a->uid[1]);
	for (size_t i = 0; i < 4; i++) {
		conditions[i].status = "True";
		conditions[i].last_transition_time = at;
	}
	collect_report(c, a->node, &message);
}

/* --- passes -------------------------------------------------------------------------------------------- */

/* One pass over what LIMIT answers of agents changed. Returns what it cost, without the agents. */
static nsec_t pass(struct bench *b, size_t limit, bool everything)
{
	const struct pass_input in = { .now = b->now,
		.version = b->version,
		.before = b->before,
		.snapshot = b->next,
		.everything = everything };
	struct control c = { .world = &b->w, .now = b->now };
	nsec_t start = cpu_time();
	struct plan plan;

	plan_init(&plan, false);
	c.plan = &plan;
	for (size_t i = 0; i < limit && b->answered < b->answer_count; i++)
		report(&c, &b->answers[b->answered++]);
	if (b->answered == b->answer_count)
		b->answered = b->answer_count = 0;
	pass_run(&b->w, &in, &plan);
	b->version += (int64_t)plan.record_count;
	start = cpu_time() - start;
	take_applies(b, &plan);
	nsec_t end = cpu_time();
	plan_done(&plan);
	world_sweep(&b->w);
	if (b->next) {
		snapshot_unref(b->before);
		b->before = TAKE_PTR(b->next);
	}
	return start + cpu_time() - end;
}

static nsec_t settle(struct bench *b, size_t limit)
{
	nsec_t total = 0;

	b->passes = 0;
	do {
		b->now += 100 * NSEC_PER_MSEC;
		b->costs[b->passes] = pass(b, limit, false);
		total += b->costs[b->passes++];
	} while ((b->answer_count > 0 || b->passes < 3) && b->passes < PASSES_MAX);
	return total;
}

static int cmp(const void *a, const void *b)
{
	const nsec_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double ms(nsec_t t)
{
	return (double)t / NSEC_PER_MSEC;
}

static void print_passes(struct bench *b, const char *what)
{
	char name[128];

	qsort(b->costs, b->passes, sizeof(b->costs[0]), cmp);
	snprintf(name, sizeof(name), "%s: passes", what);
	print(name, (double)b->passes, "");
	snprintf(name, sizeof(name), "%s: median pass", what);
	print(name, ms(b->costs[b->passes / 2]), "ms");
	snprintf(name, sizeof(name), "%s: p99 pass", what);
	print(name, ms(b->costs[b->passes * 99 / 100]), "ms");
	snprintf(name, sizeof(name), "%s: longest pass", what);
	print(name, ms(b->costs[b->passes - 1]), "ms");
}

static double used(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static void roll(struct bench *b, const char *name, size_t replicas, size_t limit)
{
	char what[64];

	commit_one(b, name, replicas, 2);
	settle(b, limit);
	snprintf(what, sizeof(what), "rollout of %zu pods", replicas);
	print_passes(b, what);
}

/* --- the tree ------------------------------------------------------------------------------------------- */

/* The world as text, and a second one from it. */
static void reload(const struct bench *b, const struct world_settings *s)
{
	struct world_entry_list all = world_entries(&b->w);
	size_t *ends = xcalloc(all.count, sizeof(ends[0]));
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct world *w = xcalloc(1, sizeof(*w));
	nsec_t start = cpu_time();
	double memory;

	for (size_t i = 0; i < all.count; i++) {
		world_write(&b->w, all.items[i], 1, &text);
		ends[i] = text.len;
	}
	print("writing all objects", ms(cpu_time() - start), "ms");
	print("their text", (double)text.len / 1048576, "MiB");
	malloc_trim(0);
	memory = used();
	start = cpu_time();
	world_init(w, s, b->now);
	for (size_t i = 0, at = 0; i < all.count; at = ends[i++])
		if (world_load(w, text.data + at, ends[i] - at, NULL) < 0)
			abort();
	print("loading: reading all objects", ms(cpu_time() - start), "ms");
	print("loading: memory before the end", (used() - memory) / 1048576, "MiB");
	world_load_finish(w);
	print("loading: all", ms(cpu_time() - start), "ms");
	print("loading: memory", (used() - memory) / 1048576, "MiB");
	print("loading: memory a pod", (used() - memory) / (double)b->w.counts[KIND_POD], "bytes");
	world_done(w);
	free(w);
	free(ends);
	free(all.items);
}

static void hello_all(struct bench *b)
{
	struct world_entry_list all = world_entries(&b->w);
	struct plan plan;

	plan_init(&plan, false);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i]->kind->id == KIND_NODE)
			hello(&(struct control){ .world = &b->w, .plan = &plan, .now = b->now },
				world_node(all.items[i]));
	free(all.items);
	plan_done(&plan);
}

int main(int argc, char **argv)
{
	size_t nodes = argc > 2 ? (size_t)atol(argv[1]) : 500,
	       pods = argc > 2 ? (size_t)atol(argv[2]) : 15000;
	size_t set = argc > 3 ? (size_t)atol(argv[3]) : 1000;
	struct world_settings s = { .cluster_id = "0123456789abcdef0123456789abcdef", .term = 1 };
	struct bench *b = xcalloc(1, sizeof(*b));
	double memory;
	nsec_t start;

	b->now = (nsec_t)1767323045 * NSEC_PER_SEC;
	b->version = 1;
	world_init(&b->w, &s, b->now);
	commit_base(b, nodes, 0);
	print("nodes: first pass", ms(pass(b, 0, false)), "ms");
	start = cpu_time();
	hello_all(b);
	print("nodes: all say hello", ms(cpu_time() - start), "ms");
	print("nodes: second pass", ms(pass(b, 0, false)), "ms");

	commit_base(b, nodes, pods - set - REPLICAS);
	commit_one(b, "large", set, 1);
	commit_one(b, "small", REPLICAS, 1);
	malloc_trim(0);
	memory = used();
	print("pods: made and placed", ms(pass(b, 0, false)), "ms");
	print("pods: reported", ms(settle(b, 1000)), "ms");
	free(b->answers);
	b->answers = NULL;
	b->answer_count = b->answer_cap = b->answered = 0;
	malloc_trim(0);
	print("pods", (double)b->w.counts[KIND_POD], "");
	print("memory a pod, all there is for it", (used() - memory) / (double)b->w.counts[KIND_POD],
		"bytes");

	roll(b, "small", REPLICAS, 1);
	roll(b, "large", set, REPORTS_A_PASS);
	b->now += NSEC_PER_SEC;
	start = cpu_time();
	memory = used();
	print("full pass", ms(pass(b, 0, true)), "ms");
	b->passes = 0;
	for (size_t i = 0; i < 100; i++)
		b->costs[b->passes++] = pass(b, 0, false);
	print_passes(b, "nothing to do");
	b->now += 3600 * NSEC_PER_SEC;
	print("an hour later, events go", ms(pass(b, 0, false)), "ms");
	reload(b, &s);
	world_done(&b->w);
	snapshot_unref(b->before);
	free(b->answers);
	free(b);
	return 0;
}
