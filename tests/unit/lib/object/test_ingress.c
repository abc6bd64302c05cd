/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Ingresses: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "everything",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  ingressClassName: web\n"
		"  defaultBackend: {service: {name: other, port: {name: http}}}\n"
		"  tls:\n"
		"  - {hosts: [example.com, \"*.example.com\"], secretName: cert}\n"
		"  rules:\n"
		"  - host: example.com\n"
		"    http:\n"
		"      paths:\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
		"      - {path: /x, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}\n"
		"      - {pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: "
		"80}}}}\n"
		"  - host: \"*.example.com\"\n"
		"  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: "
		"{number: 80}}}}]}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n" },
	{ "empty",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec: {}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:4:7: error: Ingress/default/x: spec: needs rules or a defaultBackend\n" },
	{ "no spec",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n",
		"a.yaml:1:1: error: Ingress/default/x: spec: is required\n"
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n" },
	{ "of v1beta1",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  backend: {serviceName: a, servicePort: 80}\n"
		"  rules:\n"
		"  - http:\n"
		"      paths:\n"
		"      - {path: /, backend: {serviceName: a, servicePort: 80}}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:5:12: error: Ingress/default/x: spec.backend: is refused; its name is defaultBackend "
		"since networking.k8s.io/v1\n"
		"a.yaml:9:9: error: Ingress/default/x: spec.rules[0].http.paths[0].pathType: is required\n"
		"a.yaml:9:42: error: Ingress/default/x: spec.rules[0].http.paths[0].backend.serviceName: is "
		"refused; write service: {name: …, port: {number: …}}\n"
		"a.yaml:9:58: error: Ingress/default/x: spec.rules[0].http.paths[0].backend.servicePort: is "
		"refused; write service: {name: …, port: {number: …}}\n" },
	{ "hosts",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  tls: [{hosts: [\"*\", a_b], secretName: A}]\n"
		"  rules:\n"
		"  - host: 10.0.0.1\n"
		"  - host: a.*.example.com\n"
		"  - host: \"*example.com\"\n"
		"  - host: Example.com\n"
		"  - host: example.com:80\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:5:18: error: Ingress/default/x: spec.tls[0].hosts[0]: `*`: a \"*\" must be the whole "
		"of the first part\n"
		"a.yaml:5:23: error: Ingress/default/x: spec.tls[0].hosts[1]: `a_b` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n"
		"a.yaml:5:41: error: Ingress/default/x: spec.tls[0].secretName: `A` must be lower-case "
		"letters, digits, \"-\" and \".\", each part between dots starting and ending with a letter "
		"or digit (RFC 1123 subdomain)\n"
		"a.yaml:7:11: error: Ingress/default/x: spec.rules[0].host: `10.0.0.1` must be a DNS name, "
		"not an IP address\n"
		"a.yaml:8:11: error: Ingress/default/x: spec.rules[1].host: `a.*.example.com`: a \"*\" must "
		"be the whole of the first part\n"
		"a.yaml:9:11: error: Ingress/default/x: spec.rules[2].host: `*example.com`: a \"*\" must be "
		"the whole of the first part\n"
		"a.yaml:10:11: error: Ingress/default/x: spec.rules[3].host: `Example.com` must be "
		"lower-case letters, digits, \"-\" and \".\", each part between dots starting and ending "
		"with a letter or digit (RFC 1123 subdomain)\n"
		"a.yaml:11:11: error: Ingress/default/x: spec.rules[4].host: `example.com:80` must be "
		"lower-case letters, digits, \"-\" and \".\", each part between dots starting and ending "
		"with a letter or digit (RFC 1123 subdomain)\n" },
	{ "paths",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  rules:\n"
		"  - http:\n"
		"      paths:\n"
		"      - {path: x, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}\n"
		"      - {path: /a//b, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}\n"
		"      - {path: /a/.., pathType: Exact, backend: {service: {name: a, port: {number: 80}}}}\n"
		"      - {path: \"/a%2fb\", pathType: Exact, backend: {service: {name: a, port: {number: "
		"80}}}}\n"
		"      - {path: \"/a//(.*)\", pathType: ImplementationSpecific, backend: {service: {name: a, "
		"port: {number: 80}}}}\n"
		"      - {pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}\n"
		"      - {path: /, pathType: prefix, backend: {service: {name: a, port: {number: 80}}}}\n"
		"  - http: {paths: []}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:8:16: error: Ingress/default/x: spec.rules[0].http.paths[0].path: `x` must be an "
		"absolute path\n"
		"a.yaml:9:16: error: Ingress/default/x: spec.rules[0].http.paths[1].path: `/a//b` must not "
		"contain `//`\n"
		"a.yaml:10:16: error: Ingress/default/x: spec.rules[0].http.paths[2].path: `/a/..` must not "
		"contain `/..`\n"
		"a.yaml:11:16: error: Ingress/default/x: spec.rules[0].http.paths[3].path: `/a%2fb` must not "
		"contain `%2f`\n"
		"a.yaml:13:9: error: Ingress/default/x: spec.rules[0].http.paths[5].path: is required with "
		"pathType: Prefix\n"
		"a.yaml:14:29: error: Ingress/default/x: spec.rules[0].http.paths[6].pathType: `prefix` is "
		"not allowed, did you mean `Prefix`? (allowed: Exact, Prefix, ImplementationSpecific)\n"
		"a.yaml:15:19: error: Ingress/default/x: spec.rules[1].http.paths: must not be empty\n" },
	{ "backends",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n"
		"spec:\n"
		"  rules:\n"
		"  - http:\n"
		"      paths:\n"
		"      - {path: /, pathType: Prefix, backend: {}}\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: a}}}\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80, name: "
		"http}}}}\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: A, port: {number: 70000}}}}\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: a, port: 80}}}\n"
		"      - {path: /, pathType: Prefix, backend: {resource: {kind: Bucket, name: b, apiGroup: "
		"x.y}}}\n"
		"      - {path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}, "
		"resource: {kind: B, name: b}}}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:8:46: error: Ingress/default/x: spec.rules[0].http.paths[0].backend: needs a "
		"service: {name: …, port: {number: …}}\n"
		"a.yaml:9:56: error: Ingress/default/x: spec.rules[0].http.paths[1].backend.service.port: "
		"needs the name or the number of the Service's port\n"
		"a.yaml:10:81: error: Ingress/default/x: "
		"spec.rules[0].http.paths[2].backend.service.port.number: can't stand beside name\n"
		"a.yaml:11:63: error: Ingress/default/x: spec.rules[0].http.paths[3].backend.service.name: "
		"`A` must be lower-case letters, digits and \"-\", start with a letter, and end with a "
		"letter or digit (RFC 1035 label)\n"
		"a.yaml:11:81: error: Ingress/default/x: "
		"spec.rules[0].http.paths[3].backend.service.port.number: must be between 0 and 65535, but "
		"is 70000\n"
		"a.yaml:12:72: error: Ingress/default/x: spec.rules[0].http.paths[4].backend.service.port: "
		"wants a map, but `80` is a number\n"
		"a.yaml:13:57: warning: Ingress/default/x: spec.rules[0].http.paths[5].backend.resource: has "
		"no effect here; only Services serve an Ingress\n"
		"a.yaml:14:97: error: Ingress/default/x: spec.rules[0].http.paths[6].backend.resource: can't "
		"stand beside service\n"
		"a.yaml:14:97: warning: Ingress/default/x: spec.rules[0].http.paths[6].backend.resource: has "
		"no effect here; only Services serve an Ingress\n" },
	{ "two classes",
		"apiVersion: networking.k8s.io/v1\n"
		"kind: Ingress\n"
		"metadata: {name: x, annotations: {kubernetes.io/ingress.class: nginx}}\n"
		"spec: {ingressClassName: web, defaultBackend: {service: {name: a, port: {number: 80}}}}\n",
		"a.yaml:2:7: warning: Ingress/default/x: the Ingress is recorded, but its requests are not "
		"served yet\n"
		"a.yaml:3:64: error: Ingress/default/x: "
		"metadata.annotations[\"kubernetes.io/ingress.class\"]: `nginx` must be the same as "
		"spec.ingressClassName, `web`\n" },
	{ "removed versions",
		"apiVersion: extensions/v1beta1\n"
		"kind: Ingress\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: error: Ingress/x: extensions/v1beta1 Ingress was removed from Kubernetes; write "
		"apiVersion: networking.k8s.io/v1 (each path needs a pathType, and a backend is service: "
		"{name: …, port: {number: …}})\n" },
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
