/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* The engine over a small table of its own; the kinds' tables have tests of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/str.h"
#include "tests/unit/lib/object/thing.h"

/* --- decoding --------------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
	_cleanup_(run_done) struct run r = decoded("{\"name\":\"a\"}", DECODE_MANIFEST);

	(void)state;
	assert_string_equal(r.text.data, "");
	assert_int_equal(r.result, 0);
	assert_string_equal(r.thing.name, "a");
	assert_string_equal(r.thing.policy, "Always");
	assert_int_equal(r.thing.replicas, 1);
	assert_int_equal(r.thing.grace.value, 10); /* by the defaults function */
	assert_string_equal(r.thing.surge.string, "25%");
	assert_true(r.thing.extra.flag.set && r.thing.extra.flag.value);
	assert_null(r.thing.limits);
	assert_null(r.thing.labels.items);
}

static void test_everything(void **state)
{
	static const char json[] =
		"{\"name\":\"b\",\"policy\":\"IfNotPresent\",\"secret\":\"s\",\"paused\":true,\"maybe\":"
		"false,"
		"\"replicas\":1e3,\"grace\":3.0,\"when\":\"2026-01-02T03:04:05Z\",\"period\":\"1m30s\","
		"\"surge\":2,"
		"\"blob\":\"aGVsbG8=\",\"extra\":{\"note\":\"n\"},\"limits\":{\"cpu\":0.5,\"others\":{\"b\":"
		"\"1Gi\",\"a\":7}},"
		"\"ports\":[{\"name\":\"x\",\"number\":80},{\"number\":80,\"protocol\":\"UDP\"}],"
		"\"command\":[\"sh\",\"\"],\"numbers\":[3,1],\"labels\":{\"z\":\"1\",\"a\":null},"
		"\"data\":{\"k\":\"AAE=\"},\"any\":{\"x\":[1,null]}}";
	_cleanup_(run_done) struct run r = decoded(json, DECODE_MANIFEST);
	struct thing *t = &r.thing;

	(void)state;
	assert_string_equal(r.text.data, "");
	assert_int_equal(t->replicas, 1000);
	assert_int_equal(t->grace.value, 3);
	assert_true(t->maybe.set && !t->maybe.value);
	assert_int_equal(t->when.value, INT64_C(1767323045) * 1000000000);
	assert_int_equal(t->period.value, INT64_C(90) * 1000000000);
	assert_true(t->surge.set && !t->surge.string && t->surge.integer == 2);
	assert_memory_equal(t->blob.data, "hello", 6);
	assert_int_equal(t->blob.len, 5);
	assert_int_equal(quantity_milli(&t->limits->cpu), 500);
	assert_string_equal(t->limits->others.items[0].key, "a");
	assert_int_equal(quantity_units(quantity_map_get(&t->limits->others, "b")), 1 << 30);
	assert_int_equal(t->ports.count, 2);
	assert_string_equal(t->ports.items[0].protocol, "TCP");
	assert_string_equal(t->command.items[1], "");
	assert_int_equal(t->numbers.items[0], 3);
	assert_string_equal(string_map_get(&t->labels, "a"), "");
	assert_string_equal(t->labels.items[1].key, "z");
	assert_null(string_map_get(&t->labels, "b"));
	assert_int_equal(t->data.items[0].value.len, 2);
	assert_int_equal(value_get(t->any, "x")->list.count, 2);
}

