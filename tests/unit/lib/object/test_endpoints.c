/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* Endpoints and EndpointSlices: manifests, and every line that is said about them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/lib/object/load.h"

static const struct said manifests[] = {
	{ "endpoints",
		"apiVersion: v1\n"
		"kind: Endpoints\n"
		"metadata: {name: x}\n"
		"subsets:\n"
		"- addresses: [{ip: 192.0.2.1, hostname: a, nodeName: node-a, targetRef: {kind: Pod, name: "
		"p}}]\n"
		"  notReadyAddresses: [{ip: \"fd00::1\"}]\n"
		"  ports: [{port: 80, name: a}, {port: 53, name: b, protocol: UDP}]\n"
		"- addresses: [{ip: 192.0.2.2}]\n",
		"a.yaml:2:7: warning: Endpoints/default/x: the Endpoints is recorded, but no traffic is sent "
		"to its addresses yet\n" },
	{ "no endpoints",
		"apiVersion: v1\n"
		"kind: Endpoints\n"
		"metadata: {name: x}\n",
		"a.yaml:2:7: warning: Endpoints/default/x: the Endpoints is recorded, but no traffic is sent "
		"to its addresses yet\n" },
	{ "mistakes",
		"apiVersion: v1\n"
		"kind: Endpoints\n"
		"metadata: {name: x}\n"
		"subsets:\n"
		"- ports: [{port: 80}]\n"
		"- addresses: [{ip: example.com}, {ip: 127.0.0.1}, {hostname: a.b}]\n"
		"  ports: [{port: 80}, {port: 0, name: A}]\n",
		"a.yaml:2:7: warning: Endpoints/default/x: the Endpoints is recorded, but no traffic is sent "
		"to its addresses yet\n"
		"a.yaml:5:3: error: Endpoints/default/x: subsets[0]: needs addresses or notReadyAddresses\n"
		"a.yaml:6:20: error: Endpoints/default/x: subsets[1].addresses[0].ip: `example.com` is no IP "
		"address\n"
		"a.yaml:6:39: error: Endpoints/default/x: subsets[1].addresses[1].ip: `127.0.0.1` may not be "
		"in the loopback range (127.0.0.0/8, ::1)\n"
		"a.yaml:6:51: error: Endpoints/default/x: subsets[1].addresses[2].ip: is required\n"
		"a.yaml:6:62: error: Endpoints/default/x: subsets[1].addresses[2].hostname: `a.b` must be "
		"lower-case letters, digits and \"-\", and start and end with a letter or digit (RFC 1123 "
		"label)\n"
		"a.yaml:7:30: error: Endpoints/default/x: subsets[1].ports[1].port: must be between 1 and "
		"65535, but is 0\n"
		"a.yaml:7:39: error: Endpoints/default/x: subsets[1].ports[1].name: `A` must be lower-case "
		"letters, digits and \"-\", and start and end with a letter or digit (RFC 1123 label)\n" },
	{ "names of ports",
		"apiVersion: v1\n"
		"kind: Endpoints\n"
		"metadata: {name: x}\n"
		"subsets:\n"
		"- addresses: [{ip: 192.0.2.2}]\n"
		"  ports: [{port: 80}, {port: 81, name: a}]\n",
		"a.yaml:2:7: warning: Endpoints/default/x: the Endpoints is recorded, but no traffic is sent "
		"to its addresses yet\n"
		"a.yaml:6:11: error: Endpoints/default/x: subsets[0].ports[0].name: is required where there "
		"are several ports\n" },
	{ "no addresses",
		"apiVersion: v1\n"
		"kind: Endpoints\n"
		"metadata: {name: x}\n"
		"subsets: [{ports: [{port: 80}]}]\n",
		"a.yaml:2:7: warning: Endpoints/default/x: the Endpoints is recorded, but no traffic is sent "
		"to its addresses yet\n"
		"a.yaml:4:11: error: Endpoints/default/x: subsets[0]: needs addresses or "
		"notReadyAddresses\n" },
	{ "slice",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x, labels: {kubernetes.io/service-name: s}}\n"
		"addressType: IPv4\n"
		"endpoints:\n"
		"- addresses: [192.0.2.1]\n"
		"  conditions: {ready: true}\n"
		"  hostname: a\n"
		"  nodeName: node-a\n"
		"  zone: zone-a\n"
		"  hints: {forZones: [{name: zone-a}]}\n"
		"ports: [{name: http, port: 80}, {name: \"\", protocol: UDP}]\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n" },
	{ "no service",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x}\n"
		"addressType: FQDN\n"
		"endpoints: [{addresses: [a.example.com, a]}]\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n"
		"a.yaml:3:11: warning: EndpointSlice/default/x: metadata.labels: without the label "
		"kubernetes.io/service-name it belongs to no Service\n"
		"a.yaml:5:41: error: EndpointSlice/default/x: endpoints[0].addresses[1]: `a` must have a "
		"domain\n" },
	{ "slice mistakes",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x, labels: {kubernetes.io/service-name: s}}\n"
		"addressType: IPv6\n"
		"endpoints:\n"
		"- addresses: [192.0.2.1]\n"
		"- addresses: [\"fe80::1\"]\n"
		"- addresses: [\"fd00::1\"]\n"
		"  hints: {forZones: [{name: a}, {name: a}]}\n"
		"ports: [{name: http, port: 80}, {name: http}]\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n"
		"a.yaml:6:15: error: EndpointSlice/default/x: endpoints[0].addresses[0]: `192.0.2.1` is no "
		"IPv6 address\n"
		"a.yaml:7:15: error: EndpointSlice/default/x: endpoints[1].addresses[0]: `fe80::1` may not "
		"be in the link-local range (169.254.0.0/16, fe80::/10)\n"
		"a.yaml:9:33: error: EndpointSlice/default/x: endpoints[2].hints.forZones[1]: name `a` is "
		"already used in line 9\n"
		"a.yaml:10:40: error: EndpointSlice/default/x: ports[1].name: `http` is used twice\n" },
	{ "addressless",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x, labels: {kubernetes.io/service-name: s}}\n"
		"addressType: IPv4\n"
		"endpoints: [{addresses: []}, {}]\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n"
		"a.yaml:5:25: error: EndpointSlice/default/x: endpoints[0].addresses: must not be empty\n"
		"a.yaml:5:30: error: EndpointSlice/default/x: endpoints[1].addresses: is required\n" },
	{ "type",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x, labels: {kubernetes.io/service-name: s}}\n"
		"addressType: ipv4\n"
		"endpoints: []\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n"
		"a.yaml:4:14: error: EndpointSlice/default/x: addressType: `ipv4` is not allowed, did you "
		"mean `IPv4`? (allowed: IPv4, IPv6, FQDN)\n" },
	{ "old topology",
		"apiVersion: discovery.k8s.io/v1\n"
		"kind: EndpointSlice\n"
		"metadata: {name: x, labels: {kubernetes.io/service-name: s}}\n"
		"addressType: IPv4\n"
		"endpoints: [{addresses: [192.0.2.1], deprecatedTopology: {a: b}}]\n",
		"a.yaml:2:7: warning: EndpointSlice/default/x: the EndpointSlice is recorded, but no traffic "
		"is sent to its addresses yet\n"
		"a.yaml:5:58: warning: EndpointSlice/default/x: endpoints[0].deprecatedTopology: has no "
		"effect here; write nodeName and zone\n" },
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
