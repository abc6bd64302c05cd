/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/object/tables.h"

/* Which strings a rule takes and which it refuses; "%N" stands for N times "a". */
static const struct {
	const char *name;
	string_rule rule;
	const char *good[12], *bad[16];
} rules[] = {
	{ "dns_label", rule_dns_label, { "a", "1", "a-b", "a1", "%63" },
		{ "", "A", "-a", "a-", "a.b", "a_b", "a b", "%64", "ä" } },
	{ "dns_label_1035", rule_dns_label_1035, { "a", "a-1", "%63" }, { "", "1a", "a-", "A", "%64" } },
	{ "dns_subdomain", rule_dns_subdomain, { "a", "1.2", "a.b-c.d", "%253" },
		{ "", ".", "a.", ".a", "a..b", "a.-b", "A.b", "a_b", "%254" } },
	{ "label_key", rule_label_key, { "a", "A_b.c-d", "example.com/a", "1", "%63", "a.b/%63" },
		{ "", "-a", "a-", "/a", "a/", "a/b/c", "A.com/x", "a b", "%64", "x/%64", "a@b" } },
	{ "annotation_key", rule_annotation_key, { "a", "Example.COM/Abc" }, { "", "/a", "a/", "a b/c" } },
	{ "label_value", rule_label_value, { "", "a", "A", "1.2_3-4", "%63" },
		{ "-a", "a-", "a/b", "a b", "_", "%64" } },
	{ "config_key", rule_config_key, { "a", ".a", "a.b", "A-b_c", "-", "%253" },
		{ "", ".", "..", "..a", "a/b", "a b", "ä", "%254" } },
	{ "port_name", rule_port_name, { "a", "http", "http-2", "8a", "aaaaaaaaaaaaaaa" },
		{ "", "80", "-a", "a-", "a--b", "Http", "a.b", "a_b", "aaaaaaaaaaaaaaaa" } },
	{ "env_name", rule_env_name, { "A", "a.b-c", "1", "A B", "%300" }, { "", "A=B", "=", "\t", "ä" } },
	{ "absolute_path", rule_absolute_path, { "/", "/a/b", "/a/..b", "/..." },
		{ "", "a", "./a", "/a/..", "/../a", "/a/../b" } },
	{ "relative_path", rule_relative_path, { "", "a", "a/b", "..a", "./a", "$(X)/b" },
		{ "/a", "..", "../a", "a/..", "a/../b" } },
	{ "ip", rule_ip, { "1.2.3.4", "::1", "fd00::a" },
		{ "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "host", "1.2.3.4/8", "::g" } },
	{ "cidr", rule_cidr, { "10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "fd00::/64", "::/128" },
		{ "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/a", "10.0.0/8", "/8", "::/129",
			"10.0.0.0/",
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/8" } },
};

/* S, or with its "%N" written out; the caller frees it. */
static char *expand(const char *s)
{
	const char *percent = strchr(s, '%');
	size_t n = percent ? (size_t)atoi(percent + 1) : 0;
	char *many;
	char *r;

	if (!percent)
		return xstrdup(s);
	many = xcalloc(n + 1, 1);
	memset(many, 'a', n);
	r = xasprintf("%.*s%s", (int)(percent - s), s, many);
	free(many);
	return r;
}

static size_t count_wrong(const char *name, string_rule rule, const char *pattern, bool good)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	_cleanup_(freep) char *s = expand(pattern);
	const char *why = rule(a, s);

	if (!why == good)
		return 0;
	print_message("%s: \"%s\" is %s: %s\n", name, pattern, good ? "refused" : "taken", why ? why : "");
	return 1;
}

static void test_rules(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		for (size_t j = 0; j < ARRAY_LEN(rules[i].good) && rules[i].good[j]; j++)
			wrong += count_wrong(rules[i].name, rules[i].rule, rules[i].good[j], true);
		for (size_t j = 0; j < ARRAY_LEN(rules[i].bad) && rules[i].bad[j]; j++)
			wrong += count_wrong(rules[i].name, rules[i].rule, rules[i].bad[j], false);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