static void test_problems(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{ "{}", "error: name: is required\n" },
		{ "{\"name\":null}", "error: name: is required, but found nothing\n" },
		{ "{\"name\":\"\"}", "error: name: must not be empty\n" },
		{ "{\"nmae\":\"a\"}", "error: unknown field `nmae`, did you mean `name`?\n" },
		{ "[]", "error: wants a map, but found a list\n" },
		{ "{\"name\":\"aBC\"}", "error: name: must not have capitals, such as `B`\n" },
		{ "{\"name\":\"a\",\"replica\":3}",
			"error: unknown field `replica`, did you mean `replicas`?\n" },
		{ "{\"name\":\"a\",\"Replicas\":3}",
			"error: unknown field `Replicas`, did you mean `replicas`?\n" },
		{ "{\"name\":\"a\",\"cpu\":3}",
			"error: unknown field `cpu`, does it belong into `limits`? (indentation)\n" },
		{ "{\"name\":\"a\",\"qqqqqqqqqqqq\":3}", "error: unknown field `qqqqqqqqqqqq`\n" },
		{ "{\"name\":\"a\",\"extra\":{\"zzzzzzz\":3}}",
			"error: extra: unknown field `zzzzzzz` (known: note, flag)\n" },
		{ "{\"name\":3}",
			"error: name: wants a string, but `3` is a number; write \"3\" in quotes\n" },
		{ "{\"name\":\"a\",\"paused\":\"true\"}", "error: paused: wants true or false, but \"true\" "
							  "is a string; write it without quotes\n" },
		{ "{\"name\":\"a\",\"replicas\":\"3\"}", "error: replicas: wants an integer, but \"3\" is a "
							 "string; write it without quotes\n" },
		{ "{\"name\":\"a\",\"replicas\":1.5}",
			"error: replicas: wants an integer, but `1.5` is a number\n" },
		{ "{\"name\":\"a\",\"replicas\":1e21}",
			"error: replicas: wants an integer, but `1e+21` is a number\n" },
		{ "{\"name\":\"a\",\"replicas\":-1}", "error: replicas: must be at least 0, but is -1\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":70000}]}",
			"error: ports[0].number: must be between 1 and 65535, but is 70000\n" },
		{ "{\"name\":\"a\",\"ports\":{\"number\":7}}",
			"error: ports: wants a list, but found a map; begin each item with \"- \"\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":8,\"protocol\":\"tcp\"},{\"number\":99}]}",
			"error: ports[0].protocol: `tcp` is not allowed, did you mean `TCP`? (allowed: TCP, "
			"UDP, SCTP)\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":8},{\"number\":99}]}",
			"error: ports[1].number: is 99\n" },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":8},{\"number\":8,\"protocol\":\"TCP\"}]}",
			"error: ports[1]: number,protocol `8,TCP` is already used\n" },
		{ "{\"name\":\"a\",\"command\":\"sh\"}",
			"error: command: wants a list, but \"sh\" is a string; write [\"sh\"]\n" },
		{ "{\"name\":\"a\",\"command\":[\"sleep\",3600]}",
			"error: command[1]: wants a string, but `3600` is a number; write \"3600\" in "
			"quotes\n" },
		{ "{\"name\":\"a\",\"command\":[null]}",
			"error: command[0]: wants a string, but found nothing\n" },
		{ "{\"name\":\"a\",\"numbers\":[]}", "error: numbers: must not be empty\n" },
		{ "{\"name\":\"a\",\"labels\":{\"a.b/c\":true,\"X\":\"\",\"d\":[]}}",
			"error: labels.X: key must not have capitals, such as `X`\n"
			"error: labels[\"a.b/c\"]: wants a string, but `true` is a boolean; write \"true\" "
			"in quotes\n"
			"error: labels.d: wants a string, but found a list\n" },
		{ "{\"name\":\"a\",\"data\":{\"k\":\"plain text\"}}",
			"error: data.k: is not base64: character 6 is ` ` (plain text goes into "
			"stringData)\n" },
		{ "{\"name\":\"a\",\"blob\":\"aGVsbG8\"}",
			"error: blob: is not base64: it ends within a group of four characters\n" },
		{ "{\"name\":\"a\",\"blob\":\"aGVs=\"}", "error: blob: is not base64: character 5 is `=`\n" },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"1GB\"}}",
			"error: limits.cpu: `1GB` is not a quantity, did you mean `1G`?\n" },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"64mi\"}}",
			"error: limits.cpu: `64mi` is not a quantity, did you mean `64Mi`?\n" },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"lots\"}}",
			"error: limits.cpu: `lots` is not a quantity: a number, then nothing or one of n u m "
			"k M G T P E "
			"Ki Mi Gi Ti Pi Ei\n" },
		{ "{\"name\":\"a\",\"when\":\"yesterday\"}", "error: when: `yesterday` is not a time in RFC "
							     "3339, such as 2026-01-02T03:04:05Z\n" },
		{ "{\"name\":\"a\",\"period\":\"soon\"}",
			"error: period: `soon` is not a duration such as 1m30s\n" },
		{ "{\"name\":\"a\",\"surge\":[]}",
			"error: surge: wants an integer or a string, but found a list\n" },
		{ "{\"name\":\"a\",\"legacy\":\"x\"}", "error: legacy: is refused; use policy\n" },
		{ "{\"name\":\"a\",\"policy\":\"Alwys\"}",
			"error: policy: `Alwys` is not allowed, did you mean `Always`? (allowed: Always, "
			"IfNotPresent, Never)\n" },
		{ "{\"name\":\"a\",\"replicas\":101}", "error: replicas: more than 100 only when paused\n" },
		{ "{\"name\":\"a\",\"replicas\":101,\"paused\":1}",
			"error: paused: wants true or false, but `1` is a number\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(run_done) struct run r = decoded(cases[i].json, DECODE_MANIFEST);

		if (!str_eq(r.text.data, cases[i].text) || r.result == 0)
			fail_msg("%s\ngives %d:\n%sexpected:\n%s", cases[i].json, r.result, r.text.data,
				cases[i].text);
	}
}

