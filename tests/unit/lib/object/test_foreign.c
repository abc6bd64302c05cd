/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Kinds that Pintle does not act on: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "to come",
		"apiVersion: v1\n"
		"kind: PodTemplate\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: PodTemplate/x: PodTemplate is not supported yet by this version of "
		"Pintle; `unknownKinds: Ignore` in the Cluster manifest skips such manifests\n" },
	{ "removed",
		"apiVersion: extensions/v1beta1\n"
		"kind: Deployment\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Deployment/x: extensions/v1beta1 Deployment was removed from Kubernetes; "
		"write apiVersion: apps/v1 (spec.selector is required there and must match "
		"spec.template.metadata.labels)\n" },
	{ "removed ingress",
		"apiVersion: networking.k8s.io/v1beta1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Ingress/x: networking.k8s.io/v1beta1 Ingress was removed from "
		"Kubernetes; write apiVersion: networking.k8s.io/v1 (each path needs a pathType, and a "
		"backend is service: {name: …, port: {number: …}})\n" },
	{ "gone",
		"apiVersion: policy/v1beta1\n"
		"kind: PodSecurityPolicy\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: PodSecurityPolicy/x: PodSecurityPolicy was removed from Kubernetes; Pod "
		"Security Standards took its place\n" },
	{ "wrong version",
		"apiVersion: v1\n"
		"kind: Deployment\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Deployment/x: apiVersion v1 has no kind Deployment; write apiVersion: "
		"apps/v1\n" },
	{ "wrong version of one to come",
		"apiVersion: v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Ingress/x: apiVersion v1 has no kind Ingress; write apiVersion: "
		"networking.k8s.io/v1\n" },
	{ "wrong case",
		"apiVersion: v1\n"
		"kind: configmap\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: configmap/x: there is no kind configmap; write kind: ConfigMap "
		"(apiVersion: v1)\n" },
	{ "misspelt",
		"apiVersion: apps/v1\n"
		"kind: Deploymnet\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Deploymnet/x: there is no kind Deploymnet; did you mean "
		"`Deployment`?\n" },
	{ "needs a server",
		"apiVersion: apiextensions.k8s.io/v1\n"
		"kind: CustomResourceDefinition\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: CustomResourceDefinition/x: CustomResourceDefinition needs an API server "
		"that can be written to, which Pintle has not; `unknownKinds: Ignore` in the Cluster "
		"manifest skips such manifests\n" },
	{ "custom",
		"apiVersion: example.com/v1\n"
		"kind: Database\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Database/x: Database (example.com/v1) is a custom kind, which Pintle "
		"does not know; `unknownKinds: Ignore` in the Cluster manifest skips such manifests\n" },
	{ "custom with a known name",
		"apiVersion: serving.knative.dev/v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n"
		"\n",
		"a.yaml:2:7: error: Service/x: Service (serving.knative.dev/v1) is a custom kind, which "
		"Pintle does not know; `unknownKinds: Ignore` in the Cluster manifest skips such "
		"manifests\n" },
	{ "event",
		"apiVersion: v1\n"
		"kind: Event\n"
		"metadata: {name: x}\n"
		"involvedObject: {}\n",
		"a.yaml:2:7: error: Event/default/x: kind: is written by Pintle itself, not in manifests\n" },
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
