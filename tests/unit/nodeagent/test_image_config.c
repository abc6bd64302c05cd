/* SPDX-License-Identifier: Apache-2.0 */
/* I/O */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "nodeagent/image_config.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3 "sha256:3333333333333333333333333333333333333333333333333333333333333333"

static int setup(void **state)
{
	*state = arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void test_config(void **state)
{
	static const char text[] =
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"/"
		"e\"],\"Cmd\":null,"
		"\"Env\":[\"A=b\",\"C=\"],\"User\":\"1:2\",\"WorkingDir\":\"\",\"StopSignal\":\"SIGQUIT\","
		"\"Labels\":{\"z\":\"1\",\"a\":\"2\"},\"ExposedPorts\":{\"80/tcp\":{}},\"Volumes\":{\"/"
		"data\":{}}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\",\"" D2 "\"]}}";
	struct image_config c;
	struct err err = { 0 };

	if (image_config_parse(*state, text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(c.entrypoint.count, 1);
	assert_string_equal(c.entrypoint.items[0], "/e");
	assert_int_equal(c.cmd.count, 0);
	assert_int_equal(c.env.count, 2);
	assert_string_equal(c.env.items[1], "C=");
	assert_string_equal(c.user, "1:2");
	assert_null(c.working_dir);
	assert_string_equal(c.stop_signal, "SIGQUIT");
	assert_string_equal(c.labels.items[0].key, "a");
	assert_string_equal(c.exposed_ports.items[0], "80/tcp");
	assert_string_equal(c.volumes.items[0], "/data");
	assert_int_equal(c.diff_ids.count, 2);
	assert_string_equal(c.diff_ids.items[1], D2);
}

/* An image from scratch says next to nothing. */
static void test_bare_config(void **state)
{
	struct image_config c;

	assert_int_equal(image_config_parse(*state, "{}", 2, &c, NULL), 0);
	assert_null(c.user);
	assert_int_equal(c.diff_ids.count, 0);
}

static void test_manifest(void **state)
{
	static const char text[] = "{\"schemaVersion\":2,\"config\":{\"digest\":\"" D1 "\",\"size\":3},"
				   "\"layers\":[{\"mediaType\":\"m\",\"digest\":\"" D2 "\",\"size\":4}]}";
	struct image_manifest m;

	assert_int_equal(image_manifest_parse(*state, text, strlen(text), &m, NULL), 0);
	assert_string_equal(m.config.digest, D1);
	assert_int_equal(m.layers.count, 1);
	assert_string_equal(m.layers.items[0].media_type, "m");
	assert_int_equal(m.layers.items[0].size, 4);
	assert_false(image_text_is_index(text, strlen(text)));
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "" },
		{ "[]", "map was expected" },
		{ "{}", "config" },
		{ "{\"schemaVersion\":1}", "schema version 1" },
		{ "{\"config\":{\"digest\":\"../../etc\",\"size\":1},\"layers\":[]}", "../../etc" },
		{ "{\"config\":{\"digest\":\"" D1 "\"},\"layers\":[]}", "no size" },
		{ "{\"config\":{\"digest\":\"" D1 "\",\"size\":1}}", "layers" },
		{ "{\"config\":{\"digest\":\"" D1 "\",\"size\":1},\"layers\":[{\"digest\":\"x\"}]}",
			"layers[0]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image_manifest m = { 0 };
		struct err err = { 0 };

		if (image_manifest_parse(*state, cases[i].text, strlen(cases[i].text), &m, &err) != -EBADMSG)
			fail_msg("%s should be refused", cases[i].text);
		if (!strstr(err_text(&err), cases[i].why))
			fail_msg("expected \"%s\" in: %s", cases[i].why, err_text(&err));
	}
	struct image_config c;
	static const char bad[] = "{\"rootfs\":{\"diff_ids\":[\"../x\"]}}",
			  odd[] = "{\"config\":{\"Cmd\":\"x\"}}";
	assert_int_equal(image_config_parse(*state, bad, strlen(bad), &c, NULL), -EBADMSG);
	assert_int_equal(image_config_parse(*state, odd, strlen(odd), &c, NULL), -EBADMSG);
}

#define ENTRY(digest, arch)                                                                                  \
	"{\"digest\":\"" digest "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"" \
	"}}"

static void test_index(void **state)
{
	static const char text[] = "{\"manifests\":[" ENTRY(D1, "arm64") "," ENTRY(D2,
		"amd64") ",{\"digest\":\"" D3
			 "\",\"size\":1,\"annotations\":{\"org.opencontainers.image.ref.name\":\"n:1\"}}]}";
	struct image_descriptors index;

	assert_true(image_text_is_index(text, strlen(text)));
	assert_int_equal(image_index_parse(*state, text, strlen(text), &index, NULL), 0);
	assert_int_equal(index.count, 3);
	assert_string_equal(index.items[2].ref_name, "n:1");
	assert_ptr_equal(image_index_choose(&index, "amd64"), &index.items[1]);
	assert_ptr_equal(image_index_choose(&index, "arm64"), &index.items[0]);
	/* The one that says nothing about its platform. */
	assert_ptr_equal(image_index_choose(&index, "s390x"), &index.items[2]);
	index.count = 2;
	assert_null(image_index_choose(&index, "s390x"));
}

static void test_architecture(void **state)
{
	(void)state;
	assert_string_equal(image_architecture("x86_64"), "amd64");
	assert_string_equal(image_architecture("aarch64"), "arm64");
	assert_string_equal(image_architecture("vax"), "vax");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_manifest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_index, setup, teardown),
		cmocka_unit_test(test_architecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
