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

static char *encoded(const struct thing *t, unsigned flags, const uint8_t *key)
{
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	schema_encode(&w, &schema_thing, t, flags, key);
	return buf_take(&out);
}

static void assert_encoded(const char *json, unsigned flags, const char *expected)
{
	_cleanup_(run_done) struct run r = decoded(json, DECODE_STORED);
	_cleanup_(freep) char *text = encoded(
		&r.thing, flags, (const uint8_t *)"0123456789abcdef0123456789abcdef");

	assert_string_equal(r.text.data, "");
	assert_string_equal(text, expected);
}

static void test_defaults_are_written(void **state)
{
	(void)state;
	assert_encoded("{\"name\":\"a\"}", 0,
		"{\"name\":\"a\",\"policy\":\"Always\",\"enabled\":false,\"replicas\":1,\"grace\":10,"
		"\"surge\":\"25%\","
		"\"extra\":{\"flag\":true}}");
}

static const char everything[] =
	"{\"name\":\"b\",\"uid\":\"u\",\"policy\":\"Never\",\"secret\":\"s\",\"paused\":true,\"enabled\":"
	"false,\"maybe\":false,"
	"\"replicas\":0,\"grace\":3,\"when\":\"2026-01-02T03:04:05Z\",\"period\":\"1m30s\",\"surge\":2,"
	"\"blob\":\"aGVsbG8=\",\"extra\":{\"note\":\"\\u00e9\\n\",\"flag\":false},"
	"\"limits\":{\"cpu\":\"500m\",\"others\":{\"a\":\"7\",\"b\":\"1Gi\"}},"
	"\"ports\":[{\"name\":\"x\",\"protocol\":\"TCP\",\"number\":80}],\"command\":[\"sh\",\"\"],"
	"\"numbers\":[3,1],"
	"\"labels\":{\"a\":\"\",\"z\":\"1\"},\"data\":{\"k\":\"AAE=\"},\"any\":{\"x\":[1,null,1.5]},"
	"\"probe\":\"p\"}";

/* What is written reads back, and writes the same again. */
static void test_round_trip(void **state)
{
	_cleanup_(run_done) struct run r = decoded(everything, DECODE_STORED);
	_cleanup_(freep) char *text = encoded(&r.thing, 0, NULL);
	struct run again = decoded(text, DECODE_STORED);
	_cleanup_(freep) char *twice = encoded(&again.thing, 0, NULL);

	(void)state;
	assert_string_equal(r.text.data, "");
	assert_non_null(strstr(text, "\"note\":\"\xc3\xa9\\n\""));
	assert_string_equal(text, twice);
	assert_true(schema_equal(&schema_thing, &r.thing, &again.thing));
	run_done(&again);
}

static void test_secrets(void **state)
{
	static const char json[] =
		"{\"name\":\"a\",\"secret\":\"hunter2\",\"extra\":{},\"data\":{\"k\":\"AAE=\"}}";

	(void)state;
	assert_encoded(json, ENCODE_MASK_SECRETS,
		"{\"name\":\"a\",\"policy\":\"Always\",\"secret\":\"(secret)\",\"enabled\":false,"
		"\"replicas\":1,\"grace\":10,"
		"\"surge\":\"25%\",\"extra\":{\"flag\":true},\"data\":{\"k\":\"(secret)\"}}");

	_cleanup_(run_done) struct run r = decoded(json, DECODE_STORED);
	_cleanup_(freep) char *text = encoded(
		&r.thing, ENCODE_HIDE_SECRETS, (const uint8_t *)"0123456789abcdef0123456789abcdef");

	/* printf hunter2 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef */
	assert_non_null(strstr(text, "\"secret\":\"hmac-sha256:"
				     "3920d54ec70f500ee54e1da041d2364a8e57dd252f7a81ed8acd58ad6cf3b6d0\""));
	assert_null(strstr(text, "hunter2"));
	assert_null(strstr(text, "AAE="));
}

static void test_server_set(void **state)
{
	_cleanup_(run_done) struct run r = decoded("{\"name\":\"a\",\"uid\":\"u\"}", DECODE_STORED);
	_cleanup_(freep) char *with = encoded(&r.thing, 0, NULL);
	_cleanup_(freep) char *without = encoded(&r.thing, ENCODE_NO_SERVER_SET, NULL);

	(void)state;
	assert_non_null(strstr(with, "\"uid\":\"u\""));
	assert_null(strstr(without, "uid"));
}

/* What a reader requires is written even where it is empty. */
static void test_required(void **state)
{
	struct box {
		struct extra extra;
		struct strings words;
		int64_t count;
	};
	static const struct field plain_fields[] = {
		{ "note", FIELD_STRING, .offset = offsetof(struct extra, note) },
	};
	static const struct schema plain = {
		.name = "Plain", FIELDS(plain_fields), .size = sizeof(struct extra)
	};
	static const struct field fields[] = {
		{ "extra", FIELD_EMBED, FIELD_REQUIRED, .offset = offsetof(struct box, extra), .of = &plain },
		{ "words", FIELD_STRINGS, FIELD_REQUIRED, .offset = offsetof(struct box, words) },
		{ "count", FIELD_INT, FIELD_REQUIRED, .offset = offsetof(struct box, count) },
	};
	static const struct schema schema = { .name = "Box", FIELDS(fields), .size = sizeof(struct box) };
	const struct box box = { 0 };
	_cleanup_(buf_done) struct buf out = BUF_INIT;
	struct json_writer w = JSON_WRITER(&out, 0);

	(void)state;
	schema_encode(&w, &schema, &box, 0, NULL);
	assert_string_equal(out.data, "{\"extra\":{},\"words\":[],\"count\":0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_written),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_server_set),
		cmocka_unit_test(test_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
