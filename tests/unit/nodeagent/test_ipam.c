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

#include "nodeagent/ipam.h"

static struct ipam *make(const char *subnet)
{
	struct ipam *i = NULL;

	assert_int_equal(ipam_new(subnet, &i, NULL), 0);
	return i;
}

static void expect_next(struct ipam *i, const char *address)
{
	char got[IPAM_ADDRESS_MAX];

	assert_int_equal(ipam_alloc(i, got, NULL), 0);
	assert_string_equal(got, address);
}

static void test_refused(void **state)
{
	static const struct {
		const char *subnet;
		int code;
	} cases[] = {
		{ "10.0.0.0/8", -ERANGE },
		{ "10.0.0.0/30", -ERANGE },
		{ "10.0.0.0/15", -ERANGE },
		{ "10.0.0.1/24", -EINVAL },
		{ "fd00::/64", -EINVAL },
		{ "", -EINVAL },
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(cases); n++) {
		struct ipam *i = NULL;
		struct err err = { 0 };
		int r = ipam_new(cases[n].subnet, &i, &err);

		if (r != cases[n].code)
			fail_msg("%s: %d, expected %d", cases[n].subnet, r, cases[n].code);
		assert_null(i);
		assert_non_null(strstr(err_text(&err), "pod subnet"));
	}
}

/* /29: eight addresses, of which .0, .1 and .7 are never given. */
static void test_all_and_no_more(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.8/29");
	char got[IPAM_ADDRESS_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ipam_size(i), 5);
	expect_next(i, "10.1.2.10");
	expect_next(i, "10.1.2.11");
	expect_next(i, "10.1.2.12");
	expect_next(i, "10.1.2.13");
	expect_next(i, "10.1.2.14");
	assert_int_equal(ipam_free_count(i), 0);
	assert_int_equal(ipam_alloc(i, got, &err), -ENOSPC);
	assert_string_equal(err_text(&err), "all 5 addresses of the node's pod subnet are in use");
	ipam_release(i, "10.1.2.12");
	expect_next(i, "10.1.2.12");
}

static void test_released_comes_last(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.0/29");

	(void)state;
	expect_next(i, "10.1.2.2");
	ipam_release(i, "10.1.2.2");
	expect_next(i, "10.1.2.3");
	expect_next(i, "10.1.2.4");
	ipam_release(i, "10.1.2.4");
	ipam_release(i, "10.1.2.3");
	expect_next(i, "10.1.2.5");
	expect_next(i, "10.1.2.6");
	expect_next(i, "10.1.2.2");
	expect_next(i, "10.1.2.4");
	expect_next(i, "10.1.2.3");
}

static void test_take(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.0/24");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ipam_size(i), 253);
	assert_int_equal(ipam_take(i, "10.1.2.2", &err), 0);
	assert_int_equal(ipam_take(i, "10.1.2.2", &err), -EADDRINUSE);
	assert_int_equal(ipam_take(i, "10.1.2.0", &err), -ERANGE);
	assert_int_equal(ipam_take(i, "10.1.2.1", &err), -ERANGE);
	assert_int_equal(ipam_take(i, "10.1.2.255", &err), -ERANGE);
	assert_int_equal(ipam_take(i, "10.1.3.5", &err), -ERANGE);
	assert_int_equal(ipam_take(i, "10.1.1.5", &err), -ERANGE);
	assert_int_equal(ipam_take(i, "here", &err), -EINVAL);
	assert_int_equal(ipam_free_count(i), 252);
	expect_next(i, "10.1.2.3");
}

static void test_release_of_free_or_foreign(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.0/29");

	(void)state;
	ipam_release(i, "10.1.2.2");
	ipam_release(i, "10.1.2.1");
	ipam_release(i, "10.9.9.9");
	ipam_release(i, "");
	assert_int_equal(ipam_free_count(i), 5);
	expect_next(i, "10.1.2.2");
}

static void test_start_after(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.0/29");

	(void)state;
	assert_int_equal(ipam_take(i, "10.1.2.5", NULL), 0);
	ipam_start_after(i, "10.1.2.3");
	expect_next(i, "10.1.2.4");
	expect_next(i, "10.1.2.6");
	expect_next(i, "10.1.2.2");
	ipam_start_after(i, "192.0.2.1");
	expect_next(i, "10.1.2.3");
}

/* 100,000 random steps against a plain array. */
static void test_against_model(void **state)
{
	_cleanup_(ipam_freep) struct ipam *i = make("10.1.2.0/26");
	bool used[64] = { 0 };
	size_t count = 0;
	uint32_t seed = 1;

	(void)state;
	for (int step = 0; step < 100000; step++) {
		char address[IPAM_ADDRESS_MAX];
		unsigned host;

		seed = seed * 1664525 + 1013904223;
		host = 2 + (seed >> 8) % 61;
		if (seed >> 31) {
			if (ipam_alloc(i, address, NULL) < 0) {
				assert_int_equal(count, 61);
				continue;
			}
			assert_int_equal(sscanf(address, "10.1.2.%u", &host), 1);
			assert_true(host >= 2 && host <= 62);
			assert_false(used[host]);
			used[host] = true;
			count++;
			continue;
		}
		snprintf(address, sizeof(address), "10.1.2.%u", host);
		ipam_release(i, address);
		count -= used[host];
		used[host] = false;
		assert_int_equal(ipam_free_count(i), 61 - count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_and_no_more),
		cmocka_unit_test(test_released_comes_last),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_release_of_free_or_foreign),
		cmocka_unit_test(test_start_after),
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
