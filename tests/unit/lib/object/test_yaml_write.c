/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/object/yaml.h"

static struct value *string_map(struct arena *a, const char *key, const char *text, size_t len)
{
	struct value *v = value_map_new(a);

	value_set(a, v, key, value_string_len_new(a, text, len));
	return v;
}

/* Writes V, compares, reads it back, compares again. */
static void assert_written(struct arena *a, const struct value *v, const char *expected)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct yaml_documents documents;
	struct diags diags;

	yaml_write(&out, v);
	if (expected && !str_eq(out.data, expected))
		fail_msg("written:\n%sexpected:\n%s", out.data, expected);
	diags_init(&diags);
	if (yaml_parse(a, "f", out.data, out.len, &yaml_limits_default, &documents, &diags) < 0)
		fail_msg("%s\n%s", out.data, diags.items[0].message);
	if (documents.count != 1 || !value_equal(documents.items[0], v))
		fail_msg("not the same when read back:\n%s", out.data);
	diags_done(&diags);
}

/* As kubectl -o yaml prints the value of "v". */
static void test_strings(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "abc", "abc" },
		{ "a b", "a b" },
		{ "", "\"\"" },
		{ "true", "\"true\"" },
		{ "y", "\"y\"" },
		{ "null", "\"null\"" },
		{ "~", "\"~\"" },
		{ "8080", "\"8080\"" },
		{ "0x1f", "\"0x1f\"" },
		{ "1.5", "\"1.5\"" },
		{ "1e3", "\"1e3\"" },
		{ "1.5Gi", "1.5Gi" },
		{ "12:30", "\"12:30\"" },
		{ "2020-01-02T03:04:05Z", "\"2020-01-02T03:04:05Z\"" },
		{ "2020-01-02", "\"2020-01-02\"" },
		{ "2020-01-02-x", "2020-01-02-x" },
		{ "nginx:1.25", "nginx:1.25" },
		{ "a: b", "'a: b'" },
		{ "a:", "'a:'" },
		{ "a #b", "'a #b'" },
		{ "a#b", "a#b" },
		{ "#a", "'#a'" },
		{ "- a", "'- a'" },
		{ "-a", "-a" },
		{ "--flag=x", "--flag=x" },
		{ "---", "'---'" },
		{ "*", "'*'" },
		{ "*.txt", "'*.txt'" },
		{ "&a", "'&a'" },
		{ "!a", "'!a'" },
		{ "@a", "'@a'" },
		{ "%a", "'%a'" },
		{ "{a}", "'{a}'" },
		{ "[a]", "'[a]'" },
		{ "a,b", "a,b" },
		{ "it's", "it's" },
		{ "'it'", "'''it'''" },
		{ "\"a\"", "'\"a\"'" },
		{ " a", "' a'" },
		{ "a ", "'a '" },
		{ "?", "'?'" },
		{ "?a", "?a" },
		{ ":", "':'" },
		{ "/bin/sh", "/bin/sh" },
		{ "a\tb", "\"a\\tb\"" },
		{ "\x01", "\"\\x01\"" },
		{ "é", "é" },
		{ "\xe2\x80\xa8", "\"\\u2028\"" },
		{ "\xef\xbb\xbf", "\"\\uFEFF\"" },
		{ "<<", "\"<<\"" },
		{ "a\nb", "|-\n  a\n  b" },
		{ "a\nb\n", "|\n  a\n  b" },
		{ "a\n\n\n", "|+\n  a\n\n" },
		{ "a\n\n  b\n", "|\n  a\n\n    b" },
		{ "\na", "\"\\na\"" },
		{ " a\nb", "\" a\\nb\"" },
		{ "a \nb", "\"a \\nb\"" },
		{ "\n", "\"\\n\"" },
		{ "a\tb\nc", "\"a\\tb\\nc\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(0);
		struct value *v = string_map(a, "v", cases[i].text, strlen(cases[i].text));

		assert_written(a, v, arena_printf(a, "v: %s\n", cases[i].written));
		assert_written(a, string_map(a, cases[i].text, "x", 1), NULL);
	}
}

static void test_structure(void **state)
{
	static const char text[] = "apiVersion: v1\n"
				   "list:\n"
				   "- a: 1\n"
				   "  b:\n"
				   "  - x\n"
				   "  - - z: null\n"
				   "      t: |\n"
				   "        one\n"
				   "        two\n"
				   "- []\n"
				   "- {}\n"
				   "- 1.5\n"
				   "- -7\n"
				   "map:\n"
				   "  \"true\": false\n"
				   "  'a: b': x\n";
	_cleanup_(arena_freep) struct arena *a = arena_new(0);
	struct yaml_documents documents;
	struct diags diags;

	(void)state;
	diags_init(&diags);
	assert_int_equal(yaml_parse(a, "f", text, strlen(text), &yaml_limits_default, &documents, &diags), 0);
	diags_done(&diags);
	assert_written(a, documents.items[0], text);
}

static void test_nul(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(0);

	(void)state;
	assert_written(a, string_map(a, "v", "a\0b", 3), "v: \"a\\x00b\"\n");
	assert_written(a, value_string_new(a, "a\nb"), "|-\n  a\n  b\n");
	assert_written(a, value_list_new(a), "[]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
