/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Secrets: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"data: {a: YQ==}\n"
		"stringData: {b: x}\n",
		"" },
	{ "not base64",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"data: {a: secret!}\n",
		"a.yaml:4:11: error: Secret/default/x: data.a: is not base64: character 7 is `!` (plain text "
		"goes into stringData)\n" },
	{ "keys",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"data: {a/b: YQ==}\n"
		"stringData: {..: x, \"\": z}\n",
		"a.yaml:4:8: error: Secret/default/x: data[\"a/b\"]: key `a/b` must be letters, digits, "
		"\"-\", \"_\" and \".\" only\n"
		"a.yaml:5:14: error: Secret/default/x: stringData[\"..\"]: key `..` must not be \".\" or "
		"start with \"..\"\n"
		"a.yaml:5:21: error: Secret/default/x: stringData[\"\"]: key must not be empty\n" },
	{ "tls",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/tls\n"
		"data: {tls.crt: YQ==}\n",
		"a.yaml:5:7: error: Secret/default/x: data: type kubernetes.io/tls needs the key tls.key\n" },
	{ "basic",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/basic-auth\n"
		"data: {user: YQ==}\n",
		"a.yaml:5:7: error: Secret/default/x: data: type kubernetes.io/basic-auth needs one of the "
		"keys username and password\n" },
	{ "ssh",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/ssh-auth\n",
		"a.yaml:1:1: error: Secret/default/x: data: type kubernetes.io/ssh-auth needs the key "
		"ssh-privatekey\n" },
	{ "docker",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/dockerconfigjson\n"
		"stringData: {.dockerconfigjson: \"{x\"}\n",
		"a.yaml:1:1: error: Secret/default/x: data: the key .dockerconfigjson must hold a JSON "
		"map\n" },
	{ "docker ok",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/dockerconfigjson\n"
		"stringData: {.dockerconfigjson: \"{}\"}\n",
		"" },
	{ "token",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"type: kubernetes.io/service-account-token\n",
		"a.yaml:3:11: error: Secret/default/x: metadata.annotations: type "
		"kubernetes.io/service-account-token needs the annotation "
		"kubernetes.io/service-account.name\n" },
	{ "number",
		"apiVersion: v1\n"
		"kind: Secret\n"
		"metadata: {name: x}\n"
		"stringData: {port: 5432}\n",
		"a.yaml:4:20: error: Secret/default/x: stringData.port: wants a string, but `5432` is a "
		"number; write \"5432\" in quotes\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

static const char merged_yaml[] = "apiVersion: v1\n"
				  "kind: Secret\n"
				  "metadata: {name: s}\n"
				  "data: {b: b2xk, d: ZA==}\n"
				  "stringData: {a: first, b: new, e: last}\n";

static void test_string_data_wins(void **state)
{
	struct object *o = load_one(merged_yaml);
	char *json = json_of(o);

	(void)state;
	assert_string_equal(json,
		"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\","
		"\"namespace\":\"default\"},\"type\":\"Opaque\",\"data\":{\"a\":\"Zmlyc3Q=\","
		"\"b\":\"bmV3\",\"d\":\"ZA==\",\"e\":\"bGFzdA==\"}}");
	free(json);
	object_unref(o);
}

static void test_values_are_hidden(void **state)
{
	static const uint8_t key[32] = { 1 };
	struct object *o = load_one(merged_yaml);
	_cleanup_(buf_done) struct buf text = BUF_INIT;
	struct json_writer w = JSON_WRITER(&text, 0);
	struct object *again = NULL;
	struct err err = { 0 };

	(void)state;
	object_write_json(&w, o, ENCODE_HIDE_SECRETS, key);
	assert_non_null(strstr(text.data, "\"a\":\"hmac-sha256:"));
	assert_null(strstr(text.data, "Zmlyc3Q="));
	/* What stands in the tree can be read again, as what it is: hashes. */
	if (object_load_json(text.data, text.len, &again, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_int_equal(object_secret(again)->data.count, 4);
	assert_memory_equal(object_secret(again)->data.items[0].value.data, "hmac-sha256:", 12);
	object_unref(again);
	object_unref(o);
}

/* Written in data or in stringData, it is the same Secret. */
static void test_hash(void **state)
{
	struct object *a = load_one("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: dg==}}");
	struct object *b = load_one(
		"{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {k: v}}");
	struct object *c = load_one(
		"{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {k: w}}");

	(void)state;
	assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
	assert_memory_not_equal(a->hash, c->hash, sizeof(a->hash));
	object_unref(a);
	object_unref(b);
	object_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_string_data_wins),
		cmocka_unit_test(test_values_are_hidden),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
