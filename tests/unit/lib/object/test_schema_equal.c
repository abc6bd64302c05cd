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

/* Equal in meaning, and hash equal. */
static void test_pairs(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "{\"name\":\"a\"}", "{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\"}", "{\"name\":\"b\"}", false },
		{ "{\"name\":\"a\",\"replicas\":1}", "{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\",\"replicas\":2}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"replicas\":0,\"grace\":10}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"policy\":\"Always\",\"surge\":\"25%\",\"enabled\":false}",
			"{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\",\"surge\":25}", "{\"name\":\"a\",\"surge\":\"25\"}", true },
		{ "{\"name\":\"a\",\"surge\":25}", "{\"name\":\"a\",\"surge\":\"25%\"}", false },
		{ "{\"name\":\"a\",\"surge\":\"50%\"}", "{\"name\":\"a\",\"surge\":\"050%\"}", true },
		{ "{\"name\":\"a\",\"uid\":\"x\"}", "{\"name\":\"a\",\"uid\":\"y\"}", true },
		{ "{\"name\":\"a\",\"labels\":{}}", "{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\",\"labels\":{\"x\":\"1\",\"y\":\"2\"}}",
			"{\"name\":\"a\",\"labels\":{\"y\":\"2\",\"x\":\"1\"}}", true },
		{ "{\"name\":\"a\",\"labels\":{\"x\":\"12\"}}", "{\"name\":\"a\",\"labels\":{\"x1\":\"2\"}}",
			false },
		{ "{\"name\":\"a\",\"command\":[\"a\",\"b\"]}", "{\"name\":\"a\",\"command\":[\"b\",\"a\"]}",
			false },
		{ "{\"name\":\"a\",\"command\":[\"ab\"]}", "{\"name\":\"a\",\"command\":[\"a\",\"b\"]}",
			false },
		{ "{\"name\":\"a\",\"command\":[\"\"]}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"numbers\":[1]}", "{\"name\":\"a\",\"numbers\":[2]}", false },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"1Gi\"}}",
			"{\"name\":\"a\",\"limits\":{\"cpu\":1073741824}}", true },
		{ "{\"name\":\"a\",\"limits\":{\"cpu\":\"1\"}}",
			"{\"name\":\"a\",\"limits\":{\"cpu\":\"1000m\"}}", true },
		{ "{\"name\":\"a\",\"limits\":{\"others\":{\"x\":1}}}",
			"{\"name\":\"a\",\"limits\":{\"others\":{\"x\":2}}}", false },
		{ "{\"name\":\"a\",\"limits\":{}}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"extra\":{}}", "{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\",\"extra\":{\"flag\":false}}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"maybe\":false}", "{\"name\":\"a\"}", false },
		{ "{\"name\":\"a\",\"paused\":false}", "{\"name\":\"a\"}", true },
		{ "{\"name\":\"a\",\"secret\":\"x\"}", "{\"name\":\"a\",\"secret\":\"y\"}", false },
		{ "{\"name\":\"a\",\"data\":{\"k\":\"AAE=\"}}", "{\"name\":\"a\",\"data\":{\"k\":\"AAI=\"}}",
			false },
		{ "{\"name\":\"a\",\"any\":{\"x\":1000,\"y\":null}}",
			"{\"name\":\"a\",\"any\":{\"y\":null,\"x\":1e3}}", true },
		{ "{\"name\":\"a\",\"any\":[1]}", "{\"name\":\"a\",\"any\":[\"1\"]}", false },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":80}]}",
			"{\"name\":\"a\",\"ports\":[{\"number\":80,\"protocol\":\"TCP\"}]}", true },
		{ "{\"name\":\"a\",\"ports\":[{\"number\":80}]}",
			"{\"name\":\"a\",\"ports\":[{\"number\":81}]}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(run_done) struct run a = decoded(cases[i].a, DECODE_STORED);
		_cleanup_(run_done) struct run b = decoded(cases[i].b, DECODE_STORED);
		uint8_t x[32], y[32];

		if (a.result != 0 || b.result != 0)
			fail_msg("%s%s", a.text.data, b.text.data);
		if (schema_equal(&schema_thing, &a.thing, &b.thing) != cases[i].equal)
			fail_msg("%s and %s should %sbe equal", cases[i].a, cases[i].b,
				cases[i].equal ? "" : "not ");
		schema_hash(&schema_thing, &a.thing, x);
		schema_hash(&schema_thing, &b.thing, y);
		if ((memcmp(x, y, sizeof(x)) == 0) != cases[i].equal)
			fail_msg("%s and %s should %shash equal", cases[i].a, cases[i].b,
				cases[i].equal ? "" : "not ");
	}
}

/* Hashes name template revisions: a release that changes them would restart every pod. */
static void test_hash_is_stable(void **state)
{
	_cleanup_(run_done) struct run r = decoded(
		"{\"name\":\"a\",\"replicas\":3,\"limits\":{\"cpu\":\"100m\"},\"ports\":[{\"number\":80}],"
		"\"any\":{\"b\":1,\"a\":[true]}}",
		DECODE_STORED);
	uint8_t hash[32];
	char hex[65];

	(void)state;
	schema_hash(&schema_thing, &r.thing, hash);
	str_hex(hash, sizeof(hash), hex);
	assert_string_equal(hex, "33f5aa301035f815d47891884dee8b0203a23ec0381e5b44fbb30dd6bcfcf730");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_hash_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
