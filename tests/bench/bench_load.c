/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Loading 10,000 objects from YAML text in memory, beside libyaml turning the same bytes into events; what they take of memory; and
 * a snapshot in which one file of 10,000 differs from the one before.
 *
 *   bench_load [RUNS]     prints a line of JSON for each: name, value, unit, floor, ratio, runs (medians)
 *
 * Times are of the processor, so that what else the machine does is not measured. The objects are what people keep in
 * repositories: 100 files of Deployments, Services and ConfigMaps.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yaml.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/object/object.h"
#include "reconciler/snapshot.h"

enum { FILES = 100, OBJECTS_PER_FILE = 100, OBJECTS = FILES * OBJECTS_PER_FILE, RUNS_MAX = 1000 };

static nsec_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void add_deployment(struct buf *out, int n)
{
	buf_addf(out,
		"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-%d\n  namespace: team-%d\n"
		"  labels:\n    app.kubernetes.io/name: web\n    app.kubernetes.io/instance: web-%d\n"
		"spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/instance: "
		"web-%d\n"
		"  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: web\n"
		"        app.kubernetes.io/instance: web-%d\n    spec:\n      containers:\n        - name: "
		"web\n"
		"          image: registry.example.com/team/web:1.%d.0\n          args: [\"--listen\", "
		"\":8080\", --verbose]\n"
		"          ports:\n            - name: http\n              containerPort: 8080\n"
		"          env:\n            - name: GREETING\n              value: \"hello from %d\"\n"
		"            - name: LOG_LEVEL\n              value: info\n"
		"          resources:\n            requests:\n              cpu: 100m\n              memory: "
		"64Mi\n"
		"            limits:\n              memory: 128Mi\n"
		"          volumeMounts:\n            - name: config\n              mountPath: /etc/web\n"
		"      volumes:\n        - name: config\n          configMap:\n            name: web-%d\n",
		n, n % 50, n, n, n, n, n, n);
}

static void add_service(struct buf *out, int n)
{
	buf_addf(out,
		"apiVersion: v1\nkind: Service\nmetadata:\n  name: web-%d\n  namespace: team-%d\n"
		"spec:\n  selector:\n    app.kubernetes.io/instance: web-%d\n  ports:\n    - name: http\n"
		"      port: 80\n      targetPort: http\n",
		n, n % 50, n);
}

static void add_config_map(struct buf *out, int n)
{
	buf_addf(out,
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-%d\n  namespace: team-%d\n"
		"data:\n  mode: production\n  web.conf: |\n    listen 8080\n    root /srv/www\n"
		"    # the number of this instance\n    instance %d\n    workers 4\n    log /dev/stdout\n",
		n, n % 50, n);
}

static void make_file(struct buf *out, int file)
{
	static void (*const makers[])(struct buf *, int) = { add_deployment, add_service, add_config_map };

	for (int i = 0; i < OBJECTS_PER_FILE; i++) {
		int n = file * OBJECTS_PER_FILE + i;

		buf_adds(out, "---\n");
		makers[n % 3](out, n / 3);
	}
}

static nsec_t floor_run(const struct buf *files)
{
	nsec_t start = cpu_time();

	for (size_t i = 0; i < FILES; i++) {
		yaml_parser_t parser;
		yaml_event_t event;
		bool done = false;

		if (!yaml_parser_initialize(&parser))
			abort();
		yaml_parser_set_input_string(&parser, (const unsigned char *)files[i].data, files[i].len);
		while (!done) {
			if (!yaml_parser_parse(&parser, &event))
				abort();
			done = event.type == YAML_STREAM_END_EVENT;
			yaml_event_delete(&event);
		}
		yaml_parser_delete(&parser);
	}
	return cpu_time() - start;
}

/* *RET_BYTES: what the objects keep allocated. */
static nsec_t load_run(const struct buf *files, size_t *ret_bytes)
{
	const struct object_load_options options = { .path = "bench.yaml", .default_namespace = "default" };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	nsec_t start = cpu_time(), took;
	struct objects objects = { 0 };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct diags diags;

	diags_init(&diags);
	for (size_t i = 0; i < FILES; i++)
		object_load_yaml(files[i].data, files[i].len, &options, &objects, &diags);
	took = cpu_time() - start;
	*ret_bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	if (diags.errors > 0 || objects.count != OBJECTS) {
		diags_format(&diags, &text);
		fprintf(stderr, "bench_load: %zu objects, %zu errors\n%.2000s", objects.count, diags.errors,
			text.data);
		exit(2);
	}
	objects_done(&objects);
	diags_done(&diags);
	return took;
}

