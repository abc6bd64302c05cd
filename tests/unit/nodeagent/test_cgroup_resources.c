/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nodeagent/cgroup_resources.h"

/* One container written as "cpu request, cpu limit, memory limit"; NULL: not set. */
struct wanted {
	const char *cpu_request, *cpu_limit, *memory_limit;
};

struct made {
	struct quantity_pair requests[1], limits[2];
};

static void put(struct quantity_map *m, struct quantity_pair *to, const char *key, const char *text)
{
	if (!text)
		return;
	m->items = m->items ? m->items : to;
	to = &m->items[m->count++];
	to->key = key;
	assert_int_equal(quantity_parse(text, &to->value), 0);
}

static struct container make(const struct wanted *w, struct made *mem)
{
	struct container c = { .name = "c" };

	*mem = (struct made){ 0 };
	put(&c.resources.requests, mem->requests, "cpu", w->cpu_request);
	put(&c.resources.limits, mem->limits, "cpu", w->cpu_limit);
	put(&c.resources.limits, mem->limits, "memory", w->memory_limit);
	return c;
}

static const struct {
	struct wanted wanted;
	struct cgroup_resources expected;
} container_cases[] = {
	{ { NULL, NULL, NULL }, { .cpu_shares = 2 } },
	{ { "1", NULL, NULL }, { .cpu_shares = 1024 } },
	{ { "100m", "200m", "64Mi" },
		{ .memory_limit = 64 << 20, .cpu_shares = 102, .cpu_quota = 20000, .cpu_period = 100000 } },
	{ { NULL, "500m", NULL }, { .cpu_shares = 512, .cpu_quota = 50000, .cpu_period = 100000 } },
	{ { "0", "500m", NULL }, { .cpu_shares = 2, .cpu_quota = 50000, .cpu_period = 100000 } },
	{ { NULL, "1m", NULL }, { .cpu_shares = 2, .cpu_quota = 1000, .cpu_period = 100000 } },
	{ { "1m", "0", "0" }, { .cpu_shares = 2 } },
	{ { "1000", NULL, NULL }, { .cpu_shares = 262144 } },
	{ { "9E", "9E", "9E" }, { .memory_limit = 9000000000000000000, .cpu_shares = 262144 } },
};

static void expect(const struct cgroup_resources *got, const struct cgroup_resources *want, const char *what)
{
	if (got->memory_limit == want->memory_limit && got->cpu_shares == want->cpu_shares &&
		got->cpu_quota == want->cpu_quota && got->cpu_period == want->cpu_period &&
		got->pids_limit == want->pids_limit)
		return;
	fail_msg("%s: memory %lld shares %lld quota %lld period %lld, expected %lld %lld %lld %lld", what,
		(long long)got->memory_limit, (long long)got->cpu_shares, (long long)got->cpu_quota,
		(long long)got->cpu_period, (long long)want->memory_limit, (long long)want->cpu_shares,
		(long long)want->cpu_quota, (long long)want->cpu_period);
}

static void test_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(container_cases); i++) {
		struct made mem;
		struct container c = make(&container_cases[i].wanted, &mem);
		struct cgroup_resources got = cgroup_resources_container(&c);
		char what[32];

		snprintf(what, sizeof(what), "case %zu", i);
		expect(&got, &container_cases[i].expected, what);
	}
}

enum { PARTS = 3 };
static const struct {
	const char *what;
	struct wanted containers[PARTS], inits[PARTS];
	size_t containers_count, inits_count;
	const char *init_restart[PARTS];
	struct cgroup_resources expected;
} pod_cases[] = {
	{ "sum", { { "100m", "200m", "10" }, { "200m", "300m", "20" } }, { { 0 } }, 2, 0, { 0 },
		{ .memory_limit = 30, .cpu_shares = 307, .cpu_quota = 50000, .cpu_period = 100000 } },
	{ "one without limits", { { "100m", "200m", "10" }, { "200m", NULL, NULL } }, { { 0 } }, 2, 0, { 0 },
		{ .cpu_shares = 307 } },
	{ "best effort", { { 0 } }, { { 0 } }, 1, 0, { 0 }, { .cpu_shares = 2 } },
	{ "a large init container", { { "100m", "100m", "10" } }, { { "1", "1", "50" } }, 1, 1, { 0 },
		{ .memory_limit = 50, .cpu_shares = 1024, .cpu_quota = 100000, .cpu_period = 100000 } },
	{ "a sidecar adds up", { { "100m", "100m", "10" } }, { { "1", "1", "50" } }, 1, 1, { "Always" },
		{ .memory_limit = 60, .cpu_shares = 1126, .cpu_quota = 110000, .cpu_period = 100000 } },
	{ "init beside an earlier sidecar", { { "100m", "100m", "10" } },
		{ { "1", "1", "50" }, { "1", "1", "50" } }, 1, 2, { "Always" },
		{ .memory_limit = 100, .cpu_shares = 2048, .cpu_quota = 200000, .cpu_period = 100000 } },
	{ "an init container without limits", { { "100m", "100m", "10" } }, { { "1", NULL, NULL } }, 1, 1,
		{ 0 }, { .cpu_shares = 1024 } },
};

static void test_pod(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pod_cases); i++) {
		struct made mem[2 * PARTS];
		struct container containers[PARTS], inits[PARTS];
		struct pod_spec spec = { 0 };
		struct cgroup_resources got;

		for (size_t n = 0; n < PARTS; n++) {
			containers[n] = make(&pod_cases[i].containers[n], &mem[n]);
			inits[n] = make(&pod_cases[i].inits[n], &mem[PARTS + n]);
			inits[n].restart_policy = pod_cases[i].init_restart[n];
		}
		spec.containers.items = containers;
		spec.containers.count = pod_cases[i].containers_count;
		spec.init_containers.items = inits;
		spec.init_containers.count = pod_cases[i].inits_count;
		got = cgroup_resources_pod(&spec);
		expect(&got, &pod_cases[i].expected, pod_cases[i].what);
	}
}

static void test_weight(void **state)
{
	(void)state;
	assert_int_equal(cgroup_weight_from_shares(0), 1);
	assert_int_equal(cgroup_weight_from_shares(2), 1);
	assert_int_equal(cgroup_weight_from_shares(1024), 39);
	assert_int_equal(cgroup_weight_from_shares(262144), 10000);
	assert_int_equal(cgroup_weight_from_shares(INT64_MAX), 10000);
}

static void expect_json(const struct cgroup_resources *r, bool v2, const char *json)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;

	buf_adds(&out, "x");
	cgroup_resources_write(&out, r, v2);
	assert_string_equal(out.data + 1, json);
}

static void test_json(void **state)
{
	struct cgroup_resources none = { 0 };
	struct cgroup_resources all = { .memory_limit = 1048576,
		.cpu_shares = 102,
		.cpu_quota = 20000,
		.cpu_period = 100000,
		.pids_limit = 50 };
	struct cgroup_resources shares = { .cpu_shares = 2 };

	(void)state;
	expect_json(&none, true, "{}");
	expect_json(&shares, true, "{\"cpu\":{\"shares\":2}}");
	expect_json(&all, false,
		"{\"memory\":{\"limit\":1048576},\"cpu\":{\"shares\":102,\"quota\":20000,\"period\":100000},"
		"\"pids\":{\"limit\":50}}");
	expect_json(&all, true,
		"{\"memory\":{\"limit\":1048576,\"swap\":1048576},\"cpu\":{\"shares\":102,\"quota\":20000,"
		"\"period\":100000},\"pids\":{\"limit\":50},\"unified\":{\"memory.oom.group\":\"1\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
