/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ConfigMaps: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: x}\n"
		"data: {a.conf: x, empty: }\n"
		"binaryData: {b: AAEC}\n",
		"" },
	{ "keys",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: x}\n"
		"data: {a/b: x, \"a b\": z, ..a: z}\n",
		"a.yaml:4:8: error: ConfigMap/default/x: data[\"a/b\"]: key `a/b` must be letters, digits, "
		"\"-\", \"_\" and \".\" only\n"
		"a.yaml:4:16: error: ConfigMap/default/x: data[\"a b\"]: key `a b` must be letters, digits, "
		"\"-\", \"_\" and \".\" only\n"
		"a.yaml:4:26: error: ConfigMap/default/x: data[\"..a\"]: key `..a` must not be \".\" or "
		"start with \"..\"\n" },
	{ "both",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: x}\n"
		"data: {a.b: x}\n"
		"binaryData: {a.b: AAEC}\n",
		"a.yaml:5:19: error: ConfigMap/default/x: binaryData[\"a.b\"]: the key is in data too\n" },
	{ "types",
		"apiVersion: v1\n"
		"kind: ConfigMap\n"
		"metadata: {name: x}\n"
		"data: {a: yes, b: 1, c: [x], d: 0644}\n",
		"a.yaml:4:11: error: ConfigMap/default/x: data.a: wants a string, but `yes` is a boolean in "
		"YAML 1.1; write \"yes\" in quotes\n"
		"a.yaml:4:19: error: ConfigMap/default/x: data.b: wants a string, but `1` is a number; write "
		"\"1\" in quotes\n"
		"a.yaml:4:25: error: ConfigMap/default/x: data.c: wants a string, but found a list\n"
		"a.yaml:4:33: error: ConfigMap/default/x: data.d: wants a string, but `0644` is the number "
		"420; write \"0644\" in quotes\n" },
};

static void test_manifests(void **state)
{
	(void)state;
	check_said(manifests, ARRAY_LEN(manifests));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
