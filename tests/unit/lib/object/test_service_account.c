/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* ServiceAccounts: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: v1\n"
		"kind: ServiceAccount\n"
		"metadata: {name: builder}\n"
		"secrets: [{name: token}]\n"
		"imagePullSecrets: [{name: registry}]\n"
		"automountServiceAccountToken: false\n",
		"" },
	{ "nothing but a name",
		"apiVersion: v1\n"
		"kind: ServiceAccount\n"
		"metadata: {name: builder}\n",
		"" },
	{ "types",
		"apiVersion: v1\n"
		"kind: ServiceAccount\n"
		"metadata: {name: builder}\n"
		"secrets: token\n"
		"imagePullSecrets: [{}, {name: Registry}]\n"
		"automountServiceAccountToken: nope\n",
		"a.yaml:4:10: error: ServiceAccount/default/builder: secrets: wants a list, but \"token\" "
		"is a string; write [\"token\"]\n"
		"a.yaml:5:20: error: ServiceAccount/default/builder: imagePullSecrets[0].name: is "
		"required\n"
		"a.yaml:5:31: error: ServiceAccount/default/builder: imagePullSecrets[1].name: "
		"`Registry` must be lower-case letters, digits, \"-\" and \".\", each part between dots "
		"starting and ending with a letter or digit (RFC 1123 subdomain)\n"
		"a.yaml:6:31: error: ServiceAccount/default/builder: automountServiceAccountToken: wants "
		"true or false, but \"nope\" is a string\n" },
	{ "fields",
		"apiVersion: v1\n"
		"kind: ServiceAccount\n"
		"metadata: {name: builder}\n"
		"imagePullSecret: [{name: registry}]\n"
		"spec: {}\n",
		"a.yaml:4:1: error: ServiceAccount/default/builder: unknown field `imagePullSecret`, did "
		"you mean `imagePullSecrets`?\n"
		"a.yaml:5:1: error: ServiceAccount/default/builder: unknown field `spec` (known: "
		"apiVersion, kind, metadata, secrets, imagePullSecrets, automountServiceAccountToken)\n" },
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
