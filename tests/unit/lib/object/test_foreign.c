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
	{ "removed",
		"apiVersion: extensions/v1beta1\n"
		"kind: Deployment\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Deployment/x: extensions/v1beta1 Deployment was removed from Kubernetes; "
		"write apiVersion: apps/v1 (spec.selector is required there and must match "
		"spec.template.metadata.labels)\n" },
	{ "removed ingress",
		"apiVersion: networking.k8s.io/v1beta1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Ingress/x: networking.k8s.io/v1beta1 Ingress was removed from "
		"Kubernetes; write apiVersion: networking.k8s.io/v1 (each path needs a pathType, and a "
		"backend is service: {name: …, port: {number: …}})\n" },
	{ "gone",
		"apiVersion: policy/v1beta1\n"
		"kind: PodSecurityPolicy\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: PodSecurityPolicy/x: PodSecurityPolicy was removed from Kubernetes; Pod "
		"Security Standards took its place\n" },
	{ "wrong version",
		"apiVersion: v1\n"
		"kind: Deployment\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Deployment/x: apiVersion v1 has no kind Deployment; write apiVersion: "
		"apps/v1\n" },
	{ "wrong version of one to come",
		"apiVersion: v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Ingress/x: apiVersion v1 has no kind Ingress; write apiVersion: "
		"networking.k8s.io/v1\n" },
	{ "wrong case",
		"apiVersion: v1\n"
		"kind: configmap\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: configmap/x: there is no kind configmap; write kind: ConfigMap "
		"(apiVersion: v1)\n" },
	{ "misspelt",
		"apiVersion: apps/v1\n"
		"kind: Deploymnet\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Deploymnet/x: there is no kind Deploymnet; did you mean "
		"`Deployment`?\n" },
	{ "needs a server",
		"apiVersion: apiextensions.k8s.io/v1\n"
		"kind: CustomResourceDefinition\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: CustomResourceDefinition/x: CustomResourceDefinition needs an API server "
		"that can be written to, which Pintle has not; to skip all kinds of its group, write "
		"`unknownKinds: [apiextensions.k8s.io]` below spec of the Cluster manifest (apiVersion: "
		"pintle.dev/v1, kind: Cluster, metadata: {name: cluster}), or `unknownKinds: Ignore` for all "
		"groups\n" },
	{ "custom",
		"apiVersion: example.com/v1\n"
		"kind: Database\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Database/x: Database (example.com/v1) is a custom kind, which Pintle "
		"does not know; to skip all kinds of its group, write `unknownKinds: [example.com]` below "
		"spec of the Cluster manifest (apiVersion: pintle.dev/v1, kind: Cluster, metadata: {name: "
		"cluster}), or `unknownKinds: Ignore` for all groups\n" },
	{ "custom with a known name",
		"apiVersion: serving.knative.dev/v1\n"
		"kind: Service\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Service/x: Service (serving.knative.dev/v1) is a custom kind, which "
		"Pintle does not know; to skip all kinds of its group, write `unknownKinds: "
		"[serving.knative.dev]` below spec of the Cluster manifest (apiVersion: pintle.dev/v1, kind: "
		"Cluster, metadata: {name: cluster}), or `unknownKinds: Ignore` for all groups\n" },
	{ "event",
		"apiVersion: v1\n"
		"kind: Event\n"
		"metadata: {name: x}\n"
		"involvedObject: {}\n",
		"a.yaml:2:7: error: Event/default/x: kind: is written by Pintle itself, not in manifests\n" },
	{ "kustomization",
		"apiVersion: kustomize.config.k8s.io/v1beta1\n"
		"kind: Kustomization\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Kustomization/x: a Kustomization says how a directory is built: its file "
		"must be named kustomization.yaml, and the directory be loaded as a whole\n" },
	{ "needless",
		"apiVersion: v1\n"
		"kind: PodTemplate\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: PodTemplate/x: PodTemplate has no effect, and had none in Kubernetes; "
		"write the template in a Deployment\n" },
	{ "written by others",
		"apiVersion: apps/v1\n"
		"kind: ControllerRevision\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: ControllerRevision/x: ControllerRevision is written by DaemonSets and "
		"StatefulSets themselves; leave it out\n" },
	{ "events",
		"apiVersion: events.k8s.io/v1\n"
		"kind: Event\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Event/x: Event is written by Pintle itself, not in manifests\n" },
	{ "request",
		"apiVersion: policy/v1\n"
		"kind: Eviction\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Eviction/x: Eviction is a request to an API server, not an object to "
		"keep; leave it out\n" },
	{ "review",
		"apiVersion: authorization.k8s.io/v1\n"
		"kind: SubjectAccessReview\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: SubjectAccessReview/x: SubjectAccessReview needs an API server that can "
		"be written to, which Pintle has not; to skip all kinds of its group, write `unknownKinds: "
		"[authorization.k8s.io]` below spec of the Cluster manifest (apiVersion: pintle.dev/v1, "
		"kind: Cluster, metadata: {name: cluster}), or `unknownKinds: Ignore` for all groups\n" },
	{ "kept by a server",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: ServiceCIDR\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: ServiceCIDR/x: ServiceCIDR is kept by an API server; set serviceCIDR in "
		"the Cluster manifest\n" },
	{ "no such kind",
		"apiVersion: v1\n"
		"kind: Widget\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Widget/x: apiVersion v1 has no kind Widget\n" },
	{ "CSI driver",
		"apiVersion: storage.k8s.io/v1\n"
		"kind: CSIDriver\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: CSIDriver/x: CSIDriver needs an API server that can be written to, which "
		"Pintle has not; to skip all kinds of its group, write `unknownKinds: [storage.k8s.io]` "
		"below spec of the Cluster manifest (apiVersion: pintle.dev/v1, kind: Cluster, metadata: "
		"{name: cluster}), or `unknownKinds: Ignore` for all groups\n" },
	{ "removed policy",
		"apiVersion: extensions/v1beta1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: NetworkPolicy/x: extensions/v1beta1 NetworkPolicy was removed from "
		"Kubernetes; write apiVersion: networking.k8s.io/v1 (the fields are the same)\n" },
	{ "removed slice",
		"apiVersion: discovery.k8s.io/v1beta1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: EndpointSlice/x: discovery.k8s.io/v1beta1 EndpointSlice was removed from "
		"Kubernetes; write apiVersion: discovery.k8s.io/v1 (topology became nodeName and zone)\n" },
	{ "removed binding",
		"apiVersion: rbac.authorization.k8s.io/v1beta1\n"
		"kind: ClusterRoleBinding\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: ClusterRoleBinding/x: rbac.authorization.k8s.io/v1beta1 "
		"ClusterRoleBinding was removed from Kubernetes; write apiVersion: "
		"rbac.authorization.k8s.io/v1 (the fields are the same)\n" },
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