static int nsec_cmp(const void *a, const void *b)
{
	const nsec_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_ms(nsec_t *times, size_t count)
{
	qsort(times, count, sizeof(times[0]), nsec_cmp);
	return (double)(times[count / 2] + times[(count - 1) / 2]) / 2e6;
}

/* --- one file of many --------------------------------------------------------------------------- */

static struct manifest *load_file(size_t n, size_t version)
{
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	_cleanup_(freep) char *path = xasprintf("apps/%05zu.yaml", n);
	const struct object_load_options options = { .path = path, .default_namespace = "default" };
	struct oid blob = { 0 };
	struct objects objects = { 0 };
	struct diags diags;
	struct manifest *m;

	(n % 3 == 0 ? add_deployment : n % 3 == 1 ? add_service : add_config_map)(&text, (int)n / 3);
	buf_addf(&text, "# %zu\n", version);
	memcpy(blob.raw, &n, sizeof(n));
	memcpy(blob.raw + sizeof(n), &version, sizeof(version));
	diags_init(&diags);
	object_load_yaml(text.data, text.len, &options, &objects, &diags);
	m = manifest_new(path, &blob, &objects, &diags);
	diags_done(&diags);
	return m;
}

/* BEFORE with CHANGES; drops the references to what it is made of. */
static struct snapshot *next(struct snapshot *before, struct snapshot_change *changes, size_t count)
{
	static const struct oid commit = { { 1 } };
	struct snapshot *s = NULL;
	struct diags diags;

	diags_init(&diags);
	if (snapshot_new(before, &commit, changes, count, &s, &diags) < 0)
		abort();
	diags_done(&diags);
	for (size_t i = 0; i < count; i++)
		manifest_unref(changes[i].manifest);
	return s;
}

static nsec_t one_run(struct snapshot **s, size_t version)
{
	nsec_t start = cpu_time();
	struct manifest *m = load_file(version * 997 % OBJECTS, version);
	struct snapshot_change change = { m->path, m };
	struct snapshot *after = next(*s, &change, 1);
	nsec_t took = cpu_time() - start;

	snapshot_unref(*s);
	*s = after;
	return took;
}

static void bench_one(size_t runs)
{
	struct snapshot_change *changes = xcalloc(OBJECTS, sizeof(*changes));
	nsec_t times[RUNS_MAX];
	struct snapshot *s;

	for (size_t i = 0; i < OBJECTS; i++) {
		changes[i].manifest = load_file(i, 0);
		changes[i].path = changes[i].manifest->path;
	}
	s = next(NULL, changes, OBJECTS);
	for (size_t i = 0; i < runs; i++)
		times[i] = one_run(&s, i + 1);
	printf("{\"name\":\"load-1-of-10000\",\"value\":%.2f,\"unit\":\"ms\",\"floor\":5,\"ratio\":%.2f,"
	       "\"runs\":%zu,"
	       "\"floorIs\":\"the aim: one file of 10,000 changed, to the snapshot\"}\n",
		median_ms(times, runs), median_ms(times, runs) / 5, runs);
	snapshot_unref(s);
	free(changes);
}

/* --- all of them ------------------------------------------------------------------------------------ */

static void bench_all(const struct buf *files, size_t runs)
{
	nsec_t floors[RUNS_MAX], loads[RUNS_MAX], ratios[RUNS_MAX];
	size_t bytes = 0, text = 0;

	for (size_t i = 0; i < FILES; i++)
		text += files[i].len;
	for (size_t i = 0; i < runs; i++) {
		floors[i] = floor_run(files);
		loads[i] = load_run(files, &bytes);
	}
	/* Each run beside the floor of the same moment; the middle one of these ratios. */
	for (size_t i = 0; i < runs; i++)
		ratios[i] = loads[i] * 1000000 / floors[i];
	double floor = median_ms(floors, runs), load = median_ms(loads, runs),
	       ratio = median_ms(ratios, runs);

	printf("{\"name\":\"load-10000\",\"value\":%.1f,\"unit\":\"ms\",\"floor\":%.1f,\"ratio\":%.2f,"
	       "\"runs\":%zu,\"floorIs\":\"libyaml's events of the same bytes\"}\n",
		load, floor, ratio, runs);
	printf("{\"name\":\"load-objects\",\"value\":%.0f,\"unit\":\"1/"
	       "s\",\"floor\":null,\"ratio\":null,\"runs\":%zu,"
	       "\"floorIs\":\"\"}\n",
		OBJECTS * 1e3 / load, runs);
	printf("{\"name\":\"load-memory\",\"value\":%.0f,\"unit\":\"B/"
	       "object\",\"floor\":%.0f,\"ratio\":%.2f,\"runs\":%zu,"
	       "\"floorIs\":\"the text of an object\"}\n",
		(double)bytes / OBJECTS, (double)text / OBJECTS, (double)bytes / (double)text, runs);
}

int main(int argc, char **argv)
{
	size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 9;
	struct buf files[FILES];

	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: bench_load [RUNS], 1 to %d\n", RUNS_MAX);
		return 2;
	}
	for (int i = 0; i < FILES; i++) {
		files[i] = BUF_INIT;
		make_file(&files[i], i);
	}
	bench_all(files, runs);
	bench_one(runs);
	for (int i = 0; i < FILES; i++)
		buf_done(&files[i]);
	return 0;
}
