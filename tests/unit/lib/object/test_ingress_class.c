/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* IngressClasses: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "nothing wrong",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: k8s.io/ingress-nginx}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n" },
	{ "no controller",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:7: error: IngressClass/x: spec.controller: is required\n" },
	{ "controllers",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: nginx}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:20: error: IngressClass/x: spec.controller: `nginx` must be a DNS name, \"/\" and "
		"a path: example.com/ingress\n" },
	{ "controllers of nothing",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: example.com/}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:20: error: IngressClass/x: spec.controller: `example.com/` must be a DNS name, "
		"\"/\" and a path: example.com/ingress\n" },
	{ "parameters",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: example.com/a, parameters: {kind: K, name: name-a, apiGroup: "
		"example.com}}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:47: warning: IngressClass/x: spec.parameters: has no effect here; they are for "
		"other controllers\n" },
	{ "scopes",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: example.com/a, parameters: {kind: K, name: a/b, scope: Namespace}}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:47: error: IngressClass/x: spec.parameters.namespace: is required with scope: "
		"Namespace\n"
		"a.yaml:4:47: warning: IngressClass/x: spec.parameters: has no effect here; they are for "
		"other controllers\n"
		"a.yaml:4:63: error: IngressClass/x: spec.parameters.name: `a/b` must not contain \"/\", "
		"\"%\" or white space\n" },
	{ "namespaces",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n"
		"spec: {controller: example.com/a, parameters: {kind: K, name: name-a, namespace: d}}\n",
		"a.yaml:2:7: warning: IngressClass/x: the IngressClass is recorded, but Ingresses are not "
		"served yet\n"
		"a.yaml:4:47: warning: IngressClass/x: spec.parameters: has no effect here; they are for "
		"other controllers\n"
		"a.yaml:4:82: error: IngressClass/x: spec.parameters.namespace: needs scope: Namespace\n" },
	{ "removed version",
		"apiVersion: networking.k8s.io/v1beta1\n"
		"kind: IngressClass\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: IngressClass/x: networking.k8s.io/v1beta1 IngressClass was removed from "
		"Kubernetes; write apiVersion: networking.k8s.io/v1 (the fields are the same)\n" },
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
