/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/*
 * Loading 10,000 objects from YAML text in memory, beside libyaml turning the same bytes into events.
 *
 *   bench_yaml [RUNS]     prints one line of JSON: name, value and floor in ms (medians), ratio, runs
 *
 * The two take turns, so that what else the machine does meets both. The objects are what
 * people keep in repositories: 100 files of Deployments, Services and ConfigMaps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "lib/object/object.h"

enum { FILES = 100, OBJECTS_PER_FILE = 100, RUNS_MAX = 1000 };

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
	nsec_t start = time_monotonic();

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
	return time_monotonic() - start;
}

static nsec_t load_run(const struct buf *files)
{
	const struct object_load_options options = { .path = "bench.yaml", .default_namespace = "default" };
	nsec_t start = time_monotonic(), took;
	struct objects objects = { 0 };
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct diags diags;

	diags_init(&diags);
	for (size_t i = 0; i < FILES; i++)
		object_load_yaml(files[i].data, files[i].len, &options, &objects, &diags);
	took = time_monotonic() - start;
	if (diags.errors > 0 || objects.count != FILES * OBJECTS_PER_FILE) {
		diags_format(&diags, &text);
		fprintf(stderr, "bench_yaml: %zu objects, %zu errors\n%.2000s", objects.count, diags.errors,
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

int main(int argc, char **argv)
{
	size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 9;
	struct buf files[FILES];
	nsec_t floors[RUNS_MAX], loads[RUNS_MAX];

	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: bench_yaml [RUNS], 1 to %d\n", RUNS_MAX);
		return 2;
	}
	for (int i = 0; i < FILES; i++) {
		files[i] = BUF_INIT;
		make_file(&files[i], i);
	}
	for (size_t i = 0; i < runs; i++) {
		floors[i] = floor_run(files);
		loads[i] = load_run(files);
	}
	double floor = median_ms(floors, runs), load = median_ms(loads, runs);

	printf("{\"name\":\"load-10000\",\"value\":%.1f,\"unit\":\"ms\",\"floor\":%.1f,\"ratio\":%.2f,"
	       "\"runs\":%zu,"
	       "\"floorIs\":\"libyaml's events of the same bytes\"}\n",
		load, floor, load / floor, runs);
	for (int i = 0; i < FILES; i++)
		buf_done(&files[i]);
	return 0;
}
