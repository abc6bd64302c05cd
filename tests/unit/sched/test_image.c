/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Images' names written out, and what having them is worth. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "sched/image.h"
#include "sched/score.h"
#include "tests/unit/sched/load.h"

static const int64_t mb = 1024 * 1024;

static const struct {
	const char *name, *whole;
} names[] = {
	{ "nginx", "docker.io/library/nginx:latest" },
	{ "nginx:1.27", "docker.io/library/nginx:1.27" },
	{ "library/nginx:1.27", "docker.io/library/nginx:1.27" },
	{ "docker.io/nginx:1.27", "docker.io/library/nginx:1.27" },
	{ "docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27" },
	{ "bitnami/redis", "docker.io/bitnami/redis:latest" },
	{ "docker.io/bitnami/redis:7", "docker.io/bitnami/redis:7" },
	{ "quay.io/a/b", "quay.io/a/b:latest" },
	{ "localhost/a", "localhost/a:latest" },
	{ "localhosts/a", "docker.io/localhosts/a:latest" },
	{ "10.0.0.1:5000/a", "10.0.0.1:5000/a:latest" },
	{ "registry:5000/team/a:2", "registry:5000/team/a:2" },
	{ "nginx@sha256:ab", "docker.io/library/nginx@sha256:ab" },
	{ "nginx:1.27@sha256:ab", "docker.io/library/nginx@sha256:ab" },
	{ "docker.io/nginx:1.27@sha256:ab", "docker.io/library/nginx@sha256:ab" },
	{ "10.0.0.1:5000/a@sha256:ab", "10.0.0.1:5000/a@sha256:ab" },
	{ "", "docker.io/library/:latest" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		_cleanup_(buf_done) struct buf out = BUF_INIT;

		sched_image_name(names[i].name, &out);
		assert_string_equal(out.data, names[i].whole);
	}
}

/* image_locality_test.go: 23 MB are worth nothing, 1000 MB a container all. */
static void test_score(void **state)
{
	static const struct {
		int64_t bytes;
		size_t containers;
		int64_t score;
	} cases[] = {
		{ 0, 1, 0 },
		{ 23 * mb, 1, 0 },
		{ 24 * mb, 1, 0 },
		{ 33 * mb, 1, 1 },
		{ 40 * mb, 1, 1 },
		{ 250 * mb, 1, 23 },
		{ 1000 * mb - 1, 1, 99 },
		{ 1000 * mb, 1, 100 },
		{ 9000 * mb, 1, 100 },
		{ 1000 * mb, 2, 49 },
		{ 2000 * mb, 2, 100 },
		{ INT64_MAX, 3, 100 },
		{ -5, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t score = sched_image_score(cases[i].bytes, cases[i].containers);

		if (score != cases[i].score)
			fail_msg("%lld bytes of %zu containers: %lld, not %lld", (long long)cases[i].bytes,
				cases[i].containers, (long long)score, (long long)cases[i].score);
	}
}

/* --- nodes and pods --------------------------------------------------------------------------------------- */

static void set_node(struct sched_cluster *c, const char *images)
{
	_cleanup_(freep) char *yaml = xasprintf(
		"{apiVersion: v1, kind: Node, metadata: {name: a}, status: {images: [%s]}}", images);
	_cleanup_(object_unrefp) struct object *o = load(yaml);

	sched_cluster_set_node(c, o);
}

static void expect(struct sched_cluster *c, struct sched_request *r, enum sched_term term, int64_t score)
{
	struct sched_look l = { .c = c, .r = r, .n = sched_node_find(c, "a") };

	sched_request_prepare(c, r);
	l.node = l.n->index;
	assert_int_equal(sched_scorers[term].term(&l), score);
}

/* 500 MB of the first and 477 of the other are 977 of 2 × 1000; names as people write them, or nodes do. */
static void test_term(void **state)
{
	_cleanup_(object_unrefp) struct object *pod = load(
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {initContainers: [{name: i, image: "
		"one}], "
		"containers: [{name: c, image: 'docker.io/other:2'}]}}");
	struct sched_cluster *c = sched_cluster_new();
	struct sched_request *r = load_request(pod);

	(void)state;
	set_node(c, "");
	expect(c, r, SCHED_TERM_IMAGES, 0);
	set_node(c,
		"{names: ['docker.io/library/one:latest', 'one@sha256:ab'], sizeBytes: 524288000}, {names: "
		"['other:1'], sizeBytes: 524288000}");
	expect(c, r, SCHED_TERM_IMAGES, 24);
	/* One name twice: the larger counts. */
	set_node(c, "{names: [one], sizeBytes: 1}, {names: ['one:latest'], sizeBytes: 524288000}, {names: "
		    "['library/other:2'], sizeBytes: 500170752}");
	expect(c, r, SCHED_TERM_IMAGES, 48);
	set_node(c, "{names: [one], sizeBytes: -5}, {sizeBytes: 7}");
	expect(c, r, SCHED_TERM_IMAGES, 0);
	sched_request_unref(r);
	sched_cluster_free(c);
}

static void test_interference(void **state)
{
	static const struct {
		struct sched_pressure p;
		int64_t score;
	} cases[] = {
		{ { 0, 0, 0 }, 100 },
		{ { 10, 0, 0 }, 90 },
		{ { 0, 1, 0 }, 90 },
		{ { 20, 30, 45 }, 50 },
		{ { 0, 0, 100 }, 0 },
		{ { 0, 200, 0 }, 0 },
	};
	_cleanup_(object_unrefp) struct object *pod = load("{apiVersion: v1, kind: Pod, metadata: {name: p}, "
							   "spec: {containers: [{name: c, image: i}]}}");
	struct sched_cluster *c = sched_cluster_new();
	struct sched_request *r = load_request(pod);

	(void)state;
	set_node(c, "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sched_cluster_set_pressure(c, "a", cases[i].p);
		expect(c, r, SCHED_TERM_INTERFERENCE, cases[i].score);
		set_node(c, "{names: [one], sizeBytes: 1}");
		expect(c, r, SCHED_TERM_INTERFERENCE, cases[i].score);
	}
	sched_request_unref(r);
	sched_cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_term),
		cmocka_unit_test(test_interference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
