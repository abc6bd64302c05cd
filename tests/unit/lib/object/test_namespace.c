/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Namespaces: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: Namespace\n"
		"metadata: {name: x}\n"
		"spec: {finalizers: [kubernetes]}\n"
		"status: {phase: Active}\n",
		"" },
	{ "name",
		"apiVersion: v1\n"
		"kind: Namespace\n"
		"metadata: {name: a.b}\n"
		"\n",
		"a.yaml:3:18: error: Namespace/a.b: metadata.name: `a.b` must be lower-case letters, digits "
		"and \"-\", and start and end with a letter or digit (RFC 1123 label)\n" },
	{ "spec",
		"apiVersion: v1\n"
		"kind: Namespace\n"
		"metadata: {name: x}\n"
		"spec: {quota: 1}\n",
		"a.yaml:4:8: error: Namespace/x: spec: unknown field `quota` (known: finalizers)\n" },
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
