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
#include "lib/object/schema.h"

/* --- a table -------------------------------------------------------------------------------- */

struct port {
	const char *name, *protocol;
	int64_t number;
};
struct extra {
	const char *note;
	struct opt_bool flag;
};
struct limits {
	struct quantity cpu;
	struct quantity_map others;
};
struct thing {
	const char *name, *policy, *uid, *secret;
	bool paused, enabled;
	struct opt_bool maybe;
	int64_t replicas;
	struct opt_int grace, when, period;
	struct int_or_string surge;
	struct bytes blob;
	struct extra extra;
	struct limits *limits;
	struct {
		struct port *items;
		size_t count;
	} ports;
	struct strings command;
	struct ints numbers;
	struct string_map labels;
	struct bytes_map data;
	const struct value *any;
	const char *probe, *legacy;
	bool host;
};

static const char *no_capitals(struct arena *a, const char *s)
{
	for (const char *c = s; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			return arena_printf(a, "must not have capitals, such as `%c`", *c);
	return NULL;
}

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const policies[] = { "Always", "IfNotPresent", "Never", NULL };
static const char *const policies_pending[] = { "Never", NULL };

static const struct field port_fields[] = {
	{ "name", FIELD_STRING, .offset = offsetof(struct port, name) },
	{ "protocol", FIELD_STRING, .offset = offsetof(struct port, protocol), .values = protocols,
		.value_default = "TCP" },
	{ "number", FIELD_INT, FIELD_REQUIRED, .offset = offsetof(struct port, number), .min = 1,
		.max = 65535 },
};
static const struct schema schema_port = { .name = "Port", FIELDS(port_fields), .size = sizeof(struct port) };

static const struct field extra_fields[] = {
	{ "note", FIELD_STRING, .offset = offsetof(struct extra, note) },
	{ "flag", FIELD_OPT_BOOL, .offset = offsetof(struct extra, flag), .value_default = "true" },
};
static const struct schema schema_extra = {
	.name = "Extra", FIELDS(extra_fields), .size = sizeof(struct extra)
};

static const struct field limits_fields[] = {
	{ "cpu", FIELD_QUANTITY, .offset = offsetof(struct limits, cpu) },
	{ "others", FIELD_QUANTITY_MAP, .offset = offsetof(struct limits, others) },
};
static const struct schema schema_limits = {
	.name = "Limits", FIELDS(limits_fields), .size = sizeof(struct limits)
};

static void thing_defaults(struct arena *a, void *object)
{
	struct thing *t = object;

	(void)a;
	if (!t->grace.set)
		t->grace = (struct opt_int){ true, t->replicas * 10 };
}

static void thing_check(struct decode *d, const void *object, const struct value *v)
{
	const struct thing *t = object;

	if (t->replicas > 100 && !t->paused)
		decode_error(d, value_get(v, "replicas"), "replicas", "more than 100 only when paused");
	if (t->ports.count > 1 && t->ports.items[1].number == 99)
		decode_error(d, v, "ports[1].number", "is 99");
	if (t->enabled && t->paused)
		decode_hold(d, v, "paused", "paused with enabled is not supported yet");
}

#define AT(member) .offset = offsetof(struct thing, member)
static const struct field thing_fields[] = {
	{ .name = "kind", .kind = FIELD_NONE },
	{ "name", FIELD_STRING, FIELD_REQUIRED | FIELD_NOT_EMPTY, AT(name), .rule = no_capitals },
	{ "uid", FIELD_STRING, FIELD_SERVER_SET, AT(uid) },
	{ "policy", FIELD_STRING, AT(policy), .values = policies, .values_pending = policies_pending,
		.value_default = "Always" },
	{ "secret", FIELD_STRING, FIELD_SECRET, AT(secret) },
	{ "paused", FIELD_BOOL, AT(paused) },
	{ "enabled", FIELD_BOOL, AT(enabled), .value_default = "false" },
	{ "maybe", FIELD_OPT_BOOL, AT(maybe) },
	{ "replicas", FIELD_INT, AT(replicas), .value_default = "1", .min = 0, .max = INT64_MAX },
	{ "grace", FIELD_OPT_INT, AT(grace) },
	{ "when", FIELD_TIME, AT(when) },
	{ "period", FIELD_DURATION, AT(period) },
	{ "surge", FIELD_INT_OR_STRING, AT(surge), .value_default = "25%" },
	{ "blob", FIELD_BYTES, AT(blob) },
	{ "extra", FIELD_EMBED, AT(extra), .of = &schema_extra },
	{ "limits", FIELD_STRUCT, AT(limits), .of = &schema_limits },
	{ "ports", FIELD_STRUCTS, AT(ports), .of = &schema_port, .list_key = "number,protocol" },
	{ "command", FIELD_STRINGS, AT(command) },
	{ "numbers", FIELD_INTS, FIELD_NOT_EMPTY, AT(numbers) },
	{ "labels", FIELD_STRING_MAP, AT(labels), .rule = no_capitals },
	{ "data", FIELD_BYTES_MAP, FIELD_SECRET, AT(data) },
	{ "any", FIELD_ANY, AT(any) },
	{ "probe", FIELD_STRING, .support = PENDING, AT(probe), .hint = "probes come later" },
	{ "legacy", FIELD_STRING, .support = REFUSED, AT(legacy), .hint = "use policy" },
	{ "host", FIELD_BOOL, .support = ACCEPTED, AT(host) },
};
static const struct schema schema_thing = { .name = "Thing",
	FIELDS(thing_fields),
	.size = sizeof(struct thing),
	.defaults = thing_defaults,
	.check = thing_check };

struct run {
	struct arena *arena;
	struct diags diags;
	struct decode d;
	struct thing thing;
	int result;
	struct buf text; /* of the diagnostics */
};

static void run_done(struct run *r)
{
	diags_done(&r->diags);
	buf_done(&r->text);
	r->arena = arena_free(r->arena);
}

static struct run decoded(const char *json, enum decode_mode mode)
{
	struct run r = { .arena = arena_new(0), .text = BUF_INIT };
	struct err err = { 0 };
	struct value *v = NULL;

	if (json_parse(r.arena, json, strlen(json), &v, &err) < 0)
		fail_msg("%s: %s", json, err_text(&err));
	diags_init(&r.diags);
	r.d = (struct decode){ .arena = r.arena, .diags = &r.diags, .path = "", .mode = mode };
	r.result = schema_decode(&r.d, &schema_thing, v, &r.thing);
	diags_sort(&r.diags);
	diags_format(&r.diags, &r.text);
	return r;
}

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
		{ "{\"name\":null}", "error: name: is required\n" },
		{ "{\"name\":\"\"}", "error: name: must not be empty\n" },
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
