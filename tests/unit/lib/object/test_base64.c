/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/object/base64.h"

/* RFC 4648, section 10, both ways; then what Go's StdEncoding reads beyond that. */
static void test_good(void **state)
{
	static const struct {
		const char *text, *bytes;
		bool canonical;
	} cases[] = {
		{ "", "", true },
		{ "Zg==", "f", true },
		{ "Zm8=", "fo", true },
		{ "Zm9v", "foo", true },
		{ "Zm9vYg==", "foob", true },
		{ "Zm9vYmE=", "fooba", true },
		{ "Zm9vYmFy", "foobar", true },
		{ "+/+/", "\xfb\xff\xbf", true },
		{ "Zm9v\nYmFy\r\n", "foobar", false },
		{ "Zm9vYg=\n=\n", "foob", false },
		{ "Zh==", "f", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf bytes = BUF_INIT, text = BUF_INIT;
		size_t at = 0;

		if (base64_decode(cases[i].text, strlen(cases[i].text), &bytes, &at) != BASE64_OK)
			fail_msg("\"%s\" is refused at %zu", cases[i].text, at);
		assert_string_equal(bytes.data, cases[i].bytes);
		base64_encode(bytes.data, bytes.len, &text);
		if (cases[i].canonical)
			assert_string_equal(text.data, cases[i].text);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		enum base64_fault fault;
		size_t at;
	} cases[] = {
		{ "Z", BASE64_TRUNCATED, 1 },
		{ "Zg", BASE64_TRUNCATED, 2 },
		{ "Zg=", BASE64_TRUNCATED, 3 },
		{ "Zm9vYg", BASE64_TRUNCATED, 6 },
		{ "=", BASE64_CHARACTER, 0 },
		{ "Z===", BASE64_CHARACTER, 1 },
		{ "Zg==Zg==", BASE64_CHARACTER, 4 },
		{ "Zg=x", BASE64_CHARACTER, 3 },
		{ "Zm9v=", BASE64_CHARACTER, 4 },
		{ "Zm 9", BASE64_CHARACTER, 2 },
		{ "Zm-_", BASE64_CHARACTER, 2 },
		{ "Zm\xff\xff", BASE64_CHARACTER, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(buf_done) struct buf bytes = BUF_INIT;
		size_t at = 0;
		enum base64_fault fault = base64_decode(cases[i].text, strlen(cases[i].text), &bytes, &at);

		if (fault != cases[i].fault || at != cases[i].at)
			fail_msg("\"%s\" gives %d at %zu, expected %d at %zu", cases[i].text, fault, at,
				cases[i].fault, cases[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
