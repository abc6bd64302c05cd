/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
/* Images' names written out, and what having them is worth. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sched/image.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
