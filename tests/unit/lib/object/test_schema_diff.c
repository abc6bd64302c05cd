/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/unit/lib/object/thing.h"

/* "field: before -> after" a line. */
static void assert_diff(const char *a, const char *b, const char *expected)
{
	_cleanup_(run_done) struct run x = decoded(a, DECODE_STORED);
	_cleanup_(run_done) struct run y = decoded(b, DECODE_STORED);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct schema_changes changes = { 0 };

	schema_diff(x.arena, &schema_thing, &x.thing, &y.thing, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct schema_change *c = &changes.items[i];

		buf_addf(&text, "%s: %s -> %s\n", c->field, c->before ? c->before : "-",
			c->after ? c->after : "-");
	}
	if (!str_eq(text.data, expected))
		fail_msg("%s\n%s\ngives\n%sexpected\n%s", a, b, text.data, expected);
}

static void test_diff(void **state)
{
	static const struct {
		const char *a, *b, *expected;
	} cases[] = {
		{ "{\"name\":\"a\"}",
			"{\"name\":\"a\",\"uid\":\"x\",\"replicas\":1,\"labels\":{},\"extra\":{}}", "" },
		{ "{\"name\":\"a\",\"grace\":1}", "{\"name\":\"b\",\"replicas\":3,\"grace\":1}",
			"name: \"a\" -> \"b\"\nreplicas: 1 -> 3\n" },
		{ "{\"name\":\"a\"}", "{\"name\":\"a\",\"maybe\":false,\"command\":[\"x\",\"y\"]}",
			"maybe: - -> false\ncommand: - -> [\"x\",\"y\"]\n" },
		{ "{\"name\":\"a\",\"labels\":{\"a\":\"1\",\"b\":\"2\",\"x.y/z\":\"3\"}}",
			"{\"name\":\"a\",\"labels\":{\"b\":\"9\",\"c\":\"4\"}}",
			"labels.a: \"1\" -> -\nlabels.b: \"2\" -> \"9\"\nlabels.c: - -> "
			"\"4\"\nlabels[\"x.y/z\"]: \"3\" -> -\n" },
		{ "{\"name\":\"a\"}", "{\"name\":\"a\",\"limits\":{\"cpu\":2}}",
			"limits: - -> {\"cpu\":\"2\"}\n" },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"1500m\",\"others\":{\"x\":1}}}",
			"{\"name\":\"a\",\"limits\":{\"cpu\":1.5,\"others\":{\"x\":\"1k\"}}}",
			"limits.others.x: \"1\" -> \"1k\"\n" },
		{ "{\"name\":\"a\",\"extra\":{\"note\":\"n\"}}",
			"{\"name\":\"a\",\"extra\":{\"flag\":false}}",
			"extra.note: \"n\" -> -\nextra.flag: true -> false\n" },
		{ "{\"name\":\"a\",\"secret\":\"x\",\"data\":{\"k\":\"AAE=\"}}",
			"{\"name\":\"a\",\"secret\":\"y\",\"data\":{\"k\":\"AAI=\"}}",
			"secret: \"(secret)\" -> \"(secret)\"\ndata.k: \"(secret)\" -> \"(secret)\"\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":1},{\"number\":2}]}",
			"{\"name\":\"a\",\"ports\":[{\"number\":3},{\"number\":1},{\"number\":2,\"name\":"
			"\"n\"}]}",
			"ports[2,TCP].name: - -> \"n\"\nports[3,TCP]: - -> "
			"{\"protocol\":\"TCP\",\"number\":3}\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":1},{\"number\":2}]}",
			"{\"name\":\"a\",\"ports\":[{\"number\":2},{\"number\":1}]}",
			"ports: [\"1,TCP\",\"2,TCP\"] -> [\"2,TCP\",\"1,TCP\"]\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":1},{\"number\":2}]}", "{\"name\":\"a\"}",
			"ports[1,TCP]: {\"protocol\":\"TCP\",\"number\":1} -> -\n"
			"ports[2,TCP]: {\"protocol\":\"TCP\",\"number\":2} -> -\n" },
		{ "{\"name\":\"a\",\"any\":{\"x\":1}}", "{\"name\":\"a\",\"any\":{\"x\":2}}",
			"any: {\"x\":1} -> {\"x\":2}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_diff(cases[i].a, cases[i].b, cases[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
