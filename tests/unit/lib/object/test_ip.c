/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/object/ip.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		unsigned bits; /* 0: no address */
	} cases[] = {
		{ "10.0.0.1", 32 },
		{ "255.255.255.255", 32 },
		{ "::", 128 },
		{ "fd00::1", 128 },
		{ "::ffff:1.2.3.4", 128 },
		{ "", 0 },
		{ "10.0.0", 0 },
		{ "10.0.0.256", 0 },
		{ "010.0.0.1", 0 },
		{ "10.0.0.1 ", 0 },
		{ "10.0.0.0/8", 0 },
		{ "fd00:::1", 0 },
		{ "[::1]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_network n;
		unsigned bits = ip_parse(cases[i].text, &n) == 0 ? n.bits : 0;

		if (bits != cases[i].bits)
			fail_msg("\"%s\": expected %u bits, found %u", cases[i].text, cases[i].bits, bits);
		if (bits)
			assert_int_equal(n.prefix, bits);
	}
}

static void test_parse_network(void **state)
{
	static const struct {
		const char *text;
		int prefix; /* -1: no network */
		bool host_bits;
	} cases[] = {
		{ "10.0.0.0/8", 8, false },
		{ "0.0.0.0/0", 0, false },
		{ "10.1.0.0/8", 8, true },
		{ "10.0.0.1/32", 32, false },
		{ "10.0.0.1/31", 31, true },
		{ "fd00::/8", 8, false },
		{ "fd00::1/127", 127, true },
		{ "10.0.0.0", -1, false },
		{ "10.0.0.0/", -1, false },
		{ "10.0.0.0/33", -1, false },
		{ "10.0.0.0/-1", -1, false },
		{ "10.0.0.0/+8", -1, false },
		{ "10.0.0.0/8/8", -1, false },
		{ "/8", -1, false },
		{ "fd00::/129", -1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_network n = { 0 };
		int prefix = ip_parse_network(cases[i].text, &n) == 0 ? (int)n.prefix : -1;

		if (prefix != cases[i].prefix)
			fail_msg("\"%s\": expected prefix %d, found %d", cases[i].text, cases[i].prefix,
				prefix);
		if (prefix >= 0 && ip_has_host_bits(&n) != cases[i].host_bits)
			fail_msg("\"%s\": host bits", cases[i].text);
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool contains;
	} cases[] = {
		{ "10.0.0.0/8", "10.1.2.0/24", true },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "11.0.0.0/24", false },
		{ "10.1.0.0/16", "10.0.0.0/8", false },
		{ "10.0.0.128/25", "10.0.0.64/26", false },
		{ "10.0.0.128/25", "10.0.0.192/26", true },
		{ "0.0.0.0/0", "fd00::/8", false },
		{ "::/0", "fd00::/8", true },
		{ "fe80::/10", "febf::/16", true },
		{ "fe80::/10", "fec0::/16", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_network outer, inner;

		assert_int_equal(ip_parse_network(cases[i].outer, &outer), 0);
		assert_int_equal(ip_parse_network(cases[i].inner, &inner), 0);
		if (ip_contains(&outer, &inner) != cases[i].contains)
			fail_msg("%s in %s: expected %d", cases[i].inner, cases[i].outer, cases[i].contains);
	}
}

static void test_special(void **state)
{
	static const struct {
		const char *address;
		bool special;
	} cases[] = {
		{ "0.0.0.0", true },
		{ "0.0.0.1", false },
		{ "127.3.2.1", true },
		{ "128.0.0.1", false },
		{ "169.254.0.9", true },
		{ "224.0.0.5", true },
		{ "224.0.1.5", false },
		{ "10.0.0.1", false },
		{ "::", true },
		{ "::1", true },
		{ "::2", false },
		{ "fe80::1", true },
		{ "ff02::1", true },
		{ "fd00::1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_network n;

		assert_int_equal(ip_parse(cases[i].address, &n), 0);
		if ((ip_special(&n) != NULL) != cases[i].special)
			fail_msg("%s: expected %d", cases[i].address, cases[i].special);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_network),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
