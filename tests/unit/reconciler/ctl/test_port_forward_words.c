/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "reconciler/ctl/port_forward_words.h"

static void ports_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *word, *remote;
		int number, local;
		bool same;
	} cases[] = {
		{ "80", "80", 80, 0, true },
		{ "8080:80", "80", 80, 8080, false },
		{ ":80", "80", 80, 0, false },
		{ "0:80", "80", 80, 0, false },
		{ "http", "http", 0, 0, true },
		{ "65535:65535", "65535", 65535, 65535, false },
		{ "8080:http-2", "http-2", 0, 8080, false },
		{ "1:2x", "2x", 0, 1, false },
		{ "00080", "00080", 80, 0, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct forward_word w;
		struct err err = { 0 };
		if (forward_word_parse(cases[i].word, &w, &err) < 0)
			fail_msg("%s: %s", cases[i].word, err_text(&err));
		assert_string_equal(w.remote, cases[i].remote);
		assert_int_equal(w.number, cases[i].number);
		assert_int_equal(w.local, cases[i].local);
		assert_int_equal(w.same, cases[i].same);
	}
}

static void other_words_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "", "\"\" names no port of the pod: [LOCAL:]REMOTE is wanted" },
		{ ":", "\":\" names no port of the pod: [LOCAL:]REMOTE is wanted" },
		{ "80:", "\"80:\" names no port of the pod: [LOCAL:]REMOTE is wanted" },
		{ "0", "\"0\": port 0 of the pod is not within 1 to 65535" },
		{ "80:0", "\"80:0\": port 0 of the pod is not within 1 to 65535" },
		{ "65536", "\"65536\": port 65536 of the pod is not within 1 to 65535" },
		{ "99999999999999999999:80",
			"\"99999999999999999999:80\": the local port 99999999999999999999 is above 65535" },
		{ "http:80", "\"http:80\": the local port \"http\" is not a number" },
		{ "+1:80", "\"+1:80\": the local port \"+1\" is not a number" },
		{ "80:80:80", "\"80:80:80\": \"80:80\" is neither a port's number nor its name" },
		{ "HTTP", "\"HTTP\": \"HTTP\" is neither a port's number nor its name" },
		{ "a-", "\"a-\": \"a-\" is neither a port's number nor its name" },
		{ "80 ", "\"80 \": \"80 \" is neither a port's number nor its name" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct forward_word w;
		struct err err = { 0 };
		assert_int_equal(forward_word_parse(cases[i].word, &w, &err), -EINVAL);
		assert_string_equal(err_text(&err), cases[i].text);
	}
}

static void addresses_are_read(void **state)
{
	(void)state;
	struct forward_addresses a = { 0 };
	assert_int_equal(forward_addresses_add(&a, "localhost", NULL), 0);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.items[0].ip.bits, 32);
	assert_int_equal(a.items[1].ip.bits, 128);
	assert_true(a.items[0].optional && a.items[1].optional);
	/* Named by itself, it must be listened at. */
	assert_int_equal(forward_addresses_add(&a, "10.0.0.1,127.0.0.1", NULL), 0);
	assert_int_equal(a.count, 3);
	assert_false(a.items[0].optional);
	assert_true(a.items[1].optional);
	assert_false(a.items[2].optional);
	assert_int_equal(forward_addresses_add(&a, "localhost", NULL), 0);
	assert_int_equal(a.count, 3);
	assert_false(a.items[0].optional);
}

static void other_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const lists[] = { "", ",", "127.0.0.1,", "example.com", "[::1]", "127.0.0.1:80",
		"127.1", "localhost ", "Localhost" };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct forward_addresses a = { 0 };
		struct err err = { 0 };
		assert_int_equal(forward_addresses_add(&a, lists[i], &err), -EINVAL);
		assert_non_null(strstr(err_text(&err), "is no IP address, nor localhost"));
	}
}

static void addresses_have_a_bound(void **state)
{
	(void)state;
	struct forward_addresses a = { 0 };
	struct err err = { 0 };
	assert_int_equal(
		forward_addresses_add(&a,
			"10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9,"
			"10.0.0.10,10.0.0.11,10.0.0.12,10.0.0.13,10.0.0.14,10.0.0.15,10.0.0.16,10.0.0.1",
			&err),
		0);
	assert_int_equal(a.count, FORWARD_ADDRESSES_MAX);
	assert_int_equal(forward_addresses_add(&a, "::", &err), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_read),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(other_addresses_are_refused),
		cmocka_unit_test(addresses_have_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
