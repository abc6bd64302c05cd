/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nodeagent/image_pull.h"

static struct image_auth auth_of(const char *json, bool legacy)
{
	return (struct image_auth){ json, strlen(json), legacy };
}

static void test_merge(void **state)
{
	const struct image_auth auths[] = {
		auth_of("{\"auths\":{\"a.io\":{\"auth\":\"1\"},\"b.io\":{\"auth\":\"2\"}}}", false),
		auth_of("{\"b.io\":{\"auth\":\"3\"},\"c.io\":{\"auth\":\"4\"}}", true),
	};
	char *text = NULL;

	(void)state;
	assert_int_equal(image_auth_merge(auths, 2, &text, NULL), 0);
	assert_string_equal(text, "{\"auths\":{\"a.io\":{\"auth\":\"1\"},\"b.io\":{\"auth\":\"2\"},\"c.io\":{"
				  "\"auth\":\"4\"}}}");
	free(text);
	assert_int_equal(image_auth_merge(NULL, 0, &text, NULL), 0);
	assert_string_equal(text, "{\"auths\":{}}");
	free(text);
}

static void test_merge_refuses(void **state)
{
	static const char *const bad[] = { "", "geheim", "{}", "{\"auths\":[]}", "[]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct image_auth auth = auth_of(bad[i], false);
		struct err err = { 0 };
		char *text = NULL;

		if (image_auth_merge(&auth, 1, &text, &err) != -EBADMSG)
			fail_msg("\"%s\" should be refused", bad[i]);
		assert_non_null(strstr(err_text(&err), "pull secret 1 is no .dockerconfigjson"));
		/* Never a word of what it holds. */
		assert_null(strstr(err_text(&err), "geheim"));
	}
}

static void test_reasons(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "reading manifest 9 in docker.io/x/y: manifest unknown: manifest unknown", -ENOENT },
		{ "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication "
		  "required",
			-EACCES },
		{ "pinging container registry x: Get \"https://x/v2/\": dial tcp: lookup x: no such host",
			-EHOSTUNREACH },
		{ "dial tcp 127.0.0.1:1: connect: connection refused", -EHOSTUNREACH },
		{ "writing blob: storing blob to file: write /x: no space left on device", -ENOSPC },
		{ "something new", -EIO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *reason;
		int code = image_pull_reason(cases[i].text, &reason);

		if (code != cases[i].code || (reason == NULL) != (code == -EIO))
			fail_msg("%s: got %d, %s", cases[i].text, code, reason ? reason : "no reason");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_refuses),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