static void test_support(void **state)
{
	static const struct {
		const char *json, *text, *held;
	} cases[] = {
		{ "{\"name\":\"a\",\"probe\":\"x\"}",
			"warning: probe: is not supported yet; the workload is held (NotYetSupported); "
			"probes come later\n",
			"probe" },
		{ "{\"name\":\"a\",\"probe\":\"\",\"host\":false,\"legacy\":null}", "", NULL },
		{ "{\"name\":\"a\",\"host\":true}", "warning: host: has no effect here\n", NULL },
		{ "{\"name\":\"a\",\"policy\":\"Never\"}",
			"warning: policy: `Never` is not supported yet; the workload is held "
			"(NotYetSupported)\n",
			"policy" },
		{ "{\"name\":\"a\",\"policy\":\"\"}", "", NULL },
		{ "{\"name\":\"a\",\"uid\":7}", "", NULL },
		{ "{\"name\":\"a\",\"paused\":true,\"enabled\":true}",
			"warning: paused: paused with enabled is not supported yet; the workload is held "
			"(NotYetSupported)\n",
			"paused" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(run_done) struct run r = decoded(cases[i].json, DECODE_MANIFEST);

		if (!str_eq(r.text.data, cases[i].text))
			fail_msg("%s\ngives:\n%sexpected:\n%s", cases[i].json, r.text.data, cases[i].text);
		assert_int_equal(r.result, 0);
		assert_int_equal(r.d.held_count, cases[i].held ? 1 : 0);
		if (cases[i].held)
			assert_string_equal(r.d.held[0], cases[i].held);
		assert_string_equal(r.thing.policy, strstr(cases[i].json, "Never") ? "Never" : "Always");
	}
}

static void test_stored(void **state)
{
	_cleanup_(run_done) struct run r = decoded("{\"name\":\"a\",\"uid\":\"u-1\",\"probe\":\"x\","
						   "\"legacy\":\"y\",\"host\":true,\"future\":{\"a\":1}}",
		DECODE_STORED);

	(void)state;
	assert_string_equal(r.text.data, "");
	assert_int_equal(r.result, 0);
	assert_string_equal(r.thing.uid, "u-1");
	assert_string_equal(r.thing.probe, "x");
	assert_int_equal(r.d.held_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_support),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
