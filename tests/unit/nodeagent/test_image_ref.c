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

#include "lib/base/mem.h"
#include "nodeagent/image_ref.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_canonical_forms(void **state)
{
	static const struct {
		const char *text, *canonical, *repository;
	} cases[] = {
		{ "nginx", "docker.io/library/nginx:latest", "docker.io/library/nginx" },
		{ "nginx:1.25", "docker.io/library/nginx:1.25", "docker.io/library/nginx" },
		{ "a/b", "docker.io/a/b:latest", "docker.io/a/b" },
		{ "docker.io/nginx", "docker.io/library/nginx:latest", "docker.io/library/nginx" },
		{ "index.docker.io/a/b:x", "docker.io/a/b:x", "docker.io/a/b" },
		{ "quay.io/x/y__z.w-v--u:T_1.0", "quay.io/x/y__z.w-v--u:T_1.0", "quay.io/x/y__z.w-v--u" },
		{ "localhost/x", "localhost/x:latest", "localhost/x" },
		{ "127.0.0.1:5000/x", "127.0.0.1:5000/x:latest", "127.0.0.1:5000/x" },
		{ "[::1]:5000/x/y:z", "[::1]:5000/x/y:z", "[::1]:5000/x/y" },
		{ "x@sha256:" HEX, "docker.io/library/x@sha256:" HEX, "docker.io/library/x" },
		{ "r.io/x:t@sha256:" HEX, "r.io/x:t@sha256:" HEX, "r.io/x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image_ref r;
		struct err err = { 0 };

		if (image_ref_parse(cases[i].text, &r, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err_text(&err));
		char *canonical = image_ref_format(&r), *repository = image_ref_repository(&r);
		assert_string_equal(canonical, cases[i].canonical);
		assert_string_equal(repository, cases[i].repository);
		image_ref_done(&r);
		/* The canonical form is a fixed point. */
		assert_int_equal(image_ref_parse(canonical, &r, &err), 0);
		char *again = image_ref_format(&r);
		assert_string_equal(again, canonical);
		image_ref_done(&r);
		free(again);
		free(canonical);
		free(repository);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = { "", ":x", "@sha256:" HEX, "Nginx", "a//b", "/a", "a/",
		"a:", "a:.x", "a:-x", "a b", "a@sha256:12", "a@md5:" HEX, "a_", "a___b", "a..b", "-a",
		"x.io:port/a", "x.io:/a", "[::1/a", "../etc", "a/../b", "a:\x01", "http://x/y" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image_ref r = { 0 };
		struct err err = { 0 };

		if (image_ref_parse(cases[i], &r, &err) != -EINVAL)
			fail_msg("\"%s\" should be refused", cases[i]);
		assert_non_null(strstr(err_text(&err), "is no image reference"));
		assert_null(r.registry);
	}
}

static void test_lengths(void **state)
{
	char *tag = xcalloc(140, 1), *name = xcalloc(300, 1);
	struct image_ref r;

	(void)state;
	memcpy(tag, "a:", 2);
	memset(tag + 2, 'x', 128);
	assert_int_equal(image_ref_parse(tag, &r, NULL), 0);
	image_ref_done(&r);
	tag[130] = 'x';
	assert_int_equal(image_ref_parse(tag, &r, NULL), -EINVAL);
	memset(name, 'a', 250);
	assert_int_equal(image_ref_parse(name, &r, NULL), -EINVAL);
	free(tag);
	free(name);
}

static void test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} cases[] = {
		{ "localhost/x", true },
		{ "localhost:5000/x", true },
		{ "127.0.0.1:5000/x", true },
		{ "127.9.9.9/x", true },
		{ "[::1]:1/x", true },
		{ "127.example.com/x", false },
		{ "localhost.evil.com/x", false },
		{ "nginx", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image_ref r;

		assert_int_equal(image_ref_parse(cases[i].text, &r, NULL), 0);
		if (image_ref_is_loopback(&r) != cases[i].loopback)
			fail_msg("%s: expected %d", cases[i].text, cases[i].loopback);
		image_ref_done(&r);
	}
}

static void test_digests(void **state)
{
	(void)state;
	assert_true(image_digest_valid("sha256:" HEX));
	assert_false(image_digest_valid("sha256:" HEX "0"));
	assert_false(image_digest_valid(
		"sha256:ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
	assert_false(image_digest_valid("sha512:" HEX));
	assert_false(image_digest_valid(HEX));
	assert_string_equal(image_digest_hex("sha256:" HEX), HEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
